package gdbstub

import (
	"slices"
	"sync"

	"nbemu/abi"
	"nbemu/kern"
)

// group are the processes that one debugger has: the first one and, if the debugger wants to hear of forks, children that
// it has not let go. All of them have one tracer. When one of them stops, all do.
type group struct {
	k  *kern.Kernel
	tr *kern.Tracer

	mu    sync.Mutex // guards procs, their member running and asked, for interrupt
	procs []*process // in the order in which they came
	asked *kern.Proc // interrupt has sent it a SIGSTOP, for which it has not stopped yet

	// follow is set when the debugger hears of forks and decides what becomes of the child.
	follow bool
	// born are children that have stopped before their first instruction, whose parent's stop has not come yet.
	born map[int32]*kern.Proc
	// loose are children that go on by themselves as soon as they have stopped.
	loose map[int32]bool
	// forked are stops of parents whose child has not stopped yet.
	forked []forkStop
	// passed are signals that nobody stops for.
	passed abi.Sigset
	// later are events of processes that have happened while another one's was told.
	later []Event
}

// forkStop is a parent's stop after a fork.
type forkStop struct {
	e     Event
	d     *process
	child int32
	vfork bool
}

// of returns the process that the debugger has, or nil.
func (g *group) of(p *kern.Proc) *process {
	for _, d := range g.procs {
		if d.p == p {
			return d
		}
	}
	return nil
}

// remove takes a process out that is gone or has been let go.
func (g *group) remove(d *process) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.procs = slices.DeleteFunc(slices.Clone(g.procs), func(o *process) bool { return o == d })
}

// forget drops what was to be told of a process that is the debugger's no more.
func (g *group) forget(d *process) {
	g.later = slices.DeleteFunc(g.later, func(e Event) bool { return e.Target == Target(d) })
}

// setRunning takes note of whether threads of d may run.
func (g *group) setRunning(d *process, on bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	d.running = on
}

// next waits for the next event that the debugger is told of, and stops the other processes then.
func (g *group) next() Event {
	if len(g.later) > 0 {
		e := g.later[0]
		g.later = g.later[1:]
		return e
	}
	for {
		if e, tell := g.look(); tell {
			g.hold()
			return e
		}
	}
}

// look waits for one change of one process; tell says whether the debugger is told.
func (g *group) look() (e Event, tell bool) {
	q, status := g.tr.Wait()
	if q == nil {
		return e, false
	}
	d := g.of(q)
	switch {
	case d == nil && abi.WIFSTOPPED(status):
		return g.newborn(q)
	case d == nil:
		delete(g.born, q.PID)
		return e, false
	case abi.WIFEXITED(status):
		e = Event{Kind: Exited, Status: int(abi.WEXITSTATUS(status))}
	case abi.WIFSIGNALED(status):
		e = Event{Kind: Signaled, Signal: int(abi.WTERMSIG(status))}
	default:
		g.setRunning(d, false)
		if e, tell = d.stopped(abi.WSTOPSIG(status)); !tell {
			return g.fork(d, e)
		}
		e.Target = d
		return e, true
	}
	g.setRunning(d, false)
	e.Target = d
	g.remove(d)
	return e, true
}

// newborn is for a child that has stopped before its first instruction.
func (g *group) newborn(q *kern.Proc) (e Event, tell bool) {
	if !g.follow {
		if len(g.procs) > 0 {
			g.procs[0].letGo(q)
		}
		return e, false
	}
	if g.loose[q.PID] {
		delete(g.loose, q.PID)
		g.procs[0].endTrace(q)
		return e, false
	}
	if g.born == nil {
		g.born = map[int32]*kern.Proc{}
	}
	g.born[q.PID] = q
	return g.birth()
}

// fork is for a parent that has stopped in a fork which d.stopped has made e of; other stops are over by now.
func (g *group) fork(d *process, e Event) (Event, bool) {
	if e.Child == 0 {
		return e, false
	}
	g.forked = append(g.forked, forkStop{e, d, int32(e.Child), e.Vfork})
	return g.birth()
}

// birth tells of a fork of which parent and child have stopped.
func (g *group) birth() (e Event, tell bool) {
	for i, f := range g.forked {
		q := g.born[f.child]
		if q == nil {
			continue
		}
		g.forked = append(g.forked[:i:i], g.forked[i+1:]...)
		delete(g.born, f.child)
		c := f.d.childProcess(q, f.vfork)
		g.mu.Lock()
		g.procs = append(g.procs, c)
		g.mu.Unlock()
		f.e.Target, f.e.NewProcess = f.d, c
		return f.e, true
	}
	return e, false
}

// hold stops all processes that still run. What else happens to them then is told later.
func (g *group) hold() {
	for _, d := range g.procs {
		if !d.running {
			continue
		}
		d.held = true
		locked(d, func() bool { d.p.Psignal(abi.SIGSTOP); return true })
		for d.running {
			if e, tell := g.look(); tell {
				g.later = append(g.later, e)
			}
		}
		if d.held { // it had stopped for something else already, and must not stop again for nobody when it goes on
			d.held = false
			locked(d, func() bool { d.p.Unsend(abi.SIGSTOP); return true })
		}
	}
}

// resume lets threads go on, of one process or several, and waits for an event.
func (g *group) resume(actions []Action) Event {
	if len(g.later) > 0 {
		return g.next()
	}
	of := map[*process][]Action{}
	for _, a := range actions {
		if d, ok := a.Target.(*process); ok {
			of[d] = append(of[d], a)
		}
	}
	for d, list := range of {
		of[d] = d.withNew(list)
	}
	if len(of) == 1 {
		for d, list := range of {
			if d.steps() {
				return d.resumeWatching(list)
			}
		}
	}
	for d, list := range of {
		d.goOn(list)
	}
	return g.next()
}

// interrupt stops a process that runs; it may be called from any goroutine.
func (g *group) interrupt() {
	g.mu.Lock()
	i := slices.IndexFunc(g.procs, func(d *process) bool { return d.running })
	var p *kern.Proc
	if i >= 0 {
		p = g.procs[i].p
	}
	g.mu.Unlock()
	if p != nil {
		g.k.Lock()
		defer g.k.Unlock()
		g.ask(p)
		p.Psignal(abi.SIGSTOP)
	}
}

// ask takes note of whom interrupt has sent a SIGSTOP; nil for nobody, or once that has arrived.
func (g *group) ask(p *kern.Proc) {
	g.mu.Lock()
	g.asked = p
	g.mu.Unlock()
}

// takeBack has p not stop for interrupt any more: it has stopped for something else, and is let go. Preconditions: kernel
// lock.
func (g *group) takeBack(p *kern.Proc) {
	g.mu.Lock()
	mine := g.asked == p
	g.mu.Unlock()
	if mine {
		g.ask(nil)
		p.Unsend(abi.SIGSTOP)
	}
}

// letGo is for a child that the debugger is not told of: now, or when it has stopped.
func (g *group) letGo(child int32) {
	if q := g.born[child]; q != nil {
		delete(g.born, child)
		g.procs[0].endTrace(q)
		return
	}
	if g.loose == nil {
		g.loose = map[int32]bool{}
	}
	g.loose[child] = true
}
