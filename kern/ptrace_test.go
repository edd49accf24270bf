package kern

import (
	"testing"

	"nbemu/abi"
)

// traceProc is a process in the table without a program.
func traceProc(t *testing.T, pid int32, parent *Proc, uid uint32) *LWP {
	t.Helper()
	if tk.proc1 == nil {
		tk.proc1 = &Proc{K: tk, PID: 1, Cred: &Cred{}, Sigacts: newSigacts(), Cwdi: NewCwdinfo(nil, nil, nil, 0)}
		tk.allproc[1] = tk.proc1
		newPgrp(1, newSession(tk.proc1)).add(tk.proc1)
		t.Cleanup(func() { delete(tk.allproc, 1); tk.proc1.Pgrp.remove(tk.proc1); tk.proc1 = nil })
	}
	if parent == nil {
		parent = tk.proc1
	}
	p := &Proc{K: tk, PID: pid, PPtr: parent, Cred: &Cred{Ruid: uid, Euid: uid, Svuid: uid}, Sigacts: newSigacts(),
		Cwdi: NewCwdinfo(nil, nil, nil, 0), Limits: new(Limits), exitsig: abi.SIGCHLD}
	tk.allproc[pid] = p
	parent.Children = append(parent.Children, p)
	newPgrp(pid, newSession(p)).add(p)
	t.Cleanup(func() {
		delete(tk.allproc, pid)
		p.PPtr.dropChild(p)
		if p.Pgrp != nil {
			p.Pgrp.remove(p)
		}
	})
	return newLWP(p)
}

type testDir struct{ n int }

func (*testDir) Ref()   {}
func (*testDir) Unref() {}

// Who may trace whom, and which error comes first (ptrace_allowed and its kauth listener).
func TestTraceTarget(t *testing.T) {
	l := traceProc(t, 50, nil, 100)
	p := l.Proc
	shell := traceProc(t, 51, p, 100)
	other := traceProc(t, 52, nil, 200)
	grandchild := traceProc(t, 53, shell.Proc, 100)
	root := traceProc(t, 54, nil, 0)
	c := shell.Proc

	expect := func(what string, l *LWP, kind TraceKind, pid int32, want abi.Errno) {
		t.Helper()
		if _, err := l.TraceTarget(kind, pid); err != want {
			t.Errorf("%s: %v, not %v", what, err, want)
		}
	}
	expect("nobody", l, TraceAttach, 999, abi.ESRCH)
	expect("nobody, and no request", l, TraceBad, 999, abi.ESRCH)
	expect("no request", l, TraceBad, 51, abi.EINVAL)
	expect("a child", l, TraceAttach, 51, abi.OK)
	expect("oneself", l, TraceAttach, 50, abi.EINVAL)
	expect("another user's", l, TraceAttach, 52, abi.EPERM)
	expect("another user's, by root", root, TraceAttach, 52, abi.OK)
	expect("init", root, TraceAttach, 1, abi.EPERM)
	expect("not traced", l, TraceControl, 51, abi.EPERM)
	expect("not traced, memory", l, TraceAccess, 52, abi.EPERM)

	c.Flags |= PFSugid
	expect("set-id", l, TraceAttach, 51, abi.EPERM)
	expect("set-id, by root", root, TraceAttach, 51, abi.OK)
	c.Flags &^= PFSugid
	c.Exiting = shell
	expect("exiting", l, TraceAttach, 51, abi.EBUSY)
	c.Exiting = nil
	// The child of vfork cannot attach to who waits for it.
	grandchild.Proc.Flags |= PFPpwait
	expect("the waiting parent", grandchild, TraceAttach, 51, abi.EPERM)
	grandchild.Proc.Flags &^= PFPpwait

	// Roots: one may look into what is confined at least as much.
	a, b := &testDir{1}, &testDir{2}
	p.Cwdi.Rdir = a
	expect("outside of our root", l, TraceAttach, 51, abi.EPERM)
	c.Cwdi.Rdir = b
	expect("in another root", l, TraceAttach, 51, abi.EPERM)
	c.Cwdi.Rdir = a
	expect("in the same root", l, TraceAttach, 51, abi.OK)
	p.Cwdi.Rdir = nil
	expect("in a root inside of ours", l, TraceAttach, 51, abi.OK)

	// PT_TRACE_ME.
	expect("for init", l, TraceMe, 0, abi.EPERM)
	expect("for the parent", shell, TraceMe, 0, abi.OK)
	c.TraceMe()
	expect("twice", shell, TraceMe, 0, abi.EBUSY)
	expect("traced by another", root, TraceAttach, 51, abi.EBUSY)
	expect("traced by another, control", root, TraceControl, 51, abi.EBUSY)
	expect("it runs", l, TraceControl, 51, abi.EBUSY)
	expect("it runs, but kill", l, TraceUrgent, 51, abi.OK)
	c.Flags |= PFStopped
	expect("nobody waited", l, TraceControl, 51, abi.EBUSY)
	c.Flags |= PFWaited
	expect("stopped", l, TraceControl, 51, abi.OK)
	expect("stopped, memory", l, TraceAccess, 51, abi.OK)
	c.Flags |= PFSugid
	expect("has become set-id, memory", l, TraceAccess, 51, abi.EPERM)
	expect("has become set-id, events", l, TraceEvents, 51, abi.EPERM)
	expect("has become set-id, control", l, TraceControl, 51, abi.OK)
	c.Flags &^= PFSugid
	p.Cwdi.Rdir = b
	expect("has left our root, memory", l, TraceAccess, 51, abi.EPERM)
	expect("has left our root, events", l, TraceEvents, 51, abi.OK)
	_ = other
}

// A traced process is its tracer's child until it is detached, and again its own parent's then.
func TestTraceParents(t *testing.T) {
	parent := traceProc(t, 60, nil, 100)
	tracer := traceProc(t, 61, nil, 100)
	c := traceProc(t, 62, parent.Proc, 100).Proc

	c.TraceBy(tracer.Proc)
	if c.PPtr != tracer.Proc || c.Ppid() != 61 || c.Getppid() != 60 || len(parent.Proc.Children) != 0 {
		t.Errorf("traced: parent %d, getppid %d", c.Ppid(), c.Getppid())
	}
	if !parent.Proc.tracedAway(abi.P_PID, 62) || parent.Proc.tracedAway(abi.P_PID, 63) || tracer.Proc.tracedAway(abi.P_ALL, 0) {
		t.Error("the parent has nothing to wait for")
	}
	c.TraceEnd()
	if c.PPtr != parent.Proc || c.Flags&PFTraced != 0 || parent.Proc.tracedAway(abi.P_ALL, 0) || len(tracer.Proc.Children) != 0 {
		t.Errorf("detached: parent %d, flags %#x", c.Ppid(), c.Flags)
	}

	// The parent ends first: init takes the process over.
	c.TraceBy(tracer.Proc)
	parent.Proc.leaveTraced()
	if c.Getppid() != 1 || c.PPtr != tracer.Proc {
		t.Errorf("orphan: parent %d, getppid %d", c.Ppid(), c.Getppid())
	}
	c.TraceEnd()
	if c.PPtr != tk.proc1 {
		t.Errorf("parent %d, not init", c.Ppid())
	}

	// The tracer ends first: it takes the process along, to where that came from.
	c.reparent(parent.Proc)
	c.TraceBy(tracer.Proc)
	tracer.Proc.leaveTraced()
	if c.PPtr != parent.Proc || c.Flags&PFTraced != 0 || !c.Sigpend.set.Has(abi.SIGKILL) {
		t.Errorf("parent %d, flags %#x, pending %v", c.Ppid(), c.Flags, c.Sigpend.set)
	}
}

// A zombie goes from the tracer to the parent, who hears of it then.
func TestTraceZombie(t *testing.T) {
	parent := traceProc(t, 70, nil, 100)
	tracer := traceProc(t, 71, nil, 100)
	c := traceProc(t, 72, parent.Proc, 100).Proc
	parent.Proc.Sigacts.Act[abi.SIGCHLD].Handler = 0x1000

	c.TraceBy(tracer.Proc)
	c.Zombie = true
	r, err := tracer.Wait(abi.P_PID, 72, abi.WEXITED)
	if err != abi.OK || r.PID != 72 {
		t.Fatalf("the tracer's wait: %+v %v", r, err)
	}
	if c.PPtr != parent.Proc || !parent.Proc.Sigpend.set.Has(abi.SIGCHLD) || tk.PfindAny(72) == nil {
		t.Fatalf("parent %d, pending %v", c.Ppid(), parent.Proc.Sigpend.set)
	}
	if r, err = tracer.Wait(abi.P_PID, 72, abi.WEXITED); err != abi.ECHILD {
		t.Errorf("the tracer's second wait: %+v %v", r, err)
	}
	if r, err = parent.Wait(abi.P_PID, 72, abi.WEXITED); err != abi.OK || r.PID != 72 || tk.PfindAny(72) != nil {
		t.Errorf("the parent's wait: %+v %v", r, err)
	}
}

// Stops of a traced process count when the last LWP has come to rest, and wait reports them without WUNTRACED.
func TestTraceStop(t *testing.T) {
	tracer := traceProc(t, 80, nil, 100)
	l := traceProc(t, 81, tracer.Proc, 100)
	p := l.Proc
	l2 := newLWP(p)
	p.TraceMe()
	p.Flags |= PFStopReq
	p.StopSig = abi.SIGTRAP
	l.stopped = true
	p.stopCheck()
	if p.Flags&PFStopped != 0 {
		t.Fatal("stopped with an LWP that runs")
	}
	if r, err := tracer.Wait(abi.P_ALL, 0, abi.WEXITED|abi.WTRAPPED|abi.WNOHANG); err != abi.OK || r.PID != 0 {
		t.Errorf("%+v %v", r, err)
	}
	l2.resting = true
	p.stopCheck()
	if p.Flags&PFStopped == 0 {
		t.Fatal("not stopped")
	}
	r, err := tracer.Wait(abi.P_ALL, 0, abi.WEXITED|abi.WTRAPPED)
	if err != abi.OK || r.PID != 81 || r.Status != abi.W_STOPCODE(abi.SIGTRAP) || r.Code != abi.CLD_TRAPPED {
		t.Errorf("%+v %v", r, err)
	}
	// A stop signal for the tracer's pleasure is a stop to be waited for anew.
	if err := p.TraceResume(tracer, nil, abi.SIGSTOP); err != abi.OK || p.Flags&(PFStopped|PFWaited) != PFStopped {
		t.Errorf("%v, flags %#x", err, p.Flags)
	}
	// PT_SUSPEND holds an LWP where it is.
	l.DbgSuspend(true)
	p.TraceResume(tracer, nil, 0)
	if !l.stopped || l2.stopped || p.Flags&PFStopReq != 0 {
		t.Errorf("held: %v, the other: %v, flags %#x", l.stopped, l2.stopped, p.Flags)
	}
}

// Signals for a traced process stay pending for the tracer to see, unless it does not want to.
func TestTraceSignals(t *testing.T) {
	tracer := traceProc(t, 90, nil, 100)
	p := traceProc(t, 91, tracer.Proc, 100).Proc
	p.Psignal(abi.SIGWINCH)
	if !p.Sigpend.set.Empty() {
		t.Error("an ignored signal is pending")
	}
	p.TraceMe()
	p.SetSigpass(abi.SigsetOf(abi.SIGINFO, abi.SIGKILL, abi.SIGSTOP))
	if got := p.Sigpass(); got != abi.SigsetOf(abi.SIGINFO) {
		t.Errorf("sigpass %v", got)
	}
	p.Psignal(abi.SIGWINCH)
	p.Psignal(abi.SIGINFO)
	p.Psignal(abi.SIGCONT)
	if got := p.Sigpend.set; got != abi.SigsetOf(abi.SIGWINCH, abi.SIGCONT) {
		t.Errorf("pending %v", got)
	}
	// What the tracer sends with has its information, if it is the same signal.
	p.SetTraceSiginfo(&Ksiginfo{Signo: abi.SIGUSR1, Code: abi.SI_QUEUE, Value: 7}, 0)
	if k := p.traceInfo(abi.SIGUSR1); k.Value != 7 {
		t.Errorf("%+v", k)
	}
	if k := p.traceInfo(abi.SIGUSR2); k.Signo != abi.SIGUSR2 || k.Code != abi.SI_NOINFO {
		t.Errorf("%+v", k)
	}
	if p.TraceEmulate() != abi.EINVAL {
		t.Error("a call is left out that it has not stopped before")
	}
	p.SetTraceEvents(-1)
	if p.TraceEvents() != abi.PTRACE_ALL {
		t.Errorf("events %#x", p.TraceEvents())
	}
}

// A thread that takes the tracer's SIGKILL in a call that it still has to leave leaves it for all to see: another thread's trap
// must not stop the process any more, for the tracer that has killed it does not let it go on again.
func TestTracerKills(t *testing.T) {
	tracer := traceProc(t, 60, nil, 0)
	l := traceProc(t, 61, tracer.Proc, 0)
	other := newLWP(l.Proc)
	p := l.Proc
	p.TraceBy(tracer.Proc)
	p.Flags |= PFStopped | PFStopReq | PFWaited
	p.trace.xsig = abi.SIGTRAP // what it has stopped for
	l.stopped, other.stopped, other.dbgSuspend = true, true, true
	if err := p.TraceResume(tracer, nil, abi.SIGKILL); err != abi.OK || l.stopped || other.stopped {
		t.Fatalf("killed: %v; stopped: %v, %v", err, l.stopped, other.stopped)
	}
	if sig := l.issignal(); sig != abi.SIGKILL {
		t.Fatalf("the call ends with %v", sig)
	}
	if !p.dying() {
		t.Fatal("nothing says that the process is to die")
	}
	other.traceTrap(&Ksiginfo{Signo: abi.SIGTRAP, Code: abi.TRAP_TRACE})
	if p.Flags&(PFStopReq|PFStopped) != 0 {
		t.Error("a trap has stopped it again")
	}
	if sig := l.issignal(); sig != abi.SIGKILL {
		t.Errorf("on the way out it is %v", sig)
	}
}

// A thread traced as Linux does it that has taken its tracer's SIGKILL does not stop with its group any more.
func TestTraceeKilled(t *testing.T) {
	l := traceProc(t, 62, nil, 0)
	if l.killPending() {
		t.Error("before")
	}
	l.traceSig = &Ksiginfo{Signo: abi.SIGKILL}
	if !l.killPending() {
		t.Error("it would stop")
	}
}
