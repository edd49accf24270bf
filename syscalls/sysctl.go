package syscalls

import (
	"nbemu/abi"
	"nbemu/kern"
	"nbemu/sysctl"
)

// retErr is the result of a call that gives nothing but an error.
func retErr(err abi.Errno) (kern.Retval, abi.Errno) { return kern.Retval{}, err }

// retInt is the result of a call that gives an int.
func retInt(v int32, err abi.Errno) (kern.Retval, abi.Errno) {
	return kern.Retval{R0: uint64(int64(v))}, err
}

// sysSysctl is __sysctl(name *int, namelen, old, oldlen *size_t, new, newlen). Errors: EINVAL for a name that
// is too long or empty, EFAULT, ENOMEM for an old value that did not fit, and those of kern.Sysctl.
func sysSysctl(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	var room uint64
	if a[3] != 0 {
		n, err := l.CopyinWord(a[3])
		if err != abi.OK {
			return retErr(err)
		}
		room = n
	}
	namelen := uint32(a[1])
	if namelen < 1 || namelen > abi.CTL_MAXNAME {
		return retErr(abi.EINVAL)
	}
	name := make([]int32, namelen)
	if err := l.CopyinStruct(a[0], name); err != abi.OK {
		return retErr(err)
	}
	if l.K.Ktracing() {
		l.KtrMib(name)
	}
	size, err := sysctl.Call(l, name, a[2], room, a[4], a[5])
	if l.K.Ktracing() && err == abi.OK {
		l.KtrMibio(a[2], min(size, room), false)
		l.KtrMibio(a[4], a[5], true)
	}
	if a[3] != 0 {
		// The size is told in any case; a bad pointer counts only if nothing else went wrong.
		if e := l.CopyoutStruct(a[3], abi.ULong(size)); err == abi.OK {
			err = e
		}
	}
	if err == abi.OK && a[2] != 0 && room < size {
		err = abi.ENOMEM
	}
	return retErr(err)
}
