package syscalls

import (
	"nbemu/abi"
	"nbemu/kern"
	"nbemu/vfs"
)

// The calls that take a directory to start from.

// atFollow reads AT_SYMLINK_NOFOLLOW. Error, on Linux: EINVAL for flags that are not in allowed; NetBSD does not look at them.
func atFollow(l *kern.LWP, flags uint64, allowed int32) (bool, abi.Errno) {
	if l.Proc.Emul.Inodes && int32(flags)&^allowed != 0 {
		return false, abi.EINVAL
	}
	return int32(flags)&abi.AT_SYMLINK_NOFOLLOW == 0, abi.OK
}

func sysOpenat(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return open(l, int32(a[0]), a[1], int32(a[2]), uint32(a[3]))
}

func sysFstatat(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	fl, err := atFollow(l, a[3], abi.AT_SYMLINK_NOFOLLOW)
	if err != abi.OK {
		return kern.Retval{}, err
	}
	return stat(l, int32(a[0]), a[1], a[2], fl, nil)
}

func sysFaccessat(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	fl, err := atFollow(l, a[3], abi.AT_SYMLINK_NOFOLLOW|abi.AT_EACCESS)
	if err != abi.OK {
		return kern.Retval{}, err
	}
	return withPathAt(l, int32(a[0]), a[1], func(p string) abi.Errno {
		return vfs.AccessAt(l, int32(a[0]), p, int32(a[2]), a[3]&abi.AT_EACCESS != 0, fl)
	})
}

func sysFchmodat(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	fl, err := atFollow(l, a[3], abi.AT_SYMLINK_NOFOLLOW)
	if err != abi.OK {
		return kern.Retval{}, err
	}
	return withPathAt(l, int32(a[0]), a[1], func(p string) abi.Errno { return vfs.Chmod(l, int32(a[0]), p, uint32(a[2]), fl) })
}

func sysFchownat(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	fl, err := atFollow(l, a[4], abi.AT_SYMLINK_NOFOLLOW)
	if err != abi.OK {
		return kern.Retval{}, err
	}
	return withPathAt(l, int32(a[0]), a[1], func(p string) abi.Errno {
		return vfs.Chown(l, int32(a[0]), p, uint32(a[2]), uint32(a[3]), fl)
	})
}

func sysLinkat(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	if l.Proc.Emul.Inodes && int32(a[4])&^abi.AT_SYMLINK_FOLLOW != 0 {
		return kern.Retval{}, abi.EINVAL
	}
	return link(l, int32(a[0]), a[1], int32(a[2]), a[3], a[4]&abi.AT_SYMLINK_FOLLOW != 0)
}

func sysRenameat(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return rename(l, int32(a[0]), a[1], int32(a[2]), a[3], true)
}

func sysMkdirat(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return withPathAt(l, int32(a[0]), a[1], func(p string) abi.Errno { return vfs.Mkdir(l, int32(a[0]), p, uint32(a[2])) })
}

func sysMkfifoat(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return mknod(l, int32(a[0]), a[1], abi.S_IFIFO|uint32(a[2])&abi.ALLPERMS, 0)
}

func sysMknodat(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	if err := mayMknod(l); err != abi.OK {
		return kern.Retval{}, err
	}
	return mknod(l, int32(a[0]), a[1], uint32(a[2]), a[4])
}

func sysSymlinkat(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return symlink(l, a[0], int32(a[1]), a[2])
}

func sysReadlinkat(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return readlink(l, int32(a[0]), a[1], a[2], a[3])
}

func sysUnlinkat(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	if l.Proc.Emul.Inodes && int32(a[2])&^abi.AT_REMOVEDIR != 0 {
		return kern.Retval{}, abi.EINVAL
	}
	return withPathAt(l, int32(a[0]), a[1], func(p string) abi.Errno {
		return unlink(l, int32(a[0]), p, a[2]&abi.AT_REMOVEDIR != 0)
	})
}

// fileTimes reads the two times at va, in the form of pair: a pointer to two struct timespec or timeval of some
// release. A null pointer means now.
func fileTimes(l *kern.LWP, va uint64, pair any) (ts [2]abi.Timespec, err abi.Errno) {
	if va == 0 {
		return [2]abi.Timespec{{Nsec: abi.UTIME_NOW}, {Nsec: abi.UTIME_NOW}}, abi.OK
	}
	if err := l.CopyinStruct(va, pair); err != abi.OK {
		return ts, err
	}
	switch p := pair.(type) {
	case *[2]abi.Timespec:
		return *p, abi.OK
	case *[2]abi.Timeval:
		for i, t := range p {
			if !t.Valid() {
				return ts, abi.EINVAL
			}
			ts[i] = t.Timespec()
		}
	case *[2]abi.Timeval50:
		for i, t := range p {
			if t.Usec < 0 || t.Usec >= 1e6 {
				return ts, abi.EINVAL
			}
			ts[i] = abi.Timespec{Sec: int64(int32(t.Sec)), Nsec: t.Usec * 1000}
		}
	}
	return ts, abi.OK
}

func utimes(l *kern.LWP, path, va uint64, pair any, followLink bool) (kern.Retval, abi.Errno) {
	return withPath(l, path, func(p string) abi.Errno {
		ts, err := fileTimes(l, va, pair)
		if err != abi.OK {
			return err
		}
		return vfs.Utimens(l, abi.AT_FDCWD, p, &ts, followLink)
	})
}

func futimes(l *kern.LWP, fd int32, va uint64, pair any) (kern.Retval, abi.Errno) {
	return withFile(l, fd, func(f *kern.File) abi.Errno {
		ts, err := fileTimes(l, va, pair)
		if err != abi.OK {
			return err
		}
		return vfs.Futimens(l, f, &ts)
	})
}

func sysUtimes50(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return utimes(l, a[0], a[1], new([2]abi.Timeval), true)
}

func sysLutimes50(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return utimes(l, a[0], a[1], new([2]abi.Timeval), false)
}

func sysFutimes50(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return futimes(l, int32(a[0]), a[1], new([2]abi.Timeval))
}

func sysCompat50Utimes(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return utimes(l, a[0], a[1], new([2]abi.Timeval50), true)
}

func sysCompat50Lutimes(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return utimes(l, a[0], a[1], new([2]abi.Timeval50), false)
}

func sysCompat50Futimes(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return futimes(l, int32(a[0]), a[1], new([2]abi.Timeval50))
}

func sysFutimens(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return futimes(l, int32(a[0]), a[1], new([2]abi.Timespec))
}

func sysUtimensat(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	fl, err := atFollow(l, a[3], abi.AT_SYMLINK_NOFOLLOW)
	if err != abi.OK {
		return kern.Retval{}, err
	}
	return withPathAt(l, int32(a[0]), a[1], func(p string) abi.Errno {
		ts, err := fileTimes(l, a[2], new([2]abi.Timespec))
		if err != abi.OK {
			return err
		}
		return vfs.Utimens(l, int32(a[0]), p, &ts, fl)
	})
}
