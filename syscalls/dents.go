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
		if err := vfs.Fstatvfs(f, &sv); err != abi.OK {
			return err
		}
		return l.CopyoutStruct(a[1], &sv)
	})
}

func sysCompat90Fstatvfs1(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return withFile(l, int32(a[0]), func(f *kern.File) abi.Errno {
		var sv abi.Statvfs
		if err := vfs.Fstatvfs(f, &sv); err != abi.OK {
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
	n, err := vfs.Pathconf(int32(a[1]), namemax)
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
	if t := f.Ops.Type(); t != "vnode" && !((t == "pipe" || t == "socket") && int32(a[1]) == abi.PC_PIPE_BUF) {
		return kern.Retval{}, abi.EINVAL
	}
	n, err := vfs.Pathconf(int32(a[1]), 255)
	return kern.Retval{R0: uint64(n)}, err
}

// retErrno is for the calls that return an error number as their value.
func retErrno(err abi.Errno) (kern.Retval, abi.Errno) { return kern.Retval{R0: uint64(err)}, abi.OK }

// sysPosixFadvise50 checks its arguments; the host's page cache is left to itself.
func sysPosixFadvise50(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	f, err := l.Getfile(int32(a[0]))
	if err != abi.OK {
		return retErrno(err)
	}
	defer f.Done(l)
	if f.Ops.Type() != "vnode" {
		if f.Ops.Type() == "pipe" || f.Ops.Type() == "socket" {
			return retErrno(abi.ESPIPE)
		}
		return retErrno(abi.EBADF)
	}
	off, n, advice := int64(a[2]), int64(a[3]), int32(a[4])
	if off < 0 || n < 0 || advice < abi.POSIX_FADV_NORMAL || advice > abi.POSIX_FADV_NOREUSE {
		return retErrno(abi.EINVAL)
	}
	return retErrno(abi.OK)
}

func sysPosixFallocate(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	f, err := l.Getfile(int32(a[0]))
	if err != abi.OK {
		return retErrno(err)
	}
	defer f.Done(l)
	return retErrno(vfs.Fallocate(l, f, int64(a[2]), int64(a[3])))
}

func sysFdiscard(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return withFile(l, int32(a[0]), func(f *kern.File) abi.Errno { return vfs.Fdiscard(f, int64(a[2]), int64(a[3])) })
}
