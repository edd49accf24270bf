package kern

import (
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"nbemu/abi"
)

// What poll(2) and select(2) have in common, for every emulation (sys_select.c).

// Poller is the memory of one poll. They are kept for the next, as every event loop makes many.
type Poller struct {
	sr    SelRecord
	fds   []abi.Pollfd
	buf   []byte
	files []*File // that are polled, in order; nil: not open, or none
	host  hostPolls
}

// HostPolled are files that are as ready as a descriptor of the host's. All those of one poll are asked about together.
type HostPolled interface {
	// HostPoll returns the descriptor and all of the host's events that may be of interest; -1 where the file's Poll
	// has nothing to ask the host.
	HostPoll() (fd int, events int16)
	// HostAnswer has Poll take revents for what the host says, if known; else it asks by itself again.
	HostAnswer(revents int16, known bool)
}

// hostPolls are the host's answers to a poll, in the order of the files.
type hostPolls struct {
	asked []unix.PollFd
	of    []HostPolled
	next  int
}

// add has ask ask about f.
func (h *hostPolls) add(f *File) {
	if o, ok := f.Ops.(HostPolled); ok {
		if fd, events := o.HostPoll(); fd >= 0 {
			h.asked, h.of = append(h.asked, unix.PollFd{Fd: int32(fd), Events: events}), append(h.of, o)
		}
	}
}

func (h *hostPolls) reset() {
	clear(h.of)
	h.asked, h.of, h.next = h.asked[:0], h.of[:0], 0
}

// ask asks about all that were added. One is asked by its own Poll.
func (h *hostPolls) ask() {
	if len(h.asked) < 2 {
		h.reset()
		return
	}
	for {
		_, err := unix.Poll(h.asked, 0)
		if err == unix.EINTR {
			continue
		}
		if err != nil { // more than the host's limit of descriptors
			h.reset()
		}
		return
	}
}

// Ready calls ready, a Poll of f, with the host's answer at hand. Files come in the order in which Ask was given them.
func (w *Poller) Ready(f *File, ready func() int16) int16 {
	h := &w.host
	if h.next == len(h.of) {
		return ready()
	}
	if o, ok := f.Ops.(HostPolled); ok && o == h.of[h.next] {
		o.HostAnswer(h.asked[h.next].Revents, true)
		defer o.HostAnswer(0, false)
		h.next++
	}
	return ready()
}

// Ask asks the host about those of the files that are its, at once; nil ones are skipped. Preconditions: kernel lock, kept
// until Ready was called for each.
func (w *Poller) Ask(files []*File) {
	w.host.reset()
	for _, f := range files {
		if f != nil {
			w.host.add(f)
		}
	}
	w.host.ask()
}

// Files returns room for n files, of which none is there.
func (w *Poller) Files(n int) []*File {
	w.files = slices.Grow(w.files[:0], n)[:n]
	clear(w.files)
	return w.files
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
	w.host.reset()
	clear(w.files)
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
		files := w.Files(len(fds))
		for i := range fds {
			if fds[i].Fd >= 0 {
				files[i] = l.Proc.Fd.Get(fds[i].Fd)
			}
		}
		w.Ask(files)
		for i, f := range files {
			p := &fds[i]
			p.Revents = 0
			if p.Fd < 0 {
				continue
			}
			if f == nil {
				p.Revents = abi.POLLNVAL
			} else {
				p.Revents = w.Ready(f, func() int16 { return ready(f, p.Events, sr) })
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
