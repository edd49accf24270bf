package arm

import (
	"encoding/binary"

	"nbemu/abi"
	"nbemu/kern"
	"nbemu/signals"
)

const psrFlags = 0xf0000000 // PSR_FLAGS: all of cpsr that a debugger may change, but for the state bit

// regset: r0 to r15 and cpsr; struct vfpreg, which starts with fpexc, fpscr, fpinst, fpinst2 and has a double
// of room after the registers (sys/arch/arm/arm/process_machdep.c). Bit 0 of the pc tells Thumb code.
var regset = signals.Regset{
	GetRegs: signals.PTFirstMach + 1, GetFPRegs: signals.PTFirstMach + 5,
	Size: nGreg * 4, FPSize: 16 + 33*8,
	Read: func(l *kern.LWP, b []byte) {
		for i := range nGreg {
			binary.LittleEndian.PutUint32(b[4*i:], uint32(l.Ctx.R[i]))
		}
		if l.Ctx.R[CPSR]&Thumb != 0 {
			b[4*PC] |= 1
		}
	},
	Write: func(l *kern.LWP, b []byte) abi.Errno {
		r := &l.Ctx.R
		for i := range CPSR {
			r[i] = uint64(binary.LittleEndian.Uint32(b[4*i:]))
		}
		psr := uint64(binary.LittleEndian.Uint32(b[4*CPSR:]))
		r[CPSR] = r[CPSR]&^(psrFlags|Thumb) | psr&psrFlags
		if r[PC]&1 != 0 || psr&Thumb != 0 {
			r[CPSR] |= Thumb
			r[PC] &^= 1
		}
		return abi.OK
	},
	ReadFP: func(l *kern.LWP, b []byte) {
		l.SyncFP()
		clear(b[:16+33*8])
		copy(b[4:8], l.Ctx.FP[ctxFPSCR:])
		copy(b[16:], l.Ctx.FP[:vfpSize])
	},
	WriteFP: func(l *kern.LWP, b []byte) {
		l.SyncFP()
		copy(l.Ctx.FP[ctxFPSCR:][:4], b[4:8])
		copy(l.Ctx.FP[:vfpSize], b[16:])
		l.FPChanged()
	},
	SetPC: func(l *kern.LWP, pc uint64) abi.Errno {
		r := &l.Ctx.R
		r[PC] = uint64(uint32(pc)) &^ 1
		r[CPSR] &^= Thumb
		if pc&1 != 0 {
			r[CPSR] |= Thumb
		}
		return abi.OK
	},
}
