package kern

import (
	"slices"
	"time"

	"nbemu/abi"
	"nbemu/mem"
)

// Knote is one registered interest of a kqueue (struct knote).
type Knote struct {
	Kev abi.Kevent // what the program is shown: identifier, flags, and the filter's fflags and data

	// Sfflags and Sdata are what the program asked for when it registered the event.
	Sfflags uint32
	Sdata   int64

	// Event computes Kev.Data, Kev.Fflags and EV_EOF and reports whether the event is true. hint comes from who
	// noticed a change; 0 means: look again.
	Event func(kn *Knote, hint int64) bool
	// Detach, if set, undoes what attaching did beyond joining a Klist.
	Detach func(kn *Knote)

	kq         *Kqueue
	list       *Klist
	file       *File // of filters whose identifier is a descriptor
	hook       any
	triggered  bool // EVFILT_USER
	shared     bool // see Watch
	status     uint8
	next, prev *Knote // the kqueue's queue of events
}

// knoteSize is some bytes more than a knote takes of the host's memory, with its place in a table: programs can have as
// many as there are numbers.
const knoteSize = 320

const (
	knActive   = 1 << iota // the event is true
	knQueued               // is on the kqueue's queue
	knDisabled             // not to be reported
	knDead                 // was dropped
)

// Attach puts kn on an object's list, with the function that evaluates it.
func (kn *Knote) Attach(list *Klist, event func(*Knote, int64) bool) {
	kn.list, kn.Event = list, event
	list.notes = append(list.notes, kn)
}

// Klist is the knotes of one object. The zero value is empty.
type Klist struct{ notes []*Knote }

// Knote tells every knote of the list that something happened.
func (k *Klist) Knote(hint int64) {
	// From the end, because a filter may take its own knote off the list.
	shared := false
	for i := len(k.notes) - 1; i >= 0; i-- {
		if i >= len(k.notes) {
			continue
		}
		kn := k.notes[i]
		if kn.shared {
			shared = true
		} else if kn.Event(kn, hint) {
			kn.activate()
		}
	}
	for i := 0; shared && i < len(k.notes); i++ {
		if kn := k.notes[i]; kn.shared && kn.Event(kn, hint) {
			return // one of those is enough
		}
	}
}

// Again has the events of kqueues look again. A Watch is told of changes alone.
func (k *Klist) Again() {
	for i := len(k.notes) - 1; i >= 0; i-- {
		if i < len(k.notes) && k.notes[i].kq != nil && k.notes[i].Event(k.notes[i], 0) {
			k.notes[i].activate()
		}
	}
}

func (k *Klist) remove(kn *Knote) {
	for i, x := range k.notes {
		if x == kn {
			k.notes = slices.Delete(k.notes, i, i+1)
			return
		}
	}
}

type noteKey struct {
	ident  uint64
	filter uint32
}

// Kqueue is an event queue (struct kqueue).
type Kqueue struct {
	BadOps
	f     *File
	fdp   *FileDesc
	notes map[noteKey]*Knote // those not about descriptors
	head  Knote              // of the queue, a ring
	count int
	out   []abi.Kevent
}

// NewKqueue makes the open file of a kqueue for the process of l.
func NewKqueue(l *LWP, flag int32) *File {
	kq := &Kqueue{fdp: l.Proc.Fd}
	kq.head.next, kq.head.prev = &kq.head, &kq.head
	kq.f = NewFile(l, kq, abi.FREAD|abi.FWRITE|flag&(abi.O_NONBLOCK|abi.O_NOSIGPIPE))
	return kq.f
}

func (kn *Knote) enqueue() {
	kq := kn.kq
	kn.prev, kn.next = kq.head.prev, &kq.head
	kn.prev.next, kq.head.prev = kn, kn
	kn.status |= knQueued
	kq.count++
}

func (kn *Knote) dequeue() {
	kn.prev.next, kn.next.prev = kn.next, kn.prev
	kn.next, kn.prev = nil, nil
	kn.status &^= knQueued
	kn.kq.count--
}

// activate queues kn as true.
func (kn *Knote) activate() {
	kn.status |= knActive
	if kn.status&(knQueued|knDisabled|knDead) == 0 {
		kn.enqueue()
		kn.kq.f.Sel.Notify(0)
	}
}

// drop removes kn from everything (knote_detach).
func (kn *Knote) drop() {
	if kn.status&knDead != 0 {
		return
	}
	kn.status |= knDead
	mem.KernelUse(-knoteSize)
	if kn.list != nil {
		kn.list.remove(kn)
	}
	if kn.Detach != nil {
		kn.Detach(kn)
	}
	if kn.file != nil {
		kn.kq.fdp.dropKnote(int32(kn.Kev.Ident), kn)
	} else if key := (noteKey{uint64(kn.Kev.Ident), kn.Kev.Filter}); kn.kq.notes[key] == kn {
		delete(kn.kq.notes, key)
	}
	if kn.status&knQueued != 0 {
		kn.dequeue()
	}
}

// find returns the knote that kev is about, or nil, and its file for filters on descriptors. Errors: EINVAL
// for an unknown filter, EBADF.
func (kq *Kqueue) find(kev *abi.Kevent) (*Knote, *File, abi.Errno) {
	switch kev.Filter {
	case abi.EVFILT_READ, abi.EVFILT_WRITE, abi.EVFILT_VNODE, abi.EVFILT_EMPTY:
		if kev.Ident > 1<<31-1 {
			return nil, nil, abi.EBADF
		}
		fd := int32(kev.Ident)
		f := kq.fdp.Get(fd)
		if f == nil {
			return nil, nil, abi.EBADF
		}
		return kq.fdp.findKnote(fd, kq, kev.Filter), f, abi.OK
	case abi.EVFILT_PROC, abi.EVFILT_SIGNAL, abi.EVFILT_TIMER, abi.EVFILT_FS, abi.EVFILT_USER:
		return kq.notes[noteKey{uint64(kev.Ident), kev.Filter}], nil, abi.OK
	}
	return nil, nil, abi.EINVAL
}

// Register does one change: adds, deletes, enables or disables an event (kqueue_register). Errors: EINVAL,
// EBADF, ENOENT for an event that is not registered, ENOMEM, and those of the filter.
func (kq *Kqueue) Register(l *LWP, kev *abi.Kevent) abi.Errno {
	l.K.assertLocked()
	kev.Flags &^= abi.EV_SYSFLAGS
	return kq.register(l, kev)
}

func (kq *Kqueue) register(l *LWP, kev *abi.Kevent) abi.Errno {
	kn, f, err := kq.find(kev)
	if err != abi.OK {
		return err
	}
	switch {
	case kn == nil && kev.Flags&abi.EV_ADD == 0:
		return abi.ENOENT
	case kn == nil && !mem.KernelRoom(knoteSize):
		return abi.ENOMEM
	case kn == nil:
		// The flags stay as they were given, EV_ADD among them: events show them.
		kn = &Knote{Kev: *kev, Sfflags: kev.Fflags, Sdata: kev.Data, kq: kq, file: f}
		kn.Kev.Fflags, kn.Kev.Data = 0, 0
		if f != nil {
			err = f.Ops.Kqfilter(f, kn)
		} else {
			err = kn.attach(l)
		}
		if err != abi.OK {
			return err
		}
		if f != nil {
			kq.fdp.addKnote(int32(kev.Ident), kn)
		} else {
			if kq.notes == nil {
				kq.notes = map[noteKey]*Knote{}
			}
			kq.notes[noteKey{uint64(kev.Ident), kev.Filter}] = kn
		}
		mem.KernelUse(knoteSize)
		if kn.Event(kn, 0) {
			kn.activate()
		}
	case kev.Flags&abi.EV_DELETE != 0:
		kn.drop()
		return abi.OK
	case kev.Filter == abi.EVFILT_USER:
		kn.touchUser(kev)
	default:
		// Also without EV_ADD; but an event that has come true is not taken back.
		if kev.Flags&abi.EV_KEEPUDATA == 0 {
			kn.Kev.Udata = kev.Udata
		}
		switch {
		case kev.Filter != abi.EVFILT_TIMER:
			kn.Sfflags, kn.Sdata = kev.Fflags, kev.Data
		case kev.Flags&abi.EV_ADD != 0:
			if err := kn.restartTimer(kev); err != abi.OK {
				return err
			}
		}
		if kn.Event(kn, 0) {
			kn.activate()
		}
	}
	if kev.Flags&abi.EV_DISABLE != 0 {
		kn.status |= knDisabled
	}
	if kev.Flags&abi.EV_ENABLE != 0 && kn.status&knDisabled != 0 {
		kn.status &^= knDisabled
		// The state may have changed while nobody looked.
		if kn.status&knActive == 0 && kn.Event(kn, 0) {
			kn.status |= knActive
		}
		if kn.status&(knActive|knQueued) == knActive {
			kn.activate()
		}
	}
	return abi.OK
}

// Scan waits for events and collects at most limit of them; the result is valid until the next call
// (kqueue_scan). No deadline waits for ever; poll does not wait at all. Errors: EINTR; ERESTART when the
// kqueue was closed.
func (kq *Kqueue) Scan(l *LWP, f *File, limit int, deadline time.Time, poll bool) ([]abi.Kevent, abi.Errno) {
	if limit <= 0 {
		return nil, abi.OK
	}
	for {
		if kq.count > 0 {
			if out := kq.collect(limit); len(out) > 0 {
				return out, abi.OK
			}
		}
		if poll {
			if kq.f.K.AskHost() && kq.count > 0 {
				continue
			}
			return nil, abi.OK
		}
		if l.EndsStopped() {
			return nil, abi.EINTR
		}
		gen := f.restarts
		switch err := f.Sleep(l, &f.Sel.Q, "kqueue", deadline); err {
		case abi.OK:
		case abi.EWOULDBLOCK:
			if kq.count == 0 && !l.EndsStopped() {
				return nil, abi.OK
			}
			poll = kq.count != 0
		case abi.ERESTART:
			if f.restarts == gen {
				return nil, abi.EINTR // kevent is not restarted after a signal
			}
			if l.Proc.Fd != kq.fdp || !kq.isOpen() {
				return nil, abi.ERESTART
			}
		default:
			return nil, err
		}
	}
}

// isOpen reports whether some descriptor still is this kqueue.
func (kq *Kqueue) isOpen() bool {
	for i := range kq.fdp.ents {
		if kq.fdp.ents[i].f == kq.f {
			return true
		}
	}
	return false
}

func (kq *Kqueue) collect(limit int) []abi.Kevent {
	out := kq.out[:0]
	for n := kq.count; n > 0 && kq.count > 0 && len(out) < limit; n-- {
		kn := kq.head.next
		kn.dequeue()
		if kn.status&knDisabled != 0 {
			continue
		}
		if kn.Kev.Flags&abi.EV_ONESHOT == 0 {
			if !kn.Event(kn, 0) {
				kn.status &^= knActive
				continue
			}
			if kn.status&knQueued != 0 {
				// It was queued again by its own evaluation.
				kn.dequeue()
			}
		}
		out = append(out, kn.Kev)
		if kn.Kev.Filter == abi.EVFILT_USER {
			e := &out[len(out)-1]
			e.Fflags, e.Data = kn.Sfflags, kn.Sdata
		}
		switch {
		case kn.Kev.Flags&abi.EV_ONESHOT != 0:
			kn.drop()
		case kn.Kev.Flags&abi.EV_CLEAR != 0: // EV_DISPATCH is nothing beside it
			kn.Kev.Data, kn.Kev.Fflags = 0, 0
			kn.triggered = false
			kn.status &^= knActive
		case kn.Kev.Flags&abi.EV_DISPATCH != 0:
			kn.status |= knDisabled
			kn.status &^= knActive
		default:
			kn.enqueue()
		}
	}
	kq.out = out
	return out
}

// Type is part of FileOps.
// Read and Write are none of a kqueue's (kqueue_read, kqueue_write).
func (kq *Kqueue) Read(*LWP, *File, *Uio) abi.Errno  { return abi.ENXIO }
func (kq *Kqueue) Write(*LWP, *File, *Uio) abi.Errno { return abi.ENXIO }

func (kq *Kqueue) Type() string { return "kqueue" }

// Poll: a kqueue is readable when it has events.
func (kq *Kqueue) Poll(_ *LWP, f *File, events int16, sr *SelRecord) int16 {
	if events&(abi.POLLIN|abi.POLLRDNORM) == 0 {
		return 0
	}
	if kq.count > 0 {
		return events & (abi.POLLIN | abi.POLLRDNORM)
	}
	sr.Record(&f.Sel)
	return 0
}

// Stat returns the number of pending events as the size.
func (kq *Kqueue) Stat(l *LWP, f *File, st *abi.Stat) abi.Errno {
	*st = abi.Stat{Mode: abi.S_IFIFO | 0600, Size: int64(kq.count), Blksize: int32(l.Model().KeventSize(true)), Blocks: 1}
	if f.Cred != nil {
		st.Uid, st.Gid = f.Cred.Euid, f.Cred.Egid
	}
	return abi.OK
}

// Close drops every event.
func (kq *Kqueue) Close(_ *LWP, _ *File) abi.Errno {
	for fd := range kq.fdp.ents {
		notes := kq.fdp.ents[fd].knotes
		for i := len(notes) - 1; i >= 0; i-- {
			if i < len(notes) && notes[i] != nil && notes[i].kq == kq {
				notes[i].drop()
				notes = kq.fdp.ents[fd].knotes
			}
		}
	}
	for _, kn := range kq.notes {
		kn.drop()
	}
	for kq.count > 0 {
		kq.head.next.drop() // those of births, which only the queue has
	}
	return abi.OK
}

// Kqfilter: a kqueue can be watched by another.
func (kq *Kqueue) Kqfilter(f *File, kn *Knote) abi.Errno {
	if kn.Kev.Filter != abi.EVFILT_READ {
		return abi.EINVAL
	}
	if kn.kq == kq || kq.watches(kn.kq, 0) {
		return abi.ELOOP // a ring of kqueues would notify itself without end
	}
	kn.Attach(&f.Sel.Klist, func(kn *Knote, _ int64) bool {
		kn.Kev.Data = int64(kq.count)
		return kq.count > 0
	})
	return abi.OK
}

// watches reports whether kq gets events of other, directly or through a chain.
func (kq *Kqueue) watches(other *Kqueue, depth int) bool {
	if depth > 8 {
		return true
	}
	for i := range kq.fdp.ents {
		for _, kn := range kq.fdp.ents[i].knotes {
			if kn.kq != kq || kn.file == nil {
				continue
			}
			if sub, ok := kn.file.Ops.(*Kqueue); ok && (sub == other || sub.watches(other, depth+1)) {
				return true
			}
		}
	}
	return false
}

// Mmap is part of FileOps.
func (kq *Kqueue) Mmap(*LWP, *File) (mem.Backing, abi.Errno) { return nil, abi.ENODEV }

// Ioctl knows KFILTER_BYFILTER and KFILTER_BYNAME.
func (kq *Kqueue) Ioctl(l *LWP, _ *File, cmd uint32, data []byte) abi.Errno {
	var km abi.KfilterMapping
	m := l.Model()
	if abi.IOCGroup(cmd) != 'k' || m.Sizeof(km) != len(data) {
		return abi.ENOTTY
	}
	m.Unmarshal(data, &km)
	switch cmd & 0xff {
	case 0:
		if int(km.Filter) >= len(filterNames) || km.Len == 0 {
			return abi.ENOENT
		}
		name := append([]byte(filterNames[km.Filter]), 0)
		if uint64(km.Len) < uint64(len(name)) {
			return abi.ENAMETOOLONG
		}
		return l.Copyout(name, uint64(km.Name))
	case 1:
		name, err := l.Proc.VM.CopyinStr(uint64(km.Name), 32)
		if err != abi.OK {
			return err
		}
		for i, s := range filterNames {
			if s == name {
				km.Filter = uint32(i)
				m.Marshal(data, &km)
				return abi.OK
			}
		}
		return abi.ENOENT
	}
	return abi.ENOTTY
}

var filterNames = [...]string{"EVFILT_READ", "EVFILT_WRITE", "EVFILT_AIO", "EVFILT_VNODE", "EVFILT_PROC",
	"EVFILT_SIGNAL", "EVFILT_TIMER", "EVFILT_FS", "EVFILT_USER", "EVFILT_EMPTY"}

// Empty reports whether nobody is interested.
func (k *Klist) Empty() bool { return len(k.notes) == 0 }

// Find returns the event of a descriptor and filter as it was registered, or false.
func (kq *Kqueue) Find(ident uint64, filter uint32) (abi.Kevent, bool) {
	kn, _, err := kq.find(&abi.Kevent{Ident: abi.ULong(ident), Filter: filter})
	if err != abi.OK || kn == nil {
		return abi.Kevent{}, false
	}
	return kn.Kev, true
}
