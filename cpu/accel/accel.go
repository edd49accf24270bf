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

// The virtual machines are made when the first program is to run on them: KVM starts a thread in the process that takes
// no signals, for which whoever changes something on all threads would wait for ever (libpsx, for -sandbox). /dev/kvm is
// opened at once, so that its absence is told in time. All machines of the process share them, as they do the arena.
var (
	full = sync.OnceValues(func() (*source, error) {
		l, err := newLazy(kvm.Options{})
		return &source{l}, err
	})
	autos = sync.OnceValues(func() (*auto, error) {
		l, err := newLazy(kvm.Options{Basic: true})
		return newAuto(l), err
	})
)

// lazy is a virtual machine that is made when it is needed.
type lazy func() (*kvm.Machine, error)

func newLazy(o kvm.Options) (lazy, error) {
	var err error
	if o.Device, err = kvm.Device(); err != nil {
		return nil, err
	}
	return sync.OnceValues(func() (*kvm.Machine, error) { return kvm.Open(o) }), nil
}

// Runs is cpu.Source's.
func (l lazy) Runs(a *cpu.Arch) error {
	m, err := l()
	if err != nil {
		return err
	}
	return m.Runs(a)
}

// New is cpu.Source's.
func (l lazy) New(a *cpu.Arch) (cpu.Engine, error) {
	m, err := l()
	if err != nil {
		return nil, err
	}
	return m.New(a)
}

// XState is cpu.Source's.
func (l lazy) XState() *cpu.XState {
	m, err := l()
	if err != nil {
		return &cpu.EmulatedXState
	}
	return m.XState()
}

// Parallel is cpu.Source's: the host's processors are made for it.
func (l lazy) Parallel() bool { return true }

// source is a lazy with an identity: processors are kept by where they come from.
type source struct{ lazy }

// New returns where processors of a kind come from; nil stands for the emulated ones, and so does "". A note says in
// one line why they are emulated although "auto" would have used the host's. Errors: a name that is none; why this
// host has no KVM, if that is what was asked for. "auto,say" is "auto" with a line to say, if that is not nil, for each
// program that changes processors.
func New(kind string, say func(string)) (src cpu.Source, note string, err error) {
	base, said := strings.CutSuffix(kind, ",say")
	if said && base == "auto" {
		kind = base
	}
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
		if said && say != nil {
			a.say.Store(&say)
		}
		return a, "", nil
	}
	return nil, "", fmt.Errorf("%s: none of %s", kind, strings.Join(Names, ", "))
}
