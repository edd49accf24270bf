package signals

import (
	"encoding/binary"

	"nbemu/abi"
	"nbemu/cpu"
	"nbemu/kern"
)

// Sigcontexts of machines that pass a handler's arguments in registers.

// putSigcontext stores a sigcontext, and nothing beside, on the stack of a handler, aligned to align.
func putSigcontext(l *kern.LWP, act *kern.Sigaction, sc sigcontext, mask *abi.Sigset, sp, align uint64) (scp uint64) {
	top, onstack := stackFor(l, act, sp)
	saveSigcontext(l, sc, mask)
	scp = uint64(uint32(top-uint64(l.Model().Sizeof(sc))) &^ uint32(align-1))
	if l.CopyoutStruct(scp, sc) != abi.OK {
		l.SigIll()
	}
	if onstack {
		l.Sigstk.Flags |= abi.SS_ONSTACK
	}
	return scp
}

// insns is code of instructions of 32 bits.
func insns(o binary.AppendByteOrder, code ...uint32) (b []byte) {
	for _, x := range code {
		b = o.AppendUint32(b, x)
	}
	return b
}

// SigcodeARM is where handlers of version 0 return to, with the sigcontext at sp (sys/arch/arm/arm/sigcode.S).
var SigcodeARM = insns(binary.LittleEndian,
	0xe1a0000d, // mov r0,sp
	0xefa00127, // svc __sigreturn14
	0xefa00001, // svc exit
	0xeafffffc) // b . - 8

type armSigcontext struct{ abi.SigcontextARM }

func (sc *armSigcontext) save(l *kern.LWP) {
	r := &l.Ctx.R
	for i := range sc.R {
		sc.R[i] = uint32(r[i])
	}
	sc.UsrSP, sc.UsrLR, sc.PC, sc.Spsr = uint32(r[cpu.ARM_SP]), uint32(r[cpu.ARM_LR]), uint32(r[cpu.ARM_PC]), uint32(r[cpu.ARM_CPSR])
}

func (sc *armSigcontext) restore(l *kern.LWP) abi.Errno {
	const masked = 0xc0 // interrupts
	if sc.Spsr&(armModeMask|masked) != armModeUSR {
		return abi.EINVAL
	}
	r := &l.Ctx.R
	for i := range sc.R {
		r[i] = uint64(sc.R[i])
	}
	r[cpu.ARM_SP], r[cpu.ARM_LR], r[cpu.ARM_PC], r[cpu.ARM_CPSR] = uint64(sc.UsrSP), uint64(sc.UsrLR), uint64(sc.PC), uint64(sc.Spsr)
	return abi.OK
}

func (sc *armSigcontext) state() sigstate { return sigstate{&sc.Onstack, &sc.Mask13, &sc.Mask} }

// SigcodePPC calls handlers of version 0, whose address is in lr, and returns to where the signal came, with the
// sigcontext at r1 (sys/arch/powerpc/powerpc/sigcode.S).
var SigcodePPC = insns(binary.BigEndian,
	0x3821fff0, // addi 1,1,-16
	0x4e800021, // blrl
	0x38610010, // addi 3,1,16
	0x38000127, // li 0,__sigreturn14
	0x44000002, // sc
	0x38000001, // li 0,exit
	0x44000002) // sc

type ppcSigcontext struct{ abi.SigcontextPPC }

func (sc *ppcSigcontext) regs() map[int]*uint32 {
	return map[int]*uint32{cpu.PPC_LR: &sc.LR, cpu.PPC_CR: &sc.CR, cpu.PPC_XER: &sc.XER, cpu.PPC_CTR: &sc.CTR, cpu.PPC_PC: &sc.SRR0}
}

func (sc *ppcSigcontext) save(l *kern.LWP) {
	r := &l.Ctx.R
	for i := range sc.Fixreg {
		sc.Fixreg[i] = uint32(r[i])
	}
	for i, at := range sc.regs() {
		*at = uint32(r[i])
	}
	sc.SRR1 = ppcMSRUserSet | uint32(r[cpu.PPC_MSR])&ppcMSRFE
	l.SyncFP()
	sc.VRSave = binary.LittleEndian.Uint32(l.Ctx.FP[ppcCtxVRSave:])
}

func (sc *ppcSigcontext) restore(l *kern.LWP) abi.Errno {
	if sc.SRR1&^(ppcMSRUserMod|ppcMSRVec) != ppcMSRUserSet {
		return abi.EINVAL
	}
	r := &l.Ctx.R
	for i, v := range sc.Fixreg {
		r[i] = uint64(v)
	}
	for i, at := range sc.regs() {
		r[i] = uint64(*at)
	}
	r[cpu.PPC_MSR] = uint64(sc.SRR1) & ppcMSRFE
	l.SyncFP()
	binary.LittleEndian.PutUint32(l.Ctx.FP[ppcCtxVRSave:], sc.VRSave)
	l.FPChanged()
	return abi.OK
}

func (sc *ppcSigcontext) state() sigstate { return sigstate{&sc.Onstack, &sc.Mask13, &sc.Mask} }

// SigcodeMIPS is where handlers of version 0 return to, with the sigcontext at sp (sys/arch/mips/mips/sigcode.S).
func SigcodeMIPS(o binary.AppendByteOrder) []byte {
	return insns(o,
		0x03a02025, // move a0,sp
		0x24020127, // li v0,__sigreturn14
		0x0000000c, // syscall
		0x0000000d) // break 0
}

type mipsSigcontext struct{ abi.SigcontextMIPS }

func (sc *mipsSigcontext) save(l *kern.LWP) {
	r := &l.Ctx.R
	for i := range sc.Regs {
		sc.Regs[i] = uint32(r[i])
	}
	sc.Regs[0] = abi.SigcontextMagicMIPS
	sc.PC, sc.LO, sc.HI = uint32(r[cpu.MIPS_PC]), uint32(r[cpu.MIPS_LO]), uint32(r[cpu.MIPS_HI])
	if r[cpu.MIPS_SLOT] != 0 {
		sc.PC -= 4 // from the branch on
	}
	l.SyncFP()
	sc.FPUsed = 1
	for i := range sc.FPRegs {
		sc.FPRegs[i] = binary.LittleEndian.Uint32(l.Ctx.FP[8*i:])
	}
}

func (sc *mipsSigcontext) restore(l *kern.LWP) abi.Errno {
	if sc.Regs[0] != abi.SigcontextMagicMIPS {
		return abi.EINVAL
	}
	r := &l.Ctx.R
	sext := func(v uint32) uint64 { return uint64(int64(int32(v))) }
	for i := 1; i < len(sc.Regs); i++ {
		r[i] = sext(sc.Regs[i])
	}
	r[cpu.MIPS_PC], r[cpu.MIPS_LO], r[cpu.MIPS_HI], r[cpu.MIPS_SLOT] = sext(sc.PC), sext(sc.LO), sext(sc.HI), 0
	l.SyncFP()
	for i, v := range sc.FPRegs {
		binary.LittleEndian.PutUint32(l.Ctx.FP[8*i:], v)
	}
	l.FPChanged()
	return abi.OK
}

func (sc *mipsSigcontext) state() sigstate { return sigstate{&sc.Onstack, &sc.Mask13, &sc.Mask} }
