package syscalls

import (
	"time"

	"nbemu/abi"
	"nbemu/ipc"
	"nbemu/kern"
)

// System V semaphores, messages and shared memory. The control calls exist in three versions, which differ in
// the structures: NetBSD 1.3's, those with 32-bit times, and today's.

type ipcVers uint8

const (
	ipcNow ipcVers = iota
	ipc13          // times of 32 bits
	ipc14          // of NetBSD 1.3 and older: 16-bit users as well
)

func perm14(p *abi.IpcPerm) abi.IpcPerm14 {
	return abi.IpcPerm14{Cuid: uint16(p.Cuid), Cgid: uint16(p.Cgid), Uid: uint16(p.Uid), Gid: uint16(p.Gid), Mode: uint16(p.Mode), Seq: p.Seq, Key: p.Key}
}

func permOf14(p *abi.IpcPerm14) abi.IpcPerm {
	return abi.IpcPerm{Uid: uint32(p.Uid), Gid: uint32(p.Gid), Mode: uint32(p.Mode)}
}

func outSemid(l *kern.LWP, va uint64, ds *abi.SemidDs, v ipcVers) abi.Errno {
	switch v {
	case ipc13:
		return l.CopyoutStruct(va, &abi.SemidDs13{Perm: ds.Perm, Nsems: ds.Nsems, Otime: int32(ds.Otime), Ctime: int32(ds.Ctime)})
	case ipc14:
		return l.CopyoutStruct(va, &abi.SemidDs14{Perm: perm14(&ds.Perm), Nsems: ds.Nsems, Otime: int32(ds.Otime), Ctime: int32(ds.Ctime)})
	}
	return l.CopyoutStruct(va, ds)
}

func inSemid(l *kern.LWP, va uint64, v ipcVers) (ds abi.SemidDs, err abi.Errno) {
	switch v {
	case ipc13:
		var o abi.SemidDs13
		err = l.CopyinStruct(va, &o)
		ds.Perm = o.Perm
	case ipc14:
		var o abi.SemidDs14
		err = l.CopyinStruct(va, &o)
		ds.Perm = permOf14(&o.Perm)
	default:
		err = l.CopyinStruct(va, &ds)
	}
	return ds, err
}

// semun is union semun: a value or the address of something, by command.
type semun struct {
	val int32
	ptr uint64
}

func inSemun(l *kern.LWP, va uint64) (u semun, err abi.Errno) {
	m := l.Model()
	b := make([]byte, m.PtrSize)
	err = l.Copyin(b, va)
	return semun{int32(m.Uint(b, 4)), m.Ptr(b)}, err
}

// semctl is semctl(id, num, cmd, union semun *). Errors: EINVAL, EACCES, EPERM, ERANGE, EFAULT.
func semctl(l *kern.LWP, a *kern.Args, v ipcVers) (kern.Retval, abi.Errno) {
	var u semun
	var err abi.Errno
	switch int32(a[2]) {
	case abi.IPC_SET, abi.IPC_STAT, abi.GETALL, abi.SETVAL, abi.SETALL:
		if u, err = inSemun(l, a[3]); err != abi.OK {
			return retErr(err)
		}
	}
	return semctlUnion(l, a, u, v)
}

// semctlUnion is semctl with its last argument read.
func semctlUnion(l *kern.LWP, a *kern.Args, u semun, v ipcVers) (kern.Retval, abi.Errno) {
	id, num, cmd := int32(a[0]), int32(a[1]), int32(a[2])
	switch cmd {
	case abi.IPC_RMID:
		return retErr(ipc.SemRemove(l, id))
	case abi.IPC_SET:
		ds, err := inSemid(l, u.ptr, v)
		if err == abi.OK {
			err = ipc.SemSet(l, id, &ds)
		}
		return retErr(err)
	case abi.IPC_STAT:
		ds, err := ipc.SemStat(l, id)
		if err == abi.OK {
			err = outSemid(l, u.ptr, &ds, v)
		}
		return retErr(err)
	case abi.GETVAL, abi.GETPID, abi.GETNCNT, abi.GETZCNT:
		return retInt(ipc.SemValue(l, id, num, cmd))
	case abi.SETVAL:
		return retErr(ipc.SemSetValue(l, id, num, u.val))
	case abi.GETALL:
		vals, err := ipc.SemAll(l, id)
		if err == abi.OK {
			err = l.CopyoutStruct(u.ptr, vals)
		}
		return retErr(err)
	case abi.SETALL:
		return retErr(ipc.SemSetAll(l, id, func(n int) ([]uint16, abi.Errno) {
			vals := make([]uint16, n)
			err := l.CopyinStruct(u.ptr, vals)
			return vals, err
		}))
	}
	return retErr(abi.EINVAL)
}

// sysSemctl50 is semctl(2).
func sysSemctl50(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) { return semctl(l, a, ipcNow) }
func sysSemctl13(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) { return semctl(l, a, ipc13) }
func sysCompat14Semctl(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return semctl(l, a, ipc14)
}

// sysSemget is semget(2). Errors: ENOENT, EEXIST, EACCES, EINVAL, ENOSPC.
func sysSemget(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return retInt(ipc.Semget(l, int32(a[0]), int32(a[1]), int32(a[2])))
}

// maxSops is how many operations one call can have (SEMOPM).
const maxSops = 100

func semop(l *kern.LWP, id int32, sops, n uint64, deadline time.Time) (kern.Retval, abi.Errno) {
	if n > maxSops {
		return retErr(abi.E2BIG)
	}
	ops := make([]abi.Sembuf, n)
	if err := l.CopyinStruct(sops, ops); err != abi.OK {
		return retErr(err)
	}
	return retErr(ipc.Semop(l, id, ops, deadline))
}

// sysSemop is semop(2). Errors: see kern.Semop.
func sysSemop(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return semop(l, int32(a[0]), a[1], a[2], time.Time{})
}

// sysSemtimedop is semtimedop(2): semop with a relative time to wait, NULL for any.
func sysSemtimedop(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	var deadline time.Time
	if a[3] != 0 {
		ts, err := inTimespec(l, a[3], false)
		if err == abi.OK && (!ts.Valid() || ts.Sec < 0) {
			err = abi.EINVAL
		}
		if err != abi.OK {
			return retErr(err)
		}
		deadline = l.K.Timenow().Add(ts.Duration())
	}
	return semop(l, int32(a[0]), a[1], a[2], deadline)
}

// sysSemconfig once froze the semaphores for a look at them; it does nothing.
func sysSemconfig(*kern.LWP, *kern.Args) (kern.Retval, abi.Errno) { return retErr(abi.OK) }

func outShmid(l *kern.LWP, va uint64, ds *abi.ShmidDs, v ipcVers) abi.Errno {
	switch v {
	case ipc13:
		return l.CopyoutStruct(va, &abi.ShmidDs13{Perm: ds.Perm, Segsz: ds.Segsz, Lpid: ds.Lpid, Cpid: ds.Cpid, Nattch: ds.Nattch,
			Atime: int32(ds.Atime), Dtime: int32(ds.Dtime), Ctime: int32(ds.Ctime)})
	case ipc14:
		return l.CopyoutStruct(va, &abi.ShmidDs14{Perm: perm14(&ds.Perm), Segsz: int32(ds.Segsz), Lpid: ds.Lpid, Cpid: ds.Cpid,
			Nattch: int16(ds.Nattch), Atime: int32(ds.Atime), Dtime: int32(ds.Dtime), Ctime: int32(ds.Ctime)})
	}
	return l.CopyoutStruct(va, ds)
}

func inShmid(l *kern.LWP, va uint64, v ipcVers) (ds abi.ShmidDs, err abi.Errno) {
	switch v {
	case ipc13:
		var o abi.ShmidDs13
		err = l.CopyinStruct(va, &o)
		ds.Perm = o.Perm
	case ipc14:
		var o abi.ShmidDs14
		err = l.CopyinStruct(va, &o)
		ds.Perm = permOf14(&o.Perm)
	default:
		err = l.CopyinStruct(va, &ds)
	}
	return ds, err
}

// shmctl is shmctl(id, cmd, buf). Errors: EINVAL, EACCES, EPERM, EFAULT.
func shmctl(l *kern.LWP, a *kern.Args, v ipcVers) (kern.Retval, abi.Errno) {
	id := int32(a[0])
	switch cmd := int32(a[1]); cmd {
	case abi.IPC_STAT:
		ds, err := ipc.ShmStat(l, id)
		if err == abi.OK {
			err = outShmid(l, a[2], &ds, v)
		}
		return retErr(err)
	case abi.IPC_SET:
		ds, err := inShmid(l, a[2], v)
		if err == abi.OK {
			err = ipc.ShmSet(l, id, &ds)
		}
		return retErr(err)
	case abi.IPC_RMID:
		return retErr(ipc.ShmRemove(l, id))
	case abi.SHM_LOCK, abi.SHM_UNLOCK:
		return retErr(ipc.ShmLock(l, id, cmd == abi.SHM_LOCK))
	}
	return retErr(abi.EINVAL)
}

// sysShmctl50 is shmctl(2).
func sysShmctl50(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) { return shmctl(l, a, ipcNow) }
func sysShmctl13(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) { return shmctl(l, a, ipc13) }
func sysCompat14Shmctl(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return shmctl(l, a, ipc14)
}

// sysShmget is shmget(2). Errors: ENOENT, EEXIST, EACCES, EINVAL, ENOSPC, ENOMEM.
func sysShmget(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return retInt(ipc.Shmget(l, int32(a[0]), a[1], int32(a[2])))
}

// sysShmat is shmat(2). Errors: EINVAL, EACCES, EMFILE, ENOMEM.
func sysShmat(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	va, err := ipc.Shmat(l, int32(a[0]), a[1], int32(a[2]))
	return kern.Retval{R0: va}, err
}

// sysShmdt is shmdt(2). Error: EINVAL.
func sysShmdt(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) { return retErr(ipc.Shmdt(l, a[0])) }

func outMsqid(l *kern.LWP, va uint64, ds *abi.MsqidDs, v ipcVers) abi.Errno {
	switch v {
	case ipc13:
		return l.CopyoutStruct(va, &abi.MsqidDs13{Perm: ds.Perm, Qnum: ds.Qnum, Qbytes: ds.Qbytes, Lspid: ds.Lspid, Lrpid: ds.Lrpid,
			Stime: int32(ds.Stime), Rtime: int32(ds.Rtime), Ctime: int32(ds.Ctime), Cbytes: ds.Cbytes})
	case ipc14:
		return l.CopyoutStruct(va, &abi.MsqidDs14{Perm: perm14(&ds.Perm), Cbytes: abi.ULong(ds.Cbytes), Qnum: ds.Qnum, Qbytes: abi.ULong(ds.Qbytes),
			Lspid: ds.Lspid, Lrpid: ds.Lrpid, Stime: int32(ds.Stime), Rtime: int32(ds.Rtime), Ctime: int32(ds.Ctime)})
	}
	return l.CopyoutStruct(va, ds)
}

func inMsqid(l *kern.LWP, va uint64, v ipcVers) (ds abi.MsqidDs, err abi.Errno) {
	switch v {
	case ipc13:
		var o abi.MsqidDs13
		err = l.CopyinStruct(va, &o)
		ds.Perm, ds.Qbytes = o.Perm, o.Qbytes
	case ipc14:
		var o abi.MsqidDs14
		err = l.CopyinStruct(va, &o)
		ds.Perm, ds.Qbytes = permOf14(&o.Perm), abi.Size(o.Qbytes)
	default:
		err = l.CopyinStruct(va, &ds)
	}
	return ds, err
}

// msgctl is msgctl(id, cmd, buf). Errors: EINVAL, EACCES, EPERM, EFAULT.
func msgctl(l *kern.LWP, a *kern.Args, v ipcVers) (kern.Retval, abi.Errno) {
	id := int32(a[0])
	switch int32(a[1]) {
	case abi.IPC_STAT:
		ds, err := ipc.MsgStat(l, id)
		if err == abi.OK {
			err = outMsqid(l, a[2], &ds, v)
		}
		return retErr(err)
	case abi.IPC_SET:
		ds, err := inMsqid(l, a[2], v)
		if err == abi.OK {
			err = ipc.MsgSet(l, id, &ds)
		}
		return retErr(err)
	case abi.IPC_RMID:
		return retErr(ipc.MsgRemove(l, id))
	}
	return retErr(abi.EINVAL)
}

// sysMsgctl50 is msgctl(2).
func sysMsgctl50(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) { return msgctl(l, a, ipcNow) }
func sysMsgctl13(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) { return msgctl(l, a, ipc13) }
func sysCompat14Msgctl(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return msgctl(l, a, ipc14)
}

// sysMsgget is msgget(2). Errors: ENOENT, EEXIST, EACCES, ENOSPC.
func sysMsgget(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return retInt(ipc.Msgget(l, int32(a[0]), int32(a[1])))
}

// sysMsgsnd is msgsnd(id, msg, size, flags): the message is a long, its type, and size bytes. Errors: see
// kern.Msgsnd.
func sysMsgsnd(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return retErr(ipc.Msgsnd(l, int32(a[0]), a[2], int32(a[3]), func() (int64, []byte, abi.Errno) {
		var typ abi.Long
		if err := l.CopyinStruct(a[1], &typ); err != abi.OK {
			return 0, nil, err
		}
		body := make([]byte, a[2])
		err := l.Copyin(body, a[1]+uint64(l.Model().PtrSize))
		return int64(typ), body, err
	}))
}

// sysMsgrcv is msgrcv(id, msg, size, type, flags). Errors: see kern.Msgrcv.
func sysMsgrcv(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	typ, body, err := ipc.Msgrcv(l, int32(a[0]), a[2], int64(a[3]), int32(a[4]))
	if err != abi.OK {
		return retErr(err)
	}
	if err = l.CopyoutStruct(a[1], abi.Long(typ)); err == abi.OK {
		err = l.Copyout(body, a[1]+uint64(l.Model().PtrSize))
	}
	return kern.Retval{R0: uint64(len(body))}, err
}
