package arm

import (
	"encoding/binary"

	"nbemu/abi"
	"nbemu/cpu"
	"nbemu/kern"
	"nbemu/mem"
	"nbemu/signals"
)

// NetBSD on 32-bit arm: sys/arch/arm/arm/{sig_machdep,undefined}.c, sys/arch/arm/arm32/fault.c.

const (
	nGreg     = 17
	fpscrOff  = 72 // the union with 64-bit numbers is aligned to 8
	vfpOff    = fpscrOff + 8
	vfpSize   = 32 * 8
	tlsOff    = fpscrOff + 272
	tpidOff   = tlsOff + 4
	ucSize    = 400
	ucvfp     = 0x10000
	modeMask  = 0x1f
	modeUSR   = 0x10
	frameSize = abi.SiginfoSize + ucSize

	// In Context.FP fpscr follows the registers.
	ctxFPSCR = vfpSize
)

// md is the machine context: r0 to r15 and cpsr, VFP registers, the two thread registers.
var md = &signals.MD{
	UcontextSize: ucSize, McontextOff: 40,
	UCTLSBase: 0x80000, UCSetStack: 0x20000, UCClrStack: 0x40000,
	GetMcontext: func(l *kern.LWP, m []byte) uint32 {
		for i := range nGreg {
			binary.LittleEndian.PutUint32(m[4*i:], uint32(l.Ctx.R[i]))
		}
		l.SyncFP()
		copy(m[fpscrOff:][:4], l.Ctx.FP[ctxFPSCR:])
		copy(m[vfpOff:][:vfpSize], l.Ctx.FP[:])
		binary.LittleEndian.PutUint32(m[tlsOff:], uint32(l.Private))
		binary.LittleEndian.PutUint32(m[tpidOff:], uint32(l.Ctx.R[TPIDRURW]))
		return abi.UC_CPU | abi.UC_FPU | ucvfp | 0x80000
	},
	CheckMcontext: func(l *kern.LWP, m []byte, flags uint32) abi.Errno {
		if !userPSR(binary.LittleEndian.Uint32(m[4*CPSR:])) || flags&abi.UC_FPU != 0 && flags&ucvfp == 0 {
			return abi.EINVAL // a context of another unit than VFP
		}
		return abi.OK
	},
	SetMcontext: func(l *kern.LWP, m []byte, flags uint32) {
		r := &l.Ctx.R
		if flags&abi.UC_CPU != 0 {
			for i := range nGreg {
				r[i] = uint64(binary.LittleEndian.Uint32(m[4*i:]))
			}
		}
		if flags&abi.UC_FPU != 0 {
			copy(l.Ctx.FP[ctxFPSCR:][:4], m[fpscrOff:])
			copy(l.Ctx.FP[:vfpSize], m[vfpOff:])
			l.FPChanged()
		}
		if flags&0x80000 != 0 {
			l.Private = uint64(binary.LittleEndian.Uint32(m[tlsOff:]))
			r[TPIDRURO] = l.Private
		}
		r[TPIDRURW] = uint64(binary.LittleEndian.Uint32(m[tpidOff:]))
	},
}

// userPSR reports whether cpsr is one of user mode, with interrupts on (VALID_R15_PSR).
func userPSR(psr uint32) bool {
	const masked = 0xc0
	return psr&(modeMask|masked) == modeUSR
}

// sendsig calls a handler with (sig, siginfo *, ucontext *); it returns to the trampoline, which finds the
// ucontext in r5 (sendsig_siginfo).
func sendsig(l *kern.LWP, act *kern.Sigaction, ksi *kern.Ksiginfo, mask *abi.Sigset) {
	r := &l.Ctx.R
	if act.Vers < signals.SiginfoVers {
		sc := &sigcontext{}
		fp := signals.PutSigcontext(l, act, sc, mask, r[SP], 8)
		r[R0], r[R1], r[R2] = uint64(ksi.Signo), uint64(uint32(ksi.Trap)), fp
		handler(l, act, fp, signals.SigcontextTramp(l, act))
		return
	}
	top, onstack := signals.StackFor(l, act, r[SP])
	fp := uint64(uint32(top)-frameSize) &^ 7
	f := md.NewFrame(l, ksi, mask, onstack)
	b := append(make([]byte, 0, frameSize), f.Info[:]...)
	if l.Copyout(append(b, f.UC...), fp) != abi.OK {
		l.SigIll()
	}
	ucp := fp + abi.SiginfoSize
	r[R0] = uint64(ksi.Signo)
	r[R1] = fp
	r[R2] = ucp
	r[R5] = ucp
	handler(l, act, fp, act.Tramp)
	if onstack {
		l.Sigstk.Flags |= abi.SS_ONSTACK
	}
}

// handler aims pc, stack pointer and state of the processor at a handler that returns to lr.
func handler(l *kern.LWP, act *kern.Sigaction, fp, lr uint64) {
	r := &l.Ctx.R
	r[SP] = fp
	r[LR] = lr
	r[PC] = uint64(act.Handler) &^ 1
	// A handler starts outside any IT block, in the state that its address says.
	const itBits = 0x0600fc00
	r[CPSR] &^= Thumb | itBits
	if act.Handler&1 != 0 {
		r[CPSR] |= Thumb
	}
}

// Instructions that the kernel takes for breakpoints.
const (
	gdbBreakpoint   = 0xe6000011
	gdb5Breakpoint  = 0xe7ffdefe
	thumbBreakpoint = 0xbe00
	thumbUDFTrap    = 0xdefe
)

// insnAt reads the instruction at the pc; ok is false if it cannot be read.
func insnAt(l *kern.LWP) (insn uint32, ok bool) {
	r := &l.Ctx.R
	var b [4]byte
	pc := r[PC]
	if r[CPSR]&Thumb == 0 {
		err := l.Copyin(b[:], pc)
		return binary.LittleEndian.Uint32(b[:]), err == abi.OK
	}
	if l.Copyin(b[:2], pc) != abi.OK {
		return 0, false
	}
	insn = uint32(binary.LittleEndian.Uint16(b[:]))
	if insn>>11 < 0x1d {
		return insn, true
	}
	err := l.Copyin(b[2:], pc+2)
	return insn<<16 | uint32(binary.LittleEndian.Uint16(b[2:])), err == abi.OK
}

// trapsig turns a processor exception into a signal (undefinedinstruction, the abort handlers).
func trapsig(l *kern.LWP) kern.Ksiginfo {
	c := &l.Ctx
	ksi := kern.Ksiginfo{Signo: abi.SIGILL, Code: abi.ILL_ILLOPC, Addr: abi.Ptr(c.R[PC])}
	switch c.Vector {
	case cpu.VectorAlign:
		ksi.Signo, ksi.Code, ksi.Addr = abi.SIGBUS, abi.BUS_ADRALN, abi.Ptr(c.Addr)
		ksi.Trap = 1 // FAULT_ALIGN_0
		if c.Access == uint32(mem.ProtWrite) {
			ksi.Trap |= 0x800 // FAULT_WRITE
		}
	case bkpt:
		ksi.Signo, ksi.Code = abi.SIGTRAP, abi.TRAP_BRKPT
	case undef:
		insn, ok := insnAt(l)
		ksi.Trap = int32(insn)
		thumb := c.R[CPSR]&Thumb != 0
		switch {
		case !ok:
		case !thumb && (insn == gdbBreakpoint || insn == gdb5Breakpoint),
			thumb && (insn == thumbBreakpoint || insn == thumbUDFTrap):
			ksi.Signo, ksi.Code, ksi.Trap = abi.SIGTRAP, abi.TRAP_BRKPT, 0
		}
	}
	return ksi
}

// pagefault: the fault status register, short descriptors; a prefetch abort has the pc there and is always an
// address that is not mapped (sys/arch/arm/arm32/fault.c).
func pagefault(l *kern.LWP, r mem.FaultResult, ksi *kern.Ksiginfo) {
	const transSection, transPage, permPage, faultWrite = 0x05, 0x07, 0x0f, 0x800
	write, fetch := signals.FaultKind(l)
	if fetch {
		ksi.Code = abi.SEGV_MAPERR
		if l.Ctx.Addr >= l.Proc.Arch.UserMax {
			ksi.Code = abi.SEGV_ACCERR
		}
		ksi.Signo = abi.SIGSEGV
		ksi.Trap = int32(l.Ctx.Addr)
		return
	}
	switch {
	case r == mem.FaultNoAccess && signals.Resident(l):
		ksi.Trap = permPage
	case signals.AnyMapped(l, 20):
		ksi.Trap = transPage
	default:
		ksi.Trap = transSection
	}
	if write {
		ksi.Trap |= faultWrite
	}
}

// Processor exceptions (Context.Vector).
const (
	undef = 1
	bkpt  = 7
)
