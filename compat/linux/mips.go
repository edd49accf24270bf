package linux

import (
	"encoding/binary"

	"nbemu/abi"
	"nbemu/arch/mips"
	"nbemu/cpu"
	"nbemu/kern"
)

// Mips with registers of 32 bits (o32) and of 64 bits (n64), in both byte orders.

var (
	machMIPS     = o32(mips.MIPS, binary.BigEndian)
	machMIPSEL   = o32(mips.MIPSEL, binary.LittleEndian)
	machMIPS64   = n64(mips.MIPS64, binary.BigEndian)
	machMIPS64EL = n64(mips.MIPS64EL, binary.LittleEndian)
)

const hwcapMIPS16 = 1 << 3

func o32(a *cpu.Arch, order binary.AppendByteOrder) *Machine {
	m := machineMIPS(a)
	m.Uname, m.column, m.pairsAligned = "mips", 5, true
	m.Hwcap = hwcapMIPS16
	m.PIEBase = 0x55550000
	m.Interpreters = []string{"/lib/ld.so.1", "/lib/ld-linux-mipsn8", "/ld-musl-mips"}
	m.syscall, m.firstCall = syscallO32, firstO32
	m.sigcode = insns(order,
		0x24021017, // li v0, 4119 (sigreturn)
		0x0000000c, // syscall
		0x24021061, // li v0, 4193 (rt_sigreturn)
		0x0000000c) // syscall
	m.rtSigcode = 8
	m.frameForm = &frameO32
	m.stat, m.stat64 = statO32, stat64MIPS
	m.statfs64 = statfs64MIPS
	m.flock = func() lockArg { return &flockSysid{} }
	m.fcntl = map[uint64]uint64{14: fGetlk, 23: fGetown, 24: fSetown, 33: fGetlk64, 34: fSetlk64, 35: fSetlkw64}
	m.infinity = 1<<31 - 1
	m.ipc = ipcForm{highFirst: a.Model.BigEndian, highLast: true}
	return m
}

func n64(a *cpu.Arch, order binary.AppendByteOrder) *Machine {
	m := machineMIPS(a)
	m.Uname, m.column = "mips64", 6
	m.PIEBase = 0xaaaaaa0000
	m.Interpreters = []string{"/lib64/ld.so.1", "/lib64/ld-linux-mipsn8", "/ld-musl-mips64"}
	m.syscall, m.firstCall = syscallN64, firstN64
	m.sigcode = insns(order,
		0x2402145b, // li v0, 5211 (rt_sigreturn)
		0x0000000c) // syscall
	m.frameForm = &frameN64
	m.stat = statN64
	m.fcntl = map[uint64]uint64{14: fGetlk, 23: fGetown, 24: fSetown}
	return m
}

// machineMIPS is what all of them have.
func machineMIPS(a *cpu.Arch) *Machine {
	return &Machine{
		Arch:    a,
		setregs: setregsMIPS, sendsig: sendsigMIPS, sigreturn: sigreturnMIPS, trapsig: trapsigMIPS,
		forkRegs: func(l *kern.LWP) { l.Ctx.R[mips.V0], l.Ctx.R[mips.A3] = 0, 0 },
		setTLS:   func(l *kern.LWP, va uint64) { l.Private, l.Ctx.R[mips.USERLOCAL] = va, va },
		shmLBA:   0x40000, cloneTLS: true, flagsFirst: true, codeFirst: true, stackSizeFirst: true,
		statfs: statfsMIPS, termios: &termiosMIPS, numbers: numbersMIPS,
		pipe: func(l *kern.LWP, fds [2]int32) uint64 {
			l.Ctx.R[mips.V1] = uint64(fds[1])
			return uint64(fds[0])
		},
	}
}

// insns are instructions in a byte order.
func insns(order binary.AppendByteOrder, list ...uint32) (b []byte) {
	for _, i := range list {
		b = order.AppendUint32(b, i)
	}
	return b
}

func setregsMIPS(l *kern.LWP, entry, stack, _ uint64) {
	r := &l.Ctx.R
	r[mips.SP], r[mips.PC] = stack, entry
}

// The numbers of calls begin here.
const (
	firstO32 = 4000
	firstN64 = 5000
)

// syscallO32: number in v0; arguments in a0 to a3, then on the stack above the room for those; the result in v0, or the
// error there and a3 not 0. Number 0 is syscall itself, whose first argument is the number.
func syscallO32(l *kern.LWP) {
	r := &l.Ctx.R
	num := int(int32(r[mips.V0])) - firstO32
	w := words{have: 4, fetch: func(l *kern.LWP, i int) (v uint32, err abi.Errno) {
		err = l.CopyinStruct(uint64(uint32(r[mips.SP]))+4*uint64(i), &v)
		return v, err
	}}
	for i := range 4 {
		w.w[i] = uint32(r[mips.A0+i])
	}
	if num == 0 {
		num = int(int32(w.w[0])) - firstO32
		copy(w.w[:3], w.w[1:])
		w.have, w.first = 3, 1
	}
	v, err := machineOf(l).call32(l, num, &w)
	finishMIPS(l, uint64(int64(int32(v))), err)
}

// syscallN64: arguments in a0 to a5.
func syscallN64(l *kern.LWP) {
	r := &l.Ctx.R
	a := kern.Args{}
	copy(a[:6], r[mips.A0:])
	rv, err := machineOf(l).invoke(l, int(int32(r[mips.V0]))-firstN64, &a)
	finishMIPS(l, rv.R0, err)
}

func finishMIPS(l *kern.LWP, v uint64, err abi.Errno) {
	r := &l.Ctx.R
	switch err {
	case abi.OK:
		r[mips.V0], r[mips.A3] = v, 0
	case abi.ERESTART:
		r[mips.PC] = l.Ctx.Addr // of the instruction, or of the branch that it is the slot of
	case abi.EJUSTRETURN:
	default:
		r[mips.V0], r[mips.A3] = uint64(machineOf(l).errnoOut(err)), 1
	}
}

// Functions of sysmips.
const (
	sysmipsFlushCache = 3
	sysmipsFixAlign   = 7
	sysmipsAtomicSet  = 2001
)

// sysSysmips is sysmips(function, arg1, arg2, arg3).
func sysSysmips(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	switch int64(a[0]) {
	case sysmipsAtomicSet:
		if a[1]&3 != 0 {
			return ret(abi.EINVAL)
		}
		old, err := l.CopyinInt32(a[1])
		if err == abi.OK {
			err = l.CopyoutInt32(a[1], int32(a[2]))
		}
		if err != abi.OK {
			return ret(err)
		}
		return retInt(int64(old))
	case sysmipsFlushCache:
		l.SyncICache(0, l.Proc.Arch.UserMax)
		return ret(abi.OK)
	case sysmipsFixAlign:
		if a[1]&^3 != 0 {
			return ret(abi.EINVAL)
		}
		l.Proc.MDFlags = noFixMIPS * (1 - uint32(a[1]&1))
		return ret(abi.OK)
	}
	return ret(abi.EINVAL)
}

type statO32Form struct {
	Dev              uint32
	_                [3]uint32
	Ino              uint32
	Mode, Nlink      uint32
	Uid, Gid         uint32
	Rdev             uint32
	_                [2]uint32
	Size             int32
	_                uint32
	Atim, Mtim, Ctim abi.Timespec
	Blksize, Blocks  uint32
	_                [14]uint32
}

func statO32(st *abi.Stat) any {
	return &statO32Form{Dev: uint32(devOut(st.Dev)), Ino: uint32(st.Ino), Mode: st.Mode, Nlink: st.Nlink, Uid: st.Uid, Gid: st.Gid,
		Rdev: uint32(rdevOut(st.Mode, st.Rdev)), Size: int32(st.Size), Atim: st.Atim, Mtim: st.Mtim, Ctim: st.Ctim,
		Blksize: uint32(st.Blksize), Blocks: uint32(st.Blocks)}
}

// statMIPS is struct stat64 of o32 and struct stat of n64, whose times have 32 bits too.
type statMIPS struct {
	Dev          uint32
	_            [3]uint32
	Ino          uint64
	Mode, Nlink  uint32
	Uid, Gid     uint32
	Rdev         uint32
	_            [3]uint32
	Size         int64
	Atime, Ansec uint32
	Mtime, Mnsec uint32
	Ctime, Cnsec uint32
	Blksize, _   uint32
	Blocks       int64
}

func stat64MIPS(st *abi.Stat) any {
	return &statMIPS{Dev: uint32(devOut(st.Dev)), Ino: st.Ino, Mode: st.Mode, Nlink: st.Nlink, Uid: st.Uid, Gid: st.Gid,
		Rdev: uint32(rdevOut(st.Mode, st.Rdev)), Size: st.Size, Blksize: uint32(st.Blksize), Blocks: st.Blocks,
		Atime: uint32(st.Atim.Sec), Ansec: uint32(st.Atim.Nsec), Mtime: uint32(st.Mtim.Sec), Mnsec: uint32(st.Mtim.Nsec),
		Ctime: uint32(st.Ctim.Sec), Cnsec: uint32(st.Ctim.Nsec)}
}

func statN64(st *abi.Stat) any { return stat64MIPS(st) }

type statfsFormMIPS struct {
	Type, Bsize, Frsize, Blocks, Bfree, Files, Ffree, Bavail abi.Long
	Fsid                                                     [2]int32
	Namelen, Flags                                           abi.Long
	_                                                        [5]abi.Long
}

func statfsMIPS(s *statfs) any {
	return &statfsFormMIPS{Type: s.Type, Bsize: s.Bsize, Frsize: s.Frsize, Blocks: s.Blocks, Bfree: s.Bfree, Files: s.Files,
		Ffree: s.Ffree, Bavail: s.Bavail, Fsid: s.Fsid, Namelen: s.Namelen, Flags: s.Flags}
}

type statfs64FormMIPS struct {
	Type, Bsize, Frsize, _              uint32
	Blocks, Bfree, Files, Ffree, Bavail uint64
	Fsid                                [2]int32
	Namelen, Flags                      uint32
	_                                   [5]uint32
}

func statfs64MIPS(s *statfs) any {
	return &statfs64FormMIPS{Type: uint32(s.Type), Bsize: uint32(s.Bsize), Frsize: uint32(s.Frsize), Blocks: uint64(s.Blocks),
		Bfree: uint64(s.Bfree), Files: uint64(s.Files), Ffree: uint64(s.Ffree), Bavail: uint64(s.Bavail), Fsid: s.Fsid,
		Namelen: uint32(s.Namelen), Flags: uint32(s.Flags)}
}

// flockSysid is struct flock of o32, where a number of a system comes before the process.
type flockSysid struct {
	Type, Whence int16
	Start, Len   abi.Long
	_            abi.Long
	Pid          int32
	_            [4]abi.Long
}

func (f *flockSysid) get() (typ, whence int16, start, n int64) {
	return f.Type, f.Whence, int64(f.Start), int64(f.Len)
}

func (f *flockSysid) pid() int32 { return f.Pid }

func (f *flockSysid) set(typ, whence int16, start, n int64, pid int32) {
	*f = flockSysid{Type: typ, Whence: whence, Start: abi.Long(start), Len: abi.Long(n), Pid: pid}
}
