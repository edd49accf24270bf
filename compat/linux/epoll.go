package linux

import (
	"nbemu/abi"
	"nbemu/kern"
)

// epoll: interests in open files, each by a descriptor that need not be there any more, and a list of those that something has
// happened to since they were last found idle. What is reported is what poll says when somebody waits (fs/eventpoll.c).

// epoll is the object behind an epoll descriptor.
type epoll struct {
	kern.BadOps
	f       *kern.File
	items   map[epollKey]*epollItem
	ready   []*epollItem // those that were told of something, in order
	spare   []*epollItem // room for the next list
	waiters int          // asleep, and not woken since turns was changed
	turns   uint32
}

// epollKey names an interest: the same number may be several files', one after another, all of which are open.
type epollKey struct {
	file *kern.File
	fd   int32
}

type epollItem struct {
	epollKey
	watch *kern.Watch
	// refused is how often the file had said that it cannot be written when it was last found to be ready for that.
	refused  uint32
	writable bool
	events   uint32
	data     [2]uint32
	queued   bool // is on the list
	gone     bool
}

const (
	maxWanted  = 1 << 20 // events of one wait
	pollBits   = 0x27df  // all that poll knows
	alwaysBits = abi.EPOLLERR | abi.EPOLLHUP
	// ownBits are about the interest itself; one that has no others is asleep until it is changed.
	ownBits = abi.EPOLLET | abi.EPOLLONESHOT | abi.EPOLLWAKEUP | abi.EPOLLEXCLUSIVE

	// What an interest may have that shares its wakeups with others' (EPOLLEXCLUSIVE_OK_BITS).
	exclusiveBits = abi.EPOLLIN | abi.EPOLLOUT | alwaysBits | abi.EPOLLWAKEUP | abi.EPOLLET | abi.EPOLLEXCLUSIVE
)

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

func newEpoll(l *kern.LWP, cloexec bool) (kern.Retval, abi.Errno) {
	e := &epoll{items: map[epollKey]*epollItem{}}
	e.f = kern.NewFile(l, e, abi.FREAD|abi.FWRITE)
	return retFd(l.Install(e.f, cloexec))
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

func sysEpollCtl(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	op, fd := int32(a[1]), int32(a[2])
	var ev event
	if op != abi.EPOLL_CTL_DEL {
		var err abi.Errno
		if ev, err = machineOf(l).getEvent(l, a[3]); err != abi.OK {
			return ret(err)
		}
	}
	f, err := l.Getfile(int32(a[0]))
	if err != abi.OK {
		return ret(err)
	}
	defer f.Done(l)
	t := l.Proc.Fd.Get(fd)
	if t == nil || t.OnlyNames() {
		return ret(abi.EBADF)
	}
	if err := waitable(l, t); err != abi.OK {
		return ret(err)
	}
	e, ok := f.Ops.(*epoll)
	sub, nests := t.Ops.(*epoll)
	if t == f || !ok || ev.Events&abi.EPOLLEXCLUSIVE != 0 && (op == abi.EPOLL_CTL_MOD ||
		op == abi.EPOLL_CTL_ADD && (nests || ev.Events&^exclusiveBits != 0)) {
		return ret(abi.EINVAL)
	}
	it := e.items[epollKey{t, fd}]
	switch {
	case op == abi.EPOLL_CTL_ADD && nests && sub.below(e) >= maxNests:
		return ret(abi.ELOOP)
	case op == abi.EPOLL_CTL_ADD && it != nil:
		return ret(abi.EEXIST)
	case op == abi.EPOLL_CTL_ADD:
		return ret(e.add(l, epollKey{t, fd}, &ev))
	case op != abi.EPOLL_CTL_MOD && op != abi.EPOLL_CTL_DEL:
		return ret(abi.EINVAL)
	case it == nil:
		return ret(abi.ENOENT)
	case op == abi.EPOLL_CTL_DEL:
		it.watch.End()
		e.forget(it)
	case it.events&abi.EPOLLEXCLUSIVE != 0:
		return ret(abi.EINVAL)
	default:
		it.events, it.data = ev.Events|alwaysBits, ev.Data
		if it.poll(l) != 0 {
			e.put(it)
		}
	}
	return ret(abi.OK)
}

// add makes a new interest. Errors: EPERM for files that are never waited for, ENOMEM.
func (e *epoll) add(l *kern.LWP, key epollKey, ev *event) abi.Errno {
	it := &epollItem{epollKey: key, events: ev.Events | alwaysBits, data: ev.Data}
	w, err := key.file.Watch(it.events&abi.EPOLLEXCLUSIVE != 0, func(hint int64) bool {
		key := it.news(hint)
		if it.events&^ownBits == 0 || it.events&key == 0 {
			return false
		}
		waiters := e.waiters
		e.put(it)
		const both = abi.EPOLLIN | abi.EPOLLOUT
		return waiters > 0 && (hint == 0 || key&both == 0 || key&both != both && it.events&key&both != 0)
	}, func() { e.forget(it) })
	if err == abi.ENOMEM {
		return err
	}
	if err != abi.OK {
		return abi.EPERM
	}
	it.watch = w
	e.items[key] = it
	if it.poll(l) != 0 {
		e.put(it)
	}
	return abi.OK
}

// news is keyOf without what the interest was told already: the host says of a file that can be written that it can whenever
// something else happens to it.
func (it *epollItem) news(hint int64) uint32 {
	if hint&kern.HostOut != 0 && hint&(kern.HostErr|kern.HostHup) == 0 && it.writable {
		if n, told := it.file.Refused(); told && n == it.refused {
			if hint &^= kern.HostOut; hint == 0 {
				return 0
			}
		}
	}
	key := keyOf(hint)
	if _, nested := it.file.Ops.(*epoll); nested {
		key &= abi.EPOLLIN
	}
	return key
}

// keyOf is what a notice may be about, as Linux' wakeups say it.
func keyOf(hint int64) uint32 {
	if hint == 0 {
		return ^uint32(0)
	}
	var key uint32
	if hint&kern.HostIn != 0 {
		key |= abi.EPOLLIN | abi.EPOLLPRI | abi.EPOLLRDNORM | abi.EPOLLRDBAND
	}
	if hint&kern.HostPri != 0 {
		key |= abi.EPOLLPRI
	}
	if hint&kern.HostOut != 0 {
		key |= abi.EPOLLOUT | abi.EPOLLWRNORM | abi.EPOLLWRBAND
	}
	if hint&kern.HostHup != 0 {
		key |= abi.EPOLLHUP | abi.EPOLLRDHUP | abi.EPOLLIN | abi.EPOLLRDNORM
	}
	if hint&kern.HostErr != 0 {
		key |= abi.EPOLLERR
	}
	return key
}

// put has the next wait look at it, and wakes who waits, also if it was to be looked at before.
func (e *epoll) put(it *epollItem) {
	if !it.queued {
		it.queued = true
		e.ready = append(e.ready, it)
	}
	e.waiters = 0
	e.turns++
	e.f.Sel.Notify(kern.HostIn)
}

// forget drops an interest that is not told of anything any more. It stays on the list until that is read.
func (e *epoll) forget(it *epollItem) {
	delete(e.items, it.epollKey)
	it.gone = true
}

// poll returns what there is to report of an interest.
func (it *epollItem) poll(l *kern.LWP) uint32 {
	if it.gone || it.events&^ownBits == 0 {
		return 0
	}
	got := it.events & uint32(uint16(eventsOf(l, it.file, int16(it.events&pollBits), &pollGeneric, nil)))
	if it.writable = got&(abi.EPOLLOUT|abi.EPOLLWRNORM|abi.EPOLLWRBAND) != 0; it.writable {
		it.refused, _ = it.file.Refused()
	}
	return got
}

// maxNests is how deep epolls may watch each other (EP_MAX_NESTS).
const maxNests = 4

// below counts the levels of epolls that e watches; where top is among them, or e itself, it is too many.
func (e *epoll) below(top *epoll) int {
	if e == top {
		return maxNests
	}
	deepest := 0
	for key := range e.items {
		if sub, ok := key.file.Ops.(*epoll); ok {
			deepest = max(deepest, 1+sub.below(top))
		}
	}
	return min(deepest, maxNests)
}

// Type is that of what stands for it in the other emulation.
func (*epoll) Type() string { return "kqueue" }

// Poll: an epoll is readable when something that it watches is. What has become false meanwhile does not count.
func (e *epoll) Poll(l *kern.LWP, f *kern.File, events int16, sr *kern.SelRecord) int16 {
	for len(e.ready) > 0 {
		it := e.ready[0]
		if it.poll(l) != 0 {
			return events & (abi.POLLIN | abi.POLLRDNORM)
		}
		it.queued = false
		e.ready = e.ready[1:]
	}
	sr.Record(&f.Sel)
	return 0
}

// Kqfilter is for an epoll in a kqueue.
func (e *epoll) Kqfilter(f *kern.File, kn *kern.Knote) abi.Errno {
	if kn.Kev.Filter != abi.EVFILT_READ {
		return abi.EINVAL
	}
	kn.Attach(&f.Sel.Klist, func(kn *kern.Knote, _ int64) bool {
		kn.Kev.Data = int64(len(e.ready))
		return kn.Kev.Data > 0
	})
	return abi.OK
}

// Stat is part of FileOps.
func (e *epoll) Stat(_ *kern.LWP, _ *kern.File, st *abi.Stat) abi.Errno {
	*st = abi.Stat{Mode: abi.S_IFIFO, Blksize: 4096}
	return abi.OK
}

// Close ends all interests.
func (e *epoll) Close(*kern.LWP, *kern.File) abi.Errno {
	for _, it := range e.items {
		it.watch.End()
		it.gone = true
	}
	clear(e.items)
	e.ready = nil
	return abi.OK
}

// collect returns at most so many events. What is ready as long as something is true goes to the end of the list, so that others'
// turn comes; what there was no room for stays at its head.
func (e *epoll) collect(l *kern.LWP, most int) []event {
	if len(e.ready) == 0 {
		return nil
	}
	list := e.ready
	e.ready = e.spare[:0]
	asked := list[:min(len(list), most)]
	w := l.K.NewPoller()
	defer w.Free(l.K)
	if len(asked) > 1 {
		files := w.Files(len(asked))
		for i, it := range asked {
			if !it.gone {
				files[i] = it.file
			}
		}
		w.Ask(files)
	}
	var out []event
	n := 0
	for ; n < len(list) && len(out) < most; n++ {
		it := list[n]
		it.queued = false
		var got uint32
		if n < len(asked) && !it.gone {
			w.Ready(it.file, func() int16 { got = it.poll(l); return 0 })
		} else {
			got = it.poll(l)
		}
		if got == 0 {
			continue
		}
		out = append(out, event{got, it.data})
		switch {
		case it.events&abi.EPOLLONESHOT != 0:
			it.events &= ownBits
		case it.events&abi.EPOLLET == 0:
			it.queued = true
			e.ready = append(e.ready, it)
		}
	}
	if rest := list[n:]; len(rest) > 0 {
		e.ready = append(append([]*epollItem{}, rest...), e.ready...)
	}
	clear(list[:n])
	e.spare = list[:0]
	return out
}

// wait collects events until there is one, time is over or a signal comes. Errors: EINTR, EFAULT.
func (e *epoll) wait(l *kern.LWP, va uint64, most int, to timeout) (kern.Retval, abi.Errno) {
	for {
		l.K.AskHost()
		if out := e.collect(l, most); len(out) > 0 {
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
		if l.EndsStopped() {
			return ret(abi.EINTR)
		}
		// Who closes a descriptor of the epoll wakes us, but does not end the wait.
		turn := e.turns
		e.waiters++
		err := l.Sleep(&e.f.Sel.Q, "ep_poll", true, to.deadline)
		if e.turns == turn {
			e.waiters--
		}
		switch err {
		case abi.OK:
		case abi.EWOULDBLOCK:
			to.poll = !l.EndsStopped() // else the loop's end
		default:
			return ret(abi.EINTR)
		}
	}
}

func epollWait(l *kern.LWP, a *kern.Args, to timeout, mask *abi.Sigset) (kern.Retval, abi.Errno) {
	f, err := l.Getfile(int32(a[0]))
	if err != abi.OK {
		return ret(err)
	}
	defer f.Done(l)
	e, ok := f.Ops.(*epoll)
	most := int32(a[2])
	if !ok || most <= 0 || most > maxWanted {
		return ret(abi.EINVAL)
	}
	if mask != nil {
		l.TempSigmask(*mask)
	}
	return e.wait(l, a[1], int(most), to)
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
