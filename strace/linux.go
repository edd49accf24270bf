package strace

import (
	"math/bits"
	"slices"
	"strconv"

	"nbemu/abi"
)

// Types of Linux programs' arguments, where their numbers are not NetBSD's.

var lxOflagNames = []sym{
	{0o1, "O_WRONLY"}, {0o2, "O_RDWR"}, {0o100, "O_CREAT"}, {0o200, "O_EXCL"}, {0o400, "O_NOCTTY"},
	{0o1000, "O_TRUNC"}, {0o2000, "O_APPEND"}, {0o4000, "O_NONBLOCK"}, {0o4010000, "O_SYNC"}, {0o10000, "O_DSYNC"},
	{0o20000, "O_ASYNC"}, {0o40000, "O_DIRECT"}, {0o100000, "O_LARGEFILE"}, {0o20200000, "O_TMPFILE"},
	{0o200000, "O_DIRECTORY"}, {0o400000, "O_NOFOLLOW"}, {0o1000000, "O_NOATIME"}, {0o2000000, "O_CLOEXEC"},
	{0o10000000, "O_PATH"},
}

var lxAtNames = []sym{
	{0x100, "AT_SYMLINK_NOFOLLOW"}, {0x400, "AT_SYMLINK_FOLLOW"}, {0x800, "AT_NO_AUTOMOUNT"}, {0x1000, "AT_EMPTY_PATH"},
	{0x2000, "AT_STATX_FORCE_SYNC"}, {0x4000, "AT_STATX_DONT_SYNC"},
}

var lxMapNames = []sym{
	{3, "MAP_SHARED_VALIDATE"}, {1, "MAP_SHARED"}, {2, "MAP_PRIVATE"}, {0x10, "MAP_FIXED"}, {0x20, "MAP_ANONYMOUS"},
	{0x100, "MAP_GROWSDOWN"}, {0x800, "MAP_DENYWRITE"}, {0x1000, "MAP_EXECUTABLE"}, {0x2000, "MAP_LOCKED"},
	{0x4000, "MAP_NORESERVE"}, {0x8000, "MAP_POPULATE"}, {0x10000, "MAP_NONBLOCK"}, {0x20000, "MAP_STACK"},
	{0x40000, "MAP_HUGETLB"}, {0x80000, "MAP_SYNC"}, {0x100000, "MAP_FIXED_NOREPLACE"},
}

var lxMadviseNames = []sym{
	{0, "MADV_NORMAL"}, {1, "MADV_RANDOM"}, {2, "MADV_SEQUENTIAL"}, {3, "MADV_WILLNEED"}, {4, "MADV_DONTNEED"},
	{8, "MADV_FREE"}, {9, "MADV_REMOVE"}, {10, "MADV_DONTFORK"}, {11, "MADV_DOFORK"}, {12, "MADV_MERGEABLE"},
	{13, "MADV_UNMERGEABLE"}, {14, "MADV_HUGEPAGE"}, {15, "MADV_NOHUGEPAGE"}, {16, "MADV_DONTDUMP"},
	{17, "MADV_DODUMP"}, {18, "MADV_WIPEONFORK"}, {19, "MADV_KEEPONFORK"}, {20, "MADV_COLD"}, {21, "MADV_PAGEOUT"},
	{22, "MADV_POPULATE_READ"}, {23, "MADV_POPULATE_WRITE"}, {25, "MADV_COLLAPSE"},
}

var lxSignals = [...]string{1: "HUP", 2: "INT", 3: "QUIT", 4: "ILL", 5: "TRAP", 6: "ABRT", 7: "BUS", 8: "FPE", 9: "KILL",
	10: "USR1", 11: "SEGV", 12: "USR2", 13: "PIPE", 14: "ALRM", 15: "TERM", 16: "STKFLT", 17: "CHLD", 18: "CONT",
	19: "STOP", 20: "TSTP", 21: "TTIN", 22: "TTOU", 23: "URG", 24: "XCPU", 25: "XFSZ", 26: "VTALRM", 27: "PROF",
	28: "WINCH", 29: "IO", 30: "PWR", 31: "SYS"}

// lxSignalName names a signal without SIG; the numbers from 32 on as the kernel counts them.
func lxSignalName(n int) string {
	switch {
	case n >= 32 && n <= 64:
		return "RT_" + strconv.Itoa(n-32)
	case n > 0 && n < len(lxSignals):
		return lxSignals[n]
	}
	return strconv.Itoa(n)
}

func (c *ctx) lxSignal(n int) {
	if n > 0 && n <= 64 {
		c.str("SIG")
	}
	c.str(lxSignalName(n))
}

var lxSighowNames = []sym{{0, "SIG_BLOCK"}, {1, "SIG_UNBLOCK"}, {2, "SIG_SETMASK"}}

var lxCloneNames = []sym{
	{0x100, "CLONE_VM"}, {0x200, "CLONE_FS"}, {0x400, "CLONE_FILES"}, {0x800, "CLONE_SIGHAND"}, {0x1000, "CLONE_PIDFD"},
	{0x2000, "CLONE_PTRACE"}, {0x4000, "CLONE_VFORK"}, {0x8000, "CLONE_PARENT"}, {0x10000, "CLONE_THREAD"},
	{0x20000, "CLONE_NEWNS"}, {0x40000, "CLONE_SYSVSEM"}, {0x80000, "CLONE_SETTLS"}, {0x100000, "CLONE_PARENT_SETTID"},
	{0x200000, "CLONE_CHILD_CLEARTID"}, {0x400000, "CLONE_DETACHED"}, {0x800000, "CLONE_UNTRACED"},
	{0x1000000, "CLONE_CHILD_SETTID"}, {0x2000000, "CLONE_NEWCGROUP"}, {0x4000000, "CLONE_NEWUTS"},
	{0x8000000, "CLONE_NEWIPC"}, {0x10000000, "CLONE_NEWUSER"}, {0x20000000, "CLONE_NEWPID"}, {0x40000000, "CLONE_NEWNET"},
	{0x80000000, "CLONE_IO"},
}

var lxFcntlNames = []sym{
	{0, "F_DUPFD"}, {1, "F_GETFD"}, {2, "F_SETFD"}, {3, "F_GETFL"}, {4, "F_SETFL"}, {5, "F_GETLK"}, {6, "F_SETLK"},
	{7, "F_SETLKW"}, {8, "F_SETOWN"}, {9, "F_GETOWN"}, {10, "F_SETSIG"}, {11, "F_GETSIG"}, {15, "F_SETOWN_EX"},
	{16, "F_GETOWN_EX"}, {36, "F_OFD_GETLK"}, {37, "F_OFD_SETLK"}, {38, "F_OFD_SETLKW"}, {1024, "F_SETLEASE"},
	{1025, "F_GETLEASE"}, {1026, "F_NOTIFY"}, {1030, "F_DUPFD_CLOEXEC"}, {1031, "F_SETPIPE_SZ"}, {1032, "F_GETPIPE_SZ"},
	{1033, "F_ADD_SEALS"}, {1034, "F_GET_SEALS"},
}

var lxIoctlNames = []sym{
	{0x5401, "TCGETS"}, {0x5402, "TCSETS"}, {0x5403, "TCSETSW"}, {0x5404, "TCSETSF"}, {0x5409, "TCSBRK"}, {0x540a, "TCXONC"},
	{0x540b, "TCFLSH"}, {0x540e, "TIOCSCTTY"}, {0x540f, "TIOCGPGRP"}, {0x5410, "TIOCSPGRP"}, {0x5411, "TIOCOUTQ"},
	{0x5413, "TIOCGWINSZ"}, {0x5414, "TIOCSWINSZ"}, {0x541b, "FIONREAD"}, {0x5421, "FIONBIO"}, {0x5422, "TIOCNOTTY"},
	{0x5429, "TIOCGSID"}, {0x5450, "FIONCLEX"}, {0x5451, "FIOCLEX"}, {0x5452, "FIOASYNC"}, {0x80045430, "TIOCGPTN"},
	{0x40045431, "TIOCSPTLCK"}, {0x8910, "SIOCGIFNAME"}, {0x8912, "SIOCGIFCONF"}, {0x8913, "SIOCGIFFLAGS"},
}

var lxClockNames = []sym{
	{0, "CLOCK_REALTIME"}, {1, "CLOCK_MONOTONIC"}, {2, "CLOCK_PROCESS_CPUTIME_ID"}, {3, "CLOCK_THREAD_CPUTIME_ID"},
	{4, "CLOCK_MONOTONIC_RAW"}, {5, "CLOCK_REALTIME_COARSE"}, {6, "CLOCK_MONOTONIC_COARSE"}, {7, "CLOCK_BOOTTIME"},
	{8, "CLOCK_REALTIME_ALARM"}, {9, "CLOCK_BOOTTIME_ALARM"}, {11, "CLOCK_TAI"},
}

var lxFutexNames = []sym{
	{0, "FUTEX_WAIT"}, {1, "FUTEX_WAKE"}, {3, "FUTEX_REQUEUE"}, {4, "FUTEX_CMP_REQUEUE"}, {5, "FUTEX_WAKE_OP"},
	{6, "FUTEX_LOCK_PI"}, {7, "FUTEX_UNLOCK_PI"}, {8, "FUTEX_TRYLOCK_PI"}, {9, "FUTEX_WAIT_BITSET"},
	{10, "FUTEX_WAKE_BITSET"}, {11, "FUTEX_WAIT_REQUEUE_PI"}, {12, "FUTEX_CMP_REQUEUE_PI"}, {13, "FUTEX_LOCK_PI2"},
}

var lxRlimitNames = []sym{
	{0, "RLIMIT_CPU"}, {1, "RLIMIT_FSIZE"}, {2, "RLIMIT_DATA"}, {3, "RLIMIT_STACK"}, {4, "RLIMIT_CORE"}, {5, "RLIMIT_RSS"},
	{6, "RLIMIT_NPROC"}, {7, "RLIMIT_NOFILE"}, {8, "RLIMIT_MEMLOCK"}, {9, "RLIMIT_AS"}, {10, "RLIMIT_LOCKS"},
	{11, "RLIMIT_SIGPENDING"}, {12, "RLIMIT_MSGQUEUE"}, {13, "RLIMIT_NICE"}, {14, "RLIMIT_RTPRIO"}, {15, "RLIMIT_RTTIME"},
}

var lxEpollOpNames = []sym{{1, "EPOLL_CTL_ADD"}, {2, "EPOLL_CTL_DEL"}, {3, "EPOLL_CTL_MOD"}}

var lxAfNames = []sym{
	{0, "AF_UNSPEC"}, {1, "AF_UNIX"}, {2, "AF_INET"}, {10, "AF_INET6"}, {16, "AF_NETLINK"}, {17, "AF_PACKET"},
	{38, "AF_ALG"}, {40, "AF_VSOCK"},
}

var lxSockFlagNames = []sym{{0o4000, "SOCK_NONBLOCK"}, {0o2000000, "SOCK_CLOEXEC"}}

var lxMsgNames = []sym{
	{1, "MSG_OOB"}, {2, "MSG_PEEK"}, {4, "MSG_DONTROUTE"}, {8, "MSG_CTRUNC"}, {0x20, "MSG_TRUNC"}, {0x40, "MSG_DONTWAIT"},
	{0x80, "MSG_EOR"}, {0x100, "MSG_WAITALL"}, {0x200, "MSG_FIN"}, {0x2000, "MSG_ERRQUEUE"}, {0x4000, "MSG_NOSIGNAL"},
	{0x8000, "MSG_MORE"}, {0x10000, "MSG_WAITFORONE"}, {0x20000000, "MSG_FASTOPEN"}, {0x40000000, "MSG_CMSG_CLOEXEC"},
}

var lxPrctlNames = []sym{
	{1, "PR_SET_PDEATHSIG"}, {2, "PR_GET_PDEATHSIG"}, {3, "PR_GET_DUMPABLE"}, {4, "PR_SET_DUMPABLE"}, {8, "PR_SET_KEEPCAPS"},
	{15, "PR_SET_NAME"}, {16, "PR_GET_NAME"}, {22, "PR_SET_SECCOMP"}, {23, "PR_CAPBSET_READ"}, {29, "PR_SET_TIMERSLACK"},
	{36, "PR_SET_CHILD_SUBREAPER"}, {38, "PR_SET_NO_NEW_PRIVS"}, {39, "PR_GET_NO_NEW_PRIVS"}, {47, "PR_CAP_AMBIENT"},
	{0x53564d41, "PR_SET_VMA"},
}

var lxArchNames = []sym{{0x1001, "ARCH_SET_GS"}, {0x1002, "ARCH_SET_FS"}, {0x1003, "ARCH_GET_FS"}, {0x1004, "ARCH_GET_GS"},
	{0x3001, "ARCH_CET_STATUS"}}

// lxStat is the part of struct stat that is shown.
type lxStat struct {
	Dev, Ino, Nlink     uint64
	Mode, Uid, Gid, Pad uint32
	Rdev                uint64
	Size                int64
}

func init() {
	scalar := func(t ArgType, name string, f func(c *ctx, v uint64)) {
		types[t] = typeInfo{name: "lx_" + name, fmt: func(c *ctx, a *Arg, v uint64) bool { f(c, v); return true }}
	}
	symbol := func(t ArgType, name string, tab []sym, unknown string) {
		scalar(t, name, func(c *ctx, v uint64) { c.symbol(uint64(uint32(v)), tab, unknown) })
	}
	flags := func(t ArgType, name string, tab []sym, unknown string) {
		scalar(t, name, func(c *ctx, v uint64) { c.flags(uint64(uint32(v)), tab, unknown) })
	}
	ptr := func(t ArgType, name string, f func(c *ctx, a *Arg, va uint64) bool) {
		types[t] = typeInfo{name: "lx_" + name, ptr: true, fmt: f}
	}
	scalar(LxOflags, "oflags", func(c *ctx, v uint64) {
		if v&3 == 0 {
			c.str("O_RDONLY")
			if v = uint64(uint32(v)); v == 0 {
				return
			}
			c.str("|")
		}
		c.flags(uint64(uint32(v)), lxOflagNames, "O_???")
	})
	types[LxOpenMode] = typeInfo{name: "lx_open_mode", fmt: func(c *ctx, a *Arg, v uint64) bool {
		if f := c.sibling(LxOflags); f&0o100 != 0 || f&0o20000000 != 0 {
			c.octal(v)
		}
		return true
	}}
	flags(LxAtflags, "atflags", lxAtNames, "AT_???")
	flags(LxUnlinkFlags, "unlink_flags", []sym{{0x200, "AT_REMOVEDIR"}}, "AT_???")
	flags(LxAccessFlags, "access_flags", append([]sym{{0x200, "AT_EACCESS"}}, lxAtNames...), "AT_???")
	flags(LxMapFlags, "map_flags", lxMapNames, "MAP_???")
	symbol(LxMadvice, "madvice", lxMadviseNames, "MADV_???")
	scalar(LxSigno, "signo", func(c *ctx, v uint64) { c.lxSignal(int(int32(v))) })
	symbol(LxSighow, "sighow", lxSighowNames, "SIG_???")
	ptr(LxSigset, "sigset", structOf(func(c *ctx, s uint64) {
		if bits.OnesCount64(s) > 32 {
			c.str("~")
			s = ^s
		}
		c.str("[")
		for n, sep := 1, ""; n <= 64; n++ {
			if s&(1<<(n-1)) != 0 {
				c.str(sep)
				c.str(lxSignalName(n))
				sep = " "
			}
		}
		c.str("]")
	}))
	scalar(LxCloneFlags, "clone_flags", func(c *ctx, v uint64) {
		if f := uint64(uint32(v)) &^ 0xff; f != 0 {
			c.flags(f, lxCloneNames, "CLONE_???")
			if v&0xff == 0 {
				return
			}
			c.str("|")
		}
		c.lxSignal(int(v & 0xff))
	})
	symbol(LxFcntlCmd, "fcntl_cmd", lxFcntlNames, "F_???")
	symbol(LxIoctl, "ioctl", lxIoctlNames, "_IOC")
	symbol(LxClockid, "clockid", lxClockNames, "CLOCK_???")
	scalar(LxFutexOp, "futex_op", func(c *ctx, v uint64) {
		c.symbol(uint64(uint32(v))&^0x180, lxFutexNames, "FUTEX_???")
		if v&0x80 != 0 {
			c.str("_PRIVATE")
		}
		if v&0x100 != 0 {
			c.str("|FUTEX_CLOCK_REALTIME")
		}
	})
	symbol(LxRlimit, "rlimit", lxRlimitNames, "RLIMIT_???")
	symbol(LxEpollOp, "epoll_op", lxEpollOpNames, "EPOLL_CTL_???")
	symbol(LxAddrFamily, "addr_family", lxAfNames, "AF_???")
	scalar(LxSockType, "sock_type", func(c *ctx, v uint64) {
		c.symbol(v&0xf, sockTypeNames, "SOCK_???")
		if f := uint64(uint32(v)) &^ 0xf; f != 0 {
			c.str("|")
			c.flags(f, lxSockFlagNames, "SOCK_???")
		}
	})
	flags(LxSockFlags, "sock_flags", lxSockFlagNames, "SOCK_???")
	flags(LxMsgFlags, "msg_flags", lxMsgNames, "MSG_???")
	symbol(LxPrctl, "prctl", lxPrctlNames, "PR_???")
	symbol(LxArchPrctl, "arch_prctl", lxArchNames, "ARCH_???")
	ptr(LxWaitStatus, "wait_status", func(c *ctx, a *Arg, va uint64) bool {
		s, ok := load[int32](c, va)
		if !ok || c.ret == 0 {
			return false
		}
		switch {
		case s == 0xffff:
			c.str("[{WIFCONTINUED(s)}]")
		case s&0x7f == 0:
			c.str("[{WIFEXITED(s) && WEXITSTATUS(s) == ")
			c.int(int64(s >> 8 & 0xff))
			c.str("}]")
		case s&0xff == 0x7f:
			c.str("[{WIFSTOPPED(s) && WSTOPSIG(s) == ")
			c.lxSignal(int(s >> 8 & 0xff))
			c.str("}]")
		default:
			c.str("[{WIFSIGNALED(s) && WTERMSIG(s) == ")
			c.lxSignal(int(s & 0x7f))
			if s&0x80 != 0 {
				c.str(" && WCOREDUMP(s)")
			}
			c.str("}]")
		}
		return true
	})
	ptr(LxStat, "stat", structOf(func(c *ctx, s lxStat) {
		// Device numbers of this size are the same in both systems.
		if s.Mode&abi.S_IFMT == abi.S_IFCHR || s.Mode&abi.S_IFMT == abi.S_IFBLK {
			s.Rdev = abi.Makedev(uint32(s.Rdev>>8&0xfff), uint32(s.Rdev&0xff))
		}
		c.stat(s.Mode, s.Rdev, s.Size)
	}))
	flags(LxStatxMask, "statx_mask", lxStatxMaskNames, "STATX_???")
	ptr(LxStatx, "statx", structOf((*ctx).statx))
	ptr(LxDents, "dents", fmtLxDents)
	// What follows the value of futex(2) depends on the operation.
	pointer := func(t ArgType, name string, ops ...uint64) {
		types[t] = typeInfo{name: "lx_" + name, fmt: func(c *ctx, a *Arg, v uint64) bool {
			if slices.Contains(ops, c.sibling(LxFutexOp)&^0x180) {
				if v = c.ptrval(v); v == 0 {
					c.str("NULL")
				} else {
					c.hex(v)
				}
			}
			return true
		}}
	}
	pointer(LxFutexTime, "futex_time", 0, 3, 4, 5, 6, 9, 11, 12, 13)
	pointer(LxFutexAddr, "futex_addr", 3, 4, 5, 11, 12)
	types[LxFutexVal] = typeInfo{name: "lx_futex_val", fmt: func(c *ctx, a *Arg, v uint64) bool {
		switch c.sibling(LxFutexOp) &^ 0x180 {
		case 9, 10: // a set of bits, all as a rule
			if v = uint64(uint32(v)); v == 0xffffffff {
				c.str("FUTEX_BITSET_MATCH_ANY")
				return true
			}
			c.hex(v)
		case 4, 5, 12:
			c.hex(uint64(uint32(v)))
		}
		return true
	}}
}

var lxStatxMaskNames = []sym{
	{0xfff, "STATX_ALL"}, {0x7ff, "STATX_BASIC_STATS"}, {1, "STATX_TYPE"}, {2, "STATX_MODE"}, {4, "STATX_NLINK"}, {8, "STATX_UID"},
	{0x10, "STATX_GID"}, {0x20, "STATX_ATIME"}, {0x40, "STATX_MTIME"}, {0x80, "STATX_CTIME"}, {0x100, "STATX_INO"},
	{0x200, "STATX_SIZE"}, {0x400, "STATX_BLOCKS"}, {0x800, "STATX_BTIME"}, {0x1000, "STATX_MNT_ID"}, {0x2000, "STATX_DIOALIGN"},
}

// lxStatx is the beginning of struct statx of <linux/stat.h>, the same on all machines.
type lxStatx struct {
	Mask, Blksize    uint32
	Attributes       uint64
	Nlink, UID, GID  uint32
	Mode, _          uint16
	Ino, Size        uint64
	Blocks, AttrMask uint64
}

func (c *ctx) statx(s lxStatx) {
	c.str("{stx_mask=")
	c.flags(uint64(s.Mask), lxStatxMaskNames, "STATX_???")
	c.str(", stx_attributes=")
	c.hex(s.Attributes)
	c.str(", stx_mode=")
	c.symbol(uint64(s.Mode)&abi.S_IFMT, ifmtNames, "S_IF???")
	c.str("|")
	c.octal(uint64(s.Mode) &^ abi.S_IFMT)
	c.str(", stx_size=")
	c.uint(s.Size)
	c.str(", ...}")
}

// fmtLxDents counts records of struct linux_dirent64.
func fmtLxDents(c *ctx, a *Arg, va uint64) bool {
	const reclen = 16 // offset of d_reclen
	n := int64(0)
	for pos := int64(0); pos < c.ret; n++ {
		var b [2]byte
		if c.mem.Copyin(b[:], va+uint64(pos)+reclen) != abi.OK {
			return false
		}
		size := int64(c.m.Uint(b[:], 2))
		if size == 0 {
			break
		}
		pos += size
	}
	c.entries(va, n)
	return true
}
