package machine_test

import (
	"errors"
	"testing"

	"nbemu/machine"
)

// FuzzCall is what docs/FUZZING.md has: a function of a guest program, reset between inputs. "crash" is known to crash it.
func FuzzCall(f *testing.F) {
	m := newMachine(f, machine.Config{Deterministic: &machine.Deterministic{Seed: 1}})
	p, err := m.Start(machine.Command{Path: guest("sparc64", "aflcrash"), Held: true})
	if err != nil {
		f.Fatal(err)
	}
	parse, err1 := p.Symbol("parse")
	input, err2 := p.Symbol("input")
	s, err3 := m.Snapshot()
	if err := errors.Join(err1, err2, err3); err != nil {
		f.Fatal(err)
	}
	f.Add([]byte("hello"))
	f.Add([]byte("crash"))
	f.Fuzz(func(t *testing.T, b []byte) {
		b = b[:min(len(b), 4096)]
		if string(b[:min(len(b), 4)]) == "hang" {
			t.Skip("computes for ever")
		}
		if err := s.Restore(); err != nil {
			t.Fatal(err)
		}
		if err := p.WriteMemory(b, input); err != nil {
			t.Fatal(err)
		}
		_, err := p.Call(parse, input, uint64(len(b)))
		known := len(b) >= 5 && string(b[:5]) == "crash" || len(b) >= 4 && string(b[:4]) == "exit"
		if (err != nil) != known {
			t.Errorf("%q: %v", b, err)
		}
	})
}

// FuzzExec runs a whole program with its input as a file.
func FuzzExec(f *testing.F) {
	m := newMachine(f, machine.Config{Deterministic: &machine.Deterministic{Seed: 1}})
	in := temp(f, "")
	p, err := m.Start(machine.Command{Path: guest("mips", "aflcrash"), Stdin: in, Held: true})
	if err != nil {
		f.Fatal(err)
	}
	s, err := m.Snapshot()
	if err != nil {
		f.Fatal(err)
	}
	f.Add([]byte("hello"))
	f.Add([]byte("exit"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) >= 4 && string(b[:4]) == "hang" {
			t.Skip("computes for ever")
		}
		put(t, in, string(b))
		if err := s.Restore(); err != nil {
			t.Fatal(err)
		}
		m.Resume()
		status, err := p.Wait()
		if err != nil || status.Signal() != 0 && string(b[:min(len(b), 5)]) != "crash" {
			t.Errorf("%q: %v, %v", b, status, err)
		}
	})
}

func BenchmarkRestore(b *testing.B) {
	m := newMachine(b, machine.Config{Deterministic: &machine.Deterministic{Seed: 1}})
	p, err := m.Start(machine.Command{Path: guest("amd64", "aflcrash"), Held: true})
	if err != nil {
		b.Fatal(err)
	}
	s, err := m.Snapshot()
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if err := s.Restore(); err != nil {
			b.Fatal(err)
		}
		m.Resume()
		if _, err := p.Wait(); err != nil {
			b.Fatal(err)
		}
	}
}
