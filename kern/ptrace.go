package kern

import (
	"nbemu/abi"
)

// Process tracing: what ptrace(2) keeps about a process, who may trace whom, and the changes of parent. The stops
// are in ptracestop.go, the requests' arguments in syscalls/. After sys/kern/sys_ptrace_common.c.

// procTrace is a process's tracing state.
type procTrace struct {
	opptr   *Proc // the parent that a traced process goes back to (p_opptr); nil: init
	oppid   int32 // who forked it
	events  int32 // PTRACE_FORK and the like: what the tracer wants to hear of
	sigpass abi.Sigset
	// xsig is the signal that the process takes when it goes on (p_xsig).
	xsig abi.Signal
}

// TraceKind sorts requests by what they are allowed for.
type TraceKind uint8

const (
	TraceBad     TraceKind = iota // no legal request
	TraceMe                       // PT_TRACE_ME
	TraceAttach                   // PT_ATTACH
	TraceAccess                   // shows or changes memory, registers, siginfo
	TraceEvents                   // masks and states that are as private as those, without the rule about roots
	TraceControl                  // continues or describes
	TraceUrgent                   // PT_KILL and PT_STOP, which need no stopped process
)

// TraceTarget finds the process that a request is about and checks that l may make it (ptrace_find,
// ptrace_allowed and the listener of kauth, in this order). Errors: ESRCH, EBUSY, EPERM, EINVAL.
func (l *LWP) TraceTarget(kind TraceKind, pid int32) (*Proc, abi.Errno) {
	p := l.Proc
	t := p
	if kind != TraceMe {
		if t = l.K.Pfind(pid); t == nil || t.Flags&PFExiting != 0 {
			return nil, abi.ESRCH
		}
	}
	if err := l.traceAllowed(kind, t); err != abi.OK {
		return nil, err
	}
	// Nobody traces init while the secure level is above its lowest, which it always is here.
	if t == l.K.proc1 {
		return nil, abi.EPERM
	}
	if !l.Encloses(t) {
		return nil, abi.EPERM
	}
	switch kind {
	case TraceMe, TraceAttach, TraceAccess, TraceEvents:
		if !p.Cred.IsRoot() && (p.Cred.Ruid != t.Cred.Ruid || t.Flags&PFSugid != 0) {
			return nil, abi.EPERM
		}
	}
	return t, abi.OK
}

func (l *LWP) traceAllowed(kind TraceKind, t *Proc) abi.Errno {
	p := l.Proc
	// It executes another program or exits (p_reflock).
	if t != p && t.Exiting != nil {
		return abi.EBUSY
	}
	switch kind {
	case TraceBad:
		return abi.EINVAL
	case TraceMe:
		switch {
		case p.PPtr == l.K.proc1:
			return abi.EPERM
		case p.Flags&PFTraced != 0:
			return abi.EBUSY
		}
		return abi.OK
	case TraceAttach:
		switch {
		case t == p:
			return abi.EINVAL
		case t.Flags&PFTraced != 0:
			return abi.EBUSY
		case p.Flags&PFPpwait != 0 && p.PPtr == t:
			return abi.EPERM // it waits for us in vfork
		case t != l.K.proc1 && !l.K.IsUnder(t, l):
			return abi.EPERM
		}
		return abi.OK
	case TraceAccess:
		if t != l.K.proc1 && !l.K.IsUnder(t, l) {
			return abi.EPERM
		}
	}
	switch {
	case t.Flags&PFTraced == 0:
		return abi.EPERM
	case t.PPtr != p:
		return abi.EBUSY
	case kind != TraceUrgent && t.Flags&(PFStopped|PFWaited) != PFStopped|PFWaited:
		return abi.EBUSY
	}
	return abi.OK
}

// TraceMe makes the process's parent its tracer (PT_TRACE_ME).
func (p *Proc) TraceMe() {
	p.Flags |= PFTraced
	p.trace.opptr = p.PPtr
}

// TraceBy makes tracer the process's tracer and parent (proc_changeparent).
func (p *Proc) TraceBy(tracer *Proc) {
	p.Flags |= PFTraced
	p.trace.opptr = p.PPtr
	if p.PPtr != tracer {
		p.PPtr.Flags |= PFChTraced
		p.reparent(tracer)
	}
}

// TraceEnd ends tracing and gives the process back to its own parent (PT_DETACH).
func (p *Proc) TraceEnd() {
	p.Flags &^= PFTraced | PFTracedChild | PFSyscall | PFSyscallEmu
	p.trace.sigpass = abi.Sigset{}
	p.giveBack()
	for _, l := range p.LWPs {
		l.Singlestep, l.dbgSuspend = false, false
	}
}

// giveBack makes the original parent the parent again; init if that has ended.
func (p *Proc) giveBack() {
	pp := p.trace.opptr
	p.trace.opptr = nil
	if pp == nil {
		pp = p.K.proc1
	}
	if pp != p.PPtr {
		p.reparent(pp)
	}
}

// reparent makes pp the parent (proc_reparent).
func (p *Proc) reparent(pp *Proc) {
	p.PPtr.dropChild(p)
	p.PPtr = pp
	pp.Children = append(pp.Children, p)
}

// returnZombie gives a zombie that its tracer has waited for back to its own parent, which hears of its end only
// now; true if it was one (proc_free).
func (p *Proc) returnZombie() bool {
	if p.Flags&PFTraced == 0 || p.trace.opptr == p.PPtr {
		return false
	}
	p.Flags &^= PFTraced | PFSyscall
	p.giveBack()
	if p.PPtr == p.K.proc1 {
		p.reap()
		return true
	}
	p.exitSignal(p.PPtr)
	p.PPtr.wakeParent()
	return true
}

// leaveTraced does what the end of p means to processes that it traces, and to its children that others do.
func (p *Proc) leaveTraced() {
	if p.Flags&PFChTraced != 0 {
		for _, c := range p.K.allproc {
			if c.trace.opptr == p && c.PPtr != p {
				c.trace.opptr = nil
			}
		}
	}
	for i := 0; i < len(p.Children); {
		c := p.Children[i]
		if c.Flags&PFTraced == 0 {
			i++
			continue
		}
		// A debugger that ends without a word takes what it debugs along.
		c.Flags &^= PFTraced | PFTracedChild | PFSyscall | PFSyscallEmu
		if c.trace.opptr == p {
			c.trace.opptr = nil
		}
		c.giveBack()
		switch {
		case !c.Zombie:
			p.K.Log("process %d was killed: orphaned traced process", c.PID)
			c.Psignal(abi.SIGKILL)
		case c.PPtr == p.K.proc1:
			c.reap()
		default:
			c.exitSignal(c.PPtr)
			c.PPtr.wakeParent()
		}
	}
}

// tracedAway says that another process traces a child that wait would otherwise look for.
func (p *Proc) tracedAway(idtype, id int32) bool {
	if p.Flags&PFChTraced == 0 {
		return false
	}
	for _, c := range p.K.allproc {
		if c.Flags&PFTraced != 0 && c.trace.opptr == p && c.PPtr != p && waitMatch(c, idtype, id) {
			return true
		}
	}
	return false
}

// realParent is who made the process, or took it over from who did; a tracer is not.
func (p *Proc) realParent() *Proc {
	if p.Flags&PFTraced == 0 || p.trace.opptr == p.PPtr {
		return p.PPtr
	}
	if p.trace.opptr == nil {
		return p.K.proc1
	}
	return p.trace.opptr
}

// TraceEvents and SetTraceEvents are PT_GET_EVENT_MASK and PT_SET_EVENT_MASK.
func (p *Proc) TraceEvents() int32        { return p.trace.events }
func (p *Proc) SetTraceEvents(mask int32) { p.trace.events = mask & abi.PTRACE_ALL }

// Sigpass and SetSigpass are PT_GET_SIGPASS and PT_SET_SIGPASS: signals that the tracer does not want to see.
func (p *Proc) Sigpass() abi.Sigset { return p.trace.sigpass }
func (p *Proc) SetSigpass(s abi.Sigset) {
	s.Minus(abi.CantMask)
	p.trace.sigpass = s
}

// TraceSiginfo tells what the last stop was about and which LWP it concerned.
func (p *Proc) TraceSiginfo() (*Ksiginfo, int32) { return &p.Sigctx.Info, p.Sigctx.LWP }

// SetTraceSiginfo changes it, for the signal that the process is let go with.
func (p *Proc) SetTraceSiginfo(ksi *Ksiginfo, lwp int32) {
	p.Sigctx.Info, p.Sigctx.LWP = *ksi, lwp
}

// TraceState is what PT_GET_PROCESS_STATE reports: the event that the process stopped for, if it was one.
func (p *Proc) TraceState() abi.PtraceState {
	i := &p.Sigctx.Info
	if i.Kind() != abi.SiginfoPtrace {
		return abi.PtraceState{}
	}
	return abi.PtraceState{ReportEvent: i.ReportEvent, Other: i.Other}
}

// TraceLWP finds an LWP by number; 0, or any number in a process with one LWP, means the given one
// (ptrace_update_lwp). Error: ESRCH.
func (p *Proc) TraceLWP(l *LWP, id int32) (*LWP, abi.Errno) {
	if id == 0 || id == l.ID || p.LiveLWPs() == 1 {
		return l, abi.OK
	}
	if l = p.Lfind(id); l == nil || l.zombie {
		return nil, abi.ESRCH
	}
	return l, abi.OK
}

// FirstLWP is the first LWP that lives, or nil; NextLWP is the one after id.
func (p *Proc) FirstLWP() *LWP { return p.liveFrom(0) }

// NextLWP is the live LWP after number id, in the order of their creation; 0 begins. nil is the end. Error:
// ESRCH when there is none of that number.
func (p *Proc) NextLWP(id int32) (*LWP, abi.Errno) {
	if id == 0 {
		return p.FirstLWP(), abi.OK
	}
	for i, l := range p.LWPs {
		if l.ID == id && !l.zombie {
			return p.liveFrom(i + 1), abi.OK
		}
	}
	return nil, abi.ESRCH
}

func (p *Proc) liveFrom(i int) *LWP {
	for ; i < len(p.LWPs); i++ {
		if l := p.LWPs[i]; !l.zombie {
			return l
		}
	}
	return nil
}

// StopExec stops the process, which has just executed a program, if somebody wants that.
func (p *Proc) StopExec() {
	if p.Flags&PFStopExec != 0 {
		p.clearPending(abi.SigsetOf(abi.SIGCONT))
		p.stop(abi.SIGSTOP)
	}
}
