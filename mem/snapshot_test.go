package mem

import (
	"bytes"
	"testing"

	"nbemu/abi"
)

// TestSnapshotRestore changes a space in every way that there is and takes all of it back.
func TestSnapshotRestore(t *testing.T) {
	s := NewSpace(0, 1<<47)
	defer s.Unref()
	mapAt := func(a MapArgs) uint64 {
		t.Helper()
		va, err := s.Map(a)
		if err != abi.OK {
			t.Fatal(err)
		}
		return va
	}
	rw := uint8(ProtRead | ProtWrite)
	data := mapAt(MapArgs{Addr: 0x10000, Len: 16 * PageSize, Prot: rw, Fixed: true})
	shared := mapAt(MapArgs{Addr: 0x100000, Len: 4 * PageSize, Prot: rw, Fixed: true, Shared: true})
	far := mapAt(MapArgs{Addr: 1 << 46, Len: 4 * PageSize, Prot: rw, Fixed: true})
	put := func(va uint64, str string) {
		t.Helper()
		if err := s.Copyout([]byte(str), va); err != abi.OK {
			t.Fatal(err)
		}
	}
	is := func(va uint64, want string) {
		t.Helper()
		b := make([]byte, len(want))
		if err := s.Copyin(b, va); err != abi.OK || !bytes.Equal(b, []byte(want)) {
			t.Errorf("%#x: %q, %v, want %q", va, b, err, want)
		}
	}
	put(data, "before")
	put(data+PageSize, "unmapped later")
	put(shared, "shared")
	put(far, "far")
	s.Brk = Break{1, 2, 3}
	before := InUse()
	n, err := s.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	var held int
	for round := range 3 {
		put(data, "after")
		put(data+5*PageSize, "new")
		put(shared, "SHARED")
		put(shared+2*PageSize, "new")
		put(far, "FAR")
		s.Brk.Cur = 9
		if err := s.Unmap(data+PageSize, PageSize); err != abi.OK {
			t.Fatal(err)
		}
		if err := s.Protect(data, PageSize, ProtRead); err != abi.OK {
			t.Fatal(err)
		}
		mapAt(MapArgs{Addr: 0x4000000, Len: PageSize, Prot: rw, Fixed: true})
		put(0x4000000, "another")
		if n.Restore() == 0 {
			t.Error("nothing was changed back")
		}
		is(data, "before")
		is(data+PageSize, "unmapped later")
		is(data+5*PageSize, "\x00\x00\x00")
		is(shared, "shared")
		is(shared+2*PageSize, "\x00\x00\x00")
		is(far, "far")
		if s.Mapped(0x4000000, PageSize) || s.Brk.Cur != 2 {
			t.Error("a mapping or the break is still there")
		}
		if round == 0 {
			held = InUse()
		} else if InUse() != held {
			t.Errorf("%d frames after round %d, %d after the first", InUse(), round, held)
		}
	}
	put(data, "after") // the page can be written again
	n.Restore()
	if got := n.Restore(); got != 0 {
		t.Errorf("%d pages changed back where nothing was changed", got)
	}
	n.Drop()
	is(data, "before")
	put(data, "and again")
	if InUse() > before+faultAhead+8 {
		t.Errorf("%d frames in use, %d before the snapshot", InUse(), before)
	}
}

// TestSnapshotRefuses names what cannot be brought back.
// What mlockall and the limit of stacks say of mappings to come is as it was, too.
func TestSnapshotFuture(t *testing.T) {
	s := NewSpace(0, 1<<47)
	defer s.Unref()
	s.GrowLimit(1 << 20)
	n, err := s.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	defer n.Drop()
	s.FutureTouched(true)
	s.GrowLimit(1 << 30)
	n.Restore()
	if s.wireFuture || s.futureTouched || s.growLimit != 1<<20 {
		t.Errorf("future mappings are locked: %v, as touched: %v; the limit is %d", s.wireFuture, s.futureTouched, s.growLimit)
	}
}

func TestSnapshotRefuses(t *testing.T) {
	s := NewSpace(0, 1<<47)
	defer s.Unref()
	if err := s.SetLDT([]uint64{1}, 0); err != abi.OK {
		t.Fatal(err)
	}
	before := InUse()
	if _, err := s.Snapshot(); err == nil {
		t.Error("a space with a descriptor table can be restored?")
	}
	if s.Refs() != 1 || InUse() != before {
		t.Error("the failed snapshot holds something")
	}
}

func BenchmarkSnapshotRestore(b *testing.B) {
	s := NewSpace(0, 1<<47)
	defer s.Unref()
	_, _ = s.Map(MapArgs{Addr: 0x10000, Len: 64 * PageSize, Prot: ProtRead | ProtWrite, Fixed: true})
	_ = s.Copyout(make([]byte, 64*PageSize), 0x10000)
	n, err := s.Snapshot()
	if err != nil {
		b.Fatal(err)
	}
	defer n.Drop()
	for b.Loop() {
		_ = s.Copyout([]byte{1}, 0x10000)
		_ = s.Copyout([]byte{1}, 0x20000)
		n.Restore()
	}
}
