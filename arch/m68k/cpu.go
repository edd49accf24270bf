// Package m68k is NetBSD on the 68020 and its successors (sys/arch/m68k, and hp300 for what a port says itself).
package m68k

import (
	"fmt"

	"nbemu/abi"
	"nbemu/cpu"
)

// Indexes of Context.R: d0 to d7, a0 to a7, pc and the status register as in NetBSD's mcontext, then the thread
// pointer, which no register holds: programs ask the kernel for it.
const (
	D0 = 0
	D1 = 1
	A0 = 8
	A1 = 9
	A2 = 10
	A6 = 14
	SP = 15
	PC = 16
	PS = 17
	TP = 18
)

// Arch is a 68040. Limits are those of NetBSD (sys/arch/m68k/include/vmparam.h), which leaves programs all addresses
// but the last page. NetBSD's compiler aligns integers to their size, Linux' does not.
var Arch = &cpu.Arch{
	Name: "m68k", Machine: "hp300", MachineArch: "m68k",
	ELFMachine: 4, ELFClass: 1, ELFData: 2,
	PageSize: 4096, Model: abi.ILP32BEm68k, RegSize: 4,
	MinAddr: 0, UserMax: 0xfffff000, StackTop: 0xfffff000,
	MaxText: 32 << 20, MaxData: 256 << 20, DflData: 32 << 20, MaxStack: 64 << 20, DflStack: 2 << 20,
	StackAlign: 4, Align: 4,
	PC: PC, SP: SP, TLS: TP,
	RegNames: []string{"d0", "d1", "d2", "d3", "d4", "d5", "d6", "d7", "a0", "a1", "a2", "a3", "a4", "a5", "a6", "sp",
		"pc", "ps"},
	Frames: &cpu.FrameChain{Reg: A6, Next: 0, Ret: 4},
	Target: cpu.TargetM68K,
	Disasm: func(code []byte, _ uint64) string {
		if len(code) < 2 {
			return "(bad)"
		}
		return fmt.Sprintf(".short %#04x", abi.ILP32BEm68k.Uint(code, 2))
	},
}
