package kvm

import (
	"encoding/binary"
	"slices"

	"nbemu/cpu"
	"nbemu/mem"
)

// Selectors of amd64 programs, as Linux has them.
const (
	selUserData64 = 5<<3 | 3
	selUserCode64 = 6<<3 | 3
)

// segTables are the descriptors of programs of 32 bits: entries of the kernel's global table, and of the local one of a
// process that has not made its own (cpu/engine/nb_x86.c has the same). Of two the first is what programs begin with.
type segTables struct {
	code, data   []int
	fs, gs       int
	lcode, ldata []int
}

var (
	segsI386   = segTables{code: []int{3, 20}, data: []int{4}, fs: 21, gs: 22, lcode: []int{2, 5}, ldata: []int{3}}
	segsCompat = segTables{code: []int{14}, data: []int{15, 4}, fs: 16, gs: 17, lcode: []int{6}, ldata: []int{9, 7}}
)

// modeCompat is Arch.Mode of i386 as a kernel for amd64 presents it.
const modeCompat = 96

// segs are the descriptors of a's programs; nil for those of 64 bits.
func segs(a *cpu.Arch) *segTables {
	switch {
	case !bits32(a):
		return nil
	case a.Mode == modeCompat:
		return &segsCompat
	}
	return &segsI386
}

// global reports whether entry n of the global table is for programs.
func (t *segTables) global(n int) bool {
	return slices.Contains(t.code, n) || slices.Contains(t.data, n) || n == t.fs || n == t.gs
}

func kernCS() segment {
	return segment{selector: selKernCode, limit: 0xffffffff, typ: 0xb, present: 1, s: 1, l: 1, g: 1}
}

func kernSS() segment {
	return segment{selector: selKernData, limit: 0xffffffff, typ: 3, present: 1, s: 1, db: 1, g: 1}
}

// segmentOf is what the processor has of a descriptor after it has loaded it.
func segmentOf(sel uint16, d uint64) segment {
	if d == 0 {
		return segment{selector: sel, dpl: 3, s: 1, typ: 1, unusable: 1}
	}
	x := segment{
		selector: sel,
		base:     d>>16&0xffffff | d>>56<<24,
		limit:    uint32(d&0xffff | d>>32&0xf0000),
		typ:      uint8(d>>40&0xf) | 1,
		s:        uint8(d >> 44 & 1), dpl: uint8(d >> 45 & 3), present: uint8(d >> 47 & 1),
		avl: uint8(d >> 52 & 1), l: uint8(d >> 53 & 1), db: uint8(d >> 54 & 1), g: uint8(d >> 55 & 1),
	}
	if x.g != 0 {
		x.limit = x.limit<<12 | 0xfff
	}
	return x
}

// loadable reports whether the processor would load the descriptor of a local table (seg is 'c' for code, 's' for the
// stack, 'd' else).
func loadable(seg byte, sel uint16, d uint64) bool {
	f := d >> 32
	const present, level3, plain, code, writable = 1 << 15, 3 << 13, 1 << 12, 1 << 11, 1 << 9
	if f&(present|level3|plain) != present|level3|plain {
		return false
	}
	switch seg {
	case 'c':
		return f&code != 0 && sel&3 == 3
	case 's':
		return f&code == 0 && f&writable != 0 && sel&3 == 3
	}
	return f&code == 0 || f&writable != 0 // of code: readable
}

// descriptorOf is the descriptor that an i386 program's selector names, 0 if none.
func (e *engine) descriptorOf(s *mem.Space, sel uint16) uint64 {
	off := uint64(sel &^ 7)
	le := binary.LittleEndian
	switch {
	case sel&4 == 0:
		if e.segs.global(int(off / 8)) {
			return le.Uint64(e.v.pages[cpuGDT+off:])
		}
	case e.ldt != 0:
		if off < e.ldt {
			var d [1]uint64
			s.LDT(d[:], int(off/8))
			return d[0]
		}
	case off < ldtLen*8:
		return le.Uint64(e.v.pages[cpuGDT+ldtOff+off:])
	}
	return 0
}

// setSegments prepares the segment registers of an i386 program. It returns a selector that the processor would
// refuse, 0 if there is none.
func (e *engine) setSegments(c *cpu.Context, s *mem.Space) (bad uint16) {
	r, v := &c.R, e.v
	if fs, gs := uint32(r[regFSBASE]), uint32(r[regGSBASE]); fs != e.fs32 || gs != e.gs32 || !e.segsKnown {
		e.fs32, e.gs32 = fs, gs
		binary.LittleEndian.PutUint64(v.pages[cpuGDT+8*e.segs.fs:], descriptor(fs, 0xfffff, accUserData, flags32))
		binary.LittleEndian.PutUint64(v.pages[cpuGDT+8*e.segs.gs:], descriptor(gs, 0xfffff, accUserData, flags32))
		e.segsKnown = false
	}
	if e.ldt != e.tables.ldt || e.ldtGen != e.tables.gen {
		e.ldt, e.ldtGen = e.tables.ldt, e.tables.gen
		e.segsKnown = false
	}
	sr := &v.run.sregs
	sels := [...]struct {
		to  *segment
		sel uint16
	}{{&sr.ds, uint16(r[regDS])}, {&sr.es, uint16(r[regES])}, {&sr.fs, uint16(r[regFS])}, {&sr.gs, uint16(r[regGS])}}
	for i, reg := range [2]int{regCS, regSS} {
		if sel := uint16(r[reg]); sel&4 != 0 && !loadable("cs"[i], sel, e.descriptorOf(s, sel)) {
			return sel
		}
	}
	for _, x := range sels {
		if e.segsKnown && x.to.selector == x.sel {
			continue
		}
		d := e.descriptorOf(s, x.sel)
		if x.sel&4 != 0 && !loadable('d', x.sel, d) {
			e.segsKnown = false // some may have been set, others not
			return x.sel
		}
		*x.to = segmentOf(x.sel, d)
		v.run.dirtyRegs |= syncSregs
	}
	if !e.segsKnown {
		sr.ldt = segment{typ: 2, present: 1, base: v.addr + cpuGDT + ldtOff, limit: ldtLen*8 - 1}
		if e.ldt != 0 {
			sr.ldt.base, sr.ldt.limit = mem.LDTBase, uint32(e.ldt)-1
		}
		v.run.dirtyRegs |= syncSregs
	}
	e.segsKnown = true
	return 0
}

// segmentsOut stores an i386 program's segment registers but for those of IRET's frame.
func segmentsOut(c *cpu.Context, sr *sregs) {
	c.R[regDS] = uint64(sr.ds.selector)
	c.R[regES] = uint64(sr.es.selector)
	c.R[regFS] = uint64(sr.fs.selector)
	c.R[regGS] = uint64(sr.gs.selector)
}
