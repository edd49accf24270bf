package powerpc

import (
	"encoding/binary"

	"nbemu/abi"
	"nbemu/kern"
	"nbemu/signals"
)

// regset: r0 to r31, lr, cr, xer, ctr, pc; f0 to f31 and fpscr in 64 bits.
var regset = signals.Regset{
	GetRegs: signals.PTFirstMach + 1, GetFPRegs: signals.PTFirstMach + 3,
	Step: signals.PTFirstMach, SetStep: signals.PTFirstMach + 7, Sstep: signals.EngineStep,
	Size: 4 * len(ptRegs), FPSize: 33 * 8,
	Read: func(l *kern.LWP, b []byte) {
		for i, reg := range ptRegs {
			binary.BigEndian.PutUint32(b[4*i:], uint32(l.Ctx.R[reg]))
		}
	},
	Write: func(l *kern.LWP, b []byte) abi.Errno {
		for i, reg := range ptRegs {
			l.Ctx.R[reg] = uint64(binary.BigEndian.Uint32(b[4*i:]))
		}
		return abi.OK
	},
	ReadFP: func(l *kern.LWP, b []byte) {
		l.SyncFP()
		swapUints(b, l.Ctx.FP[:256], 8)
		clear(b[256:260])
		swapUints(b[260:], l.Ctx.FP[ctxFPSCR:][:4], 4)
	},
	WriteFP: func(l *kern.LWP, b []byte) {
		l.SyncFP()
		swapUints(l.Ctx.FP[:256], b[:256], 8)
		swapUints(l.Ctx.FP[ctxFPSCR:], b[260:264], 4)
		l.FPChanged()
	},
	More: []signals.RegSet{{Name: "vreg", Get: signals.PTFirstMach + 5, Size: vregSize, Read: readVreg, Write: writeVreg}},
	SetPC: func(l *kern.LWP, pc uint64) abi.Errno {
		l.Ctx.R[PC] = pc
		return abi.OK
	},
}

// ptRegs are the registers of struct reg.
var ptRegs = [37]int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26,
	27, 28, 29, 30, 31, LR, CR, XER, CTR, PC}

// struct vreg: the vector registers, vrsave, two words of nothing, vscr.
const (
	vregSave = 512
	vregVSCR = vregSave + 12
	vregSize = vregVSCR + 4
)

func readVreg(l *kern.LWP, b []byte) {
	l.SyncFP()
	fp := &l.Ctx.FP
	clear(b[:vregSize])
	swapUints(b, fp[ctxVR:][:512], 8)
	swapUints(b[vregSave:], fp[ctxVRSave:][:4], 4)
	swapUints(b[vregVSCR:], fp[ctxVSCR:][:4], 4)
}

func writeVreg(l *kern.LWP, b []byte) abi.Errno {
	l.SyncFP()
	fp := &l.Ctx.FP
	swapUints(fp[ctxVR:], b[:512], 8)
	swapUints(fp[ctxVRSave:], b[vregSave:][:4], 4)
	swapUints(fp[ctxVSCR:], b[vregVSCR:][:4], 4)
	l.FPChanged()
	return abi.OK
}
