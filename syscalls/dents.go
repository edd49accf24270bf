package syscalls

import (
	"nbemu/abi"
	"nbemu/kern"
	"nbemu/vfs"
)

// Directories, file systems, advice: getdents(2), statvfs(2), pathconf(2), posix_fadvise(2).

// maxDents bounds the buffer of one getdents call; a program with a larger one calls again.
const maxDents = 1 << 16

type direntPacker = func(m *abi.Model, buf []byte, ino uint64, typ uint8, name []byte) int

// getdents fills the guest's buffer; before is the offset that the entries were read from.
func getdents(l *kern.LWP, fd int32, va, n uint64, pack direntPacker) (got int, before int64, err abi.Errno) {
	f, err := l.Getfile(fd)
	if err != abi.OK {
		return 0, 0, err
	}
	defer f.Done(l)
	if !isVnode(l, f) {
		return 0, 0, abi.EINVAL
	}
	var small [4096]byte
	buf := small[:min(n, uint64(len(small)))]
	if n > uint64(len(small)) {
		buf = make([]byte, min(n, maxDents))
	}
	got, before, err = vfs.Getdents(l, f, buf, pack)
	if err != abi.OK {
		return 0, 0, err
	}
	return got, before, l.Copyout(buf[:got], va)
}

func sysGetdents30(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	n, _, err := getdents(l, int32(a[0]), a[1], a[2], vfs.PackDirent)
	return kern.Retval{R0: uint64(n)}, err
}

func sysCompat30Getdents(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	n, _, err := getdents(l, int32(a[0]), a[1], a[2], vfs.PackDirent12)
	return kern.Retval{R0: uint64(n)}, err
}

func sysCompat12Getdirentries(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	n, before, err := getdents(l, int32(a[0]), a[1], uint64(uint32(a[2])), vfs.PackDirent12)
	if err == abi.OK {
		err = l.CopyoutStruct(a[3], abi.Long(before))
	}
	return kern.Retval{R0: uint64(n)}, err
}

// sysCompat43Getdirentries is getdirentries of 4.3BSD, whose entries have no type.
func sysCompat43Getdirentries(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	n, before, err := getdents(l, int32(a[0]), a[1], uint64(uint32(a[2])), vfs.PackDirent43)
	if err == abi.OK {
		err = l.CopyoutStruct(a[3], abi.Long(before))
	}
	return kern.Retval{R0: uint64(n)}, err
}

func sysStatvfs190(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return withPath(l, a[0], func(p string) abi.Errno {
		var sv abi.Statvfs
		if err := vfs.Statvfs(l, p, &sv); err != abi.OK {
			return err
		}
		return l.CopyoutStruct(a[1], &sv)
	})
}

func sysCompat90Statvfs1(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return withPath(l, a[0], func(p string) abi.Errno {
		var sv abi.Statvfs
		if err := vfs.Statvfs(l, p, &sv); err != abi.OK {
			return err
		}
		return l.CopyoutStruct(a[1], sv.Old())
	})
}

func sysFstatvfs190(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return withFile(l, int32(a[0]), func(f *kern.File) abi.Errno {
		var sv abi.Statvfs
		if err := vfs.Fstatvfs(l, f, &sv); err != abi.OK {
			return err
		}
		return l.CopyoutStruct(a[1], &sv)
	})
}

func sysCompat90Fstatvfs1(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return withFile(l, int32(a[0]), func(f *kern.File) abi.Errno {
		var sv abi.Statvfs
		if err := vfs.Fstatvfs(l, f, &sv); err != abi.OK {
			return err
		}
		return l.CopyoutStruct(a[1], sv.Old())
	})
}

// getfsstat stores as many descriptions as fit, in the form that pack gives them, and returns how many there are, or how
// many were stored.
func getfsstat(l *kern.LWP, va, size uint64, pack func(sv *abi.Statvfs) []byte) (kern.Retval, abi.Errno) {
	all := vfs.Getvfsstat(l)
	if va == 0 {
		return kern.Retval{R0: uint64(len(all))}, abi.OK
	}
	count := uint64(0)
	for i := range all {
		b := pack(&all[i])
		if size < uint64(len(b)) {
			break
		}
		if err := l.Copyout(b, va); err != abi.OK {
			return kern.Retval{}, err
		}
		va += uint64(len(b))
		size -= uint64(len(b))
		count++
	}
	return kern.Retval{R0: count}, abi.OK
}

func sysGetvfsstat90(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return getfsstat(l, a[0], a[1], func(sv *abi.Statvfs) []byte { return l.Model().Bytes(sv) })
}

func sysCompat90Getvfsstat(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return getfsstat(l, a[0], a[1], func(sv *abi.Statvfs) []byte { return l.Model().Bytes(sv.Old()) })
}

func pathconf(l *kern.LWP, a *kern.Args, followLink bool) (kern.Retval, abi.Errno) {
	p, err := copyinPath(l, a[0])
	if err != abi.OK {
		return kern.Retval{}, err
	}
	var st abi.Stat
	if err := vfs.Stat(l, abi.AT_FDCWD, p, followLink, &st); err != abi.OK {
		return kern.Retval{}, err
	}
	namemax := int64(255)
	if int32(a[1]) == abi.PC_NAME_MAX && followLink {
		var sv abi.Statvfs
		if vfs.Statvfs(l, p, &sv) == abi.OK && sv.Namemax > 0 {
			namemax = int64(sv.Namemax)
		}
	}
	n, err := vfs.Pathconf(int32(a[1]), namemax, st.Mode)
	return kern.Retval{R0: uint64(n)}, err
}

func sysPathconf(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno)  { return pathconf(l, a, true) }
func sysLpathconf(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) { return pathconf(l, a, false) }

func sysFpathconf(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	f, err := l.Getfile(int32(a[0]))
	if err != abi.OK {
		return kern.Retval{}, err
	}
	defer f.Done(l)
	var st abi.Stat
	switch t := f.Ops.Type(); {
	case t == "vnode":
		if err := f.Ops.Stat(l, f, &st); err != abi.OK {
			return kern.Retval{}, err
		}
	case t != "pipe" && t != "socket" && t != "kqueue":
		return kern.Retval{}, abi.EOPNOTSUPP
	case t == "kqueue" || int32(a[1]) != abi.PC_PIPE_BUF:
		return kern.Retval{}, abi.EINVAL
	}
	n, err := vfs.Pathconf(int32(a[1]), 255, st.Mode)
	return kern.Retval{R0: uint64(n)}, err
}

// retErrno is for the calls that return an error number as their value.
func retErrno(err abi.Errno) (kern.Retval, abi.Errno) { return kern.Retval{R0: uint64(err)}, abi.OK }

// sysPosixFadvise50 checks its arguments; the host's page cache is left to itself.
func sysPosixFadvise50(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	off, n, advice := int64(a[2]), int64(a[3]), int32(a[4])
	bad := n < 0 || off > 1<<63-1-n
	if bad && !l.Proc.Emul.Inodes {
		return retErrno(abi.EINVAL)
	}
	f, err := l.Getfile(int32(a[0]))
	if err != abi.OK {
		return retErrno(err)
	}
	defer f.Done(l)
	if f.Ops.Type() != "vnode" {
		if f.Ops.Type() == "pipe" || f.Ops.Type() == "socket" {
			return retErrno(abi.ESPIPE)
		}
		if l.Proc.Emul.Inodes {
			return retErrno(abi.EBADF)
		}
		return retErrno(abi.EOPNOTSUPP)
	}
	if (bad || off < 0) && l.Proc.Emul.Inodes {
		return retErrno(abi.EINVAL)
	}
	if advice < abi.POSIX_FADV_NORMAL || advice > abi.POSIX_FADV_NOREUSE {
		return retErrno(abi.EINVAL)
	}
	return retErrno(abi.OK)
}

// A range that cannot be is looked at before the descriptor; what is no file of a file system is EINVAL (do_posix_fallocate).
func sysPosixFallocate(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	_, err := ofRange(l, a, func(f *kern.File, off, n int64) abi.Errno { return vfs.Fallocate(l, f, off, n) })
	return retErrno(err)
}

func sysFdiscard(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return ofRange(l, a, vfs.Fdiscard)
}

func ofRange(l *kern.LWP, a *kern.Args, call func(f *kern.File, off, n int64) abi.Errno) (kern.Retval, abi.Errno) {
	off, n := int64(a[2]), int64(a[3])
	if off < 0 || n < 0 || off > 1<<63-1-n {
		return kern.Retval{}, abi.EINVAL
	}
	return withVnode(l, int32(a[0]), func(f *kern.File) abi.Errno {
		if f.Flag&abi.FWRITE == 0 {
			return abi.EBADF
		}
		return call(f, off, n)
	})
}
