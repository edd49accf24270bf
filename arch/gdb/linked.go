package gdb

import "encoding/binary"

// Linked describes the instructions of a machine that load with a reservation, and store if it still holds. Whoever makes
// single steps through them, with something between the two each time, never gets to the end: the piece between is one step.
type Linked struct {
	Load, Store []Pattern
	Branches    []Branch
	Short       bool // an instruction whose lowest two bits are not both set has two bytes (RISC-V)
	// Halves says that an instruction is one number of 16 bits or, from 0xe800 on, two: the first is the upper half of what
	// patterns are for (Thumb).
	Halves bool
}

// at is the instruction at the start of code, which has four bytes at least, and its size.
func (m *Linked) at(order binary.ByteOrder, code []byte) (insn uint32, size int) {
	first := order.Uint16(code)
	switch {
	case m.Halves && first >= 0xe800:
		return uint32(first)<<16 | uint32(order.Uint16(code[2:])), 4
	case m.Halves:
		return uint32(first), 2
	}
	if insn = order.Uint32(code); m.Short && insn&3 != 3 {
		return insn & 0xffff, 2
	}
	return insn, 4
}

// Pattern is what instructions have in common: insn&Mask == Value.
type Pattern struct{ Mask, Value uint32 }

// Branch is a kind of branch, and where one at pc leads to.
type Branch struct {
	Pattern
	To func(insn uint32, pc uint64) uint64
}

func matches(list []Pattern, insn uint32) bool {
	for _, p := range list {
		if insn&p.Mask == p.Value {
			return true
		}
	}
	return false
}

// maxLinked is how many instructions such a piece has at most, as gdb has it for its own steps.
const maxLinked = 16

// LinkedCode is how many bytes Ends looks at.
const LinkedCode = 4 * (maxLinked + 1)

// Ends returns the addresses that follow a piece of code which begins with a load with a reservation at pc: after the store,
// and where branches before it lead to. nil if it is none, or has no store.
func (m *Linked) Ends(order binary.ByteOrder, code []byte, pc uint64) (ends []uint64) {
	for at, n := 0, 0; n < maxLinked && at+4 <= len(code); n++ {
		insn, size := m.at(order, code[at:])
		here := pc + uint64(at)
		at += size
		switch {
		case n == 0:
			if !matches(m.Load, insn) {
				return nil
			}
		case matches(m.Store, insn):
			return append(ends, pc+uint64(at))
		default:
			for _, b := range m.Branches {
				if insn&b.Mask == b.Value {
					ends = append(ends, b.To(insn, here))
				}
			}
		}
	}
	return nil
}

// Signed is the number in the bits of v from low on, n of them, with the sign of the highest.
func Signed(v uint32, low, n uint) uint64 {
	return uint64(int64(int32(v<<(32-low-n)) >> (32 - n)))
}
