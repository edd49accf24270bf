// Package mem is guest memory: frames in one host arena ("physical memory"), page tables that the engines'
// fill function walks, and the map of an address space with demand-zero, copy-on-write and file pages.
// It knows nothing of processes or system calls. With cpu/ it is the only package that uses unsafe.
//
// It is a part of nbemu and not for other modules: those import package machine.
package mem

import (
	"fmt"
	"sync"
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"
)

// PageShift and PageSize describe a frame. Architectures with larger pages use aligned runs of frames.
const (
	PageShift = 12
	PageSize  = 1 << PageShift
	pageMask  = PageSize - 1
)

// ArenaSize is how much physical memory guests can have in all, in bytes. It is address space until touched.
const ArenaSize = 64 << 30

// smallPages is the beginning of the arena that has pages of the host's usual size: the host clears a huge page as
// a whole at its first touch, which is more work than all of a short program. Larger ones gain by them, in faults
// of the host and in misses of its translation buffer.
const smallPages = 16 << 20

// Frame numbers one page of the arena; 0 is never handed out.
type Frame uint32

// ownFrames are the first frames, which belong to the engines (NB_OWNPAGES in cpu/engine/nb.h).
const ownFrames = 16

// arena is the machine's physical memory: every engine maps it whole, once.
type arena struct {
	base  uintptr
	refs  []atomic.Int32 // off heap, one per frame
	flags []byte         // off heap, one per frame; the engines read them
	code  codeWords      // which frames engines have translated

	mu   sync.Mutex
	next Frame   // frames from here on, up to win.low, were never used, hence zero
	free []Frame // recycled frames with their old contents
	cold []Frame // recycled frames whose host memory was given back: zero

	win windowPlaces

	bus *busLog
}

var phys, noArena = newArena()

// Ready says why there can be no guests in this process: the host did not give the address space that their memory
// needs. Nothing else of this package may be called then.
func Ready() error { return noArena }

func newArena() (*arena, error) {
	const n = ArenaSize >> PageShift
	a := &arena{next: ownFrames, win: windowPlaces{low: Frame(n)}}
	var refs, flags, words, log, bus uintptr
	for _, r := range []struct {
		at   *uintptr
		size uintptr
	}{{&a.base, ArenaSize}, {&refs, n * 4}, {&flags, n}, {&words, n * 2}, {&log, unsafe.Sizeof(codeLog{})}, {&bus, PageSize}} {
		var err error
		if *r.at, err = reserve(r.size); err != nil {
			return nil, fmt.Errorf("cannot reserve %d MiB of address space: %w; is there a limit (ulimit -v) on it?", r.size>>20, err)
		}
	}
	hugePages(a.base+smallPages, ArenaSize-smallPages)
	a.refs = unsafe.Slice((*atomic.Int32)(pointer(refs)), n)
	a.flags = unsafe.Slice((*byte)(pointer(flags)), n)
	a.code = codeWords{frames: unsafe.Slice((*uint32)(pointer(words)), n/2), log: (*codeLog)(pointer(log))}
	a.bus = (*busLog)(pointer(bus))
	return a, nil
}

// pointer is for host addresses outside the Go heap.
func pointer(p uintptr) unsafe.Pointer { return *(*unsafe.Pointer)(unsafe.Pointer(&p)) }

// reserve takes zeroed host memory that costs nothing until it is touched.
func reserve(n uintptr) (uintptr, error) {
	p, err := unix.MmapPtr(-1, 0, nil, n, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON|unix.MAP_NORESERVE)
	return uintptr(p), err
}

// Arena tells the engines where physical memory is: its host address and size in bytes, and the address of
// the frames' flag bytes.
func Arena() (base, size, flags uintptr) {
	return phys.base, ArenaSize, uintptr(unsafe.Pointer(&phys.flags[0]))
}

// host is the host address of a frame.
func (f Frame) host() uintptr { return phys.base + uintptr(f)<<PageShift }

// bytes is the host view of a frame.
func (f Frame) bytes() []byte {
	return unsafe.Slice((*byte)(pointer(f.host())), PageSize)
}

// alloc returns n zeroed frames in sequence that were never used before, each with one reference; false when
// the arena has no such sequence left.
func (a *arena) alloc(n int) (Frame, bool) {
	a.mu.Lock()
	f := a.next
	if uint64(f)+uint64(n) > uint64(a.win.low) || a.over(uint64(n)) {
		a.mu.Unlock()
		return 0, false
	}
	a.next += Frame(n)
	a.mu.Unlock()
	for i := range n {
		a.refs[f+Frame(i)].Store(1)
	}
	return f, true
}

// allocZero fills dst with zeroed frames, each with one reference, recycled ones first; false when memory is
// exhausted, and then dst is of no use.
func (a *arena) allocZero(dst []Frame) bool {
	a.mu.Lock()
	if a.over(uint64(len(dst))) {
		a.mu.Unlock()
		return false
	}
	used := min(len(dst), len(a.free))
	copy(dst, a.free[len(a.free)-used:])
	a.free = a.free[:len(a.free)-used]
	i := used
	for ; i < len(dst) && len(a.cold) > 0; i++ {
		dst[i] = a.cold[len(a.cold)-1]
		a.cold = a.cold[:len(a.cold)-1]
	}
	for ; i < len(dst); i++ {
		if a.next == a.win.low {
			a.free = append(a.free, dst[:i]...)
			a.mu.Unlock()
			return false
		}
		dst[i] = a.next
		a.next++
	}
	a.mu.Unlock()
	for i, f := range dst {
		if i < used {
			clear(f.bytes())
		}
		a.refs[f].Store(1)
	}
	return true
}

// allocOne returns one zeroed frame.
func (a *arena) allocOne() (Frame, bool) {
	var f [1]Frame
	ok := a.allocZero(f[:])
	return f[0], ok
}

// allocCopy returns a frame with the contents of src.
func (a *arena) allocCopy(src Frame) (Frame, bool) {
	a.mu.Lock()
	var f Frame
	if a.over(1) {
		// none
	} else if n := len(a.free); n > 0 {
		f = a.free[n-1]
		a.free = a.free[:n-1]
	} else if n := len(a.cold); n > 0 {
		f = a.cold[n-1]
		a.cold = a.cold[:n-1]
	} else if a.next < a.win.low {
		f = a.next
		a.next++
	}
	a.mu.Unlock()
	if f == 0 {
		return 0, false
	}
	a.refs[f].Store(1)
	copy(f.bytes(), src.bytes())
	return f, true
}

func (f Frame) ref()         { phys.refs[f].Add(1) }
func (f Frame) shared() bool { return phys.refs[f].Load() > 1 }

// unref drops a reference; the last one recycles the frame.
func (f Frame) unref() {
	switch n := phys.refs[f].Add(-1); {
	case n == 0:
		phys.recycle(f)
	case n < 0:
		panic("mem: frame freed twice")
	}
}

// keepFree is how many recycled frames are kept with their host memory; what is beyond goes back to the host.
const keepFree = 64 << 20 >> PageShift

func (a *arena) recycle(f Frame) {
	a.dropCode(f)
	a.mu.Lock()
	if len(a.free) < keepFree {
		a.free = append(a.free, f)
	} else if unix.Madvise(f.bytes(), unix.MADV_DONTNEED) == nil {
		a.cold = append(a.cold, f)
	} else {
		a.free = append(a.free, f)
	}
	a.mu.Unlock()
}

// InUse counts the frames that are referenced, for leak checks.
func InUse() int {
	phys.mu.Lock()
	defer phys.mu.Unlock()
	return int(phys.used())
}

// run is the host view of n frames in sequence.
func (f Frame) run(n int) []byte {
	return unsafe.Slice((*byte)(pointer(f.host())), n<<PageShift)
}

// extend lengthens a view by n bytes of the frames that follow it.
func extend(b []byte, n int) []byte {
	return unsafe.Slice(unsafe.SliceData(b), len(b)+n)
}
