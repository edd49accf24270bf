package ipc

import (
	"time"

	"slices"

	"nbemu/abi"
	"nbemu/kern"
)

// Limits of message queues.
const (
	msgMnb  = 2048 // bytes of a queue
	msgTql  = 40   // messages
	msgSsz  = 8    // bytes of a piece, of which messages are made
	msgSegs = 2048 // pieces
)

// msgTable is a machine's message queues, and kern.ipc's limit of them.
type msgTable struct {
	msgQueues ipcSet[*msgQueue]
	msgMni    int32 // queues
}

type message struct {
	typ  int64
	body []byte
}

type msgQueue struct {
	ds      abi.MsqidDs
	msgs    []message
	removed bool
	q       kern.SleepQ
}

// msgRoom reports whether there is room in the system for a message of n bytes.
func msgRoom(t *Tables, n uint64) bool {
	var count, segs uint64
	pieces := func(n int) uint64 { return uint64(n+msgSsz-1) / msgSsz }
	t.msgQueues.all(func(q *msgQueue) {
		count += uint64(len(q.msgs))
		for _, m := range q.msgs {
			segs += pieces(len(m.body))
		}
	})
	return count < msgTql && segs+pieces(int(n)) <= msgSegs
}

// Msgget is msgget(2). Errors: ENOENT, EEXIST, EACCES, ENOSPC.
func Msgget(l *kern.LWP, key, flags int32) (int32, abi.Errno) {
	c := l.Proc.Cred
	if key != abi.IPC_PRIVATE {
		for i, q := range tablesOf(l.Proc).msgQueues.slots {
			if q == nil || q.ds.Perm.Key != abi.Long(key) {
				continue
			}
			if flags&abi.IPC_CREAT != 0 && flags&abi.IPC_EXCL != 0 {
				return 0, abi.EEXIST
			}
			if err := ipcAccess(c, &q.ds.Perm, uint32(flags)&0700); err != abi.OK {
				return 0, err
			}
			return int32(tablesOf(l.Proc).msgQueues.seq[i])<<16 | int32(i), abi.OK
		}
		if flags&abi.IPC_CREAT == 0 {
			return 0, abi.ENOENT
		}
	}
	q := &msgQueue{ds: abi.MsqidDs{Perm: ipcNewPerm(c, key, uint32(flags)&0777), Qbytes: msgMnb, Ctime: ipcTime(l.K)}}
	id, ok := tablesOf(l.Proc).msgQueues.add(q, int(tablesOf(l.Proc).msgMni))
	if !ok {
		return 0, abi.ENOSPC
	}
	q.ds.Perm.Seq = uint16(id >> 16)
	return id, abi.OK
}

// msgFind finds a queue and checks access. Errors: EINVAL, EACCES, EPERM.
func msgFind(l *kern.LWP, id int32, mode uint32) (*msgQueue, abi.Errno) {
	q := tablesOf(l.Proc).msgQueues.get(id)
	if q == nil {
		return nil, abi.EINVAL
	}
	return q, ipcAccess(l.Proc.Cred, &q.ds.Perm, mode)
}

// sleep waits for something to happen to the queue. Errors: EINTR, EIDRM.
func (q *msgQueue) sleep(l *kern.LWP) abi.Errno {
	err := l.Sleep(&q.q, "msgwait", true, time.Time{})
	switch {
	case q.removed:
		return abi.EIDRM
	case err != abi.OK:
		return abi.EINTR
	}
	return abi.OK
}

// Msgsnd is msgsnd(2) of a message of n bytes; fetch gives its type and body. Errors: EINVAL, EACCES, EAGAIN,
// EINTR, EIDRM, fetch's.
func Msgsnd(l *kern.LWP, id int32, n uint64, flags int32, fetch func() (int64, []byte, abi.Errno)) abi.Errno {
	if int64(n) < 0 {
		return abi.EINVAL
	}
	q, err := msgFind(l, id, abi.IPC_W)
	if err != abi.OK {
		return err
	}
	for {
		if n > uint64(q.ds.Qbytes) {
			return abi.EINVAL
		}
		if n+uint64(q.ds.Cbytes) <= uint64(q.ds.Qbytes) && msgRoom(tablesOf(l.Proc), n) {
			break
		}
		if flags&abi.IPC_NOWAIT != 0 {
			return abi.EAGAIN
		}
		if err = q.sleep(l); err != abi.OK {
			return err
		}
	}
	typ, body, err := fetch()
	if err != abi.OK {
		return err
	}
	if typ < 1 {
		return abi.EINVAL
	}
	q.msgs = append(q.msgs, message{typ, body})
	q.ds.Cbytes += abi.Size(n)
	q.ds.Qnum++
	q.ds.Lspid, q.ds.Stime = l.Proc.PID, ipcTime(l.K)
	q.q.WakeAll()
	return abi.OK
}

// pick finds the first message of a type: 0 is any, a negative one any up to its amount; with except any but that type.
// It returns -1 when there is none.
func (q *msgQueue) pick(typ int64, except bool) int {
	if except {
		return slices.IndexFunc(q.msgs, func(m message) bool { return m.typ != typ })
	}
	return slices.IndexFunc(q.msgs, func(m message) bool { return typ == 0 || typ == m.typ || typ < 0 && m.typ <= -typ })
}

// Msgrcv is msgrcv(2) into room for n bytes. Errors: EINVAL, EACCES, E2BIG, ENOMSG, EINTR, EIDRM.
func Msgrcv(l *kern.LWP, id int32, n uint64, typ int64, flags int32) (int64, []byte, abi.Errno) {
	return msgrcv(l, id, n, typ, flags, false)
}

// MsgrcvExcept is Msgrcv of any type but one (Linux's MSG_EXCEPT).
func MsgrcvExcept(l *kern.LWP, id int32, n uint64, typ int64, flags int32) (int64, []byte, abi.Errno) {
	return msgrcv(l, id, n, typ, flags, true)
}

func msgrcv(l *kern.LWP, id int32, n uint64, typ int64, flags int32, except bool) (int64, []byte, abi.Errno) {
	if int64(n) < 0 {
		return 0, nil, abi.EINVAL
	}
	q, err := msgFind(l, id, abi.IPC_R)
	if err != abi.OK {
		return 0, nil, err
	}
	i := q.pick(typ, except)
	for ; i < 0; i = q.pick(typ, except) {
		if flags&abi.IPC_NOWAIT != 0 {
			return 0, nil, abi.ENOMSG
		}
		if err = q.sleep(l); err != abi.OK {
			return 0, nil, err
		}
	}
	m := q.msgs[i]
	if n < uint64(len(m.body)) && flags&abi.MSG_NOERROR == 0 {
		return 0, nil, abi.E2BIG
	}
	q.msgs = slices.Delete(q.msgs, i, i+1)
	q.ds.Cbytes -= abi.Size(len(m.body))
	q.ds.Qnum--
	q.ds.Lrpid, q.ds.Rtime = l.Proc.PID, ipcTime(l.K)
	// Room in the system may be what others wait for, at any queue.
	tablesOf(l.Proc).msgQueues.all(func(o *msgQueue) { o.q.WakeAll() })
	return m.typ, m.body[:min(n, uint64(len(m.body)))], abi.OK
}

// MsgStat is msgctl's IPC_STAT. Errors: EINVAL, EACCES.
func MsgStat(l *kern.LWP, id int32) (abi.MsqidDs, abi.Errno) {
	q, err := msgFind(l, id, abi.IPC_R)
	if err != abi.OK {
		return abi.MsqidDs{}, err
	}
	return q.ds, abi.OK
}

// MsgSet is IPC_SET. Errors: EINVAL, EPERM.
func MsgSet(l *kern.LWP, id int32, ds *abi.MsqidDs) abi.Errno {
	q, err := msgFind(l, id, abi.IPC_M)
	if err != abi.OK {
		return err
	}
	if ds.Qbytes > q.ds.Qbytes && !l.Proc.Cred.IsRoot() {
		return abi.EPERM
	}
	if ds.Qbytes == 0 {
		return abi.EINVAL
	}
	ipcSetPerm(&q.ds.Perm, &ds.Perm)
	q.ds.Qbytes = min(ds.Qbytes, msgMnb)
	q.ds.Ctime = ipcTime(l.K)
	return abi.OK
}

// MsgRemove is IPC_RMID: whoever waits gets EIDRM. Errors: EINVAL, EPERM.
func MsgRemove(l *kern.LWP, id int32) abi.Errno {
	q, err := msgFind(l, id, abi.IPC_M)
	if err != abi.OK {
		return err
	}
	q.removed, q.msgs = true, nil
	tablesOf(l.Proc).msgQueues.del(id)
	q.q.WakeAll()
	tablesOf(l.Proc).msgQueues.all(func(o *msgQueue) { o.q.WakeAll() })
	return abi.OK
}
