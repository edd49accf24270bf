package gdbstub

import (
	"testing"

	"nbemu/abi"
	"nbemu/kern"
	"nbemu/kern/kerntest"
)

// TestHold: a process that is to stop beside another, and had stopped by itself already, does not stop once more when it goes on:
// nobody would hear of that, and the debugger would wait for ever.
func TestHold(t *testing.T) {
	k := kern.New()
	k.Lock()
	l := kerntest.LWP(t, k, 0)
	t.Cleanup(func() { k.Lock() }) // what was there before takes it away under the lock
	p := l.Proc
	d := attach(p)
	p.Unsend(abi.SIGSTOP)
	p.Flags |= kern.PFStopReq | kern.PFStopped
	p.StopSig = abi.SIGCHLD
	k.Unlock()
	d.tr.Poke()
	d.g.hold()
	k.Lock()
	pending := l.Pending()
	k.Unlock()
	if d.held || pending.Has(abi.SIGSTOP) {
		t.Errorf("held %v, SIGSTOP is pending: %v", d.held, pending.Has(abi.SIGSTOP))
	}
	if len(d.g.later) != 1 || d.g.later[0].Signal != int(abi.SIGCHLD) {
		t.Errorf("to be told later: %+v", d.g.later)
	}
}
