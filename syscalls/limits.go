package syscalls

import (
	"nbemu/abi"
	"nbemu/kern"
)

// Resource limits, usage, priorities and scheduling (kern_resource.c, sys_sched.c).

// sysGetrlimit is getrlimit(2). Errors: EINVAL, EFAULT.
func sysGetrlimit(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	which := uint32(a[0])
	if which >= uint32(l.K.NLimits()) {
		return retErr(abi.EINVAL)
	}
	return retErr(l.CopyoutStruct(a[1], &l.Proc.Limits[which]))
}

// sysSetrlimit is setrlimit(2). Errors: EINVAL, EPERM, EFAULT.
func sysSetrlimit(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	var lim abi.Rlimit
	if err := l.CopyinStruct(a[1], &lim); err != abi.OK {
		return retErr(err)
	}
	return retErr(l.Proc.SetLimit(l.Proc.Cred, int(int32(a[0])), lim))
}

// orlim is a limit in 31 bits.
func orlim(v uint64) int32 { return int32(min(v, 1<<31-1)) }

// sysCompat43Getrlimit is getrlimit with limits of 31 bits.
func sysCompat43Getrlimit(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	which := uint32(a[0])
	if which >= uint32(l.K.NLimits()) {
		return retErr(abi.EINVAL)
	}
	lim := l.Proc.Limits[which]
	return retErr(l.CopyoutStruct(a[1], &abi.Orlimit{Cur: orlim(lim.Cur), Max: orlim(lim.Max)}))
}

// sysCompat43Setrlimit is setrlimit with limits of 31 bits.
func sysCompat43Setrlimit(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	var o abi.Orlimit
	if err := l.CopyinStruct(a[1], &o); err != abi.OK {
		return retErr(err)
	}
	lim := abi.Rlimit{Cur: uint64(int64(o.Cur)), Max: uint64(int64(o.Max))}
	return retErr(l.Proc.SetLimit(l.Proc.Cred, int(int32(a[0])), lim))
}

// getrusage: of the process itself or of its children that it has waited for. Error: EINVAL.
func getrusage(l *kern.LWP, who int32) (abi.Rusage, abi.Errno) {
	switch who {
	case abi.RUSAGE_SELF:
		return l.Proc.Getrusage(false), abi.OK
	case abi.RUSAGE_CHILDREN:
		return l.Proc.Getrusage(true), abi.OK
	}
	return abi.Rusage{}, abi.EINVAL
}

// sysGetrusage50 is getrusage(2). Errors: EINVAL, EFAULT.
func sysGetrusage50(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	ru, err := getrusage(l, int32(a[0]))
	if err == abi.OK {
		err = l.CopyoutStruct(a[1], &ru)
	}
	return retErr(err)
}

func sysCompat50Getrusage(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	ru, err := getrusage(l, int32(a[0]))
	if err == abi.OK {
		err = l.CopyoutStruct(a[1], rusage50(&ru))
	}
	return retErr(err)
}

// prioProcs finds the processes that getpriority and setpriority are about. Error: EINVAL.
func prioProcs(l *kern.LWP, which, who int32) ([]*kern.Proc, abi.Errno) {
	switch which {
	case abi.PRIO_PROCESS:
		if p, err := procOrSelf(l, who); err == abi.OK {
			return []*kern.Proc{p}, abi.OK
		}
	case abi.PRIO_PGRP:
		if who == 0 {
			return l.Proc.Pgrp.Members, abi.OK
		}
		if g := l.K.FindPgrp(who); g != nil {
			return g.Members, abi.OK
		}
	case abi.PRIO_USER:
		uid := uint32(who)
		if who == 0 {
			uid = l.Proc.Cred.Euid
		}
		var out []*kern.Proc
		for _, p := range l.K.Procs() {
			if p.Cred.Euid == uid && !p.Zombie {
				out = append(out, p)
			}
		}
		return out, abi.OK
	default:
		return nil, abi.EINVAL
	}
	return nil, abi.OK
}

// sysGetpriority is getpriority(2): the lowest value among the processes. Errors: EINVAL, ESRCH.
func sysGetpriority(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	procs, err := prioProcs(l, int32(a[0]), int32(a[1]))
	if err != abi.OK {
		return retErr(err)
	}
	if len(procs) == 0 {
		return retErr(abi.ESRCH)
	}
	low := procs[0].Nice
	for _, p := range procs {
		low = min(low, p.Nice)
	}
	return retInt(int32(low), abi.OK)
}

// sysSetpriority is setpriority(2). Of several processes each is tried, and the last one's error counts. Errors: EINVAL,
// ESRCH, EPERM for others' processes, EACCES for a lower value.
func sysSetpriority(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	procs, err := prioProcs(l, int32(a[0]), int32(a[1]))
	if err != abi.OK {
		return retErr(err)
	}
	if len(procs) == 0 {
		return retErr(abi.ESRCH)
	}
	nice := int(min(max(int32(a[2]), abi.PRIO_MIN), abi.PRIO_MAX))
	c := l.Proc.Cred
	for _, p := range procs {
		switch {
		case c.Euid != 0 && c.Ruid != 0 && c.Euid != p.Cred.Euid && c.Ruid != p.Cred.Euid:
			err = abi.EPERM
		case nice < p.Nice && !c.IsRoot():
			err = abi.EACCES
		default:
			p.SetNice(nice)
			err = abi.OK
		}
	}
	return retErr(err)
}

// findLWP finds an LWP of a process, 0 being the caller's process and its first LWP (lwp_find2). nil if there
// is none.
func findLWP(l *kern.LWP, pid, lid int32) *kern.LWP {
	p, err := procOrSelf(l, pid)
	if err != abi.OK || len(p.LWPs) == 0 {
		return nil
	}
	if lid == 0 {
		return p.LWPs[0]
	}
	return p.Lfind(lid)
}

// sameUser is kauth's rule for looking at the scheduling of another process (kauth_cred_uidmatch).
func sameUser(c, t *kern.Cred) bool {
	return c.IsRoot() || c.UidMatch(t)
}

// sysSchedGetparam is _sched_getparam(pid, lid, policy *int, params *). Errors: ESRCH, EPERM, EFAULT.
func sysSchedGetparam(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	t := findLWP(l, int32(a[0]), int32(a[1]))
	if t == nil {
		return retErr(abi.ESRCH)
	}
	if !sameUser(l.Proc.Cred, t.Proc.Cred) {
		return retErr(abi.EPERM)
	}
	s := t.SchedParam()
	pri := s.Priority
	if s.Policy == abi.SCHED_OTHER {
		// What a thread that shares a processor with others has at its best.
		const timesharing = 43
		pri = timesharing
	}
	err := l.CopyoutStruct(a[3], &abi.SchedParam{Priority: pri})
	if err == abi.OK && a[2] != 0 {
		err = l.CopyoutInt32(a[2], s.Policy)
	}
	return retErr(err)
}

// sysSchedSetparam is _sched_setparam(pid, lid, policy, params *); lid 0 is every LWP. Errors: EINVAL, ESRCH,
// EPERM for a real-time class or a higher priority by who is not the super-user, EFAULT.
func sysSchedSetparam(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	var sp abi.SchedParam
	if err := l.CopyinStruct(a[3], &sp); err != abi.OK {
		return retErr(err)
	}
	return retErr(schedSetparam(l, int32(a[0]), int32(a[1]), int32(a[2]), &sp))
}

// schedSetparam sets policy and priority of LWP lid of process pid, of all its LWPs if lid is 0
// (do_sched_setparam). Errors: EINVAL, ESRCH, EPERM.
func schedSetparam(l *kern.LWP, pid, lid, policy int32, sp *abi.SchedParam) abi.Errno {
	const priNone = -1
	if sp.Priority == priNone && policy == abi.SCHED_NONE {
		return abi.OK
	}
	if policy != abi.SCHED_NONE && (policy < abi.SCHED_OTHER || policy > abi.SCHED_RR) ||
		sp.Priority != priNone && (sp.Priority < kern.SchedPriMin || sp.Priority > kern.SchedPriMax) {
		return abi.EINVAL
	}
	p, err := procOrSelf(l, pid)
	if err != abi.OK {
		return err
	}
	c, found := l.Proc.Cred, false
	for _, t := range p.LWPs {
		if lid != 0 && t.ID != lid {
			continue
		}
		found = true
		s := t.SchedParam()
		pol, pri := policy, sp.Priority
		if pol == abi.SCHED_NONE {
			pol = s.Policy
		}
		if pol == abi.SCHED_OTHER && pri != priNone {
			return abi.EINVAL
		}
		if pri == priNone {
			pri = s.Priority
		}
		if !c.IsRoot() && (!sameUser(c, p.Cred) || pol != s.Policy && pol != abi.SCHED_OTHER || pol != abi.SCHED_OTHER && pri > s.Priority) {
			return abi.EPERM
		}
		t.SetSchedParam(pol, pri)
	}
	if !found {
		return abi.ESRCH
	}
	return abi.OK
}

// maxCPUSet is the largest cpuset_t that is taken, in bytes.
const maxCPUSet = 1 << 12

// cpuset reads a cpuset_t: CPU i is bit i%32 of the 32-bit word i/32. Errors: EINVAL, EFAULT.
func cpuset(l *kern.LWP, va, size uint64) (m kern.CPUMask, err abi.Errno) {
	if size > maxCPUSet {
		return m, abi.EINVAL
	}
	words := make([]uint32, size/4)
	if err := l.Copyin(make([]byte, size), va); err != abi.OK {
		return m, err
	}
	if err := l.CopyinStruct(va, words); err != abi.OK {
		return m, err
	}
	for i := range min(len(words)*32, kern.MaxCPUs) {
		if words[i/32]>>(i%32)&1 != 0 {
			m.Add(i)
		}
	}
	return m, abi.OK
}

// sysSchedGetaffinity is _sched_getaffinity(pid, lid, size, set *): an empty set for an LWP that runs anywhere.
// Errors: ESRCH, EPERM, EINVAL, EFAULT.
func sysSchedGetaffinity(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	if _, err := cpuset(l, a[3], a[2]); err != abi.OK {
		return retErr(err)
	}
	t := findLWP(l, int32(a[0]), int32(a[1]))
	if t == nil {
		return retErr(abi.ESRCH)
	}
	if !sameUser(l.Proc.Cred, t.Proc.Cred) {
		return retErr(abi.EPERM)
	}
	m, _ := t.Affinity()
	words := make([]uint32, (a[2]+3)/4)
	for i := range min(len(words)*32, kern.MaxCPUs) {
		if m.Has(i) {
			words[i/32] |= 1 << (i % 32)
		}
	}
	return retErr(l.Copyout(l.Model().Bytes(words)[:a[2]], a[3]))
}

// sysSchedSetaffinity is _sched_setaffinity(pid, lid, size, set *), which is the super-user's, and others' when
// security.models.extensions.user_set_cpu_affinity says so. An empty set, or one of CPUs there are not, lets the LWPs run
// anywhere. Errors: EPERM, also for a CPU in a processor set; ESRCH, EINVAL, EFAULT.
func sysSchedSetaffinity(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	m, err := cpuset(l, a[3], a[2])
	if err != abi.OK {
		return retErr(err)
	}
	if m, err = l.K.CheckAffinity(&m); err != abi.OK {
		return retErr(err)
	}
	p, err := procOrSelf(l, int32(a[0]))
	if err != abi.OK {
		return retErr(err)
	}
	if c := l.Proc.Cred; !c.IsRoot() && (l.K.UserAffinity == 0 || !sameUser(c, p.Cred)) {
		return retErr(abi.EPERM)
	}
	lid, found := int32(a[1]), false
	for _, t := range p.LWPs {
		if t.Live() && (lid == 0 || t.ID == lid) {
			t.SetAffinity(m)
			found = true
		}
	}
	if !found {
		return retErr(abi.ESRCH)
	}
	return retErr(abi.OK)
}

// sysSchedProtect is _sched_protect(priority). Errors: EINVAL, ENOENT, EPERM.
func sysSchedProtect(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return retInt(l.SchedProtect(int32(a[0])))
}

// sysSchedYield is sched_yield(2).
func sysSchedYield(l *kern.LWP, _ *kern.Args) (kern.Retval, abi.Errno) {
	l.Yield()
	return retErr(abi.OK)
}

// sysCompat43Getdtablesize is getdtablesize(2): how many descriptors the process can have.
func sysCompat43Getdtablesize(l *kern.LWP, _ *kern.Args) (kern.Retval, abi.Errno) {
	return retInt(orlim(l.Proc.Limits[abi.RLIMIT_NOFILE].Cur), abi.OK)
}

// sysCompat43Getpagesize is getpagesize(2).
func sysCompat43Getpagesize(l *kern.LWP, _ *kern.Args) (kern.Retval, abi.Errno) {
	return retID(uint32(l.Proc.Arch.PageSize))
}
