package kern

import (
	"slices"

	"nbemu/abi"
	"nbemu/mem"
)

// A Watch is an interest in whatever happens to an open file, for as long as that is open: it is not one descriptor's, as knotes
// of a kqueue are (Linux' eventpoll.c).
type Watch struct {
	kn   *Knote
	f    *File
	gone func()
}

// watched are objects with a place of their own where changes are told.
type watched interface{ WatchList() *Klist }

// refusing are objects that the host tells about, with each notice all that is so: that one can be written is news only to those
// who have been told since that it cannot. Refused counts how often that was said.
type refusing interface{ Refused() uint32 }

// Refused returns how often the file said that it cannot be written; told is whether it counts that.
func (f *File) Refused() (n uint32, told bool) {
	if r, ok := f.Ops.(refusing); ok {
		return r.Refused(), true
	}
	return 0, false
}

// Watch has event called with each notice about the file, and gone when the file ends. A notice's hint is HostIn and its like, 0 if
// it is not known what changed. Of interests that share a notice the first that takes it, so that event returns true, is the last
// that is told; what others return says nothing. Errors: EOPNOTSUPP and EINVAL for files that have nothing to tell, ENOMEM.
func (f *File) Watch(shared bool, event func(hint int64) bool, gone func()) (*Watch, abi.Errno) {
	if !mem.KernelRoom(knoteSize) {
		return nil, abi.ENOMEM
	}
	kn, err := f.watchNote()
	if err != abi.OK {
		return nil, err
	}
	// What the host has to say first is how things are, and not a change.
	kn.Event = func(*Knote, int64) bool { return false }
	f.K.AskHost()
	kn.shared = shared
	kn.Event = func(_ *Knote, hint int64) bool { return event(hint) && shared }
	mem.KernelUse(knoteSize)
	w := &Watch{kn, f, gone}
	f.watches = append(f.watches, w)
	return w, abi.OK
}

// watchNote is a knote of no kqueue's, on the list where the file's changes are told.
func (f *File) watchNote() (*Knote, abi.Errno) {
	kn := &Knote{Kev: abi.Kevent{Filter: abi.EVFILT_READ}}
	if o, ok := f.Ops.(watched); ok {
		kn.Attach(o.WatchList(), nil)
		return kn, abi.OK
	}
	if err := f.Ops.Kqfilter(f, kn); err == abi.OK {
		return kn, err
	}
	kn = &Knote{Kev: abi.Kevent{Filter: abi.EVFILT_WRITE}}
	return kn, f.Ops.Kqfilter(f, kn)
}

// End ends the interest.
func (w *Watch) End() {
	if w.kn == nil {
		return
	}
	if w.kn.list != nil {
		w.kn.list.remove(w.kn)
	}
	if w.kn.Detach != nil {
		w.kn.Detach(w.kn)
	}
	w.kn = nil
	mem.KernelUse(-knoteSize)
	if i := slices.Index(w.f.watches, w); i >= 0 {
		w.f.watches = slices.Delete(w.f.watches, i, i+1)
	}
}

// endWatches tells those who watch f that it ends.
func (f *File) endWatches() {
	for len(f.watches) > 0 {
		w := f.watches[len(f.watches)-1]
		w.End()
		w.gone()
	}
}
