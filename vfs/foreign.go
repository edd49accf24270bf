package vfs

import (
	"time"

	"golang.org/x/sys/unix"

	"nbemu/abi"
	"nbemu/kern"
)

// A foreign descriptor is one that nbemu was given. Its flags belong to whoever else has it open, so that it may
// block: a terminal that was stopped by ^S or a slow line takes nothing, whatever poll said before a long write. As
// nobody may wait in the host with the kernel lock held, what a foreign descriptor leads to is opened a second time,
// with flags of its own. Where that cannot be (a terminal of another user's, the master of a pseudo-terminal), writes
// are left to a goroutine.

// openOwn opens what v leads to a second time, non-blocking, and returns -1 where that cannot be done.
func openOwn(v *Vnode) int {
	mode := unix.O_RDWR
	switch {
	case v.flags&abi.FWRITE == 0:
		mode = unix.O_RDONLY
	case v.flags&abi.FREAD == 0:
		mode = unix.O_WRONLY
	}
	fd, err := hostOpenOwn(v.fd, mode|unix.O_NONBLOCK|unix.O_NOCTTY|unix.O_CLOEXEC)
	if err != nil {
		return -1
	}
	return fd
}

// slowWrite is how far the goroutine is that writes to a foreign descriptor which may block. Protected by the kernel
// lock.
type slowWrite struct {
	busy bool
	n    int
	err  error
}

// slowChunk is the most that the goroutine is given at once.
const slowChunk = 4096

// writeSlowly has a goroutine write the first part of v, and waits for it as long as no signal comes. After that, or at
// once for a file that must not block, the part counts as written: it waits in our queue in place of the host's.
// Errors: EAGAIN while an earlier part waits there; the host's.
func (s *streamFile) writeSlowly(l *kern.LWP, f *kern.File, v [][]byte) (int, error) {
	w := &s.slow
	if w.busy {
		return 0, unix.EAGAIN
	}
	if f.Nonblock() && pollHost(s.fd, abi.POLLOUT)&(abi.POLLOUT|abi.POLLERR) == 0 {
		return 0, unix.EAGAIN
	}
	if herr := w.err; herr != nil {
		w.err = nil
		return 0, herr
	}
	var b []byte
	for _, part := range v {
		b = append(b, part[:min(len(part), slowChunk-len(b))]...)
	}
	*w = slowWrite{busy: true}
	s.Ref()
	fd, vn, k := s.fd, s.Vnode, f.K
	go func() {
		n, herr := writeAll(fd, b)
		k.Lock()
		*w = slowWrite{n: n, err: herr}
		f.Sel.Notify(kern.HostOut)
		k.Unlock()
		vn.Unref()
	}()
	deadline := noDeadline
	if f.Nonblock() {
		deadline = l.Shortly(10 * time.Millisecond)
	}
	for w.busy {
		if err := f.Sleep(l, &f.Sel.Q, "ttyout", deadline); err != abi.OK {
			break
		}
	}
	switch {
	case w.busy:
		return len(b), nil
	case w.n > 0:
		return w.n, nil // an error is for the next write
	}
	herr := w.err
	w.err = nil
	return 0, herr
}

// writeAll writes b to a descriptor that may block or not.
func writeAll(fd int, b []byte) (n int, err error) {
	for n < len(b) {
		k, err := unix.Write(fd, b[n:])
		switch err {
		case nil:
			n += k
		case unix.EINTR:
		case unix.EAGAIN:
			_, _ = unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLOUT}}, -1)
		default:
			return n, err
		}
	}
	return n, nil
}

// ioFd is the descriptor that s reads and writes through.
func (s *streamFile) ioFd() int {
	if s.foreign && s.own >= 0 {
		return s.own
	}
	return s.fd
}

// mayBlock reports whether a call on ioFd could wait in the host for another process.
func (s *streamFile) mayBlock() bool {
	if !s.foreign || s.own >= 0 {
		return false
	}
	return s.Mode&abi.S_IFMT == abi.S_IFIFO || s.Mode&abi.S_IFMT == abi.S_IFCHR && isTTY(s.fd)
}

// waitRoom sleeps until the host takes more output, after a write that would have blocked. Every attempt on a full
// pseudo-terminal makes an event, which would wake all its writers for another attempt: so nobody tries again before
// the host says that there is room, and who was told so in vain waits a little.
func (s *streamFile) waitRoom(l *kern.LWP, f *kern.File, vain int) abi.Errno {
	if vain > 1 && !f.Nonblock() {
		if err := l.Pause("ttyout", 5*time.Millisecond, true); err != abi.OK && err != abi.EWOULDBLOCK {
			return err
		}
	}
	for {
		if err := s.wait(l, f, "ttyout"); err != abi.OK {
			return err
		}
		if !s.slow.busy && (s.nowatch || pollHost(s.fd, abi.POLLOUT) != 0) {
			return abi.OK
		}
	}
}

// drain sleeps until a terminal has sent everything. Errors: EINTR, ERESTART.
func drain(l *kern.LWP, fd int) abi.Errno {
	for {
		n, herr := unix.IoctlGetInt(fd, unix.TIOCOUTQ)
		if herr != nil || n == 0 {
			return errno(herr)
		}
		if err := l.Pause("ttyout", 10*time.Millisecond, true); err != abi.OK && err != abi.EWOULDBLOCK {
			return err
		}
	}
}

// newStream makes a streamFile of a host file.
func newStream(h hostOps, foreign, seekable bool) streamFile {
	s := streamFile{hostOps: h, foreign: foreign, seekable: seekable, own: -1}
	// Another device may be another one for everybody who opens it.
	if foreign && s.mayBlock() {
		s.own = openOwn(h.Vnode)
	}
	return s
}
