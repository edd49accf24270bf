package vfs

import (
	"encoding/binary"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"nbemu/abi"
	"nbemu/mem"
)

const (
	hostMsgCloexec = unix.MSG_CMSG_CLOEXEC
	hostMsgMore    = unix.MSG_MORE
)

// hostReplace makes the descriptor to another of fd's file.
func hostReplace(fd, to int) error { return unix.Dup3(fd, to, unix.O_CLOEXEC) }

func hostAddrForm(fd int) error {
	return unix.SetsockoptInt(fd, unix.IPPROTO_IPV6, unix.IPV6_ADDRFORM, unix.AF_INET)
}

func hostSocket(domain, typ, proto int) (int, error) {
	return unix.Socket(domain, typ|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, proto)
}

func hostSocketpair(domain, typ, proto int) ([2]int, error) {
	return unix.Socketpair(domain, typ|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, proto)
}

func hostAccept(fd int) (int, unix.Sockaddr, error) {
	return unix.Accept4(fd, unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC)
}

// hostDisconnect dissolves the association of a datagram socket. A null address would not do: it is the loopback's.
func hostDisconnect(fd int) error { return mem.ConnectNobody(fd) }

// hostConnected ends an attempt to connect that went on without us: nil, or the error that it ended with, EALREADY if it
// has not. After an error the host's socket is as it was before the attempt.
func hostConnected(fd int, to unix.Sockaddr) error { return unix.Connect(fd, to) }

// pollSocket polls for reading; hup says that the other side will send nothing more.
func pollSocket(fd int) (r int16, hup bool) {
	p := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN | unix.POLLRDHUP}}
	for {
		_, err := unix.Poll(p, 0)
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return abi.POLLERR, false
		}
		return guestPollEvents(p[0].Revents), p[0].Revents&unix.POLLRDHUP != 0
	}
}

func hostOutq(fd int) int {
	n, err := unix.IoctlGetInt(fd, unix.SIOCOUTQ)
	if err != nil {
		return 0
	}
	return n
}

// hostCmsg makes one of the host's control messages.
func hostCmsg(level, typ int, data []byte) []byte {
	b := make([]byte, unix.CmsgSpace(len(data)))
	o := binary.NativeEndian
	at := unix.CmsgLen(0) // the header is a size_t and two ints, with nothing between
	if at == 16 {
		o.PutUint64(b, uint64(unix.CmsgLen(len(data))))
		o.PutUint32(b[8:], uint32(level))
		o.PutUint32(b[12:], uint32(typ))
	} else {
		o.PutUint32(b, uint32(unix.CmsgLen(len(data))))
		o.PutUint32(b[4:], uint32(level))
		o.PutUint32(b[8:], uint32(typ))
	}
	copy(b[at:], data)
	return b
}

// peerCred returns the ids of a local socket's other side as it was when the connection was made.
func hostPeerCred(fd int) (pid int32, uid, gid uint32, err error) {
	c, err := unix.GetsockoptUcred(fd, unix.SOL_SOCKET, unix.SO_PEERCRED)
	if err != nil {
		return 0, 0, 0, err
	}
	return c.Pid, c.Uid, c.Gid, nil
}

const (
	hostIPHdrincl        = unix.IP_HDRINCL
	hostIPv6Recvhoplimit = unix.IPV6_RECVHOPLIMIT
	hostIPv6Dontfrag     = unix.IPV6_DONTFRAG
	hostTCPKeepidle      = unix.TCP_KEEPIDLE
	hostIPMinttl         = unix.IP_MINTTL
	hostTCPNopush        = unix.TCP_CORK
	hostScmCreds         = unix.SCM_CREDENTIALS
	hostIPRecvpktinfo    = unix.IP_PKTINFO
	hostIPRecvttl        = unix.IP_TTL // the type of its message

	// hostPacketOpts: one packet can have a type of service and a time to live of its own.
	hostPacketOpts = true
)

func hostPipe(p *[2]int) error { return unix.Pipe2(p[:], unix.O_CLOEXEC|unix.O_NONBLOCK) }

// What only Linux has of NetBSD's.
func init() {
	intOpts[[2]int32{abi.IPPROTO_IP, abi.IP_MINTTL}] = hostOpt{unix.IPPROTO_IP, unix.IP_MINTTL, false}
}

func hostPassCred(fd int, on bool) error {
	return unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_PASSCRED, boolInt(on))
}

// hostCreds is the control message that tells who sends, if nbemu may say so.
func hostCreds(uid, gid uint32) []byte {
	return unix.UnixCredentials(&unix.Ucred{Pid: int32(os.Getpid()), Uid: uid, Gid: gid})
}

// presetMode has a local socket get mode when it is bound.
func presetMode(fd int, mode uint32) bool { return unix.Fchmod(fd, mode) == nil }

// parseHostCreds reads who sent a message, as the host knows it.
func parseHostCreds(c *unix.SocketControlMessage) (abi.Sockcred, bool) {
	u, err := unix.ParseUnixCredentials(c)
	if err != nil {
		return abi.Sockcred{}, false
	}
	return abi.Sockcred{Pid: u.Pid, Uid: u.Uid, Euid: u.Uid, Gid: u.Gid, Egid: u.Gid}, true
}

// hostCongctl chooses the algorithm of congestion control by its name, which may end in a NUL.
func hostCongctl(fd int, name []byte) error {
	alg, _, _ := strings.Cut(string(name), "\x00")
	if alg == "newreno" {
		alg = "reno"
	}
	return unix.SetsockoptString(fd, unix.IPPROTO_TCP, unix.TCP_CONGESTION, alg)
}

// hostGroup is MCAST_JOIN_GROUP or MCAST_LEAVE_GROUP, which the host takes for connections, too.
func hostGroup(fd int, iface uint32, group unix.Sockaddr, join bool) error {
	const join4, leave4 = 42, 45 // of IP and IPv6
	size := 4 + 128
	if strconv.IntSize == 64 {
		size += 4
	}
	b := make([]byte, size) // struct group_req: the number and a struct sockaddr_storage
	o, level := binary.NativeEndian, unix.IPPROTO_IP
	o.PutUint32(b, iface)
	sa := b[size-128:]
	switch a := group.(type) {
	case *unix.SockaddrInet4:
		o.PutUint16(sa, unix.AF_INET)
		copy(sa[4:], a.Addr[:])
	case *unix.SockaddrInet6:
		level = unix.IPPROTO_IPV6
		o.PutUint16(sa, unix.AF_INET6)
		copy(sa[8:], a.Addr[:])
	default:
		return unix.EAFNOSUPPORT
	}
	opt := join4
	if !join {
		opt = leave4
	}
	return unix.SetsockoptString(fd, level, opt, string(b))
}

// tcpStates are Linux's states of a connection (net/tcp_states.h) in NetBSD's numbers.
var tcpStates = [...]int32{
	unix.BPF_TCP_ESTABLISHED: abi.TCPS_ESTABLISHED,
	unix.BPF_TCP_SYN_SENT:    abi.TCPS_SYN_SENT,
	unix.BPF_TCP_SYN_RECV:    abi.TCPS_SYN_RECEIVED,
	unix.BPF_TCP_FIN_WAIT1:   abi.TCPS_FIN_WAIT_1,
	unix.BPF_TCP_FIN_WAIT2:   abi.TCPS_FIN_WAIT_2,
	unix.BPF_TCP_TIME_WAIT:   abi.TCPS_TIME_WAIT,
	unix.BPF_TCP_CLOSE:       abi.TCPS_CLOSED,
	unix.BPF_TCP_CLOSE_WAIT:  abi.TCPS_CLOSE_WAIT,
	unix.BPF_TCP_LAST_ACK:    abi.TCPS_LAST_ACK,
	unix.BPF_TCP_LISTEN:      abi.TCPS_LISTEN,
	unix.BPF_TCP_CLOSING:     abi.TCPS_CLOSING,
}

// hostTCPState is the state of a connection, in NetBSD's numbers.
func hostTCPState(fd int) int32 {
	info, err := unix.GetsockoptTCPInfo(fd, unix.IPPROTO_TCP, unix.TCP_INFO)
	if err != nil || int(info.State) >= len(tcpStates) {
		return abi.TCPS_CLOSED
	}
	return tcpStates[info.State]
}

// hostWaiting is how many connections wait at a socket that listens, where the host tells.
func hostWaiting(fd int) int {
	info, err := unix.GetsockoptTCPInfo(fd, unix.IPPROTO_TCP, unix.TCP_INFO)
	if err != nil {
		return 0
	}
	return int(info.Unacked)
}

func hostBindDevice(fd int, name string) error { return unix.BindToDevice(fd, name) }

func hostBoundDevice(fd int) (string, error) {
	return unix.GetsockoptString(fd, unix.SOL_SOCKET, unix.SO_BINDTODEVICE)
}
