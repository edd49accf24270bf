package m68k

import (
	"encoding/binary"

	"nbemu/abi"
	"nbemu/kern"
	"nbemu/signals"
)

// ptPS and ptPC are their places in struct reg, which has them the other way round than the machine context.
const (
	ptPS = 16
	ptPC = 17
)

// regset: sys/arch/m68k/m68k/process_machdep.c, reg.h, ptrace.h.
var regset = signals.Regset{
	GetRegs: signals.PTFirstMach + 1, GetFPRegs: signals.PTFirstMach + 3,
	Step: signals.PTFirstMach, Sstep: signals.EngineStep,
	Size: 4 * nGreg, FPSize: fpSize,
	Read: func(l *kern.LWP, b []byte) {
		be := binary.BigEndian
		for i := range PC {
			be.PutUint32(b[4*i:], uint32(l.Ctx.R[i]))
		}
		be.PutUint32(b[4*ptPS:], uint32(l.Ctx.R[PS]))
		be.PutUint32(b[4*ptPC:], uint32(l.Ctx.R[PC]))
	},
	Write: func(l *kern.LWP, b []byte) abi.Errno {
		be := binary.BigEndian
		ps := be.Uint32(b[4*ptPS:])
		if ps&pslUserClr != 0 {
			return abi.EPERM
		}
		for i := range PC {
			l.Ctx.R[i] = uint64(be.Uint32(b[4*i:]))
		}
		l.Ctx.R[PC] = uint64(be.Uint32(b[4*ptPC:]))
		setPS(l, ps)
		return abi.OK
	},
	ReadFP: func(l *kern.LWP, b []byte) {
		l.SyncFP()
		copy(b, l.Ctx.FP[:fpSize])
	},
	WriteFP: func(l *kern.LWP, b []byte) {
		copy(l.Ctx.FP[:fpSize], b)
		l.FPChanged()
	},
	SetPC: func(l *kern.LWP, pc uint64) abi.Errno {
		l.Ctx.R[PC] = uint64(uint32(pc))
		return abi.OK
	},
}
