package strace

import (
	"encoding/binary"
	"net/netip"

	"nbemu/abi"
)

// Sockets of Linux programs.

const (
	lxUnix, lxInet, lxInet6, lxNetlink, lxPacket = 1, 2, 10, 16, 17

	lxSolSocket, lxSolIP, lxSolTCP, lxSolUDP, lxSolIPv6, lxSolPacket, lxSolNetlink = 1, 0, 6, 17, 41, 263, 270
)

// lxSocketTypes are arguments about sockets.
func lxSocketTypes() {
	lxSymbol(LxAddrFamily, "addr_family", lxAfNames, "AF_???")
	lxScalar(LxSockType, "sock_type", func(c *ctx, v uint64) {
		v = uint64(uint32(v))
		c.xval(v&0xf, lxSockTypeNames, "SOCK_???")
		if f := v &^ 0xf; f != 0 {
			c.str("|")
			c.flags(f, lxSockFlagNames, "")
		}
	})
	types[LxSockType].parts = true
	lxFlags(LxSockFlags, "sock_flags", lxSockFlagNames, "SOCK_???")
	lxScalar(LxSockProto, "sock_proto", func(c *ctx, v uint64) {
		v = uint64(uint32(v))
		switch c.sibling(LxAddrFamily) {
		case lxInet, lxInet6:
			c.xval(v, lxProtoNames, "IPPROTO_???")
		case lxNetlink:
			c.xval(v, lxNetlinkNames, "NETLINK_???")
		case lxPacket:
			c.htons("", c.lxSwap16(v), lxEtherNames)
		default:
			c.int(int64(int32(v)))
		}
	})
	lxScalar(LxSockLevel, "sock_level", func(c *ctx, v uint64) {
		level, _ := c.lxSockopt()
		c.xval(uint64(uint32(level)), lxSolNames, "SOL_??")
	})
	lxScalar(LxSockoptName, "sockopt_name", func(c *ctx, v uint64) {
		level, name := c.lxSockopt()
		if tab := lxSockoptTab(level); tab != nil {
			c.xval(uint64(uint32(name)), tab, lxSockoptUnknown[level])
		} else {
			c.uint(uint64(uint32(name)))
		}
	})
	lxPointer(LxSockopt, "sockopt", fmtLxSockopt)
	lxPointer(LxSockaddr, "sockaddr", func(c *ctx, a *Arg, va uint64) bool {
		n, known := c.length(a)
		if a.LenPtr {
			if was, had := c.was(&c.sig.Args[a.Len-1]); had {
				n = min(n, was)
			}
		}
		return known && c.lxSockaddr(va, n)
	})
	lxPointer(LxSockaddrLen, "sockaddr_len", func(c *ctx, a *Arg, va uint64) bool {
		n, ok := load[int32](c, va)
		if !ok {
			return false
		}
		c.str("[")
		if was, had := c.was(a); had && int32(was) != n {
			c.int(int64(int32(was)))
			c.str(" => ")
		}
		c.int(int64(n))
		c.str("]")
		return true
	})
	types[LxSockaddrLen].entry = func(c *ctx, va uint64) (uint64, bool) {
		n, ok := load[int32](c, va)
		return uint64(uint32(n)), ok
	}
	types[LxSockaddrLen].onError = true
	lxSymbol(LxShutHow, "shut_how", lxShutNames, "SHUT_???")
	lxFlags(LxMsgFlags, "msg_flags", lxMsgNames, "MSG_???")
	lxPointer(LxMsghdr, "msghdr", func(c *ctx, a *Arg, va uint64) bool { return c.lxMsghdr(va, a, c.ret) })
	types[LxMsghdr].onError = true
	lxPointer(LxMmsghdr, "mmsghdr", func(c *ctx, a *Arg, va uint64) bool {
		// Of those to be sent the length is known when they are.
		n := c.count(a)
		return c.array(va, n, c.m.Sizeof(lxMmsghdr{}), func(va uint64) bool {
			h, ok := load[lxMmsghdr](c, va)
			if !ok {
				return false
			}
			c.str("{msg_hdr=")
			if !c.lxMsghdr(va, a, int64(h.Len)) {
				return false
			}
			if c.left && c.err == abi.OK {
				c.fieldUint("msg_len", uint64(h.Len))
			}
			c.str("}")
			return true
		})
	})
}

// lxSockopt are level and name of a socket's option, in generic numbers.
func (c *ctx) lxSockopt() (level, name int32) {
	level, name = int32(c.sibling(LxSockLevel)), int32(c.sibling(LxSockoptName))
	if c.p.Linux != nil {
		return c.p.Linux.Sockopt(level, name)
	}
	return level, name
}

var lxSockoptUnknown = map[int32]string{lxSolSocket: "SO_???", lxSolIP: "IP_???", lxSolIPv6: "IPV6_???", lxSolTCP: "TCP_???",
	lxSolUDP: "UDP_???", lxSolPacket: "PACKET_???", lxSolNetlink: "NETLINK_???"}

func lxSockoptTab(level int32) []sym {
	switch level {
	case lxSolSocket:
		return lxSockoptNames
	case lxSolIP:
		return lxIPoptNames
	case lxSolIPv6:
		return lxIPv6optNames
	case lxSolTCP:
		return lxTCPoptNames
	case lxSolUDP:
		return lxUDPoptNames
	case lxSolPacket:
		return lxPacketoptNames
	case lxSolNetlink:
		return lxNetlinkoptNames
	}
	return nil
}

// fmtLxSockopt shows an option's value: what it is made of, where that is known, a number, or bytes.
func fmtLxSockopt(c *ctx, a *Arg, va uint64) bool {
	level, name := c.lxSockopt()
	n, known := c.length(a)
	if !known {
		return false
	}
	const soLinger, soPeercred, soBindtodevice, soError, soPeerpidfd = 13, 17, 25, 4, 77
	switch {
	case level == lxSolSocket && name == soLinger && n >= 8:
		v, ok := load[[2]int32](c, va)
		c.str("{")
		c.fieldInt("l_onoff", int64(v[0]))
		c.fieldInt("l_linger", int64(v[1]))
		c.str("}")
		return ok
	case level == lxSolSocket && name == soPeercred && n >= 12:
		v, ok := load[[3]int32](c, va)
		c.lxUcred(v)
		return ok
	case level == lxSolSocket && name == soBindtodevice:
		return c.buffer(va, n)
	case n == 4:
		v, ok := load[int32](c, va)
		c.indirect(func() {
			if err := c.generic(LinuxErrno, uint64(uint32(v))); level == lxSolSocket && name == soError && v != 0 {
				c.str(abi.Errno(err).Name())
				return
			}
			c.int(int64(v))
		})
		return ok
	}
	return c.buffer(va, n)
}

func (c *ctx) lxUcred(v [3]int32) {
	c.str("{")
	c.fieldInt("pid", int64(v[0]))
	c.fieldID("uid", uint32(v[1]))
	c.fieldID("gid", uint32(v[2]))
	c.str("}")
}

// htons is a number in the network's byte order, by name if it has one.
func (c *ctx) htons(f string, v uint64, tab []sym) {
	if f == "" {
		f = "htons"
	}
	c.str(f + "(")
	if s := nameIn(tab, v); s != "" {
		c.str(s)
	} else if tab != nil {
		c.hex(v)
	} else {
		c.uint(v)
	}
	c.str(")")
}

// lxSwap16 takes the lower 16 bits of a value that a program has in the network's byte order.
func (c *ctx) lxSwap16(v uint64) uint64 {
	if c.m.BigEndian {
		return v & 0xffff
	}
	return v&0xff<<8 | v>>8&0xff
}

func (c *ctx) lxSockaddr(va, n uint64) bool {
	if n < 2 {
		return false
	}
	n = min(n, 128)
	b, ok := c.bytesAt(va, n)
	if !ok {
		return false
	}
	family := c.m.Uint(b, 2)
	be := binary.BigEndian
	c.str("{")
	c.fieldSym("sa_family", family, lxAfNames, "AF_???")
	switch {
	case family == lxUnix:
		c.lxSunPath(b[2:])
	case family == lxInet && n >= 8:
		c.field("sin_port")
		c.htons("", uint64(be.Uint16(b[2:])), nil)
		addr, _ := netip.AddrFromSlice(b[4:8])
		c.str(`, sin_addr=inet_addr("` + addr.String() + `")`)
	case family == lxInet6 && n >= 24:
		c.field("sin6_port")
		c.htons("", uint64(be.Uint16(b[2:])), nil)
		c.field("sin6_flowinfo")
		c.htons("htonl", uint64(be.Uint32(b[4:])), nil)
		addr, _ := netip.AddrFromSlice(b[8:24])
		c.str(`, inet_pton(AF_INET6, "` + addr.String() + `", &sin6_addr)`)
		if n >= 28 {
			scope := c.m.Uint(b[24:], 4)
			c.field("sin6_scope_id")
			if addr.IsLinkLocalUnicast() || addr.IsLinkLocalMulticast() {
				c.lxInterface(scope)
			} else {
				c.uint(scope)
			}
		}
	case family == lxNetlink && n >= 12:
		c.fieldInt("nl_pid", int64(int32(c.m.Uint(b[4:], 4))))
		c.field("nl_groups")
		c.lxGroups(c.m.Uint(b[8:], 4))
	case family == lxPacket && n >= 12:
		c.field("sll_protocol")
		c.htons("", uint64(be.Uint16(b[2:])), lxEtherNames)
		c.field("sll_ifindex")
		c.lxInterface(c.m.Uint(b[4:], 4))
		c.fieldSym("sll_hatype", c.m.Uint(b[8:], 2), lxArphrdNames, "ARPHRD_???")
		c.fieldSym("sll_pkttype", uint64(b[10]), lxPacketNames, "PACKET_???")
		c.fieldUint("sll_halen", uint64(b[11]))
		c.lxHardware("sll_addr", b[12:min(int(n), 12+int(b[11]))])
	case n > 2:
		c.fieldQuoted("sa_data", b[2:])
	}
	c.str("}")
	return true
}

// lxGroups is a set of netlink's groups, in six digits at least; none is all zeros.
func (c *ctx) lxGroups(v uint64) {
	const digits = "0123456789abcdef"
	width := 6
	if v > 0xffffff {
		width = 8
	}
	c.str("0x")
	for i := width - 1; i >= 0; i-- {
		c.b = append(c.b, digits[v>>(4*i)&15])
	}
}

func (c *ctx) lxHardware(name string, b []byte) {
	if len(b) == 0 {
		return
	}
	c.field(name)
	c.str("[")
	for i, v := range b {
		if i > 0 {
			c.str(", ")
		}
		c.hex(uint64(v))
	}
	c.str("]")
}

// lxInterface is a network interface by its number. The loopback interface is the first on all machines.
func (c *ctx) lxInterface(n uint64) {
	if n == 1 {
		c.str(`if_nametoindex("lo")`)
		return
	}
	c.uint(n)
}

// lxSunPath is the name of a local socket; @ stands for the zero byte of one that is not in the file system.
func (c *ctx) lxSunPath(b []byte) {
	if len(b) == 0 {
		return
	}
	c.field("sun_path")
	if b[0] == 0 {
		c.str("@")
		c.quote(b[1:], false)
		return
	}
	c.quote(chars(b), false)
}

type lxMsghdr struct {
	Name       abi.Ptr
	Namelen    int32
	Iov        abi.Ptr
	Iovlen     abi.Size
	Control    abi.Ptr
	Controllen abi.Size
	Flags      int32
}

type lxMmsghdr struct {
	Hdr lxMsghdr
	Len uint32
}

func (c *ctx) lxMsghdr(va uint64, a *Arg, moved int64) bool {
	h, ok := load[lxMsghdr](c, va)
	if !ok {
		return false
	}
	out := a.Dir == Out
	c.str("{")
	if out && c.err != abi.OK {
		c.fieldInt("msg_namelen", int64(h.Namelen))
		c.str("}")
		return true
	}
	c.fieldAt("msg_name", uint64(h.Name), func() bool { return c.lxSockaddr(uint64(h.Name), uint64(uint32(h.Namelen))) })
	c.fieldInt("msg_namelen", int64(h.Namelen))
	c.fieldAt("msg_iov", uint64(h.Iov), func() bool { return c.iovecs(uint64(h.Iov), uint64(h.Iovlen), out, moved) })
	c.fieldUint("msg_iovlen", uint64(h.Iovlen))
	if h.Controllen > 0 {
		c.fieldAt("msg_control", uint64(h.Control), func() bool { return c.lxControl(uint64(h.Control), int(min(h.Controllen, 4096))) })
	}
	c.fieldUint("msg_controllen", uint64(h.Controllen))
	c.fieldFlags("msg_flags", uint64(uint32(h.Flags)), lxMsgNames, "MSG_???")
	c.str("}")
	return true
}

// lxControl shows control messages, each a length, a level and a type of 4 bytes but for the length, which is a size_t.
func (c *ctx) lxControl(va uint64, n int) bool {
	b, ok := c.bytesAt(va, uint64(n))
	if !ok {
		return false
	}
	p := c.m.PtrSize
	head := (p + 8 + p - 1) &^ (p - 1)
	c.str("[")
	for i := 0; i+head <= n; {
		size := int(min(c.m.Ptr(b[i:]), uint64(n-i)))
		level, typ := int32(c.m.Uint(b[i+p:], 4)), int32(c.m.Uint(b[i+p+4:], 4))
		if i > 0 {
			c.str(", ")
		}
		c.lxCmsg(c.m.Ptr(b[i:]), level, typ, b[i+head:max(i+head, i+size)])
		if size < head {
			break
		}
		i += (size + p - 1) &^ (p - 1)
	}
	c.str("]")
	return true
}

func (c *ctx) lxCmsg(size uint64, level, typ int32, data []byte) {
	if c.p.Linux != nil {
		level, _ = c.p.Linux.Sockopt(level, 0)
	}
	c.str("{")
	c.fieldUint("cmsg_len", size)
	c.fieldSym("cmsg_level", uint64(uint32(level)), lxSolNames, "SOL_???")
	tab, unknown := lxSockoptTab(level), lxSockoptUnknown[level]
	if level == lxSolSocket {
		tab, unknown = lxScmNames, "SCM_???"
	}
	if tab != nil {
		c.fieldSym("cmsg_type", uint64(uint32(typ)), tab, unknown)
	} else {
		c.fieldHex("cmsg_type", uint64(uint32(typ)))
	}
	const scmRights, scmCredentials = 1, 2
	switch {
	case level == lxSolSocket && typ == scmRights:
		c.str(", cmsg_data=[")
		for j := 0; j+4 <= len(data); j += 4 {
			if j > 0 {
				c.str(", ")
			}
			c.fd(c.m.Uint(data[j:], 4))
		}
		c.str("]")
	case level == lxSolSocket && typ == scmCredentials && len(data) >= 12:
		c.field("cmsg_data")
		c.lxUcred([3]int32{int32(c.m.Uint(data, 4)), int32(c.m.Uint(data[4:], 4)), int32(c.m.Uint(data[8:], 4))})
	case (level == lxSolIP || level == lxSolIPv6) && len(data) == 4:
		c.str(", cmsg_data=[")
		c.int(int64(int32(c.m.Uint(data, 4))))
		c.str("]")
	case len(data) > 0:
		c.field("cmsg_data")
		c.quote(data[:min(len(data), c.maxStr())], len(data) > c.maxStr())
	}
	c.str("}")
}
