package m68k

import (
	"encoding/binary"

	"nbemu/abi"
	"nbemu/kern"
	"nbemu/mem"
	"nbemu/signals"
)

// sys/arch/m68k/m68k/sig_machdep.c, mcontext.h, psl.h.

const (
	nGreg  = 18
	fpOff  = 4 * nGreg // fpcr, fpsr, fpiar, fp0 to fp7
	padOff = fpOff + 12 + fpRegs
	// In the padding: format and vector of the exception frame, the rest of that, and what fsave has stored.
	fsaveOff = padOff + 4 + 4 + 84
	tlsOff   = padOff + 4*201
	ucSize   = 1024

	ucUser = 0x40000000 // _UC_M68K_UC_USER: made by the C library

	// In Context.FP, which is struct fpreg, what follows the registers.
	fpRegs  = 8 * 12
	fpFPCR  = fpRegs
	fpFPSR  = fpRegs + 4
	fpFPIAR = fpRegs + 8
	fpSize  = fpRegs + 12

	// fsaveIdle is the first word of a 68040's idle frame; 0 is a null frame, after which there is nothing to restore.
	fsaveIdle = 0x41000000
)

// Bits of the status register.
const (
	pslC     = 0x0001
	pslV     = 0x0002
	pslZ     = 0x0004
	pslN     = 0x0008
	pslTrace = 0x8000
	pslCC    = 0x001f
	// pslUserClr are the bits that no program may set: supervisor, interrupts, and those that are none.
	pslUserClr = 0xffff58e0 | 0x2000 | 0x0700
)

// md is the machine context: d0 to d7, a0 to a7, pc and ps as in Context, then floating point.
var md = &signals.MD{
	UcontextSize: ucSize, McontextOff: 36,
	UCTLSBase: 0x80000, UCSetStack: 0x10000, UCClrStack: 0x20000,
	GetMcontext: func(l *kern.LWP, m []byte) uint32 {
		be := binary.BigEndian
		for i := range nGreg {
			be.PutUint32(m[4*i:], uint32(l.Ctx.R[i]))
		}
		l.SyncFP()
		copy(m[fpOff:][:12], l.Ctx.FP[fpFPCR:])
		copy(m[fpOff+12:][:fpRegs], l.Ctx.FP[:])
		be.PutUint32(m[fsaveOff:], fsaveIdle)
		be.PutUint32(m[tlsOff:], uint32(l.Private))
		return abi.UC_CPU | abi.UC_FPU | 0x80000
	},
	CheckMcontext: func(l *kern.LWP, m []byte, flags uint32) abi.Errno {
		// The exception frame is one that the processors have.
		format := binary.BigEndian.Uint32(m[padOff:])
		none := format == 5 || format == 6 || format > 11
		if binary.BigEndian.Uint32(m[4*PS:])&pslUserClr != 0 || flags&ucUser == 0 && none {
			return abi.EINVAL
		}
		return abi.OK
	},
	SetMcontext: func(l *kern.LWP, m []byte, flags uint32) {
		be := binary.BigEndian
		if flags&abi.UC_CPU != 0 {
			for i := range nGreg {
				l.Ctx.R[i] = uint64(be.Uint32(m[4*i:]))
			}
			setPS(l, be.Uint32(m[4*PS:]))
		}
		if flags&0x80000 != 0 {
			l.Private = uint64(be.Uint32(m[tlsOff:]))
			l.Ctx.R[TP] = l.Private
		}
		// A context without floating point, or with that of a program that has not used it, resets the unit.
		switch {
		case flags&abi.UC_FPU == 0, flags&ucUser == 0 && m[fsaveOff] == 0:
			clearFPU(l)
		default:
			copy(l.Ctx.FP[:fpRegs], m[fpOff+12:])
			copy(l.Ctx.FP[fpFPCR:][:12], m[fpOff:])
		}
		l.FPChanged()
	},
}

// setPS loads a status register that has been checked. The processor's trace bit is the engine's single step.
func setPS(l *kern.LWP, ps uint32) {
	l.Ctx.R[PS] = uint64(ps & pslCC)
	l.Sstep = l.Sstep || ps&pslTrace != 0
}

// clearFPU is frestore of a null frame: registers that are no numbers, nothing traps. Precondition: the caller calls
// FPChanged.
func clearFPU(l *kern.LWP) {
	fp := &l.Ctx.FP
	for i := 0; i < fpRegs; i += 4 {
		binary.BigEndian.PutUint32(fp[i:], 0xffffffff)
		if i%12 == 0 {
			binary.BigEndian.PutUint32(fp[i:], 0x7fff0000)
		}
	}
	clear(fp[fpRegs:fpSize])
}

// sigframe is what a handler is called with (struct sigframe_siginfo); siginfo and ucontext follow.
type sigframe struct {
	Ra       uint32
	Signum   int32
	Sip, Ucp uint32
}

// sendsig calls a handler with (sig, siginfo *, ucontext *) on the stack; it returns to the trampoline, which finds the
// third argument (sendsig_siginfo).
func sendsig(l *kern.LWP, act *kern.Sigaction, ksi *kern.Ksiginfo, mask *abi.Sigset) {
	if act.Vers < signals.SiginfoVers {
		sendsigcontext(l, act, ksi, mask)
		return
	}
	top, onstack := signals.StackFor(l, act, l.Ctx.R[SP])
	f := md.NewFrame(l, ksi, mask, onstack)
	h := sigframe{Ra: uint32(act.Tramp), Signum: int32(ksi.Signo)}
	m := l.Model()
	size := m.Sizeof(&h)
	fp := uint32(top) - uint32(size+len(f.Info)+len(f.UC))
	h.Sip = fp + uint32(size)
	h.Ucp = h.Sip + uint32(len(f.Info))
	b := append(m.Bytes(&h), f.Info[:]...)
	if l.Copyout(append(b, f.UC...), uint64(fp)) != abi.OK {
		l.SigIll()
	}
	buildcontext(l, act, fp, onstack)
}

// buildcontext aims pc and stack pointer at a handler.
func buildcontext(l *kern.LWP, act *kern.Sigaction, fp uint32, onstack bool) {
	l.Ctx.R[SP], l.Ctx.R[PC] = uint64(fp), uint64(act.Handler)
	if onstack {
		l.Sigstk.Flags |= abi.SS_ONSTACK
	}
}

// pagefault: the trap's number.
func pagefault(l *kern.LWP, _ mem.FaultResult, ksi *kern.Ksiginfo) { ksi.Trap = tMMUFlt }
