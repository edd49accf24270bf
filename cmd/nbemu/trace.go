package main

import (
	"fmt"
	"io"
	"os"

	"golang.org/x/sys/unix"

	"nbemu/machine"
	"nbemu/strace"
)

// traceTo sets up -strace and -d: lines go to standard error, or to a file, those of -strace perhaps to one for each
// process. The function that it returns ends the trace when the machine is closed.
func (o *options) traceTo(c *machine.Config) (end func(), err error) {
	var log io.Writer = stderr
	name := o.logfile
	if name != "" && (o.observe.insns != "" || o.strace && o.tracing.File == "") {
		if log, err = createLog(name); err != nil {
			return nil, err
		}
	}
	if o.observe.insns != "" {
		if log == io.Writer(stderr) { // which loses what nobody takes: there is much of this
			fd, err := unix.FcntlInt(2, unix.F_DUPFD_CLOEXEC, 100)
			if err != nil {
				return nil, err
			}
			log = os.NewFile(uintptr(fd), "standard error")
		}
		c.Instructions = &machine.Instructions{Writer: log, Items: o.observe.insns, Filter: o.observe.filter, Single: o.observe.single}
	}
	if !o.strace {
		return func() {}, nil
	}
	w := log
	if name == "" || o.tracing.File != "" {
		w = stderr
	}
	if o.tracing.File != "" {
		name = o.tracing.File
	}
	create := func(pid int) (io.Writer, error) { return createLog(fmt.Sprintf("%s.%d", name, pid)) }
	if o.tracing.File != "" && !o.tracing.PerProc {
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
