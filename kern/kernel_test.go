package kern

import (
	"os"
	"testing"

	"nbemu/abi"
	"nbemu/cpu/cputest"
	"nbemu/mem"
)

// tk is the kernel that the tests' processes are in.
var tk = New()

// TestMain holds the kernel lock, as every caller of what is tested does.
func TestMain(m *testing.M) {
	tk.Lock()
	os.Exit(m.Run())
}

// testBase is where the memory of test processes begins; it is testSize long.
const (
	testBase = 0x10000
	testSize = 0x40000
)

// testLWP makes a process with one LWP and some memory, in the process table until the test ends.
func testLWP(t *testing.T, pid int32, uid uint32) *LWP {
	t.Helper()
	c := &Cred{Ruid: uid, Euid: uid, Svuid: uid}
	p := &Proc{K: tk, PID: pid, Arch: cputest.AMD64, Cred: c, Limits: defaultLimits(cputest.AMD64), Sigacts: newSigacts(), Fd: NewFileDesc(),
		VM: mem.NewSpace(0x1000, 1<<40), Comm: "test", started: tk.Timenow(), Cwdi: NewCwdinfo(nil, nil, nil, 022)}
	if _, err := p.VM.Map(mem.MapArgs{Addr: testBase, Len: testSize, Prot: mem.ProtRead | mem.ProtWrite, Fixed: true}); err != abi.OK {
		t.Fatal(err)
	}
	tk.allproc[pid] = p
	newPgrp(pid, newSession(p)).add(p)
	t.Cleanup(func() {
		p.Pgrp.remove(p)
		delete(tk.allproc, pid)
		p.VM.Unref()
	})
	return newLWP(p)
}
