package linux

import (
	"slices"
	"time"

	"nbemu/abi"
	"nbemu/kern"
)

// Signals.

// linuxSigaction is struct sigaction as the kernel has it.
type linuxSigaction struct {
	Handler  abi.Ptr
	Flags    abi.ULong
	Restorer abi.Ptr
	Mask     abi.Sigset
}

// The order of its members is handler, flags, restorer where there is one, mask; or the flags, an int, before the handler.

func (m *Machine) actionSize() int {
	n := 2*m.model().PtrSize + m.setSize()
	if m.restorer {
		n += m.model().PtrSize
	}
	return n
}

func (m *Machine) getAction(l *kern.LWP, va uint64) (*linuxSigaction, abi.Errno) {
	b := make([]byte, m.actionSize())
	if err := l.Copyin(b, va); err != abi.OK {
		return nil, err
	}
	return m.actionFrom(b), abi.OK
}

// actionFrom is the machine's struct sigaction.
func (m *Machine) actionFrom(b []byte) *linuxSigaction {
	model := m.model()
	p := model.PtrSize
	a := &linuxSigaction{Handler: abi.Ptr(model.Ptr(b)), Flags: abi.ULong(model.Ptr(b[p:]))}
	if m.flagsFirst {
		a.Handler, a.Flags = abi.Ptr(model.Ptr(b[p:])), abi.ULong(model.Uint(b, 4))
	}
	a.Flags = abi.ULong(bitsIn(m.saFlags, uint64(a.Flags)))
	if m.restorer {
		a.Restorer = abi.Ptr(model.Ptr(b[2*p:]))
	}
	a.Mask = getMask(m, b[len(b)-m.setSize():])
	return a
}

func (m *Machine) putAction(l *kern.LWP, va uint64, a *linuxSigaction) abi.Errno {
	b := make([]byte, m.actionSize())
	model := l.Model()
	p := model.PtrSize
	flags := bitsOut(m.saFlags, uint64(a.Flags))
	if m.flagsFirst {
		model.PutUint(b, 4, flags)
		model.PutPtr(b[p:], uint64(a.Handler))
	} else {
		model.PutPtr(b, uint64(a.Handler))
		model.PutPtr(b[p:], flags)
	}
	if m.restorer {
		model.PutPtr(b[2*p:], uint64(a.Restorer))
	}
	putMask(m, b[len(b)-m.setSize():], a.Mask)
	return l.Copyout(b, va)
}

const (
	saNocldstop = 1
	saNocldwait = 2
	saSiginfo   = 4
	saRestorer  = 0x04000000
	saOnstack   = 0x08000000
	saRestart   = 0x10000000
	saNodefer   = 0x40000000
	saResethand = 0x80000000
)

var saFlags = []struct {
	linux abi.ULong
	bsd   int32
}{
	{saNocldstop, abi.SA_NOCLDSTOP}, {saNocldwait, abi.SA_NOCLDWAIT}, {saSiginfo, abi.SA_SIGINFO}, {saOnstack, abi.SA_ONSTACK},
	{saRestart, abi.SA_RESTART}, {saNodefer, abi.SA_NODEFER}, {saResethand, abi.SA_RESETHAND},
}

func (a *linuxSigaction) in() *kern.Sigact {
	s := &kern.Sigact{}
	s.Handler, s.Mask = a.Handler, a.Mask
	for _, f := range saFlags {
		if a.Flags&f.linux != 0 {
			s.Flags |= f.bsd
		}
	}
	if a.Flags&saRestorer != 0 {
		s.Tramp = uint64(a.Restorer)
	}
	return s
}

func actionOut(s *kern.Sigact) (a linuxSigaction) {
	a.Handler, a.Mask = s.Handler, s.Mask
	for _, f := range saFlags {
		if s.Flags&f.bsd != 0 {
			a.Flags |= f.linux
		}
	}
	if s.Tramp != 0 {
		a.Flags |= saRestorer
		a.Restorer = abi.Ptr(s.Tramp)
	}
	return a
}

// maxSetSize is the size of the largest set of signals of all machines.
const maxSetSize = 16

// rightSet reports whether a size is that of a set of signals.
func rightSet(l *kern.LWP, size uint64) bool { return size == uint64(machineOf(l).setSize()) }

func sysRtSigaction(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return rtSigaction(l, a, 0)
}

// sysSparcRtSigaction has the restorer as an argument of its own.
func sysSparcRtSigaction(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return rtSigaction(l, &kern.Args{a[0], a[1], a[2], a[4]}, a[3])
}

func rtSigaction(l *kern.LWP, a *kern.Args, restorer uint64) (kern.Retval, abi.Errno) {
	n := int32(a[0])
	m := machineOf(l)
	if !rightSet(l, a[3]) || n < 1 || n > m.lastSignal() || sigIn(n) == 0 {
		return ret(abi.EINVAL)
	}
	var act *kern.Sigact
	if a[1] != 0 {
		na, err := m.getAction(l, a[1])
		if err != abi.OK {
			return ret(err)
		}
		if act = na.in(); m.restorerArg {
			act.Tramp = restorer
		}
	}
	o, err := l.Proc.SetSigact(sigIn(n), act)
	if err != abi.OK {
		return ret(err)
	}
	if a[2] != 0 {
		if m.restorerArg {
			o.Tramp = 0
		}
		old := actionOut(&o)
		return ret(m.putAction(l, a[2], &old))
	}
	return ret(abi.OK)
}

// maskAt reads a set of signals; nil for a null pointer. Error: EINVAL for another size.
func maskAt(l *kern.LWP, va, size uint64) (*abi.Sigset, abi.Errno) {
	if va == 0 {
		return nil, abi.OK
	}
	if !rightSet(l, size) {
		return nil, abi.EINVAL
	}
	var b [maxSetSize]byte
	err := l.Copyin(b[:size], va)
	s := getMask(machineOf(l), b[:])
	return &s, err
}

func sysRtSigprocmask(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	if !rightSet(l, a[3]) {
		return ret(abi.EINVAL)
	}
	old := l.Sigmask
	set, err := maskAt(l, a[1], a[3])
	if err != abi.OK {
		return ret(err)
	}
	if set != nil {
		switch int32(a[0]) {
		case 0:
			l.SetSigmask(old.Or(*set))
		case 1:
			l.SetSigmask(old.AndNot(*set))
		case 2:
			l.SetSigmask(*set)
		default:
			return ret(abi.EINVAL)
		}
	}
	if a[2] != 0 {
		var b [maxSetSize]byte
		putMask(machineOf(l), b[:], old)
		return ret(l.Copyout(b[:a[3]], a[2]))
	}
	return ret(abi.OK)
}

func sysRtSigpending(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	if a[1] > uint64(machineOf(l).setSize()) {
		return ret(abi.EINVAL)
	}
	var b [maxSetSize]byte
	putMask(machineOf(l), b[:], l.Pending().And(l.Sigmask))
	return ret(l.Copyout(b[:a[1]], a[0]))
}

func sysRtSigsuspend(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	set, err := maskAt(l, a[0], a[1])
	if err == abi.OK && set == nil {
		err = abi.EFAULT
	}
	if err != abi.OK {
		return ret(err)
	}
	return ret(l.Sigsuspend(*set))
}

func sysPause(l *kern.LWP, _ *kern.Args) (kern.Retval, abi.Errno) {
	return ret(l.Sigsuspend(l.Sigmask))
}

func sysRtSigtimedwait(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	set, err := maskAt(l, a[0], a[3])
	if err == abi.OK && set == nil {
		err = abi.EFAULT
	}
	if err != abi.OK {
		return ret(err)
	}
	to, err := timeoutAt(l, a[2])
	if err != abi.OK {
		return ret(err)
	}
	ksi, err := l.Sigtimedwait(*set, to.deadline, to.poll)
	if err == abi.ECANCELED || err == abi.ERESTART {
		err = abi.EINTR
	}
	if err != abi.OK {
		return ret(err)
	}
	if a[1] != 0 {
		var b [siginfoLen]byte
		putSiginfo(machineOf(l), b[:], &ksi)
		if err = l.Copyout(b[:], a[1]); err != abi.OK {
			return ret(err)
		}
	}
	return retInt(int64(machineOf(l).sigOut(ksi.Signo)))
}

func setAltStack(l *kern.LWP, s *stackT) abi.Errno {
	m := machineOf(l)
	auto := s.Flags & ssAutodisarm
	switch s.Flags &^ ssAutodisarm {
	case ssDisable:
		l.Sigstk = abi.StackT{Flags: abi.SS_DISABLE | auto}
	case 0, ssOnstack:
		if s.Size < m.minStack() {
			return abi.ENOMEM
		}
		l.Sigstk = abi.StackT{Sp: s.Sp, Size: s.Size, Flags: auto}
	default:
		return abi.EINVAL
	}
	return abi.OK
}

// minSigStack is MINSIGSTKSZ where a machine has no other.
const minSigStack = 2048

func (m *Machine) minStack() abi.Size {
	if m.minSigStack != 0 {
		return m.minSigStack
	}
	return minSigStack
}

func sysSigaltstack(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	sp := userSP(l)
	old := altStack(l, sp)
	if a[0] != 0 {
		b := make([]byte, machineOf(l).stackSize())
		if err := l.Copyin(b, a[0]); err != abi.OK {
			return ret(err)
		}
		s := machineOf(l).getStack(b)
		if old.Flags&ssOnstack != 0 {
			return ret(abi.EPERM)
		}
		if err := setAltStack(l, &s); err != abi.OK {
			return ret(err)
		}
	}
	if a[1] != 0 {
		return ret(l.Copyout(machineOf(l).stackBytes(&old), a[1]))
	}
	return ret(abi.OK)
}

// sysKill is kill(pid, sig): a process by the number of any of its threads, a group, or all. The process is looked for
// before the signal is.
func sysKill(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	pid := int32(a[0])
	var targets []*kern.Proc
	switch {
	case pid > 0:
		p := procOf(l, pid)
		if p == nil {
			return ret(abi.ESRCH)
		}
		targets = []*kern.Proc{p}
	case pid == -1:
		targets = allOthers(l)
	case pid == -1<<31:
		return ret(abi.ESRCH)
	default:
		g := l.Proc.Pgrp
		if pid != 0 {
			g = l.K.FindPgrp(-pid)
		}
		if g != nil {
			targets = slices.Clone(g.Members)
		}
	}
	if len(targets) == 0 {
		return ret(abi.ESRCH)
	}
	sig, err := sigArg(l, a[1])
	if err != abi.OK {
		return ret(err)
	}
	ksi := &kern.Ksiginfo{Signo: sig, Code: abi.SI_USER, Pid: l.Proc.PID, Uid: l.Proc.Cred.Ruid}
	return ret(killAll(l, targets, ksi, pid))
}

// killAll sends a signal to those of targets that l may signal. It fails if nobody got it, but for kill(-1) where all that
// was wrong is that l may signal none.
func killAll(l *kern.LWP, targets []*kern.Proc, ksi *kern.Ksiginfo, pid int32) abi.Errno {
	var last abi.Errno
	sent := false
	for _, p := range targets {
		s := *ksi
		err := kill(l, p, &s, nil)
		sent = sent || err == abi.OK
		if pid != -1 || err != abi.EPERM {
			last = err
		}
	}
	if sent && pid != -1 {
		return abi.OK
	}
	return last
}

// kill sends a signal to a process, or to one of its threads. Error: EPERM.
func kill(l *kern.LWP, p *kern.Proc, ksi *kern.Ksiginfo, t *kern.LWP) abi.Errno {
	sameSession := ksi.Signo == abi.SIGCONT && p.Pgrp != nil && p.Pgrp.Session == l.Proc.Pgrp.Session && l.Reaches(p)
	switch {
	case !l.MaySignal(p) && !sameSession:
		return abi.EPERM
	case ksi.Signo == 0 || shielded(l, p, ksi.Signo):
		return abi.OK
	}
	return p.Kpsignal(ksi, t)
}

// allOthers are the processes that kill(-1) is for: all of the namespace but its first and the caller's.
func allOthers(l *kern.LWP) (list []*kern.Proc) {
	n := pidNSOf(l)
	if n == nil {
		return slices.DeleteFunc(l.K.Procs(), func(p *kern.Proc) bool { return p == l.Proc || p.PID == 1 })
	}
	for _, e := range n.byNum {
		if e.l == nil && e.p != l.Proc && e.p != n.init && !e.p.Reaped() {
			list = append(list, e.p)
		}
	}
	return list
}

// killThread sends a signal to one thread; tgid 0 leaves open of which process.
func killThread(l *kern.LWP, tgid, tid int32, ksi *kern.Ksiginfo) abi.Errno {
	p := procOf(l, tid)
	if p == nil || tgid != 0 && p.PID != tgid {
		return abi.ESRCH
	}
	t := findTid(p, tid)
	if t == nil {
		ksi = &kern.Ksiginfo{} // one that has ended, or the machine: it may be sent, and does nothing
	}
	return kill(l, p, ksi, t)
}

func tkill(l *kern.LWP, tgid, tid int32, num uint64) (kern.Retval, abi.Errno) {
	if tid <= 0 {
		return ret(abi.EINVAL)
	}
	sig, err := sigArg(l, num)
	if err != abi.OK {
		if p := procOf(l, tid); p == nil || tgid != 0 && p.PID != tgid {
			err = abi.ESRCH
		}
		return ret(err)
	}
	if tgid == l.Proc.PID {
		// The usual case: a thread of our own.
		if t := findTid(l.Proc, tid); t != nil && sig != 0 {
			if err := maySendQueued(l.Proc, sig); err != abi.OK {
				return ret(err)
			}
			ksi := kern.Ksiginfo{Signo: sig, Code: abi.SI_LWP, Pid: l.Proc.PID, Uid: l.Proc.Cred.Ruid}
			return ret(l.Proc.Kpsignal(&ksi, t))
		}
	}
	return ret(killThread(l, tgid, tid, &kern.Ksiginfo{Signo: sig, Code: abi.SI_LWP, Pid: l.Proc.PID, Uid: l.Proc.Cred.Ruid}))
}

func sysTkill(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return tkill(l, 0, int32(a[0]), a[1])
}

func sysTgkill(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	if int32(a[0]) <= 0 {
		return ret(abi.EINVAL)
	}
	return tkill(l, int32(a[0]), int32(a[1]), a[2])
}

// queued reads the siginfo of the calls that send one; own is whether the caller sends it to itself. Errors: EINVAL, EPERM
// for what only the kernel says to others.
func queued(l *kern.LWP, num, va uint64, own bool) (*kern.Ksiginfo, abi.Errno) {
	sig, err := sigArg(l, num)
	if err != abi.OK {
		return nil, err
	}
	var b [siginfoLen]byte
	if err := l.Copyin(b[:], va); err != abi.OK {
		return nil, err
	}
	if code := int32(l.Model().Uint(b[machineOf(l).codeAt():], 4)); !own && (code >= 0 || code == siTkill) {
		return nil, abi.EPERM
	}
	return ksiIn(machineOf(l), b[:], sig), abi.OK
}

// ksiIn makes a signal of the siginfo that a program gives.
func ksiIn(mach *Machine, b []byte, sig abi.Signal) *kern.Ksiginfo {
	m := mach.model()
	u := siginfoUnion(m)
	code := mach.codeIn(int32(m.Uint(b[mach.codeAt():], 4)))
	return &kern.Ksiginfo{Signo: sig, Code: code, Errno: int32(m.Uint(b[12-mach.codeAt():], 4)), Pid: int32(m.Uint(b[u:], 4)), Uid: uint32(m.Uint(b[u+4:], 4)),
		Value: abi.Ptr(m.Ptr(b[u+8:]))}
}

// sysRtSigqueueinfo takes the number of any of a process's threads for that of the process.
func sysRtSigqueueinfo(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	pid := int32(a[0])
	ksi, err := queued(l, a[1], a[2], pid == l.Proc.PID)
	if err != abi.OK {
		return ret(err)
	}
	p := procOf(l, pid)
	if p == nil {
		return ret(abi.ESRCH)
	}
	if err := maySendQueued(p, ksi.Signo); err != abi.OK {
		return ret(err)
	}
	return ret(kill(l, p, ksi, nil))
}

// maySendQueued asks whether another realtime signal can be queued for a process. Error: EAGAIN (RLIMIT_SIGPENDING).
func maySendQueued(p *kern.Proc, sig abi.Signal) abi.Errno {
	if d, ok := p.EmulData.(*procData); ok && d.sigPending != nil && sig >= abi.SIGRTMIN && uint64(p.QueuedSignals()) >= d.sigPending.Cur {
		return abi.EAGAIN
	}
	return abi.OK
}

func sysRtTgsigqueueinfo(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	if int32(a[0]) <= 0 || int32(a[1]) <= 0 {
		return ret(abi.EINVAL)
	}
	ksi, err := queued(l, a[2], a[3], int32(a[1]) == tidOf(l))
	if err != abi.OK {
		return ret(err)
	}
	return ret(killThread(l, int32(a[0]), int32(a[1]), ksi))
}

// timeout says how long a call may sleep.
type timeout struct {
	poll     bool      // not at all
	deadline time.Time // until then; zero: for ever
}

func timeoutIn(l *kern.LWP, d time.Duration) timeout {
	if d <= 0 {
		return timeout{poll: true}
	}
	return timeout{deadline: l.K.Timenow().Add(min(d, 1<<61))}
}

// timeoutAt reads a struct timespec; a null pointer is for ever. Errors: EFAULT, EINVAL.
func timeoutAt(l *kern.LWP, va uint64) (timeout, abi.Errno) {
	if va == 0 {
		return timeout{}, abi.OK
	}
	var ts abi.Timespec
	if err := l.CopyinStruct(va, &ts); err != abi.OK {
		return timeout{}, err
	}
	if !ts.Valid() || ts.Sec < 0 {
		return timeout{}, abi.EINVAL
	}
	return timeoutIn(l, ts.Duration()), abi.OK
}
