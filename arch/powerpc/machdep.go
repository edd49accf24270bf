package powerpc

import "nbemu/sysctl"

// cacheInfo is struct cache_info (powerpc/include/cpu.h). ld.elf_so and libc's __syncicache ask for it and go by lines.
type cacheInfo struct{ DcacheSize, DcacheLineSize, IcacheSize, IcacheLineSize int32 }

// machdep is the port's (powerpc_machdep.c, sysctl_machdep_setup). The caches are a 7457's: 32 KiB each, lines of 32 bytes.
// NetBSD/macppc says of model and timebase what Open Firmware does.
var machdep = sysctl.Machdep(
	sysctl.Const(1, "cachelinesize", "Bytes of a line of the cache", 32),
	sysctl.Const(2, "timebase", "Ticks of the time base per second", 0),
	sysctl.Const(4, "printfataltraps", "Whether the kernel prints traps that end a program", 0),
	sysctl.MachdepStruct(5, "cacheinfo", "Sizes of the caches", cacheInfo{32 << 10, 32, 32 << 10, 32}),
	sysctl.Const(6, "altivec", "Whether there is AltiVec", 1),
	sysctl.Text(7, "model", "Name of the machine", "nbemu powerpc"),
	sysctl.Const(8, "powersave", "Whether the processor sleeps when idle", 0),
	sysctl.Text(10, "booted_kernel", "Name of the kernel", "netbsd"),
)
