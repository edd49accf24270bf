package mem

import (
	"fmt"
	"math/bits"
	"math/rand/v2"
	"testing"

	"nbemu/abi"
)

// slowFind is findSpace over a list.
func (s *Space) slowFind(hint, n, align uint64, topDown bool) (uint64, bool) {
	align = max(align, PageSize)
	list := s.Maps()
	free := func(addr uint64) bool {
		for _, e := range list {
			if e.Start < addr+n && addr < e.End {
				return false
			}
		}
		return addr >= s.Min && addr <= s.Max-n
	}
	if topDown {
		for addr := min(max(hint, s.Min), s.Max-n) &^ (align - 1); addr >= s.Min; addr -= align {
			if free(addr) {
				return addr, true
			}
		}
		return 0, false
	}
	for addr := (max(hint, s.Min) + align - 1) &^ (align - 1); addr <= s.Max-n; addr += align {
		if free(addr) {
			return addr, true
		}
	}
	return 0, false
}

// check holds what the tree's nodes know against a walk.
func (t *entries) check(tt *testing.T, x *Entry) (n int) {
	tt.Helper()
	if x == nil {
		return 0
	}
	for _, c := range []*Entry{x.left, x.right} {
		if c != nil && (c.up != x || c.prio > x.prio) {
			tt.Fatalf("%#x is not in its place below %#x", c.Start, x.Start)
		}
	}
	n = t.check(tt, x.left) + t.check(tt, x.right) + 1
	old := x.treeNode
	if x.sum(); old != x.treeNode {
		tt.Fatalf("%#x knows %+v of those below it, which is %+v", x.Start, old, x.treeNode)
	}
	if p := x.prev(); p != nil && (p.End > x.Start || p.next() != x) {
		tt.Fatalf("%#x comes before %#x", p.Start, x.Start)
	}
	return n
}

// Searches find the same places as in a list, whatever was mapped, unmapped, protected, locked and moved in between.
func TestFindSpaceList(t *testing.T) {
	const low, high, pages = 0x10000, 0x10000 + 64*PageSize, 64
	r := rand.New(rand.NewPCG(3, 4))
	for range 200 {
		s := NewSpace(low, high)
		hints := []uint64{0, low, low + 40*PageSize, high}
		for range 200 {
			at, size := low+r.Uint64N(pages)*PageSize, (1+r.Uint64N(5))*PageSize
			prot := []uint8{ProtRead, ProtRead | ProtWrite}[r.IntN(2)]
			switch r.IntN(8) {
			case 0, 1:
				_ = s.Unmap(at, size)
				continue
			case 2:
				_ = s.Protect(at, size, prot)
				continue
			case 3:
				_ = s.Wire(at, size)
				continue
			case 4:
				_, _ = s.Remap(RemapArgs{Old: at, OldLen: size, New: high, NewLen: size})
				continue
			}
			hint, align, down := hints[r.IntN(len(hints))], uint64(PageSize)<<r.IntN(3), r.IntN(2) == 0
			a, ok := s.findSpace(hint, size, align, down)
			b, slow := s.slowFind(hint, size, align, down)
			if ok != slow || ok && a != b {
				t.Fatalf("%#x bytes at %#x (from above: %v): %#x, %v; in a list %#x, %v", size, hint, down, a, ok, b, slow)
			}
			if ok {
				if _, err := s.Map(MapArgs{Addr: a, Len: size, Fixed: true, Prot: prot}); err != abi.OK {
					t.Fatal(err)
				}
			}
			list := s.Maps()
			if n := s.ents.check(t, s.ents.root); n != len(list) {
				t.Fatalf("%d entries, %d in the list", n, len(list))
			}
			var mapped, wired uint64
			for _, e := range list {
				mapped += e.End - e.Start
				if e.Wired {
					wired += e.End - e.Start
				}
			}
			if s.Size() != mapped || s.Wired() != wired {
				t.Fatalf("%#x bytes, %#x locked, want %#x and %#x", s.Size(), s.Wired(), mapped, wired)
			}
		}
		s.Unref()
	}
}

// manyMaps makes n mappings that do not join, with holes that are too small for one more.
func manyMaps(tb testing.TB, n int) *Space {
	s := NewSpace(0x1000, 1<<46)
	for i := range n {
		prot := []uint8{ProtRead, ProtRead | ProtWrite}[i%2]
		if _, err := s.Map(MapArgs{Addr: 1 << 45, Len: 2 * PageSize, TopDown: true, Prot: prot}); err != abi.OK {
			tb.Fatal(err)
		}
		if i%8 == 7 { // a hole of one page
			if err := s.Unmap(s.ents.first().Start, PageSize); err != abi.OK {
				tb.Fatal(err)
			}
		}
	}
	return s
}

// TestMapGrowth counts what calls look at among few and many mappings: it grows with the logarithm of their number.
func TestMapGrowth(t *testing.T) {
	for _, n := range []int{1000, 100000} {
		s := manyMaps(t, n)
		r := rand.New(rand.NewPCG(1, 2))
		where := func() uint64 { return 1<<45 - r.Uint64N(uint64(n))*2*PageSize }
		const times = 1000
		for name, call := range map[string]func(){
			"mmap from above": func() {
				_, _ = s.Map(MapArgs{Addr: where(), Len: 2 * PageSize, TopDown: true, Prot: ProtExec})
			},
			"mmap from below": func() { _, _ = s.Map(MapArgs{Addr: where(), Len: 2 * PageSize, Prot: ProtExec}) },
			"munmap":          func() { _ = s.Unmap(where(), PageSize) },
			"mprotect":        func() { _ = s.Protect(where(), PageSize, 0) },
			"mlock":           func() { _ = s.Wire(where(), PageSize) },
			"munlock":         func() { _ = s.Unwire(where(), PageSize) },
			"a fault":         func() { _ = s.Fault(where(), ProtRead) },
			"size":            func() { _ = s.Size() + s.Wired() },
		} {
			s.ents.steps = 0
			for range times {
				call()
			}
			if got, most := s.ents.steps/times, uint64(10*bits.Len(uint(n))); got > most {
				t.Errorf("%s among %d mappings looks at %d of them, at most %d were expected", name, n, got, most)
			}
		}
		s.Unref()
	}
}

// BenchmarkMap maps and unmaps among n mappings that do not join: the time for each must hardly grow with n.
func BenchmarkMap(b *testing.B) {
	for _, n := range []int{1000, 10000, 100000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			s := manyMaps(b, n)
			r := rand.New(rand.NewPCG(1, 2))
			for b.Loop() {
				at := 1<<45 - r.Uint64N(uint64(n))*2*PageSize
				a, err := s.Map(MapArgs{Addr: at, Len: 2 * PageSize, TopDown: true, Prot: ProtExec})
				if err != abi.OK {
					b.Fatal(err)
				}
				if err := s.Unmap(a, 2*PageSize); err != abi.OK {
					b.Fatal(err)
				}
			}
			s.Unref()
		})
	}
}

// BenchmarkMapMany makes n mappings one after another.
func BenchmarkMapMany(b *testing.B) {
	for _, n := range []int{1000, 10000, 100000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			for b.Loop() {
				manyMaps(b, n).Unref()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/map")
		})
	}
}
