//go:build unix

package vfs

import (
	"encoding/binary"

	"golang.org/x/sys/unix"

	"nbemu/abi"
)

// Options and control messages of the Internet protocols, whose numbers and structures the hosts share but for a few that
// are named hostSomething.

// setHostOpt does the options that need more than another number.
func (s *socket) setHostOpt(m *abi.Model, level, name int32, val []byte) abi.Errno {
	on := len(val) >= 4 && m.Uint(val, 4) != 0
	switch [2]int32{level, name} {
	case [2]int32{abi.IPPROTO_IP, abi.IP_RECVDSTADDR}, [2]int32{abi.IPPROTO_IP, abi.IP_RECVIF},
		[2]int32{abi.IPPROTO_IP, abi.IP_RECVPKTINFO}:
		if len(val) < 4 {
			return abi.EINVAL
		}
		switch name {
		case abi.IP_RECVDSTADDR:
			s.opts.recvDstAddr = on
		case abi.IP_RECVIF:
			s.opts.recvIf = on
		default:
			s.opts.recvPktinfo = on
		}
		// One message of the host's has what all three ask for.
		want := s.opts.recvDstAddr || s.opts.recvIf || s.opts.recvPktinfo
		return errno(unix.SetsockoptInt(s.fd, unix.IPPROTO_IP, hostIPRecvpktinfo, boolInt(want)))
	case [2]int32{abi.IPPROTO_IPV6, abi.IPV6_RECVPKTINFO}:
		if len(val) < 4 {
			return abi.EINVAL
		}
		s.opts.recvPktinfo = on
		return errno(unix.SetsockoptInt(s.fd, unix.IPPROTO_IPV6, unix.IPV6_RECVPKTINFO, boolInt(on)))
	case [2]int32{abi.IPPROTO_IPV6, abi.IPV6_JOIN_GROUP}, [2]int32{abi.IPPROTO_IPV6, abi.IPV6_LEAVE_GROUP}:
		if len(val) < 20 {
			return abi.EINVAL
		}
		mr := &unix.IPv6Mreq{Interface: uint32(m.Uint(val[16:], 4))}
		copy(mr.Multiaddr[:], val)
		opt := unix.IPV6_JOIN_GROUP
		if name == abi.IPV6_LEAVE_GROUP {
			opt = unix.IPV6_LEAVE_GROUP
		}
		return errno(unix.SetsockoptIPv6Mreq(s.fd, unix.IPPROTO_IPV6, opt, mr))
	case [2]int32{abi.IPPROTO_TCP, abi.TCP_CONGCTL}:
		return errno(hostCongctl(s.fd, val))
	}
	return abi.ENOPROTOOPT
}

// inetControlToHost translates a control message of the Internet protocols. Errors: EINVAL; EOPNOTSUPP for
// what the host can set for a socket only, not for a packet.
func inetControlToHost(m *abi.Model, level, typ int32, data []byte) ([]byte, abi.Errno) {
	word := func() []byte {
		b := make([]byte, 4)
		if len(data) >= 4 {
			binary.NativeEndian.PutUint32(b, uint32(m.Uint(data, 4)))
		} else if len(data) > 0 {
			binary.NativeEndian.PutUint32(b, uint32(data[0]))
		}
		return b
	}
	switch [2]int32{level, typ} {
	case [2]int32{abi.IPPROTO_IP, abi.IP_PKTINFO}:
		if len(data) < 8 {
			return nil, abi.EINVAL
		}
		b := make([]byte, unix.SizeofInet4Pktinfo)
		binary.NativeEndian.PutUint32(b, uint32(m.Uint(data[4:], 4)))
		copy(b[4:8], data[:4])
		return hostCmsg(unix.IPPROTO_IP, unix.IP_PKTINFO, b), abi.OK
	case [2]int32{abi.IPPROTO_IP, abi.IP_TOS}, [2]int32{abi.IPPROTO_IP, abi.IP_TTL}:
		if !hostPacketOpts {
			return nil, abi.EOPNOTSUPP
		}
		opt := unix.IP_TOS
		if typ == abi.IP_TTL {
			opt = unix.IP_TTL
		}
		return hostCmsg(unix.IPPROTO_IP, opt, word()), abi.OK
	case [2]int32{abi.IPPROTO_IPV6, abi.IPV6_PKTINFO}:
		if len(data) < 20 {
			return nil, abi.EINVAL
		}
		b := append([]byte(nil), data[:20]...)
		binary.NativeEndian.PutUint32(b[16:], uint32(m.Uint(data[16:], 4)))
		return hostCmsg(unix.IPPROTO_IPV6, unix.IPV6_PKTINFO, b), abi.OK
	case [2]int32{abi.IPPROTO_IPV6, abi.IPV6_HOPLIMIT}:
		return hostCmsg(unix.IPPROTO_IPV6, unix.IPV6_HOPLIMIT, word()), abi.OK
	case [2]int32{abi.IPPROTO_IPV6, abi.IPV6_TCLASS}:
		return hostCmsg(unix.IPPROTO_IPV6, unix.IPV6_TCLASS, word()), abi.OK
	}
	return nil, abi.EINVAL
}

// inetControlToGuest translates what the host says about a packet.
func inetControlToGuest(m *abi.Model, s *socket, c *unix.SocketControlMessage, add func(level, typ int32, data []byte) bool) {
	o := binary.NativeEndian
	word := func() []byte { return m.Bytes(int32(o.Uint32(c.Data))) }
	switch [2]int32{c.Header.Level, c.Header.Type} {
	case [2]int32{unix.IPPROTO_IP, unix.IP_PKTINFO}:
		if len(c.Data) < unix.SizeofInet4Pktinfo {
			return
		}
		index := o.Uint32(c.Data)
		if s.opts.recvDstAddr {
			add(abi.IPPROTO_IP, abi.IP_RECVDSTADDR, c.Data[8:12])
		}
		if s.opts.recvPktinfo {
			b := make([]byte, 8)
			copy(b, c.Data[8:12])
			m.PutUint(b[4:], 4, uint64(index))
			add(abi.IPPROTO_IP, abi.IP_PKTINFO, b)
		}
		if s.opts.recvIf {
			dl := make([]byte, 8) // struct sockaddr_dl without name and address
			dl[0], dl[1] = 8, abi.AF_LINK
			m.PutUint(dl[2:], 2, uint64(index))
			add(abi.IPPROTO_IP, abi.IP_RECVIF, dl)
		}
	case [2]int32{unix.IPPROTO_IP, hostIPRecvttl}:
		// Linux has an int, macOS one byte.
		if len(c.Data) >= 4 {
			add(abi.IPPROTO_IP, abi.IP_RECVTTL, []byte{byte(o.Uint32(c.Data))})
		} else if len(c.Data) >= 1 {
			add(abi.IPPROTO_IP, abi.IP_RECVTTL, c.Data[:1])
		}
	case [2]int32{unix.IPPROTO_IPV6, unix.IPV6_PKTINFO}:
		if len(c.Data) >= 20 {
			b := append([]byte(nil), c.Data[:20]...)
			m.PutUint(b[16:], 4, uint64(o.Uint32(c.Data[16:])))
			add(abi.IPPROTO_IPV6, abi.IPV6_PKTINFO, b)
		}
	case [2]int32{unix.IPPROTO_IPV6, unix.IPV6_HOPLIMIT}:
		if len(c.Data) >= 4 {
			add(abi.IPPROTO_IPV6, abi.IPV6_HOPLIMIT, word())
		}
	case [2]int32{unix.IPPROTO_IPV6, unix.IPV6_TCLASS}:
		if len(c.Data) >= 4 {
			add(abi.IPPROTO_IPV6, abi.IPV6_TCLASS, word())
		}
	}
}
