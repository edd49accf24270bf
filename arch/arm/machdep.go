package arm

import "nbemu/sysctl"

// machdep is the port's (arm32_machdep.c, sysctl_machdep_setup). The identification registers are those of the emulated
// processor (arm_max_initfn of QEMU's target/arm/cpu.c: a Cortex-A15 with what ARMv8 adds to A32), and what follows from
// them as identify_features in arm32/cpu.c has it.
var machdep = sysctl.Machdep(
	sysctl.Const(1, "debug", "Debugging of the kernel", 0),
	sysctl.Text(3, "booted_kernel", "Name of the kernel", "netbsd"),
	sysctl.MachdepStruct(4, "console_device", "Device of the console", struct{ Dev uint64 }{}),
	sysctl.Const(5, "powersave", "Whether the processor sleeps when idle", 0),
	sysctl.Text(sysctl.Create, "cpu_arch", "Version of the architecture", "7A"),
	sysctl.Const(sysctl.Create, "cpu_id", "MIDR", 0x412fc0f1),
	sysctl.Const(sysctl.Create, "fpu_id", "FPSID", 0x410430f0),
	sysctl.Const(sysctl.Create, "fpu_present", "Whether there is VFP", 1),
	sysctl.Const(sysctl.Create, "hwdiv_present", "Whether SDIV and UDIV are in both instruction sets", 1),
	sysctl.Const(sysctl.Create, "neon_present", "Whether there is NEON", 1),
	sysctl.MachdepStruct(sysctl.Create, "id_isar", "ID_ISAR0 to 5",
		struct{ R [6]uint32 }{[6]uint32{0x02101110, 0x13112111, 0x21232041, 0x11112131, 0x10011142, 0x11011120}}),
	sysctl.MachdepStruct(sysctl.Create, "id_mmfr", "ID_MMFR0 to 3",
		struct{ R [4]uint32 }{[4]uint32{0x10201105, 0x20000000, 0x01240000, 0x02122211}}),
	sysctl.MachdepStruct(sysctl.Create, "id_pfr", "ID_PFR0 and 1", struct{ R [2]uint32 }{[2]uint32{0x00001131, 0x00011011}}),
	sysctl.MachdepStruct(sysctl.Create, "id_mvfr", "MVFR0 and 1", struct{ R [2]uint32 }{[2]uint32{0x11110222, 0x12111111}}),
	sysctl.Const(sysctl.Create, "simd_present", "Whether there are SIMD instructions", 1),
	sysctl.Const(sysctl.Create, "simdex_present", "Whether there are SXTB16 and the like", 1),
	sysctl.Const(sysctl.Create, "synchprim_present", "Whether there are LDREXB and the like", 0x20),
	sysctl.Const(sysctl.Create, "printfataltraps", "Whether the kernel prints traps that end a program", 0),
	sysctl.Const(sysctl.Create, "unaligned_sigbus", "Whether misaligned accesses are SIGBUS", 0),
)
