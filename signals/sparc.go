package signals

import (
	"nbemu/abi"
	"nbemu/cpu"
	"nbemu/kern"
)

// NetBSD/sparc and NetBSD/sparc64: sys/arch/sparc/sparc/machdep.c, sys/arch/sparc64/sparc64/{machdep,trap}.c.

// sparcShape is what differs between the two.
type sparcShape struct {
	reg    int // bytes of a register
	ngreg  int
	fpOff  int // registers; then a pointer, the state register, and three bytes, the last says whether all this counts
	fpRegs int // bytes of them
	ucSize int
	ucOff  int
	frame  int // a minimal frame of a function
	align  uint64
}

var (
	sparcV8 = sparcShape{reg: 4, ngreg: 19, fpOff: 80, fpRegs: 128, ucSize: 448, ucOff: 40, frame: 96, align: 8}
	sparcV9 = sparcShape{reg: 8, ngreg: 21, fpOff: 176, fpRegs: 256, ucSize: 736, ucOff: 64, frame: 176, align: 16}
)

func sparcShapeOf(l *kern.LWP) *sparcShape {
	if l.Model().LP64() {
		return &sparcV9
	}
	return &sparcV8
}

// SPARC and SPARC64 are the machine contexts: condition codes, pc, npc, y, globals, outs; floating point. The
// other registers of a window are on the stack.
var (
	SPARC   = sparcMD(&sparcV8)
	SPARC64 = sparcMD(&sparcV9)
)

const sparcUCTLSBase = 0x80000

func sparcMD(s *sparcShape) *MD {
	fsrOff := s.fpOff + s.fpRegs + s.reg
	enOff := fsrOff + s.reg + 2
	return &MD{
		UcontextSize: s.ucSize, McontextOff: s.ucOff,
		UCTLSBase: sparcUCTLSBase, UCSetStack: 0x10000, UCClrStack: 0x20000,
		GetMcontext: func(l *kern.LWP, m []byte) uint32 {
			o := l.Model()
			sparcFlush(l)
			for i := range s.ngreg {
				o.PutUint(m[s.reg*i:], s.reg, l.Ctx.R[i])
			}
			fp := &l.Ctx.FP
			for i := range s.fpRegs / 8 {
				o.PutUint(m[s.fpOff+8*i:], 8, abi.LP64LE.Uint(fp[8*i:], 8))
			}
			o.PutUint(m[fsrOff:], s.reg, abi.LP64LE.Uint(fp[cpu.SparcFSR:], 8))
			m[enOff] = 1
			return abi.UC_CPU | abi.UC_FPU | sparcUCTLSBase
		},
		CheckMcontext: func(l *kern.LWP, m []byte) abi.Errno {
			o := l.Model()
			pc, npc := o.Uint(m[s.reg*cpu.SPARC_PC:], s.reg), o.Uint(m[s.reg*cpu.SPARC_NPC:], s.reg)
			if (pc|npc)&3 != 0 || pc == 0 || npc == 0 {
				return abi.EINVAL
			}
			return abi.OK
		},
		SetMcontext: func(l *kern.LWP, m []byte, flags uint32) {
			r := &l.Ctx.R
			o := l.Model()
			sparcFlush(l)
			if flags&abi.UC_CPU != 0 {
				for i := range s.ngreg {
					if i != cpu.SPARC_G7 && i != cpu.SPARC_FPRS {
						r[i] = o.Uint(m[s.reg*i:], s.reg)
					}
				}
				if flags&sparcUCTLSBase != 0 {
					l.Private = o.Uint(m[s.reg*cpu.SPARC_G7:], s.reg)
					r[cpu.SPARC_G7] = l.Private
				}
				sparcLoadWindow(l)
			}
			if flags&abi.UC_FPU != 0 && m[enOff] != 0 {
				fp := &l.Ctx.FP
				for i := range s.fpRegs / 8 {
					abi.LP64LE.PutUint(fp[8*i:], 8, o.Uint(m[s.fpOff+8*i:], 8))
				}
				abi.LP64LE.PutUint(fp[cpu.SparcFSR:], 8, o.Uint(m[fsrOff:], s.reg))
			}
			l.FPChanged()
		},
	}
}

// sparcStack is the address that a stack pointer means.
func sparcStack(l *kern.LWP, sp uint64) uint64 {
	if l.Model().LP64() {
		return sp + cpu.SparcBias
	}
	return uint64(uint32(sp))
}

// sparcFlush stores all register windows to the stack, the current one too (write_user_windows). A program
// whose stack is not there is ended, as in NetBSD.
func sparcFlush(l *kern.LWP) {
	if !sparcSettle(l) {
		l.SigIll()
	}
}

// sparcSettle stores all register windows to the stack; false says that part of the stack is not there, and the
// windows that belong to it are lost.
func sparcSettle(l *kern.LWP) bool {
	ok := true
	o := l.Model()
	reg := o.PtrSize
	l.SyncFP()
	fp := &l.Ctx.FP
	win := make([]uint64, 16)
	copy(win, l.Ctx.R[cpu.SPARC_L0:cpu.SPARC_L0+16])
	sp := l.Ctx.R[cpu.SPARC_O6]
	n := int(abi.LP64LE.Uint(fp[cpu.SparcNWin:], 4))
	for k := 0; k <= n; k++ {
		b := make([]byte, 16*reg)
		for i, v := range win {
			o.PutUint(b[reg*i:], reg, v)
		}
		if l.Copyout(b, sparcStack(l, sp)) != abi.OK {
			ok = false
		}
		sp = win[14]
		if k < n {
			for i := range win {
				win[i] = abi.LP64LE.Uint(fp[cpu.SparcWindows+128*k+8*i:], 8)
			}
		}
	}
	abi.LP64LE.PutUint(fp[cpu.SparcNWin:], 4, 0)
	l.FPChanged()
	return ok
}

// sparcLoadWindow loads the local and in registers from the stack that the stack pointer means.
func sparcLoadWindow(l *kern.LWP) {
	o := l.Model()
	reg := o.PtrSize
	b := make([]byte, 16*reg)
	if l.Copyin(b, sparcStack(l, l.Ctx.R[cpu.SPARC_O6])) != abi.OK {
		// The next use of the window's registers will tell.
		clear(b)
	}
	for i := range 16 {
		l.Ctx.R[cpu.SPARC_L0+i] = o.Uint(b[reg*i:], reg)
	}
}

// SendsigSPARC calls a handler with (sig, siginfo *, ucontext *) as from a function whose frame lies below the
// signal frame; it returns to the trampoline, which finds the ucontext above that frame (sendsig_siginfo).
func SendsigSPARC(l *kern.LWP, act *kern.Sigaction, ksi *kern.Ksiginfo, mask *abi.Sigset) {
	r := &l.Ctx.R
	s := sparcShapeOf(l)
	md := MachDep(l.Proc.Arch)
	oldsp := r[cpu.SPARC_O6]
	top, onstack := stackFor(l, act, sparcStack(l, oldsp))
	fp := (top - uint64(abi.SiginfoSize+s.ucSize)) &^ (s.align - 1)
	f := md.newFrame(l, ksi, mask, onstack)
	newsp := fp - uint64(s.frame)
	// Debuggers and longjmp follow the chain of frames: the new one leads to the interrupted one.
	b := make([]byte, s.reg)
	l.Model().PutPtr(b, oldsp)
	if l.Copyout(f.info[:], fp) != abi.OK || l.Copyout(f.uc, fp+abi.SiginfoSize) != abi.OK ||
		l.Copyout(b, newsp+uint64(14*s.reg)) != abi.OK {
		l.SigIll()
	}
	r[cpu.SPARC_O0] = uint64(ksi.Signo)
	r[cpu.SPARC_O0+1] = fp
	r[cpu.SPARC_O0+2] = fp + abi.SiginfoSize
	r[cpu.SPARC_O6] = newsp
	if l.Model().LP64() {
		r[cpu.SPARC_O6] -= cpu.SparcBias
	}
	r[cpu.SPARC_O7] = act.Tramp - 8
	r[cpu.SPARC_PC], r[cpu.SPARC_NPC] = uint64(act.Handler), uint64(act.Handler)+4
	sparcLoadWindow(l)
	if onstack {
		l.Sigstk.Flags |= abi.SS_ONSTACK
	}
}

// sparcTrap is one trap type's signal.
type sparcTrap struct {
	sig  abi.Signal
	code int32
}

// Trap types of version 8 and of version 9 (Context.Vector). Software traps follow at 0x80 and at 0x100.
var (
	sparcTraps = map[uint32]sparcTrap{
		0x02: {abi.SIGILL, abi.ILL_ILLOPC},
		0x03: {abi.SIGILL, abi.ILL_PRVOPC},
		0x04: {abi.SIGILL, abi.ILL_COPROC},
		0x07: {abi.SIGBUS, abi.BUS_ADRALN},
		0x08: {abi.SIGFPE, abi.FPE_FLTINV},
		0x0a: {abi.SIGEMT, abi.SI_NOINFO},
		0x2a: {abi.SIGFPE, abi.FPE_INTDIV},
	}
	sparc64Traps = map[uint32]sparcTrap{
		0x10: {abi.SIGILL, abi.ILL_ILLOPC},
		0x11: {abi.SIGILL, abi.ILL_PRVOPC},
		0x20: {abi.SIGILL, abi.ILL_COPROC},
		0x21: {abi.SIGFPE, abi.FPE_FLTINV},
		0x22: {abi.SIGFPE, abi.FPE_FLTINV},
		0x23: {abi.SIGEMT, abi.SI_NOINFO},
		0x28: {abi.SIGFPE, abi.FPE_INTDIV},
		0x34: {abi.SIGBUS, abi.BUS_ADRALN},
		0x37: {abi.SIGILL, abi.ILL_PRVOPC},
	}
)

// Software traps.
const (
	sparcSoftBreak   = 1
	sparcSoftDiv0    = 2
	sparcSoftClean   = 4
	sparcSoftRange   = 5
	sparcSoftAlign   = 6
	sparcSoftIntovfl = 7
)

// TrapSPARC turns a trap into a signal (trap()).
func TrapSPARC(l *kern.LWP) kern.Ksiginfo {
	c := &l.Ctx
	r := &c.R
	ksi := kern.Ksiginfo{Signo: abi.SIGILL, Code: abi.ILL_ILLTRP, Addr: abi.Ptr(r[cpu.SPARC_PC]), Trap: int32(c.Vector)}
	table, soft := sparcTraps, uint32(0x80)
	if l.Model().LP64() {
		table, soft = sparc64Traps, 0x100
	}
	next := func() { r[cpu.SPARC_PC], r[cpu.SPARC_NPC] = r[cpu.SPARC_NPC], r[cpu.SPARC_NPC]+4 }
	if c.Vector == cpu.VectorAlign {
		if l.Proc.MDFlags&mdpFixAlign != 0 && sparcFixAlign(l) {
			next()
			return kern.Ksiginfo{}
		}
		ksi.Signo, ksi.Code, ksi.Addr = abi.SIGBUS, abi.BUS_ADRALN, abi.Ptr(c.Addr)
		if ksi.Trap = 7; l.Model().LP64() {
			ksi.Trap = 0x34
		}
		return ksi
	}
	if t, ok := table[c.Vector]; ok {
		ksi.Signo, ksi.Code = t.sig, t.code
		if t.code == abi.FPE_FLTINV && t.sig == abi.SIGFPE {
			l.SyncFP()
			ksi.Code = sparcFPECode(abi.LP64LE.Uint(c.FP[cpu.SparcFSR:], 8))
			next() // the kernel has done the instruction by then (fpu_cleanup)
		}
		return ksi
	}
	if c.Vector < soft || c.Vector >= soft+0x80 {
		ksi.Code = abi.ILL_ILLOPC
		return ksi
	}
	switch c.Vector - soft {
	case sparcSoftBreak:
		ksi.Signo, ksi.Code = abi.SIGTRAP, abi.TRAP_BRKPT
	case sparcSoftDiv0:
		next()
		ksi.Signo, ksi.Code = abi.SIGFPE, abi.FPE_INTDIV
	case sparcSoftIntovfl:
		next()
		ksi.Signo, ksi.Code = abi.SIGFPE, abi.FPE_INTOVF
	case sparcSoftRange:
		next()
		if ksi.Code = abi.ILL_ILLOPN; l.Model().LP64() {
			ksi.Code = abi.ILL_ILLADR
		}
	case sparcSoftAlign:
		l.Proc.MDFlags |= mdpFixAlign
		next()
		return kern.Ksiginfo{}
	case sparcSoftClean: // they always are
		next()
		return kern.Ksiginfo{}
	}
	return ksi
}

// sparcFPECode is the code for the exception that the state register tells.
func sparcFPECode(fsr uint64) int32 {
	switch cexc := fsr & 0x1f; {
	case cexc&0x10 != 0:
		return abi.FPE_FLTINV
	case cexc&0x08 != 0:
		return abi.FPE_FLTOVF
	case cexc&0x04 != 0:
		return abi.FPE_FLTUND
	case cexc&0x02 != 0:
		return abi.FPE_FLTDIV
	}
	return abi.FPE_FLTRES
}
