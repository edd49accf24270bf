package mem

import (
	"math/rand/v2"
	"testing"

	"nbemu/abi"
)

// slowFind is findSpace from above without memory of earlier searches.
func (s *Space) slowFind(hint, n, align uint64) (uint64, bool) {
	s.full = fullRange{}
	return s.findSpace(hint, n, align, true)
}

// A search that remembers what was full finds the same place as one that does not, whatever was mapped and unmapped in
// between.
func TestFindSpaceRemembers(t *testing.T) {
	const min, max = 0x10000, 0x10000 + 64*PageSize
	r := rand.New(rand.NewPCG(3, 4))
	for range 200 {
		s := NewSpace(min, max)
		hints := []uint64{max, min + 40*PageSize}
		for range 200 {
			if r.IntN(3) == 0 {
				at := min + r.Uint64N(64)*PageSize
				if err := s.Unmap(at, (1+r.Uint64N(4))*PageSize); err != abi.OK && err != abi.EINVAL {
					t.Fatal(err)
				}
				continue
			}
			hint, n, align := hints[r.IntN(2)], (1+r.Uint64N(5))*PageSize, uint64(PageSize)<<r.IntN(3)
			known := s.full
			a, ok := s.findSpace(hint, n, align, true)
			b, slow := s.slowFind(hint, n, align)
			if ok != slow || ok && a != b {
				t.Fatalf("%#x bytes below %#x: %#x, %v; without %+v: %#x, %v", n, hint, a, ok, known, b, slow)
			}
			s.full = known
			if ok {
				if _, err := s.Map(MapArgs{Addr: a, Len: n, Fixed: true, Prot: ProtRead}); err != abi.OK {
					t.Fatal(err)
				}
			}
		}
		s.Unref()
	}
}

// BenchmarkMap is n mappings that do not join, placed from above: the time for each must not grow with n.
func BenchmarkMap(b *testing.B) {
	for _, n := range []int{1000, 10000, 100000} {
		b.Run(map[int]string{1000: "1000", 10000: "10000", 100000: "100000"}[n], func(b *testing.B) {
			for b.Loop() {
				s := NewSpace(0x1000, 1<<46)
				for i := range n {
					if _, err := s.Map(MapArgs{Addr: 1 << 45, Len: PageSize, TopDown: true, Prot: []uint8{ProtRead, ProtRead | ProtWrite}[i%2]}); err != abi.OK {
						b.Fatal(err)
					}
				}
				s.Unref()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/map")
		})
	}
}
