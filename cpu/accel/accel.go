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
var (
	full  = sync.OnceValues(func() (*kvm.Machine, error) { return kvm.Open(kvm.Options{}) })
	autos = sync.OnceValues(func() (*auto, error) {
		fd, err := kvm.Device()
		if err != nil {
			return nil, err
		}
		return newAuto(sync.OnceValues(func() (*kvm.Machine, error) {
			return kvm.Open(kvm.Options{Basic: true, Device: fd})
		})), nil
	})
)

// New returns where processors of a kind come from; nil stands for the emulated ones, and so does "". A note says in
// one line why they are emulated although "auto" would have used the host's. Errors: a name that is none; why this
// host has no KVM, if that is what was asked for.
func New(kind string) (src cpu.Source, note string, err error) {
	switch kind {
	case "", "unicorn":
		return nil, "", nil
	case "kvm":
		m, err := full()
		if err != nil {
			return nil, "", fmt.Errorf("no KVM: %w", err)
		}
		return m, "", nil
	case "auto":
		a, err := autos()
		if err != nil {
			return nil, fmt.Sprintf("no KVM, programs are emulated: %v", err), nil
		}
		return a, "", nil
	}
	return nil, "", fmt.Errorf("%s: none of %s", kind, strings.Join(Names, ", "))
}
