package syscalls

import (
	"nbemu/abi"
	"nbemu/execve"
	"nbemu/kern"
)

// Running programs: execve(2), fexecve(2).

// guestStrings is an array of strings at va in l's program; nil for a null pointer.
func guestStrings(l *kern.LWP, va uint64) execve.Strings {
	if va == 0 {
		return nil
	}
	return execve.GuestStrings{VM: l.Proc.VM, Model: l.Model(), Addr: va}
}

func sysExecve(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	path, err := l.CopyinStr(a[0], abi.PATH_MAX)
	if err != abi.OK {
		return kern.Retval{}, err
	}
	return kern.Retval{}, execve.Execve(l, path, -1, guestStrings(l, a[1]), guestStrings(l, a[2]))
}

func sysFexecve(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	fd := int32(a[0])
	if fd < 0 {
		return kern.Retval{}, abi.EBADF
	}
	return kern.Retval{}, execve.Execve(l, "", fd, guestStrings(l, a[1]), guestStrings(l, a[2]))
}
