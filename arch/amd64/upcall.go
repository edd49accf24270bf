package amd64

import (
	"nbemu/abi"
	"nbemu/arch/x86"
	"nbemu/kern"
)

// upcall calls fn with the five arguments of an upcall of scheduler activations, and no address to return to (cpu_upcall).
func upcall(l *kern.LWP, fn, sp uint64, args [5]uint64) abi.Errno {
	r := &l.Ctx.R
	for i, reg := range []int{x86.RDI, x86.RSI, x86.RDX, x86.RCX, x86.R8} {
		r[reg] = args[i]
	}
	r[x86.RIP], r[x86.RSP], r[x86.RBP] = fn, sp&^15-8, 0
	r[x86.RFLAGS] &^= 0x400 | 0x100 // direction, single step
	return l.Copyout(make([]byte, 8), r[x86.RSP])
}
