// Package mips is NetBSD on mips (sys/arch/mips): two byte orders, each with 32-bit processors and with 64-bit ones,
// these with two ABIs.
//
// It is a part of nbemu and not for other modules: those import package machine.
package mips

import (
	"nbemu/abi"
	"nbemu/cpu"
)

// Indexes of Context.R on mips: the registers as in NetBSD's mcontext, then UserLocal, which rdhwr reads, and
// what a stop inside a delay slot must keep. While R[SLOT] is not 0 the pc is that of a delay slot, whose
// branch stands before it.
const (
	V0        = 2
	V1        = 3
	A0        = 4
	A1        = 5
	A2        = 6
	A3        = 7
	T9        = 25
	SP        = 29
	RA        = 31
	LO        = 32
	HI        = 33
	CAUSE     = 34
	PC        = 35
	SR        = 36
	USERLOCAL = 37
	SLOT      = 38
)

// flagN32 is the bit of e_flags that tells n32 programs (EF_MIPS_ABI2).
const flagN32 = 0x20

var regNames = []string{"zero", "at", "v0", "v1", "a0", "a1", "a2", "a3", "t0", "t1", "t2", "t3", "t4", "t5", "t6", "t7",
	"s0", "s1", "s2", "s3", "s4", "s5", "s6", "s7", "t8", "t9", "k0", "k1", "gp", "sp", "s8", "ra", "lo", "hi", "cause",
	"pc", "sr", "tls", "slot"}

// The mips machines differ in byte order, width and ABI; limits are those of NetBSD (sys/arch/mips/include/
// vmparam.h). Its page size is a kernel's option, which programs ask for; 4 KiB is the smallest.
var (
	MIPS = &cpu.Arch{
		Name: "mips", Machine: "evbmips", MachineArch: "mipseb",
		ELFMachine: 8, ELFClass: 1, ELFData: 2,
		ELFFlagsMask: flagN32,
		PageSize:     4096, Model: abi.ILP32BE,
		MinAddr: 0, UserMax: 0x80000000, StackTop: 0x80000000 - 0x8000,
		MaxText: 64 << 20, MaxData: 512 << 20, DflData: 128 << 20, MaxStack: 32 << 20, DflStack: 4 << 20,
		StackAlign: 8, Align: 8, PC: PC, SP: SP, TLS: USERLOCAL, RegNames: regNames,
		Target: cpu.TargetMIPS, Parallel: true, RegSize: 4, Disasm: cpu.WordDump(abi.ILP32BE),
	}
	MIPSEL = &cpu.Arch{
		Name: "mipsel", Machine: "evbmips", MachineArch: "mipsel",
		ELFMachine: 8, ELFClass: 1, ELFData: 1,
		ELFFlagsMask: flagN32,
		PageSize:     4096, Model: abi.ILP32LE,
		MinAddr: 0, UserMax: 0x80000000, StackTop: 0x80000000 - 0x8000,
		MaxText: 64 << 20, MaxData: 512 << 20, DflData: 128 << 20, MaxStack: 32 << 20, DflStack: 4 << 20,
		StackAlign: 8, Align: 8, PC: PC, SP: SP, TLS: USERLOCAL, RegNames: regNames,
		Target: cpu.TargetMIPSEL, Parallel: true, RegSize: 4, Disasm: cpu.WordDump(abi.ILP32LE),
	}
	MIPS64 = &cpu.Arch{
		Name: "mips64", Machine: "evbmips", MachineArch: "mips64eb",
		ELFMachine: 8, ELFClass: 2, ELFData: 2,
		PageSize: 4096, Model: abi.LP64BE,
		MinAddr: 0, UserMax: 1 << 40, StackTop: 1<<40 - 0x8000,
		MaxText: 128 << 20, MaxData: 1536 << 20, DflData: 256 << 20, MaxStack: 120 << 20, DflStack: 16 << 20,
		StackAlign: 16, Align: 8, PC: PC, SP: SP, TLS: USERLOCAL, RegNames: regNames,
		Target: cpu.TargetMIPS64, Parallel: true, Mode: 64, RegSize: 8, Disasm: cpu.WordDump(abi.ILP32BE),
	}
	MIPSN32 = &cpu.Arch{
		Name: "mipsn32", Machine: "evbmips", MachineArch: "mips64eb",
		ELFMachine: 8, ELFClass: 1, ELFData: 2,
		ELFFlagsMask: flagN32, ELFFlags: flagN32,
		PageSize: 4096, Model: abi.ILP32BE,
		MinAddr: 0, UserMax: 0x80000000, StackTop: 0x80000000 - 0x8000,
		MaxText: 128 << 20, MaxData: 1536 << 20, DflData: 256 << 20, MaxStack: 120 << 20, DflStack: 16 << 20,
		StackAlign: 16, Align: 8, PC: PC, SP: SP, TLS: USERLOCAL, RegNames: regNames,
		Target: cpu.TargetMIPS64, Parallel: true, Mode: 32, RegSize: 8, Disasm: cpu.WordDump(abi.ILP32BE),
	}
	MIPS64EL = &cpu.Arch{
		Name: "mips64el", Machine: "evbmips", MachineArch: "mips64el",
		ELFMachine: 8, ELFClass: 2, ELFData: 1,
		PageSize: 4096, Model: abi.LP64LE,
		MinAddr: 0, UserMax: 1 << 40, StackTop: 1<<40 - 0x8000,
		MaxText: 128 << 20, MaxData: 1536 << 20, DflData: 256 << 20, MaxStack: 120 << 20, DflStack: 16 << 20,
		StackAlign: 16, Align: 8, PC: PC, SP: SP, TLS: USERLOCAL, RegNames: regNames,
		Target: cpu.TargetMIPS64EL, Parallel: true, Mode: 64, RegSize: 8, Disasm: cpu.WordDump(abi.ILP32LE),
	}
	MIPSN32EL = &cpu.Arch{
		Name: "mipsn32el", Machine: "evbmips", MachineArch: "mips64el",
		ELFMachine: 8, ELFClass: 1, ELFData: 1,
		ELFFlagsMask: flagN32, ELFFlags: flagN32,
		PageSize: 4096, Model: abi.ILP32LE,
		MinAddr: 0, UserMax: 0x80000000, StackTop: 0x80000000 - 0x8000,
		MaxText: 128 << 20, MaxData: 1536 << 20, DflData: 256 << 20, MaxStack: 120 << 20, DflStack: 16 << 20,
		StackAlign: 16, Align: 8, PC: PC, SP: SP, TLS: USERLOCAL, RegNames: regNames,
		Target: cpu.TargetMIPS64EL, Parallel: true, Mode: 32, RegSize: 8, Disasm: cpu.WordDump(abi.ILP32LE),
	}
)
