package linux

import (
	"nbemu/abi"
	"nbemu/arch/mips"
	"nbemu/cpu"
	"nbemu/kern"
)

// A frame on mips is room for the arguments of a function, two words, and then a siginfo and a ucontext or, of o32 without
// a siginfo, a sigcontext and the mask. All registers have 64 bits there. What follows is where things are.
type frameMIPS struct {
	pc        int
	regs      int
	fpregs    int
	mdhi      int
	mdlo      int
	fpcsr     int
	usedMath  int
	scSize    int
	ucSc      int // of the ucontext
	ucStack   int
	plain     bool // there are frames without a siginfo
	align     uint64
	regsWidth int
	single    bool // doubles are pairs of registers (FR is 0)
}

var (
	frameO32 = frameMIPS{pc: 8, regs: 16, fpregs: 272, fpcsr: 532, usedMath: 540, mdhi: 552, mdlo: 560, scSize: 592,
		ucStack: 8, ucSc: 24, plain: true, align: 8, regsWidth: 4, single: true}
	frameN64 = frameMIPS{regs: 0, fpregs: 256, mdhi: 512, mdlo: 544, pc: 576, fpcsr: 584, usedMath: 588, scSize: 600,
		ucStack: 16, ucSc: 40, align: 16, regsWidth: 8}
)

const (
	frameHeadMIPS = 24 // the arguments' room and two words
	usedFP        = 1
	usedFR1       = 2
	usedExtension = 8
	endMagicMIPS  = 0x78454e44 // of an empty extension
	fpcsrOffMIPS  = 256        // in Context.FP
	// belowMIPS is what frames leave free below the stack pointer: a trampoline of the kernel's floating point.
	belowMIPS = 32
)

func (f *frameMIPS) ucMask() int { return f.ucSc + f.scSize }

func (f *frameMIPS) ucSize(m *Machine) int { return f.ucMask() + m.setSize() }

// put stores a sigcontext.
func (f *frameMIPS) put(l *kern.LWP, sc []byte) {
	r := &l.Ctx.R
	m := machineOf(l).model()
	pc := r[mips.PC]
	if r[mips.SLOT] != 0 {
		pc -= 4 // from the branch on
	}
	m.PutUint(sc[f.pc:], 8, pc)
	for i := 1; i < 32; i++ {
		m.PutUint(sc[f.regs+8*i:], 8, r[i])
	}
	m.PutUint(sc[f.mdhi:], 8, r[mips.HI])
	m.PutUint(sc[f.mdlo:], 8, r[mips.LO])
	l.SyncFP()
	for i := range 32 {
		m.PutUint(sc[f.fpregs+8*i:], 8, f.double(l, i))
	}
	m.PutUint(sc[f.fpcsr:], 4, uint64(le.Uint32(l.Ctx.FP[fpcsrOffMIPS:])))
	used := uint64(usedFP)
	if !f.single {
		used |= usedFR1
	}
	m.PutUint(sc[f.usedMath:], 4, used)
}

// double is what a sigcontext has of register i: where doubles are pairs, one with an even number has both.
func (f *frameMIPS) double(l *kern.LWP, i int) uint64 {
	v := le.Uint64(l.Ctx.FP[8*i:])
	switch {
	case !f.single:
		return v
	case i&1 == 0:
		return v&(1<<32-1) | uint64(le.Uint32(l.Ctx.FP[8*i+8:]))<<32
	}
	return 0
}

// get loads one. There is more floating point after the frame, at end, than this processor has: false.
func (f *frameMIPS) get(l *kern.LWP, sc []byte, end uint64) bool {
	r := &l.Ctx.R
	m := machineOf(l).model()
	reg := func(at int) uint64 {
		v := m.Uint(sc[at:], 8)
		if f.regsWidth == 4 {
			v = uint64(int64(int32(v)))
		}
		return v
	}
	r[mips.PC], r[mips.SLOT] = reg(f.pc), 0
	for i := 1; i < 32; i++ {
		r[i] = reg(f.regs + 8*i)
	}
	r[mips.HI], r[mips.LO] = reg(f.mdhi), reg(f.mdlo)
	used := m.Uint(sc[f.usedMath:], 4)
	if used&usedExtension != 0 {
		var magic uint32
		if l.CopyinStruct(end, &magic) != abi.OK || magic != endMagicMIPS {
			return false
		}
	}
	if used&usedFP == 0 {
		return true
	}
	l.SyncFP()
	for i := range 32 {
		v := m.Uint(sc[f.fpregs+8*i:], 8)
		switch {
		case !f.single:
			le.PutUint64(l.Ctx.FP[8*i:], v)
		case i&1 == 0:
			le.PutUint32(l.Ctx.FP[8*i:], uint32(v))
			le.PutUint32(l.Ctx.FP[8*i+8:], uint32(v>>32))
		}
	}
	le.PutUint32(l.Ctx.FP[fpcsrOffMIPS:], uint32(m.Uint(sc[f.fpcsr:], 4)))
	l.FPChanged()
	return true
}

func sendsigMIPS(l *kern.LWP, act *kern.Sigaction, ksi *kern.Ksiginfo, mask *abi.Sigset) bool {
	r := &l.Ctx.R
	m := machineOf(l)
	f := m.frameForm
	rt := act.Flags&abi.SA_SIGINFO != 0 || !f.plain
	size := frameHeadMIPS + f.scSize + m.setSize()
	if rt {
		size = frameHeadMIPS + siginfoLen + f.ucSize(m)
	}
	top := r[mips.SP] - belowMIPS
	if entersAltStack(l, act) {
		top = frameTop(l, act, top)
	}
	at := (top - uint64(size)) &^ (f.align - 1)
	b := make([]byte, size)
	body := b[frameHeadMIPS:]
	third := at + frameHeadMIPS
	if rt {
		putSiginfo(m, body, ksi)
		uc := body[siginfoLen:]
		third += siginfoLen
		st := frameStack(l)
		copy(uc[f.ucStack:], m.stackBytes(&st))
		f.put(l, uc[f.ucSc:])
		putMask(m, uc[f.ucMask():], *mask)
	} else {
		f.put(l, body)
		putMask(m, body[f.scSize:], *mask)
	}
	if l.Copyout(b, at) != abi.OK {
		return false
	}
	r[mips.A0], r[mips.A1], r[mips.A2] = uint64(m.sigOut(ksi.Signo)), 0, third
	r[mips.RA] = l.Proc.SigcodeVA
	if rt {
		r[mips.A1] = at + frameHeadMIPS
		r[mips.RA] += m.rtSigcode
	}
	r[mips.SP], r[mips.PC], r[mips.T9] = at, uint64(act.Handler), uint64(act.Handler)
	r[mips.SLOT] = 0
	return true
}

func sigreturnMIPS(l *kern.LWP, rt bool) bool {
	m := machineOf(l)
	f := m.frameForm
	at := l.Ctx.R[mips.SP] + frameHeadMIPS
	if !rt {
		b := make([]byte, f.scSize+m.setSize())
		if l.Copyin(b, at) != abi.OK {
			return false
		}
		l.SetSigmask(getMask(m, b[f.scSize:]))
		return f.get(l, b, at+uint64(len(b)))
	}
	uc := make([]byte, f.ucSize(m))
	if l.Copyin(uc, at+siginfoLen) != abi.OK {
		return false
	}
	l.SetSigmask(getMask(m, uc[f.ucMask():]))
	if !f.get(l, uc[f.ucSc:], at+siginfoLen+uint64(len(uc))) {
		return false
	}
	st := m.getStack(uc[f.ucStack:])
	restoreAltStack(l, &st)
	return true
}

// Exceptions (Context.Vector), and the codes in break and trap instructions that mean an overflow and a division by zero.
const (
	excBreakMIPS = 18
	excTrapMIPS  = 22
	brkOverflow  = 6
	brkDivZero   = 7
)

// trapsigMIPS: a word that is not aligned is loaded and stored all the same; break and trap are told apart by their codes.
func trapsigMIPS(l *kern.LWP) kern.Ksiginfo {
	c := &l.Ctx
	ksi := mips.Ports[0].Emul.Trapsig(l)
	switch c.Vector {
	case cpu.VectorAlign:
		if ksi.Signo == abi.SIGBUS && l.Proc.MDFlags&noFixMIPS == 0 && fixMIPS(l) {
			return kern.Ksiginfo{}
		}
	case excBreakMIPS, excTrapMIPS:
		insn, _ := insnMIPS(l, c.R[mips.PC])
		code := insn >> 6 & 0x3ff
		if c.Vector == excBreakMIPS {
			code = insn >> 6 & 0xfffff
			if code >= 1<<10 {
				code = code&0x3ff<<10 | code>>10
			}
		}
		ksi.Signo, ksi.Addr = abi.SIGFPE, abi.Ptr(c.R[mips.PC])
		switch {
		case code == brkDivZero:
			ksi.Code = abi.FPE_INTDIV
		case code == brkOverflow:
			ksi.Code = abi.FPE_INTOVF
		case c.Vector == excBreakMIPS:
			ksi.Signo, ksi.Code = abi.SIGTRAP, abi.TRAP_BRKPT
		default:
			ksi = kern.Ksiginfo{Signo: abi.SIGTRAP, Code: abi.SI_NOINFO}
		}
	}
	if ksi.Signo == abi.SIGILL {
		ksi = kern.Ksiginfo{Signo: abi.SIGILL, Code: abi.SI_NOINFO}
	}
	ksi.Trap = 0
	return ksi
}

func insnMIPS(l *kern.LWP, pc uint64) (insn uint32, ok bool) {
	ok = pc&3 == 0 && l.CopyinStruct(pc, &insn) == abi.OK
	return insn, ok
}

// noFixMIPS in Proc.MDFlags: sysmips has said that words that are not aligned are an error.
const noFixMIPS = 1

// fixMIPS does the load or store at the pc byte by byte; false if it is none, or its memory is not there
// (emulate_load_store_insn).
func fixMIPS(l *kern.LWP) bool {
	r := &l.Ctx.R
	m := machineOf(l).model()
	insn, ok := insnMIPS(l, r[mips.PC])
	if !ok {
		return false
	}
	rt := insn >> 16 & 31
	va := r[insn>>21&31] + uint64(int64(int16(insn)))
	if !m.LP64() {
		va = uint64(uint32(va))
	}
	var size int
	var signed, store, float bool
	switch insn >> 26 {
	case 0x21: // lh
		size, signed = 2, true
	case 0x25: // lhu
		size = 2
	case 0x23: // lw
		size, signed = 4, true
	case 0x27: // lwu
		size = 4
	case 0x37: // ld
		size = 8
	case 0x29: // sh
		size, store = 2, true
	case 0x2b: // sw
		size, store = 4, true
	case 0x3f: // sd
		size, store = 8, true
	case 0x31: // lwc1
		size, float = 4, true
	case 0x35: // ldc1
		size, float = 8, true
	case 0x39: // swc1
		size, store, float = 4, true, true
	case 0x3d: // sdc1
		size, store, float = 8, true, true
	default:
		return false
	}
	var b [8]byte
	if store {
		v := r[rt]
		if float {
			v = fpRegMIPS(l, rt, size)
		}
		m.PutUint(b[:], size, v)
		ok = l.Copyout(b[:size], va) == abi.OK
	} else if ok = l.Copyin(b[:size], va) == abi.OK; ok {
		v := m.Uint(b[:], size)
		switch {
		case float:
			setFPRegMIPS(l, rt, size, v)
		case rt == 0:
		case signed:
			shift := 64 - 8*size
			r[rt] = uint64(int64(v<<shift) >> shift)
		default:
			r[rt] = v
		}
	}
	return ok && nextMIPS(l)
}

// fpRegMIPS is a register of floating point of 4 or 8 bytes; setFPRegMIPS sets one.
func fpRegMIPS(l *kern.LWP, n uint32, size int) uint64 {
	l.SyncFP()
	switch {
	case size == 4:
		return uint64(le.Uint32(l.Ctx.FP[8*n:]))
	case machineOf(l).frameForm.single:
		return machineOf(l).frameForm.double(l, int(n&^1))
	}
	return le.Uint64(l.Ctx.FP[8*n:])
}

func setFPRegMIPS(l *kern.LWP, n uint32, size int, v uint64) {
	l.SyncFP()
	switch {
	case size == 4:
		le.PutUint32(l.Ctx.FP[8*n:], uint32(v))
	case machineOf(l).frameForm.single:
		n &^= 1
		le.PutUint32(l.Ctx.FP[8*n:], uint32(v))
		le.PutUint32(l.Ctx.FP[8*n+8:], uint32(v>>32))
	default:
		le.PutUint64(l.Ctx.FP[8*n:], v)
	}
	l.FPChanged()
}

// What a stop inside a delay slot keeps, after mips.SLOT: where the branch leads, and whether its condition holds. In SLOT
// itself are bits that say of what kind it is.
const (
	slotTarget      = mips.SLOT + 1
	slotTaken       = mips.SLOT + 2
	slotKind        = 0x803800
	slotConditional = 0x1000
)

// nextMIPS goes on to the next instruction, which after a delay slot is where the branch leads.
func nextMIPS(l *kern.LWP) bool {
	r := &l.Ctx.R
	kind := r[mips.SLOT] & slotKind
	if kind == 0 || kind == slotConditional && r[slotTaken] == 0 {
		r[mips.PC] += 4
	} else {
		r[mips.PC] = r[slotTarget]
	}
	r[mips.SLOT] = 0
	return true
}
