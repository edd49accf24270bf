package linux

import (
	"nbemu/abi"
	"nbemu/arch/m68k"
	"nbemu/kern"
)

var machM68K = &Machine{
	Arch: m68k.Arch, Uname: "m68k", column: 10, noRseq: true,
	PIEBase:      0xc0000000,
	Interpreters: []string{"/lib/ld.so.1", "/ld-musl-m68k"},
	maxAlign:     2,

	syscall: syscallM68K, sendsig: sendsigM68K, sigreturn: sigreturnM68K, trapsig: trapsigM68K,
	setregs: func(l *kern.LWP, entry, stack, psStrings uint64) {
		m68k.Ports[0].Emul.Setregs(l, entry, stack, psStrings)
		l.Ctx.R[m68k.A2] = 0
	},
	forkRegs: func(l *kern.LWP) { l.Ctx.R[m68k.D0] = 0 },
	setTLS:   func(l *kern.LWP, va uint64) { l.Private, l.Ctx.R[m68k.TP] = va, va },
	// moveq #119 (sigreturn), d0; trap #0; and moveq #~173 (rt_sigreturn), d0; not.b d0; trap #0. Linux has them in the
	// frame, on a stack that is memory to execute: here it need not be.
	sigcode:   []byte{0x70, 119, 0x4e, 0x40, 0x70, 0xff ^ 173, 0x46, 0x00, 0x4e, 0x40},
	rtSigcode: 4,

	restorer: true, stat: statM68K, stat64: stat64M68K, packedEvent: true, ipc: ipcForm{shortMode: true, semPadded: true},
	numbers: numbers{open: openARM, poll: &pollNames{wrnorm: 4, wrband: 0x100, rdhup: 0x2000}},
}

// syscallM68K: number in d0, arguments in d1 to d5 and a0; the result, or the negated error, in d0. Other traps than the
// first are no calls.
func syscallM68K(l *kern.LWP) {
	r := &l.Ctx.R
	if l.Ctx.Error != 0 {
		l.TrapSignal(&kern.Ksiginfo{Signo: abi.SIGILL, Code: abi.ILL_ILLTRP, Addr: abi.Ptr(r[m68k.PC] - 2)})
		return
	}
	w := words{have: 6}
	for i := range 5 {
		w.w[i] = uint32(r[m68k.D1+i])
	}
	w.w[5] = uint32(r[m68k.A0])
	v, err := machineOf(l).call32(l, int(int32(r[m68k.D0])), &w)
	if v, ok := machineOf(l).result32(err, v); ok {
		r[m68k.D0] = v
	} else if err == abi.ERESTART {
		r[m68k.PC] -= 2
	}
}

type statFormM68K struct {
	Dev, _          uint16
	Ino             uint32
	Mode, Nlink     uint16
	Uid, Gid        uint16
	Rdev, _         uint16
	Size            uint32
	Blksize, Blocks uint32
	Atime, _        uint32
	Mtime, _        uint32
	Ctime, _        uint32
	_               [2]uint32
}

func statM68K(st *abi.Stat) any {
	return &statFormM68K{Dev: uint16(devOut(st.Dev)), Ino: uint32(st.Ino), Mode: uint16(st.Mode), Nlink: uint16(st.Nlink), Uid: uint16(st.Uid),
		Gid: uint16(st.Gid), Rdev: uint16(rdevOut(st.Mode, st.Rdev)), Size: uint32(st.Size), Blksize: uint32(st.Blksize),
		Blocks: uint32(st.Blocks), Atime: uint32(st.Atim.Sec), Mtime: uint32(st.Mtim.Sec), Ctime: uint32(st.Ctim.Sec)}
}

type stat64FormM68K struct {
	Dev              uint64
	_                [2]byte
	Ino32            uint32
	Mode, Nlink      uint32
	Uid, Gid         uint32
	Rdev             uint64
	_                [2]byte
	Size             int64
	Blksize          uint32
	Blocks           uint64
	Atim, Mtim, Ctim abi.Timespec
	Ino              uint64
}

func stat64M68K(st *abi.Stat) any {
	return &stat64FormM68K{Dev: devOut(st.Dev), Ino32: uint32(st.Ino), Mode: st.Mode, Nlink: st.Nlink, Uid: st.Uid, Gid: st.Gid,
		Rdev: rdevOut(st.Mode, st.Rdev), Size: st.Size, Blksize: uint32(st.Blksize), Blocks: uint64(st.Blocks), Atim: st.Atim,
		Mtim: st.Mtim, Ctim: st.Ctim, Ino: st.Ino}
}

// A frame is the return address, the signal and what else the handler is called with, the instructions that return, and
// then, with a siginfo, that and a ucontext: flags, link, stack, the version of what follows, d0 to d7, a0 to a7, pc and
// status, floating point, 80 words of which the first 54 are the unit's own state, the mask. Without one: the upper half
// of the mask, and a sigcontext of the registers that functions do not keep.
const (
	retM68K       = 16
	infoM68K      = 24
	ucM68K        = infoM68K + siginfoLen
	ucStackM68K   = 8
	ucMcM68K      = 20
	mcRegsM68K    = ucMcM68K + 4
	mcFPM68K      = mcRegsM68K + 18*4
	ucFillM68K    = mcFPM68K + 12 + 96
	ucMaskM68K    = ucFillM68K + 80*4
	ucSizeM68K    = ucMaskM68K + 8
	rtFrameM68K   = ucM68K + ucSizeM68K
	mcVersionM68K = 2

	extraM68K   = 24
	scM68K      = 28
	scFPM68K    = 32
	scStateM68K = 68
	frameM68K   = scM68K + scStateM68K + 216

	fpctlM68K = 96   // in Context.FP, after the registers
	idleM68K  = 0x41 // the first byte of the unit's state when it has nothing to do
	ccM68K    = 0x1f // condition codes
)

func sendsigM68K(l *kern.LWP, act *kern.Sigaction, ksi *kern.Ksiginfo, mask *abi.Sigset) bool {
	r := &l.Ctx.R
	m := machineOf(l)
	rt := act.Flags&abi.SA_SIGINFO != 0
	size := frameM68K
	if rt {
		size = rtFrameM68K
	}
	at := uint64(uint32(frameTop(l, act, r[m68k.SP])-uint64(size))) &^ 7
	b := make([]byte, size)
	be.PutUint32(b, uint32(l.Proc.SigcodeVA))
	be.PutUint32(b[4:], uint32(m.sigOut(ksi.Signo)))
	l.SyncFP()
	fp := &l.Ctx.FP
	if rt {
		be.PutUint32(b[8:], uint32(at)+infoM68K)
		be.PutUint32(b[12:], uint32(at)+ucM68K)
		be.PutUint32(b, uint32(l.Proc.SigcodeVA+m.rtSigcode))
		copy(b[retM68K:], m.sigcode[m.rtSigcode:])
		putSiginfo(m, b[infoM68K:], ksi)
		uc := b[ucM68K:]
		st := frameStack(l)
		copy(uc[ucStackM68K:], m.stackBytes(&st))
		be.PutUint32(uc[ucMcM68K:], mcVersionM68K)
		for i := range 18 {
			be.PutUint32(uc[mcRegsM68K+4*i:], uint32(r[i]))
		}
		copy(uc[mcFPM68K:][:12], fp[fpctlM68K:])
		copy(uc[mcFPM68K+12:][:96], fp[:])
		uc[ucFillM68K] = idleM68K
		putMask(m, uc[ucMaskM68K:], *mask)
	} else {
		set := m.setOut(*mask)
		be.PutUint32(b[12:], uint32(at)+scM68K)
		copy(b[retM68K:], m.sigcode[:m.rtSigcode])
		be.PutUint32(b[extraM68K:], uint32(set>>32))
		sc := b[scM68K:]
		be.PutUint32(sc, uint32(set))
		for i, reg := range [...]int{m68k.SP, m68k.D0, m68k.D1, m68k.A0, m68k.A1} {
			be.PutUint32(sc[4+4*i:], uint32(r[reg]))
		}
		be.PutUint16(sc[24:], uint16(r[m68k.PS]))
		be.PutUint32(sc[26:], uint32(r[m68k.PC]))
		copy(sc[scFPM68K:][:24], fp[:])
		copy(sc[scFPM68K+24:][:12], fp[fpctlM68K:])
		sc[scStateM68K] = idleM68K
	}
	if l.Copyout(b, at) != abi.OK {
		return false
	}
	r[m68k.SP], r[m68k.PC] = at, uint64(act.Handler)
	return true
}

// sigreturnM68K: the return address has been taken off the stack.
func sigreturnM68K(l *kern.LWP, rt bool) bool {
	r := &l.Ctx.R
	m := machineOf(l)
	at := uint64(uint32(r[m68k.SP] - 4))
	l.SyncFP()
	fp := &l.Ctx.FP
	if !rt {
		b := make([]byte, frameM68K)
		if l.Copyin(b, at) != abi.OK {
			return false
		}
		sc := b[scM68K:]
		l.SetSigmask(m.setIn(uint64(be.Uint32(sc)) | uint64(be.Uint32(b[extraM68K:]))<<32))
		for i, reg := range [...]int{m68k.SP, m68k.D0, m68k.D1, m68k.A0, m68k.A1} {
			r[reg] = uint64(be.Uint32(sc[4+4*i:]))
		}
		r[m68k.PS] = uint64(be.Uint16(sc[24:])) & ccM68K
		r[m68k.PC] = uint64(be.Uint32(sc[26:]))
		switch sc[scStateM68K] {
		case 0: // the unit was not in use
		case idleM68K:
			copy(fp[:24], sc[scFPM68K:])
			copy(fp[fpctlM68K:][:12], sc[scFPM68K+24:])
			l.FPChanged()
		default:
			return false
		}
		return true
	}
	uc := make([]byte, ucSizeM68K)
	if l.Copyin(uc, at+ucM68K) != abi.OK {
		return false
	}
	l.SetSigmask(getMask(m, uc[ucMaskM68K:]))
	if be.Uint32(uc[ucMcM68K:]) != mcVersionM68K {
		return false
	}
	for i := range 18 {
		r[i] = uint64(be.Uint32(uc[mcRegsM68K+4*i:]))
	}
	r[m68k.PS] &= ccM68K
	switch uc[ucFillM68K] {
	case 0:
	case idleM68K:
		copy(fp[:96], uc[mcFPM68K+12:])
		copy(fp[fpctlM68K:][:12], uc[mcFPM68K:])
		l.FPChanged()
	default:
		return false
	}
	st := m.getStack(uc[ucStackM68K:])
	restoreAltStack(l, &st)
	return true
}

// trapsigM68K: the address is that of the instruction.
func trapsigM68K(l *kern.LWP) kern.Ksiginfo {
	pc := l.Ctx.R[m68k.PC]
	ksi := m68k.Ports[0].Emul.Trapsig(l)
	ksi.Trap = 0
	if ksi.Signo == abi.SIGILL || ksi.Signo == abi.SIGFPE {
		ksi.Addr = abi.Ptr(pc)
	}
	return ksi
}
