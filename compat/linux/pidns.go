package linux

import (
	"nbemu/abi"
	"nbemu/kern"
)

// Numbers of processes in namespaces (kernel/pid_namespace.c). The kernel below knows one number of each, which /proc
// shows; in a namespace calls take and bring others. What reaches a thread by a structure has the numbers of its namespace
// where that is siginfo, credentials of a peer or a lock; elsewhere the machine's.

// maxNSLevel is how deep namespaces of users and processes are inside each other.
const maxNSLevel = 32

// noPid is a number that no process has.
const noPid = 1<<30 - 1

// pidNS are the numbers of a namespace. That which the machine begins with has none of its own.
type pidNS struct {
	parent *pidNS
	level  int
	last   int32
	byNum  map[int32]pidEntry
	byID   map[int32]pidEntry
	init   *kern.Proc
	dead   bool // its first process has ended
}

// pidEntry is a process or, if l is not nil, one of its other threads.
type pidEntry struct {
	num int32
	p   *kern.Proc
	l   *kern.LWP
}

func newPidNS(parent *pidNS) *pidNS {
	return &pidNS{parent: parent, level: parent.level + 1, byNum: map[int32]pidEntry{}, byID: map[int32]pidEntry{}}
}

// add gives a new thread its number, here and in the namespaces around.
func (n *pidNS) add(l *kern.LWP, leads bool) {
	for ; n != nil && n.parent != nil; n = n.parent {
		e := pidEntry{p: l.Proc}
		if !leads {
			e.l = l
		}
		for e.num = n.last + 1; n.taken(e.num); e.num++ {
			if e.num >= kern.PidMax {
				e.num = 1
			}
		}
		n.last = e.num
		n.byNum[e.num], n.byID[tidOf(l)] = e, e
		if n.init == nil {
			n.init = l.Proc
			l.Proc.Subreaper = true // orphans become its children
		}
	}
}

// taken reports whether something has a number; what nothing is left of is forgotten.
func (n *pidNS) taken(num int32) bool {
	e, ok := n.byNum[num]
	if !ok {
		return false
	}
	if e.l != nil || !e.p.Reaped() {
		return true
	}
	delete(n.byNum, num)
	if o := n.byID[e.p.PID]; o == e {
		delete(n.byID, e.p.PID)
	}
	return false
}

// remove forgets a thread that does not lead its process.
func (n *pidNS) remove(l *kern.LWP) {
	for ; n != nil && n.parent != nil; n = n.parent {
		if e, ok := n.byID[tidOf(l)]; ok && e.l == l {
			delete(n.byID, tidOf(l))
			delete(n.byNum, e.num)
		}
	}
}

// pidNSOf is the namespace that a thread's numbers are from; nil for the machine's.
func pidNSOf(l *kern.LWP) *pidNS {
	if d, ok := l.EmulData.(*lwpData); ok && d.ns != nil {
		if n := d.ns.of[nsPid].pid; n.parent != nil {
			return n
		}
	}
	return nil
}

// pidOut is a process's or thread's number as l sees it, 0 if it does not.
func pidOut(l *kern.LWP, id int32) int32 {
	n := pidNSOf(l)
	if n == nil || id <= 0 {
		return id
	}
	e, ok := n.byID[id]
	if !ok || e.l == nil && e.p.Reaped() && l.K.PfindAny(id) != nil {
		return 0
	}
	return e.num
}

// pidIn is the kernel's number of what is num for l, noPid if there is no such thing.
func pidIn(l *kern.LWP, num int32) int32 {
	n := pidNSOf(l)
	if n == nil || num <= 0 {
		return num
	}
	switch e, ok := n.byNum[num]; {
	case !ok:
		return noPid
	case e.l != nil:
		return tidOf(e.l)
	case e.p.Reaped():
		return noPid
	default:
		return e.p.PID
	}
}

// pidArg translates an argument; a group's number is negative, and -1 is everybody.
func pidArg(l *kern.LWP, v uint64) (uint64, bool) {
	switch n := int32(v); {
	case n > 0:
		return uint64(pidIn(l, n)), true
	case n < -1 && n != -1<<31:
		return uint64(int64(-pidIn(l, -n))), true
	}
	return v, true
}

// tidIn is a thread's number as l's programs know it.
func tidIn(l, t *kern.LWP) int32 { return pidOut(l, tidOf(t)) }

// shielded reports whether a signal from l does not reach p: the first process of a namespace gets from inside only what
// it has handlers for.
func shielded(l *kern.LWP, p *kern.Proc, sig abi.Signal) bool {
	n := pidNSOf(l)
	if n == nil || n.init != p || sig == 0 {
		return false
	}
	h := p.Sigacts.Act[sig].Handler
	return sig == abi.SIGKILL || sig == abi.SIGSTOP || h == abi.SIG_DFL
}

// endPidNS ends all others of a namespace whose first process ends.
func endPidNS(p *kern.Proc) {
	if len(p.LWPs) == 0 {
		return
	}
	n := pidNSOf(p.LWPs[0])
	if n == nil || n.init != p {
		return
	}
	n.dead = true
	for _, e := range n.byNum {
		if e.l == nil && e.p != p && !e.p.Zombie && !e.p.Reaped() {
			e.p.Psignal(abi.SIGKILL)
		}
	}
}
