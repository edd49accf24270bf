package kvm

import "testing"

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
