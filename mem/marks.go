package mem

import "nbemu/abi"

// Seal marks a range for good (mseal). Error: ENOMEM where nothing is mapped.
func (s *Space) Seal(addr, n uint64) abi.Errno {
	return s.mark(addr, n, func(e *Entry) { e.Sealed = true })
}

// SetNodes gives a range a memory policy, nil for none. Errors: EFAULT where nothing is mapped.
func (s *Space) SetNodes(addr, n uint64, policy any) abi.Errno {
	err := s.mark(addr, n, func(e *Entry) { e.Nodes = policy })
	if err == abi.ENOMEM {
		err = abi.EFAULT
	}
	return err
}

// mark changes all entries of a range, of which every page must be mapped. Error: ENOMEM, also for too many mappings.
func (s *Space) mark(addr, n uint64, set func(*Entry)) abi.Errno {
	s.mu.Lock()
	defer s.mu.Unlock()
	end := addr + n
	if end < addr || !s.mappedLocked(addr, end) {
		return abi.ENOMEM
	}
	if !s.canClip(addr, end) {
		return abi.ENOMEM
	}
	s.clip(addr)
	s.clip(end)
	for e := s.ents.after(addr); e != nil && e.Start < end; e = e.next() {
		set(e)
	}
	s.joinRange(addr, end)
	return abi.OK
}

// Rename gives what is mapped of a range another name.
func (s *Space) Rename(addr, n uint64, name string) {
	_ = s.mark(addr, n, func(e *Entry) { e.Name = name })
}

// Prot is the protection that a page has, false where nothing is mapped.
func (s *Space) Prot(va uint64) (uint8, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.ents.at(va)
	if e == nil {
		return 0, false
	}
	return e.Prot, true
}

// Sealed reports whether a range has something in it that Seal was called for.
func (s *Space) Sealed(addr, n uint64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for e := s.ents.after(addr); e != nil && e.Start < addr+n; e = e.next() {
		if e.Sealed {
			return true
		}
	}
	return false
}

// Barrier returns after every processor that runs the space's threads has left guest code once.
func (s *Space) Barrier() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.changed()
}

// Restrict takes protections away from what a range may ever have. Error: ENOMEM where nothing is mapped.
func (s *Space) Restrict(addr, n uint64, most uint8) abi.Errno {
	return s.mark(addr, n, func(e *Entry) { e.MaxProt &= most })
}

// WireTouched locks a range without having its pages made: those that are touched later are locked too. Errors: as Wire.
func (s *Space) WireTouched(addr, n uint64) abi.Errno {
	return s.mark(addr, n, func(e *Entry) { s.setWired(e, true) })
}

// Resident counts the pages of a range that are there.
func (s *Space) Resident(addr, end uint64) (n uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pt.each(addr, end, func(_ uint64, p *pte) {
		if *p&pteV != 0 {
			n++
		}
	})
	return n
}

// WireEnd ends locks of a range, where there are any. Error: ENOMEM where nothing is mapped.
func (s *Space) WireEnd(addr, n uint64) abi.Errno {
	return s.mark(addr, n, func(e *Entry) { s.setWired(e, false) })
}
