package riscv64

import (
	"nbemu/arch/gdb"
)

// gdbMachine has x0 in gdb's numbering only: it is no part of struct reg.
func gdbMachine() *gdb.Machine {
	return gdb.New(gdb.Machine{Linked: &linked, Arch: "riscv:rv64", Break: []byte{0x73, 0, 0x10, 0}, Short: []byte{0x02, 0x90}, TLS: &gdb.TLS{}, Features: []gdb.Feature{
		gdb.Group("org.gnu.gdb.riscv.cpu",
			gdb.One("zero", 64, "int", gdb.Absent, 0, 8), gdb.One("ra", 64, "code_ptr", gdb.InRegs, 0, 8),
			gdb.Seq(gdb.InRegs, 8, 8, 8, 64, "data_ptr", "sp", "gp", "tp"),
			gdb.Seq(gdb.InRegs, 32, 8, 8, 64, "int", "t0", "t1", "t2"), gdb.One("fp", 64, "data_ptr", gdb.InRegs, 56, 8),
			gdb.Seq(gdb.InRegs, 64, 8, 8, 64, "int", "s1", "a0", "a1", "a2", "a3", "a4", "a5", "a6", "a7", "s2", "s3", "s4", "s5",
				"s6", "s7", "s8", "s9", "s10", "s11", "t3", "t4", "t5", "t6"),
			gdb.One("pc", 64, "code_ptr", gdb.InRegs, 248, 8)),
		gdb.Group("org.gnu.gdb.riscv.fpu",
			gdb.Seq(gdb.InFP, 0, 8, 8, 64, "ieee_double", "ft0", "ft1", "ft2", "ft3", "ft4", "ft5", "ft6", "ft7", "fs0", "fs1",
				"fa0", "fa1", "fa2", "fa3", "fa4", "fa5", "fa6", "fa7", "fs2", "fs3", "fs4", "fs5", "fs6", "fs7", "fs8",
				"fs9", "fs10", "fs11", "ft8", "ft9", "ft10", "ft11"),
			gdb.One("fflags", 32, "int", gdb.Absent, 0, 4), gdb.One("frm", 32, "int", gdb.Absent, 0, 4),
			gdb.One("fcsr", 32, "int", gdb.InFP, 256, 4)),
	}})
}

// linked are lr and sc, and the branches that may stand between them (the unprivileged manual's "A" extension).
var linked = gdb.Linked{Short: true,
	Load:  []gdb.Pattern{{Mask: 0xf800007f, Value: 0x1000002f}},
	Store: []gdb.Pattern{{Mask: 0xf800007f, Value: 0x1800002f}},
	Branches: []gdb.Branch{
		{Pattern: gdb.Pattern{Mask: 0x7f, Value: 0x63}, To: func(insn uint32, pc uint64) uint64 {
			off := insn>>8&0xf<<1 | insn>>25&0x3f<<5 | insn>>7&1<<11 | insn>>31<<12
			return pc + gdb.Signed(off, 0, 13)
		}},
		{Pattern: gdb.Pattern{Mask: 0xc003, Value: 0xc001}, To: func(insn uint32, pc uint64) uint64 { // c.beqz, c.bnez
			off := insn>>3&3<<1 | insn>>10&3<<3 | insn>>2&1<<5 | insn>>5&3<<6 | insn>>12&1<<8
			return pc + gdb.Signed(off, 0, 9)
		}},
	},
}
