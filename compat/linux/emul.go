package linux

import (
	"nbemu/abi"
	"nbemu/kern"
	"nbemu/syscalls"
)

// native makes a handler of a native call whose arguments mean the same.
func native(num int) kern.Handler {
	return func(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) { return call(l, num, a) }
}

// call makes a native call with other arguments.
func call(l *kern.LWP, num int, a *kern.Args) (kern.Retval, abi.Errno) {
	h := syscalls.Sysent[num].Call
	if h == nil {
		return kern.Retval{}, abi.ENOSYS
	}
	return h(l, a)
}

func ret(err abi.Errno) (kern.Retval, abi.Errno) { return kern.Retval{}, err }
func retInt(n int64) (kern.Retval, abi.Errno)    { return kern.Retval{R0: uint64(n)}, abi.OK }
func retFd(fd int32, err abi.Errno) (kern.Retval, abi.Errno) {
	if err != abi.OK {
		return kern.Retval{}, err
	}
	return kern.Retval{R0: uint64(fd)}, abi.OK
}

// sysNosys is for calls that programs only try, and do without: ENOSYS, and not a word in the log.
func sysNosys(*kern.LWP, *kern.Args) (kern.Retval, abi.Errno) { return ret(abi.ENOSYS) }

// sysEperm is for what only an administrator may do.
func sysEperm(*kern.LWP, *kern.Args) (kern.Retval, abi.Errno) { return ret(abi.EPERM) }
