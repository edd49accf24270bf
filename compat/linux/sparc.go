package linux

import (
	"nbemu/abi"
	"nbemu/arch/sparc"
	"nbemu/kern"
)

// Sparc, of version 8 with registers of 32 bits, and sparc64.

var (
	machSPARC   = sparcOf(&sparcV8)
	machSPARC64 = sparcOf(&sparcV9)
)

// sparcForm is what differs between the two.
type sparcForm struct {
	port    int    // of sparc.Ports
	bias    uint64 // what stack pointers are off by
	carry   uint64 // the bits that tell of an error
	syscall uint32 // the trap of system calls
	// Of a frame, after a function's own: where siginfo, registers and the rest are, and how long it is.
	frame sparcFrame
}

// Traps of sparc64 that are calls: getcontext and setcontext.
const (
	trapGetcontext = 0x16e
	trapSetcontext = 0x16f
)

var (
	sparcV8 = sparcForm{port: 0, carry: 0x00100000, syscall: 0x90, frame: frameSPARC32}
	sparcV9 = sparcForm{port: 1, bias: 2047, carry: 0x11, syscall: 0x16d, frame: frameSPARC64}
)

func sparcOf(f *sparcForm) *Machine {
	port := sparc.Ports[f.port]
	m := &Machine{
		Arch: port.Arch, Uname: "sparc", column: 8, noRseq: true,
		// flush, stbar, swap, multiplication and division
		Hwcap:        0xf,
		PIEBase:      0x70000000,
		Interpreters: []string{"/lib/ld-linux.so.2", "/ld-musl-sparc"},
		syscall:      func(l *kern.LWP) { l.TrapSignal(badTrapSPARC(l)) }, // the trap is NetBSD's
		trapCall:     syscallSPARC,
		setregs:      f.setregs, sendsig: sendsigSPARC, sigreturn: sigreturnSPARC,
		trapsig:  trapsigSPARC,
		settle:   port.Emul.Settle,
		unsettle: port.Emul.Unsettle,
		forkRegs: forkRegsSPARC,
		setTLS:   func(l *kern.LWP, va uint64) { l.Private, l.Ctx.R[sparc.G7] = va, va },
		cloneTLS: true,
		sigcode: []byte{0x82, 0x10, 0x20, 216, 0x91, 0xd0, 0x20, 0x10, // mov 216 (sigreturn), %g1; ta 0x10
			0x82, 0x10, 0x20, 101, 0x91, 0xd0, 0x20, 0x10}, // mov 101 (rt_sigreturn), %g1; ta 0x10
		rtSigcode: 8,
		restorer:  true, restorerArg: true, minSigStack: 4096,
		stat: statSPARC32, stat64: stat64SPARC32,
		ipc: ipcForm{widePerm: true, highFirst: true, timesFirst: true, semPadded: true},
		pipe: func(l *kern.LWP, fds [2]int32) uint64 {
			l.Ctx.R[sparc.O1] = uint64(fds[1])
			return uint64(fds[0])
		},
		termios: &termiosSPARC, numbers: numbersSPARC, sparc: f,
	}
	if f.bias == 0 {
		m.infinity = 1<<31 - 1
		return m
	}
	m.Uname, m.column, m.shmLBA = "sparc64", 9, 0x4000
	// and V9; 32-bit multiplication and division, V8+ and VIS
	m.Hwcap |= 0x10 | 0x100 | 0x200 | 0x800 | 0x2000
	m.PIEBase = 0x10000000000
	m.Interpreters = []string{"/lib64/ld-linux.so.2", "/ld-musl-sparc64"}
	m.sigcode = []byte{0x82, 0x10, 0x20, 101, 0x91, 0xd0, 0x20, 0x6d} // mov 101, %g1; ta 0x6d
	m.rtSigcode = 0
	m.stat, m.stat64 = statSPARC64, stat64SPARC64
	m.statfs64 = func(s *statfs) any { return s }
	m.ipc = ipcForm{widePerm: true, timesFirst: true}
	m.shortMicros, m.shortBand = true, true
	return m
}

// setregs: below what is on the stack there is room for a register window.
func (f *sparcForm) setregs(l *kern.LWP, entry, stack, _ uint64) {
	r := &l.Ctx.R
	l.Proc.MDFlags = 0
	r[sparc.O6] = stack - 16*uint64(f.frame.reg) - f.bias
	if f.bias != 0 {
		r[sparc.ASI], r[sparc.FPRS] = 0x80, 7
	}
	r[sparc.PC], r[sparc.NPC] = entry&^3, entry&^3+4
}

// syscallSPARC: number in %g1, arguments in %o0 to %o5; the result, or the error and carry, in %o0.
func syscallSPARC(l *kern.LWP) {
	r := &l.Ctx.R
	m := machineOf(l)
	num := int(int32(r[sparc.G1]))
	forks := num < len(m.emul.Sysent) && num >= 0 && forkNames[m.emul.Sysent[num].Name]
	var v uint64
	var err abi.Errno
	if l.Model().LP64() {
		a := &l.Args
		a.Set6(r[sparc.O0], r[sparc.O0+1], r[sparc.O0+2], r[sparc.O0+3], r[sparc.O0+4], r[sparc.O0+5])
		var rv kern.Retval
		rv, err = m.invoke(l, num, a)
		v = rv.R0
	} else {
		w := words{have: 6}
		for i := range 6 {
			w.w[i] = uint32(r[sparc.O0+i])
		}
		var n uint32
		n, err = m.call32(l, num, &w)
		v = uint64(n)
	}
	switch err {
	case abi.OK:
		r[sparc.O0] = v
		if forks {
			r[sparc.O1] = 0
		}
		r[sparc.PSR] &^= m.sparc.carry
	case abi.ERESTART, abi.EJUSTRETURN:
		return // the pc is still that of the trap, or what the call set
	default:
		r[sparc.O0] = uint64(m.errnoOut(err))
		r[sparc.PSR] |= m.sparc.carry
	}
	nextSPARC(l)
}

// forkNames are the calls that return twice, the second time with 1 in %o1.
var forkNames = map[string]bool{"fork": true, "vfork": true, "clone": true, "clone3": true}

func nextSPARC(l *kern.LWP) {
	r := &l.Ctx.R
	r[sparc.PC], r[sparc.NPC] = r[sparc.NPC], r[sparc.NPC]+4
}

// forkRegsSPARC: a child sees the number of its parent, and 1 in the second register.
func forkRegsSPARC(l *kern.LWP) {
	r := &l.Ctx.R
	r[sparc.O0], r[sparc.O1] = uint64(l.Proc.Getppid()), 1
	r[sparc.PSR] &^= machineOf(l).sparc.carry
	nextSPARC(l)
}

type statFormSPARC32 struct {
	Dev                uint16
	Ino                uint32
	Mode, Nlink        uint16
	Uid, Gid           uint16
	Rdev               uint16
	Size               uint32
	Atim, Mtim, Ctim   abi.Timespec
	Blksize, Blocks, _ uint32
	_                  uint32
}

func statSPARC32(st *abi.Stat) any {
	return &statFormSPARC32{Dev: uint16(devOut(st.Dev)), Ino: uint32(st.Ino), Mode: uint16(st.Mode), Nlink: uint16(st.Nlink), Uid: uint16(st.Uid),
		Gid: uint16(st.Gid), Rdev: uint16(rdevOut(st.Mode, st.Rdev)), Size: uint32(st.Size), Atim: st.Atim, Mtim: st.Mtim, Ctim: st.Ctim,
		Blksize: uint32(st.Blksize), Blocks: uint32(st.Blocks)}
}

type stat64FormSPARC32 struct {
	Dev, Ino         uint64
	Mode, Nlink      uint32
	Uid, Gid         uint32
	Rdev, _          uint64
	Size             int64
	Blksize          uint32
	_                [2]uint32
	Blocks           uint32
	Atim, Mtim, Ctim abi.Timespec
	_                [2]uint32
}

func stat64SPARC32(st *abi.Stat) any {
	return &stat64FormSPARC32{Dev: devOut(st.Dev), Ino: st.Ino, Mode: st.Mode, Nlink: st.Nlink, Uid: st.Uid, Gid: st.Gid,
		Rdev: rdevOut(st.Mode, st.Rdev), Size: st.Size, Blksize: uint32(st.Blksize), Blocks: uint32(st.Blocks), Atim: st.Atim,
		Mtim: st.Mtim, Ctim: st.Ctim}
}

type statFormSPARC64 struct {
	Dev                 uint32
	Ino                 uint64
	Mode                uint32
	Nlink               uint16
	Uid, Gid            uint32
	Rdev                uint32
	Size                int64
	Atime, Mtime, Ctime int64
	Blksize, Blocks     int64
	_                   [2]uint64
}

func statSPARC64(st *abi.Stat) any {
	return &statFormSPARC64{Dev: uint32(devOut(st.Dev)), Ino: st.Ino, Mode: st.Mode, Nlink: uint16(st.Nlink), Uid: st.Uid, Gid: st.Gid,
		Rdev: uint32(rdevOut(st.Mode, st.Rdev)), Size: st.Size, Atime: st.Atim.Sec, Mtime: st.Mtim.Sec, Ctime: st.Ctim.Sec,
		Blksize: int64(st.Blksize), Blocks: st.Blocks}
}

type stat64FormSPARC64 struct {
	Dev, Ino, Nlink       uint64
	Mode, Uid, Gid, _     uint32
	Rdev                  uint64
	Size, Blksize, Blocks int64
	Atim, Mtim, Ctim      abi.Timespec
	_                     [3]int64
}

func stat64SPARC64(st *abi.Stat) any {
	return &stat64FormSPARC64{Dev: devOut(st.Dev), Ino: st.Ino, Nlink: uint64(st.Nlink), Mode: st.Mode, Uid: st.Uid, Gid: st.Gid,
		Rdev: rdevOut(st.Mode, st.Rdev), Size: st.Size, Blksize: int64(st.Blksize), Blocks: st.Blocks, Atim: st.Atim, Mtim: st.Mtim, Ctim: st.Ctim}
}
