package linux

import (
	"nbemu/abi"
	"nbemu/kern"
)

// procData is what the emulation keeps for a process.
type procData struct {
	brkBase     uint64 // where the data segment may grow from
	dumpable    bool
	noNewPriv   bool       // of PR_SET_NO_NEW_PRIVS: kept by exec and fork
	deathsig    abi.Signal // of PR_SET_PDEATHSIG: kept by exec
	keys        keyHold    // see keys.go
	aio         map[uint64]*aioContext
	caps        capSets
	personality uint32      // kept by exec and fork
	noTHP       bool        // of PR_SET_THP_DISABLE: likewise
	sigPending  *abi.Rlimit // RLIMIT_SIGPENDING if it was set; kept by exec and fork
	user        *namespace  // of users; nil: the machine's
	oomAdj      int         // of oom_score_adj: kept by exec and fork
	barriers    uint32      // what membarrier was told of; kept by fork
}

// lwpData is what it keeps for a thread.
type lwpData struct {
	tid                     int32      // 0: the process's number
	clearTid                uint64     // word to clear and wake at the end of the thread
	robust                  uint64     // head of the list of locks it holds
	keyring                 *key       // its own; see keys.go
	class, priority, ioprio int32      // see sched.go
	resetOnFork             bool       // SCHED_RESET_ON_FORK
	deadline                *schedAttr // of SCHED_DEADLINE
	slack, firstSlack       uint64     // of PR_SET_TIMERSLACK; 0: the default
	policy                  memPolicy
	clone                   *cloneArgs
	ns                      *nsSet // nil: the machine's
	rseq                    rseqReg
	call                    *callState     // the call that it does, if somebody looks; see tracecall.go
	seccomp                 seccompFilters // see seccomp.go
}

func procdata(p *kern.Proc) *procData {
	d, ok := p.EmulData.(*procData)
	if !ok {
		d = &procData{dumpable: true}
		p.EmulData = d
	}
	return d
}

func lwpdata(l *kern.LWP) *lwpData {
	d, ok := l.EmulData.(*lwpData)
	if !ok {
		d = &lwpData{}
		l.EmulData = d
	}
	return d
}

// tidOf is a thread's number as programs know it.
func tidOf(l *kern.LWP) int32 {
	if d, ok := l.EmulData.(*lwpData); ok && d.tid != 0 {
		return d.tid
	}
	return l.Proc.PID
}

// findTid finds a thread of p, or nil.
func findTid(p *kern.Proc, tid int32) *kern.LWP {
	for _, l := range p.LWPs {
		if tidOf(l) == tid {
			return l
		}
	}
	return nil
}

// findTask finds a thread of any process, or nil.
func findTask(l *kern.LWP, tid int32) *kern.LWP {
	if t := findTid(l.Proc, tid); t != nil {
		return t
	}
	for _, p := range l.K.Procs() {
		if t := findTid(p, tid); t != nil && t.Live() {
			return t
		}
	}
	return nil
}

// procOf is the process that has a thread of that number, ended ones that nobody has waited for included; nil if there is none.
func procOf(l *kern.LWP, tid int32) *kern.Proc {
	if p := l.K.PfindAny(tid); p != nil {
		return p
	}
	if t := findTask(l, tid); t != nil {
		return t.Proc
	}
	return nil
}

// leaderArg is a call whose argument i names a process by the number of any of its threads.
func leaderArg(i int, h kern.Handler) kern.Handler {
	return func(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
		if n := int32(a[i]); n > 0 && n != l.Proc.PID {
			if p := procOf(l, n); p != nil && p.PID != n {
				b := *a
				b[i] = uint64(p.PID)
				a = &b
			}
		}
		return h(l, a)
	}
}

// release forgets a thread's data.
func release(l *kern.LWP) {
	if d, ok := l.EmulData.(*lwpData); ok {
		if d.tid != 0 && l.K.Config.OwnLIDs {
			l.K.ReleaseID(d.tid)
		}
		if d.keyring != nil {
			keysOf(l).drop(d.keyring)
		}
		l.EmulData = nil
	}
}

// procExec begins a program.
func procExec(l *kern.LWP) {
	was := lwpdata(l)
	policy, call, filters, ns := was.policy, was.call, was.seccomp, was.ns
	release(l)
	p := l.Proc
	d := &procData{dumpable: true, brkBase: p.VM.Brk.Cur}
	if old, ok := p.EmulData.(*procData); ok {
		d.sigPending = old.sigPending
		d.noNewPriv, d.personality, d.noTHP, d.oomAdj = old.noNewPriv, old.personality, old.noTHP, old.oomAdj
		d.caps = capSets{inheritable: old.caps.inheritable, ambient: old.caps.ambient, lostBound: old.caps.lostBound,
			lostPerm: old.caps.lostBound, secbits: old.caps.secbits}
		d.keys = keyHold{session: old.keys.session, reqkey: old.keys.reqkey}
		if k := old.keys.process; k != nil {
			keysOf(l).drop(k)
		}
		if d.user = old.user; d.user != nil {
			if id, _ := d.user.user.uids.out(p.Cred.Euid, 1); id != 0 {
				d.caps.lostPerm = allCaps // but for the ambient ones
			}
		}
		if p.Flags&kern.PFSugid == 0 {
			d.deathsig = old.deathsig
		}
	}
	p.EmulData = d
	syncCaps(p)
	p.VM.CutsCopies, p.VM.MaxMaps = true, maxMapCount
	now := lwpdata(l)
	now.policy, now.call, now.seccomp, now.ns = policy, call, filters, ns
}

// maxMapCount is vm.max_map_count as Linux has it, whatever its administrator says.
const maxMapCount = 65530

// procFork: the child has a copy; of the thread only what clone asked for.
func procFork(child, parent *kern.LWP) {
	d := *procdata(parent.Proc)
	d.deathsig = 0
	d.keys.process, d.aio = nil, nil
	if k := d.keys.session; k != nil {
		k.usage++
	}
	child.Proc.EmulData = &d
	if c := lwpdata(parent).clone; c != nil {
		c.apply(child, parent)
	}
	n := lwpdata(child)
	n.policy = lwpdata(parent).policy
	if c := lwpdata(parent).clone; c == nil || c.flags&cloneVM == 0 {
		n.rseq, child.TellResume = lwpdata(parent).rseq, parent.TellResume
	}
}

// procExit: children that asked for it get a signal.
func procExit(p *kern.Proc) {
	endPidNS(p)
	for _, c := range p.Children {
		if d, ok := c.EmulData.(*procData); ok && d.deathsig != 0 && !c.Zombie {
			c.Kpsignal(&kern.Ksiginfo{Signo: d.deathsig, Code: abi.SI_USER, Pid: p.PID, Uid: p.Cred.Ruid}, nil)
		}
	}
	if d, ok := p.EmulData.(*procData); ok && len(p.LWPs) > 0 && (d.keys.process != nil || d.keys.session != nil) {
		t := keysOf(p.LWPs[0])
		t.drop(d.keys.process)
		t.drop(d.keys.session)
	}
	p.EmulData = nil
	p.VM.CutsCopies = true
	for _, l := range p.LWPs {
		filters := lwpdata(l).seccomp.last
		release(l)
		seccompGone(filters)
	}
}

// lwpExit does what a thread's end means to others: locks that it held are marked, and who waits for it wakes.
func lwpExit(l *kern.LWP) {
	d, ok := l.EmulData.(*lwpData)
	if !ok {
		return
	}
	exitPI(l)
	if d.robust != 0 {
		exitRobust(l, d.robust)
	}
	if d.clearTid != 0 && l.CopyoutInt32(d.clearTid, 0) == abi.OK {
		wakeAt(l, d.clearTid, 1)
	}
	pidNSOf(l).remove(l)
	filters := d.seccomp.last
	release(l)
	seccompGone(filters)
}

// Bits of a robust lock's word.
const (
	futexWaiters   = 1 << 31
	futexOwnerDied = 1 << 30
	futexTidMask   = 1<<30 - 1
	robustLimit    = 2048
)

// exitRobust walks the list of locks: each entry is a pointer to the next, the lock's word lies at an offset.
func exitRobust(l *kern.LWP, head uint64) {
	var h struct {
		Next    abi.Ptr
		Offset  abi.Long
		Pending abi.Ptr
	}
	if l.CopyinStruct(head, &h) != abi.OK {
		return
	}
	at := uint64(h.Next)
	for range robustLimit {
		if at == head || at == 0 {
			break
		}
		next, err := l.CopyinWord(at &^ 1)
		if at != uint64(h.Pending) {
			ownerDied(l, at&^1+uint64(h.Offset))
		}
		if err != abi.OK {
			break
		}
		at = next
	}
	if h.Pending != 0 {
		ownerDied(l, uint64(h.Pending)&^1+uint64(h.Offset))
	}
}

func ownerDied(l *kern.LWP, va uint64) {
	if va&3 != 0 {
		return
	}
	ours := false
	v, err := l.UpdateInt32(va, func(v int32) (int32, bool) {
		ours = uint32(v)&futexTidMask == uint32(tidIn(l, l))
		return int32(uint32(v)&futexWaiters | futexOwnerDied), ours
	})
	if err == abi.OK && ours && uint32(v)&futexWaiters != 0 {
		wakeAt(l, va, 1)
	}
}

func wakeAt(l *kern.LWP, va uint64, n int) {
	if k, err := l.FutexKey(va, false); err == abi.OK {
		l.K.FutexWake(k, n, ^uint32(0))
	}
}
