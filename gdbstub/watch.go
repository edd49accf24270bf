package gdbstub

import (
	"bytes"

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

// resumeWatching is Resume while memory is watched step by step.
func (d *process) resumeWatching(actions []Action) Event {
	d.remember()
	steps := make([]Action, len(actions))
	for i, a := range actions {
		steps[i] = Action{TID: a.TID, Step: true, Signal: a.Signal}
	}
	for {
		d.goOn(steps)
		e := d.wait()
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
		for i, a := range actions {
			if a.TID == e.TID && a.Step {
				return e
			}
			steps[i].Signal = 0
		}
	}
}
