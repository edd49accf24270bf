package cpu

import (
	"encoding/binary"
	"fmt"

	"nbemu/abi"
)

// Indexes of Context.R on mips: the registers as in NetBSD's mcontext, then UserLocal, which rdhwr reads, and
// what a stop inside a delay slot must keep. While R[MIPS_SLOT] is not 0 the pc is that of a delay slot, whose
// branch stands before it.
const (
	MIPS_V0        = 2
	MIPS_V1        = 3
	MIPS_A0        = 4
	MIPS_A1        = 5
	MIPS_A2        = 6
	MIPS_A3        = 7
	MIPS_T9        = 25
	MIPS_SP        = 29
	MIPS_RA        = 31
	MIPS_LO        = 32
	MIPS_HI        = 33
	MIPS_CAUSE     = 34
	MIPS_PC        = 35
	MIPS_SR        = 36
	MIPS_USERLOCAL = 37
	MIPS_SLOT      = 38
)

// MipsN32 is the bit of e_flags that tells n32 programs (EF_MIPS_ABI2).
const MipsN32 = 0x20

// N32 tells the ABI with 32-bit pointers and 64-bit registers.
func (a *Arch) N32() bool { return a == MIPSN32 || a == MIPSN32EL }

// FlagsFit says whether the flags of an ELF header go with an architecture that class, byte order and machine do
// not tell from another.
func (a *Arch) FlagsFit(flags uint32) bool {
	switch {
	case a == MIPS, a == MIPSEL:
		return flags&MipsN32 == 0
	case a.N32():
		return flags&MipsN32 != 0
	}
	return true
}

var mipsRegs = []string{"zero", "at", "v0", "v1", "a0", "a1", "a2", "a3", "t0", "t1", "t2", "t3", "t4", "t5", "t6", "t7",
	"s0", "s1", "s2", "s3", "s4", "s5", "s6", "s7", "t8", "t9", "k0", "k1", "gp", "sp", "s8", "ra", "lo", "hi", "cause",
	"pc", "sr", "tls", "slot"}

// The mips machines differ in byte order, width and ABI; limits are those of NetBSD (sys/arch/mips/include/
// vmparam.h). Its page size is a kernel's option, which programs ask for; 4 KiB is the smallest.
var (
	MIPS = &Arch{
		Name: "mips", Machine: "evbmips", MachineArch: "mipseb",
		ELFMachine: 8, ELFClass: 1, ELFData: 2,
		PageSize: 4096, Model: abi.ILP32BE,
		MinAddr: 0, UserMax: 0x80000000, StackTop: 0x80000000 - 0x8000,
		MaxText: 64 << 20, MaxData: 512 << 20, DflData: 128 << 20, MaxStack: 32 << 20, DflStack: 4 << 20,
		StackAlign: 8, PC: MIPS_PC, SP: MIPS_SP, TLS: MIPS_USERLOCAL, RegNames: mipsRegs,
		ops: mipsOps, Disasm: wordDump(binary.BigEndian),
	}
	MIPSEL = &Arch{
		Name: "mipsel", Machine: "evbmips", MachineArch: "mipsel",
		ELFMachine: 8, ELFClass: 1, ELFData: 1,
		PageSize: 4096, Model: abi.ILP32LE,
		MinAddr: 0, UserMax: 0x80000000, StackTop: 0x80000000 - 0x8000,
		MaxText: 64 << 20, MaxData: 512 << 20, DflData: 128 << 20, MaxStack: 32 << 20, DflStack: 4 << 20,
		StackAlign: 8, PC: MIPS_PC, SP: MIPS_SP, TLS: MIPS_USERLOCAL, RegNames: mipsRegs,
		ops: mipselOps, Disasm: wordDump(binary.LittleEndian),
	}
	MIPS64 = &Arch{
		Name: "mips64", Machine: "evbmips", MachineArch: "mips64eb",
		ELFMachine: 8, ELFClass: 2, ELFData: 2,
		PageSize: 4096, Model: abi.LP64BE,
		MinAddr: 0, UserMax: 1 << 40, StackTop: 1<<40 - 0x8000,
		MaxText: 128 << 20, MaxData: 1536 << 20, DflData: 256 << 20, MaxStack: 120 << 20, DflStack: 16 << 20,
		StackAlign: 16, PC: MIPS_PC, SP: MIPS_SP, TLS: MIPS_USERLOCAL, RegNames: mipsRegs,
		ops: mips64Ops, mode: 64, Disasm: wordDump(binary.BigEndian),
	}
	MIPSN32 = &Arch{
		Name: "mipsn32", Machine: "evbmips", MachineArch: "mips64eb",
		ELFMachine: 8, ELFClass: 1, ELFData: 2,
		PageSize: 4096, Model: abi.ILP32BE,
		MinAddr: 0, UserMax: 0x80000000, StackTop: 0x80000000 - 0x8000,
		MaxText: 128 << 20, MaxData: 1536 << 20, DflData: 256 << 20, MaxStack: 120 << 20, DflStack: 16 << 20,
		StackAlign: 16, PC: MIPS_PC, SP: MIPS_SP, TLS: MIPS_USERLOCAL, RegNames: mipsRegs,
		ops: mips64Ops, mode: 32, Disasm: wordDump(binary.BigEndian),
	}
	MIPS64EL = &Arch{
		Name: "mips64el", Machine: "evbmips", MachineArch: "mips64el",
		ELFMachine: 8, ELFClass: 2, ELFData: 1,
		PageSize: 4096, Model: abi.LP64LE,
		MinAddr: 0, UserMax: 1 << 40, StackTop: 1<<40 - 0x8000,
		MaxText: 128 << 20, MaxData: 1536 << 20, DflData: 256 << 20, MaxStack: 120 << 20, DflStack: 16 << 20,
		StackAlign: 16, PC: MIPS_PC, SP: MIPS_SP, TLS: MIPS_USERLOCAL, RegNames: mipsRegs,
		ops: mips64elOps, mode: 64, Disasm: wordDump(binary.LittleEndian),
	}
	MIPSN32EL = &Arch{
		Name: "mipsn32el", Machine: "evbmips", MachineArch: "mips64el",
		ELFMachine: 8, ELFClass: 1, ELFData: 1,
		PageSize: 4096, Model: abi.ILP32LE,
		MinAddr: 0, UserMax: 0x80000000, StackTop: 0x80000000 - 0x8000,
		MaxText: 128 << 20, MaxData: 1536 << 20, DflData: 256 << 20, MaxStack: 120 << 20, DflStack: 16 << 20,
		StackAlign: 16, PC: MIPS_PC, SP: MIPS_SP, TLS: MIPS_USERLOCAL, RegNames: mipsRegs,
		ops: mips64elOps, mode: 32, Disasm: wordDump(binary.LittleEndian),
	}
)

// wordDump shows the first instruction where there is no disassembler.
func wordDump(o binary.ByteOrder) func([]byte, uint64) string {
	return func(code []byte, _ uint64) string {
		if len(code) < 4 {
			return "(bad)"
		}
		return fmt.Sprintf(".word %#08x", o.Uint32(code))
	}
}
