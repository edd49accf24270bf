package kern

import "golang.org/x/sys/unix"

var hostEpoll int

func hostPollInit() (err error) {
	if hostEpoll, err = unix.EpollCreate1(unix.EPOLL_CLOEXEC); err != nil {
		return err
	}
	go hostPoller()
	return nil
}

func hostPollAdd(w *HostWatch) error {
	return unix.EpollCtl(hostEpoll, unix.EPOLL_CTL_ADD, w.fd, &unix.EpollEvent{
		Events: unix.EPOLLIN | unix.EPOLLOUT | unix.EPOLLPRI | unix.EPOLLRDHUP | unix.EPOLLET,
		Fd:     int32(w.id),
	})
}

func hostPollDel(w *HostWatch) {
	_ = unix.EpollCtl(hostEpoll, unix.EPOLL_CTL_DEL, w.fd, &unix.EpollEvent{})
}

func hostPoller() {
	var events [128]unix.EpollEvent
	for {
		n, err := unix.EpollWait(hostEpoll, events[:], -1)
		if err != nil && err != unix.EINTR {
			KernelLock()
			Log("epoll_wait: %v: no more host events", err)
			KernelUnlock()
			return
		}
		if n <= 0 {
			continue
		}
		KernelLock()
		for _, e := range events[:n] {
			if w := hostPoll.watches[uint32(e.Fd)]; w != nil {
				w.event(hostHint(e.Events))
			}
		}
		KernelUnlock()
	}
}

func hostHint(ev uint32) (hint int64) {
	if ev&(unix.EPOLLIN|unix.EPOLLPRI) != 0 {
		hint |= HostIn
	}
	if ev&unix.EPOLLOUT != 0 {
		hint |= HostOut
	}
	if ev&(unix.EPOLLHUP|unix.EPOLLRDHUP) != 0 {
		hint |= HostHup
	}
	if ev&unix.EPOLLERR != 0 {
		hint |= HostErr
	}
	return hint
}
