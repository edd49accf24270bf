package cpu_test

import (
	"encoding/binary"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"

	"nbemu/abi"
	"nbemu/cpu"
	"nbemu/mem"
)

// Where the tests of changing code have what: all of it falls into one entry of a small TLB, so that each access
// evicts another.
const (
	codeExec   = 0x800000 // a shared object, to be executed
	codeExec2  = 0x900000 // the same
	codeStore  = 0x600000 // the same, to be stored to by the machine's store program
	codeWriter = 0x700000 // the store program
	codeOthers = 0xa00000 // more pages that conflict with the others
	numOthers  = 12
)

// codeRig is a page of code with several addresses, and programs that execute and change it.
type codeRig struct {
	t   *testing.T
	m   *machine
	s   *mem.Space
	obj mem.Object
	off uint64    // of the code in the page
	n   [2]uint32 // the words that make the code answer 20 and 21
}

func newCodeRig(t *testing.T, m *machine, obj mem.Object) *codeRig {
	r := &codeRig{t: t, m: m, s: mem.NewSpace(0x1000, m.arch.UserMax), obj: obj, off: m.StoreAddr & 0xfff}
	t.Cleanup(r.s.Unref)
	const rx, rw = mem.ProtRead | mem.ProtExec, mem.ProtRead | mem.ProtWrite
	r.share(codeExec, rx)
	r.share(codeExec2, rx)
	r.share(codeStore, rw)
	r.private(codeWriter, m.Store+m.Call21)
	for i := range uint64(numOthers) {
		r.private(codeOthers+i<<20, m.Call21)
	}
	r.private(stackBase, "")
	order := m.order()
	for i, text := range []string{m.Call, m.Call21} {
		r.n[i] = order.Uint32(code(t, text))
	}
	return r
}

func (m *machine) order() binary.ByteOrder {
	if m.arch.ELFData == 1 {
		return binary.LittleEndian
	}
	return binary.BigEndian
}

func (r *codeRig) share(addr uint64, prot uint8) {
	r.s.Map(mem.MapArgs{Addr: addr, Len: mem.PageSize, Prot: prot, Fixed: true, Shared: true, Obj: r.obj})
}

func (r *codeRig) private(addr uint64, text string) {
	r.s.Map(mem.MapArgs{Addr: addr, Len: mem.PageSize, Prot: mem.ProtAll, Fixed: true})
	r.s.Copyout(code(r.t, text), addr)
}

// put has the kernel write the code that answers 20+which.
func (r *codeRig) put(which int) {
	text := code(r.t, []string{r.m.Call, r.m.Call21}[which])
	if err := r.s.Copyout(text, codeStore+r.off); err != abi.OK {
		r.t.Fatal(err)
	}
}

// start makes a context that begins at pc.
func (r *codeRig) start(pc uint64) *cpu.Context {
	c := &cpu.Context{}
	c.R[r.m.arch.SP] = stackBase + 0x800
	c.R[r.m.arch.SP] -= r.m.arch.StackBias
	r.m.start(c)
	c.R[r.m.arch.PC] = pc
	if r.m.arch.NPC != 0 {
		c.R[r.m.arch.NPC] = pc + 4
	}
	return c
}

// exec executes the code at base on e and says what it answered.
func (r *codeRig) exec(e cpu.Engine, base uint64) uint64 {
	c := r.start(base)
	run(e, c, r.s)
	if c.Trap != cpu.TrapSyscall {
		r.t.Fatalf("at %#x: trap %d vector %#x addr %#x pc %#x", base, c.Trap, c.Vector, c.Addr, c.R[r.m.arch.PC])
	}
	return c.R[r.m.Reg]
}

// store has the guest store the word that makes the code answer 20+which.
func (r *codeRig) store(e cpu.Engine, which int) {
	c := r.start(codeWriter)
	c.R[r.m.StoreReg] = uint64(r.n[which])
	run(e, c, r.s)
	if c.Trap != cpu.TrapSyscall {
		r.t.Fatalf("store: trap %d vector %#x addr %#x pc %#x", c.Trap, c.Vector, c.Addr, c.R[r.m.arch.PC])
	}
}

// evict fills the TLB entry of all the addresses above, and what is behind it, with other pages.
func (r *codeRig) evict(e cpu.Engine) {
	for i := range uint64(numOthers) {
		r.exec(e, codeOthers+i<<20)
	}
}

// TestCodeAliases: two mappings to execute and one to store through, several times, as a compiler at run time has them.
func TestCodeAliases(t *testing.T) {
	each(t, func(t *testing.T, m *machine) {
		r := newCodeRig(t, m, mem.NewAnon())
		e := m.engine(t)
		r.put(0)
		for i := range 6 {
			want := uint64(20 + i%2)
			if i > 0 {
				r.store(e, i%2)
			}
			for _, base := range []uint64{codeExec, codeExec2, codeExec} {
				if got := r.exec(e, base+r.off); got != want {
					t.Fatalf("round %d at %#x: %d, not %d: stale translation", i, base, got, want)
				}
			}
		}
	})
}

// TestCodeStoredTo: one mapping to execute and to store to, with and without evictions in between.
func TestCodeStoredTo(t *testing.T) {
	each(t, func(t *testing.T, m *machine) {
		r := newCodeRig(t, m, mem.NewAnon())
		r.share(codeStore, mem.ProtAll)
		e := m.engine(t)
		r.put(0)
		for i := range 8 {
			if i > 0 {
				r.store(e, i%2)
			}
			if i&2 != 0 {
				r.evict(e)
			}
			if got := r.exec(e, codeStore+r.off); got != uint64(20+i%2) {
				t.Fatalf("round %d: %d: stale translation", i, got)
			}
		}
	})
}

// TestCodeReadFirst: code that was read as data before it is executed, and then changed by the kernel.
func TestCodeReadFirst(t *testing.T) {
	each(t, func(t *testing.T, m *machine) {
		s, c := m.load(t, m.Incr)
		s.Map(mem.MapArgs{Addr: 0x500000, Len: mem.PageSize, Prot: mem.ProtRead | mem.ProtExec, Fixed: true})
		e := m.engine(t)
		for i, text := range []string{m.Call, m.Call21, m.Call, m.Call21} {
			s.Poke(code(t, text), 0x500100)
			// Its load fills the TLB, its store is refused.
			m.start(c)
			run(e, c, s)
			if c.Trap != cpu.TrapFault {
				t.Fatalf("trap %d vector %#x", c.Trap, c.Vector)
			}
			m.start(c)
			c.R[m.arch.PC] = 0x500100
			if m.arch.NPC != 0 {
				c.R[m.arch.NPC] = 0x500104
			}
			run(e, c, s)
			if c.Trap != cpu.TrapSyscall || c.R[m.Reg] != uint64(20+i%2) {
				t.Fatalf("round %d: trap %d result %d: stale translation", i, c.Trap, c.R[m.Reg])
			}
		}
	})
}

// TestCodeFrameReused: the frame of code that is gone holds other code, at the same address and at another one.
func TestCodeFrameReused(t *testing.T) {
	each(t, func(t *testing.T, m *machine) {
		r := newCodeRig(t, m, mem.NewAnon())
		e := [2]cpu.Engine{m.engine(t), m.engine(t)}
		for i := range 8 {
			base := uint64(codeOthers + i&2<<20)
			r.private(base, []string{m.Call, m.Call21}[i%2])
			for k := range e {
				if got := r.exec(e[k], base); got != uint64(20+i%2) {
					t.Fatalf("round %d, processor %d: %d: stale translation", i, k, got)
				}
			}
			r.s.Unmap(base, mem.PageSize)
		}
	})
}

// TestCodeModel changes and executes a page in every way there is, in random order, on three processors and from two
// address spaces, and holds the answers against what is in memory.
func TestCodeModel(t *testing.T) {
	each(t, func(t *testing.T, m *machine) {
		obj := mem.NewAnon()
		rigs := []*codeRig{newCodeRig(t, m, obj), newCodeRig(t, m, obj)}
		e := []cpu.Engine{m.engine(t), m.engine(t), m.engine(t)}
		rnd := rand.New(rand.NewPCG(1, 2))
		which := 0
		rigs[0].put(0)
		var last [8]int
		for i := range turns(100000) {
			r, k := rigs[rnd.IntN(2)], rnd.IntN(len(e))
			op := rnd.IntN(12)
			copy(last[1:], last[:])
			last[0] = op
			switch op {
			case 0, 1, 2:
				which = rnd.IntN(2)
				r.store(e[k], which)
			case 3:
				which = rnd.IntN(2)
				r.put(which)
			case 4:
				which = rnd.IntN(2)
				text := code(t, []string{m.Call, m.Call21}[which])
				b, _ := r.s.Slices(nil, codeStore+r.off, uint64(len(text)), true)
				copy(b[0], text)
				r.s.Stored(codeStore+r.off, uint64(len(text)))
			case 5:
				r.evict(e[k])
			case 6:
				r.s.Protect(codeStore, mem.PageSize, []uint8{mem.ProtRead | mem.ProtWrite, mem.ProtAll}[rnd.IntN(2)])
			default:
				base := []uint64{codeExec, codeExec2}[rnd.IntN(2)]
				if got := r.exec(e[k], base+r.off); got != uint64(20+which) {
					t.Fatalf("step %d: %d, not %d: stale translation; the last steps were %v", i, got, 20+which, last)
				}
			}
		}
	})
}

// TestCodeChangedUnderneath: a processor in an endless loop sees that another one ends it, with a store.
func TestCodeChangedUnderneath(t *testing.T) {
	each(t, func(t *testing.T, m *machine) {
		obj := mem.NewAnon()
		spin, change := newCodeRig(t, m, obj), newCodeRig(t, m, obj)
		// The loop's first word stands for the first of the call; a branch has its delay slot.
		text, loop := code(t, m.Call21), code(t, m.Loop)
		rest := text[4:]
		if len(loop) == 8 {
			rest = append(code(t, m.Nop), rest...)
		}
		text = append(append([]byte{}, text[:4]...), rest...)
		copy(text[:4], loop)
		spin.s.Copyout(text, codeStore+spin.off)
		e, other := m.engine(t), m.engine(t)
		c := spin.start(codeExec + spin.off)
		// So that the other one can store without being asked.
		change.store(other, 1)
		spin.s.Copyout(text, codeStore+spin.off)
		change.exec(other, codeOthers)
		done := make(chan struct{})
		go func() {
			for run(e, c, spin.s); c.Trap == cpu.TrapStop; {
				run(e, c, spin.s)
			}
			close(done)
		}()
		for !c.InUser() {
		}
		change.store(other, 1)
		<-done
		if c.Trap != cpu.TrapSyscall || c.R[m.Reg] != 21 {
			t.Fatalf("trap %d result %d pc %#x", c.Trap, c.R[m.Reg], c.R[m.arch.PC])
		}
	})
}

// TestCodeBuffer translates more than an engine keeps: the host's memory does not grow with it.
func TestCodeBuffer(t *testing.T) {
	if testing.Short() {
		t.Skip("half a gigabyte of translated code")
	}
	resident := func() int {
		b, err := os.ReadFile("/proc/self/statm")
		if err != nil {
			t.Skip(err)
		}
		n, err := strconv.Atoi(strings.Fields(string(b))[1])
		if err != nil {
			t.Fatal(err)
		}
		return n * os.Getpagesize() >> 20
	}
	m := find("amd64")
	e := m.engine(t)
	// mov $0x500000,%eax; incl (%rax), many times; then the answer
	s, c := m.load(t, "b800005000"+strings.Repeat("ff00", 1900)+m.Call21)
	before, most := resident(), 0
	for i := range 1200 {
		s.Copyout([]byte{0xff}, textBase+5) // as it was, and to be translated again
		m.start(c)
		for run(e, c, s); c.Trap == cpu.TrapStop; {
			run(e, c, s)
		}
		if c.Trap != cpu.TrapSyscall || c.R[m.Reg] != 21 {
			t.Fatalf("round %d: trap %d vector %d pc %#x", i, c.Trap, c.Vector, c.R[m.arch.PC])
		}
		if i%20 == 0 {
			most = max(most, resident()-before)
		}
	}
	after := resident() - before
	t.Logf("%d MiB at most, %d at the end", most, after)
	if after > most-100 {
		t.Errorf("%d MiB of %d are left", after, most)
	}
	if most > 400 {
		t.Errorf("%d MiB more than before", most)
	}
}
