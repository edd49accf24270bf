package kern

import (
	"container/heap"
	"time"
)

// Timer calls a function with the kernel lock held when the machine's clock has reached a time. The host's
// timers do it, or the virtual clock; see determ.go. Preconditions of all methods: kernel lock.
type Timer struct {
	k    *Kernel
	f    func()
	host *time.Timer

	when  time.Duration // on the virtual clock
	order uint64        // among those of one time: first set, first called
	index int           // in the heap, or -1
}

// AfterFunc makes a timer that goes off once after d. f may be called once more after Stop, when it was about
// to run already.
func (k *Kernel) AfterFunc(d time.Duration, f func()) *Timer {
	t := &Timer{k: k, f: f, index: -1}
	t.Reset(d)
	return t
}

// endOfTime is when the virtual clock would be too near to the largest number there is: 146 years after boot. What is
// to happen later never does.
const endOfTime = time.Duration(1 << 62)

// Reset sets the timer to go off after d.
func (t *Timer) Reset(d time.Duration) {
	t.k.assertLocked()
	switch {
	case t.k.det.on:
		t.Stop()
		t.k.det.order++
		now := t.k.det.clock()
		if d = max(d, 0); d > endOfTime-now {
			return
		}
		t.when, t.order = now+d, t.k.det.order
		heap.Push(&t.k.det.timers, t)
	case t.host == nil:
		t.host = time.AfterFunc(d, func() { t.k.callback(t.f) })
	default:
		t.host.Reset(d)
	}
}

// Stop keeps the timer from going off. t may be nil.
func (t *Timer) Stop() {
	switch {
	case t == nil:
	case t.host != nil:
		t.host.Stop()
	case t.index >= 0:
		heap.Remove(&t.k.det.timers, t.index)
	}
}

// timerHeap holds the timers of the virtual clock, the next one first.
type timerHeap []*Timer

func (h timerHeap) Len() int { return len(h) }
func (h timerHeap) Less(i, j int) bool {
	return h[i].when < h[j].when || h[i].when == h[j].when && h[i].order < h[j].order
}
func (h timerHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].index, h[j].index = i, j
}
func (h *timerHeap) Push(x any) {
	t := x.(*Timer)
	t.index = len(*h)
	*h = append(*h, t)
}
func (h *timerHeap) Pop() any {
	old := *h
	t := old[len(old)-1]
	old[len(old)-1] = nil
	*h = old[:len(old)-1]
	t.index = -1
	return t
}
