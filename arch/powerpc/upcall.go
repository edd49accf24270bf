package powerpc

import (
	"nbemu/abi"
	"nbemu/kern"
)

// upcall calls fn with the five arguments of an upcall of scheduler activations (cpu_upcall).
func upcall(l *kern.LWP, fn, sp uint64, args [5]uint64) abi.Errno {
	r := &l.Ctx.R
	for i, a := range args {
		r[R3+i] = a
	}
	r[R1] = sp&^(callFrame-1) - callFrame
	r[LR], r[PC] = 0, fn
	return l.CopyoutStruct(r[R1], uint32(0)) // the end of the chain of frames
}
