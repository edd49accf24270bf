package syscalls

import (
	"testing"

	"nbemu/abi"
	"nbemu/cpu"
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

// TestRangeTest has the order of uvm_mmap.c's range_test: page 0 is below what arm and riscv programs can have, at the other
// end it depends on who asks, and an end below the beginning is told from one above the limit.
func TestRangeTest(t *testing.T) {
	a := &cpu.Arch{MinAddr: 0x1000, UserMax: 0x7ffff000}
	for _, c := range []struct {
		addr, n uint64
		want    abi.Errno
	}{
		{0, 0, abi.EINVAL},
		{0, 0x1000, abi.EINVAL},
		{0x1000, 0x1000, abi.OK},
		{0x7fffe000, 0x1000, abi.OK},
		{0x7fffe000, 0x2000, abi.EFBIG},
		{0, 0x80000000, abi.EINVAL},
		{0xfffffffffffff000, 0x2000, abi.EOVERFLOW},
	} {
		if err := rangeTest(a, c.addr, c.n, abi.EFBIG, abi.EOVERFLOW); err != c.want {
			t.Errorf("%#x bytes at %#x: %v, want %v", c.n, c.addr, err, c.want)
		}
	}
}
