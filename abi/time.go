package abi

import "time"

// Timespec is struct timespec. Seconds have 64 bits on every machine.
type Timespec struct {
	Sec  int64
	Nsec Long
}

// Timeval is struct timeval; its microseconds are an int.
type Timeval struct {
	Sec  int64
	Usec int32
}

// Itimerval is struct itimerval.
type Itimerval struct {
	Interval Timeval
	Value    Timeval
}

// Itimerspec is struct itimerspec.
type Itimerspec struct {
	Interval Timespec
	Value    Timespec
}

// The structures of NetBSD 5 and older. Their time_t had 32 bits on every machine; struct timeval counted seconds in a
// long all the same, which is 64 bits on a 64-bit machine.
type (
	Timespec50 struct {
		Sec  int32
		Nsec Long
	}
	Timeval50 struct {
		Sec  Long
		Usec Long
	}
	Itimerval50 struct {
		Interval Timeval50
		Value    Timeval50
	}
	Itimerspec50 struct {
		Interval Timespec50
		Value    Timespec50
	}
)

// Clocks.
const (
	CLOCK_REALTIME           = 0
	CLOCK_VIRTUAL            = 1
	CLOCK_PROF               = 2
	CLOCK_MONOTONIC          = 3
	CLOCK_THREAD_CPUTIME_ID  = 0x20000000
	CLOCK_PROCESS_CPUTIME_ID = 0x40000000

	// CLOCK_THREAD_CPUTIME_ID_OLD is the number it had in NetBSD 7.
	CLOCK_THREAD_CPUTIME_ID_OLD = 0x80000000
)

// Interval timers.
const (
	ITIMER_REAL      = 0
	ITIMER_VIRTUAL   = 1
	ITIMER_PROF      = 2
	ITIMER_MONOTONIC = 3
)

const (
	TIMER_RELTIME = 0
	TIMER_ABSTIME = 1
)

// TimespecOf makes a struct timespec from nanoseconds.
func TimespecOf(d time.Duration) Timespec {
	s, ns := int64(d/time.Second), d%time.Second
	if ns < 0 {
		s, ns = s-1, ns+time.Second
	}
	return Timespec{s, Long(ns)}
}

// Valid reports whether the nanoseconds are in range.
func (t Timespec) Valid() bool { return t.Nsec >= 0 && t.Nsec < 1e9 }

// IsZero reports whether both fields are 0 (which disarms timers).
func (t Timespec) IsZero() bool { return t.Sec == 0 && t.Nsec == 0 }

// Duration returns the time span; what does not fit becomes the largest.
func (t Timespec) Duration() time.Duration {
	const limit = int64(1<<63-1) / 1e9
	switch {
	case t.Sec >= limit:
		return 1<<63 - 1
	case t.Sec <= -limit:
		return -(1<<63 - 1)
	}
	return time.Duration(t.Sec)*time.Second + time.Duration(t.Nsec)
}

// Time and TimespecAt convert a moment. One that is too far away for durations to reach it becomes one that is just
// near enough.
func (t Timespec) Time() time.Time        { return time.Unix(min(max(t.Sec, -1<<33), 1<<33), int64(t.Nsec)) }
func TimespecAt(t time.Time) Timespec     { return Timespec{t.Unix(), Long(t.Nanosecond())} }
func (t Timespec) Timeval() Timeval       { return Timeval{t.Sec, int32(t.Nsec / 1000)} }
func (t Timeval) Timespec() Timespec      { return Timespec{t.Sec, Long(t.Usec) * 1000} }
func (t Timeval) Duration() time.Duration { return t.Timespec().Duration() }
func TimevalOf(d time.Duration) Timeval   { return TimespecOf(d).Timeval() }
func TimevalAt(t time.Time) Timeval       { return TimespecAt(t).Timeval() }
func (t Timeval) Valid() bool             { return t.Usec >= 0 && t.Usec < 1e6 }
func (t Timeval) IsZero() bool            { return t.Sec == 0 && t.Usec == 0 }
func (t Timespec) Compare(u Timespec) int {
	switch {
	case t.Sec != u.Sec:
		if t.Sec < u.Sec {
			return -1
		}
		return 1
	case t.Nsec != u.Nsec:
		if t.Nsec < u.Nsec {
			return -1
		}
		return 1
	}
	return 0
}
