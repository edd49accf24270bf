package linux

import (
	"nbemu/abi"
	"nbemu/ipc"
	"nbemu/kern"
)

// Threads and processes.

const (
	sigchld           = 17 // SIGCHLD
	cloneSignal       = 0xff
	cloneVM           = 0x100
	cloneFS           = 0x200
	cloneFiles        = 0x400
	cloneSighand      = 0x800
	clonePidfd        = 0x1000
	clonePtrace       = 0x2000
	cloneVfork        = 0x4000
	cloneParent       = 0x8000
	cloneThread       = 0x10000
	cloneNewns        = 0x20000
	cloneNewuser      = 0x10000000
	cloneSettls       = 0x80000
	cloneParentSettid = 0x100000
	cloneChildClear   = 0x200000
	cloneUntraced     = 0x800000
	cloneChildSettid  = 0x1000000
	cloneNamespaces   = cloneNewns | 0x7e000000
	cloneClearSighand = 1 << 32
	cloneIntoCgroup   = 1 << 33
)

// cloneArgs is what clone asks for; sp is the new stack pointer, 0 for the old one.
type cloneArgs struct {
	flags, sp, parentTid, childTid, tls, pidfd uint64
	clone3                                     bool
	exitSignal                                 abi.Signal
	ns                                         *nsSet // of the child; nil: the machine's
}

// apply gives a new thread or process its registers and numbers. It has not run yet. A bad address for a number
// is as bad as in Linux: nothing is stored.
func (c *cloneArgs) apply(child, parent *kern.LWP) {
	d, p := lwpdata(child), lwpdata(parent)
	d.class, d.priority, d.ioprio = p.class, p.priority, p.ioprio
	if p.resetOnFork && policyOf(parent) != schedBatch {
		d.class, d.priority = schedOther, 0
		child.SetSchedParam(abi.SCHED_OTHER, 0)
	}
	d.slack, d.firstSlack = p.slack, p.slack
	d.seccomp = p.seccomp
	slowCalls(child)
	if c.ns != nil {
		c.namespaces(child, parent)
	}
	if c.sp != 0 {
		child.Ctx.R[child.Proc.Arch.SP] = c.sp
	}
	if c.flags&cloneSettls != 0 {
		machineOf(child).setTLS(child, c.tls)
	}
	if c.flags&cloneChildClear != 0 {
		d.clearTid = c.childTid
	}
	if c.flags&cloneParentSettid != 0 {
		_ = parent.CopyoutInt32(c.parentTid, tidIn(parent, child))
	}
	if c.flags&cloneChildSettid != 0 {
		_ = child.CopyoutInt32(c.childTid, tidIn(child, child))
	}
	if c.flags&clonePidfd != 0 {
		if fd, err := installPidfd(parent, child.Proc, 0); err == abi.OK {
			_ = parent.CopyoutInt32(c.pidfd, fd)
		}
	}
	traceBirth(child, parent, c.flags, c.exitSignal)
	if c.flags&cloneClearSighand != 0 {
		acts := child.Proc.Sigacts.Own()
		for i := range acts {
			if act := &acts[i]; act.Handler != abi.SIG_IGN {
				*act = kern.Sigaction{}
			}
		}
	}
}

// clone makes a thread or a process.
func clone(l *kern.LWP, c *cloneArgs, exitSignal uint64) (kern.Retval, abi.Errno) {
	f := c.flags
	switch {
	case f&cloneThread != 0 && f&cloneSighand == 0, f&cloneSighand != 0 && f&cloneVM == 0:
		return ret(abi.EINVAL)
	case f&(cloneFS|cloneNewns) == cloneFS|cloneNewns, f&(cloneFS|cloneNewuser) == cloneFS|cloneNewuser:
		return ret(abi.EINVAL)
	case f&cloneThread != 0 && f&(cloneNewuser|cloneNewpid) != 0:
		return ret(abi.EINVAL)
	case f&(cloneSighand|cloneClearSighand) == cloneSighand|cloneClearSighand, f&cloneIntoCgroup != 0, f&(cloneThread|clonePidfd) == cloneThread|clonePidfd,
		f&(cloneThread|cloneParent) != 0 && c.clone3 && exitSignal != 0:
		return ret(abi.EINVAL)
	}
	if d := lwpdata(l); d.deadline != nil && !d.resetOnFork {
		return ret(abi.EAGAIN) // what is reserved is one thread's
	}
	if err := c.setNamespaces(l); err != abi.OK {
		return ret(err)
	}
	if f&cloneThread != 0 {
		return cloneLWP(l, c)
	}
	sig := sigIn(int32(exitSignal))
	if c.clone3 && exitSignal != 0 && sig == 0 {
		return ret(abi.EINVAL)
	}
	flags := 0
	for _, m := range [...]struct {
		bit  uint64
		flag int
	}{{cloneVM, kern.ForkShareVM}, {cloneFS, kern.ForkShareCwd}, {cloneFiles, kern.ForkShareFiles},
		{cloneSighand, kern.ForkShareSigs}, {cloneVfork, kern.ForkPpwait}, {cloneParent, kern.ForkParent}} {
		if f&m.bit != 0 {
			flags |= m.flag
		}
	}
	if f&clonePidfd != 0 {
		if err := l.CopyoutInt32(c.pidfd, 0); err != abi.OK {
			return ret(err)
		}
	}
	if settle := machineOf(l).settle; settle != nil && c.sp != 0 {
		settle(l) // the child takes what is in windows from its copy of this stack, not from the new one
	}
	d := lwpdata(l)
	d.clone, c.exitSignal = c, sig
	p, err := l.Fork(flags, sig, c.sp)
	d.clone = nil
	if err != abi.OK {
		return ret(err)
	}
	return retInt(int64(pidOut(l, p.PID)))
}

// setNamespaces finds those that the child is to have. Errors: those of mayNamespaces; EINVAL for a thread that would not
// be in its process's namespace of processes, ENOMEM in one whose first process has ended.
func (c *cloneArgs) setNamespaces(l *kern.LWP) abi.Errno {
	c.ns = lwpdata(l).ns
	if c.flags&(cloneNamespaces|cloneNewtime*boolBit(c.clone3)) != 0 {
		if err := mayNamespaces(l, c.flags&(cloneNamespaces|cloneNewtime)); err != abi.OK {
			return err
		}
		s, err := newNamespaces(l, c.flags)
		if err != abi.OK {
			return err
		}
		c.ns = s
	}
	if c.ns == nil {
		return abi.OK
	}
	if c.flags&cloneThread != 0 {
		if c.ns.pidForChildren() != c.ns.of[nsPid] {
			return abi.EINVAL
		}
		return abi.OK
	}
	c.ns = c.ns.forChild()
	if c.ns.of[nsPid].pid.dead {
		return abi.ENOMEM
	}
	return abi.OK
}

func boolBit(b bool) uint64 { return uint64(boolInt(b)) }

// namespaces puts a new thread or process into its namespaces.
func (c *cloneArgs) namespaces(child, parent *kern.LWP) {
	lwpdata(child).ns = c.ns
	if child.Proc != parent.Proc {
		was := nsOf(parent)
		if c.ns.of[nsIPC] != was.of[nsIPC] {
			ipc.Use(child.Proc, c.ns.of[nsIPC].ipc)
		}
		if c.ns.of[nsUser] != was.of[nsUser] {
			procdata(child.Proc).enterUser(child.Proc, c.ns.of[nsUser])
		}
	}
	c.ns.of[nsPid].pid.add(child, child.Proc != parent.Proc)
}

func cloneLWP(l *kern.LWP, c *cloneArgs) (kern.Retval, abi.Errno) {
	if uint64(l.Proc.LiveLWPs()) >= l.Proc.Limits[abi.RLIMIT_NTHR].Cur {
		return ret(abi.EAGAIN)
	}
	if settle := machineOf(l).settle; settle != nil {
		settle(l)
	}
	l.SyncFP()
	n := l.NewLWP()
	n.Ctx = l.Ctx
	n.Private = l.Private
	n.Name = l.Name
	n.FPChanged()
	n.Detached = true
	l.Proc.Emul.ForkRegs(n)
	tid := n.ID
	if l.K.Config.OwnLIDs {
		tid = l.K.ReserveID()
	}
	lwpdata(n).tid, lwpdata(n).policy = tid, lwpdata(l).policy
	c.apply(n, l)
	l.TellResumed() // it is not alone any more
	n.Start()
	if t := l.Tracee(); t != nil {
		traceForked(t, n, false)
	}
	return retInt(int64(pidOut(l, tid)))
}

func sysClone(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	f := a[0] & 0xffffffff
	c := &cloneArgs{flags: f &^ cloneSignal, sp: a[1], parentTid: a[2], childTid: a[3], tls: a[4]}
	if machineOf(l).cloneTLS {
		c.childTid, c.tls = c.tls, c.childTid
	}
	if f&clonePidfd != 0 {
		// The number goes where the thread's would, so that only one of them can be asked for.
		if c.pidfd = c.parentTid; f&cloneParentSettid != 0 {
			return ret(abi.EINVAL)
		}
	}
	return clone(l, c, f&cloneSignal)
}

// sysClone3 is clone with its arguments in a structure, whose size says how new it is.
func sysClone3(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	var s struct{ Flags, Pidfd, ChildTid, ParentTid, ExitSignal, Stack, StackSize, TLS, SetTid, SetTidSize, Cgroup uint64 }
	const oldest, page = 64, 4096
	size := a[1]
	switch {
	case size > page:
		return ret(abi.E2BIG)
	case size < oldest:
		return ret(abi.EINVAL)
	}
	b := make([]byte, max(size, 88))
	if err := l.Copyin(b[:size], a[0]); err != abi.OK {
		return ret(err)
	}
	l.Model().Unmarshal(b, &s)
	for _, x := range b[88:] {
		if x != 0 {
			return ret(abi.E2BIG)
		}
	}
	if s.SetTidSize != 0 && s.SetTidSize <= maxNSLevel && s.SetTid != 0 && !nsCapable(l, nsOf(l).of[nsUser], capSysAdmin) {
		return ret(abi.EPERM)
	}
	if s.Flags&cloneSignal != 0 || s.SetTidSize != 0 || s.Stack == 0 != (s.StackSize == 0) {
		return ret(abi.EINVAL)
	}
	c := &cloneArgs{flags: s.Flags, parentTid: s.ParentTid, childTid: s.ChildTid, tls: s.TLS, pidfd: s.Pidfd, clone3: true}
	if s.Stack != 0 {
		c.sp = s.Stack + s.StackSize
	}
	return clone(l, c, uint64(machineOf(l).sigGeneric(int32(min(s.ExitSignal, unknown)))))
}

func sysFork(l *kern.LWP, _ *kern.Args) (kern.Retval, abi.Errno) {
	return clone(l, &cloneArgs{}, sigchld)
}

func sysVfork(l *kern.LWP, _ *kern.Args) (kern.Retval, abi.Errno) {
	return clone(l, &cloneArgs{flags: cloneVM | cloneVfork}, sigchld)
}

// sysExit ends the thread; with the last one the process ends, with this status.
func sysExit(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	if l.Proc.LiveLWPs() == 1 {
		return sysExitGroup(l, a)
	}
	l.Detached = true
	l.ExitStatus = abi.W_EXITCODE(int(a[0]&0xff), 0)
	l.ExitLWP()
	return ret(abi.EJUSTRETURN)
}

func sysExitGroup(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	l.Exit1(abi.W_EXITCODE(int(a[0]&0xff), 0))
	return ret(abi.EJUSTRETURN)
}

func sysGettid(l *kern.LWP, _ *kern.Args) (kern.Retval, abi.Errno) { return retInt(int64(tidIn(l, l))) }

func sysSetTidAddress(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	lwpdata(l).clearTid = a[0]
	return retInt(int64(tidIn(l, l)))
}

// robustHead is the size of struct robust_list_head.
func robustHead(l *kern.LWP) uint64 { return 3 * uint64(l.Model().PtrSize) }

func sysSetRobustList(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	if a[1] != robustHead(l) {
		return ret(abi.EINVAL)
	}
	lwpdata(l).robust = a[0]
	return ret(abi.OK)
}

func sysGetRobustList(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	t := l
	if tid := int32(a[0]); tid != 0 {
		t = findTask(l, tid)
		switch {
		case t == nil && l.K.PfindAny(tid) == nil:
			return ret(abi.ESRCH)
		case t == nil || t.Proc != l.Proc && !l.MayTrace(t.Proc):
			return ret(abi.EPERM)
		}
	}
	if err := l.CopyoutStruct(a[2], abi.Size(robustHead(l))); err != abi.OK {
		return ret(err)
	}
	return ret(l.CopyoutStruct(a[1], abi.Ptr(lwpdata(t).robust)))
}
