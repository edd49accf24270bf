package cpu

import (
	"encoding/binary"

	"golang.org/x/arch/arm/armasm"

	"nbemu/abi"
)

// Indexes of Context.R on arm: r0 to r15 and cpsr as in NetBSD's mcontext, then the two thread registers.
const (
	ARM_R0       = 0
	ARM_R1       = 1
	ARM_R2       = 2
	ARM_R5       = 5
	ARM_R12      = 12
	ARM_SP       = 13
	ARM_LR       = 14
	ARM_PC       = 15
	ARM_CPSR     = 16
	ARM_TPIDRURO = 17
	ARM_TPIDRURW = 18
)

// ARMThumb is the bit of cpsr that says that the processor executes Thumb instructions.
const ARMThumb = 1 << 5

// ARM is 32-bit arm with the EABI, little-endian, with VFP and NEON: NetBSD's earmv7hf, which also runs earm
// and earmhf programs. Limits are those of NetBSD (sys/arch/arm/include/arm32/vmparam.h), for the processors
// whose kernels leave programs the lower half (ARM_MMU_EXTENDED).
var ARM = &Arch{
	Name: "arm", Machine: "evbarm", MachineArch: "earmv7hf",
	ELFMachine: 40, ELFClass: 1, ELFData: 1,
	PageSize: 4096, Model: abi.ILP32LE,
	MinAddr: 0x1000, UserMax: 0x7ffff000, StackTop: 0x7ffff000,
	MaxText: 128 << 20, MaxData: 1536 << 20, DflData: 384 << 20, MaxStack: 64 << 20, DflStack: 4 << 20,
	StackAlign: 8,
	PC:         ARM_PC, SP: ARM_SP, TLS: ARM_TPIDRURO,
	RegNames: []string{"r0", "r1", "r2", "r3", "r4", "r5", "r6", "r7", "r8", "r9", "r10", "r11", "r12", "sp", "lr",
		"pc", "cpsr", "tpidruro", "tpidrurw"},
	ops: armOps,
	Disasm: func(code []byte, pc uint64) string {
		in, err := armasm.Decode(code, armasm.ModeARM)
		if err != nil {
			return wordDump(binary.LittleEndian)(code, pc)
		}
		return armasm.GNUSyntax(in)
	},
}
