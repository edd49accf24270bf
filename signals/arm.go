package signals

import (
	"encoding/binary"

	"nbemu/abi"
	"nbemu/cpu"
	"nbemu/kern"
	"nbemu/mem"
)

// NetBSD on 32-bit arm: sys/arch/arm/arm/{sig_machdep,undefined}.c, sys/arch/arm/arm32/fault.c.

const (
	armNGreg    = 17
	armFPSCROff = 72 // the union with 64-bit numbers is aligned to 8
	armVFPOff   = armFPSCROff + 8
	armVFPSize  = 32 * 8
	armTLSOff   = armFPSCROff + 272
	armTPIDOff  = armTLSOff + 4
	armUCSize   = 400
	armUCVFP    = 0x10000
	armModeMask = 0x1f
	armModeUSR  = 0x10
	armFrame    = abi.SiginfoSize + armUCSize

	// In Context.FP fpscr follows the registers.
	armCtxFPSCR = armVFPSize
)

// ARM is arm's machine context: r0 to r15 and cpsr, VFP registers, the two thread registers.
var ARM = &MD{
	UcontextSize: armUCSize, McontextOff: 40,
	UCTLSBase: 0x80000, UCSetStack: 0x20000, UCClrStack: 0x40000,
	GetMcontext: func(l *kern.LWP, m []byte) uint32 {
		for i := range armNGreg {
			binary.LittleEndian.PutUint32(m[4*i:], uint32(l.Ctx.R[i]))
		}
		l.SyncFP()
		copy(m[armFPSCROff:][:4], l.Ctx.FP[armCtxFPSCR:])
		copy(m[armVFPOff:][:armVFPSize], l.Ctx.FP[:])
		binary.LittleEndian.PutUint32(m[armTLSOff:], uint32(l.Private))
		binary.LittleEndian.PutUint32(m[armTPIDOff:], uint32(l.Ctx.R[cpu.ARM_TPIDRURW]))
		return abi.UC_CPU | abi.UC_FPU | armUCVFP | 0x80000
	},
	CheckMcontext: func(l *kern.LWP, m []byte) abi.Errno {
		if binary.LittleEndian.Uint32(m[4*cpu.ARM_CPSR:])&armModeMask != armModeUSR {
			return abi.EINVAL
		}
		return abi.OK
	},
	SetMcontext: func(l *kern.LWP, m []byte, flags uint32) {
		r := &l.Ctx.R
		if flags&abi.UC_CPU != 0 {
			for i := range armNGreg {
				r[i] = uint64(binary.LittleEndian.Uint32(m[4*i:]))
			}
		}
		if flags&abi.UC_FPU != 0 && flags&armUCVFP != 0 {
			copy(l.Ctx.FP[armCtxFPSCR:][:4], m[armFPSCROff:])
			copy(l.Ctx.FP[:armVFPSize], m[armVFPOff:])
			l.FPChanged()
		}
		if flags&0x80000 != 0 {
			l.Private = uint64(binary.LittleEndian.Uint32(m[armTLSOff:]))
			r[cpu.ARM_TPIDRURO] = l.Private
		}
		r[cpu.ARM_TPIDRURW] = uint64(binary.LittleEndian.Uint32(m[armTPIDOff:]))
	},
}

// SendsigARM calls a handler with (sig, siginfo *, ucontext *); it returns to the trampoline, which finds the
// ucontext in r5 (sendsig_siginfo).
func SendsigARM(l *kern.LWP, act *kern.Sigaction, ksi *kern.Ksiginfo, mask *abi.Sigset) {
	r := &l.Ctx.R
	if act.Vers < siginfoVers {
		sc := &armSigcontext{}
		fp := putSigcontext(l, act, sc, mask, r[cpu.ARM_SP], 8)
		r[cpu.ARM_R0], r[cpu.ARM_R1], r[cpu.ARM_R2] = uint64(ksi.Signo), uint64(uint32(ksi.Trap)), fp
		armHandler(l, act, fp, sigcontextTramp(l, act))
		return
	}
	top, onstack := stackFor(l, act, r[cpu.ARM_SP])
	fp := uint64(uint32(top)-armFrame) &^ 7
	f := ARM.newFrame(l, ksi, mask, onstack)
	b := append(make([]byte, 0, armFrame), f.info[:]...)
	if l.Copyout(append(b, f.uc...), fp) != abi.OK {
		l.SigIll()
	}
	ucp := fp + abi.SiginfoSize
	r[cpu.ARM_R0] = uint64(ksi.Signo)
	r[cpu.ARM_R1] = fp
	r[cpu.ARM_R2] = ucp
	r[cpu.ARM_R5] = ucp
	armHandler(l, act, fp, act.Tramp)
	if onstack {
		l.Sigstk.Flags |= abi.SS_ONSTACK
	}
}

// armHandler aims pc, stack pointer and state of the processor at a handler that returns to lr.
func armHandler(l *kern.LWP, act *kern.Sigaction, fp, lr uint64) {
	r := &l.Ctx.R
	r[cpu.ARM_SP] = fp
	r[cpu.ARM_LR] = lr
	r[cpu.ARM_PC] = uint64(act.Handler) &^ 1
	// A handler starts outside any IT block, in the state that its address says.
	const itBits = 0x0600fc00
	r[cpu.ARM_CPSR] &^= cpu.ARMThumb | itBits
	if act.Handler&1 != 0 {
		r[cpu.ARM_CPSR] |= cpu.ARMThumb
	}
}

// Instructions that the kernel takes for breakpoints.
const (
	armGDBBreakpoint   = 0xe6000011
	armGDB5Breakpoint  = 0xe7ffdefe
	armThumbBreakpoint = 0xbe00
	armThumbUDFTrap    = 0xdefe
)

// armInsn reads the instruction at the pc; ok is false if it cannot be read.
func armInsn(l *kern.LWP) (insn uint32, ok bool) {
	r := &l.Ctx.R
	var b [4]byte
	pc := r[cpu.ARM_PC]
	if r[cpu.ARM_CPSR]&cpu.ARMThumb == 0 {
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

// TrapARM turns a processor exception into a signal (undefinedinstruction, the abort handlers).
func TrapARM(l *kern.LWP) kern.Ksiginfo {
	c := &l.Ctx
	ksi := kern.Ksiginfo{Signo: abi.SIGILL, Code: abi.ILL_ILLOPC, Addr: abi.Ptr(c.R[cpu.ARM_PC])}
	switch c.Vector {
	case cpu.VectorAlign:
		ksi.Signo, ksi.Code, ksi.Addr = abi.SIGBUS, abi.BUS_ADRALN, abi.Ptr(c.Addr)
		ksi.Trap = 1 // FAULT_ALIGN_0
		if c.Access == uint32(mem.ProtWrite) {
			ksi.Trap |= 0x800 // FAULT_WRITE
		}
	case armBkpt:
		ksi.Signo, ksi.Code = abi.SIGTRAP, abi.TRAP_BRKPT
	case armUndef:
		insn, ok := armInsn(l)
		ksi.Trap = int32(insn)
		thumb := c.R[cpu.ARM_CPSR]&cpu.ARMThumb != 0
		switch {
		case !ok:
		case !thumb && (insn == armGDBBreakpoint || insn == armGDB5Breakpoint),
			thumb && (insn == armThumbBreakpoint || insn == armThumbUDFTrap):
			ksi.Signo, ksi.Code, ksi.Trap = abi.SIGTRAP, abi.TRAP_BRKPT, 0
		}
	}
	return ksi
}
