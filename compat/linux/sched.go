package linux

import (
	"time"

	"nbemu/abi"
	"nbemu/kern"
)

// Scheduling classes and I/O priorities (kernel/sched/syscalls.c, block/ioprio.c).

const (
	schedOther    = 0
	schedFifo     = 1
	schedRR       = 2
	schedBatch    = 3
	schedIdle     = 5
	schedDeadline = 6

	schedResetOnFork = 0x40000000

	schedMaxPriority = 99
)

// policyOf and priorityOf are a thread's class and priority as Linux has them: batch and idle are ordinary classes to
// the scheduler, and the lowest of 99 priorities is 1.
func policyOf(t *kern.LWP) int32 {
	switch t.SchedParam().Policy {
	case abi.SCHED_FIFO:
		if lwpdata(t).deadline != nil {
			return schedDeadline
		}
		return schedFifo
	case abi.SCHED_RR:
		return schedRR
	}
	return lwpdata(t).class
}

func priorityOf(t *kern.LWP) int32 {
	if p := policyOf(t); p != schedFifo && p != schedRR {
		return 0
	}
	return lwpdata(t).priority
}

// schedTarget is schedSeen for calls that take no negative number. Errors: EINVAL, ESRCH.
func schedTarget(l *kern.LWP, tid int32) (*kern.LWP, abi.Errno) {
	if tid < 0 {
		return nil, abi.EINVAL
	}
	return schedSeen(l, tid)
}

// setSched gives a thread a class and priority. Errors: EINVAL, EPERM.
func setSched(l, t *kern.LWP, policy, priority int32) abi.Errno {
	rt := policy == schedFifo || policy == schedRR
	switch {
	case policy != schedOther && policy != schedBatch && policy != schedIdle && !rt,
		rt && (priority < 1 || priority > schedMaxPriority), !rt && priority != 0:
		return abi.EINVAL
	}
	if c := l.Proc.Cred; !capable(l, capSysNice) {
		// RLIMIT_RTPRIO is 0.
		if rt && (policy != policyOf(t) || priority > priorityOf(t)) || policyOf(t) == schedIdle && policy != schedIdle {
			return abi.EPERM
		}
		if c.Euid != t.Proc.Cred.Euid && c.Euid != t.Proc.Cred.Ruid || mightMore(t.Proc, l.Proc) {
			return abi.EPERM
		}
	}
	d := lwpdata(t)
	d.class, d.priority, d.deadline = policy, priority, nil
	switch policy {
	case schedFifo, schedRR:
		native := int32(abi.SCHED_FIFO)
		if policy == schedRR {
			native = abi.SCHED_RR
		}
		t.SetSchedParam(native, priority*kern.SchedPriMax/schedMaxPriority)
	default:
		t.SetSchedParam(abi.SCHED_OTHER, 0)
	}
	return abi.OK
}

func sysSchedGetscheduler(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	t, err := schedTarget(l, int32(a[0]))
	if err != abi.OK {
		return ret(err)
	}
	policy := policyOf(t)
	if lwpdata(t).resetOnFork {
		policy |= schedResetOnFork
	}
	return retInt(int64(policy))
}

func sysSchedGetparam(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	if a[1] == 0 {
		return ret(abi.EINVAL)
	}
	t, err := schedTarget(l, int32(a[0]))
	if err != abi.OK {
		return ret(err)
	}
	return ret(l.CopyoutInt32(a[1], priorityOf(t)))
}

func sysSchedSetscheduler(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	if int32(a[1]) < 0 {
		return ret(abi.EINVAL)
	}
	policy := int32(a[1])
	switch policy &^ schedResetOnFork {
	case schedOther, schedFifo, schedRR, schedBatch, schedIdle:
	default:
		return ret(abi.EINVAL)
	}
	return schedSet(l, int32(a[0]), a[2], func(t *kern.LWP) int32 {
		lwpdata(t).resetOnFork = policy&schedResetOnFork != 0
		return policy &^ schedResetOnFork
	})
}

func sysSchedSetparam(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return schedSet(l, int32(a[0]), a[1], policyOf)
}

func schedSet(l *kern.LWP, tid int32, va uint64, policy func(*kern.LWP) int32) (kern.Retval, abi.Errno) {
	if va == 0 || tid < 0 {
		return ret(abi.EINVAL)
	}
	priority, err := l.CopyinInt32(va)
	if err != abi.OK {
		return ret(err)
	}
	t, err := schedTask(l, tid)
	if err != abi.OK {
		return ret(err)
	}
	return ret(setSched(l, t, policy(t), priority))
}

// schedAttr is struct sched_attr of the first version.
type schedAttr struct {
	Size, Policy              uint32
	Flags                     uint64
	Nice                      int32
	Priority                  uint32
	Runtime, Deadline, Period uint64
}

const schedAttrSize = 48

func sysSchedSetattr(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	if a[1] == 0 || int32(a[0]) < 0 || uint32(a[2]) != 0 {
		return ret(abi.EINVAL)
	}
	var s schedAttr
	size, err := l.CopyinInt32(a[1])
	if err != abi.OK {
		return ret(err)
	}
	if n := uint32(size); n != 0 && (n < schedAttrSize || n > mem4k) {
		_ = l.CopyoutInt32(a[1], schedAttrSize)
		return ret(abi.E2BIG)
	}
	if err := l.CopyinStruct(a[1], &s); err != abi.OK {
		return ret(err)
	}
	if int32(s.Policy) < 0 {
		return ret(abi.EINVAL)
	}
	t, err := schedTask(l, int32(a[0]))
	if err != abi.OK {
		return ret(err)
	}
	if s.Policy == schedDeadline {
		return ret(setDeadline(l, t, &s))
	}
	fair, nice := s.Policy == schedOther || s.Policy == schedBatch, int(min(max(s.Nice, -20), 19))
	if fair && nice < t.Proc.Nice && !capable(l, capSysNice) {
		return ret(abi.EPERM) // RLIMIT_NICE is 0
	}
	if err := setSched(l, t, int32(s.Policy), int32(s.Priority)); err != abi.OK {
		return ret(err)
	}
	if fair {
		t.Proc.SetNice(nice)
	}
	return ret(abi.OK)
}

const mem4k = 4096

// Bounds of reservations, in nanoseconds: the shortest time of computing, and of periods; and how much of the processors
// may be reserved in all, of a million.
const (
	minRuntime  = 1 << 10
	minPeriod   = 100e3
	maxPeriod   = 1 << 22 * 1000
	mostBooked  = 950000
	wholeBooked = 1000000
)

// booked is how much of a processor s reserves, of a million.
func (s *schedAttr) booked() uint64 { return s.Runtime * wholeBooked / s.Period }

// setDeadline reserves a part of a processor for a thread (SCHED_DEADLINE). It then runs before all others, and so has at
// least what it asked for; it is not held to that. Errors: EINVAL, EPERM, EBUSY if too much is reserved.
func setDeadline(l, t *kern.LWP, s *schedAttr) abi.Errno {
	const reset, reclaim, overrun = 1, 2, 4
	if s.Period == 0 {
		s.Period = s.Deadline
	}
	switch {
	case s.Flags&^(reset|reclaim|overrun) != 0, s.Priority != 0, s.Runtime < minRuntime, s.Runtime > s.Deadline, s.Deadline > s.Period,
		s.Period < minPeriod, s.Period > maxPeriod:
		return abi.EINVAL
	case !capable(l, capSysNice):
		return abi.EPERM
	}
	sum := s.booked()
	for _, p := range l.K.Procs() {
		for _, o := range p.LWPs {
			if d, ok := o.EmulData.(*lwpData); ok && o != t && o.Live() && d.deadline != nil {
				sum += d.deadline.booked()
			}
		}
	}
	if sum > uint64(l.K.NCPU())*mostBooked {
		return abi.EBUSY
	}
	d := lwpdata(t)
	own := *s
	d.class, d.priority, d.deadline, d.resetOnFork = schedDeadline, 0, &own, s.Flags&reset != 0
	t.SetSchedParam(abi.SCHED_FIFO, kern.SchedPriMax)
	return abi.OK
}

func sysSchedGetattr(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	size := uint32(a[2])
	if a[1] == 0 || int32(a[0]) < 0 || size < schedAttrSize || size > mem4k || uint32(a[3]) != 0 {
		return ret(abi.EINVAL)
	}
	t, err := schedSeen(l, int32(a[0]))
	if err != abi.OK {
		return ret(err)
	}
	s := schedAttr{Size: schedAttrSize, Policy: uint32(policyOf(t)), Priority: uint32(priorityOf(t)), Nice: int32(t.Proc.Nice)}
	if d := lwpdata(t).deadline; d != nil {
		s.Runtime, s.Deadline, s.Period, s.Flags = d.Runtime, d.Deadline, d.Period, d.Flags
	}
	return ret(l.CopyoutStruct(a[1], &s))
}

func prioRange(policy uint64, n int64) (kern.Retval, abi.Errno) {
	switch int32(policy) {
	case schedOther, schedBatch, schedIdle, schedDeadline:
		return retInt(0)
	case schedFifo, schedRR:
		return retInt(n)
	}
	return ret(abi.EINVAL)
}

func sysSchedGetPriorityMax(_ *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return prioRange(a[0], schedMaxPriority)
}

func sysSchedGetPriorityMin(_ *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return prioRange(a[0], 1)
}

// sysSchedRrGetInterval tells how long an LWP computes before another has its turn.
func sysSchedRrGetInterval(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	t, err := schedTarget(l, int32(a[0]))
	if err != abi.OK {
		return ret(err)
	}
	var d time.Duration
	if policyOf(t) != schedFifo {
		d = kern.Slice
	}
	return ret(l.CopyoutStruct(a[1], abi.TimespecOf(d)))
}

// Classes of I/O priorities, above 13 bits of the level.
const (
	ioprioShift = 13
	ioprioRT    = 1
	ioprioBE    = 2
	ioprioIdle  = 3

	ioprioWhoProcess = 1
	ioprioWhoPgrp    = 2
	ioprioWhoUser    = 3
)

// ioprioWho are the threads that a call is about. Errors: EINVAL, ESRCH.
func ioprioWho(l *kern.LWP, which, who int32) (list []*kern.LWP, err abi.Errno) {
	if which < ioprioWhoProcess || which > ioprioWhoUser {
		return nil, abi.EINVAL
	}
	if which == ioprioWhoProcess {
		t, err := schedTask(l, who)
		return []*kern.LWP{t}, err
	}
	for _, p := range l.K.Procs() {
		match := which == ioprioWhoPgrp && p.Pgrp != nil && (p.Pgrp.ID == who || who == 0 && p.Pgrp == l.Proc.Pgrp) ||
			which == ioprioWhoUser && (p.Cred.Ruid == uint32(who) || who == 0 && p.Cred.Ruid == l.Proc.Cred.Ruid)
		if match && !p.Zombie {
			list = append(list, p.LWPs...)
		}
	}
	if len(list) == 0 {
		return nil, abi.ESRCH
	}
	return list, abi.OK
}

// sysIoprioSet keeps the priority; the host orders its I/O as it does.
func sysIoprioSet(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	prio := int32(a[2])
	class, level := prio>>ioprioShift, prio&(1<<ioprioShift-1)
	switch class {
	case ioprioRT:
		if level > 7 {
			return ret(abi.EINVAL)
		}
		if !capable(l, capSysNice) {
			return ret(abi.EPERM)
		}
	case ioprioBE:
		if level > 7 {
			return ret(abi.EINVAL)
		}
	case ioprioIdle:
	case 0:
		if level != 0 {
			return ret(abi.EINVAL)
		}
	default:
		return ret(abi.EINVAL)
	}
	list, err := ioprioWho(l, int32(a[0]), int32(a[1]))
	if err != abi.OK {
		return ret(err)
	}
	for _, t := range list {
		if c, of := l.Proc.Cred, t.Proc.Cred; !capable(l, capSysNice) && (of.Ruid != c.Euid && of.Ruid != c.Ruid || mightMore(t.Proc, l.Proc)) {
			return ret(abi.EPERM)
		}
	}
	for _, t := range list {
		lwpdata(t).ioprio = prio
	}
	return ret(abi.OK)
}

func sysIoprioGet(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	list, err := ioprioWho(l, int32(a[0]), int32(a[1]))
	if err != abi.OK {
		return ret(err)
	}
	best := int32(0)
	for i, t := range list {
		p := lwpdata(t).ioprio
		if i == 0 || p < best {
			best = p
		}
	}
	return retInt(int64(best))
}
