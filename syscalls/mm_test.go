package syscalls

import (
	"testing"

	"nbemu/abi"
	"nbemu/kern"
	"nbemu/mem"
)

// TestLimitProt: what kern_pax.c of NetBSD 10 lets a mapping be, and PROT_MPROTECT.
func TestLimitProt(t *testing.T) {
	const r, w, x, all = mem.ProtRead, mem.ProtWrite, mem.ProtExec, mem.ProtAll
	for _, c := range []struct {
		pax              uint32
		prot, extra, max uint8
		want             uint8
		err              abi.Errno
	}{
		{0, all, 0, all, all, abi.OK},
		{0, r, w, r | x, 0, abi.EACCES},
		{kern.PaxMprotect, r | w, 0, all, r | w, abi.OK},
		{kern.PaxMprotect, r | w, x, all, all, abi.OK},
		{kern.PaxMprotect, r | x, 0, all, r | x, abi.OK},
		{kern.PaxMprotect, all, 0, all, 0, abi.EACCES},
		{kern.PaxMprotect, r | w, x, r | w, 0, abi.EACCES},
		{kern.PaxMprotect, 0, 0, all, mem.MaxNone, abi.OK},
	} {
		a := mem.MapArgs{Prot: c.prot, MaxProt: c.max}
		if err := limitProt(&kern.Proc{Pax: c.pax}, &a, c.extra); err != c.err || err == abi.OK && a.MaxProt != c.want {
			t.Errorf("%+v: maximum %#x, %v", c, a.MaxProt, err)
		}
	}
}
