package main

import (
	"fmt"
	"os"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// console is where nbemu itself speaks. Guests may wait for the lock that a message is written under, so that a
// terminal which takes no more output (^S, a slow line) must not hold the writer up: what it does not take at once
// waits here, and what is more than maxPending is counted in place of being kept.
type console struct {
	fd   int
	asks bool // fd may block: what leads to it could not be opened a second time

	mu      sync.Mutex
	pending []byte
	lost    int
	writing bool
	idle    sync.Cond
}

const maxPending = 1 << 20

// newConsole makes a console of a descriptor, which must stay open. Terminals and pipes are opened a second time, so
// that they can be used without waiting; their flags belong to others too.
func newConsole(fd int) *console {
	c := &console{fd: fd, asks: true}
	c.idle.L = &c.mu
	var st unix.Stat_t
	if unix.Fstat(fd, &st) != nil {
		return c
	}
	switch st.Mode & unix.S_IFMT {
	case unix.S_IFREG:
		c.asks = false
	case unix.S_IFIFO, unix.S_IFCHR:
		if own, err := openNonblock(fd); err == nil {
			c.fd, c.asks = own, false
		}
	}
	return c
}

// openNonblock opens the pipe or terminal that fd is open on a second time.
func openNonblock(fd int) (int, error) {
	return unix.Open(fmt.Sprintf("/proc/self/fd/%d", fd), unix.O_WRONLY|unix.O_NONBLOCK|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
}

// Write never waits and never fails.
func (c *console) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	rest := p
	for len(rest) > 0 && len(c.pending) == 0 && !c.writing && c.ready() {
		n, err := unix.Write(c.fd, rest)
		if err == unix.EINTR {
			continue
		}
		if err == unix.EAGAIN {
			break
		}
		if err != nil {
			return len(p), nil // nobody reads what nbemu says
		}
		rest = rest[n:]
	}
	switch {
	case len(rest) == 0:
		return len(p), nil
	case len(c.pending)+len(rest) > maxPending:
		c.lost += len(rest)
		return len(p), nil
	}
	c.pending = append(c.pending, rest...)
	if !c.writing {
		c.writing = true
		go c.drain()
	}
	return len(p), nil
}

// ready reports whether a write may be tried. Of what could block only a pipe's word counts, as a message fits into it
// then.
func (c *console) ready() bool {
	if !c.asks {
		return true
	}
	var st unix.Stat_t
	p := []unix.PollFd{{Fd: int32(c.fd), Events: unix.POLLOUT}}
	n, err := unix.Poll(p, 0)
	return err == nil && n == 1 && unix.Fstat(c.fd, &st) == nil && st.Mode&unix.S_IFMT != unix.S_IFCHR
}

// drain writes what is pending, as it is taken.
func (c *console) drain() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for len(c.pending) > 0 {
		b := c.pending[:min(len(c.pending), 4096)]
		c.mu.Unlock()
		_, _ = unix.Poll([]unix.PollFd{{Fd: int32(c.fd), Events: unix.POLLOUT}}, -1)
		n, err := unix.Write(c.fd, b)
		c.mu.Lock()
		switch err {
		case nil:
			c.pending = c.pending[n:]
		case unix.EINTR, unix.EAGAIN:
			c.mu.Unlock()
			time.Sleep(10 * time.Millisecond) // a terminal may say that there is room and take nothing
			c.mu.Lock()
		default:
			c.pending, c.lost = nil, 0
		}
		if len(c.pending) == 0 && c.lost > 0 {
			c.pending = fmt.Appendf(nil, "nbemu: %d bytes of messages are lost: nobody took them\n", c.lost)
			c.lost = 0
		}
	}
	c.pending = nil
	c.writing = false
	c.idle.Broadcast()
}

// flush waits until everything is written, or for a second.
func (c *console) flush() {
	c.mu.Lock()
	defer c.mu.Unlock()
	late := false
	t := time.AfterFunc(time.Second, func() {
		c.mu.Lock()
		late = true
		c.idle.Broadcast()
		c.mu.Unlock()
	})
	defer t.Stop()
	for c.writing && !late {
		c.idle.Wait()
	}
}

// exit ends nbemu after its last words.
func exit(code int) {
	stderr.flush()
	os.Exit(code)
}
