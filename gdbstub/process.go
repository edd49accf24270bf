package gdbstub

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"strings"

	"nbemu/abi"
	"nbemu/arch"
	"nbemu/cpu"
	"nbemu/execve"
	"nbemu/kern"
	"nbemu/mem"
	"nbemu/signals"
	"nbemu/vfs"
)

// process is a Target: a guest process that a kern.Tracer traces. It answers for the program that the process runs
// now. Children are let go, unless the debugger wants to hear of forks.
type process struct {
	p       *kern.Proc
	g       *group
	tr      *kern.Tracer
	running bool // threads of it may run: see setRunning
	// held is set while a SIGSTOP is on its way that only stops it beside another process.
	held bool
	// calls is set while system calls are caught.
	calls bool
	// breaks is where the server keeps what its breakpoints hide, so that children can be given it back.
	breaks  map[uint64][]byte
	watches []watched
	there   map[int]bool // the threads that there were when the debugger let them go on
	// vfork is set while a child has the process's memory, in which breakpoints are out of the way.
	vfork bool
}

// Attach makes p a process that a debugger controls, from its first instruction on: it stops before that. breaks
// is shared with the server. Preconditions: kernel lock; p has not been started.
func attach(p *kern.Proc) *process {
	g := &group{k: p.K, tr: p.K.NewTracer("gdb")}
	d := &process{p: p, g: g, tr: g.tr, breaks: map[uint64][]byte{}, running: true}
	g.procs = []*process{d}
	d.tr.Trace(p)
	p.SetTraceEvents(forkEvents)
	p.Psignal(abi.SIGSTOP)
	return d
}

// forkEvents are what a process stops for beside its signals.
const forkEvents = abi.PTRACE_FORK | abi.PTRACE_VFORK | abi.PTRACE_VFORK_DONE | abi.PTRACE_POSIX_SPAWN

// childProcess is d's child q for a debugger that keeps it for now. Until it executes something a child by vfork(2) has
// its parent's memory, and the breakpoints in it.
func (d *process) childProcess(q *kern.Proc, vfork bool) *process {
	c := &process{p: q, g: d.g, tr: d.tr, breaks: d.breaks, calls: d.calls}
	if !vfork {
		c.breaks = maps.Clone(d.breaks)
	}
	d.p.K.Lock()
	defer d.p.K.Unlock()
	q.SetTraceEvents(forkEvents)
	q.SetSigpass(d.g.passed)
	q.TraceSyscalls(d.calls)
	return c
}

// Processes lists what the debugger has.
func (d *process) Processes() []Target {
	var list []Target
	for _, o := range d.g.procs {
		list = append(list, o)
	}
	return list
}

// FollowForks has the debugger decide what becomes of children.
func (d *process) FollowForks(on bool) { d.g.follow = on }

// begin waits until the process has stopped before its first instruction. A signal that somebody sent meanwhile may be
// told of first: it is sent again, for the debugger or, if none comes, for the program, which attach's SIGSTOP must not
// stop then.
func (d *process) begin() Event {
	var early []abi.Signal
	for {
		e := d.wait()
		sig := locked(d, func() abi.Signal { return d.p.StopSig })
		if e.Kind != Stopped || sig == abi.SIGSTOP {
			d.p.K.Lock()
			defer d.p.K.Unlock()
			for _, sig := range early {
				d.p.Psignal(sig)
			}
			return e
		}
		early = append(early, sig)
		d.g.setRunning(d, true)
		locked(d, func() abi.Errno { return d.p.TraceResume(d.tr.LWP, nil, 0) })
	}
}

// locked runs f with the kernel lock.
func locked[T any](d *process, f func() T) T { return lockedBy(d.p.K, f) }

func lockedBy[T any](k *kern.Kernel, f func() T) T {
	k.Lock()
	defer k.Unlock()
	return f()
}

func (d *process) regset() *signals.Regset { return arch.Of(d.p.Arch).Regset }

func (d *process) lwp(tid int) *kern.LWP {
	if l := d.p.Lfind(int32(tid)); l != nil {
		return l
	}
	return d.p.FirstLWP()
}

func (d *process) Arch() *cpu.Arch { return d.p.Arch }
func (d *process) PID() int        { return int(d.p.PID) }

func (d *process) Threads() []int {
	return locked(d, func() (ids []int) {
		for l := d.p.FirstLWP(); l != nil; l, _ = d.p.NextLWP(l.ID) {
			ids = append(ids, int(l.ID))
		}
		return ids
	})
}

func (d *process) ThreadName(tid int) string {
	return locked(d, func() string {
		if l := d.p.Lfind(int32(tid)); l != nil {
			return l.Name
		}
		return ""
	})
}

func (d *process) ReadRegs(tid int) (regs, fpregs []byte) {
	d.p.K.Lock()
	defer d.p.K.Unlock()
	rs, g := d.regset(), arch.Of(d.p.Arch).GDB()
	regs, fpregs = make([]byte, rs.Size), make([]byte, max(rs.FPSize, g.FPSize))
	l := d.lwp(tid)
	if l == nil {
		return regs, fpregs
	}
	d.p.TraceSettle()
	rs.Read(l, regs)
	if g.FixRegs != nil {
		g.FixRegs(regs)
	}
	if g.ReadFP != nil {
		g.ReadFP(l, fpregs)
	} else {
		rs.ReadFP(l, fpregs)
	}
	return regs, fpregs
}

var errRegs = errors.New("registers that user mode may not have")

func (d *process) WriteRegs(tid int, regs, fpregs []byte) error {
	d.p.K.Lock()
	defer d.p.K.Unlock()
	l := d.lwp(tid)
	if l == nil {
		return errRegs
	}
	d.p.TraceSettle()
	rs := d.regset()
	if rs.Write(l, regs) != abi.OK {
		return errRegs
	}
	if g := arch.Of(d.p.Arch).GDB(); g.WriteFP != nil {
		g.WriteFP(l, fpregs)
	} else {
		rs.WriteFP(l, fpregs)
	}
	return nil
}

func (d *process) ThreadPointer(tid int) uint64 {
	return locked(d, func() uint64 {
		l := d.p.Lfind(int32(tid))
		if l == nil {
			return 0
		}
		d.p.TraceSettle()
		return l.Ctx.R[d.p.Arch.TLS]
	})
}

func (d *process) SetPC(tid int, pc uint64) error {
	d.p.K.Lock()
	defer d.p.K.Unlock()
	l := d.lwp(tid)
	if l == nil {
		return errRegs
	}
	d.p.TraceSettle()
	if g := arch.Of(d.p.Arch).GDB(); g.FixPC != nil {
		pc = g.FixPC(l, pc)
	}
	if d.regset().SetPC(l, pc) != abi.OK {
		return errRegs
	}
	return nil
}

func (d *process) ReadMem(addr uint64, b []byte) int {
	return locked(d, func() int {
		d.p.TraceSettle()
		n := 0
		for n < len(b) {
			// Page by page, to give what there is.
			piece := b[n:]
			if room := mem.PageSize - (addr+uint64(n))%mem.PageSize; uint64(len(piece)) > room {
				piece = piece[:room]
			}
			if addr+uint64(n) < addr || d.p.VM.PokeRead(piece, addr+uint64(n)) != abi.OK {
				break
			}
			n += len(piece)
		}
		return n
	})
}

func (d *process) WriteMem(addr uint64, b []byte) error { return writeMem(d.p, addr, b) }

func writeMem(p *kern.Proc, addr uint64, b []byte) error {
	return lockedBy(p.K, func() error {
		p.TraceSettle()
		if err := p.VM.Poke(b, addr); err != abi.OK {
			return err
		}
		return nil
	})
}

func (d *process) Breaks() map[uint64][]byte { return d.breaks }

// Resume lets the threads go on and waits for what gdb wants to hear of.
func (d *process) Resume(actions []Action) Event { return d.g.resume(actions) }

// goOn lets the threads that have an action go on.
func (d *process) goOn(actions []Action) {
	var sig abi.Signal
	d.p.K.Lock()
	for l := d.p.FirstLWP(); l != nil; l, _ = d.p.NextLWP(l.ID) {
		held := true
		for _, a := range actions {
			if a.TID != int(l.ID) {
				continue
			}
			held = false
			if a.Signal != 0 {
				sig = abi.Signal(a.Signal)
			}
			l.Sstep = a.Step
		}
		l.DbgSuspend(held)
	}
	d.g.setRunning(d, true)
	d.p.TraceResume(d.tr.LWP, nil, sig)
	d.p.K.Unlock()
}

// wait waits until something happens that gdb is told of.
func (d *process) wait() Event { return d.g.next() }

// stopped looks at why the process has stopped; tell is false if it was for our own sake and it goes on.
func (d *process) stopped(sig abi.Signal) (e Event, tell bool) {
	d.p.K.Lock()
	ksi, lid := d.p.TraceSiginfo()
	e = Event{Signal: int(sig), TID: int(lid)}
	if l := d.p.FirstLWP(); lid == 0 && l != nil {
		e.TID = int(l.ID)
	}
	info := *ksi
	if sig == abi.SIGTRAP && info.Code == abi.TRAP_DBREG {
		e.Watch, e.WatchAddr = d.met(e.TID)
	}
	d.p.K.Unlock()
	if sig == abi.SIGSTOP && d.held {
		d.held = false // from hold: it stops beside another process
		return Event{}, false
	}
	if sig == abi.SIGSTOP {
		d.g.ask(nil)
		// From Interrupt, or at the start: gdb expects what a terminal's ^C would send.
		e.Signal = int(abi.SIGINT)
		return e, true
	}
	if sig != abi.SIGTRAP || info.Signo != abi.SIGTRAP {
		return e, true
	}
	switch info.Code {
	case abi.TRAP_BRKPT, abi.SI_NOINFO: // the latter is Linux' on x86
		e.Breakpoint = true
	case abi.TRAP_TRACE:
		e.Step = true
	case abi.TRAP_SCE, abi.TRAP_SCX:
		e.Call, e.Return, e.Number = true, info.Code == abi.TRAP_SCX, int(info.Sysnum)+d.p.Emul.FirstCall
	case abi.TRAP_EXEC:
		e.Exec = true
		d.breaks = map[uint64][]byte{} // a parent by vfork(2) still has the other ones
		d.watches = nil
		d.setDebug()
	case abi.TRAP_CHLD:
		follow := d.g.follow && info.ReportEvent != abi.PTRACE_POSIX_SPAWN
		if follow && info.ReportEvent == abi.PTRACE_VFORK_DONE {
			e.VforkDone = true
			d.child(info.ReportEvent)
			return e, true
		}
		if follow && (info.ReportEvent == abi.PTRACE_FORK || info.ReportEvent == abi.PTRACE_VFORK) {
			e.Child, e.Vfork = int(info.Other), info.ReportEvent == abi.PTRACE_VFORK
			return e, false
		}
		if d.g.follow {
			d.g.letGo(info.Other)
		}
		d.child(info.ReportEvent)
		d.g.setRunning(d, true)
		locked(d, func() abi.Errno { return d.p.TraceResume(d.tr.LWP, nil, 0) })
		return Event{}, false
	}
	return e, true
}

// child prepares for a child that begins or, after vfork, has ended its stay in our memory.
func (d *process) child(event int32) {
	switch {
	case event == abi.PTRACE_VFORK_DONE && d.vfork:
		d.vfork = false
		for at, old := range d.breaks {
			brk := arch.Of(d.p.Arch).GDB().Breakpoint(len(old))
			writeMem(d.p, at, brk)
		}
	case event == abi.PTRACE_VFORK:
		d.vfork = true
		d.original(d.p)
	}
}

// original puts the instructions back that breakpoints stand in for.
func (d *process) original(p *kern.Proc) {
	for at, old := range d.breaks {
		writeMem(p, at, old)
	}
}

// letGo ends the tracing of a child, without breakpoints in its memory.
func (d *process) letGo(c *kern.Proc) {
	if !d.vfork {
		d.original(c)
	}
	d.endTrace(c)
}

// endTrace lets a child go on that has its own program, or memory without breakpoints.
func (d *process) endTrace(c *kern.Proc) {
	c.K.Lock()
	defer c.K.Unlock()
	c.TraceSyscalls(false)
	c.TraceEnd()
	c.TraceResume(d.tr.LWP, nil, 0)
}

func (d *process) Interrupt() { d.g.interrupt() }

func (d *process) Auxv() []byte {
	return locked(d, func() []byte {
		at, n, err := execve.Auxv(d.p)
		b := make([]byte, n)
		if err != abi.OK || d.p.VM.PokeRead(b, at) != abi.OK {
			return nil
		}
		return b
	})
}

func (d *process) ExecFile() string { return locked(d, func() string { return d.p.TextPath }) }

// Open opens a file as the process would find it.
func (d *process) Open(path string) (File, error) {
	d.p.K.Lock()
	defer d.p.K.Unlock()
	l := d.p.FirstLWP()
	if l == nil {
		return nil, abi.ESRCH
	}
	if name, ok := strings.CutPrefix(path, fmt.Sprintf("/proc/%d/", d.p.PID)); ok {
		text, err := vfs.ProcText(l, name)
		if err != abi.OK {
			return nil, err
		}
		return textFile{bytes.NewReader(text)}, nil
	}
	v, err := vfs.Lookup(l, path, d.p.Cwdi.Edir)
	if err != abi.OK {
		return nil, err
	}
	return guestFile{v}, nil
}

// textFile is a file of procfs, as it was when it was opened: "info proc mappings".
type textFile struct{ *bytes.Reader }

func (textFile) Close() error { return nil }

type guestFile struct{ *vfs.Vnode }

func (f guestFile) Size() int64 {
	n, err := f.Vnode.Size()
	if err != nil {
		return 0
	}
	return n
}

func (f guestFile) Close() error {
	f.Unref()
	return nil
}

func (d *process) CatchCalls(on bool) {
	d.p.K.Lock()
	defer d.p.K.Unlock()
	for _, o := range d.g.procs {
		o.calls = on
		o.p.TraceSyscalls(on)
	}
}

// PassSignals has no stops for the signals of a set, in this process and its brothers.
func (d *process) PassSignals(set abi.Sigset) {
	d.p.K.Lock()
	defer d.p.K.Unlock()
	d.g.passed = set
	for _, o := range d.g.procs {
		o.p.SetSigpass(set)
	}
}

func (d *process) Kill() {
	locked(d, func() abi.Errno { return d.p.TraceResume(d.tr.LWP, nil, abi.SIGKILL) })
	d.g.setRunning(d, true)
	for d.g.of(d.p) != nil {
		d.g.look()
	}
	d.g.forget(d)
}

// Detach lets the process go on by itself. The server has taken its breakpoints out; those of a child by vfork(2) come
// back into the memory, which is its parent's, when it has left it.
func (d *process) Detach() {
	d.p.K.Lock()
	defer d.p.K.Unlock()
	d.g.remove(d)
	d.g.forget(d)
	if d.p.Zombie {
		return
	}
	d.p.Debug = cpu.Debug{}
	for l := d.p.FirstLWP(); l != nil; l, _ = d.p.NextLWP(l.ID) {
		l.Ctx.Debug = cpu.Debug{}
		l.Sstep = false // the debugger may have gone before a step was made, whose trap nobody would take
		l.DbgSuspend(false)
	}
	d.g.takeBack(d.p)
	d.p.TraceSyscalls(false)
	d.p.TraceEnd()
	d.p.TraceResume(d.tr.LWP, nil, 0)
}
