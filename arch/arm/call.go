package arm

import (
	"nbemu/arch"
	"nbemu/kern"
)

// calls is how functions are called.
var calls = &arch.Convention{
	Args: []int{R0, R1, R2, R0 + 3}, Result: R0, Link: LR,
	Enter: func(l *kern.LWP, fn uint64) uint64 {
		l.Ctx.R[CPSR] &^= Thumb
		if fn&1 != 0 {
			l.Ctx.R[CPSR] |= Thumb
		}
		return fn &^ 1
	},
}
