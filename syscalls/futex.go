package syscalls

import (
	"time"

	"nbemu/abi"
	"nbemu/kern"
)

// __futex(2) and its robust lists (sys_futex.c).

// futexTest reports whether the word at va is val; it is not where there is no word.
func futexTest(l *kern.LWP, va uint64, val int32) bool {
	if va&3 != 0 {
		return false
	}
	v, err := l.CopyinInt32(va)
	return err == abi.OK && v == val
}

// futexDeadline turns a timeout into a time: FUTEX_WAIT's is relative, FUTEX_WAIT_BITSET's a time of the clock.
// Errors: EINVAL, ETIMEDOUT.
func futexDeadline(l *kern.LWP, ts abi.Timespec, clock int32, abstime bool) (time.Time, abi.Errno) {
	if abstime {
		if !ts.Valid() || ts.Sec < 0 {
			return time.Time{}, abi.EINVAL
		}
		now, err := clockTime(l, clock)
		if err != abi.OK {
			return time.Time{}, err
		}
		if ts = subTimespec(ts, now); ts.Sec < 0 {
			ts = abi.Timespec{}
		}
	} else if err := fixTimespec(ts); err != abi.OK {
		return time.Time{}, err
	}
	return l.K.Timenow().Add(ts.Duration()), abi.OK
}

// futexWait is FUTEX_WAIT and FUTEX_WAIT_BITSET. Errors: EINVAL, EAGAIN when the word has changed, ETIMEDOUT,
// EINTR, whatever SA_RESTART says.
func futexWait(l *kern.LWP, va uint64, val int32, private bool, ts *abi.Timespec, clock int32, abstime bool, bits uint32) abi.Errno {
	if bits == 0 {
		return abi.EINVAL
	}
	if !futexTest(l, va, val) {
		return abi.EAGAIN
	}
	var deadline time.Time
	if ts != nil {
		var err abi.Errno
		if deadline, err = futexDeadline(l, *ts, clock, abstime); err != abi.OK {
			return err
		}
	}
	key, err := l.FutexKey(va, private)
	if err == abi.OK {
		err = l.FutexWait(key, bits, deadline)
	}
	if err == abi.ERESTART {
		err = abi.EINTR
	}
	return err
}

// futexRequeue is FUTEX_REQUEUE and, with cmp, FUTEX_CMP_REQUEUE. Errors: EINVAL, EAGAIN, EFAULT.
func futexRequeue(l *kern.LWP, a *kern.Args, private, cmp bool) (kern.Retval, abi.Errno) {
	wake, move := int32(a[2]), int32(a[5])
	if wake < 0 || move < 0 {
		return retErr(abi.EINVAL)
	}
	from, err := l.FutexKey(a[0], private)
	if err != abi.OK {
		return retErr(err)
	}
	if !l.K.FutexWaited(from) {
		return retErr(abi.OK)
	}
	to, err := l.FutexKey(a[4], private)
	if err != abi.OK {
		return retErr(err)
	}
	if cmp && !futexTest(l, a[0], int32(a[6])) {
		return retErr(abi.EAGAIN)
	}
	woken, moved := l.K.FutexRequeue(from, to, int(wake), int(move))
	if cmp {
		woken += moved
	}
	return retInt(int32(woken), abi.OK)
}

// Operations of FUTEX_WAKE_OP, in val3: operation, comparison, operand, what to compare with; 4, 4, 12, 12 bits.
const (
	futexOpSet = iota
	futexOpAdd
	futexOpOr
	futexOpAndn
	futexOpXor
	futexOpShift = 8 // the operand is the number of a bit
)

func futexOp(val3 uint32, old int32) (new int32, wake bool, err abi.Errno) {
	op, arg, with := val3>>28, int32(val3>>12&0xfff), int32(val3&0xfff)
	if op&futexOpShift != 0 {
		if arg >= 32 {
			return 0, false, abi.EINVAL
		}
		op, arg = op&^futexOpShift, 1<<arg
	}
	switch op {
	case futexOpSet:
		new = arg
	case futexOpAdd:
		new = old + arg
	case futexOpOr:
		new = old | arg
	case futexOpAndn:
		new = old &^ arg
	case futexOpXor:
		new = old ^ arg
	default:
		return 0, false, abi.EINVAL
	}
	cmp := val3 >> 24 & 15
	tests := [...]bool{old == with, old != with, old < with, old <= with, old > with, old >= with}
	if int(cmp) >= len(tests) {
		return 0, false, abi.EINVAL
	}
	return new, tests[cmp], abi.OK
}

// futexWakeOp is FUTEX_WAKE_OP: changes a second word, wakes waiters of the first, and those of the second if
// its old value was right. Errors: EINVAL, EFAULT.
func futexWakeOp(l *kern.LWP, a *kern.Args, private bool) (kern.Retval, abi.Errno) {
	wake, wake2 := int32(a[2]), int32(a[5])
	if wake < 0 || wake2 < 0 {
		return retErr(abi.EINVAL)
	}
	if _, _, err := futexOp(uint32(a[6]), 0); err != abi.OK {
		return retErr(err)
	}
	key, err := l.FutexKey(a[0], private)
	if err != abi.OK {
		return retErr(err)
	}
	key2, err := l.FutexKey(a[4], private)
	if err != abi.OK {
		return retErr(err)
	}
	second := false
	_, err = l.UpdateInt32(a[4], func(old int32) (new int32, ok bool) {
		new, second, _ = futexOp(uint32(a[6]), old)
		return new, true
	})
	if err != abi.OK {
		return retErr(err)
	}
	n := l.K.FutexWake(key, int(wake), abi.FUTEX_BITSET_MATCH_ANY)
	if second {
		n += l.K.FutexWake(key2, int(wake2), abi.FUTEX_BITSET_MATCH_ANY)
	}
	return retInt(int32(n), abi.OK)
}

// sysFutex is __futex(uaddr, op, val, timeout, uaddr2, val2, val3). Error: ENOSYS for what NetBSD has not, which is
// FUTEX_FD and priority inheritance.
func sysFutex(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	var ts *abi.Timespec
	if a[3] != 0 {
		ts = &abi.Timespec{}
		if err := l.CopyinStruct(a[3], ts); err != abi.OK {
			return retErr(err)
		}
	}
	op, val := int32(a[1]), int32(a[2])
	private := op&abi.FUTEX_PRIVATE_FLAG != 0
	clock := int32(abi.CLOCK_MONOTONIC)
	if op&abi.FUTEX_CLOCK_REALTIME != 0 {
		clock = abi.CLOCK_REALTIME
	}
	bits := uint32(abi.FUTEX_BITSET_MATCH_ANY)
	switch cmd := op & abi.FUTEX_CMD_MASK; cmd {
	case abi.FUTEX_WAIT:
		return retErr(futexWait(l, a[0], val, private, ts, clock, false, bits))
	case abi.FUTEX_WAIT_BITSET:
		return retErr(futexWait(l, a[0], val, private, ts, clock, true, uint32(a[6])))
	case abi.FUTEX_WAKE, abi.FUTEX_WAKE_BITSET:
		if val < 0 {
			return retErr(abi.EINVAL)
		}
		if cmd == abi.FUTEX_WAKE_BITSET {
			bits = uint32(a[6])
		}
		key, err := l.FutexKey(a[0], private)
		if err != abi.OK {
			return retErr(err)
		}
		return retInt(int32(l.K.FutexWake(key, int(val), bits)), abi.OK)
	case abi.FUTEX_REQUEUE, abi.FUTEX_CMP_REQUEUE:
		return futexRequeue(l, a, private, cmd == abi.FUTEX_CMP_REQUEUE)
	case abi.FUTEX_WAKE_OP:
		return futexWakeOp(l, a, private)
	}
	return retErr(abi.ENOSYS)
}

// robustHeadSize is that of the three words that a robust list begins with.
func robustHeadSize(l *kern.LWP) uint64 { return 3 * uint64(l.Model().PtrSize) }

// sysFutexSetRobustList is __futex_set_robust_list(head, size). Error: EINVAL.
func sysFutexSetRobustList(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	if a[1] != robustHeadSize(l) || a[0]%uint64(l.Model().PtrSize) != 0 {
		return retErr(abi.EINVAL)
	}
	l.RobustHead = a[0]
	return retErr(abi.OK)
}

// sysFutexGetRobustList is __futex_get_robust_list(lwpid, head **, size *). Errors: ESRCH, EFAULT.
func sysFutexGetRobustList(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	t := l
	if id := int32(a[0]); id != 0 {
		if t = l.Proc.Lfind(id); t == nil {
			return retErr(abi.ESRCH)
		}
	}
	head, size := abi.Ptr(t.RobustHead), abi.Size(robustHeadSize(l))
	err := l.CopyoutStruct(a[1], &head)
	if err == abi.OK {
		err = l.CopyoutStruct(a[2], &size)
	}
	return retErr(err)
}
