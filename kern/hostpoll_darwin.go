package kern

import "golang.org/x/sys/unix"

func (k *Kernel) hostPollInit() (err error) {
	if k.hostPoll.fd, err = unix.Kqueue(); err != nil {
		return err
	}
	unix.CloseOnExec(k.hostPoll.fd)
	fd := k.hostPoll.fd
	if k.det.on {
		k.hostPoll.stop = func() { _ = unix.Close(fd) }
		return nil
	}
	k.hostPoll.stop = func() {
		// An event of our own wakes the goroutine, which closes the descriptor.
		var ev [1]unix.Kevent_t
		unix.SetKevent(&ev[0], 0, unix.EVFILT_USER, unix.EV_ADD|unix.EV_ONESHOT)
		ev[0].Fflags = unix.NOTE_TRIGGER
		_, _ = unix.Kevent(fd, ev[:], nil, nil)
	}
	k.worker(k.hostPoller)
	return nil
}

func (k *Kernel) hostPollFD() int { return k.hostPoll.fd }

// hostPollNow returns the events there are, without waiting.
func (k *Kernel) hostPollNow() (out []hostEvent) {
	var events [128]unix.Kevent_t
	for {
		n, err := unix.Kevent(k.hostPoll.fd, nil, events[:], &unix.Timespec{})
		if err == unix.EINTR {
			continue
		}
		for i := range max(n, 0) {
			for _, w := range k.hostPoll.watches {
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
	if _, err := unix.Kevent(w.k.hostPoll.fd, ev[:1], nil, nil); err != nil {
		return err
	}
	// The reading end of a pipe has no write filter.
	_, _ = unix.Kevent(w.k.hostPoll.fd, ev[1:], nil, nil)
	return nil
}

func hostPollDel(w *HostWatch) {
	ev := make([]unix.Kevent_t, 1)
	for _, filter := range []int{unix.EVFILT_READ, unix.EVFILT_WRITE} {
		unix.SetKevent(&ev[0], w.fd, filter, unix.EV_DELETE)
		_, _ = unix.Kevent(w.k.hostPoll.fd, ev, nil, nil)
	}
}

func (k *Kernel) hostPoller() {
	fd := k.hostPoll.fd
	defer unix.Close(fd)
	var events [128]unix.Kevent_t
	for {
		n, err := unix.Kevent(fd, nil, events[:], nil)
		if err != nil && err != unix.EINTR {
			k.callback(func() { k.Log("kevent: %v: no more host events", err) })
			return
		}
		stop := false
		k.callback(func() {
			for i := range max(n, 0) {
				stop = stop || events[i].Filter == unix.EVFILT_USER
				for _, w := range k.hostPoll.watches {
					if w.fd == int(events[i].Ident) {
						w.event(hostHint(&events[i]))
					}
				}
			}
		})
		if stop {
			return
		}
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
