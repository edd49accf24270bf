package abi

import (
	"bytes"
	"testing"
)

func TestFastLayouts(t *testing.T) {
	for _, m := range []*Model{LP64LE, LP64BE, ILP32LE, ILP32LEi386, ILP32BE, ILP32BEm68k} {
		k := Kevent{Ident: 0x01020304, Filter: 5, Flags: 0x8021, Fflags: 0x80000007, Data: -9, Udata: 0x7fffeeee, Ext: [4]uint64{1, 2, 3, 4}}
		if got, want := m.KeventSize(false), m.Sizeof(k); got != want {
			t.Errorf("%s: kevent has %d bytes, want %d", m.Name, got, want)
			continue
		}
		b := make([]byte, m.KeventSize(false))
		m.PutKevent(b, &k, false)
		if !bytes.Equal(b, m.Bytes(&k)) {
			t.Errorf("%s: kevent % x, want % x", m.Name, b, m.Bytes(&k))
		}
		var back Kevent
		if m.GetKevent(b, &back, false); back != k {
			t.Errorf("%s: kevent came back as %+v", m.Name, back)
		}
		old := Kevent50{k.Ident, k.Filter, k.Flags, k.Fflags, k.Data, k.Udata}
		if got, want := m.KeventSize(true), m.Sizeof(old); got != want {
			t.Errorf("%s: old kevent has %d bytes, want %d", m.Name, got, want)
			continue
		}
		b = make([]byte, m.KeventSize(true))
		m.PutKevent(b, &k, true)
		if !bytes.Equal(b, m.Bytes(&old)) {
			t.Errorf("%s: old kevent % x, want % x", m.Name, b, m.Bytes(&old))
		}
		p := []Pollfd{{-1, 4, -8}, {70000, 0x41, 5}}
		b = make([]byte, 2*PollfdSize)
		m.PutPollfds(b, p)
		if !bytes.Equal(b, m.Bytes(p)) {
			t.Errorf("%s: pollfd % x, want % x", m.Name, b, m.Bytes(p))
		}
		q := make([]Pollfd, 2)
		if m.GetPollfds(b, q); q[0] != p[0] || q[1] != p[1] {
			t.Errorf("%s: pollfd came back as %+v", m.Name, q)
		}
	}
}
