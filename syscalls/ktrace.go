package syscalls

import (
	"nbemu/abi"
	"nbemu/kern"
	"nbemu/vfs"
)

// ktrace(2) and utrace(2) (kern_ktrace.c, kern_ktrace_vfs.c); the records are made in package kern.

// sysKtrace is ktrace(path, ops, facilities, pid). Errors: EACCES for what is no regular file, those of open(2)
// and of kern.Ktrace.
func sysKtrace(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	ops, facs, pid := int32(a[1]), uint32(a[2]), int32(a[3])
	if ops&abi.KTROP_MASK == abi.KTROP_CLEAR {
		return retErr(l.Ktrace(ops, facs, pid, nil))
	}
	path, err := copyinPath(l, a[0])
	if err != abi.OK {
		return retErr(err)
	}
	// Records go to the end, whoever wrote to the file before: ktrace -a relies on it.
	f, err := vfs.OpenFile(l, abi.AT_FDCWD, path, abi.O_RDWR|abi.O_APPEND, 0)
	if err != abi.OK {
		return retErr(err)
	}
	defer f.Unref(l)
	var st abi.Stat
	if err := f.Ops.Stat(l, f, &st); err != abi.OK {
		return retErr(err)
	}
	if st.Mode&abi.S_IFMT != abi.S_IFREG {
		return retErr(abi.EACCES)
	}
	f.Flag &^= abi.FREAD
	return retErr(l.Ktrace(ops, facs, pid, f))
}

// sysFktrace is fktrace(fd, ops, facilities, pid). Errors: EBADF and those of kern.Ktrace.
func sysFktrace(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	f, err := l.GetfileFor(int32(a[0]), abi.FWRITE)
	if err != abi.OK {
		return retErr(err)
	}
	defer f.Done(l)
	return retErr(l.Ktrace(int32(a[1]), uint32(a[2]), int32(a[3]), f))
}

// sysUtrace is utrace(label, addr, len): a record of the program's own. Errors: ENOSPC, EFAULT.
func sysUtrace(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return retErr(l.KtrUser(a[0], a[1], a[2]))
}
