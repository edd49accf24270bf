package kern

import "golang.org/x/sys/unix"

var hostKqueue int

func hostPollInit() (err error) {
	if hostKqueue, err = unix.Kqueue(); err != nil {
		return err
	}
	unix.CloseOnExec(hostKqueue)
	if !det.on {
		go hostPoller()
	}
	return nil
}

func hostPollFD() int { return hostKqueue }

// hostPollNow gives the events there are, without waiting.
func hostPollNow() (out []hostEvent) {
	var events [128]unix.Kevent_t
	for {
		n, err := unix.Kevent(hostKqueue, nil, events[:], &unix.Timespec{})
		if err == unix.EINTR {
			continue
		}
		for i := range max(n, 0) {
			for _, w := range hostPoll.watches {
				if w.fd == int(events[i].Ident) {
					out = append(out, hostEvent{w, hostHint(&events[i])})
				}
			}
		}
		if n < len(events) {
			return out
		}
	}
}

// Events carry the descriptor, so that a watch is found by it here.
func hostPollAdd(w *HostWatch) error {
	ev := make([]unix.Kevent_t, 2)
	unix.SetKevent(&ev[0], w.fd, unix.EVFILT_READ, unix.EV_ADD|unix.EV_CLEAR)
	unix.SetKevent(&ev[1], w.fd, unix.EVFILT_WRITE, unix.EV_ADD|unix.EV_CLEAR)
	if _, err := unix.Kevent(hostKqueue, ev[:1], nil, nil); err != nil {
		return err
	}
	// The reading end of a pipe has no write filter.
	_, _ = unix.Kevent(hostKqueue, ev[1:], nil, nil)
	return nil
}

func hostPollDel(w *HostWatch) {
	ev := make([]unix.Kevent_t, 1)
	for _, filter := range []int{unix.EVFILT_READ, unix.EVFILT_WRITE} {
		unix.SetKevent(&ev[0], w.fd, filter, unix.EV_DELETE)
		_, _ = unix.Kevent(hostKqueue, ev, nil, nil)
	}
}

func hostPoller() {
	var events [128]unix.Kevent_t
	for {
		n, err := unix.Kevent(hostKqueue, nil, events[:], nil)
		if err != nil && err != unix.EINTR {
			KernelLock()
			Log("kevent: %v: no more host events", err)
			KernelUnlock()
			return
		}
		if n <= 0 {
			continue
		}
		KernelLock()
		for i := range events[:n] {
			for _, w := range hostPoll.watches {
				if w.fd == int(events[i].Ident) {
					w.event(hostHint(&events[i]))
				}
			}
		}
		KernelUnlock()
	}
}

func hostHint(ev *unix.Kevent_t) (hint int64) {
	hint = HostIn
	if ev.Filter == unix.EVFILT_WRITE {
		hint = HostOut
	}
	if ev.Flags&unix.EV_EOF != 0 {
		hint |= HostHup
	}
	if ev.Flags&unix.EV_ERROR != 0 {
		hint |= HostErr
	}
	return hint
}
