package main

import (
	"fmt"
	"os"
	"time"

	"nbemu/machine"
)

// observers are the flags that have files written about what programs do.
type observers struct {
	ktrace  string
	profile string
	period  time.Duration
}

// patience is how long nbemu waits for the machine's end: symbols of large programs take their time to be read.
func (o *observers) patience() time.Duration {
	if o.profile != "" {
		return time.Minute
	}
	return 2 * time.Second
}

// create opens a file for what a flag asks for, and has it closed at the end.
func create(flag, name string, ends *[]func() error) (*os.File, error) {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o666)
	if err != nil {
		return nil, fmt.Errorf("-%s: %w", flag, err)
	}
	*ends = append(*ends, func() error {
		if err := f.Close(); err != nil {
			return fmt.Errorf("-%s: %w", flag, err)
		}
		return nil
	})
	return f, nil
}

// start opens the files, before anything is confined. The function that it returns writes what is left when the machine
// is closed.
func (o *observers) start(c *machine.Config) (end func(), err error) {
	var ends []func() error
	end = func() {
		for _, f := range ends {
			if err := f(); err != nil {
				say(err)
			}
		}
	}
	if o.ktrace != "" {
		f, err := create("ktrace", o.ktrace, &ends)
		if err != nil {
			return nil, err
		}
		c.Ktrace = f
	}
	if o.profile != "" {
		f, err := create("prof", o.profile, &ends)
		if err != nil {
			return nil, err
		}
		c.Profile = &machine.Profile{Writer: f, Period: o.period}
	}
	return end, nil
}
