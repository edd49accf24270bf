package linux

import (
	"slices"

	"nbemu/abi"
	"nbemu/kern"
	"nbemu/vfs"
)

// Descriptors for processes (kernel/pid.c, kernel/signal.c).

const (
	pidfdNonblock = oNonblock
	pidfdThread   = oExcl

	// Whom pidfd_send_signal sends to, if not what the descriptor is for.
	toThread  = 1
	toProcess = 2
	toGroup   = 4
	pPidfd    = 3 // P_PIDFD of waitid

	// PIDFD_GET_INFO, without the size of its argument, that of the first version, and what there is to ask for: number,
	// credentials, control group, how it ended.
	pidfdGetInfo    = 0xc000ff0b
	ioctlSizeMask   = 0x3fff0000
	pidfdInfoSize   = 64
	pidfdInfoPid    = 1
	pidfdInfoCreds  = 2
	pidfdInfoCgroup = 4
	pidfdInfoExit   = 8
)

// pidfdInfo is struct pidfd_info.
type pidfdInfo struct {
	Mask, Cgroup                                     uint64
	Pid, Tgid, Ppid                                  int32
	Ruid, Rgid, Euid, Egid, Suid, Sgid, Fsuid, Fsgid uint32
	ExitCode                                         int32
	CoredumpMask, CoredumpSignal                     uint32
}

// pidfdInfoIoctl is PIDFD_GET_INFO with an argument of any size. Errors: EINVAL, EFAULT, ESRCH for a process that was
// waited for, of which only the status is left.
func pidfdInfoIoctl(l *kern.LWP, p *kern.Proc, cmd uint32, va uint64) abi.Errno {
	size := uint64(cmd & ioctlSizeMask >> 16)
	if va == 0 || size < pidfdInfoSize {
		return abi.EINVAL
	}
	var mask uint64
	if err := l.CopyinStruct(va, &mask); err != abi.OK {
		return err
	}
	var x pidfdInfo
	if pidOut(l, p.PID) == 0 {
		return abi.ESRCH // it is not in the caller's namespace
	}
	if p.Reaped() {
		if mask&pidfdInfoExit == 0 {
			return abi.ESRCH
		}
		x.Mask, x.ExitCode = pidfdInfoExit, waitStatusOf(l, p)
	} else {
		c := p.Cred
		x = pidfdInfo{Mask: pidfdInfoPid | pidfdInfoCreds, Pid: pidOut(l, p.PID), Tgid: pidOut(l, p.PID), Ppid: pidOut(l, p.Getppid()), Ruid: c.Ruid, Rgid: c.Rgid,
			Euid: c.Euid, Egid: c.Egid, Suid: c.Svuid, Sgid: c.Svgid, Fsuid: c.ForFiles().Euid, Fsgid: c.ForFiles().Egid}
	}
	b := l.Model().Bytes(&x)
	return l.Copyout(b[:min(size, uint64(len(b)))], va)
}

// waitStatusOf is the status of a process that has ended, in the caller's numbers.
func waitStatusOf(l *kern.LWP, p *kern.Proc) int32 { return machineOf(l).statusOut(int32(p.Xstat)) }

// pidfdProc is the process that a descriptor stands for. Errors: EBADF for another kind of file, ESRCH when nobody is
// left of the process.
func pidfdProc(l *kern.LWP, fd uint64) (*kern.Proc, abi.Errno) {
	f, err := l.Getfile(int32(fd))
	if err != abi.OK {
		return nil, err
	}
	defer f.Done(l)
	p := kern.PidfdProc(f)
	if p == nil {
		p = vfs.ProcOf(f)
	}
	switch {
	case p == nil:
		return nil, abi.EBADF
	case p.Reaped():
		return nil, abi.ESRCH
	}
	return p, abi.OK
}

// installPidfd gives the calling process a descriptor for p.
func installPidfd(l *kern.LWP, p *kern.Proc, flags int32) (int32, abi.Errno) {
	if err := l.Proc.FdRoom(); err != abi.OK {
		return 0, err
	}
	return l.Install(kern.NewPidfd(l, p, nil, oflagsIn(flags)), true)
}

func sysPidfdOpen(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	pid := int32(a[0])
	if uint32(a[1])&^(pidfdNonblock|pidfdThread) != 0 || pid <= 0 {
		return ret(abi.EINVAL)
	}
	p := procOf(l, pid)
	switch {
	case p == nil:
		return ret(abi.ESRCH)
	case a[1]&pidfdThread != 0:
		if err := l.Proc.FdRoom(); err != abi.OK {
			return ret(err)
		}
		t := findTid(p, pid)
		if t == nil {
			t = &kern.LWP{K: l.K, Proc: p} // the first of one that has ended, or of the machine's
		}
		return retFd(l.Install(kern.NewPidfd(l, p, t, oflagsIn(int32(a[1])&pidfdNonblock)), true))
	case p.PID != pid:
		return ret(abi.EINVAL) // it does not lead its process
	}
	return retFd(installPidfd(l, p, int32(a[1])))
}

// pidfdTarget is whom pidfd_send_signal with these flags is to send to: a process, one thread of it if that is not nil, or
// with toGroup the group of its number. Errors: EBADF, EINVAL, ESRCH.
func pidfdTarget(l *kern.LWP, fd, flags uint64) (p *kern.Proc, t *kern.LWP, to uint32, err abi.Errno) {
	if to = uint32(flags); to != 0 && to != toThread && to != toProcess && to != toGroup {
		return nil, nil, 0, abi.EINVAL
	}
	f, err := l.Getfile(int32(fd))
	if err != abi.OK {
		return nil, nil, 0, err
	}
	t = kern.PidfdThread(f)
	f.Done(l)
	if p, err = pidfdProc(l, fd); err != abi.OK {
		return nil, nil, 0, err
	}
	switch {
	case to == 0 && t == nil:
		to = toProcess
	case to == 0:
		to = toThread
	}
	if to != toThread {
		t = nil
	} else if t == nil {
		t = findTid(p, p.PID)
	}
	return p, t, to, abi.OK
}

// sysPidfdSendSignal is kill or tgkill, or rt_sigqueueinfo where there is a siginfo.
func sysPidfdSendSignal(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	p, t, to, err := pidfdTarget(l, a[0], a[3])
	if err != abi.OK {
		return ret(err)
	}
	sig, err := sigArg(l, a[1])
	if err != abi.OK {
		return ret(err)
	}
	if pidOut(l, p.PID) == 0 {
		return ret(abi.EINVAL) // it is not in the caller's namespace
	}
	ksi := &kern.Ksiginfo{Signo: sig, Code: abi.SI_USER, Pid: l.Proc.PID, Uid: l.Proc.Cred.Ruid}
	if to == toThread {
		ksi.Code = abi.SI_LWP
	}
	if a[2] != 0 {
		var b [siginfoLen]byte
		if err := l.Copyin(b[:], a[2]); err != abi.OK {
			return ret(err)
		}
		m := machineOf(l)
		if m.sigGeneric(int32(l.Model().Uint(b[:], 4))) != int32(a[1]) {
			return ret(abi.EINVAL)
		}
		if ksi, err = queued(l, a[1], a[2], p == l.Proc && to != toGroup); err != abi.OK {
			return ret(err)
		}
	}
	if to == toGroup {
		g := l.K.FindPgrp(p.PID)
		if g == nil {
			return ret(abi.ESRCH)
		}
		return ret(killAll(l, slices.Clone(g.Members), ksi, -g.ID))
	}
	if to == toThread && (t == nil || !t.Live() || t.ID == 0) {
		ksi = &kern.Ksiginfo{} // it has ended
	}
	return ret(kill(l, p, ksi, t))
}

// sysProcessMrelease is process_mrelease(pidfd, flags): the memory of a process that a signal has ended goes at once, which
// it does here in any case. Errors: EBADF, EINVAL for one that is not ending, ESRCH where there is no memory any more.
func sysProcessMrelease(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	if uint32(a[1]) != 0 {
		return ret(abi.EINVAL)
	}
	p, err := pidfdProc(l, a[0])
	switch {
	case err != abi.OK:
		return ret(err)
	case p.Zombie:
		return ret(abi.ESRCH)
	case p.Exiting == nil && !p.PendingSet().Has(abi.SIGKILL):
		return ret(abi.EINVAL)
	}
	return ret(abi.OK)
}

// sysPidfdGetfd gives the caller a descriptor of another process's open file.
func sysPidfdGetfd(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	if uint32(a[2]) != 0 {
		return ret(abi.EINVAL)
	}
	p, err := pidfdProc(l, a[0])
	if err != abi.OK {
		return ret(err)
	}
	if p.Zombie {
		return ret(abi.ESRCH)
	}
	if p != l.Proc && !l.MayTrace(p) {
		return ret(abi.EPERM)
	}
	f := p.Fd.Get(int32(a[1]))
	if f == nil {
		return ret(abi.EBADF)
	}
	if err := l.Proc.FdRoom(); err != abi.OK {
		return ret(err)
	}
	return retFd(l.Install(f.Ref(), true))
}
