package syscalls

import (
	"math"

	"nbemu/abi"
	"nbemu/kern"
)

// kqueue(2) and kevent(2) (kern_event.c).

func kqueue1(l *kern.LWP, flags int32) (kern.Retval, abi.Errno) {
	return retFd(l.Install(kern.NewKqueue(l, flags), flags&abi.O_CLOEXEC != 0))
}

func sysKqueue(l *kern.LWP, _ *kern.Args) (kern.Retval, abi.Errno) { return kqueue1(l, 0) }

func sysKqueue1(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) { return kqueue1(l, int32(a[0])) }

// keventChunk is how many changes are copied at a time (KQ_NEVENTS): those before a fault have been made.
const keventChunk = 8

// kevent1 makes changes, reports those that failed or asked for a receipt, and if there are none waits for
// events. old is the struct kevent before NetBSD 10.
func kevent1(l *kern.LWP, a *kern.Args, ts any, old bool) (kern.Retval, abi.Errno) {
	f, err := l.Getfile(int32(a[0]))
	if err != abi.OK {
		return kern.Retval{}, err
	}
	defer f.Done(l)
	kq, ok := f.Ops.(*kern.Kqueue)
	if !ok {
		return kern.Retval{}, abi.EBADF
	}
	to, badTime := timeoutAt(l, a[5], ts)
	if badTime == abi.EFAULT {
		return kern.Retval{}, badTime
	}
	changes, nchanges, events, nevents := a[1], a[2], a[3], a[4]
	m := l.Model()
	size := m.KeventSize(old)
	var small [4 * 72]byte
	buf := small[:]
	if nchanges > uint64(len(small)/size) {
		buf = make([]byte, keventChunk*size)
	}
	chunk := uint64(len(buf) / size)
	errors := uint64(0)
	for nchanges > 0 {
		n := min(nchanges, chunk)
		b := buf[:n*uint64(size)]
		if err := l.Copyin(b, changes); err != abi.OK {
			return kern.Retval{}, err
		}
		for i := range n {
			var kev abi.Kevent
			m.GetKevent(b[i*uint64(size):], &kev, old)
			err := kq.Register(l, &kev)
			if err == abi.OK && kev.Flags&abi.EV_RECEIPT == 0 {
				continue
			}
			if nevents == 0 {
				return kern.Retval{}, err // a receipt that there is no room for ends the changes too
			}
			kev.Flags, kev.Data = abi.EV_ERROR, int64(err)
			var one [72]byte
			m.PutKevent(one[:], &kev, old)
			if err := l.Copyout(one[:size], events+errors*uint64(size)); err != abi.OK {
				return kern.Retval{}, err
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
	if badTime != abi.OK {
		return kern.Retval{}, badTime // the changes are made
	}
	got, err := kq.Scan(l, f, int(min(nevents, math.MaxInt32)), to.deadline, to.poll)
	if err != abi.OK {
		return kern.Retval{}, err
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
