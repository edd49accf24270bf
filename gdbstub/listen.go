package gdbstub

import (
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"sync"

	"nbemu/kern"
)

// A Session waits for gdb and serves it; with Again one debugger after the other, as long as the process is there.
type Session struct {
	d    beginner // nil between two debuggers
	p    *kern.Proc
	done chan struct{}

	// Again has the session wait for another debugger when one has detached. It is set before Serve.
	Again bool

	addr string
	mu   sync.Mutex // guards what follows
	l    net.Listener
	busy bool // a debugger is there
	over bool // no other one is waited for
}

// beginner is a Target that has not begun.
type beginner interface {
	Target
	// begin waits until the process has stopped before its first instruction.
	begin() Event
}

// Listen opens where gdb will connect to: a port of this machine, or a path of a socket, which has a slash. The
// process p stops before its first instruction until then. again, if not nil, is for a process of a deterministic machine,
// which the debugger can go back in: it starts the same program in another machine, for a Debugger that repeats log, and
// leaves it stopped before its first instruction. Preconditions: kernel lock; p has not been started.
func Listen(where string, p *kern.Proc, again func(log *kern.Journal) (*Run, error)) (*Session, error) {
	if !Supported(p.Arch) {
		return nil, fmt.Errorf("%w: %s", ErrArch, p.Arch.Name)
	}
	l, err := listen(where)
	if err != nil {
		return nil, err
	}
	s := &Session{l: l, p: p, addr: address(l), done: make(chan struct{})}
	if again != nil {
		s.d = newTimeline(&Run{P: p, G: p.K.NewDebugger(p)}, again)
	} else {
		s.d = attach(p)
	}
	return s, nil
}

// listen opens where a debugger will connect to.
func listen(where string) (net.Listener, error) {
	network, addr := "tcp", "127.0.0.1:"+where
	switch {
	case strings.Contains(where, "/"):
		network, addr = "unix", where
	case strings.Contains(where, ":"):
		addr = where
	}
	var l net.Listener
	var err error
	if network == "unix" {
		l, err = listenLocal(addr)
	} else {
		l, err = net.Listen(network, addr)
	}
	if err != nil {
		return nil, fmt.Errorf("no debugger can connect to %s: %w", where, err)
	}
	return l, nil
}

// localListener is a local socket that has its name since one can connect to it: who waits for the name need not try twice.
type localListener struct {
	net.Listener
	path string
}

func listenLocal(path string) (net.Listener, error) {
	early := path + ".new"
	l, err := net.Listen("unix", early)
	if err != nil {
		return nil, err
	}
	l.(*net.UnixListener).SetUnlinkOnClose(false)
	err = os.Link(early, path)
	_ = os.Remove(early)
	if err != nil {
		l.Close()
		return nil, err
	}
	return &localListener{l, path}, nil
}

func (l *localListener) Close() error {
	_ = os.Remove(l.path)
	return l.Listener.Close()
}

func (l *localListener) Addr() net.Addr { return &net.UnixAddr{Name: l.path, Net: "unix"} }

// Addr is what to tell gdb's "target remote".
func (s *Session) Addr() string { return s.addr }

func address(l net.Listener) string {
	if a, ok := l.Addr().(*net.TCPAddr); ok && a.IP.IsLoopback() {
		return fmt.Sprintf(":%d", a.Port)
	}
	return l.Addr().String()
}

// Serve waits for gdb and serves it. When it is over the process is gone, or goes on by itself.
func (s *Session) Serve() error {
	defer close(s.done)
	first := s.d.begin()
	first.Signal, first.First = 5, true // SIGTRAP, as gdb expects it of a program that has just been started
	for {
		conn, err := s.accept()
		if err != nil {
			if s.d != nil {
				s.d.Detach()
			}
			if errors.Is(err, net.ErrClosed) {
				return nil // GiveUp
			}
			return err
		}
		if s.d == nil {
			if first = s.attach(); s.d == nil {
				conn.Close()
				return nil
			}
		}
		_, back := s.d.(Reverser)
		err = Serve(conn, s.d, first)
		conn.Close()
		s.d = nil
		if err != nil || back || !s.listenAgain() {
			return err
		}
	}
}

// accept waits for a debugger; nobody else can connect then.
func (s *Session) accept() (net.Conn, error) {
	s.mu.Lock()
	l := s.l
	s.mu.Unlock()
	conn, err := l.Accept()
	l.Close()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.busy = err == nil
	return conn, err
}

// attach stops the process for another debugger. It is gone: d stays nil.
func (s *Session) attach() Event {
	s.p.K.Lock()
	if s.p.Zombie {
		s.p.K.Unlock()
		return Event{}
	}
	d := attach(s.p)
	s.p.K.Unlock()
	s.d = d
	e := d.begin()
	e.Signal = 5
	return e
}

// listenAgain opens the same place for the next debugger, and reports whether one is waited for.
func (s *Session) listenAgain() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.busy = false
	if !s.Again || s.over {
		return false
	}
	l, err := listen(strings.TrimPrefix(s.addr, ":"))
	if err != nil {
		return false // somebody else is there now
	}
	s.l = l
	return true
}

// GiveUp ends the waiting for gdb, if it is not there: the program goes on, for a signal to end it for example. It
// may be called from any goroutine, and by those that have the kernel lock. A nil Session is over.
func (s *Session) GiveUp() {
	if s == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.busy {
		s.l.Close()
	}
}

// Wait waits until the session is over, after the process's end: gdb wants to hear how the program ended, and if there is
// none, none is waited for any more. A nil Session is over.
func (s *Session) Wait() {
	if s != nil {
		s.mu.Lock()
		s.over = true
		s.mu.Unlock()
		s.GiveUp()
		<-s.done
	}
}
