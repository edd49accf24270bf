package cpu

import (
	"golang.org/x/arch/riscv64/riscv64asm"

	"nbemu/abi"
)

// Indexes of Context.R on riscv64: x1 to x31 and pc, as in NetBSD's mcontext; x0, always 0, is not there.
const (
	RISCV64_RA = 0
	RISCV64_SP = 1
	RISCV64_TP = 3
	RISCV64_A0 = 9
	RISCV64_A1 = 10
	RISCV64_A2 = 11
	RISCV64_S2 = 17
	RISCV64_T6 = 30
	RISCV64_PC = 31
)

// RISCV64 is a processor with RV64GC, the ISA that NetBSD/riscv is compiled for. Limits are those of NetBSD
// (sys/arch/riscv/include/vmparam.h): the lower half of Sv39.
var RISCV64 = &Arch{
	Name: "riscv64", Machine: "riscv", MachineArch: "riscv64",
	ELFMachine: 243, ELFClass: 2, ELFData: 1,
	PageSize: 4096, Model: abi.LP64LEAlign16,
	MinAddr: 4096, UserMax: 1<<38 - 16*4096, StackTop: 1<<38 - 17*4096,
	MaxText: 128 << 20, MaxData: 1536 << 20, DflData: 256 << 20, MaxStack: 120 << 20, DflStack: 4 << 20,
	StackAlign: 16,
	PC:         RISCV64_PC, SP: RISCV64_SP, TLS: RISCV64_TP,
	RegNames: []string{"ra", "sp", "gp", "tp", "t0", "t1", "t2", "s0", "s1", "a0", "a1", "a2", "a3", "a4", "a5", "a6",
		"a7", "s2", "s3", "s4", "s5", "s6", "s7", "s8", "s9", "s10", "s11", "t3", "t4", "t5", "t6", "pc"},
	ops: riscv64Ops,
	Disasm: func(code []byte, pc uint64) string {
		in, err := riscv64asm.Decode(code)
		if err != nil {
			return "(bad)"
		}
		return riscv64asm.GNUSyntax(in)
	},
}
