package amd64

import (
	"encoding/binary"

	"nbemu/abi"
	"nbemu/arch/x86"
	"nbemu/kern"
	"nbemu/signals"
)

// regset: the mcontext's general registers, and the FXSAVE image (sys/arch/amd64/amd64/process_machdep.c).
var regset = signals.Regset{
	GetRegs: signals.PTFirstMach + 1, GetFPRegs: signals.PTFirstMach + 3,
	Step: signals.PTFirstMach, SetStep: signals.PTFirstMach + 7,
	Sstep: x86.Step,
	More:  []signals.RegSet{x86.DBRegs(signals.PTFirstMach+5, 16, 8), x86.XState(signals.PTFirstMach + 9)},
	Size:  nGreg * 8, FPSize: x86.FXSaveSize,
	Read: func(l *kern.LWP, b []byte) {
		userSegs(&l.Ctx.R)
		for i := range nGreg {
			binary.LittleEndian.PutUint64(b[8*i:], l.Ctx.R[i])
		}
	},
	Write: func(l *kern.LWP, b []byte) abi.Errno {
		if err := md.CheckMcontext(l, b, abi.UC_CPU); err != abi.OK {
			return err
		}
		md.SetMcontext(l, b, abi.UC_CPU)
		return abi.OK
	},
	ReadFP:  x86.ReadFXSave,
	WriteFP: x86.WriteFXSave,
	SetPC: func(l *kern.LWP, pc uint64) abi.Errno {
		if pc >= Arch.UserMax {
			return abi.EINVAL
		}
		l.Ctx.R[x86.RIP] = pc
		return abi.OK
	},
}
