package main

import (
	"fmt"
	"io"
	"os"

	"golang.org/x/sys/unix"

	"nbemu/machine"
	"nbemu/strace"
)

// traceTo sets up -strace: lines go to standard error, or to a file, or to one for each process. The function that it
// returns ends the trace when the machine is closed.
func (o *options) traceTo(c *machine.Config) (end func(), err error) {
	if !o.strace {
		return func() {}, nil
	}
	name := o.logfile
	if o.tracing.File != "" {
		name = o.tracing.File
	}
	var w io.Writer = stderr
	create := func(pid int) (io.Writer, error) { return createLog(fmt.Sprintf("%s.%d", name, pid)) }
	if name != "" && !o.tracing.PerProc {
		if w, err = createLog(name); err != nil {
			return nil, err
		}
	}
	out := strace.NewOutput(o.tracing, w, create)
	c.TraceWaits = !o.tracing.JSON
	c.Trace = func(t machine.TraceLine) { out.Write(t.Event()) }
	return func() {
		if err := out.Close(); err != nil {
			say(fmt.Errorf("-strace: %w", err))
		}
	}, nil
}

func createLog(name string) (io.Writer, error) {
	fd, err := unix.Open(name, unix.O_WRONLY|unix.O_CREAT|unix.O_TRUNC|unix.O_CLOEXEC, 0o666)
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: name, Err: err}
	}
	return newConsole(fd), nil // open to the end: the last line comes when everything else is closed
}
