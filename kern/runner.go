package kern

import (
	"runtime"
	"slices"
	"time"

	"nbemu/cpu"
	"nbemu/mem"
)

// Parallel says when LWPs that share memory run at the same time, where their machine's processors can.
type Parallel uint8

const (
	// TakeTurns: never.
	TakeTurns Parallel = iota
	// WhenCrowded: once they have waited for each other for a while, with a CPU idle.
	WhenCrowded
	// Always: as soon as there are two that want to run.
	Always
)

// crowded is how many of hardclock's ticks LWPs of a group that compute have to wait for each other, with a CPU idle, before
// the group becomes parallel: all its code is translated once more then. Each tick at which that is not so takes back as many as
// meanwhile, so that threads that hand work to each other, as a server's do, go on taking turns: they would not be faster.
const (
	crowded   = 100
	meanwhile = 3
)

// runner is the scheduler's record of a group of spaces that share memory. Their LWPs begin with taking turns: what is
// translated for one processor at a time is faster. When a second one wants to run the group becomes parallel: the first
// gives way, and from then on all run code whose atomic instructions are atomic for others too. sched guards it.
type runner struct {
	holders []*LWP // who have a processor
	busy    int    // with holders: its place in sched.busy
	queue   []*LWP
	queued  bool // in sched.ready

	parallel bool // several may have one
	serial   bool // never: a member cannot run beside others
	waited   int  // ticks of hardclock, see crowded
	leaving  int  // holders that run as if alone, or that serial has caught beside others, and have to give way first

	into *runner // the group was joined with this one
}

// runnerOf is a group's record. Groups that were joined share one. sched is locked.
func runnerOf(g *mem.Group) *runner {
	r, ok := g.Sched.(*runner)
	if !ok {
		r = &runner{}
		g.Sched = r
	}
	for r.into != nil {
		r = r.into
	}
	return r
}

// parallels reports whether l's processors can run beside others with the same memory.
func (l *LWP) parallels() bool {
	a := l.Proc.Arch
	if l.K.Config.Parallel == TakeTurns || l.K.ncpu() <= 1 || len(l.Proc.ras) != 0 {
		return false
	}
	if src := l.K.kindOf(a).src; src != nil {
		return src.Parallel()
	}
	return a.Parallel && cpu.HostParallel
}

// open reports whether another LWP of the group may have a processor now.
func (r *runner) open() bool {
	return len(r.holders) == 0 || r.parallel && !r.serial && r.leaving == 0
}

// join is called before l waits for a processor or gets one: the group changes the way its LWPs run if they must, or may.
func (r *runner) join(l *LWP) {
	switch {
	case r.serial:
	case !l.parallels():
		r.serial = true
		if len(r.holders) > 1 {
			r.clear(nil)
		}
	case !r.parallel && len(r.holders) > 0 && (l.K.Config.Parallel == Always || r.waited >= crowded):
		r.parallel = true
		r.clear(nil)
	}
}

// tick is called by hardclock: a group whose LWPs have waited long enough becomes parallel. A holder that has had its
// processor for less than a tick may be one that soon sleeps, and so may who waits after a sleep. sched is locked.
func (r *runner) tick(at instant) {
	if r.parallel || r.serial {
		return
	}
	computes := func(l *LWP) bool { return !l.urgent && l.K.cpus.hasFor(l) }
	if h := r.first(); time.Duration(at-h.since) < wakeupSlice || !slices.ContainsFunc(r.queue, computes) {
		r.waited = max(r.waited-meanwhile, 0)
		return
	}
	if r.waited++; r.waited >= crowded {
		r.join(r.queue[0])
	}
}

// clear has the holders, but for one, give way before anybody else gets a processor.
func (r *runner) clear(but *LWP) {
	for _, h := range r.holders {
		if h != but && !h.leaving {
			h.leaving = true
			r.leaving++
			h.preemptNow()
		}
	}
}

// enqueue puts l among those of its group that wait, before those that it may overtake. sched is locked.
func (r *runner) enqueue(l *LWP) {
	i := len(r.queue)
	for i > 0 && l.before(r.queue[i-1]) {
		i--
	}
	r.queue = slices.Insert(r.queue, i, l)
}

// makeReady puts r, which is open and has somebody waiting, among those that get the next processors. sched is locked.
func (r *runner) makeReady() {
	rank := r.queue[0].rank
	if r.queued {
		if rank == 0 {
			return
		}
		// It may have to move up.
		i := slices.Index(sched.ready, r)
		sched.ready = slices.Delete(sched.ready, i, i+1)
	}
	r.queued = true
	i := len(sched.ready)
	for i > 0 && sched.ready[i-1].rank() < rank {
		i--
	}
	sched.ready = slices.Insert(sched.ready, i, r)
}

// rank is that of the first who waits. sched is locked.
func (r *runner) rank() int {
	if len(r.queue) == 0 {
		return 0
	}
	return r.queue[0].rank
}

// next finds the first of those who wait for whom there is a processor; -1 for none. sched is locked.
func (r *runner) next() int {
	for i, l := range r.queue {
		if l.K.cpus.hasFor(l) {
			return i
		}
		if !l.K.cpus.special {
			break
		}
	}
	return -1
}

// remove takes l, which gives its processor back, from the holders.
func (r *runner) remove(l *LWP) {
	i := slices.Index(r.holders, l)
	r.holders = slices.Delete(r.holders, i, i+1)
	if l.leaving {
		l.leaving = false
		r.leaving--
	}
	if len(r.holders) == 0 {
		r.idle()
	}
}

// hold puts l among the holders. sched is locked.
func (r *runner) hold(l *LWP) {
	if len(r.holders) == 0 {
		r.busy = len(sched.busy)
		sched.busy = append(sched.busy, r)
	}
	r.holders = append(r.holders, l)
}

// idle takes r, which has lost its last holder, from sched.busy. sched is locked.
func (r *runner) idle() {
	n := len(sched.busy) - 1
	last := sched.busy[n]
	sched.busy[r.busy], last.busy = last, r.busy
	sched.busy[n] = nil
	sched.busy = sched.busy[:n]
}

// first is the holder that makes room before the others: of the lowest rank, the one that has run longest.
func (r *runner) first() *LWP {
	l := r.holders[0]
	for _, h := range r.holders[1:] {
		if h.rank < l.rank || h.rank == l.rank && h.since < l.since {
			l = h
		}
	}
	return l
}

// setGroup joins the group of the calling LWP's space with another. Where they cannot all run at the same time, the
// processor is given away for the while if somebody else has one. Preconditions: kernel lock.
func (l *LWP) setGroup(g *mem.Group) {
	if l.K.det.on {
		return // nobody else runs anyway
	}
	sched.Lock()
	old, nr := l.runner, runnerOf(g)
	if old == nr {
		sched.Unlock()
		return
	}
	old.into = nr
	for _, w := range old.queue {
		nr.enqueue(w)
	}
	nr.serial = nr.serial || old.serial
	if len(nr.holders) == 0 && nr.leaving == 0 {
		nr.parallel = nr.parallel || old.parallel
	}
	for _, h := range old.holders {
		h.runner = nr
		nr.hold(h)
		if h.leaving {
			nr.leaving++
		}
	}
	old.queue, old.holders, old.leaving = nil, nil, 0
	old.idle()
	if nr.parallel { // l is not in user mode
		l.Ctx.SetParallel(true)
		l.Proc.VM.SetParallel()
	}
	if len(nr.holders) == 1 {
		sched.Unlock() // l itself
		return
	}
	// Whoever has a processor comes back by the rules of the new group.
	nr.clear(l)
	sched.Unlock()
	l.comeBack()
}

// ShareMemory puts the caller's space into the group of those whose memory others can store to, before it
// maps a file or segment shared and writable.
func (l *LWP) ShareMemory() { l.setGroup(mem.SharedGroup) }

// takeTurns has the LWPs of the caller's group run one at a time from now on. Preconditions: kernel lock.
func (l *LWP) takeTurns() {
	if l.K.det.on {
		return
	}
	sched.Lock()
	r := l.runner
	if r == nil {
		sched.Unlock()
		return // it does not run
	}
	r.serial = true
	alone := len(r.holders) == 1
	if !alone {
		r.clear(l)
	}
	sched.Unlock()
	if !alone {
		l.comeBack()
	}
}

// comeBack gives the processor away and waits for one. Preconditions: kernel lock, which is given away meanwhile.
func (l *LWP) comeBack() {
	l.releaseCPU()
	l.K.lock.Unlock()
	l.acquireCPU(true)
	l.K.lock.Lock()
}

// TellResumed has Emul.Resume called before the LWP goes on with its program. Preconditions: kernel lock.
func (l *LWP) TellResumed() {
	if l.TellResume {
		l.resumed.Store(true)
		l.ast.Store(true)
	}
}

// ResumeOthers has the process's other LWPs leave user mode, and Emul.Resume called before they go on. On what cpu is
// says, they are those that run there alone; -1: all. Preconditions: kernel lock.
func (l *LWP) ResumeOthers(cpu int32) {
	some := false
	sched.Lock()
	for _, o := range l.Proc.LWPs {
		if o != l && !o.zombie && o.TellResume && (cpu < 0 || o.cpu == cpu) {
			o.resumed.Store(true)
			some = true
		}
	}
	sched.Unlock()
	if some {
		l.StandStill()
	}
}

// StandStill has the process's other LWPs leave user mode. They do not come back as long as the caller keeps the kernel
// lock, and their registers stay as they are. Preconditions: kernel lock.
func (l *LWP) StandStill() {
	l.K.assertLocked()
	for _, o := range l.Proc.LWPs {
		if o != l && !o.zombie {
			o.kick()
		}
	}
	for _, o := range l.Proc.LWPs {
		for n := 0; o != l && o.Ctx.InUser(); n++ {
			if n < 100 {
				runtime.Gosched()
			} else {
				time.Sleep(20 * time.Microsecond)
			}
		}
	}
}
