package gdbstub

import "bytes"

// Watchpoints are single steps with a look at the memory after each: slower than a processor's own, but many times
// faster than when gdb makes the steps.

// watched is a piece of memory and what was in it.
type watched struct {
	addr uint64
	old  []byte
}

func (d *process) Watch(addr uint64, n int) bool {
	b := make([]byte, n)
	if d.ReadMem(addr, b) < n {
		return false
	}
	d.watches = append(d.watches, watched{addr, b})
	return true
}

func (d *process) Unwatch(addr uint64, n int) {
	for i, w := range d.watches {
		if w.addr == addr && len(w.old) == n {
			d.watches = append(d.watches[:i], d.watches[i+1:]...)
			return
		}
	}
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

// resumeWatching is Resume while memory is watched.
func (d *process) resumeWatching(actions []Action) Event {
	d.remember()
	steps := make([]Action, len(actions))
	for i, a := range actions {
		steps[i] = Action{TID: a.TID, Step: true, Signal: a.Signal}
	}
	for {
		d.goOn(steps)
		e := d.wait()
		if e.Kind != Stopped {
			return e
		}
		if e.WatchAddr, e.Watch = d.changed(); e.Watch || !e.Step {
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
