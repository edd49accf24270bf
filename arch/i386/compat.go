package i386

import (
	"nbemu/arch"
	"nbemu/cpu"
)

// ArchAMD64 is i386 as amd64's kernel presents it to 32-bit programs: all 4 GiB but the last page, and the segments of
// that kernel (sys/arch/amd64/include/vmparam.h; netbsd32_machdep.c).
var ArchAMD64 = onAMD64()

func onAMD64() *cpu.Arch {
	a := *Arch
	a.UserMax, a.StackTop = 0xfffff000, 0xfffff000
	a.MaxText, a.MaxData, a.DflData, a.MaxStack, a.DflStack = 8<<30, 3<<30, 256<<20, 64<<20, 2<<20
	return &a
}

var compat = []arch.Compat{{Native: "amd64", Arch: ArchAMD64, Interp: "i386"}}
