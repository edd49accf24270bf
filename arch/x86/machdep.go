package x86

import (
	"nbemu/sysctl"
	"time"
)

// Machdep is machdep of amd64 and i386 (x86_machdep.c, sysctl_machdep_setup); name is the processor's.
func Machdep(name string) *sysctl.Node {
	return sysctl.Machdep(
		sysctl.MachdepStruct(1, "console_device", "Device of the console", struct{ Dev uint64 }{}),
		sysctl.Text(5, "booted_kernel", "Name of the kernel", "netbsd"),
		sysctl.Const(7, "fpu_present", "Whether there is a floating-point unit", 1),
		sysctl.Const(8, "osfxsr", "Whether its state is saved with FXSAVE", 1),
		sysctl.Const(9, "sse", "Whether there is SSE", 1),
		sysctl.Const(10, "sse2", "Whether there is SSE2", 1),
		sysctl.Text(sysctl.Create, "cpu_brand", "Name of the processor", "nbemu "+name),
		sysctl.MachdepQuad(sysctl.Create, "tsc_freq", "Ticks of the time stamp counter per second", uint64(time.Second)),
	)
}
