package gdbstub

import (
	"bytes"
	"slices"

	"nbemu/arch"
	"nbemu/arch/gdb"
	"nbemu/cpu"
)

// What a debugger wants to hear of beside breakpoint instructions, by the types of Z and z. On x86 the debug registers
// look for it; elsewhere, and where they do not suffice, watchpoints for writing are single steps with a look at the memory
// after each: slower, but many times faster than when gdb makes the steps.

// WatchKind is what is looked for.
type WatchKind int

const (
	WatchExec   WatchKind = 1 + iota // an instruction that is about to be executed
	WatchWrite                       // a store, or at least that memory has changed
	_                                // loads alone: x86 has no such place, and gdb makes do with the next
	WatchAccess                      // loads and stores
)

// watched is a piece of memory, and what was in it if no debug registers look after it.
type watched struct {
	kind WatchKind
	addr uint64
	n    int
	old  []byte
}

// stopReason is what gdb calls it.
func (k WatchKind) stopReason() string {
	return [...]string{WatchExec: "hwbreak", WatchWrite: "watch", WatchAccess: "awatch"}[k]
}

func (d *process) Watch(kind WatchKind, addr uint64, n int) bool {
	w := watched{kind: kind, addr: addr, n: n}
	d.watches = append(d.watches, w)
	if d.setDebug() {
		return true
	}
	d.watches = d.watches[:len(d.watches)-1]
	w.old = make([]byte, n)
	if kind != WatchWrite || d.ReadMem(addr, w.old) < n {
		d.setDebug()
		return false
	}
	d.watches = append(d.watches, w)
	d.setDebug()
	return true
}

func (d *process) Unwatch(kind WatchKind, addr uint64, n int) {
	for i, w := range d.watches {
		if w.kind == kind && w.addr == addr && w.n == n {
			d.watches = append(d.watches[:i:i], d.watches[i+1:]...)
			d.setDebug()
			return
		}
	}
}

// setDebug has the debug registers of all threads, and of those to come, look for what is wanted. It reports false where
// there are none, or too few.
func (d *process) setDebug() bool {
	var r cpu.Debug
	ok := d.p.Arch.Target == cpu.TargetX86
	for _, w := range d.watches {
		if w.old == nil {
			ok = ok && setPlaces(&r, w)
		}
	}
	if !ok {
		return false
	}
	return locked(d, func() bool {
		d.p.Debug = r
		for l := d.p.FirstLWP(); l != nil; l, _ = d.p.NextLWP(l.ID) {
			l.Ctx.Debug = r
		}
		return true
	})
}

// setPlaces takes as many places for w as it needs: each is a multiple of its length, of at most 8 bytes.
func setPlaces(r *cpu.Debug, w watched) bool {
	if w.kind == WatchExec {
		return r.Set(w.addr, 1, cpu.DebugExec)
	}
	kind := cpu.DebugAccess
	if w.kind == WatchWrite {
		kind = cpu.DebugWrite
	}
	for at, left := w.addr, uint64(w.n); left > 0; {
		n := uint64(8)
		for n > left || at&(n-1) != 0 {
			n /= 2
		}
		if !r.Set(at, n, kind) {
			return false
		}
		at, left = at+n, left-n
	}
	return true
}

// met finds what a thread's debug registers have met; 0 if it is nothing. Preconditions: kernel lock.
func (d *process) met(tid int) (kind WatchKind, addr uint64) {
	l := d.lwp(tid)
	if l == nil {
		return 0, 0
	}
	r := &l.Ctx.Debug
	hits := r.Status & cpu.DebugHits
	r.Status = 0
	for i := range r.Addr {
		at, n, _, ok := r.Place(i)
		if !ok || hits>>i&1 == 0 {
			continue
		}
		for _, w := range d.watches {
			if w.old == nil && at < w.addr+uint64(max(w.n, 1)) && w.addr < at+n {
				return w.kind, w.addr
			}
		}
	}
	return 0, 0
}

// steps says that some watched memory is looked at after each step.
func (d *process) steps() bool {
	for _, w := range d.watches {
		if w.old != nil {
			return true
		}
	}
	return false
}

// remember takes note of what is in watched memory.
func (d *process) remember() {
	for _, w := range d.watches {
		d.ReadMem(w.addr, w.old)
	}
}

// changed finds watched memory that is not what it was.
func (d *process) changed() (addr uint64, ok bool) {
	for _, w := range d.watches {
		now := make([]byte, len(w.old))
		if d.ReadMem(w.addr, now) == len(now) && !bytes.Equal(now, w.old) {
			return w.addr, true
		}
	}
	return 0, false
}

// resumeWatching is Resume while memory is watched step by step. Threads that are made meanwhile go on in the same way.
func (d *process) resumeWatching(actions []Action) Event {
	d.remember()
	there := d.threadIDs()
	steps := make([]Action, len(actions))
	for i, a := range actions {
		steps[i] = Action{TID: a.TID, Step: true, Signal: a.Signal}
	}
	for {
		e := d.stepWatching(steps)
		if e.Kind != Stopped || e.Watch != 0 {
			return e
		}
		if addr, ok := d.changed(); ok {
			e.Watch, e.WatchAddr = WatchWrite, addr
			return e
		}
		if !e.Step {
			return e
		}
		for _, a := range actions {
			if a.TID == e.TID && a.Step {
				return e
			}
		}
		for i := range steps {
			steps[i].Signal = 0
		}
		for id := range d.threadIDs() {
			if !there[id] {
				there[id] = true
				steps = append(steps, Action{TID: id, Step: true})
			}
		}
	}
}

// withNew adds the threads to actions that have been made since the debugger chose them: it does not know of those yet.
func (d *process) withNew(actions []Action) []Action {
	now := d.threadIDs()
	if len(actions) == 0 || !actions[0].Again {
		d.there = now
		return actions
	}
	for id := range now {
		if !d.there[id] {
			actions = append(actions, Action{TID: id, Target: d, Again: true})
		}
	}
	return actions
}

// threadIDs are the threads that there are.
func (d *process) threadIDs() map[int]bool {
	return locked(d, func() map[int]bool {
		ids := map[int]bool{}
		for l := d.p.FirstLWP(); l != nil; l, _ = d.p.NextLWP(l.ID) {
			ids[int(l.ID)] = true
		}
		return ids
	})
}

// stepWatching makes one step. Where a thread is about to load with a reservation, that is the piece of code up to the store,
// while the others stand: a step between the two would end the reservation, each time anew.
func (d *process) stepWatching(steps []Action) Event {
	for _, a := range steps {
		ends, short := d.linkedEnds(a.TID)
		if ends == nil || a.Signal != 0 {
			continue
		}
		restore := d.plant(ends, short)
		d.goOn([]Action{{TID: a.TID}})
		e := d.wait()
		restore()
		if e.Kind == Stopped && e.Breakpoint && e.TID == a.TID && slices.Contains(ends, d.pc(a.TID)) {
			e.Breakpoint, e.Step = false, true
		}
		return e
	}
	d.goOn(steps)
	return d.wait()
}

// pc is where a thread is; 0 if it is gone.
func (d *process) pc(tid int) uint64 {
	return locked(d, func() uint64 {
		l := d.lwp(tid)
		if l == nil {
			return 0
		}
		d.p.TraceSettle()
		return l.Ctx.R[d.p.Arch.PC]
	})
}

// linkedEnds returns where the piece of code ends that thread tid must do in one go, nil if there is none at its pc, and
// whether instructions there may be of two bytes.
func (d *process) linkedEnds(tid int) (ends []uint64, short bool) {
	linked := d.linked(tid)
	if linked == nil {
		return nil, false
	}
	pc := d.pc(tid)
	code := make([]byte, gdb.LinkedCode)
	n := d.ReadMem(pc, code)
	return linked.Ends(d.p.Arch.Model.ByteOrder(), code[:n], pc), linked.Short || linked.Halves
}

// linked are the instructions with reservations of a thread's code; nil if it has none.
func (d *process) linked(tid int) *gdb.Linked {
	g := arch.Of(d.p.Arch).GDB()
	if g.LinkedOf == nil {
		return g.Linked
	}
	return locked(d, func() *gdb.Linked {
		l := d.lwp(tid)
		if l == nil {
			return nil
		}
		d.p.TraceSettle()
		return g.LinkedOf(l)
	})
}

// plant puts breakpoints where there are none yet, of two bytes if short, and returns what takes them away.
func (d *process) plant(at []uint64, short bool) (restore func()) {
	g := arch.Of(d.p.Arch).GDB()
	was := map[uint64][]byte{}
	for _, addr := range at {
		insn := g.Break
		if short {
			insn = g.Short
		}
		old := make([]byte, len(insn))
		if was[addr] != nil || d.ReadMem(addr, old) < len(old) || bytes.Equal(old, insn) {
			continue
		}
		if d.WriteMem(addr, insn) == nil {
			was[addr] = old
		}
	}
	return func() {
		for addr, old := range was {
			_ = d.WriteMem(addr, old)
		}
	}
}
