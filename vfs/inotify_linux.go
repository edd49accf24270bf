package vfs

import (
	"golang.org/x/sys/unix"

	"nbemu/abi"
	"nbemu/kern"
)

// inotifyFile is the host's inotify, whose events programs for Linux read as they are.
type inotifyFile struct{ streamFile }

// NewInotify makes an inotify. Errors: the host's.
func NewInotify(l *kern.LWP, flag int32) (*kern.File, abi.Errno) {
	fd, err := unix.InotifyInit1(unix.IN_CLOEXEC | unix.IN_NONBLOCK)
	if err != nil {
		return nil, errno(err)
	}
	var st abi.Stat
	if err := hostStat(fd, "", false, &st); err != nil {
		_ = unix.Close(fd)
		return nil, errno(err)
	}
	v := fsOf(l).newVnode(fd, &st, abi.FREAD, nil)
	return kern.NewFile(l, &inotifyFile{streamFile{hostOps: hostOps{Vnode: v}}}, abi.FREAD|flag), abi.OK
}

// InotifyAdd has f watch a path. Errors: EINVAL if f is no inotify or the path is of a file of our own making; those
// of the lookup and the host.
func InotifyAdd(l *kern.LWP, f *kern.File, path string, mask uint32, followLink bool) (int32, abi.Errno) {
	i, ok := f.Ops.(*inotifyFile)
	if !ok {
		return 0, abi.EINVAL
	}
	nd, e := namei(l, abi.AT_FDCWD, path, followFlag(followLink))
	if e != abi.OK {
		return 0, e
	}
	defer nd.release()
	if nd.node != nil {
		return 0, abi.EINVAL
	}
	if e := nd.mayAccess(judged(l), abi.R_OK); e != abi.OK {
		return 0, e
	}
	// The descriptor names the very file that was found.
	fd, err := unix.Openat(nd.dirfd, nd.name, oSearch|unix.O_CLOEXEC|nd.openFlags(), 0)
	if err != nil {
		return 0, errno(err)
	}
	defer unix.Close(fd)
	wd, err := unix.InotifyAddWatch(i.fd, fdName(fd), mask)
	return int32(wd), errno(err)
}

// InotifyRemove ends a watch. Error: EINVAL.
func InotifyRemove(f *kern.File, wd int32) abi.Errno {
	i, ok := f.Ops.(*inotifyFile)
	if !ok {
		return abi.EINVAL
	}
	_, err := unix.InotifyRmWatch(i.fd, uint32(wd))
	return errno(err)
}
