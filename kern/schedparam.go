package kern

import (
	"math"
	"runtime"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"nbemu/abi"
)

// SchedParam is an LWP's scheduling class and priority as _sched_setparam(2) set them. Those of the real-time classes go
// before all others, by priority; SCHED_FIFO until they sleep, SCHED_RR in turns. Others have their turns, which nice
// makes longer or shorter.
type SchedParam struct {
	Policy   int32 // SCHED_OTHER, SCHED_FIFO or SCHED_RR
	Priority int32 // of the real-time classes: 0 to SchedPriMax
	depth    int   // of _sched_protect
	protect  int32
}

// rrSlice is a turn of SCHED_RR (rt_ts of sched_m2.c, and what sysctl says).
const rrSlice = 100 * time.Millisecond

// inheritSched gives a new LWP, which has not been started, its creator's class, priority and CPUs (lwp_create).
func (l *LWP) inheritSched(from *LWP) {
	l.schedParam.Policy, l.schedParam.Priority = from.schedParam.Policy, from.schedParam.Priority
	l.affinity, l.psid = from.affinity, from.psid
	l.reschedule()
}

// reschedule computes what the scheduler goes by. Preconditions: l runs nowhere and waits for no processor, or sched is
// locked.
func (l *LWP) reschedule() {
	s := &l.schedParam
	l.rank = 0
	switch s.Policy {
	case abi.SCHED_FIFO:
		l.rank, l.quantum = int(s.Priority)+1, math.MaxInt64
	case abi.SCHED_RR:
		l.rank, l.quantum = int(s.Priority)+1, rrSlice
	default:
		l.quantum = niceSlice(Slice, l.Proc.Nice)
	}
	if s.depth > 0 {
		l.rank = max(l.rank, int(s.protect)+1)
	}
	if l.hurried {
		l.rank = SchedPriMax + 2
	}
}

// Hurry has p's LWPs go before all others once: who signals a program from outside does not wait until each of thousands
// of its children had a turn. Preconditions: kernel lock.
func (p *Proc) Hurry() {
	for _, l := range p.LWPs {
		sched.Lock()
		l.hurried = !l.K.det.on && l.slot == nil
		sched.Unlock()
		l.rescheduled()
	}
}

// niceSlice changes a turn by a process's nice value: a seventh of the way to the half or to the double for each step.
func niceSlice(d time.Duration, nice int) time.Duration {
	if nice == 0 {
		return d
	}
	return time.Duration(float64(d) * math.Exp2(-float64(nice)/7))
}

// turn makes a turn of ordinary length that of l's class and nice value.
func (l *LWP) turn(d time.Duration) time.Duration {
	switch l.schedParam.Policy {
	case abi.SCHED_FIFO:
		return time.Hour // nobody of its rank comes before it sleeps
	case abi.SCHED_RR:
		return d * (rrSlice / Slice)
	}
	return niceSlice(d, l.Proc.Nice)
}

// before reports whether l, which has just come, goes before o, who waits already. sched is locked.
func (l *LWP) before(o *LWP) bool {
	return l.rank > o.rank || l.rank == o.rank && l.urgent && !o.urgent
}

// rescheduled is reschedule for an LWP that may run or wait.
func (l *LWP) rescheduled() {
	sched.Lock()
	defer sched.Unlock()
	old := l.rank
	l.reschedule()
	if l.rank == old || l.K.det.on || l.Proc.VM == nil {
		return
	}
	r := runnerOf(l.Proc.VM.Group)
	if i := slices.Index(r.queue, l); i >= 0 {
		r.queue = slices.Delete(r.queue, i, i+1)
		r.enqueue(l)
		if r.open() {
			r.makeReady()
		}
	}
}

// hostNice is the nice value of the first process: nbemu's own, for that is how the host runs it. A deterministic machine
// depends on no host.
func (k *Kernel) hostNice() int {
	if k.IsDeterministic() {
		return 0
	}
	n, err := unix.Getpriority(unix.PRIO_PROCESS, 0)
	if err != nil {
		return 0
	}
	if runtime.GOOS == "linux" {
		n = abi.NZERO - n // the system call's answer has no negative numbers
	}
	return min(max(n, abi.PRIO_MIN), abi.PRIO_MAX)
}

// SetNice sets the nice value, from PRIO_MIN to PRIO_MAX (sched_nice).
func (p *Proc) SetNice(nice int) {
	p.Nice = nice
	for _, l := range p.LWPs {
		l.rescheduled()
	}
}

// Priorities of the real-time classes.
const (
	SchedPriMin = 0
	SchedPriMax = 63
)

// SchedParam returns what SetSchedParam set.
func (l *LWP) SchedParam() SchedParam { return l.schedParam }

// SetSchedParam sets class and priority. Preconditions: they are valid together.
func (l *LWP) SetSchedParam(policy, priority int32) {
	l.schedParam.Policy, l.schedParam.Priority = policy, priority
	l.rescheduled()
}

// SchedProtect raises the priority while a mutex with a ceiling is held (_sched_protect(2)); -1 ends one such
// stretch, other negative numbers ask for the priority. Errors: EINVAL, ENOENT, EPERM when the LWP's own
// priority is higher or the number is none.
func (l *LWP) SchedProtect(pri int32) (int32, abi.Errno) {
	s := &l.schedParam
	switch {
	case pri == -1:
		if s.depth == 0 {
			return 0, abi.EINVAL
		}
		if s.depth--; s.depth == 0 {
			s.protect = 0
			l.rescheduled()
		}
	case pri < 0:
		if s.depth == 0 {
			return 0, abi.ENOENT
		}
		return s.protect, abi.OK
	case pri > SchedPriMax || s.Policy != abi.SCHED_OTHER && s.Priority > pri:
		return 0, abi.EPERM
	default:
		s.depth++
		s.protect = max(s.protect, pri)
		l.rescheduled()
	}
	return 0, abi.OK
}
