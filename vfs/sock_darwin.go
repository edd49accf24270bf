package vfs

import (
	"encoding/binary"

	"golang.org/x/sys/unix"

	"nbemu/abi"
)

// hostMsgCloexec is nothing: received descriptors cannot be marked in the same call.
const hostMsgCloexec = 0

// prepareSocket gives a new descriptor the flags that there is no call to make it with.
func prepareSocket(fd int) error {
	unix.CloseOnExec(fd)
	// Older kernels do not know MSG_NOSIGNAL. A socket that was shut down meanwhile refuses; it sends no more.
	_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_NOSIGPIPE, 1)
	return unix.SetNonblock(fd, true)
}

func hostSocket(domain, typ, proto int) (int, error) {
	fd, err := unix.Socket(domain, typ, proto)
	if err != nil {
		return -1, err
	}
	if err := prepareSocket(fd); err != nil {
		_ = unix.Close(fd)
		return -1, err
	}
	return fd, nil
}

func hostSocketpair(domain, typ, proto int) ([2]int, error) {
	p, err := unix.Socketpair(domain, typ, proto)
	if err != nil {
		return p, err
	}
	for _, fd := range p {
		if err := prepareSocket(fd); err != nil {
			_ = unix.Close(p[0])
			_ = unix.Close(p[1])
			return p, err
		}
	}
	return p, nil
}

func hostAccept(fd int) (int, unix.Sockaddr, error) {
	nfd, sa, err := unix.Accept(fd)
	if err != nil {
		return -1, nil, err
	}
	if err := prepareSocket(nfd); err != nil {
		_ = unix.Close(nfd)
		return -1, nil, err
	}
	return nfd, sa, nil
}

// hostConnected ends an attempt to connect that went on without us: nil, or the error that it ended with, EALREADY if it
// has not.
func hostConnected(fd int, _ unix.Sockaddr) error {
	if r := pollHost(fd, abi.POLLOUT); r&(abi.POLLOUT|abi.POLLERR|abi.POLLHUP) == 0 {
		return unix.EALREADY
	}
	n, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_ERROR)
	switch {
	case err != nil:
		return err
	case n != 0:
		return unix.Errno(n)
	}
	if _, err := unix.Getpeername(fd); err != nil {
		return unix.ECONNABORTED // somebody has taken the error
	}
	return nil
}

// hostDisconnect dissolves the association of a datagram socket.
func hostDisconnect(fd int) error {
	// The package has no sockaddr for AF_UNSPEC. To connect to a null address is an error, but the association
	// is gone by then.
	sa, err := unix.Getsockname(fd)
	if err != nil {
		return err
	}
	switch sa.(type) {
	case *unix.SockaddrInet6:
		err = unix.Connect(fd, &unix.SockaddrInet6{})
	case *unix.SockaddrInet4:
		err = unix.Connect(fd, &unix.SockaddrInet4{})
	default:
		return unix.EAFNOSUPPORT
	}
	if err == unix.EADDRNOTAVAIL {
		return nil
	}
	return err
}

// pollSocket polls for reading; hup says that the other side will send nothing more, which here is POLLHUP.
func pollSocket(fd int) (r int16, hup bool) {
	r = pollHost(fd, abi.POLLIN)
	return r, r&abi.POLLHUP != 0
}

func hostOutq(fd int) int {
	n, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_NWRITE)
	if err != nil {
		return 0
	}
	return n
}

// hostCmsg makes one of the host's control messages: the header is three words.
func hostCmsg(level, typ int, data []byte) []byte {
	b := make([]byte, unix.CmsgSpace(len(data)))
	o := binary.NativeEndian
	o.PutUint32(b, uint32(unix.CmsgLen(len(data))))
	o.PutUint32(b[4:], uint32(level))
	o.PutUint32(b[8:], uint32(typ))
	copy(b[unix.CmsgLen(0):], data)
	return b
}

// hostPeerCred returns the ids of a local socket's other side as it was when the connection was made.
func hostPeerCred(fd int) (pid int32, uid, gid uint32, err error) {
	c, err := unix.GetsockoptXucred(fd, unix.SOL_LOCAL, unix.LOCAL_PEERCRED)
	if err != nil {
		return 0, 0, 0, err
	}
	p, err := unix.GetsockoptInt(fd, unix.SOL_LOCAL, unix.LOCAL_PEERPID)
	if err != nil {
		return 0, 0, 0, err
	}
	return int32(p), c.Uid, c.Groups[0], nil // the first group is the effective one
}

const (
	hostIPHdrincl        = unix.IP_HDRINCL
	hostIPv6Recvhoplimit = unix.IPV6_RECVHOPLIMIT
	hostIPv6Dontfrag     = unix.IPV6_DONTFRAG
	hostTCPKeepidle      = unix.TCP_KEEPALIVE
	hostIPMinttl         = 0 // there is none
	hostTCPNopush        = unix.TCP_NOPUSH
	hostScmCreds         = unix.SCM_CREDS
	hostIPRecvpktinfo    = unix.IP_RECVPKTINFO
	hostIPRecvttl        = unix.IP_RECVTTL

	hostPacketOpts = false // those of the socket hold
)

func hostPipe(p *[2]int) error {
	if err := unix.Pipe(p[:]); err != nil {
		return err
	}
	for _, fd := range p {
		unix.CloseOnExec(fd)
		if err := unix.SetNonblock(fd, true); err != nil {
			_ = unix.Close(p[0])
			_ = unix.Close(p[1])
			return err
		}
	}
	return nil
}

// hostPassCred asks for the sender's ids with each message, which the host does not do.
func hostPassCred(_ int, on bool) error {
	if on {
		return unix.EOPNOTSUPP
	}
	return nil
}

// hostCreds: there is nothing to say who sends.
func hostCreds(uint32, uint32) []byte { return nil }

// presetMode reports that the mode must be set after a local socket is bound.
func presetMode(int, uint32) bool { return false }

// parseHostCreds: nobody says who sent a message; see hostPassCred.
func parseHostCreds(*unix.SocketControlMessage) (abi.Sockcred, bool) { return abi.Sockcred{}, false }

// hostCongctl: the algorithm of congestion control cannot be chosen.
func hostCongctl(int, []byte) error { return unix.ENOPROTOOPT }

// hostMsgMore: the host has no such flag; what is sent goes out at once.
const hostMsgMore = 0

// hostReplace makes the descriptor to another of fd's file.
func hostReplace(fd, to int) error {
	err := unix.Dup2(fd, to)
	unix.CloseOnExec(to)
	return err
}

func hostAddrForm(int) error { return unix.ENOPROTOOPT }

// hostGroup joins or leaves a group, or has an error for connections.
func hostGroup(fd int, iface uint32, group unix.Sockaddr, join bool) error {
	switch a := group.(type) {
	case *unix.SockaddrInet4:
		opt := unix.IP_ADD_MEMBERSHIP
		if !join {
			opt = unix.IP_DROP_MEMBERSHIP
		}
		return unix.SetsockoptIPMreqn(fd, unix.IPPROTO_IP, opt, &unix.IPMreqn{Multiaddr: a.Addr, Ifindex: int32(iface)})
	case *unix.SockaddrInet6:
		opt := unix.IPV6_JOIN_GROUP
		if !join {
			opt = unix.IPV6_LEAVE_GROUP
		}
		return unix.SetsockoptIPv6Mreq(fd, unix.IPPROTO_IPV6, opt, &unix.IPv6Mreq{Multiaddr: a.Addr, Interface: iface})
	}
	return unix.EAFNOSUPPORT
}

// hostTCPState is the state of a connection; both systems have BSD's numbers.
func hostTCPState(fd int) int32 {
	info, err := unix.GetsockoptTCPConnectionInfo(fd, unix.IPPROTO_TCP, unix.TCP_CONNECTION_INFO)
	if err != nil {
		return abi.TCPS_CLOSED
	}
	return int32(info.State)
}

// hostWaiting is how many connections wait at a socket that listens, where the host tells.
func hostWaiting(int) int { return 0 }

func hostBindDevice(int, string) error { return unix.ENOPROTOOPT }

func hostBoundDevice(int) (string, error) { return "", unix.ENOPROTOOPT }
