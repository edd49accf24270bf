package kern

import (
	"fmt"
	"time"

	"nbemu/abi"
	"nbemu/strace"
)

// invokeTraced is invoke with what Config.Strace and ktrace want to see.
func (l *LWP) invokeTraced(num int, args *Args, c *lastCall) (rv Retval, err abi.Errno) {
	ktr := l.ktrpoint(abi.KTR_SYSCALL) || l.ktrpoint(abi.KTR_SYSRET) // a call that turns tracing on has begun without
	l.ktrSyscall(num, args)
	if l.K.Config.Strace != nil {
		rv, err = l.invokeStrace(num, args, c)
	} else {
		rv, err = l.invoke(num, args, c)
	}
	if ktr {
		l.ktrSysret(num, rv, err)
	}
	return rv, err
}

// StraceKind is what a StraceEvent is about.
type StraceKind uint8

const (
	StraceCall   StraceKind = iota // a call has returned, or will not
	StraceBegin                    // a call waits for something; its StraceCall comes later, unless the LWP ends first
	StraceSignal                   // a signal is delivered
	StraceExit                     // a process has ended
)

// StraceEvent is one thing that an LWP did, in strace's words.
type StraceEvent struct {
	Kind StraceKind
	Name string    // of the system call or signal
	Head string    // of a call: what was known when it began, "read(0, "
	Text string    // the rest, "\"x\", 1) = 1"; of other events, all
	Err  abi.Errno // of a StraceCall
	At   time.Time // when it began, on the machine's clock
	Took time.Duration
	// Stack are the program's return addresses, innermost first, if they were asked for.
	Stack []strace.Frame
}

// tracedCall is the system call that an LWP is in, while there is Config.Strace.
type tracedCall struct {
	name, head string
	began      time.Time
	told       bool // there was a StraceBegin
}

// invokeStrace is invoke with an event for Config.Strace. Calls that do not come back are told of when they begin.
func (l *LWP) invokeStrace(num int, args *Args, c *lastCall) (rv Retval, err abi.Errno) {
	o := l.K.Config.Tracing
	table := l.Proc.Emul.Sysent
	if num < 0 || num >= len(table) || table[num].Name == "" {
		if o.Wants(nil) {
			l.strace(&StraceEvent{Name: "?", Head: fmt.Sprintf("syscall_%d(%#x, %#x, %#x", num, args[0], args[1], args[2]),
				Text: ") = -1 ENOSYS", Err: abi.ENOSYS})
		}
		return l.call(num, args)
	}
	t := &table[num]
	if !o.Wants(&t.Sig) {
		rv, err = l.call(num, args)
		c.err, c.ret = err, rv.R0
		return rv, err
	}
	pr := o.Printer(l.Model())
	if o.NamesFds() && l.K.FdName != nil {
		pr.FdName = func(fd int32) string { return l.K.FdName(l, fd) }
	}
	given := *args
	call := &tracedCall{name: t.Name, head: pr.Enter(l.Proc.VM, &t.Sig, given[:]), began: l.K.Timenow()}
	ev := StraceEvent{Name: t.Name, Head: call.head, Text: ")", At: call.began}
	if o.Stacks() && l.K.Unwind != nil {
		ev.Stack = l.K.Unwind(l)
	}
	if t.Sig.Ret == strace.RetNone {
		ev.Text = ") = ?"
		l.strace(&ev)
		return l.call(num, args)
	}
	l.traced = call
	rv, err = l.call(num, args)
	l.traced = nil
	c.err, c.ret = err, rv.R0
	ev.Err, ev.Took = err, l.K.Timenow().Sub(call.began)
	if err != abi.EJUSTRETURN {
		ev.Text = pr.Leave(l.Proc.VM, &t.Sig, given[:], strace.Result{Val: rv.R0, Val2: rv.R1, Err: err}, len(call.head))
	} else if t.Name == "execve" || t.Name == "fexecve" || t.Name == "execveat" {
		ev.Text = strace.Aligned(len(call.head)) + " = 0"
	}
	l.strace(&ev)
	return rv, err
}

func (l *LWP) strace(ev *StraceEvent) {
	if ev.At.IsZero() {
		ev.At = l.K.Timenow()
	}
	if f := l.K.Config.Strace; f != nil { // a machine that is being closed has none any more
		f(l, ev)
	}
}

// straceWait tells, once a call, that it waits: from here on others run, and nobody knows for how long.
func (l *LWP) straceWait() {
	if c := l.traced; c != nil && !c.told && l.K.Config.Strace != nil {
		c.told = true
		l.strace(&StraceEvent{Kind: StraceBegin, Name: c.name, Head: c.head, At: c.began})
	}
}

func (l *LWP) straceSignal(ksi *Ksiginfo) {
	if l.K.Config.Strace != nil && l.K.Config.Tracing.WantsSignal(ksi.Signo) {
		l.strace(&StraceEvent{Kind: StraceSignal, Name: ksi.Signo.Name(),
			Text: fmt.Sprintf("--- %s %s ---", ksi.Signo.Name(), strace.SiginfoText(ksi))})
	}
}

// straceExit tells of the end of l's process; how is "exited with 0", for example.
func (l *LWP) straceExit(how string) {
	if l.K.Config.Strace != nil {
		l.strace(&StraceEvent{Kind: StraceExit, Text: "+++ " + how + " +++"})
	}
}

// StraceExec tells of the exec of a first program, which no system call asked for.
func (l *LWP) StraceExec(path string, argv, envp []string) {
	o := l.K.Config.Tracing
	if l.K.Config.Strace == nil || !o.WantsName("execve") {
		return
	}
	head, text := strace.Exec(o, path, argv, envp)
	l.strace(&StraceEvent{Name: "execve", Head: head, Text: text})
}
