package kvm

import (
	"encoding/binary"

	"nbemu/cpu"
)

const (
	fxsaveSize   = 512
	xsaveHeader  = 512 // where the set of components is that are not as at first
	xsaveMXCSR   = 24
	mxcsrAllowed = 0xffff
)

// SaveFP stores the floating-point and vector registers in c, and what else of the program's state is only in the
// processor.
func (e *engine) SaveFP(c *cpu.Context) {
	if e.area == nil {
		e.area = new(xsaveArea)
	}
	if ioctlp(e.v.fd, ioGetXSave, e.area) != nil {
		return
	}
	copy(c.XSave()[:], e.area[:])
}

// LoadFP loads what SaveFP or anybody else has put into c.
func (e *engine) LoadFP(c *cpu.Context) {
	if e.area == nil {
		e.area = new(xsaveArea)
	}
	a := e.area
	copy(a[:], c.XSave()[:])
	le := binary.LittleEndian
	le.PutUint32(a[xsaveMXCSR:], le.Uint32(a[xsaveMXCSR:])&mxcsrAllowed)
	// FXSAVE's part is always meant, of the rest what an XSAVE has stored.
	components := le.Uint64(a[xsaveHeader:])&(e.m.xcr0|e.m.quirks.xcr0) | xcrX87SSE
	le.PutUint64(a[xsaveHeader:], components)
	clear(a[xsaveHeader+8 : xsaveHeader+64])
	_ = ioctlp(e.v.fd, ioSetXSave, a)
}
