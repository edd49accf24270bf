package m68k

import (
	"nbemu/abi"
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
	r[PC], r[SP] = fn, sp
	return l.CopyoutStruct(sp, &f)
}
