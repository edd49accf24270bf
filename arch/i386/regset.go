package i386

import (
	"encoding/binary"

	"nbemu/abi"
	"nbemu/arch/x86"
	"nbemu/kern"
	"nbemu/signals"
)

// regOrder is the order of struct reg: indexes of Context.R. Segments are words of 16 bits.
var regOrder = [16]int{x86.RAX, x86.RCX, x86.RDX, x86.RBX, x86.RSP, x86.RBP,
	x86.RSI, x86.RDI, x86.RIP, x86.RFLAGS, x86.CS, x86.SS, x86.DS,
	x86.ES, x86.FS, x86.GS}

const (
	ptEIP   = 8
	ptFlags = 9
	ptCS    = 10

	s87Size = 108
)

// regset: sys/arch/i386/i386/process_machdep.c.
var regset = signals.Regset{
	GetRegs: signals.PTFirstMach + 1, GetFPRegs: signals.PTFirstMach + 3,
	Step: signals.PTFirstMach, SetStep: signals.PTFirstMach + 9,
	Sstep: x86.Step,
	More:  []signals.RegSet{x86.XMMRegs(signals.PTFirstMach + 5), x86.DBRegs(signals.PTFirstMach+7, 8, 4), x86.XState(signals.PTFirstMach + 11)},
	Size:  16 * 4, FPSize: s87Size,
	Read: func(l *kern.LWP, b []byte) {
		for i, x := range regOrder {
			v := uint32(l.Ctx.R[x])
			if i >= ptCS {
				v &= 0xffff
			}
			binary.LittleEndian.PutUint32(b[4*i:], v)
		}
	},
	Write: func(l *kern.LWP, b []byte) abi.Errno {
		r := &l.Ctx.R
		reg := func(i int) uint32 { return binary.LittleEndian.Uint32(b[4*i:]) }
		if err := check(l, reg(ptFlags), reg(ptEIP), ptSelectors(reg)); err != abi.OK {
			return err
		}
		rflags := r[x86.RFLAGS]
		for i, x := range regOrder {
			r[x] = uint64(reg(i))
		}
		r[x86.RFLAGS] = rflags&^x86.PSLUser | r[x86.RFLAGS]&x86.PSLUser
		return abi.OK
	},
	ReadFP: func(l *kern.LWP, b []byte) {
		l.SyncFP()
		toFSave(b, l.Ctx.FP[:])
	},
	WriteFP: func(l *kern.LWP, b []byte) {
		l.SyncFP()
		fromFSave(l.Ctx.FP[:], b)
		l.FPChanged()
	},
	SetPC: func(l *kern.LWP, pc uint64) abi.Errno {
		l.Ctx.R[x86.RIP] = uint64(uint32(pc))
		return abi.OK
	},
}

func ptSelectors(reg func(i int) uint32) usedSelectors {
	return usedSelectors{cs: reg(ptCS), ss: reg(11), ds: reg(12), es: reg(13), fs: reg(14), gs: reg(15)}
}

// toFSave writes the 108 bytes of FSAVE format from an FXSAVE image (process_xmm_to_s87): registers relative
// to the top of the stack, tags by absolute number.
func toFSave(b, fx []byte) {
	clear(b[:s87Size])
	copy(b[0:2], fx[0:2])
	copy(b[4:6], fx[2:4])
	tags := uint16(0)
	for i := range 8 {
		if fx[4]>>i&1 == 0 {
			tags |= 3 << (2 * i)
		}
		copy(b[28+10*i:][:10], fx[32+16*i:])
	}
	binary.LittleEndian.PutUint16(b[8:], tags)
	copy(b[12:20], fx[8:16])  // instruction pointer
	copy(b[18:20], fx[6:8])   // opcode
	copy(b[20:28], fx[16:24]) // operand pointer
}
