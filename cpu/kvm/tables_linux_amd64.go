package kvm

import (
	"sync"
	"sync/atomic"
	"unsafe"

	"nbemu/mem"
)

// Page tables. The processor has copies of mem's, in its own format, which are brought up to date where they are seen
// to differ: a table's 512 words are compared at a time.
//
// A host that has no second level of translation (nested virtualization without it, or none in hardware) makes a
// third copy of them, and notices changes only when the guest itself stores to its tables. So what was restricted or
// replaced is stored by the guest, by a list of stores that ring 0 carries out on its way to the program, and a page
// that was a table once is not one again until all memory of ring 0 has been given to KVM anew. What becomes possible
// that was not before is written by us: a processor looks again before it reports a fault. On other hosts the same is
// right, and no slower.

// Bits of the processor's entries.
const (
	ptP  = 1 << 0
	ptW  = 1 << 1
	ptU  = 1 << 2
	ptA  = 1 << 5 // set from the beginning, as ptD: nobody looks at them, and the processor need not store them
	ptD  = 1 << 6
	ptPS = 1 << 7
	ptNX = 1 << 63

	ptAddr  = 0x000ffffffffff000
	ptUpper = ptP | ptW | ptU | ptA
)

// update is a store that the guest is to carry out.
type update struct{ addr, value uint64 }

// table is one page of ring 0's memory with a page table in it.
type table struct {
	off   uint64 // in ring 0's memory
	words *[mem.LeafLen]uint64
}

// tables are a space's page tables. Several processors may run the space; each looks whether they are up to date, and
// carries out what is pending, before it goes to the program. What is in them changes otherwise only when memory becomes
// accessible: that a processor may see at any time.
type tables struct {
	m *Machine

	mu    sync.Mutex
	epoch uint64 // of ring 0's memory
	root  table
	upper map[uint64]table // of the second and third level, by level<<60 and the first address
	leafs map[uint64]table // by first address
	gen   uint64           // of the space, as it was when all was compared last
	ldt   uint64           // bytes of the process' own local descriptor table

	pending []update
	first   uint64 // how many updates there have been before those
	flushes uint64 // how often a processor that has run the space must have forgotten its translations
}

func (m *Machine) tableAt(off uint64) table {
	return table{off, (*[mem.LeafLen]uint64)(unsafe.Pointer(&m.sys[off]))}
}

func (m *Machine) newTable() (table, error) {
	off, err := m.page()
	if err != nil {
		return table{}, err
	}
	return m.tableAt(off), nil
}

// tablesOf returns the space's tables, which it makes if there are none.
func (m *Machine) tablesOf(s *mem.Space) *tables {
	if t, ok := s.Shadow().(*tables); ok {
		return t
	}
	m.making.Lock()
	defer m.making.Unlock()
	if t, ok := s.Shadow().(*tables); ok {
		return t
	}
	t := &tables{m: m, epoch: ^uint64(0)}
	s.SetShadow(t)
	s.FaultAhead()
	return t
}

// begin makes empty tables in the place of those that were.
func (t *tables) begin() error {
	root, err := t.m.newTable()
	if err != nil {
		return err
	}
	root.words[kernSlot] = sysBase + offPDPT | ptP | ptW | ptA
	t.epoch, t.root, t.gen = t.m.epoch.Load(), root, ^uint64(0)
	t.upper, t.leafs = map[uint64]table{}, map[uint64]table{}
	t.done(t.last())
	return nil
}

// last is how many updates there have been.
func (t *tables) last() uint64 { return t.first + uint64(len(t.pending)) }

// done says that a processor has carried out all updates before the nth.
func (t *tables) done(n uint64) {
	if n > t.first {
		t.pending = append(t.pending[:0], t.pending[n-t.first:]...)
		t.first = n
	}
}

// update brings the tables up to date with s. missing is a page that may have become accessible, 0 if none.
func (t *tables) update(s *mem.Space, missing uint64) error {
	if t.epoch != t.m.epoch.Load() {
		if err := t.begin(); err != nil {
			return err
		}
	}
	if t.gen != s.Gen() {
		if err := t.sync(s); err != nil {
			return err
		}
	} else if missing != 0 {
		if _, err := t.syncAt(s, missing, 0); err != nil {
			return err
		}
	}
	if len(t.pending) <= updateMax {
		return nil
	}
	// Less work than so many stores is to begin again.
	if err := t.begin(); err != nil {
		return err
	}
	return t.sync(s)
}

// Drop is mem.Shadow's. The pages are of no use before renew.
func (t *tables) Drop() {}

// cr3 is the register's value for these tables.
func (t *tables) cr3() uint64 { return sysBase + t.root.off }

// entry is the processor's entry for mem's.
func entry(e uint64) uint64 {
	pa := e &^ uint64(mem.PTEFlags)
	if e&mem.PTEValid == 0 {
		if e&mem.PTESystem != 0 {
			return pa | ptP | ptA | ptD | ptNX
		}
		return 0
	}
	if e&(mem.PTERead|mem.PTEExec) == 0 {
		return 0
	}
	x := pa | ptP | ptU | ptA | ptD
	if e&mem.PTEWrite != 0 {
		x |= ptW
	}
	if e&mem.PTEExec == 0 {
		x |= ptNX
	}
	return x
}

// widens says that what old allows new does too, in the same place.
func widens(old, new uint64) bool {
	return old == 0 || old&ptAddr == new&ptAddr && new&ptP != 0 && old&^new&ptW == 0 && new&^old&ptNX == 0 && (old^new)&ptU == 0
}

// manyChanges in one table are made by another one in its place.
const manyChanges = 24

// syncLeaf makes the table for va like mem's.
func (t *tables) syncLeaf(va uint64, src *mem.LeafTable) error {
	x, err := t.leafTable(va)
	if err != nil {
		return err
	}
	var changes [manyChanges]update
	n := 0
	for i := range src {
		want, have := entry(src[i]), x.words[i]
		if want == have {
			continue
		}
		if want != 0 {
			if err := t.m.cover(want & ptAddr); err != nil {
				return err
			}
		}
		if widens(have, want) {
			atomic.StoreUint64(&x.words[i], want)
			continue
		}
		if n < manyChanges {
			changes[n] = update{kernBase + x.off + uint64(i)*8, want}
		}
		n++
	}
	switch {
	case n == 0:
		return nil
	case n < manyChanges:
		t.pending = append(t.pending, changes[:n]...)
		t.flushes++
		return nil
	}
	return t.replaceLeaf(va, src)
}

// replaceLeaf puts a new table in the place of the one for va.
func (t *tables) replaceLeaf(va uint64, src *mem.LeafTable) error {
	x, err := t.m.newTable()
	if err != nil {
		return err
	}
	for i := range src {
		x.words[i] = entry(src[i])
	}
	va &^= 1<<mem.LeafShift - 1
	t.leafs[va] = x
	dir := t.upper[2<<60|va&^(1<<30-1)]
	t.pending = append(t.pending, update{kernBase + dir.off + va>>21&511*8, sysBase + x.off | ptUpper})
	t.flushes++
	return nil
}

// leafTable finds the table for va, making it and those above.
func (t *tables) leafTable(va uint64) (table, error) {
	va &^= 1<<mem.LeafShift - 1
	if x, ok := t.leafs[va]; ok {
		return x, nil
	}
	up := t.root
	shift := uint(39)
	for level := uint64(1); level <= 3; level++ {
		key := level<<60 | va&^(1<<shift-1)
		x, ok := t.upper[key]
		if level == 3 {
			x, ok = t.leafs[va]
		}
		if !ok {
			var err error
			if x, err = t.m.newTable(); err != nil {
				return table{}, err
			}
			if level == 3 {
				t.leafs[va] = x
			} else {
				t.upper[key] = x
			}
			atomic.StoreUint64(&up.words[va>>shift&511], sysBase+x.off|ptUpper)
		}
		up = x
		shift -= 9
	}
	return up, nil
}

// sync makes all tables like mem's, if mem's have lost something since the last time.
func (t *tables) sync(s *mem.Space) error {
	var err error
	seen := 0
	gen := s.EachLeaf(func(va uint64, src *mem.LeafTable) {
		if _, ok := t.leafs[va]; ok {
			seen++
		} else if t.gen != ^uint64(0) {
			return // nothing of it is in use yet: a fault will ask for it
		}
		if err == nil {
			err = t.syncLeaf(va, src)
		}
	})
	if err == nil {
		t.gen = gen
		if t.ldt = ldtSize(s); t.ldt != 0 {
			// The processor itself reads it, and does not ask.
			_, err = t.syncAt(s, mem.LDTBase, 0)
		}
	}
	return err
}

// syncAt makes the table for va like mem's, and reports whether it has va's page for the access.
func (t *tables) syncAt(s *mem.Space, va uint64, access uint32) (ok bool, err error) {
	s.Leaf(va, func(src *mem.LeafTable) {
		e := entry(src[va>>mem.PageShift&(mem.LeafLen-1)])
		ok = allows(e, access)
		err = t.syncLeaf(va, src)
	})
	return ok, err
}

// allows reports whether an entry has a page that the program may access so.
func allows(e uint64, access uint32) bool {
	switch {
	case e&(ptP|ptU) != ptP|ptU:
		return false
	case access == mem.ProtWrite:
		return e&ptW != 0
	case access == mem.ProtExec:
		return e&ptNX == 0
	}
	return true
}

// ldtSize is how long a process' own local descriptor table is, 0 if it has none.
func ldtSize(s *mem.Space) (n uint64) {
	s.Leaf(mem.LDTBase, func(src *mem.LeafTable) {
		first := uint64(mem.LDTBase) >> mem.PageShift & (mem.LeafLen - 1)
		for n < 0x10000 && src[first+n>>mem.PageShift]&mem.PTESystem != 0 {
			n += mem.PageSize
		}
	})
	return n
}
