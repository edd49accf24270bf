package signals

import (
	"encoding/binary"

	"nbemu/abi"
	"nbemu/kern"
)

// Signals as programs of NetBSD 1.6 and before have them: handlers called with (sig, code, struct sigcontext *), and
// sigreturn, which takes the sigcontext (COMPAT_16; sys/arch/*/*/compat_16_machdep.c).

// sigcontext is a machine's struct sigcontext.
type Sigcontext interface {
	// Save stores the registers; Restore loads them. Error: EINVAL for what user mode may not have.
	Save(l *kern.LWP)
	Restore(l *kern.LWP) abi.Errno
	// State is what all machines have: whether the thread was on the alternate stack, and its mask in both forms.
	State() Sigstate
}

// Sigstate is where a sigcontext has what all machines' have.
type Sigstate struct {
	Onstack *int32
	Mask13  *uint32
	Mask    *abi.Sigset
}

// SiginfoVers is the first version of the trampoline whose handlers are given siginfo and ucontext.
const SiginfoVers = 2

// SaveSigcontext fills a sigcontext for a handler; mask is the set to restore.
func SaveSigcontext(l *kern.LWP, sc Sigcontext, mask *abi.Sigset) {
	sc.Save(l)
	st := sc.State()
	*st.Onstack = int32(l.Sigstk.Flags & abi.SS_ONSTACK)
	*st.Mask, *st.Mask13 = *mask, mask.Set13()
}

// SigcontextTramp is where a handler returns to: the kernel's code, or the program's.
func SigcontextTramp(l *kern.LWP, act *kern.Sigaction) uint64 {
	if act.Vers == 0 {
		return l.Proc.SigcodeVA
	}
	return act.Tramp
}

// PutSigcontext stores a sigcontext, and nothing beside, on the stack of a handler, aligned to align.
func PutSigcontext(l *kern.LWP, act *kern.Sigaction, sc Sigcontext, mask *abi.Sigset, sp, align uint64) (scp uint64) {
	top, onstack := StackFor(l, act, sp)
	SaveSigcontext(l, sc, mask)
	scp = uint64(uint32(top-uint64(l.Model().Sizeof(sc))) &^ uint32(align-1))
	if l.CopyoutStruct(scp, sc) != abi.OK {
		l.SigIll()
	}
	if onstack {
		l.Sigstk.Flags |= abi.SS_ONSTACK
	}
	return scp
}

// Insns is code of instructions of 32 bits.
func Insns(o binary.AppendByteOrder, code ...uint32) (b []byte) {
	for _, x := range code {
		b = o.AppendUint32(b, x)
	}
	return b
}

// Sigreturn goes back to where the sigcontext at addr is from (__sigreturn14; sigreturn of NetBSD 1.3 if old). Errors:
// EFAULT, EINVAL. sc is a new one of the machine's.
func Sigreturn(l *kern.LWP, sc Sigcontext, addr uint64, old bool) abi.Errno {
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
	if err := sc.Restore(l); err != abi.OK {
		return err
	}
	st := sc.State()
	l.Sigstk.Flags = l.Sigstk.Flags&^abi.SS_ONSTACK | int32(*st.Onstack)&abi.SS_ONSTACK
	mask := *st.Mask
	if old {
		mask = abi.SigsetOf13(*st.Mask13)
	}
	l.SetSigmask(mask)
	return abi.EJUSTRETURN
}
