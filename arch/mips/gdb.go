package mips

import (
	"nbemu/arch/gdb"
)

// gdbMachine has gdb's numbers in struct reg's order.
func gdbMachine(arch string, w int, brk []byte) *gdb.Machine {
	return gdb.New(gdb.Machine{Arch: arch, Break: brk, Features: []gdb.Feature{
		gdb.Group("org.gnu.gdb.mips.cpu",
			gdb.Seq(gdb.InRegs, 0, w, w, 8*w, "", gdb.Numbered("r", 0, 31, 1)...),
			gdb.At(33, gdb.Seq(gdb.InRegs, 33*w, w, w, 8*w, "", "lo", "hi")), gdb.At(37, gdb.One("pc", 8*w, "", gdb.InRegs, 37*w, w))),
		gdb.Group("org.gnu.gdb.mips.cp0",
			gdb.At(32, gdb.One("status", 8*w, "", gdb.InRegs, 32*w, w)),
			gdb.At(35, gdb.Seq(gdb.InRegs, 35*w, w, w, 8*w, "", "badvaddr", "cause"))),
		gdb.Group("org.gnu.gdb.mips.fpu",
			gdb.At(38, gdb.Seq(gdb.InFP, 0, w, w, 8*w, map[int]string{4: "ieee_single", 8: "ieee_double"}[w], gdb.Numbered("f", 0, 31, 1)...)),
			gdb.One("fcsr", 8*w, "", gdb.InFP, 32*w, w), gdb.One("fir", 8*w, "", gdb.Absent, 0, w)),
	}})
}
