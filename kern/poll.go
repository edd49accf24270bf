package kern

import (
	"time"

	"nbemu/abi"
)

// What poll(2) and select(2) have in common, for every emulation (sys_select.c).

// Poller is the memory of one poll. They are kept for the next, as every event loop makes many.
type Poller struct {
	sr  SelRecord
	fds []abi.Pollfd
	buf []byte
}

// NewPoller returns one, for the caller to Free. Preconditions: kernel lock.
func (k *Kernel) NewPoller() *Poller {
	if n := len(k.pollers); n > 0 {
		w := k.pollers[n-1]
		k.pollers = k.pollers[:n-1]
		return w
	}
	return &Poller{}
}

// Free gives w back. Preconditions: kernel lock.
func (w *Poller) Free(k *Kernel) {
	w.sr.Reset()
	k.pollers = append(k.pollers, w)
}

// Deadline is how long a poll may sleep.
type Deadline struct {
	Poll bool      // not at all
	Bad  bool      // negative: EINVAL when it would be used (inittimeleft)
	At   time.Time // until then; zero: for ever
}

// Scan calls once until it reports that something is ready, or time is over, or a signal comes. once gets where to record
// what to wait for, nil if there will be no waiting. Errors: EINTR, EINVAL, and once's.
func (w *Poller) Scan(l *LWP, wmesg string, to Deadline, once func(sr *SelRecord) (int, abi.Errno)) (int, abi.Errno) {
	if to.Bad {
		return 0, abi.EINVAL
	}
	for {
		w.sr.Reset()
		sr := &w.sr
		if to.Poll {
			sr = nil
		}
		n, err := once(sr)
		if n > 0 || err != abi.OK || to.Poll {
			return n, err
		}
		switch err := l.SleepMulti(w.sr.Queues(), wmesg, true, to.At); err {
		case abi.OK:
		case abi.EWOULDBLOCK:
			to.Poll = true // look a last time
		case abi.ERESTART:
			return 0, abi.EINTR
		default:
			return 0, err
		}
	}
}

// PollFds is poll(2) on the nfds entries at va. ready says what is true of a file; it records where to wait in sr. Errors:
// EINVAL, EFAULT, EINTR.
func (l *LWP) PollFds(va uint64, nfds uint32, to Deadline, mask *abi.Sigset,
	ready func(f *File, asked int16, sr *SelRecord) int16) (Retval, abi.Errno) {
	// More entries than descriptors make no sense; some slack is for entries that are switched off.
	if nfds > 1000+MaxFds {
		return Retval{}, abi.EINVAL
	}
	w := l.K.NewPoller()
	defer w.Free(l.K)
	n := int(nfds)
	if cap(w.fds) < n {
		w.fds, w.buf = make([]abi.Pollfd, n), make([]byte, n*abi.PollfdSize)
	}
	fds, buf := w.fds[:n], w.buf[:n*abi.PollfdSize]
	if err := l.Copyin(buf, va); err != abi.OK {
		return Retval{}, err
	}
	m := l.Model()
	m.GetPollfds(buf, fds)
	if mask != nil {
		l.TempSigmask(*mask)
	}
	count, err := w.Scan(l, "poll", to, func(sr *SelRecord) (int, abi.Errno) {
		n := 0
		for i := range fds {
			p := &fds[i]
			p.Revents = 0
			if p.Fd < 0 {
				continue
			}
			if f := l.Proc.Fd.Get(p.Fd); f == nil {
				p.Revents = abi.POLLNVAL
			} else {
				p.Revents = ready(f, p.Events, sr)
			}
			if p.Revents != 0 {
				n++
				sr = nil
			}
		}
		return n, abi.OK
	})
	if err != abi.OK {
		return Retval{}, err
	}
	m.PutPollfds(buf, fds)
	return Retval{R0: uint64(count)}, l.Copyout(buf, va)
}
