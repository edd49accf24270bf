package i386

import (
	"testing"

	"nbemu/abi"
	"nbemu/arch/x86"
	"nbemu/kern"
)

// TestSelectors: what a program may have in its segment registers on i386, where the processor refuses the rest, and on
// amd64, where the kernel does (cpu_mcontext32_validate).
func TestSelectors(t *testing.T) {
	const flags = 0x202
	good := usedSelectors{cs: 0x37, ss: 0x4f, ds: 0x4f, es: 0x4f, fs: 0x4f, gs: 0x4f}
	for _, c := range []struct {
		what   string
		change func(u *usedSelectors)
		eip    uint32
		base   uint64 // of gs
		amd64  abi.Errno
		i386   abi.Errno
	}{
		{"what a program begins with", func(*usedSelectors) {}, 0, 0, abi.OK, abi.OK},
		{"a handler's", func(u *usedSelectors) { u.cs, u.ss, u.ds, u.es = 0x73, 0x7b, 0x7b, 0x7b }, 0, 0, abi.OK, abi.OK},
		{"none", func(u *usedSelectors) { u.es, u.fs, u.gs = 0, 0, 0 }, 0, 0, abi.OK, abi.OK},
		{"no data", func(u *usedSelectors) { u.ds = 0 }, 0, 0, abi.EINVAL, abi.OK},
		{"i386's code", func(u *usedSelectors) { u.cs = 0x17 }, 0, 0, abi.EINVAL, abi.OK},
		{"the kernel's code", func(u *usedSelectors) { u.cs = 8 }, 0, 0, abi.EINVAL, abi.EINVAL},
		{"a thread's own", func(u *usedSelectors) { u.gs = 0x8b }, 0, 0x1000, abi.OK, abi.OK},
		{"one that it does not have", func(u *usedSelectors) { u.gs = 0x8b }, 0, 0, abi.EINVAL, abi.OK},
		{"the upper half of a word", func(u *usedSelectors) { u.ds |= 1 << 16 }, 0, 0, abi.OK, abi.OK},
		{"an address of the kernel's", func(*usedSelectors) {}, 0xfffff000, 0, abi.EINVAL, abi.OK},
	} {
		u := good
		c.change(&u)
		for _, k := range []struct {
			p    *kern.Proc
			want abi.Errno
		}{{&kern.Proc{Arch: ArchAMD64}, c.amd64}, {&kern.Proc{Arch: Arch}, c.i386}} {
			l := &kern.LWP{Proc: k.p}
			l.Ctx.R[x86.RFLAGS], l.Ctx.R[x86.GSBASE] = flags, c.base
			if got := check(l, flags, c.eip, u); got != k.want {
				t.Errorf("%s, mode %d: %v, want %v", c.what, k.p.Arch.Mode, got, k.want)
			}
		}
	}
}
