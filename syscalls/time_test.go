package syscalls

import (
	"testing"
	"time"

	"nbemu/abi"
	"nbemu/kern"
)

func TestFixTimespec(t *testing.T) {
	for _, tt := range []struct {
		ts  abi.Timespec
		err abi.Errno
	}{
		{abi.Timespec{}, abi.OK},
		{abi.Timespec{Sec: 1, Nsec: 999999999}, abi.OK},
		{abi.Timespec{Nsec: 1e9}, abi.EINVAL},
		{abi.Timespec{Nsec: -1}, abi.EINVAL},
		{abi.Timespec{Sec: -1}, abi.ETIMEDOUT},
		{abi.Timespec{Sec: -1, Nsec: 1e9}, abi.EINVAL},
	} {
		if err := fixTimespec(tt.ts); err != tt.err {
			t.Errorf("%v: %v, want %v", tt.ts, err, tt.err)
		}
	}
}

func TestSubTimespec(t *testing.T) {
	for _, tt := range []struct{ a, b, want abi.Timespec }{
		{abi.Timespec{Sec: 2}, abi.Timespec{Nsec: 1}, abi.Timespec{Sec: 1, Nsec: 999999999}},
		{abi.Timespec{Sec: 1}, abi.Timespec{Sec: 2, Nsec: 5e8}, abi.Timespec{Sec: -2, Nsec: 5e8}},
		{abi.Timespec{Sec: 1, Nsec: 5}, abi.Timespec{Sec: 1, Nsec: 5}, abi.Timespec{}},
	} {
		if got := subTimespec(tt.a, tt.b); got != tt.want {
			t.Errorf("%v − %v = %v, want %v", tt.a, tt.b, got, tt.want)
		}
	}
}

func TestTimerStart(t *testing.T) {
	near := func(name string, got, want time.Time) {
		t.Helper()
		if d := got.Sub(want); d < -time.Second || d > time.Second {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
	l := &kern.LWP{K: kern.New()}
	now := l.K.Timenow()
	in := func(d time.Duration) time.Time { return now.Add(d) }
	if !timerStart(l, abi.CLOCK_REALTIME, abi.TIMER_ABSTIME, abi.Timespec{}).IsZero() {
		t.Error("zero does not disarm")
	}
	near("relative", timerStart(l, abi.CLOCK_MONOTONIC, 0, abi.TimespecOf(time.Hour)), in(time.Hour))
	near("real time", timerStart(l, abi.CLOCK_REALTIME, abi.TIMER_ABSTIME, abi.TimespecAt(in(time.Hour))), in(time.Hour))
	near("monotonic", timerStart(l, abi.CLOCK_MONOTONIC, abi.TIMER_ABSTIME, abi.TimespecOf(l.K.Uptime()+time.Hour)), in(time.Hour))
	near("in the past", timerStart(l, abi.CLOCK_MONOTONIC, abi.TIMER_ABSTIME, abi.TimespecOf(1)), in(-l.K.Uptime()))
}
