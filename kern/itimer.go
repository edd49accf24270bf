package kern

import (
	"time"

	"nbemu/abi"
)

// itimers are a process's interval timers; ITIMER_VIRTUAL and PROF count processor time, polled while the
// process runs.
type itimers struct {
	it    [4]itimer
	posix map[int32]*PTimer
	next  int32
}

type itimer struct {
	gen      int
	timer    *time.Timer
	expires  time.Time
	interval time.Duration
}

var itimerSignal = [4]abi.Signal{abi.SIGALRM, abi.SIGVTALRM, abi.SIGPROF, abi.SIGALRM}

// Setitimer arms one of the interval timers and returns what was left of the old one.
// The CPU-time timers run on elapsed time while the process has a processor.
func (p *Proc) Setitimer(which int, value, interval time.Duration) (oldValue, oldInterval time.Duration) {
	t := &p.timers.it[which]
	oldValue, oldInterval = p.Getitimer(which)
	if t.timer != nil {
		t.timer.Stop()
	}
	t.gen++
	t.timer = nil
	t.expires = time.Time{}
	t.interval = interval
	if value > 0 {
		t.expires = Timenow().Add(value)
		p.armItimer(which, value)
	}
	return
}

// Getitimer is what is left of a timer.
func (p *Proc) Getitimer(which int) (value, interval time.Duration) {
	t := &p.timers.it[which]
	if t.expires.IsZero() {
		return 0, t.interval
	}
	return max(t.expires.Sub(Timenow()), time.Microsecond), t.interval
}

func (p *Proc) armItimer(which int, d time.Duration) {
	t := &p.timers.it[which]
	gen := t.gen
	t.timer = time.AfterFunc(d, func() {
		KernelLock()
		defer KernelUnlock()
		if t.gen != gen || p.Zombie || p.Flags&PFExiting != 0 {
			return
		}
		if which == abi.ITIMER_VIRTUAL || which == abi.ITIMER_PROF {
			if !p.onCPU() {
				// It has not run meanwhile: look again later.
				p.armItimer(which, d)
				return
			}
		}
		p.Kpsignal(&Ksiginfo{Signo: itimerSignal[which], Code: abi.SI_TIMER}, nil)
		if t.interval > 0 {
			now := Timenow()
			t.expires = t.expires.Add(t.interval)
			if t.expires.Before(now) {
				t.expires = now.Add(t.interval)
			}
			p.armItimer(which, t.expires.Sub(now))
		} else {
			t.expires = time.Time{}
		}
	})
}

// onCPU says that one of the LWPs has a processor.
func (p *Proc) onCPU() bool {
	sched.Lock()
	defer sched.Unlock()
	for _, l := range p.LWPs {
		if l.slot != nil {
			return true
		}
	}
	return false
}

// PTimer is a timer of timer_create(2).
type PTimer struct {
	ID       int32
	Clock    int32
	Ev       abi.Sigevent
	Overrun  int32
	expires  time.Time
	interval time.Duration
	timer    *time.Timer
	gen      int
}

// NewPTimer makes a POSIX timer. Error: EAGAIN when there are too many.
func (p *Proc) NewPTimer(clock int32, ev abi.Sigevent) (*PTimer, abi.Errno) {
	if len(p.timers.posix) >= 32 {
		return nil, abi.EAGAIN
	}
	if p.timers.posix == nil {
		p.timers.posix = map[int32]*PTimer{}
	}
	for p.timers.next++; p.timers.posix[p.timers.next] != nil; p.timers.next++ {
	}
	t := &PTimer{ID: p.timers.next, Clock: clock, Ev: ev}
	p.timers.posix[t.ID] = t
	return t, abi.OK
}

// PTimerByID finds a timer, or nil.
func (p *Proc) PTimerByID(id int32) *PTimer { return p.timers.posix[id] }

// DeletePTimer ends a timer.
func (p *Proc) DeletePTimer(t *PTimer) {
	t.disarm()
	delete(p.timers.posix, t.ID)
}

func (t *PTimer) disarm() {
	t.gen++
	if t.timer != nil {
		t.timer.Stop()
	}
	t.expires = time.Time{}
}

// Left is what remains, and the interval.
func (t *PTimer) Left() (time.Duration, time.Duration) {
	if t.expires.IsZero() {
		return 0, t.interval
	}
	return max(t.expires.Sub(Timenow()), 1), t.interval
}

// Arm starts the timer to go off at a time of the host clock; a zero time disarms it.
func (p *Proc) ArmPTimer(t *PTimer, at time.Time, interval time.Duration) {
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
	t.timer = time.AfterFunc(t.expires.Sub(Timenow()), func() {
		KernelLock()
		defer KernelUnlock()
		if t.gen != gen || p.Zombie || p.Flags&PFExiting != 0 {
			return
		}
		if t.Ev.Notify == abi.SIGEV_SIGNAL {
			sig := abi.Signal(t.Ev.Signo)
			if p.Sigpend.set.Has(sig) {
				t.Overrun++
			} else {
				t.Overrun = 0
				p.Kpsignal(&Ksiginfo{Signo: sig, Code: abi.SI_TIMER, Value: t.Ev.Value}, nil)
			}
		}
		if t.interval <= 0 {
			t.expires = time.Time{}
			return
		}
		t.expires = t.expires.Add(t.interval)
		if now := Timenow(); t.expires.Before(now) {
			t.expires = now.Add(t.interval)
		}
		p.armPTimer(t)
	})
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
