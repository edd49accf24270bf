package mem

import "nbemu/abi"

// Wire makes a range resident and keeps account of it, as mlock(2) wants (uvm_map_pageable). Guest memory is
// never paged out, so that the account is all there is to a lock. Errors: EFAULT if nothing is mapped at addr,
// EINVAL for a hole or an entry without any access.
func (s *Space) Wire(addr, n uint64) abi.Errno {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ents.at(addr) == nil {
		return abi.EFAULT
	}
	if !s.mappedLocked(addr, addr+n) {
		return abi.EINVAL
	}
	for e := s.ents.after(addr); e != nil && e.Start < addr+n; e = e.next() {
		if e.Prot == 0 {
			return abi.EINVAL
		}
	}
	return s.wireLocked(addr, addr+n)
}

// wireLocked marks what is mapped of [start, end) and has its pages made. Entries without access are left alone.
func (s *Space) wireLocked(start, end uint64) abi.Errno {
	if !s.canClip(start, end) || s.unwiredLocked(start, end)+s.wiredLocked() > WiredMax() {
		return abi.ENOMEM
	}
	s.clip(start)
	s.clip(end)
	for e := s.ents.after(start); e != nil && e.Start < end; e = e.next() {
		if e.Prot == 0 {
			continue
		}
		s.setWired(e, true)
		for va := e.Start; va < e.End; va += PageSize {
			if p := s.pt.lookup(va); p != nil && *p&pteV != 0 {
				continue
			}
			if r := s.faultLocked(va, ProtRead, true); r == FaultNoMem {
				return abi.ENOMEM
			} else if r != FaultOK {
				break // past the end of a file: nothing to lock
			}
		}
	}
	s.joinRange(start, end)
	return abi.OK
}

// unwiredLocked is how many bytes of [start, end) a lock would make resident.
func (s *Space) unwiredLocked(start, end uint64) (n uint64) {
	for e := s.ents.after(start); e != nil && e.Start < end; e = e.next() {
		if e.Prot != 0 && !e.Wired {
			n += min(e.End, end) - max(e.Start, start)
		}
	}
	return n
}

// Unwire ends a lock. Errors: EFAULT if nothing is mapped at addr, EINVAL for a hole or what is not locked.
func (s *Space) Unwire(addr, n uint64) abi.Errno {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ents.at(addr) == nil {
		return abi.EFAULT
	}
	if !s.mappedLocked(addr, addr+n) {
		return abi.EINVAL
	}
	for e := s.ents.after(addr); e != nil && e.Start < addr+n; e = e.next() {
		if !e.Wired {
			return abi.EINVAL
		}
	}
	if !s.canClip(addr, addr+n) {
		return abi.ENOMEM
	}
	s.clip(addr)
	s.clip(addr + n)
	for e := s.ents.after(addr); e != nil && e.Start < addr+n; e = e.next() {
		s.setWired(e, false)
	}
	s.joinRange(addr, addr+n)
	return abi.OK
}

// WireAll locks what is mapped (current) and what will be (future); limit is RLIMIT_MEMLOCK. With neither all
// locks end. Error: ENOMEM beyond the limit (uvm_map_pageable_all).
func (s *Space) WireAll(current, future bool, limit uint64) abi.Errno {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.wireFuture = future
	if !current {
		if !future {
			for e := s.ents.first(); e != nil; e = e.next() {
				s.setWired(e, false)
			}
			s.joinRange(s.Min, s.Max)
		}
		return abi.OK
	}
	if s.unwiredLocked(s.Min, s.Max)+s.wiredLocked() > limit {
		return abi.ENOMEM
	}
	return s.wireLocked(s.Min, s.Max)
}

// WireFuture says that new mappings are to be locked: mlockall(MCL_FUTURE).
func (s *Space) WireFuture() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.wireFuture
}

// FutureTouched says that new mappings are to be locked, but only as far as they are touched.
func (s *Space) FutureTouched(on bool) {
	s.mu.Lock()
	s.wireFuture = s.wireFuture || on
	s.futureTouched = on
	s.mu.Unlock()
}

// WireMapping locks a mapping that has just been made; one without access is no error.
func (s *Space) WireMapping(addr, n uint64) abi.Errno {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.futureTouched {
		s.clip(addr)
		s.clip(addr + n)
		for e := s.ents.after(addr); e != nil && e.Start < addr+n; e = e.next() {
			s.setWired(e, true)
			if e.Wired {
				e.Traits |= TraitLockTouched
			}
		}
		return abi.OK
	}
	return s.wireLocked(addr, addr+n)
}

// Wired is how many bytes are locked.
func (s *Space) Wired() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.wiredLocked()
}

func (s *Space) wiredLocked() uint64 {
	if s.ents.root == nil {
		return 0
	}
	return s.ents.root.wired
}

func (s *Space) setWired(e *Entry, on bool) {
	if e.Wired != on && !(on && e.Traits&TraitDroppable != 0) { // what may go at any time is not locked
		e.Wired = on
		s.ents.changed(e)
	}
}

// mappedLocked reports whether every page of [start, end) lies in some entry.
func (s *Space) mappedLocked(start, end uint64) bool {
	e := s.ents.at(start)
	for at := start; at < end; e = e.next() {
		if e == nil || e.Start > at {
			return false
		}
		at = e.End
	}
	return true
}
