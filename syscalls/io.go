package syscalls

import (
	"nbemu/abi"
	"nbemu/kern"
	"nbemu/vfs"
)

// Reading and writing: read(2), write(2), lseek(2) and their kin (sys_generic.c).

// fileIO moves a transfer through f. A sleep that a signal ends, or would have to begin, after some bytes is
// a short count; a write to where nobody reads sends SIGPIPE.
func fileIO(l *kern.LWP, fd int32, f *kern.File, u *kern.Uio) (kern.Retval, abi.Errno) {
	want := u.Resid
	k := u.Ktrace(fd)
	var err abi.Errno
	if u.Write {
		err = f.Ops.Write(l, f, u)
	} else {
		err = f.Ops.Read(l, f, u)
	}
	if err != abi.OK {
		if u.Resid != want && (err == abi.ERESTART || err == abi.EINTR || err == abi.EWOULDBLOCK ||
			err == abi.EFAULT && l.Proc.Emul != nil && l.Proc.Emul.ShortFaults) {
			err = abi.OK
		}
		if err == abi.EPIPE && u.Write && f.Flag&abi.O_NOSIGPIPE == 0 {
			l.Psignal(abi.SIGPIPE)
		}
		if err == abi.EPASSTHROUGH {
			err = abi.EINVAL
		}
		if err != abi.OK {
			return kern.Retval{}, err
		}
	}
	k.Done(u, want-u.Resid)
	return kern.Retval{R0: want - u.Resid}, abi.OK
}

// rw is read, write, pread and pwrite; pos is nil where the file's own offset counts.
func rw(l *kern.LWP, fd int32, buf, n uint64, write bool, pos *int64) (kern.Retval, abi.Errno) {
	f, err := l.GetfileFor(fd, rwMode(write))
	if err != abi.OK {
		return kern.Retval{}, err
	}
	defer f.Done(l)
	u := kern.NewUio(l, write)
	defer u.Free()
	if err := setPos(l, f, u, pos); err != abi.OK {
		return kern.Retval{}, err
	}
	if err := u.Add(buf, n); err != abi.OK {
		return kern.Retval{}, err
	}
	return fileIO(l, fd, f, u)
}

func rwMode(write bool) int32 {
	if write {
		return abi.FWRITE
	}
	return abi.FREAD
}

// setPos: devices are asked whatever the offset is, and FIFOs have none.
func setPos(l *kern.LWP, f *kern.File, u *kern.Uio, pos *int64) abi.Errno {
	if pos == nil {
		return abi.OK
	}
	if f.Ops.Type() != "vnode" || !l.Proc.Emul.Inodes && vfs.IsFifo(f) {
		return abi.ESPIPE
	}
	if *pos < 0 && (l.Proc.Emul.Inodes || !vfs.IsDevice(f)) {
		return abi.EINVAL
	}
	u.Positional, u.Offset = true, *pos
	return abi.OK
}

// rwv is rw with a vector of buffers.
func rwv(l *kern.LWP, fd int32, iov, n uint64, write bool, pos *int64) (kern.Retval, abi.Errno) {
	wide := l.Proc.Emul.Kernel64
	if int32(n) == 0 && !wide {
		return kern.Retval{}, abi.EINVAL // before the descriptor; netbsd32's own code has it after
	}
	f, err := l.GetfileFor(fd, rwMode(write))
	if err != abi.OK {
		return kern.Retval{}, err
	}
	defer f.Done(l)
	u := kern.NewUio(l, write)
	defer u.Free()
	if err := setPos(l, f, u, pos); err != abi.OK {
		return kern.Retval{}, err
	}
	if int32(n) <= 0 {
		return kern.Retval{}, abi.EINVAL
	}
	if err := u.AddIovecs(iov, uint64(uint32(n))); err != abi.OK {
		return kern.Retval{}, err
	}
	return fileIO(l, fd, f, u)
}

func sysRead(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return rw(l, int32(a[0]), a[1], a[2], false, nil)
}

func sysWrite(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return rw(l, int32(a[0]), a[1], a[2], true, nil)
}

func sysPread(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	pos := int64(a[4])
	return rw(l, int32(a[0]), a[1], a[2], false, &pos)
}

func sysPwrite(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	pos := int64(a[4])
	return rw(l, int32(a[0]), a[1], a[2], true, &pos)
}

func sysReadv(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return rwv(l, int32(a[0]), a[1], a[2], false, nil)
}

func sysWritev(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return rwv(l, int32(a[0]), a[1], a[2], true, nil)
}

func sysPreadv(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	pos := int64(a[4])
	return rwv(l, int32(a[0]), a[1], a[2], false, &pos)
}

func sysPwritev(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	pos := int64(a[4])
	return rwv(l, int32(a[0]), a[1], a[2], true, &pos)
}

func lseek(l *kern.LWP, fd int32, off int64, whence int32) (kern.Retval, abi.Errno) {
	f, err := l.Getfile(fd)
	if err != abi.OK {
		return kern.Retval{}, err
	}
	defer f.Done(l)
	if !l.Proc.Emul.Inodes && vfs.IsFifo(f) {
		return kern.Retval{}, abi.ESPIPE // before whence is looked at
	}
	n, err := f.Ops.Seek(l, f, off, whence)
	return kern.Retval{R0: uint64(n)}, err
}

func sysLseek(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return lseek(l, int32(a[0]), int64(a[2]), int32(a[3]))
}

func sysCompat43Lseek(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return lseek(l, int32(a[0]), int64(a[1]), int32(a[2]))
}
