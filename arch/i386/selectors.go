package i386

import (
	"slices"

	"nbemu/abi"
	"nbemu/arch/x86"
	"nbemu/kern"
)

// selectors are those that a kernel gives programs of 32 bits, from its global table and, with bit 2, from the local one.
type selectors struct {
	code, data   uint64 // of a program that begins
	fs, gs       uint64
	hCode, hData uint64 // of a signal handler
	hFS, hGS     uint64 // 0: what they were
	tlsGS        uint64 // of a thread that has set its pointer
	strict       bool   // the kernel looks at what programs want to have in them
}

// native are those of i386 (sys/arch/i386/include/segments.h, setregs, buildcontext): code and data lie in the local
// table, the threads' own segments in the global one.
var native = selectors{
	code: 2<<3 | 4 | 3, data: 3<<3 | 4 | 3, fs: 21<<3 | 3, gs: 22<<3 | 3,
	hCode: 3<<3 | 3, hData: 4<<3 | 3, hFS: 21<<3 | 3, hGS: 22<<3 | 3,
	tlsGS: 22<<3 | 3,
}

// onKernel64 are those of amd64 (sys/arch/amd64/include/segments.h, netbsd32_setregs, netbsd32_buildcontext).
var onKernel64 = selectors{
	code: 48 | 4 | 3, data: 72 | 4 | 3, fs: 72 | 4 | 3, gs: 72 | 4 | 3,
	hCode: 14<<3 | 3, hData: 15<<3 | 3,
	tlsGS: guGS, strict: true,
}

// The threads' own segments in amd64's global table.
const (
	guFS = 16<<3 | 3
	guGS = 17<<3 | 3
)

func selectorsOf(l *kern.LWP) *selectors {
	if l.Proc.Arch == ArchAMD64 {
		return &onKernel64
	}
	return &native
}

func (s *selectors) begin(r *[64]uint64) {
	r[x86.CS] = s.code
	r[x86.SS], r[x86.DS], r[x86.ES] = s.data, s.data, s.data
	r[x86.FS], r[x86.GS] = s.fs, s.gs
}

func (s *selectors) handler(r *[64]uint64) {
	r[x86.CS] = s.hCode
	r[x86.SS], r[x86.DS], r[x86.ES] = s.hData, s.hData, s.hData
	if s.hFS != 0 {
		r[x86.FS], r[x86.GS] = s.hFS, s.hGS
	}
}

// setprivate is cpu_lwp_setprivate: the thread's own segment is put into gs too, where programs do not begin with it. On
// i386 they do, and one that has put another there keeps it when a signal handler returns.
func setprivate(l *kern.LWP, _ uint64) {
	if s := selectorsOf(l); s.tlsGS != s.gs {
		l.Ctx.R[x86.GS] = s.tlsGS
	}
}

// usedSelectors are what a program wants to have in its segment registers.
type usedSelectors struct{ cs, ss, ds, es, fs, gs uint32 }

func mcontextSelectors(reg func(i int) uint32) usedSelectors {
	return usedSelectors{cs: reg(regCS), ss: reg(18), ds: reg(3), es: reg(2), fs: reg(1), gs: reg(0)}
}

// check refuses flags that a program may not change, and code of the kernel's. amd64's kernel looks at the other segments
// and at the program counter too (cpu_mcontext32_validate, check_sigcontext32, netbsd32_process_write_regs). Error: EINVAL.
func check(l *kern.LWP, eflags, eip uint32, u usedSelectors) abi.Errno {
	s := selectorsOf(l)
	if (eflags^uint32(l.Ctx.R[x86.RFLAGS]))&x86.PSLUserStatic != 0 || u.cs&3 != 3 {
		return abi.EINVAL
	}
	if !s.strict {
		return abi.OK
	}
	data := func(sel uint32) bool { return slices.Contains([]uint64{s.data, s.hData}, uint64(sel&0xffff)) }
	// The kernel knows whether the thread has set such a segment. Here that is if it has it now, or with a base.
	own := func(sel, want uint32, reg, base int) bool {
		return sel&0xffff == want && (l.Ctx.R[reg]&0xffff == uint64(want) || l.Ctx.R[base] != 0)
	}
	switch {
	case uint64(u.cs) != s.code && uint64(u.cs) != s.hCode,
		!data(u.ds), !data(u.ss), u.es != 0 && !data(u.es),
		u.fs != 0 && !data(u.fs) && !own(u.fs, guFS, x86.FS, x86.FSBASE),
		u.gs != 0 && !data(u.gs) && !own(u.gs, guGS, x86.GS, x86.GSBASE),
		uint64(eip) >= l.Proc.Arch.UserMax:
		return abi.EINVAL
	}
	return abi.OK
}
