package kern

import (
	"math"

	"nbemu/abi"
)

// eventfd is a counter that can be waited for (sys_eventfd.c).
type eventfd struct {
	BadOps
	count     uint64
	semaphore bool // a read takes 1, not all
}

// maxEvents is the largest count; one more would be read as an error.
const maxEvents = math.MaxUint64 - 1

// NewEventfd makes the open file of an eventfd.
func NewEventfd(l *LWP, count uint64, semaphore bool, flag int32) *File {
	return NewFile(l, &eventfd{count: count, semaphore: semaphore}, abi.FREAD|abi.FWRITE|flag&abi.O_NONBLOCK)
}

// EventfdSignal adds to the count of an eventfd without waiting; what is too much makes it an error (eventfd_signal). It
// reports whether f is one.
func EventfdSignal(f *File, n uint64) bool {
	e, ok := f.Ops.(*eventfd)
	if ok {
		e.count += min(n, math.MaxUint64-e.count)
		f.Sel.Notify(HostIn)
	}
	return ok
}

func (*eventfd) Type() string { return "eventfd" }

// Read returns the count and resets it. Error: EINVAL for less room than 8 bytes.
func (e *eventfd) Read(l *LWP, f *File, u *Uio) abi.Errno {
	if u.Resid < 8 {
		return abi.EINVAL
	}
	for e.count == 0 {
		if f.Nonblock() {
			return abi.EAGAIN
		}
		if err := f.Sleep(l, &f.Sel.Q, "eventfd", noDeadline); err != abi.OK {
			return err
		}
	}
	v := e.count
	if e.semaphore {
		v = 1
	}
	e.count -= v
	var b [8]byte
	l.Model().PutUint(b[:], 8, v)
	_, err := u.Move(b[:])
	f.Sel.Notify(HostOut)
	return err
}

// Write adds to the count, and waits while that would be too much.
func (e *eventfd) Write(l *LWP, f *File, u *Uio) abi.Errno {
	var b [8]byte
	if u.Resid < 8 {
		return abi.EINVAL
	}
	if _, err := u.Move(b[:]); err != abi.OK {
		return err
	}
	v := l.Model().Uint(b[:], 8)
	if v > maxEvents {
		u.Resid += 8 // nothing was written
		return abi.EINVAL
	}
	for e.count > maxEvents || v > maxEvents-e.count {
		err := abi.EAGAIN
		if !f.Nonblock() {
			err = f.Sleep(l, &f.Sel.Q, "eventfd", noDeadline)
		}
		if err != abi.OK {
			u.Resid += 8
			return err
		}
	}
	e.count += v
	f.Sel.Notify(HostIn)
	return abi.OK
}

func (e *eventfd) Poll(_ *LWP, f *File, events int16, sr *SelRecord) (r int16) {
	if e.count > 0 {
		r |= events & (abi.POLLIN | abi.POLLRDNORM)
	}
	if e.count < maxEvents {
		r |= events & abi.POLLOUT
	}
	if e.count > maxEvents {
		r |= abi.POLLERR
	}
	if r == 0 {
		sr.Record(&f.Sel)
	}
	return r
}

func (e *eventfd) Kqfilter(f *File, kn *Knote) abi.Errno {
	switch kn.Kev.Filter {
	case abi.EVFILT_READ:
		kn.Attach(&f.Sel.Klist, func(kn *Knote, _ int64) bool {
			kn.Kev.Data = int64(e.count)
			return e.count > 0
		})
	case abi.EVFILT_WRITE:
		kn.Attach(&f.Sel.Klist, func(kn *Knote, _ int64) bool { return e.count < maxEvents })
	default:
		return abi.EINVAL
	}
	return abi.OK
}

func (e *eventfd) Stat(_ *LWP, f *File, st *abi.Stat) abi.Errno {
	*st = abi.Stat{Mode: abi.S_IFIFO | 0600, Size: int64(e.count), Blksize: 8}
	if f.Cred != nil {
		st.Uid, st.Gid = f.Cred.Euid, f.Cred.Egid
	}
	return abi.OK
}

func (*eventfd) Ioctl(_ *LWP, _ *File, cmd uint32, _ []byte) abi.Errno {
	if cmd == abi.FIONBIO || cmd == abi.FIOASYNC {
		return abi.OK
	}
	return abi.EPASSTHROUGH
}
