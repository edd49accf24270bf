// Package sparc is NetBSD/sparc and NetBSD/sparc64 (sys/arch/sparc, sys/arch/sparc64), which differ in little but width.
//
// It is a part of nbemu and not for other modules: those import package machine.
package sparc

import (
	"nbemu/abi"
	"nbemu/cpu"
)

// Indexes of Context.R on sparc and sparc64: NetBSD's mcontext order (psr holds the condition codes, on sparc64
// it is ccr), then the local and in registers of the current window.
const (
	PSR  = 0
	PC   = 1
	NPC  = 2
	Y    = 3
	G1   = 4
	G2   = 5
	G5   = 8
	G7   = 10
	O0   = 11
	O1   = 12
	O6   = 17
	O7   = 18
	ASI  = 19
	FPRS = 20
	L0   = 21
	I0   = 29
	FP   = 35 // %i6
)

// Offsets in Context.FP on sparc and sparc64: the register file as 32 doubles, in the host's byte order, the
// state register, then the register windows outside the current one, innermost first: how many, and 16 registers
// of 64 bits for each, locals and ins.
const (
	fpFSR     = 256
	fpGSR     = 264
	fpNWin    = 272
	fpWindows = 288
)

// bias is what stack pointers of 64-bit programs are off by.
const bias = 2047

var regNames = []string{"psr", "pc", "npc", "y", "g1", "g2", "g3", "g4", "g5", "g6", "g7", "o0", "o1", "o2", "o3", "o4", "o5",
	"sp", "o7", "asi", "fprs", "l0", "l1", "l2", "l3", "l4", "l5", "l6", "l7", "i0", "i1", "i2", "i3", "i4", "i5", "fp", "i7"}

// Limits are those of NetBSD (sys/arch/sparc/include/vmparam.h, sys/arch/sparc64/include/vmparam.h).
var (
	// SPARC is version 8, as on sun4m.
	SPARC = &cpu.Arch{
		Name: "sparc", Machine: "sparc", MachineArch: "sparc",
		ELFMachine: 2, ELFMachines: []uint16{18}, ELFClass: 1, ELFData: 2,
		PageSize: 4096, Model: abi.ILP32BE,
		MinAddr: 0, UserMax: 0xf0000000, StackTop: 0xf0000000,
		MaxText: 64 << 20, MaxData: 512 << 20, DflData: 64 << 20, MaxStack: 32 << 20, DflStack: 8 << 20,
		StackAlign: 8, Align: 8, PC: PC, SP: O6, TLS: G7, RegNames: regNames,
		NPC: NPC, Target: cpu.TargetSPARC, Parallel: true, RegSize: 4, Disasm: cpu.WordDump(abi.ILP32BE),
		Frames: &cpu.FrameChain{Reg: FP, Next: 14 * 4, Ret: 15 * 4, Windows: windows},
	}
	SPARC64 = &cpu.Arch{
		Name: "sparc64", Machine: "sparc64", MachineArch: "sparc64",
		ELFMachine: 43, ELFMachines: []uint16{18}, ELFClass: 2, ELFData: 2,
		PageSize: 8192, Model: abi.LP64BESparc64,
		MinAddr: 0, UserMax: 0xffffffffffffe000, StackTop: 0xffffffffffffe000,
		MaxText: 4 << 30, MaxData: 1 << 39, DflData: 128 << 20, MaxStack: 128 << 20, DflStack: 2 << 20,
		StackAlign: 16, Align: 16, PC: PC, SP: O6, TLS: G7, RegNames: regNames,
		NPC: NPC, StackBias: bias, Target: cpu.TargetSPARC64, Parallel: true, RegSize: 8, Disasm: cpu.WordDump(abi.ILP32BE),
		Frames: &cpu.FrameChain{Reg: FP, Next: bias + 14*8, Ret: bias + 15*8, Windows: windows},
	}
)

// windows are the register windows outside of the current one that the stack does not have (cpu.FrameChain).
func windows(c *cpu.Context) [][16]uint64 {
	ws := make([][16]uint64, abi.LP64LE.Uint(c.FP[fpNWin:], 4))
	for k := range ws {
		for i := range ws[k] {
			ws[k][i] = abi.LP64LE.Uint(c.FP[fpWindows+128*k+8*i:], 8)
		}
	}
	return ws
}
