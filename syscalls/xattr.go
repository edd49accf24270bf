package syscalls

import (
	"nbemu/abi"
	"nbemu/kern"
	"nbemu/vfs"
)

// Extended attributes: NetBSD's own calls (extattr_*), and the Linux-like ones.

// maxAttr is the longest value the host takes.
const maxAttr = 1 << 16

// attrFile finds the file a call is about.
type attrFile func(l *kern.LWP, arg uint64) (vfs.AttrFile, abi.Errno)

func attrPath(l *kern.LWP, va uint64) (vfs.AttrFile, abi.Errno) {
	p, err := copyinPath(l, va)
	if err != abi.OK {
		return vfs.AttrFile{}, err
	}
	return vfs.AttrPath(l, p, true)
}

func attrLink(l *kern.LWP, va uint64) (vfs.AttrFile, abi.Errno) {
	p, err := copyinPath(l, va)
	if err != abi.OK {
		return vfs.AttrFile{}, err
	}
	return vfs.AttrPath(l, p, false)
}

func attrFd(l *kern.LWP, fd uint64) (vfs.AttrFile, abi.Errno) {
	f := l.Proc.Fd.Get(int32(fd))
	if f == nil {
		return vfs.AttrFile{}, abi.EBADF
	}
	if !isVnode(l, f) {
		return vfs.AttrFile{}, abi.EINVAL
	}
	if vfs.IsDevice(f) {
		return vfs.AttrFile{}, abi.EOPNOTSUPP
	}
	return vfs.AttrFd(l, f)
}

// attrName reads a name; namespace 0 is for names that tell it themselves. Whether there is the namespace is for the file
// system to say, when the file is known: late is its error.
func attrName(l *kern.LWP, namespace int32, va uint64) (name string, late, err abi.Errno) {
	name, err = l.CopyinStr(va, abi.EXTATTR_MAXNAMELEN+1)
	if err != abi.OK || namespace == 0 {
		return name, abi.OK, err
	}
	name, late = vfs.AttrName(namespace, name)
	return name, late, abi.OK
}

// attrNamespace makes sure that a program's number is not taken for ours of the Linux-like calls.
func attrNamespace(n uint64) int32 {
	if int32(n) == 0 {
		return -1
	}
	return int32(n)
}

func attrSet(l *kern.LWP, find attrFile, file uint64, namespace int32, name, data, n uint64, flags int32) (kern.Retval, abi.Errno) {
	s, late, err := attrName(l, namespace, name)
	if err != abi.OK {
		return kern.Retval{}, err
	}
	if n > maxAttr {
		return kern.Retval{}, abi.E2BIG
	}
	val := make([]byte, n)
	if err := l.Copyin(val, data); err != abi.OK {
		return kern.Retval{}, err
	}
	f, err := find(l, file)
	if err != abi.OK {
		return kern.Retval{}, err
	}
	defer f.Release()
	if late != abi.OK {
		return kern.Retval{}, late
	}
	if err := f.Set(s, val, flags); err != abi.OK || namespace == 0 {
		return kern.Retval{}, err
	}
	return kern.Retval{R0: n}, abi.OK
}

func attrGet(l *kern.LWP, find attrFile, file uint64, namespace int32, name, data, n uint64) (kern.Retval, abi.Errno) {
	s, late, err := attrName(l, namespace, name)
	if err != abi.OK {
		return kern.Retval{}, err
	}
	f, err := find(l, file)
	if err != abi.OK {
		return kern.Retval{}, err
	}
	defer f.Release()
	if late != abi.OK {
		return kern.Retval{}, late
	}
	if data == 0 || n == 0 {
		k, err := f.Get(s, nil)
		return kern.Retval{R0: uint64(k)}, err
	}
	val := make([]byte, maxAttr)
	k, err := f.Get(s, val)
	if err != abi.OK {
		return kern.Retval{}, err
	}
	if uint64(k) > n {
		if namespace == 0 {
			return kern.Retval{}, abi.ERANGE
		}
		k = int(n)
	}
	return kern.Retval{R0: uint64(k)}, l.Copyout(val[:k], data)
}

func attrDelete(l *kern.LWP, find attrFile, file uint64, namespace int32, name uint64) (kern.Retval, abi.Errno) {
	s, late, err := attrName(l, namespace, name)
	if err != abi.OK {
		return kern.Retval{}, err
	}
	f, err := find(l, file)
	if err != abi.OK {
		return kern.Retval{}, err
	}
	defer f.Release()
	if late != abi.OK {
		return kern.Retval{}, late
	}
	return kern.Retval{}, f.Remove(s)
}

// attrList stores names: with namespace each after a byte with its length, else each with a NUL after it.
func attrList(l *kern.LWP, find attrFile, file uint64, namespace int32, data, n uint64) (kern.Retval, abi.Errno) {
	f, err := find(l, file)
	if err != abi.OK {
		return kern.Retval{}, err
	}
	defer f.Release()
	var names []string
	if namespace != 0 {
		names, err = f.ListNamespace(namespace)
	} else {
		names, err = f.List()
	}
	if err != abi.OK {
		return kern.Retval{}, err
	}
	var out []byte
	for _, s := range names {
		if namespace != 0 {
			out = append(append(out, byte(len(s))), s...)
		} else {
			out = append(append(out, s...), 0)
		}
	}
	if data == 0 || n == 0 {
		return kern.Retval{R0: uint64(len(out))}, abi.OK
	}
	if uint64(len(out)) > n {
		if namespace == 0 {
			return kern.Retval{}, abi.ERANGE
		}
		out = out[:n]
	}
	return kern.Retval{R0: uint64(len(out))}, l.Copyout(out, data)
}

// sysExtattrctl starts and stops extended attributes of a UFS that keeps them in files (sys_extattrctl); no file system
// here is one.
func sysExtattrctl(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	if a[4] != 0 {
		if _, err := l.CopyinStr(a[4], abi.EXTATTR_MAXNAMELEN+1); err != abi.OK {
			return kern.Retval{}, err
		}
	}
	rv, err := unsupported(l, a[0])
	if err == abi.EOPNOTSUPP && a[2] != 0 {
		return unsupported(l, a[2]) // the file that is to keep them
	}
	return rv, err
}

func sysExtattrSetFile(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return attrSet(l, attrPath, a[0], attrNamespace(a[1]), a[2], a[3], a[4], 0)
}

func sysExtattrSetFd(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return attrSet(l, attrFd, a[0], attrNamespace(a[1]), a[2], a[3], a[4], 0)
}

func sysExtattrSetLink(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return attrSet(l, attrLink, a[0], attrNamespace(a[1]), a[2], a[3], a[4], 0)
}

func sysExtattrGetFile(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return attrGet(l, attrPath, a[0], attrNamespace(a[1]), a[2], a[3], a[4])
}

func sysExtattrGetFd(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return attrGet(l, attrFd, a[0], attrNamespace(a[1]), a[2], a[3], a[4])
}

func sysExtattrGetLink(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return attrGet(l, attrLink, a[0], attrNamespace(a[1]), a[2], a[3], a[4])
}

func sysExtattrDeleteFile(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return attrDelete(l, attrPath, a[0], attrNamespace(a[1]), a[2])
}

func sysExtattrDeleteFd(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return attrDelete(l, attrFd, a[0], attrNamespace(a[1]), a[2])
}

func sysExtattrDeleteLink(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return attrDelete(l, attrLink, a[0], attrNamespace(a[1]), a[2])
}

func sysExtattrListFile(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return attrList(l, attrPath, a[0], attrNamespace(a[1]), a[2], a[3])
}

func sysExtattrListFd(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return attrList(l, attrFd, a[0], attrNamespace(a[1]), a[2], a[3])
}

func sysExtattrListLink(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return attrList(l, attrLink, a[0], attrNamespace(a[1]), a[2], a[3])
}

// likeLinux is for the calls that are like Linux', which have another word for a file system without attributes
// (xattr_native's callers).
func likeLinux(rv kern.Retval, err abi.Errno) (kern.Retval, abi.Errno) {
	if err == abi.EOPNOTSUPP {
		err = abi.ENOTSUP
	}
	return rv, err
}

func sysSetxattr(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return likeLinux(attrSet(l, attrPath, a[0], 0, a[1], a[2], a[3], int32(a[4])))
}

func sysLsetxattr(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return likeLinux(attrSet(l, attrLink, a[0], 0, a[1], a[2], a[3], int32(a[4])))
}

func sysFsetxattr(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return likeLinux(attrSet(l, attrFd, a[0], 0, a[1], a[2], a[3], int32(a[4])))
}

func sysGetxattr(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return likeLinux(attrGet(l, attrPath, a[0], 0, a[1], a[2], a[3]))
}

func sysLgetxattr(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return likeLinux(attrGet(l, attrLink, a[0], 0, a[1], a[2], a[3]))
}

func sysFgetxattr(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return likeLinux(attrGet(l, attrFd, a[0], 0, a[1], a[2], a[3]))
}

func sysListxattr(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return likeLinux(attrList(l, attrPath, a[0], 0, a[1], a[2]))
}

func sysLlistxattr(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return likeLinux(attrList(l, attrLink, a[0], 0, a[1], a[2]))
}

func sysFlistxattr(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return likeLinux(attrList(l, attrFd, a[0], 0, a[1], a[2]))
}

func sysRemovexattr(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return likeLinux(attrDelete(l, attrPath, a[0], 0, a[1]))
}

func sysLremovexattr(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return likeLinux(attrDelete(l, attrLink, a[0], 0, a[1]))
}

func sysFremovexattr(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return likeLinux(attrDelete(l, attrFd, a[0], 0, a[1]))
}
