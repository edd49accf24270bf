package mem

import (
	"testing"

	"nbemu/abi"
)

func get(t *testing.T, s *Space, va uint64) int {
	t.Helper()
	var b [1]byte
	if s.Copyin(b[:], va) != abi.OK {
		return -1
	}
	return int(b[0])
}

func put(t *testing.T, s *Space, va uint64, c byte) {
	t.Helper()
	if err := s.Copyout([]byte{c}, va); err != abi.OK {
		t.Fatalf("store to %#x: %v", va, err)
	}
}

func expect(t *testing.T, what string, got, want int) {
	t.Helper()
	if got != want {
		t.Errorf("%s: %d, not %d", what, got, want)
	}
}

func TestRemap(t *testing.T) {
	const page, rw = uint64(PageSize), ProtRead | ProtWrite
	before := InUse()
	s := NewSpace(testMin, testMax)
	at := func(i int) uint64 { return testMin + uint64(i)*page }
	mustMap(t, s, MapArgs{Addr: at(0), Len: 2 * page, Prot: rw, Fixed: true})
	mustMap(t, s, MapArgs{Addr: at(2), Len: 2 * page, Prot: ProtRead, Fixed: true})
	mustMap(t, s, MapArgs{Addr: at(20), Len: page, Prot: rw, Fixed: true})
	put(t, s, at(1), 1)
	put(t, s, at(20), 20)

	if _, err := s.Remap(RemapArgs{Old: at(0), OldLen: 4 * page, New: at(18), NewLen: 4 * page, Fixed: true}); err != abi.ENOMEM {
		t.Errorf("to a place that is taken: %v", err)
	}
	if _, err := s.Remap(RemapArgs{Old: at(0), OldLen: 4 * page, New: at(18), NewLen: 5 * page, Fixed: true, Replace: true, Hollow: true}); err != abi.OK {
		t.Error(err)
	}
	expect(t, "what was moved", get(t, s, at(19)), 1)
	expect(t, "what was in its way", get(t, s, at(20)), 0)
	expect(t, "the hollow place", get(t, s, at(1)), 0)
	if err := s.Protect(at(18), 5*page, rw); err != abi.OK {
		t.Errorf("the new place has a hole: %v", err)
	}

	va, err := s.Remap(RemapArgs{Old: at(19), OldLen: page, New: testMax, NewLen: page, Dup: true})
	if err != abi.OK {
		t.Fatal(err)
	}
	put(t, s, va, 7)
	expect(t, "the first of two mappings", get(t, s, at(19)), 7)
	c := mustFork(t, s)
	put(t, c, va, 8)
	put(t, s, va, 9)
	expect(t, "the child's second", get(t, c, va), 8)
	expect(t, "the child's first", get(t, c, at(19)), 7)
	expect(t, "the parent's first", get(t, s, at(19)), 9)
	checkEntries(t, s)
	checkEntries(t, c)
	c.Unref()
	s.Unref()
	if n := InUse(); n != before {
		t.Errorf("%d frames are lost", n-before)
	}
}

// TestForkWithoutMemory: what a child must have of its own is all there, or there is no child.
func TestForkWithoutMemory(t *testing.T) {
	const n = 4 * PageSize
	dropIdle()
	before := InUse()
	s := NewSpace(testMin, testMax)
	mustMap(t, s, MapArgs{Addr: testMin, Len: n, Prot: ProtRead | ProtWrite, Fixed: true})
	for i := range uint64(4) {
		put(t, s, testMin+i*PageSize, 1)
	}
	if _, err := s.Remap(RemapArgs{Old: testMin, OldLen: n, New: testMax, NewLen: n, Dup: true}); err != abi.OK {
		t.Fatal(err)
	}
	SetLimit(uint64(InUse()+2) << PageShift)
	defer SetLimit(0)
	if c, err := s.Fork(); err != abi.ENOMEM {
		t.Errorf("fork: %v; the child's last page has %d", err, get(t, c, testMin+3*PageSize))
		c.Unref()
	}
	expect(t, "the parent's last page", get(t, s, testMin+3*PageSize), 1)
	s.Unref()
	if n := InUse(); n != before {
		t.Errorf("%d frames are lost", n-before)
	}
}

// TestHugeShared: second mappings, and sharing with children, of what is huge and empty are work for what is there only.
func TestHugeShared(t *testing.T) {
	const size = 1 << 44
	before := InUse()
	s := NewSpace(testMin, 1<<47)
	a, b := uint64(1<<45), uint64(1<<46)
	mustMap(t, s, MapArgs{Addr: a, Len: size, Prot: ProtRead | ProtWrite, Fixed: true})
	mustMap(t, s, MapArgs{Addr: b, Len: size, Prot: ProtRead | ProtWrite, Fixed: true})
	put(t, s, a+size/2, 7)
	put(t, s, b+size/2, 8)
	va, err := s.Remap(RemapArgs{Old: a, OldLen: size, New: 1 << 47, NewLen: size, Dup: true})
	if err != abi.OK {
		t.Fatal(err)
	}
	expect(t, "the second mapping", get(t, s, va+size/2), 7)
	if err := s.Inherit(b, size, InheritShare); err != abi.OK {
		t.Fatal(err)
	}
	c, err := s.Fork()
	if err != abi.OK {
		t.Fatal(err)
	}
	put(t, c, b+size/2, 9)
	expect(t, "what the child stored", get(t, s, b+size/2), 9)
	if err := s.Wire(a, size); err != abi.ENOMEM {
		t.Errorf("locked: %v, want ENOMEM", err)
	}
	c.Unref()
	s.Unref()
	if n := InUse(); n != before {
		t.Errorf("%d frames in use, %d before", n, before)
	}
}

// TestMaxMaps: calls that would make a mapping too many fail, and change nothing.
func TestMaxMaps(t *testing.T) {
	const page = uint64(PageSize)
	used := kernelUsed.Load()
	s := NewSpace(testMin, testMax)
	s.MaxMaps = 3
	for i := range uint64(3) {
		mustMap(t, s, MapArgs{Addr: testMin + 5*i*page, Len: 3 * page, Prot: ProtRead, Fixed: true})
	}
	mid := testMin + page
	for name, f := range map[string]func() abi.Errno{
		"map":     func() abi.Errno { _, err := s.Map(MapArgs{Len: page}); return err },
		"unmap":   func() abi.Errno { return s.Unmap(mid, page) },
		"protect": func() abi.Errno { return s.Protect(mid, page, 0) },
		"inherit": func() abi.Errno { return s.Inherit(mid, page, InheritNone) },
		"mark":    func() abi.Errno { return s.Restrict(mid, page, ProtRead) },
		"wire":    func() abi.Errno { return s.Wire(mid, page) },
		"move": func() abi.Errno {
			_, err := s.Remap(RemapArgs{Old: mid, OldLen: page, NewLen: page, New: testMax})
			return err
		},
	} {
		if err := f(); err != abi.ENOMEM {
			t.Errorf("%s: %v, want ENOMEM", name, err)
		}
	}
	if n := len(s.Maps()); n != 3 {
		t.Errorf("%d mappings, want 3", n)
	}
	if err := s.Unmap(testMin, 3*page); err != abi.OK {
		t.Errorf("unmap of a whole one: %v", err)
	}
	s.Unref()
	if n := kernelUsed.Load(); n != used {
		t.Errorf("%d bytes are counted, %d before", n, used)
	}
}
