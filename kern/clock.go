package kern

import "time"

// Timenow is the time of day, with a monotonic part. Handlers use it in place of time.Now, so that a virtual
// clock can stand behind it.
func Timenow() time.Time { return time.Now() }

var boottime = time.Now()

// Uptime is the time since the machine was started: CLOCK_MONOTONIC.
func Uptime() time.Duration { return Timenow().Sub(boottime) + bootOffset }

// bootOffset keeps monotonic clocks away from 0, which programs use to mean "never".
const bootOffset = time.Second

// Boottime is when the machine was started.
func Boottime() time.Time { return boottime.Add(-bootOffset) }
