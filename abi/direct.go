package abi

import (
	"encoding/binary"
	"reflect"
	"sync/atomic"
)

// The structures of frequent calls do not go by reflection: there is generated code for their members, which finds
// offsets and sizes in the engine's plan. A test holds it against the engine.

//go:generate go run nbemu/internal/mkdirect Timespec Timeval Timespec50 Timeval50 Itimerval Itimerspec Stat Iovec Msghdr StackT Sigaction UcontextHead SiginfoHead SiginfoRTPart SiginfoChildPart SiginfoFaultPart LwpCtl Flock

// leaf is where one number, or one array of bytes, lies in the guest's structure.
type leaf struct{ off, size int }

// leavesOf lists what a plan consists of, in the order of the Go struct's members.
func (p *plan) leavesOf(list []leaf, at int) []leaf {
	switch p.kind {
	case opStruct:
		for i := range p.ops {
			list = p.ops[i].elem.leavesOf(list, at+p.ops[i].off)
		}
	case opArray:
		for i := range p.count {
			list = p.elem.leavesOf(list, at+i*p.elem.size)
		}
	default:
		list = append(list, leaf{at, p.size})
	}
	return list
}

// finish works out what generated code wants to know.
func (p *plan) finish() {
	p.leaves = p.leavesOf(nil, 0)
	n := 0
	for _, l := range p.leaves {
		n += l.size
	}
	p.padded = n != p.size
}

func (p *plan) clearPads(b []byte) {
	if p.padded {
		clear(b[:p.size])
	}
}

// kinds is how many different layouts models can make.
const kinds = 64

// kind is a number for what the layouts depend on.
func (m *Model) kind() int {
	k := m.PtrSize>>3&1 | m.Int64Align>>2&3<<1 | int(m.Time)&3<<3
	if m.BigEndian {
		k |= 1 << 5
	}
	return k
}

// directType keeps the plans of one structure.
type directType struct {
	t     reflect.Type
	plans [kinds]atomic.Pointer[plan]
}

func (d *directType) plan(m *Model) *plan {
	at := &d.plans[m.kind()&(kinds-1)]
	p := at.Load()
	if p == nil {
		p = m.plan(d.t)
		at.Store(p)
	}
	return p
}

func (m *Model) put16(b []byte, l leaf, v uint64) {
	if b = b[l.off:]; m.BigEndian {
		binary.BigEndian.PutUint16(b, uint16(v))
	} else {
		binary.LittleEndian.PutUint16(b, uint16(v))
	}
}

func (m *Model) put32(b []byte, l leaf, v uint64) {
	if b = b[l.off:]; m.BigEndian {
		binary.BigEndian.PutUint32(b, uint32(v))
	} else {
		binary.LittleEndian.PutUint32(b, uint32(v))
	}
}

func (m *Model) put64(b []byte, l leaf, v uint64) {
	if b = b[l.off:]; m.BigEndian {
		binary.BigEndian.PutUint64(b, v)
	} else {
		binary.LittleEndian.PutUint64(b, v)
	}
}

func (m *Model) putAny(b []byte, l leaf, v uint64) {
	if l.size == 8 {
		m.put64(b, l, v)
	} else {
		m.put32(b, l, v)
	}
}

func (m *Model) get16(b []byte, l leaf) uint64 {
	if b = b[l.off:]; m.BigEndian {
		return uint64(binary.BigEndian.Uint16(b))
	}
	return uint64(binary.LittleEndian.Uint16(b))
}

func (m *Model) get32(b []byte, l leaf) uint64 {
	if b = b[l.off:]; m.BigEndian {
		return uint64(binary.BigEndian.Uint32(b))
	}
	return uint64(binary.LittleEndian.Uint32(b))
}

func (m *Model) get64(b []byte, l leaf) uint64 {
	if b = b[l.off:]; m.BigEndian {
		return binary.BigEndian.Uint64(b)
	}
	return binary.LittleEndian.Uint64(b)
}

func (m *Model) getAny(b []byte, l leaf) uint64 {
	if l.size == 8 {
		return m.get64(b, l)
	}
	return m.get32(b, l)
}

func (m *Model) getSigned16(b []byte, l leaf) int64 { return int64(int16(m.get16(b, l))) }
func (m *Model) getSigned32(b []byte, l leaf) int64 { return int64(int32(m.get32(b, l))) }
func (m *Model) getSigned64(b []byte, l leaf) int64 { return int64(m.get64(b, l)) }

func (m *Model) getSignedAny(b []byte, l leaf) int64 {
	if l.size == 8 {
		return m.getSigned64(b, l)
	}
	return m.getSigned32(b, l)
}
