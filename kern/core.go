package kern

import (
	"golang.org/x/sys/unix"

	"nbemu/abi"
)

// CoredumpVec writes a core file of l's process, which is l's own or stopped, and gives its name (coredump_vec).
// pattern, if not empty, is used in place of the process's. Errors: EFBIG over RLIMIT_CORE, EPERM for set-id
// programs, those of opening and writing. Preconditions: kernel lock.
type CoredumpVec func(l *LWP, pattern string) (name string, err abi.Errno)

// Setidcore is kern.coredump.setid: whether and how programs that changed their ids dump core.
type Setidcore struct {
	Dump               int32
	Path               string
	Owner, Group, Mode int32
}

// Sigctx is the last signal that a program could not handle (struct sigctx).
type Sigctx struct {
	LWP  int32
	Info Ksiginfo
}

// CoreName is the pattern for a process's core file (pl_corename).
func (p *Proc) CoreName() string {
	if p.corename != "" {
		return p.corename
	}
	return p.K.DefCorename
}

// SetCoreName sets that pattern.
func (p *Proc) SetCoreName(pattern string) { p.corename = pattern }

// Sigsets collects what the process's LWPs have pending and blocked, and what it ignores and catches.
func (p *Proc) Sigsets() (pending, mask, ignored, caught abi.Sigset) {
	pending = p.Sigpend.set
	for _, l := range p.LWPs {
		pending.Plus(l.Sigpend.set)
		mask.Plus(l.Sigmask)
	}
	for sig := abi.Signal(1); sig < abi.MaxSig; sig++ {
		switch h := p.Sigacts.Act[sig].Handler; {
		case p.ignored(sig):
			ignored.Add(sig)
		case h != SigDfl && h != SigIgn:
			caught.Add(sig)
		}
	}
	return pending, mask, ignored, caught
}

// OwnPending is what was sent to the LWP alone.
func (l *LWP) OwnPending() abi.Sigset { return l.Sigpend.set }

// Exited says that the LWP has ended and only waits for _lwp_wait.
func (l *LWP) Exited() bool { return l.zombie }

// hostCoreLimit is RLIMIT_CORE of the first process: nbemu's own, so that core files appear where the user's
// shell allows them (ulimit -c) and nowhere else. A deterministic machine depends on no shell.
func (k *Kernel) hostCoreLimit() abi.Rlimit {
	if k.IsDeterministic() {
		return abi.Rlimit{Max: abi.RLIM_INFINITY}
	}
	var r unix.Rlimit
	if unix.Getrlimit(unix.RLIMIT_CORE, &r) != nil {
		return abi.Rlimit{}
	}
	one := func(v uint64) uint64 { return min(v, uint64(abi.RLIM_INFINITY)) }
	return abi.Rlimit{Cur: one(uint64(r.Cur)), Max: one(uint64(r.Max))}
}

// dumpcore writes the core file of a program that sig ends, and says how the wait status shows that.
func (l *LWP) dumpcore(sig abi.Signal, ksi *Ksiginfo) (flag int32, file string, err abi.Errno) {
	p := l.Proc
	if p.sigProp(sig)&abi.PropCore == 0 {
		return 0, "", abi.OK
	}
	if p.Sigctx.Info != *ksi {
		p.Sigctx = Sigctx{Info: *ksi}
	}
	if file, err = l.K.CoredumpVec(l, ""); err != abi.OK {
		return 0, "", err
	}
	p.Acflag |= abi.ACORE
	return abi.WCOREFLAG, file, abi.OK
}
