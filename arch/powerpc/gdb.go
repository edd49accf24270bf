package powerpc

import (
	"nbemu/arch/gdb"
)

// gdbMachine: msr is no part of struct reg.
func gdbMachine() *gdb.Machine {
	return gdb.New(gdb.Machine{Arch: "powerpc:common", Break: []byte{0x7f, 0xe0, 0x00, 0x08}, Features: []gdb.Feature{
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
