package kern

import "time"

// Timenow is the time of day: the host's, with a monotonic part, or the virtual clock's (determ.go).
func Timenow() time.Time {
	if det.on {
		return boottime.Add(det.clock())
	}
	return time.Now()
}

var boottime = time.Now()

// Uptime is the time since the machine was started: CLOCK_MONOTONIC.
func Uptime() time.Duration { return Timenow().Sub(boottime) + bootOffset }

// bootOffset keeps monotonic clocks away from 0, which programs use to mean "never".
const bootOffset = time.Second

// Boottime is when the machine was started.
func Boottime() time.Time { return boottime.Add(-bootOffset) }
