package mips

import (
	"nbemu/arch/gdb"
)

// gdbMachine has gdb's numbers in struct reg's order.
func gdbMachine(arch string, w int, brk []byte) *gdb.Machine {
	return gdb.New(gdb.Machine{Linked: &linked, Arch: arch, Break: brk, TLS: &gdb.TLS{Bias: 0x7000}, Features: []gdb.Feature{
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

// linked are ll, sc and those of 64 bits, and the branches that may stand between them.
var linked = gdb.Linked{
	Load:  []gdb.Pattern{{Mask: 0xfc000000, Value: 0xc0000000}, {Mask: 0xfc000000, Value: 0xd0000000}},
	Store: []gdb.Pattern{{Mask: 0xfc000000, Value: 0xe0000000}, {Mask: 0xfc000000, Value: 0xf0000000}},
	Branches: []gdb.Branch{
		{Pattern: gdb.Pattern{Mask: 0xf0000000, Value: 0x10000000}, To: branchTo}, // beq, bne, blez, bgtz
		{Pattern: gdb.Pattern{Mask: 0xf0000000, Value: 0x50000000}, To: branchTo}, // the likely ones
		{Pattern: gdb.Pattern{Mask: 0xfc0c0000, Value: 0x04000000}, To: branchTo}, // bltz, bgez
	},
}

// branchTo is where a branch leads to: from the instruction in its delay slot.
func branchTo(insn uint32, pc uint64) uint64 { return pc + 4 + 4*gdb.Signed(insn, 0, 16) }
