package machine

import (
	"nbemu/abi"
	"nbemu/kern"
)

// Hooks are functions that are told what programs do. Each may be nil. They run while the machine stands still for
// them, on behalf of the process they are given, so they should be quick; they must not call methods of Machine or
// Process, and may keep neither a Call nor an Exec.
type Hooks struct {
	// Before is called before each system call. A result that is not nil is the call's: the kernel does nothing. It
	// is also asked about calls that the kernel does not have.
	Before func(c *Call) *Result
	// After is called when a system call has its result, which it may change. Calls that do not come back (exit, and
	// exec when it succeeds) are not seen by it.
	After func(c *Call, r *Result)
	// Exec is called when a process has a new program, before its first instruction.
	Exec func(e *Exec)
	// Exit is called when a process has ended.
	Exit func(pid int, s Status)
}

// Call is a system call under way.
type Call struct {
	PID, LWP  int
	Machine   string // as Machines has it
	Emulation string // "netbsd" or "linux"
	Number    int    // in the emulation's table
	Name      string // "" for a number without a call
	// Args are the arguments as register words, with the padding that 64-bit arguments have on some machines. Before
	// may change them.
	Args []uint64

	l *kern.LWP
}

// Result is what a system call returns: R0, R1 for the calls with two results (pipe), and an error, 0 for none. The
// numbers of errors are NetBSD's, for every emulation.
type Result struct {
	R0, R1 uint64
	Errno  Errno
}

// Exec is a process that has a new program.
type Exec struct {
	PID       int
	Path      string // of the program, as the kernel knows it
	Args      []string
	Machine   string
	Emulation string
	Entry     uint64 // where it begins

	l *kern.LWP
}

// ReadMemory fills p from the process's memory at addr. Error: EFAULT.
func (c *Call) ReadMemory(p []byte, addr uint64) error { return c.l.Copyin(p, addr).Err() }

// WriteMemory stores p in the process's memory at addr. Error: EFAULT.
func (c *Call) WriteMemory(p []byte, addr uint64) error { return c.l.Copyout(p, addr).Err() }

// ReadString returns the string at addr, which is ended by a NUL, of at most max bytes. Errors: EFAULT, ENAMETOOLONG.
func (c *Call) ReadString(addr uint64, max int) (string, error) {
	s, err := c.l.CopyinStr(addr, max)
	return s, err.Err()
}

// ReadMemory and WriteMemory are those of Call.
func (e *Exec) ReadMemory(p []byte, addr uint64) error  { return e.l.Copyin(p, addr).Err() }
func (e *Exec) WriteMemory(p []byte, addr uint64) error { return e.l.Copyout(p, addr).Err() }

func (m *Machine) newCall(l *kern.LWP, num int, args *kern.Args) *Call {
	e := l.Proc.Emul
	c := &Call{PID: int(l.Proc.PID), LWP: int(l.ID), Machine: l.Proc.Arch.Name, Emulation: e.Name, Number: num, Args: args[:], l: l}
	if num >= 0 && num < len(e.Sysent) && e.Sysent[num].Sig.Name != "" {
		c.Name = e.Sysent[num].Name
		c.Args = args[:min(e.Sysent[num].Narg, len(args))]
	}
	return c
}

// setHooks connects Config.Hooks to the kernel's.
func (m *Machine) setHooks() {
	h := m.cfg.Hooks
	if h.Before == nil && h.After == nil && h.Exec == nil && h.Exit == nil {
		return
	}
	k := &kern.Hooks{}
	if h.Before != nil {
		k.Before = func(l *kern.LWP, num int, args *kern.Args) (kern.Retval, abi.Errno, bool) {
			r := h.Before(m.newCall(l, num, args))
			if r == nil {
				return kern.Retval{}, abi.OK, false
			}
			return kern.Retval{R0: r.R0, R1: r.R1}, r.Errno, true
		}
	}
	if h.After != nil {
		k.After = func(l *kern.LWP, num int, args *kern.Args, rv *kern.Retval, err *abi.Errno) {
			r := Result{R0: rv.R0, R1: rv.R1, Errno: *err}
			h.After(m.newCall(l, num, args), &r)
			*rv, *err = kern.Retval{R0: r.R0, R1: r.R1}, r.Errno
		}
	}
	if h.Exec != nil {
		k.Exec = func(l *kern.LWP) {
			p := l.Proc
			h.Exec(&Exec{PID: int(p.PID), Path: p.TextPath, Args: p.ArgStrings, Machine: p.Arch.Name,
				Emulation: p.Emul.Name, Entry: l.Ctx.R[p.Arch.PC], l: l})
		}
	}
	if h.Exit != nil {
		k.Exit = func(p *kern.Proc, status int32) { h.Exit(int(p.PID), Status{wait: status, why: p.KilledBy}) }
	}
	m.k.Hooks = k
}
