// Package kvm is a second kind of cpu.Engine: programs of the host's own machine run on its processor, in a virtual
// machine of Linux' KVM that has nothing but the arena as its memory, page tables, and a page of instructions whose
// only purpose is to leave it. See docs/KVM.md.
//
// The parts: machine.go has the virtual machine and its memory, layout.go what is in the part that belongs to its
// ring 0, tables.go the page tables, vcpu.go one processor, engine.go cpu.Engine on it, trap.go the meaning of an
// exit, segments.go the descriptors, fpu.go the extended state, probe.go what this host's KVM can do.
//
// It is a part of nbemu and not for other modules: those import package machine.
package kvm

import "errors"

// ErrUnsupported is in the chain of Open's error where there is no KVM for this host's kind of machine.
var ErrUnsupported = errors.New("there is KVM for amd64 and i386 programs on Linux/amd64 only")
