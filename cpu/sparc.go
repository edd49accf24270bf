package cpu

import (
	"encoding/binary"

	"nbemu/abi"
)

// Indexes of Context.R on sparc and sparc64: NetBSD's mcontext order (psr holds the condition codes, on sparc64
// it is ccr), then the local and in registers of the current window.
const (
	SPARC_PSR  = 0
	SPARC_PC   = 1
	SPARC_NPC  = 2
	SPARC_Y    = 3
	SPARC_G1   = 4
	SPARC_G2   = 5
	SPARC_G5   = 8
	SPARC_G7   = 10
	SPARC_O0   = 11
	SPARC_O1   = 12
	SPARC_O6   = 17
	SPARC_O7   = 18
	SPARC_ASI  = 19
	SPARC_FPRS = 20
	SPARC_L0   = 21
	SPARC_I0   = 29
	SPARC_FP   = 35 // %i6
)

// Offsets in Context.FP on sparc and sparc64: the register file as 32 doubles, in the host's byte order, the
// state register, then the register windows behind the current one, innermost first: how many, and 16 registers
// of 64 bits for each, locals and ins.
const (
	SparcFSR     = 256
	SparcGSR     = 264
	SparcNWin    = 272
	SparcWindows = 288
)

// SparcBias is what stack pointers of 64-bit programs are off by.
const SparcBias = 2047

var sparcRegs = []string{"psr", "pc", "npc", "y", "g1", "g2", "g3", "g4", "g5", "g6", "g7", "o0", "o1", "o2", "o3", "o4", "o5",
	"sp", "o7", "asi", "fprs", "l0", "l1", "l2", "l3", "l4", "l5", "l6", "l7", "i0", "i1", "i2", "i3", "i4", "i5", "fp", "i7"}

// Limits are those of NetBSD (sys/arch/sparc/include/vmparam.h, sys/arch/sparc64/include/vmparam.h).
var (
	// SPARC is version 8, as on sun4m.
	SPARC = &Arch{
		Name: "sparc", Machine: "sparc", MachineArch: "sparc",
		ELFMachine: 2, ELFClass: 1, ELFData: 2,
		PageSize: 4096, Model: abi.ILP32BE,
		MinAddr: 0, UserMax: 0xf0000000, StackTop: 0xf0000000,
		MaxText: 64 << 20, MaxData: 512 << 20, DflData: 64 << 20, MaxStack: 32 << 20, DflStack: 8 << 20,
		StackAlign: 8, PC: SPARC_PC, SP: SPARC_O6, TLS: SPARC_G7, RegNames: sparcRegs,
		ops: sparcOps, Disasm: wordDump(binary.BigEndian),
	}
	SPARC64 = &Arch{
		Name: "sparc64", Machine: "sparc64", MachineArch: "sparc64",
		ELFMachine: 43, ELFClass: 2, ELFData: 2,
		PageSize: 8192, Model: abi.LP64BESparc64,
		MinAddr: 0, UserMax: 0xffffffffffffe000, StackTop: 0xffffffffffffe000,
		MaxText: 4 << 30, MaxData: 1 << 39, DflData: 128 << 20, MaxStack: 128 << 20, DflStack: 2 << 20,
		StackAlign: 16, PC: SPARC_PC, SP: SPARC_O6, TLS: SPARC_G7, RegNames: sparcRegs,
		ops: sparc64Ops, Disasm: wordDump(binary.BigEndian),
	}
)
