package mem

import (
	"sync/atomic"
	"testing"

	"nbemu/abi"
)

// TestStoredDropsCode: what an engine translates from a page while the host stores to it is forgotten after the store,
// not only what was there before.
func TestStoredDropsCode(t *testing.T) {
	const pages = 3
	s := NewSpace(testMin, testMax)
	defer s.Unref()
	mustMap(t, s, MapArgs{Addr: testMin, Len: pages * PageSize, Prot: ProtAll, Fixed: true})
	views, err := s.Slices(nil, testMin+PageSize-1, PageSize+2, true)
	if err != abi.OK || len(views) == 0 {
		t.Fatal(views, err)
	}
	word := func(i int) (w *uint32, shift uint32) {
		f := s.pt.lookup(testMin + uint64(i)*PageSize).frame()
		return &phys.code.frames[f>>1], uint32(f&1) * 16
	}
	for i := range pages {
		w, shift := word(i)
		atomic.OrUint32(w, 1<<shift) // as an engine does before it reads
	}
	posted := atomic.LoadUint64(&phys.code.log.seq)
	s.Stored(testMin+PageSize-1, PageSize+2)
	for i := range pages {
		if w, shift := word(i); atomic.LoadUint32(w)>>shift&codeMask != 0 {
			t.Errorf("page %d keeps its translations", i)
		}
	}
	if n := atomic.LoadUint64(&phys.code.log.seq) - posted; n != pages {
		t.Errorf("engines are told of %d pages, not %d", n, pages)
	}
}
