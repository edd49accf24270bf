package kern

import (
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

func (k *Kernel) hostPollInit() (err error) {
	if k.hostPoll.fd, err = unix.EpollCreate1(unix.EPOLL_CLOEXEC); err != nil {
		return err
	}
	fd := k.hostPoll.fd
	if k.det.on {
		k.hostPoll.stop = func() { _ = unix.Close(fd) }
		return nil
	}
	// The runtime's own poller wakes the goroutine when the file is closed.
	if err = unix.SetNonblock(fd, true); err != nil {
		_ = unix.Close(fd)
		return err
	}
	f := os.NewFile(uintptr(fd), "epoll")
	conn, err := f.SyscallConn()
	if err != nil {
		_ = f.Close()
		return err
	}
	k.hostPoll.stop = func() { _ = f.Close() }
	k.worker(func() { k.hostPoller(conn) })
	return nil
}

func (k *Kernel) hostPollFD() int { return k.hostPoll.fd }

// hostPollNow returns the events there are, without waiting.
func (k *Kernel) hostPollNow() (out []hostEvent) {
	var events [128]unix.EpollEvent
	for {
		n, err := unix.EpollWait(k.hostPoll.fd, events[:], 0)
		if err == unix.EINTR {
			continue
		}
		for _, e := range events[:max(n, 0)] {
			if w := k.hostPoll.watches[uint32(e.Fd)]; w != nil {
				out = append(out, hostEvent{w, hostHint(e.Events)})
			}
		}
		if n < len(events) {
			return out
		}
	}
}

func hostPollAdd(w *HostWatch) error {
	return unix.EpollCtl(w.k.hostPoll.fd, unix.EPOLL_CTL_ADD, w.fd, &unix.EpollEvent{
		Events: unix.EPOLLIN | unix.EPOLLOUT | unix.EPOLLPRI | unix.EPOLLRDHUP | unix.EPOLLET,
		Fd:     int32(w.id),
	})
}

func hostPollDel(w *HostWatch) {
	_ = unix.EpollCtl(w.k.hostPoll.fd, unix.EPOLL_CTL_DEL, w.fd, &unix.EpollEvent{})
}

// hostPoller waits for events. It waits in the Go runtime's own poller, where our epoll descriptor is one of
// many: an idle thread that hears of an event runs this goroutine and then the LWP it wakes, without a switch
// of threads. A blocking epoll_wait instead costs some 30 us for each event. The events themselves are taken with the
// kernel lock held: those on their way here would be missing to who asks the host, and come late to who has looked since.
func (k *Kernel) hostPoller(conn syscall.RawConn) {
	var err error
	wait := func(fd uintptr) bool {
		var n int
		n, err = unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, 0)
		return n > 0 || err != nil && err != unix.EINTR
	}
	for {
		if err = nil; conn.Read(wait) != nil {
			return // closed
		}
		if err != nil {
			k.callback(func() { k.Log("poll: %v: no more host events", err) })
			return
		}
		k.callback(func() { k.AskHost() })
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
