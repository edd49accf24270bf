package kern

import (
	"slices"
	"time"

	"nbemu/cpu"
	"nbemu/mem"
)

// Who watches what programs execute: translated blocks, one by one (Config.Blocks), or where they are at times
// (Config.Sampler). Without such a watcher all of it costs one comparison in a run that would have looked for the
// deterministic machine anyway.

// Blocks watches the translated blocks that LWPs execute. Its functions are called without the kernel lock by the LWP's
// goroutine, which has a processor.
type Blocks struct {
	// Room is after how many blocks a run ends, 1 to cpu.TraceLen.
	Room int
	// Ran is told the blocks that a run has begun, in their order; the registers are those after the run, which trap, if
	// any, has not been served yet. Ran must not keep b.
	Ran func(l *LWP, b []cpu.Block)
	// Before, if set, is called before each run.
	Before func(l *LWP)
	// Single, if set, is asked first: whether the run is to be of one instruction, which then is a block of its own (on
	// mips a branch with its delay slot).
	Single func(l *LWP) bool
}

// Sampler looks at where programs are, each time that they have used so much processor time.
type Sampler struct {
	Period time.Duration
	// Sample is called with the kernel lock, by the goroutine of an LWP that is about to go on in the program; d is how
	// much processor time the sample stands for.
	Sample func(l *LWP, d time.Duration)
}

// GivesUpSpace tells Config.Leave that l's process is about to give up its address space. Preconditions: kernel lock; the
// process has no other LWP that runs.
func (l *LWP) GivesUpSpace() {
	if l.Proc.Emul == nil {
		return
	}
	for _, f := range l.K.Config.Leave {
		f(l)
	}
}

// EachTranslator calls f with processors that may have translated l's program, as far as nobody else has them.
func (l *LWP) EachTranslator(f func(t cpu.Translator)) {
	sched.Lock()
	defer sched.Unlock()
	var slots []*engineSlot
	if p := sched.pools[l.K.kindOf(l.Proc.Arch)]; p != nil {
		slots = slices.Clone(p.free)
	}
	if l.slot != nil {
		slots = append(slots, l.slot)
	}
	for _, s := range slots {
		if t, ok := s.eng.(cpu.Translator); ok {
			f(t)
		}
	}
}

// Watch says that Config has watchers, before the first process.
func (k *Kernel) Watch() {
	k.watched = k.det.on || k.Config.Blocks != nil
	if s := k.Config.Sampler; s != nil && !k.det.on {
		k.worker(func() { k.sampleClock(s) })
	}
}

// runWatched is a run of a program that is not just a run: the deterministic machine's, or one that somebody watches.
func (l *LWP) runWatched() {
	if g := l.debugs(); g != nil {
		g.run(l)
		return
	}
	w := l.K.Config.Blocks
	run := l.slot.eng.Run
	if w != nil {
		if w.Single != nil && w.Single(l) {
			run = l.runOne
		}
		if l.slot.blocks == nil {
			l.slot.blocks = new(cpu.Blocks)
		}
		l.Ctx.SetTrace(l.slot.blocks, w.Room)
		if w.Before != nil {
			w.Before(l)
		}
	}
	if l.K.det.on {
		l.K.det.before(l)
		run(&l.Ctx, l.Proc.VM)
		l.K.det.after(l)
	} else {
		run(&l.Ctx, l.Proc.VM)
	}
	if w != nil {
		w.Ran(l, l.slot.blocks[:l.Ctx.Traced()])
	}
}

// runOne is a run of one instruction. That it is over is no trap of the program's.
func (l *LWP) runOne(c *cpu.Context, _ *mem.Space) {
	size := l.stepOne()
	if b := l.slot.blocks[:c.Traced()]; size != 0 && len(b) == 1 {
		b[0].Size, b[0].Insns = uint32(size), 1 // without what ended the run
	}
	if c.Trap == cpu.TrapStep {
		c.Trap = cpu.TrapStop
	}
}

// sampleClock ticks for as long as the machine lives. What an LWP has used since the last tick, or since it got its
// processor, is owed a sample: it takes that itself, on its way to the program.
func (k *Kernel) sampleClock(s *Sampler) {
	t := time.NewTicker(s.Period)
	defer t.Stop()
	last := now()
	for {
		select {
		case <-k.sampleStop:
			return
		case <-t.C:
		}
		sched.Lock()
		at := now()
		for _, r := range sched.busy {
			for _, l := range r.holders {
				if l.K != k || l.slot == nil {
					continue
				}
				l.owed.Add(int64(at - max(last, l.since)))
				l.ast.Store(true)
				l.slot.eng.Stop()
			}
		}
		sched.Unlock()
		last = at
	}
}

// takeSample is called on the way to the program. Preconditions: kernel lock.
func (l *LWP) takeSample() {
	if d := l.owed.Swap(0); d > 0 && l.K.Config.Sampler != nil {
		l.K.Config.Sampler.Sample(l, time.Duration(d))
	}
}

// detSample books virtual time to the samples of the deterministic machine.
func (l *LWP) detSample(d time.Duration) {
	s := l.K.Config.Sampler
	if l.unsampled += d; l.unsampled >= s.Period {
		l.owed.Add(int64(l.unsampled))
		l.unsampled = 0
		l.ast.Store(true)
	}
}
