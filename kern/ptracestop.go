package kern

import (
	"nbemu/abi"
	"nbemu/cpu"
)

// Where traced processes stop, and how they go on (sys/kern/kern_sig.c: sigswitch, eventswitch, proc_stoptrace).
// The tracer hears of a stop when all LWPs have come to rest, so that their registers are what they are.

// sigswitch stops the process, unless it is stopping already, and with it the calling LWP, until the tracer lets
// it go on.
func (l *LWP) sigswitch(sig abi.Signal) {
	p := l.Proc
	if p.Flags&(PFStopReq|PFStopped) == 0 {
		p.Flags |= PFStopReq
		p.Flags &^= PFWaited | PFContinued
		p.StopSig = sig
		for _, o := range p.LWPs {
			if o != l && !o.zombie {
				o.kick()
				o.unsleep()
			}
		}
	}
	l.stopHere()
}

// stopCheck completes a stop when the last LWP has come to rest (proc_stop_done).
func (p *Proc) stopCheck() {
	if p.Flags&(PFStopReq|PFStopped) != PFStopReq {
		return
	}
	for _, l := range p.LWPs {
		if !l.zombie && !l.stopped && !l.resting {
			return
		}
	}
	p.Flags |= PFStopped
	p.Flags &^= PFWaited
	p.tellStop()
}

// tellStop sends the tracer SIGCHLD, whatever it thinks of children that stop, and ends its wait.
func (p *Proc) tellStop() {
	if pp := p.PPtr; pp != nil {
		code := int32(abi.CLD_STOPPED)
		if p.StopSig == abi.SIGCONT {
			code = abi.CLD_CONTINUED
		}
		p.childSignal(pp, code, int32(p.StopSig))
		pp.wakeParent()
	}
}

// unstop lets all LWPs go on that the tracer does not hold (proc_unstop).
func (p *Proc) unstop() {
	p.Flags &^= PFStopReq | PFStopped
	for _, l := range p.LWPs {
		l.unstop()
	}
}

func (l *LWP) unstop() {
	p := l.Proc
	p.Flags &^= PFStopReq | PFStopped
	if !l.stopped || l.dbgSuspend {
		return
	}
	l.ast.Store(true)
	l.stopped = false
	p.lwpStopq.remove(l)
	l.wakeup()
}

// TraceSettle makes the memory of a process at rest show registers that are otherwise kept from it, until its
// LWPs go on (Emul.Settle).
func (p *Proc) TraceSettle() {
	if p.Emul == nil || p.Emul.Settle == nil {
		return
	}
	for _, l := range p.LWPs {
		if !l.zombie && !l.settled {
			l.settled = true
			p.Emul.Settle(l)
		}
	}
}

func (l *LWP) unsettle() {
	if l.settled {
		l.settled = false
		l.Proc.Emul.Unsettle(l)
	}
}

// TraceResume lets a process go on with a signal, or none, or, if it is not stopped, sends it one, for a request
// of l's. With lt only that LWP goes on (ptrace_sendsig).
func (p *Proc) TraceResume(l, lt *LWP, sig abi.Signal) abi.Errno {
	if p.Flags&PFStopped == 0 {
		ksi := Ksiginfo{Signo: sig, Code: abi.SI_USER, Pid: l.Proc.PID, Uid: l.Proc.Cred.Euid}
		return p.Kpsignal(&ksi, nil)
	}
	if sig == abi.SIGKILL {
		// It stays pending until an LWP dies of it. One that took it for itself, in a call that it still had to leave, could be
		// stopped by another's trap meanwhile, and the process would have missed its end.
		p.trace.xsig = 0
		ksi := p.traceInfo(sig)
		_ = p.Sigpend.put(&ksi)
		for _, o := range p.LWPs {
			o.dbgSuspend = false
		}
		p.unstop()
		return abi.OK
	}
	p.trace.xsig = sig
	switch {
	case sig != 0 && stopSigs.Has(sig):
		// It stays where it is, and the parent hears of that anew.
		p.StopSig = sig
		p.Flags &^= PFWaited | PFStopped
		p.stopCheck()
	case lt != nil:
		lt.unstop()
	default:
		p.unstop()
	}
	if p.Flags&PFTraced == 0 && p.trace.xsig != 0 && !stopSigs.Has(sig) {
		// Detached: nobody asks for xsig any more.
		p.trace.xsig = 0
		ksi := p.traceInfo(sig)
		return p.Kpsignal(&ksi, nil)
	}
	return abi.OK
}

// traceInfo is the information for a signal that the tracer sends.
func (p *Proc) traceInfo(sig abi.Signal) Ksiginfo {
	if p.Sigctx.Info.Signo == sig {
		return p.Sigctx.Info
	}
	return Ksiginfo{Signo: sig, Code: abi.SI_NOINFO}
}

// DbgSuspend keeps an LWP of a stopped process from going on with the others, or no longer.
func (l *LWP) DbgSuspend(on bool) { l.dbgSuspend = on }

// Halted says that the LWP would not run if its process did.
func (l *LWP) Halted() bool { return l.dbgSuspend || l.Suspended }

// vforkTracer says that the tracer waits in vfork for this process, which must not stop then.
func (p *Proc) vforkTracer() bool { return p.Flags&PFPpwait != 0 && p.PPtr == p.trace.opptr }

// tracedFor says that the tracer wants to see sig.
func (p *Proc) tracedFor(sig abi.Signal) bool {
	return p.Flags&PFTraced != 0 && !p.trace.sigpass.Has(sig)
}

func (p *Proc) dying() bool { return p.Sigpend.set.Has(abi.SIGKILL) }

// traceTrap stops the process because of what the calling LWP has done, with ksi for the tracer to see.
func (l *LWP) traceTrap(ksi *Ksiginfo) {
	p := l.Proc
	for p.Flags&PFStopReq != 0 && !l.mustLeave() {
		l.stopHere()
	}
	if l.mustLeave() || p.Flags&PFTraced == 0 || p.dying() {
		l.ast.Store(true)
		return
	}
	p.trace.xsig, p.Sigctx.Info, p.Sigctx.LWP = ksi.Signo, *ksi, l.ID
	l.sigswitch(ksi.Signo)
	l.ktrPsig(ksi, uint64(p.Sigacts.Act[ksi.Signo].Handler), l.Sigmask)
}

// traceEvent stops the process to tell its tracer of an event; other is a process or an LWP (eventswitch).
func (l *LWP) traceEvent(code, event, other int32) {
	l.traceTrap(&Ksiginfo{Signo: abi.SIGTRAP, Code: code, ReportEvent: event, Other: other})
}

// traceBirth tells of the LWP or process that the calling LWP is the beginning of.
func (l *LWP) traceBirth() {
	p, ev := l.Proc, l.birth
	l.birth = 0
	if ev == abi.PTRACE_LWP_CREATE {
		if p.Flags&PFTraced != 0 && p.trace.events&ev != 0 {
			l.traceEvent(abi.TRAP_LWP, ev, l.ID)
		}
	} else if p.Flags&(PFTraced|PFTracedChild) == PFTraced|PFTracedChild {
		l.traceEvent(abi.TRAP_CHLD, ev, p.trace.oppid)
	}
}

// traceChild makes a child, which n is the first LWP of, a traced one if the parent's tracer wants to know of
// event; then the tracer is to be told when the child has been started.
func (l *LWP) traceChild(n *LWP, event int32) bool {
	p, c := l.Proc, n.Proc
	c.trace.oppid = p.PID
	if p.Flags&PFTraced == 0 || p.trace.events&event == 0 {
		return false
	}
	c.TraceBy(p.PPtr)
	c.Flags |= PFTracedChild
	n.birth = event
	return true
}

// TraceExec tells the tracer that the process has a new program. Kernels before 2017 send a plain SIGTRAP.
func (l *LWP) TraceExec(plain bool) {
	p := l.Proc
	if t := l.tracee; t != nil {
		t.exec()
		return
	}
	if p.Flags&PFTraced == 0 {
		return
	}
	if plain || p.PPtr == l.K.proc1 {
		p.Psignal(abi.SIGTRAP)
		return
	}
	if !p.vforkTracer() {
		l.traceEvent(abi.TRAP_EXEC, 0, 0)
	}
}

// TraceSyscalls makes the process stop before and after each system call, or no longer.
func (p *Proc) TraceSyscalls(on bool) {
	if on {
		p.Flags |= PFSyscall
	} else {
		p.Flags &^= PFSyscall
	}
}

// TraceEmulate makes the system call that the process has stopped before be left out. Error: EINVAL.
func (p *Proc) TraceEmulate() abi.Errno {
	if p.Flags&PFSyscall == 0 || p.Flags&PFStopped == 0 {
		return abi.EINVAL
	}
	p.Flags |= PFSyscallEmu
	return abi.OK
}

// stopSyscall is the stop at one end of a system call (proc_stoptrace).
func (l *LWP) stopSyscall(code int32, num int, args *Args, rv Retval, err abi.Errno) {
	ksi := Ksiginfo{Signo: abi.SIGTRAP, Code: code, Sysnum: int32(num)}
	if code == abi.TRAP_SCX {
		ksi.Retval = [2]int32{int32(rv.R0), int32(rv.R1)}
		ksi.SysErr = int32(err)
	}
	if table := l.Proc.Emul.Sysent; num >= 0 && num < len(table) {
		copy(ksi.SysArgs[:], args[:min(table[num].Narg, len(ksi.SysArgs))])
	}
	l.traceTrap(&ksi)
}

// invokeStops is Invoke for a process whose tracer wants to see system calls (trace_enter, trace_exit).
func (l *LWP) invokeStops(num int, args *Args, c *lastCall) (rv Retval, err abi.Errno) {
	p := l.Proc
	l.stopSyscall(abi.TRAP_SCE, num, args, rv, err)
	if l.mustLeave() {
		l.exitLWP()
	}
	if p.Flags&PFSyscallEmu != 0 {
		err = abi.EJUSTRETURN
	} else {
		given := *args
		rv, err = l.invokeTraced(num, args, c)
		if p.Flags&(PFTraced|PFSyscall) == PFTraced|PFSyscall {
			l.stopSyscall(abi.TRAP_SCX, num, &given, rv, err)
		}
	}
	p.Flags &^= PFSyscallEmu
	return rv, err
}

// checkTrace takes the signal that the tracer has let the process go on with, if any (sigchecktrace).
func (l *LWP) checkTrace() abi.Signal {
	p := l.Proc
	sig := p.trace.xsig
	if p.Flags&PFTraced == 0 || sig == 0 || p.Flags&PFStopReq != 0 || p.Sigpend.set.Has(abi.SIGKILL) {
		return 0
	}
	p.trace.xsig = 0
	if l.Sigmask.Has(sig) && !abi.CantMask.Has(sig) {
		return 0
	}
	return sig
}

// stepDone posts the trap of a single step that the processor has finished.
func (l *LWP) stepDone() {
	l.Sstep = false
	ksi := Ksiginfo{Signo: abi.SIGTRAP, Code: abi.TRAP_TRACE, Addr: abi.Ptr(l.Ctx.R[l.Proc.Arch.PC])}
	if f := l.Proc.Emul.StepTrap; f != nil {
		ksi = f(l)
	}
	l.trapsignal(&ksi)
}

// stepSyscall is stepDone for a step whose instruction was a system call, which is over.
func (l *LWP) stepSyscall() {
	if l.sysStep {
		l.sysStep = false
		if l.Sstep && !l.mustLeave() {
			l.stepDone()
		}
	}
}

// AtStop says that the LWP is stopped, and not merely suspended.
func (l *LWP) AtStop() bool { return l.stopped }

// step executes one instruction.
func (l *LWP) step() {
	if l.K.det.on {
		l.K.det.before(l)
		defer l.K.det.after(l)
	}
	l.stepOne()
	l.sysStep = l.Ctx.Trap == cpu.TrapSyscall
}
