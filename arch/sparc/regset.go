package sparc

import (
	"nbemu/abi"
	"nbemu/kern"
	"nbemu/signals"
)

const (
	psricc = 0x00f00000

	// What tstate says of user mode: the condition codes, the address space identifier, relaxed memory order with
	// interrupts and floating point on (PSTATE_USER, PSTATE_PEF).
	tstateCCR    = 32
	tstateASI    = 24
	tstatePstate = 0x92 << 8
)

// newRegset is struct reg: psr (tstate), pc, npc, y, globals and outs; locals and ins are on the stack. struct
// fpreg has the registers and fsr, on sparc64 gsr too (sys/arch/sparc*/sparc*/process_machdep.c).
func newRegset(s *shape, fpSize int) *signals.Regset {
	// On sparc64 y is an int, in the upper half of its word's place.
	const nreg = 4 + 8 + 8
	yOff := 3 * s.reg
	return &signals.Regset{
		GetRegs: signals.PTFirstMach, GetFPRegs: signals.PTFirstMach + 2,
		Size: nreg * s.reg, FPSize: fpSize,
		Read: func(l *kern.LWP, b []byte) {
			o, r := l.Model(), &l.Ctx.R
			clear(b[:nreg*s.reg])
			psr := r[PSR]
			if s.reg == 8 {
				psr = psr<<tstateCCR | r[ASI]<<tstateASI | tstatePstate
			}
			o.PutUint(b, s.reg, psr)
			o.PutUint(b[s.reg:], s.reg, r[PC])
			o.PutUint(b[2*s.reg:], s.reg, r[NPC])
			o.PutUint(b[yOff:], 4, r[Y])
			for i := range 7 + 8 {
				o.PutUint(b[s.reg*(5+i):], s.reg, r[G1+i])
			}
		},
		Write: func(l *kern.LWP, b []byte) abi.Errno {
			o, r := l.Model(), &l.Ctx.R
			psr := o.Uint(b, s.reg)
			if s.reg == 8 {
				r[PSR] = psr >> tstateCCR & 0xff
			} else {
				r[PSR] = r[PSR]&^psricc | psr&psricc
			}
			r[PC] = o.Uint(b[s.reg:], s.reg)
			r[NPC] = o.Uint(b[2*s.reg:], s.reg)
			r[Y] = o.Uint(b[yOff:], 4)
			for i := range 7 + 8 {
				r[G1+i] = o.Uint(b[s.reg*(5+i):], s.reg)
			}
			return abi.OK
		},
		ReadFP: func(l *kern.LWP, b []byte) {
			l.SyncFP()
			o, fp := l.Model(), &l.Ctx.FP
			clear(b[:fpSize])
			for i := range s.fpRegs / 8 {
				o.PutUint(b[8*i:], 8, abi.LP64LE.Uint(fp[8*i:], 8))
			}
			o.PutUint(b[s.fpRegs:], s.reg, abi.LP64LE.Uint(fp[fpFSR:], 8))
			if s.reg == 8 {
				o.PutUint(b[s.fpRegs+8:], 4, abi.LP64LE.Uint(fp[fpGSR:], 8))
			}
		},
		WriteFP: func(l *kern.LWP, b []byte) {
			l.SyncFP()
			o, fp := l.Model(), &l.Ctx.FP
			for i := range s.fpRegs / 8 {
				abi.LP64LE.PutUint(fp[8*i:], 8, o.Uint(b[8*i:], 8))
			}
			abi.LP64LE.PutUint(fp[fpFSR:], 8, o.Uint(b[s.fpRegs:], s.reg))
			if s.reg == 8 {
				abi.LP64LE.PutUint(fp[fpGSR:], 8, o.Uint(b[s.fpRegs+8:], 4))
			}
			l.FPChanged()
		},
		SetPC: func(l *kern.LWP, pc uint64) abi.Errno {
			l.Ctx.R[PC], l.Ctx.R[NPC] = pc, pc+4
			return abi.OK
		},
		Settle: func(l *kern.LWP) { settle(l) },
		Resume: loadWindow,
	}
}
