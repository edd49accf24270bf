package sparc

import (
	"nbemu/abi"
	"nbemu/arch"
	"nbemu/cpu"
	"nbemu/kern"
	"nbemu/signals"
)

// SPARCOn64 is sparc as sparc64's kernel presents it to 32-bit programs: pages of 8 KiB, and all 4 GiB but the last page
// (sys/arch/sparc64/include/vmparam.h).
var SPARCOn64 = onSPARC64()

func onSPARC64() *cpu.Arch {
	a := *SPARC
	a.PageSize = SPARC64.PageSize
	a.UserMax, a.StackTop = 0xffffe000, 0xffffe000
	a.MaxText, a.MaxData, a.DflData, a.MaxStack, a.DflStack = SPARC64.MaxText, 512<<20, 64<<20, 32<<20, 2<<20
	return &a
}

// compat is for SPARC's port.
var compat = []arch.Compat{{Native: "sparc64", Arch: SPARCOn64, Interp: "sparc", Regset: wideRegset()}}

// wideRegset is struct reg of sparc64 for a program of sparc, whose condition codes stand elsewhere in Context.R.
func wideRegset() *signals.Regset {
	const psrShift, icc = 20, 0xf
	rs := newRegset(&v9, 272)
	read, write := rs.Read, rs.Write
	rs.Read = func(l *kern.LWP, b []byte) {
		psr := l.Ctx.R[PSR]
		l.Ctx.R[PSR] = psr >> psrShift & icc
		read(l, b)
		l.Ctx.R[PSR] = psr
	}
	rs.Write = func(l *kern.LWP, b []byte) abi.Errno {
		psr := l.Ctx.R[PSR]
		err := write(l, b)
		l.Ctx.R[PSR] = psr&^psricc | l.Ctx.R[PSR]&icc<<psrShift
		return err
	}
	return rs
}
