package kern

import (
	"math/bits"
	"time"

	"nbemu/abi"
)

// profil(2): a clock counts where in its text a process is (subr_prof.c, kern_clock.c).
//
// A tick stops the processor of each profiled process that is in user mode; what the program counter is then is
// counted.

// uprof is a process's profiling (struct uprof).
type uprof struct {
	on         bool
	base, size uint64
	off        uint64
	scale      uint32
}

// profState is a machine's profiling clock.
type profState struct {
	profiled  int // processes with profiling on
	profTimer *Timer
}

const profPeriod = time.Second / ClockHz

// Profil is profil(2): the pc, less off and times scale/65536, is the index of a counter of 16 bits within size bytes
// at base. A scale of 0 ends it. Error: EINVAL for a scale beyond 1.
func (p *Proc) Profil(base, size, off uint64, scale uint32) abi.Errno {
	switch {
	case scale > 1<<16:
		return abi.EINVAL
	case scale == 0:
		p.ProfStop()
		return abi.OK
	}
	on := p.prof.on
	p.prof = uprof{true, base, size, off, scale}
	if !on {
		p.K.profStart()
	}
	return abi.OK
}

func (k *Kernel) profStart() {
	k.profiled++
	if k.profTimer == nil {
		k.profTimer = k.AfterFunc(profPeriod, k.profClock)
	} else if k.profiled == 1 {
		k.profTimer.Reset(profPeriod)
	}
}

// ProfStop ends profiling (stopprofclock).
func (p *Proc) ProfStop() {
	if p.prof.on {
		p.prof.on = false
		p.K.profiled--
	}
}

// profFork makes a child profiled like its parent, into its own copy of the counters.
func (c *Proc) profFork(p *Proc) {
	if c.prof = p.prof; c.prof.on {
		c.K.profStart()
	}
}

// profClock is a tick, while any process is profiled.
func (k *Kernel) profClock() {
	if k.profiled == 0 {
		return
	}
	k.profTimer.Reset(profPeriod)
	if k.det.on {
		if l := k.det.cur; l != nil && !l.blocked && l.Proc.prof.on {
			l.profTick.Add(1)
		}
		return
	}
	sched.Lock()
	defer sched.Unlock()
	for _, r := range sched.busy {
		for _, l := range r.holders {
			if l.K == k && l.Proc.prof.on && l.Ctx.InUser() {
				l.profTick.Add(1)
				l.slot.eng.Stop()
			}
		}
	}
}

// addupc counts the ticks that came since (addupc_task). Counters that cannot be written end the profiling.
func (l *LWP) addupc() {
	n := l.profTick.Swap(0)
	u := &l.Proc.prof
	pc := l.Ctx.R[l.Proc.Arch.PC]
	if n == 0 || !u.on || pc < u.off {
		return
	}
	hi, lo := bits.Mul64(pc-u.off, uint64(u.scale))
	i := (hi<<48 | lo>>16) &^ 1
	if hi>>16 != 0 || i >= u.size {
		return
	}
	var b [2]byte
	err := l.Copyin(b[:], u.base+i)
	if err == abi.OK {
		m := l.Model()
		m.PutUint(b[:], 2, m.Uint(b[:], 2)+uint64(n))
		err = l.Copyout(b[:], u.base+i)
	}
	if err != abi.OK {
		l.Proc.ProfStop()
	}
}

// Profiling reports whether the process is profiled.
func (p *Proc) Profiling() bool { return p.prof.on }
