package mem

import (
	"unsafe"

	"nbemu/abi"
)

func rootAddr(t *pageTable) uintptr { return uintptr(unsafe.Pointer(t.root)) }

// FaultResult is what became of a page fault.
type FaultResult uint8

const (
	FaultOK       FaultResult = iota
	FaultNoMap                // nothing there: SIGSEGV, SEGV_MAPERR
	FaultNoAccess             // there, but not for this access: SIGSEGV, SEGV_ACCERR
	FaultBus                  // past the end of a file: SIGBUS, BUS_ADRERR
	FaultNoMem                // no frame left: SIGKILL territory
	FaultWatched              // the page is for somebody in user mode to make; see watch.go
)

// faultAhead is how many zero-fill pages one fault maps, as an aligned block: neighbours are mostly wanted
// next, and host memory is only used up when they are.
const faultAhead = 16

// Fault makes the page of va accessible, as uvm_fault does. access is one of ProtRead, ProtWrite, ProtExec. The caller
// is an LWP of the space in user mode.
func (s *Space) Fault(va uint64, access uint8) FaultResult {
	r, _, _ := s.FaultPage(va, access)
	return r
}

// FaultPage is Fault; one reports whether the space went from generation gen to the next because of this page alone.
func (s *Space) FaultPage(va uint64, access uint8) (r FaultResult, gen uint64, one bool) {
	mendWindows()
	s.mu.Lock()
	defer s.mu.Unlock()
	gen = s.gen.Load()
	r = s.faultAndAhead(va, access)
	return r, gen, s.gen.Load() == gen+1
}

func (s *Space) faultAndAhead(va uint64, access uint8) FaultResult {
	s.MinFlt.Add(1)
	if s.stale != nil && !s.parallel.Load() {
		s.dropStale()
	}
	va &^= pageMask
	p := s.pt.lookup(va)
	copies := s.ahead.grows && access == ProtWrite && p != nil && *p&pteCOW != 0
	r := s.faultLocked(va, access, false)
	if copies && r == FaultOK {
		s.copyAhead(va)
	}
	return r
}

// faultLocked resolves a fault. With force the entry's protection does not matter (ptrace and the kernel's
// own stores to read-only text; the page becomes private).
func (s *Space) faultLocked(va uint64, access uint8, force bool) FaultResult {
	e := s.ents.at(va)
	if e == nil {
		if e = s.growDown(va); e == nil {
			return FaultNoMap
		}
	}
	bits := protBits(e.Prot)
	want := protBits(access)
	if access == ProtWrite {
		want = pteW
	} else if access == ProtExec {
		want = pteX
	}
	if len(s.guards) > 0 && s.guards.meets(va, va+PageSize) && (bits&want != 0 || force) {
		return FaultNoMap
	}
	if bits&want == 0 && !force {
		return FaultNoAccess
	}
	p := s.pt.entry(va)
	if e.Shared {
		return s.faultShared(e, p, va, bits)
	}
	if *p&pteV != 0 {
		if access == ProtWrite && *p&pteCOW != 0 {
			return s.breakCOW(p, bits)
		}
		if access == ProtWrite && force && e.Prot&ProtWrite == 0 && (p.frame().shared() || e.Obj != nil) {
			return s.breakCOW(p, bits)
		}
		if *p&pteCOW != 0 && e.Obj != nil && s.lost(e, p, va) {
			return FaultBus
		}
		// The page is there, and an engine held an older entry for it: the entry is made anew from what the map allows.
		if *p&pteCOW != 0 {
			bits &^= pteW
		}
		*p = *p&^(pteR|pteW|pteX) | bits // at once: engines read it
		return FaultOK
	}
	if e.Obj == nil {
		if e.Watch != nil && !force {
			return FaultWatched
		}
		return s.zeroFill(e, va, bits)
	}
	return s.filePage(e, p, va, access, bits)
}

// fileAhead is how many pages of a file one fault maps: they cost an entry each.
const fileAhead = 8

// faultShared maps a page of a shared object, and the next ones that nobody has touched.
func (s *Space) faultShared(e *Entry, p *pte, va uint64, bits pte) FaultResult {
	f, n, err := s.objFrames(e, va)
	if err != abi.OK {
		if *p&pteV != 0 {
			s.drop(p)
		}
		return objFault(err)
	}
	if *p&pteV == 0 {
		f.ref()
	} else if p.frame() != f {
		f.ref()
		s.drop(p)
	}
	*p = mkpte(f, bits|pteV)
	s.mapAhead(va, f, n, bits|pteV)
	return FaultOK
}

// mapAhead maps what follows the page of va, of n frames from f on, up to the first page that is mapped already.
func (s *Space) mapAhead(va uint64, f Frame, n uint64, bits pte) {
	for i := uint64(1); i < n; i++ {
		q := s.pt.entry(va + i<<PageShift)
		if *q&pteV != 0 || len(s.guards) > 0 && s.guards.meets(va+i<<PageShift, va+(i+1)<<PageShift) {
			return
		}
		f++
		f.ref()
		*q = mkpte(f, bits)
	}
}

// drop empties a page-table entry that engines may know.
func (s *Space) drop(p *pte) {
	f := p.frame()
	*p = 0
	s.changed()
	f.unref()
}

// lost unmaps the page of a private file mapping that its file has no more, and reports whether that was so.
func (s *Space) lost(e *Entry, p *pte, va uint64) bool {
	if f, ok := e.Obj.cached(e.pageIndex(va)); !ok || f != p.frame() {
		return false
	}
	if _, _, err := s.objFrames(e, va); err == abi.OK {
		return false
	}
	s.drop(p)
	return true
}

// objFrames are the frames that an entry's object has from the page of va on, as many as the entry shows of those
// that one fault maps, with the machine's idea of where a file's last page ends.
func (s *Space) objFrames(e *Entry, va uint64) (Frame, uint64, abi.Errno) {
	idx := e.pageIndex(va)
	f, n, err := e.Obj.frames(idx, min(fileAhead, (e.End-va)>>PageShift))
	if first := idx &^ (s.Page>>PageShift - 1); err == abi.EFAULT && s.Page > PageSize && first != idx {
		if _, _, err := e.Obj.frames(first, 1); err == abi.OK {
			f, err = e.Obj.tail(idx)
			return f, 1, err
		}
	}
	return f, n, err
}

func objFault(err abi.Errno) FaultResult {
	if err == abi.ENOMEM {
		return FaultNoMem
	}
	return FaultBus
}

// breakCOW gives the faulting mapping its own copy, or the page itself if nobody else has it any more.
func (s *Space) breakCOW(p *pte, bits pte) FaultResult {
	f := p.frame()
	if f.shared() {
		hits := busHits()
		n, ok := phys.allocCopy(f)
		if !ok {
			return FaultNoMem
		}
		if busHits() != hits {
			n.unref()
			return FaultBus
		}
		// An engine may still have the old frame to read from: another one that ran this space before, and
		// this one too when it was the kernel that stored to the page (read(2) after fork). Translations are
		// found by virtual address as well.
		if s.parallel.Load() {
			// Nobody stores to the new one while somebody reads the old one.
			*p = 0
			s.changed()
			if phys.flags[f]&frameFile != 0 {
				f.unref() // the object has it
			} else {
				s.stale = append(s.stale, f) // a call of another thread may have Slices of it
			}
		} else {
			s.gen.Add(1)
			f.unref()
		}
		f = n
	}
	*p = mkpte(f, bits|pteV)
	return FaultOK
}

func (s *Space) zeroFill(e *Entry, va uint64, bits pte) FaultResult {
	pages := s.ahead.next(va)
	start := max(va&^(pages<<PageShift-1), e.Start)
	end := min(va&^(pages<<PageShift-1)+pages<<PageShift, e.End)
	// Only a block that is untouched as a whole is filled as one: fork and munmap leave holes.
	n := int((end - start) >> PageShift)
	guarded := s.guards.meets(start, end)
	for a := start; a < end; a += PageSize {
		if guarded || *s.pt.entry(a)&pteV != 0 {
			n = 1
			break
		}
	}
	if n == 1 {
		start = va
	}
	s.ahead.end, s.ahead.pages = end, pages
	var few [faultAhead]Frame
	frames := few[:]
	if n > faultAhead {
		frames = make([]Frame, n)
	}
	if !phys.allocZero(frames[:n]) {
		n, start = 1, va
		if !phys.allocZero(frames[:1]) {
			return FaultNoMem
		}
	}
	for i, f := range frames[:n] {
		*s.pt.entry(start + uint64(i)<<PageShift) = mkpte(f, bits|pteV)
	}
	return FaultOK
}

// filePage maps a page of a private file mapping: the file's page itself until it is stored to.
func (s *Space) filePage(e *Entry, p *pte, va uint64, access uint8, bits pte) FaultResult {
	f, n, err := s.objFrames(e, va)
	if err != abi.OK {
		return objFault(err)
	}
	if access == ProtWrite {
		hits := busHits()
		c, ok := phys.allocCopy(f)
		if !ok {
			return FaultNoMem
		}
		if busHits() != hits {
			c.unref()
			return FaultBus
		}
		*p = mkpte(c, bits|pteV)
		return FaultOK
	}
	f.ref()
	bits = bits&^pteW | pteV | pteCOW
	*p = mkpte(f, bits)
	s.mapAhead(va, f, n, bits)
	return FaultOK
}
