package syscalls

import (
	"time"

	"nbemu/abi"
	"nbemu/kern"
)

// Clocks, sleeping and timers (kern_time.c). The calls of NetBSD 5 and older are the same with 32-bit seconds:
// old says so below.

func inTimespec(l *kern.LWP, va uint64, old bool) (abi.Timespec, abi.Errno) {
	if old {
		var ts abi.Timespec50
		err := l.CopyinStruct(va, &ts)
		return abi.Timespec{Sec: int64(ts.Sec), Nsec: ts.Nsec}, err
	}
	var ts abi.Timespec
	err := l.CopyinStruct(va, &ts)
	return ts, err
}

func timespec50(ts abi.Timespec) abi.Timespec50 {
	return abi.Timespec50{Sec: int32(ts.Sec), Nsec: ts.Nsec}
}

func outTimespec(l *kern.LWP, va uint64, ts abi.Timespec, old bool) abi.Errno {
	if old {
		return l.CopyoutStruct(va, timespec50(ts))
	}
	return l.CopyoutStruct(va, ts)
}

func timeval50(tv abi.Timeval) abi.Timeval50 {
	return abi.Timeval50{Sec: abi.Long(int32(tv.Sec)), Usec: abi.Long(tv.Usec)}
}

func outTimeval(l *kern.LWP, va uint64, tv abi.Timeval, old bool) abi.Errno {
	if old {
		return l.CopyoutStruct(va, timeval50(tv))
	}
	return l.CopyoutStruct(va, tv)
}

// cpuClockMask takes the number of a process or LWP out of a CPU-time clock's id.
const cpuClockMask = abi.CLOCK_THREAD_CPUTIME_ID - 1

// clockTime reads a clock, as the time since its beginning (clock_gettime1). Errors: EINVAL for a clock there
// is not, ESRCH and EPERM for the CPU time of another process.
func clockTime(l *kern.LWP, id int32) (abi.Timespec, abi.Errno) {
	u := uint32(id)
	switch {
	case u&abi.CLOCK_PROCESS_CPUTIME_ID != 0:
		p := l.Proc
		if pid := int32(u & cpuClockMask); pid != 0 && pid != p.PID {
			if p = l.K.Pfind(pid); p == nil {
				return abi.Timespec{}, abi.ESRCH
			}
			if !l.MayTrace(p) {
				return abi.Timespec{}, abi.EPERM
			}
		}
		return abi.TimespecOf(p.CPUTime()), abi.OK
	case u&(abi.CLOCK_THREAD_CPUTIME_ID|abi.CLOCK_THREAD_CPUTIME_ID_OLD) != 0:
		t := l
		if lid := int32(u & cpuClockMask); lid != 0 {
			if t = l.Proc.Lfind(lid); t == nil {
				return abi.Timespec{}, abi.ESRCH
			}
		}
		return abi.TimespecOf(t.CPUTime()), abi.OK
	}
	switch id {
	case abi.CLOCK_REALTIME:
		return abi.TimespecAt(l.K.Timenow()), abi.OK
	case abi.CLOCK_MONOTONIC:
		return abi.TimespecOf(l.K.Uptime()), abi.OK
	}
	return abi.Timespec{}, abi.EINVAL
}

func clockGettime(l *kern.LWP, a *kern.Args, old bool) (kern.Retval, abi.Errno) {
	ts, err := clockTime(l, int32(a[0]))
	if err == abi.OK {
		err = outTimespec(l, a[1], ts, old)
	}
	return retErr(err)
}

// sysClockGettime50 is clock_gettime(2).
func sysClockGettime50(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return clockGettime(l, a, false)
}

func sysCompat50ClockGettime(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return clockGettime(l, a, true)
}

// clockGetres: the host's clocks count nanoseconds.
func clockGetres(l *kern.LWP, a *kern.Args, old bool) (kern.Retval, abi.Errno) {
	switch int32(a[0]) {
	case abi.CLOCK_REALTIME, abi.CLOCK_MONOTONIC:
	default:
		return retErr(abi.EINVAL)
	}
	if a[1] == 0 {
		return retErr(abi.OK)
	}
	return retErr(outTimespec(l, a[1], abi.Timespec{Nsec: 1}, old))
}

// sysClockGetres50 is clock_getres(2).
func sysClockGetres50(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return clockGetres(l, a, false)
}

func sysCompat50ClockGetres(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return clockGetres(l, a, true)
}

// clockSettime refuses: the time is the host's.
func clockSettime(l *kern.LWP, a *kern.Args, old bool) (kern.Retval, abi.Errno) {
	if _, err := inTimespec(l, a[1], old); err != abi.OK {
		return retErr(err)
	}
	if int32(a[0]) != abi.CLOCK_REALTIME {
		return retErr(abi.EINVAL)
	}
	return retErr(abi.EPERM)
}

// sysClockSettime50 is clock_settime(2).
func sysClockSettime50(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return clockSettime(l, a, false)
}

func sysCompat50ClockSettime(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return clockSettime(l, a, true)
}

// sysClockGetcpuclockid2 is clock_getcpuclockid2(idtype, id, clockid_t *). Errors: EINVAL, EFAULT.
func sysClockGetcpuclockid2(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	id := int32(a[1])
	switch int32(a[0]) {
	case abi.P_PID:
		if id == 0 {
			id = l.Proc.PID
		}
		id |= abi.CLOCK_PROCESS_CPUTIME_ID
	case abi.P_LWPID:
		if id == 0 {
			id = l.ID
		}
		id |= abi.CLOCK_THREAD_CPUTIME_ID
	default:
		return retErr(abi.EINVAL)
	}
	return retErr(l.CopyoutInt32(a[2], id))
}

// gettimeofday: the time zone is one of no kernel's concern.
func gettimeofday(l *kern.LWP, a *kern.Args, old bool) (kern.Retval, abi.Errno) {
	if a[0] != 0 {
		if err := outTimeval(l, a[0], abi.TimevalAt(l.K.Timenow()), old); err != abi.OK {
			return retErr(err)
		}
	}
	if a[1] != 0 {
		return retErr(l.CopyoutStruct(a[1], abi.Timezone{}))
	}
	return retErr(abi.OK)
}

// sysGettimeofday50 is gettimeofday(2).
func sysGettimeofday50(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return gettimeofday(l, a, false)
}

func sysCompat50Gettimeofday(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return gettimeofday(l, a, true)
}

// setTime is what settimeofday and adjtime come to: with a time to set, whose structure v is, EPERM.
func setTime(l *kern.LWP, va uint64, v any) (kern.Retval, abi.Errno) {
	if va == 0 {
		return retErr(abi.OK)
	}
	if err := l.CopyinStruct(va, v); err != abi.OK {
		return retErr(err)
	}
	return retErr(abi.EPERM)
}

// sysSettimeofday50 is settimeofday(2).
func sysSettimeofday50(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return setTime(l, a[0], &abi.Timeval{})
}

func sysCompat50Settimeofday(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return setTime(l, a[0], &abi.Timeval50{})
}

// adjtime: the super-user can ask how much adjustment is outstanding, which is none.
func adjtime(l *kern.LWP, a *kern.Args, old bool) (kern.Retval, abi.Errno) {
	if !l.Proc.Cred.IsRoot() || a[0] != 0 {
		return retErr(abi.EPERM)
	}
	if a[1] == 0 {
		return retErr(abi.OK)
	}
	return retErr(outTimeval(l, a[1], abi.Timeval{}, old))
}

// sysAdjtime50 is adjtime(2).
func sysAdjtime50(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) { return adjtime(l, a, false) }

func sysCompat50Adjtime(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return adjtime(l, a, true)
}

// sysNtpGettime50 is ntp_gettime(2); its result is the state of the clock.
func sysNtpGettime50(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	n := l.K.NtpTime()
	return retInt(n.TimeState, l.CopyoutStruct(a[0], &n))
}

func sysNtpGettime30(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	n := l.K.NtpTime()
	return retInt(n.TimeState, l.CopyoutStruct(a[0], &abi.Ntptimeval50{Time: timespec50(n.Time), Maxerror: n.Maxerror,
		Esterror: n.Esterror, Tai: n.Tai, TimeState: n.TimeState}))
}

func sysCompat30NtpGettime(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	n := l.K.NtpTime()
	return retInt(n.TimeState, l.CopyoutStruct(a[0], &abi.Ntptimeval30{Time: timeval50(n.Time.Timeval()), Maxerror: n.Maxerror,
		Esterror: n.Esterror}))
}

// sysNtpAdjtime is ntp_adjtime(2): it can be asked, but not told. Errors: EPERM, EFAULT.
func sysNtpAdjtime(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	var tx abi.Timex
	if err := l.CopyinStruct(a[0], &tx); err != abi.OK {
		return retErr(err)
	}
	if tx.Modes != 0 {
		return retErr(abi.EPERM)
	}
	tx = kern.NtpTimex()
	return retInt(l.K.NtpTime().TimeState, l.CopyoutStruct(a[0], &tx))
}

// fixTimespec is the check of times that are waited for (itimespecfix). Errors: EINVAL, ETIMEDOUT for negative
// times.
func fixTimespec(ts abi.Timespec) abi.Errno {
	switch {
	case !ts.Valid():
		return abi.EINVAL
	case ts.Sec < 0:
		return abi.ETIMEDOUT
	}
	return abi.OK
}

// subTimespec is t − u; both are normalized.
func subTimespec(t, u abi.Timespec) abi.Timespec {
	t.Sec -= u.Sec
	t.Nsec -= u.Nsec
	if t.Nsec < 0 {
		t.Sec--
		t.Nsec += 1e9
	}
	return t
}

// sleepOn sleeps for a time, or with TIMER_ABSTIME until the clock shows it, and returns what remained when a
// signal came (nanosleep1). Errors: EINTR, EINVAL, those of clockTime.
func sleepOn(l *kern.LWP, clock, flags int32, rq abi.Timespec) (left abi.Timespec, err abi.Errno) {
	start, err := clockTime(l, clock)
	if err != abi.OK {
		return left, err
	}
	abs := flags&abi.TIMER_ABSTIME != 0
	if abs {
		if !rq.Valid() {
			return left, abi.EINVAL
		}
		rq = subTimespec(rq, start)
	}
	if err = fixTimespec(rq); err != abi.OK {
		if err == abi.ETIMEDOUT {
			err = abi.OK
		}
		return abi.Timespec{}, err
	}
	left = rq
	for !left.IsZero() {
		var q kern.SleepQ
		err = l.Sleep(&q, "nanoslp", true, l.K.Timenow().Add(left.Duration()))
		now, cerr := clockTime(l, clock)
		if cerr != abi.OK {
			return left, cerr
		}
		left = abi.TimespecOf(max(l.Unslept(subTimespec(rq, subTimespec(now, start)).Duration()), 0))
		if err == abi.EINTR || err == abi.ERESTART {
			return left, abi.EINTR
		}
	}
	return left, abi.OK
}

func nanosleep(l *kern.LWP, clock, flags int32, rqtp, rmtp uint64, old bool) abi.Errno {
	rq, err := inTimespec(l, rqtp, old)
	if err != abi.OK {
		return err
	}
	left, err := sleepOn(l, clock, flags, rq)
	if rmtp == 0 || err != abi.OK && err != abi.EINTR {
		return err
	}
	if err := outTimespec(l, rmtp, left, old); err != abi.OK {
		return err
	}
	return err
}

// sysNanosleep50 is nanosleep(2).
func sysNanosleep50(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return retErr(nanosleep(l, abi.CLOCK_MONOTONIC, 0, a[0], a[1], false))
}

func sysCompat50Nanosleep(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return retErr(nanosleep(l, abi.CLOCK_MONOTONIC, 0, a[0], a[1], true))
}

// sysClockNanosleep is clock_nanosleep(2), which returns its error as a value.
func sysClockNanosleep(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return retErrno(nanosleep(l, int32(a[0]), int32(a[1]), a[2], a[3], false))
}

func inItimerval(l *kern.LWP, va uint64, old bool) (it abi.Itimerval, err abi.Errno) {
	if !old {
		err = l.CopyinStruct(va, &it)
		return it, err
	}
	var o abi.Itimerval50
	err = l.CopyinStruct(va, &o)
	conv := func(tv abi.Timeval50) abi.Timeval { return abi.Timeval{Sec: int64(tv.Sec), Usec: int32(tv.Usec)} }
	return abi.Itimerval{Interval: conv(o.Interval), Value: conv(o.Value)}, err
}

func getitimer(l *kern.LWP, which int32, va uint64, old bool) abi.Errno {
	if uint32(which) > abi.ITIMER_MONOTONIC {
		return abi.EINVAL
	}
	v, i := l.Proc.Getitimer(int(which))
	it := abi.Itimerval{Interval: abi.TimevalOf(i), Value: abi.TimevalOf(v)}
	if old {
		return l.CopyoutStruct(va, &abi.Itimerval50{Interval: timeval50(it.Interval), Value: timeval50(it.Value)})
	}
	return l.CopyoutStruct(va, &it)
}

func setitimer(l *kern.LWP, a *kern.Args, old bool) (kern.Retval, abi.Errno) {
	which := int32(a[0])
	if uint32(which) > abi.ITIMER_MONOTONIC {
		return retErr(abi.EINVAL)
	}
	var it abi.Itimerval
	var err abi.Errno
	if a[1] != 0 {
		if it, err = inItimerval(l, a[1], old); err != abi.OK {
			return retErr(err)
		}
	}
	if a[2] != 0 {
		if err = getitimer(l, which, a[2], old); err != abi.OK {
			return retErr(err)
		}
	}
	if a[1] == 0 {
		return retErr(abi.OK)
	}
	if !it.Value.Valid() || !it.Interval.Valid() || it.Value.Sec < 0 || it.Interval.Sec < 0 {
		return retErr(abi.EINVAL)
	}
	l.Proc.Setitimer(int(which), it.Value.Duration(), it.Interval.Duration())
	return retErr(abi.OK)
}

// sysGetitimer50 is getitimer(2).
func sysGetitimer50(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return retErr(getitimer(l, int32(a[0]), a[1], false))
}

func sysCompat50Getitimer(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return retErr(getitimer(l, int32(a[0]), a[1], true))
}

// sysSetitimer50 is setitimer(2).
func sysSetitimer50(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return setitimer(l, a, false)
}

func sysCompat50Setitimer(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return setitimer(l, a, true)
}

// sysTimerCreate is timer_create(clockid, sigevent *, timer_t *). Errors: EINVAL, EAGAIN, EFAULT.
func sysTimerCreate(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	clock := int32(a[0])
	if uint32(clock) > abi.CLOCK_MONOTONIC {
		return retErr(abi.EINVAL)
	}
	ev := abi.Sigevent{Notify: abi.SIGEV_SIGNAL, Signo: int32(abi.SIGALRM)}
	switch clock {
	case abi.CLOCK_VIRTUAL:
		ev.Signo = int32(abi.SIGVTALRM)
	case abi.CLOCK_PROF:
		ev.Signo = int32(abi.SIGPROF)
	}
	if a[1] != 0 {
		if err := l.CopyinStruct(a[1], &ev); err != abi.OK {
			return retErr(err)
		}
		if ev.Notify < abi.SIGEV_NONE || ev.Notify > abi.SIGEV_SA || ev.Notify == abi.SIGEV_SIGNAL && !abi.Signal(ev.Signo).Valid() {
			return retErr(abi.EINVAL)
		}
	}
	t, err := l.Proc.NewPTimer(clock, ev)
	if err != abi.OK {
		return retErr(err)
	}
	if a[1] == 0 {
		t.Ev.Value = l.Model().IntSigval(t.ID)
	}
	if err = l.CopyoutInt32(a[2], t.ID); err != abi.OK {
		l.Proc.DeletePTimer(t)
	}
	return retErr(err)
}

// sysTimerDelete is timer_delete(2).
func sysTimerDelete(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	t := l.Proc.PTimerByID(int32(a[0]))
	if t == nil {
		return retErr(abi.EINVAL)
	}
	l.Proc.DeletePTimer(t)
	return retErr(abi.OK)
}

// sysTimerGetoverrun is timer_getoverrun(2).
func sysTimerGetoverrun(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	t := l.Proc.PTimerByID(int32(a[0]))
	if t == nil {
		return retErr(abi.EINVAL)
	}
	const delaytimerMax = 32
	return retInt(min(t.Overrun, delaytimerMax), abi.OK)
}

func outItimerspec(l *kern.LWP, va uint64, t *kern.PTimer, old bool) abi.Errno {
	v, i := t.Left()
	its := abi.Itimerspec{Interval: abi.TimespecOf(i), Value: abi.TimespecOf(v)}
	if old {
		return l.CopyoutStruct(va, &abi.Itimerspec50{Interval: timespec50(its.Interval), Value: timespec50(its.Value)})
	}
	return l.CopyoutStruct(va, &its)
}

func timerGettime(l *kern.LWP, a *kern.Args, old bool) (kern.Retval, abi.Errno) {
	t := l.Proc.PTimerByID(int32(a[0]))
	if t == nil {
		return retErr(abi.EINVAL)
	}
	return retErr(outItimerspec(l, a[1], t, old))
}

func timerSettime(l *kern.LWP, a *kern.Args, old bool) (kern.Retval, abi.Errno) {
	var its abi.Itimerspec
	var err abi.Errno
	if old {
		var o abi.Itimerspec50
		err = l.CopyinStruct(a[2], &o)
		conv := func(ts abi.Timespec50) abi.Timespec { return abi.Timespec{Sec: int64(ts.Sec), Nsec: ts.Nsec} }
		its = abi.Itimerspec{Interval: conv(o.Interval), Value: conv(o.Value)}
	} else {
		err = l.CopyinStruct(a[2], &its)
	}
	if err != abi.OK {
		return retErr(err)
	}
	if !l.Proc.PTimerID(int32(a[0])) {
		return retErr(abi.EINVAL)
	}
	for _, ts := range []abi.Timespec{its.Value, its.Interval} {
		if err = fixTimespec(ts); err != abi.OK {
			return retErr(err)
		}
	}
	t := l.Proc.PTimerByID(int32(a[0]))
	if t == nil {
		return retErr(abi.EINVAL)
	}
	if a[3] != 0 {
		if err = outItimerspec(l, a[3], t, old); err != abi.OK {
			return retErr(err)
		}
	}
	l.Proc.ArmPTimer(t, timerStart(l, t.Clock, int32(a[1]), its.Value), its.Interval.Duration())
	return retErr(abi.OK)
}

// timerStart is when a timer first goes off, by the host's clock; the zero time disarms it.
func timerStart(l *kern.LWP, clock, flags int32, v abi.Timespec) time.Time {
	now := l.K.Timenow()
	switch {
	case v.IsZero():
		return time.Time{}
	case flags&abi.TIMER_ABSTIME == 0:
		return now.Add(v.Duration())
	case clock == abi.CLOCK_MONOTONIC:
		return now.Add(v.Duration() - l.K.Uptime())
	}
	return now.Add(v.Time().Sub(now))
}

// sysTimerGettime50 is timer_gettime(2).
func sysTimerGettime50(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return timerGettime(l, a, false)
}

func sysCompat50TimerGettime(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return timerGettime(l, a, true)
}

// sysTimerSettime50 is timer_settime(2).
func sysTimerSettime50(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return timerSettime(l, a, false)
}

func sysCompat50TimerSettime(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return timerSettime(l, a, true)
}
