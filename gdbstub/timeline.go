package gdbstub

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"

	"nbemu/abi"
	"nbemu/kern"
	"nbemu/mem"
)

// Run is a machine that runs the program for a debugger that can go back: the first one, or one that does again what the
// first one did.
type Run struct {
	P *kern.Proc
	G *kern.Debugger
	// Close ends the machine; nil for the first one, which is others' to end.
	Close func()

	execs int // so many programs it has executed after the first
	edits int // so many of the timeline's are done
}

// timeline is a Target: a process of the deterministic machine, at any moment of what it has done so far. To go back, the
// program runs again in another machine, from its start to the moment, while the first one stands still where it is.
// That has all that lies outside: what it has done there is not done twice. See docs/DETERMINISM.md.
type timeline struct {
	process // of cur, for what needs no tracing

	live, cur *Run
	again     func(log *kern.Journal) (*Run, error)
	at        kern.DebugStop // where cur has stopped
	liveAt    kern.DebugStop
	begun     bool // the first stop was told
	ending    bool // the stop before the end was told
	left      bool
	gone      bool // the process is

	places  map[uint64][]byte // breakpoints
	watches []watched
	edits   []edit
	calls   func(int) bool
	passed  abi.Sigset // see PassSignals
	// recent are the blocks before upTo, if it is not nil.
	recent *kern.RecentBlocks
	upTo   kern.Position

	running atomic.Pointer[kern.Debugger] // what Interrupt is for
	asked   atomic.Bool
}

// edit is a change that the debugger has made to the program where the first machine stood: it is made again in others.
type edit struct {
	at    kern.Position
	event bool
	do    func(p *process, g *kern.Debugger) error
}

func newTimeline(live *Run, again func(*kern.Journal) (*Run, error)) *timeline {
	t := &timeline{live: live, again: again, places: map[uint64][]byte{}}
	live.G.Ends = true
	t.use(live)
	return t
}

// use makes r the run that requests are about.
func (t *timeline) use(r *Run) {
	t.cur, t.process = r, process{p: r.P}
}

// begin waits until the process has stopped before its first instruction.
func (t *timeline) begin() Event {
	t.at = <-t.live.G.Stopped
	t.liveAt = t.at
	t.setSignals(t.live)
	return t.event(t.at)
}

func (t *timeline) Processes() []Target {
	if t.left || t.gone {
		return nil
	}
	return []Target{t}
}

func (t *timeline) FollowForks(bool) {}

// Breaks is empty: SetBreak has them.
func (t *timeline) Breaks() map[uint64][]byte { return nil }

// SetBreak and ClearBreak are for the server, in place of instructions in memory.
func (t *timeline) SetBreak(at uint64, insn []byte) error {
	if err := t.cur.G.SetBreak(at, insn); err != abi.OK {
		return err
	}
	t.places[at] = insn
	return nil
}

func (t *timeline) ClearBreak(at uint64) {
	delete(t.places, at)
	t.cur.G.ClearBreak(at)
}

// setBreaks gives a run the debugger's breakpoints, and no others.
func (t *timeline) setBreaks(r *Run) {
	for at := range r.G.Breaks() {
		if t.places[at] == nil {
			r.G.ClearBreak(at)
		}
	}
	for at, insn := range t.places {
		_ = r.G.SetBreak(at, insn) // memory that is not there yet, or of another program
	}
}

func (t *timeline) ReadMem(addr uint64, b []byte) int {
	return locked(&t.process, func() int {
		t.p.TraceSettle()
		n := look(t.p, addr, b)
		t.cur.G.Show(b[:n], addr)
		return n
	})
}

// look reads memory without making pages, as far as it is there.
func look(p *kern.Proc, addr uint64, b []byte) int {
	n := 0
	for n < len(b) && p.VM != nil {
		at := addr + uint64(n)
		size := min(len(b)-n, int(mem.PageSize-at%mem.PageSize))
		if at < addr || !p.VM.Mapped(at&^uint64(mem.PageSize-1), mem.PageSize) {
			break
		}
		p.VM.Peek(b[n:n+size], at)
		n += size
	}
	return n
}

var errPast = errors.New("what has happened cannot be changed")

// change makes a change where the first machine stands, and keeps it for others.
func (t *timeline) change(do func(p *process, g *kern.Debugger) error) error {
	if t.cur != t.live {
		return errPast
	}
	if err := do(&t.process, t.cur.G); err != nil {
		return err
	}
	t.edits = append(t.edits, edit{t.at.At, inKernel(t.at.Why), do})
	t.live.edits = len(t.edits)
	return nil
}

func (t *timeline) WriteMem(addr uint64, b []byte) error {
	b = bytes.Clone(b)
	return t.change(func(p *process, g *kern.Debugger) error {
		all := g.Breaks()
		for at := range all {
			g.ClearBreak(at) // what they hide changes
		}
		err := p.WriteMem(addr, b)
		for at, insn := range all {
			_ = g.SetBreak(at, insn)
		}
		return err
	})
}

func (t *timeline) WriteRegs(tid int, regs, fpregs []byte) error {
	regs, fpregs = bytes.Clone(regs), bytes.Clone(fpregs)
	return t.change(func(p *process, _ *kern.Debugger) error { return p.WriteRegs(tid, regs, fpregs) })
}

func (t *timeline) SetPC(tid int, pc uint64) error {
	return t.change(func(p *process, _ *kern.Debugger) error { return p.SetPC(tid, pc) })
}

// Watch looks for changes alone: debug registers would show in the run.
func (t *timeline) Watch(kind WatchKind, addr uint64, n int) bool {
	b := make([]byte, n)
	if kind != WatchWrite || t.ReadMem(addr, b) < n {
		return false
	}
	t.watches = append(t.watches, watched{kind: kind, addr: addr, n: n})
	return true
}

func (t *timeline) Unwatch(kind WatchKind, addr uint64, n int) {
	i := slices.IndexFunc(t.watches, func(w watched) bool { return w.kind == kind && w.addr == addr && w.n == n })
	if i >= 0 {
		t.watches = slices.Delete(t.watches, i, i+1)
	}
}

// watching returns a function that reports whether watched memory of a run has changed since it was asked last; where is
// the address then.
func (t *timeline) watching(r *Run) (changed func() bool, where *uint64) {
	where = new(uint64)
	var was []watched
	for _, w := range t.watches {
		w.old = make([]byte, w.n)
		look(r.P, w.addr, w.old)
		was = append(was, w)
	}
	now := make([]byte, maxWatch)
	return func() bool {
		any := false
		for _, w := range was {
			n := look(r.P, w.addr, now[:len(w.old)])
			if n == len(w.old) && !bytes.Equal(now[:n], w.old) {
				copy(w.old, now[:n])
				*where, any = w.addr, true
			}
		}
		return any
	}, where
}

func (t *timeline) CatchCalls(on bool) {
	t.calls = nil
	if on {
		t.calls = func(int) bool { return true }
	}
}

// PassSignals has no stops for the signals of a set.
func (t *timeline) PassSignals(set abi.Sigset) {
	t.passed = set
	t.setSignals(t.live)
	t.setSignals(t.cur)
}

func (t *timeline) setSignals(r *Run) {
	r.G.Signals = func(sig abi.Signal) bool { return !t.passed.Has(sig) }
}

func (t *timeline) Interrupt() {
	t.asked.Store(true)
	if g := t.running.Load(); g != nil {
		g.Interrupt()
	}
}

// wait lets a run go on and waits until it has stopped.
func (t *timeline) wait(r *Run) kern.DebugStop {
	t.running.Store(r.G)
	r.G.Resume()
	if t.asked.Load() {
		r.G.Interrupt()
	}
	s := <-r.G.Stopped
	t.running.Store(nil)
	if s.Why == kern.DebugExec {
		r.execs++
	}
	return s
}

// inKernel reports whether a stop is one within the kernel, which its Event tells.
func inKernel(why kern.DebugWhy) bool {
	switch why {
	case kern.DebugSignal, kern.DebugCall, kern.DebugReturn, kern.DebugExec, kern.DebugExit:
		return true
	}
	return false
}

func (t *timeline) Resume(actions []Action) Event {
	t.asked.Store(false)
	if t.ending && t.cur == t.live {
		return t.end()
	}
	t.drop()
	r := t.cur
	g := r.G
	g.Steps, g.Watch, g.WatchBlocks, g.OnBreak, g.Calls = map[int32]bool{}, nil, false, nil, t.calls
	sig := 0
	for _, a := range actions {
		if a.Step {
			g.Steps[int32(a.TID)] = true
		}
		if a.Signal != 0 {
			sig = a.Signal
		}
	}
	switch {
	case t.at.Why == kern.DebugSignal:
		g.Given = abi.Signal(sig)
	case sig != 0 && r == t.live:
		_ = t.change(func(_ *process, g *kern.Debugger) error { g.Post(abi.Signal(sig)); return nil })
	}
	var where *uint64
	if len(t.watches) > 0 {
		g.Watch, where = t.watching(r)
	}
	if r != t.live {
		return t.resumePast(r, where)
	}
	t.at = t.wait(r)
	t.liveAt = t.at
	return t.told(t.at, where)
}

// told is what the debugger is told of a stop.
func (t *timeline) told(s kern.DebugStop, where *uint64) Event {
	e := t.event(s)
	if s.Why == kern.DebugWatch {
		e.WatchAddr = *where
	}
	return e
}

// resumePast lets a run of the past go on, at most to where the first machine stands.
func (t *timeline) resumePast(r *Run, where *uint64) Event {
	steps := len(r.G.Steps) > 0
	s, arrived := t.advance(r, t.liveAt.At, inKernel(t.liveAt.Why), func(s kern.DebugStop) bool { return true })
	if !arrived {
		t.at = s
		return t.told(s, where)
	}
	note := ""
	if s.Why == kern.DebugAstray {
		note = astray(s)
	}
	t.toLive()
	e := t.event(t.at)
	e.Note = note
	if steps && s.Why == kern.DebugUntil {
		e.Step = true
		return e
	}
	if !inKernel(t.at.Why) {
		e.Signal, e.Breakpoint = int(abi.SIGTRAP), false
		e.History = "end"
	}
	return e
}

// toLive goes back to the first machine.
func (t *timeline) toLive() {
	if t.cur != t.live {
		t.cur.Close()
	}
	t.use(t.live)
	t.at = t.liveAt
	t.setBreaks(t.live)
}

func astray(s kern.DebugStop) string {
	return fmt.Sprintf("nbemu: the program has done something else than the first time: %v\n", s.Err)
}

// advance lets a run go on to a position, with the edits on the way. stop is asked about other stops. arrived says that
// the run is there, or will never be.
func (t *timeline) advance(r *Run, to kern.Position, event bool, stop func(s kern.DebugStop) bool) (s kern.DebugStop, arrived bool) {
	for {
		until, inside := to, event
		next := r.edits < len(t.edits) && t.edits[r.edits].at.Compare(to) < 0
		if next {
			until, inside = t.edits[r.edits].at, t.edits[r.edits].event
		}
		r.G.Until, r.G.UntilEvent = &until, inside
		s = t.wait(r)
		there := s.Why == kern.DebugUntil || inside && inKernel(s.Why) && s.At.Event == until.Event
		switch {
		case s.Why == kern.DebugAstray || s.Why == kern.DebugIdle || there && s.At.Event > until.Event:
			return s, true
		case there && next:
			e := t.edits[r.edits]
			r.edits++
			_ = e.do(&process{p: r.P}, r.G)
			continue
		case there:
			return s, true
		}
		if s.Why == kern.DebugExec {
			t.setBreaks(r)
		}
		if stop(s) {
			return s, false
		}
	}
}

// end lets the process end for which there was a stop before that.
func (t *timeline) end() Event {
	status := t.at.Status
	t.live.G.Release()
	t.gone = true
	e := Event{Target: t, Kind: Exited, Status: int(abi.WEXITSTATUS(status))}
	if abi.WIFSIGNALED(status) {
		e.Kind, e.Signal = Signaled, int(abi.WTERMSIG(status))
	}
	return e
}

// event is what gdb is told of a stop.
func (t *timeline) event(s kern.DebugStop) Event {
	e := Event{Target: t, Signal: int(abi.SIGTRAP), TID: int(s.LWP.ID), Placed: true}
	switch s.Why {
	case kern.DebugAsked:
		if t.begun {
			e.Signal = int(abi.SIGINT)
		}
		e.First = !t.begun
		t.begun = true
	case kern.DebugStep:
		e.Step = true
	case kern.DebugBreak:
		e.Breakpoint = true
	case kern.DebugWatch:
		e.Watch = WatchWrite
	case kern.DebugSignal:
		e.Signal = int(s.Info.Signo)
	case kern.DebugCall, kern.DebugReturn:
		e.Call, e.Return, e.Number = true, s.Why == kern.DebugReturn, s.Number+s.LWP.Proc.Emul.FirstCall
	case kern.DebugExec:
		e.Exec = true
	case kern.DebugExit:
		t.ending = t.cur == t.live
		e.History = "end"
		how := fmt.Sprintf("exit with status %d", abi.WEXITSTATUS(s.Status))
		if abi.WIFSIGNALED(s.Status) {
			how = "be ended by " + abi.WTERMSIG(s.Status).Name()
		}
		e.Note = fmt.Sprintf("nbemu: the program is about to %s. reverse-continue goes back from here, continue lets it end.\n", how)
	}
	return e
}

func (t *timeline) Kill() {
	t.drop()
	t.toLive()
	locked(&t.process, func() bool { t.p.Psignal(abi.SIGKILL); return true })
	t.live.G.Release()
	t.gone = true
}

func (t *timeline) Detach() {
	t.drop()
	t.toLive()
	t.live.G.Release()
	t.left = true
}

// drop forgets what is known of the way here.
func (t *timeline) drop() { t.recent = nil }
