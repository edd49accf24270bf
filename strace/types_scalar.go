package strace

import "nbemu/abi"

// Types of arguments that are values.

func showSigned(c *ctx, v uint64)   { c.int(int64(int32(v))) }
func showUnsigned(c *ctx, v uint64) { c.uint(uint64(uint32(v))) }

// showNative shows a long of the program's.
func showNative(c *ctx, v uint64) {
	if c.m.PtrSize == 4 {
		v = uint64(int64(int32(v)))
	}
	c.int(int64(v))
}

func showID(c *ctx, v uint64) {
	if uint32(v) == 1<<32-1 {
		c.str("-1")
		return
	}
	c.uint(uint64(uint32(v)))
}

// numberTypes are numbers, sizes, ids.
func numberTypes() {
	scalar(Int, "int", showSigned)
	scalar(Uint, "uint", showUnsigned)
	scalar(Long, "long", showNative)
	scalar(Ulong, "ulong", func(c *ctx, v uint64) { c.uint(c.ptrval(v)) })
	scalar(Hex, "hex", func(c *ctx, v uint64) { c.hex(c.ptrval(v)) })
	scalar(Ptr, "ptr", func(c *ctx, v uint64) {
		if v = c.ptrval(v); v == 0 {
			c.str("NULL")
		} else {
			c.hex(v)
		}
	})
	scalar(Size, "size", func(c *ctx, v uint64) { c.uint(c.ptrval(v)) })
	scalar(Ssize, "ssize", showNative)
	scalar(Off, "off", func(c *ctx, v uint64) { c.int(int64(v)) })
	scalar(Quad, "quad", func(c *ctx, v uint64) { c.int(int64(v)) })
	scalar(Mode, "mode", (*ctx).octal)
	scalar(Uid, "uid", showID)
	scalar(Gid, "gid", showID)
	scalar(Pid, "pid", (*ctx).pid)
	scalar(Lwpid, "lwpid", showSigned)
	scalar(Id, "id", showSigned)
	scalar(Dev, "dev", (*ctx).dev)
	scalar(Dev32, "dev32", func(c *ctx, v uint64) { c.dev(uint64(uint32(v))) })
	for _, t := range []ArgType{Off, Quad, Dev} {
		types[t].size64 = true
	}
}

// fileTypes are descriptors, flags of files.
func fileTypes() {
	scalar(Fd, "fd", (*ctx).fd)
	scalar(Atfd, "atfd", func(c *ctx, v uint64) {
		if int32(v) == abi.AT_FDCWD {
			c.str("AT_FDCWD")
			c.fdName(abi.AT_FDCWD)
			return
		}
		c.fd(v)
	})
	scalar(Oflags, "oflags", (*ctx).oflags)
	types[OpenMode] = typeInfo{name: "open_mode", fmt: func(c *ctx, a *Arg, v uint64) bool {
		if c.sibling(Oflags)&abi.O_CREAT != 0 {
			c.octal(v)
		}
		return true
	}}
	flagSet(Atflags, "atflags", atflagNames, "AT_???")
	flagSet(AccessMode, "access_mode", accessNames, "?_OK")
	symbol(FcntlCmd, "fcntl_cmd", fcntlNames, "F_???")
	types[FcntlArg] = typeInfo{name: "fcntl_arg", fmt: fmtFcntlArg, aux: auxFcntl}
	symbol(Whence, "whence", whenceNames, "SEEK_???")
	flagSet(FlockOp, "flock_op", flockNames, "LOCK_???")
	flagSet(FsyncFlags, "fsync_flags", fsyncNames, "F???SYNC")
	symbol(Fadvise, "fadvise", fadviseNames, "POSIX_FADV_???")
	symbol(PathconfName, "pathconf_name", pathconfNames, "_PC_???")
	flagSet(FileFlags, "file_flags", chflagsNames, "?F_???")
	flagSet(MemfdFlags, "memfd_flags", memfdNames, "MFD_???")
	flagSet(GrndFlags, "grnd_flags", grndNames, "GRND_???")
	flagSet(FdFlags, "fd_flags", oflagNames, "O_???")
}

// memoryTypes are flags of mappings.
func memoryTypes() {
	scalar(Prot, "prot", func(c *ctx, v uint64) {
		c.flags(uint64(uint32(v))&^(7<<3), protNames, "PROT_???")
		if more := v >> 3 & 7; more != 0 {
			c.str("|PROT_MPROTECT(")
			c.flags(more, protNames, "")
			c.str(")")
		}
	})
	scalar(MapFlags, "map_flags", func(c *ctx, v uint64) {
		c.flags(uint64(uint32(v))&^abi.MAP_ALIGNMENT_MASK, mapNames, "MAP_???")
		if n := uint32(v) >> abi.MAP_ALIGNMENT_SHIFT; n != 0 {
			c.str("|MAP_ALIGNED(")
			c.uint(uint64(n))
			c.str(")")
		}
	})
	symbol(Madvice, "madvice", madviseNames, "MADV_???")
	symbol(Inherit, "inherit", minheritNames, "MAP_INHERIT_???")
	flagSet(MsyncFlags, "msync_flags", msyncNames, "MS_???")
	flagSet(MlockallFlags, "mlockall_flags", mlockallNames, "MCL_???")
}

// processTypes are signals, clocks, limits, scheduling.
func processTypes() {
	scalar(Signo, "signo", func(c *ctx, v uint64) { c.signal(int32(v), abi.Signal(int32(v)).Name()) })
	symbol(Sighow, "sighow", sighowNames, "SIG_???")
	scalar(SigsetOld, "sigset_old", func(c *ctx, v uint64) { c.sigset(abi.Sigset{uint32(v)}) })
	symbol(Clockid, "clockid", clockNames, "CLOCK_???")
	flagSet(TimerFlags, "timer_flags", timerNames, "TIMER_???")
	symbol(Itimer, "itimer", itimerNames, "ITIMER_???")
	flagSet(WaitOptions, "wait_options", waitNames, "W???")
	symbol(Idtype, "idtype", idtypeNames, "P_???")
	symbol(RlimitWhich, "rlimit_which", rlimitNames, "RLIMIT_???")
	symbol(RusageWho, "rusage_who", rusageNames, "RUSAGE_???")
	symbol(PrioWhich, "prio_which", prioNames, "PRIO_???")
	symbol(SchedPolicy, "sched_policy", schedNames, "SCHED_???")
}

// socketTypes are what socket calls take by value.
func socketTypes() {
	symbol(AddrFamily, "addr_family", afNames, "AF_???")
	scalar(SockType, "sock_type", func(c *ctx, v uint64) {
		c.symbol(v&^abi.SOCK_FLAGS_MASK&0xffffffff, sockTypeNames, "SOCK_???")
		if f := v & abi.SOCK_FLAGS_MASK; f != 0 {
			c.str("|")
			c.flags(f, sockFlagNames, "")
		}
	})
	types[SockType].parts = true
	flagSet(SockFlags, "sock_flags", sockFlagNames, "SOCK_???")
	scalar(SockProto, "sock_proto", func(c *ctx, v uint64) {
		if af := c.sibling(AddrFamily); af == abi.AF_INET || af == abi.AF_INET6 {
			c.symbol(uint64(uint32(v)), ipprotoNames, "IPPROTO_???")
			return
		}
		c.int(int64(int32(v)))
	})
	scalar(SockLevel, "sock_level", func(c *ctx, v uint64) {
		if uint32(v) == abi.SOL_SOCKET {
			c.str("SOL_SOCKET")
			return
		}
		c.symbol(uint64(uint32(v)), ipprotoNames, "SOL_???")
	})
	scalar(SockoptName, "sockopt_name", func(c *ctx, v uint64) {
		v = uint64(uint32(v))
		switch c.sibling(SockLevel) {
		case abi.SOL_SOCKET:
			c.symbol(v, sockoptNames, "SO_???")
		case abi.IPPROTO_IP:
			c.symbol(v, ipoptNames, "IP_???")
		case abi.IPPROTO_IPV6:
			c.symbol(v, ipv6optNames, "IPV6_???")
		case abi.IPPROTO_TCP:
			c.symbol(v, tcpoptNames, "TCP_???")
		default:
			c.uint(v)
		}
	})
	symbol(ShutHow, "shut_how", shutNames, "SHUT_???")
	flagSet(MsgFlags, "msg_flags", msgNames, "MSG_???")
}

// kernelTypes are commands and flags of other calls.
func kernelTypes() {
	symbol(EpollOp, "epoll_op", epollctlNames, "EPOLL_CTL_???")
	flagSet(EventfdFlags, "eventfd_flags", efdNames, "EFD_???")
	flagSet(TimerfdFlags, "timerfd_flags", tfdNames, "TFD_???")
	flagSet(TimerfdTimeFlags, "timerfd_time_flags", tfdtimeNames, "TFD_TIMER_???")
	flagSet(MountFlags, "mount_flags", mntNames, "MNT_???")
	symbol(MntWait, "mnt_wait", mntwaitNames, "MNT_???")
	scalar(PtraceReq, "ptrace_req", func(c *ctx, v uint64) {
		if v = uint64(uint32(v)); v >= abi.PT_FIRSTMACH && v < abi.PT_FIRSTMACH+32 {
			// Each machine has its own.
			c.str("PT_FIRSTMACH+")
			c.uint(v - abi.PT_FIRSTMACH)
			return
		}
		c.symbol(v, ptraceNames, "PT_???")
	})
	symbol(IpcCmd, "ipc_cmd", ipcNames, "IPC_???")
	symbol(SemCmd, "sem_cmd", semctlNames, "???")
	symbol(ShmCmd, "shm_cmd", shmctlNames, "SHM_???")
	scalar(IpcFlags, "ipc_flags", func(c *ctx, v uint64) {
		if f := uint64(uint32(v)) &^ 0777; f != 0 {
			c.flags(f, ipcgetNames, "IPC_???")
			c.str("|")
		}
		c.octal(v & 0777)
	})
	types[IpcFlags].parts = true
	flagSet(ShmatFlags, "shmat_flags", shmatNames, "SHM_???")
	symbol(AttrNs, "attr_ns", extattrNames, "EXTATTR_NAMESPACE_???")
	flagSet(XattrFlags, "xattr_flags", xattrNames, "XATTR_???")
	flagSet(RebootHow, "reboot_how", rbNames, "RB_???")
	symbol(KtrOps, "ktr_ops", ktropNames, "KTROP_???")
	flagSet(KtrFacs, "ktr_facs", ktrfacNames, "KTRFAC_???")
	flagSet(LwpFlags, "lwp_flags", lwpNames, "LWP_???")
	scalar(FutexOp, "futex_op", func(c *ctx, v uint64) {
		c.symbol(uint64(uint32(v))&0x7f, futexNames, "FUTEX_???")
		if v&abi.FUTEX_PRIVATE_FLAG != 0 {
			c.str("|FUTEX_PRIVATE_FLAG")
		}
		if v&abi.FUTEX_CLOCK_REALTIME != 0 {
			c.str("|FUTEX_CLOCK_REALTIME")
		}
	})
	scalar(IoctlCmd, "ioctl_cmd", (*ctx).ioctlCmd)
	types[IoctlData] = typeInfo{name: "ioctl_data", fmt: fmtIoctlData}
	types[Rest] = typeInfo{name: "rest", fmt: func(c *ctx, a *Arg, v uint64) bool { c.str("..."); return true }}
}
