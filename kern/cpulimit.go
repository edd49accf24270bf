package kern

import (
	"time"

	"nbemu/abi"
)

// RLIMIT_CPU: a process over the soft limit gets SIGXCPU and a little more time, one over the hard limit is killed
// (sched_pstats in kern_synch.c).

// limitTick is how often limitclock looks. NetBSD looks once a second; Linux, whose programs are here too, at ticks.
const limitTick = 100 * time.Millisecond

// xcpuStep is how many seconds a process gets after SIGXCPU.
const xcpuStep = 5

// watchCPULimit sees to it that somebody looks after p's limit. Preconditions: kernel lock.
func (p *Proc) watchCPULimit() {
	// The deterministic machine looks whenever it books time.
	if k := p.K; p.Limits[abi.RLIMIT_CPU].Cur != abi.RLIM_INFINITY && !k.det.on && k.limitTimer == nil {
		k.limitTimer = k.AfterFunc(limitTick, k.limitclock)
	}
}

// limitclock looks for as long as any process has a limit. Preconditions: kernel lock.
func (k *Kernel) limitclock() {
	limited := false
	for _, p := range k.Procs() {
		if p.Limits[abi.RLIMIT_CPU].Cur != abi.RLIM_INFINITY {
			limited = true
			p.checkCPULimit()
		}
	}
	if limited {
		k.limitTimer.Reset(limitTick)
	} else {
		k.limitTimer = nil
	}
}

// checkCPULimit does what the processor time that p has used calls for. Preconditions: kernel lock.
func (p *Proc) checkCPULimit() {
	lim := &p.Limits[abi.RLIMIT_CPU]
	if lim.Cur == abi.RLIM_INFINITY || p.Zombie || p.Flags&PFExiting != 0 {
		return
	}
	used := uint64(p.CPUTime() / time.Second)
	switch {
	case used < lim.Cur:
	case used >= lim.Max:
		p.K.Log("pid %d, command %s, is killed: exceeded RLIMIT_CPU", p.PID, p.Comm)
		p.Psignal(abi.SIGKILL)
	default:
		p.Psignal(abi.SIGXCPU)
		step := uint64(xcpuStep)
		if e := p.Emul; e != nil && e.XCPUStep != 0 {
			step = e.XCPUStep
		}
		lim.Cur = min(lim.Cur+step, lim.Max)
	}
}
