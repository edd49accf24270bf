package kern

import "nbemu/abi"

// Selinfo is the place where those wait who want to know when an object becomes ready: LWPs asleep in read
// or write, LWPs in poll and select, and knotes (struct selinfo). The zero value is ready.
type Selinfo struct {
	Q     SleepQ
	Klist Klist
	// Async, if set, is told of each change of a host descriptor, with the poller's hint: for SIGIO.
	Async func(hint int64)
}

// Notify tells everyone that the object's state has changed (selnotify). hint goes to the knotes' filters.
func (s *Selinfo) Notify(hint int64) {
	s.Q.WakeAll()
	s.Klist.Knote(hint)
}

// Event is Notify for what the host's poller says, or who stands in for it: SIGIO's owner hears of it too.
func (s *Selinfo) Event(hint int64) {
	// First, because filters forget what was awaited.
	if f := s.Async; f != nil {
		f(hint)
	}
	s.Notify(hint)
}

// SelRecord collects, during one pass of poll over its files, where to wait for a change.
type SelRecord struct {
	qs []*SleepQ
}

// Record asks for a wakeup when s is notified (selrecord). r may be nil: the caller will not wait.
func (r *SelRecord) Record(s *Selinfo) {
	if r != nil {
		r.qs = append(r.qs, &s.Q)
	}
}

// Reset forgets what was recorded.
func (r *SelRecord) Reset() {
	clear(r.qs)
	r.qs = r.qs[:0]
}

// Queues returns what was recorded.
func (r *SelRecord) Queues() []*SleepQ { return r.qs }

// SelTrue is the answer to poll of files that are always ready.
func SelTrue(events int16) int16 {
	return events & (abi.POLLIN | abi.POLLOUT | abi.POLLRDNORM)
}
