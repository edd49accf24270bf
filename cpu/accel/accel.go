// Package accel chooses what programs run on: the emulated processor, the host's own, or by turns whichever is
// quicker.
package accel

import (
	"fmt"
	"slices"
	"sync"

	"nbemu/cpu"
	"nbemu/cpu/kvm"
)

// Kinds of acceleration, as -accel names them.
const (
	Unicorn = "unicorn"
	KVM     = "kvm"
	Auto    = "auto"
)

// Names lists them.
var Names = []string{Unicorn, KVM, Auto}

// Constructor makes processors.
type Constructor func(*cpu.Arch) (cpu.Engine, error)

// New returns what makes processors of the given kind; "" is Unicorn. log gets one line for each machine whose
// programs are emulated although something else was asked for. The error is a name that is none, or why this host has
// no KVM, if that is what was asked for.
func New(kind string, log func(string)) (Constructor, error) {
	switch kind {
	case "", Unicorn:
		return cpu.New, nil
	case KVM:
		m, err := kvm.Open(kvm.Options{})
		if err != nil {
			return nil, fmt.Errorf("no KVM: %w", err)
		}
		return orEmulate(m, log), nil
	}
	return nil, fmt.Errorf("%q is none of %v", kind, Names)
}

// orEmulate makes m's processors for the machines that it has, others for the rest.
func orEmulate(m *kvm.Machine, log func(string)) Constructor {
	var mu sync.Mutex
	var told []*cpu.Arch
	return func(a *cpu.Arch) (cpu.Engine, error) {
		err := m.Runs(a)
		if err == nil {
			return m.New(a)
		}
		mu.Lock()
		defer mu.Unlock()
		if !slices.Contains(told, a) {
			told = append(told, a)
			log(fmt.Sprintf("%s programs are emulated: %v", a.Name, err))
		}
		return cpu.New(a)
	}
}
