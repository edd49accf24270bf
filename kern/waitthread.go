package kern

import (
	"cmp"
	"slices"

	"nbemu/abi"
)

// Waiting by Linux' rules (kernel/exit.c): a child is the thread's that made it, what a wait finds is the oldest, and one
// that has ended counts for a wait for ends alone.

// WaitByThread is Wait by Linux' rules; options are those of Wait. Errors: ECHILD, EINTR/ERESTART.
func (l *LWP) WaitByThread(idtype, id, options int32) (WaitResult, abi.Errno) {
	p := l.Proc
	for {
		r, got, any := l.waitOnce(idtype, id, options)
		switch {
		case got:
			return r, abi.OK
		case !any && !p.tracedAway(idtype, id):
			return WaitResult{}, abi.ECHILD
		case options&abi.WNOHANG != 0:
			return WaitResult{}, abi.OK
		}
		if err := l.Sleep(&p.waitq, "wait", true, noDeadline); err != abi.OK {
			return WaitResult{}, err
		}
	}
}

// waitOnce looks around: first at the thread's own children and tracees, then at those of the process's other threads. any
// reports whether something may come.
func (l *LWP) waitOnce(idtype, id, options int32) (r WaitResult, got, any bool) {
	children := slices.Clone(l.Proc.Children)
	slices.SortFunc(children, func(a, b *Proc) int { return cmp.Compare(a.joined, b.joined) })
	tracees := slices.Clone(l.Proc.tracees)
	for _, own := range []bool{true, false} {
		if !own && options&WaitNothread != 0 {
			break
		}
		for _, c := range children {
			if (c.parentThread() == l) != own || !waitMatch(c, idtype, id) || !c.waitsFor(options) {
				continue
			}
			r, ok, more := l.waitChild(c, options)
			if any = any || more; ok {
				return r, true, true
			}
		}
		for _, t := range tracees {
			if (t.By == l) != own || !t.matches(idtype, id) {
				continue
			}
			r, ok, more := l.waitTraced(t, options)
			if any = any || more; ok {
				return r, true, true
			}
		}
	}
	return r, false, any
}

// parentThread is the thread whose child c is: the one that made it, or after its end the first that is left.
func (c *Proc) parentThread() *LWP {
	if by := c.by; by != nil && by.Proc == c.PPtr && !by.zombie {
		return by
	}
	for _, l := range c.PPtr.LWPs {
		if !l.zombie {
			return l
		}
	}
	return nil
}

// waitChild looks at one child (wait_consider_task).
func (l *LWP) waitChild(c *Proc, options int32) (r WaitResult, got, any bool) {
	own, other := c.tracedAs(l.Proc)
	switch {
	case own:
		return l.waitTraced(c.leadTracee, options)
	case c.Zombie && other:
		return r, false, true // its tracer is the first to wait for it
	case c.Zombie:
		if options&abi.WEXITED == 0 {
			return r, false, false
		}
		r = c.waitResult(int32(c.Xstat))
		r.Uid = c.Cred.Ruid
		if options&abi.WNOWAIT == 0 && !c.returnZombie() {
			l.Proc.cru.add(&c.ru)
			l.Proc.cru.add(&c.cru)
			c.reap()
		}
		return r, true, true
	case c.Flags&PFStopped != 0 && c.Flags&PFWaited == 0 && (options&abi.WSTOPPED != 0 || c.Flags&PFTraced != 0 && options&abi.WTRAPPED != 0):
		if options&abi.WNOWAIT == 0 {
			c.Flags |= PFWaited
		}
		r = c.waitResult(abi.W_STOPCODE(c.StopSig))
	case c.Flags&PFContinued != 0 && options&abi.WCONTINUED != 0:
		if options&abi.WNOWAIT == 0 {
			c.Flags &^= PFContinued
		}
		r = c.waitResult(abi.W_CONTCODE)
	default:
		return r, false, true
	}
	r.Uid = c.Cred.Ruid
	return r, true, true
}

// waitTraced looks at one traced thread.
func (l *LWP) waitTraced(t *Tracee, options int32) (r WaitResult, got, any bool) {
	p := t.LWP.Proc
	switch {
	case t.ended && t.lead && !p.Zombie: // its other threads go on
		return r, false, options&(abi.WEXITED|abi.WCONTINUED) != 0
	case t.ended && options&abi.WEXITED == 0:
		return r, false, false
	case t.ended:
		r = t.reap(l, options)
	case t.stopped && !t.listening && !t.waited:
		t.waited = options&abi.WNOWAIT == 0
		r = p.waitResult(abi.W_STOPCODE(t.sig))
		r.PID, r.Code, r.Event = t.ID, abi.CLD_TRAPPED, t.event
	case p.Flags&PFContinued != 0 && options&abi.WCONTINUED != 0:
		if options&abi.WNOWAIT == 0 {
			p.Flags &^= PFContinued
		}
		r = p.waitResult(abi.W_CONTCODE)
		r.PID = t.ID
	default:
		return r, false, true
	}
	r.Uid = p.Cred.Ruid
	return r, true, true
}

// byThread reports whether the process's children are its threads', and it hears of them, by Linux' rules.
func (p *Proc) byThread() bool { return p.Emul != nil && p.Emul.ThreadChildren }

// addChild makes c the youngest child of p.
func (p *Proc) addChild(c *Proc) {
	p.K.births++
	c.PPtr, c.joined = p, p.K.births
	p.Children = append(p.Children, c)
}

// hearsStop reports whether p gets SIGCHLD for a child that stops, or with continued goes on.
func (p *Proc) hearsStop(continued bool) bool {
	if p.byThread() {
		return p.Flags&PFNoCldStop == 0 && p.Sigacts.Act[abi.SIGCHLD].Handler != SigIgn
	}
	return continued || p.Flags&PFNoCldStop == 0 // NetBSD tells of SIGCONT whatever SA_NOCLDSTOP says
}

// uidFor is the user that p, a child, is told of to be: NetBSD's effective one, Linux' real one.
func (p *Proc) uidFor(parent *Proc) uint32 {
	if parent.byThread() {
		return p.Cred.Ruid
	}
	return p.Cred.Euid
}
