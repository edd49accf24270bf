package signals

import (
	"encoding/binary"

	"nbemu/abi"
	"nbemu/cpu"
	"nbemu/kern"
)

// NetBSD/aarch64: sys/arch/aarch64/aarch64/{cpu_machdep,sig_machdep,trap}.c.

const (
	arm64NGreg    = 35
	arm64FPOff    = 288 // the vector registers are aligned to 16 bytes
	arm64FPSize   = 32*16 + 8
	arm64UCSize   = 944
	arm64NZCV     = 0xf0000000
	arm64InfoSize = abi.SiginfoSize
)

// ARM64 is aarch64's machine context: x0 to x30, sp, pc, spsr and tpidr, then the vector registers with fpcr
// and fpsr, all as in Context.
var ARM64 = &MD{
	UcontextSize: arm64UCSize, McontextOff: 64,
	UCTLSBase: 0x80000, UCSetStack: 0x10000, UCClrStack: 0x20000,
	GetMcontext: func(l *kern.LWP, m []byte) uint32 {
		// A program may have set the register by itself.
		l.Private = l.Ctx.R[cpu.ARM64_TPIDR]
		for i := range arm64NGreg {
			binary.LittleEndian.PutUint64(m[8*i:], l.Ctx.R[i])
		}
		l.SyncFP()
		copy(m[arm64FPOff:], l.Ctx.FP[:arm64FPSize])
		return abi.UC_CPU | abi.UC_FPU | 0x80000
	},
	CheckMcontext: func(l *kern.LWP, m []byte) abi.Errno {
		reg := func(i int) uint64 { return binary.LittleEndian.Uint64(m[8*i:]) }
		if reg(cpu.ARM64_SPSR)&^arm64NZCV != 0 || reg(cpu.ARM64_PC)&3 != 0 || reg(cpu.ARM64_SP)&15 != 0 {
			return abi.EINVAL
		}
		return abi.OK
	},
	SetMcontext: func(l *kern.LWP, m []byte, flags uint32) {
		r := &l.Ctx.R
		if flags&abi.UC_CPU != 0 {
			for i := range cpu.ARM64_TPIDR {
				r[i] = binary.LittleEndian.Uint64(m[8*i:])
			}
		}
		if flags&0x80000 != 0 {
			l.Private = binary.LittleEndian.Uint64(m[8*cpu.ARM64_TPIDR:])
			r[cpu.ARM64_TPIDR] = l.Private
		}
		if flags&abi.UC_FPU != 0 {
			copy(l.Ctx.FP[:arm64FPSize], m[arm64FPOff:])
			l.FPChanged()
		}
	},
}

// SendsigARM64 calls a handler with (sig, siginfo *, ucontext *); it returns to the trampoline, which finds
// the ucontext in x28 (sendsig_siginfo).
func SendsigARM64(l *kern.LWP, act *kern.Sigaction, ksi *kern.Ksiginfo, mask *abi.Sigset) {
	r := &l.Ctx.R
	top, onstack := stackFor(l, act, r[cpu.ARM64_SP])
	ucp := top&^15 - arm64UCSize
	sip := ucp - arm64InfoSize
	f := ARM64.newFrame(l, ksi, mask, onstack)
	if l.Copyout(f.uc, ucp) != abi.OK || l.Copyout(f.info[:], sip) != abi.OK {
		l.SigIll()
	}
	r[cpu.ARM64_X0] = uint64(ksi.Signo)
	r[cpu.ARM64_X1] = sip
	r[cpu.ARM64_X2] = ucp
	r[cpu.ARM64_X28] = ucp
	r[cpu.ARM64_SP] = sip
	r[cpu.ARM64_LR] = act.Tramp
	r[cpu.ARM64_PC] = uint64(act.Handler)
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

// Processor exceptions of arm and aarch64 (Context.Vector).
const (
	armUndef         = 1
	armPrefetchAbort = 3
	armBkpt          = 7
)

// esrSoftwareStep is ESR_EL1 after a single step of user mode.
const esrSoftwareStep = 0x32<<esrClassShift | 1<<25 | 0x22

// StepTrapARM64 is the trap that ends a single step.
func StepTrapARM64(l *kern.LWP) kern.Ksiginfo {
	var esr uint32 = esrSoftwareStep
	return kern.Ksiginfo{Signo: abi.SIGTRAP, Code: abi.TRAP_TRACE, Addr: abi.Ptr(l.Ctx.R[cpu.ARM64_PC]), Trap: int32(esr)}
}

// TrapARM64 turns a processor exception into a signal (trap_el0_sync).
func TrapARM64(l *kern.LWP) kern.Ksiginfo {
	c := &l.Ctx
	pc := abi.Ptr(c.R[cpu.ARM64_PC])
	ksi := kern.Ksiginfo{Signo: abi.SIGILL, Code: abi.ILL_ILLTRP, Addr: pc, Trap: int32(c.Error)}
	switch {
	case c.Vector == cpu.VectorAlign:
		ksi.Signo, ksi.Code, ksi.Addr = abi.SIGBUS, abi.BUS_ADRALN, abi.Ptr(c.Addr)
		esr := uint32(esrDataAbort | esrAlignment)
		if write, _ := faultKind(l); write {
			esr |= esrWrite
		}
		ksi.Trap = int32(esr)
	case c.Vector == armBkpt:
		ksi.Signo, ksi.Code = abi.SIGTRAP, abi.TRAP_BRKPT
	case c.Vector == armUndef && c.Error>>esrClassShift == esrFPTrap:
		ksi.Signo, ksi.Code, ksi.Addr = abi.SIGFPE, abi.FPE_FLTUND, 0
	case c.Error>>esrClassShift == esrSPAlign:
		ksi.Signo, ksi.Code, ksi.Addr = abi.SIGBUS, abi.BUS_ADRALN, abi.Ptr(c.R[cpu.ARM64_SP])
	case c.Vector == armPrefetchAbort || c.Error>>esrClassShift == esrPCAlign:
		ksi.Signo, ksi.Code = abi.SIGBUS, abi.BUS_ADRALN
	}
	return ksi
}
