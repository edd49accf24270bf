package linux

import (
	"nbemu/abi"
	"nbemu/kern"
)

// epoll, on a kqueue: each descriptor has a read and a write filter there, as far as it asks for them. What is
// reported is what poll says at that moment.

// epoll is the object behind an epoll descriptor.
type epoll struct {
	*kern.Kqueue
	items map[int32]*epollItem
}

type epollItem struct {
	file    *kern.File
	events  uint32
	data    [2]uint32
	filters []uint32
	endOnly bool // the read filter is there for the end of the connection alone
}

// Kqfilter is for an epoll in another: it is ready when something that it watches is.
func (e *epoll) Kqfilter(f *kern.File, kn *kern.Knote) abi.Errno {
	if kn.Kev.Filter != abi.EVFILT_READ {
		return abi.EINVAL
	}
	kn.Attach(&f.Sel.Klist, func(kn *kern.Knote, _ int64) bool {
		e.Prune()
		kn.Kev.Data = int64(e.Count())
		return kn.Kev.Data > 0
	})
	return abi.OK
}

// event is struct epoll_event, eventPadded that of machines where its data is aligned as an integer of 64 bits.
type event struct {
	Events uint32
	Data   [2]uint32
}

type eventPadded struct {
	Events uint32
	_      uint32
	Data   [2]uint32
}

func (m *Machine) getEvent(l *kern.LWP, va uint64) (ev event, err abi.Errno) {
	if m.packedEvent {
		err = l.CopyinStruct(va, &ev)
		return ev, err
	}
	var p eventPadded
	err = l.CopyinStruct(va, &p)
	return event{p.Events, p.Data}, err
}

func (m *Machine) appendEvent(model *abi.Model, b []byte, ev *event) []byte {
	if m.packedEvent {
		return model.Append(b, ev)
	}
	return model.Append(b, &eventPadded{Events: ev.Events, Data: ev.Data})
}

// memMajor is the native number of the devices that are never waited for: null, zero and full.
const memMajor = 2

const (
	maxWanted  = 1 << 20 // events of one wait
	pollBits   = abi.EPOLLIN | abi.EPOLLPRI | abi.EPOLLOUT | abi.EPOLLRDNORM | abi.EPOLLRDBAND
	alwaysBits = abi.EPOLLERR | abi.EPOLLHUP
)

func newEpoll(l *kern.LWP, cloexec bool) (kern.Retval, abi.Errno) {
	f := kern.NewKqueue(l, 0)
	kq, ok := f.Ops.(*kern.Kqueue)
	if !ok {
		f.Unref(l)
		return ret(abi.ENOSYS)
	}
	kq.ByFile = true
	f.Ops = &epoll{Kqueue: kq, items: map[int32]*epollItem{}}
	return retFd(l.Install(f, cloexec))
}

func sysEpollCreate(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	if int32(a[0]) <= 0 {
		return ret(abi.EINVAL)
	}
	return newEpoll(l, false)
}

func sysEpollCreate1(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	if int32(a[0])&^oCloexec != 0 {
		return ret(abi.EINVAL)
	}
	return newEpoll(l, a[0]&oCloexec != 0)
}

// getEpoll finds the epoll of a descriptor. Errors: EBADF, EINVAL.
func getEpoll(l *kern.LWP, fd int32) (*kern.File, *epoll, abi.Errno) {
	f, err := l.Getfile(fd)
	if err != abi.OK {
		return nil, nil, err
	}
	e, ok := f.Ops.(*epoll)
	if !ok {
		f.Done(l)
		return nil, nil, abi.EINVAL
	}
	return f, e, abi.OK
}

func sysEpollCtl(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	op, fd := int32(a[1]), int32(a[2])
	var ev event
	if op != abi.EPOLL_CTL_DEL {
		var err abi.Errno
		if ev, err = machineOf(l).getEvent(l, a[3]); err != abi.OK {
			return ret(err)
		}
	}
	f, e, err := getEpoll(l, int32(a[0]))
	if err != abi.OK {
		return ret(err)
	}
	defer f.Done(l)
	t := l.Proc.Fd.Get(fd)
	switch {
	case t == nil, t.OnlyNames():
		return ret(abi.EBADF)
	case t == f:
		return ret(abi.EINVAL)
	}
	if err := waitable(l, t); err != abi.OK {
		return ret(err)
	}
	it := e.items[fd]
	if it != nil && it.file != t {
		// The descriptor was closed meanwhile, which ended the old interest, unless another is there for the file.
		e.Forget(it.file)
		delete(e.items, fd)
		it = nil
	}
	switch op {
	case abi.EPOLL_CTL_ADD:
		if it != nil {
			return ret(abi.EEXIST)
		}
		return ret(e.add(l, fd, t, &ev))
	case abi.EPOLL_CTL_MOD, abi.EPOLL_CTL_DEL:
		if it == nil {
			return ret(abi.ENOENT)
		}
		e.unregister(l, fd, it)
		delete(e.items, fd)
		if op == abi.EPOLL_CTL_MOD {
			return ret(e.add(l, fd, t, &ev))
		}
		return ret(abi.OK)
	}
	return ret(abi.EINVAL)
}

func (e *epoll) unregister(l *kern.LWP, fd int32, it *epollItem) {
	for _, filter := range it.filters {
		_ = e.Register(l, &abi.Kevent{Ident: abi.ULong(fd), Filter: filter, Flags: abi.EV_DELETE})
	}
}

func (e *epoll) add(l *kern.LWP, fd int32, t *kern.File, ev *event) abi.Errno {
	if sub, ok := t.Ops.(*epoll); ok && sub.below(e) >= maxNests {
		return abi.ELOOP
	}
	it := &epollItem{file: t, events: ev.Events | alwaysBits, data: ev.Data}
	once := uint32(0)
	if ev.Events&(abi.EPOLLET|abi.EPOLLONESHOT) != 0 {
		once = abi.EV_CLEAR
	}
	out := ev.Events&(abi.EPOLLOUT|abi.EPOLLWRNORM) != 0
	in := ev.Events&(abi.EPOLLIN|abi.EPOLLRDNORM|abi.EPOLLRDHUP|abi.EPOLLPRI) != 0
	read := once
	if it.endOnly = !in; it.endOnly {
		// Only for the end of the connection: data that nobody wants must not wake anybody twice.
		read = abi.EV_CLEAR
	}
	err := e.watch(l, fd, it, abi.EVFILT_READ, read)
	if out {
		if r := e.watch(l, fd, it, abi.EVFILT_WRITE, once); r != abi.OK {
			err = r
		}
	}
	if len(it.filters) == 0 {
		if err == abi.EINVAL || err == abi.EOPNOTSUPP {
			err = abi.EPERM
		}
		return err
	}
	e.items[fd] = it
	return abi.OK
}

// watch puts one filter of a descriptor into the queue.
func (e *epoll) watch(l *kern.LWP, fd int32, it *epollItem, filter, flags uint32) abi.Errno {
	err := e.Register(l, &abi.Kevent{Ident: abi.ULong(fd), Filter: filter, Flags: abi.EV_ADD | flags})
	if err == abi.OK {
		it.filters = append(it.filters, filter)
	}
	return err
}

// maxNests is how deep epolls may watch each other (EP_MAX_NESTS).
const maxNests = 4

// below counts the levels of epolls that e watches; where top is among them, or e itself, it is too many.
func (e *epoll) below(top *epoll) int {
	if e == top {
		return maxNests
	}
	deepest := 0
	for _, it := range e.items {
		if sub, ok := it.file.Ops.(*epoll); ok {
			deepest = max(deepest, 1+sub.below(top))
		}
	}
	return min(deepest, maxNests)
}

// Poll: an epoll is readable when something that it watches is. What has become false meanwhile does not count.
func (e *epoll) Poll(l *kern.LWP, f *kern.File, events int16, sr *kern.SelRecord) int16 {
	e.Prune()
	return e.Kqueue.Poll(l, f, events, sr)
}

// wait collects events until there is one, time is over or a signal comes.
func (e *epoll) wait(l *kern.LWP, f *kern.File, va uint64, most int, to timeout) (kern.Retval, abi.Errno) {
	for {
		kevs, err := e.Scan(l, f, min(most, 4096), to.deadline, to.poll)
		if err != abi.OK {
			return ret(err)
		}
		if len(kevs) == 0 {
			return retInt(0)
		}
		seen := map[int32]bool{}
		var out []event
		eof := map[int32]bool{}
		for i := range kevs {
			if kevs[i].Filter == abi.EVFILT_READ && kevs[i].Flags&abi.EV_EOF != 0 {
				eof[int32(kevs[i].Ident)] = true
			}
		}
		fds := make([]int32, 0, len(kevs))
		for i := range kevs {
			if fd := int32(kevs[i].Ident); !seen[fd] {
				seen[fd] = true
				fds = append(fds, fd)
			}
		}
		for _, fd := range fds {
			it := e.items[fd]
			if it == nil {
				continue
			}
			got := uint32(uint16(pollFile(l, it.file, int16(it.events&pollBits)|abi.POLLERR|abi.POLLHUP, nil)))
			if got&abi.EPOLLOUT != 0 && it.events&abi.EPOLLWRNORM != 0 {
				got |= abi.EPOLLWRNORM
			}
			if eof[fd] && it.file.Ops.Type() == "socket" {
				got |= abi.EPOLLRDHUP
			}
			if got &= it.events | alwaysBits; got == 0 {
				continue
			}
			if it.events&abi.EPOLLONESHOT != 0 {
				e.unregister(l, fd, it)
				it.filters = nil
			} else if it.endOnly && it.events&abi.EPOLLET == 0 && got&(abi.EPOLLERR|abi.EPOLLHUP) != 0 {
				// The end is there each time again.
				_ = e.Register(l, &abi.Kevent{Ident: abi.ULong(fd), Filter: abi.EVFILT_READ, Flags: abi.EV_ADD})
			}
			out = append(out, event{got, it.data})
		}
		if len(out) > 0 {
			m := machineOf(l)
			b := make([]byte, 0, len(out)*16)
			for i := range out {
				b = m.appendEvent(l.Model(), b, &out[i])
			}
			return kern.Retval{R0: uint64(len(out))}, l.Copyout(b, va)
		}
		if to.poll {
			return retInt(0)
		}
	}
}

func epollWait(l *kern.LWP, a *kern.Args, to timeout, mask *abi.Sigset) (kern.Retval, abi.Errno) {
	most := int32(a[2])
	if most <= 0 || most > maxWanted {
		return ret(abi.EINVAL)
	}
	f, e, err := getEpoll(l, int32(a[0]))
	if err != abi.OK {
		return ret(err)
	}
	defer f.Done(l)
	if mask != nil {
		l.TempSigmask(*mask)
	}
	return e.wait(l, f, a[1], int(most), to)
}

func sysEpollWait(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return epollWait(l, a, msTimeout(l, int32(a[3])), nil)
}

func sysEpollPwait(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	mask, err := maskAt(l, a[4], a[5])
	if err != abi.OK {
		return ret(err)
	}
	return epollWait(l, a, msTimeout(l, int32(a[3])), mask)
}

func epollPwait2(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	to, err := timeoutAt(l, a[3])
	if err != abi.OK {
		return ret(err)
	}
	mask, err := maskAt(l, a[4], a[5])
	if err != abi.OK {
		return ret(err)
	}
	return epollWait(l, a, to, mask)
}

func newEventfd(l *kern.LWP, count uint64, flags int32) (kern.Retval, abi.Errno) {
	const semaphore = 1
	if flags&^(semaphore|oCloexec|oNonblock) != 0 {
		return ret(abi.EINVAL)
	}
	f := kern.NewEventfd(l, uint64(uint32(count)), flags&semaphore != 0, oflagsIn(flags&oNonblock))
	return retFd(l.Install(f, flags&oCloexec != 0))
}

func sysEventfd(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) { return newEventfd(l, a[0], 0) }

func sysEventfd2(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return newEventfd(l, a[0], int32(a[1]))
}
