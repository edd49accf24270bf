package sparc

import (
	"nbemu/abi"
	"nbemu/cpu"
	"nbemu/kern"
	"nbemu/mem"
	"nbemu/signals"
)

// NetBSD/sparc and NetBSD/sparc64: sys/arch/sparc/sparc/machdep.c, sys/arch/sparc64/sparc64/{machdep,trap}.c.

// shape is what differs between the two.
type shape struct {
	reg    int // bytes of a register
	ngreg  int
	fpOff  int // registers; then a pointer, the state register, and three bytes, the last says whether all this counts
	fpRegs int // bytes of them
	ucSize int
	ucOff  int
	frame  int // a minimal frame of a function
	align  uint64
	md     *signals.MD
}

var (
	v8 = shape{reg: 4, ngreg: 19, fpOff: 80, fpRegs: 128, ucSize: 448, ucOff: 40, frame: 96, align: 8}
	v9 = shape{reg: 8, ngreg: 21, fpOff: 176, fpRegs: 256, ucSize: 736, ucOff: 64, frame: 176, align: 16}
)

func shapeOf(l *kern.LWP) *shape {
	if l.Model().LP64() {
		return &v9
	}
	return &v8
}

const ucTLSBase = 0x80000

// newMD is the machine context: condition codes, pc, npc, y, globals, outs; floating point. The other registers of a
// window are on the stack.
func newMD(s *shape) *signals.MD {
	fsrOff := s.fpOff + s.fpRegs + s.reg
	enOff := fsrOff + s.reg + 2
	return &signals.MD{
		UcontextSize: s.ucSize, McontextOff: s.ucOff,
		UCTLSBase: ucTLSBase, UCSetStack: 0x10000, UCClrStack: 0x20000,
		GetMcontext: func(l *kern.LWP, m []byte) uint32 {
			o := l.Model()
			flushWindows(l)
			for i := range s.ngreg {
				o.PutUint(m[s.reg*i:], s.reg, l.Ctx.R[i])
			}
			fp := &l.Ctx.FP
			for i := range s.fpRegs / 8 {
				o.PutUint(m[s.fpOff+8*i:], 8, abi.LP64LE.Uint(fp[8*i:], 8))
			}
			o.PutUint(m[fsrOff:], s.reg, abi.LP64LE.Uint(fp[fpFSR:], 8))
			m[enOff] = 1
			return abi.UC_CPU | abi.UC_FPU | ucTLSBase
		},
		CheckMcontext: func(l *kern.LWP, m []byte, _ uint32) abi.Errno {
			o := l.Model()
			pc, npc := o.Uint(m[s.reg*PC:], s.reg), o.Uint(m[s.reg*NPC:], s.reg)
			if (pc|npc)&3 != 0 || pc == 0 || npc == 0 {
				return abi.EINVAL
			}
			return abi.OK
		},
		SetMcontext: func(l *kern.LWP, m []byte, flags uint32) {
			r := &l.Ctx.R
			o := l.Model()
			flushWindows(l)
			if flags&abi.UC_CPU != 0 {
				psr := r[PSR]
				for i := range s.ngreg {
					if i != G7 && i != FPRS {
						r[i] = o.Uint(m[s.reg*i:], s.reg)
					}
				}
				// Of these only the parts that are a program's.
				if s.reg == 8 {
					r[PSR], r[ASI] = r[PSR]&0xff, r[ASI]&0xff
				} else {
					r[PSR] = psr&^psricc | r[PSR]&psricc
				}
				if flags&ucTLSBase != 0 {
					l.Private = o.Uint(m[s.reg*G7:], s.reg)
					r[G7] = l.Private
				}
				loadWindow(l)
			}
			if flags&abi.UC_FPU != 0 && m[enOff] != 0 {
				fp := &l.Ctx.FP
				for i := range s.fpRegs / 8 {
					abi.LP64LE.PutUint(fp[8*i:], 8, o.Uint(m[s.fpOff+8*i:], 8))
				}
				abi.LP64LE.PutUint(fp[fpFSR:], 8, o.Uint(m[fsrOff:], s.reg))
			}
			l.FPChanged()
		},
	}
}

// stackAt is the address that a stack pointer means.
func stackAt(l *kern.LWP, sp uint64) uint64 {
	if l.Model().LP64() {
		return sp + bias
	}
	return uint64(uint32(sp))
}

// flushWindows stores all register windows to the stack, the current one too (write_user_windows). A program
// whose stack is not there is ended, as in NetBSD.
func flushWindows(l *kern.LWP) {
	if !settle(l) {
		l.SigIll()
	}
}

// settle stores all register windows to the stack; false says that part of the stack is not there, and the
// windows that belong to it are lost.
func settle(l *kern.LWP) bool {
	ok := true
	o := l.Model()
	reg := o.PtrSize
	l.SyncFP()
	fp := &l.Ctx.FP
	win := make([]uint64, 16)
	copy(win, l.Ctx.R[L0:L0+16])
	sp := l.Ctx.R[O6]
	n := int(abi.LP64LE.Uint(fp[fpNWin:], 4))
	for k := 0; k <= n; k++ {
		b := make([]byte, 16*reg)
		for i, v := range win {
			o.PutUint(b[reg*i:], reg, v)
		}
		if l.Copyout(b, stackAt(l, sp)) != abi.OK {
			ok = false
		}
		sp = win[14]
		if k < n {
			for i := range win {
				win[i] = abi.LP64LE.Uint(fp[fpWindows+128*k+8*i:], 8)
			}
		}
	}
	abi.LP64LE.PutUint(fp[fpNWin:], 4, 0)
	l.FPChanged()
	return ok
}

// loadWindow loads the local and in registers from the stack that the stack pointer means.
func loadWindow(l *kern.LWP) {
	o := l.Model()
	reg := o.PtrSize
	b := make([]byte, 16*reg)
	if l.Copyin(b, stackAt(l, l.Ctx.R[O6])) != abi.OK {
		// The next use of the window's registers will tell.
		clear(b)
	}
	for i := range 16 {
		l.Ctx.R[L0+i] = o.Uint(b[reg*i:], reg)
	}
}

// sendsig calls a handler with (sig, siginfo *, ucontext *) as from a function whose frame lies below the
// signal frame; it returns to the trampoline, which finds the ucontext above that frame (sendsig_siginfo).
func sendsig(l *kern.LWP, act *kern.Sigaction, ksi *kern.Ksiginfo, mask *abi.Sigset) {
	if act.Vers < signals.SiginfoVers {
		sendsigcontext(l, act, ksi, mask)
		return
	}
	r := &l.Ctx.R
	s := shapeOf(l)
	md := s.md
	oldsp := r[O6]
	top, onstack := signals.StackFor(l, act, stackAt(l, oldsp))
	fp := (top - uint64(abi.SiginfoSize+s.ucSize)) &^ (s.align - 1)
	f := md.NewFrame(l, ksi, mask, onstack)
	newsp := fp - uint64(s.frame)
	// Debuggers and longjmp follow the chain of frames: the new one leads to the interrupted one.
	b := make([]byte, s.reg)
	l.Model().PutPtr(b, oldsp)
	if l.Copyout(f.Info[:], fp) != abi.OK || l.Copyout(f.UC, fp+abi.SiginfoSize) != abi.OK ||
		l.Copyout(b, newsp+uint64(14*s.reg)) != abi.OK {
		l.SigIll()
	}
	r[O0] = uint64(ksi.Signo)
	r[O0+1] = fp
	r[O0+2] = fp + abi.SiginfoSize
	r[O6] = newsp
	if l.Model().LP64() {
		r[O6] -= bias
	}
	r[O7] = act.Tramp - 8
	r[PC], r[NPC] = uint64(act.Handler), uint64(act.Handler)+4
	loadWindow(l)
	if onstack {
		l.Sigstk.Flags |= abi.SS_ONSTACK
	}
}

// trapInfo is one trap type's signal.
type trapInfo struct {
	sig  abi.Signal
	code int32
}

// Trap types of version 8 and of version 9 (Context.Vector). Software traps follow at 0x80 and at 0x100.
var (
	traps32 = map[uint32]trapInfo{
		0x02: {abi.SIGILL, abi.ILL_ILLOPC},
		0x03: {abi.SIGILL, abi.ILL_PRVOPC},
		0x04: {abi.SIGILL, abi.ILL_COPROC},
		0x07: {abi.SIGBUS, abi.BUS_ADRALN},
		0x08: {abi.SIGFPE, abi.FPE_FLTINV},
		0x0a: {abi.SIGEMT, abi.SI_NOINFO},
		0x2a: {abi.SIGFPE, abi.FPE_INTDIV},
	}
	traps64 = map[uint32]trapInfo{
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

// dataMiss64 is what the engine makes of a load that names a space without faults: it looks into tables that are not ours.
const dataMiss64 = 0x68

// Software traps.
const (
	softBreak   = 1
	softDiv0    = 2
	softClean   = 4
	softRange   = 5
	softAlign   = 6
	softIntovfl = 7
)

// trapsig turns a trap into a signal (trap()).
func trapsig(l *kern.LWP) kern.Ksiginfo {
	c := &l.Ctx
	r := &c.R
	ksi := kern.Ksiginfo{Signo: abi.SIGILL, Code: abi.ILL_ILLTRP, Addr: abi.Ptr(r[PC]), Trap: int32(c.Vector)}
	table, soft := traps32, uint32(0x80)
	if l.Model().LP64() {
		table, soft = traps64, 0x100
	}
	next := func() { r[PC], r[NPC] = r[NPC], r[NPC]+4 }
	if c.Vector == cpu.VectorAlign {
		if l.Proc.MDFlags&mdpFixAlign != 0 && fixAlign(l) {
			next()
			return kern.Ksiginfo{}
		}
		ksi.Signo, ksi.Code, ksi.Addr = abi.SIGBUS, abi.BUS_ADRALN, abi.Ptr(c.Addr)
		if ksi.Trap = 7; l.Model().LP64() {
			ksi.Trap = 0x34
		}
		return ksi
	}
	if c.Vector == dataMiss64 && l.Model().LP64() && noFault(l) {
		next()
		return kern.Ksiginfo{}
	}
	if t, ok := table[c.Vector]; ok {
		ksi.Signo, ksi.Code = t.sig, t.code
		if t.code == abi.FPE_FLTINV && t.sig == abi.SIGFPE {
			l.SyncFP()
			ksi.Code = fpeCode(abi.LP64LE.Uint(c.FP[fpFSR:], 8))
			next() // the kernel has done the instruction by then (fpu_cleanup)
		}
		return ksi
	}
	if c.Vector < soft || c.Vector >= soft+0x80 {
		ksi.Code = abi.ILL_ILLOPC
		return ksi
	}
	switch c.Vector - soft {
	case softBreak:
		ksi.Signo, ksi.Code = abi.SIGTRAP, abi.TRAP_BRKPT
	case softDiv0:
		next()
		ksi.Signo, ksi.Code = abi.SIGFPE, abi.FPE_INTDIV
	case softIntovfl:
		next()
		ksi.Signo, ksi.Code = abi.SIGFPE, abi.FPE_INTOVF
	case softRange:
		next()
		if ksi.Code = abi.ILL_ILLOPN; l.Model().LP64() {
			ksi.Code = abi.ILL_ILLADR
		}
	case softAlign:
		l.Proc.MDFlags |= mdpFixAlign
		next()
		return kern.Ksiginfo{}
	case softClean: // they always are
		next()
		return kern.Ksiginfo{}
	}
	return ksi
}

// fpeCode is the code for the exception that the state register tells.
func fpeCode(fsr uint64) int32 {
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

// pagefault32: instruction or data access (mem_access_fault4m in sys/arch/sparc/sparc/trap.c).
func pagefault32(l *kern.LWP, r mem.FaultResult, ksi *kern.Ksiginfo) {
	const textFault, dataFault = 0x01, 0x09
	ksi.Trap = dataFault
	if _, fetch := signals.FaultKind(l); fetch {
		ksi.Trap = textFault
	}
}

// pagefault64: a miss, or a store that the entry forbids; addresses in the hole are exceptions of their own
// (data_access_fault, text_access_fault, trap in sys/arch/sparc64/sparc64/trap.c).
func pagefault64(l *kern.LWP, r mem.FaultResult, ksi *kern.Ksiginfo) {
	const instExcept, dataFault, instMiss, dataMiss, dataProt = 0x08, 0x30, 0x64, 0x68, 0x6c
	hole := uint64(int64(l.Ctx.Addr)>>43)+1 > 1
	write, fetch := signals.FaultKind(l)
	switch {
	case fetch && hole:
		ksi.Signo, ksi.Code, ksi.Trap = abi.SIGILL, abi.ILL_ILLOPC, instExcept
	case fetch:
		ksi.Trap = instMiss
		if ksi.Signo == abi.SIGBUS {
			ksi.Signo, ksi.Code = abi.SIGSEGV, abi.SEGV_MAPERR
		}
	case hole:
		ksi.Trap = dataFault
	case write && r == mem.FaultNoAccess && signals.Resident(l):
		ksi.Trap = dataProt
		signals.StackDenied(l, ksi)
	default:
		ksi.Trap = dataMiss
		signals.StackDenied(l, ksi)
	}
}
