package riscv64

import (
	"encoding/binary"

	"nbemu/abi"
	"nbemu/cpu"
	"nbemu/kern"
	"nbemu/mem"
	"nbemu/signals"
)

// NetBSD on riscv64: sys/arch/riscv/riscv/{riscv_machdep,sig_machdep,trap}.c, mcontext.h.

const (
	nGreg  = 32
	fpOff  = 8 * nGreg
	fpSize = 8 * 33 // f0 to f31, fcsr
	ucSize = 632
	// frameSize is siginfo_t, which begins at a multiple of 16, and ucontext_t.
	frameSize = (abi.SiginfoSize + ucSize + 15) &^ 15
)

// md is the machine context: x1 to x31 and pc, f0 to f31 and fcsr, all as in Context. The thread
// pointer is one of the general registers: what _UC_TLSBASE says decides only whether the kernel notes it.
var md = &signals.MD{
	UcontextSize: ucSize, McontextOff: 56,
	UCTLSBase: 0x80000, UCSetStack: 0x10000, UCClrStack: 0x20000,
	GetMcontext: func(l *kern.LWP, m []byte) uint32 {
		for i := range nGreg {
			binary.LittleEndian.PutUint64(m[8*i:], l.Ctx.R[i])
		}
		l.SyncFP()
		copy(m[fpOff:], l.Ctx.FP[:fpSize])
		return abi.UC_CPU | abi.UC_FPU | 0x80000
	},
	CheckMcontext: func(l *kern.LWP, m []byte, _ uint32) abi.Errno {
		reg := func(i int) uint64 { return binary.LittleEndian.Uint64(m[8*i:]) }
		if int64(reg(PC)) < 0 || int64(reg(SP)) < 0 || reg(PC)&1 != 0 {
			return abi.EINVAL
		}
		return abi.OK
	},
	SetMcontext: func(l *kern.LWP, m []byte, flags uint32) {
		r := &l.Ctx.R
		if flags&abi.UC_CPU != 0 {
			for i := range nGreg {
				r[i] = binary.LittleEndian.Uint64(m[8*i:])
			}
		}
		if flags&0x80000 != 0 {
			l.Private = binary.LittleEndian.Uint64(m[8*TP:])
			r[TP] = l.Private
		}
		if flags&abi.UC_FPU != 0 {
			copy(l.Ctx.FP[:fpSize], m[fpOff:])
			l.FPChanged()
		}
	},
}

// sendsig calls a handler with (sig, siginfo *, ucontext *); it returns to the trampoline, which finds
// the ucontext above the siginfo on the stack (sendsig_siginfo).
func sendsig(l *kern.LWP, act *kern.Sigaction, ksi *kern.Ksiginfo, mask *abi.Sigset) {
	r := &l.Ctx.R
	top, onstack := signals.StackFor(l, act, r[SP])
	fp := top&^15 - frameSize
	f := md.NewFrame(l, ksi, mask, onstack)
	b := append(make([]byte, 0, frameSize), f.Info[:]...)
	if l.Copyout(append(b, f.UC...), fp) != abi.OK {
		l.SigIll()
	}
	r[A0] = uint64(ksi.Signo)
	r[A1] = fp
	r[A2] = fp + abi.SiginfoSize
	r[PC] = uint64(act.Handler)
	r[SP] = fp
	r[RA] = act.Tramp
	if onstack {
		l.Sigstk.Flags |= abi.SS_ONSTACK
	}
}

// Causes of traps, in Context.Vector and in si_trap (sysreg.h).
const (
	illegal         = 2
	breakpoint      = 3
	loadMisaligned  = 4
	storeMisaligned = 6
)

// trapsig turns a processor exception into a signal (cpu_trap). The address that a signal tells is what the
// processor leaves in stval: for an illegal instruction, that instruction.
func trapsig(l *kern.LWP) kern.Ksiginfo {
	c := &l.Ctx
	pc := c.R[PC]
	switch c.Vector {
	case cpu.VectorAlign:
		// Only atomic instructions insist on alignment; all but lr are stores to the processor, whatever
		// they tried first.
		cause := int32(storeMisaligned)
		if insn := insnAt(l, pc); insn>>27 == 2 {
			cause = loadMisaligned
		}
		return kern.Ksiginfo{Signo: abi.SIGBUS, Code: abi.BUS_ADRALN, Addr: abi.Ptr(c.Addr), Trap: cause}
	case breakpoint:
		return kern.Ksiginfo{Signo: abi.SIGTRAP, Code: abi.TRAP_BRKPT, Addr: abi.Ptr(pc), Trap: breakpoint}
	}
	return kern.Ksiginfo{Signo: abi.SIGILL, Code: abi.ILL_ILLOPC, Addr: abi.Ptr(insnAt(l, pc)), Trap: illegal}
}

// insnAt is the instruction at pc, of two bytes or four; 0 if it cannot be read.
func insnAt(l *kern.LWP, pc uint64) uint32 {
	var b [4]byte
	if l.Copyin(b[:2], pc) != abi.OK || b[0]&3 == 3 && l.Copyin(b[2:], pc+2) != abi.OK {
		return 0
	}
	return binary.LittleEndian.Uint32(b[:])
}

// regset: struct reg and struct fpreg are what the machine context holds (process_machdep.c).
var regset = signals.Regset{
	GetRegs: signals.PTFirstMach, GetFPRegs: signals.PTFirstMach + 2,
	Size: 8 * nGreg, FPSize: fpSize,
	Read: func(l *kern.LWP, b []byte) {
		for i := range nGreg {
			binary.LittleEndian.PutUint64(b[8*i:], l.Ctx.R[i])
		}
	},
	Write: func(l *kern.LWP, b []byte) abi.Errno {
		for i := range nGreg {
			l.Ctx.R[i] = binary.LittleEndian.Uint64(b[8*i:])
		}
		return abi.OK
	},
	ReadFP: func(l *kern.LWP, b []byte) {
		l.SyncFP()
		copy(b, l.Ctx.FP[:fpSize])
	},
	WriteFP: func(l *kern.LWP, b []byte) {
		copy(l.Ctx.FP[:fpSize], b)
		l.FPChanged()
	},
	SetPC: func(l *kern.LWP, pc uint64) abi.Errno {
		l.Ctx.R[PC] = pc
		return abi.OK
	},
}

// pagefault: the cause (sys/arch/riscv/riscv/trap.c).
func pagefault(l *kern.LWP, r mem.FaultResult, ksi *kern.Ksiginfo) {
	const fetchFault, loadFault, storeFault = 12, 13, 15
	switch write, fetch := signals.FaultKind(l); {
	case fetch:
		ksi.Trap = fetchFault
	case write:
		ksi.Trap = storeFault
	default:
		ksi.Trap = loadFault
	}
}
