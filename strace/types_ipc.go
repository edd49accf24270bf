package strace

import "nbemu/abi"

// Structures of NetBSD's IPC, asynchronous I/O and modules.

// ipcTypes are arguments of these.
func ipcTypes() {
	pointer(Timezone, "timezone", structOf(func(c *ctx, z struct{ West, Dst int32 }) {
		c.str("{")
		c.fieldInt("tz_minuteswest", int64(z.West))
		c.fieldInt("tz_dsttime", int64(z.Dst))
		c.str("}")
	}))
	pointer(Message, "message", fmtMessage)
	flagSet(MsgopFlags, "msgop_flags", []sym{{0o4000, "IPC_NOWAIT"}, {0o10000, "MSG_NOERROR"}}, "MSG_???")
	pointer(MqAttr, "mq_attr", structOf(func(c *ctx, q abi.MqAttr) {
		c.str("{")
		c.field("mq_flags")
		c.flags(uint64(q.Flags), oflagNames, "O_???")
		c.fieldInt("mq_maxmsg", int64(q.Maxmsg))
		c.fieldInt("mq_msgsize", int64(q.Msgsize))
		c.fieldInt("mq_curmsgs", int64(q.Curmsgs))
		c.str("}")
	}))
	buf := func(t ArgType, name string, of ArgType, f func(c *ctx, va uint64) bool) {
		types[t] = typeInfo{name: name, late: func(c *ctx, a *Arg) bool { return c.sibling(of) == abi.IPC_STAT },
			fmt: func(c *ctx, a *Arg, v uint64) bool {
				v = c.ptrval(v)
				cmd := c.sibling(of)
				c.at(v, func() bool { return (cmd == abi.IPC_SET || cmd == abi.IPC_STAT && c.err == abi.OK) && f(c, v) })
				return true
			}}
	}
	buf(ShmidBuf, "shmid_buf", ShmCmd, func(c *ctx, va uint64) bool {
		s, ok := load[abi.ShmidDs](c, va)
		c.str("{")
		c.ipcPerm("shm_perm", &s.Perm)
		c.fieldUint("shm_segsz", uint64(s.Segsz))
		c.fieldInt("shm_lpid", int64(s.Lpid))
		c.fieldInt("shm_cpid", int64(s.Cpid))
		c.fieldUint("shm_nattch", uint64(s.Nattch))
		c.str(", ...}")
		return ok
	})
	buf(MsqidBuf, "msqid_buf", IpcCmd, func(c *ctx, va uint64) bool {
		s, ok := load[abi.MsqidDs](c, va)
		c.str("{")
		c.ipcPerm("msg_perm", &s.Perm)
		c.fieldUint("msg_qnum", uint64(s.Qnum))
		c.fieldUint("msg_qbytes", uint64(s.Qbytes))
		c.fieldInt("msg_lspid", int64(s.Lspid))
		c.fieldInt("msg_lrpid", int64(s.Lrpid))
		c.str(", ...}")
		return ok
	})
	// The argument of semctl is the address of a union.
	buf(SemArg, "sem_arg", SemCmd, func(c *ctx, va uint64) bool {
		p, ok := load[abi.Ptr](c, va)
		if !ok {
			return false
		}
		s, ok := load[abi.SemidDs](c, uint64(p))
		c.str("[{")
		c.ipcPerm("sem_perm", &s.Perm)
		c.fieldUint("sem_nsems", uint64(s.Nsems))
		c.fieldInt("sem_otime", s.Otime)
		c.fieldInt("sem_ctime", s.Ctime)
		c.str("}]")
		return ok
	})
	pointer(Aiocb, "aiocb", structOf(func(c *ctx, a abi.Aiocb) {
		c.str("{")
		c.fieldFunc("aio_fildes", func() { c.fd(uint64(uint32(a.Fildes))) })
		c.fieldInt("aio_offset", a.Offset)
		c.fieldPtr("aio_buf", uint64(a.Buf))
		c.fieldUint("aio_nbytes", uint64(a.Nbytes))
		c.str(", ...}")
	}))
	symbol(LioMode, "lio_mode", []sym{{0, "LIO_NOWAIT"}, {1, "LIO_WAIT"}}, "LIO_???")
	symbol(ModctlCmd, "modctl_cmd", []sym{{abi.MODCTL_LOAD, "MODCTL_LOAD"}, {abi.MODCTL_UNLOAD, "MODCTL_UNLOAD"},
		{abi.MODCTL_OSTAT, "MODCTL_OSTAT"}, {abi.MODCTL_EXISTS, "MODCTL_EXISTS"}, {abi.MODCTL_STAT, "MODCTL_STAT"}}, "MODCTL_???")
	symbol(RasOp, "ras_op", []sym{{0, "RAS_INSTALL"}, {1, "RAS_PURGE"}, {2, "RAS_PURGE_ALL"}}, "RAS_???")
	pointer(Cpuset, "cpuset", fmtCpuset)
	pointer(Residence, "residence", func(c *ctx, a *Arg, va uint64) bool {
		const page = 4096
		n := (c.ptrval(c.arg(1)) + page - 1) / page
		return c.array(va, n, 1, func(va uint64) bool {
			b, ok := c.bytesAt(va, 1)
			if ok {
				c.uint(uint64(b[0]))
			}
			return ok
		})
	})
}

func fmtMessage(c *ctx, a *Arg, va uint64) bool {
	typ, ok := load[abi.Long](c, va)
	if !ok {
		return false
	}
	n, _ := c.length(a)
	if a.Dir == Out {
		n = uint64(max(c.ret, 0))
	}
	c.str("{")
	c.fieldInt("mtype", int64(typ))
	c.field("mtext")
	ok = c.buffer(va+uint64(c.m.PtrSize), n)
	c.str("}")
	return ok
}

func (c *ctx) ipcPerm(name string, p *abi.IpcPerm) {
	c.field(name)
	c.str("{")
	c.fieldID("uid", p.Uid)
	c.fieldID("gid", p.Gid)
	c.field("mode")
	c.octal(uint64(p.Mode))
	c.str(", ...}")
}

// fmtCpuset shows a set of processors, a bit for each in words of 32 bits.
func fmtCpuset(c *ctx, a *Arg, va uint64) bool {
	n, _ := c.length(a)
	n = min(n, 1024) &^ 3
	b, ok := c.bytesAt(va, n)
	if !ok {
		return false
	}
	c.str("[")
	first := true
	for cpu := range 8 * n {
		if c.m.Uint(b[cpu/32*4:], 4)>>(cpu%32)&1 != 0 {
			if !first {
				c.str(" ")
			}
			first = false
			c.uint(cpu)
		}
	}
	c.str("]")
	return true
}
