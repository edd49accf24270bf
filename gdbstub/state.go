package gdbstub

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"strings"

	"nbemu/arch/gdb"
)

var errReg = errors.New("no such register")

// state is one thread's registers while its process is stopped.
type state struct {
	t        Target
	m        *gdb.Machine
	regs, fp []byte
}

func (s *Server) state(tid int) state {
	st := state{t: s.t, m: s.m}
	st.regs, st.fp = s.t.ReadRegs(tid)
	return st
}

// window is the address of the register window on the stack, for sparc.
func (st *state) window() uint64 {
	b := st.regs[st.m.SPOff:]
	if st.m.SPSize == 4 {
		return uint64(binary.BigEndian.Uint32(b))
	}
	return binary.BigEndian.Uint64(b) + st.m.Bias
}

// get returns register r in the guest's byte order, r.Bits/8 bytes; ok is false if its value is not known.
func (st *state) get(r *gdb.Reg) (v []byte, ok bool) {
	raw := make([]byte, r.Size)
	switch r.Src {
	case gdb.InRegs:
		copy(raw, st.regs[r.Off:])
	case gdb.InFP:
		if len(st.fp) < r.Off+r.Size {
			return nil, false // of a core file
		}
		copy(raw, st.fp[r.Off:])
	case gdb.OnStack:
		if st.t.ReadMem(st.window()+uint64(r.Off), raw) < len(raw) {
			return nil, false
		}
	case gdb.FXTags:
		if len(st.fp) <= r.Off {
			return nil, false
		}
		tags := uint32(0)
		for i := range 8 {
			if st.fp[r.Off]>>i&1 == 0 {
				tags |= 3 << (2 * i) // empty
			}
		}
		return binary.LittleEndian.AppendUint32(nil, tags), true
	default:
		return nil, false
	}
	return st.resize(raw, r.Bits/8), true
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
func (st *state) set(r *gdb.Reg, v []byte) error {
	if len(v) != r.Bits/8 {
		return errReg
	}
	switch raw := st.resize(v, r.Size); r.Src {
	case gdb.InRegs:
		copy(st.regs[r.Off:][:r.Size], raw)
	case gdb.InFP:
		if len(st.fp) < r.Off+r.Size {
			return errReg
		}
		copy(st.fp[r.Off:][:r.Size], raw)
	case gdb.OnStack:
		return st.t.WriteMem(st.window()+uint64(r.Off), raw)
	}
	return nil // what cannot be known cannot be changed: gdb writes all registers back, those too
}

// hex is register r as gdb's packets have it, x for each digit of an unknown one.
func (st *state) hex(r *gdb.Reg) string {
	if v, ok := st.get(r); ok {
		return hex.EncodeToString(v)
	}
	return strings.Repeat("x", r.Bits/4)
}
