package linux

import (
	"math"
	"time"

	"nbemu/abi"
	"nbemu/kern"
	"nbemu/mem"
)

// futexDeadline reads the timeout of a wait: relative for FUTEX_WAIT, else a time of one of the clocks.
func futexDeadline(l *kern.LWP, va uint64, op uint32) (time.Time, abi.Errno) {
	if va == 0 {
		return time.Time{}, abi.OK
	}
	var ts abi.Timespec
	if err := l.CopyinStruct(va, &ts); err != abi.OK {
		return time.Time{}, err
	}
	if !ts.Valid() || ts.Sec < 0 {
		return time.Time{}, abi.EINVAL
	}
	now := l.K.Timenow()
	d := ts.Duration()
	switch {
	case op&^(abi.FUTEX_PRIVATE_FLAG|abi.FUTEX_CLOCK_REALTIME) == abi.FUTEX_WAIT:
	case op&abi.FUTEX_CLOCK_REALTIME != 0:
		d -= time.Duration(now.UnixNano())
	default:
		d -= l.K.Uptime() + clockOffset(l, 1)
	}
	return now.Add(min(max(d, 0), 1<<61)), abi.OK
}

// futexKey is the key of a word, which must be there if it may be shared. Errors: EINVAL, EFAULT.
func futexKey(l *kern.LWP, va uint64, private bool) (kern.FutexKey, abi.Errno) {
	if !private && va&3 == 0 {
		if _, err := l.CopyinInt32(va); err != abi.OK {
			return kern.FutexKey{}, err
		}
		if ownConstant(l, va) { // it could become another one
			return kern.FutexKey{}, abi.EFAULT
		}
	}
	return l.FutexKey(va, private)
}

// ownConstant reports whether a page is private memory that cannot be stored to.
func ownConstant(l *kern.LWP, va uint64) bool {
	if prot, ok := l.Proc.VM.Prot(va); !ok || prot&mem.ProtWrite != 0 {
		return false
	}
	page := va &^ (mem.PageSize - 1)
	there := l.Proc.VM.Pages(page, page+mem.PageSize)
	return len(there) > 0 && there[0].Own
}

// sysFutex is futex(uaddr, op, val, timeout, uaddr2, val3).
func sysFutex(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	op := uint32(a[1])
	val := uint32(a[2])
	private := op&abi.FUTEX_PRIVATE_FLAG != 0
	cmd := int(op &^ (abi.FUTEX_PRIVATE_FLAG | abi.FUTEX_CLOCK_REALTIME))
	if cmd == abi.FUTEX_FD || cmd > futexLockPI2 {
		return ret(abi.ENOSYS)
	}
	key, err := futexKey(l, a[0], private)
	if err != abi.OK {
		return ret(err)
	}
	switch cmd {
	case abi.FUTEX_WAIT, abi.FUTEX_WAIT_BITSET:
		bits := uint32(math.MaxUint32)
		if cmd == abi.FUTEX_WAIT_BITSET {
			bits = uint32(a[5])
		}
		if bits == 0 {
			return ret(abi.EINVAL)
		}
		return futexWait(l, key, a, val, bits)
	case abi.FUTEX_WAKE, abi.FUTEX_WAKE_BITSET:
		bits := uint32(math.MaxUint32)
		if cmd == abi.FUTEX_WAKE_BITSET {
			bits = uint32(a[5])
		}
		if bits == 0 {
			return ret(abi.EINVAL)
		}
		if l.K.FutexOther(key) {
			return ret(abi.EINVAL)
		}
		return retInt(int64(l.K.FutexWake(key, max(int(int32(val)), 1), bits)))
	case abi.FUTEX_REQUEUE, abi.FUTEX_CMP_REQUEUE:
		to, err := futexKey(l, a[4], private)
		if err != abi.OK {
			return ret(err)
		}
		wake, move := int32(val), int32(a[3])
		if wake < 0 || move < 0 {
			return ret(abi.EINVAL)
		}
		if cmd == abi.FUTEX_CMP_REQUEUE {
			v, err := l.CopyinInt32(a[0])
			if err != abi.OK {
				return ret(err)
			}
			if uint32(v) != uint32(a[5]) {
				return ret(abi.EAGAIN)
			}
		}
		woken, moved := l.K.FutexRequeue(key, to, int(wake), int(move))
		if cmd == abi.FUTEX_REQUEUE {
			return retInt(int64(woken))
		}
		return retInt(int64(woken + moved))
	case abi.FUTEX_WAKE_OP:
		return futexWakeOp(l, key, a, private)
	case futexLockPI, futexLockPI2:
		clock := op
		if cmd == futexLockPI {
			clock |= abi.FUTEX_CLOCK_REALTIME // whatever the flag says
		}
		deadline, err := futexDeadline(l, a[3], clock)
		if err != abi.OK {
			return ret(err)
		}
		return ret(lockPI(l, key, a[0], deadline, false))
	case futexTrylockPI:
		return ret(lockPI(l, key, a[0], time.Time{}, true))
	case futexUnlockPI:
		return ret(unlockPI(l, key, a[0]))
	case futexWaitRequeuePI:
		return ret(waitRequeuePI(l, key, a, private))
	}
	return requeuePI(l, key, a, private)
}

func futexWait(l *kern.LWP, key kern.FutexKey, a *kern.Args, val, bits uint32) (kern.Retval, abi.Errno) {
	deadline, err := futexDeadline(l, a[3], uint32(a[1]))
	if err != abi.OK {
		return ret(err)
	}
	v, err := l.CopyinInt32(a[0])
	if err != abi.OK {
		return ret(err)
	}
	if uint32(v) != val {
		return ret(abi.EAGAIN)
	}
	err = l.FutexWait(key, bits, deadline)
	if err == abi.ERESTART && !deadline.IsZero() {
		// A second attempt would wait for the whole time again.
		err = abi.EINTR
	}
	return ret(err)
}

// futexWakeOp changes a second word, wakes waiters of the first, and of the second if its old value was right.
// The operation is in a[5]: op, comparison, operand, value to compare with, 4, 4, 12 and 12 bits.
func futexWakeOp(l *kern.LWP, key kern.FutexKey, a *kern.Args, private bool) (kern.Retval, abi.Errno) {
	to, err := futexKey(l, a[4], private)
	if err != abi.OK {
		return ret(err)
	}
	code := uint32(a[5])
	arg, cmp := int32(code<<8)>>20, int32(code<<20)>>20
	op := code >> 28
	if op&8 != 0 {
		arg = 1 << (uint32(arg) & 31)
	}
	if op&7 > 4 {
		return ret(abi.ENOSYS)
	}
	old, err := l.UpdateInt32(a[4], func(v int32) (int32, bool) {
		switch op & 7 {
		case 0:
			v = arg
		case 1:
			v += arg
		case 2:
			v |= arg
		case 3:
			v &^= arg
		case 4:
			v ^= arg
		}
		return v, true
	})
	if err != abi.OK {
		return ret(err)
	}
	yes := false
	switch code >> 24 & 0xf {
	case 0:
		yes = old == cmp
	case 1:
		yes = old != cmp
	case 2:
		yes = old < cmp
	case 3:
		yes = old <= cmp
	case 4:
		yes = old > cmp
	case 5:
		yes = old >= cmp
	default:
		return ret(abi.ENOSYS)
	}
	n := l.K.FutexWake(key, int(int32(a[2])), math.MaxUint32)
	if yes {
		n += l.K.FutexWake(to, int(int32(a[3])), math.MaxUint32)
	}
	return retInt(int64(n))
}
