package mem

import (
	"math/bits"

	"golang.org/x/sys/unix"

	"nbemu/abi"
)

// A window is a stretch of a host file that the host shows in frames of the arena, shared: a guest's store is a
// store to the host's page of the file, which read(2), write(2), exec and every process of the host see. Windows
// lie at the end of the arena, away from memory of guests' own.
type window struct {
	first uint64 // number of the first page in the file
	n     uint64 // pages
	f     Frame  // of the first page
}

const (
	// minWindow is the smallest window in pages, and what its place in file and arena is a multiple of: no host has
	// larger pages than 64 KiB.
	minWindow = 16
	// maxWindow is the largest. A program that walks through a large file needs few of them: hosts limit how many
	// mappings a process has (65530 on Linux).
	maxWindow = 16384
)

// frameFile in a frame's flag byte: it is in a window, so that the host may answer an access with SIGBUS.
const frameFile = 2

// windowPlaces are the frames that windows can have; phys.mu protects it.
type windowPlaces struct {
	low  Frame       // no window begins below; frames for other memory end here
	free [32][]Frame // places that were used before, by the logarithm of their size
	used int         // windows there are
}

// maxWindows leaves the host's limit some room for threads, engines and libraries.
const maxWindows = 60000

// placeWindow finds n frames in sequence for a window, n a power of two; 0 if there are none.
func (a *arena) placeWindow(n uint64) Frame {
	a.mu.Lock()
	defer a.mu.Unlock()
	w := &a.win
	if w.used >= maxWindows {
		return 0
	}
	class := bits.Len64(n) - 1
	for c := class; c < len(w.free); c++ {
		k := len(w.free[c])
		if k == 0 {
			continue
		}
		f := w.free[c][k-1]
		w.free[c] = w.free[c][:k-1]
		for ; c > class; c-- { // the upper half is left over
			w.free[c-1] = append(w.free[c-1], f+1<<(c-1))
		}
		w.used++
		return f
	}
	// The ends of the largest places are where the next ones begin, so that none needs aligning by itself.
	for k := uint64(maxWindow); k >= n; k >>= 1 {
		if uint64(w.low) < uint64(a.next)+k {
			continue
		}
		w.low -= Frame(k)
		f := w.low
		for c := bits.Len64(k) - 1; c > class; c-- {
			w.free[c-1] = append(w.free[c-1], f+1<<(c-1))
		}
		w.used++
		return f
	}
	return 0
}

func (a *arena) freeWindowPlace(f Frame, n uint64) {
	a.mu.Lock()
	class := bits.Len64(n) - 1
	a.win.free[class] = append(a.win.free[class], f)
	a.win.used--
	a.mu.Unlock()
}

// showFile makes the host show a file in the frames of w. Errors: the host's.
func (w *window) showFile(fd int, write bool) error {
	prot := unix.PROT_READ
	if write {
		prot |= unix.PROT_WRITE
	}
	_, err := unix.MmapPtr(fd, int64(w.first<<PageShift), pointer(w.f.host()), uintptr(w.n)<<PageShift, prot, unix.MAP_SHARED|unix.MAP_FIXED)
	return err
}

// showNothing puts memory of no file back in a window's place.
func (w *window) showNothing() {
	_, _ = unix.MmapPtr(-1, 0, pointer(w.f.host()), uintptr(w.n)<<PageShift, unix.PROT_READ|unix.PROT_WRITE,
		unix.MAP_PRIVATE|unix.MAP_ANON|unix.MAP_NORESERVE|unix.MAP_FIXED)
}

// dropCode has all engines forget what they translated from w.
func (w *window) dropCode() {
	for f := w.f; f < w.f+Frame(w.n); f++ {
		phys.dropCode(f)
	}
}

// openWindow makes the window that has page idx of o, whose file has size bytes. o is locked. Errors: the host's,
// ENOMEM.
func (o *fileObject) openWindow(idx uint64, size int64) (*window, error) {
	n := uint64(minWindow)
	pages := (uint64(size) + pageMask) >> PageShift
	for n < pages && n < 512 || n < maxWindow && n*64 < pages {
		n *= 2
	}
	at := o.findWindow(idx)
	for ; n > minWindow && o.taken(at, idx&^(n-1), n); n /= 2 {
	}
	w := window{first: idx &^ (n - 1), n: n}
	for w.f == 0 {
		if w.f = phys.placeWindow(w.n); w.f == 0 {
			if w.n == minWindow {
				return nil, unix.ENOMEM
			}
			w.n /= 2
			w.first = idx &^ (w.n - 1)
		}
	}
	if err := w.showFile(o.fd, o.write); err != nil {
		phys.freeWindowPlace(w.f, w.n)
		return nil, err
	}
	for i := range Frame(w.n) {
		phys.refs[w.f+i].Store(1)
		phys.flags[w.f+i] = frameFile
	}
	at = o.findWindow(idx)
	o.wins = append(o.wins, window{})
	copy(o.wins[at+1:], o.wins[at:])
	o.wins[at] = w
	return &o.wins[at], nil
}

// findWindow returns the index of the first window that ends after page idx.
func (o *fileObject) findWindow(idx uint64) int {
	lo, hi := 0, len(o.wins)
	for lo < hi {
		if m := (lo + hi) / 2; o.wins[m].first+o.wins[m].n > idx {
			hi = m
		} else {
			lo = m + 1
		}
	}
	return lo
}

// taken reports whether a window around index at of o.wins has some of n pages from first on.
func (o *fileObject) taken(at int, first, n uint64) bool {
	return at > 0 && o.wins[at-1].first+o.wins[at-1].n > first || at < len(o.wins) && o.wins[at].first < first+n
}

// closeWindows gives all windows back. Nobody may have their frames any more.
func (o *fileObject) closeWindows() {
	for i := range o.wins {
		o.wins[i].showNothing()
	}
	for _, w := range append(o.wins, o.staleWins...) {
		w.dropCode()
		for f := w.f; f < w.f+Frame(w.n); f++ {
			phys.flags[f] = 0
			if phys.refs[f].Swap(0) != 1 {
				panic("mem: a page of a file is mapped after its object is gone")
			}
		}
		phys.freeWindowPlace(w.f, w.n)
	}
	o.wins, o.staleWins = nil, nil
}

// syncWindows has the host write pages [from, to) to the file's storage. Error: EIO.
func (o *fileObject) syncWindows(from, to uint64) (err abi.Errno) {
	o.mu.Lock()
	wins := append([]window(nil), o.wins...) // they stay while o is referenced
	o.mu.Unlock()
	for _, w := range wins {
		lo, hi := max(from, w.first), min(to, w.first+w.n)
		if lo >= hi {
			continue
		}
		lo &^= minWindow - 1
		if unix.Msync((w.f+Frame(lo-w.first)).run(int(hi-lo)), unix.MS_SYNC) != nil {
			err = abi.EIO
		}
	}
	return err
}
