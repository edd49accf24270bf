package syscalls

import (
	"time"

	"nbemu/abi"
	"nbemu/arch"
	"nbemu/kern"
)

// Signals: sigaction(2) and the calls around it (sys/kern/sys_sig.c).

// sigaction1 changes a disposition; nsa and osa are guest addresses, either may be 0.
func sigaction1(l *kern.LWP, sig abi.Signal, nsa, osa, tramp uint64, vers int32) abi.Errno {
	var act *kern.Sigact
	if nsa != 0 {
		act = &kern.Sigact{Tramp: tramp, Vers: vers}
		if err := l.CopyinStruct(nsa, &act.Sigaction); err != abi.OK {
			return err
		}
	}
	old, err := setSigact(l, sig, act)
	if err == abi.OK && osa != 0 {
		err = l.CopyoutStruct(osa, &old.Sigaction)
	}
	return err
}

// setSigact changes a disposition if its flags and trampoline are allowed. Only a handler needs a trampoline: of
// versions 0 and 1, which give it the sigcontext of NetBSD 1.6, it is the kernel's, or comes along.
func setSigact(l *kern.LWP, sig abi.Signal, act *kern.Sigact) (kern.Sigact, abi.Errno) {
	if act != nil && act.Handler != kern.SigDfl && act.Handler != kern.SigIgn {
		ok := false
		switch act.Vers {
		case 0:
			ok = act.Tramp == 0 && l.Proc.SigcodeVA != 0 && arch.Of(l.Proc.Arch).Sigcontext != nil
		case 1:
			ok = act.Tramp != 0 && arch.Of(l.Proc.Arch).Sigcontext != nil
		case 2, 3:
			ok = act.Tramp != 0
		}
		if !ok {
			return kern.Sigact{}, abi.EINVAL
		}
	}
	if act != nil && act.Flags&^abi.SA_ALLBITS != 0 {
		return kern.Sigact{}, abi.EINVAL
	}
	if !sig.Valid() {
		return kern.Sigact{}, abi.EINVAL
	}
	return l.Proc.SetSigact(sig, act)
}

func sysSigactionSigtramp(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return kern.Retval{}, sigaction1(l, abi.Signal(int32(a[0])), a[1], a[2], a[3], int32(a[4]))
}

func sysSigaction14(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return kern.Retval{}, sigaction1(l, abi.Signal(int32(a[0])), a[1], a[2], 0, 0)
}

func sysSigprocmask14(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	old := l.Sigmask
	if a[1] != 0 {
		var set abi.Sigset
		if err := l.CopyinStruct(a[1], &set); err != abi.OK {
			return kern.Retval{}, err
		}
		if err := sigprocmask1(l, int32(a[0]), set); err != abi.OK {
			return kern.Retval{}, err
		}
	}
	if a[2] != 0 {
		return kern.Retval{}, l.CopyoutStruct(a[2], &old)
	}
	return kern.Retval{}, abi.OK
}

// sigprocmask1 changes the thread's mask.
func sigprocmask1(l *kern.LWP, how int32, set abi.Sigset) abi.Errno {
	switch how {
	case abi.SIG_BLOCK:
		set = l.Sigmask.Or(set)
	case abi.SIG_UNBLOCK:
		set = l.Sigmask.AndNot(set)
	case abi.SIG_SETMASK:
	default:
		return abi.EINVAL
	}
	l.SetSigmask(set)
	return abi.OK
}

func sysSigpending14(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	set := l.Pending()
	return kern.Retval{}, l.CopyoutStruct(a[0], &set)
}

func sysSigsuspend14(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	var set abi.Sigset
	if err := l.CopyinStruct(a[0], &set); err != abi.OK {
		return kern.Retval{}, err
	}
	return kern.Retval{}, l.Sigsuspend(set)
}

func sysSigaltstack14(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	old := l.Sigstk
	if a[0] != 0 {
		var ss abi.StackT
		if err := l.CopyinStruct(a[0], &ss); err != abi.OK {
			return kern.Retval{}, err
		}
		if err := sigaltstack1(l, ss); err != abi.OK {
			return kern.Retval{}, err
		}
	}
	if a[1] != 0 {
		return kern.Retval{}, l.CopyoutStruct(a[1], &old)
	}
	return kern.Retval{}, abi.OK
}

// sigaltstack1 changes the alternate stack (sigaltstack1).
func sigaltstack1(l *kern.LWP, ss abi.StackT) abi.Errno {
	switch {
	case ss.Flags&^abi.SS_ALLBITS != 0:
		return abi.EINVAL
	case ss.Flags&abi.SS_DISABLE != 0:
		if l.Sigstk.Flags&abi.SS_ONSTACK != 0 {
			return abi.EINVAL
		}
		l.Sigstk = abi.StackT{Flags: ss.Flags}
	case uint64(ss.Size) < abi.MINSIGSTKSZ:
		return abi.ENOMEM
	default:
		ss.Flags = ss.Flags&^abi.SS_ONSTACK | l.Sigstk.Flags&abi.SS_ONSTACK
		l.Sigstk = ss
	}
	return abi.OK
}

func sysGetcontext(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return kern.Retval{}, l.Copyout(machdep(l).Getucontext(l), a[0])
}

func sysSetcontext(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	if a[0] == 0 {
		// setcontext(NULL) ends the thread.
		l.ExitLWP()
	}
	md := machdep(l)
	b := l.Scratch(md.UcontextSize)
	if err := l.Copyin(b, a[0]); err != abi.OK {
		return kern.Retval{}, err
	}
	if err := md.Setucontext(l, b); err != abi.OK {
		return kern.Retval{}, err
	}
	return kern.Retval{}, abi.EJUSTRETURN
}

// sysSigtimedwait50 is sigtimedwait(set *, siginfo *, timespec *).
func sysSigtimedwait50(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return sigtimedwait(l, a, false)
}

// sigtimedwait waits for a signal of a set; old says that the timespec has seconds of 32 bits. It comes back with what
// is left of it.
func sigtimedwait(l *kern.LWP, a *kern.Args, old bool) (kern.Retval, abi.Errno) {
	var set abi.Sigset
	if err := l.CopyinStruct(a[0], &set); err != abi.OK {
		return kern.Retval{}, err
	}
	var deadline time.Time
	poll := false
	if a[2] != 0 {
		ts, err := inTimespec(l, a[2], old)
		if err != abi.OK {
			return kern.Retval{}, err
		}
		if err := fixTimespec(ts); err != abi.OK {
			return kern.Retval{}, err
		}
		poll = ts.Sec == 0 && ts.Nsec == 0
		d := time.Duration(1 << 62)
		if ts.Sec < 1<<32 {
			d = time.Duration(ts.Sec)*time.Second + time.Duration(ts.Nsec)
		}
		deadline = l.K.Timenow().Add(d)
	}
	ksi, err := l.Sigtimedwait(set, deadline, poll)
	if a[2] != 0 && (err == abi.ERESTART || err == abi.ECANCELED) {
		// What is left, which the call begins with when it is made again.
		left := deadline.Sub(l.K.Timenow())
		if left < 0 {
			return kern.Retval{}, abi.EAGAIN
		}
		if e := outTimespec(l, a[2], abi.TimespecOf(left), old); e != abi.OK {
			err = e
		}
	}
	if err != abi.OK {
		return kern.Retval{}, err
	}
	if a[1] != 0 {
		var b [abi.SiginfoSize]byte
		ksi.Put(l.Model(), b[:])
		if err = l.Copyout(b[:], a[1]); err != abi.OK {
			return kern.Retval{}, err
		}
	}
	return kern.Retval{R0: uint64(ksi.Signo)}, abi.OK
}
