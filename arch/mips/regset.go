package mips

import (
	"nbemu/abi"
	"nbemu/kern"
	"nbemu/signals"
)

// struct reg follows the trap frame: the general registers, then these (sys/arch/mips/include/regnum.h).
const (
	ptSR    = 32
	ptLO    = 33
	ptHI    = 34
	ptBadVA = 35
	ptCause = 36
	ptPC    = 37
	ptNReg  = 38
	causeBD = 1 << 31
)

// newRegset describes one width of registers; struct fpreg is 32 of them and the control register
// (sys/arch/mips/mips/process_machdep.c).
func newRegset(reg int) *signals.Regset {
	get := func(l *kern.LWP, b []byte) uint64 {
		if reg == 4 {
			return uint64(int64(int32(l.Model().Uint(b, 4))))
		}
		return l.Model().Uint(b, 8)
	}
	return &signals.Regset{
		GetRegs: signals.PTFirstMach + 1, GetFPRegs: signals.PTFirstMach + 3,
		Step: signals.PTFirstMach, SetStep: signals.PTFirstMach + 5, Sstep: signals.EngineStep,
		Size: ptNReg * reg, FPSize: 33 * reg,
		Read: func(l *kern.LWP, b []byte) {
			o, r := l.Model(), &l.Ctx.R
			put := func(i int, v uint64) { o.PutUint(b[reg*i:], reg, v) }
			for i := range 32 {
				put(i, r[i])
			}
			put(ptSR, r[SR])
			put(ptLO, r[LO])
			put(ptHI, r[HI])
			put(ptBadVA, l.Ctx.Addr)
			pc, cause := r[PC], r[CAUSE]
			if r[SLOT] != 0 {
				pc, cause = pc-4, cause|causeBD
			}
			put(ptCause, cause)
			put(ptPC, pc)
		},
		Write: func(l *kern.LWP, b []byte) abi.Errno {
			r := &l.Ctx.R
			for i := 1; i < 32; i++ {
				r[i] = get(l, b[reg*i:])
			}
			r[LO] = get(l, b[reg*ptLO:])
			r[HI] = get(l, b[reg*ptHI:])
			// A slot begins again at its branch.
			r[PC] = get(l, b[reg*ptPC:])
			r[SLOT] = 0
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
			l.Ctx.R[PC] = pc
			l.Ctx.R[SLOT] = 0
			return abi.OK
		},
	}
}
