package mips

import (
	"nbemu/arch"
	"nbemu/kern"
)

// calls is how functions are called in o32, wideCalls in the ABIs of 64-bit processors.
var (
	calls     = &arch.Convention{Args: []int{A0, A1, A2, A3}, Result: V0, Link: RA, Room: 16, Enter: enter}
	wideCalls = &arch.Convention{Args: []int{A0, A1, A2, A3, A0 + 4, A0 + 5, A0 + 6, A0 + 7}, Result: V0, Link: RA, Enter: enter}
)

// enter: position-independent functions find their data by their own address.
func enter(l *kern.LWP, fn uint64) uint64 {
	l.Ctx.R[SLOT], l.Ctx.R[T9] = 0, fn
	return fn
}
