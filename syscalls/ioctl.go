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
	switch cmd {
	case abi.FIONBIO:
		f.Flag &^= abi.O_NONBLOCK
		if m.Uint(data, 4) != 0 {
			f.Flag |= abi.O_NONBLOCK
		}
		err = request(l, f, cmd, data)
	case abi.FIOASYNC:
		was := f.Flag&abi.O_ASYNC != 0
		f.SetAsync(m.Uint(data, 4) != 0)
		if err = request(l, f, cmd, data); err != abi.OK {
			f.SetAsync(was)
		}
	default:
		err = request(l, f, cmd, data)
	}
	if err == abi.OK && cmd&abi.IOC_OUT != 0 && size > 0 {
		err = l.Copyout(data, va)
	}
	return kern.Retval{}, err
}

// request does a request (fo_ioctl) and says what a file of that kind says of one that it does not know.
func request(l *kern.LWP, f *kern.File, cmd uint32, data []byte) abi.Errno {
	if l.Proc.Emul.Inodes {
		return requestLinux(l, f, cmd, data)
	}
	switch t := f.Ops.Type(); {
	case t == "mqueue" || t == "sem": // fbadop_ioctl
		return abi.EOPNOTSUPP
	case t == "socket":
		return socketRequest(l, f, cmd, data)
	case t == "pipe":
		return unknownIs(abi.ENOTTY, ownerRequest(l, f, cmd, data))
	case t == "vnode":
		return vnodeRequest(l, f, cmd, data)
	}
	return unknownIs(abi.ENOTTY, f.Ops.Ioctl(l, f, cmd, data))
}

func unknownIs(unknown, err abi.Errno) abi.Errno {
	if err == abi.EPASSTHROUGH {
		return unknown
	}
	return err
}

// ownerRequest is for what has an owner: pipes and sockets. A terminal's requests tell a group as a positive number
// (fsetown, fgetown).
func ownerRequest(l *kern.LWP, f *kern.File, cmd uint32, data []byte) abi.Errno {
	m := l.Model()
	switch cmd {
	case abi.SIOCSPGRP, abi.SIOCGPGRP:
		if f.Ops.Type() == "pipe" {
			return abi.EPASSTHROUGH
		}
	}
	id := int32(0)
	if len(data) >= 4 {
		id = int32(m.Uint(data, 4))
	}
	switch cmd {
	case abi.TIOCSPGRP:
		if id < 0 {
			return abi.EINVAL
		}
		return setOwner(l, f, -id)
	case abi.FIOSETOWN, abi.SIOCSPGRP:
		return setOwner(l, f, id)
	case abi.FIOGETOWN, abi.SIOCGPGRP:
		m.PutUint(data, 4, uint64(uint32(f.GetOwner())))
		return abi.OK
	case abi.TIOCGPGRP:
		m.PutUint(data, 4, uint64(uint32(-f.GetOwner())))
		return abi.OK
	}
	return f.Ops.Ioctl(l, f, cmd, data)
}

// setOwner says EINVAL of a group that is not there (pgid_in_session), which is ESRCH for Linux.
func setOwner(l *kern.LWP, f *kern.File, id int32) abi.Errno {
	err := f.SetOwner(l, id)
	if err == abi.ESRCH && id < 0 {
		return abi.EINVAL
	}
	return err
}

// socketRequest: what a protocol does not know is EOPNOTSUPP, but for those of IPv4. What was sent to a local socket is there at once.
func socketRequest(l *kern.LWP, f *kern.File, cmd uint32, data []byte) abi.Errno {
	if cmd == abi.FIONWRITE && vfs.SocketDomain(f) == abi.AF_LOCAL {
		l.Model().PutUint(data, 4, 0)
		return abi.OK
	}
	err := ownerRequest(l, f, cmd, data)
	if err != abi.OK && cmd == abi.SIOCATMARK { // no mark anywhere
		l.Model().PutUint(data, 4, 0)
		return abi.OK
	}
	if err == abi.ENOTTY {
		err = abi.EPASSTHROUGH
	}
	if vfs.SocketDomain(f) == abi.AF_INET { // in_control leaves it to the caller
		return unknownIs(abi.ENOTTY, err)
	}
	return unknownIs(abi.EOPNOTSUPP, err)
}

// vnodeRequest is vn_ioctl. Files and directories know how much there is, and that they have no queues; FIFOs are two
// sockets (fifo_ioctl), of which the one that is written to answers last.
func vnodeRequest(l *kern.LWP, f *kern.File, cmd uint32, data []byte) abi.Errno {
	var st abi.Stat
	if err := f.Ops.Stat(l, f, &st); err != abi.OK {
		return err
	}
	m := l.Model()
	put := func(n int64) abi.Errno {
		m.PutUint(data, 4, uint64(uint32(n)))
		return abi.OK
	}
	switch typ := st.Mode & abi.S_IFMT; {
	case vfs.MemoryName(f) == "null" || vfs.MemoryName(f) == "zero":
		return memoryRequest(cmd, len(data) >= 4 && m.Uint(data, 4) != 0)
	case typ == abi.S_IFDIR && cmd == abi.FIONREAD:
		return put(st.Size - f.Offset)
	case typ == abi.S_IFDIR && (cmd == abi.FIONWRITE || cmd == abi.FIONSPACE):
		return put(0)
	case typ == abi.S_IFIFO:
		switch {
		case cmd == abi.FIONBIO:
			return abi.OK
		case cmd == abi.FIONWRITE || cmd == abi.SIOCATMARK || cmd == abi.FIONREAD && f.Flag&abi.FWRITE != 0:
			return put(0)
		case cmd == abi.FIONSPACE:
			var held [4]byte
			if f.Flag&abi.FWRITE != 0 {
				f.Ops.Ioctl(l, f, abi.FIONREAD, held[:])
			}
			return put(vfs.FifoRoom - int64(m.Uint(held[:], 4)))
		case abi.IOCGroup(cmd) == 'i':
			return abi.ENXIO
		}
		return unknownIs(abi.EOPNOTSUPP, ownerRequest(l, f, cmd, data))
	}
	if _, ok := f.Ops.(kern.OwnerOps); ok {
		switch cmd {
		case abi.FIOSETOWN:
			return setOwner(l, f, int32(m.Uint(data, 4)))
		case abi.FIOGETOWN:
			return put(int64(f.GetOwner()))
		}
	}
	return unknownIs(abi.ENOTTY, f.Ops.Ioctl(l, f, cmd, data))
}

// memoryRequest is mm_ioctl.
func memoryRequest(cmd uint32, on bool) abi.Errno {
	switch cmd {
	case abi.FIONBIO:
		return abi.OK
	case abi.FIOSETOWN, abi.FIOGETOWN, abi.TIOCGPGRP, abi.TIOCSPGRP, abi.TIOCGETA:
		return abi.ENOTTY
	case abi.FIOASYNC:
		if !on {
			return abi.OK
		}
	}
	return abi.EOPNOTSUPP
}

// requestLinux is request for Linux, where every open file has an owner.
func requestLinux(l *kern.LWP, f *kern.File, cmd uint32, data []byte) abi.Errno {
	switch cmd {
	case abi.FIOSETOWN, abi.SIOCSPGRP:
		return f.SetOwner(l, int32(l.Model().Uint(data, 4)))
	case abi.FIOGETOWN, abi.SIOCGPGRP:
		l.Model().PutUint(data, 4, uint64(uint32(f.GetOwner())))
		return abi.OK
	}
	err := f.Ops.Ioctl(l, f, cmd, data)
	if t := f.Ops.Type(); err == abi.EPASSTHROUGH && (t == "pipe" || t == "socket") {
		err = ownerRequest(l, f, cmd, data)
	}
	if err == abi.EPASSTHROUGH && (cmd == abi.FIONBIO || cmd == abi.FIOASYNC) {
		return abi.OK
	}
	return unknownIs(abi.ENOTTY, err)
}
