package syscalls

import (
	"nbemu/abi"
	"nbemu/kern"
)

// kqueue(2) and kevent(2) (kern_event.c).

func kqueue1(l *kern.LWP, flags int32) (kern.Retval, abi.Errno) {
	if flags&^(abi.O_CLOEXEC|abi.O_NONBLOCK|abi.O_NOSIGPIPE) != 0 {
		return kern.Retval{}, abi.EINVAL
	}
	return retFd(l.Install(kern.NewKqueue(l, flags), flags&abi.O_CLOEXEC != 0))
}

func sysKqueue(l *kern.LWP, _ *kern.Args) (kern.Retval, abi.Errno) { return kqueue1(l, 0) }

func sysKqueue1(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) { return kqueue1(l, int32(a[0])) }

// keventChunk is how many changes or events are copied at a time.
const keventChunk = 128

// kevent1 makes changes, reports those that failed or asked for a receipt, and if there are none waits for
// events. old is the struct kevent before NetBSD 10.
func kevent1(l *kern.LWP, a *kern.Args, ts any, old bool) (kern.Retval, abi.Errno) {
	f, e := l.Getfile(int32(a[0]))
	if e != abi.OK {
		return kern.Retval{}, e
	}
	defer f.Done(l)
	kq, ok := f.Ops.(*kern.Kqueue)
	if !ok {
		return kern.Retval{}, abi.EBADF
	}
	to, e := timeoutAt(l, a[5], ts)
	if e != abi.OK {
		return kern.Retval{}, e
	}
	changes, nchanges, events, nevents := a[1], a[2], a[3], a[4]
	m := l.Model()
	size := m.KeventSize(old)
	var small [4 * 72]byte
	buf := small[:]
	if max(nchanges, nevents) > uint64(len(small)/size) {
		buf = make([]byte, int(min(max(nchanges, nevents), keventChunk))*size)
	}
	chunk := uint64(len(buf) / size)
	errors := uint64(0)
	for nchanges > 0 {
		n := min(nchanges, chunk)
		b := buf[:n*uint64(size)]
		if e := l.Copyin(b, changes); e != abi.OK {
			return kern.Retval{}, e
		}
		for i := range n {
			var kev abi.Kevent
			m.GetKevent(b[i*uint64(size):], &kev, old)
			e := kq.Register(l, &kev)
			if e == abi.OK && kev.Flags&abi.EV_RECEIPT == 0 {
				continue
			}
			if nevents == 0 {
				if e == abi.OK {
					continue
				}
				return kern.Retval{}, e
			}
			kev.Flags, kev.Data = abi.EV_ERROR, int64(e)
			var one [72]byte
			m.PutKevent(one[:], &kev, old)
			if e := l.Copyout(one[:size], events+errors*uint64(size)); e != abi.OK {
				return kern.Retval{}, e
			}
			nevents--
			errors++
		}
		nchanges -= n
		changes += n * uint64(size)
	}
	if errors > 0 {
		return kern.Retval{R0: errors}, abi.OK
	}
	if nevents == 0 {
		return kern.Retval{}, abi.OK
	}
	got, e := kq.Scan(l, f, int(min(nevents, keventChunk)), to.deadline, to.poll)
	if e != abi.OK {
		return kern.Retval{}, e
	}
	out := buf
	if len(got)*size > len(out) {
		out = make([]byte, len(got)*size)
	}
	for i := range got {
		m.PutKevent(out[i*size:], &got[i], old)
	}
	return kern.Retval{R0: uint64(len(got))}, l.Copyout(out[:len(got)*size], events)
}

func sysKevent100(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return kevent1(l, a, new(abi.Timespec), false)
}

func sysKevent50(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return kevent1(l, a, new(abi.Timespec), true)
}

func sysCompat50Kevent(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return kevent1(l, a, new(abi.Timespec50), true)
}
