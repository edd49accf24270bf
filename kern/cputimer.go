package kern

import (
	"slices"
	"time"
)

// cpuTimer counts down while its process has a processor: in user mode only (ITIMER_VIRTUAL, CLOCK_VIRTUAL), or
// in both modes (ITIMER_PROF, CLOCK_PROF). As in NetBSD (timer_tick in kern_time.c, called by hardclock) a clock
// tick is booked to the mode that it finds; the deterministic machine books what was executed.
// All members are protected by the kernel lock.
type cpuTimer struct {
	fire     func(l *LWP) // l has used the time
	userOnly bool
	lwp      *LWP          // whose time counts; nil: that of all the process's
	left     time.Duration // 0 when not armed
	interval time.Duration
}

// set arms the timer, or disarms it with value 0.
func (c *cpuTimer) set(p *Proc, value, interval time.Duration) {
	c.left, c.interval = value, interval
	i := slices.Index(p.timers.cpu, c)
	switch {
	case value <= 0:
		c.left = 0
		if i >= 0 {
			p.timers.cpu = slices.Delete(p.timers.cpu, i, i+1)
		}
	case i < 0:
		p.timers.cpu = append(p.timers.cpu, c)
		if !p.K.det.on && !p.K.profiling {
			p.K.profiling = true
			p.K.worker(p.K.profclock)
		}
	}
}

// cpuTick books time that l had a processor to the armed timers.
func (l *LWP) cpuTick(user, sys time.Duration) {
	p := l.Proc
	if len(p.timers.cpu) == 0 || p.Zombie || p.Flags&PFExiting != 0 {
		return
	}
	for _, c := range slices.Clone(p.timers.cpu) {
		if c.lwp != nil && c.lwp != l {
			continue
		}
		d := user
		if !c.userOnly {
			d += sys
		}
		if c.left -= d; c.left > 0 {
			continue
		}
		late := -c.left
		if c.interval > 0 {
			c.left = c.interval - late%c.interval
		} else {
			c.set(p, 0, 0)
		}
		c.fire(l)
	}
}

// profTick is how often profclock looks; NetBSD's clocks tick 100 times a second.
const profTick = time.Millisecond

// profclock ticks for as long as any process has an armed timer.
func (k *Kernel) profclock() {
	t := time.NewTicker(profTick)
	defer t.Stop()
	type sample struct {
		l    *LWP
		user bool
		d    time.Duration
	}
	var samples []sample
	last := now()
	for range t.C {
		samples = samples[:0]
		// Without the kernel lock, which an LWP in a system call holds.
		sched.Lock()
		at := now()
		for _, r := range sched.busy {
			for _, l := range r.holders {
				if l.K != k {
					continue
				}
				samples = append(samples, sample{l, l.Ctx.InUser(), time.Duration(at - max(last, l.since))})
			}
		}
		sched.Unlock()
		last = at
		k.Lock()
		for _, s := range samples {
			switch {
			case s.d <= 0:
			case s.user:
				s.l.cpuTick(s.d, 0)
			default:
				s.l.cpuTick(0, s.d)
			}
		}
		armed := false
		for _, p := range k.allproc {
			armed = armed || len(p.timers.cpu) > 0
		}
		k.profiling = armed
		k.Unlock()
		if !armed {
			return
		}
	}
}
