package kern

import (
	"strings"

	"nbemu/abi"
)

// Hooks are told what a machine's programs do, and may do some of it in the kernel's place. They run with the kernel
// lock held, on behalf of the LWP that they are given, and must neither sleep nor call back into who embeds the
// machine. Each may be nil.
type Hooks struct {
	// Before is asked before each system call; args may be changed. If it answers, the kernel does not do the call,
	// also where there is none of that number: rv and err are the result.
	Before func(l *LWP, num int, args *Args) (rv Retval, err abi.Errno, answered bool)
	// After is told of the result, which it may change: not of calls that do not come back (exit, and exec when it
	// succeeds).
	After func(l *LWP, num int, args *Args, rv *Retval, err *abi.Errno)
	// Exec is told when a process has a new program, before its first instruction.
	Exec func(l *LWP)
	// Exit is told when a process ends, with its wait status.
	Exit func(p *Proc, status int32)
}

// call does a system call, or has the hooks do it.
func (l *LWP) call(num int, args *Args) (Retval, abi.Errno) {
	if h := l.K.Hooks; h != nil {
		return l.callHooked(h, num, args)
	}
	if g := l.K.dbg; g != nil && !g.over.Load() {
		return l.callLogged(g, num, args)
	}
	return l.callKernel(num, args)
}

func (l *LWP) callKernel(num int, args *Args) (Retval, abi.Errno) {
	table := l.Proc.Emul.Sysent
	if num < 0 || num >= len(table) || table[num].Call == nil {
		return l.nosys(num)
	}
	if l.K.Config.Missing != nil && l.missing(num) {
		return l.Nosys()
	}
	return table[num].Call(l, args)
}

// missing reports whether the kernel's release does not have a call of the native table yet.
func (l *LWP) missing(num int) bool {
	m := l.K.Config.Missing
	return num < len(m) && m[num] && strings.HasPrefix(l.Proc.Emul.Name, "netbsd")
}

func (l *LWP) callHooked(h *Hooks, num int, args *Args) (rv Retval, err abi.Errno) {
	answered := false
	if h.Before != nil {
		rv, err, answered = h.Before(l, num, args)
	}
	if !answered {
		rv, err = l.callKernel(num, args)
	}
	if h.After != nil && err != abi.EJUSTRETURN {
		h.After(l, num, args, &rv, &err)
	}
	return rv, err
}
