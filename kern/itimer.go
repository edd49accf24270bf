package kern

import (
	"time"

	"nbemu/abi"
)

// itimers are a process's interval timers and POSIX timers.
type itimers struct {
	it    [4]itimer
	posix map[int32]*PTimer
	next  int32       // the number of the next, where none is used twice
	cpu   []*cpuTimer // those that are armed; see cputimer.go
}

type itimer struct {
	timer    *Timer
	gen      int
	expires  time.Time
	armed    time.Time // since when the time until then counts
	interval time.Duration
	cpu      *cpuTimer // in place of the others, for ITIMER_VIRTUAL and ITIMER_PROF
}

var itimerSignal = [4]abi.Signal{abi.SIGALRM, abi.SIGVTALRM, abi.SIGPROF, abi.SIGALRM}

// Setitimer arms one of the interval timers and returns what was left of the old one.
func (p *Proc) Setitimer(which int, value, interval time.Duration) (oldValue, oldInterval time.Duration) {
	p.K.assertLocked()
	t := &p.timers.it[which]
	oldValue, oldInterval = p.Getitimer(which)
	if which == abi.ITIMER_VIRTUAL || which == abi.ITIMER_PROF {
		if t.cpu == nil {
			t.cpu = &cpuTimer{userOnly: which == abi.ITIMER_VIRTUAL, fire: func(l *LWP) {
				p.ticked = l
				p.itimerSignal(which)
				p.ticked = nil
			}}
		}
		t.cpu.set(p, value, interval)
		return
	}
	t.timer.Stop()
	t.gen++
	t.expires = time.Time{}
	t.interval = interval
	if value > 0 {
		t.armed = p.K.Timenow()
		t.expires = t.armed.Add(value)
		p.armItimer(which, value)
	}
	return
}

// Getitimer is what is left of a timer.
func (p *Proc) Getitimer(which int) (value, interval time.Duration) {
	t := &p.timers.it[which]
	switch {
	case t.cpu != nil:
		return t.cpu.left, t.cpu.interval
	case t.expires.IsZero():
		return 0, t.interval
	}
	return max(t.expires.Sub(t.armed)-p.elapsed(t.armed), time.Microsecond), t.interval
}

// elapsed is the time since then as interval timers see it: by NetBSD's clock that advances with ticks (getnanotime), so
// that what was set just now is read as it was set. Linux' timers have no ticks.
func (p *Proc) elapsed(since time.Time) time.Duration {
	now := p.K.Timenow()
	if p.Emul.ItimerCode != 0 {
		return now.Sub(since)
	}
	const tick = time.Second / ClockHz
	return now.Truncate(tick).Sub(since.Truncate(tick))
}

func (p *Proc) itimerSignal(which int) {
	code := int32(abi.SI_TIMER)
	if c := p.Emul.ItimerCode; c != 0 {
		code = c
	}
	p.Kpsignal(&Ksiginfo{Signo: itimerSignal[which], Code: code}, nil)
}

func (p *Proc) armItimer(which int, d time.Duration) {
	t := &p.timers.it[which]
	gen := t.gen
	t.timer = p.K.AfterFunc(d, func() {
		if t.gen != gen || p.Zombie || p.Flags&PFExiting != 0 {
			return
		}
		p.itimerSignal(which)
		if t.interval > 0 {
			now := p.K.Timenow()
			t.armed, t.expires = t.expires, t.expires.Add(t.interval)
			if t.expires.Before(now) {
				t.armed, t.expires = now, now.Add(t.interval)
			}
			p.armItimer(which, t.expires.Sub(now))
		} else {
			t.expires = time.Time{}
		}
	})
}

// PTimer is a timer of timer_create(2).
type PTimer struct {
	k        *Kernel
	ID       int32
	Clock    int32
	Ev       abi.Sigevent
	Overrun  int32 // expirations that made no signal, between the last two that made one
	overruns int32 // those since
	expires  time.Time
	interval time.Duration
	timer    *Timer
	gen      int
	cpu      *cpuTimer // in place of the others, for CLOCK_VIRTUAL, CLOCK_PROF and Of

	// Of is the thread whose processor time counts, with CLOCK_PROF; nil: all of the process's.
	Of *LWP
	// Target is the thread that the signal goes to; nil: the process.
	Target *LWP
}

// Numbers of POSIX timers; those below are the interval timers' (sys/timevar.h).
const (
	timerMin = 4
	timerMax = 36
)

// PTimerID reports whether a POSIX timer of the process can have the number.
func (p *Proc) PTimerID(id int32) bool {
	return p.Emul != nil && p.Emul.SerialTimers || id >= 2 && id < timerMax
}

// NewPTimer makes a POSIX timer. Error: EAGAIN when there are too many.
func (p *Proc) NewPTimer(clock int32, ev abi.Sigevent) (*PTimer, abi.Errno) {
	if p.timers.posix == nil {
		p.timers.posix = map[int32]*PTimer{}
	}
	var id int32
	if p.Emul != nil && p.Emul.SerialTimers {
		id = p.timers.next
		p.timers.next++
	} else if id = p.freeTimerID(); id == timerMax {
		return nil, abi.EAGAIN
	}
	t := &PTimer{k: p.K, ID: id, Clock: clock, Ev: ev}
	p.timers.posix[t.ID] = t
	return t, abi.OK
}

// PTimers is how many POSIX timers the process has.
func (p *Proc) PTimers() int { return len(p.timers.posix) }

// freeTimerID is the lowest number that no timer has; timerMax if there is none.
func (p *Proc) freeTimerID() int32 {
	id := int32(timerMin)
	for p.timers.posix[id] != nil {
		if id++; id == timerMax {
			break
		}
	}
	return id
}

// PTimerByID finds a timer, or nil.
func (p *Proc) PTimerByID(id int32) *PTimer { return p.timers.posix[id] }

// DeletePTimer ends a timer.
func (p *Proc) DeletePTimer(t *PTimer) {
	t.disarm()
	if t.cpu != nil {
		t.cpu.set(p, 0, 0)
	}
	delete(p.timers.posix, t.ID)
}

func (t *PTimer) disarm() {
	t.gen++
	t.timer.Stop()
	t.expires = time.Time{}
}

// Left is what remains, and the interval.
func (t *PTimer) Left() (time.Duration, time.Duration) {
	switch {
	case t.cpu != nil:
		return t.cpu.left, t.cpu.interval
	case t.expires.IsZero():
		return 0, t.interval
	}
	return max(t.expires.Sub(t.k.Timenow()), 1), t.interval
}

// ArmPTimer starts the timer to go off at a time of the machine's clock; a zero time disarms it. A timer of
// processor time counts from now on as much as it is until then.
func (p *Proc) ArmPTimer(t *PTimer, at time.Time, interval time.Duration) {
	if t.Clock == abi.CLOCK_VIRTUAL || t.Clock == abi.CLOCK_PROF {
		if t.cpu == nil {
			t.cpu = &cpuTimer{userOnly: t.Clock == abi.CLOCK_VIRTUAL, lwp: t.Of, fire: func(*LWP) { p.ptimerFire(t) }}
		}
		value := time.Duration(0)
		if !at.IsZero() {
			value = max(at.Sub(p.K.Timenow()), 1)
		}
		t.cpu.set(p, value, interval)
		return
	}
	t.disarm()
	t.interval = interval
	if at.IsZero() {
		return
	}
	t.expires = at
	p.armPTimer(t)
}

func (p *Proc) armPTimer(t *PTimer) {
	gen := t.gen
	t.timer = p.K.AfterFunc(t.expires.Sub(p.K.Timenow()), func() {
		if t.gen != gen || p.Zombie || p.Flags&PFExiting != 0 {
			return
		}
		p.ptimerFire(t)
		if t.interval <= 0 {
			t.expires = time.Time{}
			return
		}
		t.expires = t.expires.Add(t.interval)
		if now := p.K.Timenow(); t.expires.Before(now) {
			t.expires = now.Add(t.interval)
		}
		p.armPTimer(t)
	})
}

// ptimerFire sends a POSIX timer's signal, or counts it when the last one is still pending.
func (p *Proc) ptimerFire(t *PTimer) {
	if t.Ev.Notify != abi.SIGEV_SIGNAL {
		return
	}
	sig := abi.Signal(t.Ev.Signo)
	pending := p.Sigpend.set
	if t.Target != nil {
		if t.Target.zombie {
			return
		}
		pending = t.Target.Sigpend.set
	}
	if pending.Has(sig) {
		t.overruns++
		return
	}
	t.Overrun, t.overruns = t.overruns, 0
	p.Kpsignal(&Ksiginfo{Signo: sig, Code: abi.SI_TIMER, Value: t.Ev.Value, Fd: t.ID, Band: abi.Long(t.Overrun)}, t.Target)
}

// TimersExec ends what does not survive exec: the POSIX timers. Interval timers go on.
func (p *Proc) TimersExec() {
	for _, t := range p.timers.posix {
		p.DeletePTimer(t)
	}
}

func timersFree(p *Proc) {
	p.TimersExec()
	for i := range p.timers.it {
		p.Setitimer(i, 0, 0)
	}
}
