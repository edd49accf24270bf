package mem

// An engine whose processor cannot read the page tables as they are keeps tables of its own. What it has of a space
// hangs at the space as a Shadow, and goes with it.

// Shadow is an engine's copy of a space's page tables.
type Shadow interface {
	// Drop is called when the space is gone: nothing will run it again.
	Drop()
}

// Policy is what is known of a space about the kind of engine that it should run on.
type Policy interface {
	// Fork is the policy of the space that fork makes of this one.
	Fork() Policy
}

// Policy returns what SetPolicy has left; nil if it has not.
func (s *Space) Policy() Policy {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.policy
}

// SetPolicy leaves something with the space, and with those that fork makes of it.
func (s *Space) SetPolicy(p Policy) {
	s.mu.Lock()
	s.policy = p
	s.mu.Unlock()
}

// Bits of the words that Leaf and EachLeaf show; the frame's physical address is what is left without PTEFlags.
const (
	PTEValid  = pteV
	PTERead   = pteR
	PTEWrite  = pteW
	PTEExec   = pteX
	PTESystem = pteSys // without PTEValid: a page of the processor's tables, see LDTBase
	PTEFlags  = pageMask

	LeafShift = PageShift + nodeShift // log2 of the bytes that one leaf table covers
	LeafLen   = nodeLen

	// LDTBase is where the page tables have an i386 process' own local descriptor table.
	LDTBase = ldtBase
)

// LeafTable is one table of the last level.
type LeafTable = [LeafLen]uint64

// Shadow returns what an engine has left with SetShadow.
func (s *Space) Shadow() Shadow {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.shadow
}

// SetShadow leaves an engine's tables with the space. There can be one.
func (s *Space) SetShadow(x Shadow) {
	s.mu.Lock()
	s.shadow = x
	s.mu.Unlock()
}

// Leaf calls f with the table that has va's entry, if there is one, while the tables do not change. f only reads.
func (s *Space) Leaf(va uint64, f func(*LeafTable)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p := s.pt.leaf(va); p != nil {
		f((*LeafTable)(p))
	}
}

// EachLeaf calls f with every table of the last level and the first address that it covers, in ascending order, while
// the tables do not change, and returns the generation that they are of. f only reads.
func (s *Space) EachLeaf(f func(va uint64, t *LeafTable)) (gen uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pt.leaves(s.pt.root, levels-1, 0, f)
	return s.gen.Load()
}

// leaf is the table of the last level for va, nil if there is none.
func (t *pageTable) leaf(va uint64) *node {
	n := t.root
	for l := levels - 1; l > 0; l-- {
		w := n[va>>(PageShift+l*nodeShift)&(nodeLen-1)]
		if w == 0 {
			return nil
		}
		n = toNode(w)
	}
	return n
}

func (t *pageTable) leaves(n *node, level int, base uint64, f func(uint64, *LeafTable)) {
	if level == 0 {
		f(base, (*LeafTable)(n))
		return
	}
	for i, w := range n {
		if w != 0 {
			t.leaves(toNode(w), level-1, base+uint64(i)<<(PageShift+level*nodeShift), f)
		}
	}
}
