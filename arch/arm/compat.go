package arm

import (
	"nbemu/arch"
	"nbemu/cpu"
)

// ArchAARCH64 is arm as aarch64's kernel presents it to 32-bit programs (sys/arch/aarch64/include/vmparam.h).
var ArchAARCH64 = onAARCH64()

func onAARCH64() *cpu.Arch {
	a := *Arch
	a.MinAddr, a.UserMax, a.StackTop = 0, 0xfffff000, 0xfffff000
	a.MaxText, a.MaxData, a.DflData, a.MaxStack, a.DflStack = 1<<30, 3<<30, 128<<20, 64<<20, 2<<20
	return &a
}

var compat = []arch.Compat{{Native: "aarch64", Arch: ArchAARCH64, Interp: "earmv7hf"}}
