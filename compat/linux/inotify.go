package linux

import (
	"nbemu/abi"
	"nbemu/kern"
	"nbemu/vfs"
)

// inotify is the host's: its events are read as they come.

const inDontFollow = 0x02000000

func sysInotifyInit1(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	flags := int32(a[0])
	if flags&^(oCloexec|oNonblock) != 0 {
		return ret(abi.EINVAL)
	}
	f, err := vfs.NewInotify(l, oflagsIn(flags&oNonblock)&abi.O_NONBLOCK)
	if err != abi.OK {
		return ret(err)
	}
	return retFd(l.Install(f, flags&oCloexec != 0))
}

func sysInotifyInit(l *kern.LWP, _ *kern.Args) (kern.Retval, abi.Errno) {
	return sysInotifyInit1(l, &kern.Args{})
}

// sysInotifyAddWatch is inotify_add_watch(fd, path, mask). Errors: EBADF, EINVAL for another kind of descriptor, those
// of the lookup and the host.
func sysInotifyAddWatch(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	path, err := l.CopyinStr(a[1], pathMax)
	if err != abi.OK {
		return ret(err)
	}
	f, err := l.Getfile(int32(a[0]))
	if err != abi.OK {
		return ret(err)
	}
	defer f.Done(l)
	mask := uint32(a[2])
	wd, err := vfs.InotifyAdd(l, f, path, mask&^inDontFollow, mask&inDontFollow == 0)
	if err != abi.OK {
		return ret(err)
	}
	return retInt(int64(wd))
}

func sysInotifyRmWatch(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	f, err := l.Getfile(int32(a[0]))
	if err != abi.OK {
		return ret(err)
	}
	defer f.Done(l)
	return ret(vfs.InotifyRemove(f, int32(a[1])))
}
