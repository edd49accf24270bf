package mips

import (
	"nbemu/arch"
	"nbemu/cpu"
)

// on64 is a machine of 32-bit programs as the kernel for 64 bits presents it: its limits are those of that kernel's own
// programs (sys/arch/mips/include/vmparam.h).
func on64(guest, native *cpu.Arch) *cpu.Arch {
	a := *guest
	a.PageSize = native.PageSize
	a.MaxText, a.MaxData, a.DflData = native.MaxText, native.MaxData, native.DflData
	a.MaxStack, a.DflStack = native.MaxStack, native.DflStack
	return &a
}

// compat is the entry of a 32-bit machine's port: kernels for 64 bits run o32 and n32.
func compat(guest, native *cpu.Arch, abi string) []arch.Compat {
	return []arch.Compat{{Native: native.Name, Arch: on64(guest, native), Interp: abi}}
}

func init() {
	for _, p := range Ports {
		switch p.Arch {
		case MIPS:
			p.Compat = compat(MIPS, MIPS64, "o32")
		case MIPSEL:
			p.Compat = compat(MIPSEL, MIPS64EL, "o32")
		case MIPSN32:
			p.Compat = compat(MIPSN32, MIPS64, "n32")
		case MIPSN32EL:
			p.Compat = compat(MIPSN32EL, MIPS64EL, "n32")
		}
	}
}
