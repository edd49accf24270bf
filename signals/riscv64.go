package signals

import (
	"encoding/binary"

	"nbemu/abi"
	"nbemu/cpu"
	"nbemu/kern"
)

// NetBSD on riscv64: sys/arch/riscv/riscv/{riscv_machdep,sig_machdep,trap}.c, mcontext.h.

const (
	riscvNGreg  = 32
	riscvFPOff  = 8 * riscvNGreg
	riscvFPSize = 8 * 33 // f0 to f31, fcsr
	riscvUCSize = 632
	// riscvFrameSize is siginfo_t, which begins at a multiple of 16, and ucontext_t.
	riscvFrameSize = (abi.SiginfoSize + riscvUCSize + 15) &^ 15
)

// RISCV64 is riscv64's machine context: x1 to x31 and pc, f0 to f31 and fcsr, all as in Context. The thread
// pointer is one of the general registers: what _UC_TLSBASE says decides only whether the kernel notes it.
var RISCV64 = &MD{
	UcontextSize: riscvUCSize, McontextOff: 56,
	UCTLSBase: 0x80000, UCSetStack: 0x10000, UCClrStack: 0x20000,
	GetMcontext: func(l *kern.LWP, m []byte) uint32 {
		for i := range riscvNGreg {
			binary.LittleEndian.PutUint64(m[8*i:], l.Ctx.R[i])
		}
		l.SyncFP()
		copy(m[riscvFPOff:], l.Ctx.FP[:riscvFPSize])
		return abi.UC_CPU | abi.UC_FPU | 0x80000
	},
	CheckMcontext: func(l *kern.LWP, m []byte) abi.Errno {
		reg := func(i int) uint64 { return binary.LittleEndian.Uint64(m[8*i:]) }
		if int64(reg(cpu.RISCV64_PC)) < 0 || int64(reg(cpu.RISCV64_SP)) < 0 || reg(cpu.RISCV64_PC)&1 != 0 {
			return abi.EINVAL
		}
		return abi.OK
	},
	SetMcontext: func(l *kern.LWP, m []byte, flags uint32) {
		r := &l.Ctx.R
		if flags&abi.UC_CPU != 0 {
			for i := range riscvNGreg {
				r[i] = binary.LittleEndian.Uint64(m[8*i:])
			}
		}
		if flags&0x80000 != 0 {
			l.Private = binary.LittleEndian.Uint64(m[8*cpu.RISCV64_TP:])
			r[cpu.RISCV64_TP] = l.Private
		}
		if flags&abi.UC_FPU != 0 {
			copy(l.Ctx.FP[:riscvFPSize], m[riscvFPOff:])
			l.FPChanged()
		}
	},
}

// SendsigRISCV64 calls a handler with (sig, siginfo *, ucontext *); it returns to the trampoline, which finds
// the ucontext above the siginfo on the stack (sendsig_siginfo).
func SendsigRISCV64(l *kern.LWP, act *kern.Sigaction, ksi *kern.Ksiginfo, mask *abi.Sigset) {
	r := &l.Ctx.R
	top, onstack := stackFor(l, act, r[cpu.RISCV64_SP])
	fp := top&^15 - riscvFrameSize
	f := RISCV64.newFrame(l, ksi, mask, onstack)
	b := append(make([]byte, 0, riscvFrameSize), f.info[:]...)
	if l.Copyout(append(b, f.uc...), fp) != abi.OK {
		l.SigIll()
	}
	r[cpu.RISCV64_A0] = uint64(ksi.Signo)
	r[cpu.RISCV64_A1] = fp
	r[cpu.RISCV64_A2] = fp + abi.SiginfoSize
	r[cpu.RISCV64_PC] = uint64(act.Handler)
	r[cpu.RISCV64_SP] = fp
	r[cpu.RISCV64_RA] = act.Tramp
	if onstack {
		l.Sigstk.Flags |= abi.SS_ONSTACK
	}
}

// Causes of traps, in Context.Vector and in si_trap (sysreg.h).
const (
	riscvIllegal         = 2
	riscvBreakpoint      = 3
	riscvLoadMisaligned  = 4
	riscvStoreMisaligned = 6
)

// TrapRISCV64 turns a processor exception into a signal (cpu_trap). The address that a signal tells is what the
// processor leaves in stval: for an illegal instruction, that instruction.
func TrapRISCV64(l *kern.LWP) kern.Ksiginfo {
	c := &l.Ctx
	pc := c.R[cpu.RISCV64_PC]
	switch c.Vector {
	case cpu.VectorAlign:
		// Only atomic instructions insist on alignment; all but lr are stores to the processor, whatever
		// they tried first.
		cause := int32(riscvStoreMisaligned)
		if insn := riscvInsn(l, pc); insn>>27 == 2 {
			cause = riscvLoadMisaligned
		}
		return kern.Ksiginfo{Signo: abi.SIGBUS, Code: abi.BUS_ADRALN, Addr: abi.Ptr(c.Addr), Trap: cause}
	case riscvBreakpoint:
		return kern.Ksiginfo{Signo: abi.SIGTRAP, Code: abi.TRAP_BRKPT, Addr: abi.Ptr(pc), Trap: riscvBreakpoint}
	}
	return kern.Ksiginfo{Signo: abi.SIGILL, Code: abi.ILL_ILLOPC, Addr: abi.Ptr(riscvInsn(l, pc)), Trap: riscvIllegal}
}

// riscvInsn is the instruction at pc, of two bytes or four; 0 if it cannot be read.
func riscvInsn(l *kern.LWP, pc uint64) uint32 {
	var b [4]byte
	if l.Copyin(b[:2], pc) != abi.OK || b[0]&3 == 3 && l.Copyin(b[2:], pc+2) != abi.OK {
		return 0
	}
	return binary.LittleEndian.Uint32(b[:])
}

// riscv64Regset: struct reg and struct fpreg are what the machine context holds (process_machdep.c).
var riscv64Regset = Regset{
	GetRegs: ptFirstMach, GetFPRegs: ptFirstMach + 2,
	Size: 8 * riscvNGreg, FPSize: riscvFPSize,
	Read: func(l *kern.LWP, b []byte) {
		for i := range riscvNGreg {
			binary.LittleEndian.PutUint64(b[8*i:], l.Ctx.R[i])
		}
	},
	Write: func(l *kern.LWP, b []byte) abi.Errno {
		for i := range riscvNGreg {
			l.Ctx.R[i] = binary.LittleEndian.Uint64(b[8*i:])
		}
		return abi.OK
	},
	ReadFP: func(l *kern.LWP, b []byte) {
		l.SyncFP()
		copy(b, l.Ctx.FP[:riscvFPSize])
	},
	WriteFP: func(l *kern.LWP, b []byte) {
		copy(l.Ctx.FP[:riscvFPSize], b)
		l.FPChanged()
	},
	SetPC: func(l *kern.LWP, pc uint64) abi.Errno {
		l.Ctx.R[cpu.RISCV64_PC] = pc
		return abi.OK
	},
}
