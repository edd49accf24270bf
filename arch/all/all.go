// Package all is the list of machines that nbemu has.
//
// It is a part of nbemu and not for other modules: those import package machine.
package all

import (
	"nbemu/arch"
	"nbemu/arch/amd64"
	"nbemu/arch/arm"
	"nbemu/arch/arm64"
	"nbemu/arch/i386"
	"nbemu/arch/m68k"
	"nbemu/arch/mips"
	"nbemu/arch/powerpc"
	"nbemu/arch/riscv64"
	"nbemu/arch/sparc"
)

func init() {
	arch.Register(amd64.Ports...)
	arch.Register(i386.Ports...)
	arch.Register(arm64.Ports...)
	arch.Register(arm.Ports...)
	arch.Register(mips.Ports...)
	arch.Register(sparc.Ports...)
	arch.Register(riscv64.Ports...)
	arch.Register(powerpc.Ports...)
	arch.Register(m68k.Ports...)
}
