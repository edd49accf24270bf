package signals

import (
	"encoding/binary"

	"nbemu/abi"
	"nbemu/cpu"
	"nbemu/kern"
)

// amd64Regset: the mcontext's general registers, and the FXSAVE image (sys/arch/amd64/amd64/process_machdep.c).
var amd64Regset = Regset{
	GetRegs: ptFirstMach + 1, GetFPRegs: ptFirstMach + 3,
	Step: ptFirstMach, SetStep: ptFirstMach + 7, GetDBRegs: ptFirstMach + 5, GetXState: ptFirstMach + 9,
	Sstep: x86Step,
	Size:  amd64NGreg * 8, FPSize: amd64FPSize,
	Read: func(l *kern.LWP, b []byte) {
		amd64Segs(&l.Ctx.R)
		for i := range amd64NGreg {
			binary.LittleEndian.PutUint64(b[8*i:], l.Ctx.R[i])
		}
	},
	Write: func(l *kern.LWP, b []byte) abi.Errno {
		if err := AMD64.CheckMcontext(l, b); err != abi.OK {
			return err
		}
		AMD64.SetMcontext(l, b, abi.UC_CPU)
		return abi.OK
	},
	ReadFP:  X86ReadFXSave,
	WriteFP: X86WriteFXSave,
	SetPC: func(l *kern.LWP, pc uint64) abi.Errno {
		if pc >= cpu.AMD64.UserMax {
			return abi.EINVAL
		}
		l.Ctx.R[cpu.AMD64_RIP] = pc
		return abi.OK
	},
}

// FXSaveSize is the size of an FXSAVE image.
const FXSaveSize = amd64FPSize

// X86Trace is the flag in rflags that makes each instruction end in a trap (PSL_T).
const X86Trace = 0x100

func x86Step(l *kern.LWP, on bool) {
	l.Ctx.R[cpu.AMD64_RFLAGS] &^= X86Trace
	if on {
		l.Ctx.R[cpu.AMD64_RFLAGS] |= X86Trace
	}
}

// X86ReadFXSave and X86WriteFXSave move the 512 bytes of FXSAVE: amd64's struct fpreg, i386's struct xmmregs.
func X86ReadFXSave(l *kern.LWP, b []byte) {
	l.SyncFP()
	copy(b, l.Ctx.FP[:amd64FPSize])
}

func X86WriteFXSave(l *kern.LWP, b []byte) {
	copy(l.Ctx.FP[:amd64FPSize], b)
	l.FPChanged()
}

// i386RegOrder is the order of struct reg: indexes of Context.R. Segments are words of 16 bits.
var i386RegOrder = [16]int{cpu.AMD64_RAX, cpu.AMD64_RCX, cpu.AMD64_RDX, cpu.AMD64_RBX, cpu.AMD64_RSP, cpu.AMD64_RBP,
	cpu.AMD64_RSI, cpu.AMD64_RDI, cpu.AMD64_RIP, cpu.AMD64_RFLAGS, cpu.AMD64_CS, cpu.AMD64_SS, cpu.AMD64_DS,
	cpu.AMD64_ES, cpu.AMD64_FS, cpu.AMD64_GS}

const (
	i386PtFlags = 9
	i386PtCS    = 10

	i386S87Size = 108
)

// i386Regset: sys/arch/i386/i386/process_machdep.c.
var i386Regset = Regset{
	GetRegs: ptFirstMach + 1, GetFPRegs: ptFirstMach + 3,
	Step: ptFirstMach, SetStep: ptFirstMach + 9,
	GetXMMRegs: ptFirstMach + 5, GetDBRegs: ptFirstMach + 7, GetXState: ptFirstMach + 11,
	Sstep: x86Step,
	Size:  16 * 4, FPSize: i386S87Size,
	Read: func(l *kern.LWP, b []byte) {
		for i, x := range i386RegOrder {
			v := uint32(l.Ctx.R[x])
			if i >= i386PtCS {
				v &= 0xffff
			}
			binary.LittleEndian.PutUint32(b[4*i:], v)
		}
	},
	Write: func(l *kern.LWP, b []byte) abi.Errno {
		r := &l.Ctx.R
		reg := func(i int) uint32 { return binary.LittleEndian.Uint32(b[4*i:]) }
		if (reg(i386PtFlags)^uint32(r[cpu.AMD64_RFLAGS]))&i386UserStatic&^i386User != 0 || reg(i386PtCS)&3 != 3 {
			return abi.EINVAL
		}
		rflags := r[cpu.AMD64_RFLAGS]
		for i, x := range i386RegOrder {
			r[x] = uint64(reg(i))
		}
		r[cpu.AMD64_RFLAGS] = rflags&^i386User | r[cpu.AMD64_RFLAGS]&i386User
		return abi.OK
	},
	ReadFP: func(l *kern.LWP, b []byte) {
		l.SyncFP()
		i386ToFSave(b, l.Ctx.FP[:])
	},
	WriteFP: func(l *kern.LWP, b []byte) {
		l.SyncFP()
		i386FromFSave(l.Ctx.FP[:], b)
		l.FPChanged()
	},
	SetPC: func(l *kern.LWP, pc uint64) abi.Errno {
		l.Ctx.R[cpu.AMD64_RIP] = uint64(uint32(pc))
		return abi.OK
	},
}

// i386ToFSave writes the 108 bytes of FSAVE format from an FXSAVE image (process_xmm_to_s87): registers relative
// to the top of the stack, tags by absolute number.
func i386ToFSave(b, fx []byte) {
	clear(b[:i386S87Size])
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
