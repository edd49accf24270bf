package syscalls

import (
	"time"

	"nbemu/abi"
	"nbemu/kern"
)

// LWPs: _lwp_create(2) and the calls around it (sys/kern/sys_lwp.c).

func sysLwpCreate(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	md := machdep(l)
	uc := make([]byte, md.UcontextSize)
	if err := l.Copyin(uc, a[0]); err != abi.OK {
		return kern.Retval{}, err
	}
	var h abi.UcontextHead
	l.Model().Unmarshal(uc, &h)
	if h.Flags&abi.UC_CPU == 0 {
		return kern.Retval{}, abi.EINVAL
	}
	mc := uc[md.McontextOff:]
	if err := md.CheckMcontext(l, mc, h.Flags); err != abi.OK {
		return kern.Retval{}, err
	}
	if uint64(l.Proc.LiveLWPs()) >= l.Proc.Limits[abi.RLIMIT_NTHR].Cur {
		return kern.Retval{}, abi.EAGAIN
	}
	l.SyncFP()
	n := l.NewLWP()
	n.Ctx = l.Ctx
	n.Private = l.Private
	md.SetMcontext(n, mc, h.Flags)
	n.FPChanged()
	if h.Flags&abi.UC_SIGMASK != 0 {
		n.SetSigmask(h.Sigmask)
	}
	n.Detached = a[1]&abi.LWP_DETACHED != 0
	if err := l.CopyoutInt32(a[2], n.ID); err != abi.OK {
		n.Abandon()
		return kern.Retval{}, err
	}
	if a[1]&abi.LWP_SUSPENDED != 0 {
		n.Suspend()
	}
	n.Start()
	return kern.Retval{}, abi.OK
}

func sysLwpExit(l *kern.LWP, _ *kern.Args) (kern.Retval, abi.Errno) {
	l.ExitLWP()
	return kern.Retval{}, abi.EJUSTRETURN
}

func sysLwpSelf(l *kern.LWP, _ *kern.Args) (kern.Retval, abi.Errno) {
	return kern.Retval{R0: uint64(l.ID)}, abi.OK
}

func sysLwpGetprivate(l *kern.LWP, _ *kern.Args) (kern.Retval, abi.Errno) {
	return kern.Retval{R0: l.Private}, abi.OK
}

func sysLwpSetprivate(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	l.Private = a[0]
	l.Ctx.R[l.Proc.Arch.TLS] = a[0]
	if f := l.Proc.Emul.Setprivate; f != nil {
		f(l, a[0])
	}
	return kern.Retval{}, abi.OK
}

func sysLwpWait(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	id, err := l.WaitLWP(int32(a[0]))
	if err == abi.OK && a[1] != 0 {
		err = l.CopyoutInt32(a[1], id)
	}
	return kern.Retval{}, err
}

func sysLwpDetach(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return kern.Retval{}, l.Proc.DetachLWP(int32(a[0]))
}

func sysLwpSuspend(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	t := l.Proc.Lfind(int32(a[0]))
	if t == nil {
		return kern.Retval{}, abi.ESRCH
	}
	if t == l && l.OnlyRunning() {
		return kern.Retval{}, abi.EDEADLK
	}
	t.Suspend()
	return kern.Retval{}, abi.OK
}

func sysLwpContinue(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	t := l.Proc.Lfind(int32(a[0]))
	if t == nil {
		return kern.Retval{}, abi.ESRCH
	}
	t.Continue()
	return kern.Retval{}, abi.OK
}

// sysLwpWakeup makes an interruptible sleep of the target end with EINTR.
func sysLwpWakeup(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	t := l.Proc.Lfind(int32(a[0]))
	if t == nil {
		return kern.Retval{}, abi.ESRCH
	}
	return kern.Retval{}, t.CancelSleep()
}

func sysLwpKill(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	sig := abi.Signal(int32(a[1]))
	if sig < 0 || sig >= abi.NSIG {
		return kern.Retval{}, abi.EINVAL
	}
	t := l.Proc.Lfind(int32(a[0]))
	if t == nil {
		return kern.Retval{}, abi.ESRCH
	}
	if sig == 0 {
		return kern.Retval{}, abi.OK
	}
	ksi := kern.Ksiginfo{Signo: sig, Code: abi.SI_LWP, Pid: l.Proc.PID, Uid: l.Proc.Cred.Euid}
	return kern.Retval{}, l.Proc.Kpsignal(&ksi, t)
}

// parkDeadline turns the timeout of the park calls into a time (ts2timo). Errors: EINVAL, ETIMEDOUT.
func parkDeadline(l *kern.LWP, clock int32, ts abi.Timespec, abstime bool) (time.Time, abi.Errno) {
	if abstime {
		start, err := clockTime(l, clock)
		if err != abi.OK {
			return time.Time{}, err
		}
		if !ts.Valid() {
			return time.Time{}, abi.EINVAL
		}
		ts = subTimespec(ts, start)
	}
	if err := fixTimespec(ts); err != abi.OK {
		return time.Time{}, err
	}
	if ts.IsZero() {
		return time.Time{}, abi.ETIMEDOUT
	}
	return l.K.Timenow().Add(ts.Duration()), abi.OK
}

// sysLwpPark60 is _lwp_park(clock, flags, timespec *, unpark, hint, unparkhint).
func sysLwpPark60(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	var deadline time.Time
	var ts abi.Timespec
	if a[2] != 0 {
		if err := l.CopyinStruct(a[2], &ts); err != abi.OK {
			return kern.Retval{}, err
		}
	}
	if id := int32(a[3]); id != 0 {
		if err := l.Proc.Unpark(id); err != abi.OK {
			return kern.Retval{}, err
		}
	}
	if a[2] == 0 {
		return kern.Retval{}, l.Park(deadline)
	}
	abstime := int32(a[1])&abi.TIMER_ABSTIME != 0
	deadline, err := parkDeadline(l, int32(a[0]), ts, abstime)
	if err != abi.OK {
		return kern.Retval{}, err
	}
	err = l.Park(deadline)
	if !abstime {
		_ = l.CopyoutStruct(a[2], abi.TimespecOf(max(deadline.Sub(l.K.Timenow()), 0)))
	}
	return kern.Retval{}, err
}

// sysCompat60LwpPark is _lwp_park(timespec *, unpark, hint, unparkhint): until a time of CLOCK_REALTIME.
func sysCompat60LwpPark(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return parkUntil(l, a, false)
}

// sysCompat50LwpPark is that with seconds of 32 bits.
func sysCompat50LwpPark(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return parkUntil(l, a, true)
}

func parkUntil(l *kern.LWP, a *kern.Args, old bool) (kern.Retval, abi.Errno) {
	var ts abi.Timespec
	var err abi.Errno
	if a[0] != 0 {
		if ts, err = inTimespec(l, a[0], old); err != abi.OK {
			return retErr(err)
		}
	}
	if id := int32(a[1]); id != 0 {
		if err = l.Proc.Unpark(id); err != abi.OK {
			return retErr(err)
		}
	}
	var deadline time.Time
	if a[0] != 0 {
		if deadline, err = parkDeadline(l, abi.CLOCK_REALTIME, ts, true); err != abi.OK {
			return retErr(err)
		}
	}
	return retErr(l.Park(deadline))
}

func sysLwpUnpark(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return kern.Retval{}, l.Proc.Unpark(int32(a[0]))
}

// unparkMax is LWP_UNPARK_MAX.
const unparkMax = 1024

// sysLwpUnparkAll is _lwp_unpark_all(targets *, n, hint); with no targets it tells how many are allowed.
func sysLwpUnparkAll(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	if a[0] == 0 {
		return kern.Retval{R0: unparkMax}, abi.OK
	}
	if a[1] > unparkMax || a[1] == 0 {
		return kern.Retval{}, abi.EINVAL
	}
	for i := range a[1] {
		id, err := l.CopyinInt32(a[0] + 4*i)
		if err != abi.OK {
			return kern.Retval{}, err
		}
		_ = l.Proc.Unpark(id)
	}
	return kern.Retval{}, abi.OK
}

// maxLWPName is MAXCOMLEN.
const maxLWPName = 16

func sysLwpSetname(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	t := l.Proc.Lfind(int32(a[0]))
	if a[0] == 0 {
		t = l
	}
	if t == nil {
		return kern.Retval{}, abi.ESRCH
	}
	s, err := l.CopyinStr(a[1], maxLWPName)
	if err == abi.ENAMETOOLONG {
		var b [maxLWPName - 1]byte
		err = l.Copyin(b[:], a[1])
		s = string(b[:])
	}
	if err == abi.OK {
		t.Name = s
	}
	return kern.Retval{}, err
}

func sysLwpGetname(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	t := l.Proc.Lfind(int32(a[0]))
	if a[0] == 0 {
		t = l
	}
	if t == nil {
		return kern.Retval{}, abi.ESRCH
	}
	b := append([]byte(t.Name), 0)
	var err abi.Errno
	if uint64(len(b)) > a[2] {
		b, err = b[:a[2]], abi.ENAMETOOLONG
	}
	if e := l.Copyout(b, a[1]); e != abi.OK {
		err = e
	}
	return kern.Retval{}, err
}

func sysLwpCtl(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	if int32(a[0])&^(abi.LWPCTL_FEATURE_CURCPU|abi.LWPCTL_FEATURE_PCTR) != 0 {
		return kern.Retval{}, abi.ENODEV
	}
	va, err := l.LwpCtlAlloc()
	if err != abi.OK {
		return kern.Retval{}, err
	}
	p := abi.Ptr(va)
	return kern.Retval{}, l.CopyoutStruct(a[1], &p)
}
