package linux

import (
	"nbemu/abi"
	"nbemu/arch/arm"
	"nbemu/arch/arm64"
	"nbemu/arch/m68k"
	"nbemu/arch/mips"
	"nbemu/arch/powerpc"
	"nbemu/arch/riscv64"
	"nbemu/arch/sparc"
	"nbemu/arch/x86"
	"nbemu/cpu"
	"nbemu/kern"
)

// Registers of each machine as ptrace(2) shows them (arch/*/kernel/ptrace.c, uapi/asm/ptrace.h).

// slots are the registers from first on, n of them.
func slots(first, n int) (list []slot) {
	for i := range n {
		list = append(list, slot(first+i))
	}
	return list
}

func regs(list ...int) (s []slot) {
	for _, r := range list {
		s = append(s, slot(r))
	}
	return s
}

func join(lists ...[]slot) (all []slot) {
	for _, l := range lists {
		all = append(all, l...)
	}
	return all
}

func zeros(n int) (list []slot) {
	for range n {
		list = append(list, slotZero)
	}
	return list
}

// fpSet is a set that is n bytes of Context.FP as they are.
func fpSet(n, unit int) traceSet {
	return traceSet{size: n, unit: unit,
		get: func(l *kern.LWP, b []byte) { l.SyncFP(); copy(b, l.Ctx.FP[:n]) },
		set: func(l *kern.LWP, b []byte) { l.SyncFP(); copy(l.Ctx.FP[:n], b); l.FPChanged() }}
}

// wordsFP is a set of words of Context.FP, which has them with the lowest byte first: n of 8 bytes, then others of 4, each
// at an offset or, less than 0, nothing.
func wordsFP(n int, words ...int) traceSet {
	return traceSet{size: 8*n + 4*len(words), unit: 8,
		get: func(l *kern.LWP, b []byte) {
			l.SyncFP()
			m := traceMachine(l).model()
			for i := range n {
				m.PutUint(b[8*i:], 8, le.Uint64(l.Ctx.FP[8*i:]))
			}
			for i, at := range words {
				if at >= 0 {
					m.PutUint(b[8*n+4*i:], 4, uint64(le.Uint32(l.Ctx.FP[at:])))
				}
			}
		},
		set: func(l *kern.LWP, b []byte) {
			l.SyncFP()
			m := traceMachine(l).model()
			for i := range n {
				le.PutUint64(l.Ctx.FP[8*i:], m.Uint(b[8*i:], 8))
			}
			for i, at := range words {
				if at >= 0 {
					le.PutUint32(l.Ctx.FP[at:], uint32(m.Uint(b[8*n+4*i:], 4)))
				}
			}
			l.FPChanged()
		}}
}

// xsaveSet is NT_X86_XSTATE.
var xsaveSet = traceSet{size: cpu.XSaveSize, unit: 8,
	shown: func(l *kern.LWP) int { return l.XState().Len() },
	get: func(l *kern.LWP, b []byte) {
		l.SyncFP()
		copy(b, l.Ctx.XSave()[:])
		clear(b[fpSoftware:fpSizeAMD64])
		le.PutUint64(b[fpSoftware:], xcr0) // what the processor has
		le.PutUint64(b[xstateAt:], le.Uint64(b[xstateAt:])|fxComponent)
	},
	check: checkXSave,
	set: func(l *kern.LWP, b []byte) {
		l.SyncFP()
		le.PutUint32(b[24:], le.Uint32(b[24:])&0xffff)
		x := l.Ctx.XSave()
		copy(x[:fpSoftware], b)
		copy(x[xstateEnd:], b[xstateEnd:])
		le.PutUint64(x[xstateAt:], le.Uint64(b[xstateAt:])&xcr0)
		l.FPChanged()
	}}

// checkXSave is xstateregs_set's: the image is whole, and its header and mxcsr say nothing that the processor would refuse.
func checkXSave(l *kern.LWP, b []byte, n uint64) abi.Errno {
	if n < uint64(cpu.EmulatedXState.Len()) { // debuggers know sizes by xcr0
		return abi.EFAULT
	}
	components := le.Uint64(b[xstateAt:])
	for _, v := range b[xstateAt+8 : xstateEnd] {
		if v != 0 {
			return abi.EINVAL
		}
	}
	if components&^(l.XState().Features|xcr0) != 0 || components&^1 != 0 && badMXCSR(b) {
		return abi.EINVAL
	}
	return abi.OK
}

// badMXCSR reports whether mxcsr of an image has bits that it has not.
func badMXCSR(b []byte) bool { return le.Uint32(b[24:])&^0xffff != 0 }

// xcr0 are the components of the emulated processor's state: x87, SSE, AVX.
const xcr0 = 7

const (
	ntX86Xstate = 0x202
	ntPrxfpreg  = 0x46e62b7f
	ntARMVFP    = 0x400
	ntARMTLS    = 0x401
	ntARMCall   = 0x404
	ntPPCVMX    = 0x100
)

func putX86(l *kern.LWP, at slot, v uint64) {
	r := &l.Ctx.R
	switch int(at) {
	case x86.RFLAGS:
		r[at] = r[at]&^rflagsUser | v&rflagsUser
	case x86.CS, x86.SS:
	case x86.DS, x86.ES, x86.FS, x86.GS:
		if traceMachine(l).model().PtrSize == 4 {
			if r[at] = v & 0xffff; r[at] != 0 {
				r[at] |= 3
			}
		}
	case x86.FSBASE, x86.GSBASE:
		if v >= l.Proc.Arch.UserMax {
			return
		}
		if r[at] = v; int(at) == x86.FSBASE {
			l.Private = v
		}
	default:
		r[at] = v
	}
}

// getX86: on amd64 the segments of data have no selectors.
func getX86(l *kern.LWP, at slot) uint64 {
	v := l.Ctx.R[at]
	switch int(at) {
	case x86.DS, x86.ES, x86.FS, x86.GS:
		if traceMachine(l).model().LP64() {
			return 0
		}
		return v & 0xffff
	case x86.CS:
		if traceMachine(l).model().LP64() {
			return userCS
		}
		return v & 0xffff
	case x86.SS:
		if traceMachine(l).model().LP64() {
			return userDS
		}
		return v & 0xffff
	case x86.RFLAGS:
		return v &^ rflagsTF
	}
	return v
}

func traceAMD64() *traceForm {
	return &traceForm{
		audit: 0xc000003e, step: true,
		nr: x86.RAX, result: x86.RAX, args: []int{x86.RDI, x86.RSI, x86.RDX, x86.R10, x86.R8, x86.R9},
		gregs: join(regs(x86.R15, x86.R14, x86.R13, x86.R12, x86.RBP, x86.RBX, x86.R11, x86.R10, x86.R9, x86.R8, x86.RAX, x86.RCX, x86.RDX, x86.RSI,
			x86.RDI), []slot{slotOrig}, regs(x86.RIP, x86.CS, x86.RFLAGS, x86.RSP, x86.SS, x86.FSBASE, x86.GSBASE, x86.DS, x86.ES, x86.FS, x86.GS)),
		width: 8, put: putX86, get: getX86,
		getregs: 12, setregs: 13, getfpregs: 14, setfpregs: 15, sysemu: 31, sysemuStep: 32,
		user: userRegs, userSize: 912, debugAt: 848,
		fpregs: fxSet, sets: map[uint64]traceSet{ntX86Xstate: xsaveSet},
	}
}

// fxSet is FXSAVE's image.
var fxSet = traceSet{size: 512, unit: 8,
	get: func(l *kern.LWP, b []byte) { l.SyncFP(); copy(b, l.Ctx.FP[:fpSoftware]) },
	check: func(_ *kern.LWP, b []byte, n uint64) abi.Errno {
		if n < uint64(len(b)) || badMXCSR(b) {
			return abi.EINVAL
		}
		return abi.OK
	},
	set: func(l *kern.LWP, b []byte) {
		l.SyncFP()
		copy(l.Ctx.FP[:fpSoftware], b)
		l.FPChanged()
	}}

// fsaveSet is FSAVE's image, struct user_i387_struct.
var fsaveSet = traceSet{size: 108, unit: 4,
	get: func(l *kern.LWP, b []byte) { copy(b, putFPI386(l)) },
	set: func(l *kern.LWP, b []byte) {
		l.SyncFP()
		setFSave(l.Ctx.FP[:512], b)
		l.FPChanged()
	}}

// setFSave puts what FSAVE stored into FXSAVE's image.
func setFSave(fx, b []byte) {
	copy(fx[0:2], b[0:])
	copy(fx[2:4], b[4:])
	fx[4] = 0
	for i := range 8 {
		if b[8+i/4]>>(2*(i%4))&3 != 3 {
			fx[4] |= 1 << i
		}
		copy(fx[32+16*i:][:10], b[28+10*i:])
	}
}

func traceI386() *traceForm {
	return &traceForm{
		audit: 0x40000003, step: true, word32: true,
		nr: x86.RAX, result: x86.RAX, args: []int{x86.RBX, x86.RCX, x86.RDX, x86.RSI, x86.RDI, x86.RBP},
		gregs: join(regs(x86.RBX, x86.RCX, x86.RDX, x86.RSI, x86.RDI, x86.RBP, x86.RAX, x86.DS, x86.ES, x86.FS, x86.GS), []slot{slotOrig},
			regs(x86.RIP, x86.CS, x86.RFLAGS, x86.RSP, x86.SS)),
		width: 4, put: putX86, get: getX86,
		getregs: 12, setregs: 13, getfpregs: 14, setfpregs: 15, sysemu: 31, sysemuStep: 32,
		user: userRegs, userSize: 284, debugAt: 252,
		fpregs: fsaveSet, sets: map[uint64]traceSet{ntX86Xstate: xsaveSet, ntPrxfpreg: fxSet}, others: map[int64]traceSet{18: fxSet},
	}
}

func putARM(l *kern.LWP, at slot, v uint64) {
	if at == arm.CPSR {
		v = l.Ctx.R[at]&^flagsARM | v&flagsARM
	}
	l.Ctx.R[at] = v
}

var vfpSetARM = fpSet(32*8+4, 4)

// tlsSet is the thread pointer alone.
func tlsSet(size int) traceSet {
	return traceSet{size: size, unit: size,
		get: func(l *kern.LWP, b []byte) { traceMachine(l).model().PutPtr(b, l.Private) },
		set: func(l *kern.LWP, b []byte) { m := traceMachine(l); m.setTLS(l, m.model().Ptr(b)) }}
}

// tlsOnly is PTRACE_GET_THREAD_AREA of machines where that is the thread pointer; nothing sets it.
func tlsOnly(size int) traceSet {
	s := tlsSet(size)
	s.set = nil
	return s
}

func traceARM() *traceForm {
	return &traceForm{
		audit: 0x40000028, word32: true,
		nr: r7ARM, result: arm.R0, args: []int{0, 1, 2, 3, 4, 5},
		gregs: join(slots(arm.R0, 17), []slot{slotOrigArg}), width: 4, put: putARM,
		getregs: 12, setregs: 13, user: userRegs, userSize: 296,
		sets: map[uint64]traceSet{ntARMVFP: vfpSetARM}, others: map[int64]traceSet{22: tlsOnly(4), 27: vfpSetARM},
	}
}

func putARM64(l *kern.LWP, at slot, v uint64) {
	if at == arm64.SPSR {
		v = l.Ctx.R[at]&^nzcvARM64 | v&nzcvARM64
	}
	l.Ctx.R[at] = v
}

func traceARM64() *traceForm {
	return &traceForm{
		audit: 0xc00000b7, step: true,
		nr: x8ARM64, result: arm64.X0, args: []int{0, 1, 2, 3, 4, 5},
		gregs: slots(arm64.X0, 34), width: 8, put: putARM64, sysemu: 31, sysemuStep: 32,
		fpregs: traceSet{size: fpsimdSize, unit: 4,
			get: func(l *kern.LWP, b []byte) {
				l.SyncFP()
				copy(b, l.Ctx.FP[:fpcrOff])
				copy(b[fpcrOff:][:4], l.Ctx.FP[fpcrOff+4:])
				copy(b[fpcrOff+4:][:4], l.Ctx.FP[fpcrOff:])
			},
			set: func(l *kern.LWP, b []byte) {
				l.SyncFP()
				copy(l.Ctx.FP[:fpcrOff], b)
				copy(l.Ctx.FP[fpcrOff+4:][:4], b[fpcrOff:])
				copy(l.Ctx.FP[fpcrOff:][:4], b[fpcrOff+4:])
				l.FPChanged()
			}},
		sets: map[uint64]traceSet{ntARMTLS: tlsSet(8), ntARMCall: {size: 4, unit: 4,
			get: func(l *kern.LWP, b []byte) { le.PutUint32(b, uint32(callOf(l).origNr(l))) },
			set: func(l *kern.LWP, b []byte) { callOf(l).nr = int64(int32(le.Uint32(b))) }}},
	}
}

func traceRISCV64() *traceForm {
	return &traceForm{
		audit: 0xc00000f3,
		nr:    riscv64.A0 + 7, result: riscv64.A0, args: []int{riscv64.A0, riscv64.A0 + 1, riscv64.A0 + 2, riscv64.A0 + 3, riscv64.A0 + 4, riscv64.A0 + 5},
		gregs: join(regs(riscv64.PC), slots(0, 31)), width: 8,
		put: func(l *kern.LWP, at slot, v uint64) {
			if l.Ctx.R[at] = v; at == riscv64.TP {
				l.Private = v
			}
		},
		fpregs: wordsFP(32, 256, -1),
	}
}

func putMIPS(l *kern.LWP, at slot, v uint64) {
	if traceMachine(l).model().PtrSize == 4 {
		v = uint64(int64(int32(v)))
	}
	if l.Ctx.R[at] = v; at == mips.PC {
		l.Ctx.R[mips.SLOT] = 0
	}
}

func getMIPS(l *kern.LWP, at slot) uint64 {
	if at == mips.PC && l.Ctx.R[mips.SLOT] != 0 {
		return l.Ctx.R[at] - 4 // of the branch, whose slot it is in
	}
	return l.Ctx.R[at]
}

// Places in what mips' PTRACE_PEEKUSR knows, which are numbers of registers.
const (
	userPCMIPS   = 64
	userHiMIPS   = 67
	userLoMIPS   = 68
	userSizeMIPS = 96
)

func userMIPS(_ *traceForm, n uint64) (slot, bool) {
	switch {
	case n == 0:
		return slotZero, true
	case n < 32:
		return slot(n), true
	case n == userPCMIPS:
		return mips.PC, true
	case n == userHiMIPS:
		return mips.HI, true
	case n == userLoMIPS:
		return mips.LO, true
	}
	return slotZero, false
}

// traceMIPS is that of a machine: head are words before the registers in NT_PRSTATUS.
func traceMIPS(audit uint32, o32 bool, width int) *traceForm {
	core := join([]slot{slotZero}, slots(1, 31), regs(mips.LO, mips.HI, mips.PC), zeros(3)) // no badvaddr, status, cause
	f := &traceForm{
		audit: audit, nr: mips.V0, result: mips.V0, args: []int{mips.A0, mips.A0 + 1, mips.A0 + 2, mips.A0 + 3}, errReg: mips.A3, errBits: 1<<64 - 1,
		gregs: join(core, zeros(45-len(core))), width: width, put: putMIPS, get: getMIPS,
		getregs: 12, setregs: 13, getfpregs: 14, setfpregs: 15, requestRegs: core, requestWidth: 8,
		user: userMIPS, userSize: userSizeMIPS, userSlots: true,
		fpregs: wordsFP(32, fpcsrOffMIPS, -1), others: map[int64]traceSet{25: tlsOnly(width)},
	}
	if o32 {
		f.word32, f.errBits, f.first = true, 1, firstO32
		f.gregs = join(zeros(6), core, zeros(45-6-len(core)))
	} else {
		f.args, f.first = append(f.args, mips.A0+4, mips.A0+5), firstN64
	}
	return f
}

func putPowerPC(l *kern.LWP, at slot, v uint64) {
	if at == powerpc.MSR {
		v = l.Ctx.R[at]&^msrFEPowerPC | v&msrFEPowerPC
	}
	l.Ctx.R[at] = v
}

func tracePowerPC() *traceForm {
	core := join(slots(0, 32), regs(powerpc.PC, powerpc.MSR), []slot{slotOrigArg}, regs(powerpc.CTR, powerpc.LR, powerpc.XER, powerpc.CR), zeros(5))
	return &traceForm{
		audit: 0x14, step: true, word32: true,
		nr: 0, result: powerpc.R3, args: []int{3, 4, 5, 6, 7, 8}, errReg: powerpc.CR, errBits: soPowerPC,
		gregs: join(core, zeros(4)), width: 4, put: putPowerPC,
		get: func(l *kern.LWP, at slot) uint64 {
			if at == powerpc.MSR {
				return msrUserPowerPC | l.Ctx.R[at]&msrFEPowerPC
			}
			return l.Ctx.R[at]
		},
		getregs: 12, setregs: 13, getfpregs: 14, setfpregs: 15, requestRegs: core, requestWidth: 4, sysemu: 0x1d, sysemuStep: 0x1e,
		user: userRegs, userSize: 4 * (48 + 2*32 + 2),
		// The status is in the lower half of a double.
		fpregs: wordsFP(32, -1, fpscrPowerPC),
		sets:   map[uint64]traceSet{ntPPCVMX: vmxSet}, others: map[int64]traceSet{0x12: vmxSet},
	}
}

// vmxSet are the vectors: 32 registers, vscr in the last word of one, vrsave in the first of another.
var vmxSet = traceSet{size: 34 * 16, unit: 16,
	get: func(l *kern.LWP, b []byte) {
		l.SyncFP()
		for i := range 64 {
			be.PutUint64(b[8*i:], le.Uint64(l.Ctx.FP[vrPowerPC+8*i:]))
		}
		be.PutUint32(b[524:], le.Uint32(l.Ctx.FP[vscrPowerPC:]))
		be.PutUint32(b[528:], le.Uint32(l.Ctx.FP[vrSavePowerPC:]))
	},
	set: func(l *kern.LWP, b []byte) {
		l.SyncFP()
		for i := range 64 {
			le.PutUint64(l.Ctx.FP[vrPowerPC+8*i:], be.Uint64(b[8*i:]))
		}
		le.PutUint32(l.Ctx.FP[vscrPowerPC:], be.Uint32(b[524:]))
		le.PutUint32(l.Ctx.FP[vrSavePowerPC:], be.Uint32(b[528:]))
		l.FPChanged()
	}}

// getSPARC: locals and ins are in the thread's stack while it is stopped.
func getSPARC(l *kern.LWP, at slot) uint64 {
	switch {
	case at == sparc.PSR:
		return statusSPARC(l)
	case at >= sparc.L0:
		return windowSPARC(l, int(at)-sparc.L0)
	}
	return l.Ctx.R[at]
}

// windowSPARC is one of the 16 registers of the window that the stack pointer leads to.
func windowSPARC(l *kern.LWP, i int) uint64 {
	m := traceMachine(l)
	n := m.sparc.frame.reg
	b := make([]byte, n)
	if l.Proc.VM.PokeRead(b, userSP(l)+uint64(n*i)) != abi.OK {
		return 0
	}
	return m.model().Uint(b, n)
}

func putSPARC(l *kern.LWP, at slot, v uint64) {
	switch {
	case at == sparc.PSR:
		setStatusSPARC(l, v)
	case at >= sparc.L0:
		m := traceMachine(l)
		n := m.sparc.frame.reg
		b := make([]byte, n)
		m.model().PutUint(b, n, v)
		_ = l.Proc.VM.Poke(b, userSP(l)+uint64(n)*uint64(int(at)-sparc.L0)) // no stack, no registers
	default:
		l.Ctx.R[at] = v
	}
}

// traceSPARC is that of sparc and sparc64, whose results are errors where the carry is set.
func traceSPARC(audit uint32, m *Machine) *traceForm {
	wide := m.sparc.bias != 0
	status := regs(sparc.PSR, sparc.PC, sparc.NPC, sparc.Y)
	f := &traceForm{
		audit: audit, nr: sparc.G1, result: sparc.O0, errReg: sparc.PSR, errBits: m.sparc.carry,
		args: []int{sparc.O0, sparc.O0 + 1, sparc.O0 + 2, sparc.O0 + 3, sparc.O0 + 4, sparc.O0 + 5},
		// The windows, the status, and on 32 bits two registers that only the kernel uses.
		gregs: join([]slot{slotZero}, slots(sparc.G1, 7), slots(sparc.O0, 8), slots(sparc.L0, 16), status), width: 8,
		get: getSPARC, put: putSPARC, regsAtAddr: true, detach: 11,
		getregs: 22, setregs: 23, getfpregs: 25, setfpregs: 26,
	}
	n := 68 * 4 // of which floating point has less
	if wide {
		// struct pt_regs: the sixteen first; without their g0 in what these requests move.
		f.requestRegs, f.requestWidth = join(slots(sparc.G1, 7), slots(sparc.O0, 8), regs(sparc.PSR, sparc.PC, sparc.NPC, sparc.Y)), 8
		n = 35 * 8
	} else {
		f.word32, f.width = true, 4
		f.gregs = join(f.gregs, zeros(2))
		f.getregs, f.setregs, f.getfpregs, f.setfpregs = 12, 13, 14, 15
		f.requestRegs, f.requestWidth = join(status, slots(sparc.G1, 7), slots(sparc.O0, 8)), 4
	}
	f.fpregs = traceSet{size: n, unit: 4,
		get: func(l *kern.LWP, b []byte) { l.SyncFP(); traceMachine(l).sparc.frame.putFPU(l, b) },
		set: func(l *kern.LWP, b []byte) { l.SyncFP(); traceMachine(l).sparc.frame.getFPU(l, b) }}
	return f
}

func putM68K(l *kern.LWP, at slot, v uint64) {
	if at == m68k.PS {
		v = l.Ctx.R[at]&^ccM68K | v&ccM68K
	}
	l.Ctx.R[at] = v
}

func traceM68K() *traceForm {
	return &traceForm{
		audit: 4, step: true, word32: true,
		nr: m68k.D0, result: m68k.D0, args: []int{m68k.D1, m68k.D1 + 1, m68k.D1 + 2, m68k.D1 + 3, m68k.D1 + 4, m68k.A0},
		// struct user_regs_struct and ELF's order are the same: d1 to d7, a0 to a6, d0, a7, the call, status, pc.
		gregs: join(slots(m68k.D1, 7), slots(m68k.A0, 7), regs(m68k.D0, m68k.SP), []slot{slotOrig}, regs(m68k.PS, m68k.PC), zeros(1)), width: 4, put: putM68K,
		getregs: 12, setregs: 13, getfpregs: 14, setfpregs: 15,
		user: userRegs, userSize: 220,
		fpregs: fpSet(27*4, 4), others: map[int64]traceSet{25: tlsOnly(4)},
	}
}

// form is what tracers know of the machine. It is made when the first asks.
func (m *Machine) form() *traceForm {
	m.formOnce.Do(func() { m.lazy.trace = m.newForm() })
	return m.lazy.trace
}

func init() {
	mips := func(audit uint32, o32 bool, width int) func() *traceForm {
		return func() *traceForm { return traceMIPS(audit, o32, width) }
	}
	sparc := func(audit uint32, m *Machine) func() *traceForm {
		return func() *traceForm { return traceSPARC(audit, m) }
	}
	machAMD64.newForm, machI386.newForm, machARM.newForm, machARM64.newForm = traceAMD64, traceI386, traceARM, traceARM64
	machRISCV64.newForm, machPowerPC.newForm, machM68K.newForm = traceRISCV64, tracePowerPC, traceM68K
	machMIPS.newForm, machMIPSEL.newForm = mips(0x8, true, 4), mips(0x40000008, true, 4)
	machMIPS64.newForm, machMIPS64EL.newForm = mips(0x80000008, false, 8), mips(0xc0000008, false, 8)
	machSPARC.newForm, machSPARC64.newForm = sparc(0x2, machSPARC), sparc(0x8000002b, machSPARC64)
}
