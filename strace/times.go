package strace

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// unit is how exactly a time is shown: digits after the point. 0 is the option's usual one.
type unit uint8

const (
	usually unit = iota
	seconds
	millis
	micros
	nanos
)

var units = map[string]unit{"s": seconds, "ms": millis, "us": micros, "ns": nanos}

// digits is how many digits a unit has after the point.
func (u unit) digits() int { return 3 * (int(u) - 1) }

// text is a time in seconds, the whole ones of a width; usually in microseconds.
func (u unit) text(d time.Duration, width int) string {
	if u == usually {
		u = micros
	}
	s := fmt.Sprintf("%*d", width, d/time.Second)
	if u == seconds {
		return s
	}
	return s + "." + fmt.Sprintf("%09d", d%time.Second)[:u.digits()]
}

// setUnit takes a precision, perhaps after the word.
func setUnit(to *unit, option, value string) error {
	value = strings.TrimPrefix(value, "precision:")
	if value == "" {
		*to = usually
		return nil
	}
	u, ok := units[value]
	if !ok {
		return fmt.Errorf("%s=%s: one of s, ms, us, ns", option, value)
	}
	*to = u
	return nil
}

// setTime takes form and precision of --absolute-timestamps: -t, -tt or -ttt in words.
func (o *Options) setTime(value string) error {
	o.Time, o.TimeUnit = 1, seconds
	for _, w := range strings.Split(value, ",") {
		form, isForm := strings.CutPrefix(w, "format:")
		switch u, ok := units[strings.TrimPrefix(w, "precision:")]; {
		case ok && !isForm:
			o.TimeUnit = u
		case form == "" && !isForm, form == "time":
		case form == "none":
			o.Time = 0
		case form == "unix":
			o.Time = 3
		default:
			return fmt.Errorf("--absolute-timestamps=%s: none, time or unix; s, ms, us or ns", value)
		}
	}
	return nil
}

// clock is the time of day before a line, as -t has it.
func (o *Options) clock(at time.Time) string {
	u := o.TimeUnit
	if u == usually {
		u = map[bool]unit{true: seconds, false: micros}[o.Time == 1]
	}
	part := ""
	if u > seconds {
		part = "." + fmt.Sprintf("%09d", at.Nanosecond())[:u.digits()]
	}
	switch o.Time {
	case 0:
		return ""
	case 3:
		return strconv.FormatInt(at.Unix(), 10) + part + " "
	}
	return at.Local().Format("15:04:05") + part + " "
}

// setOverhead takes what is taken off each call's time: a number, in microseconds or with its unit.
func (o *Options) setOverhead(value string) error {
	digits := strings.TrimRight(value, "smun")
	n, err := strconv.ParseUint(digits, 10, 31)
	by := map[string]time.Duration{"": time.Microsecond, "us": time.Microsecond, "s": time.Second, "ms": time.Millisecond, "ns": time.Nanosecond}
	d, ok := by[value[len(digits):]]
	if err != nil || !ok {
		return fmt.Errorf("-O %s: a number, and s, ms, us or ns", value)
	}
	o.Overhead = time.Duration(n) * d
	return nil
}
