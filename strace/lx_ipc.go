package strace

import "nbemu/abi"

// System V IPC and message queues of Linux programs.

// lxIPCTypes are arguments of these.
func lxIPCTypes() {
	lxScalar(LxIpcKey, "ipc_key", func(c *ctx, v uint64) {
		if v = uint64(uint32(v)); v == 0 {
			c.str("IPC_PRIVATE")
			return
		}
		c.hex(v)
	})
	mode := func(t ArgType, name string, tab []sym) {
		lxScalar(t, name, func(c *ctx, v uint64) {
			if f := uint64(uint32(v)) &^ 0o777; f != 0 {
				c.flags(f, tab, "")
				c.str("|")
			}
			c.octal3(v & 0o777)
		})
		types[t].parts = true
	}
	mode(LxIpcgetFlags, "ipcget_flags", lxIpcgetNames)
	mode(LxShmgetFlags, "shmget_flags", append(lxIpcgetNames, lxShmgetNames...))
	lxFlags(LxShmatFlags, "shmat_flags", lxShmatNames, "SHM_???")
	lxFlags(LxMsgopFlags, "msgop_flags", lxMsgopNames, "MSG_???")
	const ipc64 = 0x100 // IPC_64, of machines that had older structures
	cmd := func(t ArgType, name, unknown string, tab []sym) {
		lxScalar(t, name, func(c *ctx, v uint64) {
			v = uint64(uint32(v))
			if v&ipc64 != 0 {
				c.str("IPC_64|")
			}
			c.xval(v&^ipc64, tab, unknown)
		})
	}
	ipc := []sym{{0, "IPC_RMID"}, {1, "IPC_SET"}, {2, "IPC_STAT"}, {3, "IPC_INFO"}}
	cmd(LxShmCmd, "shm_cmd", "SHM_???", append(ipc, lxShmctlNames...))
	cmd(LxSemCmd, "sem_cmd", "SEM_???", append(ipc, lxSemctlNames...))
	cmd(LxMsgCmd, "msg_cmd", "MSG_???", append(ipc, lxMsgctlNames...))
	const ipcSet, ipcStat = 1, 2
	// What the commands that read and set take; of others the address or number.
	arg := func(t ArgType, name string, of ArgType, show func(c *ctx, set bool, va uint64) bool) {
		types[t] = typeInfo{name: "lx_" + name,
			late: func(c *ctx, a *Arg) bool { return c.sibling(of)&^ipc64 == ipcStat },
			fmt: func(c *ctx, a *Arg, v uint64) bool {
				v = c.ptrval(v)
				op := c.sibling(of) &^ ipc64
				c.at(v, func() bool { return (op == ipcSet || op == ipcStat && c.err == abi.OK) && show(c, op == ipcSet, v) })
				return true
			}}
	}
	arg(LxShmBuf, "shm_buf", LxShmCmd, func(c *ctx, set bool, va uint64) bool {
		s, _, ok := get[LinuxShm](c, va, LinuxUsual)
		c.str("{")
		c.lxPerm("shm_perm", &s.Perm, set)
		if !set {
			c.fieldUint("shm_segsz", s.Segsz)
			c.fieldInt("shm_cpid", int64(s.Cpid))
			c.fieldInt("shm_lpid", int64(s.Lpid))
			c.fieldUint("shm_nattch", s.Nattch)
			c.fieldUint("shm_atime", s.Atime)
			c.fieldUint("shm_dtime", s.Dtime)
			c.fieldUint("shm_ctime", s.Ctime)
			c.str("}")
			return ok
		}
		c.str(", ...}")
		return ok
	})
	arg(LxSemArg, "sem_arg", LxSemCmd, func(c *ctx, set bool, va uint64) bool {
		s, _, ok := get[LinuxSem](c, va, LinuxUsual)
		c.str("{")
		c.lxPerm("sem_perm", &s.Perm, set)
		if set {
			c.str(", ...}")
			return ok
		}
		c.fieldUint("sem_otime", s.Otime)
		c.fieldUint("sem_ctime", s.Ctime)
		c.fieldUint("sem_nsems", s.Nsems)
		c.str("}")
		return ok
	})
	arg(LxMsgBuf, "msg_buf", LxMsgCmd, func(c *ctx, set bool, va uint64) bool {
		s, _, ok := get[LinuxMsq](c, va, LinuxUsual)
		c.str("{")
		c.lxPerm("msg_perm", &s.Perm, set)
		if set {
			c.fieldUint("msg_qbytes", s.Qbytes)
			c.str(", ...}")
			return ok
		}
		c.fieldUint("msg_stime", s.Stime)
		c.fieldUint("msg_rtime", s.Rtime)
		c.fieldUint("msg_ctime", s.Ctime)
		c.fieldUint("msg_qnum", s.Qnum)
		c.fieldUint("msg_qbytes", s.Qbytes)
		c.fieldInt("msg_lspid", int64(s.Lspid))
		c.fieldInt("msg_lrpid", int64(s.Lrpid))
		c.str("}")
		return ok
	})
	lxPointer(LxSembufs, "sembufs", arrayOf(func(c *ctx, s abi.Sembuf) {
		c.str("{")
		c.fieldUint("sem_num", uint64(s.Num))
		c.fieldInt("sem_op", int64(s.Op))
		c.fieldFlags("sem_flg", uint64(uint16(s.Flg)), lxSemopNames, "SEM_???")
		c.str("}")
	}))
	lxPointer(LxMessage, "message", func(c *ctx, a *Arg, va uint64) bool {
		typ, ok := load[abi.Long](c, va)
		if !ok {
			return false
		}
		n, _ := c.length(a)
		c.str("{")
		c.fieldInt("mtype", int64(typ))
		c.field("mtext")
		if !c.buffer(va+uint64(c.m.PtrSize), n) {
			return false
		}
		c.str("}")
		return true
	})
	lxPointer(LxMqAttr, "mq_attr", structOf(func(c *ctx, q [4]abi.Long) {
		c.str("{")
		c.field("mq_flags")
		c.flags(c.generic(LinuxOpenFlags, uint64(q[0])), lxOflagNames, "O_???")
		c.fieldInt("mq_maxmsg", int64(q[1]))
		c.fieldInt("mq_msgsize", int64(q[2]))
		c.fieldInt("mq_curmsgs", int64(q[3]))
		c.str("}")
	}))
	types[LxMqMode] = typeInfo{name: "lx_mq_mode", fmt: func(c *ctx, a *Arg, v uint64) bool {
		if c.sibling(LxOflags)&0o100 != 0 {
			c.octal3(v)
		}
		return true
	}}
	types[LxMqOpenAttr] = typeInfo{name: "lx_mq_open_attr", fmt: func(c *ctx, a *Arg, v uint64) bool {
		if c.sibling(LxOflags)&0o100 != 0 {
			va := c.ptrval(v)
			c.at(va, func() bool { return types[LxMqAttr].fmt(c, a, va) })
		}
		return true
	}}
	lxSymbol(LxSocketcall, "socketcall", []sym{{1, "SYS_SOCKET"}, {2, "SYS_BIND"}, {3, "SYS_CONNECT"}, {4, "SYS_LISTEN"}, {5, "SYS_ACCEPT"},
		{6, "SYS_GETSOCKNAME"}, {7, "SYS_GETPEERNAME"}, {8, "SYS_SOCKETPAIR"}, {9, "SYS_SEND"}, {10, "SYS_RECV"}, {11, "SYS_SENDTO"},
		{12, "SYS_RECVFROM"}, {13, "SYS_SHUTDOWN"}, {14, "SYS_SETSOCKOPT"}, {15, "SYS_GETSOCKOPT"}, {16, "SYS_SENDMSG"},
		{17, "SYS_RECVMSG"}, {18, "SYS_ACCEPT4"}, {19, "SYS_RECVMMSG"}, {20, "SYS_SENDMMSG"}}, "SYS_???")
	lxSymbol(LxIpcCall, "ipc_call", lxIpcCallNames, "IPC_???")
}

func (c *ctx) lxPerm(name string, p *LinuxPerm, set bool) {
	c.field(name)
	c.str("{")
	c.fieldID("uid", p.UID)
	c.fieldID("gid", p.GID)
	c.field("mode")
	c.octal3(uint64(p.Mode))
	if !set {
		c.fieldInt("key", int64(p.Key))
		c.fieldID("cuid", p.Cuid)
		c.fieldID("cgid", p.Cgid)
	}
	c.str("}")
}
