package cpu_test

import (
	"encoding/hex"
	"sync"
	"testing"

	"nbemu/arch"
	_ "nbemu/arch/all"
	"nbemu/cpu"
	"nbemu/cpu/kvm"
)

// machine is one kind of code of a port.
type machine struct {
	*cpu.Vectors
	arch *cpu.Arch
	kvm  bool // on the host's own processor
}

var machines = func() (all []*machine) {
	for _, p := range arch.Ports() {
		for i := range p.Vectors {
			all = append(all, &machine{Vectors: &p.Vectors[i], arch: p.Arch})
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
		for _, v := range m.variants() {
			t.Run(v.name(), func(t *testing.T) { f(t, v) })
		}
	}
	if _, err := host(); err != nil {
		t.Run("kvm", func(t *testing.T) { t.Skip(err) })
	}
}

// only runs a test for one machine.
func only(t *testing.T, name string, f func(t *testing.T, m *machine)) {
	for _, v := range find(name).variants() {
		t.Run(v.name(), func(t *testing.T) { f(t, v) })
	}
}

// host is the virtual machine for the tests of KVM.
var host = sync.OnceValues(func() (*kvm.Machine, error) { return kvm.Open(kvm.Options{}) })

// variants are the kinds of processors for m: the emulated one, and the host's if it is of the kind.
func (m *machine) variants() []*machine {
	v := []*machine{m}
	if h, err := host(); err == nil && h.Runs(m.arch) == nil {
		v = append(v, &machine{m.Vectors, m.arch, true})
	}
	return v
}

func (m *machine) name() string {
	if m.kvm {
		return m.Name + "-kvm"
	}
	return m.Name
}

// newEngine makes a processor for m.
func (m *machine) newEngine() (cpu.Engine, error) {
	if !m.kvm {
		return cpu.New(m.arch)
	}
	h, err := host()
	if err != nil {
		return nil, err
	}
	return h.New(m.arch)
}
