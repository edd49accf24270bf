package probe

import (
	"cmp"
	"slices"
	"sync"

	"nbemu/cpu"
	"nbemu/kern"
	"nbemu/mem"
)

// Coverage collects which blocks programs execute, how often, and from which they got there.
type Coverage struct {
	images *images

	mu     sync.Mutex // guards what follows
	spaces map[*mem.Space]*covSpace
	blocks map[blockKey]*covBlock
	edges  map[edgeKey]uint64
}

// blockKey is a block by its file and address there.
type blockKey struct {
	img  *image
	addr uint64
}

type edgeKey struct{ from, to blockKey }

type covBlock struct {
	size uint32
	n    uint64
}

// covSpace is what was executed in one address space, by address: found quickly, and booked to files later.
type covSpace struct {
	mu    sync.Mutex
	gone  bool // nobody looks for it any more: whoever still has it takes another
	gen   uint64
	epoch int         // how often nodes were booked
	exec  []mem.Entry // what could be executed when nodes were made
	nodes map[uint64]*node
}

// node is a block at an address.
type node struct {
	pc   uint64
	size uint32
	n    uint64
	next [2]edge           // where it went on, the first two ways
	more map[*node]*uint64 // and all others
}

type edge struct {
	to *node
	n  uint64
}

// lwpCoverage is what is known of an LWP between its runs.
type lwpCoverage struct {
	space  *covSpace
	vm     *mem.Space
	epoch  int
	last   *node  // the block that began last
	expect uint64 // where the program goes on if nothing comes between
	inside bool   // that is in the middle of last
}

// NewCoverage makes one.
func NewCoverage() *Coverage {
	return &Coverage{images: newImages(), spaces: map[*mem.Space]*covSpace{}, blocks: map[blockKey]*covBlock{}, edges: map[edgeKey]uint64{}}
}

// Blocks is what has it filled.
func (c *Coverage) Blocks() *kern.Blocks {
	return &kern.Blocks{Room: cpu.TraceLen, Ran: c.ran}
}

func (c *Coverage) ran(l *kern.LWP, b []cpu.Block) {
	st, _ := l.Watch.(*lwpCoverage)
	if st == nil {
		st = &lwpCoverage{}
		l.Watch = st
	}
	vm := l.Proc.VM
	if st.vm != vm {
		*st = lwpCoverage{space: c.space(vm), vm: vm}
	}
	st.space.mu.Lock()
	if st.space.gone {
		st.space.mu.Unlock()
		*st = lwpCoverage{space: c.space(vm), vm: vm}
		st.space.mu.Lock()
	}
	s := st.space
	defer s.mu.Unlock()
	if gen := vm.Gen(); gen != s.gen {
		s.gen = gen
		if now := executable(vm); !slices.EqualFunc(now, s.exec, sameEntry) {
			c.book(s)
			s.exec = now
		}
	}
	if st.epoch != s.epoch {
		st.epoch, st.last = s.epoch, nil
	}
	if len(b) > 0 {
		st.follow(s, b)
	}
	st.expect = l.Ctx.R[l.Proc.Arch.PC]
	st.inside = l.Ctx.Trap != cpu.TrapStop && st.last != nil && st.expect >= st.last.pc && st.expect < st.last.pc+uint64(st.last.size)
}

// follow books a run's blocks.
func (st *lwpCoverage) follow(s *covSpace, b []cpu.Block) {
	last := st.last
	switch {
	case last == nil:
	case b[0].PC&^1 != st.expect&^1: // a signal came between, or the registers were changed
		last = nil
	case st.inside && last.pc != b[0].PC: // a page fault was served, and the block goes on
		last.size = max(last.size, uint32(b[0].PC+uint64(b[0].Size)-last.pc))
		b = b[1:]
	case st.inside: // it begins again
		b = b[1:]
	}
	for i := range b {
		last = s.step(st.vm, last, &b[i])
	}
	st.last = last
}

// step books that a block was executed after another, which may be nil.
func (s *covSpace) step(vm *mem.Space, last *node, b *cpu.Block) *node {
	if last != nil {
		for i := range last.next {
			if e := &last.next[i]; e.to != nil && e.to.pc == b.PC {
				e.n++
				e.to.n++
				if b.Size > e.to.size {
					e.to.size = b.Size
				}
				return e.to
			}
		}
	}
	n := s.nodes[b.PC]
	if n == nil {
		n = &node{pc: b.PC, size: b.Size}
		s.nodes[b.PC] = n
		if (&space{maps: s.exec}).entry(b.PC) == nil {
			s.exec = executable(vm) // a mapping that is new
		}
	}
	n.size = max(n.size, b.Size)
	n.n++
	if last != nil {
		last.link(n)
	}
	return n
}

// link counts a way that is not one of the first two.
func (n *node) link(to *node) {
	for i := range n.next {
		if n.next[i].to == nil {
			n.next[i] = edge{to, 1}
			return
		}
	}
	if c := n.more[to]; c != nil {
		*c++
		return
	}
	if n.more == nil {
		n.more = map[*node]*uint64{}
	}
	one := uint64(1)
	n.more[to] = &one
}

func (c *Coverage) space(vm *mem.Space) *covSpace {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.spaces[vm]
	if s == nil {
		s = &covSpace{nodes: map[uint64]*node{}, gen: vm.Gen(), exec: executable(vm)}
		c.spaces[vm] = s
	}
	return s
}

func executable(vm *mem.Space) []mem.Entry {
	return slices.DeleteFunc(vm.Maps(), func(e mem.Entry) bool { return e.Prot&mem.ProtExec == 0 })
}

func sameEntry(a, b mem.Entry) bool {
	return a.Start == b.Start && a.End == b.End && a.Obj == b.Obj && a.Off == b.Off
}

// Leave is told that l's process gives up its address space.
func (c *Coverage) Leave(l *kern.LWP) {
	c.mu.Lock()
	s := c.spaces[l.Proc.VM]
	delete(c.spaces, l.Proc.VM)
	c.mu.Unlock()
	if s != nil {
		s.mu.Lock()
		defer s.mu.Unlock()
		c.book(s)
		s.gone = true
	}
}

// book moves what a space has to the files. s is locked.
func (c *Coverage) book(s *covSpace) {
	at := &space{c.images, s.exec}
	keys := map[*node]blockKey{}
	key := func(n *node) blockKey {
		k, ok := keys[n]
		if !ok {
			p := at.place(n.pc)
			k = blockKey{p.img, p.addr}
			keys[n] = k
		}
		return k
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, n := range s.nodes {
		k := key(n)
		b := c.blocks[k]
		if b == nil {
			b = &covBlock{}
			c.blocks[k] = b
		}
		b.size = max(b.size, n.size)
		b.n += n.n
		for _, e := range n.next {
			if e.to != nil {
				c.edges[edgeKey{k, key(e.to)}] += e.n
			}
		}
		for to, count := range n.more {
			c.edges[edgeKey{k, key(to)}] += *count
		}
	}
	s.nodes = map[uint64]*node{}
	s.epoch++
}

// finish books all that is left, and drops what was executed in no mapping that could be found.
func (c *Coverage) finish() {
	c.mu.Lock()
	rest := make([]*covSpace, 0, len(c.spaces))
	for _, s := range c.spaces {
		rest = append(rest, s)
	}
	clear(c.spaces)
	c.mu.Unlock()
	for _, s := range rest {
		s.mu.Lock()
		c.book(s)
		s.mu.Unlock()
	}
	delete(c.blocks, blockKey{})
}

// block is a covBlock with its place.
type block struct {
	blockKey
	covBlock
}

// sorted are all blocks, by file and address.
func (c *Coverage) sorted() []block {
	out := make([]block, 0, len(c.blocks))
	for k, b := range c.blocks {
		if k.img != nil {
			out = append(out, block{k, *b})
		}
	}
	slices.SortFunc(out, func(a, b block) int {
		return cmp.Or(cmp.Compare(a.img.id, b.img.id), cmp.Compare(a.addr, b.addr))
	})
	return out
}

// bounds are where a file's memory begins and ends, in its own addresses, and how far it was moved when it was first
// seen.
func (m *image) bounds() (low, high, moved uint64) {
	if m.file == nil {
		return m.start, m.end, 0
	}
	low, high = m.file.Bounds()
	off := uint64(0)
	if m.b != nil {
		off = m.off
	}
	if a, ok := m.file.Addr(off); ok {
		moved = m.start - a
	}
	return low, high, moved
}
