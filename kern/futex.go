package kern

import (
	"slices"
	"time"

	"nbemu/abi"
	"nbemu/mem"
)

// Futexes (sys_futex.c): words in a program's memory that threads wait on until somebody says that they have
// changed.

// FutexKey says which word a futex is: an address in one space, or a place in memory that several share.
type FutexKey struct {
	vm   *mem.Space
	va   uint64
	byte *byte
}

type futexWaiter struct {
	k    *Kernel
	q    *SleepQ
	key  FutexKey
	bits uint32
	done bool

	// Of those that inherit priorities (kern/futexpi.go):
	l  *LWP
	va uint64
	pi bool      // waits to own the word
	to *FutexKey // waits to be moved there; va is the word's address
}

// FutexKey finds the key of the word at va. With private the caller knows that nobody else shares the memory.
// Errors: EINVAL for an address that is not aligned, EFAULT.
func (l *LWP) FutexKey(va uint64, private bool) (FutexKey, abi.Errno) {
	if va&3 != 0 {
		return FutexKey{}, abi.EINVAL
	}
	vm := l.Proc.VM
	if private || !vm.SharedAt(va) {
		return FutexKey{vm: vm, va: va}, abi.OK
	}
	// Shared memory is the same frame in every space for as long as somebody has it mapped.
	s, err := vm.Slices(nil, va, 4, false)
	if err != abi.OK {
		return FutexKey{}, err
	}
	return FutexKey{byte: &s[0][0]}, abi.OK
}

// FutexWait sleeps until a wake-up of key whose bits meet ours. The caller has compared the word since it last
// slept. Errors: EINTR or ERESTART, ETIMEDOUT.
func (l *LWP) FutexWait(key FutexKey, bits uint32, deadline time.Time) abi.Errno {
	l.K.assertLocked()
	_, err := l.futexWait([]FutexKey{key}, bits, deadline)
	return err
}

// FutexWaitAny is FutexWait for several words; it returns the place of one whose waiters were woken.
func (l *LWP) FutexWaitAny(keys []FutexKey, deadline time.Time) (int, abi.Errno) {
	l.K.assertLocked()
	return l.futexWait(keys, ^uint32(0), deadline)
}

func (l *LWP) futexWait(keys []FutexKey, bits uint32, deadline time.Time) (int, abi.Errno) {
	var q SleepQ
	ws := make([]futexWaiter, len(keys))
	for i, key := range keys {
		ws[i] = futexWaiter{k: l.K, q: &q, key: key, bits: bits}
		l.K.futexes[key] = append(l.K.futexes[key], &ws[i])
	}
	defer func() {
		for i := range ws {
			if !ws[i].done {
				ws[i].remove()
			}
		}
	}()
	for {
		err := l.Sleep(&q, "futex", true, deadline)
		for i := range ws {
			if ws[i].done {
				return i, abi.OK
			}
		}
		if err == abi.OK {
			continue
		}
		if err == abi.EWOULDBLOCK {
			err = abi.ETIMEDOUT
		}
		return 0, err
	}
}

func (w *futexWaiter) remove() {
	ws := w.k.futexes[w.key]
	if i := slices.Index(ws, w); i >= 0 {
		ws = slices.Delete(ws, i, i+1)
	}
	if len(ws) == 0 {
		delete(w.k.futexes, w.key)
	} else {
		w.k.futexes[w.key] = ws
	}
}

// FutexWake wakes at most n waiters whose bits meet the given ones and returns how many there were.
func (k *Kernel) FutexWake(key FutexKey, n int, bits uint32) (woken int) {
	k.assertLocked()
	for _, w := range slices.Clone(k.futexes[key]) {
		if woken >= n {
			break
		}
		if w.bits&bits == 0 {
			continue
		}
		w.remove()
		w.done = true
		w.q.WakeAll()
		woken++
	}
	return woken
}

// FutexWaited says that somebody waits for key.
func (k *Kernel) FutexWaited(key FutexKey) bool { return len(k.futexes[key]) > 0 }

// FutexRequeue wakes at most n waiters of from and lets at most move others wait for to instead.
func (k *Kernel) FutexRequeue(from, to FutexKey, n, move int) (woken, moved int) {
	woken = k.FutexWake(from, n, ^uint32(0))
	for _, w := range slices.Clone(k.futexes[from]) {
		if moved >= move {
			break
		}
		w.remove()
		w.key = to
		k.futexes[to] = append(k.futexes[to], w)
		moved++
	}
	return woken, moved
}
