package kern

import (
	"cmp"
	"slices"
	"time"

	"nbemu/abi"
)

// Futexes whose waiters are given the word by its owner (Linux' futex/pi.c and requeue.c). Those that wait longest get it
// first: threads have no priorities that could be inherited here.

// FutexOwn sleeps until the word at va is given to the LWP; who gives it has stored our number. Errors: EINTR or ERESTART,
// ETIMEDOUT.
func (l *LWP) FutexOwn(key FutexKey, va uint64, deadline time.Time) abi.Errno {
	w := &futexWaiter{key: key, bits: ^uint32(0), va: va, pi: true}
	return l.futexPI(w, deadline)
}

// FutexWaitToOwn sleeps until the waiters of key are moved to another word, at va, and that is given to the LWP. moved says
// whether it was moved. Errors: those of FutexOwn.
func (l *LWP) FutexWaitToOwn(key, to FutexKey, va uint64, deadline time.Time) (moved bool, err abi.Errno) {
	w := &futexWaiter{key: key, bits: ^uint32(0), va: va, to: &to}
	err = l.futexPI(w, deadline)
	return w.pi, err
}

func (l *LWP) futexPI(w *futexWaiter, deadline time.Time) abi.Errno {
	k := l.K
	k.assertLocked()
	var q SleepQ
	w.k, w.q, w.l = k, &q, l
	k.futexes[w.key] = append(k.futexes[w.key], w)
	k.futexPI++
	defer func() {
		k.futexPI = max(k.futexPI-1, 0) // a snapshot may have been restored
		if !w.done {
			w.remove()
		}
	}()
	for {
		err := l.Sleep(&q, "futexpi", true, deadline)
		switch {
		case w.done:
			return abi.OK
		case err == abi.EWOULDBLOCK:
			return abi.ETIMEDOUT
		case err != abi.OK:
			return err
		}
	}
}

// FutexOther reports whether somebody waits for key as FutexOwn or FutexWaitToOwn do, who are not woken as others are.
func (k *Kernel) FutexOther(key FutexKey) bool {
	return k.futexPI > 0 && slices.ContainsFunc(k.futexes[key], func(w *futexWaiter) bool { return w.pi || w.to != nil })
}

// FutexHeir is who is to own the word of key next, nil if nobody waits for that.
func (k *Kernel) FutexHeir(key FutexKey) *LWP {
	if w := k.futexHeir(key); w != nil {
		return w.l
	}
	return nil
}

// FutexGive wakes the heir, whose number the word has.
func (k *Kernel) FutexGive(key FutexKey) { k.futexHeir(key).give() }

func (k *Kernel) futexHeir(key FutexKey) *futexWaiter {
	if ws := k.futexes[key]; k.futexPI > 0 {
		if i := slices.IndexFunc(ws, func(w *futexWaiter) bool { return w.pi }); i >= 0 {
			return ws[i]
		}
	}
	return nil
}

func (w *futexWaiter) give() {
	w.remove()
	w.done = true
	w.q.WakeAll()
}

// FutexMove moves at most n of those that wait at from to be moved to to. own is asked of the first, and says whether it owns the
// word now. The result is how many own it or were moved. Errors: EINVAL if somebody waits otherwise, or to be moved elsewhere;
// those of own.
func (k *Kernel) FutexMove(from, to FutexKey, n int, own func(*LWP) (bool, abi.Errno)) (int, abi.Errno) {
	done := 0
	for i, w := range slices.Clone(k.futexes[from]) {
		if w.to == nil || *w.to != to {
			return done, abi.EINVAL
		}
		if i == 0 {
			owns, err := own(w.l)
			if err != abi.OK {
				return done, err
			}
			if owns {
				w.give()
				done++
				continue
			}
		}
		if n <= 0 {
			break
		}
		n--
		done++
		w.remove()
		w.key, w.pi, w.to = to, true, nil
		k.futexes[to] = append(k.futexes[to], w)
	}
	return done, abi.OK
}

// FutexHeirs calls f for each word that somebody waits to own, with the next owner and the address that it has there; if f says
// so, the word is the heir's. It begins with the heir that has the lowest number, so that runs are the same each time.
func (k *Kernel) FutexHeirs(f func(heir *LWP, va uint64) bool) {
	if k.futexPI == 0 {
		return
	}
	var heirs []*futexWaiter
	for key := range k.futexes {
		if w := k.futexHeir(key); w != nil {
			heirs = append(heirs, w)
		}
	}
	slices.SortFunc(heirs, func(a, b *futexWaiter) int {
		return cmp.Or(cmp.Compare(a.l.Proc.PID, b.l.Proc.PID), cmp.Compare(a.l.ID, b.l.ID))
	})
	for _, w := range heirs {
		if f(w.l, w.va) {
			w.give()
		}
	}
}
