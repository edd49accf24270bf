// Package riscv64 is NetBSD/riscv on 64-bit processors: sys/arch/riscv of today, since the port of 2016 could not run a
// program.
//
// It is a part of nbemu and not for other modules: those import package machine.
package riscv64

import (
	"golang.org/x/arch/riscv64/riscv64asm"

	"nbemu/abi"
	"nbemu/cpu"
)

// Indexes of Context.R on riscv64: x1 to x31 and pc, as in NetBSD's mcontext; x0, always 0, is not there.
const (
	RA = 0
	SP = 1
	TP = 3
	S0 = 7
	A0 = 9
	A1 = 10
	A2 = 11
	S2 = 17
	T6 = 30
	PC = 31
)

// Arch is a processor with RV64GC, the ISA that NetBSD/riscv is compiled for. Limits are those of NetBSD
// (sys/arch/riscv/include/vmparam.h): the lower half of Sv39.
var Arch = &cpu.Arch{
	Name: "riscv64", Machine: "riscv", MachineArch: "riscv64",
	ELFMachine: 243, ELFClass: 2, ELFData: 1,
	PageSize: 4096, Model: abi.LP64LEAlign16,
	MinAddr: 4096, UserMax: 1<<38 - 16*4096, StackTop: 1<<38 - 17*4096,
	MaxText: 128 << 20, MaxData: 1536 << 20, DflData: 256 << 20, MaxStack: 120 << 20, DflStack: 4 << 20,
	StackAlign: 16, Align: 16,
	PC: PC, SP: SP, TLS: TP,
	RegNames: []string{"ra", "sp", "gp", "tp", "t0", "t1", "t2", "s0", "s1", "a0", "a1", "a2", "a3", "a4", "a5", "a6",
		"a7", "s2", "s3", "s4", "s5", "s6", "s7", "s8", "s9", "s10", "s11", "t3", "t4", "t5", "t6", "pc"},
	Frames: &cpu.FrameChain{Reg: S0, Next: -16, Ret: -8},
	Target: cpu.TargetRISCV64, Parallel: true, RegSize: 8,
	Disasm: func(code []byte, pc uint64) string {
		in, err := riscv64asm.Decode(code)
		if err != nil {
			return "(bad)"
		}
		return riscv64asm.GNUSyntax(in)
	},
}
