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
	_                    [2]abi.ULong
}

func permOut(p *abi.IpcPerm) ipcPerm {
	return ipcPerm{Key: int32(p.Key), Uid: p.Uid, Gid: p.Gid, Cuid: p.Cuid, Cgid: p.Cgid, Mode: p.Mode & 0o777, Seq: p.Seq}
}

func (p *ipcPerm) in() abi.IpcPerm { return abi.IpcPerm{Uid: p.Uid, Gid: p.Gid, Mode: p.Mode} }

// Times in the structures below: a long, and on machines of 32 bits a second one with the upper half. semidDs has such a
// second one on amd64 too.

type shmidDs struct {
	Perm                ipcPerm
	Segsz               abi.Size
	Atime, Dtime, Ctime abi.Long
	Cpid, Lpid          int32
	Nattch              abi.ULong
	_                   [2]abi.ULong
}

type shmidDs32 struct {
	Perm               ipcPerm
	Segsz              abi.Size
	Atime, _, Dtime, _ abi.ULong
	Ctime, _           abi.ULong
	Cpid, Lpid         int32
	Nattch             abi.ULong
	_                  [2]abi.ULong
}

// shmidDsEnd and semidDsEnd are those of machines that have the upper halves of times at the end.
type shmidDsEnd struct {
	Perm                ipcPerm
	Segsz               abi.Size
	Atime, Dtime, Ctime abi.ULong
	Cpid, Lpid          int32
	Nattch              abi.ULong
	_                   [4]uint16
}

type semidDs struct {
	Perm         ipcPerm
	Otime, Ctime abi.Long
	Nsems        abi.ULong
	_            [2]abi.ULong
}

type semidDsPadded struct {
	Perm  ipcPerm
	Otime abi.Long
	_     abi.ULong
	Ctime abi.Long
	_     abi.ULong
	Nsems abi.ULong
	_     [2]abi.ULong
}

type msqidDs struct {
	Perm                 ipcPerm
	Stime, Rtime, Ctime  abi.Long
	Cbytes, Qnum, Qbytes abi.ULong
	Lspid, Lrpid         int32
	_                    [2]abi.ULong
}

// msqidDs32 has a time as two words, in the order that timeWords knows.
type msqidDs32 struct {
	Perm                 ipcPerm
	Stime, Rtime, Ctime  [2]abi.ULong
	Cbytes, Qnum, Qbytes abi.ULong
	Lspid, Lrpid         int32
	_                    [2]abi.ULong
}

func (m *Machine) timeWords(t int64) (w [2]abi.ULong) {
	if m.ipcHighFirst {
		return [2]abi.ULong{0, abi.ULong(t)}
	}
	return [2]abi.ULong{abi.ULong(t), 0}
}

func shmOut(m *Machine, ds *abi.ShmidDs) any {
	switch {
	case m.shmHighLast:
		return &shmidDsEnd{Perm: permOut(&ds.Perm), Segsz: abi.Size(ds.Segsz), Atime: abi.ULong(ds.Atime), Dtime: abi.ULong(ds.Dtime),
			Ctime: abi.ULong(ds.Ctime), Cpid: ds.Cpid, Lpid: ds.Lpid, Nattch: abi.ULong(ds.Nattch)}
	case m.model().LP64():
		return &shmidDs{Perm: permOut(&ds.Perm), Segsz: abi.Size(ds.Segsz), Atime: abi.Long(ds.Atime), Dtime: abi.Long(ds.Dtime),
			Ctime: abi.Long(ds.Ctime), Cpid: ds.Cpid, Lpid: ds.Lpid, Nattch: abi.ULong(ds.Nattch)}
	}
	return &shmidDs32{Perm: permOut(&ds.Perm), Segsz: abi.Size(ds.Segsz), Atime: abi.ULong(ds.Atime), Dtime: abi.ULong(ds.Dtime),
		Ctime: abi.ULong(ds.Ctime), Cpid: ds.Cpid, Lpid: ds.Lpid, Nattch: abi.ULong(ds.Nattch)}
}

func semOut(m *Machine, ds *abi.SemidDs) any {
	if m.semPadded {
		return &semidDsPadded{Perm: permOut(&ds.Perm), Otime: abi.Long(ds.Otime), Ctime: abi.Long(ds.Ctime), Nsems: abi.ULong(ds.Nsems)}
	}
	return &semidDs{Perm: permOut(&ds.Perm), Otime: abi.Long(ds.Otime), Ctime: abi.Long(ds.Ctime), Nsems: abi.ULong(ds.Nsems)}
}

func msgOut(m *Machine, ds *abi.MsqidDs) any {
	if m.model().LP64() {
		return &msqidDs{Perm: permOut(&ds.Perm), Stime: abi.Long(ds.Stime), Rtime: abi.Long(ds.Rtime), Ctime: abi.Long(ds.Ctime),
			Cbytes: abi.ULong(ds.Cbytes), Qnum: abi.ULong(ds.Qnum), Qbytes: abi.ULong(ds.Qbytes), Lspid: ds.Lspid, Lrpid: ds.Lrpid}
	}
	return &msqidDs32{Perm: permOut(&ds.Perm), Stime: m.timeWords(int64(ds.Stime)), Rtime: m.timeWords(int64(ds.Rtime)), Ctime: m.timeWords(int64(ds.Ctime)),
		Cbytes: abi.ULong(ds.Cbytes), Qnum: abi.ULong(ds.Qnum), Qbytes: abi.ULong(ds.Qbytes), Lspid: ds.Lspid, Lrpid: ds.Lrpid}
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
		return ret(l.CopyoutStruct(a[2], shmOut(machineOf(l), &ds)))
	case abi.IPC_SET:
		var o struct{ Perm ipcPerm }
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
		return ret(l.CopyoutStruct(a[3], semOut(machineOf(l), &ds)))
	case abi.IPC_SET:
		var o struct{ Perm ipcPerm }
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
		val := int32(a[3])
		if m := l.Model(); m.LP64() && m.BigEndian {
			val = int32(a[3] >> 32) // the union's int is its first half
		}
		return ret(ipc.SemSetValue(l, id, num, val))
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
		return ret(l.CopyoutStruct(a[2], msgOut(machineOf(l), &ds)))
	case abi.IPC_SET:
		o := msgOut(machineOf(l), &abi.MsqidDs{})
		if err := l.CopyinStruct(a[2], o); err != abi.OK {
			return ret(err)
		}
		switch o := o.(type) {
		case *msqidDs:
			return ret(ipc.MsgSet(l, id, &abi.MsqidDs{Perm: o.Perm.in(), Qbytes: abi.Size(o.Qbytes)}))
		case *msqidDs32:
			return ret(ipc.MsgSet(l, id, &abi.MsqidDs{Perm: o.Perm.in(), Qbytes: abi.Size(o.Qbytes)}))
		}
	case abi.IPC_RMID:
		return ret(ipc.MsgRemove(l, id))
	}
	return ret(abi.EINVAL)
}

// mqAttr is struct mq_attr.
type mqAttr struct {
	Flags, Maxmsg, Msgsize, Curmsgs abi.Long
	_                               [4]abi.Long
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
		set = &abi.MqAttr{Flags: abi.Long(oflagsIn(machineOf(l).openIn(int32(o.Flags))) & abi.O_NONBLOCK)}
	}
	old, err := ipc.MqAttr(l, int32(a[0]), set)
	if err == abi.OK && a[2] != 0 {
		err = l.CopyoutStruct(a[2], &mqAttr{Flags: abi.Long(machineOf(l).openOut(oflagsOut(int32(old.Flags)) & oNonblock)), Maxmsg: old.Maxmsg,
			Msgsize: old.Msgsize, Curmsgs: old.Curmsgs})
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
