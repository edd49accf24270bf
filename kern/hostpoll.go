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

var hostPoll struct {
	once    sync.Once
	err     error
	watches map[uint32]*HostWatch
	nextID  uint32
}

// WatchHost begins to watch fd. Error: the host's, for descriptors that cannot be polled (regular files).
// Preconditions: kernel lock.
func WatchHost(fd int, sel *Selinfo) (*HostWatch, error) {
	return watchHost(&HostWatch{fd: fd, sel: sel})
}

// WatchHostFunc is WatchHost with a function to call, with the kernel lock held.
func WatchHostFunc(fd int, fn func()) (*HostWatch, error) {
	return watchHost(&HostWatch{fd: fd, fn: fn})
}

func watchHost(w *HostWatch) (*HostWatch, error) {
	hostPoll.once.Do(func() {
		hostPoll.watches = map[uint32]*HostWatch{}
		hostPoll.err = hostPollInit()
	})
	if hostPoll.err != nil {
		return nil, hostPoll.err
	}
	for {
		hostPoll.nextID++
		if hostPoll.nextID != 0 && hostPoll.watches[hostPoll.nextID] == nil {
			break
		}
	}
	w.id = hostPoll.nextID
	if err := hostPollAdd(w); err != nil {
		return nil, err
	}
	hostPoll.watches[w.id] = w
	return w, nil
}

// askHost passes on what the host has to say at this moment, for somebody who would sleep otherwise: the poller is
// a goroutine that must be woken first, and by then this processor would have been given away. It tells whether
// there was anything. Preconditions: kernel lock.
func askHost() bool {
	if len(hostPoll.watches) == 0 || det.on {
		return false
	}
	events := hostPollNow()
	for _, e := range events {
		if hostPoll.watches[e.w.id] == e.w {
			e.w.event(e.hint)
		}
	}
	return len(events) > 0
}

// Close ends the watch. It must come before the descriptor is closed. Preconditions: kernel lock.
func (w *HostWatch) Close() {
	if w == nil || hostPoll.watches[w.id] != w {
		return
	}
	delete(hostPoll.watches, w.id)
	hostPollDel(w)
}
