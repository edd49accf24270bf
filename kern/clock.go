package kern

import "time"

// Timenow is the time of day: the host's, with a monotonic part, or the virtual clock's (determ.go).
func (k *Kernel) Timenow() time.Time {
	if k.det.on {
		return k.boottime.Add(k.det.clock())
	}
	return time.Now()
}

// Uptime is the time since the machine was started: CLOCK_MONOTONIC.
func (k *Kernel) Uptime() time.Duration { return k.Timenow().Sub(k.boottime) + bootOffset }

// bootOffset keeps monotonic clocks away from 0, which programs use to mean "never".
const bootOffset = time.Second

// Boottime is when the machine was started.
func (k *Kernel) Boottime() time.Time { return k.boottime.Add(-bootOffset) }

// A stamp is when something happened that happens often and is seldom asked for: setting it costs at most one reading of
// a clock, and the time of day is worked out when somebody wants to see it. Preconditions of its methods: kernel lock.
type stamp struct {
	at instant   // of an event whose time of day is not known yet; 0 for none
	t  time.Time // the time of day, while at is 0
}

// set notes that l does it now.
func (s *stamp) set(l *LWP) {
	switch {
	case l.K.det.on:
		s.at, s.t = 0, l.K.Timenow()
	case l.sinceCall == l.ncalls:
		s.at = l.since // it got its processor within this call, a moment ago
	default:
		s.at = now()
	}
}

// time returns the time of day; it stays the same until set is called again.
func (s *stamp) time() time.Time {
	if s.at != 0 {
		s.t = time.Now().Add(time.Duration(s.at - now()))
		s.at = 0
	}
	return s.t
}
