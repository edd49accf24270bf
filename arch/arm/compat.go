package arm

import (
	"encoding/binary"

	"nbemu/abi"
	"nbemu/arch"
	"nbemu/cpu"
	"nbemu/kern"
	"nbemu/signals"
)

// ArchAARCH64 is arm as aarch64's kernel presents it to 32-bit programs (sys/arch/aarch64/include/vmparam.h).
var ArchAARCH64 = onAARCH64()

func onAARCH64() *cpu.Arch {
	a := *Arch
	a.MinAddr, a.UserMax, a.StackTop = 0, 0xfffff000, 0xfffff000
	a.MaxText, a.MaxData, a.DflData, a.MaxStack, a.DflStack = 1<<30, 3<<30, 128<<20, 64<<20, 2<<20
	return &a
}

var compat = []arch.Compat{{Native: "aarch64", Arch: ArchAARCH64, Interp: "earmv7hf", Regset: &wideRegset}}

// Places in aarch64's struct reg (sys/arch/aarch64/include/reg.h), and the length of its struct fpreg.
const (
	wideSP    = 31
	widePC    = 32
	wideSPSR  = 33
	wideTPIDR = 34
	wideNReg  = 35
	wideFP    = 32*16 + 16
)

// wideRegset is how a debugger of aarch64 sees a program of arm: r0 to r14 are x0 to x14, and the vector registers pairs
// of doubles.
var wideRegset = signals.Regset{
	GetRegs: signals.PTFirstMach, GetFPRegs: signals.PTFirstMach + 2,
	Size: wideNReg * 8, FPSize: wideFP,
	Read: func(l *kern.LWP, b []byte) {
		clear(b[:wideNReg*8])
		put := func(i int, v uint64) { binary.LittleEndian.PutUint64(b[8*i:], v) }
		r := &l.Ctx.R
		for i := range PC {
			put(i, uint64(uint32(r[i])))
		}
		put(wideSP, uint64(uint32(r[SP])))
		put(widePC, r[PC])
		put(wideSPSR, r[CPSR])
		put(wideTPIDR, r[TPIDRURO])
	},
	Write: func(l *kern.LWP, b []byte) abi.Errno {
		get := func(i int) uint64 { return binary.LittleEndian.Uint64(b[8*i:]) }
		if get(widePC) >= ArchAARCH64.UserMax {
			return abi.EINVAL
		}
		r := &l.Ctx.R
		for i := range PC {
			r[i] = uint64(uint32(get(i)))
		}
		r[PC] = get(widePC)
		r[CPSR] = r[CPSR]&^(psrFlags|Thumb) | get(wideSPSR)&(psrFlags|Thumb)
		return abi.OK
	},
	ReadFP: func(l *kern.LWP, b []byte) {
		l.SyncFP()
		clear(b[:wideFP])
		copy(b, l.Ctx.FP[:vfpSize])
		copy(b[32*16+4:][:4], l.Ctx.FP[ctxFPSCR:])
	},
	WriteFP: func(l *kern.LWP, b []byte) {
		l.SyncFP()
		copy(l.Ctx.FP[:vfpSize], b)
		copy(l.Ctx.FP[ctxFPSCR:][:4], b[32*16+4:])
		l.FPChanged()
	},
	SetPC: regset.SetPC,
}
