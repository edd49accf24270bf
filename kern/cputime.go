package kern

import (
	"sync/atomic"
	"time"
)

// cputime counts how long somebody had a processor, in nanoseconds. It grows when the processor is given back.
type cputime struct{ ns atomic.Int64 }

// An instant is a time on the host's monotonic clock, in nanoseconds since the program began. It takes one reading of
// one clock, where time.Now reads two.
type instant int64

var began = time.Now()

func now() instant { return instant(time.Since(began)) }

// chargeCPU books the time since l got its processor. sched is locked.
func (l *LWP) chargeCPU(at instant) {
	d := int64(at - l.since)
	l.cputime.ns.Add(d)
	l.Proc.cputime.ns.Add(d)
}

// charge books processor time on the deterministic machine.
func (l *LWP) charge(user, sys time.Duration) {
	p := l.Proc
	l.cputime.ns.Add(int64(user + sys))
	p.cputime.ns.Add(int64(user + sys))
	p.ru.Sys += sys
	l.cpuTick(user, sys)
	p.checkCPULimit()
}

// running is how long l has had its processor this time. sched is locked.
func (l *LWP) running() time.Duration {
	if l.runner == nil {
		return 0
	}
	return time.Duration(now() - l.since)
}

// CPUTime is how long the process's LWPs have had a processor.
func (p *Proc) CPUTime() time.Duration {
	sched.Lock()
	defer sched.Unlock()
	d := time.Duration(p.cputime.ns.Load())
	for _, l := range p.LWPs {
		d += l.running()
	}
	return d
}

// CPUTime is how long the LWP has had a processor.
func (l *LWP) CPUTime() time.Duration {
	sched.Lock()
	defer sched.Unlock()
	return time.Duration(l.cputime.ns.Load()) + l.running()
}
