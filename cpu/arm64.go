package cpu

import (
	"golang.org/x/arch/arm64/arm64asm"

	"nbemu/abi"
)

// Indexes of Context.R on aarch64: x0 to x30 and what follows them in NetBSD's mcontext.
const (
	ARM64_X0    = 0
	ARM64_X1    = 1
	ARM64_X2    = 2
	ARM64_X17   = 17
	ARM64_X28   = 28
	ARM64_LR    = 30
	ARM64_SP    = 31
	ARM64_PC    = 32
	ARM64_SPSR  = 33
	ARM64_TPIDR = 34
)

// ARM64 is aarch64, little-endian. Limits are those of NetBSD (sys/arch/aarch64/include/vmparam.h).
var ARM64 = &Arch{
	Name: "aarch64", Machine: "evbarm", MachineArch: "aarch64",
	ELFMachine: 183, ELFClass: 2, ELFData: 1,
	PageSize: 4096, Model: abi.LP64LEAlign16,
	MinAddr: 0, UserMax: 1<<48 - 4096, StackTop: 1<<48 - 4096,
	MaxText: 1 << 30, MaxData: 64 << 30, DflData: 4 << 30, MaxStack: 64 << 20, DflStack: 8 << 20,
	StackAlign: 16,
	PC:         ARM64_PC, SP: ARM64_SP, TLS: ARM64_TPIDR,
	RegNames: []string{"x0", "x1", "x2", "x3", "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12", "x13", "x14",
		"x15", "x16", "x17", "x18", "x19", "x20", "x21", "x22", "x23", "x24", "x25", "x26", "x27", "x28", "x29", "lr",
		"sp", "pc", "spsr", "tpidr"},
	ops: aarch64Ops,
	Disasm: func(code []byte, pc uint64) string {
		in, err := arm64asm.Decode(code)
		if err != nil {
			return "(bad)"
		}
		return arm64asm.GNUSyntax(in)
	},
}
