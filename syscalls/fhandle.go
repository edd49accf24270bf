package syscalls

import (
	"nbemu/abi"
	"nbemu/kern"
	"nbemu/vfs"
)

// File handles (vfs_syscalls.c, compat/common/vfs_syscalls_30.c), which are the super-user's.

// Sizes of a fhandle_t (sys/fstypes.h).
const (
	fhandleMin   = 28
	fhandleMax   = 1024
	fhandleNFSv2 = 32 // handles of NFS version 2 have this size, with zeros at the end
)

// getfh finds the handle of a path. Errors: EPERM, those of lookups.
func getfh(l *kern.LWP, path uint64) (fh vfs.FileHandle, err abi.Errno) {
	if !l.Proc.Cred.IsRoot() {
		return fh, abi.EPERM
	}
	_, err = withPath(l, path, func(p string) (err abi.Errno) {
		fh, err = vfs.Getfh(l, p)
		return err
	})
	return fh, err
}

// sysGetfh30 is __getfh30(path, handle *, size *). Errors: EPERM, EFAULT; E2BIG for too little room, and the size is told.
func sysGetfh30(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	fh, err := getfh(l, a[0])
	if err != abi.OK {
		return retErr(err)
	}
	room, err := l.CopyinWord(a[2])
	if err == abi.OK {
		err = l.CopyoutStruct(a[2], abi.ULong(fhandleMin))
	}
	switch {
	case err != abi.OK:
		return retErr(err)
	case room < fhandleMin:
		return retErr(abi.E2BIG)
	}
	return retErr(l.CopyoutStruct(a[1], &fh))
}

// sysCompat30Getfh is getfh(path, handle *) of NetBSD 3.
func sysCompat30Getfh(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	fh, err := getfh(l, a[0])
	if err == abi.OK {
		err = l.CopyoutStruct(a[1], &fh)
	}
	return retErr(err)
}

// inFH reads a handle (vfs_copyinfh_alloc). Errors: EPERM, EINVAL for a wrong size, EFAULT.
func inFH(l *kern.LWP, va, size uint64) (fh vfs.FileHandle, err abi.Errno) {
	switch {
	case !l.Proc.Cred.IsRoot():
		return fh, abi.EPERM
	case size < fhandleMin || size > fhandleMax:
		return fh, abi.EINVAL
	}
	// All of it must be there, whatever its beginning says.
	if err := l.Copyin(make([]byte, size), va); err != abi.OK {
		return fh, err
	}
	if err := l.CopyinStruct(va, &fh); err != abi.OK {
		return fh, err
	}
	if own := uint64(max(fhandleMin, 8+int(fh.Len))); own != size && (size != fhandleNFSv2 || own > size) {
		return fh, abi.EINVAL
	}
	return fh, abi.OK
}

// fhopen opens a handle's file. Errors: EPERM, EINVAL for flags that make files, or open for nothing; those of inFH and
// of open(2).
func fhopen(l *kern.LWP, va, size uint64, oflags int32) (kern.Retval, abi.Errno) {
	if !l.Proc.Cred.IsRoot() {
		return retErr(abi.EPERM)
	}
	oflags &^= abi.O_SEARCH
	if abi.Fflags(oflags)&(abi.FREAD|abi.FWRITE) == 0 || oflags&abi.O_CREAT != 0 {
		return retErr(abi.EINVAL)
	}
	if err := l.Proc.FdRoom(); err != abi.OK {
		return retErr(err)
	}
	fh, err := inFH(l, va, size)
	if err != abi.OK {
		return retErr(err)
	}
	f, err := vfs.Fhopen(l, fh, oflags)
	if err != abi.OK {
		return retErr(err)
	}
	return retFd(l.Install(f, oflags&abi.O_CLOEXEC != 0))
}

// sysFhopen40 is __fhopen40(handle *, size, flags).
func sysFhopen40(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return fhopen(l, a[0], a[1], int32(a[2]))
}

func sysCompat30Fhopen(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return fhopen(l, a[0], fhandleMin, int32(a[1]))
}

// fhstat is stat of a handle's file. Errors: those of inFH, ESTALE, EFAULT.
func fhstat(l *kern.LWP, va, size uint64, vers statVers, to uint64) (kern.Retval, abi.Errno) {
	var st abi.Stat
	fh, err := inFH(l, va, size)
	if err == abi.OK {
		err = vfs.Fhstat(l, fh, &st)
	}
	if err == abi.OK {
		err = putStat(l, &st, vers, to)
	}
	return retErr(err)
}

// sysFhstat50 is __fhstat50(handle *, size, stat *).
func sysFhstat50(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return fhstat(l, a[0], a[1], nil, a[2])
}

func sysFhstat40(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return fhstat(l, a[0], a[1], stat30, a[2])
}

func sysFhstat30(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return fhstat(l, a[0], fhandleMin, stat30, a[1])
}

func sysCompat30Fhstat(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return fhstat(l, a[0], fhandleMin, stat13Of(l), a[1])
}

// fhstatvfs describes the file system of a handle's file, in the form that pack gives. Errors: those of inFH, ESTALE,
// EFAULT.
func fhstatvfs(l *kern.LWP, va, size uint64, pack func(sv *abi.Statvfs) any, to uint64) (kern.Retval, abi.Errno) {
	var sv abi.Statvfs
	fh, err := inFH(l, va, size)
	if err == abi.OK {
		err = vfs.Fhstatvfs(l, fh, &sv)
	}
	if err == abi.OK {
		err = l.CopyoutStruct(to, pack(&sv))
	}
	return retErr(err)
}

func statvfs90(sv *abi.Statvfs) any { return sv.Old() }

// sysFhstatvfs190 is __fhstatvfs190(handle *, size, statvfs *, flags).
func sysFhstatvfs190(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return fhstatvfs(l, a[0], a[1], func(sv *abi.Statvfs) any { return sv }, a[2])
}

func sysCompat90Fhstatvfs1(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return fhstatvfs(l, a[0], a[1], statvfs90, a[2])
}

func sysCompat30Fhstatvfs1(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return fhstatvfs(l, a[0], fhandleMin, statvfs90, a[1])
}

func sysCompat20Fhstatfs(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	m := l.Model()
	return fhstatvfs(l, a[0], fhandleMin, func(sv *abi.Statvfs) any { return statfs12(m, sv) }, a[1])
}
