package abi

// Structures that calls read or write by the dozen, done without the layout engine; a test holds them against it.

// PollfdSize is the size of struct pollfd.
const PollfdSize = 8

// GetPollfds reads as many struct pollfd as out has room for.
func (m *Model) GetPollfds(b []byte, out []Pollfd) {
	o := m.ByteOrder()
	for i := range out {
		out[i] = Pollfd{int32(o.Uint32(b)), int16(o.Uint16(b[4:])), int16(o.Uint16(b[6:]))}
		b = b[PollfdSize:]
	}
}

// PutPollfds writes them.
func (m *Model) PutPollfds(b []byte, in []Pollfd) {
	o := m.ByteOrder()
	for i := range in {
		o.PutUint32(b, uint32(in[i].Fd))
		o.PutUint16(b[4:], uint16(in[i].Events))
		o.PutUint16(b[6:], uint16(in[i].Revents))
		b = b[PollfdSize:]
	}
}

// KeventSize is the size of struct kevent, of NetBSD 10 and later or (old) earlier.
func (m *Model) KeventSize(old bool) int {
	n := roundup(m.PtrSize+12, m.Int64Align) + 8 + m.PtrSize
	n = roundup(n, max(m.Int64Align, m.PtrSize))
	if !old {
		n += 32
	}
	return n
}

// GetKevent reads a struct kevent.
func (m *Model) GetKevent(b []byte, k *Kevent, old bool) {
	p := m.PtrSize
	k.Ident = ULong(m.Ptr(b))
	k.Filter = uint32(m.Uint(b[p:], 4))
	k.Flags = uint32(m.Uint(b[p+4:], 4))
	k.Fflags = uint32(m.Uint(b[p+8:], 4))
	at := roundup(p+12, m.Int64Align)
	k.Data = int64(m.Uint(b[at:], 8))
	k.Udata = Ptr(m.Ptr(b[at+8:]))
	k.Ext = [4]uint64{}
	if !old {
		at = roundup(at+8+p, m.Int64Align)
		for i := range k.Ext {
			k.Ext[i] = m.Uint(b[at+8*i:], 8)
		}
	}
}

// PutKevent writes it.
func (m *Model) PutKevent(b []byte, k *Kevent, old bool) {
	clear(b[:m.KeventSize(old)])
	p := m.PtrSize
	m.PutPtr(b, uint64(k.Ident))
	m.PutUint(b[p:], 4, uint64(k.Filter))
	m.PutUint(b[p+4:], 4, uint64(k.Flags))
	m.PutUint(b[p+8:], 4, uint64(k.Fflags))
	at := roundup(p+12, m.Int64Align)
	m.PutUint(b[at:], 8, uint64(k.Data))
	m.PutPtr(b[at+8:], uint64(k.Udata))
	if !old {
		at = roundup(at+8+p, m.Int64Align)
		for i := range k.Ext {
			m.PutUint(b[at+8*i:], 8, k.Ext[i])
		}
	}
}
