package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"

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
		if log, err = createLog(name, o.strace && o.tracing.Append); err != nil {
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
	create := func(pid int) (io.Writer, error) { return createLog(fmt.Sprintf("%s.%d", name, pid), o.tracing.Append) }
	done := func() error { return nil }
	if o.tracing.File != "" && !o.tracing.PerProc {
		if w, done, err = openTrace(name, o.tracing.Append); err != nil {
			return nil, err
		}
	}
	out := strace.NewOutput(o.tracing, w, create)
	c.TraceWaits = !o.tracing.JSON
	c.Trace = func(t machine.TraceLine) { out.Write(t.Event()) }
	return func() {
		if err := errors.Join(out.Close(), done()); err != nil {
			say(fmt.Errorf("-strace: %w", err))
		}
	}, nil
}

// openTrace opens the file of -strace='-o NAME', or begins the command that NAME is after a | or !, as strace does. done
// waits for the command to end.
func openTrace(name string, more bool) (w io.Writer, done func() error, err error) {
	command := strings.TrimLeft(name, "|!")
	if command == name {
		w, err = createLog(name, more)
		return w, func() error { return nil }, err
	}
	cmd := exec.Command("sh", "-c", command)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	pipe, err := cmd.StdinPipe()
	if err == nil {
		err = cmd.Start()
	}
	return pipe, func() error { return errors.Join(pipe.Close(), cmd.Wait()) }, err
}

// createLog opens a log; with more what is in the file stays.
func createLog(name string, more bool) (io.Writer, error) {
	flags := unix.O_WRONLY | unix.O_CREAT | unix.O_CLOEXEC
	if more {
		flags |= unix.O_APPEND
	} else {
		flags |= unix.O_TRUNC
	}
	fd, err := unix.Open(name, flags, 0o666)
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: name, Err: err}
	}
	return newConsole(fd), nil // open to the end: the last line comes when everything else is closed
}
