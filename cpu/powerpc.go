package cpu

import (
	"encoding/binary"

	"golang.org/x/arch/ppc64/ppc64asm"

	"nbemu/abi"
)

// Indexes of Context.R on powerpc: as in NetBSD's mcontext. Of MSR only the bits are there that a program can change.
const (
	PPC_R1  = 1
	PPC_R2  = 2
	PPC_R3  = 3
	PPC_R4  = 4
	PPC_R5  = 5
	PPC_R8  = 8
	PPC_R30 = 30
	PPC_CR  = 32
	PPC_LR  = 33
	PPC_PC  = 34
	PPC_MSR = 35
	PPC_CTR = 36
	PPC_XER = 37
	PPC_MQ  = 38 // of POWER only
)

// PPC is a G4 (7457), with AltiVec, big-endian. Limits are those of NetBSD on such machines
// (sys/arch/powerpc/include/oea/vmparam.h).
var PPC = &Arch{
	Name: "powerpc", Machine: "macppc", MachineArch: "powerpc",
	ELFMachine: 20, ELFClass: 1, ELFData: 2,
	PageSize: 4096, Model: abi.ILP32BE,
	MinAddr: 0, UserMax: 0xfffff000, StackTop: 0xfffff000,
	MaxText: 64 << 20, MaxData: 1 << 30, DflData: 256 << 20, MaxStack: 32 << 20, DflStack: 2 << 20,
	StackAlign: 16,
	PC:         PPC_PC, SP: PPC_R1, TLS: PPC_R2,
	RegNames: []string{"r0", "r1", "r2", "r3", "r4", "r5", "r6", "r7", "r8", "r9", "r10", "r11", "r12", "r13", "r14",
		"r15", "r16", "r17", "r18", "r19", "r20", "r21", "r22", "r23", "r24", "r25", "r26", "r27", "r28", "r29", "r30",
		"r31", "cr", "lr", "pc", "msr", "ctr", "xer", "mq"},
	ops: ppcOps,
	Disasm: func(code []byte, pc uint64) string {
		in, err := ppc64asm.Decode(code, binary.BigEndian)
		if err != nil {
			return wordDump(binary.BigEndian)(code, pc)
		}
		return ppc64asm.GNUSyntax(in, pc)
	},
}
