package linux

import (
	"nbemu/abi"
	"nbemu/arch"
	"nbemu/arch/arm"
	"nbemu/kern"
	"nbemu/mem"
)

var machARM = &Machine{
	Arch: arm.Arch, Uname: "armv7l", Platform: "v7l", column: 2, pairsAligned: true, shmLBA: 0x4000,
	// swp, half, thumb, fastmult, vfp, edsp, neon, vfpv3, tls, vfpv4, idiva, idivt, vfpd32
	Hwcap:        1<<0 | 1<<1 | 1<<2 | 1<<4 | 1<<6 | 1<<7 | 1<<12 | 1<<13 | 1<<15 | 1<<16 | 1<<17 | 1<<18 | 1<<19,
	Hwcap2:       0x1f, // aes, pmull, sha1, sha2, crc32
	PIEBase:      0x400000,
	Interpreters: []string{"/ld-linux", "/ld-musl-arm"},

	syscall: syscallARM, setregs: setregsARM, sendsig: sendsigARM, sigreturn: sigreturnARM,
	trapsig: trapsigARM, pagefault: pagefaultARM,
	forkRegs: func(l *kern.LWP) { l.Ctx.R[arm.R0] = 0 },
	setTLS:   func(l *kern.LWP, va uint64) { l.Private, l.Ctx.R[arm.TPIDRURO] = va, va },
	cloneTLS: true,
	// mov r7, #119 (sigreturn); svc #0; mov r7, #173 (rt_sigreturn); svc #0
	sigcode: []byte{119, 0x70, 0xa0, 0xe3, 0, 0, 0, 0xef, 173, 0x70, 0xa0, 0xe3, 0, 0, 0, 0xef},

	restorer: true, numbers: numbers{open: openARM}, stat: statI386, stat64: stat64I386, ipc: ipcForm{semPadded: true},
}

const rtSigcodeARM = 8

// Numbers that only arm has, beyond all others (__ARM_NR_).
const (
	nrARM           = 0x0f0000
	nrARMBreakpoint = nrARM + 1
	nrARMCacheflush = nrARM + 2
	nrARMUsr26      = nrARM + 3
	nrARMUsr32      = nrARM + 4
	nrARMSetTLS     = nrARM + 5
	nrARMGetTLS     = nrARM + 6

	r7ARM = 7
)

// syscallARM: number in r7, arguments in r0 to r6; the result, or the negated error, in r0.
func syscallARM(l *kern.LWP) {
	r := &l.Ctx.R
	size := uint64(4)
	if r[arm.CPSR]&arm.Thumb != 0 {
		size = 2
	}
	num := uint32(r[r7ARM])
	if num >= nrARM {
		r[arm.R0] = armCall(l, num)
		return
	}
	w := words{have: 7}
	for i := range 7 {
		w.w[i] = uint32(r[i])
	}
	v, err := machineOf(l).call32(l, int(int32(num)), &w)
	if v, ok := machineOf(l).result32(err, v); ok {
		r[arm.R0] = v
	} else if err == abi.ERESTART {
		r[arm.PC] -= size
	}
}

// armCall does the calls that are arm's own (arm_syscall).
func armCall(l *kern.LWP, num uint32) uint64 {
	r := &l.Ctx.R
	switch num {
	case nrARMBreakpoint:
		l.TrapSignal(&kern.Ksiginfo{Signo: abi.SIGTRAP, Code: abi.TRAP_BRKPT, Addr: abi.Ptr(r[arm.PC])})
		return r[arm.R0]
	case nrARMCacheflush:
		if r[1] < r[0] {
			return uint64(uint32(-int32(errnoOut(abi.EINVAL))) & 0xffffffff)
		}
		l.SyncICache(r[0], r[1]-r[0])
		return 0
	case nrARMUsr26, nrARMUsr32:
		return r[arm.R0]
	case nrARMSetTLS:
		machineOf(l).setTLS(l, r[arm.R0])
		return 0
	case nrARMGetTLS:
		return r[arm.TPIDRURO]
	}
	if num&0xffff <= 0x7ff {
		return uint64(uint32(0) - uint32(errnoOut(abi.ENOSYS)))
	}
	l.TrapSignal(&kern.Ksiginfo{Signo: abi.SIGILL, Code: abi.ILL_ILLTRP, Addr: abi.Ptr(r[arm.PC] - 4)})
	return r[arm.R0]
}

const (
	modeARM     = 0x1f
	modeUserARM = 0x10
	irqOffARM   = 0x80
	itBitsARM   = 0x0600fc00
	// flagsARM is what a handler may change of cpsr: conditions, saturation, comparisons, the state and IT bits.
	flagsARM = 0xf80f0000 | arm.Thumb | itBitsARM
)

func setregsARM(l *kern.LWP, entry, stack, _ uint64) {
	r := &l.Ctx.R
	r[arm.SP], r[arm.PC] = stack, entry&^1
	r[arm.CPSR] = modeUserARM
	if entry&1 != 0 {
		r[arm.CPSR] |= arm.Thumb
	}
}

// A frame without a siginfo is a ucontext, else the siginfo and that; two words after them are for the instructions that
// return. The ucontext is flags, link, stack, a sigcontext, the mask in 128 bytes, and at a multiple of 8 the VFP registers.
const (
	ucStackARM  = 8
	ucScARM     = 20
	scSizeARM   = 21 * 4
	ucMaskARM   = ucScARM + scSizeARM
	ucVFPARM    = (ucMaskARM + 128 + 7) &^ 7
	ucSizeARM   = ucVFPARM + 512
	retcodeARM  = 16
	vfpMagicARM = 0x56465001
	vfpSizeARM  = 8 + 33*8 + 16
	fpscrARM    = 32 * 8 // in Context.FP
	scRegsARM   = 12     // of the sigcontext: where r0 is
)

func putUcARM(l *kern.LWP, uc []byte, ksi *kern.Ksiginfo, mask *abi.Sigset) {
	r := &l.Ctx.R
	m := l.Model()
	st := frameStack(l)
	m.Marshal(uc[ucStackARM:], &st)
	sc := uc[ucScARM:]
	if synchronous(ksi) {
		le.PutUint32(sc, 14)
		le.PutUint32(sc[4:], uint32(ksi.Trap))
		le.PutUint32(sc[scSizeARM-4:], uint32(l.Ctx.Addr))
	}
	le.PutUint32(sc[8:], uint32(machineOf(l).setOut(*mask)))
	for i := range 17 { // r0 to pc, cpsr
		le.PutUint32(sc[scRegsARM+4*i:], uint32(r[i]))
	}
	putMask(machineOf(l), uc[ucMaskARM:], *mask)
	l.SyncFP()
	vfp := uc[ucVFPARM:]
	le.PutUint32(vfp, vfpMagicARM)
	le.PutUint32(vfp[4:], vfpSizeARM)
	copy(vfp[8:], l.Ctx.FP[:fpscrARM])
	copy(vfp[8+fpscrARM:], l.Ctx.FP[fpscrARM:][:4])
}

func sendsigARM(l *kern.LWP, act *kern.Sigaction, ksi *kern.Ksiginfo, mask *abi.Sigset) bool {
	r := &l.Ctx.R
	rt := act.Flags&abi.SA_SIGINFO != 0
	head := 0
	if rt {
		head = siginfoLen
	}
	b := make([]byte, head+ucSizeARM+retcodeARM)
	at := (frameTop(l, act, r[arm.SP]) - uint64(len(b))) &^ 7
	if rt {
		putSiginfo(machineOf(l), b, ksi)
	}
	putUcARM(l, b[head:], ksi, mask)
	if l.Copyout(b, at) != abi.OK {
		return false
	}
	tramp := act.Tramp
	if tramp == 0 {
		if tramp = l.Proc.SigcodeVA; rt {
			tramp += rtSigcodeARM
		}
	}
	r[0] = uint64(machineOf(l).sigOut(ksi.Signo))
	if rt {
		r[1], r[2] = at, at+siginfoLen
	}
	r[arm.SP], r[arm.LR], r[arm.PC] = at, tramp, uint64(act.Handler)&^1
	r[arm.CPSR] &^= arm.Thumb | itBitsARM
	if act.Handler&1 != 0 {
		r[arm.CPSR] |= arm.Thumb
	}
	return true
}

func sigreturnARM(l *kern.LWP, rt bool) bool {
	r := &l.Ctx.R
	m := l.Model()
	at := r[arm.SP]
	if rt {
		at += siginfoLen
	}
	uc := make([]byte, ucSizeARM)
	if at&7 != 0 || l.Copyin(uc, at) != abi.OK {
		return false
	}
	l.SetSigmask(getMask(machineOf(l), uc[ucMaskARM:]))
	sc := uc[ucScARM:]
	cpsr := r[arm.CPSR]
	for i := range 17 {
		r[i] = uint64(le.Uint32(sc[scRegsARM+4*i:]))
	}
	valid := r[arm.CPSR]&(modeARM|irqOffARM) == modeUserARM && r[arm.PC] < arm.Arch.UserMax
	r[arm.CPSR] = cpsr&^flagsARM | r[arm.CPSR]&flagsARM
	vfp := uc[ucVFPARM:]
	if !valid || le.Uint32(vfp) != vfpMagicARM || le.Uint32(vfp[4:]) != vfpSizeARM {
		return false
	}
	l.SyncFP()
	copy(l.Ctx.FP[:fpscrARM], vfp[8:])
	copy(l.Ctx.FP[fpscrARM:][:4], vfp[8+fpscrARM:])
	l.FPChanged()
	if rt {
		var st stackT
		m.Unmarshal(uc[ucStackARM:], &st)
		restoreAltStack(l, &st)
	}
	return true
}

func trapsigARM(l *kern.LWP) kern.Ksiginfo { return arm.Ports[0].Emul.Trapsig(l) }

// pagefaultARM: a page that may not be executed is no missing one, as it is for NetBSD.
func pagefaultARM(l *kern.LWP, r mem.FaultResult, ksi *kern.Ksiginfo) {
	arch.Of(l.Proc.Arch).Emul.Pagefault(l, r, ksi)
	if r == mem.FaultNoAccess {
		ksi.Code = abi.SEGV_ACCERR
	}
}
