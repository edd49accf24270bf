// Package amd64 is NetBSD/amd64 (sys/arch/amd64).
//
// It is a part of nbemu and not for other modules: those import package machine.
package amd64

import (
	"golang.org/x/arch/x86/x86asm"

	"nbemu/abi"
	"nbemu/arch/x86"
	"nbemu/cpu"
)

// Arch is x86-64. Limits are those of NetBSD/amd64 (sys/arch/amd64/include/vmparam.h).
var Arch = &cpu.Arch{
	Name: "amd64", Machine: "amd64", MachineArch: "x86_64",
	ELFMachine: 62, ELFClass: 2, ELFData: 1,
	PageSize: 4096, Model: abi.LP64LE,
	// The last page below the hole is never a program's: a syscall instruction at its end would return to an
	// address that is none.
	MinAddr: 0, UserMax: 0x00007f8000000000 - 4096, StackTop: 0x00007f8000000000 - 4096,
	MaxText: 8 << 30, MaxData: 8 << 30, DflData: 256 << 20, MaxStack: 128 << 20, DflStack: 4 << 20,
	StackAlign: 16, Align: 8,
	PC: x86.RIP, SP: x86.RSP, TLS: x86.FSBASE,
	RegNames: []string{"rdi", "rsi", "rdx", "rcx", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15", "rbp", "rbx",
		"rax", "gs", "fs", "es", "ds", "trapno", "err", "rip", "cs", "rflags", "rsp", "ss", "fsbase", "gsbase"},
	Frames: &cpu.FrameChain{Reg: x86.RBP, Next: 0, Ret: 8},
	Target: cpu.TargetX86, Parallel: true, Mode: 64, RegSize: 8,
	Disasm: func(code []byte, pc uint64) string {
		in, err := x86asm.Decode(code, 64)
		if err != nil {
			return "(bad)"
		}
		return x86asm.GNUSyntax(in, pc, nil)
	},
}
