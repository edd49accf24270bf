package signals

import (
	"nbemu/abi"
	"nbemu/cpu"
	"nbemu/kern"
)

// struct reg follows the trap frame: the general registers, then these (sys/arch/mips/include/regnum.h).
const (
	mipsPtSR    = 32
	mipsPtLO    = 33
	mipsPtHI    = 34
	mipsPtBadVA = 35
	mipsPtCause = 36
	mipsPtPC    = 37
	mipsPtNReg  = 38
	mipsCauseBD = 1 << 31
)

// mipsRegset describes one width of registers; struct fpreg is 32 of them and the control register
// (sys/arch/mips/mips/process_machdep.c).
func mipsRegset(reg int) *Regset {
	get := func(l *kern.LWP, b []byte) uint64 {
		if reg == 4 {
			return uint64(int64(int32(l.Model().Uint(b, 4))))
		}
		return l.Model().Uint(b, 8)
	}
	return &Regset{
		GetRegs: ptFirstMach + 1, GetFPRegs: ptFirstMach + 3,
		Step: ptFirstMach, SetStep: ptFirstMach + 5, Sstep: engineStep,
		Size: mipsPtNReg * reg, FPSize: 33 * reg,
		Read: func(l *kern.LWP, b []byte) {
			o, r := l.Model(), &l.Ctx.R
			put := func(i int, v uint64) { o.PutUint(b[reg*i:], reg, v) }
			for i := range 32 {
				put(i, r[i])
			}
			put(mipsPtSR, r[cpu.MIPS_SR])
			put(mipsPtLO, r[cpu.MIPS_LO])
			put(mipsPtHI, r[cpu.MIPS_HI])
			put(mipsPtBadVA, l.Ctx.Addr)
			pc, cause := r[cpu.MIPS_PC], r[cpu.MIPS_CAUSE]
			if r[cpu.MIPS_SLOT] != 0 {
				pc, cause = pc-4, cause|mipsCauseBD
			}
			put(mipsPtCause, cause)
			put(mipsPtPC, pc)
		},
		Write: func(l *kern.LWP, b []byte) abi.Errno {
			r := &l.Ctx.R
			for i := 1; i < 32; i++ {
				r[i] = get(l, b[reg*i:])
			}
			r[cpu.MIPS_LO] = get(l, b[reg*mipsPtLO:])
			r[cpu.MIPS_HI] = get(l, b[reg*mipsPtHI:])
			// A slot begins again at its branch.
			r[cpu.MIPS_PC] = get(l, b[reg*mipsPtPC:])
			r[cpu.MIPS_SLOT] = 0
			return abi.OK
		},
		ReadFP: func(l *kern.LWP, b []byte) {
			l.SyncFP()
			o, fp := l.Model(), &l.Ctx.FP
			for i := range 32 {
				o.PutUint(b[reg*i:], reg, abi.LP64LE.Uint(fp[8*i:], 8))
			}
			o.PutUint(b[reg*32:], reg, abi.LP64LE.Uint(fp[256:], 4))
		},
		WriteFP: func(l *kern.LWP, b []byte) {
			l.SyncFP()
			o, fp := l.Model(), &l.Ctx.FP
			for i := range 32 {
				abi.LP64LE.PutUint(fp[8*i:], 8, o.Uint(b[reg*i:], reg))
			}
			abi.LP64LE.PutUint(fp[256:], 4, o.Uint(b[reg*32:], reg))
			l.FPChanged()
		},
		SetPC: func(l *kern.LWP, pc uint64) abi.Errno {
			l.Ctx.R[cpu.MIPS_PC] = pc
			l.Ctx.R[cpu.MIPS_SLOT] = 0
			return abi.OK
		},
	}
}
