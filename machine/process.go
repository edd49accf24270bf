package machine

import (
	"errors"
	"fmt"
	"io/fs"

	"nbemu/abi"
	"nbemu/execve"
	"nbemu/gdbstub"
	"nbemu/kern"
	"nbemu/vfs"
)

// Process is a program that Start has started.
type Process struct {
	m     *Machine
	p     *kern.Proc
	first *kern.LWP
	pid   int
	stdio stdio
	gdb   *gdbstub.Session
	kept  []keptFd // see repeat.go

	over over
}

// Command is a program to be started.
type Command struct {
	// Path is the program, as the guest names it: with Config.Chroot it is below that.
	Path string
	// Search looks for a Path without a slash, if there is no such file in the working directory, in the directories of
	// Env's PATH, as programs of the machine see them.
	Search bool
	// ExecFD, if not 0, is the descriptor of the program, as fexecve(2) takes it; Path is its name in messages then. The
	// program does not have the descriptor itself.
	ExecFD int
	// Args are its arguments, with argv[0]; nil is Path alone.
	Args []string
	// Env is its environment, strings of the form NAME=value; nil is an empty one.
	Env []string

	// Stdin, Stdout and Stderr are its descriptors 0, 1 and 2; nil is /dev/null. An *os.File is passed on as it is
	// (and stays the caller's); for others the machine copies, and Wait waits for that. If two are the same and can be
	// compared with ==, they share one descriptor.
	Stdin          Reader
	Stdout, Stderr Writer
	// Files are further descriptors, from 3 on, which stay the caller's.
	Files []File
	// Inherit passes on all descriptors of the host process that are not marked close-on-exec, in place of the above,
	// and takes them over. For commands; not for libraries.
	Inherit bool

	// Confine, if set, is called when everything that the machine and the program are given is open, before the program
	// itself is looked for: this is the time to take rights from the host process that programs are not to have. Its
	// error is Start's.
	Confine func() error

	// Ignore are signals that are ignored when it starts, as after nohup(1).
	Ignore []Signal
	// Held has it wait at its first instruction until Machine.Resume: for a Snapshot, RunUntil or Call. The machine has no
	// other program yet, or is at rest.
	Held bool
	// GDB has it wait at its first instruction for a debugger at this TCP port ("1234"), address ("localhost:1234") or
	// local socket (a name with a slash). Process.GDB tells where. "" is no debugger.
	GDB string
	// GDBAgain has it wait there, running, for another debugger when one has detached. Not of a deterministic machine.
	GDBAgain bool
}

// ExecError is the error of Start for a program that cannot be run: what is wrong with which file, in words for people.
// errors.Is(err, fs.ErrNotExist) tells that the program itself is not there.
type ExecError struct {
	Errno   Errno
	Text    string
	missing bool
}

func (e *ExecError) Error() string        { return e.Text }
func (e *ExecError) Is(target error) bool { return e.missing && target == fs.ErrNotExist }

// Start starts a program: a process of its own, in a session of its own, whose parent is process 1. Errors: *ExecError
// for a program that cannot be run, ErrClosed, those of the host for descriptors and debugger.
func (m *Machine) Start(c Command) (*Process, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return nil, ErrClosed
	}
	p, err := m.prepare(&c)
	if err != nil {
		return nil, err
	}
	if c.Confine != nil {
		if err := c.Confine(); err != nil {
			m.k.Lock()
			defer m.k.Unlock()
			p.discard()
			return nil, err
		}
		m.fs.SetUsers(vfs.HostCred(), m.cred)
	}
	m.k.Lock()
	defer m.k.Unlock()
	if c.Search {
		c.Path = search(p.first, c.Path, c.Env)
	}
	if w := m.cfg.Ktrace; w != nil {
		p.p.KtraceTo(w, m.ktraceVersion())
	}
	if c.ExecFD > 0 {
		if p.p.Fd.Get(int32(c.ExecFD)) == nil {
			p.discard()
			return nil, fmt.Errorf("descriptor %d: %w", c.ExecFD, abi.EBADF)
		}
		p.p.Fd.SetCloexec(int32(c.ExecFD), true)
		err = execve.ExecFirstFile(p.first, int32(c.ExecFD), c.Args, c.Env)
	} else {
		err = execve.ExecFirst(p.first, c.Path, c.Args, c.Env)
	}
	if err != nil {
		err = m.execError(p.first, c.Path, err)
	} else if err = m.cfg.fitsCPU(p.p.Arch); err == nil && c.GDB != "" {
		if p.gdb, err = gdbstub.Listen(c.GDB, p.p, m.repeater(p, &c)); err == nil {
			p.gdb.Again = c.GDBAgain
		}
	}
	if err != nil {
		p.discard()
		return nil, err
	}
	p.first.StraceExec(c.Path, c.Args, c.Env)
	p.stdio.start()
	if p.gdb != nil {
		m.streams.Add(1)
		go func() {
			defer m.streams.Done()
			if err := p.gdb.Serve(); err != nil {
				m.k.Lock()
				m.k.Log("gdb: %v", err)
				m.k.Unlock()
			}
		}()
	}
	if c.Held {
		m.k.Hold()
	}
	p.first.Start()
	m.forget()
	m.started = append(m.started, p)
	return p, nil
}

// prepare makes a process with its descriptors, which has no program yet.
func (m *Machine) prepare(c *Command) (*Process, error) {
	if c.Args == nil {
		c.Args = []string{c.Path}
	}
	p := &Process{m: m, stdio: stdio{m: m}}
	if !c.Inherit {
		if err := p.stdio.open(c); err != nil {
			p.stdio.close()
			return nil, err
		}
	}
	m.k.Lock()
	defer m.k.Unlock()
	p.first = m.k.NewProc(m.native(), m.cred)
	p.p = p.first.Proc
	p.pid = int(p.p.PID)
	for n, lim := range m.limits {
		p.p.PresetLimit(n, lim)
	}
	m.fs.Attach(p.p)
	if c.Inherit {
		if c.GDB != "" && m.cfg.Deterministic != nil {
			p.keepFds(vfs.InheritedFds())
		}
		m.fs.AdoptAll(p.p)
		if m.cfg.HostTerminal {
			vfs.InitTTY(p.p)
		}
	} else {
		p.stdio.install(p.p)
	}
	for _, sig := range c.Ignore {
		p.p.SetSigact(sig, &kern.Sigact{Sigaction: abi.Sigaction{Handler: kern.SigIgn}})
	}
	return p, nil
}

// discard undoes prepare. Preconditions: kernel lock.
func (p *Process) discard() {
	p.first.Discard()
	p.stdio.close()
}

// execError finds out whether it is the program itself that is missing. Preconditions: kernel lock.
func (m *Machine) execError(l *kern.LWP, path string, herr error) error {
	x := &ExecError{Text: herr.Error()}
	var e *execve.Error
	if errors.As(herr, &e) {
		x.Errno = e.Errno
	}
	v, lookup := vfs.Lookup(l, path, l.Proc.Cwdi.Edir)
	if lookup == abi.OK {
		v.Unref()
	}
	x.missing = lookup == abi.ENOENT
	return x
}

// Report is what exec would do with a program: its record as text or, marshalled, as JSON.
type Report = execve.Report

// DryRun shows what exec would do with a program, without running it. The report goes as far as exec does. Errors:
// those of Start.
func (m *Machine) DryRun(c Command) (*Report, error) {
	c.Inherit = false // the caller's descriptors are still needed to show the report
	p, err := m.prepare(&c)
	if err != nil {
		return nil, err
	}
	m.k.Lock()
	defer m.k.Unlock()
	defer p.discard()
	if c.Search {
		c.Path = search(p.first, c.Path, c.Env)
	}
	r, err := execve.DryRun(p.first, c.Path, c.Args, c.Env)
	if err != nil {
		err = m.execError(p.first, c.Path, err)
	}
	return r, err
}

// PID is the process's number.
func (p *Process) PID() int { return p.pid }

// GDB is the address that gdb's "target remote" takes, if Command.GDB asked for it; else "".
func (p *Process) GDB() string {
	if p.gdb == nil {
		return ""
	}
	return p.gdb.Addr()
}

// Wait waits until the process has ended and what it wrote has been copied. It can be called again, and by several.
// Error: that of copying; that of a machine that an internal error has stopped.
func (p *Process) Wait() (Status, error) {
	o := &p.over
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.ended {
		return o.status, o.err
	}
	xstat := <-p.p.Exited
	o.ended = true
	p.m.k.Lock()
	o.status = Status{wait: xstat, why: p.p.KilledBy}
	o.err = p.m.k.Err()
	p.m.k.KtraceFlush()
	p.m.k.Unlock()
	if p.gdb != nil {
		p.gdb.Wait()
		p.dropFds()
	}
	if err := p.stdio.wait(); o.err == nil {
		o.err = err
	}
	return o.status, o.err
}

// Signal sends a signal to the process, as the kernel would: no permission is asked for. A process that has ended
// ignores it. Error: EINVAL for what is no signal.
func (p *Process) Signal(sig Signal) error {
	return p.signal(sig, func() { p.p.Psignal(sig) })
}

// SignalForeground sends a signal to the foreground process group of the process's terminal, or to its own group if it
// has none, as a terminal does for ^C. Error: EINVAL for what is no signal.
func (p *Process) SignalForeground(sig Signal) error {
	return p.signal(sig, func() {
		g := p.p.Pgrp
		if g == nil {
			p.p.Psignal(sig)
			return
		}
		if fg := g.Session.Fg; fg != nil {
			g = fg
		}
		g.PgSignal(sig, false)
	})
}

func (p *Process) signal(sig Signal, send func()) error {
	if sig < 1 || sig >= abi.NSIG {
		return abi.EINVAL
	}
	p.m.k.Lock()
	defer p.m.k.Unlock()
	if !p.p.Zombie {
		p.m.k.Lose("a signal has come from outside")
		send()
		p.p.Hurry()
	}
	switch sig {
	case abi.SIGHUP, abi.SIGINT, abi.SIGQUIT, abi.SIGTERM, abi.SIGKILL:
		p.gdb.GiveUp() // who ends a program does not wait for a debugger
	}
	return nil
}

// Status says how a process ended.
type Status struct {
	wait int32
	why  string
}

// Exited reports whether the process ended by itself.
func (s Status) Exited() bool { return abi.WIFEXITED(s.wait) }

// Code is the exit code of a process that ended by itself, 0 to 255; else -1.
func (s Status) Code() int {
	if !s.Exited() {
		return -1
	}
	return int(abi.WEXITSTATUS(s.wait))
}

// Signal is the signal that ended the process, or 0.
func (s Status) Signal() Signal {
	if !abi.WIFSIGNALED(s.wait) {
		return 0
	}
	return abi.WTERMSIG(s.wait)
}

// CoreDumped reports whether it left a core file.
func (s Status) CoreDumped() bool { return abi.WCOREDUMP(s.wait) }

// Cause describes how a signal ended the process ("hello: Segmentation fault (SIGSEGV) at pc 0x…"); "" if none did.
func (s Status) Cause() string { return s.why }

// String is like that of os.ProcessState: "exit status 1", "signal: segmentation fault".
func (s Status) String() string {
	if s.Exited() {
		return fmt.Sprintf("exit status %d", s.Code())
	}
	str := "signal: " + s.Signal().String()
	if s.CoreDumped() {
		str += " (core dumped)"
	}
	return str
}
