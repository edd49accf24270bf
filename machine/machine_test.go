package machine_test

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"nbemu/abi"
	"nbemu/internal/testprog"
	"nbemu/machine"
	"nbemu/mem"
)

// guest is a prebuilt program of testdata/arch.
func guest(arch, name string) string {
	return filepath.Join(testprog.Root(), "testdata", "arch", "prebuilt", arch, name)
}

// newMachine makes a machine that the test's end closes, and whose log is the test's.
func newMachine(t testing.TB, c machine.Config) *machine.Machine {
	t.Helper()
	if c.Log == nil {
		c.Log = func(line string) { t.Logf("log: %s", line) }
	}
	m, err := machine.New(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	})
	return m
}

// output runs a command to its end, which must be exit status 0, and returns what it wrote.
func output(t testing.TB, m *machine.Machine, c machine.Command) string {
	t.Helper()
	var out bytes.Buffer
	c.Stdout, c.Stderr = &out, &out
	p, err := m.Start(c)
	if err != nil {
		t.Fatal(err)
	}
	status, err := p.Wait()
	if err != nil || status.Code() != 0 {
		t.Fatalf("%v, %v\n%s", status, err, out.String())
	}
	return out.String()
}

// Two machines at the same time, with different roots, releases, users and names, see nothing of each other.
func TestTwoMachines(t *testing.T) {
	for name, accel := range map[string][2]string{"unicorn": {}, "kvm": {"kvm", "kvm"}, "both": {"kvm", "unicorn"}} {
		t.Run(name, func(t *testing.T) { twoMachines(t, accel) })
	}
}

func twoMachines(t *testing.T, accel [2]string) {
	var roots [2]string
	for i := range roots {
		roots[i] = t.TempDir()
		if err := os.Chmod(roots[i], 0o777); err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(buildGuest(t, "machines"))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(roots[i], "prog"), b, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	configs := [2]machine.Config{
		{Chroot: roots[0], Release: "9", Hostname: "one", Cred: &machine.Cred{UID: 100, GID: 10}},
		{Chroot: roots[1], Release: "10", Hostname: "two", Cred: &machine.Cred{UID: 200, GID: 20}},
	}
	want := [2]string{"9.0 one 100 10", "10.0 two 200 20"}
	var wg sync.WaitGroup
	var got [2]string
	for i := range configs {
		configs[i].Accel = accel[i]
		if accel[i] == "kvm" {
			probe, err := machine.New(machine.Config{Accel: "kvm"})
			if err != nil {
				t.Skip(err)
			}
			probe.Close()
		}
		m := newMachine(t, configs[i])
		wg.Add(1)
		go func() {
			defer wg.Done()
			// The program makes a message queue, a segment, a semaphore and a file of fixed names, waits for as many
			// processes of its own machine as it has started, and tells what it sees of all that.
			got[i] = output(t, m, machine.Command{Path: "/prog", Args: []string{"prog", "rounds", "20"}})
		}()
	}
	wg.Wait()
	for i := range got {
		lines := strings.Split(strings.TrimSpace(got[i]), "\n")
		if len(lines) != 2 || lines[0] != want[i] || lines[1] != "alone" {
			t.Errorf("machine %d: %q, want %q and \"alone\"", i, lines, want[i])
		}
		files, _ := os.ReadDir(roots[i])
		if len(files) != 1 {
			t.Errorf("machine %d left files: %v", i, files)
		}
	}
}

// buildGuest builds a Go program of testdata/go for NetBSD/amd64.
func buildGuest(t testing.TB, name string) string {
	t.Helper()
	arch, err := testprog.Find("amd64")
	if err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(t.TempDir(), name)
	if err := testprog.Go(arch, testprog.NetBSD, out, "./testdata/go/"+name); err != nil {
		t.Fatal(err)
	}
	return out
}

// use is what a host process has of its host.
type use struct {
	fds, goroutines, frames int
}

func inUse(t *testing.T) use {
	t.Helper()
	runtime.GC()
	ents, err := os.ReadDir("/dev/fd")
	if err != nil {
		t.Fatal(err)
	}
	return use{len(ents), runtime.NumGoroutine(), mem.InUse()}
}

// A thousand machines one after another leave descriptors, goroutines and guest memory where they were.
func TestThousandMachines(t *testing.T) {
	n := 1000
	if testing.Short() {
		n = 50
	}
	programs := []string{"procs", "threads", "timers", "sigs", "children"}
	one := func(i int, prog string) {
		c := machine.Config{Log: func(string) {}}
		if i%10 == 3 {
			c.Deterministic = &machine.Deterministic{Seed: uint64(i), Epoch: time.Unix(0, 0)}
		}
		m, err := machine.New(c)
		if err != nil {
			t.Fatal(err)
		}
		cmd := machine.Command{Path: guest("amd64", prog), Stdin: strings.NewReader("x")}
		var out bytes.Buffer
		cmd.Stdout = &out
		p, err := m.Start(cmd)
		if err != nil {
			t.Fatal(err)
		}
		if i%7 != 5 { // some are closed while their program runs
			if _, err := p.Wait(); err != nil {
				t.Fatal(err)
			}
			if out.Len() == 0 {
				t.Fatal("no output")
			}
		}
		if err := m.Close(); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 20 {
		one(i, "args")
	}
	for i, prog := range programs { // their files stay in memory
		one(i, prog)
	}
	before := inUse(t)
	var ms0, ms1 runtime.MemStats
	runtime.ReadMemStats(&ms0)
	for i := range n {
		prog := "args"
		if i%50 == 7 {
			prog = programs[i/50%len(programs)]
		}
		one(i, prog)
	}
	var after use
	for range 50 { // goroutines that have nothing left to do end by themselves
		if after = inUse(t); after == before {
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	runtime.ReadMemStats(&ms1)
	if after != before {
		buf := make([]byte, 64<<10)
		t.Errorf("in use before %+v, after %+v\n%s", before, after, buf[:runtime.Stack(buf, true)])
	}
	if grown := int64(ms1.HeapAlloc) - int64(ms0.HeapAlloc); grown > 8<<20 {
		t.Errorf("the heap grew by %d bytes", grown)
	}
}

func TestStartErrors(t *testing.T) {
	m := newMachine(t, machine.Config{})
	_, err := m.Start(machine.Command{Path: "/nowhere/prog"})
	var x *machine.ExecError
	if !errors.As(err, &x) || x.Errno != abi.ENOENT || !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no program: %v", err)
	}
	_, err = m.Start(machine.Command{Path: filepath.Join(testprog.Root(), "README.md")})
	if !errors.As(err, &x) || errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no executable: %v", err)
	}
	if n := m.Processes(); len(n) != 0 {
		t.Errorf("processes are left: %v", n)
	}
	for _, c := range []machine.Config{{CPUs: -1}, {Release: "9.99"}, {Emulations: []string{"irix"}}, {Limits: map[string]machine.Limit{"luck": {}}},
		{Limits: map[string]machine.Limit{"descriptors": {Soft: 2, Hard: 1}}}, {Pax: []string{"x"}}, {StrictLevel: 4},
		{Mounts: []machine.Mount{{Dir: "/", Flags: []string{"async"}}}}, {Chroot: "/nowhere"}, {Root: "/nowhere"}, {Dir: "/nowhere"}} {
		if m, err := machine.New(c); err == nil {
			t.Errorf("%+v: no error", c)
			m.Close()
		}
	}
	if err := m.Close(); err != nil {
		t.Error(err)
	}
	if _, err := m.Start(machine.Command{Path: guest("amd64", "args")}); !errors.Is(err, machine.ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
}

func TestSignal(t *testing.T) {
	m := newMachine(t, machine.Config{})
	p, err := m.Start(machine.Command{Path: "/bin/cat", Stdin: pipeReader(t)})
	if err != nil {
		t.Skip("no Linux program to run: ", err)
	}
	if err := p.Signal(abi.SIGTERM); err != nil {
		t.Fatal(err)
	}
	s, err := p.Wait()
	if err != nil || s.Exited() || s.Signal() != abi.SIGTERM || s.Code() != -1 || s.String() != "signal: Terminated" {
		t.Errorf("%v, %v", s, err)
	}
	if err := p.Signal(abi.SIGTERM); err != nil {
		t.Errorf("to a process that has ended: %v", err)
	}
	if err := p.Signal(0); err == nil {
		t.Error("signal 0 was sent")
	}
}

// pipeReader is the reading end of a pipe to which nobody writes.
func pipeReader(t *testing.T) *os.File {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close(); w.Close() })
	return r
}

func TestLimitsAndFiles(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	m := newMachine(t, machine.Config{Limits: map[string]machine.Limit{"coredumpsize": {Soft: 17, Hard: 40}}})
	out := output(t, m, machine.Command{Path: buildGuest(t, "machines"), Args: []string{"machines", "limits"}, Files: []machine.File{w}})
	w.Close()
	if out != "core files 17 40\n" {
		t.Errorf("%q", out)
	}
	b := make([]byte, 10)
	if n, _ := r.Read(b); string(b[:n]) != "three" {
		t.Errorf("through descriptor 3: %q", b[:n])
	}
}

// Hooks see calls, answer them in the kernel's place, and change results.
func TestHooks(t *testing.T) {
	var mu sync.Mutex
	seen := map[string]int{}
	var execs []string
	exits := 0
	m := newMachine(t, machine.Config{Hooks: machine.Hooks{
		Before: func(c *machine.Call) *machine.Result {
			mu.Lock()
			defer mu.Unlock()
			seen[c.Name]++
			switch c.Name {
			case "getppid":
				return &machine.Result{R0: 4711}
			case "getsid":
				return &machine.Result{Errno: abi.EPERM}
			}
			return nil
		},
		After: func(c *machine.Call, r *machine.Result) {
			if c.Name == "getpgrp" {
				r.R0 = 815
			}
		},
		Exec: func(e *machine.Exec) { execs = append(execs, filepath.Base(e.Path)+" "+e.Machine+" "+e.Emulation) },
		Exit: func(pid int, s machine.Status) { exits++ },
	}})
	out := output(t, m, machine.Command{Path: buildGuest(t, "machines"), Args: []string{"machines", "hooks"}})
	if out != "4711 1 815\n" {
		t.Errorf("%q", out)
	}
	if !slices.Equal(execs, []string{"machines amd64 netbsd"}) || exits != 1 || seen["getppid"] != 1 || seen["exit"] != 1 {
		t.Errorf("execs %v, %d exits, calls %v", execs, exits, seen)
	}
}

// The same seed makes the same trace, in a process in which other machines have run.
func TestDeterministicTrace(t *testing.T) {
	run := func() string {
		var trace strings.Builder
		m := newMachine(t, machine.Config{
			Deterministic: &machine.Deterministic{Seed: 5, Epoch: time.Unix(1e9, 0)},
			Trace:         func(l machine.TraceLine) { fmt.Fprintf(&trace, "%d.%d %s\n", l.PID, l.LWP, l.Text) },
		})
		output(t, m, machine.Command{Path: guest("amd64", "threads")})
		return trace.String()
	}
	a, b := run(), run()
	if a != b || strings.Count(a, "\n") < 10 {
		t.Errorf("traces differ, or are none:\n%.500s\n---\n%.500s", a, b)
	}
}

// A panic in a hook is an internal fault: it ends that process, with a report in the log, and nothing else.
func TestInternalFault(t *testing.T) {
	var log strings.Builder
	m := newMachine(t, machine.Config{
		Log: func(line string) { log.WriteString(line + "\n") },
		Hooks: machine.Hooks{Before: func(c *machine.Call) *machine.Result {
			if c.Name == "getppid" {
				panic("a fault on purpose")
			}
			return nil
		}},
	})
	p, err := m.Start(machine.Command{Path: buildGuest(t, "machines"), Args: []string{"machines", "hooks"}})
	if err != nil {
		t.Fatal(err)
	}
	s, err := p.Wait()
	if err != nil || s.Signal() != abi.SIGKILL || !strings.Contains(log.String(), "a fault on purpose") {
		t.Errorf("%v, %v, log %q", s, err, log.String())
	}
	output(t, m, machine.Command{Path: guest("amd64", "args")})
}

// Machines of all architectures at once, in one process.
func TestAllMachines(t *testing.T) {
	want, err := os.ReadFile(filepath.Join(testprog.Root(), "testdata", "arch", "expected", "calls"))
	if err != nil {
		t.Skip(err)
	}
	var wg sync.WaitGroup
	for _, arch := range machine.Machines() {
		if _, err := os.Stat(guest(arch, "calls")); err != nil {
			continue
		}
		m := newMachine(t, machine.Config{})
		wg.Add(1)
		go func() {
			defer wg.Done()
			if out := output(t, m, machine.Command{Path: guest(arch, "calls")}); out != string(want) {
				t.Errorf("%s: %.300q", arch, out)
			}
		}()
	}
	wg.Wait()
}

// BenchmarkWarmStart is making a machine, running a hello in it, and closing it, in a process that has done so before.
func BenchmarkWarmStart(b *testing.B) {
	prog := guest("amd64", "args")
	for b.Loop() {
		m, err := machine.New(machine.Config{})
		if err != nil {
			b.Fatal(err)
		}
		p, err := m.Start(machine.Command{Path: prog})
		if err != nil {
			b.Fatal(err)
		}
		if _, err := p.Wait(); err != nil {
			b.Fatal(err)
		}
		m.Close()
	}
}
