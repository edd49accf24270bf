package vfs

import "nbemu/abi"

// What NetBSD's protocols say of an option before it comes to the host's (sosetopt and sogetopt in kern/uipc_socket.c,
// the protocols' ctloutput). Linux has its own rules.

// defaultLowat is what there must be room for before a socket can be written to (MCLBYTES, soreserve).
const defaultLowat = 2048

// optRange are options of IP and IPv6 that are numbers, with the range that they may have.
var optRange = map[[2]int32][2]int32{
	{abi.IPPROTO_IP, abi.IP_PORTRANGE}:     {0, 2},
	{abi.IPPROTO_IP, abi.IP_MINTTL}:        {0, 255},
	{abi.IPPROTO_IP, abi.IP_PORTALGO}:      {0, 6},
	{abi.IPPROTO_IPV6, abi.IPV6_PORTRANGE}: {0, 2}, {abi.IPPROTO_IPV6, abi.IPV6_PORTALGO}: {0, 6},
	{abi.IPPROTO_IPV6, abi.IPV6_USE_MIN_MTU}:  {-1, 1},
	{abi.IPPROTO_IPV6, abi.IPV6_UNICAST_HOPS}: {-1, 255},
}

// knows reports whether the socket's protocol has options of a level at all.
func (s *socket) knows(level int32) bool {
	switch level {
	case abi.IPPROTO_TCP:
		return s.domain != abi.AF_LOCAL && s.typ == abi.SOCK_STREAM
	case abi.IPPROTO_IPV6:
		return s.domain == abi.AF_INET6
	}
	return true
}

// settable says what NetBSD finds wrong with an option's value. done says that there is nothing left to do. Errors:
// ENOPROTOOPT, EINVAL, ENOENT.
func (s *socket) settable(m *abi.Model, level, name int32, val []byte) (done bool, err abi.Errno) {
	key := [2]int32{level, name}
	if !s.knows(level) {
		return true, abi.ENOPROTOOPT
	}
	if r, ok := optRange[key]; ok && len(val) == 4 {
		if v := int32(m.Uint(val, 4)); v < r[0] || v > r[1] {
			return true, abi.EINVAL
		}
	}
	switch key {
	case [2]int32{abi.SOL_SOCKET, abi.SO_ERROR}, [2]int32{abi.SOL_SOCKET, abi.SO_TYPE}, [2]int32{abi.SOL_SOCKET, abi.SO_ACCEPTCONN},
		[2]int32{abi.IPPROTO_TCP, abi.TCP_NOPUSH}, [2]int32{abi.IPPROTO_TCP, abi.TCP_NOOPT}:
		return true, abi.ENOPROTOOPT
	case [2]int32{abi.SOL_SOCKET, abi.SO_ACCEPTFILTER}:
		return true, s.acceptFilter(val)
	case [2]int32{abi.SOL_SOCKET, abi.SO_SNDLOWAT}, [2]int32{abi.SOL_SOCKET, abi.SO_RCVLOWAT}:
		if len(val) == 4 && int32(m.Uint(val, 4)) < 1 {
			return true, abi.EINVAL
		}
		if len(val) == 4 && name == abi.SO_RCVLOWAT {
			s.opts.rcvlowat = int32(m.Uint(val, 4))
		}
	case [2]int32{abi.IPPROTO_IP, abi.IP_ADD_MEMBERSHIP}, [2]int32{abi.IPPROTO_IP, abi.IP_DROP_MEMBERSHIP}:
		if len(val) != 8 || val[0]>>4 != 14 { // struct ip_mreq, and a group's address
			return true, abi.EINVAL
		}
	case [2]int32{abi.IPPROTO_IP, abi.IP_MULTICAST_IF}, [2]int32{abi.IPPROTO_IP, abi.IP_RECVIF}, [2]int32{abi.IPPROTO_IP, abi.IP_RECVPKTINFO},
		[2]int32{abi.IPPROTO_IP, abi.IP_RECVDSTADDR}:
		if len(val) != 4 {
			return true, abi.EINVAL
		}
	case [2]int32{abi.IPPROTO_IP, abi.IP_HDRINCL}:
		if s.typ != abi.SOCK_RAW {
			return true, abi.ENOPROTOOPT
		}
	case [2]int32{abi.IPPROTO_IPV6, abi.IPV6_CHECKSUM}:
		if s.typ != abi.SOCK_RAW {
			return true, abi.ENOPROTOOPT
		}
	case [2]int32{abi.IPPROTO_IPV6, abi.IPV6_RECVPKTINFO}:
		if len(val) != 4 {
			return true, abi.EINVAL
		}
	case [2]int32{abi.IPPROTO_IP, abi.IP_OPTIONS}:
		if len(val) == 0 {
			return true, abi.OK // there were none
		}
	case [2]int32{abi.IPPROTO_IP, abi.IP_MULTICAST_TTL}, [2]int32{abi.IPPROTO_IP, abi.IP_MULTICAST_LOOP}:
		limit := uint64(255)
		if name == abi.IP_MULTICAST_LOOP {
			limit = 1
		}
		if len(val) != 1 && len(val) != 4 || m.Uint(val, len(val)) > limit {
			return true, abi.EINVAL
		}
	}
	return false, abi.OK
}

// acceptFilter is accept_filt_setopt, of a kernel without filters. Errors: EINVAL, ENOENT.
func (s *socket) acceptFilter(val []byte) abi.Errno {
	const argSize = 256 // struct accept_filter_arg
	switch {
	case s.state != ssListening, len(val) != 0 && len(val) < argSize:
		return abi.EINVAL
	case len(val) == 0:
		return abi.OK // none is set
	}
	return abi.ENOENT
}

// shown says what NetBSD answers without asking the host. done says that this is it.
func (s *socket) shown(m *abi.Model, level, name int32) (val []byte, done bool, err abi.Errno) {
	key := [2]int32{level, name}
	if !s.knows(level) {
		return nil, true, abi.ENOPROTOOPT
	}
	switch key {
	case [2]int32{abi.IPPROTO_TCP, abi.TCP_NOPUSH}, [2]int32{abi.IPPROTO_TCP, abi.TCP_NOOPT}:
		return nil, true, abi.ENOPROTOOPT
	case [2]int32{abi.IPPROTO_IP, abi.IP_ADD_MEMBERSHIP}, [2]int32{abi.IPPROTO_IP, abi.IP_DROP_MEMBERSHIP},
		[2]int32{abi.IPPROTO_IPV6, abi.IPV6_JOIN_GROUP}, [2]int32{abi.IPPROTO_IPV6, abi.IPV6_LEAVE_GROUP}:
		return nil, true, abi.EOPNOTSUPP
	case [2]int32{abi.IPPROTO_IP, abi.IP_HDRINCL}:
		if s.typ != abi.SOCK_RAW {
			return nil, true, abi.ENOPROTOOPT
		}
	case [2]int32{abi.IPPROTO_IP, abi.IP_OPTIONS}, [2]int32{abi.IPPROTO_IP, abi.IP_RETOPTS}:
		return []byte{}, true, abi.OK // nobody sets any
	case [2]int32{abi.SOL_SOCKET, abi.SO_SNDLOWAT}:
		v, ok := s.opts.ignored[key]
		if !ok {
			v = defaultLowat
		}
		if room := s.opts.sndbuf; room > 0 {
			v = min(v, room)
		}
		return m.Bytes(v), true, abi.OK
	case [2]int32{abi.IPPROTO_IPV6, abi.IPV6_USE_MIN_MTU}:
		if _, ok := s.opts.ignored[key]; !ok {
			return m.Bytes(int32(-1)), true, abi.OK
		}
	case [2]int32{abi.IPPROTO_IP, abi.IP_PORTRANGE}:
		// Only the low ports are remembered: the high ones are what there is without it.
		if s.opts.ignored[key] != 2 {
			return m.Bytes(int32(0)), true, abi.OK
		}
	}
	return nil, false, abi.OK
}

// ofNative makes of a host's number what NetBSD has.
func ofNative(m *abi.Model, level, name int32, v int) []byte {
	switch key := [2]int32{level, name}; key {
	case [2]int32{abi.IPPROTO_TCP, abi.TCP_NODELAY}:
		const tfNodelay = 4 // the flag of the protocol's block is what is shown
		return m.Bytes(int32(boolInt(v != 0) * tfNodelay))
	case [2]int32{abi.IPPROTO_IP, abi.IP_HDRINCL}:
		const inpHdrincl = 8
		return m.Bytes(int32(boolInt(v != 0) * inpHdrincl))
	case [2]int32{abi.IPPROTO_IP, abi.IP_MULTICAST_TTL}, [2]int32{abi.IPPROTO_IP, abi.IP_MULTICAST_LOOP}:
		return []byte{byte(v)}
	}
	return m.Bytes(int32(v))
}
