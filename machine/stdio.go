package machine

import (
	"errors"
	"fmt"
	"io"
	"os"
	"sync"

	"golang.org/x/sys/unix"

	"nbemu/abi"
	"nbemu/kern"
)

// Names of the types that Command takes, so that its documentation says what is meant.
type (
	Reader = io.Reader
	Writer = io.Writer
	File   = *os.File
	Signal = abi.Signal
	Errno  = abi.Errno
)

// stdio is the plumbing of one process's descriptors: what the guest gets, and the goroutines that copy.
type stdio struct {
	m     *Machine
	guest []int      // host descriptors by guest descriptor, ours until install gives them to the guest
	ends  []*os.File // our ends of pipes
	in    func()     // copies to the program until that does not want any more; nil for nothing to copy
	out   []func()   // copy from the program until nobody can write any more

	wg  sync.WaitGroup // the goroutines of out
	mu  sync.Mutex
	err error // of the first copy that failed
}

// open makes the host descriptors. Error: the host's; close must follow.
func (s *stdio) open(c *Command) error {
	if err := s.openInput(c.Stdin); err != nil {
		return fmt.Errorf("stdin: %w", err)
	}
	if err := s.openOutput(c.Stdout); err != nil {
		return fmt.Errorf("stdout: %w", err)
	}
	if c.Stderr != nil && same(c.Stderr, c.Stdout) {
		fd, err := unix.FcntlInt(uintptr(s.guest[1]), unix.F_DUPFD_CLOEXEC, 0)
		if err != nil {
			return fmt.Errorf("stderr: %w", err)
		}
		s.guest = append(s.guest, fd)
	} else if err := s.openOutput(c.Stderr); err != nil {
		return fmt.Errorf("stderr: %w", err)
	}
	for i, f := range c.Files {
		if err := s.dup(f); err != nil {
			return fmt.Errorf("descriptor %d: %w", i+3, err)
		}
	}
	return nil
}

// same reports whether two writers are one, where that can be asked.
func same(a, b Writer) (eq bool) {
	defer func() {
		if recover() != nil {
			eq = false // of a type that cannot be compared
		}
	}()
	return a == b
}

// dup gives the guest a copy of a descriptor; nil is /dev/null.
func (s *stdio) dup(f *os.File) error {
	if f == nil {
		fd, err := unix.Open(os.DevNull, unix.O_RDWR|unix.O_CLOEXEC, 0)
		if err == nil {
			s.guest = append(s.guest, fd)
		}
		return err
	}
	conn, err := f.SyscallConn()
	if err != nil {
		return err
	}
	var fd int
	var derr error
	if err = conn.Control(func(h uintptr) { fd, derr = unix.FcntlInt(h, unix.F_DUPFD_CLOEXEC, 0) }); err == nil {
		err = derr
	}
	if err == nil {
		s.guest = append(s.guest, fd)
	}
	return err
}

func (s *stdio) openInput(r Reader) error {
	if r == nil {
		return s.dup(nil)
	}
	if f, ok := r.(*os.File); ok {
		return s.dup(f)
	}
	pr, pw, err := os.Pipe()
	if err != nil {
		return err
	}
	defer pr.Close()
	s.ends = append(s.ends, pw)
	s.in = func() {
		_, err := io.Copy(pw, r)
		pw.Close()
		if !errors.Is(err, unix.EPIPE) { // a program need not read all
			s.fail(err)
		}
	}
	return s.dup(pr)
}

func (s *stdio) openOutput(w Writer) error {
	if w == nil {
		return s.dup(nil)
	}
	if f, ok := w.(*os.File); ok {
		return s.dup(f)
	}
	pr, pw, err := os.Pipe()
	if err != nil {
		return err
	}
	defer pw.Close()
	s.ends = append(s.ends, pr)
	s.out = append(s.out, func() {
		_, err := io.Copy(w, pr)
		pr.Close()
		s.fail(err)
	})
	return s.dup(pw)
}

func (s *stdio) fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err == nil {
		s.err = err
	}
}

// install gives the guest its descriptors. Preconditions: kernel lock.
func (s *stdio) install(p *kern.Proc) {
	for n, fd := range s.guest {
		if f := s.m.fs.AdoptHost(fd); f != nil {
			p.Fd.SetFd(int32(n), f, false)
		}
	}
	s.guest = nil
}

// start begins to copy. Nobody waits for the goroutine that copies input: it may be in a Read of the caller's that
// never returns.
func (s *stdio) start() {
	if s.in != nil {
		go s.in()
	}
	for _, copying := range s.out {
		s.wg.Add(1)
		s.m.streams.Add(1)
		go func() {
			defer s.m.streams.Done()
			defer s.wg.Done()
			copying()
		}()
	}
}

// close gives back what was opened for a program that was not started.
func (s *stdio) close() {
	for _, fd := range s.guest {
		_ = unix.Close(fd)
	}
	for _, f := range s.ends {
		f.Close()
	}
	s.guest, s.ends = nil, nil
}

// wait waits for the copies. Error: that of the first one that failed.
func (s *stdio) wait() error {
	s.wg.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}
