package vfs

import (
	"golang.org/x/sys/unix"

	"nbemu/abi"
	"nbemu/kern"
	"nbemu/mem"
)

// Checks may refuse what a program is about to do with a file (veriexec); set before the first process, all or none.
type Checks struct {
	// OpenCheck is asked before an open; v is nil for a file to be made.
	OpenCheck func(l *kern.LWP, v *Vnode, path string, write bool) abi.Errno
	// RemoveCheck is asked before an unlink, RenameCheck before a rename; to is nil if the name is free.
	RemoveCheck func(key mem.FileKey) abi.Errno
	RenameCheck func(from mem.FileKey, to *mem.FileKey) abi.Errno
}

func checkOpen(l *kern.LWP, nd *nameidata, path string, oflags int32) abi.Errno {
	var st abi.Stat
	if nd.hostStat(&st) != nil {
		if oflags&abi.O_CREAT != 0 {
			return fsOf(l).OpenCheck(l, nil, path, true)
		}
		return abi.OK // the open itself says what is wrong
	}
	if st.Mode&abi.S_IFMT != abi.S_IFREG {
		return abi.OK
	}
	fd, err := nd.open(unix.O_RDONLY, 0)
	if err != nil {
		return errno(err)
	}
	v := fsOf(l).newVnode(fd, &st, abi.FREAD, nd.mnt)
	defer v.Unref()
	return fsOf(l).OpenCheck(l, v, path, abi.Fflags(oflags)&abi.FWRITE != 0 || oflags&abi.O_TRUNC != 0)
}

// checkEntry is RemoveCheck for a name.
func checkEntry(nd *nameidata) abi.Errno {
	var st abi.Stat
	if nd.fs.RemoveCheck == nil || hostStat(nd.dirfd, nd.name, true, &st) != nil || st.Mode&abi.S_IFMT != abi.S_IFREG {
		return abi.OK
	}
	return nd.fs.RemoveCheck(keyOf(&st))
}

func checkRename(a, b *nameidata) abi.Errno {
	var sa, sb abi.Stat
	if a.fs.RenameCheck == nil || hostStat(a.dirfd, a.name, true, &sa) != nil {
		return abi.OK
	}
	var to *mem.FileKey
	if hostStat(b.dirfd, b.name, true, &sb) == nil {
		k := keyOf(&sb)
		to = &k
	}
	return a.fs.RenameCheck(keyOf(&sa), to)
}
