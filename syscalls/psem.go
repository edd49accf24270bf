package syscalls

import (
	"time"

	"nbemu/abi"
	"nbemu/ipc"
	"nbemu/kern"
)

// POSIX semaphores and message queues.

// maxPosixName is the room for the name of a semaphore or queue, with the NUL.
const maxPosixName = 257

// sysKsemInit is _ksem_init(value, intptr_t *id). What id points to can ask for a process-shared semaphore;
// C libraries before NetBSD 9 leave it undefined. Errors: ENFILE, EINVAL, EMFILE, EFAULT.
func sysKsemInit(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	var kind abi.Long
	if err := l.CopyinStruct(a[1], &kind); err != abi.OK {
		return retErr(err)
	}
	id, err := ipc.KsemInit(l, uint32(a[0]), int64(kind))
	if err != abi.OK {
		return retErr(err)
	}
	if err = l.CopyoutStruct(a[1], abi.Long(id)); err != abi.OK {
		_ = ipc.KsemDestroy(l, id)
	}
	return retErr(err)
}

// sysKsemOpen is _ksem_open(name, oflag, mode, value, intptr_t *id). Errors: see kern.KsemOpen; EFAULT.
func sysKsemOpen(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	name, err := l.CopyinStr(a[0], maxPosixName)
	if err != abi.OK {
		return retErr(err)
	}
	// A bad pointer must not leave an open semaphore behind.
	if err = l.CopyoutStruct(a[4], abi.Long(-1)); err != abi.OK {
		return retErr(err)
	}
	id, err := ipc.KsemOpen(l, name, int32(a[1]), uint32(a[2]), uint32(a[3]))
	if err == abi.OK {
		err = l.CopyoutStruct(a[4], abi.Long(id))
	}
	return retErr(err)
}

// sysKsemUnlink is _ksem_unlink(name). Errors: ENOENT, EACCES, EFAULT, ENAMETOOLONG.
func sysKsemUnlink(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	name, err := l.CopyinStr(a[0], maxPosixName)
	if err == abi.OK {
		err = ipc.KsemUnlink(l, name)
	}
	return retErr(err)
}

// sysKsemClose is _ksem_close(id). Error: EINVAL.
func sysKsemClose(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return retErr(ipc.KsemClose(l, int64(a[0])))
}

// sysKsemDestroy is _ksem_destroy(id). Errors: EINVAL, EBUSY.
func sysKsemDestroy(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return retErr(ipc.KsemDestroy(l, int64(a[0])))
}

// sysKsemPost is _ksem_post(id). Errors: EINVAL, EOVERFLOW.
func sysKsemPost(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return retErr(ipc.KsemPost(l, int64(a[0])))
}

// sysKsemWait is _ksem_wait(id). Errors: EINVAL, EINTR, ERESTART.
func sysKsemWait(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return retErr(ipc.KsemWait(l, int64(a[0]), false, time.Time{}))
}

// sysKsemTrywait is _ksem_trywait(id). Errors: EINVAL, EAGAIN.
func sysKsemTrywait(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return retErr(ipc.KsemWait(l, int64(a[0]), true, time.Time{}))
}

// sysKsemTimedwait is _ksem_timedwait(id, abstime). Errors: EINVAL, EFAULT, ETIMEDOUT, EINTR.
func sysKsemTimedwait(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	ts, err := inTimespec(l, a[1], false)
	if err == abi.OK && (!ts.Valid() || ts.Sec < 0) {
		err = abi.EINVAL
	}
	if err != abi.OK {
		return retErr(err)
	}
	return retErr(ipc.KsemWait(l, int64(a[0]), false, timerStart(l, abi.CLOCK_REALTIME, abi.TIMER_ABSTIME, ts)))
}

// sysKsemGetvalue is _ksem_getvalue(id, unsigned *). Errors: EINVAL, EFAULT.
func sysKsemGetvalue(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	v, err := ipc.KsemValue(l, int64(a[0]))
	if err == abi.OK {
		err = l.CopyoutInt32(a[1], int32(v))
	}
	return retErr(err)
}

// sysMqOpen is mq_open(name, oflag, mode, attr *). Errors: see kern.MqOpen; EFAULT.
func sysMqOpen(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	var attr *abi.MqAttr
	if int32(a[1])&abi.O_CREAT != 0 && a[3] != 0 {
		attr = new(abi.MqAttr)
		if err := l.CopyinStruct(a[3], attr); err != abi.OK {
			return retErr(err)
		}
	}
	name, err := l.CopyinStr(a[0], maxPosixName)
	if err != abi.OK {
		return retErr(err)
	}
	return retInt(ipc.MqOpen(l, name, int32(a[1]), uint32(a[2]), attr))
}

// sysMqClose is mq_close(2). Error: EBADF.
func sysMqClose(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return retErr(l.Proc.Fd.Close(l, int32(a[0])))
}

// sysMqUnlink is mq_unlink(2). Errors: ENOENT, EACCES, EFAULT, ENAMETOOLONG.
func sysMqUnlink(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	name, err := l.CopyinStr(a[0], maxPosixName)
	if err == abi.OK {
		err = ipc.MqUnlink(l, name)
	}
	return retErr(err)
}

// sysMqGetattr is mq_getattr(2). Errors: EBADF, EFAULT.
func sysMqGetattr(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	attr, err := ipc.MqAttr(l, int32(a[0]), nil)
	if err == abi.OK {
		err = l.CopyoutStruct(a[1], &attr)
	}
	return retErr(err)
}

// sysMqSetattr is mq_setattr(fd, new *, old *). Errors: EBADF, EFAULT.
func sysMqSetattr(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	var set abi.MqAttr
	if err := l.CopyinStruct(a[1], &set); err != abi.OK {
		return retErr(err)
	}
	old, err := ipc.MqAttr(l, int32(a[0]), &set)
	if err == abi.OK && a[2] != 0 {
		err = l.CopyoutStruct(a[2], &old)
	}
	return retErr(err)
}

// sysMqNotify is mq_notify(fd, sigevent *). Errors: EBADF, EBUSY, EINVAL, EFAULT.
func sysMqNotify(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	if a[1] == 0 {
		return retErr(ipc.MqNotify(l, int32(a[0]), nil))
	}
	var ev abi.Sigevent
	err := l.CopyinStruct(a[1], &ev)
	if err == abi.OK && ev.Notify == abi.SIGEV_SIGNAL && !abi.Signal(ev.Signo).Valid() {
		err = abi.EINVAL
	}
	if err == abi.OK {
		err = ipc.MqNotify(l, int32(a[0]), &ev)
	}
	return retErr(err)
}

// mqTime reads the absolute time to wait for; nil if va is NULL. Error: EFAULT.
func mqTime(l *kern.LWP, va uint64, old bool) (*abi.Timespec, abi.Errno) {
	if va == 0 {
		return nil, abi.OK
	}
	ts, err := inTimespec(l, va, old)
	return &ts, err
}

func mqSend(l *kern.LWP, a *kern.Args, ts *abi.Timespec) (kern.Retval, abi.Errno) {
	if a[2] > ipc.MqMaxSend {
		return retErr(abi.EMSGSIZE)
	}
	body := make([]byte, a[2])
	if err := l.Copyin(body, a[1]); err != abi.OK {
		return retErr(err)
	}
	return retErr(ipc.MqSend(l, int32(a[0]), body, uint32(a[3]), ts))
}

// sysMqSend is mq_send(fd, msg, size, prio). Errors: see kern.MqSend; EFAULT.
func sysMqSend(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) { return mqSend(l, a, nil) }

func mqTimedsend(l *kern.LWP, a *kern.Args, old bool) (kern.Retval, abi.Errno) {
	ts, err := mqTime(l, a[4], old)
	if err != abi.OK {
		return retErr(err)
	}
	return mqSend(l, a, ts)
}

// sysMqTimedsend50 is mq_timedsend(2).
func sysMqTimedsend50(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return mqTimedsend(l, a, false)
}

func sysCompat50MqTimedsend(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return mqTimedsend(l, a, true)
}

func mqReceive(l *kern.LWP, a *kern.Args, ts *abi.Timespec) (kern.Retval, abi.Errno) {
	body, prio, err := ipc.MqReceive(l, int32(a[0]), a[2], ts)
	if err == abi.OK {
		err = l.Copyout(body, a[1])
	}
	if err == abi.OK && a[3] != 0 {
		err = l.CopyoutInt32(a[3], int32(prio))
	}
	return kern.Retval{R0: uint64(len(body))}, err
}

// sysMqReceive is mq_receive(fd, buf, size, prio *). Errors: see kern.MqReceive; EFAULT.
func sysMqReceive(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) { return mqReceive(l, a, nil) }

func mqTimedreceive(l *kern.LWP, a *kern.Args, old bool) (kern.Retval, abi.Errno) {
	ts, err := mqTime(l, a[4], old)
	if err != abi.OK {
		return retErr(err)
	}
	return mqReceive(l, a, ts)
}

// sysMqTimedreceive50 is mq_timedreceive(2).
func sysMqTimedreceive50(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return mqTimedreceive(l, a, false)
}

func sysCompat50MqTimedreceive(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return mqTimedreceive(l, a, true)
}
