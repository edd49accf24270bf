package kern

import (
	"slices"
	"time"

	"nbemu/abi"
)

// Ksiginfo is a signal on its way, with what the handler is told of it.
type Ksiginfo = abi.Siginfo

var noDeadline time.Time

// Handlers that are not addresses.
const (
	SigDfl = 0
	SigIgn = 1
)

// Sigact is a signal's disposition with the trampoline that came with it.
type Sigact struct {
	abi.Sigaction
	Tramp uint64
	Vers  int32
}

// Sigaction is the name sendsig knows it by.
type Sigaction = Sigact

// sigpend is a set of pending signals with their information; realtime signals queue.
type sigpend struct {
	set   abi.Sigset
	queue []Ksiginfo
}

// maxQueued bounds what one process can have queued (SIGQUEUE_MAX).
const maxQueued = 1024

// put makes a signal pending (sigput). Only realtime signals queue; of others the latest information counts.
func (s *sigpend) put(ksi *Ksiginfo) abi.Errno {
	s.set.Add(ksi.Signo)
	if ksi.Code == abi.SI_NOINFO {
		return abi.OK
	}
	if ksi.Signo < abi.SIGRTMIN {
		for i := range s.queue {
			if s.queue[i].Signo == ksi.Signo {
				s.queue[i] = *ksi
				return abi.OK
			}
		}
	}
	if len(s.queue) >= maxQueued {
		return abi.EAGAIN
	}
	s.queue = append(s.queue, *ksi)
	return abi.OK
}

// get removes the oldest pending instance of sig.
func (s *sigpend) get(sig abi.Signal) (ksi Ksiginfo, ok bool) {
	if !s.set.Has(sig) {
		return
	}
	more := false
	at := -1
	for i := range s.queue {
		if s.queue[i].Signo == sig {
			if at < 0 {
				at = i
			} else {
				more = true
				break
			}
		}
	}
	if at >= 0 {
		ksi = s.queue[at]
		s.queue = slices.Delete(s.queue, at, at+1)
	} else {
		ksi = Ksiginfo{Signo: sig, Code: abi.SI_NOINFO}
	}
	if !more {
		s.set.Del(sig)
	}
	return ksi, true
}

func (s *sigpend) clear(sigs abi.Sigset) {
	s.set.Minus(sigs)
	s.queue = slices.DeleteFunc(s.queue, func(k Ksiginfo) bool { return sigs.Has(k.Signo) })
}

var stopSigs = abi.SigsetOf(abi.SIGSTOP, abi.SIGTSTP, abi.SIGTTIN, abi.SIGTTOU)

// sigProp is what a signal does to the process when nothing was arranged for it.
func (p *Proc) sigProp(sig abi.Signal) abi.SigProp {
	if p.Emul != nil && p.Emul.SigProps != nil {
		if prop, ok := p.Emul.SigProps[sig]; ok {
			return prop
		}
	}
	return sig.Prop()
}

// ignored reports whether the process does not want a signal.
func (p *Proc) ignored(sig abi.Signal) bool {
	a := &p.Sigacts.Act[sig]
	if sig == abi.SIGKILL || sig == abi.SIGSTOP {
		return false
	}
	return a.Handler == SigIgn || a.Handler == SigDfl && p.sigProp(sig)&abi.PropIgnore != 0 && sig != abi.SIGCONT
}

// Psignal sends sig to a process with no information.
func (p *Proc) Psignal(sig abi.Signal) {
	p.Kpsignal(&Ksiginfo{Signo: sig, Code: abi.SI_NOINFO}, nil)
}

// Psignal sends sig to the calling LWP, as the kernel does for what the LWP itself did (SIGPIPE).
func (l *LWP) Psignal(sig abi.Signal) {
	ksi := Ksiginfo{Signo: sig, Code: abi.SI_NOINFO}
	if p := l.Proc; p.Emul != nil && p.Emul.OwnSignals {
		ksi = Ksiginfo{Signo: sig, Code: abi.SI_USER, Pid: p.PID, Uid: p.Cred.Ruid}
	}
	l.Proc.Kpsignal(&ksi, l)
}

// PgSignal sends sig to every member of a group; with ctty only to those with a controlling terminal.
func (g *Pgrp) PgSignal(sig abi.Signal, ctty bool) {
	for _, p := range slices.Clone(g.Members) {
		if !ctty || p.Flags&PFControlT != 0 {
			p.Psignal(sig)
		}
	}
}

// Kpsignal posts a signal to a process, or to one LWP of it (kpsignal2). Error: EAGAIN when too many realtime
// signals are queued. Preconditions: kernel lock.
func (p *Proc) Kpsignal(ksi *Ksiginfo, target *LWP) abi.Errno {
	p.K.assertLocked()
	sig := ksi.Signo
	if p == p.K.proc1 || p.Zombie || p.Flags&PFExiting != 0 {
		return abi.OK
	}
	KnoteSignal(p, sig)
	prop := p.sigProp(sig)
	caught, traced := p.caught(sig), p.tracedFor(sig)
	seen := traced || p.tracedLWPs > 0
	if !seen {
		// SIGCONT that is ignored continues a stopped process all the same.
		if p.ignored(sig) && sig != abi.SIGCONT && !p.keeps(sig) {
			p.straceIgnored(ksi)
			return abi.OK
		}
		if prop&abi.PropTTYStop != 0 && !caught && p.Pgrp.Orphaned() && !p.keeps(sig) {
			return abi.OK
		}
	}
	if prop&abi.PropCont != 0 {
		p.clearPending(stopSigs)
	}
	if prop&abi.PropStop != 0 {
		p.clearPending(abi.SigsetOf(abi.SIGCONT))
	}
	if prop&abi.PropCantMask == 0 && p.Flags&PFStopReq == 0 {
		if w := p.sigwaiter(sig, target); w != nil {
			// Somebody waits for just this one; it need not be pending ever.
			k := *ksi
			w.sigwaited, w.sigwait = &k, nil
			w.wakeup()
			return abi.OK
		}
	}
	// Where the first information counts a signal that is pending is not put there again, but does to a stopped process what it does.
	one := target != nil && prop&abi.PropToAll == 0
	pend := &p.Sigpend
	if one {
		pend = &target.Sigpend
	}
	again := sig < abi.SIGRTMIN && pend.set.Has(sig) && p.Emul != nil && p.Emul.FirstPending
	if one {
		if again {
			return abi.OK
		}
		err := pend.put(ksi)
		p.sigSel.Notify(0)
		target.signotify(sig)
		return err
	}
	stopped := p.Flags&PFStopReq != 0
	switch {
	case sig == abi.SIGKILL:
		for _, l := range p.LWPs {
			l.dbgSuspend = false
		}
		p.cont(0)
	case traced:
		// A tracer sees what the process itself would not, and lets it go on.
	case prop&abi.PropCont != 0:
		if stopped {
			p.cont(sig)
		}
		if !caught && !seen && !p.keeps(sig) {
			p.straceIgnored(ksi)
			return abi.OK
		}
	case stopped && prop&abi.PropStop != 0 && !seen:
		return abi.OK // it need not stop again
	}
	if again {
		return abi.OK
	}
	err := pend.put(ksi)
	p.sigSel.Notify(0)
	p.signotify(sig)
	return err
}

// caught says that sig has a handler.
func (p *Proc) caught(sig abi.Signal) bool {
	h := p.Sigacts.Act[sig].Handler
	return h != SigDfl && h != SigIgn
}

// sigwaiter finds an LWP in sigtimedwait for sig.
func (p *Proc) sigwaiter(sig abi.Signal, target *LWP) *LWP {
	for _, l := range p.LWPs {
		if l.sigwait != nil && l.sigwait.Has(sig) && (target == nil || target == l) {
			return l
		}
	}
	return nil
}

func (p *Proc) clearPending(sigs abi.Sigset) {
	p.Sigpend.clear(sigs)
	for _, l := range p.LWPs {
		l.Sigpend.clear(sigs)
	}
}

// Unsend takes a signal back that nobody has taken yet. Preconditions: kernel lock.
func (p *Proc) Unsend(sig abi.Signal) { p.clearPending(abi.SigsetOf(sig)) }

// signotify makes one LWP that can take a process's signal look at it; all of them for a stop or a kill.
func (p *Proc) signotify(sig abi.Signal) {
	if p.Flags&PFTraced != 0 && p.Flags&PFStopReq != 0 && sig != abi.SIGKILL {
		return // the tracer lets it go on
	}
	all := sig.Prop()&abi.PropToAll != 0 || sig == abi.SIGKILL || sig == abi.SIGSTOP
	var best *LWP
	for _, l := range p.LWPs {
		if l.zombie || l.Sigmask.Has(sig) && sig != abi.SIGKILL && sig != abi.SIGSTOP {
			continue
		}
		if all {
			l.signotify(sig)
			continue
		}
		// One that sleeps interruptibly or runs beats one in an uninterruptible sleep.
		// A timer of processor time is for the one that used it.
		if best == nil || l == p.ticked || best != p.ticked && (best.traceStopped() || !l.Suspended && best.Suspended || l.saFirst()) {
			best = l
		}
	}
	if best != nil {
		best.signotify(sig)
	}
}

func (l *LWP) signotify(sig abi.Signal) {
	if l.Sigmask.Has(sig) && sig != abi.SIGKILL {
		return
	}
	l.kick()
	if l.unsleep(); sig == abi.SIGKILL && l.traceStopped() {
		l.wakeup()
	}
}

// Pending returns the signals that wait for l or for its process, blocked ones included.
func (l *LWP) Pending() abi.Sigset { return l.Sigpend.set.Or(l.Proc.Sigpend.set) }

// SetSigmask changes the mask and has newly unblocked signals looked at.
func (l *LWP) SetSigmask(m abi.Sigset) {
	m.Minus(abi.CantMask)
	l.Sigmask = m
	if !l.Pending().AndNot(m).Empty() {
		l.ast.Store(true)
	}
}

// mustLeave says that the LWP has to exit because its process does, or another LWP's exec wants it gone.
func (l *LWP) mustLeave() bool {
	p := l.Proc
	return l.zombie || p.Exiting != nil && p.Exiting != l
}

// SleepKillable sleeps until done, whatever signals come, but those that end the process: false then.
func (l *LWP) SleepKillable(q *SleepQ, wmesg string, done func() bool) bool {
	was := l.killable
	l.killable = true
	defer func() { l.killable = was }()
	for !done() {
		if l.dying() {
			return false
		}
		l.Sleep(q, wmesg, false, noDeadline)
	}
	return true
}

// dying reports whether l's process is to end, by a signal that nothing else will be done about.
func (l *LWP) dying() bool {
	p := l.Proc
	if l.mustLeave() {
		return true
	}
	if p.Flags&PFTraced != 0 || l.tracee != nil {
		return false
	}
	mask := l.Sigmask
	mask.Minus(abi.CantMask)
	for _, set := range []abi.Sigset{l.Sigpend.set.AndNot(mask), p.Sigpend.set.AndNot(mask)} {
		for !set.Empty() {
			sig := set.First()
			if sig == abi.SIGKILL || p.Sigacts.Act[sig].Handler == SigDfl && p.sigProp(sig)&abi.PropKill != 0 {
				return true
			}
			set.Del(sig)
		}
	}
	return false
}

// issignal finds a signal that the process must act on: one with a handler, or one that ends it, which stays
// pending for postsig. Stops are carried out here. 0 means there is none. Preconditions: kernel lock.
func (l *LWP) issignal() abi.Signal {
	p := l.Proc
	for {
		if t := l.tracee; t != nil {
			t.jobStops()
		}
		for p.Flags&PFStopReq != 0 && l.tracee == nil && !l.mustLeave() {
			l.stopHere()
		}
		if l.mustLeave() {
			return 0
		}
		if l.traceSig != nil {
			return l.traceSig.Signo
		}
		sig, from := l.firstPending()
		traced := false
		if p.Flags&PFTraced != 0 {
			if sig, from, traced = l.traceSignal(sig, from); sig == 0 && traced {
				continue
			}
		}
		if sig == 0 {
			return 0
		}
		if l.debugs() != nil && sig != abi.SIGKILL && from != nil {
			ksi, _ := from.get(sig)
			if sig = l.debugSignal(&ksi); sig == 0 {
				continue
			}
			ksi = debugInfo(&ksi, sig)
			l.traceSig, from = &ksi, nil
		}
		if t := l.tracee; t != nil && sig != abi.SIGKILL {
			if l.traceSig = t.takeSignal(from, sig); l.traceSig == nil {
				continue
			}
			sig, from = l.traceSig.Signo, nil
		}
		prop := p.sigProp(sig)
		switch h := p.Sigacts.Act[sig].Handler; {
		case h == SigIgn && sig != abi.SIGKILL && sig != abi.SIGSTOP:
			l.dropSig(sig, from)
		case h == SigDfl || sig == abi.SIGKILL || sig == abi.SIGSTOP:
			if prop&abi.PropStop != 0 {
				l.straceStop(sig, from)
				l.dropSig(sig, from)
				if traced || prop&abi.PropTTYStop != 0 && p.Pgrp.Orphaned() {
					continue
				}
				p.stop(sig)
				continue
			}
			if prop&abi.PropIgnore != 0 || prop&abi.PropCont != 0 {
				l.dropSig(sig, from)
				continue
			}
			return sig
		default:
			return sig
		}
	}
}

// dropSig throws away a signal that issignal has decided not to take; from is nil for the tracer's.
func (l *LWP) dropSig(sig abi.Signal, from *sigpend) {
	if from == nil {
		l.traceSig = nil
		return
	}
	from.get(sig)
}

// traceSignal is the part of issignal for a traced process. It takes what the tracer has let the process go on
// with, or the pending signal sig of from after the process has stopped for the tracer to decide. The result is
// the signal to look at, from nil if it is the tracer's; with no signal, traced says to look again.
func (l *LWP) traceSignal(sig abi.Signal, from *sigpend) (abi.Signal, *sigpend, bool) {
	p := l.Proc
	given := l.checkTrace()
	if given == 0 {
		if sig == 0 || sig == abi.SIGKILL || !p.tracedFor(sig) || p.vforkTracer() {
			return sig, from, false
		}
		p.Sigctx.Info, _ = from.get(sig)
		p.Sigctx.LWP = 0
		if from == &l.Sigpend {
			p.Sigctx.LWP = l.ID
		}
		p.trace.xsig = sig
		l.sigswitch(sig)
		if given = l.checkTrace(); given == 0 {
			return 0, nil, true
		}
	}
	ksi := p.traceInfo(given)
	l.traceSig = &ksi
	return given, nil, p.tracedFor(given) && !p.vforkTracer()
}

func (l *LWP) firstPending() (abi.Signal, *sigpend) {
	mask := l.Sigmask
	mask.Minus(abi.CantMask)
	if l.Proc.Flags&PFPpwait != 0 {
		mask.Plus(stopSigs) // the parent waits: each would wait for the other
	}
	if l.Proc.Sigpend.set.Has(abi.SIGKILL) {
		return abi.SIGKILL, &l.Proc.Sigpend // before a stop that was sent to this thread
	}
	if s := l.Sigpend.set.AndNot(mask); !s.Empty() {
		return l.firstOf(s), &l.Sigpend
	}
	if s := l.Proc.Sigpend.set.AndNot(mask); !s.Empty() {
		return l.firstOf(s), &l.Proc.Sigpend
	}
	return 0, nil
}

// firstOf is the signal of a set that comes first: that of the lowest number, which is the emulation's; 0 of an empty set.
func (l *LWP) firstOf(s abi.Sigset) abi.Signal {
	first := s.First()
	if e := l.Proc.Emul; e != nil && e.FirstSignal != nil && first != 0 {
		rest := s
		if rest.Del(first); !rest.Empty() {
			return e.FirstSignal(s)
		}
	}
	return first
}

// postsig acts on a signal that issignal returned.
func (l *LWP) postsig(sig abi.Signal) {
	p := l.Proc
	var ksi Ksiginfo
	if l.traceSig != nil {
		ksi, l.traceSig = *l.traceSig, nil
	} else if k, ok := l.Sigpend.get(sig); ok {
		ksi = k
	} else if k, ok := p.Sigpend.get(sig); ok {
		ksi = k
	} else {
		return
	}
	if p.Sigacts.Act[sig].Handler == SigDfl || sig == abi.SIGKILL {
		l.ktrPsig(&ksi, SigDfl, l.Sigmask)
		l.straceSignal(&ksi)
		l.sigexitInfo(sig, &ksi)
	}
	p.ru.Nsignals++
	l.deliver(&ksi)
}

// deliver calls the handler of a signal (the second half of postsig, and trapsignal's quick way).
func (l *LWP) deliver(ksi *Ksiginfo) {
	sig := ksi.Signo
	acts := l.Proc.Sigacts
	act := acts.Act[sig]
	if l.Redo != 0 {
		l.Proc.Emul.Restart(l, &act)
	}
	restore := l.Sigmask
	if l.sigrestore {
		restore = l.oldmask
		l.sigrestore = false
	}
	l.ktrPsig(ksi, uint64(act.Handler), restore)
	l.straceSignal(ksi)
	if l.savp != nil && l.saSignal(ksi) {
		return
	}
	l.rasRestart()
	if l.TellResume {
		l.Proc.Emul.Resume(l)
	}
	l.Sigmask.Plus(act.Mask)
	if l.Proc.Emul.NodeferMask && act.Flags&abi.SA_NODEFER == 0 {
		l.Sigmask.Add(sig)
	}
	if act.Flags&abi.SA_RESETHAND != 0 {
		acts.Own()[sig].Handler = SigDfl // only that: kpsendsig leaves mask and flags
	}
	l.Proc.Emul.Sendsig(l, &act, ksi, &restore)
	if t := l.tracee; t != nil && l.Sstep {
		// A single step into a handler ends at its first instruction.
		t.Stop(abi.SIGTRAP, 0, &Ksiginfo{Signo: abi.SIGTRAP, Code: int32(abi.SIGTRAP), Pid: t.ID, Uid: l.Proc.Cred.Ruid})
	}
	if !l.Pending().AndNot(l.Sigmask).Empty() {
		l.ast.Store(true)
	}
}

// trapsignal sends a signal that the program's own instruction caused: it cannot wait, so that one that is
// blocked or ignored ends the program.
func (l *LWP) trapsignal(ksi *Ksiginfo) {
	p := l.Proc
	sig := ksi.Signo
	if p.Flags&PFTraced != 0 && !p.vforkTracer() && !p.dying() {
		l.traceTrap(ksi)
		return
	}
	if l.debugs() != nil {
		if sig = l.debugSignal(ksi); sig == 0 || l.mustLeave() {
			l.ast.Store(true)
			return
		}
		given := debugInfo(ksi, sig)
		ksi = &given
	}
	a := &p.Sigacts.Act[sig]
	if a.Handler != SigDfl && a.Handler != SigIgn && !l.Sigmask.Has(sig) && l.tracee == nil {
		// Queues of events hear of what kpsignal2 sends only.
		p.ru.Nsignals++
		l.deliver(ksi)
		return
	}
	p.Sigctx = Sigctx{LWP: l.ID, Info: *ksi}
	if a.Handler == SigIgn || l.Sigmask.Has(sig) {
		l.Sigmask.Del(sig)
		p.Sigacts.Own()[sig] = Sigact{}
	}
	if p.Flags&PFTraced == 0 && l.tracee == nil {
		l.ktrPsig(ksi, SigDfl, l.Sigmask)
		l.straceSignal(ksi)
		l.sigexitInfo(sig, ksi)
	}
	p.Kpsignal(ksi, l)
}

// SigIll ends a program whose signal frame cannot be made or read (sigexit(l, SIGILL)).
func (l *LWP) SigIll() { l.sigexit(abi.SIGILL) }

func (l *LWP) sigexit(sig abi.Signal) {
	l.sigexitInfo(sig, &Ksiginfo{Signo: sig, Code: abi.SI_NOINFO})
}

// sigexitInfo ends the process because of a signal; it does not return.
func (l *LWP) sigexitInfo(sig abi.Signal, ksi *Ksiginfo) {
	p := l.Proc
	if p.Exiting != nil && p.Exiting != l {
		l.exitLWP() // somebody else's signal or exit came first
	}
	l.debugExit(int32(sig))
	p.Acflag |= abi.AXSIG
	flag, file, err := l.dumpcore(sig, ksi)
	l.killedBy(sig, ksi, file, err)
	l.Exit1(int32(sig) | flag)
}

// SetSigact changes a disposition (sigaction1) and returns the old one. Error: EINVAL for what cannot be caught.
func (p *Proc) SetSigact(sig abi.Signal, act *Sigact) (old Sigact, err abi.Errno) {
	if sig <= 0 || sig >= abi.MaxSig {
		return old, abi.EINVAL
	}
	old = p.Sigacts.Act[sig]
	if act == nil {
		return old, abi.OK
	}
	if sig.Prop()&abi.PropCantMask != 0 {
		return old, abi.EINVAL
	}
	a := *act
	a.Mask.Minus(abi.CantMask)
	if sig.Prop()&abi.PropNoReset != 0 {
		a.Flags &^= abi.SA_RESETHAND
	}
	// The set that is kept, and shown, reports whether the signal itself is blocked (sigaction1).
	switch {
	case p.Emul != nil && p.Emul.NodeferMask: // deliver adds it
	case a.Flags&abi.SA_NODEFER == 0:
		a.Mask.Add(sig)
	default:
		a.Mask.Del(sig)
	}
	p.Sigacts.Own()[sig] = a
	if sig == abi.SIGCHLD {
		p.Flags &^= PFNoCldStop | PFNoCldWait | PFCldSigIgn
		if a.Flags&abi.SA_NOCLDSTOP != 0 {
			p.Flags |= PFNoCldStop
		}
		if a.Flags&abi.SA_NOCLDWAIT != 0 {
			p.Flags |= PFNoCldWait
		}
		if a.Handler == SigIgn {
			p.Flags |= PFCldSigIgn
		}
	}
	if p.ignored(sig) {
		p.clearPending(abi.SigsetOf(sig))
	}
	return old, abi.OK
}

// Sigsuspend waits for a signal with another mask, which holds until the handler has been called.
func (l *LWP) Sigsuspend(mask abi.Sigset) abi.Errno {
	l.TempSigmask(mask)
	var q SleepQ
	for {
		if err := l.Sleep(&q, "pause", true, noDeadline); err != abi.OK {
			return abi.EINTR
		}
	}
}

// TempSigmask sets a mask for the rest of this system call (sigsuspendsetup); userret restores the old one
// after a handler has been called, or at once if none is.
func (l *LWP) TempSigmask(mask abi.Sigset) {
	if !l.sigrestore {
		l.oldmask = l.Sigmask
	}
	l.sigrestore = true
	l.ast.Store(true)
	mask.Minus(abi.CantMask)
	l.Sigmask = mask
}

// Sigtimedwait waits for one of the signals in set (sigtimedwait1). Errors: EAGAIN at the deadline (a zero one
// never comes; poll asks not to wait), ERESTART after a handler with SA_RESTART, otherwise ECANCELED.
func (l *LWP) Sigtimedwait(set abi.Sigset, deadline time.Time, poll bool) (Ksiginfo, abi.Errno) {
	set.Minus(abi.CantMask)
	if ksi, ok := l.sigPoll(set); ok {
		return ksi, abi.OK
	}
	if poll {
		return Ksiginfo{}, abi.EAGAIN
	}
	var q SleepQ
	l.sigwait = &set
	l.sigwaited = nil
	for {
		err := l.SleepUnlessStopped(&q, "sigwait", deadline)
		if l.sigwaited != nil {
			k := *l.sigwaited
			l.sigwaited = nil
			return k, abi.OK
		}
		switch err {
		case abi.OK:
			// What came while the process was stopped is only pending.
			if ksi, ok := l.sigPoll(set); ok {
				l.sigwait = nil
				return ksi, abi.OK
			}
			continue
		case abi.EWOULDBLOCK:
			err = abi.EAGAIN
		case abi.EINTR:
			err = abi.ECANCELED
		}
		l.sigwait = nil
		return Ksiginfo{}, err
	}
}

// sigPoll takes one of the signals that are pending: NetBSD's looks at the process's first, Linux's at the thread's.
func (l *LWP) sigPoll(set abi.Sigset) (Ksiginfo, bool) {
	if e := l.Proc.Emul; e != nil && e.FirstSignal != nil {
		return l.SigTake(set)
	}
	for _, pend := range []*sigpend{&l.Proc.Sigpend, &l.Sigpend} {
		if sig := pend.set.And(set).First(); sig != 0 {
			return pend.get(sig)
		}
	}
	return Ksiginfo{}, false
}

// SigExec resets what exec resets (execsigs): caught signals to their defaults, masks and flags, the alternate
// stack. SIGCHLD is not ignored in a new program, so that it finds its children.
func (p *Proc) SigExec(l *LWP) {
	p.Sigacts = p.Sigacts.Copy() // others may share what it was
	acts := p.Sigacts
	for i := range acts.Own() {
		a := &acts.Act[i]
		if a.Handler != SigDfl && a.Handler != SigIgn {
			*a = Sigact{}
			if i > 0 && i < abi.MaxSig && p.ignored(abi.Signal(i)) {
				p.clearPending(abi.SigsetOf(abi.Signal(i)))
			}
		}
	}
	acts.reset()
	p.Flags &^= PFNoCldWait | PFCldSigIgn
	acts.Act[abi.SIGCHLD].Handler = SigDfl
	l.Sigpend = sigpend{}
	l.Sigstk = abi.StackT{Flags: abi.SS_DISABLE}
	l.Sstep = false
}

// PendingSet is what was sent to the process and no LWP has taken.
func (p *Proc) PendingSet() abi.Sigset { return p.Sigpend.set }

// QueuedSignals counts the signals that are queued for the process and its threads.
func (p *Proc) QueuedSignals() int {
	n := len(p.Sigpend.queue)
	for _, l := range p.LWPs {
		n += len(l.Sigpend.queue)
	}
	return n
}
