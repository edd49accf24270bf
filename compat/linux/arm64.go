package linux

import (
	"nbemu/abi"
	"nbemu/arch/arm64"
	"nbemu/kern"
)

var machARM64 = &Machine{
	Arch: arm64.Arch, Uname: "aarch64", Platform: "aarch64", column: 3,
	Hwcap:        hwcapARM64,
	PIEBase:      0x555555554000,
	Interpreters: []string{"/ld-linux-aarch64", "/ld-musl-aarch64"},

	syscall: syscallARM64, sendsig: sendsigARM64, sigreturn: sigreturnARM64,
	setregs: func(l *kern.LWP, entry, stack, _ uint64) {
		r := &l.Ctx.R
		r[arm64.SP], r[arm64.PC] = stack, entry
	},
	trapsig:  trapsigARM64,
	forkRegs: func(l *kern.LWP) { l.Ctx.R[arm64.X0] = 0 },
	setTLS:   func(l *kern.LWP, va uint64) { l.Private, l.Ctx.R[arm64.TPIDR] = va, va },
	cloneTLS: true,
	// mov x8, #139 (rt_sigreturn); svc #0
	sigcode: []byte{0x68, 0x11, 0x80, 0xd2, 0x01, 0x00, 0x00, 0xd4},

	restorer: true, numbers: numbers{open: openARM}, stat: statGeneric,
}

// hwcapARM64 are the features of the emulated processor: fp, asimd, aes, pmull, sha1, sha2, crc32, atomics, fphp, asimdhp,
// asimdrdm, jscvt, fcma, lrcpc, sha3, sm3, sm4, asimddp, sha512, asimdfhm.
const hwcapARM64 = 1<<0 | 1<<1 | 1<<3 | 1<<4 | 1<<5 | 1<<6 | 1<<7 | 1<<8 | 1<<9 | 1<<10 | 1<<12 | 1<<13 | 1<<14 | 1<<15 |
	1<<17 | 1<<18 | 1<<19 | 1<<20 | 1<<21 | 1<<23

// x8 is the register of the call's number.
const x8ARM64 = 8

// syscallARM64: number in x8, arguments in x0 to x5; the result, or the negated error, in x0.
func syscallARM64(l *kern.LWP) {
	r := &l.Ctx.R
	a := &l.Args
	a.Set6(r[0], r[1], r[2], r[3], r[4], r[5])
	rv, err := machineOf(l).invoke(l, int(int32(r[x8ARM64])), a)
	switch err {
	case abi.OK:
		r[arm64.X0] = rv.R0
	case abi.ERESTART:
		r[arm64.PC] -= 4
	case abi.EJUSTRETURN:
	default:
		r[arm64.X0] = -uint64(errnoOut(err))
	}
}

// statNew is struct stat of asm-generic.
type statNew struct {
	Dev, Ino         uint64
	Mode, Nlink      uint32
	Uid, Gid         uint32
	Rdev, Pad        uint64
	Size             int64
	Blksize, Pad2    int32
	Blocks           int64
	Atim, Mtim, Ctim abi.Timespec
	Unused           [2]uint32
}

func statGeneric(st *abi.Stat) any {
	return &statNew{Dev: devOut(st.Dev), Ino: st.Ino, Nlink: st.Nlink, Mode: st.Mode, Uid: st.Uid, Gid: st.Gid,
		Rdev: rdevOut(st.Mode, st.Rdev), Size: st.Size, Blksize: st.Blksize, Blocks: st.Blocks, Atim: st.Atim, Mtim: st.Mtim, Ctim: st.Ctim}
}

// A frame is a siginfo, a ucontext and a record of the frame for debuggers. The ucontext is flags, link, stack, the
// mask in 128 bytes, and at a multiple of 16 the machine context: the address of a fault, x0 to x30, sp, pc, pstate,
// then 4096 bytes of records that say what they are.
const (
	ucStackARM64   = 16
	ucMaskARM64    = 40
	ucMcARM64      = 176
	mcRegsARM64    = ucMcARM64 + 8
	mcResARM64     = ucMcARM64 + 288
	ucSizeARM64    = mcResARM64 + 4096
	recordARM64    = 16
	frameSizeARM64 = siginfoLen + ucSizeARM64 + recordARM64

	fpsimdMagic = 0x46508001
	fpsimdSize  = 528
	esrMagic    = 0x45535201
	esrSize     = 16

	nRegsARM64 = 34 // x0 to x30, sp, pc, pstate
	fpcrOff    = 32 * 16
	nzcvARM64  = 0xf0000000
	modeARM64  = 0x1f // exception level and state
	daifARM64  = 0x3c0
)

func sendsigARM64(l *kern.LWP, act *kern.Sigaction, ksi *kern.Ksiginfo, mask *abi.Sigset) bool {
	r := &l.Ctx.R
	m := l.Model()
	at := (frameTop(l, act, r[arm64.SP])&^15 - frameSizeARM64) &^ 15
	b := make([]byte, frameSizeARM64)
	putSiginfo(machineOf(l), b, ksi)
	uc := b[siginfoLen:]
	st := frameStack(l)
	m.Marshal(uc[ucStackARM64:], &st)
	putMask(machineOf(l), uc[ucMaskARM64:], *mask)
	res := uc[mcResARM64:]
	l.SyncFP()
	le.PutUint32(res, fpsimdMagic)
	le.PutUint32(res[4:], fpsimdSize)
	copy(res[8:], l.Ctx.FP[fpcrOff+4:][:4]) // fpsr
	copy(res[12:], l.Ctx.FP[fpcrOff:][:4])
	copy(res[16:], l.Ctx.FP[:fpcrOff])
	if synchronous(ksi) {
		le.PutUint64(uc[ucMcARM64:], uint64(l.Ctx.Addr))
		le.PutUint32(res[fpsimdSize:], esrMagic)
		le.PutUint32(res[fpsimdSize+4:], esrSize)
		le.PutUint64(res[fpsimdSize+8:], uint64(uint32(ksi.Trap)))
	}
	for i := range nRegsARM64 {
		le.PutUint64(uc[mcRegsARM64+8*i:], r[i])
	}
	record := b[frameSizeARM64-recordARM64:]
	le.PutUint64(record, r[29])
	le.PutUint64(record[8:], r[arm64.LR])
	if l.Copyout(b, at) != abi.OK {
		return false
	}
	r[0] = uint64(machineOf(l).sigOut(ksi.Signo))
	r[1] = at
	r[2] = at + siginfoLen
	r[29] = at + frameSizeARM64 - recordARM64
	r[arm64.LR] = act.Tramp
	if act.Tramp == 0 {
		r[arm64.LR] = l.Proc.SigcodeVA
	}
	r[arm64.SP], r[arm64.PC] = at, uint64(act.Handler)
	return true
}

func sigreturnARM64(l *kern.LWP, _ bool) bool {
	r := &l.Ctx.R
	m := l.Model()
	uc := make([]byte, ucSizeARM64)
	if r[arm64.SP]&15 != 0 || l.Copyin(uc, r[arm64.SP]+siginfoLen) != abi.OK {
		return false
	}
	l.SetSigmask(getMask(machineOf(l), uc[ucMaskARM64:]))
	pstate := r[arm64.SPSR]
	for i := range nRegsARM64 {
		r[i] = le.Uint64(uc[mcRegsARM64+8*i:])
	}
	valid := r[arm64.SPSR]&(modeARM64|daifARM64) == 0 && r[arm64.PC] < arm64.Arch.UserMax
	r[arm64.SPSR] = pstate&^nzcvARM64 | r[arm64.SPSR]&nzcvARM64
	fp := fpsimdRecord(uc[mcResARM64:])
	if fp == nil || !valid {
		return false
	}
	l.SyncFP()
	copy(l.Ctx.FP[fpcrOff+4:][:4], fp[8:])
	copy(l.Ctx.FP[fpcrOff:][:4], fp[12:])
	copy(l.Ctx.FP[:fpcrOff], fp[16:])
	l.FPChanged()
	var st stackT
	m.Unmarshal(uc[ucStackARM64:], &st)
	restoreAltStack(l, &st)
	return true
}

// fpsimdRecord finds the record of floating point. It must be there once, and no records that nobody knows: else nil.
func fpsimdRecord(res []byte) (fp []byte) {
	for len(res) >= 8 {
		magic, size := le.Uint32(res), int(le.Uint32(res[4:]))
		switch {
		case magic == 0 && size == 0:
			return fp
		case size < 8 || size > len(res) || size%8 != 0:
			return nil
		case magic == fpsimdMagic && fp == nil && size >= fpsimdSize:
			fp = res
		case magic != esrMagic:
			return nil
		}
		res = res[size:]
	}
	return nil
}

// trapsigARM64 differs from NetBSD's in a few codes.
func trapsigARM64(l *kern.LWP) kern.Ksiginfo {
	ksi := arm64.Ports[0].Emul.Trapsig(l)
	if ksi.Signo == abi.SIGILL {
		ksi.Code = abi.ILL_ILLOPC
	}
	return ksi
}
