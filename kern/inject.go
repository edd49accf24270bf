package kern

import (
	"time"

	"nbemu/abi"
	"nbemu/strace"
)

// Faults that -strace='-e inject=…' has calls of a program meet: errors and results that the kernel did not give, signals,
// delays, memory that changes.

// tampering is what was done to a call.
type tampering struct {
	args, answered bool
	delayed        time.Duration
}

// String is strace's note after a result.
func (t *tampering) String() string {
	s := ""
	switch {
	case t.args && t.answered:
		s = " (INJECTED: args, retval)"
	case t.args:
		s = " (INJECTED: args)"
	case t.answered:
		s = " (INJECTED)"
	}
	if t.delayed != 0 {
		s += " (DELAYED)"
	}
	return s
}

// callTraced does a call, tampered with as Config.Tracing asks for; sig is what is known of it, or nil.
func (l *LWP) callTraced(num int, args *Args, sig *strace.Sig) (rv Retval, err abi.Errno, t tampering) {
	o := l.K.Config.Tracing
	if !o.Injects() || sig == nil {
		rv, err = l.call(num, args)
		return rv, err, t
	}
	in := o.Injection(sig)
	if in == nil || !in.Due(l.countCall(num)) {
		rv, err = l.call(num, args)
		return rv, err, t
	}
	return l.callInjected(in, num, args)
}

// countCall counts the calls of one number that l has made, for when=.
func (l *LWP) countCall(num int) int {
	if l.counted == nil {
		l.counted = map[int]int{}
	}
	l.counted[num]++
	return l.counted[num]
}

func (l *LWP) callInjected(in *strace.Injection, num int, args *Args) (rv Retval, err abi.Errno, t tampering) {
	if in.Signal != 0 {
		// The kernel's, as from ptrace_report_syscall.
		l.Proc.Kpsignal(&Ksiginfo{Signo: in.Signal, Code: abi.SI_NOINFO}, l)
		if l.killedUnseen() { // Linux looks before it does the call
			return rv, abi.EINTR, t
		}
	}
	if !l.pause(in.DelayEnter) {
		return rv, abi.EINTR, t
	}
	t.args = l.poke(in.PokeEnter, args)
	err, t.answered = l.injectedError(in)
	switch {
	case t.answered:
		if other := l.callNamed(in.Syscall); other >= 0 {
			_, _ = l.call(other, args)
		}
		if err == abi.OK {
			rv.R0 = in.Ret
		}
	default:
		rv, err = l.call(num, args)
	}
	if l.poke(in.PokeExit, args) {
		t.args = true
	}
	if err != abi.EJUSTRETURN && !l.pause(in.DelayExit) {
		return rv, abi.EINTR, t
	}
	t.delayed = in.DelayEnter + in.DelayExit
	return rv, err, t
}

// injectedError is the error that is the answer to a call, OK for none; answered says that there is one to be given. A
// program whose system has no such error is left alone.
func (l *LWP) injectedError(in *strace.Injection) (err abi.Errno, answered bool) {
	if !in.Answer || in.Error == "" {
		return abi.OK, in.Answer
	}
	if err = in.Errno(l.Proc.Emul.Foreign != nil); err == abi.OK {
		l.K.LogOnce("-e inject: programs of %s have no error %s", l.Proc.Emul.Name, in.Error)
	}
	return err, err != abi.OK
}

// callNamed is the number of a call, -1 if the emulation has none of that name.
func (l *LWP) callNamed(name string) int {
	if name == "" {
		return -1
	}
	for num := range l.Proc.Emul.Sysent {
		if sy := &l.Proc.Emul.Sysent[num]; sy.Call != nil && (sy.Name == name || strace.BaseName(sy.Name) == name) {
			return num
		}
	}
	return -1
}

// poke stores what is to be in memory before or after a call, and reports whether it stored anything.
func (l *LWP) poke(pokes []strace.Poke, args *Args) (done bool) {
	for _, p := range pokes {
		if l.Copyout(p.Data, args[p.Arg]) == abi.OK {
			done = true
		}
	}
	return done
}

// pause lets time pass on the machine's clock; signals wait until it is over. It returns false if l's process is to end.
func (l *LWP) pause(d time.Duration) bool {
	if d == 0 {
		return true
	}
	var q SleepQ
	over := false
	t := l.K.AfterFunc(d, func() {
		over = true
		q.WakeAll()
	})
	defer t.Stop()
	return l.SleepKillable(&q, "inject", func() bool { return over })
}
