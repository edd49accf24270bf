package powerpc

import (
	"encoding/binary"

	"nbemu/abi"
	"nbemu/kern"
	"nbemu/signals"
)

// sigcode calls handlers of version 0, whose address is in lr, and returns to where the signal came, with the
// sigcontext at r1 (sys/arch/powerpc/powerpc/sigcode.S).
var sigcode = signals.Insns(binary.BigEndian,
	0x3821fff0, // addi 1,1,-16
	0x4e800021, // blrl
	0x38610010, // addi 3,1,16
	0x38000127, // li 0,__sigreturn14
	0x44000002, // sc
	0x38000001, // li 0,exit
	0x44000002) // sc

// sigcontextPPC is powerpc's; the registers are struct utrapframe.
type sigcontextPPC struct {
	Onstack int32
	Mask13  uint32

	Fixreg                       [32]uint32
	LR, CR, XER, CTR, SRR0, SRR1 uint32
	VRSave, MQ, Spare            uint32

	Mask abi.Sigset
}

type sigcontext struct{ sigcontextPPC }

func (sc *sigcontext) regs() map[int]*uint32 {
	return map[int]*uint32{LR: &sc.LR, CR: &sc.CR, XER: &sc.XER, CTR: &sc.CTR, PC: &sc.SRR0}
}

func (sc *sigcontext) Save(l *kern.LWP) {
	r := &l.Ctx.R
	for i := range sc.Fixreg {
		sc.Fixreg[i] = uint32(r[i])
	}
	for i, at := range sc.regs() {
		*at = uint32(r[i])
	}
	sc.SRR1 = msrUserSet | uint32(r[MSR])&msrfe
	l.SyncFP()
	sc.VRSave = binary.LittleEndian.Uint32(l.Ctx.FP[ctxVRSave:])
}

func (sc *sigcontext) Restore(l *kern.LWP) abi.Errno {
	if sc.SRR1&^(msrUserMod|msrVec) != msrUserSet {
		return abi.EINVAL
	}
	r := &l.Ctx.R
	for i, v := range sc.Fixreg {
		r[i] = uint64(v)
	}
	for i, at := range sc.regs() {
		r[i] = uint64(*at)
	}
	r[MSR] = uint64(sc.SRR1) & msrfe
	l.SyncFP()
	binary.LittleEndian.PutUint32(l.Ctx.FP[ctxVRSave:], sc.VRSave)
	l.FPChanged()
	return abi.OK
}

func (sc *sigcontext) State() signals.Sigstate {
	return signals.Sigstate{Onstack: &sc.Onstack, Mask13: &sc.Mask13, Mask: &sc.Mask}
}
