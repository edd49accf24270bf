package mem

import (
	"sync"
	"unsafe"
)

// A page-table entry: physical address in the upper bits, these below. The first four are read by the engines
// (cpu/engine/nb.h); cow is ours: the frame is shared, a store must copy it first.
const (
	pteV   = 1 << 0
	pteR   = 1 << 1
	pteW   = 1 << 2
	pteX   = 1 << 3
	pteCOW = 1 << 4
	pteSys = 1 << 5 // alone: a frame of the processor's tables, see ldt.go; the engines read it too
)

type pte uint64

func (e pte) frame() Frame { return Frame(e >> PageShift) }
func mkpte(f Frame, flags pte) pte {
	return pte(f)<<PageShift | flags
}

// prot turns the four permission bits of an entry into ProtRead and friends, and back.
func protBits(prot uint8) pte {
	var b pte
	// As on most of NetBSD's processors, writing and executing imply reading.
	if prot != 0 {
		b |= pteR
	}
	if prot&ProtWrite != 0 {
		b |= pteW
	}
	if prot&ProtExec != 0 {
		b |= pteX
	}
	return b
}

const (
	nodeShift = 9
	nodeLen   = 1 << nodeShift
	levels    = 4
	vaBits    = PageShift + levels*nodeShift
	leafSpan  = 1 << (PageShift + nodeShift) // bytes that one leaf node covers
)

// node is one table of the radix tree; at the last level its words are entries, above they are node addresses.
// Nodes are off the Go heap because C walks them.
type node [nodeLen]uint64

var nodePool struct {
	sync.Mutex
	free []*node
	slab []node
}

func newNode() *node {
	p := &nodePool
	Charge(int64(unsafe.Sizeof(node{})))
	p.Lock()
	defer p.Unlock()
	if n := len(p.free); n > 0 {
		x := p.free[n-1]
		p.free = p.free[:n-1]
		*x = node{}
		return x
	}
	if len(p.slab) == 0 {
		const n = 256
		at, err := reserve(n * unsafe.Sizeof(node{}))
		if err != nil {
			panic("no address space for page tables: " + err.Error()) // ends the process that faulted
		}
		p.slab = unsafe.Slice((*node)(pointer(at)), n)
	}
	x := &p.slab[0]
	p.slab = p.slab[1:]
	return x
}

func freeNodes(ns []*node) {
	Charge(-int64(len(ns)) * int64(unsafe.Sizeof(node{})))
	nodePool.Lock()
	nodePool.free = append(nodePool.free, ns...)
	nodePool.Unlock()
}

// pageTable maps guest pages to frames. Guest addresses are folded to 48 bits (sign-extended halves of the
// 64-bit architectures differ in bit 47).
type pageTable struct {
	root  *node
	nodes []*node
}

func newPageTable() pageTable {
	r := newNode()
	return pageTable{root: r, nodes: []*node{r}}
}

func toNode(w uint64) *node { return (*node)(pointer(uintptr(w))) }

// lookup finds va's entry, or nil if no table covers it.
func (t *pageTable) lookup(va uint64) *pte {
	n := t.root
	for l := levels - 1; l > 0; l-- {
		w := n[va>>(PageShift+l*nodeShift)&(nodeLen-1)]
		if w == 0 {
			return nil
		}
		n = toNode(w)
	}
	return (*pte)(&n[va>>PageShift&(nodeLen-1)])
}

// entry finds va's entry, making the tables on the way.
func (t *pageTable) entry(va uint64) *pte {
	n := t.root
	for l := levels - 1; l > 0; l-- {
		w := &n[va>>(PageShift+l*nodeShift)&(nodeLen-1)]
		if *w == 0 {
			x := newNode()
			t.nodes = append(t.nodes, x)
			*w = uint64(uintptr(unsafe.Pointer(x)))
		}
		n = toNode(*w)
	}
	return (*pte)(&n[va>>PageShift&(nodeLen-1)])
}

// each calls f for every valid entry of [start, end), in order, skipping what has no tables.
func (t *pageTable) each(start, end uint64, f func(va uint64, e *pte)) {
	t.walk(t.root, levels-1, start, end-1, start&^(1<<vaBits-1), f)
}

func (t *pageTable) walk(n *node, level int, start, last, base uint64, f func(uint64, *pte)) {
	shift := PageShift + level*nodeShift
	lo, hi := 0, nodeLen-1
	if start > base {
		lo = int((start - base) >> shift)
	}
	if d := (last - base) >> shift; d < nodeLen {
		hi = int(d)
	}
	for i := lo; i <= hi; i++ {
		w := &n[i]
		if *w == 0 {
			continue
		}
		va := base + uint64(i)<<shift
		if level == 0 {
			if *w&pteV != 0 {
				f(va, (*pte)(w))
			}
			continue
		}
		t.walk(toNode(*w), level-1, start, last, va, f)
	}
}

// free gives all tables back; the entries' frames must have been released before.
func (t *pageTable) free() {
	freeNodes(t.nodes)
	*t = pageTable{}
}
