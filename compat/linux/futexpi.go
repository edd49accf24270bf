package linux

import (
	"time"

	"nbemu/abi"
	"nbemu/kern"
)

// Operations of futex(2) on words that have the number of the thread that owns them: PTHREAD_PRIO_INHERIT's.
const (
	futexLockPI        = 6
	futexUnlockPI      = 7
	futexTrylockPI     = 8
	futexWaitRequeuePI = 11
	futexCmpRequeuePI  = 12
	futexLockPI2       = 13
)

// takePI has t own the word at va of l's memory if nobody does; more is a bit to set if it owns it then. Errors: EDEADLK if t owns
// it already, ESRCH if there is no such thread as its owner, EFAULT.
func takePI(l, t *kern.LWP, key kern.FutexKey, va uint64, more uint32) (bool, abi.Errno) {
	me := uint32(tidIn(l, t))
	if l.K.FutexHeir(key) != nil {
		more = futexWaiters
	}
	v, err := l.UpdateInt32(va, func(v int32) (int32, bool) {
		switch w := uint32(v); w & futexTidMask {
		case 0:
			return int32(w&futexOwnerDied | me | more), true
		case me:
			return v, false
		default:
			return int32(w | futexWaiters), true
		}
	})
	if err != abi.OK {
		return false, err
	}
	switch owner := uint32(v) & futexTidMask; {
	case owner == 0:
		return true, abi.OK
	case owner == me:
		return false, abi.EDEADLK
	case findTask(l, pidIn(l, int32(owner))) == nil:
		return false, abi.ESRCH
	}
	return false, abi.OK
}

// lockPI is FUTEX_LOCK_PI and FUTEX_TRYLOCK_PI. Errors: those of takePI, EAGAIN, ETIMEDOUT; ERESTART, whatever a handler says.
func lockPI(l *kern.LWP, key kern.FutexKey, va uint64, deadline time.Time, try bool) abi.Errno {
	owns, err := takePI(l, l, key, va, 0)
	switch {
	case owns || err != abi.OK:
		return err
	case try:
		return abi.EAGAIN
	}
	if err = l.FutexOwn(key, va, deadline); err == abi.EINTR {
		err = abi.ERESTART
	}
	return err
}

// unlockPI is FUTEX_UNLOCK_PI. Errors: EPERM if another owns the word, EFAULT.
func unlockPI(l *kern.LWP, key kern.FutexKey, va uint64) abi.Errno {
	ours, next := false, uint32(0)
	heir := l.K.FutexHeir(key)
	if heir != nil {
		next = uint32(tidIn(l, heir)) | futexWaiters
	}
	_, err := l.UpdateInt32(va, func(v int32) (int32, bool) {
		ours = uint32(v)&futexTidMask == uint32(tidIn(l, l))
		return int32(next), ours
	})
	switch {
	case err != abi.OK:
		return err
	case !ours:
		return abi.EPERM
	case heir != nil:
		l.K.FutexGive(key)
	}
	return abi.OK
}

// waitRequeuePI is FUTEX_WAIT_REQUEUE_PI. Errors: EINVAL, EAGAIN if the word is another or a signal came after the move,
// ETIMEDOUT, EFAULT; ERESTART.
func waitRequeuePI(l *kern.LWP, key kern.FutexKey, a *kern.Args, private bool) abi.Errno {
	to, err := futexKey(l, a[4], private)
	if err != abi.OK {
		return err
	}
	if to == key {
		return abi.EINVAL
	}
	deadline, err := futexDeadline(l, a[3], uint32(a[1]))
	if err != abi.OK {
		return err
	}
	v, err := l.CopyinInt32(a[0])
	if err != abi.OK {
		return err
	}
	if uint32(v) != uint32(a[2]) {
		return abi.EAGAIN
	}
	moved, err := l.FutexWaitToOwn(key, to, a[4], deadline)
	if err == abi.EINTR || err == abi.ERESTART {
		if moved {
			return abi.EAGAIN
		}
		return abi.ERESTART
	}
	return err
}

// requeuePI is FUTEX_CMP_REQUEUE_PI: the first waiter of a word gets another, or waits for it with those that are moved.
// Errors: EINVAL, EAGAIN, those of takePI.
func requeuePI(l *kern.LWP, key kern.FutexKey, a *kern.Args, private bool) (kern.Retval, abi.Errno) {
	move := int32(a[3])
	if int32(a[2]) != 1 || move < 0 {
		return ret(abi.EINVAL)
	}
	to, err := futexKey(l, a[4], private)
	if err != abi.OK {
		return ret(err)
	}
	if to == key {
		return ret(abi.EINVAL)
	}
	v, err := l.CopyinInt32(a[0])
	if err != abi.OK {
		return ret(err)
	}
	if uint32(v) != uint32(a[5]) {
		return ret(abi.EAGAIN)
	}
	more := uint32(0)
	if move > 0 {
		more = futexWaiters
	}
	n, err := l.K.FutexMove(key, to, int(move), func(t *kern.LWP) (bool, abi.Errno) { return takePI(l, t, to, a[4], more) })
	if err != abi.OK {
		return ret(err)
	}
	return retInt(int64(n))
}

// exitPI gives what a thread owns when it ends to those that wait for it.
func exitPI(l *kern.LWP) {
	l.K.FutexHeirs(func(heir *kern.LWP, va uint64) bool {
		ours := false
		_, err := heir.UpdateInt32(va, func(v int32) (int32, bool) {
			ours = uint32(v)&futexTidMask == uint32(tidIn(heir, l))
			return int32(futexOwnerDied | futexWaiters | uint32(tidIn(heir, heir))), ours
		})
		return err == abi.OK && ours
	})
}
