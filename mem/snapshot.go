package mem

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"nbemu/abi"
)

// Snapshot is what a space was at one moment. The space itself goes on; its private pages are shared with the snapshot
// until they are stored to, as after a fork, so that going back costs as much as was changed.
type Snapshot struct {
	s     *Space
	saved *Space // never runs: the entries and page tables of the moment
	anon  []savedAnon
	brk   Break
	wire  bool
	// touched and grow are futureTouched and growLimit.
	touched bool
	grow    uint64
}

// savedAnon are the contents of a shared object, which has no copy-on-write.
type savedAnon struct {
	o     *anonObject
	pages map[uint64]Frame // copies
}

// Errors of Space.Snapshot.
var (
	errSharedFile = errors.New("it shares a file's pages for storing")
	errShadow     = errors.New("its processor keeps page tables of its own")
	errLDT        = errors.New("it has a local descriptor table")
)

// Snapshot remembers the space, whose threads must not run meanwhile. Drop gives up what it holds. Errors say what it
// is about the space that could not be brought back; ENOMEM.
func (s *Space) Snapshot() (*Snapshot, error) {
	n := &Snapshot{s: s.Ref(), saved: NewSpace(s.Min, s.Max)}
	s.mu.Lock()
	n.saved.mu.Lock()
	err := n.take()
	n.saved.mu.Unlock()
	s.mu.Unlock()
	if err != nil {
		n.Drop()
		return nil, err
	}
	return n, nil
}

// take fills the snapshot. Both spaces are locked.
func (n *Snapshot) take() error {
	s, c := n.s, n.saved
	switch {
	case s.shadow != nil:
		return errShadow
	case len(s.ldt.set) != 0:
		return errLDT
	}
	defer s.changed()
	s.dropStale()
	n.brk, n.wire, n.touched, n.grow = s.Brk, s.wireFuture, s.futureTouched, s.growLimit
	c.guards = slices.Clone(s.guards)
	for e := s.ents.first(); e != nil; e = e.next() {
		if e.Shared {
			if err := n.keep(e); err != nil {
				return err
			}
		}
		if e.Obj != nil {
			e.Obj.ref()
		}
		c.ents.add(e.clone())
		writable := (e.Prot|e.MaxProt)&ProtWrite != 0
		s.pt.each(e.Start, e.End, func(va uint64, p *pte) {
			if writable && !e.Shared && *p&pteCOW == 0 {
				*p = *p&^pteW | pteCOW
			}
			p.frame().ref()
			*c.pt.entry(va) = *p
		})
	}
	return nil
}

// keep remembers the contents of an entry's shared object.
func (n *Snapshot) keep(e *Entry) error {
	o, ok := e.Obj.(*anonObject)
	if !ok {
		if e.MaxProt&ProtWrite != 0 {
			return fmt.Errorf("%w (%s)", errSharedFile, e.Name)
		}
		return nil
	}
	if slices.ContainsFunc(n.anon, func(a savedAnon) bool { return a.o == o }) {
		return nil
	}
	a := savedAnon{o, map[uint64]Frame{}}
	n.anon = append(n.anon, a)
	o.mu.Lock()
	defer o.mu.Unlock()
	for idx, f := range o.pages {
		c, ok := phys.allocCopy(f)
		if !ok {
			return abi.ENOMEM
		}
		a.pages[idx] = c
	}
	return nil
}

// Restore makes the space what it was. None of its threads may run. The result is how many pages were changed back.
// It costs some nanoseconds for each page that the space has a table entry for, and a copy's worth for each that the
// program will store to again.
func (n *Snapshot) Restore() (pages int) {
	s, c := n.s, n.saved
	s.mu.Lock()
	c.mu.Lock()
	defer s.mu.Unlock()
	defer c.mu.Unlock()
	s.dropStale()
	same := sameEntries(&s.ents, &c.ents)
	s.pt.leaves(s.pt.root, levels-1, 0, func(base uint64, have *LeafTable) {
		was := c.pt.leaf(base)
		for i := range have {
			w, v := have[i], uint64(0)
			if was != nil {
				v = was[i]
			}
			if w == v || pte(w)&pteV == 0 && pte(v)&pteV == 0 {
				continue
			}
			if pte(v)&pteV == 0 && same && s.onlyLooked(base+uint64(i)<<PageShift, pte(w)) {
				continue
			}
			if pte(v)&pteV != 0 {
				pte(v).frame().ref()
			}
			have[i] = v
			if pte(w)&pteV != 0 {
				pte(w).frame().unref()
			}
			pages++
		}
	})
	if !same {
		for e := s.ents.first(); e != nil; e = e.next() {
			if e.Obj != nil {
				e.Obj.unref()
			}
		}
		s.ents.forget()
		for e := c.ents.first(); e != nil; e = e.next() {
			if e.Obj != nil {
				e.Obj.ref()
			}
			s.ents.add(e.clone())
		}
	}
	s.Brk, s.wireFuture, s.futureTouched, s.growLimit = n.brk, n.wire, n.touched, n.grow
	s.guards = slices.Clone(c.guards)
	s.ahead = ahead{grows: s.ahead.grows}
	for i := range n.anon {
		pages += n.anon[i].restore()
	}
	s.changed()
	return pages
}

// onlyLooked reports whether a page that was not there before can stay: the program has only read it, from a file or
// an object that has it anyway. Entries are as they were.
func (s *Space) onlyLooked(va uint64, p pte) bool {
	e := s.ents.at(va)
	if e == nil {
		e = s.ents.at(va | ^uint64(1<<vaBits-1)) // tables know 48 bits of an address
	}
	return e != nil && e.Obj != nil && (e.Shared || p&pteCOW != 0)
}

// restore stores the old contents where they have changed.
func (a *savedAnon) restore() (pages int) {
	a.o.mu.Lock()
	defer a.o.mu.Unlock()
	for idx, f := range a.o.pages {
		was := zeroPage[:]
		if old, has := a.pages[idx]; has {
			was = old.bytes()
		}
		if bytes.Equal(f.bytes(), was) {
			continue
		}
		copy(f.bytes(), was)
		phys.dropCode(f)
		pages++
	}
	return pages
}

var zeroPage [PageSize]byte

// Drop gives up what the snapshot holds. It can no longer be restored.
func (n *Snapshot) Drop() {
	for _, a := range n.anon {
		for _, f := range a.pages {
			f.unref()
		}
	}
	n.anon = nil
	n.saved.Unref()
	n.s.Unref()
}

// Space is what Restore restores.
func (n *Snapshot) Space() *Space { return n.s }

// sameEntries reports whether two spaces have the same mapped.
func sameEntries(s, t *entries) bool {
	a, b := s.first(), t.first()
	for a != nil && b != nil {
		x, y := *a, *b
		x.treeNode, y.treeNode = treeNode{}, treeNode{}
		if x != y {
			return false
		}
		a, b = a.next(), b.next()
	}
	return a == b
}
