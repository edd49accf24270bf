package arm

import (
	"nbemu/abi"
	"nbemu/kern"
)

// upcall calls fn with the five arguments of an upcall of scheduler activations (cpu_upcall): four in registers, one on the
// stack.
func upcall(l *kern.LWP, fn, sp uint64, args [5]uint64) abi.Errno {
	r := &l.Ctx.R
	sp = sp&^7 - 8
	copy(r[R0:R0+4], args[:4])
	handler(l, &kern.Sigaction{Sigaction: abi.Sigaction{Handler: abi.Ptr(fn)}}, sp, 0)
	return l.CopyoutStruct(sp, uint32(args[4]))
}
