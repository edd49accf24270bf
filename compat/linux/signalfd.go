package linux

import (
	"time"

	"nbemu/abi"
	"nbemu/kern"
)

// signalfd: signals that a program blocks and reads.
type signalfd struct {
	kern.BadOps
	set  abi.Sigset
	proc *kern.Proc // whose signals wake those that wait by epoll: who made it
}

// signalfdInfo is struct signalfd_siginfo.
type signalfdInfo struct {
	Signo         uint32
	Errno, Code   int32
	Pid, Uid      uint32
	Fd            int32
	Tid, Band     uint32
	Overrun, Trap uint32
	Status, Int   int32
	Ptr           uint64
	Utime, Stime  uint64
	Addr          uint64
	_             [48]uint8
}

const signalfdInfoSize = 128

func (*signalfd) Type() string { return "signalfd" }

// Read gives as many signals as are pending and fit. Error: EINVAL for room for none.
func (s *signalfd) Read(l *kern.LWP, f *kern.File, u *kern.Uio) abi.Errno {
	if u.Resid < signalfdInfoSize {
		return abi.EINVAL
	}
	got := false
	for u.Resid >= signalfdInfoSize {
		ksi, ok := l.SigTake(s.set)
		if ok {
			got = true
			if _, err := u.Move(l.Model().Bytes(machineOf(l).signalfdOut(&ksi))); err != abi.OK {
				return err
			}
			continue
		}
		switch {
		case got:
			return abi.OK
		case f.Nonblock():
			return abi.EAGAIN
		}
		if err := f.Sleep(l, &l.Proc.SigSel().Q, "signalfd", time.Time{}); err != abi.OK {
			return err
		}
	}
	return abi.OK
}

// sivalInt is sival_int of what came with a signal, which shares its place with a pointer.
func (m *Machine) sivalInt(ksi *kern.Ksiginfo) int32 {
	return int32(ksi.Value >> m.sivalShift())
}

// sivalShift is how far sival_int is above the lowest bit of the pointer.
func (m *Machine) sivalShift() int {
	if l := m.model(); l.BigEndian && l.PtrSize == 8 {
		return 32
	}
	return 0
}

// siSigio is SI_SIGIO.
const siSigio = -5

// signalfdOut tells of a signal what siginfo_t would.
func (m *Machine) signalfdOut(ksi *kern.Ksiginfo) *signalfdInfo {
	o := &signalfdInfo{Signo: uint32(m.sigOut(ksi.Signo)), Errno: ksi.Errno, Code: m.codeOut(ksi.Code)}
	if o.Code == siSigio { // what it is about is in the place of a file's, whatever a program gave
		o.Band, o.Fd = uint32(ksi.Pid), m.sivalInt(ksi)
		if m.model().PtrSize == 4 {
			o.Fd = int32(ksi.Uid)
		}
		return o
	}
	switch kindOf(ksi) {
	case abi.SiginfoFault:
		o.Addr, o.Trap = uint64(ksi.Addr), uint32(ksi.Trap)
	case abi.SiginfoPoll:
		o.Band, o.Fd = uint32(ksi.Band), ksi.Fd
	case abi.SiginfoChild:
		o.Pid, o.Uid, o.Status = uint32(ksi.Pid), ksi.Uid, ksi.Status
		if ksi.Code != abi.CLD_EXITED {
			o.Status = m.sigOut(abi.Signal(ksi.Status))
		}
		o.Utime, o.Stime = uint64(ksi.Utime), uint64(ksi.Stime)
	default:
		if ksi.Code == abi.SI_TIMER {
			o.Tid, o.Overrun = uint32(ksi.Fd), uint32(ksi.Band)
		} else {
			o.Pid, o.Uid = uint32(ksi.Pid), ksi.Uid
		}
		o.Ptr, o.Int = uint64(ksi.Value), m.sivalInt(ksi)
	}
	return o
}

func (s *signalfd) Poll(l *kern.LWP, _ *kern.File, events int16, sr *kern.SelRecord) int16 {
	if !l.Pending().And(s.set).Empty() {
		return events & (abi.POLLIN | abi.POLLRDNORM)
	}
	sr.Record(l.Proc.SigSel())
	return 0
}

func (s *signalfd) Kqfilter(_ *kern.File, kn *kern.Knote) abi.Errno {
	if kn.Kev.Filter != abi.EVFILT_READ {
		return abi.EINVAL
	}
	kn.Attach(&s.proc.SigSel().Klist, func(*kern.Knote, int64) bool {
		for _, l := range s.proc.LWPs {
			if !l.Pending().And(s.set).Empty() {
				return true
			}
		}
		return false
	})
	return abi.OK
}

func (*signalfd) Stat(_ *kern.LWP, _ *kern.File, st *abi.Stat) abi.Errno {
	*st = abi.Stat{Mode: 0600, Blksize: 4096}
	return abi.OK
}

// sysSignalfd4 is signalfd4(fd, mask, size, flags): a descriptor for the signals in mask, or another mask for fd.
// Errors: EINVAL, EBADF.
func sysSignalfd4(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	flags := int32(a[3])
	if flags&^(oCloexec|oNonblock) != 0 || !rightSet(l, a[2]) {
		return ret(abi.EINVAL)
	}
	set, err := maskAt(l, a[1], a[2])
	if err != abi.OK {
		return ret(err)
	}
	if set == nil {
		return ret(abi.EFAULT)
	}
	set.Minus(abi.CantMask)
	if fd := int32(a[0]); fd != -1 {
		f := l.Proc.Fd.Get(fd)
		if f == nil || f.OnlyNames() {
			return ret(abi.EBADF)
		}
		s, ok := f.Ops.(*signalfd)
		if !ok {
			return ret(abi.EINVAL)
		}
		s.set = *set
		l.Proc.SigSel().Notify(0)
		return retInt(int64(fd))
	}
	f := kern.NewFile(l, &signalfd{set: *set, proc: l.Proc}, abi.FREAD|abi.FWRITE|oflagsIn(flags&oNonblock)&abi.O_NONBLOCK)
	return retFd(l.Install(f, flags&oCloexec != 0))
}

func sysSignalfd(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return sysSignalfd4(l, &kern.Args{a[0], a[1], a[2], 0})
}
