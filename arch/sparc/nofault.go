package sparc

import (
	"nbemu/abi"
	"nbemu/kern"
)

// Address spaces that loads may name instead of the usual one: the same memory, but where there is none the load brings 0
// (version 9, ASI_PRIMARY_NOFAULT and its kin). The engine
// ends its run there.
const (
	asiNoFault       = 0x82 // and the one after it, the secondary space, which for a program is the same
	asiNoFaultLittle = 0x8a
)

// loads are the sizes of integer loads that name a space, by their op3; negative: with a sign.
var loads = map[uint32]int{0x10: 4, 0x11: 1, 0x12: 2, 0x18: -4, 0x19: -1, 0x1a: -2, 0x1b: 8}

// noFault does the load at the pc if it is one of a space without faults.
func noFault(l *kern.LWP) bool {
	r := &l.Ctx.R
	var insn uint32
	if l.CopyinStruct(r[PC], &insn) != abi.OK || insn>>30 != 3 {
		return false
	}
	size, ok := loads[insn>>19&0x3f]
	asi := insn >> 5 & 0xff
	if insn>>13&1 != 0 {
		asi = uint32(r[ASI])
	}
	if !ok || asi&^1 != asiNoFault && asi&^1 != asiNoFaultLittle {
		return false
	}
	get := func(n uint32) uint64 {
		if p := regAt(r, n); p != nil {
			return *p
		}
		return 0
	}
	va := get(insn >> 14 & 31)
	if insn>>13&1 != 0 {
		va += uint64(int64(int32(insn<<19) >> 19))
	} else {
		va += get(insn & 31)
	}
	signed := size < 0
	size = max(size, -size)
	var b [8]byte
	var v uint64
	if va&uint64(size-1) == 0 && l.Copyin(b[:size], va) == abi.OK {
		m := l.Model()
		if asi&^1 == asiNoFaultLittle {
			m = abi.LP64LE
		}
		v = m.Uint(b[:], size)
		if shift := 64 - 8*size; signed {
			v = uint64(int64(v<<shift) >> shift)
		}
	}
	if p := regAt(r, insn>>25&31); p != nil {
		*p = v
	}
	return true
}
