package kern

import "sync"

// The host poller tells open files when their host descriptors become ready: one goroutine waits for the
// host's edge-triggered events and notifies the Selinfo that a descriptor was watched for. Each descriptor
// is watched from the first time somebody has to wait for it until it is closed.
//
// No wakeup is lost: whoever finds a descriptor not ready holds the kernel lock until it sleeps, and the
// poller needs that lock to pass on what happens after that.

// HostWatch is a watched host descriptor.
type HostWatch struct {
	k   *Kernel
	fd  int
	id  uint32
	sel *Selinfo
	fn  func() // instead of sel
}

// Hints that come with a notice of the host poller, for the filters of knotes: what the descriptor is ready
// for now, not only since the last notice.
const (
	HostIn  = 1 << 32 << iota // can be read
	HostOut                   // can be written
	HostHup                   // the other side has gone, or will not send any more
	HostErr
	HostPri // urgent data
)

type hostEvent struct {
	w    *HostWatch
	hint int64
}

// event passes on what the host says of w.
func (w *HostWatch) event(hint int64) {
	if w.fn != nil {
		w.fn()
		return
	}
	w.sel.Event(hint)
}

// hostPoll is a machine's poller. Protected by the kernel lock.
type hostPoll struct {
	once    sync.Once
	err     error
	fd      int // of the host's epoll or kqueue
	watches map[uint32]*HostWatch
	nextID  uint32
	stop    func() // ends the poller's goroutine
}

// WatchHost begins to watch fd. Error: the host's, for descriptors that cannot be polled (regular files).
// Preconditions: kernel lock.
func (k *Kernel) WatchHost(fd int, sel *Selinfo) (*HostWatch, error) {
	return watchHost(&HostWatch{k: k, fd: fd, sel: sel})
}

// WatchHostFunc is WatchHost with a function to call, with the kernel lock held.
func (k *Kernel) WatchHostFunc(fd int, fn func()) (*HostWatch, error) {
	return watchHost(&HostWatch{k: k, fd: fd, fn: fn})
}

func watchHost(w *HostWatch) (*HostWatch, error) {
	w.k.assertLocked()
	w.k.hostPoll.once.Do(func() {
		w.k.hostPoll.watches = map[uint32]*HostWatch{}
		w.k.hostPoll.err = w.k.hostPollInit()
	})
	if w.k.hostPoll.err != nil {
		return nil, w.k.hostPoll.err
	}
	for {
		w.k.hostPoll.nextID++
		if w.k.hostPoll.nextID != 0 && w.k.hostPoll.watches[w.k.hostPoll.nextID] == nil {
			break
		}
	}
	w.id = w.k.hostPoll.nextID
	if err := hostPollAdd(w); err != nil {
		return nil, err
	}
	w.k.hostPoll.watches[w.id] = w
	return w, nil
}

// AskHost passes on what the host has to say at this moment, for somebody who would sleep otherwise: the poller is
// a goroutine that must be woken first, and by then this processor would have been given away. It reports whether
// there was anything. Preconditions: kernel lock.
func (k *Kernel) AskHost() bool {
	if len(k.hostPoll.watches) == 0 || k.det.on {
		return false
	}
	events := k.hostPollNow()
	for _, e := range events {
		if k.hostPoll.watches[e.w.id] == e.w {
			e.w.event(e.hint)
		}
	}
	return len(events) > 0
}

// Close ends the watch. It must come before the descriptor is closed. Preconditions: kernel lock.
func (w *HostWatch) Close() {
	if w == nil || w.k.hostPoll.watches[w.id] != w {
		return
	}
	delete(w.k.hostPoll.watches, w.id)
	hostPollDel(w)
}

// hostPollStop ends the poller and closes its descriptor. Preconditions: kernel lock; no LWP is left.
func (k *Kernel) hostPollStop() {
	h := &k.hostPoll
	if h.watches == nil || h.err != nil {
		return
	}
	clear(h.watches)
	h.stop()
}
