package mem

// faultAheadMost is how many pages a fault maps at most for an engine that faults cost much, see FaultAhead;
// copyAheadMost is how many it copies.
const (
	faultAheadMost = leafSpan >> PageShift
	copyAheadMost  = 32
)

// FaultAhead lets faults that follow one another do twice as much each time: for an engine on which a fault costs as
// much as clearing or copying many pages. Who stores here and there is served as always.
func (s *Space) FaultAhead() {
	s.mu.Lock()
	s.ahead.grows = true
	s.mu.Unlock()
}

// ahead is where faults have been lately.
type ahead struct {
	grows  bool
	end    uint64 // of the last block of zero-fill pages
	pages  uint64 // how many the last fault mapped of them
	copied uint64 // the end of the last pages that were copied
	copies uint64 // how many are to be copied besides if the next one is there
}

// next is how many zero-fill pages, a power of two, a fault at va is to map.
func (a *ahead) next(va uint64) uint64 {
	if !a.grows || va != a.end {
		return faultAhead
	}
	n := min(2*a.pages, faultAheadMost)
	for va&(n<<PageShift-1) != 0 && n > faultAhead {
		n /= 2 // blocks are aligned
	}
	return max(n, faultAhead)
}

// copyAhead copies anonymous pages after the one at va, which was copied because of a store. s is locked.
func (s *Space) copyAhead(va uint64) {
	a := &s.ahead
	e := s.ents.at(va)
	if e == nil || e.Obj != nil {
		return
	}
	if va != a.copied {
		a.copies = 0
	}
	bits := protBits(e.Prot)
	end := min(va+PageSize+a.copies<<PageShift, e.End)
	for va += PageSize; va < end; va += PageSize {
		p := s.pt.lookup(va)
		if p == nil || *p&(pteV|pteCOW) != pteV|pteCOW || s.breakCOW(p, bits) != FaultOK {
			break
		}
	}
	a.copied = va
	a.copies = min(max(2*a.copies, 1), copyAheadMost)
}
