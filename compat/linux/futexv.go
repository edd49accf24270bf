package linux

import (
	"time"

	"nbemu/abi"
	"nbemu/kern"
)

// The calls that came after futex(2): one for each of its operations, and waiting for several words.

const (
	futex32       = 2 // the size of the word
	futexPrivate  = 128
	futexFlags    = futex32 | futexPrivate
	futexWaitvMax = 128
)

// futexWaitv is struct futex_waitv, the same on all machines.
type futexWaitv struct {
	Val, Uaddr uint64
	Flags, _   uint32
}

// futexUntil reads the time until which one waits, by the realtime or the monotonic clock. Errors: EINVAL, EFAULT.
func futexUntil(l *kern.LWP, va, clock uint64) (time.Time, abi.Errno) {
	if va == 0 {
		return time.Time{}, abi.OK
	}
	op := uint32(abi.FUTEX_WAIT_BITSET)
	switch int32(clock) {
	case 0:
		op |= abi.FUTEX_CLOCK_REALTIME
	case 1:
	default:
		return time.Time{}, abi.EINVAL
	}
	return futexDeadline(l, va, op)
}

// futexWaitMany is futex_waitv(waiters, n, flags, timeout, clock). Errors: EINVAL, EFAULT, EAGAIN if a word is another
// than it is said to be, ETIMEDOUT.
func futexWaitMany(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	n := uint32(a[1])
	if uint32(a[2]) != 0 || n == 0 || n > futexWaitvMax || a[0] == 0 {
		return ret(abi.EINVAL)
	}
	deadline, err := futexUntil(l, a[3], a[4])
	if err != abi.OK {
		return ret(err)
	}
	var (
		list [futexWaitvMax]futexWaitv
		keys []kern.FutexKey
		size = uint64(l.Model().Sizeof(&list[0]))
	)
	for i := range list[:n] {
		b := make([]byte, size)
		if err := l.Copyin(b, a[0]+uint64(i)*size); err != abi.OK {
			return ret(err)
		}
		w := &list[i]
		l.Model().Unmarshal(b, w)
		reserved := l.Model().Uint(b[20:], 4)
		if w.Flags&^futexFlags != 0 || w.Flags&futex32 == 0 || reserved != 0 || w.Val>>32 != 0 {
			return ret(abi.EINVAL)
		}
	}
	for _, w := range list[:n] {
		key, err := futexKey(l, w.Uaddr, w.Flags&futexPrivate != 0)
		if err != abi.OK {
			return ret(err)
		}
		keys = append(keys, key)
	}
	for _, w := range list[:n] {
		switch v, err := l.CopyinInt32(w.Uaddr); {
		case err != abi.OK:
			return ret(err)
		case uint32(v) != uint32(w.Val):
			return ret(abi.EAGAIN)
		}
	}
	i, err := l.FutexWaitAny(keys, deadline)
	if err != abi.OK {
		return ret(err)
	}
	return retInt(int64(i))
}

// futexArgs checks the flags and the mask of the calls below. Errors: EINVAL, EFAULT.
func futexArgs(l *kern.LWP, va, mask, flags uint64) (kern.FutexKey, abi.Errno) {
	f := uint32(flags)
	if f&^futexFlags != 0 || f&futex32 == 0 || mask>>32 != 0 {
		return kern.FutexKey{}, abi.EINVAL
	}
	return futexKey(l, va, f&futexPrivate != 0)
}

// sysFutexWake is futex_wake(word, mask, n, flags).
func sysFutexWake(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	key, err := futexArgs(l, a[0], a[1], a[3])
	switch {
	case err != abi.OK:
		return ret(err)
	case a[1] == 0:
		return ret(abi.EINVAL)
	case int32(a[2]) == 0:
		return ret(abi.OK)
	}
	return retInt(int64(l.K.FutexWake(key, int(int32(a[2])), uint32(a[1]))))
}

// futexWaitOne is futex_wait(word, value, mask, flags, timeout, clock).
func futexWaitOne(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	if a[1]>>32 != 0 {
		return ret(abi.EINVAL)
	}
	key, err := futexArgs(l, a[0], a[2], a[3])
	if err != abi.OK {
		return ret(err)
	}
	if a[2] == 0 {
		return ret(abi.EINVAL)
	}
	deadline, err := futexUntil(l, a[4], a[5])
	if err != abi.OK {
		return ret(err)
	}
	switch v, err := l.CopyinInt32(a[0]); {
	case err != abi.OK:
		return ret(err)
	case uint32(v) != uint32(a[1]):
		return ret(abi.EAGAIN)
	}
	return ret(l.FutexWait(key, uint32(a[2]), deadline))
}

// sysFutexRequeue is futex_requeue(waiters, flags, wake, move): the two waiters are the words, the first with the value
// that it must have.
func sysFutexRequeue(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	if uint32(a[1]) != 0 || a[0] == 0 {
		return ret(abi.EINVAL)
	}
	var list [2]futexWaitv
	if err := l.CopyinStruct(a[0], &list); err != abi.OK {
		return ret(err)
	}
	var keys [2]kern.FutexKey
	for i, w := range list {
		if w.Flags&^futexFlags != 0 || w.Flags&futex32 == 0 || w.Val>>32 != 0 {
			return ret(abi.EINVAL)
		}
		var err abi.Errno
		if keys[i], err = futexKey(l, w.Uaddr, w.Flags&futexPrivate != 0); err != abi.OK {
			return ret(err)
		}
	}
	wake, move := int32(a[2]), int32(a[3])
	if wake < 0 || move < 0 {
		return ret(abi.EINVAL)
	}
	switch v, err := l.CopyinInt32(list[0].Uaddr); {
	case err != abi.OK:
		return ret(err)
	case uint32(v) != uint32(list[0].Val):
		return ret(abi.EAGAIN)
	}
	woken, moved := l.K.FutexRequeue(keys[0], keys[1], int(wake), int(move))
	return retInt(int64(woken + moved))
}
