package kern

import (
	"nbemu/abi"
	"nbemu/mem"
)

// Spawn makes a child that has no program yet: its LWP calls start, which gives it one, and then runs it
// (do_posix_spawn). When start fails, the child ends with exit status 127. With wait the caller hears of that
// failure, and returns only after start; otherwise both go on at once. Error: EAGAIN over the process limits,
// with wait those of start. Preconditions: kernel lock.
func (l *LWP) Spawn(wait bool, start func(child *LWP) abi.Errno) (*Proc, abi.Errno) {
	if err := l.CheckFork(); err != abi.OK {
		return nil, err
	}
	p := l.Proc
	n := l.newChild(0, mem.NewSpace(p.Arch.MinAddr, p.Arch.UserMax))
	c := n.Proc
	if c.Emul.ProcFork != nil {
		c.Emul.ProcFork(n, l)
	}
	var (
		done bool
		err  abi.Errno
		q    SleepQ
	)
	traced := l.traceChild(n, abi.PTRACE_POSIX_SPAWN)
	n.first = func() {
		e := start(n)
		done, err = true, e
		q.WakeAll()
		if e != abi.OK {
			n.Exit1(abi.W_EXITCODE(127, 0))
		}
	}
	KnoteProc(p, abi.NOTE_FORK, int64(c.PID))
	n.Start()
	for wait && !done {
		l.Sleep(&q, "pspawn", false, noDeadline)
	}
	if traced && err == abi.OK {
		l.traceEvent(abi.TRAP_CHLD, abi.PTRACE_POSIX_SPAWN, c.PID)
	}
	return c, err
}

// CheckFork reports whether the process's user may have one more process. Error: EAGAIN.
func (l *LWP) CheckFork() abi.Errno {
	p := l.Proc
	all, limit := len(l.K.allproc), p.Limits[abi.RLIMIT_NPROC].Cur
	switch {
	case all >= MaxProc:
		return abi.EAGAIN
	case p.Cred.IsRoot() || uint64(all) < limit: // there is no need to count
		return abi.OK
	case uint64(l.K.CountUser(p.Cred.Ruid)) >= limit:
		return abi.EAGAIN
	}
	return abi.OK
}
