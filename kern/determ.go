package kern

import (
	"container/heap"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync/atomic"
	"time"

	"nbemu/abi"
	"nbemu/cpu"
)

// The deterministic machine (-deterministic) has one processor for all architectures, which is handed from LWP
// to LWP in an order that only the programs decide: a run queue in place of goroutines that race for a
// processor, a clock that counts translated blocks and system calls, timers on that clock, and random numbers
// from a seed. The host is asked for news only when nobody can run; see determ_host.go.
//
// Whoever has the processor (det.cur) is the only one to change any of this. Others, with the kernel lock, may
// only make sleepers runnable.

const (
	// A system call takes this long on the virtual clock, and a page fault or exception half of it.
	syscallTime = time.Microsecond
	// detSlice is how long an LWP computes before the next one has its turn, on average.
	detSlice = time.Millisecond
	// DetFirstPID is the number of the first process.
	DetFirstPID = 100
)

// Streams of random numbers that come from the one seed.
const (
	streamGuest = iota + 1 // what programs get
	streamSlice            // lengths of time slices
)

type determ struct {
	k      *Kernel
	on     bool
	halted bool // the first process has ended: nobody runs any more
	seed   uint64
	now    atomic.Int64 // nanoseconds since the machine was started
	cur    *LWP
	runq   []*LWP
	slots  map[*cpu.Arch]*engineSlot
	left   time.Duration // of cur's slice
	slices *rand.Rand
	// What the random numbers for slices and for programs come from.
	slicesPCG, guestPCG *rand.PCG
	timers              timerHeap
	order               uint64
	others              int // OthersFirst was called so often
	host                detHost
}

// Deterministic makes the machine a deterministic one whose clock starts at epoch. It must come before the first
// process. Error: the host's, when there are no descriptors left.
func (k *Kernel) Deterministic(seed uint64, epoch time.Time) error {
	if err := k.det.host.init(); err != nil {
		return err
	}
	k.det.on, k.det.seed = true, seed
	k.watched = true
	k.det.slots = map[*cpu.Arch]*engineSlot{}
	k.det.slicesPCG, k.det.guestPCG = rand.NewPCG(seed, streamSlice), rand.NewPCG(seed, streamGuest)
	k.det.slices = rand.New(k.det.slicesPCG)
	guest := rand.New(k.det.guestPCG)
	k.RandomSource = func(b []byte) {
		var r uint64
		for i := range b {
			if i%8 == 0 {
				r = guest.Uint64()
			}
			b[i] = byte(r >> (i % 8 * 8))
		}
	}
	k.Config.NCPU = 1
	k.boottime = epoch
	k.FirstPID(DetFirstPID)
	k.HasHostParent = true
	return nil
}

// IsDeterministic reports whether Deterministic was called.
func (k *Kernel) IsDeterministic() bool { return k.det.on }

// clock is the virtual time since the machine was started.
func (d *determ) clock() time.Duration { return time.Duration(d.now.Load()) }

func (d *determ) advance(t time.Duration) {
	d.now.Add(int64(t))
	d.left -= t
}

// newSlice chooses the length of a time slice. Most are near detSlice; one in four is much shorter, so that
// different seeds find different interleavings of threads.
func (d *determ) newSlice() {
	r := d.slices.Uint64()
	length := uint64(detSlice)
	if r&3 == 0 {
		length >>= 2 + r>>2&7
	}
	d.left = time.Duration(length/2 + r>>5%length)
}

// ready makes a sleeping LWP runnable, after those that are already.
func (d *determ) ready(l *LWP) {
	if !l.blocked {
		return
	}
	l.blocked = false
	d.enqueue(l)
	if d.cur != nil && l.rank > d.cur.rank {
		d.left = 0
		d.cur.preempt.Store(true)
	}
}

// enqueue puts l behind those that wait, but for those of lower rank.
func (d *determ) enqueue(l *LWP) {
	i := len(d.runq)
	for i > 0 && d.runq[i-1].rank < l.rank {
		i--
	}
	d.runq = slices.Insert(d.runq, i, l)
}

// start makes a new LWP runnable.
func (d *determ) start(l *LWP) {
	l.blocked = true
	d.ready(l)
	d.k.lwps.Add(1)
	go l.main()
}

// take gives l, which dispatch has chosen, its processor: the only one of its architecture.
func (d *determ) take(l *LWP) {
	arch := l.Proc.Arch
	s := d.slots[arch]
	if s == nil {
		s = &engineSlot{eng: newEngine(engineKind{nil, arch})}
		d.slots[arch] = s
	}
	sched.Lock()
	l.slot = s
	sched.Unlock()
	if s.last != l || l.lastSlot != s || l.fpStale {
		s.eng.LoadFP(&l.Ctx)
		s.last, l.lastSlot = l, s
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

// put saves l's state, so that another can have the processor. Who has it next is dispatch's to say.
func (d *determ) put(l *LWP) {
	if l.slot.last == l {
		l.slot.eng.SaveFP(&l.Ctx)
	}
	sched.Lock()
	l.slot = nil
	sched.Unlock()
}

// dispatch lets the next LWP run. Without one the clock goes on to the next timer, unless the host may have
// something first. Preconditions: kernel lock; nobody has the processor.
func (d *determ) dispatch() {
	d.cur = nil
	for n := 1; !d.halted && !d.k.holdsIdle(); n++ {
		if n%1024 == 0 {
			// Timers that wake nobody must not keep signals out.
			d.k.lock.Unlock()
			runtime.Gosched()
			d.k.lock.Lock()
			if d.cur != nil {
				return
			}
		}
		d.runTimers()
		if len(d.runq) > 0 {
			l := d.runq[0]
			d.runq[0] = nil
			d.runq = d.runq[1:]
			d.cur = l
			d.newSlice()
			d.left = l.turn(d.left)
			l.preempt.Store(false)
			l.granted <- struct{}{}
			return
		}
		if d.k.rest.resting || !d.idle() {
			d.k.debugIdle()
			return // time stands still at rest
		}
	}
}

// runTimers calls the timers that are due. Preconditions: kernel lock.
func (d *determ) runTimers() {
	for len(d.timers) > 0 && d.timers[0].when <= d.clock() {
		heap.Pop(&d.timers).(*Timer).f()
	}
}

// block is LWP.block on the deterministic machine.
func (d *determ) block(l *LWP, timeout time.Duration) (timedout bool) {
	l.blocked = true
	var t *Timer
	if timeout > 0 {
		t = d.k.AfterFunc(timeout, func() {
			timedout = l.blocked
			d.ready(l)
		})
	}
	d.handOver(l)
	t.Stop()
	return timedout
}

// handOver gives the processor to whoever is next and comes back when it is l's turn again. Preconditions:
// kernel lock; l is in the run queue, or somebody will put it there.
func (d *determ) handOver(l *LWP) {
	d.put(l)
	d.k.pauseTouches(l, true)
	d.dispatch()
	d.k.lock.Unlock()
	<-l.granted
	d.k.lock.Lock()
	d.k.pauseTouches(l, false)
	d.take(l)
}

// yield lets the others run first. Preconditions: kernel lock.
func (d *determ) yield(l *LWP) {
	if len(d.runq) == 0 || d.runq[0].rank < l.rank {
		d.newSlice()
		d.left = l.turn(d.left)
		return
	}
	d.enqueue(l)
	d.handOver(l)
}

// before sets the budget of l's next run: it ends with the slice, or with the next timer.
func (d *determ) before(l *LWP) {
	t := d.left
	if len(d.timers) > 0 {
		t = min(t, d.timers[0].when-d.clock())
	}
	for _, c := range l.Proc.timers.cpu {
		t = min(t, c.left)
	}
	if s := d.k.Config.Sampler; s != nil {
		t = min(t, s.Period-l.unsampled)
	}
	l.Ctx.Count = cpu.Count{On: 1, Blocks: uint64(max(t+cpu.BlockTime-1, cpu.BlockTime)) / cpu.BlockTime,
		Clock: uint64(d.clock() + bootOffset), Seed: d.seed}
	l.budget = l.Ctx.Count.Blocks
}

// after books a run and the trap that ended it, and calls the timers that are due.
func (d *determ) after(l *LWP) {
	user := time.Duration(l.budget-l.Ctx.Count.Blocks) * cpu.BlockTime
	var sys time.Duration
	switch l.Ctx.Trap {
	case cpu.TrapSyscall:
		sys = syscallTime
	case cpu.TrapFault, cpu.TrapException:
		sys = syscallTime / 2
	}
	d.advance(user + sys)
	if d.k.Config.Sampler != nil {
		l.detSample(user + sys)
	}
	if d.left <= 0 {
		l.preempt.Store(true)
	}
	now := d.clock()
	if len(l.Proc.timers.cpu) == 0 && l.Proc.Limits[abi.RLIMIT_CPU].Cur == abi.RLIM_INFINITY && (len(d.timers) == 0 || d.timers[0].when > now) && now < d.host.looked+busyLook {
		l.charge(user, sys)
		return
	}
	d.k.lock.Lock()
	defer d.k.lock.Unlock()
	l.charge(user, sys)
	d.runTimers()
	d.hostWhileBusy()
}
