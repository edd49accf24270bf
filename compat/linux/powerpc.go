package linux

import (
	"nbemu/abi"
	"nbemu/arch/powerpc"
	"nbemu/kern"
)

var machPowerPC = &Machine{
	Arch: powerpc.Arch, Uname: "ppc", Platform: "ppc7450", column: 7, pairsAligned: true,
	// 32 bits, AltiVec, a unit of floating point, one of memory
	Hwcap:        0x80000000 | 0x10000000 | 0x08000000 | 0x04000000,
	PIEBase:      0xaaaa0000,
	Interpreters: []string{"/lib/ld.so.1", "/ld-musl-powerpc"},
	// The lines of the caches have 32 bytes; there is none for both.
	aux: [][2]uint64{{atDcachebs, 32}, {atIcachebs, 32}, {atUcachebs, 0}},

	syscall: syscallPowerPC, sendsig: sendsigPowerPC, sigreturn: sigreturnPowerPC, trapsig: trapsigPowerPC,
	setregs: func(l *kern.LWP, entry, stack, _ uint64) {
		r := &l.Ctx.R
		r[powerpc.R1], r[powerpc.PC] = stack, entry
	},
	forkRegs: func(l *kern.LWP) {
		l.Ctx.R[powerpc.R3] = 0
		l.Ctx.R[powerpc.CR] &^= soPowerPC
	},
	setTLS:   func(l *kern.LWP, va uint64) { l.Private, l.Ctx.R[powerpc.R2] = va, va },
	cloneTLS: true,
	// li r0, 119 (sigreturn); sc; li r0, 172 (rt_sigreturn); sc
	sigcode:   []byte{0x38, 0, 0, 119, 0x44, 0, 0, 2, 0x38, 0, 0, 172, 0x44, 0, 0, 2},
	rtSigcode: 8,

	restorer: true, stat: statPowerPC, stat64: stat64PowerPC, ipc: ipcForm{widePerm: true, highFirst: true, timesFirst: true, sizePad: true, semPadded: true},
	termios: &termiosPowerPC, numbers: numbersPowerPC,
}

// soPowerPC is the bit of the condition register that tells of an error.
const soPowerPC = 0x10000000

// syscallPowerPC: number in r0, arguments in r3 to r8; the result, or the error and summary overflow, in r3.
func syscallPowerPC(l *kern.LWP) {
	r := &l.Ctx.R
	w := words{have: 8}
	for i := range 8 {
		w.w[i] = uint32(r[powerpc.R3+i])
	}
	v, err := machineOf(l).call32(l, int(int32(r[0])), &w)
	switch err {
	case abi.OK:
		r[powerpc.R3] = uint64(v)
		r[powerpc.CR] &^= soPowerPC
	case abi.ERESTART:
		r[powerpc.PC] -= 4
	case abi.EJUSTRETURN:
	default:
		r[powerpc.R3] = uint64(machineOf(l).errnoOut(err))
		r[powerpc.CR] |= soPowerPC
	}
}

type statFormPowerPC struct {
	Dev, Ino         uint32
	Mode             uint32
	Nlink            uint16
	Uid, Gid         uint32
	Rdev, Size       uint32
	Blksize, Blocks  uint32
	Atim, Mtim, Ctim abi.Timespec
	_                [2]uint32
}

func statPowerPC(st *abi.Stat) any {
	return &statFormPowerPC{Dev: uint32(devOut(st.Dev)), Ino: uint32(st.Ino), Mode: st.Mode, Nlink: uint16(st.Nlink), Uid: st.Uid,
		Gid: st.Gid, Rdev: uint32(rdevOut(st.Mode, st.Rdev)), Size: uint32(st.Size), Blksize: uint32(st.Blksize),
		Blocks: uint32(st.Blocks), Atim: st.Atim, Mtim: st.Mtim, Ctim: st.Ctim}
}

type stat64FormPowerPC struct {
	Dev, Ino         uint64
	Mode, Nlink      uint32
	Uid, Gid         uint32
	Rdev             uint64
	_                uint16
	Size             int64
	Blksize          int32
	Blocks           int64
	Atim, Mtim, Ctim abi.Timespec
	_                [2]uint32
}

func stat64PowerPC(st *abi.Stat) any {
	return &stat64FormPowerPC{Dev: devOut(st.Dev), Ino: st.Ino, Mode: st.Mode, Nlink: st.Nlink, Uid: st.Uid, Gid: st.Gid,
		Rdev: rdevOut(st.Mode, st.Rdev), Size: st.Size, Blksize: st.Blksize, Blocks: st.Blocks, Atim: st.Atim, Mtim: st.Mtim, Ctim: st.Ctim}
}

var numbersPowerPC = numbers{
	open:    pairs(0o40000, oDirectory, 0o100000, oNofollow, 0o200000, oLargefile, 0o400000, oDirect),
	mapping: pairs(0x40, 0x4000, 0x80, 0x2000),
	lockAll: 0x2000,
	ioctls: map[uint64]uint64{0x40047477: 0x540f, 0x80047476: 0x5410, 0x40047473: 0x5411, 0x40087468: 0x5413, 0x80087467: 0x5414,
		0x4004667f: 0x541b, 0x8004667e: 0x5421, 0x20006602: 0x5450, 0x20006601: 0x5451, 0x8004667d: 0x5452, 0x402c7413: tcgets,
		0x802c7414: tcsets, 0x802c7415: tcsetsw, 0x802c7416: tcsetsf, 0x2000741d: tcsbrk, 0x2000741e: tcxonc, 0x2000741f: tcflsh,
		0x40045430: tiocgptn, 0x80045431: tiocsptlck, 0x40045439: tiocgptlck, 0x20005441: tiocgptpeer, 0x80045436: tiocsig},
	sockopts: map[int32]int32{16: 18, 17: 19, 18: soRcvtimeo, 19: soSndtimeo, 20: 16, 21: soPeercred},
}

// termiosPowerPC is BSD's of old in almost all its flags.
var termiosPowerPC = termiosForm{
	size: 44, line: 35, cc: 16, baud: 36,
	iflags: pairs(0x200, 0x400, 0x400, 0x1000, 0x1000, 0x200),
	oflags: pairs(0x2, 0x4, 0x4, 0x2, 0x400, 0x800, 0x800, 0x1000, 0x100, 0x100, 0x1000, 0x200, 0x2000, 0x400, 0x8000, 0x2000, 0x10000, 0x4000, 0x4000, 0x8000),
	cflags: pairs(0x100, 0x10, 0x200, 0x20, 0x400, 0x40, 0x800, 0x80, 0x1000, 0x100, 0x2000, 0x200, 0x4000, 0x400, 0x8000, 0x800),
	lflags: pairs(0x80, 1, 0x100, 2, 0x4000, 4, 8, 8, 2, 0x10, 4, 0x20, 0x10, 0x40, 0x80000000, 0x80, 0x400000, 0x100, 0x40, 0x200, 0x20, 0x400,
		1, 0x800, 0x800000, 0x1000, 0x20000000, 0x4000, 0x400, 0x8000, 0x10000000, 0x10000),
	chars: [19]int8{0: 0, 1: 1, 2: 2, 3: 3, 4: 4, 5: 7, 6: 5, 7: 9, 8: 13, 9: 14, 10: 12, 11: 6, 12: 11, 13: 16, 14: 10, 15: 15, 16: 8, 17: -1, 18: -1},
	speeds: &speedForm{mask: 0xff, fast: map[uint32]uint32{16: 0x1001, 17: 0x1002, 18: 0x1003, 19: 0x1004, 20: 0x1005, 21: 0x1006, 22: 0x1007,
		23: 0x1008, 24: 0x1009, 25: 0x100a, 26: 0x100b, 27: 0x100c, 28: 0x100d, 29: 0x100e, 30: 0x100f}},
}
