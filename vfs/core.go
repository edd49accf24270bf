package vfs

import (
	"strings"

	"golang.org/x/sys/unix"

	"nbemu/abi"
	"nbemu/kern"
	"nbemu/mem"
)

// CoreAttr are owner and mode of a set-id program's core file (kern.coredump.setid).
type CoreAttr struct{ Uid, Gid, Mode uint32 }

// CreateCore opens a core file for l's process, empty, for its effective user. The caller owns a reference.
// Errors (coredump in kern_core.c): EPERM where the mount says nocoredump, EACCES for what is there already and
// is no regular file, has several links or belongs to somebody else; EFTYPE for a symbolic link; those of open.
func CreateCore(l *kern.LWP, name string, attr *CoreAttr) (*Vnode, abi.Errno) {
	if err := mayDump(l, name); err != abi.OK {
		return nil, err
	}
	// vn_open knows no umask. Nothing here waits, so that nobody else sees it gone.
	cw := l.Proc.Cwdi
	umask := cw.Umask
	cw.Umask = 0
	defer func() { cw.Umask = umask }()
	const oflags = abi.O_WRONLY | abi.O_NOFOLLOW | abi.O_NONBLOCK
	f, err := OpenFile(l, abi.AT_FDCWD, name, oflags|abi.O_CREAT|abi.O_EXCL, 0600)
	isNew := err == abi.OK
	if err == abi.EEXIST {
		f, err = OpenFile(l, abi.AT_FDCWD, name, oflags, 0)
	}
	if err != abi.OK {
		return nil, err
	}
	defer f.Unref(l)
	r, ok := f.Ops.(*regFile)
	if !ok {
		return nil, abi.EACCES
	}
	var st abi.Stat
	if err := r.Vnode.Stat(&st); err != abi.OK {
		return nil, err
	}
	if !isNew && (st.Nlink != 1 || st.Uid != l.Proc.Cred.Euid) {
		return nil, abi.EACCES
	}
	if herr := unix.Ftruncate(r.fd, 0); herr != nil {
		return nil, errno(herr)
	}
	mem.FileTruncated(r.key, 0)
	if attr != nil {
		// As there: an owner that cannot be given changes nothing.
		_ = Fchown(l, f, attr.Uid, attr.Gid)
		_ = Fchmod(l, f, attr.Mode)
	}
	r.Vnode.Ref()
	return r.Vnode, abi.OK
}

// mayDump asks the mount of the directory that a core file would come into.
func mayDump(l *kern.LWP, name string) abi.Errno {
	var flags uint32
	if i := strings.LastIndexByte(name, '/'); i >= 0 {
		v, err := Lookup(l, name[:i+1], nil)
		if err != abi.OK {
			return err
		}
		flags = v.MountFlags()
		v.Unref()
	} else {
		flags = (&Vnode{fs: fsOf(l), fd: fdOf(l.Proc.Cwdi.Cdir)}).MountFlags()
	}
	if flags&abi.MNT_NOCOREDUMP != 0 {
		return abi.EPERM
	}
	return abi.OK
}
