package signals

import (
	"encoding/binary"

	"nbemu/abi"
	"nbemu/cpu"
	"nbemu/kern"
)

const armPSRFlags = 0xf0000000 // PSR_FLAGS: all of cpsr that a debugger may change, but for the state bit

// armRegset: r0 to r15 and cpsr; struct vfpreg, which starts with fpexc, fpscr, fpinst, fpinst2 and has a double
// of room behind the registers (sys/arch/arm/arm/process_machdep.c). Bit 0 of the pc tells Thumb code.
var armRegset = Regset{
	GetRegs: ptFirstMach + 1, GetFPRegs: ptFirstMach + 5,
	Size: armNGreg * 4, FPSize: 16 + 33*8,
	Read: func(l *kern.LWP, b []byte) {
		for i := range armNGreg {
			binary.LittleEndian.PutUint32(b[4*i:], uint32(l.Ctx.R[i]))
		}
		if l.Ctx.R[cpu.ARM_CPSR]&cpu.ARMThumb != 0 {
			b[4*cpu.ARM_PC] |= 1
		}
	},
	Write: func(l *kern.LWP, b []byte) abi.Errno {
		r := &l.Ctx.R
		for i := range cpu.ARM_CPSR {
			r[i] = uint64(binary.LittleEndian.Uint32(b[4*i:]))
		}
		psr := uint64(binary.LittleEndian.Uint32(b[4*cpu.ARM_CPSR:]))
		r[cpu.ARM_CPSR] = r[cpu.ARM_CPSR]&^(armPSRFlags|cpu.ARMThumb) | psr&armPSRFlags
		if r[cpu.ARM_PC]&1 != 0 || psr&cpu.ARMThumb != 0 {
			r[cpu.ARM_CPSR] |= cpu.ARMThumb
			r[cpu.ARM_PC] &^= 1
		}
		return abi.OK
	},
	ReadFP: func(l *kern.LWP, b []byte) {
		l.SyncFP()
		clear(b[:16+33*8])
		copy(b[4:8], l.Ctx.FP[armCtxFPSCR:])
		copy(b[16:], l.Ctx.FP[:armVFPSize])
	},
	WriteFP: func(l *kern.LWP, b []byte) {
		l.SyncFP()
		copy(l.Ctx.FP[armCtxFPSCR:][:4], b[4:8])
		copy(l.Ctx.FP[:armVFPSize], b[16:])
		l.FPChanged()
	},
	SetPC: func(l *kern.LWP, pc uint64) abi.Errno {
		r := &l.Ctx.R
		r[cpu.ARM_PC] = uint64(uint32(pc)) &^ 1
		r[cpu.ARM_CPSR] &^= cpu.ARMThumb
		if pc&1 != 0 {
			r[cpu.ARM_CPSR] |= cpu.ARMThumb
		}
		return abi.OK
	},
}

// arm64Regset: x0 to x30, sp, pc, spsr, tpidr; the vector registers with fpcr and fpsr, aligned to 16 bytes
// (sys/arch/aarch64/aarch64/process_machdep.c).
var arm64Regset = Regset{
	GetRegs: ptFirstMach, GetFPRegs: ptFirstMach + 2,
	Step: ptFirstMach + 4, SetStep: ptFirstMach + 5, Sstep: engineStep,
	Size: arm64NGreg * 8, FPSize: (arm64FPSize + 15) &^ 15,
	Read: func(l *kern.LWP, b []byte) {
		for i := range arm64NGreg {
			binary.LittleEndian.PutUint64(b[8*i:], l.Ctx.R[i])
		}
	},
	Write: func(l *kern.LWP, b []byte) abi.Errno {
		if err := ARM64.CheckMcontext(l, b); err != abi.OK {
			return err
		}
		reg := func(i int) uint64 { return binary.LittleEndian.Uint64(b[8*i:]) }
		if reg(cpu.ARM64_SP) >= cpu.ARM64.UserMax || reg(cpu.ARM64_PC) >= cpu.ARM64.UserMax {
			return abi.EINVAL
		}
		ARM64.SetMcontext(l, b, abi.UC_CPU|ARM64.UCTLSBase)
		return abi.OK
	},
	ReadFP: func(l *kern.LWP, b []byte) {
		l.SyncFP()
		copy(b, l.Ctx.FP[:arm64FPSize])
	},
	WriteFP: func(l *kern.LWP, b []byte) {
		copy(l.Ctx.FP[:arm64FPSize], b)
		l.FPChanged()
	},
	SetPC: func(l *kern.LWP, pc uint64) abi.Errno {
		l.Ctx.R[cpu.ARM64_PC] = pc
		return abi.OK
	},
}
