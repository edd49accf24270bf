package mem

import (
	"testing"

	"nbemu/abi"
)

// watcher is a processor that is in guest code until it has been asked to leave.
type watcher struct {
	asked  bool
	before func() // what must still hold before it has left
}

func (w *watcher) Changed() { w.asked = true }

func (w *watcher) Forgot(uint64) bool {
	w.before()
	return w.asked
}

// TestShootdown holds frames and entries against a processor that still uses what it has looked up.
func TestShootdown(t *testing.T) {
	s := NewSpace(testMin, testMax)
	defer s.Unref()
	va, err := s.Map(MapArgs{Addr: testMin, Len: 4 * PageSize, Prot: ProtRead | ProtWrite, Fixed: true})
	if err != abi.OK {
		t.Fatal(err)
	}
	if r := s.Fault(va, ProtWrite); r != FaultOK {
		t.Fatal(r)
	}
	f := s.pt.lookup(va).frame()
	gen := s.Gen()
	w := &watcher{before: func() { t.Error("asked without need") }}
	s.Attach(w)
	if s.changed(); w.asked {
		t.Error("a space of one processor at a time has its processors interrupted")
	}
	s.SetParallel()

	step := func(what string, before func() bool, do func()) {
		t.Helper()
		gen = s.Gen()
		w.asked = false
		w.before = func() {
			if !before() {
				t.Errorf("%s: too early", what)
			}
			if s.Gen() == gen {
				t.Errorf("%s: the generation is the old one", what)
			}
		}
		do()
		if !w.asked {
			t.Errorf("%s: the processor was not asked", what)
		}
	}
	writable := func() bool { return *s.pt.lookup(va)&pteW != 0 }
	step("mprotect", func() bool { return !writable() }, func() { s.Protect(va, PageSize, ProtRead) })
	step("mprotect back", writable, func() { s.Protect(va, PageSize, ProtRead|ProtWrite) })

	var c *Space
	step("fork", func() bool { return !writable() }, func() { c, _ = s.Fork() })
	// A copy is not used as long as somebody may read from the page that it is of; and that one is kept, because a call
	// may have it in its hands.
	step("a store after fork", func() bool { return *s.pt.lookup(va) == 0 && f.shared() }, func() { s.Fault(va, ProtWrite) })
	if !f.shared() || s.pt.lookup(va).frame() == f {
		t.Error("the old page is not the child's alone, but not before the next call that changes the space")
	}
	f = s.pt.lookup(va).frame()
	refs := func() bool { return phys.refs[f].Load() == 1 }
	step("munmap", func() bool { return *s.pt.lookup(va) == 0 && refs() }, func() { s.Unmap(va, PageSize) })
	if refs() {
		t.Error("munmap: the frame was kept")
	}
	c.Unref()
	s.Detach(w)
	w.before = func() { t.Error("asked after it was detached") }
	s.changed()
}
