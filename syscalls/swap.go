package syscalls

import (
	"nbemu/abi"
	"nbemu/kern"
	"nbemu/vfs"
)

// Commands of swapctl(2) (sys/swap.h).
const (
	swapOn         = 1
	swapOff        = 2
	swapNSwap      = 3
	swapStats13    = 4
	swapCtl        = 5
	swapStats50    = 6
	swapDumpdev    = 7
	swapGetdumpdev = 8
	swapDumpoff    = 9
	swapStats      = 10
)

// sysSwapctl is swapctl(cmd, arg, misc) of a machine without swap devices, which cannot have any: the guest's memory is
// the host's to page (sys_swapctl). Errors: EINVAL; EPERM for others than the super-user; ENOENT and ENXIO for what is no
// swap device, ENOTBLK for a dump device that is no disk; EOPNOTSUPP for a device or file to swap on; those of lookups.
func sysSwapctl(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	cmd, misc := int32(a[0]), int32(a[2])
	switch cmd {
	case swapNSwap:
		return retID(0)
	case swapStats13, swapStats50, swapStats:
		if misc < 0 {
			return retErr(abi.EINVAL)
		}
		return retID(0)
	case swapGetdumpdev:
		return retErr(l.CopyoutStruct(a[1], ^uint64(0))) // NODEV
	}
	if !l.Proc.Cred.IsRoot() {
		return retErr(abi.EPERM)
	}
	if cmd == swapDumpoff {
		return retErr(abi.OK)
	}
	return withPath(l, a[1], func(p string) abi.Errno { return swapDevice(l, cmd, p) })
}

// swapDevice does a command about a device or file.
func swapDevice(l *kern.LWP, cmd int32, path string) abi.Errno {
	var st abi.Stat
	if err := vfs.Stat(l, abi.AT_FDCWD, path, true, &st); err != abi.OK {
		return err
	}
	typ := st.Mode & abi.S_IFMT
	switch cmd {
	case swapDumpdev:
		if typ != abi.S_IFBLK {
			return abi.ENOTBLK
		}
		return abi.OK // no machine has a driver for it: there is no dump device then
	case swapCtl:
		return abi.ENOENT
	case swapOff:
		return abi.ENXIO
	case swapOn:
		if typ != abi.S_IFREG {
			return abi.ENXIO
		}
		l.K.LogOnce("swapctl: %s: the memory of programs is the host's to page", path)
		return abi.EOPNOTSUPP
	}
	return abi.EINVAL
}

// sysCompat12Swapon is swapon(path).
func sysCompat12Swapon(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return sysSwapctl(l, &kern.Args{swapOn, a[0], 0})
}
