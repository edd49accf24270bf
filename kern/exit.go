package kern

import (
	"fmt"
	"runtime"
	"slices"

	"nbemu/abi"
	"nbemu/mem"
)

// ExitLWP ends the calling thread (lwp_exit); the last one ends the process. It does not return.
// Preconditions: kernel lock.
func (l *LWP) ExitLWP() {
	p := l.Proc
	if p.LiveLWPs() == 1 {
		l.Exit1(p.Xstat32())
	}
	l.exitLWP()
}

// Xstat32 is the status so far: 0 until somebody exits.
func (p *Proc) Xstat32() int32 { return int32(p.Xstat) }

// exitLWP takes the LWP out of its process and ends its goroutine.
func (l *LWP) exitLWP() {
	p := l.Proc
	if p.LiveLWPs() == 1 && p.Exiting == nil {
		l.Exit1(0)
	}
	if p.Flags&PFTraced != 0 && p.trace.events&abi.PTRACE_LWP_EXIT != 0 && p.Exiting == nil {
		l.traceEvent(abi.TRAP_LWP, abi.PTRACE_LWP_EXIT, l.ID)
	}
	status := l.ExitStatus
	if p.Exiting != nil {
		status = p.groupStatus
	}
	l.traceExit(status)
	if f := p.Emul.LWPExit; f != nil {
		f(l)
	}
	l.ReleaseFutexes()
	if a := p.Aio; a != nil && a.worker == l {
		p.aioExit()
	}
	l.leaveTracees(false)
	l.endTracee(status)
	l.zombie = true
	p.endSel.Notify(0)
	// What was sent to this LWP alone is lost; what the process has pending may be for others now.
	if !p.Sigpend.set.Empty() {
		for sig := range p.Sigpend.set.All {
			p.signotify(sig)
		}
	}
	lwpctlExit(l)
	if l.Detached || p.Exiting != nil {
		p.removeLWP(l)
	}
	l.waitq.WakeAll()
	p.lwpq.WakeAll()
	p.stopCheck()
	l.leave()
}

func (p *Proc) removeLWP(l *LWP) {
	if i := slices.Index(p.LWPs, l); i >= 0 {
		p.LWPs = slices.Delete(p.LWPs, i, i+1)
		l.freeLID()
	}
}

// leave gives up processor and kernel lock and ends the goroutine.
func (l *LWP) leave() {
	if l.slot != nil {
		l.releaseCPU()
	}
	l.gone()
}

// gone ends the goroutine of an LWP that has given up its processor. Preconditions: kernel lock.
func (l *LWP) gone() {
	l.K.tellRest()
	if l.K.det.on {
		l.K.det.dispatch()
	}
	l.K.lock.Unlock()
	runtime.Goexit()
}

// Exit1 ends the process with a wait status (exit1). It does not return. Preconditions: kernel lock.
func (l *LWP) Exit1(status int32) {
	l.K.assertLocked()
	p := l.Proc
	if p.Exiting != nil && p.Exiting != l {
		l.exitLWP()
	}
	l.debugExit(status)
	p.groupStatus = status
	l.traceExit(status)
	if p.Exiting != nil && p.Exiting != l {
		l.exitLWP() // while it was stopped for its tracer
	}
	if p.LiveLWPs() > 1 {
		l.exitOthers()
	}
	p.Exiting = l
	if abi.WIFEXITED(status) {
		l.straceExit(fmt.Sprintf("exited with %d", abi.WEXITSTATUS(status)))
	}
	orphans := p.jobControl()
	p.Flags |= PFExiting
	p.Flags &^= PFStopReq | PFStopped
	p.Sigpend = sigpend{}
	l.Sigpend = sigpend{}
	p.Xstat = int(status)
	l.ReleaseFutexes()
	p.aioExit()
	timersFree(p)
	p.VforkDone()
	p.Fd.Free(l)
	p.Cwdi.Free()
	p.ktrderef()
	p.ProfStop()
	for _, f := range l.K.ExitHooks {
		f(p)
	}
	if a := l.K.Accounting; a != nil {
		a.Process(l)
	}
	if p.Emul.ProcExit != nil {
		p.Emul.ProcExit(p)
	}
	p.leaveSession()
	p.ru.addCPU(l)

	p.leaveTraced()
	l.leaveTracees(true)
	// Children go to init, which does not want to hear of those that have ended, or to an ancestor that does.
	heir := p.reaper()
	for _, c := range slices.Clone(p.Children) {
		p.dropChild(c)
		c.exitsig = abi.SIGCHLD
		heir.addChild(c)
		switch {
		case c.Zombie && c.leadTracee != nil: // until its tracer has waited for it
		case c.Zombie && heir == l.K.proc1:
			c.reap()
		case c.Zombie:
			c.tellEnd()
		}
	}
	orphans()
	l.GivesUpSpace()
	l.releaseCPU()
	p.VM.Unref()
	if v, ok := p.TextVnode.(mem.Backing); ok {
		v.Unref()
		p.TextVnode = nil
	}
	l.zombie = true
	p.Zombie = true
	if h := l.K.Hooks; h != nil && h.Exit != nil {
		h.Exit(p, status)
	}
	KnoteProc(p, abi.NOTE_EXIT, int64(status))
	p.endSel.Notify(0)
	l.endTracee(status)
	if t := p.leadTracee; t != nil && t.By.Proc != p.PPtr {
		// Its own parent hears of it when its tracer has.
		code, value := endCode(status)
		t.childSignal(code, value)
		t.By.Proc.wakeParent()
	} else {
		p.tellParent()
	}
	if p.Exited != nil {
		if l.K.started--; l.K.started == 0 && !l.K.closing && !l.K.rest.ending {
			l.K.det.halted = true
		}
		p.Exited <- status
	}
	if p.PPtr == l.K.proc1 && p.leadTracee == nil {
		p.reap()
	}
	l.gone()
}

// tellParent tells the parent that p has ended. One that does not want to know leaves it to init.
func (p *Proc) tellParent() {
	pp := p.PPtr
	if pp.Flags&(PFNoCldWait|PFCldSigIgn) != 0 && pp != p.K.proc1 && (p.exitsig == abi.SIGCHLD || !pp.byThread()) {
		if pp.byThread() && pp.Flags&PFCldSigIgn == 0 {
			p.exitSignal(pp)
		}
		// Nobody will wait: init takes it at once, and the parent's wait ends when this was the last child.
		if p.leadTracee != nil {
			p.leadTracee.unlink()
		}
		pp.dropChild(p)
		p.PPtr = p.K.proc1
		if len(pp.Children) == 0 || pp.byThread() {
			pp.wakeParent()
		}
		return
	}
	pp.dropChild(p)
	pp.Children = append(pp.Children, p) // where wait finds it first
	p.exitSignal(pp)
	pp.wakeParent()
}

// tellEnd is tellParent after a tracer has done with the process.
func (p *Proc) tellEnd() {
	p.tellParent()
	if p.PPtr == p.K.proc1 {
		p.reap()
	}
}

// exitSignal tells the parent of the end (exit_psignal).
func (p *Proc) exitSignal(pp *Proc) {
	if p.exitsig == 0 {
		return
	}
	status := int32(p.Xstat)
	ksi := Ksiginfo{Signo: p.exitsig, Pid: p.PID, Uid: p.uidFor(pp)}
	ksi.Utime, ksi.Stime = p.ru.seconds()
	switch {
	case p.exitsig != abi.SIGCHLD && (pp.Emul == nil || !pp.Emul.ExitCodes):
		ksi.Code = abi.SI_USER
	case abi.WCOREDUMP(status):
		ksi.Code, ksi.Status = abi.CLD_DUMPED, int32(abi.WTERMSIG(status))
	case abi.WIFSIGNALED(status):
		ksi.Code, ksi.Status = abi.CLD_KILLED, int32(abi.WTERMSIG(status))
	default:
		ksi.Code, ksi.Status = abi.CLD_EXITED, status>>8
	}
	pp.Kpsignal(&ksi, nil)
}

// reaper is who gets the children that p leaves behind.
func (p *Proc) reaper() *Proc {
	for a := p.PPtr; a != nil && a != p.K.proc1; a = a.PPtr {
		if a.Subreaper && a.Flags&PFExiting == 0 {
			return a
		}
	}
	return p.K.proc1
}

func (p *Proc) dropChild(c *Proc) {
	if i := slices.Index(p.Children, c); i >= 0 {
		p.Children = slices.Delete(p.Children, i, i+1)
	}
}

// reap frees a zombie's last traces.
func (p *Proc) reap() {
	if p.PPtr != nil {
		p.PPtr.dropChild(p)
	}
	if p.Pgrp != nil {
		p.Pgrp.remove(p)
	}
	for _, l := range p.LWPs {
		l.freeLID()
	}
	delete(p.K.allproc, p.PID)
	p.endSel.Notify(0)
}

// Reaped reports whether nothing is left of the process: somebody has waited for it.
func (p *Proc) Reaped() bool { return p.K.allproc[p.PID] != p }

// leaveSession does what the end of a session leader means to its session.
func (p *Proc) leaveSession() {
	s := p.Pgrp.Session
	if s.Leader == p {
		if s.Fg != nil {
			s.Fg.PgSignal(abi.SIGHUP, true)
			if s.TTY == nil && p.Emul != nil && p.Emul.HangupCont {
				s.Fg.PgSignal(abi.SIGCONT, true) // the terminal has hung up before: disassociate_ctty
			}
		}
		if t, ok := s.TTY.(interface{ LeaderGone() }); ok {
			t.LeaderGone()
		}
		s.Leader, s.TTY, s.Fg = nil, nil, nil
	}
}
