package linux

import (
	"time"

	"nbemu/abi"
	"nbemu/kern"
	"nbemu/syscalls"
)

// Clocks and timers.

// clocks has the native number of each clock; the coarse and raw ones are as fine as the others here.
var clocks = [...]int32{0: abi.CLOCK_REALTIME, 1: abi.CLOCK_MONOTONIC, 2: abi.CLOCK_PROCESS_CPUTIME_ID, 3: abi.CLOCK_THREAD_CPUTIME_ID,
	4: abi.CLOCK_MONOTONIC, 5: abi.CLOCK_REALTIME, 6: abi.CLOCK_MONOTONIC, 7: abi.CLOCK_MONOTONIC, 8: abi.CLOCK_REALTIME,
	9: abi.CLOCK_MONOTONIC, 10: -1, 11: abi.CLOCK_REALTIME}

// clockIn returns the native clock. A negative number is the processor time of a process: its complement above
// three bits that say of what kind. Error: EINVAL.
func clockIn(l *kern.LWP, n uint64) (uint64, abi.Errno) {
	id := int32(n)
	switch {
	case id >= 0 && int(id) < len(clocks) && clocks[id] >= 0:
		return uint64(uint32(clocks[id])), abi.OK
	case id < 0 && id&3 == 3: // of a device
		return 0, abi.EINVAL
	case id < 0 && id&4 != 0 && ^(id>>3) != 0:
		if t := findTid(l.Proc, ^(id >> 3)); t != nil {
			return uint64(abi.CLOCK_THREAD_CPUTIME_ID | uint32(t.ID)), abi.OK
		}
		return 0, abi.EINVAL
	case id < 0 && id&4 == 0:
		if pid := ^(id >> 3); pid != 0 && l.K.PfindAny(pid) == nil {
			return 0, abi.EINVAL
		}
		return uint64(abi.CLOCK_PROCESS_CPUTIME_ID | uint32(^(id >> 3))), abi.OK
	case id < 0 && ^(id>>3) == 0:
		return abi.CLOCK_THREAD_CPUTIME_ID, abi.OK
	}
	return 0, abi.EINVAL
}

// withClock makes a native call whose first argument is a clock.
func withClock(l *kern.LWP, num int, a *kern.Args) (kern.Retval, abi.Errno) {
	id, err := clockIn(l, a[0])
	if err != abi.OK {
		return ret(err)
	}
	b := *a
	b[0] = id
	return call(l, num, &b)
}

// processClock is the process whose processor time a clock is, if it is one that is not the caller's; anybody may read it.
func processClock(l *kern.LWP, id int32) *kern.Proc {
	if pid := ^(id >> 3); id < 0 && id&7 == 2 && pid != 0 && pid != l.Proc.PID {
		return l.K.PfindAny(pid)
	}
	return nil
}

func sysClockGettime(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	if p := processClock(l, int32(a[0])); p != nil {
		return ret(l.CopyoutStruct(a[1], abi.TimespecOf(p.CPUTime())))
	}
	rv, err := withClock(l, syscalls.SYS___clock_gettime50, a)
	if d := clockOffset(l, int32(a[0])); d != 0 && err == abi.OK {
		var ts abi.Timespec
		if err = l.CopyinStruct(a[1], &ts); err == abi.OK {
			err = l.CopyoutStruct(a[1], abi.TimespecOf(ts.Duration()+d))
		}
	}
	return rv, err
}

func sysClockSettime(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	if _, err := clockIn(l, a[0]); err == abi.OK && int32(a[0]) < 0 {
		return ret(abi.EPERM) // of processors' time
	}
	return withClock(l, syscalls.SYS___clock_settime50, a)
}

func sysClockGetres(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	if _, err := clockIn(l, a[0]); err != abi.OK || a[1] == 0 {
		return ret(err)
	}
	return ret(l.CopyoutStruct(a[1], abi.Timespec{Nsec: 1}))
}

func sysClockNanosleep(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	const abstime = 1
	if _, err := clockIn(l, a[0]); err != abi.OK {
		return ret(err)
	}
	var ts abi.Timespec
	if err := l.CopyinStruct(a[2], &ts); err != abi.OK {
		return ret(err)
	}
	if !ts.Valid() || ts.Sec < 0 {
		return ret(abi.EINVAL)
	}
	if d := clockOffset(l, int32(a[0])); d != 0 && a[1]&abstime != 0 {
		var q kern.SleepQ
		err := l.Sleep(&q, "nanosleep", true, l.K.Timenow().Add(ts.Duration()-d-l.K.Uptime()))
		if err == abi.EWOULDBLOCK {
			err = abi.OK
		}
		return ret(err)
	}
	args := *a
	if a[1]&abstime != 0 {
		args[3] = 0 // nothing is left of a time that is absolute
	}
	rv, err := withClock(l, syscalls.SYS_clock_nanosleep, &args)
	if err == abi.OK {
		err = abi.Errno(rv.R0) // the native call returns its error
	}
	return ret(err)
}

func sysNanosleep(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	var ts abi.Timespec
	if err := l.CopyinStruct(a[0], &ts); err != abi.OK {
		return ret(err)
	}
	if !ts.Valid() || ts.Sec < 0 {
		return ret(abi.EINVAL)
	}
	return call(l, syscalls.SYS___nanosleep50, a)
}

func sysTimerSettime(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	if a[2] == 0 {
		return ret(abi.EINVAL)
	}
	rv, err := call(l, syscalls.SYS___timer_settime50, a)
	if d := clockOffset(l, 1); d != 0 && err == abi.OK && a[1]&abi.TIMER_ABSTIME != 0 {
		var it abi.Itimerspec
		t := l.Proc.PTimerByID(int32(a[0]))
		if err := l.CopyinStruct(a[2], &it); err == abi.OK && t.Clock == abi.CLOCK_MONOTONIC && !it.Value.IsZero() {
			l.Proc.ArmPTimer(t, l.K.Timenow().Add(it.Value.Duration()-d-l.K.Uptime()), it.Interval.Duration())
		}
	}
	return rv, err
}

func sysTime(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	t := l.K.Timenow().Unix()
	if a[0] != 0 {
		if err := l.CopyoutStruct(a[0], abi.Long(t)); err != abi.OK {
			return ret(err)
		}
	}
	return retInt(t)
}

func sysGettimeofday(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	if a[0] != 0 {
		t := l.K.Timenow()
		if err := l.CopyoutStruct(a[0], abi.TimevalAt(t)); err != abi.OK {
			return ret(err)
		}
	}
	if a[1] != 0 {
		return ret(l.CopyoutStruct(a[1], [2]int32{}))
	}
	return ret(abi.OK)
}

// sysAlarm returns the seconds that were left, rounded to the nearest, but never to 0.
func sysAlarm(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	left, _ := l.Proc.Setitimer(abi.ITIMER_REAL, time.Duration(uint32(a[0]))*time.Second, 0)
	if left > 0 {
		left = max(left.Round(time.Second), time.Second)
	}
	return retInt(int64(left / time.Second))
}

const clockTick = time.Second / clockTck

// sysTimes gives processor times in ticks; the result is the time since some moment.
func sysTimes(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	if a[0] != 0 {
		var t [4]abi.Long
		for i, children := range []bool{false, true} {
			ru := l.Proc.Getrusage(children)
			t[2*i] = abi.Long(ru.Utime.Duration() / clockTick)
			t[2*i+1] = abi.Long(ru.Stime.Duration() / clockTick)
		}
		if err := l.CopyoutStruct(a[0], &t); err != abi.OK {
			return ret(err)
		}
	}
	return retInt(int64(l.K.Uptime() / clockTick))
}

// sysTimerCreate takes clocks of processor time too: the process's own and the thread's own.
func sysTimerCreate(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	const evSignal, evNone, evThread, evThreadID = 0, 1, 2, 4
	id, err := clockIn(l, a[0])
	if err != abi.OK {
		return ret(err)
	}
	clock := int32(id)
	var of, target *kern.LWP
	switch {
	case int32(a[0]) >= 4 && int32(a[0]) <= 6:
		return ret(abi.EOPNOTSUPP) // raw and coarse ones only tell the time
	case clock == abi.CLOCK_REALTIME, clock == abi.CLOCK_MONOTONIC:
	case clock == abi.CLOCK_THREAD_CPUTIME_ID:
		clock, of = abi.CLOCK_PROF, l
	case uint32(clock)&abi.CLOCK_PROCESS_CPUTIME_ID == 0 && uint32(clock)&abi.CLOCK_THREAD_CPUTIME_ID != 0 && int32(a[0]) < 0:
		if clock, of = abi.CLOCK_PROF, l; ^(int32(a[0]) >> 3) != 0 {
			of = findTid(l.Proc, ^(int32(a[0]) >> 3))
		}
	case clock == abi.CLOCK_PROCESS_CPUTIME_ID, clock == abi.CLOCK_PROCESS_CPUTIME_ID|l.Proc.PID:
		clock = abi.CLOCK_PROF
	default:
		return ret(abi.EOPNOTSUPP)
	}
	ev := abi.Sigevent{Notify: abi.SIGEV_SIGNAL, Signo: int32(abi.SIGALRM)}
	if a[1] != 0 {
		var s struct {
			Value         abi.Ptr
			Signo, Notify int32
			Tid           int32
		}
		if err := l.CopyinStruct(a[1], &s); err != abi.OK {
			return ret(err)
		}
		switch s.Notify {
		case evSignal, evThread, evThreadID:
			sig := machineOf(l).sigIn(s.Signo)
			if s.Notify == evThreadID {
				target = findTid(l.Proc, s.Tid)
			}
			if sig == 0 || s.Notify == evThreadID && target == nil {
				return ret(abi.EINVAL)
			}
			ev.Signo = int32(sig)
		case evNone:
			ev.Notify = abi.SIGEV_NONE
		default:
			return ret(abi.EINVAL)
		}
		ev.Value = s.Value
	}
	if lim, err := limitOf(l.Proc, rlimitSigpending); err == abi.OK && uint64(l.Proc.PTimers()) >= lim.Cur {
		return ret(abi.EAGAIN) // each has a signal in reserve
	}
	t, err := l.Proc.NewPTimer(clock, ev)
	if err != abi.OK {
		return ret(err)
	}
	t.Of, t.Target = of, target
	if a[1] == 0 {
		t.Ev.Value = abi.Ptr(t.ID) << machineOf(l).sivalShift()
	}
	if err = l.CopyoutInt32(a[2], t.ID); err != abi.OK {
		l.Proc.DeletePTimer(t)
	}
	return ret(err)
}

func sysTimerfdCreate(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	id, err := clockIn(l, a[0])
	flags := int32(a[1])
	if err != abi.OK || id != abi.CLOCK_REALTIME && id != abi.CLOCK_MONOTONIC || flags&^(oCloexec|oNonblock) != 0 {
		return ret(abi.EINVAL)
	}
	f := kern.NewTimerfd(l, int32(id), oflagsIn(flags&oNonblock))
	return retFd(l.Install(f, flags&oCloexec != 0))
}

// withTimerfd calls f with the timer of a descriptor. Errors: EBADF, EINVAL.
func withTimerfd(l *kern.LWP, fd uint64, do func(t *kern.Timerfd) abi.Errno) (kern.Retval, abi.Errno) {
	f, err := l.Getfile(int32(fd))
	if err != abi.OK {
		return ret(err)
	}
	defer f.Done(l)
	t, ok := f.Ops.(*kern.Timerfd)
	if !ok {
		return ret(abi.EINVAL)
	}
	return ret(do(t))
}

func timerLeft(t *kern.Timerfd) abi.Itimerspec {
	left, interval := t.Left()
	return abi.Itimerspec{Interval: abi.TimespecOf(interval), Value: abi.TimespecOf(left)}
}

func sysTimerfdSettime(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	const abstime, cancelOnSet = 1, 2
	if a[1]&^(abstime|cancelOnSet) != 0 {
		return ret(abi.EINVAL)
	}
	var it abi.Itimerspec
	if err := l.CopyinStruct(a[2], &it); err != abi.OK {
		return ret(err)
	}
	if !it.Value.Valid() || !it.Interval.Valid() || it.Value.Sec < 0 || it.Interval.Sec < 0 {
		return ret(abi.EINVAL)
	}
	return withTimerfd(l, a[0], func(t *kern.Timerfd) abi.Errno {
		old := timerLeft(t)
		var at time.Time
		if !it.Value.IsZero() {
			now, d := l.K.Timenow(), it.Value.Duration()
			switch {
			case a[1]&abstime == 0:
			case t.Clock == abi.CLOCK_REALTIME:
				d -= time.Duration(now.UnixNano())
			default:
				d -= l.K.Uptime() + clockOffset(l, 1)
			}
			at = now.Add(min(d, 1<<61))
		}
		t.Set(at, it.Interval.Duration())
		if a[3] != 0 {
			return l.CopyoutStruct(a[3], &old)
		}
		return abi.OK
	})
}

func sysTimerfdGettime(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return withTimerfd(l, a[0], func(t *kern.Timerfd) abi.Errno {
		it := timerLeft(t)
		return l.CopyoutStruct(a[1], &it)
	})
}

var (
	sysGetitimer       kern.Handler = native(syscalls.SYS___getitimer50)
	sysSetitimer       kern.Handler = native(syscalls.SYS___setitimer50)
	sysSettimeofday    kern.Handler = native(syscalls.SYS___settimeofday50)
	sysTimerDelete     kern.Handler = native(syscalls.SYS_timer_delete)
	sysTimerGetoverrun kern.Handler = native(syscalls.SYS_timer_getoverrun)
	sysTimerGettime    kern.Handler = native(syscalls.SYS___timer_gettime50)
)
