package strace

import (
	"strconv"

	"nbemu/abi"
)

// ArgType is the type of an argument: how to show it. The names used in the
// master files are those of the table in init, below; the Go name of
// sigset_old is SigsetOld.
type ArgType uint8

const (
	Int ArgType = iota
	Uint
	Long
	Ulong
	Hex
	Ptr
	Size
	Ssize
	Off
	Quad
	Mode
	Uid
	Gid
	Pid
	Lwpid
	Id
	Dev
	Dev32

	Fd
	Atfd
	Oflags
	OpenMode
	Atflags
	AccessMode
	FcntlCmd
	FcntlArg
	Whence
	FlockOp
	FsyncFlags
	Fadvise
	PathconfName
	FileFlags
	MemfdFlags
	GrndFlags
	FdFlags
	Prot
	MapFlags
	Madvice
	Inherit
	MsyncFlags
	MlockallFlags
	Signo
	Sighow
	SigsetOld
	Clockid
	TimerFlags
	Itimer
	WaitOptions
	Idtype
	RlimitWhich
	RusageWho
	PrioWhich
	SchedPolicy
	AddrFamily
	SockType
	SockFlags
	SockProto
	SockLevel
	SockoptName
	ShutHow
	MsgFlags
	EpollOp
	EventfdFlags
	TimerfdFlags
	TimerfdTimeFlags
	MountFlags
	MntWait
	PtraceReq
	IpcCmd
	SemCmd
	ShmCmd
	IpcFlags
	ShmatFlags
	AttrNs
	XattrFlags
	RebootHow
	KtrOps
	KtrFacs
	LwpFlags
	FutexOp
	IoctlCmd
	IoctlData
	Rest

	Path
	Str
	Buf
	Argv
	Envp
	IntPtr
	UintPtr
	LongPtr
	SizePtr
	PtrPtr
	Fdpair
	Timespec
	Timespec2
	Timeval
	Timeval2
	Itimerval
	Itimerspec
	Timespec50
	Timeval50
	Timeval250
	Itimerval50
	Itimerspec50
	Sigset
	Sigaction
	Sigaction13
	Stack
	Siginfo
	Sigevent
	Stat
	Stat30
	Stat13
	Stat12
	Stat43
	Statvfs
	Statvfs90
	Statfs12
	Rusage
	Rusage50
	Wrusage
	Rlimit
	WaitStatus
	Iovec
	Sockaddr
	Msghdr
	Mmsghdr
	Sockopt
	SysctlName
	SysctlOld
	Dents
	Pollfds
	Fdset
	Kevents
	Kevents50
	EpollEvent
	EpollEvents
	Sembufs
	Gidset
	Lwpids
	SchedParam
	Flock

	// Linux's; see linux.go.
	LxOflags
	LxOpenMode
	LxAtflags
	LxUnlinkFlags
	LxAccessFlags
	LxMapFlags
	LxMadvice
	LxSigno
	LxSighow
	LxSigset
	LxCloneFlags
	LxFcntlCmd
	LxIoctl
	LxClockid
	LxFutexOp
	LxRlimit
	LxEpollOp
	LxAddrFamily
	LxSockType
	LxSockFlags
	LxMsgFlags
	LxPrctl
	LxArchPrctl
	LxWaitStatus
	LxStat

	numTypes
)

// typeInfo says how a type is shown. fmt appends the value; for a pointer it
// is only called when there is something to read, and reports whether the
// memory could be read (the address is shown if not). aux, where present,
// adds to the text after the result.
type typeInfo struct {
	name    string
	ptr     bool
	size64  bool // 64 bits on every machine
	onEINTR bool // filled in even when the call fails with EINTR
	fmt     func(c *ctx, a *Arg, v uint64) bool
	aux     func(c *ctx, a *Arg, v uint64)
}

var types [numTypes]typeInfo

// String returns the name a master file uses.
func (t ArgType) String() string {
	if t < numTypes {
		return types[t].name
	}
	return "type(" + strconv.Itoa(int(t)) + ")"
}

// Is64 reports whether a value of the type takes 64 bits on every machine.
func (t ArgType) Is64() bool { return t < numTypes && types[t].size64 }

// IsPtr reports whether the type is a pointer to something that is shown.
func (t ArgType) IsPtr() bool { return t < numTypes && types[t].ptr }

// TypeByName finds a type by the name a master file uses.
func TypeByName(name string) (ArgType, bool) {
	for t := range numTypes {
		if types[t].name == name {
			return t, true
		}
	}
	return 0, false
}

func init() {
	scalar := func(t ArgType, name string, f func(c *ctx, v uint64)) {
		types[t] = typeInfo{name: name, fmt: func(c *ctx, a *Arg, v uint64) bool { f(c, v); return true }}
	}
	symbol := func(t ArgType, name string, tab []sym, unknown string) {
		scalar(t, name, func(c *ctx, v uint64) { c.symbol(uint64(uint32(v)), tab, unknown) })
	}
	flags := func(t ArgType, name string, tab []sym, unknown string) {
		scalar(t, name, func(c *ctx, v uint64) { c.flags(uint64(uint32(v)), tab, unknown) })
	}
	ptr := func(t ArgType, name string, f func(c *ctx, a *Arg, va uint64) bool) {
		types[t] = typeInfo{name: name, ptr: true, fmt: f}
	}

	signed := func(c *ctx, v uint64) { c.int(int64(int32(v))) }
	unsigned := func(c *ctx, v uint64) { c.uint(uint64(uint32(v))) }
	native := func(c *ctx, v uint64) {
		if c.m.PtrSize == 4 {
			v = uint64(int64(int32(v)))
		}
		c.int(int64(v))
	}
	id := func(c *ctx, v uint64) {
		if uint32(v) == 1<<32-1 {
			c.str("-1")
			return
		}
		c.uint(uint64(uint32(v)))
	}
	scalar(Int, "int", signed)
	scalar(Uint, "uint", unsigned)
	scalar(Long, "long", native)
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
	scalar(Ssize, "ssize", native)
	scalar(Off, "off", func(c *ctx, v uint64) { c.int(int64(v)) })
	scalar(Quad, "quad", func(c *ctx, v uint64) { c.int(int64(v)) })
	scalar(Mode, "mode", (*ctx).octal)
	scalar(Uid, "uid", id)
	scalar(Gid, "gid", id)
	scalar(Pid, "pid", signed)
	scalar(Lwpid, "lwpid", signed)
	scalar(Id, "id", signed)
	scalar(Dev, "dev", (*ctx).dev)
	scalar(Dev32, "dev32", func(c *ctx, v uint64) { c.dev(uint64(uint32(v))) })
	for _, t := range []ArgType{Off, Quad, Dev} {
		types[t].size64 = true
	}

	scalar(Fd, "fd", (*ctx).fd)
	scalar(Atfd, "atfd", func(c *ctx, v uint64) {
		if int32(v) == abi.AT_FDCWD {
			c.str("AT_FDCWD")
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
	flags(Atflags, "atflags", atflagNames, "AT_???")
	flags(AccessMode, "access_mode", accessNames, "?_OK")
	symbol(FcntlCmd, "fcntl_cmd", fcntlNames, "F_???")
	types[FcntlArg] = typeInfo{name: "fcntl_arg", fmt: fmtFcntlArg, aux: auxFcntl}
	symbol(Whence, "whence", whenceNames, "SEEK_???")
	flags(FlockOp, "flock_op", flockNames, "LOCK_???")
	flags(FsyncFlags, "fsync_flags", fsyncNames, "F???SYNC")
	symbol(Fadvise, "fadvise", fadviseNames, "POSIX_FADV_???")
	symbol(PathconfName, "pathconf_name", pathconfNames, "_PC_???")
	flags(FileFlags, "file_flags", chflagsNames, "?F_???")
	flags(MemfdFlags, "memfd_flags", memfdNames, "MFD_???")
	flags(GrndFlags, "grnd_flags", grndNames, "GRND_???")
	flags(FdFlags, "fd_flags", oflagNames, "O_???")
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
	flags(MsyncFlags, "msync_flags", msyncNames, "MS_???")
	flags(MlockallFlags, "mlockall_flags", mlockallNames, "MCL_???")
	scalar(Signo, "signo", func(c *ctx, v uint64) { c.str(abi.Signal(int32(v)).Name()) })
	symbol(Sighow, "sighow", sighowNames, "SIG_???")
	scalar(SigsetOld, "sigset_old", func(c *ctx, v uint64) { c.sigset(abi.Sigset{uint32(v)}) })
	symbol(Clockid, "clockid", clockNames, "CLOCK_???")
	flags(TimerFlags, "timer_flags", timerNames, "TIMER_???")
	symbol(Itimer, "itimer", itimerNames, "ITIMER_???")
	flags(WaitOptions, "wait_options", waitNames, "W???")
	symbol(Idtype, "idtype", idtypeNames, "P_???")
	symbol(RlimitWhich, "rlimit_which", rlimitNames, "RLIMIT_???")
	symbol(RusageWho, "rusage_who", rusageNames, "RUSAGE_???")
	symbol(PrioWhich, "prio_which", prioNames, "PRIO_???")
	symbol(SchedPolicy, "sched_policy", schedNames, "SCHED_???")
	symbol(AddrFamily, "addr_family", afNames, "AF_???")
	scalar(SockType, "sock_type", func(c *ctx, v uint64) {
		c.symbol(v&^abi.SOCK_FLAGS_MASK&0xffffffff, sockTypeNames, "SOCK_???")
		if f := v & abi.SOCK_FLAGS_MASK; f != 0 {
			c.str("|")
			c.flags(f, sockFlagNames, "")
		}
	})
	flags(SockFlags, "sock_flags", sockFlagNames, "SOCK_???")
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
	flags(MsgFlags, "msg_flags", msgNames, "MSG_???")
	symbol(EpollOp, "epoll_op", epollctlNames, "EPOLL_CTL_???")
	flags(EventfdFlags, "eventfd_flags", efdNames, "EFD_???")
	flags(TimerfdFlags, "timerfd_flags", tfdNames, "TFD_???")
	flags(TimerfdTimeFlags, "timerfd_time_flags", tfdtimeNames, "TFD_TIMER_???")
	flags(MountFlags, "mount_flags", mntNames, "MNT_???")
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
	flags(ShmatFlags, "shmat_flags", shmatNames, "SHM_???")
	symbol(AttrNs, "attr_ns", extattrNames, "EXTATTR_NAMESPACE_???")
	flags(XattrFlags, "xattr_flags", xattrNames, "XATTR_???")
	flags(RebootHow, "reboot_how", rbNames, "RB_???")
	symbol(KtrOps, "ktr_ops", ktropNames, "KTROP_???")
	flags(KtrFacs, "ktr_facs", ktrfacNames, "KTRFAC_???")
	flags(LwpFlags, "lwp_flags", lwpNames, "LWP_???")
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

	ptr(Path, "path", fmtPath)
	ptr(Str, "str", fmtStr)
	ptr(Buf, "buf", fmtBuf)
	ptr(Argv, "argv", fmtArgv)
	ptr(Envp, "envp", fmtEnvp)
	ptr(IntPtr, "int*", structOf(func(c *ctx, v int32) { c.str("["); c.int(int64(v)); c.str("]") }))
	ptr(UintPtr, "uint*", structOf(func(c *ctx, v uint32) { c.str("["); c.uint(uint64(v)); c.str("]") }))
	ptr(LongPtr, "long*", structOf(func(c *ctx, v abi.Long) { c.str("["); c.int(int64(v)); c.str("]") }))
	ptr(SizePtr, "size*", structOf(func(c *ctx, v abi.Size) { c.str("["); c.uint(uint64(v)); c.str("]") }))
	ptr(PtrPtr, "ptr*", structOf(func(c *ctx, v abi.Ptr) { c.str("["); c.hex(uint64(v)); c.str("]") }))
	ptr(Fdpair, "fdpair", structOf(func(c *ctx, v [2]int32) {
		c.str("[")
		c.int(int64(v[0]))
		c.str(", ")
		c.int(int64(v[1]))
		c.str("]")
	}))
	ptr(Timespec, "timespec", structOf((*ctx).timespec))
	ptr(Timespec2, "timespec2", structOf(pair((*ctx).timespec)))
	ptr(Timeval, "timeval", structOf((*ctx).timeval))
	ptr(Timeval2, "timeval2", structOf(pair((*ctx).timeval)))
	ptr(Itimerval, "itimerval", structOf((*ctx).itimerval))
	ptr(Itimerspec, "itimerspec", structOf((*ctx).itimerspec))
	ptr(Timespec50, "timespec50", structOf(func(c *ctx, t abi.Timespec50) { c.timespec(newTimespec(t)) }))
	ptr(Timeval50, "timeval50", structOf(func(c *ctx, t abi.Timeval50) { c.timeval(newTimeval(t)) }))
	ptr(Timeval250, "timeval2_50", structOf(pair(func(c *ctx, t abi.Timeval50) { c.timeval(newTimeval(t)) })))
	ptr(Itimerval50, "itimerval50", structOf(func(c *ctx, t abi.Itimerval50) {
		c.itimerval(abi.Itimerval{Interval: newTimeval(t.Interval), Value: newTimeval(t.Value)})
	}))
	ptr(Itimerspec50, "itimerspec50", structOf(func(c *ctx, t abi.Itimerspec50) {
		c.itimerspec(abi.Itimerspec{Interval: newTimespec(t.Interval), Value: newTimespec(t.Value)})
	}))
	types[Timespec].onEINTR, types[Timespec50].onEINTR = true, true
	ptr(Sigset, "sigset", structOf((*ctx).sigset))
	ptr(Sigaction, "sigaction", structOf(func(c *ctx, s abi.Sigaction) { c.sigaction(s.Handler, s.Mask, s.Flags) }))
	ptr(Sigaction13, "sigaction13", structOf(func(c *ctx, s abi.Sigaction13) {
		c.sigaction(s.Handler, abi.Sigset{s.Mask}, s.Flags)
	}))
	ptr(Stack, "stack", structOf(func(c *ctx, s abi.StackT) {
		c.str("{ss_sp=")
		c.hex(uint64(s.Sp))
		c.str(", ss_size=")
		c.uint(uint64(s.Size))
		c.str(", ss_flags=")
		c.flags(uint64(uint32(s.Flags)), ssNames, "SS_???")
		c.str("}")
	}))
	ptr(Siginfo, "siginfo", fmtSiginfo)
	ptr(Sigevent, "sigevent", structOf(func(c *ctx, s abi.Sigevent) {
		c.str("{sigev_notify=")
		c.symbol(uint64(uint32(s.Notify)), sigevNames, "SIGEV_???")
		c.str(", sigev_signo=")
		c.str(abi.Signal(s.Signo).Name())
		c.str(", sigev_value=")
		c.hex(uint64(s.Value))
		c.str("}")
	}))
	ptr(Stat, "stat", structOf(func(c *ctx, s abi.Stat) { c.stat(s.Mode, s.Rdev, s.Size) }))
	ptr(Stat30, "stat30", structOf(func(c *ctx, s abi.Stat30) { c.stat(s.Mode, uint64(s.Rdev), s.Size) }))
	ptr(Stat13, "stat13", structOf(func(c *ctx, s abi.Stat13) { c.stat(s.Mode, uint64(s.Rdev), s.Size) }))
	ptr(Stat12, "stat12", structOf(func(c *ctx, s abi.Stat12) { c.stat(uint32(s.Mode), uint64(s.Rdev), s.Size) }))
	ptr(Stat43, "stat43", structOf(func(c *ctx, s abi.Stat43) { c.stat(uint32(s.Mode), uint64(s.Rdev), int64(s.Size)) }))
	ptr(Statvfs, "statvfs", structOf(func(c *ctx, s abi.Statvfs) { c.statvfs(&s) }))
	ptr(Statvfs90, "statvfs90", structOf(func(c *ctx, s abi.Statvfs90) {
		c.statvfs(&abi.Statvfs{Fstypename: s.Fstypename, Mntonname: s.Mntonname, Frsize: s.Frsize,
			Blocks: s.Blocks, Bfree: s.Bfree, Flag: s.Flag})
	}))
	ptr(Statfs12, "statfs12", structOf(func(c *ctx, s abi.Statfs12) {
		var v abi.Statvfs
		copy(v.Fstypename[:], s.Fstypename[:])
		copy(v.Mntonname[:], s.Mntonname[:])
		v.Frsize, v.Blocks, v.Bfree = abi.ULong(s.Bsize), uint64(s.Blocks), uint64(s.Bfree)
		v.Flag = abi.ULong(s.Flags)
		c.statvfs(&v)
	}))
	ptr(Rusage, "rusage", structOf((*ctx).rusage))
	ptr(Rusage50, "rusage50", structOf(func(c *ctx, r abi.Rusage50) {
		c.rusage(abi.Rusage{Utime: newTimeval(r.Utime), Stime: newTimeval(r.Stime)})
	}))
	ptr(Wrusage, "wrusage", structOf(func(c *ctx, r abi.Wrusage) {
		c.str("{wru_self=")
		c.rusage(r.Self)
		c.str(", wru_children=")
		c.rusage(r.Children)
		c.str("}")
	}))
	ptr(Rlimit, "rlimit", structOf(func(c *ctx, r abi.Rlimit) {
		c.str("{rlim_cur=")
		c.rlim(r.Cur)
		c.str(", rlim_max=")
		c.rlim(r.Max)
		c.str("}")
	}))
	ptr(WaitStatus, "wait_status", fmtWaitStatus)
	ptr(Iovec, "iovec", func(c *ctx, a *Arg, va uint64) bool {
		n, _ := c.length(a)
		return c.iovec(va, n, a.Dir == Out)
	})
	ptr(Sockaddr, "sockaddr", func(c *ctx, a *Arg, va uint64) bool {
		n, known := c.length(a)
		if !known {
			n = 0
		}
		return c.sockaddr(va, n)
	})
	ptr(Msghdr, "msghdr", func(c *ctx, a *Arg, va uint64) bool { return c.msghdr(va, a.Dir == Out, c.ret) })
	ptr(Mmsghdr, "mmsghdr", func(c *ctx, a *Arg, va uint64) bool {
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
	ptr(Sockopt, "sockopt", fmtSockopt)
	ptr(SysctlName, "sysctl_name", fmtSysctlName)
	ptr(SysctlOld, "sysctl_old", fmtSysctlOld)
	ptr(Dents, "dents", fmtDents)
	ptr(Pollfds, "pollfds", fmtPollfds)
	types[Pollfds].aux = auxPollfds
	ptr(Fdset, "fdset", fmtFdSet)
	types[Fdset].aux = auxFdSet
	ptr(Kevents, "kevents", func(c *ctx, a *Arg, va uint64) bool {
		return c.array(va, c.count(a), c.m.Sizeof(abi.Kevent{}), func(va uint64) bool {
			k, ok := load[abi.Kevent](c, va)
			if ok {
				c.kevent(k)
			}
			return ok
		})
	})
	ptr(Kevents50, "kevents50", func(c *ctx, a *Arg, va uint64) bool {
		return c.array(va, c.count(a), c.m.Sizeof(abi.Kevent50{}), func(va uint64) bool {
			k, ok := load[abi.Kevent50](c, va)
			if ok {
				c.kevent(abi.Kevent{Ident: k.Ident, Filter: k.Filter, Flags: k.Flags, Fflags: k.Fflags,
					Data: k.Data, Udata: k.Udata})
			}
			return ok
		})
	})
	ptr(EpollEvent, "epoll_event", structOf((*ctx).epollEvent))
	ptr(EpollEvents, "epoll_events", arrayOf((*ctx).epollEvent))
	ptr(Sembufs, "sembufs", arrayOf(func(c *ctx, s abi.Sembuf) {
		c.str("{sem_num=")
		c.uint(uint64(s.Num))
		c.str(", sem_op=")
		c.int(int64(s.Op))
		c.str(", sem_flg=")
		c.octal(uint64(uint16(s.Flg)))
		c.str("}")
	}))
	ptr(Gidset, "gidset", arrayOf(func(c *ctx, g uint32) { c.uint(uint64(g)) }))
	ptr(Lwpids, "lwpids", arrayOf(func(c *ctx, l int32) { c.int(int64(l)) }))
	ptr(SchedParam, "sched_param", structOf(func(c *ctx, s abi.SchedParam) {
		c.str("{sched_priority=")
		c.int(int64(s.Priority))
		c.str("}")
	}))
	ptr(Flock, "flock", structOf((*ctx).flock))
}

// structOf makes a formatter from one that shows a value of type T.
func structOf[T any](f func(c *ctx, v T)) func(c *ctx, a *Arg, va uint64) bool {
	return func(c *ctx, a *Arg, va uint64) bool {
		v, ok := load[T](c, va)
		if ok {
			f(c, v)
		}
		return ok
	}
}

// arrayOf makes a formatter for as many values of T as there are.
func arrayOf[T any](f func(c *ctx, v T)) func(c *ctx, a *Arg, va uint64) bool {
	return func(c *ctx, a *Arg, va uint64) bool {
		var zero T
		return c.array(va, c.count(a), c.m.Sizeof(&zero), func(va uint64) bool {
			v, ok := load[T](c, va)
			if ok {
				f(c, v)
			}
			return ok
		})
	}
}

func pair[T any](f func(c *ctx, v T)) func(c *ctx, v [2]T) {
	return func(c *ctx, v [2]T) {
		c.str("[")
		f(c, v[0])
		c.str(", ")
		f(c, v[1])
		c.str("]")
	}
}

// count returns the number of elements of an array: what the length argument
// says, and of one the kernel fills in no more than the result.
func (c *ctx) count(a *Arg) uint64 {
	n, known := c.length(a)
	if a.Dir == Out && c.left && (!known || c.ret < int64(n)) {
		n = uint64(max(c.ret, 0))
	}
	return n
}

// sibling returns the value of the first argument of type t.
func (c *ctx) sibling(t ArgType) uint64 {
	for i := range c.sig.Args {
		if c.sig.Args[i].Type == t {
			return uint64(uint32(c.arg(i)))
		}
	}
	return 0
}

func (c *ctx) oflags(v uint64) {
	c.str([...]string{"O_RDONLY", "O_WRONLY", "O_RDWR", "O_ACCMODE"}[v&abi.O_ACCMODE])
	if f := uint64(uint32(v)) &^ abi.O_ACCMODE; f != 0 {
		c.str("|")
		c.flags(f, oflagNames, "")
	}
}

func (c *ctx) dev(v uint64) {
	c.str("makedev(")
	c.uint(uint64(abi.Major(v)))
	c.str(", ")
	c.uint(uint64(abi.Minor(v)))
	c.str(")")
}

func fmtPath(c *ctx, a *Arg, va uint64) bool {
	s, more, ok := c.cstring(va, abi.PATH_MAX)
	if ok {
		c.quote(s, more)
	}
	return ok
}

func fmtStr(c *ctx, a *Arg, va uint64) bool {
	s, more, ok := c.cstring(va, c.maxStr())
	if ok {
		c.quote(s, more)
	}
	return ok
}

func fmtBuf(c *ctx, a *Arg, va uint64) bool {
	n, known := c.length(a)
	if a.Dir != In && !a.LenPtr && (!known || c.ret < int64(n)) {
		n = uint64(max(c.ret, 0))
	}
	return c.buffer(va, n)
}

func fmtArgv(c *ctx, a *Arg, va uint64) bool {
	return c.strings(va)
}

// strings shows a NULL-terminated array of strings.
func (c *ctx) strings(va uint64) bool {
	c.str("[")
	for i := 0; ; i++ {
		p, ok := load[abi.Ptr](c, va)
		if !ok && i == 0 {
			return false
		}
		if !ok || p == 0 {
			break
		}
		if i > 0 {
			c.str(", ")
		}
		if i >= c.maxArr() {
			c.str("...")
			break
		}
		if !fmtStr(c, nil, uint64(p)) {
			c.hex(uint64(p))
		}
		va += uint64(c.m.PtrSize)
	}
	c.str("]")
	return true
}

func fmtEnvp(c *ctx, a *Arg, va uint64) bool {
	if c.p.Env {
		return c.strings(va)
	}
	n := 0
	for p := va; n < 1<<16; n++ {
		s, ok := load[abi.Ptr](c, p)
		if !ok {
			return false
		}
		if s == 0 {
			break
		}
		p += uint64(c.m.PtrSize)
	}
	c.hex(va)
	c.str(" /* ")
	c.int(int64(n))
	if n == 1 {
		c.str(" var */")
	} else {
		c.str(" vars */")
	}
	return true
}

// Time.
