package vfs

import (
	"golang.org/x/sys/unix"

	"nbemu/abi"
	"nbemu/kern"
)

// Control data as NetBSD's protocols take it and its kernel hands it out. Linux' programs have another way: see sockmsg.go.

// inetPktopts reads the options of a packet (ip_setpktopts, ip6_setpktopts). What is of another level does not concern them.
// Errors: EINVAL, ENOPROTOOPT.
func (s *socket) inetPktopts(m *abi.Model, b []byte) (oob []byte, err abi.Errno) {
	own := int32(abi.IPPROTO_IP)
	if s.domain == abi.AF_INET6 {
		own = abi.IPPROTO_IPV6
	}
	for len(b) > 0 {
		if len(b) < m.Sizeof(&abi.Cmsghdr{}) || s.domain == abi.AF_INET6 && len(b) < m.CmsgLen(0) {
			return nil, abi.EINVAL
		}
		var c abi.Cmsghdr
		m.Unmarshal(b, &c)
		n := int(c.Len)
		if n == 0 || uint64(c.Len) > uint64(len(b)) {
			return nil, abi.EINVAL
		}
		if c.Level == own {
			o, err := packetOption(m, &c, b[min(m.CmsgLen(0), n):n])
			if err != abi.OK {
				return nil, err
			}
			oob = append(oob, o...)
		}
		b = b[min(m.CmsgRound(n), len(b)):]
	}
	return oob, abi.OK
}

// packetOption is one option of a packet for the host. Errors: EINVAL, ENOPROTOOPT.
func packetOption(m *abi.Model, c *abi.Cmsghdr, data []byte) ([]byte, abi.Errno) {
	size := 4
	switch [2]int32{c.Level, c.Type} {
	case [2]int32{abi.IPPROTO_IP, abi.IP_PKTINFO}:
		size = 8
	case [2]int32{abi.IPPROTO_IP, abi.IP_RECVDSTADDR}: // IP_SENDSRCADDR, of FreeBSD
	case [2]int32{abi.IPPROTO_IPV6, abi.IPV6_PKTINFO}:
		size = 20
	case [2]int32{abi.IPPROTO_IPV6, abi.IPV6_HOPLIMIT}, [2]int32{abi.IPPROTO_IPV6, abi.IPV6_TCLASS}:
	default:
		return nil, abi.ENOPROTOOPT
	}
	if int(c.Len) != m.CmsgLen(size) {
		return nil, abi.EINVAL
	}
	if c.Level == abi.IPPROTO_IP && c.Type == abi.IP_RECVDSTADDR {
		return inetControlToHost(m, abi.IPPROTO_IP, abi.IP_PKTINFO, append(data[:4:4], 0, 0, 0, 0))
	}
	return inetControlToHost(m, c.Level, c.Type, data)
}

// localRights finds the descriptors in control data (unp_internalize): they are in the first message, and what comes after it is
// not looked at. Error: EINVAL for any other.
func localRights(m *abi.Model, b []byte) (data []byte, err abi.Errno) {
	var c abi.Cmsghdr
	if len(b) < m.CmsgLen(0) {
		return nil, abi.EINVAL
	}
	m.Unmarshal(b, &c)
	if c.Type != abi.SCM_RIGHTS || c.Level != abi.SOL_SOCKET || uint64(c.Len) > uint64(len(b)) || int(c.Len) < m.CmsgLen(0) {
		return nil, abi.EINVAL
	}
	return b[m.CmsgLen(0):c.Len], abi.OK
}

// nativeControl is controlToHost for NetBSD's programs. Errors: EINVAL, ENOPROTOOPT, EBADF.
func nativeControl(l *kern.LWP, s *socket, b []byte) (oob []byte, release func(), err abi.Errno) {
	release = func() {}
	switch {
	case s.domain == abi.AF_LOCAL:
		data, err := localRights(l.Model(), b)
		if err != abi.OK {
			return nil, nil, err
		}
		return rightsToHost(l, data)
	case s.typ == abi.SOCK_STREAM: // tcp_send knows none
		return nil, nil, abi.EINVAL
	}
	oob, err = s.inetPktopts(l.Model(), b)
	return oob, release, err
}

// pktoptError is what the kernel says of an address or interface in a packet's options that there is not. IPv4 looks at the
// address as bind(2) does (ip_pktinfo_prepare).
func (s *socket) pktoptError(herr error) abi.Errno {
	switch {
	case herr == unix.ENODEV && s.domain == abi.AF_INET6:
		return abi.ENXIO
	case herr == unix.ENODEV && s.domain == abi.AF_INET:
		return abi.ENETUNREACH
	case s.domain == abi.AF_INET && (herr == unix.ENETUNREACH || herr == unix.EINVAL):
		return abi.EADDRNOTAVAIL
	}
	return errno(herr)
}

// message is one control message that was received; fds are descriptors of the host's that are not the program's yet.
type message struct {
	level, typ int32
	data       []byte
	fds        []int
}

// copyoutControl puts messages into a program's room, as copyout_msg_control does: what does not fit is cut and the rest is left
// out, but descriptors come all or not at all. size is what msg_controllen becomes, which counts what pads a message that
// another follows, beyond the room too. Error: EMSGSIZE for too many open files.
func copyoutControl(l *kern.LWP, list []message, room int, flags int32) (out []byte, size int, cut bool, err abi.Errno) {
	m := l.Model()
	kept := 0
	defer func() {
		for _, c := range list[kept:] {
			closeAll(c.fds)
		}
	}()
	for i := range list {
		c := &list[i]
		right := c.level == abi.SOL_SOCKET && c.typ == abi.SCM_RIGHTS
		n := len(c.data)
		if right {
			n = 4 * len(c.fds)
		}
		n = m.CmsgSpace(n)
		if size >= room {
			break
		}
		if room-size < n {
			cut = true
			if right {
				break
			}
			n = room - size
		}
		if right {
			kept = i + 1
			if c.data, err = allRights(l, c.fds, flags&abi.MSG_CMSG_CLOEXEC != 0); err != abi.OK {
				return nil, 0, true, err
			}
		}
		out = append(out, make([]byte, size-len(out))...)
		out = append(out, addCmsg(m, nil, c.level, c.typ, c.data)[:n]...)
		if size += n; i+1 < len(list) {
			size = m.CmsgRound(size)
		}
	}
	return out, size, cut, abi.OK
}

// controlOfHost reads what the host says came with a message. Descriptors come first, as the sender's own control data does.
func controlOfHost(l *kern.LWP, s *socket, oob []byte, peek bool) (list []message) {
	m := l.Model()
	msgs, herr := unix.ParseSocketControlMessage(oob)
	if herr != nil {
		return nil
	}
	add := func(level, typ int32, data []byte) bool {
		list = append(list, message{level: level, typ: typ, data: data})
		return true
	}
	for i := range msgs {
		c := &msgs[i]
		switch {
		case c.Header.Level == unix.SOL_SOCKET && c.Header.Type == unix.SCM_RIGHTS:
			if fds, herr := unix.ParseUnixRights(c); herr == nil {
				list = append([]message{{level: abi.SOL_SOCKET, typ: abi.SCM_RIGHTS, fds: fds}}, list...)
			}
		case c.Header.Level == unix.SOL_SOCKET && c.Header.Type == hostScmCreds:
			if cr, ok := parseHostCreds(c); ok && cr.Pid != 0 { // 0: it was sent before anybody asked
				add(abi.SOL_SOCKET, abi.SCM_CREDS, s.sockcred(l, cr, peek))
				if s.connreq && !peek {
					s.opts.creds = false // they are told once (unp_send)
					_ = hostPassCred(s.fd, false)
				}
			}
		case c.Header.Level == unix.SOL_SOCKET && c.Header.Type == unix.SCM_TIMESTAMP:
			// Of IP's datagrams only (ip_savecontrol).
			if data := timestampOf(m, c); data != nil && s.opts.timestamp && s.domain != abi.AF_LOCAL && !s.connreq {
				add(abi.SOL_SOCKET, abi.SCM_TIMESTAMP, data)
			}
		default:
			inetControlToGuest(m, s, c, add)
		}
	}
	return list
}
