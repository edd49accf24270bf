package syscalls

import (
	"nbemu/abi"
	"nbemu/arch"
	"nbemu/kern"
	"nbemu/signals"
)

// Signals of older releases: of NetBSD 1.3, which had 32 (sys/compat/common/kern_sig_13.c), and the return from
// handlers that were given a sigcontext.

func sysCompat13Sigaction(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	var act *kern.Sigact
	if a[1] != 0 {
		var nsa abi.Sigaction13
		if err := l.CopyinStruct(a[1], &nsa); err != abi.OK {
			return kern.Retval{}, err
		}
		act = &kern.Sigact{Sigaction: abi.Sigaction{Handler: nsa.Handler, Mask: abi.SigsetOf13(nsa.Mask), Flags: nsa.Flags}}
	}
	old, err := setSigact(l, abi.Signal(int32(a[0])), act)
	if err != abi.OK || a[2] == 0 {
		return kern.Retval{}, err
	}
	return kern.Retval{}, l.CopyoutStruct(a[2], &abi.Sigaction13{Handler: old.Handler, Mask: old.Mask.Set13(), Flags: old.Flags})
}

// sysCompat13Sigprocmask takes the set itself, and returns the old one.
func sysCompat13Sigprocmask(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	old := l.Sigmask
	if err := sigprocmask1(l, int32(a[0]), abi.SigsetOf13(uint32(a[1]))); err != abi.OK {
		return kern.Retval{}, err
	}
	return kern.Retval{R0: uint64(old.Set13())}, abi.OK
}

func sysCompat13Sigpending(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return kern.Retval{R0: uint64(l.Pending().Set13())}, abi.OK
}

func sysCompat13Sigsuspend(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return kern.Retval{}, l.Sigsuspend(abi.SigsetOf13(uint32(a[0])))
}

func sysCompat13Sigaltstack(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	old := l.Sigstk
	if a[0] != 0 {
		var ss abi.StackT13
		if err := l.CopyinStruct(a[0], &ss); err != abi.OK {
			return kern.Retval{}, err
		}
		if err := sigaltstack1(l, abi.StackT{Sp: ss.Sp, Size: abi.Size(ss.Size), Flags: ss.Flags}); err != abi.OK {
			return kern.Retval{}, err
		}
	}
	if a[1] == 0 {
		return kern.Retval{}, abi.OK
	}
	return kern.Retval{}, l.CopyoutStruct(a[1], &abi.StackT13{Sp: old.Sp, Size: int32(old.Size), Flags: old.Flags})
}

func sysCompat13Sigreturn(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return sigreturn(l, a[0], true)
}

func sysSigreturn14(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return sigreturn(l, a[0], false)
}

// sigreturn goes back to where the sigcontext at addr is from. Errors: EFAULT, EINVAL, ENOSYS where the machine has none.
func sigreturn(l *kern.LWP, addr uint64, old bool) (kern.Retval, abi.Errno) {
	form := arch.Of(l.Proc.Arch).Sigcontext
	if form == nil {
		return kern.Retval{}, abi.ENOSYS
	}
	return kern.Retval{}, signals.Sigreturn(l, form(), addr, old)
}

// Those of 4.3BSD (kern_sig_43.c) have the same 32 signals; a mask is an int.

// sysCompat43Sigvec is sigvec(signo, struct sigvec *, struct sigvec *). Its flag SV_INTERRUPT is SA_RESTART the other
// way round.
func sysCompat43Sigvec(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	var act *kern.Sigact
	if a[1] != 0 {
		var sv abi.Sigaction13
		if err := l.CopyinStruct(a[1], &sv); err != abi.OK {
			return retErr(err)
		}
		act = &kern.Sigact{Sigaction: abi.Sigaction{Handler: sv.Handler, Mask: abi.SigsetOf13(sv.Mask), Flags: sv.Flags ^ abi.SA_RESTART}}
	}
	old, err := setSigact(l, abi.Signal(int32(a[0])), act)
	if err != abi.OK || a[2] == 0 {
		return retErr(err)
	}
	return retErr(l.CopyoutStruct(a[2], &abi.Sigaction13{Handler: old.Handler, Mask: old.Mask.Set13(), Flags: old.Flags ^ abi.SA_RESTART}))
}

// sysCompat43Sigblock is sigblock(mask); it returns the old one.
func sysCompat43Sigblock(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return sysCompat13Sigprocmask(l, &kern.Args{abi.SIG_BLOCK, a[0]})
}

// sysCompat43Sigsetmask is sigsetmask(mask); it returns the old one.
func sysCompat43Sigsetmask(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return sysCompat13Sigprocmask(l, &kern.Args{abi.SIG_SETMASK, a[0]})
}

// sysCompat43Sigstack is sigstack(struct sigstack *, struct sigstack *): a stack of SIGSTKSZ bytes, that must be
// taken to be so large, from the address named.
func sysCompat43Sigstack(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	old := l.Sigstk
	if a[0] != 0 {
		var ss abi.Sigstack43
		if err := l.CopyinStruct(a[0], &ss); err != abi.OK {
			return retErr(err)
		}
		st := abi.StackT{Sp: ss.Sp, Size: abi.SIGSTKSZ}
		if ss.Onstack != 0 {
			st.Flags = abi.SS_ONSTACK
		}
		if err := sigaltstack1(l, st); err != abi.OK {
			return retErr(err)
		}
	}
	if a[1] == 0 {
		return retErr(abi.OK)
	}
	return retErr(l.CopyoutStruct(a[1], &abi.Sigstack43{Sp: old.Sp, Onstack: old.Flags & abi.SS_ONSTACK}))
}

// sysCompat50Sigtimedwait is sigtimedwait of NetBSD 2 to 5: it returns 0 and tells the signal in its siginfo only.
func sysCompat50Sigtimedwait(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	_, err := sigtimedwait(l, a, true)
	return retErr(err)
}
