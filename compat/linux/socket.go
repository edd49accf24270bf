package linux

import (
	"bytes"

	"nbemu/abi"
	"nbemu/kern"
	"nbemu/vfs"
)

// Sockets. Addresses here begin with a family of 16 bits, in place of NetBSD's length and family of 8.

// Address families.
const (
	afUnspec = 0
	afUnix   = 1
	afInet   = 2
	afInet6  = 10

	sockaddrIn  = 16
	sockaddrIn6 = 28
)

var families = map[int32]int32{afUnspec: abi.AF_UNSPEC, afUnix: abi.AF_LOCAL, afInet: abi.AF_INET, afInet6: abi.AF_INET6}

func familyOut(f byte) uint16 {
	switch f {
	case abi.AF_LOCAL:
		return afUnix
	case abi.AF_INET6:
		return afInet6
	}
	return uint16(f)
}

// Flags in a socket's type.
const (
	sockNonblock = oNonblock
	sockCloexec  = oCloexec
	sockTypeMask = 0xf
)

// sockType translates a type with its flags. Error: EINVAL.
func sockType(t int32) (int32, abi.Errno) {
	if t&^(sockTypeMask|sockNonblock|sockCloexec) != 0 {
		return 0, abi.EINVAL
	}
	n := t & sockTypeMask
	if t&sockNonblock != 0 {
		n |= abi.SOCK_NONBLOCK
	}
	if t&sockCloexec != 0 {
		n |= abi.SOCK_CLOEXEC
	}
	return n, abi.OK
}

func socketArgs(a *kern.Args) (domain, typ int32, err abi.Errno) {
	if typ, err = sockType(int32(a[1])); err != abi.OK {
		return 0, 0, err
	}
	const maxFamily, maxType = 46, 11 // AF_MAX, SOCK_MAX
	domain, ok := families[int32(a[0])]
	switch {
	case a[1]&sockTypeMask >= maxType && uint32(a[0]) < maxFamily:
		return 0, 0, abi.EINVAL
	case !ok || domain == abi.AF_UNSPEC:
		return 0, 0, abi.EAFNOSUPPORT
	case typ&sockTypeMask == abi.SOCK_RAW && domain != abi.AF_LOCAL && int32(a[2]) == 0:
		return 0, 0, abi.EPROTONOSUPPORT
	}
	return domain, typ, abi.OK
}

// sockErr: an unknown type is no prototype here.
func sockErr(err abi.Errno) abi.Errno {
	if err == abi.EPROTOTYPE {
		return abi.ESOCKTNOSUPPORT
	}
	return err
}

func sysSocket(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	switch int32(a[0]) {
	case afNetlink:
		return newNetlink(l, a)
	case afPacket: // without one's own network there is nothing that anybody may listen to
		return ret(abi.EPERM)
	}
	domain, typ, err := socketArgs(a)
	if err != abi.OK {
		return ret(err)
	}
	f, err := vfs.Socket(l, domain, typ, int32(a[2]))
	if err != abi.OK {
		return ret(sockErr(err))
	}
	if s, err := vfs.SocketOf(f); err == abi.OK {
		s.Hosted()
	}
	if domain == abi.AF_INET6 {
		// Here IPv6 sockets take IPv4 connections too unless told otherwise.
		if s, err := vfs.SocketOf(f); err == abi.OK {
			_ = s.Setsockopt(l, f, abi.IPPROTO_IPV6, abi.IPV6_V6ONLY, make([]byte, 4))
		}
	}
	return retFd(l.Install(f, typ&abi.SOCK_CLOEXEC != 0))
}

func sysSocketpair(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	domain, typ, err := socketArgs(a)
	if err != abi.OK {
		return ret(err)
	}
	if err := l.CopyoutStruct(a[3], &[2]int32{-1, -1}); err != abi.OK { // before anything is made
		return ret(err)
	}
	if domain != abi.AF_LOCAL {
		// Whether there could be such a socket comes first.
		f, err := vfs.Socket(l, domain, typ, int32(a[2]))
		if err != abi.OK {
			return ret(sockErr(err))
		}
		f.Unref(l)
		return ret(abi.EOPNOTSUPP)
	}
	fa, fb, err := vfs.Socketpair(l, domain, typ, int32(a[2]))
	if err != abi.OK {
		return ret(sockErr(err))
	}
	cloexec := typ&abi.SOCK_CLOEXEC != 0
	fd1, err := l.Install(fa, cloexec)
	if err != abi.OK {
		fb.Unref(l)
		return ret(err)
	}
	fd2, err := l.Install(fb, cloexec)
	if err == abi.OK {
		return ret(l.CopyoutStruct(a[3], &[2]int32{fd1, fd2}))
	}
	_ = l.Proc.Fd.Close(l, fd1)
	return ret(err)
}

// withSocket calls f with the socket of a descriptor. Errors: EBADF, ENOTSOCK.
func withSocket(l *kern.LWP, fd uint64, f func(s vfs.Sock, fp *kern.File) abi.Errno) (kern.Retval, abi.Errno) {
	fp, err := l.Getfile(int32(fd))
	if err != abi.OK {
		return ret(err)
	}
	defer fp.Done(l)
	s, err := vfs.SocketOf(fp)
	if err != abi.OK {
		return ret(err)
	}
	return ret(f(s, fp))
}

// maxSockaddr is the size of struct sockaddr_storage.
const maxSockaddr = 128

// addrIn reads an address and gives it in the native form. Errors: EINVAL, EFAULT, EAFNOSUPPORT.
func addrIn(l *kern.LWP, va, n uint64) ([]byte, abi.Errno) {
	n = uint64(uint32(n))
	if n < 2 || n > maxSockaddr {
		return nil, abi.EINVAL
	}
	b := make([]byte, n)
	if err := l.Copyin(b, va); err != abi.OK {
		return nil, err
	}
	return nativeAddr(l, b)
}

// mayName is what a socket's protocol asks of an address that it gets, in the native form. Errors: EINVAL, EAFNOSUPPORT.
func mayName(s vfs.Sock, sa []byte, n uint64, connect bool) abi.Errno {
	domain, typ, _ := s.Kind()
	switch nobody := connect && sa[1] == abi.AF_UNSPEC; {
	case connect && !nobody && domain != abi.AF_LOCAL && typ == abi.SOCK_STREAM && (s.Listening() || s.Connected()):
		return abi.EISCONN
	case connect && s.Connecting(): // the attempt's end comes first
	case nobody && (domain != abi.AF_LOCAL || typ == abi.SOCK_DGRAM):
	case domain == abi.AF_LOCAL && int32(sa[1]) != domain,
		domain == abi.AF_INET && n < sockaddrIn,
		domain == abi.AF_INET6 && n < minSockaddrIn6:
		return abi.EINVAL
	case domain != abi.AF_LOCAL && int32(sa[1]) != domain && (connect || domain != abi.AF_INET || sa[1] != abi.AF_UNSPEC):
		return abi.EAFNOSUPPORT
	}
	return abi.OK
}

// unPath is where the path begins in struct sockaddr_un.
const unPath = 2

// minSockaddrIn6 is the size of struct sockaddr_in6 before it had a scope (SIN6_LEN_RFC2133).
const minSockaddrIn6 = 24

// noFamily is the family of addresses that no native socket takes.
const noFamily = 0xff

// nativeAddr makes the native form of an address, in place. Errors: EAFNOSUPPORT, EINVAL.
func nativeAddr(l *kern.LWP, b []byte) ([]byte, abi.Errno) {
	n := len(b)
	if l.Model().Uint(b, 2) == afNetlink {
		b[0], b[1] = byte(n), noFamily
		return b, abi.OK
	}
	family, ok := families[int32(l.Model().Uint(b, 2))]
	if !ok {
		b[0], b[1] = byte(n), noFamily
		return b, abi.OK
	}
	switch family {
	case abi.AF_INET:
		if n < sockaddrIn {
			return nil, abi.EINVAL
		}
		b = b[:sockaddrIn]
	case abi.AF_INET6:
		if n < minSockaddrIn6 {
			return nil, abi.EINVAL
		}
		b = append(b, make([]byte, sockaddrIn6)...)[:sockaddrIn6]
	}
	b[0], b[1] = byte(len(b)), byte(family)
	return b, abi.OK
}

// addrOut returns a native address in Linux's form.
func addrOut(m *abi.Model, sa []byte) []byte {
	if len(sa) < 2 {
		return nil
	}
	b := append([]byte(nil), sa...)
	if sa[1] == abi.AF_LOCAL && len(b) > unPath && b[unPath] != 0 {
		// A path ends with its zero byte, however much was given.
		if end := bytes.IndexByte(b[unPath:], 0); end >= 0 {
			b = b[:unPath+end+1]
		}
	}
	m.PutUint(b, 2, uint64(familyOut(sa[1])))
	return b
}

// putAddr stores an address in the room that *lenVA says, and its whole length there. Errors: EFAULT, EINVAL.
func putAddr(l *kern.LWP, va, lenVA uint64, sa []byte) abi.Errno {
	room, err := l.CopyinInt32(lenVA)
	if err != abi.OK {
		return err
	}
	if room < 0 {
		return abi.EINVAL
	}
	b := addrOut(l.Model(), sa)
	if err := l.Copyout(b[:min(int(room), len(b))], va); err != abi.OK {
		return err
	}
	return l.CopyoutInt32(lenVA, int32(len(b)))
}

// sysBind and sysConnect look at the descriptor first.

func sysBind(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	rv, err := withSocket(l, a[0], func(s vfs.Sock, _ *kern.File) abi.Errno {
		sa, err := addrIn(l, a[1], a[2])
		if err != abi.OK {
			return err
		}
		if err := mayName(s, sa, a[2], false); err != abi.OK {
			return err
		}
		return s.Bind(l, sa)
	})
	if err == abi.ENOTSOCK {
		err = withNetlink(l, a[0], func(n *netlink) abi.Errno { return n.bind(l, a[1], a[2]) })
	}
	return rv, err
}

func sysConnect(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	rv, err := withSocket(l, a[0], func(s vfs.Sock, f *kern.File) abi.Errno {
		sa, err := addrIn(l, a[1], a[2])
		if err != abi.OK {
			return err
		}
		if err := mayName(s, sa, a[2], true); err != abi.OK {
			return err
		}
		return s.Connect(l, f, sa)
	})
	if err == abi.ENOTSOCK {
		err = withNetlink(l, a[0], func(n *netlink) abi.Errno { return n.connect(l, a[1], a[2]) })
	}
	return rv, err
}

func sysListen(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	rv, err := withSocket(l, a[0], func(s vfs.Sock, _ *kern.File) abi.Errno { return s.Listen(int32(a[1])) })
	return rv, notNetlink(l, a[0], err)
}

// accept: a new socket does not inherit the flags of the listening one.
func accept(l *kern.LWP, a *kern.Args, flags int32) (kern.Retval, abi.Errno) {
	if flags&^(sockNonblock|sockCloexec) != 0 {
		return ret(abi.EINVAL)
	}
	n, _ := sockType(flags)
	var fd int32
	_, err := withSocket(l, a[0], func(s vfs.Sock, f *kern.File) abi.Errno {
		if err := l.Proc.FdRoom(); err != abi.OK {
			return err
		}
		nf, sa, err := s.Accept(l, f, n, false)
		if err != abi.OK {
			return err
		}
		if fd, err = l.Install(nf, n&abi.SOCK_CLOEXEC != 0); err != abi.OK {
			return err
		}
		if a[1] == 0 {
			return abi.OK
		}
		if err := putAddr(l, a[1], a[2], sa); err != abi.OK {
			_ = l.Proc.Fd.Close(l, fd)
			return err
		}
		return abi.OK
	})
	return retFd(fd, notNetlink(l, a[0], err))
}

// notNetlink: sockets of netlink have no connections. Error: EOPNOTSUPP, or err.
func notNetlink(l *kern.LWP, fd uint64, err abi.Errno) abi.Errno {
	if err == abi.ENOTSOCK {
		err = withNetlink(l, fd, func(*netlink) abi.Errno { return abi.EOPNOTSUPP })
	}
	return err
}

func sysAccept(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno)  { return accept(l, a, 0) }
func sysAccept4(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) { return accept(l, a, int32(a[3])) }

func sysGetsockname(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	rv, err := withSocket(l, a[0], func(s vfs.Sock, _ *kern.File) abi.Errno {
		sa, err := s.Getsockname(l)
		if err != abi.OK {
			return err
		}
		return putAddr(l, a[1], a[2], sa)
	})
	if err == abi.ENOTSOCK {
		err = withNetlink(l, a[0], func(n *netlink) abi.Errno { return putAddr(l, a[1], a[2], n.address(l.Model(), n.port, n.groups)) })
	}
	return rv, err
}

func sysGetpeername(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	rv, err := withSocket(l, a[0], func(s vfs.Sock, _ *kern.File) abi.Errno {
		sa, err := s.Getpeername(l)
		if err != abi.OK {
			return err
		}
		return putAddr(l, a[1], a[2], sa)
	})
	if err == abi.ENOTSOCK {
		err = withNetlink(l, a[0], func(n *netlink) abi.Errno { return putAddr(l, a[1], a[2], n.address(l.Model(), 0, 0)) })
	}
	return rv, err
}

func sysShutdown(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	rv, err := withSocket(l, a[0], func(s vfs.Sock, _ *kern.File) abi.Errno { return s.Shutdown(int32(a[1])) })
	return rv, notNetlink(l, a[0], err)
}

// Levels and options.
const (
	solSocket    = 1
	soType       = 3
	soError      = 4
	soPeercred   = 17
	soProtocol   = 38
	soPasscred   = 16
	soDomain     = 39
	soAcceptconn = 30
	soSndbuf     = 7
	soRcvbuf     = 8
	soRcvtimeo   = 20
	soSndtimeo   = 21
	soReuseaddr  = 2
	soBindDevice = 25

	soSndbufforce = 32
	soRcvbufforce = 33

	mcastJoin    = 42 // of IP and IPv6
	mcastLeave   = 45
	ipv6Addrform = 1
)

type sockopt struct{ level, name int32 }

// sockopts has the native level and name of each option.
var sockopts = map[sockopt]sockopt{
	{solSocket, 1}: {abi.SOL_SOCKET, abi.SO_DEBUG}, {solSocket, soReuseaddr}: {abi.SOL_SOCKET, abi.SO_REUSEADDR},
	{solSocket, soType}: {abi.SOL_SOCKET, abi.SO_TYPE}, {solSocket, soError}: {abi.SOL_SOCKET, abi.SO_ERROR},
	{solSocket, 5}: {abi.SOL_SOCKET, abi.SO_DONTROUTE}, {solSocket, 6}: {abi.SOL_SOCKET, abi.SO_BROADCAST},
	{solSocket, soSndbuf}: {abi.SOL_SOCKET, abi.SO_SNDBUF}, {solSocket, soRcvbuf}: {abi.SOL_SOCKET, abi.SO_RCVBUF},
	{solSocket, 9}: {abi.SOL_SOCKET, abi.SO_KEEPALIVE}, {solSocket, 10}: {abi.SOL_SOCKET, abi.SO_OOBINLINE},
	{solSocket, 13}: {abi.SOL_SOCKET, abi.SO_LINGER}, {solSocket, 15}: {abi.SOL_SOCKET, abi.SO_REUSEPORT},
	{solSocket, 18}: {abi.SOL_SOCKET, abi.SO_RCVLOWAT}, {solSocket, 19}: {abi.SOL_SOCKET, abi.SO_SNDLOWAT},
	{solSocket, soRcvtimeo}: {abi.SOL_SOCKET, abi.SO_RCVTIMEO}, {solSocket, soSndtimeo}: {abi.SOL_SOCKET, abi.SO_SNDTIMEO},
	{solSocket, soPasscred}: {abi.IPPROTO_IP, abi.LOCAL_CREDS},
	{solSocket, 29}:         {abi.SOL_SOCKET, abi.SO_TIMESTAMP}, {solSocket, 30}: {abi.SOL_SOCKET, abi.SO_ACCEPTCONN},

	{abi.IPPROTO_IP, 1}: {abi.IPPROTO_IP, abi.IP_TOS}, {abi.IPPROTO_IP, 2}: {abi.IPPROTO_IP, abi.IP_TTL},
	{abi.IPPROTO_IP, 3}: {abi.IPPROTO_IP, abi.IP_HDRINCL}, {abi.IPPROTO_IP, 8}: {abi.IPPROTO_IP, abi.IP_RECVPKTINFO},
	{abi.IPPROTO_IP, 12}: {abi.IPPROTO_IP, abi.IP_RECVTTL}, {abi.IPPROTO_IP, 32}: {abi.IPPROTO_IP, abi.IP_MULTICAST_IF},
	{abi.IPPROTO_IP, 33}: {abi.IPPROTO_IP, abi.IP_MULTICAST_TTL}, {abi.IPPROTO_IP, 34}: {abi.IPPROTO_IP, abi.IP_MULTICAST_LOOP},
	{abi.IPPROTO_IP, 35}: {abi.IPPROTO_IP, abi.IP_ADD_MEMBERSHIP}, {abi.IPPROTO_IP, 36}: {abi.IPPROTO_IP, abi.IP_DROP_MEMBERSHIP},

	{abi.IPPROTO_IPV6, 7}: {abi.IPPROTO_IPV6, abi.IPV6_CHECKSUM}, {abi.IPPROTO_IPV6, 16}: {abi.IPPROTO_IPV6, abi.IPV6_UNICAST_HOPS},
	{abi.IPPROTO_IPV6, 17}: {abi.IPPROTO_IPV6, abi.IPV6_MULTICAST_IF}, {abi.IPPROTO_IPV6, 18}: {abi.IPPROTO_IPV6, abi.IPV6_MULTICAST_HOPS},
	{abi.IPPROTO_IPV6, 19}: {abi.IPPROTO_IPV6, abi.IPV6_MULTICAST_LOOP}, {abi.IPPROTO_IPV6, 20}: {abi.IPPROTO_IPV6, abi.IPV6_JOIN_GROUP},
	{abi.IPPROTO_IPV6, 21}: {abi.IPPROTO_IPV6, abi.IPV6_LEAVE_GROUP}, {abi.IPPROTO_IPV6, 26}: {abi.IPPROTO_IPV6, abi.IPV6_V6ONLY},
	{abi.IPPROTO_IPV6, 49}: {abi.IPPROTO_IPV6, abi.IPV6_RECVPKTINFO}, {abi.IPPROTO_IPV6, 51}: {abi.IPPROTO_IPV6, abi.IPV6_RECVHOPLIMIT},
	{abi.IPPROTO_IPV6, 66}: {abi.IPPROTO_IPV6, abi.IPV6_RECVTCLASS}, {abi.IPPROTO_IPV6, 67}: {abi.IPPROTO_IPV6, abi.IPV6_TCLASS},

	{abi.IPPROTO_TCP, 1}: {abi.IPPROTO_TCP, abi.TCP_NODELAY}, {abi.IPPROTO_TCP, 2}: {abi.IPPROTO_TCP, abi.TCP_MAXSEG},
	{abi.IPPROTO_TCP, 3}: {abi.IPPROTO_TCP, abi.TCP_NOPUSH}, {abi.IPPROTO_TCP, 4}: {abi.IPPROTO_TCP, abi.TCP_KEEPIDLE},
	{abi.IPPROTO_TCP, 5}: {abi.IPPROTO_TCP, abi.TCP_KEEPINTVL}, {abi.IPPROTO_TCP, 6}: {abi.IPPROTO_TCP, abi.TCP_KEEPCNT},
}

// maxSockopt is the longest argument of an option.
const maxSockopt = 2048

func sysSetsockopt(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	rv, err := withSocket(l, a[0], func(s vfs.Sock, f *kern.File) abi.Errno {
		n := uint64(uint32(a[4]))
		if n > maxSockopt {
			return abi.EINVAL
		}
		val := make([]byte, n)
		if err := l.Copyin(val, a[3]); err != abi.OK {
			return err
		}
		level, name := machineOf(l).sockoptIn(int32(a[1]), int32(a[2]))
		if err, known := setOwnOption(l, s, f, level, name, val); known {
			return err
		}
		o, ok := sockopts[sockopt{level, name}]
		if domain, _, _ := s.Kind(); !ok || domain == abi.AF_LOCAL && level != solSocket {
			return noOption(s, level, false)
		}
		if o.level == abi.SOL_SOCKET && (o.name == abi.SO_RCVTIMEO || o.name == abi.SO_SNDTIMEO) {
			var tv abi.Timeval
			if n < uint64(l.Model().Sizeof(&tv)) {
				return abi.EINVAL
			}
			if l.Model().Unmarshal(val, &tv); tv.Valid() && tv.Sec < 0 {
				// No time at all (sock_set_timeout); the least there is stands for that.
				val = make([]byte, len(val))
				l.Model().Marshal(val, abi.Timeval{Usec: 1})
			}
		}
		return s.Setsockopt(l, f, o.level, o.name, val)
	})
	if err == abi.ENOTSOCK {
		err = withNetlink(l, a[0], func(n *netlink) abi.Errno {
			val := make([]byte, min(uint64(uint32(a[4])), maxSockopt))
			if err := l.Copyin(val, a[3]); err != abi.OK {
				return err
			}
			level, name := machineOf(l).sockoptIn(int32(a[1]), int32(a[2]))
			return n.option(l, level, name, val)
		})
	}
	return rv, err
}

// noOption is the error for an option that is not known: of a level that the socket has, or not.
func noOption(s vfs.Sock, level int32, get bool) abi.Errno {
	domain, _, proto := s.Kind()
	switch {
	case level == solSocket:
	case domain == abi.AF_LOCAL:
		return abi.EOPNOTSUPP
	case level == abi.IPPROTO_IP || domain == abi.AF_INET6 || level == proto:
	case get:
		return abi.EOPNOTSUPP
	}
	return abi.ENOPROTOOPT
}

// setOwnOption is for options that the native kernel has not got; known is whether it is one. Errors: EINVAL, EPERM.
func setOwnOption(l *kern.LWP, s vfs.Sock, f *kern.File, level, name int32, val []byte) (err abi.Errno, known bool) {
	m := l.Model()
	num := func() (int32, abi.Errno) {
		if len(val) < 4 {
			return 0, abi.EINVAL
		}
		return int32(m.Uint(val, 4)), abi.OK
	}
	switch o := (sockopt{level, name}); o {
	case sockopt{solSocket, soPasscred}:
		if domain, _, _ := s.Kind(); domain != abi.AF_LOCAL { // of 6.16 and later
			return abi.EOPNOTSUPP, true
		}
	case sockopt{solSocket, soBindDevice}:
		const ifnamsiz = 16
		was, err := s.BoundDevice()
		switch {
		case err != abi.OK:
			return err, true
		case was != "" && !capable(l, capNetRaw):
			return abi.EPERM, true
		}
		dev, _, _ := bytes.Cut(val[:min(len(val), ifnamsiz-1)], []byte{0})
		return s.BindDevice(string(dev)), true
	case sockopt{solSocket, soSndbufforce}, sockopt{solSocket, soRcvbufforce}:
		// The host's limits stay.
		n, err := num()
		switch {
		case err != abi.OK:
			return err, true
		case !capable(l, capNetAdmin):
			return abi.EPERM, true
		}
		native := int32(abi.SO_SNDBUF)
		if name == soRcvbufforce {
			native = abi.SO_RCVBUF
		}
		return s.Setsockopt(l, f, abi.SOL_SOCKET, native, m.Bytes(max(n, 1))), true
	case sockopt{abi.IPPROTO_IP, ipRecverr}, sockopt{abi.IPPROTO_IPV6, ipv6Recverr}:
		return setKeepErrors(l, s, level, val), true
	case sockopt{abi.IPPROTO_IPV6, ipv6Addrform}:
		n, err := num()
		switch {
		case err != abi.OK:
			return err, true
		case n != afInet:
			return abi.EINVAL, true
		}
		return s.AddrForm(), true
	case sockopt{abi.IPPROTO_IP, mcastJoin}, sockopt{abi.IPPROTO_IP, mcastLeave}, sockopt{abi.IPPROTO_IPV6, mcastJoin}, sockopt{abi.IPPROTO_IPV6, mcastLeave}:
		at := m.PtrSize // of struct sockaddr_storage, after the interface's number
		if len(val) < at+maxSockaddr {
			return abi.EINVAL, true
		}
		sa, err := nativeAddr(l, val[at:])
		if err != abi.OK {
			return err, true
		}
		return s.Group(l, uint32(m.Uint(val, 4)), sa, name == mcastJoin), true
	}
	return abi.OK, false
}

func sysGetsockopt(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	rv, err := withSocket(l, a[0], func(s vfs.Sock, f *kern.File) abi.Errno {
		room, err := l.CopyinInt32(a[4])
		if err != abi.OK {
			return err
		}
		level, name := machineOf(l).sockoptIn(int32(a[1]), int32(a[2]))
		if room < 0 {
			return abi.EINVAL
		}
		val, err := getsockopt(l, s, level, name, int(min(room, maxSockopt)))
		if err != abi.OK {
			return err
		}
		n := min(int(room), len(val))
		if err := l.Copyout(val[:n], a[3]); err != abi.OK {
			return err
		}
		return l.CopyoutInt32(a[4], int32(n))
	})
	if err == abi.ENOTSOCK {
		err = withNetlink(l, a[0], func(n *netlink) abi.Errno {
			room, err := l.CopyinInt32(a[4])
			if err != abi.OK {
				return err
			}
			v, err := n.optionOf(machineOf(l).sockoptIn(int32(a[1]), int32(a[2])))
			if err != abi.OK {
				return err
			}
			if room < 0 {
				return abi.EINVAL
			}
			b := l.Model().Bytes(v)[:min(room, 4)]
			if err := l.Copyout(b, a[3]); err != abi.OK {
				return err
			}
			return l.CopyoutInt32(a[4], int32(len(b)))
		})
	}
	return rv, err
}

func getsockopt(l *kern.LWP, s vfs.Sock, level, name int32, room int) ([]byte, abi.Errno) {
	if domain, _, _ := s.Kind(); domain == abi.AF_LOCAL && level != solSocket {
		return nil, abi.EOPNOTSUPP
	}
	num := func(n uint32) []byte { return l.Model().Bytes(n) }
	if level == solSocket {
		switch name {
		case soDomain:
			sa, err := s.Getsockname(l)
			if err != abi.OK || len(sa) < 2 {
				return nil, err
			}
			return num(uint32(familyOut(sa[1]))), abi.OK
		case soProtocol:
			_, _, proto := s.Kind()
			return num(uint32(proto)), abi.OK
		case soBindDevice:
			dev, err := s.BoundDevice()
			switch {
			case err != abi.OK || dev == "":
				return nil, err
			case room < 16:
				return nil, abi.EINVAL
			}
			return append([]byte(dev), 0), abi.OK
		case soPeercred:
			val, err := s.Getsockopt(l, abi.IPPROTO_IP, abi.LOCAL_PEEREID, 12)
			if err == abi.OK { // process, user, group in both
				m := l.Model()
				m.PutUint(val, 4, uint64(uint32(pidOut(l, int32(m.Uint(val, 4))))))
			}
			return val, err
		}
	}
	if o := (sockopt{level, name}); o == (sockopt{abi.IPPROTO_IP, ipRecverr}) || o == (sockopt{abi.IPPROTO_IPV6, ipv6Recverr}) {
		val, err := keepsErrors(l, s, level)
		return shortOf(l, level, room, val), err
	}
	o, ok := sockopts[sockopt{level, name}]
	if !ok {
		return nil, noOption(s, level, true)
	}
	val, err := s.Getsockopt(l, o.level, o.name, room)
	if err == abi.OK && o == (sockopt{abi.SOL_SOCKET, abi.SO_LINGER}) {
		l.Model().PutUint(val, 4, uint64(boolInt(l.Model().Uint(val, 4) != 0))) // the option's own number in BSD
	}
	if err != abi.OK || level != solSocket || len(val) != 4 {
		if o.name != abi.IP_MULTICAST_IF { // an address
			val = shortOf(l, level, room, val)
		}
		return val, err
	}
	switch v := uint32(l.Model().Uint(val, 4)); name {
	case soError:
		return num(uint32(machineOf(l).errnoOrZero(abi.Errno(v)))), abi.OK
	case soType:
		return num(machineOf(l).sockTypeOut(v)), abi.OK
	case soSndbuf, soRcvbuf, 18, 19:
	default:
		// A flag is 1 here, and the option's own bit there.
		if v != 0 {
			return num(1), abi.OK
		}
	}
	return val, abi.OK
}

// shortOf is an option's number as do_ip_getsockopt gives it: as one byte where there is no room for four, if it fits.
func shortOf(l *kern.LWP, level int32, room int, val []byte) []byte {
	if level == abi.IPPROTO_IP && len(val) == 4 && 0 < room && room < 4 {
		if v := l.Model().Uint(val, 4); v <= 255 {
			return []byte{byte(v)}
		}
	}
	return val
}
