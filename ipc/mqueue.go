package ipc

import (
	"slices"
	"time"

	"nbemu/abi"
	"nbemu/kern"
	"nbemu/sysctl"
)

// POSIX message queues (sys_mqueue.c): open files with a name space of their own.

// Limits, which kern.mqueue shows.
const (
	mqOpenMax    = 512
	mqPrioMax    = 32
	mqMaxMsgsize = 16 * 1024
	mqDefMaxmsg  = 32
	mqMaxMaxmsg  = 16 * 32
	mqNameMax    = 255

	// mqHeader is what NetBSD counts for each message beside its contents.
	mqHeader     = 32
	mqDefMsgsize = 1024 - mqHeader

	mqUnlinked = 0x10000000
)

type mqMessage struct {
	prio uint32
	body []byte
}

type mqueue struct {
	kern.BadOps
	name       string
	attr       abi.MqAttr
	mode       uint32
	uid, gid   uint32
	msgs       []mqMessage // by priority, then age
	refs       int
	receivers  int
	rsel, wsel kern.Selinfo
	notify     *kern.Proc
	notifyEv   abi.Sigevent
	notifyFunc func(removed bool) // in place of a signal
	atime      time.Time
	mtime      time.Time
	btime      time.Time
}

func (q *mqueue) Type() string { return "mqueue" }

func (q *mqueue) Stat(_ *kern.LWP, f *kern.File, st *abi.Stat) abi.Errno {
	*st = abi.Stat{Mode: q.mode, Uid: q.uid, Gid: q.gid, Atim: abi.TimespecAt(q.atime), Mtim: abi.TimespecAt(q.mtime),
		Ctim: abi.TimespecAt(q.btime), Birthtim: abi.TimespecAt(q.btime)}
	return abi.OK
}

func (q *mqueue) Poll(_ *kern.LWP, _ *kern.File, events int16, sr *kern.SelRecord) (rev int16) {
	const in, out = abi.POLLIN | abi.POLLRDNORM, abi.POLLOUT | abi.POLLWRNORM
	if events&in != 0 {
		if len(q.msgs) > 0 {
			rev |= events & in
		} else {
			sr.Record(&q.rsel)
		}
	}
	if events&out != 0 {
		if len(q.msgs) < int(q.attr.Maxmsg) {
			rev |= events & out
		} else {
			sr.Record(&q.wsel)
		}
	}
	return rev
}

func (q *mqueue) Close(l *kern.LWP, _ *kern.File) abi.Errno {
	q.refs--
	if l != nil && q.notify == l.Proc {
		q.forgetNotify()
	}
	return abi.OK
}

func (q *mqueue) Restart(*kern.File) {
	q.rsel.Q.WakeAll()
	q.wsel.Q.WakeAll()
}

// MqOpen is mq_open(2); attr may be nil. Errors: EINVAL, ENAMETOOLONG, EEXIST, ENOENT, EACCES, EMFILE.
func MqOpen(l *kern.LWP, name string, oflag int32, mode uint32, attr *abi.MqAttr) (int32, abi.Errno) {
	if len(name) > mqNameMax {
		return 0, abi.ENAMETOOLONG
	}
	q, c := tablesOf(l.Proc).mqueues[name], l.Proc.Cred
	flag := (oflag&abi.O_ACCMODE + 1) & (abi.FREAD | abi.FWRITE)
	switch {
	case q != nil && oflag&abi.O_CREAT != 0 && oflag&abi.O_EXCL != 0:
		return 0, abi.EEXIST
	case q != nil:
		if !q.access(c, flag) {
			return 0, abi.EACCES
		}
	case oflag&abi.O_CREAT == 0:
		return 0, abi.ENOENT
	default:
		if name == "" {
			return 0, abi.EINVAL
		}
		if len(tablesOf(l.Proc).mqueues) >= mqOpenMax {
			return 0, abi.EMFILE
		}
		a := abi.MqAttr{Maxmsg: mqDefMaxmsg, Msgsize: mqDefMsgsize}
		if attr != nil {
			a.Maxmsg, a.Msgsize = attr.Maxmsg, attr.Msgsize
			if a.Maxmsg <= 0 || a.Maxmsg > mqMaxMaxmsg || a.Msgsize <= 0 || a.Msgsize > mqMaxMsgsize {
				return 0, abi.EINVAL
			}
		}
		a.Flags = abi.Long(oflag & (abi.O_ACCMODE | abi.O_NONBLOCK))
		now := l.K.Timenow()
		q = &mqueue{name: name, attr: a, mode: mode &^ l.Proc.Cwdi.Umask & 0777, uid: c.Euid, gid: c.Egid, atime: now, mtime: now, btime: now}
		if err := l.Proc.FdRoom(); err != abi.OK {
			return 0, err
		}
		tablesOf(l.Proc).mqueues[name] = q
	}
	q.refs++
	return l.Install(kern.NewFile(l, q, flag), oflag&abi.O_CLOEXEC != 0)
}

// access checks the queue's mode as a file's.
func (q *mqueue) access(c *kern.Cred, flag int32) bool {
	var want uint32
	if flag&abi.FREAD != 0 {
		want |= 4
	}
	if flag&abi.FWRITE != 0 {
		want |= 2
	}
	switch {
	case c.IsRoot():
		return true
	case c.Euid == q.uid:
		want <<= 6
	case c.InGroup(q.gid):
		want <<= 3
	}
	return q.mode&want == want
}

// MqUnlink is mq_unlink(2): the name goes, and whoever waits is interrupted. Errors: ENOENT, EACCES.
func MqUnlink(l *kern.LWP, name string) abi.Errno {
	q := tablesOf(l.Proc).mqueues[name]
	if q == nil {
		return abi.ENOENT
	}
	if c := l.Proc.Cred; !c.IsRoot() && c.Euid != q.uid {
		return abi.EACCES
	}
	delete(tablesOf(l.Proc).mqueues, name)
	q.attr.Flags |= mqUnlinked
	q.rsel.Notify(0)
	q.wsel.Notify(0)
	return abi.OK
}

// mqGet finds the queue of a descriptor that is open for mode, if that is not 0. Call f.Done at the end.
// Error: EBADF.
func mqGet(l *kern.LWP, fd, mode int32) (*mqueue, *kern.File, abi.Errno) {
	f, err := l.Getfile(fd)
	if err != abi.OK {
		return nil, nil, err
	}
	q, ok := f.Ops.(*mqueue)
	if !ok || mode != 0 && f.Flag&mode == 0 {
		f.Done(l)
		return nil, nil, abi.EBADF
	}
	return q, f, abi.OK
}

// sleep waits for a change of the queue. unlinked is the error should its name go meanwhile. Errors: EAGAIN
// for a non-blocking queue, EINVAL for a bad deadline, ETIMEDOUT, EINTR, ERESTART.
func (q *mqueue) sleep(l *kern.LWP, f *kern.File, sel *kern.Selinfo, wmesg string, ts *abi.Timespec) abi.Errno {
	if q.attr.Flags&abi.O_NONBLOCK != 0 {
		return abi.EAGAIN
	}
	var deadline time.Time
	if ts != nil {
		if !ts.Valid() {
			return abi.EINVAL
		}
		deadline = l.K.Timenow().Add(ts.Time().Sub(l.K.Timenow()))
	}
	err := f.Sleep(l, &sel.Q, wmesg, deadline)
	switch {
	case err == abi.EWOULDBLOCK:
		return abi.ETIMEDOUT
	case q.attr.Flags&mqUnlinked != 0 && !l.Proc.Emul.MqStays:
		return abi.EINTR
	}
	return err
}

// MqReceive is mq_receive(2) with an absolute time to wait for, or nil, into room for size bytes. Errors:
// EBADF, EMSGSIZE for less room than a message can need, and those of waiting.
func MqReceive(l *kern.LWP, fd int32, size uint64, ts *abi.Timespec) ([]byte, uint32, abi.Errno) {
	q, f, err := mqGet(l, fd, abi.FREAD)
	if err != abi.OK {
		return nil, 0, err
	}
	defer f.Done(l)
	q.atime = l.K.Timenow()
	if size < uint64(q.attr.Msgsize) {
		return nil, 0, abi.EMSGSIZE
	}
	for len(q.msgs) == 0 {
		q.receivers++
		err = q.sleep(l, f, &q.rsel, "mqrecv", ts)
		q.receivers--
		if err != abi.OK {
			return nil, 0, err
		}
	}
	m := q.msgs[0]
	q.msgs = slices.Delete(q.msgs, 0, 1)
	q.wsel.Notify(0)
	q.rsel.Klist.Knote(0)
	return m.body, m.prio, abi.OK
}

// MqSend is mq_send(2), with an absolute time to wait for, or nil. Errors: EINVAL for the priority, EMSGSIZE,
// EBADF, and those of waiting.
func MqSend(l *kern.LWP, fd int32, body []byte, prio uint32, ts *abi.Timespec) abi.Errno {
	prios := uint32(mqPrioMax)
	if e := l.Proc.Emul; e != nil && e.MqPrios != 0 {
		prios = e.MqPrios
	}
	if prio >= prios {
		return abi.EINVAL
	}
	q, f, err := mqGet(l, fd, abi.FWRITE)
	if err != abi.OK {
		return err
	}
	defer f.Done(l)
	q.mtime = l.K.Timenow()
	if len(body) == 0 && prios == mqPrioMax || len(body) > int(q.attr.Msgsize) {
		return abi.EMSGSIZE
	}
	for len(q.msgs) >= int(q.attr.Maxmsg) {
		if err = q.sleep(l, f, &q.wsel, "mqsend", ts); err != abi.OK {
			return err
		}
	}
	empty := len(q.msgs) == 0
	i := slices.IndexFunc(q.msgs, func(m mqMessage) bool { return m.prio < prio })
	if i < 0 {
		i = len(q.msgs)
	}
	q.msgs = slices.Insert(q.msgs, i, mqMessage{prio, body})
	if p := q.notify; empty && p != nil && q.receivers == 0 {
		// One message, one signal: the process has to register again.
		q.notify = nil
		if f := q.notifyFunc; f != nil {
			q.notifyFunc = nil
			f(false)
		} else if q.notifyEv.Notify == abi.SIGEV_SIGNAL {
			p.Kpsignal(&kern.Ksiginfo{Signo: abi.Signal(q.notifyEv.Signo), Code: abi.SI_MESGQ, Value: q.notifyEv.Value,
				Pid: l.Proc.PID, Uid: l.Proc.Cred.Ruid}, nil)
		}
	}
	q.rsel.Notify(0)
	return abi.OK
}

// WatchList is where kern.File.Watch hears of all changes.
func (q *mqueue) WatchList() *kern.Klist { return &q.rsel.Klist }

// MqMaxSend is the largest message that can be worth reading from a program before its queue is known.
const MqMaxSend = mqMaxMsgsize - mqHeader

// MqNotify is mq_notify(2): a signal when a message comes to the empty queue; nil takes the wish back.
// Errors: EBADF, EBUSY when another process has asked.
func MqNotify(l *kern.LWP, fd int32, ev *abi.Sigevent) abi.Errno {
	q, f, err := mqGet(l, fd, 0)
	if err != abi.OK {
		return err
	}
	defer f.Done(l)
	switch {
	case ev == nil:
		if q.notify == l.Proc {
			q.forgetNotify()
		}
	case q.notify != nil && !q.notify.Zombie:
		return abi.EBUSY
	default:
		q.notify, q.notifyEv = l.Proc, *ev
	}
	return abi.OK
}

// forgetNotify takes the wish for a notification back.
func (q *mqueue) forgetNotify() {
	q.notify = nil
	if f := q.notifyFunc; f != nil {
		q.notifyFunc = nil
		f(true)
	}
}

// MqNotifyFunc is MqNotify with a function to be called in place of a signal, or when the wish is taken back. Errors: those
// of MqNotify.
func MqNotifyFunc(l *kern.LWP, fd int32, f func(removed bool)) abi.Errno {
	if err := MqNotify(l, fd, &abi.Sigevent{Notify: abi.SIGEV_NONE}); err != abi.OK {
		return err
	}
	q, file, err := mqGet(l, fd, 0)
	if err != abi.OK {
		return err
	}
	defer file.Done(l)
	q.notifyFunc = f
	return abi.OK
}

// MqAttr is mq_getattr(2); with set, mq_setattr(2), which changes O_NONBLOCK and gives the old attributes.
// Error: EBADF.
func MqAttr(l *kern.LWP, fd int32, set *abi.MqAttr) (abi.MqAttr, abi.Errno) {
	q, f, err := mqGet(l, fd, 0)
	if err != abi.OK {
		return abi.MqAttr{}, err
	}
	defer f.Done(l)
	old := q.attr
	old.Curmsgs = abi.Long(len(q.msgs))
	if set != nil {
		q.attr.Flags = q.attr.Flags&^abi.O_NONBLOCK | set.Flags&abi.O_NONBLOCK
	}
	return old, abi.OK
}

func sysctlMqueue() []*sysctl.Node {
	return []*sysctl.Node{
		sysctl.Const(sysctl.Create, "mq_open_max", "Limit of message queues", mqOpenMax),
		sysctl.Const(sysctl.Create, "mq_prio_max", "Priorities", mqPrioMax),
		sysctl.Const(sysctl.Create, "mq_max_msgsize", "Bytes of the largest message", mqMaxMsgsize),
		sysctl.Const(sysctl.Create, "mq_def_maxmsg", "Messages in a queue unless asked otherwise", mqDefMaxmsg),
		sysctl.Const(sysctl.Create, "mq_max_maxmsg", "Limit of messages in a queue", mqMaxMaxmsg),
	}
}
