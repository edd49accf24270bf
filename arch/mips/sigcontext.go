package mips

import (
	"encoding/binary"

	"nbemu/abi"
	"nbemu/kern"
	"nbemu/signals"
)

// sigcode is where handlers of version 0 return to, with the sigcontext at sp (sys/arch/mips/mips/sigcode.S).
func sigcode(o binary.AppendByteOrder) []byte {
	return signals.Insns(o,
		0x03a02025, // move a0,sp
		0x24020127, // li v0,__sigreturn14
		0x0000000c, // syscall
		0x0000000d) // break 0
}

// sigcontextMIPS is that of mips' o32 programs; other ABIs have none.
type sigcontextMIPS struct {
	Onstack int32
	Mask13  uint32

	PC     uint32
	Regs   [32]uint32 // that of register 0 is sigcontextMagic
	LO, HI uint32
	FPUsed int32
	FPRegs [33]uint32
	FPCEIR uint32
	_      [8]uint32

	Mask abi.Sigset
}

// sigcontextMagic shows sigreturn that it was given a sigcontext.
const sigcontextMagic = 0xacedbade

type sigcontext struct{ sigcontextMIPS }

func (sc *sigcontext) Save(l *kern.LWP) {
	r := &l.Ctx.R
	for i := range sc.Regs {
		sc.Regs[i] = uint32(r[i])
	}
	sc.Regs[0] = sigcontextMagic
	sc.PC, sc.LO, sc.HI = uint32(r[PC]), uint32(r[LO]), uint32(r[HI])
	if r[SLOT] != 0 {
		sc.PC -= 4 // from the branch on
	}
	l.SyncFP()
	sc.FPUsed = 1
	for i := range sc.FPRegs {
		sc.FPRegs[i] = binary.LittleEndian.Uint32(l.Ctx.FP[8*i:])
	}
}

func (sc *sigcontext) Restore(l *kern.LWP) abi.Errno {
	if sc.Regs[0] != sigcontextMagic {
		return abi.EINVAL
	}
	r := &l.Ctx.R
	for i := 1; i < len(sc.Regs); i++ {
		r[i] = sext(sc.Regs[i])
	}
	r[PC], r[LO], r[HI], r[SLOT] = sext(sc.PC), sext(sc.LO), sext(sc.HI), 0
	l.SyncFP()
	for i, v := range sc.FPRegs {
		binary.LittleEndian.PutUint32(l.Ctx.FP[8*i:], v)
	}
	l.FPChanged()
	return abi.OK
}

func (sc *sigcontext) State() signals.Sigstate {
	return signals.Sigstate{Onstack: &sc.Onstack, Mask13: &sc.Mask13, Mask: &sc.Mask}
}
