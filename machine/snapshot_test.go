package machine_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"nbemu/abi"
	"nbemu/internal/testprog"
	"nbemu/machine"
	"nbemu/mem"
)

// eachArch calls f for each machine that there is a prebuilt program for.
func eachArch(t *testing.T, program string, f func(t *testing.T, path string)) {
	for _, a := range testprog.Arches {
		t.Run(a.Name, func(t *testing.T) {
			path := guest(a.Name, program)
			if _, err := os.Stat(path); err != nil {
				t.Skip(err)
			}
			f(t, path)
		})
	}
}

// temp makes a file to read and write.
func temp(t testing.TB, content string) *os.File {
	t.Helper()
	f, err := os.Create(filepath.Join(t.TempDir(), "file"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	put(t, f, content)
	return f
}

// put makes a file's content anew.
func put(t testing.TB, f *os.File, content string) {
	t.Helper()
	if err := f.Truncate(0); err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteAt([]byte(content), 0); err != nil {
		t.Fatal(err)
	}
}

// A program runs many times from the snapshot of its first instruction, each time with another input.
func TestSnapshotExec(t *testing.T) {
	eachArch(t, "aflcrash", func(t *testing.T, path string) {
		for _, det := range []*machine.Deterministic{nil, {Seed: 1}} {
			m := newMachine(t, machine.Config{Deterministic: det})
			in, out := temp(t, ""), temp(t, "")
			p, err := m.Start(machine.Command{Path: path, Stdin: in, Stdout: out, Held: true})
			if err != nil {
				t.Fatal(err)
			}
			s, err := m.Snapshot()
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			var frames int
			for round := range 4 {
				for _, c := range []struct{ in, status, out string }{
					{"", "exit status 0", "sum: 0\n"}, {"abc", "exit status 0", "sum: 294\n"},
					{"exit", "exit status 3", ""}, {"crash", "signal: segmentation fault", ""},
				} {
					put(t, in, c.in)
					put(t, out, "")
					if err := s.Restore(); err != nil {
						t.Fatal(err)
					}
					m.Resume()
					status, err := p.Wait()
					got, _ := os.ReadFile(out.Name())
					if err != nil || !strings.HasPrefix(strings.ToLower(status.String()), c.status) || string(got) != c.out {
						t.Errorf("round %d, %q: %v, %v, %q; want %s, %q", round, c.in, status, err, got, c.status, c.out)
					}
				}
				if err := s.Restore(); err != nil {
					t.Fatal(err)
				}
				if n := mem.InUse(); round == 1 {
					frames = n
				} else if round > 1 && n > frames {
					t.Errorf("%d frames in round %d, %d before", n, round, frames)
				}
			}
			// One that runs on for ever is ended by going back.
			put(t, in, "hang")
			m.Resume()
			if err := s.Restore(); err != nil {
				t.Fatal(err)
			}
			put(t, in, "x")
			put(t, out, "")
			m.Resume()
			if status, err := p.Wait(); err != nil || status.Code() != 0 {
				t.Errorf("after a hang: %v, %v", status, err)
			}
		}
	})
}

// A function is called with arguments, and its memory is reset between calls.
func TestCall(t *testing.T) {
	eachArch(t, "aflcrash", func(t *testing.T, path string) {
		m := newMachine(t, machine.Config{})
		p, err := m.Start(machine.Command{Path: path, Held: true})
		if err != nil {
			t.Fatal(err)
		}
		addr := func(name string) uint64 {
			t.Helper()
			a, err := p.Symbol(name)
			if err != nil {
				t.Fatal(err)
			}
			return a
		}
		parse, input, parsed := addr("parse"), addr("input"), addr("parsed")
		if err := p.RunUntil(addr("main")); err != nil {
			t.Fatal(err)
		}
		s, err := m.Snapshot()
		if err != nil {
			t.Fatal(err)
		}
		for range 3 {
			for _, c := range []struct {
				in  string
				sum uint64
			}{{"abc", 294}, {"crasx", ('c' + 'r' + 'a' + 's' + 'x') ^ 15}} {
				if err := s.Restore(); err != nil {
					t.Fatal(err)
				}
				if err := p.WriteMemory([]byte(c.in), input); err != nil {
					t.Fatal(err)
				}
				if got, err := p.Call(parse, input, uint64(len(c.in))); err != nil || uint32(got) != uint32(c.sum) {
					t.Errorf("%q: %d, %v, want %d", c.in, got, err, c.sum)
				}
				count := make([]byte, 1)
				if err := p.ReadMemory(count, parsed); err != nil || count[0] != 1 {
					t.Errorf("counted %v, %v", count, err)
				}
			}
			if err := s.Restore(); err != nil {
				t.Fatal(err)
			}
			if err := p.WriteMemory([]byte("crash"), input); err != nil {
				t.Fatal(err)
			}
			var crash *machine.CallError
			if _, err := p.Call(parse, input, 5); !errors.As(err, &crash) || !errors.Is(err, machine.ErrEnded) || crash.Status.Signal() == 0 {
				t.Errorf("a crash: %v", err)
			}
		}
		if err := s.Restore(); err != nil {
			t.Fatal(err)
		}
		m.Resume()
		if status, err := p.Wait(); err != nil || status.Code() != 0 {
			t.Errorf("the rest of the program: %v, %v", status, err)
		}
	})
}

// Programs with children, threads, pipes and signals are interrupted wherever they are, and what they do from there on
// is done twice. A deterministic machine is interrupted where its virtual clock is, which is not the host's.
func TestSnapshotMidway(t *testing.T) {
	taken := 0
	for _, name := range []string{"children", "lwps", "signals", "recurse", "atomics", "sequence", "procs", "threads", "waits", "sigwait", "ptrace"} {
		path := guest("amd64", name)
		if _, err := os.Stat(path); err != nil {
			t.Skip(err)
		}
		want := temp(t, "")
		run := func(pauses int) {
			m := newMachine(t, machine.Config{Deterministic: &machine.Deterministic{Seed: 1}})
			defer m.Close()
			out := want
			if pauses > 0 {
				out = temp(t, "")
			}
			p, err := m.Start(machine.Command{Path: path, Stdout: out, Held: true})
			if err != nil {
				t.Fatal(err)
			}
			m.Resume()
			if pauses == 0 {
				if _, err := p.Wait(); err != nil {
					t.Fatal(err)
				}
				return
			}
			for range pauses {
				time.Sleep(100 * time.Microsecond)
				if err := m.Pause(); err == nil {
					break
				}
			}
			s, err := m.Snapshot()
			if err != nil {
				t.Logf("%s: %v", name, err)
				m.Resume()
				_, _ = p.Wait()
				return
			}
			taken++
			for round := range 3 {
				if round > 0 {
					if err := s.Restore(); err != nil {
						t.Fatal(err)
					}
				}
				m.Resume()
				if len(m.Processes()) == 0 {
					return // was over
				}
				if _, err := p.Wait(); err != nil {
					t.Fatal(err)
				}
				got, _ := os.ReadFile(out.Name())
				expected, _ := os.ReadFile(want.Name())
				if string(got) != string(expected) {
					t.Errorf("%s, round %d: %s\nwant %s", name, round, got, expected)
				}
			}
		}
		run(0)
		for n := range 8 {
			run(n + 1)
		}
	}
	if taken == 0 {
		t.Error("no snapshot was taken")
	}
}

// A stopped process stands in the way of a pause, which says so.
func TestPauseStopped(t *testing.T) {
	for _, det := range []*machine.Deterministic{nil, {Seed: 1}} {
		m := newMachine(t, machine.Config{Deterministic: det})
		p, err := m.Start(machine.Command{Path: guest("amd64", "recurse"), Stdout: temp(t, ""), Held: true})
		if err != nil {
			t.Fatal(err)
		}
		if err := p.Signal(abi.SIGSTOP); err != nil {
			t.Fatal(err)
		}
		m.Resume()
		for err = m.Pause(); err == nil; err = m.Pause() { // until it has come to where it stops
			m.Resume()
		}
		if !strings.Contains(err.Error(), "is stopped") {
			t.Error(err)
		}
		if err := p.Signal(abi.SIGCONT); err != nil {
			t.Fatal(err)
		}
		if status, err := p.Wait(); err != nil || status.Code() != 0 {
			t.Errorf("%v, %v", status, err)
		}
	}
}

// What a snapshot cannot have is refused, by name.
func TestSnapshotRefuses(t *testing.T) {
	m := newMachine(t, machine.Config{})
	var out strings.Builder
	p, err := m.Start(machine.Command{Path: guest("amd64", "aflcrash"), Stdout: &out, Held: true})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.Snapshot(); err == nil || !strings.Contains(err.Error(), "Reader or Writer") {
		t.Errorf("with a Writer: %v", err)
	}
	m.Resume()
	if status, err := p.Wait(); err != nil || status.Code() != 0 {
		t.Errorf("%v, %v", status, err)
	}
	if err := p.RunUntil(0x1000); err != machine.ErrEnded {
		t.Errorf("RunUntil after the end: %v", err)
	}
}
