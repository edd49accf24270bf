package signals

import (
	"nbemu/abi"
	"nbemu/cpu"
	"nbemu/kern"
)

// Signals as programs of NetBSD 1.6 and before have them: handlers called with (sig, code, struct sigcontext *), and
// sigreturn, which takes the sigcontext (COMPAT_16; sys/arch/*/*/compat_16_machdep.c).

// sigcontext is a machine's struct sigcontext.
type sigcontext interface {
	// save stores the registers; restore loads them. Error: EINVAL for what user mode may not have.
	save(l *kern.LWP)
	restore(l *kern.LWP) abi.Errno
	// state is what all machines have: whether the thread was on the alternate stack, and its mask in both forms.
	state() sigstate
}

type sigstate struct {
	onstack *int32
	mask13  *uint32
	mask    *abi.Sigset
}

// sigcontexts has the machines whose kernels deliver sigcontexts here.
var sigcontexts = map[*cpu.Arch]func() sigcontext{
	cpu.I386:   func() sigcontext { return &i386Sigcontext{} },
	cpu.ARM:    func() sigcontext { return &armSigcontext{} },
	cpu.PPC:    func() sigcontext { return &ppcSigcontext{} },
	cpu.MIPS:   func() sigcontext { return &mipsSigcontext{} },
	cpu.MIPSEL: func() sigcontext { return &mipsSigcontext{} },
}

// siginfoVers is the first version of the trampoline whose handlers are given siginfo and ucontext.
const siginfoVers = 2

// HasSigcontext tells whether trampolines of versions 0 and 1 work (sendsig_sigcontext).
func HasSigcontext(a *cpu.Arch) bool { return sigcontexts[a] != nil }

// saveSigcontext fills a sigcontext for a handler; mask is the set to restore.
func saveSigcontext(l *kern.LWP, sc sigcontext, mask *abi.Sigset) {
	sc.save(l)
	st := sc.state()
	*st.onstack = int32(l.Sigstk.Flags & abi.SS_ONSTACK)
	*st.mask, *st.mask13 = *mask, mask.Set13()
}

// sigcontextTramp is where a handler returns to: the kernel's code, or the program's.
func sigcontextTramp(l *kern.LWP, act *kern.Sigaction) uint64 {
	if act.Vers == 0 {
		return l.Proc.SigcodeVA
	}
	return act.Tramp
}

// Sigreturn goes back to where the sigcontext at addr is from (__sigreturn14; sigreturn of NetBSD 1.3 if old). Errors:
// EFAULT, EINVAL, ENOSYS where the machine has none.
func Sigreturn(l *kern.LWP, addr uint64, old bool) abi.Errno {
	form := sigcontexts[l.Proc.Arch]
	if form == nil {
		return abi.ENOSYS
	}
	sc := form()
	m := l.Model()
	b := make([]byte, m.Sizeof(sc))
	size := len(b)
	if old {
		size -= m.Sizeof(abi.Sigset{})
	}
	if l.Copyin(b[:size], addr) != abi.OK {
		return abi.EFAULT
	}
	m.Unmarshal(b, sc)
	if err := sc.restore(l); err != abi.OK {
		return err
	}
	st := sc.state()
	l.Sigstk.Flags = l.Sigstk.Flags&^abi.SS_ONSTACK | int32(*st.onstack)&abi.SS_ONSTACK
	mask := *st.mask
	if old {
		mask = abi.SigsetOf13(*st.mask13)
	}
	l.SetSigmask(mask)
	return abi.EJUSTRETURN
}
