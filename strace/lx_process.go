package strace

import (
	"slices"

	"nbemu/abi"
)

// Processes of Linux programs: how they begin and end, limits, scheduling, futexes.

// lxProcessTypes are arguments about processes.
func lxProcessTypes() {
	types[LxCloneFlags] = typeInfo{name: "lx_clone_flags", fmt: fmtLxClone, parts: true}
	// What clone shows by name, in an order of its own.
	types[LxNone] = typeInfo{name: "lx_none", fmt: func(c *ctx, a *Arg, v uint64) bool { return true }, optional: true}
	types[LxCloneRest] = typeInfo{name: "lx_clone_rest", fmt: fmtLxCloneRest, optional: true,
		late: func(c *ctx, a *Arg) bool { return true }}
	lxFlags(LxUnshareFlags, "unshare_flags", lxUnshareNames, "CLONE_NEW???")
	lxFlags(LxSetnsFlags, "setns_flags", lxSetnsNames, "CLONE_NEW???")
	lxPointer(LxCloneArgs, "clone_args", fmtLxCloneArgs)
	lxFlags(LxWaitOptions, "wait_options", lxWaitNames, "W???")
	lxSymbol(LxIdtype, "idtype", lxWaitidNames, "P_???")
	lxPointer(LxWaitStatus, "wait_status", func(c *ctx, a *Arg, va uint64) bool {
		s, ok := load[int32](c, va)
		if !ok || c.ret == 0 {
			return false
		}
		sig := func(n int32) { c.lxSignal(int(c.generic(LinuxSignal, uint64(uint32(n))))) }
		switch {
		case s == 0xffff:
			c.str("[{WIFCONTINUED(s)}]")
		case s&0x7f == 0:
			c.str("[{WIFEXITED(s) && WEXITSTATUS(s) == ")
			c.int(int64(s >> 8 & 0xff))
			c.str("}]")
		case s&0xff == 0x7f:
			c.str("[{WIFSTOPPED(s) && WSTOPSIG(s) == ")
			sig(s >> 8 & 0x7f)
			if s>>8&0x80 != 0 {
				c.str(" | 0x80")
			}
			c.str("}")
			if event := s >> 16; event != 0 {
				c.str(" | ")
				c.xval(uint64(event), lxPtraceEvents, "PTRACE_EVENT_???")
				c.str(" << 16")
			}
			c.str("]")
		default:
			c.str("[{WIFSIGNALED(s) && WTERMSIG(s) == ")
			sig(s & 0x7f)
			if s&0x80 != 0 {
				c.str(" && WCOREDUMP(s)")
			}
			c.str("}]")
		}
		return true
	})
	lxPointer(LxWaitRusage, "wait_rusage", func(c *ctx, a *Arg, va uint64) bool {
		if c.ret == 0 && c.sig.Name != "waitid" { // nothing was waited for
			return false
		}
		return types[Rusage].fmt(c, a, va)
	})
	lxSymbol(LxRlimit, "rlimit", lxRlimitNames, "RLIMIT_???")
	lxPointer(LxRlimits, "rlimits", structOf(func(c *ctx, r [2]abi.ULong) {
		inf := uint64(1)<<(8*c.m.PtrSize) - 1
		if c.m.PtrSize == 8 {
			inf = 1<<64 - 1
		}
		c.lxRlimits(uint64(r[0]), uint64(r[1]), inf, "RLIM_INFINITY")
	}))
	lxPointer(LxRlimits64, "rlimits64", structOf(func(c *ctx, r [2]uint64) { c.lxRlimits(r[0], r[1], 1<<64-1, "RLIM64_INFINITY") }))
	lxSymbol(LxSchedPolicy, "sched_policy", lxSchedNames, "SCHED_???")
	types[LxSchedPolicy].fmt = func(c *ctx, a *Arg, v uint64) bool {
		v = uint64(uint32(v))
		c.xval(v&^0x40000000, lxSchedNames, "SCHED_???")
		if v&0x40000000 != 0 {
			c.str("|SCHED_RESET_ON_FORK")
		}
		return true
	}
	lxPointer(LxSchedParam, "sched_param", structOf(func(c *ctx, v int32) { c.indirect(func() { c.int(int64(v)) }) }))
	lxPointer(LxSchedAttr, "sched_attr", structOf(func(c *ctx, s struct {
		Size, Policy              uint32
		Flags                     uint64
		Nice                      int32
		Priority                  uint32
		Runtime, Deadline, Period uint64
		UtilMin, UtilMax          uint32
	}) {
		c.str("{")
		c.fieldUint("size", uint64(s.Size))
		c.fieldSym("sched_policy", uint64(s.Policy), lxSchedNames, "SCHED_???")
		c.fieldFlags("sched_flags", s.Flags, lxSchedFlagNames, "SCHED_FLAG_???")
		c.fieldInt("sched_nice", int64(s.Nice))
		c.fieldUint("sched_priority", uint64(s.Priority))
		c.fieldUint("sched_runtime", s.Runtime)
		c.fieldUint("sched_deadline", s.Deadline)
		c.fieldUint("sched_period", s.Period)
		if s.Size >= 56 {
			c.fieldUint("sched_util_min", uint64(s.UtilMin))
			c.fieldUint("sched_util_max", uint64(s.UtilMax))
		}
		c.str("}")
	}))
	lxPointer(LxCpuset, "cpuset", fmtLxCpuset)
	types[LxPidPolicy] = typeInfo{name: "lx_pid_policy", fmt: types[Pid].fmt, aux: func(c *ctx, a *Arg, v uint64) {
		c.addAux("", func() bool { return c.byName(func() { types[LxSchedPolicy].fmt(c, a, uint64(c.ret)) }) })
	}}
	lxSymbol(LxIoprioWho, "ioprio_who", lxIoprioWhoNames, "IOPRIO_WHO_???")
	types[LxIoprioOf] = typeInfo{name: "lx_ioprio_of", fmt: types[Int].fmt, aux: func(c *ctx, a *Arg, v uint64) {
		c.addAux("", func() bool { c.lxIoprio(uint64(c.ret)); return true })
	}}
	lxScalar(LxIoprio, "ioprio", (*ctx).lxIoprio)
	lxSymbol(LxPrioWhich, "prio_which", lxPrioNames, "PRIO_???")
	lxScalar(LxUmask, "umask", (*ctx).octal3)
	lxPointer(LxIdPtr, "id_ptr", structOf(func(c *ctx, v uint32) { c.indirect(func() { showID(c, uint64(v)) }) }))
	lxPointer(LxIdPtr16, "id_ptr16", structOf(func(c *ctx, v uint16) { c.indirect(func() { c.uint(uint64(v)) }) }))
	lxPointer(LxIds, "ids", arrayOf(func(c *ctx, v uint32) { showID(c, uint64(v)) }))
	lxPointer(LxIds16, "ids16", arrayOf(func(c *ctx, v uint16) { c.uint(uint64(v)) }))
	lxFutexTypes()
}

var lxPtraceEvents = []sym{{1, "PTRACE_EVENT_FORK"}, {2, "PTRACE_EVENT_VFORK"}, {3, "PTRACE_EVENT_CLONE"}, {4, "PTRACE_EVENT_EXEC"},
	{5, "PTRACE_EVENT_VFORK_DONE"}, {6, "PTRACE_EVENT_EXIT"}, {7, "PTRACE_EVENT_SECCOMP"}, {128, "PTRACE_EVENT_STOP"}}

func (c *ctx) lxIoprio(v uint64) {
	c.str("IOPRIO_PRIO_VALUE(")
	c.xval(v>>13&7, lxIoprioClassNames, "IOPRIO_CLASS_???")
	c.str(", ")
	c.uint(v & 0x1fff)
	c.str(")")
}

func (c *ctx) lxRlimits(cur, max, inf uint64, name string) {
	show := func(v uint64) {
		switch {
		case v == inf:
			c.str(name)
		case v > 1024 && v%1024 == 0:
			c.uint(v / 1024)
			c.str("*1024")
		default:
			c.uint(v)
		}
	}
	c.str("{")
	c.fieldFunc("rlim_cur", func() { show(cur) })
	c.fieldFunc("rlim_max", func() { show(max) })
	c.str("}")
}

// fmtLxCpuset shows a set of processors, of as many bytes as the call says or gives.
func fmtLxCpuset(c *ctx, a *Arg, va uint64) bool {
	n, _ := c.length(a)
	if a.Dir == Out {
		n = uint64(max(c.ret, 0))
	}
	b, ok := c.bytesAt(va, min(n, 1024))
	if !ok {
		return false
	}
	c.str("[")
	first := true
	for cpu := range 8 * len(b) {
		at := cpu / 8
		if c.m.BigEndian { // words of the program's size
			at ^= c.m.PtrSize - 1
		}
		if at < len(b) && b[at]>>(cpu%8)&1 != 0 {
			if !first {
				c.str(" ")
			}
			first = false
			c.int(int64(cpu))
		}
	}
	c.str("]")
	return true
}

// Flags of clone that the rest of its arguments depend on; and those whose arguments the kernel fills in.
const (
	lxClonePidfd, lxCloneSettls, lxCloneParentSettid = 0x1000, 0x80000, 0x100000
	lxCloneChildCleartid, lxCloneChildSettid         = 0x200000, 0x1000000
	lxCloneWrites                                    = lxClonePidfd | lxCloneParentSettid
)

// fmtLxClone shows clone's stack and flags.
func fmtLxClone(c *ctx, a *Arg, v uint64) bool {
	c.str("child_stack=")
	c.ptr(c.ptrval(c.arg(1)))
	c.str(", flags=")
	f := uint64(uint32(v)) &^ 0xff
	if f != 0 {
		c.flags(f, lxCloneNames, "CLONE_???")
		if v&0xff == 0 {
			return true
		}
		c.str("|")
	}
	if v&0xff == 0 {
		c.str("0")
		return true
	}
	c.lxSignal(int(v & 0xff))
	return true
}

// fmtLxCloneRest shows those of clone's other arguments that the flags ask for.
func fmtLxCloneRest(c *ctx, a *Arg, v uint64) bool {
	f := c.sibling(LxCloneFlags)
	tls, child := c.ptrval(c.arg(4)), c.ptrval(c.arg(3))
	if c.p.Linux != nil && c.p.Linux.TLSFirst() {
		tls, child = child, tls
	}
	sep := ""
	if f&lxCloneWrites != 0 {
		c.str("parent_tid=")
		va := c.ptrval(c.arg(2))
		c.at(va, func() bool {
			if c.err != abi.OK {
				return false
			}
			n, ok := load[int32](c, va)
			c.indirect(func() { c.int(int64(n)) })
			return ok
		})
		sep = ", "
	}
	if f&lxCloneSettls != 0 {
		c.str(sep + "tls=")
		c.hex(tls)
		sep = ", "
	}
	if f&(lxCloneChildSettid|lxCloneChildCleartid) != 0 {
		c.str(sep + "child_tidptr=")
		c.ptr(child)
	}
	return true
}

func fmtLxCloneArgs(c *ctx, a *Arg, va uint64) bool {
	s, ok := load[struct {
		Flags, Pidfd, ChildTid, ParentTid, Signal, Stack, StackSize, TLS, SetTid, SetTidSize, Cgroup uint64
	}](c, va)
	if !ok {
		return false
	}
	c.str("{")
	c.fieldFlags("flags", s.Flags, append(slices.Clone(lxCloneNames), sym{1 << 32, "CLONE_CLEAR_SIGHAND"}, sym{1 << 33, "CLONE_INTO_CGROUP"}, sym{0x80, "CLONE_NEWTIME"}), "CLONE_???")
	if s.Flags&lxClonePidfd != 0 {
		c.fieldPtr("pidfd", s.Pidfd)
	}
	if s.Flags&(lxCloneChildSettid|lxCloneChildCleartid) != 0 {
		c.fieldPtr("child_tid", s.ChildTid)
	}
	if s.Flags&lxCloneParentSettid != 0 {
		c.fieldPtr("parent_tid", s.ParentTid)
	}
	c.fieldSignal("exit_signal", int32(c.generic(LinuxSignal, s.Signal)))
	c.fieldPtr("stack", s.Stack)
	c.fieldHex("stack_size", s.StackSize)
	if s.Flags&lxCloneSettls != 0 {
		c.fieldHex("tls", s.TLS)
	}
	c.str("}")
	if c.left && c.err == abi.OK && s.Flags&(lxCloneWrites) != 0 {
		c.lxCloneWrote(s.Flags, s.Pidfd, s.ParentTid)
	}
	return true
}

// lxCloneWrote shows what clone3 has stored: => {parent_tid=[5]}.
func (c *ctx) lxCloneWrote(flags, pidfd, parent uint64) {
	c.str(" => {")
	for _, m := range []struct {
		name     string
		flag, va uint64
	}{{"pidfd", lxClonePidfd, pidfd}, {"parent_tid", lxCloneParentSettid, parent}} {
		if flags&m.flag != 0 {
			c.fieldAt(m.name, m.va, func() bool {
				n, ok := load[int32](c, m.va)
				c.indirect(func() { c.int(int64(n)) })
				return ok
			})
		}
	}
	c.str("}")
}

const lxFutexBits = 0x180 // FUTEX_PRIVATE_FLAG, FUTEX_CLOCK_REALTIME

// lxFutexTypes are futex's arguments; what follows the value depends on the operation.
func lxFutexTypes() {
	lxScalar(LxFutexOp, "futex_op", func(c *ctx, v uint64) {
		v = uint64(uint32(v))
		c.xval(v&^lxFutexBits, lxFutexNames, "FUTEX_???")
		if v&0x80 != 0 {
			c.str("_PRIVATE")
		}
		if v&0x100 != 0 {
			c.str("|FUTEX_CLOCK_REALTIME")
		}
	})
	op := func(c *ctx) uint64 { return c.sibling(LxFutexOp) &^ lxFutexBits }
	time := func(t ArgType, name string, show ArgType) {
		types[t] = typeInfo{name: "lx_" + name, fmt: func(c *ctx, a *Arg, v uint64) bool {
			switch op(c) {
			case 0, 6, 9, 11, 13: // FUTEX_WAIT, FUTEX_LOCK_PI, FUTEX_WAIT_BITSET, FUTEX_WAIT_REQUEUE_PI, FUTEX_LOCK_PI2
				va := c.ptrval(v)
				c.at(va, func() bool { return types[show].fmt(c, a, va) })
			case 3, 4, 5, 12: // FUTEX_REQUEUE, FUTEX_CMP_REQUEUE, FUTEX_WAKE_OP, FUTEX_CMP_REQUEUE_PI: a number
				c.uint(uint64(uint32(v)))
			}
			return true
		}}
	}
	time(LxFutexTime, "futex_time", LxTimespec)
	time(LxFutexTime64, "futex_time64", LxTimespec64)
	// Locks of priority are taken and given back without a value.
	types[LxFutexValue] = typeInfo{name: "lx_futex_value", fmt: func(c *ctx, a *Arg, v uint64) bool {
		switch op(c) {
		case 6, 7, 8, 13:
		default:
			c.uint(uint64(uint32(v)))
		}
		return true
	}}
	types[LxFutexAddr] = typeInfo{name: "lx_futex_addr", fmt: func(c *ctx, a *Arg, v uint64) bool {
		if slices.Contains([]uint64{3, 4, 5, 11, 12}, op(c)) {
			c.ptr(c.ptrval(v))
		}
		return true
	}}
	types[LxFutexVal] = typeInfo{name: "lx_futex_val", fmt: func(c *ctx, a *Arg, v uint64) bool {
		v = uint64(uint32(v))
		switch op(c) {
		case 9, 10: // a set of bits, all as a rule
			if v == 0xffffffff {
				c.str("FUTEX_BITSET_MATCH_ANY")
				return true
			}
			c.hex(v)
		case 4, 12:
			c.uint(v)
		case 5:
			c.lxFutexWakeOp(v)
		}
		return true
	}}
	lxFlags(LxFutex2Flags, "futex2_flags", nil, "")
	types[LxFutex2Flags].fmt = func(c *ctx, a *Arg, v uint64) bool {
		v = uint64(uint32(v))
		c.xval(v&3, []sym{{0, "FUTEX2_SIZE_U8"}, {1, "FUTEX2_SIZE_U16"}, {2, "FUTEX2_SIZE_U32"}, {3, "FUTEX2_SIZE_U64"}}, "")
		if f := v &^ 3; f != 0 {
			c.str("|")
			c.flags(f, []sym{{4, "FUTEX2_NUMA"}, {8, "FUTEX2_MPOL"}, {0x80, "FUTEX2_PRIVATE"}}, "FUTEX2_???")
		}
		return true
	}
	lxPointer(LxFutexWaiters, "futex_waiters", arrayOf(func(c *ctx, w struct {
		Val, Uaddr uint64
		Flags, _   uint32
	}) {
		c.str("{")
		c.fieldHex("val", w.Val)
		c.fieldPtr("uaddr", w.Uaddr)
		c.field("flags")
		types[LxFutex2Flags].fmt(c, nil, uint64(w.Flags))
		c.str("}")
	}))
}

// lxFutexWakeOp is what FUTEX_WAKE_OP does to a word, and asks of it.
func (c *ctx) lxFutexWakeOp(v uint64) {
	if v>>31 != 0 {
		c.str("FUTEX_OP_OPARG_SHIFT<<28|")
	}
	c.xval(v>>28&7, lxFutexOpNames, "FUTEX_OP_???")
	c.str("<<28|")
	c.hex(v >> 12 & 0xfff)
	c.str("<<12|")
	c.xval(v>>24&15, lxFutexCmpNames, "FUTEX_OP_CMP_???")
	c.str("<<24|")
	c.hex(v & 0xfff)
}
