package signals

import (
	"encoding/binary"

	"nbemu/abi"
	"nbemu/cpu"
	"nbemu/kern"
)

// NetBSD on powerpc: sys/arch/powerpc/powerpc/{sig_machdep,trap,fpu,process_machdep}.c, mcontext.h, reg.h.

const (
	ppcNGreg     = 39
	ppcFPOff     = 160 // the doubles are aligned
	ppcFPSCROff  = ppcFPOff + 256
	ppcFPValid   = ppcFPOff + 260
	ppcVROff     = 432 // the vectors are aligned to 16 bytes
	ppcVSCROff   = ppcVROff + 512
	ppcVRSaveOff = ppcVROff + 516
	ppcUCSize    = 1008
	ppcCallFrame = 16 // CALLFRAMELEN
	ppcUCVec     = 0x10000

	// Where Context.FP has what follows f0 to f31.
	ppcCtxFPSCR  = 256
	ppcCtxVR     = 264
	ppcCtxVSCR   = ppcCtxVR + 512
	ppcCtxVRSave = ppcCtxVR + 516
)

// Bits of the machine state register (psl.h): those that every program runs with and those that it can choose.
const (
	ppcMSRVec     = 0x02000000
	ppcMSRFP      = 0x2000
	ppcMSRFE      = 0x0900 // how floating-point exceptions trap
	ppcMSRUserSet = 0xd032
	ppcMSRUserMod = ppcMSRFE | 0x0601 // byte order, tracing
)

// PPC is powerpc's machine context: r0 to r31, cr, lr, pc, msr, ctr, xer and mq as in Context, then f0 to f31 with
// fpscr, then the vector registers.
var PPC = &MD{
	UcontextSize: ppcUCSize, McontextOff: 48,
	UCTLSBase: 0x80000, UCSetStack: 0x100000, UCClrStack: 0x200000,
	GetMcontext: func(l *kern.LWP, m []byte) uint32 {
		for i := range ppcNGreg {
			binary.BigEndian.PutUint32(m[4*i:], uint32(l.Ctx.R[i]))
		}
		binary.BigEndian.PutUint32(m[4*cpu.PPC_MSR:], ppcMSRUserSet|uint32(l.Ctx.R[cpu.PPC_MSR])&ppcMSRFE)
		l.SyncFP()
		fp := &l.Ctx.FP
		swapUints(m[ppcFPOff:], fp[:256], 8)
		swapUints(m[ppcFPSCROff:], fp[ppcCtxFPSCR:][:4], 4)
		binary.BigEndian.PutUint32(m[ppcFPValid:], 1)
		swapUints(m[ppcVROff:], fp[ppcCtxVR:][:512], 8)
		swapUints(m[ppcVSCROff:], fp[ppcCtxVSCR:][:8], 4)
		return abi.UC_CPU | abi.UC_FPU | 0x80000 | ppcUCVec
	},
	CheckMcontext: func(l *kern.LWP, m []byte) abi.Errno { return abi.OK },
	SetMcontext: func(l *kern.LWP, m []byte, flags uint32) {
		r := &l.Ctx.R
		if flags&abi.UC_CPU != 0 {
			for i := range ppcNGreg {
				r[i] = uint64(binary.BigEndian.Uint32(m[4*i:]))
			}
			r[cpu.PPC_MSR] &= ppcMSRFE
			r[cpu.PPC_MQ] = 0
		}
		if flags&0x80000 != 0 {
			l.Private = uint64(binary.BigEndian.Uint32(m[4*cpu.PPC_R2:]))
			r[cpu.PPC_R2] = l.Private
		}
		fpu := flags&abi.UC_FPU != 0 && binary.BigEndian.Uint32(m[ppcFPValid:]) != 0
		if !fpu && flags&ppcUCVec == 0 {
			return
		}
		l.SyncFP()
		fp := &l.Ctx.FP
		if fpu {
			swapUints(fp[:256], m[ppcFPOff:][:256], 8)
			swapUints(fp[ppcCtxFPSCR:], m[ppcFPSCROff:][:4], 4)
		}
		if flags&ppcUCVec != 0 {
			swapUints(fp[ppcCtxVR:], m[ppcVROff:][:512], 8)
			swapUints(fp[ppcCtxVSCR:], m[ppcVSCROff:][:8], 4)
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

// SendsigPPC calls a handler with (sig, siginfo *, ucontext *); it returns to the trampoline, which finds the
// ucontext in r30 (sendsig_siginfo).
func SendsigPPC(l *kern.LWP, act *kern.Sigaction, ksi *kern.Ksiginfo, mask *abi.Sigset) {
	r := &l.Ctx.R
	if act.Vers < siginfoVers {
		// The trampoline runs first, and calls the handler.
		scp := putSigcontext(l, act, &ppcSigcontext{}, mask, r[cpu.PPC_R1], ppcCallFrame)
		r[cpu.PPC_R1] = scp
		r[cpu.PPC_R3], r[cpu.PPC_R4], r[cpu.PPC_R5] = uint64(ksi.Signo), uint64(uint32(ksi.Trap)), scp
		r[cpu.PPC_LR], r[cpu.PPC_PC] = uint64(act.Handler), sigcontextTramp(l, act)
		return
	}
	top, onstack := stackFor(l, act, r[cpu.PPC_R1])
	ucp := top&^(ppcCallFrame-1) - ppcUCSize
	sip := ucp - abi.SiginfoSize
	f := PPC.newFrame(l, ksi, mask, onstack)
	if l.Copyout(f.info[:], sip) != abi.OK || l.Copyout(f.uc, ucp) != abi.OK {
		l.SigIll()
	}
	r[cpu.PPC_R1] = sip&^(ppcCallFrame-1) - ppcCallFrame
	r[cpu.PPC_R3] = uint64(ksi.Signo)
	r[cpu.PPC_R4], r[cpu.PPC_R5], r[cpu.PPC_R30] = sip, ucp, ucp
	r[cpu.PPC_LR] = act.Tramp
	r[cpu.PPC_PC] = uint64(act.Handler)
	if onstack {
		l.Sigstk.Flags |= abi.SS_ONSTACK
	}
}

// Processor exceptions of powerpc (Context.Vector), the kinds of a program exception (Context.Error), and the
// EXC_ codes of si_trap (trap.h).
const (
	ppcProgram = 6
	ppcHVEmu   = 96 // an instruction that a hypervisor might know

	ppcKindMask = 0xf0
	ppcKindFP   = 0x10
	ppcKindPriv = 0x30
	ppcKindTrap = 0x40

	ppcExcALI = 0x600
	ppcExcPGM = 0x700
	ppcExcTRC = 0xd00
)

// TrapPPC turns a processor exception into a signal (trap()); none (Signo is 0) if the kernel does what the
// instruction would have done.
func TrapPPC(l *kern.LWP) kern.Ksiginfo {
	c := &l.Ctx
	pc := c.R[cpu.PPC_PC]
	ksi := kern.Ksiginfo{Signo: abi.SIGILL, Code: abi.ILL_ILLOPC, Addr: abi.Ptr(pc), Trap: ppcExcPGM}
	if c.Vector == cpu.VectorAlign {
		// Only lwarx and stwcx. come here. The kernel does the first as an ordinary load and refuses the
		// second; a program that gets that far would find neither done here.
		return kern.Ksiginfo{Signo: abi.SIGBUS, Code: abi.BUS_ADRALN, Addr: abi.Ptr(uint32(c.Addr)), Trap: ppcExcALI}
	}
	switch c.Error & ppcKindMask {
	case ppcKindTrap:
		ksi.Signo, ksi.Code = abi.SIGTRAP, abi.TRAP_BRKPT
	case ppcKindPriv:
		if ppcEmulated(l) {
			return kern.Ksiginfo{}
		}
		ksi.Code = abi.ILL_PRVOPC
	case ppcKindFP:
		ksi.Signo, ksi.Code = abi.SIGFPE, ppcFaultCode(l)
	}
	return ksi
}

// StepTrapPPC is the trap that ends a single step.
func StepTrapPPC(l *kern.LWP) kern.Ksiginfo {
	return kern.Ksiginfo{Signo: abi.SIGTRAP, Code: abi.TRAP_TRACE, Addr: abi.Ptr(l.Ctx.R[cpu.PPC_PC]), Trap: ppcExcTRC}
}

func ppcInsn(l *kern.LWP) (insn uint32) {
	var b [4]byte
	if l.Copyin(b[:], l.Ctx.R[cpu.PPC_PC]) == abi.OK {
		insn = binary.BigEndian.Uint32(b[:])
	}
	return insn
}

// The instructions that a program may use though the processor does not let it.
const (
	ppcRegMask = 0xfc1fffff
	ppcMfpvr   = 0x7c1f42a6
	ppcMfmsr   = 0x7c0000a6
	ppcMtmsr   = 0x7c000124
	ppcPVR     = 0x80010102 // a 7457
)

// ppcEmulated does mfpvr, mfmsr and mtmsr, which changes how floating-point exceptions trap (emulated_opcode,
// emulate_mxmsr).
func ppcEmulated(l *kern.LWP) bool {
	r := &l.Ctx.R
	insn := ppcInsn(l)
	reg := &r[insn>>21&31]
	switch insn & ppcRegMask {
	case ppcMfpvr:
		*reg = ppcPVR
	case ppcMfmsr:
		*reg = ppcMSRUserSet | ppcMSRFP | ppcMSRVec | r[cpu.PPC_MSR]&ppcMSRFE
	case ppcMtmsr:
		if (*reg&^(ppcMSRFP|ppcMSRVec))&^ppcMSRUserMod != ppcMSRUserSet {
			return false
		}
		r[cpu.PPC_MSR] = *reg & ppcMSRFE
	default:
		return false
	}
	r[cpu.PPC_PC] += 4
	return true
}

// Bits of fpscr: exceptions, and behind them, by ppcFPShift, which of them trap.
const (
	ppcFX      = 0x80000000
	ppcFPShift = 22
	ppcVX      = 0x20000000
	ppcOX      = 0x10000000
	ppcUX      = 0x08000000
	ppcZX      = 0x04000000
	ppcXX      = 0x02000000
	ppcSticky  = ppcVX | ppcOX | ppcUX | ppcZX | ppcXX
	ppcEnable  = ppcSticky >> ppcFPShift
)

// ppcFaultCode is the code for what fpscr tells; from then on nothing traps (fpu_get_fault_code).
func ppcFaultCode(l *kern.LWP) int32 {
	l.SyncFP()
	w := l.Ctx.FP[ppcCtxFPSCR:][:4]
	fpscr := binary.LittleEndian.Uint32(w)
	binary.LittleEndian.PutUint32(w, fpscr&^(ppcFX|ppcEnable))
	l.FPChanged()
	if trapping := fpscr & (fpscr << ppcFPShift) & ppcSticky; trapping != 0 {
		fpscr = trapping
	}
	switch {
	case fpscr&ppcVX != 0:
		return abi.FPE_FLTINV
	case fpscr&ppcOX != 0:
		return abi.FPE_FLTOVF
	case fpscr&ppcUX != 0:
		return abi.FPE_FLTUND
	case fpscr&ppcZX != 0:
		return abi.FPE_FLTDIV
	case fpscr&ppcXX != 0:
		return abi.FPE_FLTRES
	}
	return 0
}

// ppcRegset: r0 to r31, lr, cr, xer, ctr, pc; f0 to f31 and fpscr in 64 bits.
var ppcRegset = Regset{
	GetRegs: ptFirstMach + 1, GetFPRegs: ptFirstMach + 3,
	Step: ptFirstMach, SetStep: ptFirstMach + 7, Sstep: engineStep,
	Size: 4 * len(ppcPtRegs), FPSize: 33 * 8,
	Read: func(l *kern.LWP, b []byte) {
		for i, reg := range ppcPtRegs {
			binary.BigEndian.PutUint32(b[4*i:], uint32(l.Ctx.R[reg]))
		}
	},
	Write: func(l *kern.LWP, b []byte) abi.Errno {
		for i, reg := range ppcPtRegs {
			l.Ctx.R[reg] = uint64(binary.BigEndian.Uint32(b[4*i:]))
		}
		return abi.OK
	},
	ReadFP: func(l *kern.LWP, b []byte) {
		l.SyncFP()
		swapUints(b, l.Ctx.FP[:256], 8)
		clear(b[256:260])
		swapUints(b[260:], l.Ctx.FP[ppcCtxFPSCR:][:4], 4)
	},
	WriteFP: func(l *kern.LWP, b []byte) {
		l.SyncFP()
		swapUints(l.Ctx.FP[:256], b[:256], 8)
		swapUints(l.Ctx.FP[ppcCtxFPSCR:], b[260:264], 4)
		l.FPChanged()
	},
	SetPC: func(l *kern.LWP, pc uint64) abi.Errno {
		l.Ctx.R[cpu.PPC_PC] = pc
		return abi.OK
	},
}

// ppcPtRegs are the registers of struct reg.
var ppcPtRegs = [37]int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26,
	27, 28, 29, 30, 31, cpu.PPC_LR, cpu.PPC_CR, cpu.PPC_XER, cpu.PPC_CTR, cpu.PPC_PC}
