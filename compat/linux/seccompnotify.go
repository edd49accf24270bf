package linux

import (
	"time"

	"nbemu/abi"
	"nbemu/kern"
)

// A filter of seccomp's with a listener: calls that it answers so wait until whoever reads the listener has decided.

const (
	seccompNewListener  = 8  // flags of SECCOMP_SET_MODE_FILTER
	seccompWaitKillable = 32 // once read, only the end of the process ends the wait
	retUserNotif        = 0x7fc00000

	notifRecv     = 0xc0502100 // requests of a listener
	notifSend     = 0xc0182101
	notifIDValid  = 0x40082102
	notifIDWrong  = 0x80082102 // the same, as it was declared at first
	notifAddfd    = 0xc0182103
	notifAddfdOld = 0x40182103 // as the headers have it
	notifSetFlags = 0x40082104

	notifContinue = 1 // flag of an answer: the call is made
	addfdSetfd    = 1
	addfdSend     = 2
)

// seccompListener is a filter's listener.
type seccompListener struct {
	kern.BadOps
	prog     *seccompProg
	file     *kern.File
	killable bool
	closed   bool
	last     uint64 // the last call's number
	list     []*seccompNotice
}

// seccompNotice is a call that waits for an answer. err is the machine's number, below 0.
type seccompNotice struct {
	id            uint64
	task          *kern.LWP
	data          [seccompDataSize / 4]uint32
	read, decided bool
	val           int64
	err           int32
	flags         uint32
	q             kern.SleepQ
}

// seccompNotif and seccompResp are struct seccomp_notif and seccomp_notif_resp.
type seccompNotif struct {
	ID         uint64
	Pid, Flags uint32
	Data       [seccompDataSize / 4]uint32
}

type seccompResp struct {
	ID    uint64
	Val   int64
	Error int32
	Flags uint32
}

type seccompAddfd struct {
	ID                              uint64
	Flags, Srcfd, Newfd, NewfdFlags uint32
}

func (*seccompListener) Type() string { return "seccomp notify" }

func (*seccompListener) Read(*kern.LWP, *kern.File, *kern.Uio) abi.Errno  { return abi.EINVAL }
func (*seccompListener) Write(*kern.LWP, *kern.File, *kern.Uio) abi.Errno { return abi.EINVAL }

func (*seccompListener) Stat(_ *kern.LWP, _ *kern.File, st *abi.Stat) abi.Errno {
	*st = abi.Stat{Mode: 0600, Blksize: 4096}
	return abi.OK
}

// Close: without a listener there are no such calls.
func (s *seccompListener) Close(l *kern.LWP, _ *kern.File) abi.Errno {
	s.closed = true
	for _, n := range s.list {
		if !n.decided {
			n.decide(0, -int32(machineOf(n.task).errnoOut(abi.ENOSYS)), 0)
		}
	}
	return abi.OK
}

func (n *seccompNotice) decide(val int64, err int32, flags uint32) {
	n.decided, n.val, n.err, n.flags = true, val, err, flags
	n.q.WakeAll()
}

// used reports whether a thread that the filter is for still lives.
func (s *seccompListener) used() bool {
	for _, p := range s.file.K.Procs() {
		for _, o := range p.LWPs {
			if d, ok := o.EmulData.(*lwpData); ok && o.Live() && d.seccomp.last != nil && s.prog.under(d.seccomp.last) {
				return true
			}
		}
	}
	return false
}

// find returns the call of a number that was read and is not decided, or waits to be read; nil for none.
func (s *seccompListener) find(id uint64, read bool) *seccompNotice {
	for _, n := range s.list {
		if (id == 0 || n.id == id) && n.read == read && !n.decided {
			return n
		}
	}
	return nil
}

func (s *seccompListener) ready() (r int16) {
	if s.find(0, false) != nil {
		r |= abi.POLLIN | abi.POLLRDNORM
	}
	if s.find(0, true) != nil {
		r |= abi.POLLOUT | abi.POLLWRNORM
	}
	if !s.used() {
		r |= abi.POLLHUP
	}
	return r
}

func (s *seccompListener) Poll(_ *kern.LWP, f *kern.File, events int16, sr *kern.SelRecord) int16 {
	r := s.ready() & (events | abi.POLLHUP)
	if r == 0 {
		sr.Record(&f.Sel)
	}
	return r
}

func (s *seccompListener) Kqfilter(f *kern.File, kn *kern.Knote) abi.Errno {
	want := int16(abi.POLLIN)
	switch kn.Kev.Filter {
	case abi.EVFILT_READ:
	case abi.EVFILT_WRITE:
		want = abi.POLLOUT
	default:
		return abi.EINVAL
	}
	kn.Attach(&f.Sel.Klist, func(kn *kern.Knote, _ int64) bool {
		r := s.ready()
		if r&abi.POLLHUP != 0 {
			kn.Kev.Flags |= abi.EV_EOF
		}
		return r&(want|abi.POLLHUP) != 0
	})
	return abi.OK
}

// listen gives a new filter a listener, and returns its descriptor. Errors: EBUSY if a filter before it has one, EMFILE.
func (p *seccompProg) listen(l *kern.LWP, flags uint64) (int32, abi.Errno) {
	for o := p.prev; o != nil; o = o.prev {
		if o.listener != nil && !o.listener.closed {
			return 0, abi.EBUSY
		}
	}
	s := &seccompListener{prog: p, killable: flags&seccompWaitKillable != 0}
	s.file = kern.NewFile(l, s, abi.FREAD|abi.FWRITE)
	fd, err := l.Install(s.file, true)
	if err == abi.OK {
		p.listener = s
	}
	return fd, err
}

// seccompNotify has the listener of the filter decide on a call: true if it is to be made.
func seccompNotify(l *kern.LWP, f *traceForm, c *callState, p *seccompProg) bool {
	s := p.listener
	if s == nil || s.closed {
		seccompSkip(l, f, c)
		f.setResult(l, -int64(machineOf(l).errnoOut(abi.ENOSYS)))
		return false
	}
	s.last++
	n := &seccompNotice{id: s.last, task: l, data: seccompData(l, f, c)}
	s.list = append(s.list, n)
	s.file.Sel.Notify(0)
	err := abi.OK
	for err == abi.OK && !n.decided {
		err = l.Sleep(&n.q, "seccomp", true, time.Time{})
		if err != abi.OK && s.killable && n.read {
			l.SleepKillable(&n.q, "seccomp", func() bool { return n.decided })
		}
	}
	for i := range s.list {
		if s.list[i] == n {
			s.list = append(s.list[:i:i], s.list[i+1:]...)
			break
		}
	}
	s.file.Sel.Notify(0)
	switch {
	case !n.decided: // a signal; the call is made again if that says so
		l.Override = err
		machineOf(l).makeCall(l)
		return false
	case n.flags&notifContinue != 0:
		return true
	}
	seccompSkip(l, f, c)
	if n.err != 0 {
		f.setResult(l, int64(n.err))
	} else {
		f.setResult(l, n.val)
	}
	return false
}

// ioctl is a request of a listener.
func (s *seccompListener) ioctl(l *kern.LWP, f *kern.File, cmd uint32, va uint64) (kern.Retval, abi.Errno) {
	switch cmd {
	case notifRecv:
		return ret(s.recv(l, f, va))
	case notifSend:
		return ret(s.send(l, va))
	case notifIDValid, notifIDWrong:
		var id uint64
		if err := l.CopyinStruct(va, &id); err != abi.OK {
			return ret(err)
		}
		if id == 0 || s.find(id, true) == nil {
			return ret(abi.ENOENT)
		}
		return ret(abi.OK)
	case notifAddfd, notifAddfdOld:
		return s.addfd(l, va)
	case notifSetFlags:
		if va&^1 != 0 { // SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP, which is only about which processor wakes
			return ret(abi.EINVAL)
		}
		return ret(abi.OK)
	}
	return ret(abi.EINVAL)
}

// recv waits for a call and tells of it. Errors: EFAULT; EINVAL for room that is not zeroed; ENOENT if nobody can make
// one any more, EINTR.
func (s *seccompListener) recv(l *kern.LWP, f *kern.File, va uint64) abi.Errno {
	var x seccompNotif
	if err := l.CopyinStruct(va, &x); err != abi.OK {
		return err
	}
	if x != (seccompNotif{}) {
		return abi.EINVAL
	}
	for {
		if n := s.find(0, false); n != nil {
			x = seccompNotif{ID: n.id, Pid: uint32(tidIn(l, n.task)), Data: n.data}
			if err := l.CopyoutStruct(va, &x); err != abi.OK {
				return err
			}
			n.read = true
			f.Sel.Notify(0)
			return abi.OK
		}
		if !s.used() {
			return abi.ENOENT
		}
		if err := f.Sleep(l, &f.Sel.Q, "seccomp", time.Time{}); err != abi.OK {
			return err
		}
	}
}

// send decides a call. Errors: EFAULT, EINVAL; ENOENT if it does not wait any more, EINPROGRESS if nobody has read of it.
func (s *seccompListener) send(l *kern.LWP, va uint64) abi.Errno {
	var x seccompResp
	if err := l.CopyinStruct(va, &x); err != abi.OK {
		return err
	}
	if x.Flags&^notifContinue != 0 || x.Flags != 0 && (x.Error != 0 || x.Val != 0) {
		return abi.EINVAL
	}
	n, err := s.waiting(x.ID)
	if err == abi.OK {
		n.decide(x.Val, x.Error, x.Flags)
	}
	return err
}

// waiting is the call of a number that was read and waits. Errors: ENOENT, EINPROGRESS.
func (s *seccompListener) waiting(id uint64) (*seccompNotice, abi.Errno) {
	for _, n := range s.list {
		if n.id == id && n.decided || n.id == id && !n.read {
			return nil, abi.EINPROGRESS
		}
		if n.id == id {
			return n, abi.OK
		}
	}
	return nil, abi.ENOENT
}

// addfd gives the process whose call waits one of the caller's open files, and returns the descriptor there. Errors:
// EINVAL, EBADF, ENOENT, EINPROGRESS, EMFILE.
func (s *seccompListener) addfd(l *kern.LWP, va uint64) (kern.Retval, abi.Errno) {
	var x seccompAddfd
	if err := l.CopyinStruct(va, &x); err != abi.OK {
		return ret(err)
	}
	cloexec := uint32(machineOf(l).openOut(oCloexec))
	if x.NewfdFlags&^cloexec != 0 || x.Flags&^(addfdSetfd|addfdSend) != 0 || x.Newfd != 0 && x.Flags&addfdSetfd == 0 {
		return ret(abi.EINVAL)
	}
	f, err := l.GetfileAny(int32(x.Srcfd))
	if err != abi.OK {
		return ret(err)
	}
	defer f.Done(l)
	n, err := s.waiting(x.ID)
	if err != abi.OK {
		return ret(err)
	}
	fd := int32(x.Newfd)
	if x.Flags&addfdSetfd == 0 {
		fd, err = n.task.Install(f.Ref(), x.NewfdFlags != 0)
	} else {
		err = l.InstallAt(n.task.Proc, fd, f, x.NewfdFlags != 0)
	}
	if err != abi.OK {
		return ret(err)
	}
	if x.Flags&addfdSend != 0 {
		n.decide(int64(fd), 0, 0)
	}
	return retInt(int64(fd))
}

// seccompGone has listeners look whether anybody is left that they are for, when a thread ends.
func seccompGone(p *seccompProg) {
	for ; p != nil; p = p.prev {
		if s := p.listener; s != nil && !s.closed {
			s.file.Sel.Notify(0)
		}
	}
}

// filterOf is a thread's filter by number, the oldest first, for its tracer. Errors: EACCES, EINVAL, ENOENT.
func filterOf(l, t *kern.LWP, n uint64) (*seccompProg, abi.Errno) {
	d := lwpdata(t)
	switch {
	case !capable(l, capSysAdmin) || lwpdata(l).seccomp.active():
		return nil, abi.EACCES
	case d.seccomp.mode != seccompFilter:
		return nil, abi.EINVAL
	}
	count, _ := d.seccomp.last.count()
	if n >= uint64(count) {
		return nil, abi.ENOENT
	}
	p := d.seccomp.last
	for range uint64(count) - 1 - n {
		p = p.prev
	}
	return p, abi.OK
}

// traceGetFilter is PTRACE_SECCOMP_GET_FILTER: how many instructions a filter has, and if there is room for them, those.
func traceGetFilter(l, t *kern.LWP, n, va uint64) (kern.Retval, abi.Errno) {
	p, err := filterOf(l, t, n)
	if err != abi.OK {
		return ret(err)
	}
	if va != 0 {
		if err := l.CopyoutStruct(va, p.prog); err != abi.OK {
			return ret(err)
		}
	}
	return retInt(int64(len(p.prog)))
}

// traceFilterMetadata is PTRACE_SECCOMP_GET_METADATA: the flags of the filter whose number is in struct seccomp_metadata.
func traceFilterMetadata(l, t *kern.LWP, size, va uint64) (kern.Retval, abi.Errno) {
	var x struct{ Filter, Flags uint64 }
	switch {
	case !capable(l, capSysAdmin) || lwpdata(l).seccomp.active():
		return ret(abi.EACCES)
	case size < 8:
		return ret(abi.EINVAL)
	}
	if err := l.CopyinStruct(va, &x.Filter); err != abi.OK {
		return ret(err)
	}
	p, err := filterOf(l, t, x.Filter)
	if err != abi.OK {
		return ret(err)
	}
	if p.log {
		x.Flags = seccompLog
	}
	b := l.Model().Bytes(&x)
	b = b[:min(size, uint64(len(b)))]
	return kern.Retval{R0: uint64(len(b))}, l.Copyout(b, va)
}
