package mips

import (
	"nbemu/abi"
	"nbemu/cpu"
	"nbemu/kern"
	"nbemu/mem"
	"nbemu/signals"
)

// NetBSD on mips: sys/arch/mips/mips/{sig_machdep,cpu_subr,trap}.c. Words of the machine context are 32 bits
// wide for o32 programs, 64 for others.

const nGreg = 37

// newMD describes one ABI: width of a register, where the machine context lies, sizes.
func newMD(reg, size, off int) *signals.MD {
	fpOff := roundTo(nGreg*reg, 8)
	// o32 has the registers as 32 words, and two words of control; the others have doubles.
	nfp := 32*reg + 8
	tlsOff := fpOff + nfp
	return &signals.MD{
		UcontextSize: size, McontextOff: off,
		UCTLSBase: 0x40000, UCSetStack: 0x10000, UCClrStack: 0x20000,
		GetMcontext: func(l *kern.LWP, m []byte) uint32 {
			r := &l.Ctx.R
			o := l.Model()
			for i := range nGreg {
				o.PutUint(m[reg*i:], reg, r[i])
			}
			if r[SLOT] != 0 {
				// As the processor has it: the branch, and the bit that says that its slot is meant.
				o.PutUint(m[reg*PC:], reg, r[PC]-4)
				o.PutUint(m[reg*CAUSE:], reg, r[CAUSE]|1<<31)
			}
			l.SyncFP()
			fp := &l.Ctx.FP
			for i := range 32 {
				o.PutUint(m[fpOff+reg*i:], reg, abi.LP64LE.Uint(fp[8*i:], 8))
			}
			o.PutUint(m[fpOff+32*reg:], reg, abi.LP64LE.Uint(fp[256:], 4))
			o.PutUint(m[tlsOff:], reg, l.Private)
			return abi.UC_CPU | abi.UC_FPU | 0x40000
		},
		CheckMcontext: func(l *kern.LWP, m []byte, _ uint32) abi.Errno { return abi.OK },
		SetMcontext: func(l *kern.LWP, m []byte, flags uint32) {
			r := &l.Ctx.R
			o := l.Model()
			get := func(off int) uint64 {
				if reg == 4 {
					return uint64(int64(int32(o.Uint(m[off:], 4))))
				}
				return o.Uint(m[off:], 8)
			}
			if flags&abi.UC_CPU != 0 {
				for i := 1; i < nGreg; i++ {
					if i != CAUSE && i != SR {
						r[i] = get(reg * i)
					}
				}
				r[SLOT] = 0
			}
			if flags&abi.UC_FPU != 0 {
				fp := &l.Ctx.FP
				for i := range 32 {
					abi.LP64LE.PutUint(fp[8*i:], 8, o.Uint(m[fpOff+reg*i:], reg))
				}
				abi.LP64LE.PutUint(fp[256:], 4, o.Uint(m[fpOff+32*reg:], reg))
				l.FPChanged()
			}
			if flags&0x40000 != 0 {
				l.Private = o.Uint(m[tlsOff:], reg)
				r[USERLOCAL] = l.Private
			}
		},
	}
}

func roundTo(n, to int) int { return (n + to - 1) / to * to }

// The machine contexts of the ABIs.
var (
	mdO32 = newMD(4, 392, 40)
	mdN32 = newMD(8, 664, 40)
	mdN64 = newMD(8, 744, 56)
)

// sendsig calls a handler with (sig, siginfo *, ucontext *); it returns to the trampoline, which finds the
// ucontext above the siginfo on the stack (sendsig_siginfo).
func sendsig(l *kern.LWP, md *signals.MD, act *kern.Sigaction, ksi *kern.Ksiginfo, mask *abi.Sigset) {
	r := &l.Ctx.R
	if act.Vers < signals.SiginfoVers {
		scp := signals.PutSigcontext(l, act, &sigcontext{}, mask, r[SP], 1)
		r[A0], r[A1], r[A2] = uint64(ksi.Signo), uint64(int64(ksi.Trap)), scp
		handler(l, act, scp, signals.SigcontextTramp(l, act))
		return
	}
	top, onstack := signals.StackFor(l, act, r[SP])
	size := abi.SiginfoSize + md.UcontextSize
	fp := (top - uint64(size)) &^ (l.Proc.Arch.StackAlign - 1)
	f := md.NewFrame(l, ksi, mask, onstack)
	b := append(make([]byte, 0, size), f.Info[:]...)
	if l.Copyout(append(b, f.UC...), fp) != abi.OK {
		l.SigIll()
	}
	r[A0] = uint64(ksi.Signo)
	r[A1] = fp
	r[A2] = fp + abi.SiginfoSize
	handler(l, act, fp, act.Tramp)
	if onstack {
		l.Sigstk.Flags |= abi.SS_ONSTACK
	}
}

// handler aims pc and stack pointer at a handler that returns to ra.
func handler(l *kern.LWP, act *kern.Sigaction, fp, ra uint64) {
	r := &l.Ctx.R
	r[PC], r[T9] = uint64(act.Handler), uint64(act.Handler)
	r[SLOT] = 0
	r[SP] = fp
	r[RA] = ra
}

// Processor exceptions of mips (Context.Vector), and the T_ codes of si_trap.
const (
	excBreak = 18
	cpU      = 19
	ri       = 20
	overflow = 21
	excTrap  = 22
	fpe      = 23

	tAddrLoad  = 4
	tAddrStore = 5
	tBreak     = 9
	tResInst   = 10
	tCopUnuse  = 11
	tOverflow  = 12
	tTrap      = 13
	tfpe       = 15
)

// divZero is the code in break and trap instructions for a division by zero, ovfl for an overflow.
const (
	ovfl    = 6
	divZero = 7
)

// causeExc is where the cause register has the exception's number.
const causeExc = 2

// trapsig turns a processor exception into a signal (trap()).
func trapsig(l *kern.LWP) kern.Ksiginfo {
	ksi := exception(l)
	l.Ctx.R[CAUSE] = uint64(ksi.Trap) << causeExc
	return ksi
}

func exception(l *kern.LWP) kern.Ksiginfo {
	c := &l.Ctx
	pc := c.R[PC]
	ksi := kern.Ksiginfo{Signo: abi.SIGILL, Code: abi.ILL_ILLOPC, Addr: abi.Ptr(pc), Trap: tResInst}
	var b [4]byte
	var insn uint32
	if l.Copyin(b[:], pc) == abi.OK {
		insn = uint32(l.Model().Uint(b[:], 4))
	}
	switch c.Vector {
	case cpu.VectorAlign:
		ksi = kern.Ksiginfo{Signo: abi.SIGBUS, Code: abi.BUS_ADRALN, Addr: abi.Ptr(c.Addr), Trap: tAddrLoad}
		if c.Access == 2 {
			ksi.Trap = tAddrStore
		}
		if c.Addr >= l.Proc.Arch.UserMax {
			ksi.Signo, ksi.Code = abi.SIGSEGV, abi.SEGV_MAPERR
		}
	case excBreak:
		ksi.Signo, ksi.Code, ksi.Trap = abi.SIGTRAP, abi.TRAP_BRKPT, tBreak
		switch insn >> 16 & 0x3ff {
		case ovfl:
			ksi.Signo, ksi.Code = abi.SIGFPE, abi.FPE_INTOVF
		case divZero:
			ksi.Signo, ksi.Code = abi.SIGFPE, abi.FPE_INTDIV
		}
	case excTrap:
		ksi.Signo, ksi.Code, ksi.Trap = abi.SIGFPE, abi.FPE_INTOVF, tTrap
		if insn>>6&0x3ff == divZero {
			ksi.Code = abi.FPE_INTDIV
		}
	case overflow:
		ksi.Signo, ksi.Code, ksi.Trap = abi.SIGFPE, abi.FPE_INTOVF, tOverflow
	case cpU:
		ksi.Trap = tCopUnuse
	case fpe:
		l.SyncFP()
		ksi.Signo, ksi.Trap = abi.SIGFPE, tfpe
		ksi.Code = fpeCode(uint32(abi.LP64LE.Uint(c.FP[256:], 4)))
	}
	return ksi
}

// stepTrap is the trap that ends a single step. The processor has none: the kernel sets a breakpoint where the
// instruction, with its delay slot, leads.
func stepTrap(l *kern.LWP) kern.Ksiginfo {
	return kern.Ksiginfo{Signo: abi.SIGTRAP, Code: abi.TRAP_TRACE, Addr: abi.Ptr(l.Ctx.R[PC]), Trap: tBreak}
}

// fpeCode is the code for the causes that the control register tells.
func fpeCode(fcsr uint32) int32 {
	switch cause := fcsr >> 12 & 0x3f; {
	case cause&0x10 != 0:
		return abi.FPE_FLTINV
	case cause&0x08 != 0:
		return abi.FPE_FLTDIV
	case cause&0x04 != 0:
		return abi.FPE_FLTOVF
	case cause&0x02 != 0:
		return abi.FPE_FLTUND
	}
	return abi.FPE_FLTRES
}

// pagefault: trap numbers; the kernel's segments are an address error (sys/arch/mips/mips/trap.c).
func pagefault(l *kern.LWP, r mem.FaultResult, ksi *kern.Ksiginfo) {
	const tlbMod, tlbLoad, tlbStore = 1, 2, 3
	write, _ := signals.FaultKind(l)
	kernel := l.Ctx.Addr >= l.Proc.Arch.UserMax
	switch {
	case kernel && write:
		ksi.Trap = tAddrStore
	case kernel:
		ksi.Trap = tAddrLoad
	case !write:
		ksi.Trap = tlbLoad
	case r == mem.FaultNoAccess && signals.Resident(l):
		ksi.Trap = tlbMod
	default:
		ksi.Trap = tlbStore
	}
	signals.StackDenied(l, ksi)
	l.Ctx.R[CAUSE] = uint64(ksi.Trap) << causeExc
}
