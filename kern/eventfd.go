package kern

import (
	"time"

	"nbemu/abi"
)

// eventfd is a counter that can be waited for (sys_eventfd.c).
type eventfd struct {
	BadOps
	val       uint64
	semaphore bool
	wq        SleepQ
	created   time.Time
}

// NewEventfd makes an eventfd with the given value; flags are EFD_ flags.
func NewEventfd(l *LWP, val uint64, flags int32) *File {
	e := &eventfd{val: val, semaphore: flags&abi.EFD_SEMAPHORE != 0, created: Timenow()}
	return NewFile(l, e, abi.FREAD|abi.FWRITE|flags&abi.O_NONBLOCK)
}

func (*eventfd) Type() string { return "eventfd" }

// Read gives the value and makes it 0, or takes 1 of a semaphore. Errors: EINVAL for fewer than 8 bytes, EAGAIN.
func (e *eventfd) Read(l *LWP, f *File, u *Uio) abi.Errno {
	if u.Resid < 8 {
		return abi.EINVAL
	}
	for e.val == 0 {
		if f.Nonblock() {
			return abi.EAGAIN
		}
		if err := f.Sleep(l, &f.Sel.Q, "evfdrd", time.Time{}); err != abi.OK {
			return err
		}
	}
	v := e.val
	if e.semaphore {
		v = 1
	}
	var b [8]byte
	l.Model().PutUint(b[:], 8, v)
	if _, err := u.Move(b[:]); err != abi.OK {
		return err
	}
	e.val -= v
	e.wq.WakeAll()
	f.Sel.Notify(0)
	return abi.OK
}

// Write adds to the value, which must stay below the largest. Errors: EINVAL, EAGAIN.
func (e *eventfd) Write(l *LWP, f *File, u *Uio) abi.Errno {
	if u.Resid < 8 {
		return abi.EINVAL
	}
	var b [8]byte
	if _, err := u.Move(b[:]); err != abi.OK {
		return err
	}
	add := l.Model().Uint(b[:], 8)
	if add == ^uint64(0) {
		u.Resid += 8
		return abi.EINVAL
	}
	for ^uint64(0)-1-e.val < add {
		err := abi.EAGAIN
		if !f.Nonblock() {
			err = f.Sleep(l, &e.wq, "evfdwr", time.Time{})
		}
		if err != abi.OK {
			u.Resid += 8 // nothing was written
			return err
		}
	}
	e.val += add
	f.Sel.Notify(0)
	return abi.OK
}

func (e *eventfd) Poll(_ *LWP, f *File, events int16, sr *SelRecord) int16 {
	var r int16
	if e.val > 0 {
		r |= events & (abi.POLLIN | abi.POLLRDNORM)
	}
	if e.val < ^uint64(0)-1 {
		r |= events & abi.POLLOUT
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
			kn.Kev.Data = int64(e.val)
			return e.val > 0
		})
	case abi.EVFILT_WRITE:
		kn.Attach(&f.Sel.Klist, func(kn *Knote, _ int64) bool {
			kn.Kev.Data = int64(^uint64(0) - 1 - e.val)
			return kn.Kev.Data != 0
		})
	default:
		return abi.EINVAL
	}
	return abi.OK
}

func (e *eventfd) Stat(_ *LWP, f *File, st *abi.Stat) abi.Errno {
	t := abi.TimespecAt(e.created)
	*st = abi.Stat{Mode: abi.S_IFCHR | 0600, Nlink: 1, Size: int64(e.val), Blksize: 8, Atim: t, Mtim: t, Ctim: t, Birthtim: t}
	return abi.OK
}

func (e *eventfd) Ioctl(l *LWP, _ *File, cmd uint32, data []byte) abi.Errno {
	switch cmd {
	case abi.FIONBIO:
		return abi.OK
	case abi.FIONREAD:
		n := uint64(0)
		if e.val > 0 {
			n = 8
		}
		l.Model().PutUint(data, 4, n)
		return abi.OK
	}
	return abi.EPASSTHROUGH
}

func (e *eventfd) Restart(*File) { e.wq.WakeAll() }

// Timerfd counts the expirations of a timer (sys_timerfd.c).
type Timerfd struct {
	BadOps
	f        *File
	realtime bool
	timer    *time.Timer
	gen      int
	next     time.Time // of the next expiration; zero: not armed
	interval time.Duration
	count    uint64
	created  time.Time
}

// NewTimerfd makes a timer that is not armed. Error: EINVAL for a clock that has no timers.
func NewTimerfd(l *LWP, clock int32, flags int32) (*File, abi.Errno) {
	if clock != abi.CLOCK_REALTIME && clock != abi.CLOCK_MONOTONIC {
		return nil, abi.EINVAL
	}
	t := &Timerfd{realtime: clock == abi.CLOCK_REALTIME, created: Timenow()}
	t.f = NewFile(l, t, abi.FREAD|abi.FWRITE|flags&abi.O_NONBLOCK)
	return t.f, abi.OK
}

// Type is part of FileOps.
func (*Timerfd) Type() string { return "timerfd" }

// Get gives the time to the next expiration and the interval.
func (t *Timerfd) Get() (left, interval time.Duration) {
	if !t.next.IsZero() {
		left = max(t.next.Sub(Timenow()), 1)
	}
	return left, t.interval
}

// Set arms the timer to expire first at value, a moment of its clock if abstime or else a time from now, and
// then every interval; a value of 0 disarms it.
func (t *Timerfd) Set(value, interval time.Duration, abstime bool) {
	t.gen++
	if t.timer != nil {
		t.timer.Stop()
	}
	t.count, t.interval, t.next = 0, interval, time.Time{}
	if value == 0 {
		return
	}
	now := Timenow()
	if abstime {
		if t.realtime {
			value -= time.Duration(now.UnixNano())
		} else {
			value -= Uptime()
		}
	}
	t.next = now.Add(value)
	t.start(max(value, 0))
}

func (t *Timerfd) start(d time.Duration) {
	gen := t.gen
	t.timer = time.AfterFunc(d, func() {
		KernelLock()
		defer KernelUnlock()
		if t.gen != gen {
			return
		}
		t.count++
		now := Timenow()
		if t.interval > 0 {
			// Those missed meanwhile count as well.
			if late := now.Sub(t.next); late >= t.interval {
				n := late / t.interval
				t.count += uint64(n)
				t.next = t.next.Add(n * t.interval)
			}
			t.next = t.next.Add(t.interval)
			t.start(max(t.next.Sub(now), 0))
		} else {
			t.next = time.Time{}
		}
		t.f.Sel.Notify(0)
	})
}

// Read gives the number of expirations since the last time. Errors: EINVAL for fewer than 8 bytes, EAGAIN.
func (t *Timerfd) Read(l *LWP, f *File, u *Uio) abi.Errno {
	if u.Resid < 8 {
		return abi.EINVAL
	}
	for t.count == 0 {
		if f.Nonblock() {
			return abi.EAGAIN
		}
		if err := f.Sleep(l, &f.Sel.Q, "tfdread", time.Time{}); err != abi.OK {
			return err
		}
	}
	var b [8]byte
	l.Model().PutUint(b[:], 8, t.count)
	if _, err := u.Move(b[:]); err != abi.OK {
		return err
	}
	t.count = 0
	return abi.OK
}

// Poll is part of FileOps.
func (t *Timerfd) Poll(_ *LWP, f *File, events int16, sr *SelRecord) int16 {
	if t.count > 0 {
		return events & (abi.POLLIN | abi.POLLRDNORM)
	}
	sr.Record(&f.Sel)
	return 0
}

// Kqfilter is part of FileOps.
func (t *Timerfd) Kqfilter(f *File, kn *Knote) abi.Errno {
	if kn.Kev.Filter != abi.EVFILT_READ {
		return abi.EINVAL
	}
	kn.Attach(&f.Sel.Klist, func(kn *Knote, _ int64) bool {
		kn.Kev.Data = int64(t.count)
		return t.count > 0
	})
	return abi.OK
}

// Stat is part of FileOps.
func (t *Timerfd) Stat(_ *LWP, _ *File, st *abi.Stat) abi.Errno {
	ts := abi.TimespecAt(t.created)
	*st = abi.Stat{Mode: abi.S_IFCHR | 0600, Nlink: 1, Size: int64(t.count), Blksize: 8, Atim: ts, Mtim: ts, Ctim: ts, Birthtim: ts}
	return abi.OK
}

// Ioctl is part of FileOps.
func (t *Timerfd) Ioctl(l *LWP, _ *File, cmd uint32, data []byte) abi.Errno {
	switch cmd {
	case abi.FIONBIO:
		return abi.OK
	case abi.FIONREAD:
		n := uint64(0)
		if t.count > 0 {
			n = 8
		}
		l.Model().PutUint(data, 4, n)
		return abi.OK
	}
	return abi.EPASSTHROUGH
}

// Close disarms the timer.
func (t *Timerfd) Close(*LWP, *File) abi.Errno {
	t.Set(0, 0, false)
	return abi.OK
}
