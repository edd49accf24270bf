package kern

import (
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"nbemu/cpu"
	"nbemu/mem"
)

// The scheduler lends processors (cpu.Engine) to LWPs. All machines share them, with what they have translated. At
// most Config.NCPU of a machine's LWPs have one at a time, and at most one per mem.Group, whose members share memory. An LWP keeps its processor in user and in kernel mode alike and
// gives it away when it sleeps; when others wait for it, a running LWP is stopped at the end of its slice. Who goes first,
// and for how long, is schedparam.go's to say; on which of the machine's CPUs, schedcpu.go's.

const (
	Slice       = 8 * time.Millisecond // between LWPs that compute
	wakeupSlice = time.Millisecond     // when one that has slept wants to run
)

// runner is the scheduler's record of a group of spaces.
type runner struct {
	holder *LWP
	since  time.Time
	queue  []*LWP
	queued bool    // in sched.ready
	into   *runner // the group was joined with this one
}

type engineSlot struct {
	eng   cpu.Engine
	kind  engineKind
	last  *LWP // whose floating-point state is in it
	space *mem.Space
}

// sched are the host program's processors and who waits for them.
var sched struct {
	sync.Mutex
	ready   []*runner // groups without a holder that have somebody waiting
	free    map[engineKind][]*engineSlot
	busy    map[*runner]bool
	waiting atomic.Int32
	ticker  bool
}

func (k *Kernel) ncpu() int {
	if k.Config.NCPU > 0 {
		return min(k.Config.NCPU, MaxCPUs)
	}
	return min(runtime.GOMAXPROCS(0), MaxCPUs)
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

// acquireCPU waits for a processor. urgent LWPs have slept and go before those whose slice ran out.
func (l *LWP) acquireCPU(urgent bool) {
	if l.K.det.on {
		<-l.granted
		l.K.det.take(l)
		return
	}
	sched.Lock()
	for {
		r := runnerOf(l.Proc.VM.Group)
		if r.holder == nil && len(r.queue) == 0 && len(sched.ready) == 0 && l.K.cpus.hasFor(l) {
			l.take(r)
			break
		}
		l.urgent = urgent
		r.enqueue(l)
		if r.holder == nil {
			r.makeReady()
		}
		sched.waiting.Add(1)
		if !sched.ticker {
			sched.ticker = true
			go hardclock()
		}
		dispatch()
		sched.Unlock()
		<-l.granted
		sched.Lock()
		// The group may have changed while we waited (exec, a shared mapping).
		if l.runner == runnerOf(l.Proc.VM.Group) {
			break
		}
		l.drop()
	}
	slot := l.slot
	sched.Unlock()
	// What an earlier stay left in this processor is stale if the LWP has been on another one since.
	if slot.last != l || l.lastSlot != slot || l.fpStale {
		slot.eng.LoadFP(&l.Ctx)
		slot.last, l.lastSlot = l, slot
		l.fpStale = false
	}
	l.rasRestart()
	if l.LwpctlVA != 0 {
		l.lwpctlSwitch(true)
	}
}

// take gives l a processor. sched is locked, one is available.
func (l *LWP) take(r *runner) {
	l.runner = r
	r.holder = l
	r.since = time.Now()
	l.K.cpus.take(l)
	kind := l.K.kindOf(l.Proc.Arch)
	if sched.free == nil {
		sched.free = map[engineKind][]*engineSlot{}
		sched.busy = map[*runner]bool{}
	}
	sched.busy[r] = true
	fr := sched.free[kind]
	// Prefer the processor that has this LWP's or at least this space's state.
	best := len(fr) - 1
	for i, s := range fr {
		if s.last == l {
			best = i
			break
		}
		if s.space == l.Proc.VM {
			best = i
		}
	}
	if best < 0 {
		l.slot = &engineSlot{eng: newEngine(kind), kind: kind}
	} else {
		l.slot = fr[best]
		fr[best] = fr[len(fr)-1]
		sched.free[kind] = fr[:len(fr)-1]
	}
	l.slot.space = l.Proc.VM
}

// drop takes l's processor away. sched is locked.
func (l *LWP) drop() {
	s, r := l.slot, l.runner
	l.chargeCPU(r)
	l.slot, l.runner = nil, nil
	r.holder = nil
	l.K.cpus.drop(l)
	delete(sched.busy, r)
	sched.free[s.kind] = append(sched.free[s.kind], s)
	if len(r.queue) > 0 {
		r.makeReady()
	}
	dispatch()
}

// enqueue puts l among those of its group that wait, before those that it may overtake. sched is locked.
func (r *runner) enqueue(l *LWP) {
	i := len(r.queue)
	for i > 0 && l.before(r.queue[i-1]) {
		i--
	}
	r.queue = slices.Insert(r.queue, i, l)
}

// makeReady puts r, which has no holder but somebody waiting, among those that get the next processors. sched is locked.
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

// dispatch hands out processors. sched is locked.
func dispatch() {
	for i := 0; i < len(sched.ready); {
		r := sched.ready[i]
		if r.holder == nil && len(r.queue) > 0 {
			n := r.next()
			if n < 0 {
				i++
				continue
			}
			l := r.queue[n]
			r.queue = slices.Delete(r.queue, n, n+1)
			l.take(r)
			sched.waiting.Add(-1)
			l.granted <- struct{}{}
		}
		sched.ready = slices.Delete(sched.ready, i, i+1)
		r.queued = false
	}
}

// releaseCPU gives the processor away, with the registers saved.
func (l *LWP) releaseCPU() {
	if l.LwpctlVA != 0 {
		l.lwpctlSwitch(false)
	}
	if l.K.det.on {
		l.K.det.put(l)
		return
	}
	if l.slot.last == l {
		l.slot.eng.SaveFP(&l.Ctx)
	}
	sched.Lock()
	l.drop()
	sched.Unlock()
}

// setGroup joins the group of the calling LWP's space with another: from then on at most one LWP of both
// runs. The processor is given away for the while if somebody of the other group has one.
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
	nr.queue = append(nr.queue, old.queue...)
	old.queue, old.holder = nil, nil
	delete(sched.busy, old)
	if nr.holder == nil {
		nr.holder, nr.since = l, old.since
		sched.busy[nr] = true
		l.runner = nr
		sched.Unlock()
		return
	}
	sched.Unlock()
	l.releaseCPU()
	l.K.lock.Unlock()
	l.acquireCPU(true)
	l.K.lock.Lock()
}

// ShareMemory puts the caller's space into the group of those whose memory others can store to, before it
// maps a file or segment shared and writable.
func (l *LWP) ShareMemory() { l.setGroup(mem.SharedGroup) }

// yield lets others run when the slice is over.
func (l *LWP) yield() {
	if l.K.det.on {
		l.K.lock.Lock()
		l.K.det.yield(l)
		l.K.lock.Unlock()
		return
	}
	l.releaseCPU()
	l.acquireCPU(false)
}

// Yield is sched_yield(2). Preconditions: kernel lock, which is given away for the while.
func (l *LWP) Yield() {
	if l.K.det.on {
		l.K.det.yield(l)
		return
	}
	if sched.waiting.Load() == 0 {
		return
	}
	l.K.lock.Unlock()
	l.yield()
	l.K.lock.Lock()
}

// PreemptPoint lets others have the kernel lock, and the processor if somebody waits for it, in the middle of a call that
// copies much (preempt_point). It reports whether to go on: not for a process that is being killed. What was looked up
// in guest memory before must be looked up again. Preconditions: kernel lock.
func (l *LWP) PreemptPoint() bool {
	if l.K.det.on {
		return !l.mustLeave() // a call takes no time there
	}
	l.K.lock.Unlock()
	if sched.waiting.Load() != 0 {
		l.yield()
	} else {
		runtime.Gosched()
	}
	l.K.lock.Lock()
	return !l.mustLeave()
}

// hardclock stops LWPs whose slice is over while others wait. It ends when nobody waits any more.
func hardclock() {
	t := time.NewTicker(wakeupSlice)
	defer t.Stop()
	idle := 0
	for range t.C {
		sched.Lock()
		if sched.waiting.Load() == 0 {
			if idle++; idle > 100 {
				sched.ticker = false
				sched.Unlock()
				return
			}
			sched.Unlock()
			continue
		}
		idle = 0
		now := time.Now()
		for r := range sched.busy {
			if r.over(now) {
				r.holder.preemptNow()
			}
		}
		sched.Unlock()
	}
}

// over reports whether the holder is to make room: for who is more important at once, for its like at the end of its
// slice, for nobody else. sched is locked.
func (r *runner) over(now time.Time) bool {
	h := r.holder
	limit := h.quantum
	best := -1
	if len(r.queue) > 0 {
		best = r.queue[0].rank
		if best == 0 && r.queue[0].urgent {
			limit = min(limit, wakeupSlice)
		}
	}
	best = max(best, h.K.cpus.wanted(h))
	if best != h.rank {
		return best > h.rank
	}
	return now.Sub(r.since) >= limit
}

// preemptNow stops l, which has a processor, so that others get it. sched is locked.
func (l *LWP) preemptNow() {
	l.preempt.Store(true)
	l.slot.eng.Stop()
}

// kick makes l look at its pending work soon, if it is in user mode.
func (l *LWP) kick() {
	l.ast.Store(true)
	sched.Lock()
	if s := l.slot; s != nil {
		s.eng.Stop()
	}
	sched.Unlock()
}

// SyncFP brings Ctx.FP up to date, for code that reads the floating-point registers.
func (l *LWP) SyncFP() {
	if l.slot != nil && l.slot.last == l && !l.fpStale {
		l.slot.eng.SaveFP(&l.Ctx)
	}
}

// FPChanged says that Ctx.FP was changed and is to be loaded before the LWP runs.
func (l *LWP) FPChanged() {
	if l.slot != nil {
		l.slot.eng.LoadFP(&l.Ctx)
		l.slot.last, l.lastSlot = l, l.slot
		l.fpStale = false
		return
	}
	l.fpStale = true
}
