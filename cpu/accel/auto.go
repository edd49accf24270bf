package accel

import (
	"encoding/binary"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"nbemu/cpu"
	"nbemu/cpu/kvm"
	"nbemu/mem"
)

// Every program begins on the emulated processor, where starting costs nothing and leaving it for the kernel little.
// A clock looks every tick whether programs are in user mode, and counts how often they have called or trapped, for
// each slice of processor time that they have used. A program that would have been quicker on the host's processor,
// for a number of slices in sequence, goes on there; one that has come to call all the time comes back.
//
// How long a trap takes on the host's processor is measured once, when the virtual machine is made; that is when the
// first program has computed for some time.

const (
	tick = 5 * time.Millisecond
	// slice is how much processor time is judged at once.
	slice = 5 * time.Millisecond
	// judged is how many slices in sequence must agree.
	judged = 4
	// speedup is how much quicker the host's processor is taken to be. It is about 10 for most; that it be 4 at least
	// is what counts.
	speedup = 4
	// idleTicks without a program in user mode end the clock.
	idleTicks = 100
)

// worthwhile says whether a program that has made n traps in an emulated time would be quicker on the host's
// processor: whether what it saves there is more than what the traps cost more.
func worthwhile(n uint64, in, exit time.Duration) bool {
	return time.Duration(n)*exit < in-in/speedup
}

// wasted says whether n traps in a time on the host's processor are so much of it that emulating the rest would take
// less.
func wasted(n uint64, in, exit time.Duration) bool {
	return time.Duration(n)*exit > in-in/(2*speedup)
}

// record is what is known of a space: where it runs, and how long it has looked as if it ought to run elsewhere.
type record struct {
	name   string // of the program
	native atomic.Bool

	// The clock's own.
	votes int           // slices in sequence that looked so
	spent time.Duration // processor time since the last one
	traps uint64
	told  bool // past knows of it
}

// Fork lets a child go on where its parent is: it has found out about the processor there.
func (r *record) Fork() mem.Policy {
	c := &record{name: r.name}
	c.native.Store(r.native.Load())
	return c
}

// auto is a cpu.Source whose processors are both kinds in one.
type auto struct {
	open func() (*kvm.Machine, error)
	past past
	// say, if it is not nil, is told in a line of each program that changes processors, and why.
	say atomic.Pointer[func(string)]

	mu      sync.Mutex
	engines []*autoEngine
	ticking bool
	m       *kvm.Machine // nil until somebody has computed for a while
	failed  bool         // there is none
	moves   bool         // programs can go on on the other kind of processor; else each stays where it began
}

func newAuto(open func() (*kvm.Machine, error)) *auto { return &auto{open: open} }

// Runs is cpu.Source's: emulated or not, all programs run.
func (a *auto) Runs(*cpu.Arch) error { return nil }

// XState is cpu.Source's: programs have what both kinds of processors have, or what those have that stay on the host's.
func (a *auto) XState() *cpu.XState {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.m == nil || a.moves {
		return &cpu.EmulatedXState
	}
	return a.m.XState()
}

// Parallel is cpu.Source's. A space's threads could be on processors of both kinds, of which the emulated ones would not
// hear of code that the others store.
func (a *auto) Parallel() bool { return false }

// New is cpu.Source's.
func (a *auto) New(arch *cpu.Arch) (cpu.Engine, error) {
	u, err := cpu.New(arch)
	if err != nil || arch.Target != cpu.TargetX86 {
		return u, err
	}
	e := &autoEngine{a: a, u: u, cur: u}
	a.mu.Lock()
	a.engines = append(a.engines, e)
	a.mu.Unlock()
	return e, nil
}

// Begin is cpu.Chooser's: a program whose earlier runs mostly went on on the host's processor begins there.
func (a *auto) Begin(s *mem.Space, program string) {
	r := &record{name: program}
	if a.past.begin(program) {
		a.mu.Lock()
		if a.m != nil {
			r.native.Store(true)
			a.tell("%s begins on the host's processor: most of its runs went on there", program)
		}
		a.mu.Unlock()
	}
	s.SetPolicy(r)
}

func (a *auto) tell(format string, args ...any) {
	if f := a.say.Load(); f != nil {
		line := fmt.Sprintf(format, args...)
		go (*f)(line)
	}
}

// wake starts the clock if it has stopped.
func (a *auto) wake() {
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.ticking {
		a.ticking = true
		go a.clock()
	}
}

func (a *auto) clock() {
	t := time.NewTicker(tick)
	defer t.Stop()
	used := cpuTime()
	for idle := 0; ; {
		<-t.C
		now := cpuTime()
		a.mu.Lock()
		// Who is in user mode shares what the process has had: on a busy host that is less than the time on the wall.
		running := 0
		for _, e := range a.engines {
			if e.running.Load() != nil {
				running++
			}
		}
		busy := false
		for _, e := range a.engines {
			busy = e.look((now-used)/time.Duration(max(running, 1))) || busy
		}
		used = now
		if busy {
			idle = 0
		} else if idle++; idle > idleTicks {
			a.ticking = false
			for _, e := range a.engines {
				e.watched.Store(false)
			}
			a.mu.Unlock()
			return
		}
		a.mu.Unlock()
	}
}

// machine opens the virtual machine. Programs cannot move if the host's processor lacks something that they have seen of
// the emulated one, or if it has more state than that and cannot be kept from it: programs have looked how large an
// XSAVE image is. a is locked.
func (a *auto) machine() *kvm.Machine {
	if a.m != nil || a.failed {
		return a.m
	}
	a.failed = true
	m, err := a.open()
	if err != nil {
		return nil
	}
	u, err := cpu.New(&cpu.Arch{Name: "amd64", Target: cpu.TargetX86, Mode: 64})
	if err != nil {
		return nil
	}
	defer u.Close()
	a.m, a.failed, a.moves = m, false, m.HidesState() && m.Has(u)
	return a.m
}

// autoEngine is two processors, of which one runs the program at a time.
type autoEngine struct {
	a    *auto
	u, k cpu.Engine // k: nil until it is needed
	cur  cpu.Engine // the one that has the thread's floating-point state

	space *mem.Space
	rec   *record

	// What the clock looks at.
	runs    atomic.Uint64
	running atomic.Pointer[record] // of the space in user mode
	watched atomic.Bool            // the clock runs
	inK     atomic.Pointer[cpu.Engine]
	seen    uint64 // runs at the last tick
}

// look is the clock's: it reports whether a program is in user mode, after it has voted where that is to be. spent is
// the processor time that the program has had since the last tick.
func (e *autoEngine) look(spent time.Duration) bool {
	n := e.runs.Load()
	traps := n - e.seen
	e.seen = n
	r := e.running.Load()
	if r == nil {
		return traps != 0
	}
	r.spent += spent
	r.traps += traps
	if r.spent < slice {
		return true
	}
	traps, spent = r.traps, r.spent
	r.traps, r.spent = 0, 0
	m := e.a.m
	if m == nil && !r.native.Load() {
		// As if traps cost nothing: whoever computes for some time finds out what they cost.
		if r.votes++; r.votes < judged {
			return true
		}
		r.votes = 0
		if m = e.a.machine(); m == nil {
			return true
		}
	}
	if m == nil || m.Runs(e.u.Arch()) != nil {
		return true
	}
	if r.told && !e.a.moves {
		return true
	}
	elsewhere := false
	if r.native.Load() {
		elsewhere = wasted(traps, spent, m.ExitCost())
	} else {
		elsewhere = worthwhile(traps, spent, m.ExitCost())
	}
	if !elsewhere {
		r.votes = 0
	} else if r.votes++; r.votes >= judged {
		r.votes = 0
		native := !r.native.Load()
		how := "had better begin"
		r.told = true
		if e.a.past.moved(r.name, native); e.a.moves {
			how = "goes on"
			r.native.Store(native)
			e.Stop()
		}
		e.a.tell("%s %s on %s: %d traps in its last %v, of %v each on the host's", r.name,
			how,
			map[bool]string{true: "the host's processor", false: "the emulated one"}[native], traps, spent, m.ExitCost())
	}
	return true
}

// cpuTime is the processor time that this process has used.
func cpuTime() time.Duration {
	var ru unix.Rusage
	if unix.Getrusage(unix.RUSAGE_SELF, &ru) != nil {
		return 0
	}
	return time.Duration(ru.Utime.Nano() + ru.Stime.Nano())
}

func (e *autoEngine) Arch() *cpu.Arch { return e.u.Arch() }

func (e *autoEngine) Run(c *cpu.Context, s *mem.Space) {
	e.settle(c, s)
	e.running.Store(e.rec)
	e.cur.Run(c, s)
	e.running.Store(nil)
	e.runs.Store(e.runs.Load() + 1)
}

func (e *autoEngine) Step(c *cpu.Context, s *mem.Space) {
	e.settle(c, s)
	e.cur.Step(c, s)
}

// settle chooses the processor for s.
func (e *autoEngine) settle(c *cpu.Context, s *mem.Space) {
	if e.space != s {
		e.space = s
		r, ok := s.Policy().(*record)
		if !ok {
			r = &record{}
			s.SetPolicy(r)
		}
		e.rec = r
	}
	if !e.watched.Load() {
		e.watched.Store(true)
		e.a.wake()
	}
	if native := e.rec.native.Load(); native != (e.cur != e.u) {
		e.change(c, s, native)
	}
}

// change takes the program to the other processor.
func (e *autoEngine) change(c *cpu.Context, s *mem.Space, native bool) {
	if native && e.k == nil {
		e.a.mu.Lock()
		m := e.a.m
		e.a.mu.Unlock()
		k, err := m.New(e.u.Arch())
		if err != nil {
			e.rec.native.Store(false)
			return
		}
		e.k = k
		e.inK.Store(&e.k)
	}
	e.cur.SaveFP(c)
	if native {
		e.cur = e.k
	} else {
		if extended(c) {
			// The emulated processor has no place for it.
			e.rec.native.Store(true)
			return
		}
		e.cur = e.u
		// What was translated before may have been stored to since.
		s.ForgetCode()
	}
	e.cur.LoadFP(c)
}

// extended says whether a thread has state that the emulated processor does not know.
func extended(c *cpu.Context) bool {
	return binary.LittleEndian.Uint64(c.FP[cpu.XStateHeader:])&^cpu.EmulatedXState.Features != 0
}

func (e *autoEngine) SaveFP(c *cpu.Context) { e.cur.SaveFP(c) }
func (e *autoEngine) LoadFP(c *cpu.Context) { e.cur.LoadFP(c) }

// FlushPage is cpu.Engine's.
func (e *autoEngine) FlushPage(s *mem.Space, gen, va uint64) { e.cur.FlushPage(s, gen, va) }

// Stop is for whoever may be running; the other takes it as a run that ends at once.
func (e *autoEngine) Stop() {
	e.u.Stop()
	if k := e.inK.Load(); k != nil {
		(*k).Stop()
	}
}

// Failure is cpu.Failure's.
func (e *autoEngine) Failure() string {
	if f, ok := e.cur.(cpu.Failure); ok {
		return f.Failure()
	}
	return "the emulated processor gave up"
}

// Close is cpu.Engine's.
func (e *autoEngine) Close() {
	e.a.mu.Lock()
	for i, x := range e.a.engines {
		if x == e {
			e.a.engines = append(e.a.engines[:i], e.a.engines[i+1:]...)
			break
		}
	}
	e.a.mu.Unlock()
	e.u.Close()
	if e.k != nil {
		e.k.Close()
	}
}
