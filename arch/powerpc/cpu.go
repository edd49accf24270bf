// Package powerpc is NetBSD on 32-bit powerpc (sys/arch/powerpc).
//
// It is a part of nbemu and not for other modules: those import package machine.
package powerpc

import (
	"encoding/binary"

	"golang.org/x/arch/ppc64/ppc64asm"

	"nbemu/abi"
	"nbemu/cpu"
)

// Indexes of Context.R on powerpc: as in NetBSD's mcontext. Of MSR only the bits are there that a program can change.
const (
	R1  = 1
	R2  = 2
	R3  = 3
	R4  = 4
	R5  = 5
	R8  = 8
	R30 = 30
	CR  = 32
	LR  = 33
	PC  = 34
	MSR = 35
	CTR = 36
	XER = 37
	MQ  = 38 // of POWER only
)

// Arch is a G4 (7457), with AltiVec, big-endian. Limits are those of NetBSD on such machines
// (sys/arch/powerpc/include/oea/vmparam.h).
var Arch = &cpu.Arch{
	Name: "powerpc", Machine: "macppc", MachineArch: "powerpc",
	ELFMachine: 20, ELFClass: 1, ELFData: 2,
	PageSize: 4096, Model: abi.ILP32BE,
	MinAddr: 0, UserMax: 0xfffff000, StackTop: 0xfffff000,
	MaxText: 64 << 20, MaxData: 1 << 30, DflData: 256 << 20, MaxStack: 32 << 20, DflStack: 2 << 20,
	StackAlign: 16, Align: 8,
	PC: PC, SP: R1, TLS: R2,
	RegNames: []string{"r0", "r1", "r2", "r3", "r4", "r5", "r6", "r7", "r8", "r9", "r10", "r11", "r12", "r13", "r14",
		"r15", "r16", "r17", "r18", "r19", "r20", "r21", "r22", "r23", "r24", "r25", "r26", "r27", "r28", "r29", "r30",
		"r31", "cr", "lr", "pc", "msr", "ctr", "xer", "mq"},
	Frames: &cpu.FrameChain{Reg: R1, Next: 0, Ret: 4, Outer: true},
	Target: cpu.TargetPPC, Parallel: true, RegSize: 4,
	Disasm: func(code []byte, pc uint64) string {
		in, err := ppc64asm.Decode(code, binary.BigEndian)
		if err != nil {
			return cpu.WordDump(abi.ILP32BE)(code, pc)
		}
		return ppc64asm.GNUSyntax(in, pc)
	},
}
