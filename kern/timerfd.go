package kern

import (
	"time"

	"nbemu/abi"
)

// Timerfd is a timer whose expirations are read from a descriptor (sys_timerfd.c).
type Timerfd struct {
	BadOps
	f        *File
	Clock    int32
	count    uint64 // expirations nobody has read
	expires  time.Time
	interval time.Duration
	timer    *Timer
	gen      int
}

// NewTimerfd makes the open file of a timer.
func NewTimerfd(l *LWP, clock, flag int32) *File {
	t := &Timerfd{Clock: clock}
	t.f = NewFile(l, t, abi.FREAD|abi.FWRITE|flag&abi.O_NONBLOCK)
	return t.f
}

func (*Timerfd) Type() string { return "timerfd" }

// Left is what remains, and the interval.
func (t *Timerfd) Left() (time.Duration, time.Duration) {
	if t.expires.IsZero() {
		return 0, t.interval
	}
	return max(t.expires.Sub(t.f.K.Timenow()), 1), t.interval
}

// Set starts the timer to go off at a time of the machine's clock; a zero time stops it.
func (t *Timerfd) Set(at time.Time, interval time.Duration) {
	t.stop()
	t.count, t.interval, t.expires = 0, interval, at
	if !at.IsZero() {
		t.arm()
	}
}

func (t *Timerfd) stop() {
	t.gen++
	t.timer.Stop()
}

func (t *Timerfd) arm() {
	gen := t.gen
	t.timer = t.f.K.AfterFunc(t.expires.Sub(t.f.K.Timenow()), func() {
		if t.gen != gen {
			return
		}
		t.count++
		if t.interval <= 0 {
			t.expires = time.Time{}
		} else {
			if late := t.f.K.Timenow().Sub(t.expires); late >= t.interval {
				n := late / t.interval
				t.count += uint64(n)
				t.expires = t.expires.Add(n * t.interval)
			}
			t.expires = t.expires.Add(t.interval)
			t.arm()
		}
		t.f.Sel.Notify(HostIn)
	})
}

// Read returns the number of expirations since the last read. Error: EINVAL for less room than 8 bytes.
func (t *Timerfd) Read(l *LWP, f *File, u *Uio) abi.Errno {
	if u.Resid < 8 {
		return abi.EINVAL
	}
	for t.count == 0 {
		if f.Nonblock() {
			return abi.EAGAIN
		}
		if err := f.Sleep(l, &f.Sel.Q, "timerfd", noDeadline); err != abi.OK {
			return err
		}
	}
	var b [8]byte
	l.Model().PutUint(b[:], 8, t.count)
	t.count = 0
	_, err := u.Move(b[:])
	return err
}

func (t *Timerfd) Poll(_ *LWP, f *File, events int16, sr *SelRecord) int16 {
	if t.count > 0 {
		return events & (abi.POLLIN | abi.POLLRDNORM)
	}
	sr.Record(&f.Sel)
	return 0
}

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

func (t *Timerfd) Stat(_ *LWP, f *File, st *abi.Stat) abi.Errno {
	*st = abi.Stat{Mode: abi.S_IFIFO | 0600, Blksize: 8}
	if f.Cred != nil {
		st.Uid, st.Gid = f.Cred.Euid, f.Cred.Egid
	}
	return abi.OK
}

func (*Timerfd) Ioctl(_ *LWP, _ *File, cmd uint32, _ []byte) abi.Errno {
	if cmd == abi.FIONBIO || cmd == abi.FIOASYNC {
		return abi.OK
	}
	return abi.EPASSTHROUGH
}

// Close stops the timer.
func (t *Timerfd) Close(*LWP, *File) abi.Errno {
	t.stop()
	return abi.OK
}
