package strace

import (
	"encoding/binary"
	"net/netip"

	"nbemu/abi"
)

// iovec shows n pieces; of those the kernel filled in, as much as the result
// says was moved.
func (c *ctx) iovec(va, n uint64, out bool) bool {
	return c.iovecs(va, n, out, c.ret)
}

func (c *ctx) iovecs(va, n uint64, out bool, moved int64) bool {
	left := uint64(max(moved, 0))
	return c.array(va, n, c.m.Sizeof(abi.Iovec{}), func(va uint64) bool {
		v, ok := load[abi.Iovec](c, va)
		if !ok {
			return false
		}
		length := uint64(v.Len)
		if out {
			length = min(length, left)
			left -= length
		}
		c.str("{iov_base=")
		switch mark := len(c.b); {
		case v.Base == 0:
			c.str("NULL")
		case !c.buffer(uint64(v.Base), length):
			c.b = c.b[:mark]
			c.hex(uint64(v.Base))
		}
		c.str(", iov_len=")
		c.uint(uint64(v.Len))
		c.str("}")
		return true
	})
}

func (c *ctx) sockaddr(va, n uint64) bool {
	if n < 2 || n > abi.SockaddrMax {
		return false
	}
	b := make([]byte, n)
	if c.mem.Copyin(b, va) != abi.OK {
		return false
	}
	c.str("{sa_family=")
	c.symbol(uint64(b[1]), afNames, "AF_???")
	switch {
	case b[1] == abi.AF_UNIX:
		c.str(", sun_path=")
		c.quote(chars(b[2:]), false)
	case b[1] == abi.AF_INET && n >= 8:
		c.str(", sin_port=htons(")
		c.uint(uint64(binary.BigEndian.Uint16(b[2:])))
		c.str(`), sin_addr="`)
		addr, _ := netip.AddrFromSlice(b[4:8])
		c.b = addr.AppendTo(c.b)
		c.str(`"`)
	case b[1] == abi.AF_INET6 && n >= 24:
		c.str(", sin6_port=htons(")
		c.uint(uint64(binary.BigEndian.Uint16(b[2:])))
		c.str(`), sin6_addr="`)
		addr, _ := netip.AddrFromSlice(b[8:24])
		c.b = addr.AppendTo(c.b)
		c.str(`"`)
	default:
		c.str(", sa_data=")
		c.quote(b[2:], false)
	}
	c.str("}")
	return true
}

func (c *ctx) msghdr(va uint64, out bool, moved int64) bool {
	h, ok := load[abi.Msghdr](c, va)
	if !ok {
		return false
	}
	c.str("{msg_name=")
	mark := len(c.b)
	switch {
	case h.Name == 0:
		c.str("NULL")
	case !c.sockaddr(uint64(h.Name), uint64(h.Namelen)):
		c.b = c.b[:mark]
		c.hex(uint64(h.Name))
	}
	c.str(", msg_namelen=")
	c.uint(uint64(h.Namelen))
	c.str(", msg_iov=")
	mark = len(c.b)
	if n := uint64(max(h.Iovlen, 0)); !c.iovecs(uint64(h.Iov), n, out, moved) {
		c.b = c.b[:mark]
		c.hex(uint64(h.Iov))
	}
	c.str(", msg_iovlen=")
	c.int(int64(h.Iovlen))
	if h.Controllen > 0 {
		c.str(", msg_control=")
		mark = len(c.b)
		if !c.control(uint64(h.Control), int(min(h.Controllen, 4096))) {
			c.b = c.b[:mark]
			c.hex(uint64(h.Control))
		}
	}
	c.str(", msg_controllen=")
	c.uint(uint64(h.Controllen))
	c.str(", msg_flags=")
	c.flags(uint64(uint32(h.Flags)), msgNames, "MSG_???")
	c.str("}")
	return true
}

func (c *ctx) control(va uint64, n int) bool {
	b := make([]byte, n)
	if c.mem.Copyin(b, va) != abi.OK {
		return false
	}
	c.str("[")
	for i, first := 0, true; i+12 <= n; first = false {
		var h abi.Cmsghdr
		c.m.Unmarshal(b[i:], &h)
		if !first {
			c.str(", ")
		}
		c.str("{cmsg_len=")
		c.uint(uint64(h.Len))
		c.str(", cmsg_level=")
		types[SockLevel].fmt(c, nil, uint64(uint32(h.Level)))
		c.str(", cmsg_type=")
		data := c.m.CmsgLen(0)
		if h.Level == abi.SOL_SOCKET {
			c.symbol(uint64(uint32(h.Type)), scmNames, "SCM_???")
		} else {
			c.int(int64(h.Type))
		}
		if h.Level == abi.SOL_SOCKET && h.Type == abi.SCM_RIGHTS {
			c.str(", cmsg_data=[")
			for j := data; j+4 <= int(h.Len) && i+j+4 <= n; j += 4 {
				if j > data {
					c.str(", ")
				}
				c.int(int64(int32(c.m.Uint(b[i+j:], 4))))
			}
			c.str("]")
		}
		c.str("}")
		if int(h.Len) < data {
			break
		}
		i += c.m.CmsgRound(int(h.Len))
	}
	c.str("]")
	return true
}

func fmtSockopt(c *ctx, a *Arg, va uint64) bool {
	n, known := c.length(a)
	if !known {
		return false
	}
	if n == 4 {
		return types[IntPtr].fmt(c, a, va)
	}
	return c.buffer(va, n)
}

// Waiting.

func fmtPollfds(c *ctx, a *Arg, va uint64) bool {
	n, _ := c.length(a)
	return c.array(va, n, 8, func(va uint64) bool {
		p, ok := load[abi.Pollfd](c, va)
		if !ok {
			return false
		}
		c.str("{fd=")
		c.int(int64(p.Fd))
		if p.Fd >= 0 {
			c.str(", events=")
			c.flags(uint64(uint16(p.Events)), pollNames, "POLL???")
		}
		c.str("}")
		return true
	})
}

func auxPollfds(c *ctx, a *Arg, va uint64) {
	c.auxReady(a, va, func(p abi.Pollfd) {
		c.int(int64(p.Fd))
		c.str(", revents=")
		c.flags(uint64(uint16(p.Revents)), pollNames, "POLL???")
	})
}

// auxReady adds, after the result, those of poll's descriptors that something happened to; show shows what.
func (c *ctx) auxReady(a *Arg, va uint64, show func(p abi.Pollfd)) {
	if c.ret == 0 {
		c.aux = append(c.aux, "Timeout"...)
		return
	}
	n, _ := c.length(a)
	c.addAux("", func() bool {
		c.str("[")
		first := true
		for i := range min(n, 1<<16) {
			p, ok := load[abi.Pollfd](c, c.ptrval(va)+i*8)
			if !ok {
				return false
			}
			if p.Revents == 0 {
				continue
			}
			if !first {
				c.str(", ")
			}
			first = false
			c.str("{fd=")
			show(p)
			c.str("}")
		}
		c.str("]")
		return true
	})
}

func fmtFdSet(c *ctx, a *Arg, va uint64) bool {
	n, _ := c.length(a)
	words := (min(n, 1<<16) + 31) / 32
	b := make([]byte, words*4)
	if c.mem.Copyin(b, va) != abi.OK {
		return false
	}
	c.str("[")
	first := true
	for fd := range min(n, words*32) {
		if c.m.Uint(b[fd/32*4:], 4)>>(fd%32)&1 == 0 {
			continue
		}
		if !first {
			c.str(" ")
		}
		first = false
		c.uint(fd)
	}
	c.str("]")
	return true
}

func auxFdSet(c *ctx, a *Arg, va uint64) {
	if c.ret == 0 {
		if len(c.aux) == 0 { // once for the three sets
			c.aux = append(c.aux, "Timeout"...)
		}
		return
	}
	c.addAux(a.Name+" ", func() bool {
		mark := len(c.b)
		return fmtFdSet(c, a, c.ptrval(va)) && string(c.b[mark:]) != "[]"
	})
}

func (c *ctx) kevent(k abi.Kevent) {
	c.str("{ident=")
	if k.Filter == abi.EVFILT_SIGNAL {
		c.signal(int32(k.Ident), abi.Signal(k.Ident).Name())
	} else {
		c.uint(uint64(k.Ident))
	}
	c.str(", filter=")
	c.symbol(uint64(k.Filter), evfiltNames, "EVFILT_???")
	c.str(", flags=")
	c.flags(uint64(k.Flags), evNames, "EV_???")
	c.str(", fflags=")
	var tab []sym
	switch k.Filter {
	case abi.EVFILT_READ, abi.EVFILT_WRITE:
		tab = noteRWNames
	case abi.EVFILT_VNODE:
		tab = noteVnodeNames
	case abi.EVFILT_PROC:
		tab = noteProcNames
	case abi.EVFILT_TIMER:
		tab = noteTimerNames
	case abi.EVFILT_USER:
		tab = noteUserNames
	}
	c.flags(uint64(k.Fflags), tab, "")
	c.str(", data=")
	c.int(k.Data)
	c.str(", udata=")
	c.hex(uint64(k.Udata))
	c.str("}")
}

func (c *ctx) epollEvent(e abi.EpollEvent) {
	c.str("{events=")
	c.flags(uint64(e.Events), epollNames, "EPOLL???")
	c.str(", data=")
	c.hex(e.Data)
	c.str("}")
}
