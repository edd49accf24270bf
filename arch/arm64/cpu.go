// Package arm64 is NetBSD/aarch64 (sys/arch/aarch64).
//
// It is a part of nbemu and not for other modules: those import package machine.
package arm64

import (
	"golang.org/x/arch/arm64/arm64asm"

	"nbemu/abi"
	"nbemu/cpu"
)

// Indexes of Context.R on aarch64: x0 to x30 and what follows them in NetBSD's mcontext.
const (
	X0    = 0
	X1    = 1
	X2    = 2
	X17   = 17
	X28   = 28
	FP    = 29
	LR    = 30
	SP    = 31
	PC    = 32
	SPSR  = 33
	TPIDR = 34
)

// Arch is aarch64, little-endian. Limits are those of NetBSD (sys/arch/aarch64/include/vmparam.h).
var Arch = &cpu.Arch{
	Name: "aarch64", Machine: "evbarm", MachineArch: "aarch64",
	ELFMachine: 183, ELFClass: 2, ELFData: 1,
	PageSize: 4096, Model: abi.LP64LEAlign16,
	MinAddr: 0, UserMax: 1<<48 - 4096, StackTop: 1<<48 - 4096,
	MaxText: 1 << 30, MaxData: 64 << 30, DflData: 4 << 30, MaxStack: 64 << 20, DflStack: 8 << 20,
	StackAlign: 16, Align: 16,
	PC: PC, SP: SP, TLS: TPIDR,
	RegNames: []string{"x0", "x1", "x2", "x3", "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12", "x13", "x14",
		"x15", "x16", "x17", "x18", "x19", "x20", "x21", "x22", "x23", "x24", "x25", "x26", "x27", "x28", "x29", "lr",
		"sp", "pc", "spsr", "tpidr"},
	Frames: &cpu.FrameChain{Reg: FP, Next: 0, Ret: 8},
	Target: cpu.TargetAARCH64, Parallel: true, RegSize: 8,
	Disasm: func(code []byte, pc uint64) string {
		in, err := arm64asm.Decode(code)
		if err != nil {
			return "(bad)"
		}
		return arm64asm.GNUSyntax(in)
	},
}
