package sparc

import (
	"nbemu/abi"
	"nbemu/kern"
)

// upcall calls fn with the five arguments of an upcall of scheduler activations (cpu_upcall).
func upcall(l *kern.LWP, fn, sp uint64, args [5]uint64) abi.Errno {
	r := &l.Ctx.R
	s := shapeOf(l)
	for i, a := range args {
		r[O0+i] = a
	}
	sp = sp&^(s.align-1) - uint64(s.frame)
	err := l.Copyout(make([]byte, 16*s.reg), sp) // the window that it begins with
	r[O6] = sp
	if l.Model().LP64() {
		r[O6] -= bias
	}
	r[O7], r[PC], r[NPC] = 0, fn, fn+4
	loadWindow(l)
	return err
}
