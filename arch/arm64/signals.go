package arm64

import (
	"encoding/binary"

	"nbemu/abi"
	"nbemu/cpu"
	"nbemu/kern"
	"nbemu/mem"
	"nbemu/signals"
)

// NetBSD/aarch64: sys/arch/aarch64/aarch64/{cpu_machdep,sig_machdep,trap}.c.

const (
	nGreg    = 35
	fpOff    = 288 // the vector registers are aligned to 16 bytes
	fpSize   = 32*16 + 8
	ucSize   = 944
	nzcv     = 0xf0000000
	infoSize = abi.SiginfoSize
)

// md is the machine context: x0 to x30, sp, pc, spsr and tpidr, then the vector registers with fpcr
// and fpsr, all as in Context.
var md = &signals.MD{
	UcontextSize: ucSize, McontextOff: 64,
	UCTLSBase: 0x80000, UCSetStack: 0x10000, UCClrStack: 0x20000,
	GetMcontext: func(l *kern.LWP, m []byte) uint32 {
		// A program may have set the register by itself.
		l.Private = l.Ctx.R[TPIDR]
		for i := range nGreg {
			binary.LittleEndian.PutUint64(m[8*i:], l.Ctx.R[i])
		}
		l.SyncFP()
		copy(m[fpOff:], l.Ctx.FP[:fpSize])
		return abi.UC_CPU | abi.UC_FPU | 0x80000
	},
	CheckMcontext: func(l *kern.LWP, m []byte, _ uint32) abi.Errno {
		reg := func(i int) uint64 { return binary.LittleEndian.Uint64(m[8*i:]) }
		if reg(SPSR)&^nzcv != 0 || reg(PC)&3 != 0 || reg(SP)&15 != 0 {
			return abi.EINVAL
		}
		return abi.OK
	},
	SetMcontext: func(l *kern.LWP, m []byte, flags uint32) {
		r := &l.Ctx.R
		if flags&abi.UC_CPU != 0 {
			for i := range TPIDR {
				r[i] = binary.LittleEndian.Uint64(m[8*i:])
			}
		}
		if flags&0x80000 != 0 {
			l.Private = binary.LittleEndian.Uint64(m[8*TPIDR:])
			r[TPIDR] = l.Private
		}
		if flags&abi.UC_FPU != 0 {
			copy(l.Ctx.FP[:fpSize], m[fpOff:])
			l.FPChanged()
		}
	},
}

// sendsig calls a handler with (sig, siginfo *, ucontext *); it returns to the trampoline, which finds
// the ucontext in x28 (sendsig_siginfo).
func sendsig(l *kern.LWP, act *kern.Sigaction, ksi *kern.Ksiginfo, mask *abi.Sigset) {
	r := &l.Ctx.R
	top, onstack := signals.StackFor(l, act, r[SP])
	ucp := top&^15 - ucSize
	sip := ucp - infoSize
	f := md.NewFrame(l, ksi, mask, onstack)
	if l.Copyout(f.UC, ucp) != abi.OK || l.Copyout(f.Info[:], sip) != abi.OK {
		l.SigIll()
	}
	r[X0] = uint64(ksi.Signo)
	r[X1] = sip
	r[X2] = ucp
	r[X28] = ucp
	r[SP] = sip
	r[LR] = act.Tramp
	r[PC] = uint64(act.Handler)
	if onstack {
		l.Sigstk.Flags |= abi.SS_ONSTACK
	}
}

// Exception classes of ESR_EL1.
const (
	esrClassShift = 26
	esrPCAlign    = 0x22
	esrSPAlign    = 0x26
	esrFPTrap     = 0x2c
)

// Processor exceptions (Context.Vector).
const (
	undef         = 1
	prefetchAbort = 3
	bkpt          = 7
)

// esrSoftwareStep is ESR_EL1 after a single step of user mode.
const esrSoftwareStep = 0x32<<esrClassShift | 1<<25 | 0x22

// stepTrap is the trap that ends a single step.
func stepTrap(l *kern.LWP) kern.Ksiginfo {
	var esr uint32 = esrSoftwareStep
	return kern.Ksiginfo{Signo: abi.SIGTRAP, Code: abi.TRAP_TRACE, Addr: abi.Ptr(l.Ctx.R[PC]), Trap: int32(esr)}
}

// trapsig turns a processor exception into a signal (trap_el0_sync).
func trapsig(l *kern.LWP) kern.Ksiginfo {
	c := &l.Ctx
	pc := abi.Ptr(c.R[PC])
	ksi := kern.Ksiginfo{Signo: abi.SIGILL, Code: abi.ILL_ILLTRP, Addr: pc, Trap: int32(c.Error)}
	switch {
	case c.Vector == cpu.VectorAlign:
		ksi.Signo, ksi.Code, ksi.Addr = abi.SIGBUS, abi.BUS_ADRALN, abi.Ptr(c.Addr)
		esr := uint32(esrDataAbort | esrAlignment)
		if write, _ := signals.FaultKind(l); write {
			esr |= esrWrite
		}
		ksi.Trap = int32(esr)
	case c.Vector == bkpt:
		ksi.Signo, ksi.Code = abi.SIGTRAP, abi.TRAP_BRKPT
	case c.Vector == undef && c.Error>>esrClassShift == esrFPTrap:
		ksi.Signo, ksi.Code, ksi.Addr = abi.SIGFPE, abi.FPE_FLTUND, 0
	case c.Error>>esrClassShift == esrSPAlign:
		ksi.Signo, ksi.Code, ksi.Addr = abi.SIGBUS, abi.BUS_ADRALN, abi.Ptr(c.R[SP])
	case c.Vector == prefetchAbort || c.Error>>esrClassShift == esrPCAlign:
		ksi.Signo, ksi.Code = abi.SIGBUS, abi.BUS_ADRALN
	}
	return ksi
}

// Parts of ESR_EL1 for aborts: the class, with the bit for instructions of 32 bits, and the status.
const (
	esrInsnAbort   = 0x20<<esrClassShift | 1<<25
	esrDataAbort   = 0x24<<esrClassShift | 1<<25
	esrWrite       = 1 << 6
	esrTranslation = 0x04 // and the level of the table
	esrPermission3 = 0x0f
	esrAlignment   = 0x21
)

// pagefault: the exception syndrome (sys/arch/aarch64/aarch64/fault.c).
func pagefault(l *kern.LWP, r mem.FaultResult, ksi *kern.Ksiginfo) {
	write, fetch := signals.FaultKind(l)
	esr := uint32(esrDataAbort)
	if fetch {
		esr = esrInsnAbort
	}
	if write {
		esr |= esrWrite
	}
	if r == mem.FaultNoAccess && signals.Resident(l) {
		esr |= esrPermission3
	} else {
		level := uint32(0)
		for _, shift := range []uint{39, 30, 21} {
			if !signals.AnyMapped(l, shift) {
				break
			}
			level++
		}
		esr |= esrTranslation + level
	}
	ksi.Trap = int32(esr)
}
