package mips

import (
	"nbemu/abi"
	"nbemu/kern"
)

// upcall calls fn with the five arguments of an upcall of scheduler activations (cpu_upcall): in registers, but that the fifth of
// o32 is on the stack.
func upcall(l *kern.LWP, fn, sp uint64, args [5]uint64) abi.Errno {
	r := &l.Ctx.R
	for i, a := range args {
		r[A0+i] = uint64(int64(int32(a)))
		if l.Model().LP64() {
			r[A0+i] = a
		}
	}
	sp = sp&^15 - 32
	handler(l, &kern.Sigaction{Sigaction: abi.Sigaction{Handler: abi.Ptr(fn)}}, sp, 0)
	return l.CopyoutStruct(sp+16, uint32(args[4]))
}
