package kern

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"nbemu/abi"
)

// The deterministic machine and the host: what comes from outside is looked at when no LWP can run, all of it
// at once and in an order of our own. While somebody waits for the host, timers take the time they say; the
// clock does not move otherwise, so that a program does not see how long the host took.

type detHost struct {
	waiting bool          // a goroutine is in poll(2)
	turn    int           // counts idle times, so that a wait knows whether it is an old one
	waited  time.Duration // how much of the time to the next timer has passed in such waits
	wake    [2]int        // a pipe that ends a wait
	looked  time.Duration // when hostWhileBusy last looked
	calls   []*hostCall   // those that are under way, by their beginning
	last    SleepQ        // see OthersFirst
}

// init makes the pipe. Error: the host's.
func (h *detHost) init() error {
	if err := unix.Pipe(h.wake[:]); err != nil {
		return fmt.Errorf("pipe: %w", err)
	}
	for _, fd := range h.wake {
		unix.CloseOnExec(fd)
		_ = unix.SetNonblock(fd, true)
	}
	return nil
}

func (h *detHost) close() {
	for _, fd := range h.wake {
		_ = unix.Close(fd)
	}
}

type hostCall struct {
	done     func()
	finished bool
}

// HostCall has a goroutine do work, which may take long, and then calls done with the kernel lock held.
// Preconditions: kernel lock.
func (k *Kernel) HostCall(work, done func()) {
	if !k.det.on {
		k.worker(func() {
			work()
			k.callback(done)
		})
		return
	}
	k.Lose("the program has waited for the host to open something")
	c := &hostCall{done: done}
	k.det.host.calls = append(k.det.host.calls, c)
	k.worker(func() {
		work()
		k.lock.Lock()
		defer k.lock.Unlock()
		c.finished = true
		if k.det.host.waiting {
			k.det.pokeHost()
		}
	})
}

// OthersFirst waits on the deterministic machine until no other LWP can run: whether the host has input already
// then makes no difference to them. Errors: EINTR, ERESTART.
func (l *LWP) OthersFirst() abi.Errno {
	if !l.K.det.on {
		return abi.OK
	}
	l.K.det.others++
	return l.Sleep(&l.K.det.host.last, "ttyin", true, noDeadline)
}

// Held runs f without the kernel lock, but with the deterministic machine standing still.
func (l *LWP) Held(f func()) {
	l.K.lock.Unlock()
	f()
	l.K.lock.Lock()
}

// Interrupted says that there may be a signal to look at.
func (l *LWP) Interrupted() bool { return l.ast.Load() }

// busyLook is how often the host is asked for news although LWPs compute all the time.
const busyLook = time.Second

// idle is called when no LWP can run; true means that there may be one now. Preconditions: kernel lock.
func (d *determ) idle() bool {
	h := &d.host
	if !h.last.Empty() {
		h.last.WakeOne()
		return true
	}
	outside := d.k.hostAwaited()
	if outside && d.k.hostDeliver() {
		h.waited = 0
		return true
	}
	if !outside && len(d.timers) > 0 {
		d.now.Store(int64(d.timers[0].when))
		return true
	}
	if !outside {
		// Only a signal from outside can make somebody run: KernelUnlock sees to it.
		return false
	}
	h.turn++
	if h.waiting {
		d.pokeHost()
		return false
	}
	timeout := time.Duration(-1)
	if len(d.timers) > 0 {
		timeout = max(d.timers[0].when-d.clock()-h.waited, 0)
	}
	h.waiting = true
	fd := -1
	if d.k.hostPoll.watches != nil {
		fd = d.k.hostPollFD()
	}
	turn := h.turn
	d.k.worker(func() { d.waitHost(turn, fd, timeout) })
	return false
}

// close ends what waits for the host, and gives the processors back. Preconditions: kernel lock; no LWP is left.
func (d *determ) close() {
	d.halted = true
	d.pokeHost()
	for _, s := range d.slots {
		s.eng.Close()
	}
	clear(d.slots)
}

func (d *determ) pokeHost() { _, _ = unix.Write(d.host.wake[1], []byte{0}) }

// waitHost waits until the host has news or time is over, and lets the machine go on.
func (d *determ) waitHost(turn, fd int, timeout time.Duration) {
	ms := -1
	if timeout >= 0 {
		ms = int(min((timeout+time.Millisecond-1)/time.Millisecond, 1<<30))
	}
	h := &d.host
	start := time.Now()
	fds := []unix.PollFd{{Fd: int32(h.wake[0]), Events: unix.POLLIN}, {Fd: -1, Events: unix.POLLIN}}
	if fd >= 0 {
		fds[1].Fd = int32(fd)
	}
	n, _ := unix.Poll(fds, ms)
	var b [16]byte
	_, _ = unix.Read(h.wake[0], b[:])

	d.k.Lock()
	defer d.k.lock.Unlock()
	h.waiting = false
	if d.cur != nil {
		return
	}
	if turn == h.turn && timeout >= 0 {
		h.waited += time.Since(start)
		if n == 0 && len(d.timers) > 0 {
			h.waited = 0
			d.now.Store(int64(d.timers[0].when))
		}
	}
	d.dispatch()
}

// hostWhileBusy looks at the host now and then, so that programs that never sleep do not keep others from
// hearing of it. Preconditions: kernel lock.
func (d *determ) hostWhileBusy() {
	if d.clock() < d.host.looked+busyLook {
		return
	}
	d.host.looked = d.clock()
	d.host.last.WakeAll()
	if d.k.hostAwaited() {
		d.k.hostDeliver()
	}
}

// hostAwaited reports whether anybody waits for a host descriptor or a host call.
func (k *Kernel) hostAwaited() bool {
	if len(k.det.host.calls) > 0 {
		return true
	}
	for _, w := range k.hostPoll.watches {
		if w.fn != nil || !w.sel.Q.Empty() || len(w.sel.Klist.notes) > 0 || w.sel.Async != nil {
			return true
		}
	}
	return false
}

// hostDeliver passes on what the host's poller has, in the order in which descriptors were first waited for.
func (k *Kernel) hostDeliver() (any bool) {
	k.det.host.calls = slices.DeleteFunc(k.det.host.calls, func(c *hostCall) bool {
		if c.finished {
			any = true
			c.done()
		}
		return c.finished
	})
	if k.hostPoll.watches == nil {
		return any
	}
	events := k.hostPollNow()
	if k.dbg != nil && len(events) > 0 && len(k.dbg.touching) == 0 {
		k.Lose("the program has waited for something of the host's")
	}
	slices.SortStableFunc(events, func(a, b hostEvent) int { return cmp.Compare(a.w.id, b.w.id) })
	for _, e := range events {
		if k.hostPoll.watches[e.w.id] == e.w {
			e.w.event(e.hint)
		}
	}
	return any || len(events) > 0
}

// resume lets the machine go on after code that is no LWP has made somebody runnable. Preconditions: kernel
// lock.
func (d *determ) resume() {
	if d.cur == nil && len(d.runq) > 0 {
		d.dispatch()
	}
}
