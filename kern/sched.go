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
// most Config.NCPU of a machine's LWPs have one at a time. Those of one mem.Group, whose members share memory, have
// processors at the same time if the machines' processors can (runner.go), and take turns otherwise. An LWP keeps its
// processor in user and in kernel mode alike and gives it away when it sleeps; when others wait for it, a running LWP is
// stopped at the end of its slice. Who goes first, and for how long, is schedparam.go's to say; on which of the machine's
// CPUs, schedcpu.go's.

const (
	Slice       = 8 * time.Millisecond // between LWPs that compute
	wakeupSlice = time.Millisecond     // when one that has slept wants to run
)

type engineSlot struct {
	eng    cpu.Engine
	pool   *enginePool
	blocks *cpu.Blocks // what Config.Blocks is told of; nil without
	last   *LWP        // whose floating-point state is in it
	space  *mem.Space
}

// sched are the host program's processors and who waits for them.
var sched struct {
	sync.Mutex
	ready   []*runner // groups that could have a processor and have somebody waiting
	pools   map[engineKind]*enginePool
	busy    []*runner // with a holder; each knows its place
	waiting atomic.Int32
	wanting []*Kernel // machines with LWPs that wait
	ticker  bool
	looks   int // groups that dispatch has looked at, for tests
}

// waits takes note that n more LWPs of the machine wait for a processor. sched is locked.
func (k *Kernel) waits(n int) {
	sched.waiting.Add(int32(n))
	before := k.cpus.waiting
	k.cpus.waiting += n
	switch {
	case before == 0:
		sched.wanting = append(sched.wanting, k)
	case k.cpus.waiting == 0:
		i := slices.Index(sched.wanting, k)
		sched.wanting = slices.Delete(sched.wanting, i, i+1)
	}
}

// anyFree reports whether a machine that wants processors may have one more: without, thousands that wait need not be
// looked at. sched is locked.
func anyFree() bool {
	for _, k := range sched.wanting {
		if k.cpus.running < k.ncpu() {
			return true
		}
	}
	return false
}

// enginePool are the processors of one kind that nobody has. sched guards free.
type enginePool struct {
	kind engineKind
	free []*engineSlot
}

// poolFor finds the pool of l's processors. sched is locked.
func (l *LWP) poolFor() *enginePool {
	p := l.pool
	if p != nil && p.kind.arch == l.Proc.Arch && l.K.Config.Engines == nil {
		return p
	}
	kind := l.K.kindOf(l.Proc.Arch)
	if p = sched.pools[kind]; p == nil {
		if sched.pools == nil {
			sched.pools = map[engineKind]*enginePool{}
		}
		p = &enginePool{kind: kind}
		sched.pools[kind] = p
	}
	l.pool = p
	return p
}

// ncpu is how many CPUs the machine has; it does not change.
func (k *Kernel) ncpu() int {
	if n := k.ncpus.Load(); n != 0 {
		return int(n)
	}
	n := k.Config.NCPU
	if n <= 0 {
		n = runtime.GOMAXPROCS(0) // which takes a lock
	}
	n = min(n, MaxCPUs)
	k.ncpus.Store(int32(n))
	return n
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
		r.join(l)
		if r.open() && len(r.queue) == 0 && len(sched.ready) == 0 && l.K.cpus.hasFor(l) {
			l.take(r, now())
			break
		}
		l.urgent = urgent
		r.enqueue(l)
		if r.open() {
			r.makeReady()
		}
		l.K.waits(1)
		if !sched.ticker {
			sched.ticker = true
			go hardclock()
		}
		dispatch(0)
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
	if l.TellResume {
		l.resumed.Store(true) // and not ast, which ends what can be interrupted
	}
	if l.LwpctlVA != 0 {
		l.lwpctlSwitch(true)
	}
}

// take gives l a processor, at a time that now gave. sched is locked, a processor is available.
func (l *LWP) take(r *runner, at instant) {
	l.runner = r
	r.hold(l)
	l.since, l.sinceCall = at, l.ncalls
	if l.hurried {
		l.hurried = false
		l.reschedule()
	}
	l.Ctx.SetParallel(r.parallel)
	if r.parallel {
		l.Proc.VM.SetParallel()
	}
	l.K.cpus.take(l)
	pool := l.poolFor()
	fr := pool.free
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
		l.slot = &engineSlot{eng: newEngine(pool.kind), pool: pool}
	} else {
		l.slot = fr[best]
		fr[best] = fr[len(fr)-1]
		pool.free = fr[:len(fr)-1]
	}
	l.slot.space = l.Proc.VM
}

// drop takes l's processor away. sched is locked.
func (l *LWP) drop() {
	s, r := l.slot, l.runner
	at := now()
	l.chargeCPU(at)
	l.slot, l.runner = nil, nil
	r.remove(l)
	l.K.cpus.drop(l)
	s.pool.free = append(s.pool.free, s)
	if len(r.queue) > 0 && r.open() {
		r.makeReady()
	}
	dispatch(at)
}

// dispatch hands out processors. sched is locked. at is the time, if the caller knows it, or 0.
func dispatch(at instant) {
	for i := 0; i < len(sched.ready) && anyFree(); {
		r := sched.ready[i]
		sched.looks++
		n := 0
		for r.open() && len(r.queue) > 0 {
			if n = r.next(); n < 0 {
				break
			}
			l := r.queue[n]
			r.queue = slices.Delete(r.queue, n, n+1)
			if at == 0 {
				at = now()
			}
			l.take(r, at)
			l.K.waits(-1)
			l.granted <- struct{}{}
		}
		if n < 0 {
			i++
			continue
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
	if l == l.K.system {
		return true // it has no processor, and is in the middle of somebody else's call
	}
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
		at := now()
		for _, r := range sched.busy {
			r.tick(at)
		}
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
		for _, r := range sched.busy {
			if l := r.first(); r.over(l, at) {
				l.preemptNow()
			}
		}
		sched.Unlock()
	}
}

// over reports whether holder h is to make room: for who is more important at once, for its like at the end of its
// slice, for nobody else. sched is locked.
func (r *runner) over(h *LWP, at instant) bool {
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
	return time.Duration(at-h.since) >= limit
}

// preemptNow stops l, which has a processor, so that others get it. sched is locked.
func (l *LWP) preemptNow() {
	l.preempt.Store(true)
	l.slot.eng.Stop()
}

// kick makes l look at its pending work soon, if it is in user mode. Preconditions: kernel lock.
func (l *LWP) kick() {
	l.K.assertLocked()
	l.ast.Store(true)
	if l.inKernel && !l.K.det.on {
		return // a stop would only cost it a run without an instruction
	}
	sched.Lock()
	if s := l.slot; s != nil {
		s.eng.Stop()
	}
	sched.Unlock()
}

// XState is what of the processor's state l's programs have, on x86.
func (l *LWP) XState() *cpu.XState {
	if src := l.K.kindOf(l.Proc.Arch).src; src != nil {
		return src.XState()
	}
	return &cpu.EmulatedXState
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
