// Package accel chooses what programs run on: the emulated processor, the host's own, or the one that is quicker.
//
// It is a part of nbemu and not for other modules: those import package machine.
package accel

import (
	"fmt"
	"strings"
	"sync"

	"nbemu/cpu"
	"nbemu/cpu/kvm"
)

// Names are the kinds that New knows.
var Names = []string{"unicorn", "kvm", "auto"}

// The virtual machines are made when they are asked for first. All machines of the process share them, as they do
// the arena.
var full = sync.OnceValues(func() (*kvm.Machine, error) { return kvm.Open(kvm.Options{}) })

// New returns where processors of a kind come from; nil stands for the emulated ones, and so does "". Errors: a name
// that is none; why this host has no KVM, if that is what was asked for.
func New(kind string) (cpu.Source, error) {
	switch kind {
	case "", "unicorn":
		return nil, nil
	case "kvm":
		m, err := full()
		if err != nil {
			return nil, fmt.Errorf("no KVM: %w", err)
		}
		return m, nil
	}
	return nil, fmt.Errorf("%s: none of %s", kind, strings.Join(Names, ", "))
}
