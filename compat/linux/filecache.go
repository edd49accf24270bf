package linux

import (
	"nbemu/abi"
	"nbemu/kern"
	"nbemu/mem"
	"nbemu/vfs"
)

// sysCachestat is cachestat(fd, range, stat, flags): how many pages of a file are in the host's memory (mm/filemap.c).
// Errors: EBADF, EFAULT, EINVAL for flags, EOPNOTSUPP for what has no pages, ENOSYS where the host does not tell.
func sysCachestat(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	f, err := l.Getfile(int32(a[0]))
	if err != abi.OK {
		return ret(err)
	}
	defer f.Done(l)
	var r struct{ Off, Len uint64 }
	if err := l.CopyinStruct(a[1], &r); err != abi.OK {
		return ret(err)
	}
	if uint32(a[3]) != 0 {
		return ret(abi.EINVAL)
	}
	s, err := vfs.Cachestat(f, r.Off, r.Len)
	if err != abi.OK {
		return ret(err)
	}
	return ret(l.CopyoutStruct(a[2], &s))
}

// fileAttrSize is the size of struct file_attr of the first version.
const fileAttrSize = 24

// fileAttrCheck looks at the arguments of file_getattr and file_setattr, which are alike. No file system of ours has such
// attributes: EOPNOTSUPP for a file that there is. Errors: EINVAL, E2BIG, EFAULT, those of the lookup.
func fileAttrCheck(l *kern.LWP, a *kern.Args, set bool) abi.Errno {
	if uint32(a[4])&^(atSymlinkNofollow|atEmptyPath) != 0 || a[3] < fileAttrSize {
		return abi.EINVAL
	}
	if a[3] > mem.PageSize {
		return abi.E2BIG
	}
	if set {
		b := make([]byte, a[3])
		if err := l.Copyin(b, a[2]); err != abi.OK {
			return err
		}
		for _, x := range b[fileAttrSize:] {
			if x != 0 {
				return abi.E2BIG
			}
		}
	}
	var st abi.Stat
	if err := statAt(l, int32(a[0]), a[1], uint64(uint32(a[4])), &st); err != abi.OK {
		return err
	}
	return abi.EOPNOTSUPP
}

// sysFileGetattr is file_getattr(dirfd, path, attr, size, flags).
func sysFileGetattr(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return ret(fileAttrCheck(l, a, false))
}

// sysFileSetattr is file_setattr(dirfd, path, attr, size, flags).
func sysFileSetattr(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return ret(fileAttrCheck(l, a, true))
}
