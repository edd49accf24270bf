package linux

import (
	"nbemu/abi"
	"nbemu/kern"
	"nbemu/vfs"
)

// Descriptors for processes (kernel/pid.c, kernel/signal.c).

const (
	pidfdNonblock = oNonblock
	pPidfd        = 3 // P_PIDFD of waitid
)

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
	return l.Install(kern.NewPidfd(l, p, oflagsIn(flags)), true)
}

func sysPidfdOpen(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	pid := int32(a[0])
	if uint32(a[1])&^pidfdNonblock != 0 || pid <= 0 {
		return ret(abi.EINVAL)
	}
	p := l.K.PfindAny(pid)
	if p == nil {
		if findTask(l, pid) != nil {
			return ret(abi.EINVAL) // it does not lead its process
		}
		return ret(abi.ESRCH)
	}
	return retFd(installPidfd(l, p, int32(a[1])))
}

// sysPidfdSendSignal is kill, or rt_sigqueueinfo where there is a siginfo.
func sysPidfdSendSignal(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	if uint32(a[3]) != 0 {
		return ret(abi.EINVAL)
	}
	p, err := pidfdProc(l, a[0])
	if err != abi.OK {
		return ret(err)
	}
	sig, err := sigArg(l, a[1])
	if err != abi.OK {
		return ret(err)
	}
	ksi := &kern.Ksiginfo{Signo: sig, Code: abi.SI_USER, Pid: l.Proc.PID, Uid: l.Proc.Cred.Ruid}
	if a[2] != 0 {
		var b [siginfoLen]byte
		if err := l.Copyin(b[:], a[2]); err != abi.OK {
			return ret(err)
		}
		m := machineOf(l)
		if m.sigGeneric(int32(l.Model().Uint(b[:], 4))) != int32(a[1]) {
			return ret(abi.EINVAL)
		}
		if ksi, err = queued(l, a[1], a[2], p == l.Proc); err != abi.OK {
			return ret(err)
		}
	}
	switch {
	case !l.Proc.Cred.CanSignal(p.Cred):
		return ret(abi.EPERM)
	case sig == 0:
		return ret(abi.OK)
	}
	return ret(p.Kpsignal(ksi, nil))
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
	if p != l.Proc && !l.Proc.Cred.CanTrace(p.Cred) {
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
