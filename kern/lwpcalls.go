package kern

import (
	"slices"
	"time"

	"nbemu/abi"
)

// Abandon undoes NewLWP for an LWP that was never started.
func (l *LWP) Abandon() { l.Proc.removeLWP(l) }

// Suspend stops one LWP until Continue (lwp_suspend).
func (l *LWP) Suspend() {
	l.Suspended = true
	l.kick()
	l.Proc.lwpq.WakeAll() // who waits for LWPs to end may wait in vain now
}

// Continue ends Suspend.
func (l *LWP) Continue() {
	l.Suspended = false
	l.suspq.WakeAll()
}

// CancelSleep ends an interruptible sleep with EINTR (_lwp_wakeup), the next one if it is not in one now; a park
// returns at once. Errors: ENODEV when it does not sleep, EBUSY when it does so uninterruptibly.
func (l *LWP) CancelSleep() abi.Errno {
	l.cancelled, l.unpark = true, true
	switch {
	case l.sleepIn:
		l.wakeup()
		return abi.OK
	case l.sleeping:
		return abi.EBUSY
	}
	return abi.ENODEV
}

// Park sleeps until Unpark (lwp_park). Errors: EALREADY when that came first, ETIMEDOUT, EINTR.
func (l *LWP) Park(deadline time.Time) abi.Errno {
	if l.unpark || l.cancelled {
		l.unpark, l.cancelled = false, false
		return abi.EALREADY
	}
	for {
		err := l.Sleep(&l.parkq, "parked", true, deadline)
		if l.unpark {
			l.unpark = false
			return abi.OK
		}
		switch err {
		case abi.OK:
			continue
		case abi.EWOULDBLOCK:
			return abi.ETIMEDOUT
		case abi.ERESTART:
			return abi.EINTR
		}
		return err
	}
}

// Unpark wakes an LWP from Park, or makes its next Park return at once. Error: ESRCH.
func (p *Proc) Unpark(id int32) abi.Errno {
	t := p.Lfind(id)
	if t == nil {
		return abi.ESRCH
	}
	t.unpark = true
	t.parkq.WakeAll()
	return abi.OK
}

// DetachLWP makes an LWP vanish at its end. Errors: ESRCH, EINVAL when it is detached already.
func (p *Proc) DetachLWP(id int32) abi.Errno {
	i := slices.IndexFunc(p.LWPs, func(t *LWP) bool { return t.ID == id }) // one that has ended counts
	if i < 0 {
		return abi.ESRCH
	}
	t := p.LWPs[i]
	switch {
	case t.Detached:
		return abi.EINVAL
	}
	t.Detached = true
	if t.zombie {
		p.removeLWP(t)
	}
	p.lwpq.WakeAll()
	return abi.OK
}

// WaitLWP waits for LWP id, or any if 0, to end, and returns its number (lwp_wait). Errors: ESRCH when there is
// none that could be waited for, EDEADLK when all that are left wait too, EINTR and ERESTART.
func (l *LWP) WaitLWP(id int32) (int32, abi.Errno) {
	p := l.Proc
	l.waitingFor, l.inLwpWait = id, true
	defer func() {
		l.waitingFor, l.inLwpWait = 0, false
		for _, t := range p.LWPs {
			if t.waiter == l {
				t.waiter = nil
			}
		}
		p.lwpq.WakeAll()
	}()
	for {
		found := false
		for _, t := range p.LWPs {
			if t.ID == id && t.waitingFor == l.ID {
				return 0, abi.EDEADLK
			}
			if t == l || t.Detached {
				continue
			}
			if id == 0 && t.waiter != nil {
				found = true // somebody asks for just this one
				continue
			}
			if id != 0 {
				if t.ID != id {
					continue
				}
				if t.waiter == nil {
					t.waiter = l
				}
			}
			found = true
			if t.zombie {
				p.removeLWP(t)
				return t.ID, abi.OK
			}
		}
		if !found {
			return 0, abi.ESRCH
		}
		if p.allWait() {
			return 0, abi.EDEADLK
		}
		if err := l.Sleep(&p.lwpq, "lwpwait", true, noDeadline); err != abi.OK {
			return 0, err
		}
	}
}

// allWait says that nobody is left who could end and be waited for.
func (p *Proc) allWait() bool {
	n := 0 // those that run or have run, less those that wait
	for _, t := range p.LWPs {
		if !t.zombie && !t.Suspended && !t.stopped || t.zombie {
			n++
		}
		if t.Detached {
			n--
		}
		if t.inLwpWait {
			n--
		}
	}
	return n <= 0
}

// OnlyRunning says that all other LWPs of the process are suspended or have ended.
func (l *LWP) OnlyRunning() bool {
	for _, t := range l.Proc.LWPs {
		if t != l && !t.zombie && !t.Suspended {
			return false
		}
	}
	return true
}
