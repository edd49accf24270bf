package mem

import (
	"maps"
	"slices"
	"sync"
)

// FileWritten is called after n bytes at off of a file were written by descriptor: what was translated from them is
// translated anew. It costs nothing while the file is not mapped.
func FileWritten(k FileKey, off int64, n int) {
	o := lookupFile(k)
	if o == nil || n <= 0 {
		return
	}
	o.mu.Lock()
	for idx := uint64(off) >> PageShift; idx <= (uint64(off)+uint64(n)-1)>>PageShift; idx++ {
		if f, ok := o.cachedLocked(idx); ok {
			o.rewritten(idx, f)
		}
	}
	o.mu.Unlock()
	o.resized()
}

func (o *fileObject) rewritten(idx uint64, f Frame) {
	if o.copies != nil {
		o.refill(idx, f)
		return
	}
	phys.dropCode(f)
}

// FileTruncated is called after a file was made size bytes long: pages past the end are gone from all mappings.
func FileTruncated(k FileKey, size int64) {
	o := lookupFile(k)
	if o == nil {
		return
	}
	o.truncated((uint64(size) + pageMask) >> PageShift)
	if size&pageMask != 0 { // the rest of the last page is zero now
		FileWritten(k, size, 1)
	} else {
		o.resized()
	}
}

// resized gives pages that took the place of what is after the end of the file back, when the file has grown.
func (o *fileObject) resized() {
	o.mu.Lock()
	o.stamp = o.b.Stamp()
	if len(o.tails) == 0 {
		o.mu.Unlock()
		return
	}
	size, err := o.b.Size()
	gone := map[Frame]bool{}
	for idx, f := range o.tails {
		if err == nil && int64(idx<<PageShift) < size {
			gone[f] = true
			delete(o.tails, idx)
		}
	}
	o.mu.Unlock()
	if len(gone) > 0 {
		for _, s := range allSpaces() {
			s.dropFrames(o, func(_ uint64, f Frame) bool { return gone[f] })
		}
	}
	unrefAll(gone)
}

func unrefAll(frames map[Frame]bool) {
	for f := range frames {
		f.unref()
	}
}

// spaces are all address spaces there are, for the rare change to a file that mappings must notice.
var spaces = struct {
	sync.Mutex
	m map[*Space]struct{}
}{m: map[*Space]struct{}{}}

func allSpaces() []*Space {
	spaces.Lock()
	defer spaces.Unlock()
	return slices.Collect(maps.Keys(spaces.m))
}

// truncated takes the pages from idx on out of all address spaces: the next access is a fault, and past the end
// of the file then (uvm_vnp_setsize). Private copies stay, as anonymous pages do in NetBSD.
func (o *fileObject) truncated(idx uint64) {
	o.mu.Lock()
	if o.refs == 0 && o.copies == nil {
		o.mu.Unlock()
		return
	}
	gone := map[Frame]bool{}
	for _, m := range []map[uint64]Frame{o.copies, o.tails} {
		for i, f := range m {
			if i >= idx {
				gone[f] = true
				delete(m, i)
			}
		}
	}
	var wins []window // what windows show from idx on
	for i := o.findWindow(idx); i < len(o.wins); i++ {
		w := o.wins[i]
		if idx > w.first {
			w.f, w.n = w.f+Frame(idx-w.first), w.n-(idx-w.first)
		}
		wins = append(wins, w)
		w.dropCode()
	}
	o.mu.Unlock()
	for _, s := range allSpaces() {
		s.dropFrames(o, func(i uint64, f Frame) bool { return i >= idx && (s.CutsCopies || gone[f] || inWindows(wins, f)) })
	}
	unrefAll(gone)
}

func inWindows(wins []window, f Frame) bool {
	for i := range wins {
		if w := &wins[i]; f >= w.f && uint64(f-w.f) < w.n {
			return true
		}
	}
	return false
}

// FileSealing is called before the host is asked to forbid stores to a file for good: our windows must not be what it
// finds in the way. It leaves alone what a guest can store to.
func FileSealing(k FileKey) {
	o := lookupFile(k)
	if o == nil {
		return
	}
	for _, s := range allSpaces() {
		if s.storesTo(o) {
			return
		}
	}
	o.mu.Lock()
	wins := o.wins
	for i := range wins {
		wins[i].showNothing()
	}
	o.staleWins = append(o.staleWins, wins...)
	o.wins, o.write = nil, false
	o.mu.Unlock()
	for _, s := range allSpaces() {
		s.dropFrames(o, func(_ uint64, f Frame) bool { return inWindows(wins, f) })
	}
}

// FileMapped reports whether some space maps a file.
func FileMapped(k FileKey) bool {
	o := lookupFile(k)
	if o == nil {
		return false
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.refs > 0
}

// FileStored reports whether some space maps a file shared so that it can store to it.
func FileStored(k FileKey) bool {
	o := lookupFile(k)
	if o == nil || !o.stored() {
		return false
	}
	for _, s := range allSpaces() {
		if s.storesTo(o) {
			return true
		}
	}
	return false
}

// stored reports whether anybody ever asked to store to o.
func (o *fileObject) stored() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.write
}

func (s *Space) storesTo(o Object) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for e := s.ents.first(); e != nil; e = e.next() {
		if e.Obj == o && e.Shared && e.MaxProt&ProtWrite != 0 {
			return true
		}
	}
	return false
}

// dropFrames unmaps pages of o where gone says so of their number and frame. It is not the space's own LWPs that ask:
// an engine may be running one, with the frames in its TLB.
func (s *Space) dropFrames(o Object, gone func(idx uint64, f Frame) bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found := false
	for e := s.ents.first(); e != nil; e = e.next() {
		if e.Obj != o {
			continue
		}
		s.pt.each(e.Start, e.End, func(va uint64, p *pte) {
			if f := p.frame(); gone(e.pageIndex(va), f) {
				*p = 0
				found = true
				if phys.flags[f]&frameFile != 0 {
					f.unref() // the object has it
				} else {
					s.stale = append(s.stale, f)
				}
			}
		})
	}
	if found {
		s.changed()
	}
}

// dropStale releases what dropFrames and breakCOW have left, when nobody uses it any more: no engine runs the space or,
// where several do, the kernel lock is held by a call that has no Slices.
func (s *Space) dropStale() {
	for _, f := range s.stale {
		f.unref()
	}
	s.stale = nil
}
