package sparc

import (
	"encoding/binary"

	"nbemu/abi"
	"nbemu/kern"
	"nbemu/signals"
)

// sys/arch/sparc/sparc/compat_16_machdep.c, sys/arch/sparc64/sparc64/compat_16_machdep.c, sys/arch/sparc/include/signal.h.

// sigcontextSPARC is struct sigcontext of both machines. The other registers are in the window of the function that was
// interrupted, or kept by the trampoline.
type sigcontextSPARC struct {
	Onstack int32
	Mask13  uint32

	Sp, Pc, Npc abi.Ptr
	Psr         abi.Ptr // or tstate
	G1, O0      abi.Ptr

	Mask abi.Sigset
}

type sigcontext struct{ sigcontextSPARC }

func (sc *sigcontext) Save(l *kern.LWP) {
	flushWindows(l)
	r := &l.Ctx.R
	sc.Sp, sc.Pc, sc.Npc = abi.Ptr(r[O6]), abi.Ptr(r[PC]), abi.Ptr(r[NPC])
	sc.Psr = abi.Ptr(r[PSR])
	if l.Model().LP64() {
		sc.Psr = abi.Ptr(r[PSR]<<tstateCCR | r[ASI]<<tstateASI | tstatePstate)
	}
	sc.G1, sc.O0 = abi.Ptr(r[G1]), abi.Ptr(r[O0])
}

// Restore takes of the state register the condition codes alone. The rest of the window is on its stack.
func (sc *sigcontext) Restore(l *kern.LWP) abi.Errno {
	flushWindows(l)
	wide := l.Model().LP64()
	if (sc.Pc|sc.Npc)&3 != 0 || wide && (sc.Pc == 0 || sc.Npc == 0) {
		return abi.EINVAL
	}
	r := &l.Ctx.R
	if wide {
		r[PSR] = uint64(sc.Psr) >> tstateCCR & 0xff
	} else {
		r[PSR] = r[PSR]&^psricc | uint64(sc.Psr)&psricc
	}
	r[PC], r[NPC] = uint64(sc.Pc), uint64(sc.Npc)
	r[G1], r[O0], r[O6] = uint64(sc.G1), uint64(sc.O0), uint64(sc.Sp)
	loadWindow(l)
	return abi.OK
}

func (sc *sigcontext) State() signals.Sigstate {
	return signals.Sigstate{Onstack: &sc.Onstack, Mask13: &sc.Mask13, Mask: &sc.Mask}
}

// The frames of handlers (struct sigframe_sigcontext), which lie above the room for a window's registers.
type (
	sigframe32 struct {
		Signo, Code int32
		Scp, Addr   uint32 // nothing; SunOS' handlers have arguments there
		Sc          sigcontextSPARC
	}
	sigframe64 struct {
		Signo, Code int32
		Sc          sigcontextSPARC
	}
)

// sendsigcontext has the trampoline call a handler, which it finds in %g1, with (sig, code, sigcontext *)
// (sendsig_sigcontext).
func sendsigcontext(l *kern.LWP, act *kern.Sigaction, ksi *kern.Ksiginfo, mask *abi.Sigset) {
	r := &l.Ctx.R
	s, m := shapeOf(l), l.Model()
	oldsp := r[O6]
	top, onstack := signals.StackFor(l, act, stackAt(l, oldsp))
	var sc sigcontext
	signals.SaveSigcontext(l, &sc, mask)
	var f any = &sigframe32{Signo: int32(ksi.Signo), Code: ksi.Trap, Sc: sc.sigcontextSPARC}
	if m.LP64() {
		f = &sigframe64{Signo: int32(ksi.Signo), Code: ksi.Trap, Sc: sc.sigcontextSPARC}
	}
	fp := (top - uint64(m.Sizeof(f))) &^ (s.align - 1)
	newsp := fp - uint64(16*s.reg)
	// As in sendsig, the chain of frames leads to the interrupted one.
	link := make([]byte, s.reg)
	m.PutPtr(link, oldsp)
	if l.CopyoutStruct(fp, f) != abi.OK || l.Copyout(link, newsp+uint64(14*s.reg)) != abi.OK {
		l.SigIll()
	}
	tramp := signals.SigcontextTramp(l, act)
	r[G1] = uint64(act.Handler)
	r[PC], r[NPC] = tramp, tramp+4
	if r[O6] = newsp; m.LP64() {
		r[O6] -= bias
	}
	loadWindow(l)
	if onstack {
		l.Sigstk.Flags |= abi.SS_ONSTACK
	}
}

// Registers and instructions of the trampolines.
const (
	asmG0, asmG1, asmG2 = 0, 1, 2
	asmO0, asmO1, asmO2 = 8, 9, 10
	asmSP, asmO7        = 14, 15
	asmL1, asmL2        = 17, 18
	asmFP               = 30

	opAdd, opOr, opRdY, opWrY, opJmpl, opTicc, opSave, opRestore = 0x00, 0x02, 0x28, 0x30, 0x38, 0x3a, 0x3c, 0x3d
	opLd, opLdFSR, opLdDF, opStFSR, opStDF                       = 0x00, 0x21, 0x23, 0x25, 0x27

	trapAlways  = 8
	sysExit     = 1
	sigreturn14 = 295
)

// insn3 is an instruction of format 3 with an immediate: of arithmetic (kind 2) or memory (kind 3).
func insn3(kind, rd, op, rs1 uint32, imm int) uint32 {
	return kind<<30 | rd<<25 | op<<19 | rs1<<14 | 1<<13 | uint32(imm)&0x1fff
}

// sigcodeOf makes the code that calls handlers of version 0. It keeps what a function may change, in a window of its
// own: globals, %y and the floating-point registers. After the handler it calls sigreturn, and ends the process with
// the error if that fails.
func sigcodeOf(s *shape) []byte {
	off := 0 // of stack pointers
	if s.reg == 8 {
		off = bias
	}
	sf := off + 16*s.reg // the signal frame, from the stack pointer that the trampoline is entered with
	scp := sf + 16
	if s.reg == 8 {
		scp = sf + 8
	}
	fsr := off + s.frame // room for the state register, and from fsr+8 on for the others
	wide := uint32(s.reg / 8)

	var code []uint32
	add := func(x ...uint32) { code = append(code, x...) }
	fpRegs := func(fsrOp, op uint32) {
		add(insn3(3, wide, fsrOp, asmSP, fsr))
		for n := range uint32(s.fpRegs / 8) {
			reg := 2 * n
			add(insn3(3, reg&0x1e|reg>>5, op, asmSP, fsr+8+8*int(n)))
		}
	}
	globals := func(to, from uint32) {
		for i := range uint32(6) { // %g2 to %g7, %l2 to %l7
			add(insn3(2, to+i, opOr, from+i, 0))
		}
	}
	room := (s.frame + 8 + s.fpRegs + 15) &^ 15
	add(insn3(2, asmSP, opSave, asmSP, -room))
	globals(asmL2, asmG2)
	add(asmL1<<25 | 2<<30 | opRdY<<19)
	fpRegs(opStFSR, opStDF)
	add(insn3(3, asmO0, opLd, asmFP, sf), insn3(3, asmO1, opLd, asmFP, sf+4),
		insn3(2, asmO7, opJmpl, asmG1, 0), insn3(2, asmO2, opAdd, asmFP, scp))
	add(insn3(2, 0, opWrY, asmL1, 0))
	fpRegs(opLdFSR, opLdDF)
	globals(asmG2, asmL2)
	add(insn3(2, asmG1, opRestore, asmG0, sigreturn14), insn3(2, asmO0, opAdd, asmSP, scp), insn3(2, trapAlways, opTicc, asmG0, 0),
		insn3(2, asmG1, opOr, asmG0, sysExit), insn3(2, trapAlways, opTicc, asmG0, 0))
	return signals.Insns(binary.BigEndian, code...)
}
