package linux

import (
	"nbemu/abi"
	"nbemu/kern"
	"nbemu/vfs"
)

// Errors that are kept with what was sent: IP_RECVERR, IPV6_RECVERR, and recvmsg(2) with MSG_ERRQUEUE (ip(7)).

const (
	msgErrqueue = 0x2000
	ipRecverr   = 11
	ipv6Recverr = 25
)

// extendedErr is struct sock_extended_err, which the address of who reported the error follows.
type extendedErr struct {
	Errno                   uint32
	Origin, Type, Code, Pad uint8
	Info, Data              uint32
}

// recvError is doRecv with MSG_ERRQUEUE. Errors: EBADF, ENOTSOCK, EAGAIN where nothing is kept.
func recvError(l *kern.LWP, fd uint64, u *kern.Uio, msg *vfs.Msg, room int) (rv kern.Retval, e *vfs.SockError, err abi.Errno) {
	want := u.Resid
	_, err = withSocket(l, fd, func(s vfs.Sock, _ *kern.File) (err abi.Errno) {
		e, err = s.RecvError(l, u, msg, controlRoom(l, msg, room))
		return err
	})
	if err == abi.ENOTSOCK {
		if err = isSocket(l, fd); err == abi.OK {
			err = abi.EAGAIN // a netlink socket has none
		}
	}
	return kern.Retval{R0: want - u.Resid}, e, err
}

// sockErrOf is an error as a control message. There is room for an address in any case.
func (mach *Machine) sockErrOf(e *vfs.SockError) (level, typ int32, data []byte) {
	m := mach.model()
	level, typ = abi.IPPROTO_IP, ipRecverr
	size := 16 // of struct sockaddr_in
	if e.V6 {
		level, typ, size = abi.IPPROTO_IPV6, ipv6Recverr, 28
	}
	data = m.Bytes(&extendedErr{uint32(mach.errnoOrZero(e.Err)), e.Origin, e.Type, e.Code, 0, e.Info, e.Data})
	who := make([]byte, size)
	copy(who, addrOut(m, e.Offender))
	return level, typ, append(data, who...)
}

// setKeepErrors and keepsErrors are the options. Errors: EINVAL, the host's.
func setKeepErrors(l *kern.LWP, s vfs.Sock, level int32, val []byte) abi.Errno {
	v6 := level == abi.IPPROTO_IPV6
	switch domain, _, _ := s.Kind(); {
	case domain == abi.AF_LOCAL:
		return noOption(s, level, false)
	case len(val) >= 4:
		return s.KeepErrors(v6, l.Model().Uint(val, 4) != 0)
	case v6:
		return abi.EINVAL
	}
	return s.KeepErrors(v6, len(val) > 0 && val[0] != 0) // a byte will do
}

func keepsErrors(l *kern.LWP, s vfs.Sock, level int32) ([]byte, abi.Errno) {
	on, err := s.KeepsErrors(level == abi.IPPROTO_IPV6)
	return l.Model().Bytes(uint32(boolInt(on))), err
}
