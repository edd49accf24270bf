package syscalls

import (
	"time"

	"nbemu/abi"
	"nbemu/kern"
	"nbemu/vfs"
)

// Asynchronous I/O (sys_aio.c). The state of a job is in its aiocb, which the kernel writes when the job begins and when
// it ends; aio_error and aio_return look nowhere else.

// Operations.
const (
	aioLio = iota // what the aiocb's opcode says
	aioRead
	aioWrite
	aioSync
)

// States of an aiocb (JOB_…).
const (
	jobNone = 0
	jobWIP  = 1
	jobDone = 2
)

// What aio_cancel(2) returns.
const (
	aioCanceled    = 1
	aioNotCanceled = 2
	aioAllDone     = 3
)

// Opcodes and modes of lio_listio(2).
const (
	lioNop   = 0
	lioWrite = 1
	lioRead  = 2

	lioNowait = 0
	lioWait   = 1
)

// sigevSA is the last value of sigev_notify: of scheduler activations, which are no more.
const sigevSA = 3

// aioJob is a job with its aiocb.
type aioJob struct {
	kern.AioJob
	op int
	cb abi.Aiocb
}

// checkSigevent is what a signal to be sent must be. Error: EINVAL.
func checkSigevent(ev *abi.Sigevent) abi.Errno {
	if ev.Signo < 0 || ev.Signo >= abi.NSIG || ev.Notify < abi.SIGEV_NONE || ev.Notify > sigevSA {
		return abi.EINVAL
	}
	return abi.OK
}

func ssizeMax(l *kern.LWP) abi.Size {
	if l.Model().LP64() {
		return 1<<63 - 1
	}
	return 1<<31 - 1
}

// aioEnqueue begins an operation (aio_enqueue_job). Errors: EFAULT, EINVAL, EAGAIN over the limits.
func aioEnqueue(l *kern.LWP, op int, va uint64, lio *kern.AioList) abi.Errno {
	if l.K.Aio.Busy(1) {
		return abi.EAGAIN
	}
	job := &aioJob{op: op}
	cb := &job.cb
	if err := l.CopyinStruct(va, cb); err != abi.OK {
		return err
	}
	if err := checkSigevent(&cb.Sigevent); err != abi.OK {
		return err
	}
	if op != aioSync && (cb.Buf == 0 || cb.Nbytes > ssizeMax(l)) {
		return abi.EINVAL
	}
	if op == aioLio {
		switch cb.LioOpcode {
		case lioWrite:
			job.op = aioWrite
		case lioRead:
			job.op = aioRead
		case lioNop:
			return abi.OK
		default:
			return abi.EINVAL
		}
	}
	if q := l.Proc.Aio; q != nil && q.Queued(va) {
		return abi.EINVAL
	}
	q := l.AioStart()
	cb.State, cb.Errno, cb.Retval = jobWIP, int32(abi.EINPROGRESS), -1
	if err := l.CopyoutStruct(va, cb); err != abi.OK {
		return err
	}
	job.AioJob = kern.AioJob{Key: va, Fd: cb.Fildes, Data: cb, Do: job.do, End: job.end, Lio: lio}
	return q.Add(&job.AioJob)
}

// do does the operation, in the worker (aio_process).
func (j *aioJob) do(w *kern.LWP) {
	cb := &j.cb
	var err abi.Errno
	for {
		if j.op == aioSync {
			err = j.sync(w)
		} else {
			err = j.transfer(w)
		}
		if err != abi.ERESTART {
			break
		}
		// Its descriptor was closed. Like a system call it looks again, and finds out.
	}
	cb.Errno, cb.State = int32(err), jobDone
	_ = w.CopyoutStruct(j.Key, cb)
}

func (j *aioJob) end(w *kern.LWP) { w.Proc.AioSignal(&j.cb.Sigevent) }

// transfer reads or writes. The aiocb's length becomes what was transferred, its offset what follows that.
func (j *aioJob) transfer(w *kern.LWP) abi.Errno {
	cb, write := &j.cb, j.op == aioWrite
	f, err := w.GetfileFor(cb.Fildes, rwMode(write))
	if err != abi.OK {
		return err
	}
	defer f.Done(w)
	u := kern.NewUio(w, write)
	defer u.Free()
	if err := u.Add(uint64(cb.Buf), uint64(cb.Nbytes)); err != abi.OK {
		return err
	}
	// A pipe, or what else has no offsets, does not look at this one.
	if f.Ops.Type() == "vnode" {
		if cb.Offset < 0 {
			return abi.EINVAL
		}
		u.Positional, u.Offset = true, cb.Offset
	}
	if write {
		err = f.Ops.Write(w, f, u)
	} else {
		err = f.Ops.Read(w, f, u)
	}
	if err == abi.ERESTART && u.Resid == uint64(cb.Nbytes) {
		return err
	}
	cb.Nbytes -= abi.Size(u.Resid)
	if u.Positional {
		cb.Offset += int64(cb.Nbytes)
	}
	switch err {
	case abi.OK:
		cb.Retval = abi.SSize(cb.Nbytes)
	case abi.EPASSTHROUGH, abi.ERESTART:
		err = abi.EINVAL
	}
	return err
}

// sync writes back what the file has. Errors: EINVAL for what is no file, EBADF.
func (j *aioJob) sync(w *kern.LWP) abi.Errno {
	f, err := w.Getfile(j.cb.Fildes)
	if err != abi.OK {
		return err
	}
	defer f.Done(w)
	switch {
	case f.Ops.Type() != "vnode":
		return abi.EINVAL
	case f.Flag&abi.FWRITE == 0:
		return abi.EBADF
	}
	// NetBSD writes back the data only, whichever of the two was asked for.
	if err := vfs.Fsync(w, f, true); err != abi.OK {
		return err
	}
	j.cb.Retval = 0
	return abi.OK
}

// sysAioRead is aio_read(aiocb *). Errors: EINVAL, EAGAIN, EFAULT.
func sysAioRead(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return retErr(aioEnqueue(l, aioRead, a[0], nil))
}

// sysAioWrite is aio_write(aiocb *). Errors: EINVAL, EAGAIN, EFAULT.
func sysAioWrite(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return retErr(aioEnqueue(l, aioWrite, a[0], nil))
}

// sysAioFsync is aio_fsync(op, aiocb *). Errors: EINVAL, EAGAIN, EFAULT.
func sysAioFsync(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	if op := int32(a[0]); op != abi.O_DSYNC && op != abi.O_SYNC {
		return retErr(abi.EINVAL)
	}
	return retErr(aioEnqueue(l, aioSync, a[1], nil))
}

// sysAioError is aio_error(aiocb *): the error of a job, EINPROGRESS while it is none yet. Errors: EINVAL, EFAULT.
func sysAioError(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	if l.Proc.Aio == nil {
		return retErr(abi.EINVAL)
	}
	var cb abi.Aiocb
	if err := l.CopyinStruct(a[0], &cb); err != abi.OK {
		return retErr(err)
	}
	if cb.State == jobNone {
		return retErr(abi.EINVAL)
	}
	return retInt(cb.Errno, abi.OK)
}

// sysAioReturn is aio_return(aiocb *), once for each job. Errors: EINVAL, EFAULT.
func sysAioReturn(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	if l.Proc.Aio == nil {
		return retErr(abi.EINVAL)
	}
	var cb abi.Aiocb
	if err := l.CopyinStruct(a[0], &cb); err != abi.OK {
		return retErr(err)
	}
	if cb.Errno == int32(abi.EINPROGRESS) || cb.State != jobDone {
		return retErr(abi.EINVAL)
	}
	n := cb.Retval
	cb.Errno, cb.Retval, cb.State = 0, -1, jobNone
	return kern.Retval{R0: uint64(n)}, l.CopyoutStruct(a[0], &cb)
}

// sysAioCancel is aio_cancel(fd, aiocb *): of one job, or of all of the descriptor's. Errors: EBADF, EFAULT.
func sysAioCancel(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	fd := int32(a[0])
	if l.Proc.Fd.Get(fd) == nil {
		return retErr(abi.EBADF)
	}
	q := l.Proc.Aio
	if q == nil {
		return retID(aioNotCanceled)
	}
	jobs, busy, err := q.Cancel(fd, a[1])
	if err != abi.OK {
		return retErr(err)
	}
	for _, k := range jobs {
		// The aiocb is as it was when the job came, but for the error: that it returns -1 was written then.
		cb := k.Data.(*abi.Aiocb)
		cb.Errno, cb.State = int32(abi.ECANCELED), jobDone
		if l.CopyoutStruct(k.Key, cb) != abi.OK {
			err = abi.EFAULT
		}
		k.End(l)
		if k.Lio != nil {
			l.Proc.AioSignal(&k.Lio.Sig)
		}
	}
	switch {
	case err != abi.OK:
		return retErr(err)
	case busy:
		return retID(aioNotCanceled)
	case len(jobs) > 0:
		return retID(aioCanceled)
	}
	return retID(aioAllDone)
}

// aioSuspend waits until one of the jobs is done (aio_suspend1). Errors: EAGAIN at the end of the time, or without any
// job ever; EINTR, ERESTART, EFAULT.
func aioSuspend(l *kern.LWP, a *kern.Args, old bool) (kern.Retval, abi.Errno) {
	n := int32(a[1])
	if n <= 0 || n > l.K.Aio.Listio {
		return retErr(abi.EAGAIN)
	}
	var ts abi.Timespec
	if a[2] != 0 {
		var err abi.Errno
		if ts, err = inTimespec(l, a[2], old); err != abi.OK {
			return retErr(err)
		}
	}
	list := make([]abi.Ptr, n)
	if err := l.CopyinStruct(a[0], list); err != abi.OK {
		return retErr(err)
	}
	q := l.Proc.Aio
	if q == nil {
		return retErr(abi.EAGAIN)
	}
	var deadline time.Time
	if a[2] != 0 {
		d := ts.Duration()
		if d <= 0 {
			return retErr(abi.EAGAIN) // without a look at the jobs
		}
		deadline = l.K.Timenow().Add(d)
	}
	for {
		if done, err := aioAnyDone(l, q, list); done || err != abi.OK {
			return retErr(err)
		}
		if err := q.Wait(l, deadline); err == abi.EWOULDBLOCK {
			return retErr(abi.EAGAIN)
		} else if err != abi.OK {
			return retErr(err)
		}
	}
}

// aioAnyDone reports whether one of the jobs is done; NULL stands for none. Error: EFAULT.
func aioAnyDone(l *kern.LWP, q *kern.Aio, list []abi.Ptr) (bool, abi.Errno) {
	for _, va := range list {
		if va == 0 || q.Current(uint64(va)) || q.Queued(uint64(va)) {
			continue
		}
		var cb abi.Aiocb
		if err := l.CopyinStruct(uint64(va), &cb); err != abi.OK {
			return false, err
		}
		if cb.State == jobDone {
			return true, abi.OK
		}
	}
	return false, abi.OK
}

// sysAioSuspend50 is aio_suspend(list *, n, timespec *).
func sysAioSuspend50(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return aioSuspend(l, a, false)
}

func sysCompat50AioSuspend(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return aioSuspend(l, a, true)
}

// lioSignal reads what lio_listio is to send at the end. Errors: EINVAL, EFAULT.
func lioSignal(l *kern.LWP, mode int32, va uint64) (ev abi.Sigevent, err abi.Errno) {
	switch {
	case mode != lioWait && mode != lioNowait:
		return ev, abi.EINVAL
	case mode == lioWait || va == 0:
		return ev, abi.OK
	}
	if err = l.CopyinStruct(va, &ev); err == abi.OK {
		err = checkSigevent(&ev)
	}
	return ev, err
}

// sysLioListio is lio_listio(mode, list *, n, sigevent *). Errors: EINVAL, EAGAIN, EFAULT; EIO when some of the jobs
// could not be begun, EINTR.
func sysLioListio(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	mode, n := int32(a[0]), int32(a[2])
	if n < 1 || n > l.K.Aio.Listio {
		return retErr(abi.EINVAL)
	}
	if l.K.Aio.Busy(n) {
		return retErr(abi.EAGAIN)
	}
	q := l.AioStart()
	ev, err := lioSignal(l, mode, a[3])
	if err != abi.OK {
		return retErr(err)
	}
	lio := &kern.AioList{Refs: 1, Sig: ev}
	defer lio.Unref(l.Proc)
	list := make([]abi.Ptr, n)
	if err := l.CopyinStruct(a[1], list); err != abi.OK {
		return retErr(err)
	}
	for _, va := range list {
		if aioEnqueue(l, aioLio, uint64(va), lio) != abi.OK {
			err = abi.EIO
		}
	}
	for mode == lioWait && err == abi.OK && lio.Refs > 1 {
		if q.Wait(l, time.Time{}) != abi.OK {
			err = abi.EINTR
		}
	}
	return retErr(err)
}
