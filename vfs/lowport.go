package vfs

import (
	"golang.org/x/sys/unix"

	"nbemu/abi"
	"nbemu/kern"
)

// Ports that IP_PORTRANGE_LOW means (net.inet.ip.lowportmin and lowportmax).
const (
	lowPortMin = 600
	lowPortMax = 1023
)

// wantsLowPort reports whether a port that nobody names is to be one of the superuser's.
func (s *socket) wantsLowPort() bool {
	return s.domain == abi.AF_INET && s.opts.ignored[[2]int32{abi.IPPROTO_IP, abi.IP_PORTRANGE}] == abi.IP_PORTRANGE_LOW ||
		s.domain == abi.AF_INET6 && s.opts.ignored[[2]int32{abi.IPPROTO_IPV6, abi.IPV6_PORTRANGE}] == abi.IPV6_PORTRANGE_LOW
}

// bindPort binds the socket to an address. A port 0 stands for one that is free; in the range for the superuser it is
// looked for from the top (portalgo_bsd). Errors: EACCES, EAGAIN when all are taken, and the host's.
func (s *socket) bindPort(l *kern.LWP, sa unix.Sockaddr) abi.Errno {
	if err := privilegedPort(l, sa); err != abi.OK {
		return err
	}
	if !s.wantsLowPort() {
		return errno(unix.Bind(s.fd, sa))
	}
	if !l.Proc.Cred.May(kern.RightBind) {
		return abi.EACCES
	}
	port := portOf(sa)
	if port == nil || *port != 0 {
		return errno(unix.Bind(s.fd, sa))
	}
	for *port = lowPortMax; *port >= lowPortMin; *port-- {
		if err := unix.Bind(s.fd, sa); err != unix.EADDRINUSE {
			return errno(err)
		}
	}
	return abi.EAGAIN
}

func portOf(sa unix.Sockaddr) *int {
	switch a := sa.(type) {
	case *unix.SockaddrInet4:
		return &a.Port
	case *unix.SockaddrInet6:
		return &a.Port
	}
	return nil
}

// bindLow gives a socket that is about to be connected a port, if it wants a low one and has none (in_pcbconnect).
func (s *socket) bindLow(l *kern.LWP) abi.Errno {
	if !s.wantsLowPort() {
		return abi.OK
	}
	if sa, err := unix.Getsockname(s.fd); err == nil {
		if p := portOf(sa); p != nil && *p != 0 {
			return abi.OK
		}
	}
	if s.domain == abi.AF_INET6 {
		return s.bindPort(l, &unix.SockaddrInet6{})
	}
	return s.bindPort(l, &unix.SockaddrInet4{})
}
