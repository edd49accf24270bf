package mem

import (
	"sync/atomic"
	"unsafe"
)

// A page of a window can be gone when it is accessed: another process of the host cut the file short, or the host has
// no room for what is stored, or cannot read. The host answers with SIGBUS. Where that was translated code the guest
// gets the signal (cpu.TrapBus). Anywhere else the handler (cpu/bus.c) puts a page of zeros in the file's place, so
// that the access ends, and notes where; the one who copied looks whether there is a note, and the file's page is put
// back.

// busLog is what the handler writes; its layout is struct nb_buslog in cpu/engine/nb.h.
type busLog struct {
	hits   uint32
	_      uint32
	frames [64]uint64 // the last ones, by number of hit
}

// BusLog is the host address of the log that cpu's handler of SIGBUS writes.
func BusLog() uintptr { return uintptr(unsafe.Pointer(phys.bus)) }

// busHits is how often zeros took the place of a file's page.
func busHits() uint32 { return atomic.LoadUint32(&phys.bus.hits) }

var mended atomic.Uint32 // hits that mendWindows has seen to

// mendWindows puts files' pages back where the handler put zeros. No lock of this package is held, but for a space's.
func mendWindows() {
	n := busHits()
	from := mended.Load()
	if from == n || !mended.CompareAndSwap(from, n) {
		return
	}
	lost := map[Frame]bool{}
	for i := from; i != n; i++ {
		lost[Frame(phys.bus.frames[i%uint32(len(phys.bus.frames))])] = true
	}
	all := n-from > uint32(len(phys.bus.frames))
	files.Lock()
	defer files.Unlock()
	for _, o := range files.m {
		o.mu.Lock()
		for i := range o.wins {
			w := &o.wins[i]
			hit := all
			for f := range lost {
				hit = hit || f >= w.f && uint64(f-w.f) < w.n
			}
			if hit {
				_ = w.showFile(o.fd, o.write)
			}
		}
		o.mu.Unlock()
	}
}

// BusAddr is the guest address that shows the frame at physical address pa, for the signal of an access whose guest
// address is not known; false if none does.
func (s *Space) BusAddr(pa uint64) (va uint64, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for e := s.ents.first(); e != nil; e = e.next() {
		s.pt.each(e.Start, e.End, func(a uint64, p *pte) {
			if !ok && uint64(p.frame()) == pa>>PageShift {
				va, ok = a|pa&pageMask, true
			}
		})
	}
	return va, ok
}
