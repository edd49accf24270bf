package probe

import (
	"sync"

	"nbemu/abi"
	"nbemu/cpu"
	"nbemu/kern"
)

// Compares watches instructions that compare two integers.
type Compares struct {
	// In reports whether instructions at an address are watched. nil: all are.
	In func(pc uint64) bool
	// Compared is told what the instruction at pc compares, and how many bytes both have.
	Compared func(pc uint64, c Comparison)

	mu   sync.Mutex
	next map[*kern.LWP][]placed // what the next run will compare
}

// Comparison is what such an instruction compares: two integers of so many bytes.
type Comparison struct {
	A, B uint64
	Size int
}

type placed struct {
	pc uint64
	c  Comparison
}

// Blocks is what has it told: runs of one instruction, of a block where none is watched.
func (w *Compares) Blocks() *kern.Blocks {
	w.next = map[*kern.LWP][]placed{}
	return &kern.Blocks{Room: 1, Ran: w.ran, Before: w.before, Single: w.watches}
}

func (w *Compares) watches(l *kern.LWP) bool { return w.In == nil || w.In(l.Ctx.R[l.Proc.Arch.PC]) }

func (w *Compares) before(l *kern.LWP) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.next[l] = w.next[l][:0]
	if !w.watches(l) {
		return
	}
	d := decoder{a: l.Proc.Arch, r: &l.Ctx.R, read: func(b []byte, at uint64) bool { return l.Proc.VM.PokeRead(b, at) == abi.OK }}
	pc := d.r[d.a.PC]
	if c, ok := d.at(pc); ok {
		w.next[l] = append(w.next[l], placed{pc, c})
	}
}

// ran tells what was compared. A run that ended in a page fault is made again.
func (w *Compares) ran(l *kern.LWP, b []cpu.Block) {
	w.mu.Lock()
	next := w.next[l]
	w.mu.Unlock()
	if len(b) == 0 || l.Ctx.Trap == cpu.TrapFault {
		return
	}
	for _, n := range next {
		w.Compared(n.pc, n.c)
	}
}

// Leave is told that l's process gives up its address space.
func (w *Compares) Leave(l *kern.LWP) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.next, l)
}
