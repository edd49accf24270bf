// Package kerntest makes processes for the tests of packages above kern.
//
// It is a part of nbemu and not for other modules: those import package machine.
package kerntest

import (
	"testing"

	"nbemu/abi"
	"nbemu/cpu/cputest"
	"nbemu/kern"
	"nbemu/mem"
)

// Base is where the memory of test processes begins; it is Size long.
const (
	Base = 0x10000
	Size = 0x40000
)

// LWP makes a process in k with one thread, which never runs, and some memory. It is there until the test ends.
// Preconditions: kernel lock.
func LWP(t testing.TB, k *kern.Kernel, uid uint32) *kern.LWP {
	t.Helper()
	l := k.NewProc(cputest.AMD64, &kern.Cred{Ruid: uid, Euid: uid, Svuid: uid})
	p := l.Proc
	p.Comm = "test"
	p.VM = mem.NewSpace(0x1000, 1<<40)
	if _, err := p.VM.Map(mem.MapArgs{Addr: Base, Len: Size, Prot: mem.ProtRead | mem.ProtWrite, Fixed: true}); err != abi.OK {
		t.Fatal(err)
	}
	t.Cleanup(l.Discard)
	return l
}
