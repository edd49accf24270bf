package powerpc

import (
	"nbemu/arch/gdb"
)

// gdbMachine: msr is no part of struct reg.
func gdbMachine() *gdb.Machine {
	return gdb.New(gdb.Machine{Linked: &linked, Arch: "powerpc:common", Break: []byte{0x7f, 0xe0, 0x00, 0x08}, TLS: &gdb.TLS{Bias: 0x7000, LongTCB: true}, Features: []gdb.Feature{
		gdb.Group("org.gnu.gdb.power.core",
			gdb.Seq(gdb.InRegs, 0, 4, 4, 32, "uint32", gdb.Numbered("r", 0, 31, 1)...),
			gdb.At(64, gdb.One("pc", 32, "code_ptr", gdb.InRegs, 36*4, 4)), gdb.One("msr", 32, "uint32", gdb.Absent, 0, 4),
			gdb.One("cr", 32, "uint32", gdb.InRegs, 33*4, 4), gdb.One("lr", 32, "code_ptr", gdb.InRegs, 32*4, 4),
			gdb.One("ctr", 32, "uint32", gdb.InRegs, 35*4, 4), gdb.One("xer", 32, "uint32", gdb.InRegs, 34*4, 4)),
		gdb.Group("org.gnu.gdb.power.fpu",
			gdb.At(32, gdb.Seq(gdb.InFP, 0, 8, 8, 64, "ieee_double", gdb.Numbered("f", 0, 31, 1)...)),
			gdb.At(70, gdb.One("fpscr", 32, "int", gdb.InFP, 260, 4))),
	}})
}

// linked are lwarx, stwcx. and their kin, and the branches that may stand between them.
var linked = gdb.Linked{
	Load: []gdb.Pattern{{Mask: 0xfc0007fe, Value: 0x7c000028}, {Mask: 0xfc0007fe, Value: 0x7c000068}, {Mask: 0xfc0007fe, Value: 0x7c0000e8},
		{Mask: 0xfc0007fe, Value: 0x7c0000a8}},
	Store: []gdb.Pattern{{Mask: 0xfc0007ff, Value: 0x7c00012d}, {Mask: 0xfc0007ff, Value: 0x7c00056d}, {Mask: 0xfc0007ff, Value: 0x7c0005ad},
		{Mask: 0xfc0007ff, Value: 0x7c0001ad}},
	Branches: []gdb.Branch{
		{Pattern: gdb.Pattern{Mask: 0xfc000002, Value: 0x40000000}, To: func(insn uint32, pc uint64) uint64 {
			return uint64(uint32(pc + gdb.Signed(insn&0xfffc, 0, 16)))
		}},
		{Pattern: gdb.Pattern{Mask: 0xfc000002, Value: 0x48000000}, To: func(insn uint32, pc uint64) uint64 {
			return uint64(uint32(pc + gdb.Signed(insn&0x3fffffc, 0, 26)))
		}},
	},
}
