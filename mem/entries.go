package mem

import (
	"math/rand/v2"
	"unsafe"
)

// entries are those of a space, which do not overlap: a tree in the order of addresses, kept balanced by priorities that
// are drawn by lot (a treap). Each entry knows what is below it in the tree, so that finding room, and sums over all, need
// not look at every entry.
type entries struct {
	root  *Entry
	found *Entry // what after found last; programs' faults come in runs
	n     int    // how many there are
	steps uint64 // entries that were looked at or changed, for tests
}

// entrySize is what an entry takes of the host's memory.
const entrySize = int64(unsafe.Sizeof(Entry{}))

// forget empties the tree at once.
func (t *entries) forget() {
	KernelUse(-int64(t.n) * entrySize)
	*t = entries{}
}

// treeNode is an entry's place among entries. The members from lo on are about the entry and all below it.
type treeNode struct {
	left, right, up *Entry
	prio            uint32
	lo, hi          uint64 // where the first starts and the last ends
	gap             uint64 // the most room between one and the next, in bytes
	size, wired     uint64 // bytes mapped, and bytes locked
}

// clone is a copy of e that is in no tree.
func (e *Entry) clone() *Entry {
	x := *e
	x.treeNode = treeNode{}
	return &x
}

// after returns the first entry that ends after va, or nil.
func (t *entries) after(va uint64) *Entry {
	if e := t.found; e != nil && e.Start <= va && va < e.End {
		return e
	}
	var best *Entry
	for x := t.root; x != nil; {
		t.steps++
		if x.End > va {
			best, x = x, x.left
		} else {
			x = x.right
		}
	}
	t.found = best
	return best
}

// at returns the entry that has va, or nil.
func (t *entries) at(va uint64) *Entry {
	if e := t.after(va); e != nil && e.Start <= va {
		return e
	}
	return nil
}

// before returns the last entry that ends at or before va, or nil.
func (t *entries) before(va uint64) *Entry {
	var best *Entry
	for x := t.root; x != nil; {
		t.steps++
		if x.End <= va {
			best, x = x, x.right
		} else {
			x = x.left
		}
	}
	return best
}

// first returns the lowest entry, or nil.
func (t *entries) first() *Entry {
	x := t.root
	for x != nil && x.left != nil {
		x = x.left
	}
	return x
}

// next returns the entry after e in the order of addresses, or nil.
func (e *Entry) next() *Entry {
	if x := e.right; x != nil {
		for x.left != nil {
			x = x.left
		}
		return x
	}
	for e.up != nil && e.up.right == e {
		e = e.up
	}
	return e.up
}

// prev returns the entry before e, or nil.
func (e *Entry) prev() *Entry {
	if x := e.left; x != nil {
		for x.right != nil {
			x = x.right
		}
		return x
	}
	for e.up != nil && e.up.left == e {
		e = e.up
	}
	return e.up
}

// add puts e, which overlaps nothing, into the tree.
func (t *entries) add(e *Entry) {
	e.treeNode = treeNode{prio: rand.Uint32()}
	t.n++
	KernelUse(entrySize)
	at := &t.root
	for x := t.root; x != nil; x = *at {
		t.steps++
		e.up = x
		if e.Start < x.Start {
			at = &x.left
		} else {
			at = &x.right
		}
	}
	*at = e
	e.sum()
	for e.up != nil && e.up.prio < e.prio {
		t.rise(e)
	}
	t.changed(e.up)
}

// remove takes e out of the tree.
func (t *entries) remove(e *Entry) {
	if t.found == e {
		t.found = nil
	}
	t.n--
	KernelUse(-entrySize)
	for e.left != nil && e.right != nil {
		if e.left.prio > e.right.prio {
			t.rise(e.left)
		} else {
			t.rise(e.right)
		}
	}
	child := e.left
	if child == nil {
		child = e.right
	}
	t.replace(e, child)
	t.changed(e.up)
	e.treeNode = treeNode{}
}

// replace puts x, which may be nil, where e is.
func (t *entries) replace(e, x *Entry) {
	switch {
	case e.up == nil:
		t.root = x
	case e.up.left == e:
		e.up.left = x
	default:
		e.up.right = x
	}
	if x != nil {
		x.up = e.up
	}
}

// rise puts e in the place of the one above it, which goes below it.
func (t *entries) rise(e *Entry) {
	t.steps++
	p := e.up
	t.replace(p, e)
	var x *Entry // what changes sides
	if p.left == e {
		x = e.right
		p.left, e.right = x, p
	} else {
		x = e.left
		p.right, e.left = x, p
	}
	if x != nil {
		x.up = p
	}
	p.up = e
	p.sum()
	e.sum()
}

// changed takes note of new bounds of e, or that it was locked or unlocked.
func (t *entries) changed(e *Entry) {
	for ; e != nil; e = e.up {
		t.steps++
		e.sum()
	}
}

// sum works out what e knows of those below it.
func (e *Entry) sum() {
	e.lo, e.hi, e.gap, e.size, e.wired = e.Start, e.End, 0, e.End-e.Start, 0
	if e.Wired {
		e.wired = e.size
	}
	if l := e.left; l != nil {
		e.lo, e.gap = l.lo, max(l.gap, e.Start-l.hi)
		e.size, e.wired = e.size+l.size, e.wired+l.wired
	}
	if r := e.right; r != nil {
		e.hi, e.gap = r.hi, max(e.gap, r.gap, r.lo-e.End)
		e.size, e.wired = e.size+r.size, e.wired+r.wired
	}
}

// below looks, from above, for room of n bytes at a multiple of align: between entries where the later one starts at or
// before end, or between low and the first one.
func (t *entries) below(low, end, n, align uint64) (addr uint64, ok bool) {
	var look func(x *Entry, prev uint64) bool // prev is where the room before x's first begins
	look = func(x *Entry, prev uint64) bool {
		if x == nil || x.lo > end || max(x.gap, x.lo-prev) < n {
			return false
		}
		t.steps++
		if look(x.right, x.End) {
			return true
		}
		from := prev
		if x.left != nil {
			from = x.left.hi
		}
		if x.Start <= end && x.Start-from >= n {
			if addr = (x.Start - n) &^ (align - 1); addr >= from {
				return true
			}
		}
		return look(x.left, prev)
	}
	ok = look(t.root, low)
	return addr, ok
}

// above looks, from below, for room of n bytes at a multiple of align: between entries where the earlier one ends at or
// after start, or between the last one and high.
func (t *entries) above(high, start, n, align uint64) (addr uint64, ok bool) {
	var look func(x *Entry, next uint64) bool // next is where the room after x's last ends
	look = func(x *Entry, next uint64) bool {
		if x == nil || x.hi < start || max(x.gap, next-x.hi) < n {
			return false
		}
		t.steps++
		if look(x.left, x.Start) {
			return true
		}
		to := next
		if x.right != nil {
			to = x.right.lo
		}
		if x.End >= start && to-x.End >= n {
			if addr = (x.End + align - 1) &^ (align - 1); addr <= to-n {
				return true
			}
		}
		return look(x.right, next)
	}
	ok = look(t.root, high)
	return addr, ok
}
