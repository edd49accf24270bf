package arm64

import (
	"encoding/binary"

	"nbemu/abi"
	"nbemu/kern"
	"nbemu/signals"
)

// regset: x0 to x30, sp, pc, spsr, tpidr; the vector registers with fpcr and fpsr, aligned to 16 bytes
// (sys/arch/aarch64/aarch64/process_machdep.c).
var regset = signals.Regset{
	GetRegs: signals.PTFirstMach, GetFPRegs: signals.PTFirstMach + 2,
	Step: signals.PTFirstMach + 4, SetStep: signals.PTFirstMach + 5, Sstep: signals.EngineStep,
	Size: nGreg * 8, FPSize: (fpSize + 15) &^ 15,
	Read: func(l *kern.LWP, b []byte) {
		for i := range nGreg {
			binary.LittleEndian.PutUint64(b[8*i:], l.Ctx.R[i])
		}
	},
	Write: func(l *kern.LWP, b []byte) abi.Errno {
		if err := md.CheckMcontext(l, b, abi.UC_CPU); err != abi.OK {
			return err
		}
		reg := func(i int) uint64 { return binary.LittleEndian.Uint64(b[8*i:]) }
		if reg(SP) >= Arch.UserMax || reg(PC) >= Arch.UserMax {
			return abi.EINVAL
		}
		md.SetMcontext(l, b, abi.UC_CPU|md.UCTLSBase)
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
		l.Ctx.R[PC] = pc
		return abi.OK
	},
}
