package main

import (
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"nbemu/machine"
	"nbemu/probe"
)

// observers are the flags that have files written about what programs do.
type observers struct {
	ktrace  string
	profile string
	period  time.Duration

	coverage, format string
	insns, filter    string // -d, -dfilter
	single           bool   // -one-insn-per-tb
	perfmap, jitdump bool
}

// patience is how long nbemu waits for the machine's end: symbols of large programs take their time to be read.
func (o *observers) patience() time.Duration {
	if o.profile != "" || o.coverage != "" {
		return time.Minute
	}
	return 2 * time.Second
}

// create opens a file for what a flag asks for, and has it closed at the end.
func create(flag, name string, ends *[]func() error) (*os.File, error) {
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o666)
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
	if o.coverage != "" {
		f, err := create("coverage", o.coverage, &ends)
		if err != nil {
			return nil, err
		}
		format := o.format
		if format == "" {
			format = probe.CoverageFormat(o.coverage)
		}
		c.Coverage = &machine.Coverage{Writer: f, Format: format}
	}
	if o.perfmap {
		f, err := create("perfmap", fmt.Sprintf("/tmp/perf-%d.map", os.Getpid()), &ends)
		if err != nil {
			return nil, err
		}
		c.PerfMap = f
	}
	if o.jitdump {
		f, err := create("jitdump", fmt.Sprintf("jit-%d.dump", os.Getpid()), &ends)
		if err != nil {
			return nil, err
		}
		if err := markJITDump(f); err != nil {
			return nil, fmt.Errorf("-jitdump: %w", err)
		}
		c.JITDump = f
	}
	return end, nil
}

// markJITDump shows perf the file: it looks for mappings to be executed of files of such a name.
func markJITDump(f *os.File) error {
	if err := f.Truncate(int64(os.Getpagesize())); err != nil {
		return err
	}
	_, err := unix.Mmap(int(f.Fd()), 0, os.Getpagesize(), unix.PROT_READ|unix.PROT_EXEC, unix.MAP_PRIVATE)
	if err != nil {
		return err
	}
	return f.Truncate(0)
}
