package signals

import (
	"nbemu/abi"
	"nbemu/cpu"
	"nbemu/kern"
)

// NetBSD on mips: sys/arch/mips/mips/{sig_machdep,cpu_subr,trap}.c. Words of the machine context are 32 bits
// wide for o32 programs, 64 for others.

const mipsNGreg = 37

// mipsMD describes one ABI: width of a register, where the machine context lies, sizes.
func mipsMD(reg, size, off int) *MD {
	fpOff := roundTo(mipsNGreg*reg, 8)
	// o32 has the registers as 32 words, and two words of control; the others have doubles.
	nfp := 32*reg + 8
	tlsOff := fpOff + nfp
	return &MD{
		UcontextSize: size, McontextOff: off,
		UCTLSBase: 0x40000, UCSetStack: 0x10000, UCClrStack: 0x20000,
		GetMcontext: func(l *kern.LWP, m []byte) uint32 {
			r := &l.Ctx.R
			o := l.Model()
			for i := range mipsNGreg {
				o.PutUint(m[reg*i:], reg, r[i])
			}
			if r[cpu.MIPS_SLOT] != 0 {
				// As the processor has it: the branch, and the bit that says that its slot is meant.
				o.PutUint(m[reg*cpu.MIPS_PC:], reg, r[cpu.MIPS_PC]-4)
				o.PutUint(m[reg*cpu.MIPS_CAUSE:], reg, r[cpu.MIPS_CAUSE]|1<<31)
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
		CheckMcontext: func(l *kern.LWP, m []byte) abi.Errno {
			if l.Model().Uint(m[reg*cpu.MIPS_PC:], reg)&3 != 0 {
				return abi.EINVAL
			}
			return abi.OK
		},
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
				for i := 1; i < mipsNGreg; i++ {
					if i != cpu.MIPS_CAUSE && i != cpu.MIPS_SR {
						r[i] = get(reg * i)
					}
				}
				r[cpu.MIPS_SLOT] = 0
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
				r[cpu.MIPS_USERLOCAL] = l.Private
			}
		},
	}
}

func roundTo(n, to int) int { return (n + to - 1) / to * to }

// The machine contexts of the ABIs.
var (
	MIPSO32 = mipsMD(4, 392, 40)
	MIPSN32 = mipsMD(8, 664, 40)
	MIPSN64 = mipsMD(8, 744, 56)
)

// SendsigMIPS calls a handler with (sig, siginfo *, ucontext *); it returns to the trampoline, which finds the
// ucontext above the siginfo on the stack (sendsig_siginfo).
func SendsigMIPS(l *kern.LWP, act *kern.Sigaction, ksi *kern.Ksiginfo, mask *abi.Sigset) {
	r := &l.Ctx.R
	if act.Vers < siginfoVers {
		scp := putSigcontext(l, act, &mipsSigcontext{}, mask, r[cpu.MIPS_SP], 1)
		r[cpu.MIPS_A0], r[cpu.MIPS_A1], r[cpu.MIPS_A2] = uint64(ksi.Signo), uint64(int64(ksi.Trap)), scp
		mipsHandler(l, act, scp, sigcontextTramp(l, act))
		return
	}
	md := MachDep(l.Proc.Arch)
	top, onstack := stackFor(l, act, r[cpu.MIPS_SP])
	size := abi.SiginfoSize + md.UcontextSize
	fp := (top - uint64(size)) &^ (l.Proc.Arch.StackAlign - 1)
	f := md.newFrame(l, ksi, mask, onstack)
	b := append(make([]byte, 0, size), f.info[:]...)
	if l.Copyout(append(b, f.uc...), fp) != abi.OK {
		l.SigIll()
	}
	r[cpu.MIPS_A0] = uint64(ksi.Signo)
	r[cpu.MIPS_A1] = fp
	r[cpu.MIPS_A2] = fp + abi.SiginfoSize
	mipsHandler(l, act, fp, act.Tramp)
	if onstack {
		l.Sigstk.Flags |= abi.SS_ONSTACK
	}
}

// mipsHandler aims pc and stack pointer at a handler that returns to ra.
func mipsHandler(l *kern.LWP, act *kern.Sigaction, fp, ra uint64) {
	r := &l.Ctx.R
	r[cpu.MIPS_PC], r[cpu.MIPS_T9] = uint64(act.Handler), uint64(act.Handler)
	r[cpu.MIPS_SLOT] = 0
	r[cpu.MIPS_SP] = fp
	r[cpu.MIPS_RA] = ra
}

// Processor exceptions of mips (Context.Vector), and the T_ codes of si_trap.
const (
	mipsBreak    = 18
	mipsCpU      = 19
	mipsRI       = 20
	mipsOverflow = 21
	mipsTrap     = 22
	mipsFPE      = 23

	mipsTAddrLoad  = 4
	mipsTAddrStore = 5
	mipsTBreak     = 9
	mipsTResInst   = 10
	mipsTCopUnuse  = 11
	mipsTOverflow  = 12
	mipsTTrap      = 13
	mipsTFPE       = 15
)

// mipsDivZero is the code in break and trap instructions for a division by zero, mipsOvfl for an overflow.
const (
	mipsOvfl    = 6
	mipsDivZero = 7
)

// mipsCauseExc is where the cause register has the exception's number.
const mipsCauseExc = 2

// TrapMIPS turns a processor exception into a signal (trap()).
func TrapMIPS(l *kern.LWP) kern.Ksiginfo {
	ksi := mipsException(l)
	l.Ctx.R[cpu.MIPS_CAUSE] = uint64(ksi.Trap) << mipsCauseExc
	return ksi
}

func mipsException(l *kern.LWP) kern.Ksiginfo {
	c := &l.Ctx
	pc := c.R[cpu.MIPS_PC]
	ksi := kern.Ksiginfo{Signo: abi.SIGILL, Code: abi.ILL_ILLOPC, Addr: abi.Ptr(pc), Trap: mipsTResInst}
	var b [4]byte
	var insn uint32
	if l.Copyin(b[:], pc) == abi.OK {
		insn = uint32(l.Model().Uint(b[:], 4))
	}
	switch c.Vector {
	case cpu.VectorAlign:
		ksi = kern.Ksiginfo{Signo: abi.SIGBUS, Code: abi.BUS_ADRALN, Addr: abi.Ptr(c.Addr), Trap: mipsTAddrLoad}
		if c.Access == 2 {
			ksi.Trap = mipsTAddrStore
		}
		if c.Addr >= l.Proc.Arch.UserMax {
			ksi.Signo, ksi.Code = abi.SIGSEGV, abi.SEGV_MAPERR
		}
	case mipsBreak:
		ksi.Signo, ksi.Code, ksi.Trap = abi.SIGTRAP, abi.TRAP_BRKPT, mipsTBreak
		switch insn >> 16 & 0x3ff {
		case mipsOvfl:
			ksi.Signo, ksi.Code = abi.SIGFPE, abi.FPE_INTOVF
		case mipsDivZero:
			ksi.Signo, ksi.Code = abi.SIGFPE, abi.FPE_INTDIV
		}
	case mipsTrap:
		ksi.Signo, ksi.Code, ksi.Trap = abi.SIGFPE, abi.FPE_INTOVF, mipsTTrap
		if insn>>6&0x3ff == mipsDivZero {
			ksi.Code = abi.FPE_INTDIV
		}
	case mipsOverflow:
		ksi.Signo, ksi.Code, ksi.Trap = abi.SIGFPE, abi.FPE_INTOVF, mipsTOverflow
	case mipsCpU:
		ksi.Trap = mipsTCopUnuse
	case mipsFPE:
		l.SyncFP()
		ksi.Signo, ksi.Trap = abi.SIGFPE, mipsTFPE
		ksi.Code = mipsFPECode(uint32(abi.LP64LE.Uint(c.FP[256:], 4)))
	}
	return ksi
}

// StepTrapMIPS is the trap that ends a single step. The processor has none: the kernel sets a breakpoint where the
// instruction, with its delay slot, leads.
func StepTrapMIPS(l *kern.LWP) kern.Ksiginfo {
	return kern.Ksiginfo{Signo: abi.SIGTRAP, Code: abi.TRAP_TRACE, Addr: abi.Ptr(l.Ctx.R[cpu.MIPS_PC]), Trap: mipsTBreak}
}

// mipsFPECode is the code for the causes that the control register tells.
func mipsFPECode(fcsr uint32) int32 {
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
