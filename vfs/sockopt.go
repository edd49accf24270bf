package vfs

import (
	"time"

	"golang.org/x/sys/unix"

	"nbemu/abi"
	"nbemu/kern"
)

// sockOpts are options that are kept here, because the host has them in another form or not at all.
type sockOpts struct {
	timestamp   bool
	creds       bool // LOCAL_CREDS
	recvDstAddr bool
	recvIf      bool
	recvPktinfo bool
	hops        bool  // IPV6_UNICAST_HOPS was set
	sndbuf      int32 // as set; the host doubles it
	rcvbuf      int32
	rcvlowat    int32              // NetBSD's programs'; 0 is the host's 1
	ignored     map[[2]int32]int32 // accepted, without effect
}

// keep remembers an option that has no effect.
func (o *sockOpts) keep(key [2]int32, v int32) {
	if o.ignored == nil {
		o.ignored = map[[2]int32]int32{}
	}
	o.ignored[key] = v
}

// control reports whether control messages can come.
func (o *sockOpts) control() bool {
	return o.timestamp || o.creds || o.recvDstAddr || o.recvIf || o.recvPktinfo
}

// hostOpt is an option that the host has under another number, as an int. chars says that NetBSD programs may
// pass a single byte.
type hostOpt struct {
	level, name int
	chars       bool
}

// intOpts maps (level, name).
var intOpts = map[[2]int32]hostOpt{
	{abi.SOL_SOCKET, abi.SO_DEBUG}:      {unix.SOL_SOCKET, unix.SO_DEBUG, false},
	{abi.SOL_SOCKET, abi.SO_REUSEADDR}:  {unix.SOL_SOCKET, unix.SO_REUSEADDR, false},
	{abi.SOL_SOCKET, abi.SO_KEEPALIVE}:  {unix.SOL_SOCKET, unix.SO_KEEPALIVE, false},
	{abi.SOL_SOCKET, abi.SO_DONTROUTE}:  {unix.SOL_SOCKET, unix.SO_DONTROUTE, false},
	{abi.SOL_SOCKET, abi.SO_BROADCAST}:  {unix.SOL_SOCKET, unix.SO_BROADCAST, false},
	{abi.SOL_SOCKET, abi.SO_OOBINLINE}:  {unix.SOL_SOCKET, unix.SO_OOBINLINE, false},
	{abi.SOL_SOCKET, abi.SO_REUSEPORT}:  {unix.SOL_SOCKET, unix.SO_REUSEPORT, false},
	{abi.SOL_SOCKET, abi.SO_ACCEPTCONN}: {unix.SOL_SOCKET, unix.SO_ACCEPTCONN, false},
	{abi.SOL_SOCKET, abi.SO_RCVLOWAT}:   {unix.SOL_SOCKET, unix.SO_RCVLOWAT, false},

	{abi.IPPROTO_IP, abi.IP_TOS}:            {unix.IPPROTO_IP, unix.IP_TOS, false},
	{abi.IPPROTO_IP, abi.IP_TTL}:            {unix.IPPROTO_IP, unix.IP_TTL, false},
	{abi.IPPROTO_IP, abi.IP_HDRINCL}:        {unix.IPPROTO_IP, hostIPHdrincl, false},
	{abi.IPPROTO_IP, abi.IP_MULTICAST_TTL}:  {unix.IPPROTO_IP, unix.IP_MULTICAST_TTL, true},
	{abi.IPPROTO_IP, abi.IP_MULTICAST_LOOP}: {unix.IPPROTO_IP, unix.IP_MULTICAST_LOOP, true},
	{abi.IPPROTO_IP, abi.IP_MINTTL}:         {unix.IPPROTO_IP, hostIPMinttl, false},
	{abi.IPPROTO_IP, abi.IP_RECVTTL}:        {unix.IPPROTO_IP, unix.IP_RECVTTL, false},

	{abi.IPPROTO_IPV6, abi.IPV6_UNICAST_HOPS}:   {unix.IPPROTO_IPV6, unix.IPV6_UNICAST_HOPS, false},
	{abi.IPPROTO_IPV6, abi.IPV6_MULTICAST_IF}:   {unix.IPPROTO_IPV6, unix.IPV6_MULTICAST_IF, false},
	{abi.IPPROTO_IPV6, abi.IPV6_MULTICAST_HOPS}: {unix.IPPROTO_IPV6, unix.IPV6_MULTICAST_HOPS, false},
	{abi.IPPROTO_IPV6, abi.IPV6_MULTICAST_LOOP}: {unix.IPPROTO_IPV6, unix.IPV6_MULTICAST_LOOP, false},
	{abi.IPPROTO_IPV6, abi.IPV6_V6ONLY}:         {unix.IPPROTO_IPV6, unix.IPV6_V6ONLY, false},
	{abi.IPPROTO_IPV6, abi.IPV6_CHECKSUM}:       {unix.IPPROTO_IPV6, unix.IPV6_CHECKSUM, false},
	{abi.IPPROTO_IPV6, abi.IPV6_RECVHOPLIMIT}:   {unix.IPPROTO_IPV6, hostIPv6Recvhoplimit, false},
	{abi.IPPROTO_IPV6, abi.IPV6_RECVTCLASS}:     {unix.IPPROTO_IPV6, unix.IPV6_RECVTCLASS, false},
	{abi.IPPROTO_IPV6, abi.IPV6_TCLASS}:         {unix.IPPROTO_IPV6, unix.IPV6_TCLASS, false},
	{abi.IPPROTO_IPV6, abi.IPV6_DONTFRAG}:       {unix.IPPROTO_IPV6, hostIPv6Dontfrag, false},

	{abi.IPPROTO_TCP, abi.TCP_NODELAY}:   {unix.IPPROTO_TCP, unix.TCP_NODELAY, false},
	{abi.IPPROTO_TCP, abi.TCP_MAXSEG}:    {unix.IPPROTO_TCP, unix.TCP_MAXSEG, false},
	{abi.IPPROTO_TCP, abi.TCP_KEEPIDLE}:  {unix.IPPROTO_TCP, hostTCPKeepidle, false},
	{abi.IPPROTO_TCP, abi.TCP_KEEPINTVL}: {unix.IPPROTO_TCP, unix.TCP_KEEPINTVL, false},
	{abi.IPPROTO_TCP, abi.TCP_KEEPCNT}:   {unix.IPPROTO_TCP, unix.TCP_KEEPCNT, false},
	{abi.IPPROTO_TCP, abi.TCP_NOPUSH}:    {unix.IPPROTO_TCP, hostTCPNopush, false},
}

// rawOpts are options whose argument is the same structure on both sides.
var rawOpts = map[[2]int32]hostOpt{
	{abi.IPPROTO_IP, abi.IP_ADD_MEMBERSHIP}:  {unix.IPPROTO_IP, unix.IP_ADD_MEMBERSHIP, false},
	{abi.IPPROTO_IP, abi.IP_DROP_MEMBERSHIP}: {unix.IPPROTO_IP, unix.IP_DROP_MEMBERSHIP, false},
	{abi.IPPROTO_IP, abi.IP_MULTICAST_IF}:    {unix.IPPROTO_IP, unix.IP_MULTICAST_IF, false},
}

// flagOpt reports whether an option is on or off. Until NetBSD 5 one that is on read as its own number.
func flagOpt(name int32) bool {
	return name <= abi.SO_TIMESTAMP && name&(name-1) == 0 && name != abi.SO_LINGER
}

// ignoredOpts have no counterpart on the host and nothing that would be missed: they are remembered.
var ignoredOpts = map[[2]int32]bool{
	{abi.SOL_SOCKET, abi.SO_USELOOPBACK}: true, {abi.SOL_SOCKET, abi.SO_SNDLOWAT}: true,
	{abi.SOL_SOCKET, abi.SO_RERROR}:    true,
	{abi.IPPROTO_IP, abi.IP_PORTRANGE}: true, {abi.IPPROTO_IP, abi.IP_PORTALGO}: true,
	{abi.IPPROTO_IPV6, abi.IPV6_PORTRANGE}: true, {abi.IPPROTO_IPV6, abi.IPV6_PORTALGO}: true,
	{abi.IPPROTO_IPV6, abi.IPV6_USE_MIN_MTU}: true, {abi.IPPROTO_IPV6, abi.IPV6_PREFER_TEMPADDR}: true,
	{abi.IPPROTO_TCP, abi.TCP_KEEPINIT}: true, {abi.IPPROTO_TCP, abi.TCP_NOOPT}: true,
}

// timeArg reads a struct timeval of today or before NetBSD 6. Errors: EINVAL, EDOM.
func timeArg(m *abi.Model, val []byte, old bool) (time.Duration, abi.Errno) {
	var tv abi.Timeval
	if old {
		var o abi.Timeval50
		if len(val) < m.Sizeof(o) {
			return 0, abi.EINVAL
		}
		m.Unmarshal(val, &o)
		tv = abi.Timeval{Sec: int64(o.Sec), Usec: int32(o.Usec)}
	} else {
		if len(val) < m.Sizeof(tv) {
			return 0, abi.EINVAL
		}
		m.Unmarshal(val, &tv)
	}
	if !tv.Valid() || tv.Sec < 0 {
		return 0, abi.EDOM
	}
	return tv.Duration(), abi.OK
}

// Setsockopt is setsockopt(2). Errors: ENOPROTOOPT for what is not known, EINVAL.
func (s *socket) Setsockopt(l *kern.LWP, f *kern.File, level, name int32, val []byte) abi.Errno {
	m := l.Model()
	intVal := func() (int32, abi.Errno) {
		if len(val) < 4 || len(val) > 4 && !usedAgain(l) { // sockopt_getint
			return 0, abi.EINVAL
		}
		return int32(m.Uint(val, 4)), abi.OK
	}
	if level == abi.IPPROTO_IP && s.domain == abi.AF_LOCAL {
		return s.setLocalOpt(l, name, intVal)
	}
	if s.otherLevel(l, level) {
		return abi.ENOPROTOOPT
	}
	if level == abi.IPPROTO_IP && name == abi.IP_PKTINFO && !usedAgain(l) {
		name = abi.IP_RECVPKTINFO // so called by Solaris
	}
	key := [2]int32{level, name}
	if !usedAgain(l) {
		if done, err := s.settable(m, level, name, val); done {
			return err
		}
	}
	if o, ok := intOpts[key]; ok && o.name != 0 {
		v, err := intVal()
		if err != abi.OK {
			if !o.chars || len(val) < 1 {
				return err
			}
			v = int32(val[0])
		}
		switch {
		case usedAgain(l):
		case key == [2]int32{abi.SOL_SOCKET, abi.SO_DEBUG}, key == [2]int32{abi.SOL_SOCKET, abi.SO_REUSEPORT} && s.domain == abi.AF_LOCAL:
			s.opts.keep(key, v) // the host lets its root do the first, and knows not the second
			return abi.OK
		case key == [2]int32{abi.IPPROTO_IP, abi.IP_TTL}, key == [2]int32{abi.IPPROTO_IP, abi.IP_TOS}:
			v &= 0xff
		}
		if name == abi.IPV6_UNICAST_HOPS && level == abi.IPPROTO_IPV6 {
			s.opts.hops = v >= 0
		}
		err = s.unknownOpt(l, unix.SetsockoptInt(s.fd, o.level, o.name, int(v)))
		if err == abi.ENODEV && !usedAgain(l) {
			return abi.ENXIO // IPV6_MULTICAST_IF (ip6_setmoptions)
		}
		return err
	}
	if o, ok := rawOpts[key]; ok {
		err := errno(unix.SetsockoptString(s.fd, o.level, o.name, string(val)))
		if err == abi.EINVAL && name == abi.IP_MULTICAST_IF && !usedAgain(l) {
			return abi.EADDRNOTAVAIL // streams have no groups on the host; nor has an address that is nobody's
		}
		return err
	}
	if ignoredOpts[key] {
		v, err := intVal()
		if err != abi.OK {
			return err
		}
		if level == abi.SOL_SOCKET && flagOpt(name) {
			v = int32(boolInt(v != 0))
		}
		s.opts.keep(key, v)
		return abi.OK
	}
	switch key {
	case [2]int32{abi.SOL_SOCKET, abi.SO_LINGER}:
		var li abi.Linger
		if len(val) < m.Sizeof(li) {
			return abi.EINVAL
		}
		m.Unmarshal(val, &li)
		return errno(unix.SetsockoptLinger(s.fd, unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: li.Onoff, Linger: li.Linger}))
	case [2]int32{abi.SOL_SOCKET, abi.SO_SNDBUF}, [2]int32{abi.SOL_SOCKET, abi.SO_RCVBUF}:
		v, err := intVal()
		if err != abi.OK {
			return err
		}
		if v <= 0 {
			return abi.EINVAL
		}
		if v > sbMaxAdj && !usedAgain(l) {
			return abi.ENOBUFS
		}
		opt := unix.SO_SNDBUF
		if name == abi.SO_RCVBUF {
			opt = unix.SO_RCVBUF
		}
		if herr := unix.SetsockoptInt(s.fd, unix.SOL_SOCKET, opt, int(v)); herr != nil {
			return errno(herr)
		}
		if name == abi.SO_RCVBUF {
			s.opts.rcvbuf = v
		} else {
			s.opts.sndbuf = v
		}
		return abi.OK
	case [2]int32{abi.SOL_SOCKET, abi.SO_SNDTIMEO}, [2]int32{abi.SOL_SOCKET, abi.SO_OSNDTIMEO}:
		d, err := timeArg(m, val, name == abi.SO_OSNDTIMEO)
		if err == abi.OK {
			s.sndtimeo = d
		}
		return err
	case [2]int32{abi.SOL_SOCKET, abi.SO_RCVTIMEO}, [2]int32{abi.SOL_SOCKET, abi.SO_ORCVTIMEO}:
		d, err := timeArg(m, val, name == abi.SO_ORCVTIMEO)
		if err == abi.OK {
			s.rcvtimeo = d
		}
		return err
	case [2]int32{abi.SOL_SOCKET, abi.SO_NOSIGPIPE}:
		v, err := intVal()
		s.nosigpipe = v != 0
		if v == 0 {
			f.Flag &^= abi.O_NOSIGPIPE
		}
		return err
	case [2]int32{abi.SOL_SOCKET, abi.SO_TIMESTAMP}, [2]int32{abi.SOL_SOCKET, abi.SO_OTIMESTAMP}:
		v, err := intVal()
		if err != abi.OK {
			return err
		}
		s.opts.timestamp = v != 0
		return errno(unix.SetsockoptInt(s.fd, unix.SOL_SOCKET, unix.SO_TIMESTAMP, int(v)))
	case [2]int32{abi.SOL_SOCKET, abi.SO_ERROR}, [2]int32{abi.SOL_SOCKET, abi.SO_TYPE}, [2]int32{abi.SOL_SOCKET, abi.SO_ACCEPTCONN}:
		return abi.ENOPROTOOPT
	}
	return s.setHostOpt(m, level, name, val)
}

// sbMaxAdj is the largest buffer, in bytes: kern.sbmax less what its mbufs take (sb_max_adj).
const sbMaxAdj = (256 << 10) * 2048 / (512 + 2048)

// unknownOpt is a host's error about an option: one of another protocol is unknown to NetBSD's.
func (s *socket) unknownOpt(l *kern.LWP, herr error) abi.Errno {
	if herr == unix.EOPNOTSUPP && !usedAgain(l) {
		return abi.ENOPROTOOPT
	}
	return errno(herr)
}

// otherLevel reports whether a level is not the socket's own, which knows none of its options then.
func (s *socket) otherLevel(l *kern.LWP, level int32) bool {
	if usedAgain(l) || level == abi.SOL_SOCKET {
		return false
	}
	return s.domain == abi.AF_LOCAL || s.domain == abi.AF_INET6 && level == abi.IPPROTO_IP
}

func (s *socket) setLocalOpt(l *kern.LWP, name int32, intVal func() (int32, abi.Errno)) abi.Errno {
	if name != abi.LOCAL_CREDS && name != abi.LOCAL_OCREDS && name != abi.LOCAL_CONNWAIT && !usedAgain(l) {
		return abi.ENOPROTOOPT
	}
	v, err := intVal()
	if err != abi.OK {
		return err
	}
	switch name {
	case abi.LOCAL_CREDS, abi.LOCAL_OCREDS:
		s.opts.creds = v != 0
		s.senders.queue = nil // of what is in the host's queue now, nobody was noted
		return errno(hostPassCred(s.fd, v != 0))
	case abi.LOCAL_CONNWAIT:
		return abi.OK
	}
	return abi.ENOPROTOOPT
}

// Getsockopt is getsockopt(2): the option's value, which the caller cuts to the room there is. Errors:
// ENOPROTOOPT, ENOTCONN.
func (s *socket) Getsockopt(l *kern.LWP, level, name int32, room int) ([]byte, abi.Errno) {
	m := l.Model()
	num := func(v int) []byte { return m.Bytes(int32(v)) }
	if level == abi.IPPROTO_IP && s.domain == abi.AF_LOCAL {
		switch name {
		case abi.LOCAL_PEEREID:
			if s.state != ssConnected && !usedAgain(l) {
				return nil, abi.EINVAL
			}
			id, err := s.peerIDs(fsOf(l))
			if err != abi.OK {
				return nil, err
			}
			return m.Bytes(&id), abi.OK
		case abi.LOCAL_CREDS, abi.LOCAL_OCREDS:
			return num(boolInt(s.opts.creds)), abi.OK
		case abi.LOCAL_CONNWAIT:
			return num(0), abi.OK
		}
		return nil, abi.ENOPROTOOPT
	}
	if s.otherLevel(l, level) {
		return nil, abi.ENOPROTOOPT
	}
	if level == abi.IPPROTO_IP && name == abi.IP_PKTINFO && !usedAgain(l) {
		name = abi.IP_RECVPKTINFO
	}
	key := [2]int32{level, name}
	if !usedAgain(l) {
		if val, done, err := s.shown(m, level, name); done {
			return val, err
		}
	}
	if v, ok := s.opts.ignored[key]; ok && !ignoredOpts[key] {
		return num(boolInt(v != 0)), abi.OK
	}
	if o, ok := intOpts[key]; ok && o.name != 0 {
		v, herr := unix.GetsockoptInt(s.fd, o.level, o.name)
		if herr != nil {
			return nil, s.unknownOpt(l, herr)
		}
		if level == abi.SOL_SOCKET && flagOpt(name) {
			v = boolInt(v != 0)
		}
		if level == abi.IPPROTO_IPV6 && name == abi.IPV6_UNICAST_HOPS && !s.opts.hops && !usedAgain(l) {
			v = -1 // the host tells what it takes then
		}
		if o.chars && room == 1 {
			return []byte{byte(v)}, abi.OK
		}
		if !usedAgain(l) {
			return ofNative(m, level, name, v), abi.OK
		}
		return num(v), abi.OK
	}
	if ignoredOpts[key] {
		return num(int(s.opts.ignored[key])), abi.OK
	}
	switch key {
	case [2]int32{abi.SOL_SOCKET, abi.SO_ERROR}:
		err := s.soError()
		if s.state == ssConnecting && err != abi.OK && !usedAgain(l) {
			s.state = ssGone
		}
		return num(int(err)), abi.OK
	case [2]int32{abi.SOL_SOCKET, abi.SO_TYPE}:
		return num(int(s.typ)), abi.OK
	case [2]int32{abi.SOL_SOCKET, abi.SO_LINGER}:
		on, sec, herr := hostGetLinger(s.fd)
		if herr != nil {
			return nil, errno(herr)
		}
		if on != 0 {
			on = 1
		}
		return m.Bytes(&abi.Linger{Onoff: on, Linger: sec}), abi.OK
	case [2]int32{abi.SOL_SOCKET, abi.SO_SNDBUF}, [2]int32{abi.SOL_SOCKET, abi.SO_RCVBUF}:
		opt, set := unix.SO_SNDBUF, s.opts.sndbuf
		if name == abi.SO_RCVBUF {
			opt, set = unix.SO_RCVBUF, s.opts.rcvbuf
		}
		v, herr := unix.GetsockoptInt(s.fd, unix.SOL_SOCKET, opt)
		if herr != nil {
			return nil, errno(herr)
		}
		if set != 0 && int(set) < v {
			v = int(set)
		}
		return num(v), abi.OK
	case [2]int32{abi.SOL_SOCKET, abi.SO_SNDTIMEO}:
		tv := abi.TimevalOf(s.sndtimeo)
		return m.Bytes(&tv), abi.OK
	case [2]int32{abi.SOL_SOCKET, abi.SO_RCVTIMEO}:
		tv := abi.TimevalOf(s.rcvtimeo)
		return m.Bytes(&tv), abi.OK
	case [2]int32{abi.SOL_SOCKET, abi.SO_OSNDTIMEO}, [2]int32{abi.SOL_SOCKET, abi.SO_ORCVTIMEO}:
		d := s.sndtimeo
		if name == abi.SO_ORCVTIMEO {
			d = s.rcvtimeo
		}
		tv := abi.TimevalOf(d)
		return m.Bytes(&abi.Timeval50{Sec: abi.Long(tv.Sec), Usec: abi.Long(tv.Usec)}), abi.OK
	case [2]int32{abi.SOL_SOCKET, abi.SO_NOSIGPIPE}:
		return num(boolInt(s.nosigpipe || s.file != nil && s.file.Flag&abi.O_NOSIGPIPE != 0)), abi.OK
	case [2]int32{abi.SOL_SOCKET, abi.SO_TIMESTAMP}, [2]int32{abi.SOL_SOCKET, abi.SO_OTIMESTAMP}:
		return num(boolInt(s.opts.timestamp)), abi.OK
	case [2]int32{abi.SOL_SOCKET, abi.SO_ACCEPTFILTER}:
		return nil, abi.EINVAL // none is set
	case [2]int32{abi.SOL_SOCKET, abi.SO_OVERFLOWED}:
		return num(0), abi.OK
	case [2]int32{abi.IPPROTO_IP, abi.IP_MULTICAST_IF}:
		a, herr := unix.GetsockoptInet4Addr(s.fd, unix.IPPROTO_IP, unix.IP_MULTICAST_IF)
		return a[:], errno(herr)
	case [2]int32{abi.IPPROTO_IP, abi.IP_RECVDSTADDR}:
		return num(boolInt(s.opts.recvDstAddr)), abi.OK
	case [2]int32{abi.IPPROTO_IP, abi.IP_RECVIF}:
		return num(boolInt(s.opts.recvIf)), abi.OK
	case [2]int32{abi.IPPROTO_IP, abi.IP_RECVPKTINFO}, [2]int32{abi.IPPROTO_IPV6, abi.IPV6_RECVPKTINFO}:
		return num(boolInt(s.opts.recvPktinfo)), abi.OK
	}
	return nil, abi.ENOPROTOOPT
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

// usedAgain reports whether l's program can use a stream socket for another connection after the first (Linux).
func usedAgain(l *kern.LWP) bool { return l.Proc.Emul != nil && l.Proc.Emul.SocketsAgain }

// renew gives up a connection: the host gets a socket in place of the old one, with those of its options that are numbers.
// Errors: the host's.
func (s *socket) renew(l *kern.LWP) abi.Errno {
	fd, herr := hostSocket(hostFamily[s.domain], int(s.typ), int(s.proto))
	if herr != nil {
		return errno(herr)
	}
	for key, o := range intOpts {
		if key[0] == abi.IPPROTO_IPV6 && s.domain != abi.AF_INET6 {
			continue
		}
		was, err1 := unix.GetsockoptInt(s.fd, o.level, o.name)
		is, err2 := unix.GetsockoptInt(fd, o.level, o.name)
		if err1 == nil && err2 == nil && was != is {
			_ = unix.SetsockoptInt(fd, o.level, o.name, was)
		}
	}
	s.watch.Close()
	s.watch = nil
	if fsOf(l).sockets[s.key] == s {
		delete(fsOf(l).sockets, s.key)
	}
	_ = unix.Shutdown(s.fd, unix.SHUT_RDWR)
	herr = hostReplace(fd, s.fd)
	_ = unix.Close(fd)
	s.key = socketKey(s.fd)
	fsOf(l).sockets[s.key] = s
	s.state, s.shutWr, s.wblocked, s.err = ssFresh, false, false, abi.OK
	s.parted()
	return errno(herr)
}

// Group is setsockopt with MCAST_JOIN_GROUP or MCAST_LEAVE_GROUP, by the interface's number. Errors: the host's.
func (s *socket) Group(l *kern.LWP, iface uint32, group []byte, join bool) abi.Errno {
	h, err := inetToHost(l.Model(), group)
	if err != abi.OK {
		return err
	}
	return errno(hostGroup(s.fd, iface, h, join))
}

// BindDevice has the socket use an interface of the host's alone, any for "". Errors: the host's (ENODEV, EPERM).
func (s *socket) BindDevice(name string) abi.Errno { return errno(hostBindDevice(s.fd, name)) }

// BoundDevice is the name of that interface, or "". Error: the host's.
func (s *socket) BoundDevice() (string, abi.Errno) {
	name, err := hostBoundDevice(s.fd)
	return name, errno(err)
}

// AddrForm makes an IPv6 socket whose other side is an IPv4 one a socket of IPv4. Error: the host's.
func (s *socket) AddrForm() abi.Errno {
	err := hostAddrForm(s.fd)
	if err == nil {
		s.domain = abi.AF_INET
	}
	return errno(err)
}

// Kind is the socket's family and type, and the protocol as the host has it.
func (s *socket) Kind() (domain, typ, proto int32) {
	proto = s.proto
	switch {
	case proto != 0 || s.domain == abi.AF_LOCAL:
	case s.typ == abi.SOCK_STREAM:
		proto = unix.IPPROTO_TCP
	case s.typ == abi.SOCK_DGRAM:
		proto = unix.IPPROTO_UDP
	}
	return s.domain, s.typ, proto
}
