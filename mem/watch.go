package mem

import (
	"encoding/binary"

	"nbemu/abi"
)

// Memory whose missing pages somebody in user mode makes (userfaultfd of Linux). A fault there is FaultWatched, and so is
// the kernel's own access.

// Watch gives the private zero-fill memory of a range to a watcher, nil for nobody, with which it can be compared. Of the
// range not all need be mapped. Errors: EINVAL for other memory, or none; EPERM for what can never be stored to; EBUSY
// for what another watches; ENOMEM for too many mappings.
func (s *Space) Watch(addr, n uint64, w any) abi.Errno {
	s.mu.Lock()
	defer s.mu.Unlock()
	end := addr + n
	found := false
	for e := s.ents.after(addr); e != nil && e.Start < end; e = e.next() {
		switch {
		case e.Obj != nil || e.Shared:
			return abi.EINVAL
		case e.MaxProt&ProtWrite == 0:
			return abi.EPERM
		case w != nil && e.Watch != nil && e.Watch != w:
			return abi.EBUSY
		}
		found = true
	}
	if !found {
		return abi.EINVAL
	}
	if !s.canClip(addr, end) {
		return abi.ENOMEM
	}
	s.clip(addr)
	s.clip(end)
	for e := s.ents.after(addr); e != nil && e.Start < end; e = e.next() {
		if e.Watch == nil && w != nil {
			s.dropZeros(e)
		}
		e.Watch = w
	}
	s.joinRange(addr, end)
	return abi.OK
}

// dropZeros takes away pages of zeros. Most of them nobody has asked for: a fault nearby had them made.
func (s *Space) dropZeros(e *Entry) {
	was := map[*pte]pte{}
	s.pt.each(e.Start, e.End, func(_ uint64, p *pte) {
		if *p&pteV != 0 && allZero(p.frame().bytes()) {
			was[p] = *p
			*p = 0
		}
	})
	if len(was) == 0 {
		return
	}
	s.changed()
	for p, old := range was {
		if f := old.frame(); allZero(f.bytes()) {
			f.unref()
		} else { // a processor has stored to it meanwhile
			*p = old
		}
	}
}

func allZero(b []byte) bool {
	for len(b) >= 8 {
		if binary.NativeEndian.Uint64(b) != 0 {
			return false
		}
		b = b[8:]
	}
	return true
}

// Unwatch takes all that w watches away from it.
func (s *Space) Unwatch(w any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for e := s.ents.first(); e != nil; e = e.next() {
		if e.Watch == w {
			e.Watch = nil
		}
	}
}

// Watcher returns who watches va; nil for nobody.
func (s *Space) Watcher(va uint64) any {
	s.mu.Lock()
	defer s.mu.Unlock()
	if e := s.ents.at(va); e != nil {
		return e.Watch
	}
	return nil
}

// Fill makes pages that w watches and that are not there, of what is in data, whose length is a multiple of the page's.
// Errors: ENOENT for what w does not watch, EEXIST, ENOMEM; nothing has changed then.
func (s *Space) Fill(va uint64, data []byte, w any) abi.Errno {
	s.mu.Lock()
	defer s.mu.Unlock()
	end := va + uint64(len(data))
	e := s.ents.at(va)
	if e == nil || e.Watch != w || e.End < end {
		return abi.ENOENT
	}
	for a := va; a < end; a += PageSize {
		if *s.pt.entry(a)&pteV != 0 {
			return abi.EEXIST
		}
	}
	frames := make([]Frame, len(data)/PageSize)
	if !phys.allocZero(frames) {
		return abi.ENOMEM
	}
	for i, f := range frames {
		copy(f.bytes(), data[i*PageSize:])
		*s.pt.entry(va + uint64(i)<<PageShift) = mkpte(f, protBits(e.Prot)|pteV)
	}
	return abi.OK
}
