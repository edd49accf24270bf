package i386

import (
	"nbemu/arch"
	"nbemu/arch/x86"
	"nbemu/kern"
)

// calls is how functions are called.
var calls = &arch.Convention{
	Result: x86.RAX, Link: -1,
	Enter: func(l *kern.LWP, fn uint64) uint64 {
		l.Ctx.R[x86.RFLAGS] &^= 0x400 // direction
		return fn
	},
}
