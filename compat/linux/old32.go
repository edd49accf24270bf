package linux

import (
	"nbemu/abi"
	"nbemu/kern"
)

// Calls that newer ones have taken the place of, on machines that had them first: user and group ids of 16 bits
// (kernel/uid16.c), arguments in a structure, limits below 2 GiB, signals as V7 had them.

// wideID is an id of 16 bits as one of 32: -1 stays -1.
func wideID(v uint64) uint64 {
	if uint16(v) == 1<<16-1 {
		return keepID
	}
	return uint64(uint16(v))
}

// overflowID takes the place of ids that 16 bits have no room for.
const overflowID = 65534

func narrowID(v uint32) uint16 {
	if v > 1<<16-1 {
		return overflowID
	}
	return uint16(v)
}

// ids16In makes a handler of one of wider ids, which are n arguments from the first on.
func ids16In(h kern.Handler, first, n int) kern.Handler {
	return func(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
		b := *a
		for i := first; i < first+n; i++ {
			b[i] = wideID(b[i])
		}
		return h(l, &b)
	}
}

// id16Out makes a handler of one whose result is a wider id.
func id16Out(h kern.Handler) kern.Handler {
	return func(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
		rv, err := h(l, a)
		rv.R0 = uint64(narrowID(uint32(rv.R0)))
		return rv, err
	}
}

var (
	sysGetuid16    = id16Out(sysGetuid)
	sysGeteuid16   = id16Out(sysGeteuid)
	sysGetgid16    = id16Out(sysGetgid)
	sysGetegid16   = id16Out(sysGetegid)
	sysSetuid16    = ids16In(sysSetuid, 0, 1)
	sysSetgid16    = ids16In(sysSetgid, 0, 1)
	sysSetreuid16  = ids16In(sysSetreuid, 0, 2)
	sysSetregid16  = ids16In(sysSetregid, 0, 2)
	sysSetresuid16 = ids16In(sysSetresuid, 0, 3)
	sysSetresgid16 = ids16In(sysSetresgid, 0, 3)
	sysSetfsuid16  = ids16In(sysSetfsuid, 0, 1)
	sysSetfsgid16  = ids16In(sysSetfsgid, 0, 1)
	sysChown16     = ids16In(sysChown, 1, 2)
	sysLchown16    = ids16In(sysLchown, 1, 2)
	sysFchown16    = ids16In(sysFchown, 1, 2)
)

func putIDs16(l *kern.LWP, a *kern.Args, id ids) (kern.Retval, abi.Errno) {
	for i, v := range id {
		if err := l.CopyoutStruct(a[i], narrowID(v)); err != abi.OK {
			return ret(err)
		}
	}
	return ret(abi.OK)
}

func sysGetresuid16(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return putIDs16(l, a, uidsOf(l.Proc.Cred))
}

func sysGetresgid16(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return putIDs16(l, a, gidsOf(l.Proc.Cred))
}

func sysGetgroups16(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	list, room := l.Proc.Cred.Groups, int(int32(a[0]))
	if room != 0 {
		if room < len(list) {
			return ret(abi.EINVAL)
		}
		out := make([]uint16, len(list))
		for i, g := range list {
			out[i] = narrowID(g)
		}
		if err := l.CopyoutStruct(a[1], out); err != abi.OK {
			return ret(err)
		}
	}
	return retInt(int64(len(list)))
}

func sysSetgroups16(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return setgroups(l, int32(a[0]), func(list []uint32) abi.Errno {
		in := make([]uint16, len(list))
		err := l.CopyinStruct(a[1], in)
		for i, g := range in {
			list[i] = uint32(wideID(uint64(g)))
		}
		return err
	})
}

// sysOldMmap has its arguments in a structure, the offset in bytes.
func sysOldMmap(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	var s [6]abi.ULong
	if err := l.CopyinStruct(a[0], &s); err != abi.OK {
		return ret(err)
	}
	if s[5]&abi.ULong(pageMask(l)) != 0 {
		return ret(abi.EINVAL)
	}
	return sysMmap(l, &kern.Args{uint64(s[0]), uint64(s[1]), uint64(s[2]), uint64(s[3]), uint64(s[4]), uint64(s[5])})
}

// sysOldSelect has its arguments in a structure.
func sysOldSelect(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	var s [5]abi.ULong
	if err := l.CopyinStruct(a[0], &s); err != abi.OK {
		return ret(err)
	}
	return sysSelect(l, &kern.Args{uint64(s[0]), uint64(s[1]), uint64(s[2]), uint64(s[3]), uint64(s[4])})
}

// sysPpcSelect is either: what is no number of descriptors is where the structure lies.
func sysPpcSelect(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	if uint32(a[0]) >= 4096 {
		return sysOldSelect(l, a)
	}
	return sysSelect(l, a)
}

// sysOldGetrlimit knows no limit above what a signed number holds.
func sysOldGetrlimit(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	lim, err := limitOf(l.Proc, a[0])
	if err != abi.OK {
		return ret(err)
	}
	const most = 1<<31 - 1
	return ret(l.CopyoutStruct(a[1], &rlimit{Cur: abi.ULong(min(lim.Cur, most)), Max: abi.ULong(min(lim.Max, most))}))
}

// sysSignal sets a handler that is called once, with its own signal open, and returns the one before.
func sysSignal(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	sig, err := sigArg(l, a[0])
	if err != abi.OK || sig == 0 {
		return ret(abi.EINVAL)
	}
	act := (&linuxSigaction{Handler: abi.Ptr(a[1]), Flags: saResethand | saNodefer}).in()
	was, err := l.Proc.SetSigact(sig, act)
	if err != abi.OK {
		return ret(err)
	}
	return kern.Retval{R0: uint64(was.Handler)}, abi.OK
}

func sysSgetmask(l *kern.LWP, _ *kern.Args) (kern.Retval, abi.Errno) {
	return retInt(int64(machineOf(l).setOut(l.Sigmask) & (1<<32 - 1)))
}

func sysSsetmask(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	old, _ := sysSgetmask(l, a)
	l.SetSigmask(machineOf(l).setIn(a[0] & (1<<32 - 1)))
	return old, abi.OK
}
