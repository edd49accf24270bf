package mem

// CoreSeg is a stretch of an address space as a core file shows it: [Start, End) is mapped, the file has what lies
// before RealEnd.
type CoreSeg struct {
	Start, RealEnd, End uint64
	Prot                uint8
}

// CoreSegs lists the segments of a core file (uvm_coredump_walkmap): each entry is one, of which nothing is
// dumped if it was never touched, is read-only without changes of the process's own (program text), or cannot be
// read, or if the program said so (MADV_DONTDUMP of Linux). Zero-fill memory is split so that pages nobody has touched are in
// no file. page is the machine's page size.
func (s *Space) CoreSegs(page uint64) []CoreSeg {
	s.mu.Lock()
	defer s.mu.Unlock()
	var segs []CoreSeg
	for e := s.ents.first(); e != nil; e = e.next() {
		seg := CoreSeg{Start: e.Start, RealEnd: e.End, End: e.End, Prot: e.Prot}
		switch {
		case e.Prot&ProtRead == 0, e.Traits&TraitNoDump != 0, e.Obj != nil && e.Prot&ProtWrite == 0 && !s.ownPages(e):
			seg.RealEnd = seg.Start
		case e.Obj == nil:
			segs = s.touched(segs, e, page)
			continue
		}
		segs = append(segs, seg)
	}
	return segs
}

// ownPages reports whether the process has pages of its own in a private mapping: whether NetBSD would have an amap.
func (s *Space) ownPages(e *Entry) (own bool) {
	if e.Shared {
		return e.Dup
	}
	s.pt.each(e.Start, e.End, func(va uint64, p *pte) {
		if f, ok := e.Obj.cached(e.pageIndex(va)); !ok || f != p.frame() {
			own = true
		}
	})
	return own
}

// touched appends the segments of a zero-fill entry: each ends where the next page follows that was touched after
// some that were not.
func (s *Space) touched(segs []CoreSeg, e *Entry, page uint64) []CoreSeg {
	page = max(page, PageSize)
	var pages []uint64 // first addresses of touched pages, in order
	s.pt.each(e.Start, e.End, func(va uint64, _ *pte) {
		va = max(va&^(page-1), e.Start)
		if n := len(pages); n == 0 || pages[n-1] != va {
			pages = append(pages, va)
		}
	})
	seg := CoreSeg{Start: e.Start, RealEnd: e.Start, Prot: e.Prot}
	for _, va := range pages {
		if va != seg.RealEnd {
			seg.End = va
			segs = append(segs, seg)
			seg.Start = va
		}
		seg.RealEnd = min((va&^(page-1))+page, e.End)
	}
	seg.End = e.End
	return append(segs, seg)
}

// Peek reads memory for a core file without making pages: what nobody has touched, and what lies after the end
// of a file or in a hole, reads as zero.
func (s *Space) Peek(dst []byte, va uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	defer mendWindows()
	for len(dst) > 0 {
		n := int(min(uint64(len(dst)), PageSize-va&pageMask))
		if f, ok := s.resident(va); ok {
			copy(dst[:n], f.bytes()[va&pageMask:])
		} else {
			clear(dst[:n])
		}
		dst, va = dst[n:], va+uint64(n)
	}
}

func (s *Space) resident(va uint64) (Frame, bool) {
	if va < s.Min || va >= s.Max {
		return 0, false
	}
	if p := s.pt.lookup(va); p != nil && *p&pteV != 0 {
		return p.frame(), true
	}
	e := s.ents.at(va)
	if e == nil || e.Obj == nil {
		return 0, false
	}
	if f, ok := e.Obj.cached(e.pageIndex(va)); ok {
		return f, true
	}
	if _, anon := e.Obj.(*anonObject); anon {
		return 0, false
	}
	f, _, err := e.Obj.frames(e.pageIndex(va), 1)
	return f, err == 0
}
