package linux

import (
	"strings"

	"nbemu/abi"
	"nbemu/kern"
	"nbemu/vfs"
)

// Extended attributes (fs/xattr.c).

const (
	xattrNameMax = 255
	xattrSizeMax = 65536
	xattrListMax = 65536

	xattrCreate  = 1
	xattrReplace = 2
)

// attrFile finds the file that a call is about.
type attrFile func(l *kern.LWP, arg uint64) (vfs.AttrFile, abi.Errno)

func attrPath(l *kern.LWP, va uint64) (vfs.AttrFile, abi.Errno) { return attrAt(l, va, true) }
func attrLink(l *kern.LWP, va uint64) (vfs.AttrFile, abi.Errno) { return attrAt(l, va, false) }

func attrAt(l *kern.LWP, va uint64, follow bool) (vfs.AttrFile, abi.Errno) {
	p, err := l.CopyinStr(va, pathMax)
	if err != abi.OK {
		return vfs.AttrFile{}, err
	}
	return vfs.AttrPath(l, p, follow)
}

func attrFd(l *kern.LWP, fd uint64) (vfs.AttrFile, abi.Errno) {
	f, err := l.Getfile(int32(fd))
	if err != abi.OK {
		return vfs.AttrFile{}, err
	}
	defer f.Done(l)
	a, err := vfs.AttrFd(l, f)
	if err == abi.EBADF {
		switch err = errNoAttrs; fileKindOf(l, f) {
		case kindProc, kindDir, kindPidfd, kindQueue:
			err = abi.EOPNOTSUPP
		}
	}
	return a, err
}

// errNoAttrs is said of a file of no file system.
const errNoAttrs abi.Errno = -1

// attrAbsent is the error for an attribute of such a file: otherwise, if it would be a user's.
func attrAbsent(name string, otherwise abi.Errno) abi.Errno {
	if strings.HasPrefix(name, "user.") && name != "user." {
		return otherwise
	}
	return abi.EOPNOTSUPP
}

// attrNameAt reads an attribute's name. Errors: ERANGE, EFAULT.
func attrNameAt(l *kern.LWP, va uint64) (string, abi.Errno) {
	name, err := l.CopyinStr(va, xattrNameMax+1)
	if err == abi.ENAMETOOLONG || err == abi.OK && name == "" {
		err = abi.ERANGE
	}
	return name, err
}

// attrRefused says whether a kind of file has no attributes of a user's: only regular files and directories do.
func attrRefused(name string, st *abi.Stat, otherwise abi.Errno) abi.Errno {
	switch space, rest, found := strings.Cut(name, "."); {
	case !found || rest == "":
		return abi.EOPNOTSUPP
	case space == "user":
		if f := st.Mode & abi.S_IFMT; f != abi.S_IFREG && f != abi.S_IFDIR {
			return otherwise
		}
	case space != "trusted" && space != "security" && space != "system":
		return abi.EOPNOTSUPP
	}
	return abi.OK
}

func setxattr(l *kern.LWP, find attrFile, a *kern.Args) (kern.Retval, abi.Errno) {
	if uint32(a[4])&^(xattrCreate|xattrReplace) != 0 {
		return ret(abi.EINVAL)
	}
	name, err := attrNameAt(l, a[1])
	if err != abi.OK {
		return ret(err)
	}
	if a[3] > xattrSizeMax {
		return ret(abi.E2BIG)
	}
	val := make([]byte, a[3])
	if err := l.Copyin(val, a[2]); len(val) > 0 && err != abi.OK {
		return ret(err)
	}
	f, err := find(l, a[0])
	if err == errNoAttrs {
		return ret(attrAbsent(name, abi.EPERM))
	}
	if err != abi.OK {
		return ret(err)
	}
	defer f.Release()
	if err := attrRefused(name, f.Stat(), abi.EPERM); err != abi.OK {
		return ret(err)
	}
	flags := int32(0)
	if a[4]&xattrCreate != 0 {
		flags |= abi.XATTR_CREATE
	}
	if a[4]&xattrReplace != 0 {
		flags |= abi.XATTR_REPLACE
	}
	return ret(f.Set(name, val, flags))
}

func getxattr(l *kern.LWP, find attrFile, a *kern.Args) (kern.Retval, abi.Errno) {
	name, err := attrNameAt(l, a[1])
	if err != abi.OK {
		return ret(err)
	}
	f, err := find(l, a[0])
	if err == errNoAttrs {
		return ret(attrAbsent(name, abi.ENODATA))
	}
	if err != abi.OK {
		return ret(err)
	}
	defer f.Release()
	if err := attrRefused(name, f.Stat(), abi.ENODATA); err != abi.OK {
		return ret(err)
	}
	val := make([]byte, xattrSizeMax)
	n, err := f.Get(name, val)
	if err != abi.OK {
		return ret(err)
	}
	return attrOut(l, a[2], a[3], val[:n])
}

// attrOut stores what there is, or with a size of 0 only tells its length. Error: ERANGE.
func attrOut(l *kern.LWP, va, room uint64, b []byte) (kern.Retval, abi.Errno) {
	if room > 0 {
		if uint64(len(b)) > room {
			return ret(abi.ERANGE)
		}
		if err := l.Copyout(b, va); err != abi.OK {
			return ret(err)
		}
	}
	return retInt(int64(len(b)))
}

func listxattr(l *kern.LWP, find attrFile, a *kern.Args) (kern.Retval, abi.Errno) {
	f, err := find(l, a[0])
	if err == errNoAttrs || err == abi.EOPNOTSUPP {
		return attrOut(l, a[1], a[2], nil)
	}
	if err != abi.OK {
		return ret(err)
	}
	defer f.Release()
	names, err := f.List()
	if err != abi.OK {
		return ret(err)
	}
	var b []byte
	for _, n := range names {
		b = append(append(b, n...), 0)
	}
	if len(b) > xattrListMax {
		return ret(abi.E2BIG)
	}
	return attrOut(l, a[1], a[2], b)
}

func removexattr(l *kern.LWP, find attrFile, a *kern.Args) (kern.Retval, abi.Errno) {
	name, err := attrNameAt(l, a[1])
	if err != abi.OK {
		return ret(err)
	}
	f, err := find(l, a[0])
	if err == errNoAttrs {
		return ret(attrAbsent(name, abi.EPERM))
	}
	if err != abi.OK {
		return ret(err)
	}
	defer f.Release()
	if err := attrRefused(name, f.Stat(), abi.EPERM); err != abi.OK {
		return ret(err)
	}
	return ret(f.Remove(name))
}

// attrIn finds a file from a directory, with the flags of the calls that end in "at". Errors: EINVAL, those of the lookup.
func attrIn(dirfd int32, flags uint64) attrFile {
	return func(l *kern.LWP, va uint64) (vfs.AttrFile, abi.Errno) {
		if uint32(flags)&^(atSymlinkNofollow|atEmptyPath) != 0 {
			return vfs.AttrFile{}, abi.EINVAL
		}
		if emptyPath(l, flags, va) {
			if dirfd != abi.AT_FDCWD {
				return attrFd(l, uint64(dirfd))
			}
			return vfs.AttrPath(l, ".", true)
		}
		p, err := l.CopyinStr(va, pathMax)
		if err == abi.OK && p == "" {
			err = abi.ENOENT
		}
		if err == abi.OK {
			p, err = pathAt(l, dirfd, p)
		}
		if err != abi.OK {
			return vfs.AttrFile{}, err
		}
		return vfs.AttrPath(l, p, flags&atSymlinkNofollow == 0)
	}
}

// attrArgs is struct xattr_args: the value with its size, and flags. Errors: EINVAL, E2BIG, EFAULT.
type attrArgs struct {
	Value       uint64
	Size, Flags uint32
}

const attrArgsSize = 16

func attrArgsAt(l *kern.LWP, va, size uint64) (x attrArgs, err abi.Errno) {
	if size < attrArgsSize {
		return x, abi.EINVAL
	}
	if size > mem4k {
		return x, abi.E2BIG
	}
	b := make([]byte, size)
	if err := l.Copyin(b, va); err != abi.OK {
		return x, err
	}
	for _, c := range b[attrArgsSize:] {
		if c != 0 {
			return x, abi.E2BIG
		}
	}
	l.Model().Unmarshal(b, &x)
	return x, abi.OK
}

// sysSetxattrat is setxattrat(dirfd, path, flags, name, args, size).
func sysSetxattrat(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	x, err := attrArgsAt(l, a[4], a[5])
	if err != abi.OK {
		return ret(err)
	}
	return setxattr(l, attrIn(int32(a[0]), a[2]), &kern.Args{a[1], a[3], x.Value, uint64(x.Size), uint64(x.Flags)})
}

// sysGetxattrat is getxattrat(dirfd, path, flags, name, args, size).
func sysGetxattrat(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	x, err := attrArgsAt(l, a[4], a[5])
	if err != abi.OK {
		return ret(err)
	}
	if x.Flags != 0 {
		return ret(abi.EINVAL)
	}
	return getxattr(l, attrIn(int32(a[0]), a[2]), &kern.Args{a[1], a[3], x.Value, uint64(x.Size)})
}

// sysListxattrat is listxattrat(dirfd, path, flags, list, size).
func sysListxattrat(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return listxattr(l, attrIn(int32(a[0]), a[2]), &kern.Args{a[1], a[3], a[4]})
}

// sysRemovexattrat is removexattrat(dirfd, path, flags, name).
func sysRemovexattrat(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return removexattr(l, attrIn(int32(a[0]), a[2]), &kern.Args{a[1], a[3]})
}

// attrCall makes a handler of one of the functions above and of a way to name a file.
func attrCall(do func(*kern.LWP, attrFile, *kern.Args) (kern.Retval, abi.Errno), find attrFile) kern.Handler {
	return func(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) { return do(l, find, a) }
}

var (
	sysSetxattr     = attrCall(setxattr, attrPath)
	sysLsetxattr    = attrCall(setxattr, attrLink)
	sysFsetxattr    = attrCall(setxattr, attrFd)
	sysGetxattr     = attrCall(getxattr, attrPath)
	sysLgetxattr    = attrCall(getxattr, attrLink)
	sysFgetxattr    = attrCall(getxattr, attrFd)
	sysListxattr    = attrCall(listxattr, attrPath)
	sysLlistxattr   = attrCall(listxattr, attrLink)
	sysFlistxattr   = attrCall(listxattr, attrFd)
	sysRemovexattr  = attrCall(removexattr, attrPath)
	sysLremovexattr = attrCall(removexattr, attrLink)
	sysFremovexattr = attrCall(removexattr, attrFd)
)
