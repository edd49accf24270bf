package sparc

import (
	"nbemu/arch"
	"nbemu/cpu"
)

// SPARCOn64 is sparc as sparc64's kernel presents it to 32-bit programs: pages of 8 KiB, and all 4 GiB but the last page
// (sys/arch/sparc64/include/vmparam.h).
var SPARCOn64 = onSPARC64()

func onSPARC64() *cpu.Arch {
	a := *SPARC
	a.PageSize = SPARC64.PageSize
	a.UserMax, a.StackTop = 0xffffe000, 0xffffe000
	a.MaxText, a.MaxData, a.DflData, a.MaxStack, a.DflStack = SPARC64.MaxText, 512<<20, 64<<20, 32<<20, 2<<20
	return &a
}

// compat is for SPARC's port.
var compat = []arch.Compat{{Native: "sparc64", Arch: SPARCOn64, Interp: "sparc"}}
