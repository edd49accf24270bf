package syscalls

import (
	"strings"

	"nbemu/abi"
	"nbemu/kern"
	"nbemu/vfs"
)

// Files by path: open(2), stat(2), chmod(2) and so on (vfs_syscalls.c). The calls that take a directory are
// in vnodeat.go; those here start at the working directory.

func copyinPath(l *kern.LWP, va uint64) (string, abi.Errno) { return l.CopyinStr(va, l.PathMax()) }

// withPath calls f with the path at va.
func withPath(l *kern.LWP, va uint64, f func(path string) abi.Errno) (kern.Retval, abi.Errno) {
	p, err := copyinPath(l, va)
	if err != abi.OK {
		return kern.Retval{}, err
	}
	return kern.Retval{}, f(p)
}

// withFile calls f with the open file of a descriptor.
func withFile(l *kern.LWP, fd int32, f func(f *kern.File) abi.Errno) (kern.Retval, abi.Errno) {
	fp, err := l.GetfileAny(fd)
	if err != abi.OK {
		return kern.Retval{}, err
	}
	defer fp.Done(l)
	return kern.Retval{}, f(fp)
}

// isVnode reports whether f is a file of a file system (DTYPE_VNODE): on Linux whatever is open is.
func isVnode(l *kern.LWP, f *kern.File) bool { return f.Ops.Type() == "vnode" || l.Proc.Emul.Inodes }

// withVnode is withFile for the calls that want a file of a file system (fd_getvnode). Error: EINVAL for what is none.
func withVnode(l *kern.LWP, fd int32, f func(f *kern.File) abi.Errno) (kern.Retval, abi.Errno) {
	return withFile(l, fd, func(fp *kern.File) abi.Errno {
		if !isVnode(l, fp) {
			return abi.EINVAL
		}
		return f(fp)
	})
}

// withPathAt is withPath for a path that a descriptor goes with. Whether that is of a directory is found out on the way.
// Errors: EBADF; EINVAL for one that is no file of a file system. Neither of an absolute path, which has no use for it.
func withPathAt(l *kern.LWP, fd int32, va uint64, f func(path string) abi.Errno) (kern.Retval, abi.Errno) {
	return withPath(l, va, func(p string) abi.Errno {
		if err := startFd(l, fd, p); err != abi.OK {
			return err
		}
		return f(p)
	})
}

// startFd is what withPathAt finds out about the descriptor.
func startFd(l *kern.LWP, fd int32, path string) abi.Errno {
	if fd == abi.AT_FDCWD || strings.HasPrefix(path, "/") || l.Proc.Emul.Inodes {
		return abi.OK
	}
	switch f := l.Proc.Fd.Get(fd); {
	case f == nil:
		return abi.EBADF
	case !isVnode(l, f):
		return abi.EINVAL
	}
	return abi.OK
}

func open(l *kern.LWP, atfd int32, pathVA uint64, oflags int32, mode uint32) (kern.Retval, abi.Errno) {
	p, err := copyinPath(l, pathVA)
	if err == abi.OK {
		err = startFd(l, atfd, p)
	}
	if err != abi.OK {
		return kern.Retval{}, err
	}
	// A file must not be created or truncated and then have no descriptor.
	if err := l.Proc.FdRoom(); err != abi.OK {
		return kern.Retval{}, err
	}
	f, err := vfs.OpenFile(l, atfd, p, oflags, mode)
	if err != abi.OK && !l.Proc.Emul.Inodes {
		f, err = openAgain(l, atfd, p, oflags, mode, err)
	}
	if err != abi.OK {
		return kern.Retval{}, err
	}
	if f.Flag&abi.O_NOSIGPIPE == 0 {
		f.Flag |= oflags & abi.O_NOSIGPIPE
	}
	return retFd(l.Install(f, oflags&abi.O_CLOEXEC != 0))
}

func sysOpen(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return open(l, abi.AT_FDCWD, a[0], int32(a[1]), uint32(a[2]))
}

func sysCompat43Creat(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return open(l, abi.AT_FDCWD, a[0], abi.O_WRONLY|abi.O_CREAT|abi.O_TRUNC, uint32(a[1]))
}

// statVers makes an older structure of a struct stat; nil is today's.
type statVers func(st *abi.Stat) any

func putStat(l *kern.LWP, st *abi.Stat, vers statVers, va uint64) abi.Errno {
	st.Gid = vfs.GroupShown(l, st)
	if vers == nil {
		return l.CopyoutStruct(va, st)
	}
	return l.CopyoutStruct(va, vers(st))
}

func stat(l *kern.LWP, atfd int32, pathVA, va uint64, followLink bool, vers statVers) (kern.Retval, abi.Errno) {
	return withPathAt(l, atfd, pathVA, func(p string) abi.Errno {
		var st abi.Stat
		if err := vfs.Stat(l, atfd, p, followLink, &st); err != abi.OK {
			return err
		}
		return putStat(l, &st, vers, va)
	})
}

func fstat(l *kern.LWP, fd int32, va uint64, vers statVers) (kern.Retval, abi.Errno) {
	return withFile(l, fd, func(f *kern.File) abi.Errno {
		var st abi.Stat
		if err := f.Ops.Stat(l, f, &st); err != abi.OK {
			return err
		}
		if !l.Proc.Emul.Inodes {
			bare(f, &st)
		}
		return putStat(l, &st, vers, va)
	})
}

// bare takes from a description what NetBSD does not keep of pipes and sockets, which are in no directory (pipe_stat,
// soo_stat). What a pipe holds is told at its reading end.
func bare(f *kern.File, st *abi.Stat) {
	switch f.Ops.Type() {
	case "pipe":
		st.Nlink = 0
		if f.Flag&abi.FREAD == 0 {
			st.Size, st.Blocks = 0, 0
		}
	case "socket":
		st.Nlink = 0
		st.Mode &= abi.S_IFMT
	}
}

func sysStat50(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return stat(l, abi.AT_FDCWD, a[0], a[1], true, nil)
}

func sysLstat50(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return stat(l, abi.AT_FDCWD, a[0], a[1], false, nil)
}

func sysFstat50(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return fstat(l, int32(a[0]), a[1], nil)
}

func sysAccess(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	if int32(a[1])&^(abi.R_OK|abi.W_OK|abi.X_OK) != 0 {
		return kern.Retval{}, abi.EINVAL // before the name is looked at
	}
	return withPath(l, a[0], func(p string) abi.Errno {
		return vfs.AccessAt(l, abi.AT_FDCWD, p, int32(a[1]), false, true)
	})
}

func sysChmod(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return withPath(l, a[0], func(p string) abi.Errno { return vfs.Chmod(l, abi.AT_FDCWD, p, uint32(a[1]), true) })
}

func sysLchmod(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return withPath(l, a[0], func(p string) abi.Errno { return vfs.Chmod(l, abi.AT_FDCWD, p, uint32(a[1]), false) })
}

func sysFchmod(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return withFile(l, int32(a[0]), func(f *kern.File) abi.Errno { return vfs.Fchmod(l, f, uint32(a[1])) })
}

func chown(l *kern.LWP, a *kern.Args, followLink bool) (kern.Retval, abi.Errno) {
	return withPath(l, a[0], func(p string) abi.Errno {
		return vfs.Chown(l, abi.AT_FDCWD, p, uint32(a[1]), uint32(a[2]), followLink)
	})
}

func sysChown(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno)       { return chown(l, a, true) }
func sysLchown(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno)      { return chown(l, a, false) }
func sysPosixChown(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno)  { return chown(l, a, true) }
func sysPosixLchown(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) { return chown(l, a, false) }

func sysFchown(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return withFile(l, int32(a[0]), func(f *kern.File) abi.Errno { return vfs.Fchown(l, f, uint32(a[1]), uint32(a[2])) })
}

func sysPosixFchown(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) { return sysFchown(l, a) }

func sysChflags(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return withPath(l, a[0], func(p string) abi.Errno { return vfs.Chflags(l, abi.AT_FDCWD, p, uint32(a[1]), true) })
}

func sysLchflags(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return withPath(l, a[0], func(p string) abi.Errno { return vfs.Chflags(l, abi.AT_FDCWD, p, uint32(a[1]), false) })
}

func sysFchflags(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return withVnode(l, int32(a[0]), func(f *kern.File) abi.Errno { return vfs.Fchflags(l, f, uint32(a[1])) })
}

func link(l *kern.LWP, fd1 int32, p1 uint64, fd2 int32, p2 uint64, followLink bool) (kern.Retval, abi.Errno) {
	return withPathAt(l, fd1, p1, func(from string) abi.Errno {
		to, err := copyinPath(l, p2)
		if err == abi.OK {
			err = startFd(l, fd2, to)
		}
		if err != abi.OK {
			return err
		}
		return linkError(l, fd1, from, followLink, vfs.Link(l, fd1, from, fd2, to, followLink))
	})
}

// sysLink follows a link as first name, as NetBSD's does.
func sysLink(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return link(l, abi.AT_FDCWD, a[0], abi.AT_FDCWD, a[1], true)
}

func symlink(l *kern.LWP, target uint64, fd int32, path uint64) (kern.Retval, abi.Errno) {
	return withPath(l, target, func(t string) abi.Errno {
		p, err := copyinPath(l, path)
		if err == abi.OK {
			err = startFd(l, fd, p)
		}
		if err != abi.OK {
			return err
		}
		return vfs.Symlink(l, t, fd, p)
	})
}

func sysSymlink(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return symlink(l, a[0], abi.AT_FDCWD, a[1])
}

func rename(l *kern.LWP, fd1 int32, p1 uint64, fd2 int32, p2 uint64, posix bool) (kern.Retval, abi.Errno) {
	return withPathAt(l, fd1, p1, func(from string) abi.Errno {
		to, err := copyinPath(l, p2)
		if err == abi.OK {
			err = startFd(l, fd2, to)
		}
		if err != abi.OK {
			return err
		}
		err = vfs.Rename(l, fd1, from, fd2, to, posix)
		if err != abi.OK && !l.Proc.Emul.Inodes {
			err = renameError(l, fd1, from, fd2, to, err)
		}
		return err
	})
}

func sysRename(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return rename(l, abi.AT_FDCWD, a[0], abi.AT_FDCWD, a[1], false)
}

func sysPosixRename(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return rename(l, abi.AT_FDCWD, a[0], abi.AT_FDCWD, a[1], true)
}

func sysUnlink(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return withPath(l, a[0], func(p string) abi.Errno { return unlink(l, abi.AT_FDCWD, p, false) })
}

func sysUndelete(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return withPath(l, a[0], func(p string) abi.Errno { return vfs.Undelete(l, p) })
}

func sysRmdir(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return withPath(l, a[0], func(p string) abi.Errno { return unlink(l, abi.AT_FDCWD, p, true) })
}

func sysMkdir(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return withPath(l, a[0], func(p string) abi.Errno { return vfs.Mkdir(l, abi.AT_FDCWD, p, uint32(a[1])) })
}

func mknod(l *kern.LWP, fd int32, path uint64, mode uint32, dev uint64) (kern.Retval, abi.Errno) {
	return withPathAt(l, fd, path, func(p string) abi.Errno {
		return mknodError(l, fd, p, mode, vfs.Mknod(l, fd, p, mode, dev))
	})
}

func sysMkfifo(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return mknod(l, abi.AT_FDCWD, a[0], abi.S_IFIFO|uint32(a[1])&abi.ALLPERMS, 0)
}

// mayMknod is what NetBSD asks before it looks at the name: only root makes nodes, whatever they are (KAUTH_SYSTEM_MKNOD).
// FIFOs have a call of their own.
func mayMknod(l *kern.LWP) abi.Errno {
	if !l.Proc.Cred.IsRoot() {
		return abi.EPERM
	}
	return abi.OK
}

func sysMknod50(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	if err := mayMknod(l); err != abi.OK {
		return kern.Retval{}, err
	}
	return mknod(l, abi.AT_FDCWD, a[0], uint32(a[1]), a[2])
}

func sysCompat50Mknod(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	if err := mayMknod(l); err != abi.OK {
		return kern.Retval{}, err
	}
	return mknod(l, abi.AT_FDCWD, a[0], uint32(a[1]), uint64(uint32(a[2])))
}

func readlink(l *kern.LWP, fd int32, path, buf, n uint64) (kern.Retval, abi.Errno) {
	p, err := copyinPath(l, path)
	if err == abi.OK {
		err = startFd(l, fd, p)
	}
	if err != abi.OK {
		return kern.Retval{}, err
	}
	room := n
	if n == 0 && !l.Proc.Emul.Inodes {
		room = 1 // the link is looked at, and nothing told
	}
	s, err := vfs.Readlink(l, fd, p, int(min(room, abi.PATH_MAX*4)))
	if err != abi.OK {
		return kern.Retval{}, err
	}
	s = s[:min(uint64(len(s)), n)]
	return kern.Retval{R0: uint64(len(s))}, l.Copyout([]byte(s), buf)
}

func sysReadlink(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return readlink(l, abi.AT_FDCWD, a[0], a[1], a[2])
}

func sysTruncate(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return withPath(l, a[0], func(p string) abi.Errno { return truncate(l, p, int64(a[2])) })
}

// ftruncate is ftruncate(2). What is neither a file nor a directory has no length to change, and nothing happens.
func ftruncate(l *kern.LWP, fd int32, length int64) (kern.Retval, abi.Errno) {
	if length < 0 {
		return kern.Retval{}, abi.EINVAL
	}
	return withVnode(l, fd, func(f *kern.File) abi.Errno {
		var st abi.Stat
		if !l.Proc.Emul.Inodes && f.Flag&abi.FWRITE != 0 && f.Ops.Stat(l, f, &st) == abi.OK && st.Mode&abi.S_IFMT != abi.S_IFREG && st.Mode&abi.S_IFMT != abi.S_IFDIR {
			return abi.OK
		}
		return vfs.Ftruncate(l, f, length)
	})
}

func sysFtruncate(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return ftruncate(l, int32(a[0]), int64(a[2]))
}

func sysCompat43Truncate(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return withPath(l, a[0], func(p string) abi.Errno { return truncate(l, p, int64(a[1])) })
}

func sysCompat43Ftruncate(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return ftruncate(l, int32(a[0]), int64(a[1]))
}

func sysFsync(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return withVnode(l, int32(a[0]), func(f *kern.File) abi.Errno { return vfs.Fsync(l, f, false) })
}

func sysFdatasync(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return withVnode(l, int32(a[0]), func(f *kern.File) abi.Errno {
		if f.Flag&abi.FWRITE == 0 {
			return abi.EBADF
		}
		return vfs.Fsync(l, f, true)
	})
}

func sysFsyncRange(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return withVnode(l, int32(a[0]), func(f *kern.File) abi.Errno {
		how, start, length := int32(a[1]), int64(a[2]), int64(a[3])
		if f.Flag&abi.FWRITE == 0 {
			return abi.EBADF
		}
		if mode := how & (abi.FDATASYNC | abi.FFILESYNC); mode == 0 || mode == abi.FDATASYNC|abi.FFILESYNC {
			return abi.EINVAL
		}
		if start < 0 || length < 0 || start > 1<<63-1-length {
			return abi.EINVAL
		}
		return vfs.Fsync(l, f, how&abi.FDATASYNC != 0)
	})
}

func sysSync(l *kern.LWP, _ *kern.Args) (kern.Retval, abi.Errno) {
	vfs.Sync(l)
	return kern.Retval{}, abi.OK
}

func sysUmask(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	cw := l.Proc.Cwdi
	old := cw.Umask
	cw.Umask = uint32(a[0]) & abi.ALLPERMS
	return kern.Retval{R0: uint64(old)}, abi.OK
}

func sysChdir(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return withPath(l, a[0], func(p string) abi.Errno { return vfs.Chdir(l, p) })
}

func sysFchdir(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return withVnode(l, int32(a[0]), func(*kern.File) abi.Errno { return vfs.Fchdir(l, int32(a[0])) })
}

func sysChroot(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return withPath(l, a[0], func(p string) abi.Errno { return vfs.Chroot(l, p) })
}

func sysFchroot(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return kern.Retval{}, vfs.Fchroot(l, int32(a[0]))
}

// sysGetcwd returns the length with the NUL. Errors: ERANGE for a buffer too small, ENOENT.
func sysGetcwd(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	p, err := vfs.Getcwd(l)
	if err == abi.ENAMETOOLONG {
		err = abi.ERANGE
	}
	if err != abi.OK {
		return kern.Retval{}, err
	}
	b := append([]byte(p), 0)
	if uint64(len(b)) > a[1] {
		return kern.Retval{}, abi.ERANGE
	}
	return kern.Retval{R0: uint64(len(b))}, l.Copyout(b, a[0])
}

func sysRevoke(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return withPath(l, a[0], func(p string) abi.Errno { return vfs.Revoke(l, p) })
}
