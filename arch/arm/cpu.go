// Package arm is NetBSD on 32-bit arm (sys/arch/arm).
//
// It is a part of nbemu and not for other modules: those import package machine.
package arm

import (
	"golang.org/x/arch/arm/armasm"

	"nbemu/abi"
	"nbemu/cpu"
)

// Indexes of Context.R on arm: r0 to r15 and cpsr as in NetBSD's mcontext, then the two thread registers.
const (
	R0       = 0
	R1       = 1
	R2       = 2
	R5       = 5
	R12      = 12
	SP       = 13
	LR       = 14
	PC       = 15
	CPSR     = 16
	TPIDRURO = 17
	TPIDRURW = 18
)

// Thumb is the bit of cpsr that says that the processor executes Thumb instructions.
const Thumb = 1 << 5

// Arch is 32-bit arm with the EABI, little-endian, with VFP and NEON: NetBSD's earmv7hf, which also runs earm
// and earmhf programs. Limits are those of NetBSD (sys/arch/arm/include/arm32/vmparam.h), for the processors
// whose kernels leave programs the lower half (MMU_EXTENDED).
var Arch = &cpu.Arch{
	Name: "arm", Machine: "evbarm", MachineArch: "earmv7hf",
	ELFMachine: 40, ELFClass: 1, ELFData: 1,
	PageSize: 4096, Model: abi.ILP32LE,
	MinAddr: 0x1000, UserMax: 0x7ffff000, StackTop: 0x7ffff000,
	MaxText: 128 << 20, MaxData: 1536 << 20, DflData: 384 << 20, MaxStack: 64 << 20, DflStack: 4 << 20,
	StackAlign: 8, Align: 8,
	PC: PC, SP: SP, TLS: TPIDRURO, StepsByRun: stepsByRun,
	RegNames: []string{"r0", "r1", "r2", "r3", "r4", "r5", "r6", "r7", "r8", "r9", "r10", "r11", "r12", "sp", "lr",
		"pc", "cpsr", "tpidruro", "tpidrurw"},
	Target: cpu.TargetARM, Parallel: true, RegSize: 4,
	Disasm: func(code []byte, pc uint64) string {
		in, err := armasm.Decode(code, armasm.ModeARM)
		if err != nil {
			return cpu.WordDump(abi.ILP32LE)(code, pc)
		}
		return armasm.GNUSyntax(in)
	},
}
