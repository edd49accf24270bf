package mem

import "nbemu/abi"

// RemapArgs says how to move or resize a mapping; see Remap. All numbers are multiples of a page.
type RemapArgs struct {
	Old, OldLen uint64
	New, NewLen uint64 // New is where to look downwards from unless Fixed
	Fixed       bool
	Replace     bool   // with Fixed: what is there goes away
	Align       uint64 // of the new address, a power of two, or 0
	// Dup leaves the old mapping where it is: both show the same memory from then on.
	Dup bool
	// Hollow leaves the old mapping without its contents.
	Hollow bool
	// Wired keeps what is locked locked where it goes.
	Wired bool
}

// Remap moves what is mapped in [Old, Old+OldLen) with its contents and gives the last entry what NewLen is longer
// (uvm_mremap's second part). Errors: ENOMEM without room; EINVAL for a range outside the space, or if there is no
// mapping to make longer. Then nothing has changed, but that with Replace the new place is free.
func (s *Space) Remap(a RemapArgs) (uint64, abi.Errno) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if a.Old < s.Min || a.Old > s.Max || a.OldLen > s.Max-a.Old {
		return 0, abi.EINVAL
	}
	to := a.New
	if a.Fixed {
		if to < s.Min || to > s.Max || a.NewLen > s.Max-to {
			return 0, abi.EINVAL
		}
		if a.Replace {
			s.removeLocked(to, to+a.NewLen)
		} else if e := s.ents.after(to); e != nil && e.Start < to+a.NewLen {
			return 0, abi.ENOMEM
		}
	} else {
		var ok bool
		if to, ok = s.findSpace(a.New, a.NewLen, a.Align, true); !ok {
			return 0, abi.ENOMEM
		}
	}
	if a.NewLen > a.OldLen {
		if e := s.ents.at(a.Old + a.OldLen - 1); e == nil || e.Obj != nil && e.Off+(a.Old-e.Start)+a.NewLen < e.Off {
			return 0, abi.EINVAL
		}
	}
	n := min(a.OldLen, a.NewLen)
	if !s.room() {
		return 0, abi.ENOMEM
	}
	s.clip(a.Old)
	s.clip(a.Old + n)
	if a.Dup {
		if err := s.dupEntries(a.Old, a.Old+n); err != abi.OK {
			return 0, err
		}
	}
	s.moveEntries(a.Old, n, to, a.NewLen-n, !a.Dup, a.Wired)
	s.joinRange(a.Old, a.Old+a.OldLen)
	if !a.Dup && !a.Hollow {
		s.removeLocked(a.Old, a.Old+a.OldLen)
	}
	return to, abi.OK
}

// dupEntries has the private memory of entries that lie in [start, end) be memory that a second mapping can share.
// Error: ENOMEM.
func (s *Space) dupEntries(start, end uint64) abi.Errno {
	for e := s.ents.after(start); e != nil && e.Start < end; e = e.next() {
		if e.Shared {
			continue
		}
		if !s.makeShared(e) {
			return abi.ENOMEM
		}
		e.Dup = true
	}
	return abi.OK
}

// moveEntries enters mappings like those of [from, from+n) at to, the last one longer by more bytes, and with pages
// gives them the pages, which the old ones then have no more. With wired what was locked is.
func (s *Space) moveEntries(from, n, to, more uint64, pages, wired bool) {
	var moved []*Entry
	for e := s.ents.after(from); e != nil && e.Start < from+n; e = e.next() {
		x := e.clone()
		x.Start, x.End, x.Wired, x.Watch = x.Start-from+to, x.End-from+to, x.Wired && wired, nil
		if x.End == to+n {
			x.End += more
		}
		if x.Obj != nil {
			x.Obj.ref()
		}
		moved = append(moved, x)
	}
	if pages {
		s.movePages(from, n, to)
	}
	for _, x := range moved {
		s.insert(x)
	}
}

func (s *Space) movePages(from, n, to uint64) {
	found := false
	moved := s.guards.within(from, from+n)
	s.guards.cut(from, from+n)
	for _, g := range moved {
		s.guards.add(g.start-from+to, g.end-from+to)
	}
	s.pt.each(from, from+n, func(va uint64, p *pte) {
		*s.pt.entry(va - from + to) = *p
		*p = 0
		found = true
	})
	if found {
		s.changed()
	}
}

// Extend gives the entry that ends at end n bytes more, if nothing is there, which with wired are locked if it is. Errors: ENOMEM if there is something, or
// no room; EINVAL if no entry ends there.
func (s *Space) Extend(end, n uint64, wired bool) abi.Errno {
	s.mu.Lock()
	defer s.mu.Unlock()
	if end < s.Min || end > s.Max || n > s.Max-end {
		return abi.ENOMEM
	}
	if e := s.ents.after(end); e != nil && e.Start < end+n {
		return abi.ENOMEM
	}
	p := s.ents.before(end)
	if p == nil || p.End != end {
		return abi.EINVAL
	}
	x := p.clone()
	from := x.Start
	x.Start, x.End, x.Wired = end, end+n, x.Wired && wired
	if x.Obj != nil {
		if x.Off += end - from; x.Off+n < x.Off {
			return abi.EINVAL
		}
		x.Obj.ref()
	}
	s.insert(x)
	return abi.OK
}

// forkDup gives a child pages of its own of memory that is private but mapped more than once. It reports whether there
// was memory for them.
func (e *Entry) forkDup(c *Space) (ok bool) {
	o := e.Obj.(*anonObject)
	o.mu.Lock()
	defer o.mu.Unlock()
	bits := protBits(e.Prot) | pteV
	for idx, f := range o.pages {
		va := idx<<PageShift - e.Off + e.Start // e shows a part of the object only: more is not in it
		if idx<<PageShift < e.Off || va >= e.End {
			continue
		}
		n, ok := phys.allocCopy(f)
		if !ok {
			return false
		}
		*c.pt.entry(va) = mkpte(n, bits)
	}
	return true
}
