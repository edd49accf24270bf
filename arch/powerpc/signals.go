package powerpc

import (
	"encoding/binary"

	"nbemu/abi"
	"nbemu/cpu"
	"nbemu/kern"
	"nbemu/mem"
	"nbemu/signals"
)

// NetBSD on powerpc: sys/arch/powerpc/powerpc/{sig_machdep,trap,fpu,process_machdep}.c, mcontext.h, reg.h.

const (
	nGreg     = 39
	fpOff     = 160 // the doubles are aligned
	fpscrOff  = fpOff + 256
	fpValid   = fpOff + 260
	vrOff     = 432 // the vectors are aligned to 16 bytes
	vscrOff   = vrOff + 512
	vrSaveOff = vrOff + 516
	ucSize    = 1008
	callFrame = 16 // CALLFRAMELEN
	ucVec     = 0x10000

	// Where Context.FP has what follows f0 to f31.
	ctxFPSCR  = 256
	ctxVR     = 264
	ctxVSCR   = ctxVR + 512
	ctxVRSave = ctxVR + 516
)

// Bits of the machine state register (psl.h): those that every program runs with and those that it can choose.
const (
	msrVec     = 0x02000000
	msrfp      = 0x2000
	msrfe      = 0x0900 // how floating-point exceptions trap
	msrUserSet = 0xd032
	msrUserMod = msrfe | 0x0601 // byte order, tracing
)

// md is the machine context: r0 to r31, cr, lr, pc, msr, ctr, xer and mq as in Context, then f0 to f31 with
// fpscr, then the vector registers.
var md = &signals.MD{
	UcontextSize: ucSize, McontextOff: 48,
	UCTLSBase: 0x80000, UCSetStack: 0x100000, UCClrStack: 0x200000,
	GetMcontext: func(l *kern.LWP, m []byte) uint32 {
		for i := range nGreg {
			binary.BigEndian.PutUint32(m[4*i:], uint32(l.Ctx.R[i]))
		}
		binary.BigEndian.PutUint32(m[4*MSR:], msrUserSet|uint32(l.Ctx.R[MSR])&msrfe)
		l.SyncFP()
		fp := &l.Ctx.FP
		swapUints(m[fpOff:], fp[:256], 8)
		swapUints(m[fpscrOff:], fp[ctxFPSCR:][:4], 4)
		binary.BigEndian.PutUint32(m[fpValid:], 1)
		swapUints(m[vrOff:], fp[ctxVR:][:512], 8)
		swapUints(m[vscrOff:], fp[ctxVSCR:][:8], 4)
		return abi.UC_CPU | abi.UC_FPU | 0x80000 | ucVec
	},
	CheckMcontext: func(l *kern.LWP, m []byte, _ uint32) abi.Errno { return abi.OK },
	SetMcontext: func(l *kern.LWP, m []byte, flags uint32) {
		r := &l.Ctx.R
		if flags&abi.UC_CPU != 0 {
			for i := range nGreg {
				r[i] = uint64(binary.BigEndian.Uint32(m[4*i:]))
			}
			r[MSR] &= msrfe
			r[MQ] = 0
		}
		if flags&0x80000 != 0 {
			l.Private = uint64(binary.BigEndian.Uint32(m[4*R2:]))
			r[R2] = l.Private
		}
		fpu := flags&abi.UC_FPU != 0 && binary.BigEndian.Uint32(m[fpValid:]) != 0
		if !fpu && flags&ucVec == 0 {
			return
		}
		l.SyncFP()
		fp := &l.Ctx.FP
		if fpu {
			swapUints(fp[:256], m[fpOff:][:256], 8)
			swapUints(fp[ctxFPSCR:], m[fpscrOff:][:4], 4)
		}
		if flags&ucVec != 0 {
			swapUints(fp[ctxVR:], m[vrOff:][:512], 8)
			swapUints(fp[ctxVSCR:], m[vscrOff:][:8], 4)
		}
		l.FPChanged()
	},
}

// swapUints copies integers of one byte order to the other.
func swapUints(to, from []byte, size int) {
	for ; len(from) > 0; to, from = to[size:], from[size:] {
		for i := range size {
			to[i] = from[size-1-i]
		}
	}
}

// sendsig calls a handler with (sig, siginfo *, ucontext *); it returns to the trampoline, which finds the
// ucontext in r30 (sendsig_siginfo).
func sendsig(l *kern.LWP, act *kern.Sigaction, ksi *kern.Ksiginfo, mask *abi.Sigset) {
	r := &l.Ctx.R
	if act.Vers < signals.SiginfoVers {
		// The trampoline runs first, and calls the handler.
		scp := signals.PutSigcontext(l, act, &sigcontext{}, mask, r[R1], callFrame)
		r[R1] = scp
		r[R3], r[R4], r[R5] = uint64(ksi.Signo), uint64(uint32(ksi.Trap)), scp
		r[LR], r[PC] = uint64(act.Handler), signals.SigcontextTramp(l, act)
		return
	}
	top, onstack := signals.StackFor(l, act, r[R1])
	ucp := top&^(callFrame-1) - ucSize
	sip := ucp - abi.SiginfoSize
	f := md.NewFrame(l, ksi, mask, onstack)
	if l.Copyout(f.Info[:], sip) != abi.OK || l.Copyout(f.UC, ucp) != abi.OK {
		l.SigIll()
	}
	r[R1] = sip&^(callFrame-1) - callFrame
	r[R3] = uint64(ksi.Signo)
	r[R4], r[R5], r[R30] = sip, ucp, ucp
	r[LR] = act.Tramp
	r[PC] = uint64(act.Handler)
	if onstack {
		l.Sigstk.Flags |= abi.SS_ONSTACK
	}
}

// The kinds of a program exception (Context.Error), and the EXC_ codes of si_trap (trap.h).
const (
	kindMask = 0xf0
	kindFP   = 0x10
	kindPriv = 0x30
	kindTrap = 0x40

	excALI = 0x600
	excPGM = 0x700
	excTRC = 0xd00
)

// trapsig turns a processor exception into a signal (trap()); none (Signo is 0) if the kernel does what the
// instruction would have done.
func trapsig(l *kern.LWP) kern.Ksiginfo {
	c := &l.Ctx
	pc := c.R[PC]
	ksi := kern.Ksiginfo{Signo: abi.SIGILL, Code: abi.ILL_ILLOPC, Addr: abi.Ptr(pc), Trap: excPGM}
	if c.Vector == cpu.VectorAlign {
		// Only lwarx and stwcx. come here. The kernel does the first as an ordinary load and refuses the
		// second; a program that gets that far would find neither done here.
		return kern.Ksiginfo{Signo: abi.SIGBUS, Code: abi.BUS_ADRALN, Addr: abi.Ptr(uint32(c.Addr)), Trap: excALI}
	}
	switch c.Error & kindMask {
	case kindTrap:
		ksi.Signo, ksi.Code = abi.SIGTRAP, abi.TRAP_BRKPT
	case kindPriv:
		if emulated(l) {
			return kern.Ksiginfo{}
		}
		ksi.Code = abi.ILL_PRVOPC
	case kindFP:
		ksi.Signo, ksi.Code = abi.SIGFPE, faultCode(l)
	}
	return ksi
}

// stepTrap is the trap that ends a single step.
func stepTrap(l *kern.LWP) kern.Ksiginfo {
	return kern.Ksiginfo{Signo: abi.SIGTRAP, Code: abi.TRAP_TRACE, Addr: abi.Ptr(l.Ctx.R[PC]), Trap: excTRC}
}

func insnAt(l *kern.LWP) (insn uint32) {
	var b [4]byte
	if l.Copyin(b[:], l.Ctx.R[PC]) == abi.OK {
		insn = binary.BigEndian.Uint32(b[:])
	}
	return insn
}

// The instructions that a program may use though the processor does not let it.
const (
	regMask = 0xfc1fffff
	mfpvr   = 0x7c1f42a6
	mfmsr   = 0x7c0000a6
	mtmsr   = 0x7c000124
	pvr     = 0x80010102 // a 7457
)

// emulated does mfpvr, mfmsr and mtmsr, which changes how floating-point exceptions trap (emulated_opcode,
// emulate_mxmsr).
func emulated(l *kern.LWP) bool {
	r := &l.Ctx.R
	insn := insnAt(l)
	reg := &r[insn>>21&31]
	switch insn & regMask {
	case mfpvr:
		*reg = pvr
	case mfmsr:
		*reg = msrUserSet | msrfp | msrVec | r[MSR]&msrfe
	case mtmsr:
		if (*reg&^(msrfp|msrVec))&^msrUserMod != msrUserSet {
			return false
		}
		r[MSR] = *reg & msrfe
	default:
		return false
	}
	r[PC] += 4
	return true
}

// Bits of fpscr: exceptions, and after them, by fpShift, which of them trap.
const (
	fx      = 0x80000000
	fpShift = 22
	vx      = 0x20000000
	ox      = 0x10000000
	ux      = 0x08000000
	zx      = 0x04000000
	xx      = 0x02000000
	sticky  = vx | ox | ux | zx | xx
	enable  = sticky >> fpShift
)

// faultCode is the code for what fpscr tells; from then on nothing traps (fpu_get_fault_code).
func faultCode(l *kern.LWP) int32 {
	l.SyncFP()
	w := l.Ctx.FP[ctxFPSCR:][:4]
	fpscr := binary.LittleEndian.Uint32(w)
	binary.LittleEndian.PutUint32(w, fpscr&^(fx|enable))
	l.FPChanged()
	if trapping := fpscr & (fpscr << fpShift) & sticky; trapping != 0 {
		fpscr = trapping
	}
	switch {
	case fpscr&vx != 0:
		return abi.FPE_FLTINV
	case fpscr&ox != 0:
		return abi.FPE_FLTOVF
	case fpscr&ux != 0:
		return abi.FPE_FLTUND
	case fpscr&zx != 0:
		return abi.FPE_FLTDIV
	case fpscr&xx != 0:
		return abi.FPE_FLTRES
	}
	return 0
}

// pagefault: the exception's vector (sys/arch/powerpc/powerpc/trap.c).
func pagefault(l *kern.LWP, r mem.FaultResult, ksi *kern.Ksiginfo) {
	const data, instruction = 0x300, 0x400
	ksi.Trap = data
	if _, fetch := signals.FaultKind(l); fetch {
		ksi.Trap = instruction
	}
}
