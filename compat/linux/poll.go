package linux

import (
	"math/bits"
	"time"

	"nbemu/abi"
	"nbemu/kern"
	"nbemu/vfs"
)

// poll and select.

// scan is kern.Poller's.
func scan(l *kern.LWP, wmesg string, to timeout, once func(sr *kern.SelRecord) (int, abi.Errno)) (int, abi.Errno) {
	w := l.K.NewPoller()
	defer w.Free(l.K)
	return w.Scan(l, wmesg, kern.Deadline{Poll: to.poll, At: to.deadline}, once)
}

// pollNames are the bits of poll that have other values there, or that NetBSD has not.
type pollNames struct{ wrnorm, wrband, rdhup int16 }

var pollGeneric = pollNames{wrnorm: 0x100, wrband: 0x200, rdhup: 0x2000}

func (m *Machine) pollNames() *pollNames {
	if m.poll != nil {
		return m.poll
	}
	return &pollGeneric
}

// sigioBand is what si_band says with a code of SIGIO (band_table of Linux' fs/fcntl.c).
func (m *Machine) sigioBand(code int32) abi.Long {
	p := m.pollNames()
	switch code {
	case abi.POLL_IN:
		return abi.POLLIN | abi.POLLRDNORM
	case abi.POLL_OUT:
		return abi.Long(abi.POLLOUT | p.wrnorm | p.wrband)
	case abi.POLL_MSG:
		return abi.POLLIN | abi.POLLRDNORM | 0x400 // POLLMSG of most machines, on sparc too (mangle_poll)
	case abi.POLL_ERR:
		return abi.POLLERR
	case abi.POLL_PRI:
		return abi.POLLPRI | abi.POLLRDBAND
	}
	return abi.POLLHUP | abi.POLLERR
}

// in and out translate; what was asked says by which of its two names to call a file writable.
func (p *pollNames) in(b int16) int16 {
	n := b &^ (p.wrnorm | p.wrband | p.rdhup)
	if b&(p.wrnorm|abi.POLLOUT) != 0 {
		n |= abi.POLLOUT
	}
	if b&p.wrband != 0 {
		n |= abi.POLLWRBAND
	}
	return n
}

func (p *pollNames) out(b, asked int16) int16 {
	n := b &^ (abi.POLLOUT | abi.POLLWRBAND)
	if b&abi.POLLOUT != 0 {
		n |= asked & (abi.POLLOUT | p.wrnorm)
	}
	if b&abi.POLLWRBAND != 0 {
		n |= p.wrband
	}
	return n
}

// pollEvents is pollFile in Linux's bits, with the end of what the other side sends.
func pollEvents(l *kern.LWP, f *kern.File, asked int16, sr *kern.SelRecord) int16 {
	if f.OnlyNames() {
		return abi.POLLNVAL
	}
	return eventsOf(l, f, asked, machineOf(l).pollNames(), sr)
}

func eventsOf(l *kern.LWP, f *kern.File, asked int16, p *pollNames, sr *kern.SelRecord) int16 {
	r := p.out(pollFile(l, f, p.in(asked)|abi.POLLERR|abi.POLLHUP, sr), asked)
	switch f.Ops.Type() {
	case "eventfd", "timerfd", "signalfd": // have but one name for it
		r &^= (abi.POLLRDNORM | p.wrnorm) &^ abi.POLLOUT
	}
	if asked&p.rdhup != 0 && vfs.PeerShut(f) {
		r |= p.rdhup
	}
	return r
}

// pollFile is what Linux says of a file. Of a pipe that has only one end left NetBSD says something else: there is
// nothing to read without a writer, and writing without a reader is an error.
func pollFile(l *kern.LWP, f *kern.File, events int16, sr *kern.SelRecord) int16 {
	r := f.Ops.Poll(l, f, events, sr)
	if r&abi.POLLHUP == 0 || f.Ops.Type() != "pipe" {
		return r
	}
	if f.Flag&abi.FWRITE != 0 {
		return r&^abi.POLLHUP | abi.POLLERR
	}
	var left [4]byte
	if f.Ops.Ioctl(l, f, abi.FIONREAD, left[:]) == abi.OK && left == [4]byte{} {
		r &^= abi.POLLIN | abi.POLLRDNORM
	}
	return r
}

func poll(l *kern.LWP, va uint64, nfds uint32, to timeout, mask *abi.Sigset) (kern.Retval, abi.Errno) {
	return l.PollFds(va, nfds, kern.Deadline{Poll: to.poll, At: to.deadline}, mask,
		func(f *kern.File, asked int16, sr *kern.SelRecord) int16 { return pollEvents(l, f, asked, sr) })
}

func msTimeout(l *kern.LWP, ms int32) timeout {
	if ms < 0 {
		return timeout{}
	}
	return timeoutIn(l, time.Duration(ms)*time.Millisecond)
}

func sysPoll(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return poll(l, a[0], uint32(a[1]), msTimeout(l, int32(a[2])), nil)
}

// putLeft stores what is left of a timeout, as Linux does for ppoll and the selects.
func putLeft(l *kern.LWP, va uint64, to timeout, micro bool) {
	const sticky = 0x4000000 // STICKY_TIMEOUTS
	if va == 0 || procdata(l.Proc).personality&sticky != 0 {
		return
	}
	left := time.Duration(0)
	if !to.poll {
		left = max(to.deadline.Sub(l.K.Timenow()), 0)
	}
	if micro {
		_ = l.CopyoutStruct(va, abi.TimevalOf(left))
	} else {
		_ = l.CopyoutStruct(va, abi.TimespecOf(left))
	}
}

func sysPpoll(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	to, err := timeoutAt(l, a[2])
	if err != abi.OK {
		return ret(err)
	}
	mask, err := maskAt(l, a[3], a[4])
	if err != abi.OK {
		return ret(err)
	}
	rv, err := poll(l, a[0], uint32(a[1]), to, mask)
	putLeft(l, a[2], to, false)
	return rv, err
}

// What a descriptor in each of select's three sets waits for.
var selectEvents = [3]int16{
	abi.POLLIN | abi.POLLRDNORM | abi.POLLHUP | abi.POLLERR,
	abi.POLLOUT | abi.POLLERR,
	abi.POLLPRI,
}

// fdBit is where a descriptor's bit is in a set, which is a row of longs.
func fdBit(m *abi.Model, fd int32) (at int32, bit byte) {
	at, bit = fd/8, 1<<(fd%8)
	if m.BigEndian {
		at ^= int32(m.PtrSize - 1)
	}
	return at, bit
}

// tableSize is how many rows the table of descriptors has: 64, or the power of two that held the highest one (alloc_fdtable).
// What the selects are asked beyond it, they leave as it is.
func tableSize(t *kern.FileDesc) int32 {
	return max(64, int32(1)<<bits.Len32(uint32(max(t.Most(), 0))))
}

func selectFds(l *kern.LWP, nd int32, sets [3]uint64, to timeout, mask *abi.Sigset) (kern.Retval, abi.Errno) {
	if nd < 0 {
		return ret(abi.EINVAL)
	}
	nd = min(nd, tableSize(l.Proc.Fd))
	m := l.Model()
	word := int32(8 * m.PtrSize)
	size := int((nd + word - 1) / word * word / 8)
	var in, out [3][]byte
	for i, va := range sets {
		if va == 0 {
			continue
		}
		in[i], out[i] = make([]byte, size), make([]byte, size)
		if err := l.Copyin(in[i], va); err != abi.OK {
			return ret(err)
		}
	}
	if mask != nil {
		l.TempSigmask(*mask)
	}
	ready, err := scan(l, "select", to, func(sr *kern.SelRecord) (int, abi.Errno) {
		n := 0
		for fd := int32(0); fd < nd; fd++ {
			at, bit := fdBit(m, fd)
			var want int16
			for i := range in {
				if in[i] != nil && in[i][at]&bit != 0 {
					want |= selectEvents[i]
				}
			}
			if want == 0 {
				continue
			}
			f := l.Proc.Fd.Get(fd)
			if f == nil {
				return 0, abi.EBADF
			}
			got := want
			if !f.OnlyNames() { // what cannot be asked is taken for ready
				got = pollFile(l, f, want|abi.POLLERR|abi.POLLHUP, sr)
			}
			for i := range in {
				if in[i] != nil && in[i][at]&bit != 0 && got&selectEvents[i] != 0 {
					out[i][at] |= bit
					n++
					sr = nil
				}
			}
		}
		return n, abi.OK
	})
	if err != abi.OK {
		return ret(err)
	}
	for i, va := range sets {
		if va != 0 {
			if err := l.Copyout(out[i], va); err != abi.OK {
				return ret(err)
			}
		}
	}
	return kern.Retval{R0: uint64(ready)}, abi.OK
}

func sysSelect(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	var to timeout
	if a[4] != 0 {
		var tv [2]abi.Long // microseconds may be more than a second's
		if err := l.CopyinStruct(a[4], &tv); err != abi.OK {
			return ret(err)
		}
		if machineOf(l).shortMicros {
			tv[1] >>= 32
		}
		if tv[0] < 0 || tv[1] < 0 {
			return ret(abi.EINVAL)
		}
		to = timeoutIn(l, abi.Timespec{Sec: min(int64(tv[0]), 1<<60) + int64(tv[1]/1e6), Nsec: tv[1] % 1e6 * 1000}.Duration())
	}
	rv, err := selectFds(l, int32(a[0]), [3]uint64{a[1], a[2], a[3]}, to, nil)
	putLeft(l, a[4], to, true)
	return rv, err
}

// sysPselect6: the last argument points to the address of the mask and its size.
func sysPselect6(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	to, err := timeoutAt(l, a[4])
	if err != abi.OK {
		return ret(err)
	}
	var mask *abi.Sigset
	if a[5] != 0 {
		var s [2]abi.ULong
		if err := l.CopyinStruct(a[5], &s); err != abi.OK {
			return ret(err)
		}
		if mask, err = maskAt(l, uint64(s[0]), uint64(s[1])); err != abi.OK {
			return ret(err)
		}
	}
	rv, err := selectFds(l, int32(a[0]), [3]uint64{a[1], a[2], a[3]}, to, mask)
	putLeft(l, a[4], to, false)
	return rv, err
}
