package cpu

import (
	"golang.org/x/arch/x86/x86asm"

	"nbemu/abi"
)

// Indexes of Context.R on amd64: NetBSD's mcontext order, then the segment bases.
const (
	AMD64_RDI = iota
	AMD64_RSI
	AMD64_RDX
	AMD64_RCX
	AMD64_R8
	AMD64_R9
	AMD64_R10
	AMD64_R11
	AMD64_R12
	AMD64_R13
	AMD64_R14
	AMD64_R15
	AMD64_RBP
	AMD64_RBX
	AMD64_RAX
	AMD64_GS
	AMD64_FS
	AMD64_ES
	AMD64_DS
	AMD64_TRAPNO
	AMD64_ERR
	AMD64_RIP
	AMD64_CS
	AMD64_RFLAGS
	AMD64_RSP
	AMD64_SS
	AMD64_FSBASE
	AMD64_GSBASE
)

// AMD64 is x86-64. Limits are those of NetBSD/amd64 (sys/arch/amd64/include/vmparam.h).
var AMD64 = &Arch{
	Name: "amd64", Machine: "amd64", MachineArch: "x86_64",
	ELFMachine: 62, ELFClass: 2, ELFData: 1,
	PageSize: 4096, Model: abi.LP64LE,
	// The last page below the hole is never a program's: a syscall instruction at its end would return to an
	// address that is none.
	MinAddr: 0, UserMax: 0x00007f8000000000 - 4096, StackTop: 0x00007f8000000000 - 4096,
	MaxText: 8 << 30, MaxData: 8 << 30, DflData: 256 << 20, MaxStack: 128 << 20, DflStack: 4 << 20,
	StackAlign: 16,
	PC:         AMD64_RIP, SP: AMD64_RSP, TLS: AMD64_FSBASE,
	RegNames: []string{"rdi", "rsi", "rdx", "rcx", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15", "rbp", "rbx",
		"rax", "gs", "fs", "es", "ds", "trapno", "err", "rip", "cs", "rflags", "rsp", "ss", "fsbase", "gsbase"},
	ops: x86Ops, mode: 64,
	Disasm: func(code []byte, pc uint64) string {
		in, err := x86asm.Decode(code, 64)
		if err != nil {
			return "(bad)"
		}
		return x86asm.GNUSyntax(in, pc, nil)
	},
}
