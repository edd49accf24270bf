package kern

import "time"

// Who watches what programs execute: where they are at times (Config.Sampler).

// Sampler looks at where programs are, each time that they have used so much processor time.
type Sampler struct {
	Period time.Duration
	// Sample is called with the kernel lock, by the goroutine of an LWP that is about to go on in the program; d is how
	// much processor time the sample stands for.
	Sample func(l *LWP, d time.Duration)
}

// Watch says that Config has watchers, before the first process.
func (k *Kernel) Watch() {
	if s := k.Config.Sampler; s != nil && !k.det.on {
		k.worker(func() { k.sampleClock(s) })
	}
}

// sampleClock ticks for as long as the machine lives. What an LWP has used since the last tick, or since it got its
// processor, is owed a sample: it takes that itself, on its way to the program.
func (k *Kernel) sampleClock(s *Sampler) {
	t := time.NewTicker(s.Period)
	defer t.Stop()
	last := now()
	for {
		select {
		case <-k.sampleStop:
			return
		case <-t.C:
		}
		sched.Lock()
		at := now()
		for _, r := range sched.busy {
			for _, l := range r.holders {
				if l.K != k || l.slot == nil {
					continue
				}
				l.owed.Add(int64(at - max(last, l.since)))
				l.ast.Store(true)
				l.slot.eng.Stop()
			}
		}
		sched.Unlock()
		last = at
	}
}

// takeSample is called on the way to the program. Preconditions: kernel lock.
func (l *LWP) takeSample() {
	if d := l.owed.Swap(0); d > 0 && l.K.Config.Sampler != nil {
		l.K.Config.Sampler.Sample(l, time.Duration(d))
	}
}

// detSample books virtual time to the samples of the deterministic machine.
func (l *LWP) detSample(d time.Duration) {
	s := l.K.Config.Sampler
	if l.unsampled += d; l.unsampled >= s.Period {
		l.owed.Add(int64(l.unsampled))
		l.unsampled = 0
		l.ast.Store(true)
	}
}
