package linux

import (
	"nbemu/abi"
	"nbemu/ipc"
	"nbemu/kern"
	"nbemu/syscalls"
)

// System V IPC is the native one: flags have the same values, the structures and some commands have not. POSIX message
// queues are the native ones too; Linux's C library leaves out the slash that their names begin with.

type ipcPerm struct {
	Key                  int32
	Uid, Gid, Cuid, Cgid uint32
	Mode                 uint32
	Seq, _               uint16
	_                    [2]uint64
}

func permOut(p *abi.IpcPerm) ipcPerm {
	return ipcPerm{Key: int32(p.Key), Uid: p.Uid, Gid: p.Gid, Cuid: p.Cuid, Cgid: p.Cgid, Mode: p.Mode & 0o777, Seq: p.Seq}
}

func (p *ipcPerm) in() abi.IpcPerm { return abi.IpcPerm{Uid: p.Uid, Gid: p.Gid, Mode: p.Mode} }

type shmidDs struct {
	Perm                ipcPerm
	Segsz               uint64
	Atime, Dtime, Ctime int64
	Cpid, Lpid          int32
	Nattch              uint64
	_                   [2]uint64
}

type semidDs struct {
	Perm  ipcPerm
	Otime int64
	_     uint64
	Ctime int64
	_     uint64
	Nsems uint64
	_     [2]uint64
}

type msqidDs struct {
	Perm                 ipcPerm
	Stime, Rtime, Ctime  int64
	Cbytes, Qnum, Qbytes uint64
	Lspid, Lrpid         int32
	_                    [2]uint64
}

// Commands that have other numbers here, or mean more than the native ones.
const (
	ipc64   = 0x100 // asks for the structures above, which are all there is on this machine
	shmDest = 0o1000

	shmLock   = 11
	shmUnlock = 12
	semGetpid = 11
	semGetval = 12
	semGetall = 13
	semGetn   = 14
	semGetz   = 15
	semSetval = 16
	semSetall = 17
)

func sysShmctl(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	id := int32(a[0])
	switch int32(a[1]) &^ ipc64 {
	case abi.IPC_STAT:
		ds, err := ipc.ShmStat(l, id)
		if err != abi.OK {
			return ret(err)
		}
		o := shmidDs{Perm: permOut(&ds.Perm), Segsz: uint64(ds.Segsz), Atime: ds.Atime, Dtime: ds.Dtime, Ctime: ds.Ctime,
			Cpid: ds.Cpid, Lpid: ds.Lpid, Nattch: uint64(ds.Nattch)}
		return ret(l.CopyoutStruct(a[2], &o))
	case abi.IPC_SET:
		var o shmidDs
		if err := l.CopyinStruct(a[2], &o); err != abi.OK {
			return ret(err)
		}
		return ret(ipc.ShmSet(l, id, &abi.ShmidDs{Perm: o.Perm.in()}))
	case abi.IPC_RMID:
		return ret(ipc.ShmRemove(l, id))
	case shmLock, shmUnlock:
		return ret(ipc.ShmLock(l, id, int32(a[1])&^ipc64 == shmLock))
	}
	return ret(abi.EINVAL)
}

// semCmds has the native command of each that takes or gives no structure.
var semCmds = map[int32]int32{semGetpid: abi.GETPID, semGetval: abi.GETVAL, semGetn: abi.GETNCNT, semGetz: abi.GETZCNT}

// sysSemctl is semctl(id, num, cmd, arg), where arg is the union itself, not its address.
func sysSemctl(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	id, num, cmd := int32(a[0]), int32(a[1]), int32(a[2])&^ipc64
	switch cmd {
	case abi.IPC_STAT:
		ds, err := ipc.SemStat(l, id)
		if err != abi.OK {
			return ret(err)
		}
		return ret(l.CopyoutStruct(a[3], &semidDs{Perm: permOut(&ds.Perm), Otime: ds.Otime, Ctime: ds.Ctime, Nsems: uint64(ds.Nsems)}))
	case abi.IPC_SET:
		var o semidDs
		if err := l.CopyinStruct(a[3], &o); err != abi.OK {
			return ret(err)
		}
		return ret(ipc.SemSet(l, id, &abi.SemidDs{Perm: o.Perm.in()}))
	case abi.IPC_RMID:
		return ret(ipc.SemRemove(l, id))
	case semGetall:
		vals, err := ipc.SemAll(l, id)
		if err == abi.OK {
			err = l.CopyoutStruct(a[3], vals)
		}
		return ret(err)
	case semSetval:
		return ret(ipc.SemSetValue(l, id, num, int32(a[3])))
	case semSetall:
		return ret(ipc.SemSetAll(l, id, func(n int) ([]uint16, abi.Errno) {
			vals := make([]uint16, n)
			return vals, l.CopyinStruct(a[3], vals)
		}))
	}
	if n, ok := semCmds[cmd]; ok {
		v, err := ipc.SemValue(l, id, num, n)
		return kern.Retval{R0: uint64(int64(v))}, err
	}
	return ret(abi.EINVAL)
}

func sysMsgctl(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	id := int32(a[0])
	switch int32(a[1]) &^ ipc64 {
	case abi.IPC_STAT:
		ds, err := ipc.MsgStat(l, id)
		if err != abi.OK {
			return ret(err)
		}
		return ret(l.CopyoutStruct(a[2], &msqidDs{Perm: permOut(&ds.Perm), Stime: ds.Stime, Rtime: ds.Rtime, Ctime: ds.Ctime,
			Cbytes: uint64(ds.Cbytes), Qnum: uint64(ds.Qnum), Qbytes: uint64(ds.Qbytes), Lspid: ds.Lspid, Lrpid: ds.Lrpid}))
	case abi.IPC_SET:
		var o msqidDs
		if err := l.CopyinStruct(a[2], &o); err != abi.OK {
			return ret(err)
		}
		return ret(ipc.MsgSet(l, id, &abi.MsqidDs{Perm: o.Perm.in(), Qbytes: abi.Size(o.Qbytes)}))
	case abi.IPC_RMID:
		return ret(ipc.MsgRemove(l, id))
	}
	return ret(abi.EINVAL)
}

// mqAttr is struct mq_attr.
type mqAttr struct {
	Flags, Maxmsg, Msgsize, Curmsgs int64
	_                               [4]int64
}

// mqName reads a name.
func mqName(l *kern.LWP, va uint64) (string, abi.Errno) {
	s, err := l.CopyinStr(va, pathMax)
	return "/" + s, err
}

func sysMqOpen(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	name, err := mqName(l, a[0])
	if err != abi.OK {
		return ret(err)
	}
	flags := oflagsIn(int32(a[1]))
	var attr *abi.MqAttr
	if a[3] != 0 && flags&abi.O_CREAT != 0 {
		var o mqAttr
		if err := l.CopyinStruct(a[3], &o); err != abi.OK {
			return ret(err)
		}
		attr = &abi.MqAttr{Maxmsg: abi.Long(o.Maxmsg), Msgsize: abi.Long(o.Msgsize)}
	}
	return retFd(ipc.MqOpen(l, name, flags, uint32(a[2]), attr))
}

func sysMqUnlink(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	name, err := mqName(l, a[0])
	if err == abi.OK {
		err = ipc.MqUnlink(l, name)
	}
	return ret(err)
}

func sysMqGetsetattr(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	var set *abi.MqAttr
	if a[1] != 0 {
		var o mqAttr
		if err := l.CopyinStruct(a[1], &o); err != abi.OK {
			return ret(err)
		}
		set = &abi.MqAttr{Flags: abi.Long(oflagsIn(int32(o.Flags)) & abi.O_NONBLOCK)}
	}
	old, err := ipc.MqAttr(l, int32(a[0]), set)
	if err == abi.OK && a[2] != 0 {
		err = l.CopyoutStruct(a[2], &mqAttr{Flags: int64(oflagsOut(int32(old.Flags)) & oNonblock), Maxmsg: int64(old.Maxmsg),
			Msgsize: int64(old.Msgsize), Curmsgs: int64(old.Curmsgs)})
	}
	return ret(err)
}

var (
	sysShmget     kern.Handler = native(syscalls.SYS_shmget)
	sysShmat      kern.Handler = native(syscalls.SYS_shmat)
	sysShmdt      kern.Handler = native(syscalls.SYS_shmdt)
	sysSemget     kern.Handler = native(syscalls.SYS_semget)
	sysSemop      kern.Handler = native(syscalls.SYS_semop)
	sysSemtimedop kern.Handler = native(syscalls.SYS_semtimedop)
	sysMsgget     kern.Handler = native(syscalls.SYS_msgget)
	sysMsgsnd     kern.Handler = native(syscalls.SYS_msgsnd)
	sysMsgrcv     kern.Handler = native(syscalls.SYS_msgrcv)

	sysMqTimedsend    kern.Handler = native(syscalls.SYS___mq_timedsend50)
	sysMqTimedreceive kern.Handler = native(syscalls.SYS___mq_timedreceive50)
)
