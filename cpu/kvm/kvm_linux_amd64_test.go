package kvm

import (
	"testing"

	"nbemu/cpu"
	"nbemu/mem"
)

func open(t testing.TB, o Options) *Machine {
	m, err := Open(o)
	if err != nil {
		t.Skip(err)
	}
	t.Cleanup(m.Close)
	return m
}

func TestProbe(t *testing.T) {
	m := open(t, Options{})
	t.Logf("exit %v, quirks %+v, 32 bits: %v", m.ExitCost(), m.quirks, m.run32())
}

func BenchmarkOpen(b *testing.B) {
	for b.Loop() {
		m, err := Open(Options{})
		if err != nil {
			b.Skip(err)
		}
		m.Close()
	}
}

// TestHas: a host that runs what is emulated for it says so; asking leaves nothing behind.
func TestHas(t *testing.T) {
	m := open(t, Options{Basic: true})
	u, err := cpu.New(&cpu.Arch{Name: "amd64", Target: cpu.TargetX86, Mode: 64})
	if err != nil {
		t.Fatal(err)
	}
	defer u.Close()
	before := mem.InUse()
	has := m.Has(u)
	t.Logf("has all features of the emulated processor: %v", has)
	if n := mem.InUse(); n != before {
		t.Errorf("%d frames more than before", n-before)
	}
}
