package linux

import (
	"slices"
	"sync"

	"nbemu/abi"
	"nbemu/kern"
	"nbemu/syscalls"
)

// Calls that only machines with registers of 32 bits have: a second form with wider numbers, or an older one.

// wideTime is a call whose times have 64 bits.
func wideTime(h kern.Handler) kern.Handler {
	return func(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
		if m := machineOf(l).timeModel; m != nil {
			return l.WithModel(m, h, a)
		}
		return h(l, a)
	}
}

var (
	sysClockGettime64           = wideTime(sysClockGettime)
	sysClockSettime64           = wideTime(sysClockSettime)
	sysClockGetresTime64        = wideTime(sysClockGetres)
	sysClockNanosleepTime64     = wideTime(sysClockNanosleep)
	sysTimerGettime64           = wideTime(sysTimerGettime)
	sysTimerSettime64           = wideTime(sysTimerSettime)
	sysTimerfdGettime64         = wideTime(sysTimerfdGettime)
	sysTimerfdSettime64         = wideTime(sysTimerfdSettime)
	sysUtimensatTime64          = wideTime(sysUtimensat)
	sysPselect6Time64           = wideTime(sysPselect6)
	sysPpollTime64              = wideTime(sysPpoll)
	sysRecvmmsgTime64           = wideTime(sysRecvmmsg)
	sysMqTimedsendTime64        = wideTime(sysMqTimedsend)
	sysMqTimedreceiveTime64     = wideTime(sysMqTimedreceive)
	sysSemtimedopTime64         = wideTime(sysSemtimedop)
	sysRtSigtimedwaitTime64     = wideTime(sysRtSigtimedwait)
	sysFutexTime64              = wideTime(sysFutex)
	sysSchedRrGetIntervalTime64 = wideTime(sysSchedRrGetInterval)
	sysIoPgeteventsTime64       = wideTime(sysIoPgetevents)

	// Calls that came when times had 64 bits on all machines.
	sysEpollPwait2 = wideTime(epollPwait2)
	sysFutexWaitv  = wideTime(futexWaitMany)
	sysFutexWait   = wideTime(futexWaitOne)
)

// sysMmap2 counts the offset in units of 4096 bytes.
func sysMmap2(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return sysMmap(l, &kern.Args{a[0], a[1], a[2], a[3], a[4], a[5] << 12})
}

// sysLlseek is _llseek(fd, high, low, result *, whence).
func sysLlseek(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	rv, err := sysLseek(l, &kern.Args{a[0], a[1]<<32 | a[2]&(1<<32-1), a[4]})
	if err != abi.OK {
		return ret(err)
	}
	return ret(l.CopyoutStruct(a[3], rv.R0))
}

// sysSendfile64 is sendfile whose offset has 64 bits.
func sysSendfile64(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) { return sendfile(l, a, 8) }

func sysArmFadvise6464(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return sysFadvise64(l, &kern.Args{a[0], a[2], a[3], a[1]})
}

// sysFcntl64 has three commands more than fcntl, for locks with offsets of 64 bits, which those of open files have too.
func sysFcntl64(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	cmd := int32(a[1])
	switch cmd {
	case fGetlk64, fSetlk64, fSetlkw64:
		cmd += fGetlk - fGetlk64
	case fOfdGetlk, fOfdSetlk, fOfdSetlkw:
	default:
		return sysFcntl(l, a)
	}
	f, err := l.Getfile(int32(a[0]))
	if err != abi.OK {
		return ret(err)
	}
	defer f.Done(l)
	return ret(recordLock(l, f, cmd, a[2], &flock64{}))
}

func sysWaitpid(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return sysWait4(l, &kern.Args{a[0], a[1], a[2]})
}

// sysNice adds to the priority, and gives no other result.
func sysNice(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	n := min(max(l.Proc.Nice+int(int32(a[0])), -20), 19)
	return call(l, syscalls.SYS_setpriority, &kern.Args{0, 0, uint64(int64(n))})
}

func sysStime(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	if !l.Proc.Cred.IsRoot() {
		return ret(abi.EPERM)
	}
	var t abi.Long
	if err := l.CopyinStruct(a[0], &t); err != abi.OK {
		return ret(err)
	}
	return ret(abi.EPERM) // the clock is the host's
}

func sysRecv(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return sysRecvfrom(l, &kern.Args{a[0], a[1], a[2], a[3]})
}

func sysSend(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return sysSendto(l, &kern.Args{a[0], a[1], a[2], a[3]})
}

// socketcalls are the names of socketcall's calls, by its first argument.
var socketcalls = [...]string{1: "socket", 2: "bind", 3: "connect", 4: "listen", 5: "accept", 6: "getsockname", 7: "getpeername",
	8: "socketpair", 9: "send", 10: "recv", 11: "sendto", 12: "recvfrom", 13: "shutdown", 14: "setsockopt", 15: "getsockopt",
	16: "sendmsg", 17: "recvmsg", 18: "accept4", 19: "recvmmsg", 20: "sendmmsg"}

// socketRows are their rows.
var socketRows = sync.OnceValue(func() (rows [len(socketcalls)]*kern.Sysent) {
	for i := range sysent {
		if n := slices.Index(socketcalls[:], sysent[i].Name); n > 0 {
			rows[n] = &sysent[i]
		}
	}
	return rows
})

// sysSocketcall is socketcall(call, args *).
func sysSocketcall(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	row, b, err := socketcall(l, a)
	if err != abi.OK {
		return ret(err)
	}
	return row.Call(l, b)
}

// socketcall is the call that one of socketcall is, and its arguments. Errors: EINVAL for another number, EFAULT.
func socketcall(l *kern.LWP, a *kern.Args) (*kern.Sysent, *kern.Args, abi.Errno) {
	n := int32(a[0])
	if n < 1 || int(n) >= len(socketcalls) {
		return nil, nil, abi.EINVAL
	}
	m, row := machineOf(l), socketRows()[n]
	words := make([]abi.ULong, row.Narg)
	if err := l.CopyinStruct(a[1], words); err != abi.OK {
		return nil, nil, err
	}
	b := &kern.Args{}
	for i, w := range words {
		b[i] = uint64(w)
		if !l.Model().LP64() && shapeOf(&row.Sig)[i] == argSigned {
			b[i] = uint64(int64(int32(w)))
		}
	}
	for _, in := range m.inputsOf(&row.Sig) {
		b[in.arg] = in.to(m, b[in.arg])
	}
	return row, b, abi.OK
}

// fifthType is a type of messages, a long.
func fifthType(l *kern.LWP, v uint64) uint64 {
	if l.Model().LP64() {
		return v
	}
	return uint64(int64(int32(v)))
}

// sysIpc is ipc(call, first, second, third, ptr, fifth): System V IPC in one call.
func sysIpc(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	first, second, third, ptr, fifth := a[1], a[2], a[3], a[4], a[5]
	newer := l.Model().LP64() // sparc64 has no older forms of semctl and msgrcv
	switch a[0] & 0xffff {
	case 1:
		return sysSemop(l, &kern.Args{first, ptr, second})
	case 2:
		return sysSemget(l, &kern.Args{first, second, third})
	case 3:
		if newer {
			return sysSemctl(l, &kern.Args{first, second, third, ptr})
		}
		arg, err := l.CopyinWord(ptr)
		if err != abi.OK {
			return ret(err)
		}
		return sysSemctl(l, &kern.Args{first, second, third, arg})
	case 4:
		return sysSemtimedop(l, &kern.Args{first, ptr, second, fifth})
	case 11:
		return sysMsgsnd(l, &kern.Args{first, ptr, second, third})
	case 12:
		if newer || a[0]>>16 != 0 {
			// The type has the word that is an address elsewhere.
			return sysMsgrcv(l, &kern.Args{first, ptr, second, fifthType(l, fifth), third})
		}
		var old struct {
			Msgp   abi.Ptr
			Msgtyp abi.Long
		}
		if err := l.CopyinStruct(ptr, &old); err != abi.OK {
			return ret(err)
		}
		return sysMsgrcv(l, &kern.Args{first, uint64(old.Msgp), second, uint64(old.Msgtyp), third})
	case 13:
		return sysMsgget(l, &kern.Args{first, second})
	case 14:
		return sysMsgctl(l, &kern.Args{first, second, ptr})
	case 21:
		rv, err := sysShmat(l, &kern.Args{first, ptr, second})
		if err != abi.OK {
			return ret(err)
		}
		return ret(l.CopyoutStruct(third, abi.Ptr(rv.R0)))
	case 22:
		return sysShmdt(l, &kern.Args{ptr})
	case 23:
		return sysShmget(l, &kern.Args{first, second, third})
	case 24:
		return sysShmctl(l, &kern.Args{first, second, ptr})
	}
	return ret(abi.ENOSYS)
}

// The calls with sets of 32 signals.

// oldSigaction is struct old_sigaction: handler, mask, flags, restorer.
type oldSigaction struct {
	Handler  abi.Ptr
	Mask     abi.ULong
	Flags    abi.ULong
	Restorer abi.Ptr
}

// flagsSigaction is what there is in its place where the flags come first: struct sigaction, of whose mask only the first
// word counts.
type flagsSigaction struct {
	Flags   uint32
	Handler abi.Ptr
	Mask    [4]abi.ULong
}

func (m *Machine) getOldAction(l *kern.LWP, va uint64) (*linuxSigaction, abi.Errno) {
	var o oldSigaction
	var err abi.Errno
	if m.flagsFirst {
		var f flagsSigaction
		err = l.CopyinStruct(va, &f)
		o = oldSigaction{Handler: f.Handler, Mask: f.Mask[0], Flags: abi.ULong(f.Flags)}
	} else {
		err = l.CopyinStruct(va, &o)
	}
	return &linuxSigaction{Handler: o.Handler, Flags: abi.ULong(bitsIn(m.saFlags, uint64(o.Flags))), Restorer: o.Restorer,
		Mask: m.setIn(uint64(o.Mask))}, err
}

func (m *Machine) putOldAction(l *kern.LWP, va uint64, a *linuxSigaction) abi.Errno {
	flags, mask := bitsOut(m.saFlags, uint64(a.Flags)), abi.ULong(uint32(m.setOut(a.Mask)))
	if m.flagsFirst {
		return l.CopyoutStruct(va, &flagsSigaction{Flags: uint32(flags), Handler: a.Handler, Mask: [4]abi.ULong{mask}})
	}
	return l.CopyoutStruct(va, &oldSigaction{Handler: a.Handler, Mask: mask, Flags: abi.ULong(flags), Restorer: a.Restorer})
}

func sysSigaction(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	sig, err := sigArg(l, a[0])
	if err != abi.OK || sig == 0 {
		return ret(abi.EINVAL)
	}
	var act *kern.Sigact
	if a[1] != 0 {
		o, err := machineOf(l).getOldAction(l, a[1])
		if err != abi.OK {
			return ret(err)
		}
		act = o.in()
	}
	was, err := l.Proc.SetSigact(sig, act)
	if err != abi.OK || a[2] == 0 {
		return ret(err)
	}
	n := actionOut(&was)
	return ret(machineOf(l).putOldAction(l, a[2], &n))
}

func sysSigprocmask(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	old := l.Sigmask
	if a[1] != 0 {
		w, err := l.CopyinWord(a[1])
		if err != abi.OK {
			return ret(err)
		}
		set := machineOf(l).setIn(w & (1<<32 - 1))
		switch int32(a[0]) {
		case 0:
			l.SetSigmask(old.Or(set))
		case 1:
			l.SetSigmask(old.AndNot(set))
		case 2:
			l.SetSigmask(old.And(machineOf(l).setIn(^uint64(1<<32 - 1))).Or(set))
		default:
			return ret(abi.EINVAL)
		}
	}
	if a[2] != 0 {
		return ret(l.CopyoutStruct(a[2], abi.ULong(uint32(machineOf(l).setOut(old)))))
	}
	return ret(abi.OK)
}

func sysSigpending(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return ret(l.CopyoutStruct(a[0], abi.ULong(uint32(machineOf(l).setOut(l.Pending().And(l.Sigmask))))))
}

func sysSigsuspend(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return ret(l.Sigsuspend(machineOf(l).setIn(a[2] & (1<<32 - 1))))
}

// sysSigsuspend1 has the mask as its only argument.
func sysSigsuspend1(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return sysSigsuspend(l, &kern.Args{2: a[0]})
}

// sysMipsSigsuspend is rt_sigsuspend without the size.
func sysMipsSigsuspend(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return sysRtSigsuspend(l, &kern.Args{a[0], uint64(machineOf(l).setSize())})
}

// Calls of single machines.

func sysRiscvFlushIcache(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	if a[2]&^1 != 0 {
		return ret(abi.EINVAL)
	}
	l.SyncICache(a[0], a[1]-a[0])
	return ret(abi.OK)
}

func sysCacheflush(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	l.SyncICache(a[0], a[1])
	return ret(abi.OK)
}

// sysM68kCacheflush is cacheflush(addr, scope, cache, len): a line, a page or everything, of the caches of data (1) or of
// instructions (2). Errors: EINVAL, EPERM for everything.
func sysM68kCacheflush(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	const line, page, all = 1, 2, 3
	scope, cache := int32(a[1]), a[2]
	switch {
	case scope < line || scope > all || cache&^3 != 0:
		return ret(abi.EINVAL)
	case scope == all:
		if !l.Proc.Cred.IsRoot() {
			return ret(abi.EPERM)
		}
		l.SyncICache(0, l.Proc.Arch.UserMax)
	default:
		l.SyncICache(a[0], a[3])
	}
	return ret(abi.OK)
}

// sysAtomicCmpxchg32 is of m68k, for processors without the instruction: it returns what was in memory.
func sysAtomicCmpxchg32(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	old, err := l.CopyinInt32(a[5])
	if err == abi.OK && uint32(old) == uint32(a[1]) {
		err = l.CopyoutInt32(a[5], int32(a[0]))
	}
	if err != abi.OK {
		l.TrapSignal(&kern.Ksiginfo{Signo: abi.SIGSEGV, Code: abi.SEGV_MAPERR, Addr: abi.Ptr(a[5])})
		return ret(abi.EFAULT)
	}
	return kern.Retval{R0: uint64(uint32(old))}, abi.OK
}

func sysAtomicBarrier(*kern.LWP, *kern.Args) (kern.Retval, abi.Errno) { return ret(abi.OK) }

func sysGetpagesize(l *kern.LWP, _ *kern.Args) (kern.Retval, abi.Errno) {
	return retInt(int64(l.Proc.Arch.PageSize))
}

// sysKernFeatures: none of sparc's extensions.
func sysKernFeatures(*kern.LWP, *kern.Args) (kern.Retval, abi.Errno) { return retInt(0) }

// flock64 is struct flock64.
type flock64 struct {
	Type, Whence int16
	Start, Len   int64
	Pid          int32
}

func (f *flock64) get() (typ, whence int16, start, n int64) { return f.Type, f.Whence, f.Start, f.Len }

func (f *flock64) pid() int32 { return f.Pid }

func (f *flock64) set(typ, whence int16, start, n int64, pid int32) {
	*f = flock64{typ, whence, start, n, pid}
}
