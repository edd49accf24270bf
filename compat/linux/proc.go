package linux

import (
	"nbemu/abi"
	"nbemu/kern"
	"nbemu/syscalls"
)

// Processes: waiting, ids, limits, priorities.

// Options of wait4 and waitid.
const (
	wNohang    = 1
	wUntraced  = 2
	wExited    = 4
	wContinued = 8
	wNowait    = 0x01000000
	wNothread  = 0x20000000
	wAll       = 0x40000000
	wClone     = 0x80000000
)

func waitOptions(o uint32) (n int32) {
	for _, f := range [...]struct {
		linux uint32
		bsd   int32
	}{{wNohang, abi.WNOHANG}, {wUntraced, abi.WUNTRACED}, {wExited, abi.WEXITED}, {wContinued, abi.WCONTINUED}, {wNowait, abi.WNOWAIT}, {wAll, abi.WALLSIG}, {wClone, abi.WALTSIG}, {wNothread, kern.WaitNothread}} {
		if o&f.linux != 0 {
			n |= f.bsd
		}
	}
	return n
}

// wait is the kernel's, but a child that has ended counts more than a signal that came with its end.
func wait(l *kern.LWP, idtype, id, options int32) (kern.WaitResult, abi.Errno) {
	r, err := l.WaitByThread(idtype, id, options)
	if err == abi.EINTR || err == abi.ERESTART {
		if again, err := l.WaitByThread(idtype, id, options|abi.WNOHANG); err == abi.OK && again.PID != 0 {
			return again, err
		}
	}
	return r, err
}

// statusOut translates the signals in a wait status.
func (m *Machine) statusOut(s int32) int32 {
	switch {
	case abi.WIFCONTINUED(s):
		return 0xffff
	case abi.WIFSTOPPED(s):
		return m.sigOut(abi.WSTOPSIG(s))<<8 | 0x7f
	case abi.WIFEXITED(s):
		return s
	}
	n := m.sigOut(abi.WTERMSIG(s))
	if abi.WCOREDUMP(s) {
		n |= 0x80
	}
	return n
}

func sysWait4(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	o := uint32(a[2])
	if o&^(wNohang|wUntraced|wContinued|wNothread|wAll|wClone) != 0 {
		return ret(abi.EINVAL)
	}
	idtype, id := int32(abi.P_PID), int32(a[0])
	switch {
	case id == -1:
		idtype, id = abi.P_ALL, 0
	case id == 0:
		idtype, id = abi.P_PGID, l.Proc.Pgrp.ID
	case id == -1<<31:
		return ret(abi.ESRCH)
	case id < 0:
		idtype, id = abi.P_PGID, -id
	}
	r, err := wait(l, idtype, id, waitOptions(o)|abi.WEXITED|abi.WTRAPPED)
	if err != abi.OK || r.PID == 0 {
		return ret(err)
	}
	if a[1] != 0 {
		if err = l.CopyoutInt32(a[1], machineOf(l).statusOut(r.Status)|r.Event<<8); err != abi.OK {
			return ret(err)
		}
	}
	if a[3] != 0 {
		err = l.CopyoutStruct(a[3], &r.Ru.Self)
	}
	return kern.Retval{R0: uint64(pidOut(l, r.PID))}, err
}

// sysWaitid is waitid(which, id, siginfo *, options, rusage *). What it tells in siginfo is stored whatever the result, and
// nothing else of siginfo is.
func sysWaitid(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	r, err := waitid(l, a)
	if r.PID != 0 && a[4] != 0 {
		if err := l.CopyoutStruct(a[4], &r.Ru.Self); err != abi.OK {
			return ret(err)
		}
	}
	if a[2] == 0 {
		return ret(err)
	}
	var b [siginfoLen]byte
	at, model := siginfoUnion(l.Model()), l.Model()
	if r.PID != 0 {
		putSiginfo(machineOf(l), b[:], &kern.Ksiginfo{Signo: abi.SIGCHLD, Code: r.Code, Pid: pidOut(l, r.PID), Uid: shownUid(l, r.Uid), Status: r.Value})
		model.PutUint(b[at+8:], 4, model.Uint(b[at+8:], 4)|uint64(r.Event))
	}
	for _, part := range [][2]int{{0, 12}, {at, at + 12}} {
		if err := l.Copyout(b[part[0]:part[1]], a[2]+uint64(part[0])); err != abi.OK {
			return ret(err)
		}
	}
	return ret(err)
}

// waitid finds who sysWaitid is about and waits; the result has PID 0 if there is nothing to report.
func waitid(l *kern.LWP, a *kern.Args) (none kern.WaitResult, err abi.Errno) {
	o := uint32(a[3])
	if o&^(wNohang|wUntraced|wExited|wContinued|wNowait|wNothread|wAll|wClone) != 0 || o&(wUntraced|wExited|wContinued) == 0 {
		return none, abi.EINVAL
	}
	id := int32(a[1])
	var idtype int32
	switch int32(a[0]) {
	case 0:
		idtype, id = abi.P_ALL, 0
	case 1:
		if idtype = abi.P_PID; id <= 0 {
			return none, abi.EINVAL
		}
		id = pidIn(l, id)
	case 2:
		if idtype = abi.P_PGID; id < 0 {
			return none, abi.EINVAL
		} else if id == 0 {
			id = l.Proc.Pgrp.ID
		}
	case pPidfd:
		if id < 0 {
			return none, abi.EINVAL
		}
		f, err := l.Getfile(id)
		if err != abi.OK {
			return none, err
		}
		p := kern.PidfdProc(f)
		nonblock := f.Nonblock()
		f.Done(l)
		if p == nil {
			return none, abi.EBADF
		}
		idtype, id = abi.P_PID, p.PID
		if p.Reaped() {
			return none, abi.ECHILD
		}
		if nonblock && o&wNohang == 0 {
			if r, err := wait(l, idtype, id, waitOptions(o)|abi.WNOHANG|abi.WNOWAIT); err != abi.OK || r.PID == 0 {
				if err == abi.OK {
					err = abi.EAGAIN
				}
				return none, err
			}
		}
	default:
		return none, abi.EINVAL
	}
	return wait(l, idtype, id, waitOptions(o))
}

// sysGetrusage: a single thread's use is not counted by itself.
func sysGetrusage(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	const thread = 1
	who := a[0]
	if int32(who) == thread {
		who = abi.RUSAGE_SELF
	}
	return call(l, syscalls.SYS___getrusage50, &kern.Args{who, a[1]})
}

// rlimitSigpending is how many signals can be queued.
const rlimitSigpending = 11

// rlimits has the native number of each limit, -1 for those that only Linux has.
var rlimits = [16]int{abi.RLIMIT_CPU, abi.RLIMIT_FSIZE, abi.RLIMIT_DATA, abi.RLIMIT_STACK, abi.RLIMIT_CORE, abi.RLIMIT_RSS,
	abi.RLIMIT_NPROC, abi.RLIMIT_NOFILE, abi.RLIMIT_MEMLOCK, abi.RLIMIT_AS, -1, -1, -1, -1, -1, -1}

const rlimInfinity = ^uint64(0)

func limOut(n uint64) uint64 {
	if n >= abi.RLIM_INFINITY {
		return rlimInfinity
	}
	return n
}

func limIn(n uint64) uint64 { return min(n, abi.RLIM_INFINITY) }

// rlimit is struct rlimit, whose numbers are longs; abi.Rlimit is struct rlimit64.
type rlimit struct{ Cur, Max abi.ULong }

// longInfinity is RLIM_INFINITY as a long.
func (m *Machine) longInfinity() uint64 {
	if m.infinity != 0 {
		return m.infinity
	}
	return uint64(1)<<(8*m.model().PtrSize-1)<<1 - 1
}

func (r *rlimit) set(l *kern.LWP, v abi.Rlimit) {
	most := machineOf(l).longInfinity()
	r.Cur, r.Max = abi.ULong(min(v.Cur, most)), abi.ULong(min(v.Max, most))
}

func (r *rlimit) get(l *kern.LWP) abi.Rlimit {
	wide := func(n abi.ULong) uint64 {
		if uint64(n) == machineOf(l).longInfinity() {
			return rlimInfinity
		}
		return uint64(n)
	}
	return abi.Rlimit{Cur: wide(r.Cur), Max: wide(r.Max)}
}

// limitOf returns a limit of p. Error: EINVAL.
func limitOf(p *kern.Proc, which uint64) (abi.Rlimit, abi.Errno) {
	if uint32(which) >= uint32(len(rlimits)) {
		return abi.Rlimit{}, abi.EINVAL
	}
	if d, ok := p.EmulData.(*procData); ok && which == rlimitSigpending && d.sigPending != nil {
		return *d.sigPending, abi.OK
	}
	if n := rlimits[uint32(which)]; n >= 0 {
		lim := abi.Rlimit{Cur: limOut(p.Limits[n].Cur), Max: limOut(p.Limits[n].Max)}
		if most := p.Arch.MaxData; n == abi.RLIMIT_DATA { // the most that there can be is no limit
			for _, v := range []*uint64{&lim.Cur, &lim.Max} {
				if *v >= most {
					*v = rlimInfinity
				}
			}
		}
		return lim, abi.OK
	}
	return abi.Rlimit{Cur: rlimInfinity, Max: rlimInfinity}, abi.OK
}

// setLimit changes a limit of p. Errors: EINVAL, EPERM.
func setLimit(l *kern.LWP, p *kern.Proc, which uint64, lim abi.Rlimit) abi.Errno {
	if uint32(which) >= uint32(len(rlimits)) || lim.Cur > lim.Max {
		return abi.EINVAL
	}
	const nrOpen = 1 << 20 // /proc/sys/fs/nr_open
	if n := rlimits[uint32(which)]; n == abi.RLIMIT_NOFILE && lim.Max > nrOpen {
		return abi.EPERM
	}
	if d, ok := p.EmulData.(*procData); ok && which == rlimitSigpending {
		if old, _ := limitOf(p, which); lim.Max > old.Max && !capable(l, capSysRes) {
			return abi.EPERM
		}
		d.sigPending = &lim
		return abi.OK
	}
	if n := rlimits[uint32(which)]; n >= 0 {
		return p.SetLimit(l.Proc.Cred, n, abi.Rlimit{Cur: limIn(lim.Cur), Max: limIn(lim.Max)})
	}
	return abi.OK
}

func sysPrlimit64(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	p := l.Proc
	if pid := int32(a[0]); pid != 0 && pid != p.PID {
		if p = procOf(l, pid); p == nil {
			return ret(abi.ESRCH)
		}
		c, t := uidsOf(l.Proc.Cred), uidsOf(p.Cred)
		g, tg := gidsOf(l.Proc.Cred), gidsOf(p.Cred)
		same := t == ids{c[0], c[0], c[0]} && tg == ids{g[0], g[0], g[0]}
		if !same && !capable(l, capSysResource) || !l.Encloses(p) {
			return ret(abi.EPERM)
		}
	}
	old, err := limitOf(p, a[1])
	if err != abi.OK {
		return ret(err)
	}
	if a[2] != 0 {
		var lim abi.Rlimit
		if err := l.CopyinStruct(a[2], &lim); err != abi.OK {
			return ret(err)
		}
		if err := setLimit(l, p, a[1], lim); err != abi.OK {
			return ret(err)
		}
	}
	if a[3] != 0 {
		return ret(l.CopyoutStruct(a[3], &old))
	}
	return ret(abi.OK)
}

func sysGetrlimit(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	lim, err := limitOf(l.Proc, a[0])
	if err != abi.OK {
		return ret(err)
	}
	var r rlimit
	r.set(l, lim)
	return ret(l.CopyoutStruct(a[1], &r))
}

func sysSetrlimit(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	var r rlimit
	if err := l.CopyinStruct(a[1], &r); err != abi.OK {
		return ret(err)
	}
	return ret(setLimit(l, l.Proc, a[0], r.get(l)))
}

// sysGetpriority returns 20 - nice, which is never an error.
func sysGetpriority(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	if p := procOf(l, int32(a[1])); int32(a[0]) == abi.PRIO_PROCESS && p != nil {
		return retInt(int64(20 - p.Nice))
	}
	rv, err := native(syscalls.SYS_getpriority)(l, a)
	return kern.Retval{R0: uint64(20 - int64(int32(rv.R0)))}, err
}

// sysSetpriority takes what is too low or too high for the lowest and the highest.
func sysSetpriority(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	n := min(max(int32(a[2]), -20), 19)
	if p := procOf(l, int32(a[1])); int32(a[0]) == abi.PRIO_PROCESS && p != nil && p.PID != 1 && !capable(l, capSysNice) {
		c, of := l.Proc.Cred, p.Cred
		switch {
		case of.Ruid != c.Euid && of.Euid != c.Euid:
			return ret(abi.EPERM)
		case int(n) < p.Nice:
			return ret(abi.EACCES) // RLIMIT_NICE is 0
		case mightMore(p, l.Proc):
			return ret(abi.EPERM)
		}
	}
	return prioCall(syscalls.SYS_setpriority)(l, &kern.Args{a[0], a[1], uint64(int64(n))})
}

// prioCall is a native call of getpriority's kind. A thread's number stands for its process, which has one priority.
func prioCall(num int) kern.Handler {
	h := native(num)
	of := leaderArg(1, h)
	return func(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
		if int32(a[0]) == abi.PRIO_PROCESS {
			return of(l, a)
		}
		return h(l, a)
	}
}

// groupOf is the group of a process by the number of any of its threads, of one that has ended, too; 0 is the caller's.
// Error: ESRCH.
func groupOf(l *kern.LWP, pid int32) (*kern.Pgrp, abi.Errno) {
	p := l.Proc
	if pid != 0 {
		p = procOf(l, pid)
	}
	if p == nil || p.Pgrp == nil {
		return nil, abi.ESRCH
	}
	return p.Pgrp, abi.OK
}

func sysGetpgid(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	g, err := groupOf(l, int32(a[0]))
	if err != abi.OK {
		return ret(err)
	}
	return retInt(int64(pidOut(l, g.ID)))
}

func sysGetsid(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	g, err := groupOf(l, int32(a[0]))
	if err != abi.OK {
		return ret(err)
	}
	return retInt(int64(pidOut(l, g.Session.ID)))
}

// sysSetpgid is setpgid(pid, pgid). Error: EINVAL for a thread that does not lead its process.
func sysSetpgid(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	pid := int32(a[0])
	switch {
	case pid < 0 && int32(a[1]) > 0:
		return ret(abi.ESRCH)
	case pid < 0:
		return ret(abi.EINVAL)
	}
	if pid > 0 && l.K.PfindAny(pid) == nil && findTask(l, pid) != nil {
		return ret(abi.EINVAL)
	}
	return call(l, syscalls.SYS_setpgid, a)
}

// sysSetsid returns the session's number.
func sysSetsid(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	if _, err := call(l, syscalls.SYS_setsid, a); err != abi.OK {
		return ret(err)
	}
	return retInt(int64(pidOut(l, l.Proc.PID)))
}

// sysGetpid and the other plain ids have a second result natively, which is not ours.
func sysGetpid(l *kern.LWP, _ *kern.Args) (kern.Retval, abi.Errno) {
	return retInt(int64(pidOut(l, l.Proc.PID)))
}
func sysGetppid(l *kern.LWP, _ *kern.Args) (kern.Retval, abi.Errno) {
	return retInt(int64(pidOut(l, l.Proc.Getppid())))
}
func sysGetuid(l *kern.LWP, _ *kern.Args) (kern.Retval, abi.Errno) {
	return retInt(int64(shownUid(l, l.Proc.Cred.Ruid)))
}
func sysGeteuid(l *kern.LWP, _ *kern.Args) (kern.Retval, abi.Errno) {
	return retInt(int64(shownUid(l, l.Proc.Cred.Euid)))
}
func sysGetgid(l *kern.LWP, _ *kern.Args) (kern.Retval, abi.Errno) {
	return retInt(int64(shownGid(l, l.Proc.Cred.Rgid)))
}
func sysGetegid(l *kern.LWP, _ *kern.Args) (kern.Retval, abi.Errno) {
	return retInt(int64(shownGid(l, l.Proc.Cred.Egid)))
}

// pidResult is for calls that return the number of a process.
func pidResult(h kern.Handler) kern.Handler {
	return func(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
		rv, err := h(l, a)
		if err == abi.OK {
			rv.R0 = uint64(pidOut(l, int32(rv.R0)))
		}
		return rv, err
	}
}

var (
	sysGetpgrp    kern.Handler = pidResult(native(syscalls.SYS_getpgrp))
	sysGetgroups  kern.Handler = native(syscalls.SYS_getgroups)
	sysSchedYield kern.Handler = native(syscalls.SYS_sched_yield)
)
