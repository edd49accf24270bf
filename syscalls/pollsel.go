package syscalls

import (
	"time"

	"nbemu/abi"
	"nbemu/kern"
)

// poll(2) and select(2) (sys_select.c).

// timeout says how long a call may sleep.
type timeout struct {
	poll     bool      // not at all
	bad      bool      // negative: EINVAL when it would be used
	deadline time.Time // until then; zero: for ever
}

func (to timeout) wait() kern.Deadline {
	return kern.Deadline{Poll: to.poll, Bad: to.bad, At: to.deadline}
}

func timeoutIn(l *kern.LWP, d time.Duration) timeout {
	if d <= 0 {
		return timeout{poll: true}
	}
	return timeout{deadline: l.K.Timenow().Add(d)}
}

// timeoutAt reads the timeout at va in the form of v, a pointer to a struct timespec or timeval of some
// release; a null pointer is for ever. Errors: EFAULT, EINVAL.
func timeoutAt(l *kern.LWP, va uint64, v any) (timeout, abi.Errno) {
	if va == 0 {
		return timeout{}, abi.OK
	}
	if err := l.CopyinStruct(va, v); err != abi.OK {
		return timeout{}, err
	}
	var ts abi.Timespec
	switch t := v.(type) {
	case *abi.Timespec:
		ts = *t
	case *abi.Timespec50:
		ts = abi.Timespec{Sec: int64(t.Sec), Nsec: t.Nsec}
	case *abi.Timeval:
		ts = t.Timespec()
	case *abi.Timeval50:
		ts = abi.Timespec{Sec: int64(int32(t.Sec)), Nsec: t.Usec * 1000}
	}
	if !ts.Valid() || ts.Sec < 0 {
		return timeout{}, abi.EINVAL
	}
	return timeoutIn(l, ts.Duration()), abi.OK
}

func poll(l *kern.LWP, va uint64, nfds uint32, to timeout, mask *abi.Sigset) (kern.Retval, abi.Errno) {
	return l.PollFds(va, nfds, to.wait(), mask, func(f *kern.File, asked int16, sr *kern.SelRecord) int16 {
		return f.Ops.Poll(l, f, asked|abi.POLLERR|abi.POLLHUP, sr)
	})
}

func sysPoll(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	to := timeout{}
	if ms := int32(a[2]); ms != abi.INFTIM {
		to = timeoutIn(l, time.Duration(ms)*time.Millisecond)
		to.bad = ms < 0
	}
	return poll(l, a[0], uint32(a[1]), to, nil)
}

// maskAt reads a signal set; nil for a null pointer.
func maskAt(l *kern.LWP, va uint64) (*abi.Sigset, abi.Errno) {
	if va == 0 {
		return nil, abi.OK
	}
	var set abi.Sigset
	err := l.CopyinStruct(va, &set)
	return &set, err
}

func pollts(l *kern.LWP, a *kern.Args, ts any) (kern.Retval, abi.Errno) {
	to, err := timeoutAt(l, a[2], ts)
	if err != abi.OK {
		return kern.Retval{}, err
	}
	mask, err := maskAt(l, a[3])
	if err != abi.OK {
		return kern.Retval{}, err
	}
	return poll(l, a[0], uint32(a[1]), to, mask)
}

func sysPollts50(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return pollts(l, a, new(abi.Timespec))
}

func sysCompat50Pollts(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return pollts(l, a, new(abi.Timespec50))
}

// What a descriptor in each of select's three sets waits for.
var selectEvents = [3]int16{
	abi.POLLIN | abi.POLLRDNORM | abi.POLLHUP | abi.POLLERR,
	abi.POLLOUT | abi.POLLHUP | abi.POLLERR,
	abi.POLLPRI | abi.POLLRDBAND,
}

// wanted are the events that a descriptor is in sets for.
func wanted(sets *[3][]uint32, fd int32) (events int16) {
	for i, set := range sets {
		if set != nil && set[fd/32]>>(fd%32)&1 != 0 {
			events |= selectEvents[i]
		}
	}
	return events
}

// tableSize is how many rows the table of descriptors has: NDFILE, NDEXTENT, and then twice as many each time (fd_tryexpand of
// kern_descrip.c). What select is asked beyond it is not looked at, as in selcommon of sys_select.c.
func tableSize(t *kern.FileDesc) int32 {
	n := int32(20)
	if t.Most() >= n {
		n = 50
	}
	for n <= t.Most() {
		n *= 2
	}
	return n
}

func selectFds(l *kern.LWP, nd int32, sets [3]uint64, to timeout, mask *abi.Sigset) (kern.Retval, abi.Errno) {
	if nd < 0 {
		return kern.Retval{}, abi.EINVAL
	}
	nd = min(nd, tableSize(l.Proc.Fd))
	words := int(nd+31) / 32
	m := l.Model()
	buf := make([]byte, words*4)
	var in, out [3][]uint32
	for i, va := range sets {
		if va == 0 {
			continue
		}
		if err := l.Copyin(buf, va); err != abi.OK {
			return kern.Retval{}, err
		}
		in[i], out[i] = make([]uint32, words), make([]uint32, words)
		for j := range in[i] {
			in[i][j] = uint32(m.Uint(buf[4*j:], 4))
		}
	}
	w := l.K.NewPoller()
	defer w.Free(l.K)
	if mask != nil {
		l.TempSigmask(*mask)
	}
	ready, err := w.Scan(l, "select", to.wait(), func(sr *kern.SelRecord) (int, abi.Errno) {
		n := 0
		files := w.Files(int(nd))
		for fd := range nd {
			if wanted(&in, fd) == 0 {
				continue
			}
			if files[fd] = l.Proc.Fd.Get(fd); files[fd] == nil {
				return 0, abi.EBADF
			}
		}
		w.Ask(files)
		for fd := range nd {
			f, bit := files[fd], uint32(1)<<(fd%32)
			if f == nil {
				continue
			}
			got := w.Ready(f, func() int16 { return f.Ops.Poll(l, f, wanted(&in, fd), sr) })
			for i := range in {
				if in[i] != nil && in[i][fd/32]&bit != 0 && got&selectEvents[i] != 0 {
					out[i][fd/32] |= bit
					n++
					sr = nil
				}
			}
		}
		return n, abi.OK
	})
	if err != abi.OK {
		return kern.Retval{}, err
	}
	for i, va := range sets {
		if va == 0 {
			continue
		}
		for j, v := range out[i] {
			m.PutUint(buf[4*j:], 4, uint64(v))
		}
		if err := l.Copyout(buf, va); err != abi.OK {
			return kern.Retval{}, err
		}
	}
	return kern.Retval{R0: uint64(ready)}, abi.OK
}

func doSelect(l *kern.LWP, a *kern.Args, tv any, withMask bool) (kern.Retval, abi.Errno) {
	to, err := timeoutAt(l, a[4], tv)
	if err != abi.OK {
		return kern.Retval{}, err
	}
	var mask *abi.Sigset
	if withMask {
		if mask, err = maskAt(l, a[5]); err != abi.OK {
			return kern.Retval{}, err
		}
	}
	return selectFds(l, int32(a[0]), [3]uint64{a[1], a[2], a[3]}, to, mask)
}

func sysSelect50(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return doSelect(l, a, new(abi.Timeval), false)
}

func sysCompat50Select(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return doSelect(l, a, new(abi.Timeval50), false)
}

func sysPselect50(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return doSelect(l, a, new(abi.Timespec), true)
}

func sysCompat50Pselect(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return doSelect(l, a, new(abi.Timespec50), true)
}
