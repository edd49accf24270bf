package gdbstub

import (
	"fmt"

	"nbemu/abi"
	"nbemu/kern"
)

// Reverser is a Target that can go back.
type Reverser interface {
	Target
	// Reverse goes to the instruction of a thread before this one or, unless step, to where a breakpoint or watchpoint was
	// met last; to the program's start if there is none.
	Reverse(tid int, step bool) Event
}

// breaker is a Target whose breakpoints are not instructions that the server puts into its memory.
type breaker interface {
	SetBreak(at uint64, insn []byte) error
	ClearBreak(at uint64)
}

func (t *timeline) Reverse(tid int, step bool) Event {
	t.asked.Store(false)
	if lost := t.live.G.Log; lost.Lost != "" && t.at.At.Compare(lost.LostAt) >= 0 && step {
		return t.stay(fmt.Sprintf("nbemu: there is no way back from here: %s\n", lost.Lost))
	}
	var e Event
	var err error
	if step {
		e, err = t.reverseStep(int32(tid))
	} else {
		e, err = t.reverseContinue()
	}
	if err != nil {
		return t.stay(fmt.Sprintf("nbemu: %v\n", err))
	}
	return e
}

// stay is the event of going nowhere.
func (t *timeline) stay(note string) Event {
	e := t.event(t.at)
	e.Signal, e.Note = int(abi.SIGTRAP), note
	e.Breakpoint, e.Watch, e.Call = false, 0, false
	if t.asked.Load() {
		e.Signal, e.Note = int(abi.SIGINT), ""
	}
	return e
}

// fresh starts another run. It stands before its first instruction.
func (t *timeline) fresh() (*Run, error) {
	r, err := t.again(t.live.G.Log)
	if err != nil {
		return nil, fmt.Errorf("the program cannot be run again: %w", err)
	}
	r.G.Ends = true // to hear of other programs
	<-r.G.Stopped
	return r, nil
}

// arrive makes r the run that requests are about, for the debugger to look at.
func (t *timeline) arrive(r *Run, s kern.DebugStop) {
	if t.cur != t.live {
		t.cur.Close()
	}
	t.use(r)
	t.at = s
	r.G.Recent = nil
	t.setBreaks(r)
	t.setSignals(r)
}

// goTo makes a run that stands at a position.
func (t *timeline) goTo(to kern.Position, event bool) (*Run, kern.DebugStop, error) {
	r, err := t.fresh()
	if err != nil {
		return nil, kern.DebugStop{}, err
	}
	s, ok := t.runTo(r, to, event)
	if !ok {
		r.Close()
		return nil, s, t.whyNot(s)
	}
	return r, s, nil
}

// runTo lets a run go to a position without a stop.
func (t *timeline) runTo(r *Run, to kern.Position, event bool) (s kern.DebugStop, ok bool) {
	if at := r.G.Pos(); !event && at.Compare(to) >= 0 {
		return kern.DebugStop{Why: kern.DebugUntil, LWP: locked(&process{p: r.P}, r.P.FirstLWP), At: at}, true
	}
	s, _ = t.advance(r, to, event, func(kern.DebugStop) bool { return t.asked.Load() })
	return s, !t.asked.Load() && s.Why != kern.DebugAstray
}

// whyNot is the error of a run that has not come where it was to.
func (t *timeline) whyNot(s kern.DebugStop) error {
	if s.Why == kern.DebugAstray {
		return fmt.Errorf("there is no way back: when run again the program has done something else: %w", s.Err)
	}
	return fmt.Errorf("interrupted")
}

// atStart is the event at the beginning.
func (t *timeline) atStart() (Event, error) {
	r, err := t.fresh()
	if err != nil {
		return Event{}, err
	}
	t.arrive(r, kern.DebugStop{Why: kern.DebugUntil, LWP: locked(&process{p: r.P}, r.P.FirstLWP), At: r.G.Pos()})
	e := t.event(t.at)
	e.History = "begin"
	return e, nil
}

// limit is how far a run can be repeated at most, on the way to where the debugger is.
func (t *timeline) limit() (to kern.Position, event bool, note string) {
	to, event = t.at.At, inKernel(t.at.Why)
	if log := t.live.G.Log; log.Lost != "" && log.LostAt.Compare(to) < 0 {
		return log.LostAt, false, fmt.Sprintf("nbemu: only what was before can be looked through: %s\n", log.Lost)
	}
	return to, event, ""
}

// scan is what a run through the past has found.
type scan struct {
	hit     *kern.Position // where a breakpoint was met last
	before  kern.Position  // where watched memory had not changed yet when it did so last
	watched bool
}

func (t *timeline) reverseContinue() (Event, error) {
	to, event, note := t.limit()
	r, err := t.fresh()
	if err != nil {
		return Event{}, err
	}
	found, s, ok := t.look(r, to, event)
	r.Close()
	if !ok {
		return Event{}, t.whyNot(s)
	}
	var e Event
	switch {
	case found.watched && (found.hit == nil || found.hit.Compare(found.before) <= 0):
		e, err = t.toChange(found, to, event)
	case found.hit != nil:
		if r, s, err = t.goTo(*found.hit, false); err == nil {
			t.arrive(r, s)
			e = t.event(s)
			e.Breakpoint = true
		}
	default:
		e, err = t.atStart()
	}
	e.Note = note
	return e, err
}

// look runs through the past and notes where a stop would have been.
func (t *timeline) look(r *Run, to kern.Position, event bool) (found scan, s kern.DebugStop, ok bool) {
	t.setBreaks(r)
	r.G.OnBreak = func(at kern.Position, _ *kern.LWP) bool {
		if r.execs == t.cur.execs && at.Compare(to) < 0 {
			found.hit = &at
		}
		return false
	}
	if len(t.watches) > 0 && r.execs == t.cur.execs {
		changed, _ := t.watching(r)
		last := r.G.Pos()
		r.G.WatchBlocks = true
		r.G.Watch = func() bool {
			if changed() {
				found.watched, found.before = true, last
			}
			last = r.G.Pos()
			return false
		}
	}
	s, ok = t.runTo(r, to, event)
	return found, s, ok
}

// toChange goes to the instruction that has changed watched memory last.
func (t *timeline) toChange(found scan, to kern.Position, event bool) (Event, error) {
	r, s, err := t.goTo(found.before, false)
	if err != nil {
		return Event{}, err
	}
	changed, where := t.watching(r)
	last, target := r.G.Pos(), r.G.Pos()
	r.G.Watch = func() bool {
		if changed() {
			target = last
			return true
		}
		last = r.G.Pos()
		return false
	}
	s, _ = t.advance(r, to, event, func(s kern.DebugStop) bool { return s.Why == kern.DebugWatch || t.asked.Load() })
	address := *where
	r.Close()
	if s.Why != kern.DebugWatch {
		return Event{}, t.whyNot(s)
	}
	if r, s, err = t.goTo(target, false); err != nil {
		return Event{}, err
	}
	t.arrive(r, s)
	e := t.event(s)
	e.Watch, e.WatchAddr = WatchWrite, address
	return e, nil
}

func (t *timeline) reverseStep(tid int32) (Event, error) {
	if t.at.At.Insn > 0 && t.at.LWP.ID == tid {
		to := t.at.At
		to.Insn--
		return t.stepTo(to)
	}
	b, ok, err := t.before(tid)
	if err != nil {
		return Event{}, err
	}
	if !ok {
		return t.atStart()
	}
	to := kern.Position{Block: b.Begun, Insn: b.Insns - 1, Event: b.Event}
	r, s, err := t.goTo(to, false)
	if err != nil {
		return Event{}, err
	}
	if s.At != to { // a fault has ended the block
		r.Close()
		if to, err = t.lastOf(b); err != nil {
			return Event{}, err
		}
		return t.stepTo(to)
	}
	return t.stepped(r, s), nil
}

func (t *timeline) stepTo(to kern.Position) (Event, error) {
	r, s, err := t.goTo(to, false)
	if err != nil {
		return Event{}, err
	}
	return t.stepped(r, s), nil
}

func (t *timeline) stepped(r *Run, s kern.DebugStop) Event {
	t.arrive(r, s)
	e := t.event(s)
	e.Step = true
	return e
}

// before finds the block that a thread has executed before the one that the debugger is at.
func (t *timeline) before(tid int32) (b kern.RecentBlock, ok bool, err error) {
	if t.recent != nil && t.at.At.Compare(t.upTo) <= 0 {
		if b, ok = t.recent.Before(tid, t.at.At.Block); ok {
			return b, ok, nil
		}
	}
	r, err := t.fresh()
	if err != nil {
		return b, false, err
	}
	defer r.Close()
	recent := new(kern.RecentBlocks)
	r.G.Recent = recent
	if s, ok := t.runTo(r, t.at.At, inKernel(t.at.Why)); !ok {
		return b, false, t.whyNot(s)
	}
	t.recent, t.upTo = recent, t.at.At
	b, ok = recent.Before(tid, t.at.At.Block)
	if !ok && recent.Full() {
		return b, false, fmt.Errorf("the thread has executed nothing for a long time")
	}
	return b, ok, nil
}

// lastOf finds the last instruction of a block that was not executed to its end.
func (t *timeline) lastOf(b kern.RecentBlock) (kern.Position, error) {
	r, s, err := t.goTo(kern.Position{Block: b.Begun, Event: b.Event}, false)
	if err != nil {
		return kern.Position{}, err
	}
	defer r.Close()
	last := s.At
	r.G.Watch = func() bool {
		if at := r.G.Pos(); at.Block == b.Begun {
			last = at
		}
		return false
	}
	if s, ok := t.runTo(r, kern.Position{Block: b.Begun + 1, Event: b.Event}, false); !ok {
		return last, t.whyNot(s)
	}
	return last, nil
}
