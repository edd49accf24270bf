package ipc

import (
	"slices"
	"time"

	"nbemu/abi"
	"nbemu/kern"
)

// Limits of semaphores.
const (
	semOpm = 100   // operations of one call
	semUme = 10    // undo entries of a process
	semVmx = 32767 // largest value
	semAem = 16384

	semAlloc = 01000 // shown in the mode of a set that is in use
)

// semTable is a machine's semaphores, and kern.ipc's limits of them.
type semTable struct {
	semSets ipcSet[*semSet]
	semMni  int32 // sets
	semMns  int32 // semaphores
}

type semaphore struct {
	val  uint16
	pid  int32
	ncnt int32 // LWPs that wait for a larger value
	zcnt int32 // LWPs that wait for 0
}

type semSet struct {
	k       *kern.Kernel
	ds      abi.SemidDs
	sems    []semaphore
	removed bool
	q       kern.SleepQ
}

// semUndo is what the end of a process adds to a semaphore.
type semUndo struct {
	set *semSet
	num uint16
	adj int32
}

func semTotal(t *Tables) (n int32) {
	t.semSets.all(func(s *semSet) { n += int32(len(s.sems)) })
	return n
}

// Semget is semget(2). Errors: ENOENT, EEXIST, EACCES, EINVAL, ENOSPC.
func Semget(l *kern.LWP, key, nsems, flags int32) (int32, abi.Errno) {
	c := l.Proc.Cred
	if key != abi.IPC_PRIVATE {
		for i, s := range tablesOf(l.Proc).semSets.slots {
			if s == nil || s.ds.Perm.Key != abi.Long(key) {
				continue
			}
			if err := ipcAccess(c, &s.ds.Perm, uint32(flags)&0700); err != abi.OK {
				return 0, err
			}
			if nsems > 0 && len(s.sems) < int(nsems) {
				return 0, abi.EINVAL
			}
			if flags&abi.IPC_CREAT != 0 && flags&abi.IPC_EXCL != 0 {
				return 0, abi.EEXIST
			}
			return int32(tablesOf(l.Proc).semSets.seq[i])<<16 | int32(i), abi.OK
		}
		if flags&abi.IPC_CREAT == 0 {
			return 0, abi.ENOENT
		}
	}
	if nsems <= 0 || nsems > tablesOf(l.Proc).semMns {
		return 0, abi.EINVAL
	}
	if nsems > tablesOf(l.Proc).semMns-semTotal(tablesOf(l.Proc)) {
		return 0, abi.ENOSPC
	}
	s := &semSet{k: l.K, sems: make([]semaphore, nsems)}
	s.ds = abi.SemidDs{Perm: ipcNewPerm(c, key, uint32(flags)&0777), Nsems: uint16(nsems), Ctime: ipcTime(l.K)}
	id, ok := tablesOf(l.Proc).semSets.add(s, int(tablesOf(l.Proc).semMni))
	if !ok {
		return 0, abi.ENOSPC
	}
	s.ds.Perm.Seq = uint16(id >> 16)
	return id, abi.OK
}

// semFind finds a set and checks access. Errors: EINVAL, EACCES, EPERM.
func semFind(l *kern.LWP, id int32, mode uint32) (*semSet, abi.Errno) {
	s := tablesOf(l.Proc).semSets.get(id)
	if s == nil {
		return nil, abi.EINVAL
	}
	return s, ipcAccess(l.Proc.Cred, &s.ds.Perm, mode)
}

// SemStat is semctl's IPC_STAT. Errors: EINVAL, EACCES.
func SemStat(l *kern.LWP, id int32) (abi.SemidDs, abi.Errno) {
	s, err := semFind(l, id, abi.IPC_R)
	if err != abi.OK {
		return abi.SemidDs{}, err
	}
	return s.ds, abi.OK
}

// SemSet is IPC_SET. Errors: EINVAL, EPERM.
func SemSet(l *kern.LWP, id int32, ds *abi.SemidDs) abi.Errno {
	s, err := semFind(l, id, abi.IPC_M)
	if err != abi.OK {
		return err
	}
	ipcSetPerm(&s.ds.Perm, &ds.Perm)
	s.ds.Ctime = ipcTime(l.K)
	return abi.OK
}

// SemRemove is IPC_RMID: whoever waits gets EIDRM. Errors: EINVAL, EPERM.
func SemRemove(l *kern.LWP, id int32) abi.Errno {
	s, err := semFind(l, id, abi.IPC_M)
	if err != abi.OK {
		return err
	}
	s.removed = true
	tablesOf(l.Proc).semSets.del(id)
	s.dropUndo(-1)
	s.q.WakeAll()
	return abi.OK
}

// dropUndo forgets what processes would undo to one semaphore, or to all of the set if num is negative.
func (s *semSet) dropUndo(num int) {
	for _, p := range s.k.AllProcs() {
		procOf(p).undo = slices.DeleteFunc(procOf(p).undo, func(u semUndo) bool { return u.set == s && (num < 0 || int(u.num) == num) })
	}
}

// SemValue is GETVAL, GETPID, GETNCNT or GETZCNT. Errors: EINVAL, EACCES.
func SemValue(l *kern.LWP, id, num, cmd int32) (int32, abi.Errno) {
	s, err := semFind(l, id, abi.IPC_R)
	if err != abi.OK {
		return 0, err
	}
	if num < 0 || int(num) >= len(s.sems) {
		return 0, abi.EINVAL
	}
	m := &s.sems[num]
	switch cmd {
	case abi.GETPID:
		return m.pid, abi.OK
	case abi.GETNCNT:
		return m.ncnt, abi.OK
	case abi.GETZCNT:
		return m.zcnt, abi.OK
	}
	return int32(m.val), abi.OK
}

// SemSetValue is SETVAL. Errors: EINVAL, EACCES, ERANGE.
func SemSetValue(l *kern.LWP, id, num, val int32) abi.Errno {
	s, err := semFind(l, id, abi.IPC_W)
	if err != abi.OK {
		return err
	}
	if num < 0 || int(num) >= len(s.sems) {
		return abi.EINVAL
	}
	if uint32(val) > semVmx {
		return abi.ERANGE
	}
	s.sems[num].val = uint16(val)
	s.setter(l, int(num))
	s.dropUndo(int(num))
	s.q.WakeAll()
	return abi.OK
}

// setter notes who set a value: Linux counts that like an operation.
func (s *semSet) setter(l *kern.LWP, num int) {
	if e := l.Proc.Emul; e != nil && e.SemSetters {
		s.sems[num].pid = l.Proc.PID
	}
}

// SemAll is GETALL. Errors: EINVAL, EACCES.
func SemAll(l *kern.LWP, id int32) ([]uint16, abi.Errno) {
	s, err := semFind(l, id, abi.IPC_R)
	if err != abi.OK {
		return nil, err
	}
	out := make([]uint16, len(s.sems))
	for i := range s.sems {
		out[i] = s.sems[i].val
	}
	return out, abi.OK
}

// SemSetAll is SETALL; fetch gives as many values as it is asked for. Errors: EINVAL, EACCES, ERANGE, fetch's.
func SemSetAll(l *kern.LWP, id int32, fetch func(n int) ([]uint16, abi.Errno)) abi.Errno {
	s, err := semFind(l, id, abi.IPC_W)
	if err != abi.OK {
		return err
	}
	vals, err := fetch(len(s.sems))
	if err != abi.OK {
		return err
	}
	for i, v := range vals {
		if v > semVmx {
			err = abi.ERANGE
			break
		}
		s.sems[i].val = v
		s.setter(l, i)
	}
	s.dropUndo(-1)
	s.q.WakeAll()
	return err
}

// try does the operations, all or none. It returns the index of the one that must wait, or -1.
func (s *semSet) try(ops []abi.Sembuf) (stuck int, err abi.Errno) {
	undo := func(n int) {
		for i := n - 1; i >= 0; i-- {
			s.sems[ops[i].Num].val -= uint16(ops[i].Op)
		}
	}
	for i, op := range ops {
		m := &s.sems[op.Num]
		v := int32(m.val) + int32(op.Op)
		switch {
		case op.Op < 0 && v < 0, op.Op == 0 && m.val > 0:
			undo(i)
			return i, abi.OK
		case v > semVmx:
			undo(i)
			return -1, abi.ERANGE
		}
		m.val = uint16(v)
	}
	return -1, abi.OK
}

// Semop is semop(2), with a deadline semtimedop(2): a zero one never comes. Errors: E2BIG, EINVAL, EACCES,
// EFBIG for a semaphore there is not, EAGAIN, EIDRM, EINTR, ERANGE, ENOSPC.
func Semop(l *kern.LWP, id int32, ops []abi.Sembuf, deadline time.Time) abi.Errno {
	s, err := semFind(l, id, abi.IPC_W)
	if err != abi.OK {
		return err
	}
	for _, op := range ops {
		if int(op.Num) >= len(s.sems) {
			return abi.EFBIG
		}
	}
	for {
		stuck, err := s.try(ops)
		if err != abi.OK {
			return err
		}
		if stuck < 0 {
			break
		}
		op := ops[stuck]
		if op.Flg&abi.IPC_NOWAIT != 0 {
			return abi.EAGAIN
		}
		waiting := &s.sems[op.Num].ncnt
		if op.Op == 0 {
			waiting = &s.sems[op.Num].zcnt
		}
		*waiting++
		err = l.SleepUnlessStopped(&s.q, "semwait", deadline)
		*waiting--
		switch {
		case s.removed:
			return abi.EIDRM
		case err == abi.EWOULDBLOCK:
			return abi.EAGAIN
		case err != abi.OK:
			return abi.EINTR
		}
	}
	if err = addUndo(l.Proc, s, ops); err != abi.OK {
		for _, op := range ops {
			s.sems[op.Num].val -= uint16(op.Op)
		}
		return err
	}
	for _, op := range ops {
		s.sems[op.Num].pid = l.Proc.PID
	}
	s.ds.Otime = ipcTime(l.K)
	s.q.WakeAll()
	return abi.OK
}

// addUndo notes what the end of the process takes back. Error: EINVAL for too many entries, and then nothing
// has changed.
func addUndo(p *kern.Proc, s *semSet, ops []abi.Sembuf) abi.Errno {
	undo := procOf(p).undo
	copied := false
	for _, op := range ops {
		if op.Flg&abi.SEM_UNDO == 0 || op.Op == 0 {
			continue
		}
		if !copied {
			undo, copied = slices.Clone(undo), true
		}
		i := slices.IndexFunc(undo, func(u semUndo) bool { return u.set == s && u.num == op.Num })
		if i < 0 {
			if len(undo) == semUme {
				return abi.EINVAL
			}
			undo = append(undo, semUndo{set: s, num: op.Num})
			i = len(undo) - 1
		}
		undo[i].adj -= int32(op.Op)
		if undo[i].adj == 0 {
			undo = slices.Delete(undo, i, i+1)
		}
	}
	procOf(p).undo = undo
	return abi.OK
}

// semExit undoes what a process that ends has done with SEM_UNDO.
func semExit(p *kern.Proc) {
	for _, u := range procOf(p).undo {
		m := &u.set.sems[u.num]
		m.val = uint16(min(max(int32(m.val)+u.adj, 0), semVmx))
		u.set.q.WakeAll()
	}
	procOf(p).undo = nil
}
