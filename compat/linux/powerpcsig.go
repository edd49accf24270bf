package linux

import (
	"encoding/binary"

	"nbemu/abi"
	"nbemu/arch/powerpc"
	"nbemu/cpu"
	"nbemu/kern"
)

// A frame with a siginfo is that, a ucontext and room for what functions use below their stack pointer; one without is a
// sigcontext and the registers. Below either is a frame as functions have it, whose first word leads to the interrupted
// one. The ucontext is flags, link, stack, the address of the registers, the mask, and those at a multiple of 16: 48 words,
// floating point, two words, the vectors.
const (
	ucStackPowerPC = 8
	ucRegsPowerPC  = 48
	ucMaskPowerPC  = 52
	ucMcPowerPC    = 192
	mcSizePowerPC  = 992
	ucSizePowerPC  = ucMcPowerPC + mcSizePowerPC
	scSizePowerPC  = 32
	gapPowerPC     = 224
	calleePowerPC  = 64 // of the frame below one without a siginfo; that below the other has 16 more

	scMaskPowerPC   = 24 // of sigcontext: the lower half of the mask; the upper is the fourth word
	scMaskHiPowerPC = 12
	scSignalPowerPC = 16
	scRegsPowerPC   = 28

	// Of the registers.
	mcPCPowerPC   = 32 * 4
	mcMSRPowerPC  = 33 * 4
	mcR3PowerPC   = 34 * 4 // as the call began
	mcCTRPowerPC  = 35 * 4
	mcLRPowerPC   = 36 * 4
	mcXERPowerPC  = 37 * 4
	mcCRPowerPC   = 38 * 4
	mcTrapPowerPC = 40 * 4
	mcDARPowerPC  = 41 * 4
	mcFPPowerPC   = 192
	mcFPSCR       = mcFPPowerPC + 32*8 + 4
	mcVRPowerPC   = 464
	mcVRSave      = mcVRPowerPC + 512
	mcVSCR        = mcVRPowerPC + 512 + 12

	// In Context.FP, after f0 to f31.
	fpscrPowerPC  = 256
	vrPowerPC     = 264
	vscrPowerPC   = vrPowerPC + 512
	vrSavePowerPC = vrPowerPC + 516

	msrVecPowerPC  = 0x02000000
	msrUserPowerPC = 0xf032 // with floating point
	msrFEPowerPC   = 0x0900 // how its exceptions trap
)

var be = binary.BigEndian

// putMcPowerPC stores the registers.
func putMcPowerPC(l *kern.LWP, ksi *kern.Ksiginfo, b []byte) {
	r := &l.Ctx.R
	for i := range 32 {
		be.PutUint32(b[4*i:], uint32(r[i]))
	}
	for _, x := range [...]struct{ off, reg int }{{mcPCPowerPC, powerpc.PC}, {mcR3PowerPC, powerpc.R3}, {mcCTRPowerPC, powerpc.CTR},
		{mcLRPowerPC, powerpc.LR}, {mcXERPowerPC, powerpc.XER}, {mcCRPowerPC, powerpc.CR}} {
		be.PutUint32(b[x.off:], uint32(r[x.reg]))
	}
	be.PutUint32(b[mcMSRPowerPC:], msrUserPowerPC|msrVecPowerPC|uint32(r[powerpc.MSR])&msrFEPowerPC)
	if ksi != nil && synchronous(ksi) {
		be.PutUint32(b[mcTrapPowerPC:], uint32(ksi.Trap))
		be.PutUint32(b[mcDARPowerPC:], uint32(l.Ctx.Addr))
	}
	l.SyncFP()
	fp := &l.Ctx.FP
	for i := range 32 {
		be.PutUint64(b[mcFPPowerPC+8*i:], le.Uint64(fp[8*i:]))
	}
	be.PutUint32(b[mcFPSCR:], le.Uint32(fp[fpscrPowerPC:]))
	for i := range 64 {
		be.PutUint64(b[mcVRPowerPC+8*i:], le.Uint64(fp[vrPowerPC+8*i:]))
	}
	be.PutUint32(b[mcVSCR:], le.Uint32(fp[vscrPowerPC:]))
	be.PutUint32(b[mcVRSave:], le.Uint32(fp[vrSavePowerPC:]))
}

// getMcPowerPC loads them. The thread pointer is the thread's, whatever stands there, but on return from a signal.
func getMcPowerPC(l *kern.LWP, b []byte, signal bool) {
	r := &l.Ctx.R
	tls := r[powerpc.R2]
	for i := range 32 {
		r[i] = uint64(be.Uint32(b[4*i:]))
	}
	if !signal {
		r[powerpc.R2] = tls
	}
	for _, x := range [...]struct{ off, reg int }{{mcPCPowerPC, powerpc.PC}, {mcCTRPowerPC, powerpc.CTR},
		{mcLRPowerPC, powerpc.LR}, {mcXERPowerPC, powerpc.XER}, {mcCRPowerPC, powerpc.CR}} {
		r[x.reg] = uint64(be.Uint32(b[x.off:]))
	}
	l.SyncFP()
	fp := &l.Ctx.FP
	for i := range 32 {
		le.PutUint64(fp[8*i:], be.Uint64(b[mcFPPowerPC+8*i:]))
	}
	le.PutUint32(fp[fpscrPowerPC:], be.Uint32(b[mcFPSCR:]))
	if be.Uint32(b[mcMSRPowerPC:])&msrVecPowerPC != 0 {
		for i := range 64 {
			le.PutUint64(fp[vrPowerPC+8*i:], be.Uint64(b[mcVRPowerPC+8*i:]))
		}
		le.PutUint32(fp[vscrPowerPC:], be.Uint32(b[mcVSCR:]))
	}
	le.PutUint32(fp[vrSavePowerPC:], be.Uint32(b[mcVRSave:]))
	l.FPChanged()
}

func sendsigPowerPC(l *kern.LWP, act *kern.Sigaction, ksi *kern.Ksiginfo, mask *abi.Sigset) bool {
	r := &l.Ctx.R
	m := machineOf(l)
	rt := act.Flags&abi.SA_SIGINFO != 0
	size, below := scSizePowerPC+mcSizePowerPC+gapPowerPC, calleePowerPC
	if rt {
		size, below = siginfoLen+ucSizePowerPC+gapPowerPC, calleePowerPC+16
	}
	at := (frameTop(l, act, r[powerpc.R1]) - uint64(size)) &^ 15
	sp := at - uint64(below)
	b := make([]byte, below+size)
	be.PutUint32(b, uint32(r[powerpc.R1]))
	body := b[below:]
	if rt {
		putSiginfo(m, body, ksi)
		uc := body[siginfoLen:]
		st := frameStack(l)
		copy(uc[ucStackPowerPC:], m.stackBytes(&st))
		be.PutUint32(uc[ucRegsPowerPC:], uint32(at)+siginfoLen+ucMcPowerPC)
		putMask(m, uc[ucMaskPowerPC:], *mask)
		putMcPowerPC(l, ksi, uc[ucMcPowerPC:])
	} else {
		set := m.setOut(*mask)
		be.PutUint32(body[scMaskPowerPC:], uint32(set))
		be.PutUint32(body[scMaskHiPowerPC:], uint32(set>>32))
		be.PutUint32(body[scSignalPowerPC:], uint32(m.sigOut(ksi.Signo)))
		be.PutUint32(body[scSignalPowerPC+4:], uint32(act.Handler))
		be.PutUint32(body[scRegsPowerPC:], uint32(at)+scSizePowerPC)
		putMcPowerPC(l, ksi, body[scSizePowerPC:])
	}
	if l.Copyout(b, sp) != abi.OK {
		return false
	}
	l.SyncFP()
	clear(l.Ctx.FP[fpscrPowerPC:][:4])
	l.FPChanged()
	r[powerpc.R1], r[powerpc.R3], r[powerpc.R4] = sp, uint64(m.sigOut(ksi.Signo)), at
	r[powerpc.LR] = l.Proc.SigcodeVA
	if rt {
		r[powerpc.R4+1] = at + siginfoLen
		r[powerpc.R4+2] = at
		r[powerpc.LR] += m.rtSigcode
	}
	r[powerpc.PC] = uint64(act.Handler)
	return true
}

func sigreturnPowerPC(l *kern.LWP, rt bool) bool {
	m := machineOf(l)
	sp := l.Ctx.R[powerpc.R1]
	if rt {
		at := sp + calleePowerPC + 16 + siginfoLen
		if !setcontextPowerPC(l, at, true) {
			return false
		}
		b := make([]byte, m.stackSize())
		if l.Copyin(b, at+ucStackPowerPC) == abi.OK {
			st := m.getStack(b)
			restoreAltStack(l, &st)
		}
		return true
	}
	sc, mc := make([]byte, scSizePowerPC), make([]byte, mcSizePowerPC)
	if l.Copyin(sc, sp+calleePowerPC) != abi.OK {
		return false
	}
	l.SetSigmask(m.setIn(uint64(be.Uint32(sc[scMaskPowerPC:])) | uint64(be.Uint32(sc[scMaskHiPowerPC:]))<<32))
	if l.Copyin(mc, uint64(be.Uint32(sc[scRegsPowerPC:]))) != abi.OK {
		return false
	}
	getMcPowerPC(l, mc, true)
	return true
}

// setcontextPowerPC goes on where a ucontext says; false if it, or the registers that it leads to, are not there.
func setcontextPowerPC(l *kern.LWP, va uint64, signal bool) bool {
	uc, mc := make([]byte, ucMcPowerPC), make([]byte, mcSizePowerPC)
	if l.Copyin(uc, va) != abi.OK {
		return false
	}
	l.SetSigmask(getMask(machineOf(l), uc[ucMaskPowerPC:]))
	if l.Copyin(mc, uint64(be.Uint32(uc[ucRegsPowerPC:]))) != abi.OK {
		return false
	}
	getMcPowerPC(l, mc, signal)
	return true
}

// sysSwapcontext is swapcontext(old, new, size): the registers as the call returns go to old, and those of new are loaded;
// either may be missing. Errors: EINVAL, EFAULT.
func sysSwapcontext(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	if a[2] < ucSizePowerPC {
		return ret(abi.EINVAL)
	}
	if a[0] != 0 {
		uc := make([]byte, ucSizePowerPC)
		be.PutUint32(uc[ucRegsPowerPC:], uint32(a[0])+ucMcPowerPC)
		putMask(machineOf(l), uc[ucMaskPowerPC:], l.Sigmask)
		putMcPowerPC(l, nil, uc[ucMcPowerPC:])
		be.PutUint32(uc[ucMcPowerPC+4*powerpc.R3:], 0)
		if l.Copyout(uc[ucRegsPowerPC:], a[0]+ucRegsPowerPC) != abi.OK {
			return ret(abi.EFAULT)
		}
	}
	if a[1] == 0 {
		return ret(abi.OK)
	}
	var b [1]byte
	if l.Copyin(b[:], a[1]) != abi.OK {
		return ret(abi.EFAULT)
	}
	if !setcontextPowerPC(l, a[1], false) {
		l.Exit1(abi.W_EXITCODE(0, abi.SIGSEGV))
	}
	return ret(abi.EJUSTRETURN)
}

// trapsigPowerPC differs from NetBSD's in that an illegal instruction's address is not the trap's.
func trapsigPowerPC(l *kern.LWP) kern.Ksiginfo {
	ksi := powerpc.Ports[0].Emul.Trapsig(l)
	if l.Ctx.Vector == cpu.VectorAlign {
		ksi.Addr = abi.Ptr(uint32(l.Ctx.Addr))
	}
	return ksi
}
