package syscalls

import (
	"time"

	"nbemu/abi"
	"nbemu/kern"
	"nbemu/vfs"
)

// eventfd(2), timerfd(2), memfd_create(2).

func sysEventfd(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	flags := int32(a[1])
	if flags&^(abi.EFD_CLOEXEC|abi.EFD_NONBLOCK|abi.EFD_SEMAPHORE) != 0 {
		return kern.Retval{}, abi.EINVAL
	}
	return retFd(l.Install(kern.NewEventfd(l, uint64(uint32(a[0])), flags&abi.EFD_SEMAPHORE != 0, flags), flags&abi.EFD_CLOEXEC != 0))
}

func sysTimerfdCreate(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	flags := int32(a[1])
	if flags&^(abi.TFD_CLOEXEC|abi.TFD_NONBLOCK) != 0 {
		return kern.Retval{}, abi.EINVAL
	}
	clock := int32(a[0])
	if clock != abi.CLOCK_REALTIME && clock != abi.CLOCK_MONOTONIC {
		return kern.Retval{}, abi.EINVAL
	}
	return retFd(l.Install(kern.NewTimerfd(l, clock, flags), flags&abi.TFD_CLOEXEC != 0))
}

// withTimerfd calls f with the timer of a descriptor. Errors: EBADF, EINVAL for another kind of file.
func withTimerfd(l *kern.LWP, fd int32, f func(t *kern.Timerfd) abi.Errno) (kern.Retval, abi.Errno) {
	return withFile(l, fd, func(fp *kern.File) abi.Errno {
		t, ok := fp.Ops.(*kern.Timerfd)
		if !ok {
			return abi.EINVAL
		}
		return f(t)
	})
}

func putTimer(l *kern.LWP, va uint64, left, interval time.Duration) abi.Errno {
	return l.CopyoutStruct(va, &abi.Itimerspec{Interval: abi.TimespecOf(interval), Value: abi.TimespecOf(left)})
}

func sysTimerfdGettime(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return withTimerfd(l, int32(a[0]), func(t *kern.Timerfd) abi.Errno {
		left, interval := t.Left()
		return putTimer(l, a[1], left, interval)
	})
}

// timerfdStart is when a timer set to v goes off on our clock; a zero time for a timer that is to stop.
func timerfdStart(l *kern.LWP, t *kern.Timerfd, v abi.Timespec, abstime bool) time.Time {
	now := l.K.Timenow()
	switch {
	case v.IsZero():
		return time.Time{}
	case !abstime:
		return now.Add(v.Duration())
	case t.Clock == abi.CLOCK_MONOTONIC:
		return now.Add(v.Duration() - l.K.Uptime())
	}
	// A difference, so that the moment keeps its monotonic part.
	return now.Add(v.Time().Sub(now))
}

func sysTimerfdSettime(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return withTimerfd(l, int32(a[0]), func(t *kern.Timerfd) abi.Errno {
		flags := int32(a[1])
		if flags&^(abi.TFD_TIMER_ABSTIME|abi.TFD_TIMER_CANCEL_ON_SET) != 0 {
			return abi.EINVAL
		}
		var it abi.Itimerspec
		if err := l.CopyinStruct(a[2], &it); err != abi.OK {
			return err
		}
		if !it.Value.Valid() || !it.Interval.Valid() || it.Value.Sec < 0 || it.Interval.Sec < 0 {
			return abi.EINVAL
		}
		left, interval := t.Left()
		t.Set(timerfdStart(l, t, it.Value, flags&abi.TFD_TIMER_ABSTIME != 0), it.Interval.Duration())
		if a[3] == 0 {
			return abi.OK
		}
		return putTimer(l, a[3], left, interval)
	})
}

func sysMemfdCreate(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	const maxName = 245 // NAME_MAX of the time, less "memfd:"
	name, err := l.CopyinStr(a[0], maxName)
	if err != abi.OK {
		if err == abi.ENAMETOOLONG {
			err = abi.EINVAL
		}
		return kern.Retval{}, err
	}
	f, err := vfs.Memfd(l, name, int32(a[1]))
	if err != abi.OK {
		return kern.Retval{}, err
	}
	return retFd(l.Install(f, a[1]&abi.MFD_CLOEXEC != 0))
}
