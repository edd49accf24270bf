package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"

	"golang.org/x/sys/unix"

	"nbemu/abi"
	"nbemu/cpu"
	"nbemu/internal/afl"
	"nbemu/machine"
)

// target is a program that afl-fuzz runs: each run begins with a snapshot.
type target struct {
	o      afl.Options
	m      *machine.Machine
	p      *machine.Process
	snap   *machine.Snapshot
	server *afl.Server
	child  *afl.Child
	stdin  *os.File // the program's standard input, if test cases come by memory; else nil

	persistent bool
	inputAt    uint64
	inputMax   int
	compares   []cpu.EdgeRange // where what is compared is told
}

// compared is the machine's part of afl-fuzz's -c: what the program compares is for the target that serve gets. nil: this
// is not the fork server for it.
func (o *options) compared() *machine.Comparisons {
	if !o.afl || !afl.Comparing() {
		return nil
	}
	t := &o.target
	return &machine.Comparisons{
		In: func(pc uint64) bool {
			return slices.ContainsFunc(t.compares, func(r cpu.EdgeRange) bool { return pc >= r.Start && pc < r.End })
		},
		Compared: func(pc, a, b uint64, size int) { t.server.Cmp.Add(pc, a, b, size) },
	}
}

// fuzzed is run for -afl; the result is nbemu's exit status.
func fuzzed(o *options, m *machine.Machine, c machine.Command) int {
	defer closeMachine(m, o.observe.patience())
	// A run is handed from one goroutine to the next all the time: threads of the host that wake each other cost more than
	// a second one brings. Fuzzers take a core each.
	runtime.GOMAXPROCS(1)
	t := &o.target
	t.m = m
	var notes []string
	var err error
	if t.o, notes, err = afl.ReadOptions(os.Getenv); err != nil {
		return say(fmt.Errorf("-afl: %w", err))
	}
	for _, n := range notes {
		say(errors.New("-afl: " + n))
	}
	if err := t.open(&c); err != nil {
		return say(fmt.Errorf("-afl: %w", err))
	}
	if afl.Present() {
		if t.child, err = afl.NewChild(t.hang); err != nil {
			return say(fmt.Errorf("-afl: %w", err))
		}
		defer t.closeChild()
	}
	if t.p, err = m.Start(c); err != nil {
		return notStarted(err, c.Path)
	}
	if err := t.prepare(); err != nil {
		return say(fmt.Errorf("-afl: %w", err))
	}
	if !afl.Present() {
		return t.once()
	}
	if err := t.server.Hello(t.o.Newer); err != nil {
		return say(fmt.Errorf("-afl: %w", err))
	}
	if err := t.server.Serve(t.pid, t.killed, t.run); err != nil {
		return say(fmt.Errorf("-afl: %w", err))
	}
	return 0
}

// open connects to afl-fuzz and gives the program its standard input.
func (t *target) open(c *machine.Command) (err error) {
	c.Held = true
	byFile := slices.ContainsFunc(c.Args[1:], func(a string) bool { return strings.HasPrefix(filepath.Base(a), ".cur_input") })
	if t.server, err = afl.Open(!byFile || t.o.InputAt != ""); err != nil || !t.server.InMemory() || t.o.InputAt != "" {
		return err
	}
	// The same file for all runs, which begin at its start.
	if t.stdin, err = os.CreateTemp("/dev/shm", "nbemu-afl"); err != nil {
		if t.stdin, err = os.CreateTemp("", "nbemu-afl"); err != nil {
			return err
		}
	}
	if err := os.Remove(t.stdin.Name()); err != nil {
		return err
	}
	_ = unix.Close(0)
	_, err = unix.FcntlInt(t.stdin.Fd(), unix.F_DUPFD, 0)
	return err
}

// prepare brings the program to where runs begin, and takes the snapshot.
func (t *target) prepare() error {
	if t.o.Entry != "" {
		if err := t.runUntil(t.o.Entry); err != nil {
			return fmt.Errorf("AFL_ENTRYPOINT: %w", err)
		}
	}
	if t.o.Start != "" {
		if err := t.persist(); err != nil {
			return fmt.Errorf("persistent mode: %w", err)
		}
	}
	in, out, err := t.ranges()
	if err != nil {
		return err
	}
	if err := cpu.SetEdges(t.server.Map, in, out); err != nil {
		return err
	}
	if !afl.Present() {
		return nil
	}
	if t.server.Cmp != nil {
		if t.compares = in; in == nil {
			t.compares = []cpu.EdgeRange{{Start: 0, End: ^uint64(0)}}
		}
	}
	t.p.Touch()
	t.snap, err = t.m.Snapshot()
	return err
}

func (t *target) runUntil(where string) error {
	at, err := t.address(where)
	if err != nil {
		return err
	}
	return t.p.RunUntil(at)
}

// address reads a number, or finds a symbol.
func (t *target) address(s string) (uint64, error) {
	if v, err := strconv.ParseUint(s, 0, 64); err == nil {
		return v, nil
	}
	return t.p.Symbol(s)
}

// persist finds where runs begin and end in persistent mode.
func (t *target) persist() error {
	if err := t.runUntil(t.o.Start); err != nil {
		return err
	}
	t.persistent = true
	var end uint64
	var err error
	if t.o.Return != "" {
		end, err = t.address(t.o.Return)
	} else {
		end, err = t.p.ReturnAddress(t.o.RetOffset)
	}
	if err != nil {
		return err
	}
	if t.o.InputAt != "" {
		if t.inputAt, err = t.p.Register(t.o.InputAt); err != nil {
			t.inputAt, err = t.address(t.o.InputAt)
		}
		if err != nil {
			return err
		}
		if t.o.InputLen != "" {
			if _, err := t.p.Register(t.o.InputLen); err != nil {
				return err
			}
		}
		if t.inputMax = t.room(t.inputAt); t.inputMax == 0 {
			return fmt.Errorf("there is no memory for test cases at %#x", t.inputAt)
		}
	}
	return t.p.Break(end)
}

// room is how much memory there is at an address, at most what test cases can be long.
func (t *target) room(at uint64) int {
	b := make([]byte, 4096)
	n := 0
	for n < 1<<20 {
		k := 4096 - int((at+uint64(n))&4095)
		if t.p.ReadMemory(b[:k], at+uint64(n)) != nil {
			break
		}
		n += k
	}
	return n
}

// ranges are the addresses whose blocks are counted: the program's own, unless the environment says otherwise.
func (t *target) ranges() (in, out []cpu.EdgeRange, err error) {
	text := t.p.Text()
	find := func(s string) (r []cpu.EdgeRange, err error) {
		if from, to, ok := strings.Cut(s, "-"); ok {
			a, err1 := strconv.ParseUint(from, 0, 64)
			b, err2 := strconv.ParseUint(to, 0, 64)
			if err1 == nil && err2 == nil {
				return []cpu.EdgeRange{{Start: a, End: b}}, nil
			}
		}
		for _, x := range text {
			if x.File != "" && strings.Contains(x.File, s) {
				r = append(r, cpu.EdgeRange{Start: x.Start, End: x.End})
			}
		}
		if r == nil {
			err = fmt.Errorf("%q is no range of addresses, and no file that is mapped by now", s)
		}
		return r, err
	}
	for _, s := range t.o.In {
		r, err := find(s)
		if err != nil {
			return nil, nil, err
		}
		in = append(in, r...)
	}
	for _, s := range t.o.Out {
		r, err := find(s)
		if err != nil {
			return nil, nil, err
		}
		out = append(out, r...)
	}
	if in == nil && !t.o.Everything {
		for _, x := range text {
			if x.Own {
				in = append(in, cpu.EdgeRange{Start: x.Start, End: x.End})
			}
		}
	}
	return in, out, nil
}

// once runs the program as without afl-fuzz, but for the map: afl-showmap without a fork server, and people.
func (t *target) once() int {
	cpu.BeginEdges()
	t.m.Resume()
	if t.persistent && t.p.Await() == nil {
		return 0
	}
	status, err := t.p.Wait()
	if err != nil {
		return say(err)
	}
	if status.Signal() != 0 {
		return dieLike(status)
	}
	return status.Code()
}

// childLock guards target.child.
var childLock sync.Mutex

func (t *target) pid() int {
	childLock.Lock()
	defer childLock.Unlock()
	return t.child.PID()
}

func (t *target) closeChild() {
	childLock.Lock()
	defer childLock.Unlock()
	t.child.Close()
}

// killed replaces the stand-in that afl-fuzz has killed.
func (t *target) killed() error {
	t.child.Wait()
	c, err := afl.NewChild(t.hang)
	childLock.Lock()
	defer childLock.Unlock()
	if err == nil {
		t.child = c
	}
	return err
}

// hang ends a run that takes too long.
func (t *target) hang() { _ = t.p.Signal(abi.SIGKILL) }

// run is one run.
func (t *target) run() (uint32, error) {
	if err := t.snap.Restore(); err != nil {
		return 0, err
	}
	if err := t.putInput(); err != nil {
		return 0, err
	}
	cpu.BeginEdges()
	if !t.child.Begin() {
		t.child.End()
		return uint32(unix.SIGKILL), nil
	}
	t.m.Resume()
	if t.persistent {
		if err := t.p.Await(); err == nil {
			t.child.End()
			return 0, nil
		} else if err != machine.ErrEnded {
			return 0, err
		}
	}
	status, err := t.p.Wait()
	if t.child.End() {
		return uint32(unix.SIGKILL), err
	}
	return hostStatus(status), err
}

// putInput gives the program a test case that comes by memory.
func (t *target) putInput() error {
	switch {
	case t.o.InputAt != "":
		var b []byte
		if t.server.InMemory() {
			b = t.server.Input()
		} else {
			var err error
			if b, err = io.ReadAll(io.NewSectionReader(os.Stdin, 0, 1<<20)); err != nil {
				return err
			}
		}
		b = b[:min(len(b), t.inputMax)]
		if err := t.p.WriteMemory(b, t.inputAt); err != nil {
			return err
		}
		if t.o.InputLen != "" {
			return t.p.SetRegister(t.o.InputLen, uint64(len(b)))
		}
	case t.stdin != nil:
		b := t.server.Input()
		if err := t.stdin.Truncate(int64(len(b))); err != nil {
			return err
		}
		_, err := t.stdin.WriteAt(b, 0)
		return err
	}
	return nil
}

// hostStatus is the host's wait status.
func hostStatus(s machine.Status) uint32 {
	if s.Signal() == 0 {
		return uint32(s.Code()) << 8
	}
	for _, h := range hostSignals {
		if h.guest == s.Signal() {
			return uint32(h.host)
		}
	}
	return uint32(unix.SIGSEGV) // one that the host does not have; a crash all the same
}
