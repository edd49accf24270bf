package strace

import "nbemu/abi"

// Types of arguments that are pointers.

// plainTypes are strings, vectors and pointers to numbers.
func plainTypes() {
	pointer(Path, "path", fmtPath)
	pointer(Str, "str", fmtStr)
	pointer(Buf, "buf", fmtBuf)
	pointer(Argv, "argv", fmtArgv)
	pointer(Envp, "envp", fmtEnvp)
	pointer(IntPtr, "int*", structOf(func(c *ctx, v int32) { c.str("["); c.int(int64(v)); c.str("]") }))
	pointer(UintPtr, "uint*", structOf(func(c *ctx, v uint32) { c.str("["); c.uint(uint64(v)); c.str("]") }))
	pointer(LongPtr, "long*", structOf(func(c *ctx, v abi.Long) { c.str("["); c.int(int64(v)); c.str("]") }))
	pointer(SizePtr, "size*", structOf(func(c *ctx, v abi.Size) { c.str("["); c.uint(uint64(v)); c.str("]") }))
	pointer(PtrPtr, "ptr*", structOf(func(c *ctx, v abi.Ptr) { c.str("["); c.hex(uint64(v)); c.str("]") }))
	pointer(Fdpair, "fdpair", structOf(func(c *ctx, v [2]int32) {
		c.str("[")
		c.fd(uint64(uint32(v[0])))
		c.str(", ")
		c.fd(uint64(uint32(v[1])))
		c.str("]")
	}))
}

// timeTypes are times.
func timeTypes() {
	pointer(Timespec, "timespec", structOf((*ctx).timespec))
	pointer(Timespec2, "timespec2", structOf(pair((*ctx).timespec)))
	pointer(Timeval, "timeval", structOf((*ctx).timeval))
	pointer(Timeval2, "timeval2", structOf(pair((*ctx).timeval)))
	pointer(Itimerval, "itimerval", structOf((*ctx).itimerval))
	pointer(Itimerspec, "itimerspec", structOf((*ctx).itimerspec))
	pointer(Timespec50, "timespec50", structOf(func(c *ctx, t abi.Timespec50) { c.timespec(newTimespec(t)) }))
	pointer(Timeval50, "timeval50", structOf(func(c *ctx, t abi.Timeval50) { c.timeval(newTimeval(t)) }))
	pointer(Timeval250, "timeval2_50", structOf(pair(func(c *ctx, t abi.Timeval50) { c.timeval(newTimeval(t)) })))
	pointer(Itimerval50, "itimerval50", structOf(func(c *ctx, t abi.Itimerval50) {
		c.itimerval(abi.Itimerval{Interval: newTimeval(t.Interval), Value: newTimeval(t.Value)})
	}))
	pointer(Itimerspec50, "itimerspec50", structOf(func(c *ctx, t abi.Itimerspec50) {
		c.itimerspec(abi.Itimerspec{Interval: newTimespec(t.Interval), Value: newTimespec(t.Value)})
	}))
	types[Timespec].onEINTR, types[Timespec50].onEINTR = true, true
}

// signalTypes are structures about signals.
func signalTypes() {
	pointer(Sigset, "sigset", structOf((*ctx).sigset))
	pointer(Sigaction, "sigaction", structOf(func(c *ctx, s abi.Sigaction) { c.sigaction(s.Handler, s.Mask, s.Flags) }))
	pointer(Sigaction13, "sigaction13", structOf(func(c *ctx, s abi.Sigaction13) {
		c.sigaction(s.Handler, abi.Sigset{s.Mask}, s.Flags)
	}))
	pointer(Stack, "stack", structOf(func(c *ctx, s abi.StackT) {
		c.str("{ss_sp=")
		c.hex(uint64(s.Sp))
		c.str(", ss_size=")
		c.uint(uint64(s.Size))
		c.str(", ss_flags=")
		c.flags(uint64(uint32(s.Flags)), ssNames, "SS_???")
		c.str("}")
	}))
	pointer(Siginfo, "siginfo", fmtSiginfo)
	pointer(Sigevent, "sigevent", structOf(func(c *ctx, s abi.Sigevent) {
		c.str("{sigev_notify=")
		c.symbol(uint64(uint32(s.Notify)), sigevNames, "SIGEV_???")
		c.str(", sigev_signo=")
		c.signal(s.Signo, abi.Signal(s.Signo).Name())
		c.str(", sigev_value=")
		c.hex(uint64(s.Value))
		c.str("}")
	}))
}

// resultTypes are structures that the kernel fills in.
func resultTypes() {
	pointer(Stat, "stat", structOf(func(c *ctx, s abi.Stat) { c.stat(s.Mode, s.Rdev, s.Size) }))
	pointer(Stat30, "stat30", structOf(func(c *ctx, s abi.Stat30) { c.stat(s.Mode, uint64(s.Rdev), s.Size) }))
	pointer(Stat13, "stat13", structOf(func(c *ctx, s abi.Stat13) { c.stat(s.Mode, uint64(s.Rdev), s.Size) }))
	pointer(Stat12, "stat12", structOf(func(c *ctx, s abi.Stat12) { c.stat(uint32(s.Mode), uint64(s.Rdev), s.Size) }))
	pointer(Stat43, "stat43", structOf(func(c *ctx, s abi.Stat43) { c.stat(uint32(s.Mode), uint64(s.Rdev), int64(s.Size)) }))
	pointer(Statvfs, "statvfs", structOf(func(c *ctx, s abi.Statvfs) { c.statvfs(&s) }))
	pointer(Statvfs90, "statvfs90", structOf(func(c *ctx, s abi.Statvfs90) {
		c.statvfs(&abi.Statvfs{Fstypename: s.Fstypename, Mntonname: s.Mntonname, Frsize: s.Frsize,
			Blocks: s.Blocks, Bfree: s.Bfree, Flag: s.Flag})
	}))
	pointer(Statfs12, "statfs12", structOf(func(c *ctx, s abi.Statfs12) {
		var v abi.Statvfs
		copy(v.Fstypename[:], s.Fstypename[:])
		copy(v.Mntonname[:], s.Mntonname[:])
		v.Frsize, v.Blocks, v.Bfree = abi.ULong(s.Bsize), uint64(s.Blocks), uint64(s.Bfree)
		v.Flag = abi.ULong(s.Flags)
		c.statvfs(&v)
	}))
	pointer(Rusage, "rusage", structOf((*ctx).rusage))
	pointer(Rusage50, "rusage50", structOf(func(c *ctx, r abi.Rusage50) {
		c.rusage(abi.Rusage{Utime: newTimeval(r.Utime), Stime: newTimeval(r.Stime)})
	}))
	pointer(Wrusage, "wrusage", structOf(func(c *ctx, r abi.Wrusage) {
		c.str("{wru_self=")
		c.rusage(r.Self)
		c.str(", wru_children=")
		c.rusage(r.Children)
		c.str("}")
	}))
	pointer(Rlimit, "rlimit", structOf(func(c *ctx, r abi.Rlimit) {
		c.str("{rlim_cur=")
		c.rlim(r.Cur)
		c.str(", rlim_max=")
		c.rlim(r.Max)
		c.str("}")
	}))
	pointer(WaitStatus, "wait_status", fmtWaitStatus)
}

// messageTypes are buffers, addresses and messages.
func messageTypes() {
	pointer(Iovec, "iovec", func(c *ctx, a *Arg, va uint64) bool {
		n, _ := c.length(a)
		return c.iovec(va, n, a.Dir == Out)
	})
	pointer(Sockaddr, "sockaddr", func(c *ctx, a *Arg, va uint64) bool {
		n, known := c.length(a)
		if !known {
			n = 0
		}
		return c.sockaddr(va, n)
	})
	pointer(Msghdr, "msghdr", func(c *ctx, a *Arg, va uint64) bool { return c.msghdr(va, a.Dir == Out, c.ret) })
	pointer(Mmsghdr, "mmsghdr", func(c *ctx, a *Arg, va uint64) bool {
		size := c.m.Sizeof(abi.Mmsghdr{})
		return c.array(va, c.count(a), size, func(va uint64) bool {
			h, ok := load[abi.Mmsghdr](c, va)
			if !ok {
				return false
			}
			c.str("{msg_hdr=")
			if !c.msghdr(va, a.Dir == Out, int64(h.Len)) {
				return false
			}
			c.str(", msg_len=")
			c.uint(uint64(h.Len))
			c.str("}")
			return true
		})
	})
	pointer(Sockopt, "sockopt", fmtSockopt)
}

// eventTypes are events, and arrays of other things.
func eventTypes() {
	pointer(SysctlName, "sysctl_name", fmtSysctlName)
	pointer(SysctlOld, "sysctl_old", fmtSysctlOld)
	pointer(Dents, "dents", fmtDents)
	pointer(Pollfds, "pollfds", fmtPollfds)
	types[Pollfds].aux = auxPollfds
	pointer(Fdset, "fdset", fmtFdSet)
	types[Fdset].aux = auxFdSet
	pointer(Kevents, "kevents", func(c *ctx, a *Arg, va uint64) bool {
		return c.array(va, c.count(a), c.m.Sizeof(abi.Kevent{}), func(va uint64) bool {
			k, ok := load[abi.Kevent](c, va)
			if ok {
				c.kevent(k)
			}
			return ok
		})
	})
	pointer(Kevents50, "kevents50", func(c *ctx, a *Arg, va uint64) bool {
		return c.array(va, c.count(a), c.m.Sizeof(abi.Kevent50{}), func(va uint64) bool {
			k, ok := load[abi.Kevent50](c, va)
			if ok {
				c.kevent(abi.Kevent{Ident: k.Ident, Filter: k.Filter, Flags: k.Flags, Fflags: k.Fflags,
					Data: k.Data, Udata: k.Udata})
			}
			return ok
		})
	})
	pointer(EpollEvent, "epoll_event", structOf((*ctx).epollEvent))
	pointer(EpollEvents, "epoll_events", arrayOf((*ctx).epollEvent))
	pointer(Sembufs, "sembufs", arrayOf(func(c *ctx, s abi.Sembuf) {
		c.str("{sem_num=")
		c.uint(uint64(s.Num))
		c.str(", sem_op=")
		c.int(int64(s.Op))
		c.str(", sem_flg=")
		c.octal(uint64(uint16(s.Flg)))
		c.str("}")
	}))
	pointer(Gidset, "gidset", arrayOf(func(c *ctx, g uint32) { c.uint(uint64(g)) }))
	pointer(Lwpids, "lwpids", arrayOf(func(c *ctx, l int32) { c.int(int64(l)) }))
	pointer(SchedParam, "sched_param", structOf(func(c *ctx, s abi.SchedParam) {
		c.str("{sched_priority=")
		c.int(int64(s.Priority))
		c.str("}")
	}))
	pointer(Flock, "flock", structOf((*ctx).flock))
}
