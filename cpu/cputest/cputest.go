// Package cputest describes two machines for the tests of packages that the ports under arch/ are made of, and which
// therefore cannot use those. Registers are where arch/x86 has them.
//
// It is a part of nbemu and not for other modules: those import package machine.
package cputest

import (
	"nbemu/abi"
	"nbemu/cpu"
)

// Indexes of Context.R.
const (
	RBX = 13
	PC  = 21
	SP  = 24
	TLS = 26
)

var regNames = []string{RBX: "rbx", PC: "rip", SP: "rsp"}

// The machines, with the limits of NetBSD's amd64 and i386.
var (
	AMD64 = &cpu.Arch{
		Name: "amd64", Machine: "amd64", MachineArch: "x86_64", ELFMachine: 62, ELFClass: 2, ELFData: 1,
		PageSize: 4096, Model: abi.LP64LE, RegSize: 8, UserMax: 0x00007f8000000000 - 4096, StackTop: 0x00007f8000000000 - 4096,
		MaxText: 8 << 30, MaxData: 8 << 30, DflData: 256 << 20, MaxStack: 128 << 20, DflStack: 4 << 20, StackAlign: 16, Align: 8,
		RegNames: regNames, PC: PC, SP: SP, TLS: TLS, Target: cpu.TargetX86, Mode: 64,
	}
	I386 = &cpu.Arch{
		Name: "i386", Machine: "i386", MachineArch: "i386", ELFMachine: 3, ELFClass: 1, ELFData: 1,
		PageSize: 4096, Model: abi.ILP32LEi386, RegSize: 4, UserMax: 0xbfc00000, StackTop: 0xbfc00000,
		MaxText: 256 << 20, MaxData: 3 << 30, DflData: 256 << 20, MaxStack: 64 << 20, DflStack: 2 << 20, StackAlign: 16, Align: 4,
		RegNames: regNames, PC: PC, SP: SP, TLS: TLS, Target: cpu.TargetX86, Mode: 32,
	}
)
