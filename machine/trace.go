package machine

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"nbemu/abi"
	"nbemu/compat/linux"
	"nbemu/kern"
	"nbemu/strace"
	"nbemu/vfs"
)

// TraceKind is what a TraceLine is about.
type TraceKind int

const (
	TraceCall   TraceKind = iota // a system call has returned, or will not
	TraceBegin                   // a call waits for something; its TraceCall comes later, unless its LWP ends first
	TraceSignal                  // a signal is delivered
	TraceExit                    // a process has ended
)

// TraceLine is a line of Config.Trace: what one LWP did, in strace's words.
type TraceLine struct {
	Kind     TraceKind
	PID, LWP int
	// Alone: it is the first LWP of the machine's first program, and there is no other process; strace leaves the
	// numbers out then.
	Alone bool
	Name  string // of the system call or signal
	Text  string // `open("/etc/motd", O_RDONLY) = 3`
	// Head is how much of Text was known when the call began, in bytes; of a TraceBegin there is no more.
	Head  int
	Errno Errno         // of a call that failed
	At    time.Time     // when it began, on the machine's clock
	Took  time.Duration // of a TraceCall
	Stack []string      // with -k: the program's return addresses, innermost first
	Dump  string        // with -e read= or write=: the data that the call has moved, in lines
	Comm  string        // the process's command
	// Number is the call's in its emulation's table, of other lines the last one's; PC is where the program was.
	Number int
	PC     uint64
	digits int // of PC
	stack  []strace.Frame
	ppid   int
	pad    int // where in Text, after Head, the spaces before the result are; 0: there are none
}

// Event is the line for an Output of package strace, which is nbemu's own.
func (t *TraceLine) Event() *strace.Event {
	kind := map[TraceKind]strace.EventKind{TraceCall: strace.CallEvent, TraceBegin: strace.BeginEvent,
		TraceSignal: strace.SignalEvent, TraceExit: strace.ExitEvent}[t.Kind]
	e := &strace.Event{Kind: kind, PID: t.PID, LWP: t.LWP, PPID: t.ppid, Alone: t.Alone, Name: t.Name, Head: t.Text[:t.Head],
		Text: t.Text[t.Head:], At: t.At, Took: t.Took, Stack: t.stack, Pad: t.pad,
		Dump: t.Dump, Comm: t.Comm, Number: t.Number, PC: t.PC, Digits: t.digits}
	if t.Errno != 0 && t.Errno > 0 {
		e.Errno = abi.Errno(t.Errno).Name()
	}
	return e
}

func (m *Machine) setTrace() error {
	f := m.cfg.Trace
	if f == nil {
		return nil
	}
	o, err := strace.ParseOptions(m.cfg.TraceOptions)
	if err != nil {
		return &ConfigError{Member: "TraceOptions", Err: err}
	}
	m.k.Config.Tracing = o
	if err := o.CheckNames(hasCall); err != nil {
		return &ConfigError{Member: "TraceOptions", Err: err}
	}
	m.k.FdName, m.k.FdPath, m.k.Realpath = vfs.FdName, vfs.FdPath, vfs.Realpath
	m.k.Config.Strace = func(l *kern.LWP, ev *kern.StraceEvent) {
		if ev.Kind == kern.StraceBegin && !m.cfg.TraceWaits {
			return
		}
		alone := l.Proc == m.k.First && l == l.Proc.FirstLWP() && m.k.Lonely(l.Proc)
		t := TraceLine{Kind: TraceKind(ev.Kind), PID: int(l.Proc.PID), LWP: int(l.ID), Alone: alone, Name: ev.Name,
			Text: ev.Head + ev.Text, Head: len(ev.Head), Errno: Errno(ev.Err), At: ev.At, Took: ev.Took, stack: ev.Stack, pad: ev.Pad,
			Dump: ev.Dump, Comm: l.Proc.Comm, Number: ev.Num, PC: ev.PC, digits: 2 * l.Model().PtrSize}
		if o.Detach {
			t.ppid = int(l.Proc.Getppid())
		}
		for _, s := range ev.Stack {
			t.Stack = append(t.Stack, s.String())
		}
		f(t)
	}
	return nil
}

// hasCall reports whether any emulation has a call of a name, with its release or without.
func hasCall(name string) bool {
	in := func(table []kern.Sysent) bool {
		return slices.ContainsFunc(table, func(t kern.Sysent) bool { return t.Name == name || strace.BaseName(t.Name) == name })
	}
	if in(linux.Sysent[:]) { // its machines' own tables are made when their first program begins
		return true
	}
	for _, m := range anyModules() {
		for _, e := range m.entries {
			if e.Emul != nil && in(e.Emul.Sysent) {
				return true
			}
		}
	}
	return false
}

// ktraceVersion is the version of ktrace's headers in the machine's release: NetBSD 4 added the LWP, NetBSD 6 times of 64
// bits.
func (m *Machine) ktraceVersion() int {
	major, _, _ := strings.Cut(m.cfg.Release, ".")
	switch n, err := strconv.Atoi(major); {
	case err != nil || n >= 6 || m.cfg.Release == "5.99":
		return 2
	case n >= 4:
		return 1
	}
	return 0
}
