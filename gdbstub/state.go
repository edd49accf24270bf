package gdbstub

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"strings"
)

var errReg = errors.New("no such register")

// state is one thread's registers while its process is stopped.
type state struct {
	t        Target
	m        *machine
	regs, fp []byte
}

func (s *Server) state(tid int) state {
	st := state{t: s.t, m: s.m}
	st.regs, st.fp = s.t.ReadRegs(tid)
	return st
}

// window is the address of the register window on the stack, for sparc.
func (st *state) window() uint64 {
	b := st.regs[st.m.spOff:]
	if st.m.spSize == 4 {
		return uint64(binary.BigEndian.Uint32(b))
	}
	return binary.BigEndian.Uint64(b) + st.m.bias
}

// get returns register r in the guest's byte order, r.bits/8 bytes; ok is false if its value is not known.
func (st *state) get(r *reg) (v []byte, ok bool) {
	raw := make([]byte, r.size)
	switch r.src {
	case inRegs:
		copy(raw, st.regs[r.off:])
	case inFP:
		copy(raw, st.fp[r.off:])
	case onStack:
		if st.t.ReadMem(st.window()+uint64(r.off), raw) < len(raw) {
			return nil, false
		}
	case fxTags:
		tags := uint32(0)
		for i := range 8 {
			if st.fp[r.off]>>i&1 == 0 {
				tags |= 3 << (2 * i) // empty
			}
		}
		return binary.LittleEndian.AppendUint32(nil, tags), true
	default:
		return nil, false
	}
	return st.resize(raw, r.bits/8), true
}

// resize widens or narrows a number in the guest's byte order.
func (st *state) resize(b []byte, n int) []byte {
	out := make([]byte, n)
	if st.t.Arch().Model.BigEndian {
		copy(out[max(0, n-len(b)):], b[max(0, len(b)-n):])
	} else {
		copy(out, b)
	}
	return out
}

// set changes register r in st; write makes it so.
func (st *state) set(r *reg, v []byte) error {
	if len(v) != r.bits/8 {
		return errReg
	}
	switch raw := st.resize(v, r.size); r.src {
	case inRegs:
		copy(st.regs[r.off:][:r.size], raw)
	case inFP:
		copy(st.fp[r.off:][:r.size], raw)
	case onStack:
		return st.t.WriteMem(st.window()+uint64(r.off), raw)
	}
	return nil // what cannot be known cannot be changed: gdb writes all registers back, those too
}

// hex is register r as gdb's packets have it, x for each digit of an unknown one.
func (st *state) hex(r *reg) string {
	if v, ok := st.get(r); ok {
		return hex.EncodeToString(v)
	}
	return strings.Repeat("x", r.bits/4)
}
