package m68k

import (
	"nbemu/abi"
	"nbemu/kern"
	"nbemu/signals"
)

// sys/arch/m68k/m68k/compat_16_machdep.c, signal.h, cpuframe.h.

// sigcode is where handlers of version 0 return to: sigreturn with the sigcontext above the three arguments; exit with
// the error if that fails.
var sigcode = []byte{
	0x41, 0xef, 0, 12, // lea 12(%sp),%a0
	0x2f, 0x48, 0, 4, // move.l %a0,4(%sp)
	0x4e, 0x43, // trap #3
	0x2f, 0x40, 0, 4, // move.l %d0,4(%sp)
	0x70, 1, // moveq #1,%d0
	0x4e, 0x40, // trap #0
}

// sigcontextM68K is struct sigcontext. It has few registers itself; Ap points to a sigstate with the others.
type sigcontextM68K struct {
	Onstack int32
	Mask13  uint32

	Sp, Fp, Ap, Pc, Ps uint32

	Mask abi.Sigset
}

// What is in a sigstate (Flags).
const (
	ssFPState  = 2
	ssUserRegs = 4
)

// sigstate is struct sigstate: the exception frame, and the floating-point unit as fsave and fmovem store it.
type sigstate struct {
	Flags uint32

	Regs    [16]uint32
	_       [6]uint16 // the rest of the frame, which is that of a system call
	Exframe [84]byte

	Fsave uint32
	_     [212]byte
	FP    [fpSize]byte
}

type sigcontext struct{ sigcontextM68K }

func (sc *sigcontext) Save(l *kern.LWP) {
	r := &l.Ctx.R
	sc.Sp, sc.Fp, sc.Pc, sc.Ps = uint32(r[SP]), uint32(r[A6]), uint32(r[PC]), uint32(r[PS])
}

// Restore takes the registers from where Ap says, if it says so, and four from the sigcontext itself.
func (sc *sigcontext) Restore(l *kern.LWP) abi.Errno {
	if sc.Ps&pslUserClr != 0 {
		return abi.EINVAL
	}
	r := &l.Ctx.R
	if sc.Ap != 0 {
		var st sigstate
		flags := uint32(0)
		if l.CopyinStruct(uint64(sc.Ap), &flags) != abi.OK || flags == 0xffffffff {
			return abi.EINVAL
		}
		if flags != 0 && l.CopyinStruct(uint64(sc.Ap), &st) == abi.OK {
			st.restore(l)
		}
	}
	r[SP], r[A6], r[PC] = uint64(sc.Sp), uint64(sc.Fp), uint64(sc.Pc)
	setPS(l, sc.Ps)
	return abi.OK
}

func (sc *sigcontext) State() signals.Sigstate {
	return signals.Sigstate{Onstack: &sc.Onstack, Mask13: &sc.Mask13, Mask: &sc.Mask}
}

func (st *sigstate) save(l *kern.LWP) {
	st.Flags = ssUserRegs | ssFPState
	for i := range st.Regs {
		st.Regs[i] = uint32(l.Ctx.R[i])
	}
	l.SyncFP()
	st.Fsave = fsaveIdle
	copy(st.FP[:], l.Ctx.FP[:fpSize])
}

func (st *sigstate) restore(l *kern.LWP) {
	if st.Flags&ssUserRegs != 0 {
		for i := range A6 {
			l.Ctx.R[i] = uint64(st.Regs[i])
		}
	}
	if st.Flags&ssFPState == 0 {
		return
	}
	if st.Fsave>>24 == 0 {
		clearFPU(l)
	} else {
		copy(l.Ctx.FP[:fpSize], st.FP[:])
	}
	l.FPChanged()
}

// sigframe16 is struct sigframe_sigcontext.
type sigframe16 struct {
	Ra     uint32
	Signum int32
	Code   int32
	Scp    uint32
	Sc     sigcontextM68K
	State  sigstate
}

// sendsigcontext calls a handler with (sig, code, sigcontext *) on the stack (sendsig_sigcontext).
func sendsigcontext(l *kern.LWP, act *kern.Sigaction, ksi *kern.Ksiginfo, mask *abi.Sigset) {
	var sc sigcontext
	top, onstack := signals.StackFor(l, act, l.Ctx.R[SP])
	signals.SaveSigcontext(l, &sc, mask)
	f := sigframe16{Ra: uint32(signals.SigcontextTramp(l, act)), Signum: int32(ksi.Signo), Code: ksi.Trap, Sc: sc.sigcontextM68K}
	f.State.save(l)
	m := l.Model()
	fp := uint32(top) - uint32(m.Sizeof(&f))
	f.Scp = fp + uint32(m.Offsetof(&f, "Sc"))
	f.Sc.Ap = fp + uint32(m.Offsetof(&f, "State"))
	if l.CopyoutStruct(uint64(fp), &f) != abi.OK {
		l.SigIll()
	}
	buildcontext(l, act, fp, onstack)
}
