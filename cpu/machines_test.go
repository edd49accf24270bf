package cpu_test

import (
	"encoding/hex"
	"testing"

	"nbemu/arch"
	_ "nbemu/arch/all"
	"nbemu/cpu"
)

// machine is one kind of code of a port.
type machine struct {
	*cpu.Vectors
	arch *cpu.Arch
}

var machines = func() (all []*machine) {
	for _, p := range arch.Ports() {
		for i := range p.Vectors {
			all = append(all, &machine{&p.Vectors[i], p.Arch})
		}
	}
	return all
}()

// find returns the machine of a name that is there.
func find(name string) *machine {
	for _, m := range machines {
		if m.Name == name {
			return m
		}
	}
	panic(name)
}

func code(t testing.TB, s string) []byte {
	var b []byte
	for _, c := range s {
		if c != ' ' {
			b = append(b, byte(c))
		}
	}
	out, err := hex.DecodeString(string(b))
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// each runs a test for every machine.
func each(t *testing.T, f func(t *testing.T, m *machine)) {
	for _, m := range machines {
		t.Run(m.Name, func(t *testing.T) { f(t, m) })
	}
}
