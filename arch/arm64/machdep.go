package arm64

import "nbemu/sysctl"

// cpuID is struct aarch64_sysctl_cpu_id (aarch64/include/armreg.h), by which programs learn what the processor can:
// NetBSD does not let them read the registers.
type cpuID struct {
	Midr, Revidr, Mpidr      uint64
	Dfr0, Dfr1               uint64
	Isar0, Isar1             uint64
	Mmfr0, Mmfr1, Mmfr2      uint64
	Pfr0, Pfr1, Zfr0         uint64
	Mvfr0, Mvfr1, Mvfr2, Pad uint32
	Clidr, Ctr               uint64
}

// idOf are the registers of the emulated processor (aarch64_max_initfn of QEMU's target/arm/cpu64.c). SVE is left out of
// ID_AA64PFR0: NetBSD saves no such state and lets no program use it.
func idOf(cpu int) cpuID {
	return cpuID{
		Midr: 0x000f0510, Mpidr: 0x80000000 | uint64(cpu), Dfr0: 0x10305506,
		Isar0: 0x1021111110212120, Isar1: 0x0000011101211012,
		Mmfr0: 0x00001124, Mmfr1: 0x00211120, Mmfr2: 0x00000011,
		Pfr0: 0x00112222, Pfr1: 0x00000001,
		Mvfr0: 0x10110222, Mvfr1: 0x12111111, Mvfr2: 0x00000043,
		Clidr: 0x0a200023, Ctr: 0x8444c004,
	}
}

// machdep is the port's (aarch64_machdep.c and cpu.c, cpu_setup_sysctl).
var machdep = sysctl.Machdep(append(
	sysctl.MachdepCPUs(func(cpu int) *sysctl.Node {
		return sysctl.MachdepStruct(sysctl.Create, "cpu_id", "Identification registers", idOf(cpu))
	}),
	sysctl.Const(sysctl.Create, "tagged_address", "Whether the top byte of addresses is ignored", 0),
	sysctl.Const(sysctl.Create, "pan", "Whether Privileged Access Never is enabled", 0),
	sysctl.Const(sysctl.Create, "pac", "Whether Pointer Authentication is enabled", 0),
	sysctl.Const(sysctl.Create, "bti", "Whether Branch Target Identification is enabled", 0),
)...)
