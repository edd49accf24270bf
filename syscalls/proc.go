package syscalls

import (
	"slices"

	"nbemu/abi"
	"nbemu/kern"
)

// Processes: fork(2), vfork(2), clone(2), exit(2), wait(2), kill(2).

func sysExit(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	l.Exit1(abi.W_EXITCODE(int(int32(a[0])), 0))
	return kern.Retval{}, abi.EJUSTRETURN
}

func forked(c *kern.Proc, err abi.Errno) (kern.Retval, abi.Errno) {
	if err != abi.OK {
		return kern.Retval{}, err
	}
	return kern.Retval{R0: uint64(c.PID)}, abi.OK
}

func sysFork(l *kern.LWP, _ *kern.Args) (kern.Retval, abi.Errno) {
	return forked(l.Fork(0, abi.SIGCHLD, 0))
}

func sysVfork(l *kern.LWP, _ *kern.Args) (kern.Retval, abi.Errno) {
	return forked(l.Fork(kern.ForkPpwait|kern.ForkShareVM, abi.SIGCHLD, 0))
}

func sysVfork14(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) { return sysVfork(l, a) }

// Flags of clone (sys/sched.h).
const (
	cloneCsignal = 0x000000ff
	cloneVM      = 0x00000100
	cloneFS      = 0x00000200
	cloneFiles   = 0x00000400
	cloneSighand = 0x00000800
	clonePID     = 0x00001000
	clonePtrace  = 0x00002000
	cloneVfork   = 0x00004000
)

// sysClone is __clone(flags, stack): a process that shares what the flags say.
func sysClone(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	fl, flags := a[0], 0
	sig := abi.Signal(fl & cloneCsignal)
	if fl&(clonePID|clonePtrace) != 0 || fl&cloneSighand != 0 && fl&cloneVM == 0 || sig >= abi.NSIG {
		return kern.Retval{}, abi.EINVAL
	}
	for _, m := range []struct {
		bit  uint64
		flag int
	}{{cloneVM, kern.ForkShareVM}, {cloneFS, kern.ForkShareCwd}, {cloneFiles, kern.ForkShareFiles},
		{cloneSighand, kern.ForkShareSigs}, {cloneVfork, kern.ForkPpwait}} {
		if fl&m.bit != 0 {
			flags |= m.flag
		}
	}
	return forked(l.Fork(flags, sig, a[1]))
}

// waitArgs turns wait4's pid into an id type.
func waitArgs(l *kern.LWP, pid int32) (idtype, id int32) {
	switch {
	case pid == -1:
		return abi.P_ALL, 0
	case pid == 0:
		return abi.P_PGID, l.Proc.Pgrp.ID
	case pid < 0:
		return abi.P_PGID, -pid
	}
	return abi.P_PID, pid
}

const wait4Options = abi.WNOHANG | abi.WUNTRACED | abi.WALTSIG | abi.WALLSIG | abi.WCONTINUED | abi.WEXITED |
	abi.WTRAPPED | abi.WNOWAIT

// wait4 waits for one of the children that pid names. Errors: EINVAL, ECHILD, EINTR.
func wait4(l *kern.LWP, pid, options int32) (kern.WaitResult, abi.Errno) {
	if options&^wait4Options != 0 {
		return kern.WaitResult{}, abi.EINVAL
	}
	idtype, id := waitArgs(l, pid)
	return l.Wait(idtype, id, options|abi.WEXITED|abi.WTRAPPED)
}

// sysWait450 is wait4(pid, status *int, options, rusage *).
func sysWait450(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	r, err := wait4(l, int32(a[0]), int32(a[2]))
	if err != abi.OK || r.PID == 0 {
		return kern.Retval{}, err
	}
	if a[1] != 0 {
		if err = l.CopyoutInt32(a[1], r.Status); err != abi.OK {
			return kern.Retval{}, err
		}
	}
	if a[3] != 0 {
		err = l.CopyoutStruct(a[3], &r.Ru.Self)
	}
	return kern.Retval{R0: uint64(r.PID)}, err
}

// sysWait6 is wait6(idtype, id, status *int, options, wrusage *, siginfo *).
func sysWait6(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	options := int32(a[3])
	if options&^wait4Options != 0 || options&(abi.WEXITED|abi.WTRAPPED|abi.WSTOPPED|abi.WCONTINUED) == 0 {
		return kern.Retval{}, abi.EINVAL
	}
	r, err := l.Wait(int32(a[0]), int32(a[1]), options)
	if err != abi.OK {
		return kern.Retval{}, err
	}
	if a[5] != 0 {
		var si abi.Siginfo
		if r.PID != 0 {
			si = abi.Siginfo{Signo: abi.SIGCHLD, Code: r.Code, Pid: r.PID, Uid: r.Uid, Status: r.Value}
		}
		var b [abi.SiginfoSize]byte
		if r.PID != 0 {
			si.Put(l.Model(), b[:])
		}
		if err = l.Copyout(b[:], a[5]); err != abi.OK {
			return kern.Retval{}, err
		}
	}
	if r.PID == 0 {
		return kern.Retval{}, abi.OK
	}
	if a[2] != 0 {
		if err = l.CopyoutInt32(a[2], r.Status); err != abi.OK {
			return kern.Retval{}, err
		}
	}
	if a[4] != 0 {
		err = l.CopyoutStruct(a[4], &r.Ru)
	}
	return kern.Retval{R0: uint64(r.PID)}, err
}

// sysKill is kill(2): a process, the caller's group (0), all (-1) or a group (-pgid).
func sysKill(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	ksi := kern.Ksiginfo{Signo: abi.Signal(int32(a[1])), Code: abi.SI_USER, Pid: l.Proc.PID, Uid: l.Proc.Cred.Euid}
	return kern.Retval{}, kill(l, int32(a[0]), &ksi)
}

func kill(l *kern.LWP, pid int32, ksi *kern.Ksiginfo) abi.Errno {
	if ksi.Signo < 0 || ksi.Signo >= abi.NSIG {
		return abi.EINVAL
	}
	return Kill(l, pid, ksi)
}

// Kill is kill(2) with any signal that the kernel knows, also one that only other systems have. Errors: ESRCH, EPERM.
func Kill(l *kern.LWP, pid int32, ksi *kern.Ksiginfo) abi.Errno {
	if pid > 0 {
		p := l.K.PfindAny(pid)
		if p == nil {
			return abi.ESRCH
		}
		return killOne(l, p, ksi)
	}
	if pid != -1 {
		return killpg(l, -pid, ksi)
	}
	targets := slices.DeleteFunc(l.K.Procs(), func(p *kern.Proc) bool { return p == l.Proc })
	return killAll(l, targets, ksi)
}

// killpg signals the processes of a group, the caller's own for 0. Error: ESRCH.
func killpg(l *kern.LWP, pgid int32, ksi *kern.Ksiginfo) abi.Errno {
	g := l.Proc.Pgrp
	if pgid != 0 {
		g = l.K.FindPgrp(pgid)
	}
	if g == nil {
		return abi.ESRCH
	}
	return killAll(l, slices.Clone(g.Members), ksi)
}

// killAll signals those of targets that the caller may signal. Error: ESRCH, also when there are some, and it may signal
// none (killpg1).
func killAll(l *kern.LWP, targets []*kern.Proc, ksi *kern.Ksiginfo) abi.Errno {
	err := abi.ESRCH
	for _, p := range targets {
		if killOne(l, p, ksi) == abi.OK {
			err = abi.OK
		}
	}
	return err
}

func killOne(l *kern.LWP, p *kern.Proc, ksi *kern.Ksiginfo) abi.Errno {
	if !l.MaySignal(p) && !(ksi.Signo == abi.SIGCONT && p.Pgrp != nil && p.Pgrp.Session == l.Proc.Pgrp.Session && l.Reaches(p)) {
		return abi.EPERM
	}
	if ksi.Signo == 0 {
		return abi.OK
	}
	return p.Kpsignal(ksi, nil)
}

// sysSigqueueinfo is sigqueueinfo(pid, siginfo *).
func sysSigqueueinfo(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	var b [abi.SiginfoSize]byte
	if err := l.Copyin(b[:], a[1]); err != abi.OK {
		return kern.Retval{}, err
	}
	var si abi.Siginfo
	si.Get(l.Model(), b[:])
	pid := int32(a[0])
	if uint32(si.Signo) >= abi.NSIG {
		return kern.Retval{}, abi.EINVAL
	}
	// To itself a process can say anything; to others who it is, and what kill and sigqueue say (kill1).
	if pid != l.Proc.PID && (si.Kind() != abi.SiginfoRT || si.Pid != l.Proc.PID || si.Uid != l.Proc.Cred.Euid ||
		si.Code != abi.SI_USER && si.Code != abi.SI_QUEUE) {
		return kern.Retval{}, abi.EPERM
	}
	return kern.Retval{}, kill(l, pid, &si)
}
