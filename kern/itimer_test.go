package kern

import (
	"testing"
	"time"

	"nbemu/abi"
)

// TestTimerTicks: what is left of an interval timer is what it was set to, less whole ticks (getnanotime in kern_time.c):
// programs read back what they have just set.
func TestTimerTicks(t *testing.T) {
	p := &Proc{K: tk, Emul: &Emul{}}
	const value, interval = 4*time.Second + 3*time.Microsecond, 7 * time.Second
	p.Setitimer(abi.ITIMER_REAL, value, interval)
	left, again := p.Setitimer(abi.ITIMER_REAL, 0, 0)
	if left > value || left <= 0 || (value-left)%(time.Second/ClockHz) != 0 || again != interval {
		t.Errorf("%v, %v of %v, %v", left, again, value, interval)
	}
	if left, _ = p.Getitimer(abi.ITIMER_REAL); left != 0 {
		t.Errorf("%v of a timer that is off", left)
	}
}
