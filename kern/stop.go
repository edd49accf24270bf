package kern

import (
	"time"

	"nbemu/abi"
)

// Stopping and continuing processes (proc_stop, proc_unstop in sys/kern/kern_sig.c), and what their parents hear of it.

// stop stops the process; every LWP stops at its next look (proc_stop).
func (p *Proc) stop(sig abi.Signal) {
	p.Flags |= PFStopReq | PFStopped
	p.Flags &^= PFWaited | PFContinued
	p.StopSig = sig
	p.groupStops++
	for _, l := range p.LWPs {
		if !l.zombie {
			l.kick()
			l.unsleep()
		}
	}
	if pp := p.PPtr; pp != nil {
		if pp.hearsStop(false) {
			p.childSignal(pp, abi.CLD_STOPPED, int32(sig))
		}
		pp.wakeParent()
	}
	if p.Pgrp == p.K.FirstPgrp && p.K.OnStop != nil && p.Pgrp.allStopped() {
		p.K.OnStop(sig)
	}
}

// stopHere sleeps until the process is continued.
func (l *LWP) stopHere() {
	l.stopped = true
	l.stops++
	l.stopCall = l.ncalls
	p := l.Proc
	intr := l.sleepIn
	p.stopCheck()
	for l.stopped && !l.mustLeave() {
		p.lwpStopq.lwps = append(p.lwpStopq.lwps, l)
		l.sleepPlain()
	}
	l.sleepIn = intr
	l.stopped = false
	l.unsettle()
}

// EndsStopped reports whether the LWP was stopped during the call that it makes, and its emulation has calls that are over then:
// those of Linux that are never made again (signal(7)).
func (l *LWP) EndsStopped() bool { return l.stopCall == l.ncalls && l.Proc.Emul.StopEnds }

// SleepUnlessStopped is Sleep for such a call: EINTR if the LWP was stopped since the call began. The caller has looked at what
// it waits for.
func (l *LWP) SleepUnlessStopped(q *SleepQ, wmesg string, deadline time.Time) abi.Errno {
	if l.EndsStopped() {
		return abi.EINTR
	}
	err := l.Sleep(q, wmesg, true, deadline)
	if err == abi.EWOULDBLOCK && l.EndsStopped() {
		err = abi.EINTR
	}
	return err
}

// sleepPlain is an uninterruptible sleep that can be used inside the checks of another.
func (l *LWP) sleepPlain() {
	l.sleepIn = false
	l.woken = false
	select {
	case <-l.wake:
	default:
	}
	l.block(0)
	l.Proc.lwpStopq.remove(l)
}

// cont continues a stopped process. With sig 0 (SIGKILL) the parent is not told.
func (p *Proc) cont(sig abi.Signal) {
	if p.Flags&PFStopReq == 0 {
		return
	}
	if sig != 0 {
		p.Flags |= PFContinued
		p.Flags &^= PFWaited
		if pp := p.PPtr; pp != nil {
			if pp.hearsStop(true) {
				p.childSignal(pp, abi.CLD_CONTINUED, int32(sig))
			}
			pp.wakeParent()
		}
	}
	p.unstop()
	p.groupStopsEnd()
}

// childSignal sends SIGCHLD to the parent (child_psignal).
func (p *Proc) childSignal(pp *Proc, code, status int32) {
	ksi := Ksiginfo{Signo: abi.SIGCHLD, Code: code, Pid: p.PID, Uid: p.uidFor(pp), Status: status}
	ksi.Utime, ksi.Stime = p.ru.seconds()
	pp.Kpsignal(&ksi, nil)
}
