package kern

import (
	"slices"
	"time"

	"nbemu/abi"
)

// SleepQ is a wait channel. The zero value is ready. Preconditions of all methods: kernel lock.
type SleepQ struct{ lwps []*LWP }

// WakeAll wakes every sleeper.
func (q *SleepQ) WakeAll() {
	for _, l := range q.lwps {
		l.wakeup()
	}
	q.lwps = q.lwps[:0]
}

// WakeOne wakes the one that sleeps longest.
func (q *SleepQ) WakeOne() {
	if len(q.lwps) > 0 {
		l := q.lwps[0]
		q.lwps = slices.Delete(q.lwps, 0, 1)
		l.wakeup()
	}
}

// Empty reports whether nobody sleeps here.
func (q *SleepQ) Empty() bool { return len(q.lwps) == 0 }

func (q *SleepQ) remove(l *LWP) {
	if i := slices.Index(q.lwps, l); i >= 0 {
		q.lwps = slices.Delete(q.lwps, i, i+1)
	}
}

func (l *LWP) wakeup() {
	if !l.woken {
		l.woken = true
		if l.K.det.on {
			l.K.det.ready(l)
			return
		}
		select {
		case l.wake <- struct{}{}:
		default:
		}
	}
}

// Sleep gives processor and kernel lock away until somebody wakes q. With intr a signal ends the sleep too.
// Errors: EINTR or ERESTART (a signal), EWOULDBLOCK (the deadline; zero means none). Wakeups can be spurious.
func (l *LWP) Sleep(q *SleepQ, wmesg string, intr bool, deadline time.Time) abi.Errno {
	return l.SleepMulti([]*SleepQ{q}, wmesg, intr, deadline)
}

// SleepMulti is Sleep on several wait channels at once, for poll and kqueue.
func (l *LWP) SleepMulti(qs []*SleepQ, wmesg string, intr bool, deadline time.Time) abi.Errno {
	l.K.assertLocked()
	deadline = l.restartedBy(deadline)
	if intr {
		if l.cancelled {
			l.cancelled = false
			return abi.EINTR
		}
		stops := l.stops
		if err := l.sleepIntr(); err != abi.OK {
			return err
		}
		if l.stops != stops {
			return abi.OK // what we would wait for may have happened while we were stopped
		}
	}
	var timeout time.Duration
	if !deadline.IsZero() {
		if timeout = deadline.Sub(l.K.Timenow()); timeout <= 0 {
			return abi.EWOULDBLOCK
		}
	}
	l.woken = false
	select {
	case <-l.wake:
	default:
	}
	for _, q := range qs {
		q.lwps = append(q.lwps, l)
	}
	l.sleepIn, l.sleeping, l.Wmesg = intr, true, wmesg
	var lost abi.Timespec
	if len(l.K.ktrDescs) != 0 {
		lost = abi.TimespecAt(l.K.Timenow())
	}
	timedout := false
	if !l.K.AskHost() || !l.woken {
		if l.savp != nil {
			l.saSleep()
		}
		timedout = l.block(timeout)
	}
	l.sleepIn, l.sleeping, l.Wmesg = false, false, ""
	if lost != (abi.Timespec{}) {
		l.ktrCsw(lost, false)
	}
	for _, q := range qs {
		q.remove(l)
	}
	if intr {
		if l.cancelled {
			l.cancelled = false
			return abi.EINTR
		}
		if err := l.sleepIntr(); err != abi.OK {
			return err
		}
	}
	if timedout && !l.woken {
		return abi.EWOULDBLOCK
	}
	return abi.OK
}

// block gives processor and kernel lock away until a wakeup, or for at most timeout if that is not 0; true means
// that time ran out first.
func (l *LWP) block(timeout time.Duration) (timedout bool) {
	l.straceWait()
	if l.K.det.on {
		return l.K.det.block(l, timeout)
	}
	l.releaseCPU()
	l.K.lock.Unlock()
	if timeout > 0 {
		timedout = sleepTimer(l, timeout)
	} else {
		<-l.wake
	}
	l.acquireCPU(true)
	l.K.lock.Lock()
	return timedout
}

// sleepTimer waits for a wakeup for at most d; true means that time ran out first.
func sleepTimer(l *LWP, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-l.wake:
		return false
	case <-t.C:
		return true
	}
}

// sleepIntr is the check around an interruptible sleep: EINTR or ERESTART when a signal is to be taken, EINTR
// when the LWP must go away.
func (l *LWP) sleepIntr() abi.Errno {
	if l.mustLeave() {
		return abi.EINTR
	}
	if l.K.rest.resting {
		return abi.ERESTART
	}
	if !l.ast.Load() {
		return abi.OK
	}
	if t := l.tracee; t != nil {
		// It stops when the call is over, on its way to user mode.
		if t.mustStop() {
			l.traceIntr = true
			return abi.ERESTART
		}
		return abi.OK
	}
	if l.Proc.Flags&PFTraced != 0 {
		if err := l.sleepTraced(); err != abi.OK {
			return err
		}
	}
	// Stops happen here, inside the sleep, so that a stopped program's call goes on when it is continued.
	if sig := l.issignal(); sig != 0 {
		return l.sigToErrno(sig)
	}
	if l.mustLeave() {
		return abi.EINTR
	}
	return abi.OK
}

// sigToErrno says how a signal ends a sleep (sleepq_sigtoerror).
func (l *LWP) sigToErrno(sig abi.Signal) abi.Errno {
	if l.Proc.Sigacts.Act[sig].Flags&abi.SA_RESTART != 0 {
		return abi.ERESTART
	}
	return abi.EINTR
}

// sleepTraced ends the sleep of a traced process's LWP when a signal is pending that is not ignored: it stops for
// the tracer on its way to user mode, when the call is over (sleepq_block).
func (l *LWP) sleepTraced() abi.Errno {
	p := l.Proc
	for p.Flags&PFStopReq != 0 && !l.mustLeave() {
		l.stopHere()
	}
	if l.mustLeave() {
		return abi.EINTR
	}
	if sig, _ := l.firstPending(); sig != 0 && !p.ignored(sig) && sig.Prop()&abi.PropStop == 0 {
		return l.sigToErrno(sig)
	}
	return abi.OK
}

// unsleep ends a sleep from outside that is interruptible, or killable and the process is to end.
func (l *LWP) unsleep() {
	if l.sleepIn || l.killable && l.dying() {
		l.wakeup()
	}
}

// Unlocked runs f without processor and kernel lock, for host calls that may take long. f must not touch
// guest memory or kernel data. The deterministic machine stands still meanwhile.
func (l *LWP) Unlocked(f func()) {
	if l.K.det.on {
		f()
		return
	}
	l.straceWait()
	l.releaseCPU()
	l.K.lock.Unlock()
	f()
	l.acquireCPU(true)
	l.K.lock.Lock()
}

// Shortly returns the deadline of a moment of a wait that looks again after it. Its call has a deadline of its own, or none, and
// where it is made again there is no time left over from before (restartedBy).
func (l *LWP) Shortly(d time.Duration) time.Time {
	l.Again = false
	return l.K.Timenow().Add(d)
}

// Pause sleeps for such a moment, or until a signal if intr.
func (l *LWP) Pause(wmesg string, d time.Duration, intr bool) abi.Errno {
	var q SleepQ
	return l.Sleep(&q, wmesg, intr, l.Shortly(d))
}
