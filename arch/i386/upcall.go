package i386

import (
	"nbemu/abi"
	"nbemu/arch/x86"
	"nbemu/kern"
)

// upcall calls fn with the five arguments of an upcall of scheduler activations (cpu_upcall).
func upcall(l *kern.LWP, fn, sp uint64, args [5]uint64) abi.Errno {
	r := &l.Ctx.R
	f := [6]uint32{} // the address to return to: none
	for i, a := range args {
		f[i+1] = uint32(a)
	}
	sp = (sp-20)&^15 - 4
	r[x86.RIP], r[x86.RSP], r[x86.RBP] = fn, sp, 0
	r[x86.RFLAGS] &^= 0x400 | 0x100 // direction, single step
	return l.CopyoutStruct(sp, &f)
}
