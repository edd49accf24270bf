package kern

import (
	"time"

	"nbemu/abi"
)

// Abandon undoes NewLWP for an LWP that was never started.
func (l *LWP) Abandon() { l.Proc.removeLWP(l) }

// Suspend stops one LWP until Continue (lwp_suspend).
func (l *LWP) Suspend() {
	l.Suspended = true
	l.kick()
}

// Continue ends Suspend.
func (l *LWP) Continue() {
	l.Suspended = false
	l.suspq.WakeAll()
}

// CancelSleep ends an interruptible sleep with EINTR (_lwp_wakeup). Error: ENODEV when it is not in one.
func (l *LWP) CancelSleep() abi.Errno {
	if !l.sleepIn {
		return abi.ENODEV
	}
	l.cancelled = true
	l.wakeup()
	return abi.OK
}

// Park sleeps until Unpark (lwp_park). Errors: EALREADY when that came first, ETIMEDOUT, EINTR.
func (l *LWP) Park(deadline time.Time) abi.Errno {
	if l.unpark {
		l.unpark = false
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
	if t == nil || t.zombie {
		return abi.ESRCH
	}
	t.unpark = true
	t.parkq.WakeAll()
	return abi.OK
}

// DetachLWP makes an LWP vanish at its end. Errors: ESRCH, EINVAL when it is detached already.
func (p *Proc) DetachLWP(id int32) abi.Errno {
	t := p.Lfind(id)
	switch {
	case t == nil:
		return abi.ESRCH
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

// WaitLWP waits for LWP id, or any if 0, to end, and returns its number (lwp_wait). Errors: EDEADLK, ESRCH,
// EINVAL for a detached one, EINTR.
func (l *LWP) WaitLWP(id int32) (int32, abi.Errno) {
	p := l.Proc
	if id == l.ID {
		return 0, abi.EDEADLK
	}
	for {
		found := false
		for _, t := range p.LWPs {
			if t == l || id != 0 && t.ID != id {
				continue
			}
			if t.Detached {
				if id != 0 {
					return 0, abi.EINVAL
				}
				continue
			}
			found = true
			if t.zombie {
				p.removeLWP(t)
				return t.ID, abi.OK
			}
		}
		if !found {
			if id != 0 {
				return 0, abi.ESRCH
			}
			return 0, abi.EDEADLK
		}
		if err := l.Sleep(&p.lwpq, "lwpwait", true, noDeadline); err != abi.OK {
			if err == abi.ERESTART {
				err = abi.EINTR
			}
			return 0, err
		}
	}
}
