package syscalls

import (
	"nbemu/abi"
	"nbemu/kern"
	"nbemu/vfs"
)

// Descriptors: dup(2), fcntl(2), close(2), flock(2) (sys_descrip.c).

func retFd(fd int32, err abi.Errno) (kern.Retval, abi.Errno) {
	if err != abi.OK {
		return kern.Retval{}, err
	}
	return kern.Retval{R0: uint64(fd)}, abi.OK
}

func sysClose(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return kern.Retval{}, l.Proc.Fd.Close(l, int32(a[0]))
}

func sysDup(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return retFd(l.Dup(int32(a[0]), 0, false))
}

// dup3 is dup2 and dup3. same is whether from == to is allowed, in which case only the flags are set.
func dup3(l *kern.LWP, from, to int32, flags int32) (kern.Retval, abi.Errno) {
	f := l.Proc.Fd.Get(from)
	if f == nil {
		return kern.Retval{}, abi.EBADF
	}
	if flags&^(abi.O_CLOEXEC|abi.O_NONBLOCK|abi.O_NOSIGPIPE) != 0 {
		return kern.Retval{}, abi.EINVAL
	}
	if from != to {
		if err := l.Dup2(from, to, flags&abi.O_CLOEXEC != 0); err != abi.OK {
			return kern.Retval{}, err
		}
	} else if flags != 0 {
		l.Proc.Fd.SetCloexec(from, flags&abi.O_CLOEXEC != 0)
	}
	if add := flags & (abi.O_NONBLOCK | abi.O_NOSIGPIPE); add != 0 {
		f.Flag |= add
	}
	return kern.Retval{R0: uint64(to)}, abi.OK
}

func sysDup2(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return dup3(l, int32(a[0]), int32(a[1]), 0)
}

func sysCompat100Dup3(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return dup3(l, int32(a[0]), int32(a[1]), int32(a[2]))
}

// sysDup3100 is today's dup3, which refuses to copy a descriptor to itself.
func sysDup3100(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	if int32(a[0]) == int32(a[1]) {
		return kern.Retval{}, abi.EINVAL
	}
	return dup3(l, int32(a[0]), int32(a[1]), int32(a[2]))
}

func sysFcntl(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	fd, cmd, arg := int32(a[0]), int32(a[1]), a[2]
	fdt := l.Proc.Fd
	switch cmd {
	case abi.F_CLOSEM:
		if fd < 0 {
			return kern.Retval{}, abi.EBADF
		}
		fdt.CloseFrom(l, fd)
		return kern.Retval{}, abi.OK
	case abi.F_MAXFD:
		return kern.Retval{R0: uint64(int64(fdt.Last()))}, abi.OK
	}
	f, err := l.GetfileAny(fd)
	if err != abi.OK {
		return kern.Retval{}, err
	}
	defer f.Done(l)
	switch cmd {
	case abi.F_DUPFD, abi.F_DUPFD_CLOEXEC:
		return retFd(l.Dup(fd, int32(arg), cmd == abi.F_DUPFD_CLOEXEC))
	case abi.F_GETFD:
		return kern.Retval{R0: b2u(fdt.Cloexec(fd))}, abi.OK
	case abi.F_SETFD:
		fdt.SetCloexec(fd, arg&abi.FD_CLOEXEC != 0)
		return kern.Retval{}, abi.OK
	case abi.F_GETNOSIGPIPE:
		return kern.Retval{R0: b2u(f.Flag&abi.O_NOSIGPIPE != 0)}, abi.OK
	case abi.F_SETNOSIGPIPE:
		f.Flag &^= abi.O_NOSIGPIPE
		if arg != 0 {
			f.Flag |= abi.O_NOSIGPIPE
		}
		return kern.Retval{}, abi.OK
	case abi.F_GETFL:
		return kern.Retval{R0: uint64(abi.Oflags(f.Flag))}, abi.OK
	case abi.F_SETFL:
		return kern.Retval{}, setFlags(l, f, arg)
	case abi.F_GETOWN:
		return getOwner(l, f)
	case abi.F_SETOWN:
		if l.Proc.Emul.Inodes {
			return kern.Retval{}, f.SetOwner(l, int32(arg))
		}
		var id [4]byte
		l.Model().PutUint(id[:], 4, arg)
		return kern.Retval{}, request(l, f, abi.FIOSETOWN, id[:])
	case abi.F_SETLK, abi.F_SETLKW, abi.F_GETLK:
		return kern.Retval{}, recordLock(l, f, cmd, arg)
	case abi.F_GETPATH:
		if !isVnode(l, f) {
			return kern.Retval{}, abi.EOPNOTSUPP
		}
		p, err := vfs.FilePath(l, f)
		if err != abi.OK {
			return kern.Retval{}, err
		}
		if len(p)+1 > abi.PATH_MAX {
			return kern.Retval{}, abi.ERANGE
		}
		return kern.Retval{}, l.Copyout(append([]byte(p), 0), arg)
	}
	n, err := f.Ops.Fcntl(l, f, cmd, arg)
	return kern.Retval{R0: uint64(n)}, err
}

// setFlags is F_SETFL. The file is told of the flags, and then asked for what FIONBIO and FIOASYNC ask for; one that knows
// none of these keeps its flags.
func setFlags(l *kern.LWP, f *kern.File, arg uint64) abi.Errno {
	if f.Ops.Type() == "kqueue" && !l.Proc.Emul.Inodes {
		return abi.ENOTTY // kqueue_fcntl
	}
	old := f.Flag
	f.Flag = old&^abi.FCNTLFLAGS | abi.Fflags(int32(arg))&abi.FCNTLFLAGS
	_, err := f.Ops.Fcntl(l, f, abi.F_SETFL, arg)
	for _, ask := range []struct {
		flag int32
		cmd  uint32
	}{{abi.O_NONBLOCK, abi.FIONBIO}, {abi.O_ASYNC, abi.FIOASYNC}} {
		if err == abi.OK && (f.Flag^old)&ask.flag != 0 && !l.Proc.Emul.Inodes {
			var on [4]byte
			l.Model().PutUint(on[:], 4, uint64(f.Flag&ask.flag))
			err = request(l, f, ask.cmd, on[:])
		}
	}
	if err != abi.OK {
		f.Flag = old
		return err
	}
	if (f.Flag^old)&abi.O_ASYNC != 0 {
		f.SetAsync(f.Flag&abi.O_ASYNC != 0)
	}
	return abi.OK
}

func getOwner(l *kern.LWP, f *kern.File) (kern.Retval, abi.Errno) {
	if l.Proc.Emul.Inodes {
		return kern.Retval{R0: uint64(int64(f.GetOwner()))}, abi.OK
	}
	var id [4]byte
	if err := request(l, f, abi.FIOGETOWN, id[:]); err != abi.OK {
		return kern.Retval{}, err
	}
	return kern.Retval{R0: uint64(int64(int32(l.Model().Uint(id[:], 4))))}, abi.OK
}

func b2u(b bool) uint64 {
	if b {
		return 1
	}
	return 0
}

func recordLock(l *kern.LWP, f *kern.File, cmd int32, va uint64) abi.Errno {
	var fl abi.Flock
	if err := l.CopyinStruct(va, &fl); err != abi.OK {
		return err
	}
	switch cmd {
	case abi.F_SETLK:
		return vfs.SetLock(l, f, &fl, false)
	case abi.F_SETLKW:
		return vfs.SetLock(l, f, &fl, true)
	}
	if err := vfs.GetLock(l, f, &fl); err != abi.OK {
		return err
	}
	return l.CopyoutStruct(va, &fl)
}

func sysFlock(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	f, err := l.Getfile(int32(a[0]))
	if err != abi.OK {
		return kern.Retval{}, err
	}
	defer f.Done(l)
	return kern.Retval{}, vfs.Flock(l, f, int32(a[1]))
}
