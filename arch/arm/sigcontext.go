package arm

import (
	"encoding/binary"

	"nbemu/abi"
	"nbemu/kern"
	"nbemu/signals"
)

// sigcode is where handlers of version 0 return to, with the sigcontext at sp (sys/arch/arm/arm/sigcode.S).
var sigcode = signals.Insns(binary.LittleEndian,
	0xe1a0000d, // mov r0,sp
	0xefa00127, // svc __sigreturn14
	0xefa00001, // svc exit
	0xeafffffc) // b . - 8

// sigcontextARM is arm's.
type sigcontextARM struct {
	Onstack int32
	Mask13  uint32

	Spsr                    uint32
	R                       [13]uint32
	UsrSP, UsrLR, SvcLR, PC uint32

	Mask abi.Sigset
}

type sigcontext struct{ sigcontextARM }

func (sc *sigcontext) Save(l *kern.LWP) {
	r := &l.Ctx.R
	for i := range sc.R {
		sc.R[i] = uint32(r[i])
	}
	sc.UsrSP, sc.UsrLR, sc.PC, sc.Spsr = uint32(r[SP]), uint32(r[LR]), uint32(r[PC]), uint32(r[CPSR])
}

func (sc *sigcontext) Restore(l *kern.LWP) abi.Errno {
	if !userPSR(sc.Spsr) {
		return abi.EINVAL
	}
	r := &l.Ctx.R
	for i := range sc.R {
		r[i] = uint64(sc.R[i])
	}
	r[SP], r[LR], r[PC], r[CPSR] = uint64(sc.UsrSP), uint64(sc.UsrLR), uint64(sc.PC), uint64(sc.Spsr)
	return abi.OK
}

func (sc *sigcontext) State() signals.Sigstate {
	return signals.Sigstate{Onstack: &sc.Onstack, Mask13: &sc.Mask13, Mask: &sc.Mask}
}
