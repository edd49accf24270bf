package linux

import (
	"nbemu/abi"
	"nbemu/arch/sparc"
	"nbemu/kern"
)

// A frame on sparc begins as that of a function does: 16 registers of a window, and room for arguments. What follows says
// where the rest is.
type sparcFrame struct {
	reg      int // bytes of a register
	info     int // siginfo
	regs     int // the registers: status, pc, npc, y and 16 others, or on sparc64 those first
	mask     int
	fpu      int // the address of the floating point
	stack    int
	size     int // where that begins
	fpuSize  int
	align    uint64
	outFirst bool // the 16 registers are first
	// Of frames without a siginfo, on machines of 32 bits: registers, the lower mask, floating point, the upper mask.
	plainRegs, plainMask, plainFPU, plainExtra, plainSize int
}

var (
	frameSPARC64 = sparcFrame{reg: 8, info: 192, regs: 320, fpu: 480, stack: 488, mask: 512, size: 528, fpuSize: 280, align: 16, outFirst: true}
	frameSPARC32 = sparcFrame{reg: 4, info: 96, regs: 224, mask: 304, fpu: 312, stack: 324, size: 344, fpuSize: 264, align: 8,
		plainRegs: 96, plainMask: 176, plainFPU: 180, plainExtra: 192, plainSize: 208}
)

// In Context.FP.
const (
	fsrSPARC = 256
	gsrSPARC = 264
)

const iccSPARC = 0x00f00000 // condition codes in psr

// Parts of tstate.
const (
	tstateCCRSPARC    = 32
	tstateASISPARC    = 24
	tstatePstateSPARC = 0x12 << 8
)

// regOff is where in a frame's registers the status and the three after it begin, and the 16 others.
func (f *sparcFrame) regOff() (status, outs int) {
	if f.outFirst {
		return 16 * f.reg, 0
	}
	return 0, 4 * f.reg
}

func statusSPARC(l *kern.LWP) uint64 {
	r := &l.Ctx.R
	if !l.Model().LP64() {
		return r[sparc.PSR]
	}
	return r[sparc.PSR]<<tstateCCRSPARC | r[sparc.ASI]<<tstateASISPARC | tstatePstateSPARC
}

func setStatusSPARC(l *kern.LWP, v uint64) {
	r := &l.Ctx.R
	if !l.Model().LP64() {
		r[sparc.PSR] = r[sparc.PSR]&^iccSPARC | v&iccSPARC
		return
	}
	r[sparc.PSR], r[sparc.ASI] = v>>tstateCCRSPARC&0xff, v>>tstateASISPARC&0xff
}

// putRegs stores the registers but for those of the window.
func (f *sparcFrame) putRegs(l *kern.LWP, b []byte) {
	r, m := &l.Ctx.R, l.Model()
	status, outs := f.regOff()
	m.PutUint(b[status:], f.reg, statusSPARC(l))
	m.PutUint(b[status+f.reg:], f.reg, r[sparc.PC])
	m.PutUint(b[status+2*f.reg:], f.reg, r[sparc.NPC])
	m.PutUint(b[status+3*f.reg:], 4, r[sparc.Y])
	for i := 1; i < 16; i++ {
		m.PutUint(b[outs+f.reg*i:], f.reg, r[sparc.G1+i-1])
	}
}

// getRegs loads them; false for a stack that cannot be one, on sparc64, or a pc, on sparc.
func (f *sparcFrame) getRegs(l *kern.LWP, b []byte) bool {
	r, m := &l.Ctx.R, l.Model()
	status, outs := f.regOff()
	pc, npc := m.Uint(b[status+f.reg:], f.reg), m.Uint(b[status+2*f.reg:], f.reg)
	bad := (pc | npc) & 3
	if f.reg == 8 {
		bad = (m.Uint(b[outs+14*f.reg:], 8) + machineOf(l).sparc.bias) & 7
	}
	if bad != 0 {
		return false
	}
	r[sparc.PC], r[sparc.NPC] = pc, npc
	r[sparc.Y] = m.Uint(b[status+3*f.reg:], 4)
	setStatusSPARC(l, m.Uint(b[status:], f.reg))
	for i := 1; i < 16; i++ {
		r[sparc.G1+i-1] = m.Uint(b[outs+f.reg*i:], f.reg)
	}
	return true
}

// putFPU stores floating point: registers, status, and on sparc64 what graphics uses and which halves are in use.
func (f *sparcFrame) putFPU(l *kern.LWP, b []byte) {
	m := l.Model()
	n := 4 * f.reg * 8 // bytes of registers
	for i := range n / 8 {
		m.PutUint(b[8*i:], 8, le.Uint64(l.Ctx.FP[8*i:]))
	}
	m.PutUint(b[n:], f.reg, le.Uint64(l.Ctx.FP[fsrSPARC:]))
	if f.reg == 8 {
		m.PutUint(b[n+8:], 8, le.Uint64(l.Ctx.FP[gsrSPARC:]))
		m.PutUint(b[n+16:], 8, 7)
	}
}

func (f *sparcFrame) getFPU(l *kern.LWP, b []byte) {
	m := l.Model()
	n := 4 * f.reg * 8
	for i := range n / 8 {
		le.PutUint64(l.Ctx.FP[8*i:], m.Uint(b[8*i:], 8))
	}
	le.PutUint64(l.Ctx.FP[fsrSPARC:], m.Uint(b[n:], f.reg))
	if f.reg == 8 {
		le.PutUint64(l.Ctx.FP[gsrSPARC:], m.Uint(b[n+8:], 8))
	}
	l.FPChanged()
}

func sendsigSPARC(l *kern.LWP, act *kern.Sigaction, ksi *kern.Ksiginfo, mask *abi.Sigset) bool {
	r := &l.Ctx.R
	m := machineOf(l)
	f := &m.sparc.frame
	model := l.Model()
	rt := act.Flags&abi.SA_SIGINFO != 0 || f.plainSize == 0
	size := f.size
	if !rt {
		size = f.plainSize
	}
	m.settle(l)
	at := (frameTop(l, act, r[sparc.O6]+m.sparc.bias) - uint64(size+f.fpuSize)) &^ (f.align - 1)
	if !model.LP64() {
		at = uint64(uint32(at))
	}
	b := make([]byte, size+f.fpuSize)
	for i := range 16 {
		model.PutUint(b[f.reg*i:], f.reg, r[sparc.L0+i])
	}
	f.putFPU(l, b[size:])
	if rt {
		putSiginfo(m, b[f.info:], ksi)
		f.putRegs(l, b[f.regs:])
		putMask(m, b[f.mask:], *mask)
		st := frameStack(l)
		copy(b[f.stack:], m.stackBytes(&st))
		model.PutPtr(b[f.fpu:], at+uint64(size))
	} else {
		f.putRegs(l, b[f.plainRegs:])
		set := m.setOut(*mask)
		model.PutUint(b[f.plainMask:], 4, set)
		model.PutUint(b[f.plainExtra:], 4, set>>32)
		model.PutPtr(b[f.plainFPU:], at+uint64(size))
	}
	if overflowsAltStack(l, act, at) || l.Copyout(b, at) != abi.OK {
		return false
	}
	r[sparc.O0] = uint64(m.sigOut(ksi.Signo))
	// On sparc64 the third argument is the siginfo too; it was so before there were contexts.
	r[sparc.O1], r[sparc.O1+1] = at+uint64(f.info), at+uint64(f.info)
	if !model.LP64() && rt {
		r[sparc.O1+1] = at + uint64(f.regs)
	}
	r[sparc.O7] = act.Tramp
	if act.Tramp == 0 {
		r[sparc.O7] = l.Proc.SigcodeVA - 8
		if rt {
			r[sparc.O7] += m.rtSigcode
		}
	}
	r[sparc.O6] = at - m.sparc.bias
	r[sparc.PC], r[sparc.NPC] = uint64(act.Handler), uint64(act.Handler)+4
	return true
}

func sigreturnSPARC(l *kern.LWP, rt bool) bool {
	m := machineOf(l)
	f := &m.sparc.frame
	model := l.Model()
	m.settle(l)
	at := l.Ctx.R[sparc.O6] + m.sparc.bias
	if !model.LP64() {
		at = uint64(uint32(at))
	}
	b := make([]byte, max(f.size, f.plainSize))
	if at&(f.align-1) != 0 || l.Copyin(b, at) != abi.OK {
		return false
	}
	regs, fpu := f.regs, f.fpu
	if !rt {
		regs, fpu = f.plainRegs, f.plainFPU
	}
	if !f.getRegs(l, b[regs:]) {
		return false
	}
	if va := model.Ptr(b[fpu:]); va != 0 {
		fp := make([]byte, f.fpuSize)
		if va&7 != 0 || l.Copyin(fp, va) != abi.OK {
			return false
		}
		f.getFPU(l, fp)
	}
	if rt {
		l.SetSigmask(getMask(m, b[f.mask:]))
		st := m.getStack(b[f.stack:])
		restoreAltStack(l, &st)
	} else {
		l.SetSigmask(m.setIn(model.Uint(b[f.plainMask:], 4) | model.Uint(b[f.plainExtra:], 4)<<32))
	}
	m.unsettle(l)
	return true
}

// The context of getcontext and setcontext, which are traps on sparc64: link, flags, mask, and at a multiple of 16 the
// registers, two of the window, floating point.
const (
	ucMaskSPARC  = 16
	ucMcSPARC    = 32
	mcFPSPARC    = 152 // the window's frame pointer, then the return address
	mcFpuSPARC   = 176
	mcFsrSPARC   = 432
	mcEnabSPARC  = 466
	ucSizeSPARC  = ucMcSPARC + 480
	mcNRegsSPARC = 19
)

// getcontextSPARC stores the registers at %o0.
func getcontextSPARC(l *kern.LWP) bool {
	r, m := &l.Ctx.R, l.Model()
	machineOf(l).settle(l)
	nextSPARC(l)
	va := r[sparc.O0]
	b := make([]byte, ucSizeSPARC)
	putMask(machineOf(l), b[ucMaskSPARC:], l.Sigmask)
	mc := b[ucMcSPARC:]
	m.PutUint(mc, 8, statusSPARC(l))
	for i := 1; i < mcNRegsSPARC; i++ {
		m.PutUint(mc[8*i:], 8, r[i])
	}
	m.PutUint(mc[mcFPSPARC:], 8, r[sparc.FP])
	m.PutUint(mc[mcFPSPARC+8:], 8, r[sparc.FP+1])
	var fp [280]byte
	machineOf(l).sparc.frame.putFPU(l, fp[:])
	copy(mc[mcFpuSPARC:], fp[:256])
	m.PutUint(mc[mcFsrSPARC:], 8, m.Uint(fp[256:], 8))
	m.PutUint(mc[mcFsrSPARC+8:], 8, m.Uint(fp[272:], 8))
	m.PutUint(mc[mcFsrSPARC+16:], 8, m.Uint(fp[264:], 8))
	mc[mcEnabSPARC] = 1
	return va&7 == 0 && l.Copyout(b[ucMaskSPARC:][:8], va+ucMaskSPARC) == abi.OK && l.Copyout(mc, va+ucMcSPARC) == abi.OK
}

// setcontextSPARC loads those at %o0, with the mask if %o1 is not 0. The thread pointer stays.
func setcontextSPARC(l *kern.LWP) bool {
	r, m := &l.Ctx.R, l.Model()
	machineOf(l).settle(l)
	va, setMask := r[sparc.O0], r[sparc.O1] != 0
	b := make([]byte, ucSizeSPARC)
	if va&7 != 0 || l.Copyin(b, va) != abi.OK {
		return false
	}
	mc := b[ucMcSPARC:]
	if (m.Uint(mc[8*sparc.PC:], 8)|m.Uint(mc[8*sparc.NPC:], 8))&3 != 0 {
		return false
	}
	if setMask {
		l.SetSigmask(getMask(machineOf(l), b[ucMaskSPARC:]))
	}
	tls := r[sparc.G7]
	setStatusSPARC(l, m.Uint(mc, 8))
	for i := 1; i < mcNRegsSPARC; i++ {
		r[i] = m.Uint(mc[8*i:], 8)
	}
	r[sparc.G7] = tls
	if mc[mcEnabSPARC] != 0 {
		var fp [280]byte
		copy(fp[:], mc[mcFpuSPARC:][:256])
		copy(fp[256:], mc[mcFsrSPARC:][:8])
		copy(fp[264:], mc[mcFsrSPARC+16:][:8])
		machineOf(l).sparc.frame.getFPU(l, fp[:])
	}
	// The window is that of the stack, but for these two, which go there.
	if l.Copyout(mc[mcFPSPARC:][:16], r[sparc.O6]+machineOf(l).sparc.bias+14*8) != abi.OK {
		return false
	}
	machineOf(l).unsettle(l)
	return true
}

// trapsigSPARC: some traps are calls. One of floating point leaves the pc at the instruction.
func trapsigSPARC(l *kern.LWP) kern.Ksiginfo {
	r := &l.Ctx.R
	form := machineOf(l).sparc
	ok := true
	switch v := l.Ctx.Vector; {
	case v == form.syscall:
		if l.SlowCalls {
			slowSyscall(l)
		} else if syscallSPARC(l); l.Redo != 0 {
			returned(l)
		}
		return kern.Ksiginfo{}
	case v == trapGetcontext && l.Model().LP64():
		ok = getcontextSPARC(l)
	case v == trapSetcontext && l.Model().LP64():
		ok = setcontextSPARC(l)
	default:
		pc, npc := r[sparc.PC], r[sparc.NPC]
		ksi := sparc.Ports[form.port].Emul.Trapsig(l)
		if ksi.Signo == abi.SIGFPE {
			r[sparc.PC], r[sparc.NPC] = pc, npc
		}
		return ksi
	}
	if !ok {
		return kern.Ksiginfo{Signo: abi.SIGSEGV, Code: abi.SI_NOINFO}
	}
	return kern.Ksiginfo{}
}

// badTrapSPARC is the signal of a trap that means nothing.
func badTrapSPARC(l *kern.LWP) *kern.Ksiginfo {
	return &kern.Ksiginfo{Signo: abi.SIGILL, Code: abi.ILL_ILLTRP, Addr: abi.Ptr(l.Ctx.R[sparc.PC])}
}
