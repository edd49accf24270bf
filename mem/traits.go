package mem

import (
	"slices"

	"nbemu/abi"
)

// Traits of an entry: what Linux' mmap, madvise and mlock2 say of a mapping. Entries that differ in one are not joined. NetBSD
// has none of them.
const (
	TraitGrows       = 1 << iota // a fault below makes it longer (MAP_GROWSDOWN)
	TraitGuarded                 // some of its pages may be guards, or have been
	TraitNoReserve               // MAP_NORESERVE
	TraitAccounted               // it has been promised to a program that may store to it
	TraitSequential              // advice, from here on
	TraitRandom                  //
	TraitNoDump                  //
	TraitHuge                    //
	TraitNoHuge                  //
	TraitMergeable               //
	TraitLockTouched             // with Wired: only what is touched counts (MLOCK_ONFAULT)
	TraitDroppable               // MAP_DROPPABLE
	TraitWiped                   // with InheritNone: what is inherited otherwise would be zeros
)

// sticky are the traits that do not keep entries apart: both have what one had.
const sticky = TraitGuarded

// SetTraits gives what is mapped of a range traits, and takes others away. Error: ENOMEM for too many mappings.
func (s *Space) SetTraits(addr, n uint64, set, clear uint32) abi.Errno {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.canClip(addr, addr+n) {
		return abi.ENOMEM
	}
	s.clip(addr)
	s.clip(addr + n)
	for e := s.ents.after(addr); e != nil && e.Start < addr+n; e = e.next() {
		e.Traits = e.Traits&^clear | set
		if e.Traits&TraitDroppable != 0 {
			e.Traits &^= TraitLockTouched
		}
	}
	s.joinRange(addr, addr+n)
	return abi.OK
}

// GrowLimit is how long mappings that grow may become, in bytes.
func (s *Space) GrowLimit(n uint64) {
	s.mu.Lock()
	s.growLimit = n
	s.mu.Unlock()
}

// growGap is how much room a mapping that grows leaves above the next one (stack_guard_gap).
const growGap = 256 << PageShift

// growDown makes the entry after va longer, so that it has va, and returns it; nil if it cannot be (expand_downwards).
func (s *Space) growDown(va uint64) *Entry {
	e := s.ents.after(va)
	page := max(s.Page, PageSize)
	va &^= page - 1
	if e == nil || e.Traits&TraitGrows == 0 || va < s.Min || e.End-va > s.growLimit {
		return nil
	}
	if p := e.prev(); p != nil && p.Traits&TraitGrows == 0 && p.Prot != 0 && va-p.End < growGap {
		return nil
	}
	e.Start = va
	s.ents.changed(e)
	if p := e.prev(); p != nil {
		s.join(p, e)
	}
	return s.ents.at(va)
}

// guards are the stretches of a space whose pages fault whatever is mapped there (MADV_GUARD_INSTALL), in order and apart.
type guards []span

type span struct{ start, end uint64 }

// mostGuards is how many stretches a space may have.
const mostGuards = 1 << 16

// find is the index of the first stretch that ends after va.
func (g guards) find(va uint64) int {
	i, _ := slices.BinarySearchFunc(g, va, func(x span, va uint64) int {
		if x.end > va {
			return 1
		}
		return -1
	})
	return i
}

// meets reports whether one of [start, end) is a guard.
func (g guards) meets(start, end uint64) bool {
	i := g.find(start)
	return i < len(g) && g[i].start < end
}

// cut takes guards away.
func (g *guards) cut(start, end uint64) {
	if !g.meets(start, end) {
		return
	}
	i := g.find(start)
	var keep []span
	j := i
	for ; j < len(*g) && (*g)[j].start < end; j++ {
		x := (*g)[j]
		if x.start < start {
			keep = append(keep, span{x.start, start})
		}
		if x.end > end {
			keep = append(keep, span{end, x.end})
		}
	}
	*g = slices.Replace(*g, i, j, keep...)
}

// add makes [start, end) guards.
func (g *guards) add(start, end uint64) {
	i := g.find(start)
	if i > 0 && (*g)[i-1].end == start {
		i--
	}
	j := i
	for ; j < len(*g) && (*g)[j].start <= end; j++ {
		start, end = min(start, (*g)[j].start), max(end, (*g)[j].end)
	}
	*g = slices.Replace(*g, i, j, span{start, end})
}

// within are the guards of [start, end).
func (g guards) within(start, end uint64) (out []span) {
	for i := g.find(start); i < len(g) && g[i].start < end; i++ {
		out = append(out, span{max(g[i].start, start), min(g[i].end, end)})
	}
	return out
}

// Guard makes what is mapped of a range guards, whose contents go. Error: ENOMEM.
func (s *Space) Guard(addr, n uint64) abi.Errno {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.room() || len(s.guards) >= mostGuards {
		return abi.ENOMEM
	}
	for e := s.ents.after(addr); e != nil && e.Start < addr+n; e = e.next() {
		start, end := max(e.Start, addr), min(e.End, addr+n)
		e.Traits |= TraitGuarded
		s.dropPages(start, end)
		s.guards.add(start, end)
	}
	s.joinRange(addr, addr+n)
	return abi.OK
}

// Unguard ends guards; the pages are as new.
func (s *Space) Unguard(addr, n uint64) {
	s.mu.Lock()
	s.guards.cut(addr, addr+n)
	s.mu.Unlock()
}

// Guarded reports whether some page of a range is a guard.
func (s *Space) Guarded(addr, n uint64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.guards.meets(addr, addr+n)
}

// PageState is what is to be told of a page that is there.
type PageState struct {
	Addr uint64
	Own  bool // a private copy, or private memory; not a file's page or shared memory
}

// Pages are the pages of a range that are there, in order.
func (s *Space) Pages(start, end uint64) (out []PageState) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for e := s.ents.after(start); e != nil && e.Start < end; e = e.next() {
		s.pt.each(max(e.Start, start), min(e.End, end), func(va uint64, p *pte) {
			own := !e.Shared || e.Dup
			if own && e.Obj != nil {
				f, ok := e.Obj.cached(e.pageIndex(va))
				own = !ok || f != p.frame()
			}
			out = append(out, PageState{va, own})
		})
	}
	return out
}
