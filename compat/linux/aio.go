package linux

import (
	"nbemu/abi"
	"nbemu/kern"
	"nbemu/mem"
)

// Asynchronous I/O (fs/aio.c). Each operation is done when it is submitted, which is also what Linux does with most
// files that are not open with O_DIRECT; its event is there at once.

const (
	aioMaxNr = 65536 // /proc/sys/fs/aio-max-nr
	aioSlots = 16    // that a context has at least

	iocbPread  = 0
	iocbPwrite = 1
	iocbFsync  = 2
	iocbFdsync = 3
	iocbNoop   = 6
	iocbPreadv = 7
	iocbWritev = 8

	iocbFlagResfd  = 1
	iocbFlagIoprio = 2
)

// aioContext is one context. Its number is the address of a page of the program's, where libaio looks for a ring that
// it can read without a call; there is none.
type aioContext struct {
	slots  int
	events []ioEvent
	q      kern.SleepQ
	gone   bool
}

// iocb is struct iocb; of the key and the flags the key comes first where bytes do.
type iocb struct {
	Data            uint64
	Key, RwFlags    uint32
	Opcode          uint16
	Reqprio         int16
	Fd              uint32
	Buf, Nbytes     uint64
	Offset          int64
	Reserved        uint64
	Flags, Resultfd uint32
}

type ioEvent struct {
	Data, Obj uint64
	Res, Res2 int64
}

func sysIoSetup(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	nr := uint32(a[0])
	old, err := l.CopyinWord(a[1])
	d := procdata(l.Proc)
	total := uint64(nr)
	for _, c := range d.aio {
		total += uint64(c.slots)
	}
	switch {
	case err != abi.OK:
		return ret(err)
	case old != 0 || nr == 0 || nr > 0x10000000/32:
		return ret(abi.EINVAL)
	case total > aioMaxNr:
		return ret(abi.EAGAIN)
	}
	va, err := l.Proc.VM.Map(mem.MapArgs{Len: mem.PageSize, Prot: mem.ProtRead | mem.ProtWrite})
	if err != abi.OK {
		return ret(abi.ENOMEM)
	}
	if err := l.CopyoutStruct(a[1], abi.Ptr(va)); err != abi.OK {
		_ = l.Proc.VM.Unmap(va, mem.PageSize)
		return ret(err)
	}
	if d.aio == nil {
		d.aio = map[uint64]*aioContext{}
	}
	d.aio[va] = &aioContext{slots: max(int(nr), aioSlots)}
	return ret(abi.OK)
}

func sysIoDestroy(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	d := procdata(l.Proc)
	c := d.aio[a[0]]
	if c == nil {
		return ret(abi.EINVAL)
	}
	delete(d.aio, a[0])
	c.gone = true
	c.q.WakeAll()
	_ = l.Proc.VM.Unmap(a[0], mem.PageSize)
	return ret(abi.OK)
}

// sysIoSubmit is io_submit(ctx, nr, iocbs): how many were taken, or the error of the first.
func sysIoSubmit(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	c := procdata(l.Proc).aio[a[0]]
	nr := int64(a[1])
	if l.Model().PtrSize == 4 {
		nr = int64(int32(a[1]))
	}
	if c == nil || nr < 0 {
		return ret(abi.EINVAL)
	}
	for i := range nr {
		err := abi.EAGAIN
		if len(c.events) < c.slots {
			err = c.submit(l, a[2]+uint64(i)*uint64(l.Model().PtrSize))
		}
		if err != abi.OK {
			if i == 0 {
				return ret(err)
			}
			return retInt(i)
		}
	}
	return retInt(nr)
}

// submit does the operation that the pointer at va leads to. Errors: EFAULT, EINVAL, EBADF.
func (c *aioContext) submit(l *kern.LWP, va uint64) abi.Errno {
	at, err := l.CopyinWord(va)
	if err != abi.OK {
		return err
	}
	var cb iocb
	if err := l.CopyinStruct(at, &cb); err != abi.OK {
		return err
	}
	if l.Model().BigEndian {
		cb.Key, cb.RwFlags = cb.RwFlags, cb.Key
	}
	switch {
	case cb.Reserved != 0, int64(cb.Nbytes) < 0:
		return abi.EINVAL
	}
	f, err := l.Getfile(int32(cb.Fd))
	if err != abi.OK {
		return err
	}
	defer f.Done(l)
	var event *kern.File
	if cb.Flags&iocbFlagResfd != 0 {
		if event, err = l.Getfile(int32(cb.Resultfd)); err != abi.OK {
			return err
		}
		defer event.Done(l)
		if event.Ops.Type() != "eventfd" {
			return abi.EINVAL
		}
	}
	if err := l.CopyoutInt32(at+8, 0); err != abi.OK { // the key
		return abi.EFAULT
	}
	n, err, now := cb.do(l, f)
	if err != abi.OK && now {
		return err
	}
	e := ioEvent{Data: cb.Data, Obj: at, Res: n}
	if err != abi.OK {
		e.Res = -int64(machineOf(l).errnoOut(err))
	}
	c.events = append(c.events, e)
	c.q.WakeAll()
	if event != nil {
		kern.EventfdSignal(event, 1)
	}
	return abi.OK
}

// do makes the operation. now says that an error is io_submit's, not the event's.
func (cb *iocb) do(l *kern.LWP, f *kern.File) (n int64, err abi.Errno, now bool) {
	write := false
	switch cb.Opcode {
	case iocbPwrite, iocbWritev:
		write = true
	case iocbPread, iocbPreadv:
	case iocbFsync, iocbFdsync:
		if cb.Buf != 0 || cb.Nbytes != 0 || cb.Offset != 0 || cb.RwFlags != 0 {
			return 0, abi.EINVAL, true
		}
		_, err = sysFsync(l, &kern.Args{uint64(cb.Fd)})
		return 0, err, err == abi.EINVAL
	default:
		return 0, abi.EINVAL, true
	}
	mode := int32(abi.FREAD)
	if write {
		mode = abi.FWRITE
	}
	switch {
	case f.Flag&mode == 0:
		return 0, abi.EBADF, true
	case cb.RwFlags&^(rwfHipri|rwfDsync|rwfSync|rwfNowait|rwfAppend) != 0:
		return 0, abi.EOPNOTSUPP, true
	}
	iov := []abi.Iovec{{Base: abi.Ptr(cb.Buf), Len: abi.Size(min(cb.Nbytes, maxMove))}}
	if cb.Opcode == iocbPreadv || cb.Opcode == iocbWritev {
		if iov, err = iovecsAt(l, cb.Buf, cb.Nbytes, maxMove); err != abi.OK {
			return 0, err, true
		}
	}
	off := cb.Offset
	if _, err := f.Ops.Seek(l, f, 0, abi.SEEK_CUR); err != abi.OK {
		off = -1
	} else if off < 0 {
		return 0, abi.EINVAL, true
	}
	if cb.RwFlags&rwfNowait != 0 && !f.Nonblock() {
		f.Flag |= abi.O_NONBLOCK
		defer func() { f.Flag &^= abi.O_NONBLOCK }()
	}
	n, err = cb.move(l, f, iov, off, write)
	if err == abi.OK && write && cb.RwFlags&(rwfDsync|rwfSync) != 0 {
		_, _ = sysFsync(l, &kern.Args{uint64(cb.Fd)})
	}
	return n, err, false
}

// move reads or writes what iov names, from the offset off on, or where the file is if that is negative.
func (cb *iocb) move(l *kern.LWP, f *kern.File, iov []abi.Iovec, off int64, write bool) (done int64, err abi.Errno) {
	for _, v := range iov {
		for at := uint64(0); at < uint64(v.Len); {
			b := make([]byte, min(uint64(v.Len)-at, 64<<10))
			if write {
				if err := l.Copyin(b, uint64(v.Base)+at); err != abi.OK {
					return done, firstOnly(done, err)
				}
			}
			pos := off
			if pos >= 0 {
				pos += done
			}
			n, err := transfer(l, f, b, pos, write)
			if n == 0 {
				return done, firstOnly(done, err)
			}
			if !write {
				if err := l.Copyout(b[:n], uint64(v.Base)+at); err != abi.OK {
					return done, firstOnly(done, err)
				}
			}
			done += int64(n)
			if at += uint64(n); n < len(b) {
				return done, abi.OK
			}
		}
	}
	return done, abi.OK
}

// firstOnly is the error of an operation that has moved bytes already: none.
func firstOnly(done int64, err abi.Errno) abi.Errno {
	if done > 0 {
		return abi.OK
	}
	return err
}

// sysIoCancel finds nothing that could still be cancelled.
func sysIoCancel(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	if _, err := l.CopyinInt32(a[1] + 8); err != abi.OK {
		return ret(err)
	}
	return ret(abi.EINVAL)
}

func sysIoGetevents(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	if a[4] == 0 {
		return ioEvents(l, a, timeout{}, nil)
	}
	var ts abi.Timespec
	if err := l.CopyinStruct(a[4], &ts); err != abi.OK {
		return ret(err)
	}
	if ts.Sec < 0 {
		return ioEvents(l, a, timeout{}, nil) // the time is not looked at, and this never comes
	}
	return ioEvents(l, a, timeoutIn(l, ts.Duration()), nil)
}

// sysIoPgetevents has a mask of signals more, at the last argument with its size.
func sysIoPgetevents(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	to, err := timeoutAt(l, a[4])
	if err != abi.OK {
		return ret(err)
	}
	var mask *abi.Sigset
	if a[5] != 0 {
		var s struct {
			Mask abi.Ptr
			Size abi.Size
		}
		if err := l.CopyinStruct(a[5], &s); err != abi.OK {
			return ret(err)
		}
		if mask, err = maskAt(l, uint64(s.Mask), uint64(s.Size)); err != abi.OK {
			return ret(err)
		}
	}
	return ioEvents(l, a, to, mask)
}

// ioEvents waits for min events and returns up to nr. What was got before a signal or the end of the time counts.
func ioEvents(l *kern.LWP, a *kern.Args, to timeout, mask *abi.Sigset) (kern.Retval, abi.Errno) {
	c := procdata(l.Proc).aio[a[0]]
	atLeast, nr := int64(a[1]), int64(a[2])
	if l.Model().PtrSize == 4 {
		atLeast, nr = int64(int32(a[1])), int64(int32(a[2]))
	}
	if c == nil || atLeast < 0 || nr < 0 || atLeast > nr {
		return ret(abi.EINVAL)
	}
	if mask != nil {
		l.TempSigmask(*mask)
	}
	got := int64(0)
	size := uint64(l.Model().Sizeof(&ioEvent{}))
	for {
		for got < nr && len(c.events) > 0 {
			if err := l.CopyoutStruct(a[3]+uint64(got)*size, &c.events[0]); err != abi.OK {
				if got > 0 {
					return retInt(got)
				}
				return ret(err)
			}
			c.events = c.events[1:]
			got++
		}
		if got >= atLeast || to.poll {
			return retInt(got)
		}
		err := l.SleepUnlessStopped(&c.q, "aio", to.deadline)
		switch {
		case c.gone:
			return ret(abi.EINVAL)
		case err == abi.EWOULDBLOCK || err != abi.OK && got > 0:
			return retInt(got)
		case err != abi.OK:
			return ret(abi.EINTR)
		}
	}
}
