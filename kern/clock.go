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
