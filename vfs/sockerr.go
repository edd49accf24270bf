package vfs

import (
	"golang.org/x/sys/unix"

	"nbemu/abi"
	"nbemu/kern"
)

// SockError is what became of something that was sent (ip(7), struct sock_extended_err).
type SockError struct {
	V6                 bool // kept for IPV6_RECVERR
	Err                abi.Errno
	Origin, Type, Code uint8
	Info, Data         uint32
	Offender           []byte // who said so, a native address; nil if that was no other machine
}

// KeepErrors is setsockopt(2) with IP_RECVERR or IPV6_RECVERR of Linux: what became of datagrams is kept, with the datagrams.
// Errors: ENOPROTOOPT where the host cannot, its own.
func (s *socket) KeepErrors(v6, on bool) abi.Errno {
	level, name := recvErr(v6)
	if name == 0 || s.domain != abi.AF_INET && s.domain != abi.AF_INET6 {
		return abi.ENOPROTOOPT
	}
	return errno(unix.SetsockoptInt(s.fd, level, name, boolInt(on)))
}

// KeepsErrors is getsockopt(2) for it. Errors: as KeepErrors.
func (s *socket) KeepsErrors(v6 bool) (bool, abi.Errno) {
	level, name := recvErr(v6)
	if name == 0 || s.domain != abi.AF_INET && s.domain != abi.AF_INET6 {
		return false, abi.ENOPROTOOPT
	}
	on, herr := unix.GetsockoptInt(s.fd, level, name)
	return on != 0, errno(herr)
}

// RecvError is recvmsg(2) with MSG_ERRQUEUE of Linux: the oldest error that is kept, the datagram in u, and in msg where that
// was sent to and other control messages. It does not wait. Errors: EAGAIN without one.
func (s *socket) RecvError(l *kern.LWP, u *kern.Uio, msg *Msg, controlRoom int) (*SockError, abi.Errno) {
	if hostMsgErrqueue == 0 || s.domain != abi.AF_INET && s.domain != abi.AF_INET6 {
		return nil, abi.EAGAIN
	}
	v, err := u.Views(0)
	if err != abi.OK {
		return nil, err
	}
	oob := make([]byte, 4096)
	n, oobn, flags, from, herr := unix.RecvmsgBuffers(s.fd, v, oob, hostMsgErrqueue|unix.MSG_DONTWAIT)
	if herr != nil {
		return nil, errno(herr)
	}
	msg.Whole, msg.Flags = n, 0
	u.Advance(min(uint64(n), kern.ViewsLen(v)))
	if flags&unix.MSG_TRUNC != 0 {
		msg.Flags |= abi.MSG_TRUNC
	}
	if from != nil {
		msg.Addr = fsOf(l).sockaddrToGuest(l.Model(), from)
	}
	var cut bool
	if msg.Control, _, cut, err = controlToGuest(l, s, oob[:oobn], controlRoom, 0, msg.Rights); cut {
		msg.Flags |= abi.MSG_CTRUNC
	}
	return sockErrorIn(l, oob[:oobn]), err
}
