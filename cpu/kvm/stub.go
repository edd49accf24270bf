//go:build !linux || !amd64

package kvm

import (
	"time"

	"nbemu/cpu"
)

// Options are what a Machine is to be like.
type Options struct {
	Basic  bool
	Device int
}

// Machine is a virtual machine; here there is none.
type Machine struct{}

// Device returns ErrUnsupported.
func Device() (int, error) { return -1, ErrUnsupported }

// Open returns ErrUnsupported.
func Open(Options) (*Machine, error) { return nil, ErrUnsupported }

// Close does nothing.
func (m *Machine) Close() {}

// New returns ErrUnsupported.
func (m *Machine) New(*cpu.Arch) (cpu.Engine, error) { return nil, ErrUnsupported }

// Runs returns ErrUnsupported.
func (m *Machine) Runs(*cpu.Arch) error { return ErrUnsupported }

// XState is of no use here.
func (m *Machine) XState() *cpu.XState { return &cpu.EmulatedXState }

// ExitCost is of no use here.
func (m *Machine) ExitCost() time.Duration { return 0 }

// Hides is of no use here.
func (m *Machine) Hides() bool { return false }

// Has is of no use here.
func (m *Machine) Has(cpu.Engine) bool { return false }

// HidesState is of no use here.
func (m *Machine) HidesState() bool { return false }
