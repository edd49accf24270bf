package kern

import "nbemu/abi"

// Robust futexes (sys_futex.c): locks that are released when the LWP that holds them ends.

// robustMax is how many locks of one LWP are released before its list is given up.
const robustMax = 1000000

// robustPI marks an entry of the list whose lock inherits priorities; it is not part of the address.
const robustPI = 1

// ReleaseFutexes releases the robust locks of an LWP that ends or executes another program
// (futex_release_all_lwp). What looks wrong in the program's list ends the walk: nothing is promised for it.
func (l *LWP) ReleaseFutexes() {
	at := l.RobustHead
	if at == 0 {
		return
	}
	l.RobustHead = 0
	var head abi.FutexRobustHead
	if err := l.CopyinStruct(at, &head); err != abi.OK {
		return
	}
	next, pending := uint64(head.List)&^robustPI, uint64(head.Pending)&^robustPI
	for n := 0; next != at && n < robustMax; n++ {
		if next != pending {
			l.releaseFutex(l.robustWord(next, head.Offset), false)
		}
		w, err := l.CopyinWord(next)
		if err != abi.OK {
			break
		}
		next = w &^ robustPI
	}
	if pending != 0 {
		l.releaseFutex(l.robustWord(pending, head.Offset), true)
	}
}

// robustWord is the address of the lock that belongs to an entry of the list.
func (l *LWP) robustWord(entry uint64, off abi.Long) uint64 {
	va := entry + uint64(off)
	if !l.Model().LP64() {
		va = uint64(uint32(va))
	}
	return va
}

// releaseFutex marks a lock that l holds as left by its owner, and wakes one that waits for it (release_futex).
func (l *LWP) releaseFutex(va uint64, pending bool) {
	if va&3 != 0 {
		return
	}
	v, err := l.UpdateInt32(va, func(v int32) (int32, bool) {
		return int32(uint32(v) | abi.FUTEX_OWNER_DIED), uint32(v)&abi.FUTEX_TID_MASK == uint32(l.ID)
	})
	if err != abi.OK {
		return
	}
	switch word := uint32(v); {
	case pending && word&^abi.FUTEX_WAITERS == 0:
		// It was released, but the one to be woken may not have been told.
	case word&abi.FUTEX_TID_MASK != uint32(l.ID) || word&abi.FUTEX_WAITERS == 0:
		return
	}
	for _, private := range []bool{false, true} {
		if key, err := l.FutexKey(va, private); err == abi.OK && l.K.FutexWake(key, 1, abi.FUTEX_BITSET_MATCH_ANY) > 0 {
			return
		}
	}
}
