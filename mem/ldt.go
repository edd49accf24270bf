package mem

import (
	"encoding/binary"

	"nbemu/abi"
)

// The local descriptor table of an i386 process that has set one (pm_ldt in sys/arch/x86/include/pmap.h). It is shared
// by whoever shares the address space, copied at fork, and gone with the space at exec. The processor has a copy, of
// whole pages, in the page table where only its own accesses look: cpu/engine/nb_x86.c. It must not write to them: a
// program could have it do so by a far call with the stack pointer in the table. All that it would write is the mark that
// a segment has been loaded, so memory segments have that mark in the copy from the beginning.
type ldt struct {
	set    []uint64
	frames []Frame
}

const (
	ldtBase = 0xfffc0000
	ldtPage = PageSize / 8 // descriptors in a page

	// LDTMax is how many descriptors a table can have.
	LDTMax = 8192

	descMemory, descAccessed = 1 << 44, 1 << 40
)

// LDTLen is the number of descriptors in the space's table, 0 if it has none.
func (s *Space) LDTLen() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.ldt.set)
}

// LDT copies descriptors from start on, which must be there.
func (s *Space) LDT(dst []uint64, start int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	copy(dst, s.ldt.set[start:][:len(dst)])
}

// SetLDT stores descriptors from start on, in a table that is made as long as that takes, in pages; what is new of it
// is zero. Engines that run the space load their segments again. ENOMEM changes nothing.
func (s *Space) SetLDT(src []uint64, start int) abi.Errno {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.setLDTLocked(src, start)
}

func (s *Space) setLDTLocked(src []uint64, start int) abi.Errno {
	t := &s.ldt
	if n := (start+len(src)+ldtPage-1)/ldtPage - len(t.frames); n > 0 {
		more := make([]Frame, n)
		if !phys.allocZero(more) {
			return abi.ENOMEM
		}
		for _, f := range more {
			*s.pt.entry(ldtBase + uint64(len(t.frames))<<PageShift) = mkpte(f, pteSys)
			t.frames = append(t.frames, f)
		}
		t.set = append(t.set, make([]uint64, n*ldtPage)...)
	}
	copy(t.set[start:], src)
	for i, d := range src {
		if d&descMemory != 0 {
			d |= descAccessed
		}
		n := start + i
		binary.LittleEndian.PutUint64(t.frames[n/ldtPage].bytes()[n%ldtPage*8:], d)
	}
	s.changed()
	return abi.OK
}

// forkLDT gives c, which nobody else has yet, a copy of the table; without memory for it c has none (pmap_fork).
func (s *Space) forkLDT(c *Space) {
	if len(s.ldt.set) != 0 {
		c.setLDTLocked(s.ldt.set, 0)
	}
}

func (s *Space) dropLDT() {
	for _, f := range s.ldt.frames {
		f.unref()
	}
	s.ldt = ldt{}
}
