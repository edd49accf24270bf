// Package i386 is NetBSD/i386 (sys/arch/i386).
//
// It is a part of nbemu and not for other modules: those import package machine.
package i386

import (
	"golang.org/x/arch/x86/x86asm"

	"nbemu/abi"
	"nbemu/arch/x86"
	"nbemu/cpu"
)

// Arch is 32-bit x86. Registers stand in Context.R where amd64 has them (x86.RAX is eax). Limits are those of
// NetBSD/i386 (sys/arch/i386/include/vmparam.h), with the address space of kernels without PAE.
var Arch = &cpu.Arch{
	Name: "i386", Machine: "i386", MachineArch: "i386",
	ELFMachine: 3, ELFMachines: []uint16{6}, ELFClass: 1, ELFData: 1,
	PageSize: 4096, Model: abi.ILP32LEi386,
	MinAddr: 0, UserMax: 0xbfc00000, StackTop: 0xbfc00000,
	MaxText: 256 << 20, MaxData: 3 << 30, DflData: 256 << 20, MaxStack: 64 << 20, DflStack: 2 << 20,
	StackAlign: 16, Align: 4,
	PC: x86.RIP, SP: x86.RSP, TLS: x86.GSBASE,
	RegNames: []string{"edi", "esi", "edx", "ecx", "", "", "", "", "", "", "", "", "ebp", "ebx",
		"eax", "gs", "fs", "es", "ds", "trapno", "err", "eip", "cs", "eflags", "esp", "ss", "fsbase", "gsbase"},
	Frames: &cpu.FrameChain{Reg: x86.RBP, Next: 0, Ret: 4},
	Target: cpu.TargetX86, Parallel: true, Mode: 32, RegSize: 4,
	Disasm: func(code []byte, pc uint64) string {
		in, err := x86asm.Decode(code, 32)
		if err != nil {
			return "(bad)"
		}
		return x86asm.GNUSyntax(in, pc, nil)
	},
}
