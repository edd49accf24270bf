package arm

import "nbemu/kern"

// machdep is the port's (arm32_machdep.c, sysctl_machdep_setup). The identification registers are those of the emulated
// processor (arm_max_initfn of QEMU's target/arm/cpu.c: a Cortex-A15 with what ARMv8 adds to A32), and what follows from
// them as identify_features in arm32/cpu.c has it.
var machdep = kern.Machdep(
	kern.MachdepInt(1, "debug", "Debugging of the kernel", 0),
	kern.MachdepText(3, "booted_kernel", "Name of the kernel", "netbsd"),
	kern.MachdepStruct(4, "console_device", "Device of the console", struct{ Dev uint64 }{}),
	kern.MachdepInt(5, "powersave", "Whether the processor sleeps when idle", 0),
	kern.MachdepText(kern.MachdepAny, "cpu_arch", "Version of the architecture", "7A"),
	kern.MachdepInt(kern.MachdepAny, "cpu_id", "MIDR", 0x412fc0f1),
	kern.MachdepInt(kern.MachdepAny, "fpu_id", "FPSID", 0x410430f0),
	kern.MachdepInt(kern.MachdepAny, "fpu_present", "Whether there is VFP", 1),
	kern.MachdepInt(kern.MachdepAny, "hwdiv_present", "Whether SDIV and UDIV are in both instruction sets", 1),
	kern.MachdepInt(kern.MachdepAny, "neon_present", "Whether there is NEON", 1),
	kern.MachdepStruct(kern.MachdepAny, "id_isar", "ID_ISAR0 to 5",
		struct{ R [6]uint32 }{[6]uint32{0x02101110, 0x13112111, 0x21232041, 0x11112131, 0x10011142, 0x11011120}}),
	kern.MachdepStruct(kern.MachdepAny, "id_mmfr", "ID_MMFR0 to 3",
		struct{ R [4]uint32 }{[4]uint32{0x10201105, 0x20000000, 0x01240000, 0x02122211}}),
	kern.MachdepStruct(kern.MachdepAny, "id_pfr", "ID_PFR0 and 1", struct{ R [2]uint32 }{[2]uint32{0x00001131, 0x00011011}}),
	kern.MachdepStruct(kern.MachdepAny, "id_mvfr", "MVFR0 and 1", struct{ R [2]uint32 }{[2]uint32{0x11110222, 0x12111111}}),
	kern.MachdepInt(kern.MachdepAny, "simd_present", "Whether there are SIMD instructions", 1),
	kern.MachdepInt(kern.MachdepAny, "simdex_present", "Whether there are SXTB16 and the like", 1),
	kern.MachdepInt(kern.MachdepAny, "synchprim_present", "Whether there are LDREXB and the like", 0x20),
	kern.MachdepInt(kern.MachdepAny, "printfataltraps", "Whether the kernel prints traps that end a program", 0),
	kern.MachdepInt(kern.MachdepAny, "unaligned_sigbus", "Whether misaligned accesses are SIGBUS", 0),
)
