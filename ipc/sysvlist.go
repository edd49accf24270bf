package ipc

import (
	"nbemu/abi"
	"nbemu/kern"
	"nbemu/mem"
)

// What Linux tells of all objects of a kind: by their places in the table, and in sum.

// at returns the object in a place of the table and its id; the zero T is none.
func (s *ipcSet[T]) at(i int32) (v T, id int32) {
	if i < 0 || int(i) >= len(s.slots) {
		return v, 0
	}
	return s.slots[i], int32(s.seq[i])<<16 | i
}

// last is the highest place that is taken, 0 if none is, and how many are.
func (s *ipcSet[T]) last() (last int32, n int) {
	var none T
	for i, v := range s.slots {
		if v != none {
			last, n = int32(i), n+1
		}
	}
	return last, n
}

// listed checks who may see an object of a list; any asks for no right.
func listed(l *kern.LWP, p *abi.IpcPerm, any bool) abi.Errno {
	if any {
		return abi.OK
	}
	return ipcAccess(l.Proc.Cred, p, abi.IPC_R)
}

// ShmAt, SemAt and MsgAt are IPC_STAT of the object in a place of the table, with its id. Errors: EINVAL, EACCES.
// Of an id in place of an index, the place counts.
func ShmAt(l *kern.LWP, i int32, any bool) (int32, abi.ShmidDs, abi.Errno) {
	s, id := tablesOf(l.Proc).shmSegs.at(i & 0xffff)
	if s == nil {
		return 0, abi.ShmidDs{}, abi.EINVAL
	}
	return id, s.ds, listed(l, &s.ds.Perm, any)
}

func SemAt(l *kern.LWP, i int32, any bool) (int32, abi.SemidDs, abi.Errno) {
	s, id := tablesOf(l.Proc).semSets.at(i & 0xffff)
	if s == nil {
		return 0, abi.SemidDs{}, abi.EINVAL
	}
	ds := s.ds
	ds.Nsems = uint16(len(s.sems))
	return id, ds, listed(l, &s.ds.Perm, any)
}

func MsgAt(l *kern.LWP, i int32, any bool) (int32, abi.MsqidDs, abi.Errno) {
	q, id := tablesOf(l.Proc).msgQueues.at(i & 0xffff)
	if q == nil {
		return 0, abi.MsqidDs{}, abi.EINVAL
	}
	return id, q.ds, listed(l, &q.ds.Perm, any)
}

// Totals are sums over all objects of a kind: the highest place taken, how many there are, and of what they hold how
// many parts (pages, semaphores, messages) and bytes.
type Totals struct {
	Last           int32
	Objects, Parts int
	Bytes          uint64
}

func ShmTotals(p *kern.Proc) (t Totals) {
	t.Last, t.Objects = tablesOf(p).shmSegs.last()
	t.Parts = int(shmCommitted(tablesOf(p)) / mem.PageSize)
	t.Bytes = shmCommitted(tablesOf(p))
	return t
}

func SemTotals(p *kern.Proc) (t Totals) {
	t.Last, t.Objects = tablesOf(p).semSets.last()
	t.Parts = int(semTotal(tablesOf(p)))
	return t
}

func MsgTotals(p *kern.Proc) (t Totals) {
	t.Last, t.Objects = tablesOf(p).msgQueues.last()
	tablesOf(p).msgQueues.all(func(q *msgQueue) {
		t.Parts += len(q.msgs)
		t.Bytes += uint64(q.ds.Cbytes)
	})
	return t
}

// Limits of a machine's objects of each kind.
type Limits struct {
	Segments, SegmentsEach, Sets, Semaphores, SemaphoresOp, SemaphoreMax, Queues, QueueBytes int32
	SegmentMax                                                                               uint64
}

func LimitsOf(p *kern.Proc) Limits {
	t := tablesOf(p)
	return Limits{Segments: t.shmMni, SegmentsEach: t.shmSeg, SegmentMax: shmMax(), Sets: t.semMni, Semaphores: t.semMns, SemaphoresOp: semOpm,
		SemaphoreMax: semVmx, Queues: t.msgMni, QueueBytes: msgMnb}
}

// MsgCopy returns the message in a place of a queue and leaves it there (MSG_COPY). Errors: those of Msgrcv.
func MsgCopy(l *kern.LWP, id int32, n uint64, place int64, flags int32) (int64, []byte, abi.Errno) {
	q, err := msgFind(l, id, abi.IPC_R)
	if err != abi.OK {
		return 0, nil, err
	}
	if place < 0 || place >= int64(len(q.msgs)) {
		return 0, nil, abi.ENOMSG
	}
	m := q.msgs[place]
	if n < uint64(len(m.body)) && flags&abi.MSG_NOERROR == 0 {
		return 0, nil, abi.E2BIG
	}
	return m.typ, m.body[:min(n, uint64(len(m.body)))], abi.OK
}
