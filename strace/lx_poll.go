package strace

import "nbemu/abi"

// What Linux programs wait for: poll, select, epoll.

// lxPollTypes are arguments of these.
func lxPollTypes() {
	lxPointer(LxPollfds, "pollfds", func(c *ctx, a *Arg, va uint64) bool {
		n, _ := c.length(a)
		return c.array(va, n, 8, func(va uint64) bool {
			p, ok := load[abi.Pollfd](c, va)
			if !ok {
				return false
			}
			c.str("{fd=")
			c.fd(uint64(uint32(p.Fd)))
			if p.Fd >= 0 {
				c.fieldFlags("events", c.generic(LinuxPoll, uint64(uint16(p.Events))), lxPollNames, "POLL???")
			}
			c.str("}")
			return true
		})
	})
	types[LxPollfds].aux = auxLxPollfds
	lxPointer(LxFdset, "fdset", fmtLxFdset)
	types[LxFdset].aux = func(c *ctx, a *Arg, va uint64) {
		if c.ret == 0 {
			if len(c.aux) == 0 { // once for the three sets
				c.aux = append(c.aux, "Timeout"...)
			}
			return
		}
		c.addAux(a.Name+" ", func() bool {
			mark := len(c.b)
			return fmtLxFdset(c, a, c.ptrval(va)) && string(c.b[mark:]) != "[]"
		})
	}
	lxSymbol(LxEpollOp, "epoll_op", lxEpollOpNames, "EPOLL_CTL_???")
	lxPointer(LxEpollEvent, "epoll_event", linuxStruct(LinuxUsual, (*ctx).lxEpollEvent))
	lxPointer(LxEpollEvents, "epoll_events", func(c *ctx, a *Arg, va uint64) bool {
		_, size, ok := get[LinuxEpollEvent](c, va, LinuxUsual)
		if !ok && c.ret > 0 {
			return false
		}
		return c.array(va, uint64(max(c.ret, 0)), size, func(va uint64) bool {
			e, _, ok := get[LinuxEpollEvent](c, va, LinuxUsual)
			if ok {
				c.lxEpollEvent(e)
			}
			return ok
		})
	})
}

func (c *ctx) lxEpollEvent(e LinuxEpollEvent) {
	c.str("{")
	c.fieldFlags("events", uint64(e.Events), lxEpollNames, "EPOLL???")
	u32 := e.Data
	if c.m.BigEndian {
		u32 >>= 32
	}
	c.str(", data={")
	c.fieldUint("u32", uint64(uint32(u32)))
	c.fieldUint("u64", e.Data)
	c.str("}}")
}

func auxLxPollfds(c *ctx, a *Arg, va uint64) {
	c.auxReady(a, va, func(p abi.Pollfd) {
		c.fd(uint64(uint32(p.Fd)))
		c.fieldFlags("revents", c.generic(LinuxPoll, uint64(uint16(p.Revents))), lxPollNames, "POLL???")
	})
}

// fmtLxFdset shows a set of descriptors, a bit for each in words of the program's size.
func fmtLxFdset(c *ctx, a *Arg, va uint64) bool {
	n, _ := c.length(a)
	n = min(n, 1<<16)
	size := uint64(c.m.PtrSize)
	bits := 8 * size
	b, ok := c.bytesAt(va, (n+bits-1)/bits*size)
	if !ok {
		return false
	}
	c.str("[")
	first := true
	for fd := range n {
		if c.m.Ptr(b[fd/bits*size:])>>(fd%bits)&1 == 0 {
			continue
		}
		if !first {
			c.str(" ")
		}
		first = false
		c.fd(fd)
	}
	c.str("]")
	return true
}
