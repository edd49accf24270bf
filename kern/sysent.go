package kern

import (
	"nbemu/abi"
	"nbemu/strace"
)

// Handler does one system call. It runs with the kernel lock held.
type Handler func(l *LWP, a *Args) (Retval, abi.Errno)

// Support says how much of a call is there.
type Support uint8

const (
	None Support = iota
	Partial
	Full
)

// Sysent is one row of a system-call table.
type Sysent struct {
	Name    string
	Narg    int     // register words on LP64, PADs included
	Call    Handler // nil: ENOSYS
	Sig     strace.Sig
	Support Support
	Outside Outside
	Note    string
}

// Outside says what of a call is done outside of the machine, on the host's files (see Journal).
type Outside uint8

// The values are the marks of the master files.
const (
	Inside      Outside = iota
	OutsideFd           // all, if the first descriptor's file is the host's
	OutsidePath         // all
	OutsideOpen         // what is opened or made; the descriptor is the machine's
)

// Invoke calls system call num with args, with tracing and the honest answer for what is not there. It is what
// each architecture's syscall function comes down to (sy_invoke).
func (l *LWP) Invoke(num int, args *Args) (Retval, abi.Errno) {
	if l.Override != 0 {
		err := l.Override
		l.Override = 0
		return Retval{}, err
	}
	l.SysNum = num
	c := &l.calls[l.ncalls%lastCalls]
	l.ncalls++
	c.num = num
	c.args[0], c.args[1], c.args[2], c.args[3] = args[0], args[1], args[2], args[3] // as in Set6
	table := l.Proc.Emul.Sysent
	if l.K.seen || l.Proc.Flags&PFSyscall != 0 || uint(num) >= uint(len(table)) || table[num].Call == nil {
		return l.invokeSeen(num, args, c)
	}
	rv, err := table[num].Call(l, args)
	return rv, l.ended(c, rv, err)
}

// ended keeps the result of a call for crash reports, and returns what the program is told: a call that no signal has
// ended is made again.
func (l *LWP) ended(c *lastCall, rv Retval, err abi.Errno) abi.Errno {
	if err == abi.EINTR && l.K.rest.resting {
		err = abi.ERESTART // see rest.go
	}
	if l.tracee != nil || l.Again {
		err = l.interrupted(err)
	}
	c.err, c.ret = err, rv.R0
	return err
}

// seeing notes whether somebody wants to know of system calls, or some are to be left out. It is called after each change
// of what it looks at. Preconditions: kernel lock, or no processes.
func (k *Kernel) seeing() {
	k.seen = k.dbg != nil || k.Config.Strace != nil || len(k.ktrDescs) != 0 || k.Hooks != nil || k.Config.Missing != nil
}

// invokeSeen is the way of calls that somebody wants to know of, a tracer, Config.Strace, ktrace or hooks, and of calls
// that are not there.
func (l *LWP) invokeSeen(num int, args *Args, c *lastCall) (Retval, abi.Errno) {
	l.K.assertLocked()
	switch {
	case l.Proc.Flags&PFSyscall != 0:
		return l.invokeStops(num, args, c)
	case l.K.Config.Strace != nil || len(l.K.ktrDescs) != 0:
		return l.invokeTraced(num, args, c)
	}
	return l.invoke(num, args, c)
}

// invoke does a call that others may answer.
func (l *LWP) invoke(num int, args *Args, c *lastCall) (Retval, abi.Errno) {
	rv, err := l.call(num, args)
	return rv, l.ended(c, rv, err)
}

// nosys is the answer to a call that is not there: the program gets ENOSYS, the log its name, once. A number that
// NetBSD has no call for is answered with SIGSYS as well (sys_nosys).
func (l *LWP) nosys(num int) (Retval, abi.Errno) {
	table := l.Proc.Emul.Sysent
	name, known := "?", false
	if num >= 0 && num < len(table) && table[num].Name != "" {
		name = table[num].Name
		known = name[0] != '#' // as the generator names free numbers
	}
	if !known {
		_, _ = l.Nosys()
	}
	l.K.LogOnce("%s: system call %d (%s) is not supported: ENOSYS", l.Proc.Comm, num, name)
	return Retval{}, abi.ENOSYS
}

// Nosys is the answer of a kernel to a call that it was built without (sys_nosys): ENOSYS, and the signal of the
// emulation for that, SIGSYS.
func (l *LWP) Nosys() (Retval, abi.Errno) {
	if sig := l.Proc.Emul.Nosys; sig != 0 {
		l.Psignal(sig)
	}
	return Retval{}, abi.ENOSYS
}
