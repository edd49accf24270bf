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
	Name string // of the system call or signal
	Head string // of a call: what was known when it began, "read(0, "
	Text string // the rest, "\"x\", 1) = 1"; of other events, all
	// Pad is how much of Text comes before the spaces that bring the result into its column; 0: there are none.
	Pad  int
	Err  abi.Errno // of a StraceCall
	At   time.Time // when it began, on the machine's clock
	Took time.Duration
	// Stack are the program's return addresses, innermost first, if they were asked for.
	Stack []strace.Frame
	Num   int    // of the call, or of the last one
	PC    uint64 // the program counter when it began
	Dump  string // what the call has moved, in lines, if that was asked for
}

// tracedCall is the system call that an LWP is in, while there is Config.Strace.
type tracedCall struct {
	name, head string
	pending    *strace.Pending
	began      time.Time
	told       bool       // there was a StraceBegin
	ignored    []Ksiginfo // signals of that time that do nothing
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
	sig, given := &t.Sig, *args
	if f := l.Proc.Emul.Multiplexed; f != nil {
		if s, a := f(l, num, args); s != nil {
			sig, given = s, *a
		}
	}
	if !o.Wants(sig) || !l.straceTouches(o, sig, &given) {
		rv, err, _ = l.callTraced(num, args, sig)
		c.err, c.ret = err, rv.R0
		return rv, err
	}
	pr := l.printer(o, sig)
	pending := pr.Begin(l.Proc.VM, sig, given[:])
	call := &tracedCall{name: sig.Name, head: pending.Head(), pending: pending, began: l.K.Timenow()}
	ev := StraceEvent{Name: sig.Name, Head: call.head, Text: ")", At: call.began, Num: num, PC: l.Ctx.R[l.Proc.Arch.PC]}
	if o.Stacks() && l.K.Unwind != nil {
		ev.Stack = l.K.Unwind(l)
	}
	if t.Sig.Ret == strace.RetNone {
		ev.Text, ev.Pad = strace.Aligned(len(call.head))+" = ?", 1
		l.strace(&ev)
		rv, err, _ = l.callTraced(num, args, sig)
		return rv, err
	}
	l.traced = call
	rv, err, tampered := l.callTraced(num, args, sig)
	l.traced = nil
	c.err, c.ret = err, rv.R0
	ev.Err, ev.Took = err, l.K.Timenow().Sub(call.began)-tampered.delayed
	if err != abi.EJUSTRETURN {
		r := strace.Result{Val: rv.R0, Val2: rv.R1, Err: err}
		if l.killedUnseen() {
			r = strace.Result{Err: abi.EJUSTRETURN}
		}
		ev.Text = pending.End(r, len(call.head))
		ev.Pad = pending.Pad()
	} else if t.Name == "execve" || t.Name == "fexecve" || t.Name == "execveat" {
		ev.Text, ev.Pad = strace.Aligned(len(call.head))+" = 0", 1
	} else if f := l.Proc.Emul.SigreturnText; f != nil && (t.Name == "rt_sigreturn" || t.Name == "sigreturn") {
		mask, result := f(l)
		ev.Text = "{mask=" + mask + "}"
		ev.Pad = len(ev.Text) + 1
		ev.Text += strace.Aligned(len(ev.Head)+len(ev.Text)) + " = " + result
	}
	ev.Text += tampered.String()
	if err != abi.EJUSTRETURN {
		ev.Dump = o.Dump(l.Model(), l.Proc.VM, sig, given[:], strace.Result{Val: rv.R0, Err: err})
	}
	l.strace(&ev)
	for _, ksi := range call.ignored {
		l.straceSignal(&ksi)
	}
	return rv, err
}

// printer is what shows a call of l's.
func (l *LWP) printer(o *strace.Options, sig *strace.Sig) strace.Printer {
	pr := o.Printer(l.Model(), sig)
	if o != nil && o.Fds != 0 && l.K.FdName != nil {
		pr.FdName = func(fd int32) string { return l.K.FdName(l, fd, o.Fds) }
	}
	if o != nil && o.Comms {
		pr.Comm = func(pid int32) string {
			if p := l.K.Pfind(pid); p != nil {
				return p.Comm
			}
			return ""
		}
	}
	pr.Linux = l.Proc.Emul.Foreign
	return pr
}

// straceTouches reports whether -P has no objection to a call.
func (l *LWP) straceTouches(o *strace.Options, sig *strace.Sig, args *Args) bool {
	if o == nil || len(o.Paths) == 0 || l.K.FdPath == nil {
		return true
	}
	o.ResolvePaths(func(path string) string { return l.K.Realpath(l, path) })
	return o.Touches(l.Model(), l.Proc.VM, sig, args[:], func(fd int32) string { return l.K.FdPath(l, fd) })
}

func (l *LWP) strace(ev *StraceEvent) {
	if ev.At.IsZero() {
		ev.At = l.K.Timenow()
	}
	if ev.Num == 0 && ev.PC == 0 {
		ev.Num, ev.PC = l.SysNum, l.Ctx.R[l.Proc.Arch.PC]
	}
	if e := l.Proc.Emul; e != nil {
		ev.Num += e.FirstCall
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

// killedUnseen reports whether l is killed in a way that a tracer of Linux does not see: it has neither the result of the
// call nor the signal, only the end.
func (l *LWP) killedUnseen() bool {
	return l.Proc.Emul.Foreign != nil && (l.Sigpend.set.Has(abi.SIGKILL) || l.Proc.Sigpend.set.Has(abi.SIGKILL))
}

func (l *LWP) straceSignal(ksi *Ksiginfo) {
	if ksi.Signo == abi.SIGKILL && l.Proc.Emul.Foreign != nil {
		return
	}
	if l.K.Config.Strace != nil && l.K.Config.Tracing.WantsSignal(ksi.Signo) {
		name, text := ksi.Signo.Name(), ""
		if f := l.Proc.Emul.SignalText; f != nil {
			name, text = f(l, ksi)
		} else {
			text = strace.SiginfoText(ksi)
		}
		l.strace(&StraceEvent{Kind: StraceSignal, Name: name, Text: fmt.Sprintf("--- %s %s ---", name, text)})
	}
}

// straceIgnored tells a Linux program's reader of a signal that does nothing, as a tracer of Linux' is told; after the
// call that its first LWP is in.
func (p *Proc) straceIgnored(ksi *Ksiginfo) {
	l := p.FirstLWP()
	switch {
	case p.K.Config.Strace == nil || p.Emul == nil || p.Emul.SignalText == nil || l == nil:
	case l.traced != nil:
		l.traced.ignored = append(l.traced.ignored, *ksi)
	default:
		l.straceSignal(ksi)
	}
}

// straceStop tells a Linux program's reader that a signal, the tracer's or the one in from, stops the process.
func (l *LWP) straceStop(sig abi.Signal, from *sigpend) {
	if l.K.Config.Strace == nil || l.Proc.Emul.SignalText == nil || from == nil || !l.K.Config.Tracing.WantsSignal(sig) {
		return
	}
	if ksi, ok := from.get(sig); ok {
		l.straceSignal(&ksi)
		l.strace(&StraceEvent{Kind: StraceSignal, Name: sig.Name(), Text: "--- stopped by " + sig.Name() + " ---"})
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
	if l.K.Config.Strace == nil || !o.WantsName("execve") || !o.WantsPath(path) {
		return
	}
	head := strace.Exec(o, path, argv, envp, l.environ(len(argv)))
	l.strace(&StraceEvent{Name: "execve", Head: head, Text: strace.Aligned(len(head)) + " = 0", Pad: 1})
}

// environ is where the environment of a program is that has not begun: after argc and the arguments on its stack.
func (l *LWP) environ(argc int) uint64 {
	a := l.Proc.Arch
	return l.Ctx.R[a.SP] + a.StackBias + uint64(a.Model.PtrSize*(argc+2))
}

// Lonely reports whether no process but p is alive.
func (k *Kernel) Lonely(p *Proc) bool {
	if k.NProcs() == 1 {
		return true
	}
	for _, q := range k.allproc {
		if q != p && q != k.proc1 && !q.Zombie {
			return false
		}
	}
	return true
}
