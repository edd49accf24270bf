package kern

import (
	"os"

	"golang.org/x/sys/unix"
)

var hostEpoll int

func hostPollInit() (err error) {
	if hostEpoll, err = unix.EpollCreate1(unix.EPOLL_CLOEXEC); err != nil {
		return err
	}
	if !det.on {
		go hostPoller()
	}
	return nil
}

func hostPollFD() int { return hostEpoll }

// hostPollNow gives the events there are, without waiting.
func hostPollNow() (out []hostEvent) {
	var events [128]unix.EpollEvent
	for {
		n, err := unix.EpollWait(hostEpoll, events[:], 0)
		if err == unix.EINTR {
			continue
		}
		for _, e := range events[:max(n, 0)] {
			if w := hostPoll.watches[uint32(e.Fd)]; w != nil {
				out = append(out, hostEvent{w, hostHint(e.Events)})
			}
		}
		if n < len(events) {
			return out
		}
	}
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

// hostPoller waits for events. It waits in the Go runtime's own poller, where our epoll descriptor is one of
// many: an idle thread that hears of an event runs this goroutine and then the LWP it wakes, without a switch
// of threads. A blocking epoll_wait instead costs some 30 us for each event.
func hostPoller() {
	var events [128]unix.EpollEvent
	var n int
	var err error
	wait := func(fd uintptr) bool {
		n, err = unix.EpollWait(int(fd), events[:], 0)
		return n > 0 || err != nil && err != unix.EINTR
	}
	_ = unix.SetNonblock(hostEpoll, true)
	f := os.NewFile(uintptr(hostEpoll), "epoll")
	conn, cerr := f.SyscallConn()
	for {
		n, err = 0, nil
		if cerr == nil {
			if cerr = conn.Read(wait); cerr != nil && n == 0 {
				continue
			}
		} else {
			n, err = unix.EpollWait(hostEpoll, events[:], -1)
		}
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
	if ev&unix.EPOLLPRI != 0 {
		hint |= HostPri
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
