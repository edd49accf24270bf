package execve

import (
	"nbemu/cpu"
	"nbemu/kern"
)

// User-mode selectors of NetBSD/i386: code and data lie in the local table, the threads' own segments in the
// global one.
const (
	i386UserCS = 2<<3 | 4 | 3
	i386UserDS = 3<<3 | 4 | 3
	i386UserFS = 21<<3 | 3
	i386UserGS = 22<<3 | 3
)

// SetregsI386 is setregs of NetBSD/i386: the address of ps_strings in ebx, everything else 0.
func SetregsI386(l *kern.LWP, entry, stack, psStrings uint64) {
	r := &l.Ctx.R
	r[cpu.AMD64_RIP], r[cpu.AMD64_RSP], r[cpu.AMD64_RBX] = entry, stack, psStrings
	r[cpu.AMD64_RFLAGS] = pslUserSet
	r[cpu.AMD64_CS] = i386UserCS
	r[cpu.AMD64_SS], r[cpu.AMD64_DS], r[cpu.AMD64_ES] = i386UserDS, i386UserDS, i386UserDS
	r[cpu.AMD64_FS], r[cpu.AMD64_GS] = i386UserFS, i386UserGS
	amd64ClearFPU(l, amd64FCW)
}
