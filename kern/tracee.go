package kern

import (
	"slices"
	"time"

	"nbemu/abi"
)

// Tracing of single threads, as Linux' ptrace(2) does it (kernel/ptrace.c, kernel/signal.c): each thread stops by itself
// and is let go by itself, and its process's parent stays what it is. What a request means, and which events are told of,
// is the emulation's matter (TraceRules); here is how a thread stops, goes on, and is waited for.

// A Tracee is a thread that another thread traces.
type Tracee struct {
	LWP *LWP
	By  *LWP  // the thread that traces, and its process
	ID  int32 // the thread's number, which wait knows it by

	Rules *TraceRules
	Data  any // what the rules keep

	// Seized: it was not sent SIGSTOP to begin with, and tells of group stops as such (PTRACE_SEIZE).
	Seized bool

	stopped   bool       // waits for its tracer
	waited    bool       // wait has told of the stop
	listening bool       // of a group stop: only its end matters (PTRACE_LISTEN)
	sig       abi.Signal // the stop's signal, and with which it goes on
	event     int32      // what wait's status has above the signal
	info      *Ksiginfo  // what the stop is about; nil: a group stop
	code      int32      // CLD_TRAPPED or CLD_STOPPED
	regrouped bool       // it was stopped with its process when its tracer came
	trap      bool       // it is to stop soon (PTRACE_INTERRUPT)
	groupStop int        // the process's group stop that it has told of
	lead      bool       // its thread has the process's number
	ended     bool       // its thread has ended
	status    int32      // with this wait status
	exitTold  bool       // Rules.Exit was called
}

// TraceRules are an emulation's, called in the traced thread, which may stop in them.
type TraceRules struct {
	// Exec: the thread has a new program.
	Exec func(t *Tracee)
	// Forked: the thread has made another process, n is its only thread; later calls tell that vfork's wait is over.
	Forked func(t *Tracee, n *LWP, vforkDone bool)
	// Exit: the thread ends, with a wait status.
	Exit func(t *Tracee, status int32)
	// GroupStop is the event of stops of the process, and of those that the tracer asks for.
	GroupStop int32
	// Kill reports whether the thread is to be killed when its tracer ends.
	Kill func(t *Tracee) bool
	// Untraced: nobody traces the thread any more.
	Untraced func(l *LWP)
}

// TraceThread makes by the tracer of l, which nobody traces. number is l's as wait reports it.
func (l *LWP) TraceThread(by *LWP, number int32, rules *TraceRules) *Tracee {
	p := l.Proc
	t := &Tracee{LWP: l, By: by, ID: number, Rules: rules, lead: number == p.PID}
	if p.Flags&PFStopReq == 0 {
		t.groupStop = p.groupStops
	}
	l.tracee = t
	p.tracedLWPs++
	if t.lead {
		p.leadTracee = t
	}
	by.Proc.tracees = append(by.Proc.tracees, t)
	return t
}

// Tracee is how the LWP is traced as a single thread; nil if it is not.
func (l *LWP) Tracee() *Tracee { return l.tracee }

// LeadTracee is the same of the thread with the process's number, even after that has ended.
func (p *Proc) LeadTracee() *Tracee { return p.leadTracee }

// ThreadTraced reports whether threads of the process are traced.
func (p *Proc) ThreadTraced() bool { return p.tracedLWPs > 0 }

// Stopped reports whether the thread is stopped for its tracer; Listening, whether only the end of a group stop ends that.
func (t *Tracee) Stopped() bool { return t.stopped && !t.listening }

// Info is what the present stop is about; nil for a group stop of a thread that was attached to. Event is what it is.
func (t *Tracee) Info() *Ksiginfo { return t.info }
func (t *Tracee) Event() int32    { return t.event }

// PostStop sends the LWP alone a SIGSTOP of the kernel's.
func (l *LWP) PostStop(code int32) {
	l.Sigpend.put(&Ksiginfo{Signo: abi.SIGSTOP, Code: code})
	l.kick()
	l.unsleep()
}

// Regroup makes a thread that is stopped with its process stop for its new tracer.
func (t *Tracee) Regroup() {
	l := t.LWP
	if l.stopped {
		l.stopped, t.regrouped = false, true
		l.Proc.lwpStopq.remove(l)
		l.ast.Store(true)
		l.wakeup()
	}
}

// AwaitStop waits until a thread that Regroup has moved is stopped for its tracer, which makes further requests at once.
// l is that tracer.
func (t *Tracee) AwaitStop(l *LWP) {
	for t.regrouped && !t.stopped && l.tracing(t) && !l.mustLeave() {
		l.Sleep(&l.Proc.waitq, "ptrace", false, noDeadline)
	}
	t.regrouped = false
}

func (l *LWP) tracing(t *Tracee) bool { return !t.ended && slices.Contains(l.Proc.tracees, t) }

// Interrupt makes the thread stop without a signal.
func (t *Tracee) Interrupt() {
	t.trap = true
	t.LWP.kick()
	t.LWP.unsleep()
	t.relisten()
}

// relisten ends a stop in which the thread listens: it stops anew and tells of that.
func (t *Tracee) relisten() {
	if t.listening {
		t.release()
	}
}

// Listen leaves the thread stopped; its tracer hears of it when its process's group stop ends.
func (t *Tracee) Listen() {
	t.listening = true
	if t.trap {
		t.relisten()
	}
}

// Resume lets the thread go on, with a signal if that is what it has stopped for. Preconditions: Stopped.
func (t *Tracee) Resume(sig abi.Signal) {
	t.sig = sig
	t.release()
}

func (t *Tracee) release() {
	t.stopped, t.listening = false, false
	t.LWP.ast.Store(true)
	t.LWP.wakeup()
}

// Detach ends tracing; the thread goes on with a signal if it is stopped for one.
func (t *Tracee) Detach(sig abi.Signal) {
	l := t.LWP
	t.unlink()
	t.sig = sig
	if !t.ended {
		l.Sstep = false
		t.Rules.Untraced(l)
		if l.Proc.Flags&PFStopReq != 0 {
			l.kick()
		}
	}
	if t.stopped {
		t.release()
	}
}

func (t *Tracee) unlink() {
	l := t.LWP
	p, tp := l.Proc, t.By.Proc
	if i := slices.Index(tp.tracees, t); i >= 0 {
		tp.tracees = slices.Delete(tp.tracees, i, i+1)
	}
	if p.leadTracee == t {
		p.leadTracee = nil
	}
	if l.tracee == t {
		l.tracee = nil
		p.tracedLWPs--
	}
}

// killPending reports whether the process is about to be killed.
func (l *LWP) killPending() bool {
	given := l.traceSig != nil && l.traceSig.Signo == abi.SIGKILL // taken from the tracer in a call that it is still leaving
	return given || l.Proc.Sigpend.set.Has(abi.SIGKILL) || l.Sigpend.set.Has(abi.SIGKILL)
}

// Stop stops the calling thread for its tracer: sig and event make up the status that wait tells. It returns the signal
// that the tracer lets it go on with, 0 for none; when the process is killed, at once.
func (t *Tracee) Stop(sig abi.Signal, event int32, info *Ksiginfo) abi.Signal {
	return t.stop(sig, event, info, abi.CLD_TRAPPED, false)
}

// StopAtExit is Stop in a thread that ends, which is killed already perhaps.
func (t *Tracee) StopAtExit(sig abi.Signal, event int32, info *Ksiginfo) {
	t.stop(sig, event, info, abi.CLD_TRAPPED, true)
}

func (t *Tracee) stop(sig abi.Signal, event int32, info *Ksiginfo, code int32, dying bool) abi.Signal {
	l := t.LWP
	leave := func() bool { return l.killPending() || !dying && l.mustLeave() }
	if leave() || l.tracee != t {
		l.ast.Store(true)
		return 0
	}
	t.sig, t.event, t.info, t.code = sig, event, info, code
	t.stopped, t.waited, t.listening = true, false, false
	intr, wmesg := l.sleepIn, l.Wmesg
	if e := l.Proc.Emul; e.Settle != nil && !l.settled {
		l.settled = true
		e.Settle(l)
	}
	status := int32(sig)
	if code == abi.CLD_STOPPED && l.Proc.Flags&PFStopReq == 0 {
		status = 0 // the tracer asked for it, and no signal
	}
	t.tell(code, status)
	l.Wmesg = "ptrace"
	for t.stopped && !leave() {
		l.sleepPlain()
	}
	l.sleepIn, l.Wmesg = intr, wmesg
	l.unsettle()
	l.ast.Store(true)
	if t.stopped { // killed
		t.stopped, t.listening = false, false
		return 0
	}
	given := t.sig
	t.sig = 0
	return given
}

// tell sends the tracer SIGCHLD, if it wants that, and ends its wait.
func (t *Tracee) tell(code, status int32) {
	tp := t.By.Proc
	if tp.Flags&PFNoCldStop == 0 && tp.Sigacts.Act[abi.SIGCHLD].Handler != SigIgn {
		t.childSignal(code, status)
	}
	tp.wakeParent()
}

func (t *Tracee) childSignal(code, status int32) {
	p := t.LWP.Proc
	ksi := Ksiginfo{Signo: abi.SIGCHLD, Code: code, Pid: t.ID, Uid: p.Cred.Ruid, Status: status}
	ksi.Utime, ksi.Stime = p.ru.seconds()
	t.By.Proc.Kpsignal(&ksi, nil)
}

// jobStops is the part of issignal about stops that are no signals: those of the process, and those that the tracer asks
// for. It returns when there is none left.
func (t *Tracee) jobStops() {
	l := t.LWP
	for l.tracee == t && !l.mustLeave() && !l.killPending() {
		p := l.Proc
		group := p.Flags&PFStopReq != 0 && t.groupStop != p.groupStops
		if !group && !t.trap {
			return
		}
		t.groupStop, t.trap = p.groupStops, false
		sig := abi.SIGTRAP
		if p.Flags&PFStopReq != 0 {
			sig = p.StopSig
		}
		if !t.Seized {
			t.stop(sig, 0, nil, abi.CLD_STOPPED, false)
			continue
		}
		info := &Ksiginfo{Signo: sig, Code: int32(sig) | t.Rules.GroupStop, Pid: t.ID, Uid: p.Cred.Ruid}
		t.stop(sig, t.Rules.GroupStop, info, abi.CLD_STOPPED, false)
	}
}

// groupStopsBegin and groupStopsEnd tell seized threads of a stop of their process: all are to hear of it.
func (p *Proc) groupStopsEnd() {
	if p.tracedLWPs == 0 {
		return
	}
	for _, l := range p.LWPs {
		if t := l.tracee; t != nil && t.Seized {
			t.Interrupt()
		}
	}
}

// takeSignal lets the tracer decide about the pending signal sig of from. It returns what the thread is to take; nil for
// nothing.
func (t *Tracee) takeSignal(from *sigpend, sig abi.Signal) *Ksiginfo {
	l := t.LWP
	ksi, _ := from.get(sig)
	given := t.Stop(sig, 0, &ksi)
	if given == 0 {
		return nil
	}
	if given != ksi.Signo {
		ksi = Ksiginfo{Signo: given, Code: abi.SI_USER, Pid: t.By.Proc.PID, Uid: t.By.Proc.Cred.Ruid}
	}
	if l.Sigmask.Has(given) && !abi.CantMask.Has(given) {
		l.Sigpend.put(&ksi)
		return nil
	}
	return &ksi
}

// mustStop reports whether a sleep must end so that the thread can stop for its tracer: there is a signal, or a stop.
func (t *Tracee) mustStop() bool {
	p := t.LWP.Proc
	if t.trap || p.Flags&PFStopReq != 0 && t.groupStop != p.groupStops {
		return true
	}
	sig, _ := t.LWP.firstPending()
	return sig != 0
}

// exits tells the tracer that the thread ends, once.
func (l *LWP) traceExit(status int32) {
	if t := l.tracee; t != nil && !t.exitTold {
		t.exitTold = true
		t.Rules.Exit(t, status)
	}
}

// endTracee leaves a traced thread that has ended for its tracer to wait for. Of the process's first thread the process
// itself is what ends.
func (l *LWP) endTracee(status int32) {
	t := l.tracee
	if t == nil {
		return
	}
	l.tracee = nil
	l.Proc.tracedLWPs--
	if t.ended, t.status = true, status; t.lead {
		return
	}
	if tp := t.By.Proc; tp.Flags&(PFNoCldWait|PFCldSigIgn) != 0 {
		t.unlink()
		tp.wakeParent()
		return
	}
	code, value := endCode(status)
	t.childSignal(code, value)
	t.By.Proc.wakeParent()
}

// endCode is how SIGCHLD tells of an end.
func endCode(status int32) (code, value int32) {
	switch {
	case abi.WIFEXITED(status):
		return abi.CLD_EXITED, int32(abi.WEXITSTATUS(status))
	case abi.WCOREDUMP(status):
		return abi.CLD_DUMPED, int32(abi.WTERMSIG(status))
	}
	return abi.CLD_KILLED, int32(abi.WTERMSIG(status))
}

// leaveTracees ends what l traces, or with all what any thread of its process does: it ends itself.
func (l *LWP) leaveTracees(all bool) {
	for _, t := range slices.Clone(l.Proc.tracees) {
		if !all && t.By != l {
			continue
		}
		kill := !t.ended && t.Rules.Kill(t)
		p := t.LWP.Proc
		t.Detach(0)
		switch {
		case t.lead && p.Zombie:
			p.tellEnd()
		case kill:
			p.Psignal(abi.SIGKILL)
		}
	}
}

// traceExec makes the thread, which has become its process's only one, the process's first for its tracer.
func (t *Tracee) exec() {
	p := t.LWP.Proc
	if lead := p.leadTracee; lead != nil && lead != t {
		lead.unlink()
	}
	p.leadTracee, t.lead = t, true
	t.Rules.Exec(t)
	t.ID = p.PID
}

// tracedAs finds how the first thread of p is traced, for a wait of tracer's: by the waiting process itself, or by another.
func (p *Proc) tracedAs(tracer *Proc) (own, other bool) {
	t := p.leadTracee
	if t == nil {
		return false, false
	}
	return t.By.Proc == tracer, t.By.Proc != tracer
}

// waitTracee looks for news of traced threads for a wait of l's; only those of the thread itself with WNOTHREAD. found
// says that there are any that could be waited for.
func (l *LWP) waitTracee(idtype, id, options int32) (r WaitResult, got, found bool) {
	for _, t := range slices.Clone(l.Proc.tracees) {
		if options&WaitNothread != 0 && t.By != l || !t.matches(idtype, id) {
			continue
		}
		p := t.LWP.Proc
		if t.ended {
			if t.lead && !p.Zombie { // the other threads go on
				found = true
				continue
			}
			if options&(abi.WEXITED|abi.WCONTINUED) != 0 {
				found = true
			}
			if options&abi.WEXITED == 0 {
				continue
			}
			return t.reap(l, options), true, true
		}
		found = true
		switch {
		case t.stopped && !t.listening && !t.waited:
			t.waited = options&abi.WNOWAIT == 0
			r = p.waitResult(abi.W_STOPCODE(t.sig))
			r.PID, r.Code, r.Event = t.ID, abi.CLD_TRAPPED, t.event
			return r, true, true
		case p.Flags&PFContinued != 0 && options&abi.WCONTINUED != 0:
			if options&abi.WNOWAIT == 0 {
				p.Flags &^= PFContinued
			}
			r = p.waitResult(abi.W_CONTCODE)
			r.PID = t.ID
			return r, true, true
		}
	}
	return r, false, found
}

func (t *Tracee) matches(idtype, id int32) bool {
	if idtype == abi.P_PID {
		return t.ID == id
	}
	return waitMatch(t.LWP.Proc, idtype, id)
}

// reap tells of the end of a traced thread. Its process, if that is what has ended, goes back to its own parent, which
// hears of it only now.
func (t *Tracee) reap(l *LWP, options int32) WaitResult {
	p := t.LWP.Proc
	status := t.status
	if t.lead {
		status = int32(p.Xstat)
	}
	r := p.waitResult(status)
	if r.PID = t.ID; !t.lead {
		r.Ru.Self.Counts.Maxrss = 0 // it has no memory any more
	}
	if options&abi.WNOWAIT != 0 {
		return r
	}
	t.unlink()
	if !t.lead {
		return r
	}
	if p.PPtr == l.Proc {
		l.Proc.cru.add(&p.ru)
		l.Proc.cru.add(&p.cru)
		p.reap()
	} else {
		p.tellEnd()
	}
	return r
}

// traceStopped reports whether the LWP is stopped for a thread that traces it.
func (l *LWP) traceStopped() bool { return l.tracee != nil && l.tracee.stopped }

// interrupted is the error of a call of a traced thread, err: if a sleep ended so that the thread could stop, what that means is for the
// emulation to say, and whether the call is made again.
func (l *LWP) interrupted(err abi.Errno) abi.Errno {
	l.Again = false
	if !l.traceIntr {
		return err
	}
	l.traceIntr = false
	if f := l.Proc.Emul.Interrupted; f != nil && (err == abi.ERESTART || err == abi.EINTR) {
		return f(l, err)
	}
	return err
}

// restartedBy is the deadline of a sleep of a call that was interrupted and made again: what remained of the first one's
// time.
func (l *LWP) restartedBy(deadline time.Time) time.Time {
	if deadline.IsZero() {
		return deadline
	}
	if l.Again && !l.sleepUntil.IsZero() && deadline.After(l.sleepUntil) {
		deadline = l.sleepUntil
	}
	l.sleepUntil = deadline
	return deadline
}

// Unslept is how much of a sleep is left since its call was made for the first time; left is so since the last.
func (l *LWP) Unslept(left time.Duration) time.Duration {
	if l.Again && !l.sleepUntil.IsZero() {
		left = max(min(left, l.sleepUntil.Sub(l.K.Timenow())), 0)
	}
	return left
}

// Tracees are whom threads of the process trace.
func (p *Proc) Tracees() []*Tracee { return p.tracees }

// Leaving reports whether the LWP must exit, or its process is about to be killed.
func (l *LWP) Leaving() bool { return l.mustLeave() || l.killPending() }

// QueuedSignals are what was sent to the LWP alone, or to its process, and nobody has taken.
func (l *LWP) QueuedSignals(process bool) (list []Ksiginfo) {
	s := &l.Sigpend
	if process {
		s = &l.Proc.Sigpend
	}
	return slices.Clone(s.queue)
}

// ProgramMask is the mask of signals that the program has set, whatever a call has put in its place for a while.
func (l *LWP) ProgramMask() abi.Sigset {
	if l.sigrestore {
		return l.oldmask
	}
	return l.Sigmask
}
