package syscalls

import (
	"nbemu/abi"
	"nbemu/kern"
	"nbemu/vfs"
)

// sysIoctl is ioctl(2): the command says how long the argument is and which way it goes; the object works on a
// copy (sys_ioctl).
func sysIoctl(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	fd, cmd, va := int32(a[0]), uint32(a[1]), a[2]
	f, err := l.GetfileFor(fd, abi.FREAD|abi.FWRITE)
	if err != abi.OK {
		return kern.Retval{}, err
	}
	defer f.Done(l)
	switch cmd {
	case abi.FIOCLEX, abi.FIONCLEX:
		l.Proc.Fd.SetCloexec(fd, cmd == abi.FIOCLEX)
		return kern.Retval{}, abi.OK
	}
	if vfs.ConfinedDevice(l, f) && cmd != abi.FIONBIO && cmd != abi.FIOASYNC {
		return kern.Retval{}, abi.EACCES
	}
	size := abi.IOCLen(cmd)
	var small [128]byte
	var data []byte
	if size <= len(small) {
		data = small[:size]
	} else {
		data = make([]byte, size)
	}
	switch {
	case cmd&abi.IOC_IN != 0 && size > 0:
		if err := l.Copyin(data, va); err != abi.OK {
			return kern.Retval{}, err
		}
	case cmd&abi.IOC_VOID != 0 && cmd&abi.IOC_INOUT == 0:
		// The argument itself is what the request is about.
		data = small[:8]
		l.Model().PutUint(data, 8, va)
	}
	m := l.Model()
	intArg := func() int32 { return int32(m.Uint(data, 4)) }
	switch cmd {
	case abi.FIONBIO:
		f.Flag &^= abi.O_NONBLOCK
		if intArg() != 0 {
			f.Flag |= abi.O_NONBLOCK
		}
		err = f.Ops.Ioctl(l, f, cmd, data)
	case abi.FIOASYNC:
		f.SetAsync(intArg() != 0)
		err = f.Ops.Ioctl(l, f, cmd, data)
	case abi.FIOSETOWN, abi.SIOCSPGRP:
		err = f.SetOwner(l, intArg())
	case abi.FIOGETOWN, abi.SIOCGPGRP:
		m.PutUint(data, 4, uint64(uint32(f.GetOwner())))
	default:
		err = f.Ops.Ioctl(l, f, cmd, data)
	}
	if t := f.Ops.Type(); err == abi.EPASSTHROUGH && (t == "pipe" || t == "socket") {
		// What these have of a terminal's: a group, told as a positive number.
		switch cmd {
		case abi.TIOCSPGRP:
			if err = abi.EINVAL; intArg() >= 0 {
				err = f.SetOwner(l, -intArg())
			}
		case abi.TIOCGPGRP:
			err = abi.OK
			m.PutUint(data, 4, uint64(uint32(-f.GetOwner())))
		}
	}
	if err == abi.EPASSTHROUGH {
		switch cmd {
		case abi.FIONBIO, abi.FIOASYNC:
			err = abi.OK
		default:
			err = abi.ENOTTY
		}
	}
	if err == abi.OK && cmd&abi.IOC_OUT != 0 && size > 0 {
		err = l.Copyout(data, va)
	}
	return kern.Retval{}, err
}
