package syscalls

import (
	"strings"

	"nbemu/abi"
	"nbemu/kern"
	"nbemu/vfs"
)

// What NetBSD says of names where its order of checks is not the host's. All of it is asked only after a call has failed, and
// nothing of it for Linux's programs.

// lastName is the last component of a path, and isRoot whether it is that of no component at all.
func lastName(p string) (name string, isRoot bool) {
	t := strings.TrimRight(p, "/")
	if t == "" {
		return "", p != ""
	}
	return t[strings.LastIndexByte(t, '/')+1:], false
}

// modeOf is the mode of a name, with an error of the lookup.
func modeOf(l *kern.LWP, fd int32, p string, followLink bool) (uint32, abi.Errno) {
	var st abi.Stat
	err := vfs.Stat(l, fd, p, followLink, &st)
	return st.Mode & abi.S_IFMT, err
}

// openAgain: O_CREAT means nothing to a directory that is there and only read (vn_open); the root cannot be made; O_EXCL is
// looked at before what it is. A socket is not opened, as a directory neither.
func openAgain(l *kern.LWP, atfd int32, p string, oflags int32, mode uint32, err abi.Errno) (*kern.File, abi.Errno) {
	_, root := lastName(p)
	switch {
	case err == abi.EISDIR && oflags&abi.O_CREAT != 0 && (root || oflags&abi.O_EXCL != 0):
		return nil, abi.EEXIST
	case err == abi.EISDIR && oflags&abi.O_CREAT != 0 && oflags&(abi.O_ACCMODE|abi.O_TRUNC) == abi.O_RDONLY:
		return vfs.OpenFile(l, atfd, p, oflags&^abi.O_CREAT, mode)
	case err == abi.ENOTDIR && oflags&abi.O_DIRECTORY != 0:
		if typ, serr := modeOf(l, atfd, p, true); serr == abi.OK && typ == abi.S_IFSOCK {
			return nil, abi.EOPNOTSUPP
		}
	}
	return nil, err
}

// unlink is unlinkat(2). "." is no name to be removed, ".." is not empty, and the root is in use.
func unlink(l *kern.LWP, fd int32, p string, dir bool) abi.Errno {
	err := vfs.Unlink(l, fd, p, dir)
	if err == abi.OK || l.Proc.Emul.Inodes {
		return err
	}
	switch name, root := lastName(p); {
	case root && dir:
		return abi.EBUSY
	case name == "." && !dir && err == abi.EPERM:
		return abi.EINVAL
	case name == ".." && dir && err == abi.EINVAL:
		return abi.ENOTEMPTY
	}
	return err
}

// mknodError: whether the name is there is looked at before what is to be made.
func mknodError(l *kern.LWP, fd int32, p string, mode uint32, err abi.Errno) abi.Errno {
	if err != abi.EINVAL || l.Proc.Emul.Inodes {
		return err
	}
	switch _, serr := modeOf(l, fd, p, false); serr {
	case abi.OK:
		return abi.EEXIST
	case abi.ENOENT:
		return err
	default:
		return serr
	}
}

// linkError: what is wrong with the old name is told first.
func linkError(l *kern.LWP, fd int32, from string, followLink bool, err abi.Errno) abi.Errno {
	if err == abi.ENOENT && !l.Proc.Emul.Inodes {
		if _, serr := modeOf(l, fd, from, followLink); serr != abi.OK {
			return serr
		}
	}
	return err
}

// renameError: the old name is looked up first, and must be one; then the new one (do_sys_renameat).
func renameError(l *kern.LWP, fd1 int32, from string, fd2 int32, to string, err abi.Errno) abi.Errno {
	name, root := lastName(from)
	if root {
		return abi.EBUSY
	}
	typ, serr := modeOf(l, fd1, from, false)
	if serr != abi.OK {
		return serr
	}
	if name == "." || name == ".." {
		return abi.EINVAL
	}
	name, root = lastName(to)
	switch {
	case root:
		return abi.EBUSY
	case name == ".":
		if _, serr := modeOf(l, fd2, to, false); serr != abi.OK {
			return serr
		}
		return abi.EISDIR
	case err == abi.ENOTDIR && typ != abi.S_IFDIR && strings.HasSuffix(to, "/"):
		// A file under the name of a directory.
		was, serr := modeOf(l, fd2, strings.TrimRight(to, "/"), false)
		if was == abi.S_IFLNK {
			was, serr = modeOf(l, fd2, to, true)
		}
		switch {
		case serr == abi.ENOENT:
			return abi.ENOENT
		case serr == abi.OK && was == abi.S_IFDIR:
			return abi.EISDIR
		}
	}
	return err
}

// truncate is truncate(2). A FIFO has no length to change, and nothing happens.
func truncate(l *kern.LWP, p string, length int64) abi.Errno {
	err := vfs.Truncate(l, p, length)
	if err == abi.ENXIO && !l.Proc.Emul.Inodes {
		switch typ, serr := modeOf(l, abi.AT_FDCWD, p, true); {
		case serr != abi.OK:
			return serr
		case typ == abi.S_IFIFO:
			return abi.OK
		case typ == abi.S_IFSOCK:
			return abi.EOPNOTSUPP
		}
	}
	return err
}
