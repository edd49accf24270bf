package kern

import (
	"testing"

	"nbemu/abi"
	"nbemu/cpu"
)

// TestSystemPreempt: the kernel's own thread, which writes ktrace's records, has no processor to give away while others
// wait for one.
func TestSystemPreempt(t *testing.T) {
	k := New()
	k.Lock()
	defer k.Unlock()
	sys := k.Boot(&cpu.Arch{Model: abi.LP64LE})
	sched.waiting.Add(1)
	defer sched.waiting.Add(-1)
	if !sys.PreemptPoint() {
		t.Error("the kernel's own thread is told to leave")
	}
}
