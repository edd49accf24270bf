package vfs

import (
	"time"

	"golang.org/x/sys/unix"

	"nbemu/abi"
	"nbemu/kern"
)

// A listening socket that nbemu was given (inetd's, systemd's) may block, and several processes may wait for its
// connections: what poll promised can be gone when it is accepted. A socket cannot be opened a second time with flags of
// its own, so that a goroutine accepts. A connection that nobody waits for any more when it comes is the next one's.

// slowAccept is how far the goroutine is. Protected by the kernel lock.
type slowAccept struct {
	busy  bool
	ready bool // fd, from and err are a result that nobody has taken yet
	fd    int
	from  unix.Sockaddr
	err   error
	q     kern.SleepQ
}

// acceptDeadline is until when accept waits: SO_RCVTIMEO is for it as well on Linux.
func (s *socket) acceptDeadline(l *kern.LWP) time.Time {
	if !usedAgain(l) {
		return noDeadline
	}
	return fsOf(l).deadlineOf(s.rcvtimeo)
}

// accept takes a connection from the host. Errors: EAGAIN where the descriptor does not block; EINTR, ERESTART; the
// host's.
func (s *socket) accept(l *kern.LWP, f *kern.File) (int, unix.Sockaddr, abi.Errno) {
	if s.foreign {
		return s.acceptSlowly(l, f)
	}
	deadline := s.acceptDeadline(l)
	for {
		fd, from, herr := hostAccept(s.fd)
		switch herr {
		case unix.EINTR:
		case unix.EAGAIN:
			if err := s.wait(l, f, "netcon", false, deadline); err != abi.OK {
				return -1, nil, err
			}
		default:
			return fd, from, errno(herr)
		}
	}
}

func (s *socket) acceptSlowly(l *kern.LWP, f *kern.File) (int, unix.Sockaddr, abi.Errno) {
	w := &s.slow
	deadline := s.acceptDeadline(l)
	for {
		if w.ready {
			w.ready = false
			if w.err != unix.EAGAIN {
				return w.fd, w.from, errno(w.err)
			}
		}
		if !w.busy && pollHost(s.fd, abi.POLLIN) == 0 {
			if err := s.wait(l, f, "netcon", false, deadline); err != abi.OK {
				return -1, nil, err
			}
			continue
		}
		if !w.busy {
			if err := s.startAccept(l, f); err != abi.OK {
				return -1, nil, err
			}
		}
		deadline := noDeadline
		if f.Nonblock() {
			deadline = l.Shortly(10 * time.Millisecond)
		}
		for w.busy {
			err := f.Sleep(l, &w.q, "netcon", deadline)
			if err == abi.EWOULDBLOCK && w.busy {
				err = abi.EAGAIN
			}
			if err != abi.OK && err != abi.EWOULDBLOCK {
				return -1, nil, err
			}
		}
	}
}

// startAccept has a goroutine accept a connection, through a descriptor that stays open until it is back.
func (s *socket) startAccept(l *kern.LWP, f *kern.File) abi.Errno {
	own, err := unix.FcntlInt(uintptr(s.fd), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return errno(err)
	}
	w := &s.slow
	w.busy = true
	var fd int
	var from unix.Sockaddr
	l.K.HostCall(func() {
		err = retry(func() (err error) {
			fd, from, err = hostAccept(own)
			return err
		})
		_ = unix.Close(own)
	}, func() {
		w.busy = false
		if s.closed {
			if err == nil {
				_ = unix.Close(fd)
			}
			return
		}
		w.ready, w.fd, w.from, w.err = true, fd, from, err
		w.q.WakeAll()
		if err == nil {
			f.Sel.Notify(kern.HostIn)
		}
	})
	return abi.OK
}

// closeSlow gives back a connection that nobody took.
func (s *socket) closeSlow() {
	s.closed = true
	if w := &s.slow; w.ready && w.err == nil {
		w.ready = false
		_ = unix.Close(w.fd)
	}
}

// pending reports whether a connection waits here and not on the host.
func (s *socket) pending() bool { return s.slow.ready && s.slow.err == nil }
