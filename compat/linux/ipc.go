package linux

import (
	"strings"

	"nbemu/abi"
	"nbemu/ipc"
	"nbemu/kern"
	"nbemu/syscalls"
)

// System V IPC is the native one: flags have the same values, the structures and some commands have not. POSIX message
// queues are the native ones too; Linux's C library leaves out the slash that their names begin with.

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
		return ret(l.Copyout(machineOf(l).shmBytes(&ds), a[2]))
	case abi.IPC_SET:
		p, err := permAt(l, a[2])
		if err != abi.OK {
			return ret(err)
		}
		return ret(ipc.ShmSet(l, id, &abi.ShmidDs{Perm: p}))
	case abi.IPC_RMID:
		return ret(ipc.ShmRemove(l, id))
	case shmLock, shmUnlock:
		return ret(ipc.ShmLock(l, id, int32(a[1])&^ipc64 == shmLock))
	}
	return shmInfo(l, id, int32(a[1])&^ipc64, a[2])
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
		return ret(l.Copyout(machineOf(l).semBytes(&ds), a[3]))
	case abi.IPC_SET:
		p, err := permAt(l, a[3])
		if err != abi.OK {
			return ret(err)
		}
		return ret(ipc.SemSet(l, id, &abi.SemidDs{Perm: p}))
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
	return semInfo(l, id, cmd, a[3])
}

func sysMsgctl(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	id := int32(a[0])
	switch int32(a[1]) &^ ipc64 {
	case abi.IPC_STAT:
		ds, err := ipc.MsgStat(l, id)
		if err != abi.OK {
			return ret(err)
		}
		return ret(l.Copyout(machineOf(l).msgBytes(&ds), a[2]))
	case abi.IPC_SET:
		p, err := permAt(l, a[2])
		if err != abi.OK {
			return ret(err)
		}
		m := machineOf(l)
		rest := m.msgRest(&abi.MsqidDs{})
		if err := l.CopyinStruct(a[2]+uint64(m.permSize()), rest); err != abi.OK {
			return ret(err)
		}
		return ret(ipc.MsgSet(l, id, &abi.MsqidDs{Perm: p, Qbytes: abi.Size(qbytesOf(rest))}))
	case abi.IPC_RMID:
		return ret(ipc.MsgRemove(l, id))
	}
	return msgInfo(l, id, int32(a[1])&^ipc64, a[2])
}

// What a queue is like unless asked otherwise (/proc/sys/fs/mqueue), and the longest name.
const (
	mqMaxmsg  = 10
	mqMsgsize = 8192
	mqNameMax = 255
)

// mqAttr is struct mq_attr.
type mqAttr struct {
	Flags, Maxmsg, Msgsize, Curmsgs abi.Long
	_                               [4]abi.Long
}

// mqName reads a name.
func mqName(l *kern.LWP, va uint64) (string, abi.Errno) {
	s, err := l.CopyinStr(va, pathMax)
	switch {
	case err == abi.OK && len(s) > mqNameMax:
		err = abi.ENAMETOOLONG
	case err == abi.OK && s == "":
		err = abi.EINVAL
	case err == abi.OK && strings.Contains(s, "/"):
		err = abi.EACCES
	}
	return "/" + s, err
}

func sysMqOpen(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	name, err := mqName(l, a[0])
	if err != abi.OK {
		return ret(err)
	}
	flags := oflagsIn(int32(a[1]))
	attr := &abi.MqAttr{Maxmsg: mqMaxmsg, Msgsize: mqMsgsize}
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

// The time of mq_timedsend and mq_timedreceive is looked at first, whether or not it is needed.

func sysMqTimedsend(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	if _, err := timeoutAt(l, a[4]); err != abi.OK {
		return ret(err)
	}
	return call(l, syscalls.SYS___mq_timedsend50, a)
}

func sysMqTimedreceive(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	if _, err := timeoutAt(l, a[4]); err != abi.OK {
		return ret(err)
	}
	return call(l, syscalls.SYS___mq_timedreceive50, a)
}

// notifyThread is mq_notify for a thread of the C library's, which waits for 32 bytes on a socket of netlink, the last of
// them the reason. Errors: EBADF, EINVAL, EFAULT, those of MqNotify.
func notifyThread(l *kern.LWP, mq, sock int32, cookie uint64) abi.Errno {
	const wokenUp, removed = 1, 2
	b := make([]byte, 32)
	if err := l.Copyin(b, cookie); err != abi.OK {
		return err
	}
	f, err := l.Getfile(sock)
	if err != abi.OK {
		return err
	}
	defer f.Done(l)
	n, ok := f.Ops.(*netlink)
	if !ok {
		return abi.EINVAL
	}
	return ipc.MqNotifyFunc(l, mq, func(gone bool) {
		if b[31] = wokenUp; gone {
			b[31] = removed
		}
		n.put(b)
	})
}

// sysMqNotify is mq_notify(queue, sigevent).
func sysMqNotify(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	const evSignal, evNone, evThread = 0, 1, 2
	if a[1] == 0 {
		return ret(ipc.MqNotify(l, int32(a[0]), nil))
	}
	var s struct {
		Value         abi.Ptr
		Signo, Notify int32
	}
	if err := l.CopyinStruct(a[1], &s); err != abi.OK {
		return ret(err)
	}
	ev := abi.Sigevent{Notify: abi.SIGEV_NONE, Value: s.Value}
	switch s.Notify {
	case evNone:
	case evThread:
		return ret(notifyThread(l, int32(a[0]), s.Signo, uint64(s.Value)))
	case evSignal:
		sig := machineOf(l).sigIn(s.Signo)
		if sig == 0 {
			return ret(abi.EINVAL)
		}
		ev.Notify, ev.Signo = abi.SIGEV_SIGNAL, int32(sig)
	default:
		return ret(abi.EINVAL)
	}
	return ret(ipc.MqNotify(l, int32(a[0]), &ev))
}

// sysSemop and sysSemtimedop want one operation at least.

func sysSemop(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	if uint32(a[2]) == 0 {
		return ret(abi.EINVAL)
	}
	return call(l, syscalls.SYS_semop, a)
}

func sysSemtimedop(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	if uint32(a[2]) == 0 {
		return ret(abi.EINVAL)
	}
	return call(l, syscalls.SYS_semtimedop, a)
}

// sysShmat is shmat(id, addr, flags). Errors: EINVAL, EACCES, ENOMEM.
func sysShmat(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	const remap, exec = 0o40000, 0o100000
	flags := int32(a[2])
	how := ipc.ShmLinux{Exec: flags&exec != 0, Remap: flags&remap != 0, LBA: machineOf(l).shmLBA}
	va, err := ipc.ShmatLinux(l, int32(a[0]), a[1], flags&^(remap|exec), how)
	return kern.Retval{R0: va}, err
}

var (
	sysShmget kern.Handler = native(syscalls.SYS_shmget)
	sysShmdt  kern.Handler = native(syscalls.SYS_shmdt)
	sysSemget kern.Handler = native(syscalls.SYS_semget)
	sysMsgget kern.Handler = native(syscalls.SYS_msgget)
)

// msgSize is a size of messages, which is not negative. Error: EINVAL.
func msgSize(l *kern.LWP, n uint64) abi.Errno {
	if int64(n) < 0 || !l.Model().LP64() && int32(n) < 0 {
		return abi.EINVAL
	}
	return abi.OK
}

func sysMsgsnd(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	if err := msgSize(l, a[2]); err != abi.OK {
		return ret(err)
	}
	return call(l, syscalls.SYS_msgsnd, a)
}
