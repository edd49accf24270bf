package machine

import (
	"errors"

	"golang.org/x/sys/unix"

	"nbemu/execve"
	"nbemu/gdbstub"
	"nbemu/kern"
	"nbemu/strace"
	"nbemu/vfs"
)

// A debugger of a deterministic machine goes back by having the program run again, in a machine that is made for that: with
// the same configuration, but nobody to hear of it, and with the same descriptors, but nothing is done to them.

// keptFd is a descriptor that the program was started with, kept for machines that repeat it.
type keptFd struct{ fd, copy int }

// keepFds keeps what the host process passes on to the program.
func (p *Process) keepFds(fds []int) {
	for _, fd := range fds {
		if c, err := unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 0); err == nil {
			p.kept = append(p.kept, keptFd{fd, c})
		}
	}
}

// dropFds gives them back.
func (p *Process) dropFds() {
	for _, k := range p.kept {
		_ = unix.Close(k.copy)
	}
	p.kept = nil
}

// repeater returns what runs the program of a deterministic machine again; nil for other machines.
func (m *Machine) repeater(p *Process, c *Command) func(log *kern.Journal) (*gdbstub.Run, error) {
	if m.cfg.Deterministic == nil {
		return nil
	}
	again := *c
	return func(log *kern.Journal) (*gdbstub.Run, error) {
		if err := m.cfg.repeats(&again); err != nil {
			return nil, err
		}
		return m.repeat(p, again, log)
	}
}

// repeats says why a program cannot be repeated.
func (c *Config) repeats(cmd *Command) error {
	h := c.Hooks
	switch {
	case !cmd.Inherit:
		return errors.New("the program was not started by the command nbemu")
	case c.Metadata != "":
		return errors.New("there is a metadata file (-metadata)")
	case c.Coverage != nil || c.Instructions != nil || c.Profile != nil || c.PerfMap != nil || c.JITDump != nil:
		return errors.New("it is being measured (-coverage, -d, -prof, -perfmap, -jitdump)")
	case c.Ktrace != nil:
		return errors.New("ktrace is on")
	case h.Before != nil || h.After != nil || h.Exec != nil || h.Exit != nil:
		return errors.New("there are hooks")
	}
	return nil
}

// repeat starts the program in another machine, which has stopped before the first instruction.
func (m *Machine) repeat(first *Process, c Command, log *kern.Journal) (*gdbstub.Run, error) {
	cfg := m.cfg
	cfg.Log, cfg.Trace, cfg.OnStop, cfg.Crash = func(string) {}, nil, nil, false
	if o, err := strace.ParseOptions(cfg.TraceOptions); err == nil && o.Injects() { // faults are part of the run
		cfg.Trace = func(TraceLine) {}
	}
	if cfg.Overlay != "" {
		cfg.Overlay = m.OverlayDir()
	}
	m2, err := New(cfg)
	if err != nil {
		return nil, err
	}
	m2.fs.SetUsers(vfs.HostCred(), m2.cred)
	c.Inherit, c.GDB, c.Confine = false, "", nil
	p, err := m2.prepare(&c)
	if err != nil {
		m2.Close()
		return nil, err
	}
	m2.k.Lock()
	defer m2.k.Unlock()
	for _, fd := range p.p.Fd.Fds() {
		_ = p.p.Fd.Close(nil, fd)
	}
	for _, k := range first.kept {
		fd, err := unix.FcntlInt(uintptr(k.copy), unix.F_DUPFD_CLOEXEC, 0)
		if err != nil {
			continue
		}
		if f := m2.fs.AdoptHost(fd); f != nil {
			p.p.Fd.SetFd(int32(k.fd), f, false)
		}
	}
	if cfg.HostTerminal {
		vfs.InitTTY(p.p)
	}
	if c.Search {
		c.Path = search(p.first, c.Path, c.Env)
	}
	if err := execve.ExecFirst(p.first, c.Path, c.Args, c.Env); err != nil {
		p.discard()
		go m2.Close()
		return nil, err
	}
	g := m2.k.NewDebugger(p.p)
	g.Log, g.Repeats = log, true
	p.first.Start()
	r := &gdbstub.Run{P: p.p, G: g}
	r.Close = func() {
		g.Abandon()
		m2.Close()
	}
	return r, nil
}
