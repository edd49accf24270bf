package arm

import (
	"nbemu/arch/gdb"
	"nbemu/kern"
)

// linkedOf tells which instructions with reservations l's code has.
func linkedOf(l *kern.LWP) *gdb.Linked {
	if l.Ctx.R[CPSR]&Thumb != 0 {
		return &linkedThumb
	}
	return &linked
}

// linked are ldrex, strex and their kin in A32, and the branches that may stand between them.
var linked = gdb.Linked{
	Load:  []gdb.Pattern{{Mask: 0x0f900ff0, Value: 0x01900f90}},
	Store: []gdb.Pattern{{Mask: 0x0f900ff0, Value: 0x01800f90}},
	Branches: []gdb.Branch{
		{Pattern: gdb.Pattern{Mask: 0x0f000000, Value: 0x0a000000}, To: func(insn uint32, pc uint64) uint64 {
			return uint64(uint32(pc + 8 + 4*gdb.Signed(insn, 0, 24)))
		}},
	},
}

// linkedThumb are the same in T32, of two halves each; branches have one or two.
var linkedThumb = gdb.Linked{Halves: true,
	Load:  []gdb.Pattern{{Mask: 0xfff00f00, Value: 0xe8500f00}, {Mask: 0xfff0004f, Value: 0xe8d0004f}},
	Store: []gdb.Pattern{{Mask: 0xfff00000, Value: 0xe8400000}, {Mask: 0xfff00040, Value: 0xe8c00040}},
	Branches: []gdb.Branch{
		{Pattern: gdb.Pattern{Mask: 0xfffff500, Value: 0xb100}, To: compareTo},
		// Of each size those of conditions 0 to 7, 8 to 11, and 12 and 13: 14 and 15 are other instructions.
		{Pattern: gdb.Pattern{Mask: 0xfffff800, Value: 0xd000}, To: shortTo},
		{Pattern: gdb.Pattern{Mask: 0xfffffc00, Value: 0xd800}, To: shortTo},
		{Pattern: gdb.Pattern{Mask: 0xfffffe00, Value: 0xdc00}, To: shortTo},
		{Pattern: gdb.Pattern{Mask: 0xfa00d000, Value: 0xf0008000}, To: wideTo},
		{Pattern: gdb.Pattern{Mask: 0xfb00d000, Value: 0xf2008000}, To: wideTo},
		{Pattern: gdb.Pattern{Mask: 0xfb80d000, Value: 0xf3008000}, To: wideTo},
	},
}

// compareTo is where cbz and cbnz lead to.
func compareTo(insn uint32, pc uint64) uint64 {
	return uint64(uint32(pc) + 4 + insn>>9&1<<6 + insn>>3&31<<1)
}

// shortTo is where b<cond> leads to.
func shortTo(insn uint32, pc uint64) uint64 {
	return uint64(uint32(pc + 4 + 2*gdb.Signed(insn, 0, 8)))
}

// wideTo is where b<cond>.w leads to: S:J2:J1:imm6:imm11, in halves.
func wideTo(insn uint32, pc uint64) uint64 {
	halves := insn&0x7ff | insn>>16&63<<11 | insn>>13&1<<17 | insn>>11&1<<18 | insn>>26&1<<19
	return uint64(uint32(pc + 4 + 2*gdb.Signed(halves, 0, 20)))
}
