package vfs

import (
	"encoding/binary"

	"golang.org/x/sys/unix"

	"nbemu/abi"
)

const (
	hostMsgCloexec       = 0
	hostIPHdrincl        = unix.IP_HDRINCL
	hostIPv6Recvhoplimit = unix.IPV6_RECVHOPLIMIT
	hostIPv6Dontfrag     = unix.IPV6_DONTFRAG
	hostTCPKeepidle      = unix.TCP_KEEPALIVE
	hostTCPNopush        = unix.TCP_NOPUSH
	hostScmCreds         = unix.SCM_CREDS
)

func prepare(fd int, err error) (int, error) {
	if err == nil {
		unix.CloseOnExec(fd)
		err = unix.SetNonblock(fd, true)
	}
	return fd, err
}

func hostSocket(domain, typ, proto int) (int, error) { return prepare(unix.Socket(domain, typ, proto)) }

func hostSocketpair(domain, typ, proto int) ([2]int, error) {
	fds, err := unix.Socketpair(domain, typ, proto)
	if err == nil {
		for _, fd := range fds {
			_, _ = prepare(fd, nil)
		}
	}
	return fds, err
}

func hostAccept(fd int) (int, unix.Sockaddr, error) {
	nfd, sa, err := unix.Accept(fd)
	if err == nil {
		_, _ = prepare(nfd, nil)
	}
	return nfd, sa, err
}

func hostDisconnect(fd int) error {
	err := unix.Connect(fd, &unix.SockaddrInet4{})
	if err == unix.EADDRNOTAVAIL {
		return nil
	}
	return err
}

func pollSocket(fd int) (r int16, hup bool) {
	r = pollHost(fd, abi.POLLIN)
	return r, r&abi.POLLHUP != 0
}

func hostOutq(fd int) int {
	const soNwrite = 0x1024
	n, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, soNwrite)
	if err != nil {
		return 0
	}
	return n
}

func hostAtMark(fd int) (int, error) {
	const siocatmark = 0x40047307
	return unix.IoctlGetInt(fd, siocatmark)
}

func hostCmsg(level, typ int, data []byte) []byte {
	b := make([]byte, unix.CmsgSpace(len(data)))
	o := binary.NativeEndian
	o.PutUint32(b, uint32(unix.CmsgLen(len(data))))
	o.PutUint32(b[4:], uint32(level))
	o.PutUint32(b[8:], uint32(typ))
	copy(b[unix.CmsgLen(0):], data)
	return b
}

func hostPeerCred(fd int) (pid int32, uid, gid uint32, err error) {
	x, err := unix.GetsockoptXucred(fd, unix.SOL_LOCAL, unix.LOCAL_PEERCRED)
	if err != nil {
		return 0, 0, 0, err
	}
	if n, err := unix.GetsockoptInt(fd, unix.SOL_LOCAL, unix.LOCAL_PEERPID); err == nil {
		pid = int32(n)
	}
	return pid, x.Uid, x.Groups[0], nil
}

func hostPipe(p *[2]int) error {
	err := unix.Pipe(p[:])
	if err == nil {
		for _, fd := range p {
			_, _ = prepare(fd, nil)
		}
	}
	return err
}

func hostPassCred(int, bool) error { return unix.ENOPROTOOPT }

func parseHostCreds(*unix.SocketControlMessage) (abi.Sockcred, bool) { return abi.Sockcred{}, false }

func hostGetLinger(fd int) (on, sec int32, err error) {
	mr, err := unix.GetsockoptIPMreq(fd, unix.SOL_SOCKET, unix.SO_LINGER)
	if err != nil {
		return 0, 0, err
	}
	o := binary.NativeEndian
	return int32(o.Uint32(mr.Multiaddr[:])), int32(o.Uint32(mr.Interface[:])), nil
}

func (s *socket) setHostOpt(m *abi.Model, level, name int32, val []byte) abi.Errno {
	switch [2]int32{level, name} {
	case [2]int32{abi.IPPROTO_IPV6, abi.IPV6_JOIN_GROUP}, [2]int32{abi.IPPROTO_IPV6, abi.IPV6_LEAVE_GROUP}:
		if len(val) < 20 {
			return abi.EINVAL
		}
		mr := &unix.IPv6Mreq{Interface: uint32(m.Uint(val[16:], 4))}
		copy(mr.Multiaddr[:], val)
		return errno(unix.SetsockoptIPv6Mreq(s.fd, unix.IPPROTO_IPV6, int(name), mr))
	}
	return abi.ENOPROTOOPT
}

func inetControlToHost(*abi.Model, int32, int32, []byte) ([]byte, abi.Errno) { return nil, abi.EINVAL }

func inetControlToGuest(*abi.Model, *socket, *unix.SocketControlMessage, func(level, typ int32, data []byte) bool) {
}
