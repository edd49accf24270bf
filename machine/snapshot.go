package machine

import (
	"errors"
	"slices"
	"sync"

	"nbemu/abi"
	"nbemu/arch"
	"nbemu/kern"
)

// Snapshot is what a machine was at one moment: all processes with their memory (copied when it is stored to), registers,
// signals, descriptors and offsets, pipes between them, and with Config.Deterministic the clock and the random numbers to
// come.
//
// Not in it is what lies outside of the machine. What programs have written to the host's files, pipes and terminals
// stays written, files that they have made stay there, and without Config.Deterministic the clock is the host's.
// Sysctl variables, processor sets and the log go on too.
//
// Machine.Snapshot refuses, and says which process or descriptor it is about, what it cannot bring back: sockets, kqueues,
// timers (also of descriptors), POSIX queues and semaphores, System V objects, input from the host's pipes and terminals,
// locks of files, controlling terminals, files mapped shared for storing, asynchronous I/O, processes that are traced,
// stopped or in vfork, scheduler activations, local descriptor tables of i386, KVM, and Command's Readers and Writers that
// are no files.
type Snapshot struct {
	m     *Machine
	s     *kern.Snapshot
	procs []*Process
}

// Pause brings the machine to rest: no program runs until Resume. Calls that wait begin again then; those that wait for a
// time wait as long as at first. Error: a process cannot be paused where it is; all run on then.
func (m *Machine) Pause() error { return m.k.Rest() }

// Resume lets a machine go on that is at rest: after Pause, Snapshot, Restore, RunUntil or Call, or because its program
// was started with Command.Held.
func (m *Machine) Resume() {
	m.k.Lock()
	defer m.k.Unlock()
	m.k.Resume()
}

// Snapshot brings the machine to rest, remembers what it is then, and leaves it at rest.
func (m *Machine) Snapshot() (*Snapshot, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return nil, ErrClosed
	}
	if err := m.k.Rest(); err != nil {
		return nil, err
	}
	s := &Snapshot{m: m}
	m.forget()
	for _, p := range m.started {
		if p.stdio.in != nil || len(p.stdio.out) != 0 {
			return nil, errors.New("a program was started with a Reader or Writer that is no file: what was copied cannot be taken back")
		}
		if p.gdb != nil {
			return nil, errors.New("a program was started for a debugger")
		}
		s.procs = append(s.procs, p)
	}
	m.k.Lock()
	defer m.k.Unlock()
	var err error
	if s.s, err = m.k.Snapshot(); err != nil {
		return nil, err
	}
	m.snapshots[s] = true
	return s, nil
}

// forget takes programs off the list that have ended and were waited for. Preconditions: m.mu.
func (m *Machine) forget() {
	m.started = slices.DeleteFunc(m.started, func(p *Process) bool {
		for s := range m.snapshots {
			if slices.Contains(s.procs, p) {
				return false
			}
		}
		p.over.mu.Lock()
		defer p.over.mu.Unlock()
		return p.over.ended
	})
}

// Restore makes the machine what it was, whatever runs now, and leaves it at rest. Process.Wait waits again then for the
// programs that were there. It takes microseconds, and one or two more for each page that was changed. Nobody may be in
// Wait meanwhile for a program that has not ended. Errors: ErrClosed, and a snapshot that was closed.
func (s *Snapshot) Restore() error {
	s.m.mu.Lock()
	defer s.m.mu.Unlock()
	if s.m.closed {
		return ErrClosed
	}
	if err := s.s.Restore(); err != nil {
		return err
	}
	for _, p := range s.procs {
		p.over.mu.Lock()
		p.over.ended = false
		p.over.mu.Unlock()
	}
	return nil
}

// Close gives up what the snapshot holds. The machine is not changed.
func (s *Snapshot) Close() {
	s.m.mu.Lock()
	defer s.m.mu.Unlock()
	s.drop()
}

// drop is Close. Preconditions: s.m.mu.
func (s *Snapshot) drop() {
	if s.m.snapshots[s] {
		delete(s.m.snapshots, s)
		s.m.k.Lock()
		s.s.Drop()
		s.m.k.Unlock()
	}
}

// ErrEnded is the error of RunUntil and Call for a process that ends first.
var ErrEnded = kern.ErrEnded

// RunUntil resumes the machine until the process is about to execute the instruction at an address, and leaves it at
// rest. In the meantime the program's memory has a breakpoint instruction there. Errors: ErrEnded, EFAULT for an address
// without memory, and those of Pause.
func (p *Process) RunUntil(addr uint64) error {
	if err := p.Break(addr); err != nil {
		return err
	}
	p.m.Resume()
	err := p.Await()
	p.m.k.Lock()
	defer p.m.k.Unlock()
	p.p.ClearBreaks()
	return err
}

// Break has the machine come to rest, for as long as the process lives, where it would execute the instruction at an
// address: the program's memory has a breakpoint instruction there, which snapshots from now on have too. The machine is
// at rest. Errors: ErrEnded, EFAULT.
func (p *Process) Break(addr uint64) error {
	p.m.k.Lock()
	defer p.m.k.Unlock()
	if !p.m.k.Resting() {
		return errRunning
	}
	if p.p.Zombie || p.p.VM == nil {
		return ErrEnded
	}
	return p.setBreak(addr)
}

// Await waits, after Resume, until a Break has brought the machine to rest. Errors: ErrEnded if the process ends first;
// those of Pause.
func (p *Process) Await() error {
	p.m.k.Lock()
	defer p.m.k.Unlock()
	return p.m.k.AwaitBreak(p.p)
}

// setBreak puts a breakpoint into the program. Preconditions: kernel lock.
func (p *Process) setBreak(addr uint64) error {
	if err := p.p.SetBreak(arch.Of(p.p.Arch).GDB().BreakAt(addr)); err != abi.OK {
		return err
	}
	return nil
}

var errRunning = errors.New("the machine is not at rest")

// over is what Wait has found out.
type over struct {
	mu     sync.Mutex
	ended  bool
	status Status
	err    error
}
