package x86

import (
	"encoding/binary"

	"golang.org/x/arch/x86/x86asm"

	"nbemu/abi"
	"nbemu/kern"
	"nbemu/mem"
	"nbemu/signals"
)

// Trap numbers that si_trap and the machine context show (sys/arch/x86/include/trap.h).
const (
	tPageflt = 6
	tXmm     = 19
)

// Processor exceptions of x86.
const (
	debug      = 1
	stackFault = 12
	protection = 13
	fpu        = 16
	simd       = 19
)

// traps are the signals of the processor's exceptions, and their numbers in the kernel. cr2 says that si_addr is
// what the processor's register for page faults happens to hold, not the instruction.
var traps = [32]struct {
	sig  abi.Signal
	code int32
	trap int32
	cr2  bool
}{
	0:          {sig: abi.SIGFPE, code: abi.FPE_INTDIV, trap: 8},
	1:          {sig: abi.SIGTRAP, code: abi.TRAP_TRACE, trap: 5},
	3:          {sig: abi.SIGTRAP, code: abi.TRAP_BRKPT, trap: 1},
	4:          {sig: abi.SIGFPE, code: abi.FPE_INTOVF, trap: 10},
	5:          {sig: abi.SIGFPE, code: abi.FPE_FLTSUB, trap: 11},
	6:          {sig: abi.SIGILL, code: abi.ILL_PRVOPC, trap: 0},
	9:          {sig: abi.SIGILL, code: abi.ILL_COPROC, trap: 14},
	10:         {sig: abi.SIGBUS, code: abi.BUS_OBJERR, trap: 15, cr2: true},
	11:         {sig: abi.SIGBUS, code: abi.BUS_ADRERR, trap: 16, cr2: true},
	stackFault: {sig: abi.SIGBUS, code: abi.BUS_ADRERR, trap: 17, cr2: true},
	protection: {sig: abi.SIGSEGV, code: abi.SEGV_ACCERR, trap: 4, cr2: true},
	fpu:        {sig: abi.SIGFPE, code: abi.FPE_FLTINV, trap: 2},
	17:         {sig: abi.SIGBUS, code: abi.BUS_ADRALN, trap: 7, cr2: true},
	simd:       {sig: abi.SIGFPE, code: abi.FPE_FLTINV, trap: tXmm},
}

// exception is the signal of a processor exception.
func exception(l *kern.LWP, vector, code uint32) kern.Ksiginfo {
	if vector > 31 || traps[vector].sig == 0 {
		// int n that is no gate of ours: a general protection fault at the instruction.
		vector, code = protection, vector<<3|2
	}
	t := &traps[vector]
	if vector == debug {
		code = 0 // an engine tells there which places were met
	}
	r := &l.Ctx.R
	r[TRAPNO], r[ERR] = uint64(t.trap), uint64(code)
	ksi := kern.Ksiginfo{Signo: t.sig, Code: t.code, Addr: abi.Ptr(r[RIP]), Trap: t.trap}
	if t.cr2 {
		ksi.Addr = abi.Ptr(l.LastFault)
	}
	return ksi
}

// Trapsig turns a processor exception into a signal (trap(), fputrap()).
func Trapsig(l *kern.LWP) kern.Ksiginfo {
	switch l.Ctx.Vector {
	case fpu, simd:
		return fpTrap(l)
	}
	ksi := exception(l, l.Ctx.Vector, l.Ctx.Error)
	if l.Ctx.Vector == debug {
		debugTrap(l, &ksi)
	}
	return ksi
}

// FPException is the signal of an exception of the x87's or SSE's arithmetic, with the status bits in Trap of what
// happened and is not masked, as the status words have them. Nothing is cleared, and the code is not set.
func FPException(l *kern.LWP) kern.Ksiginfo {
	ksi := exception(l, l.Ctx.Vector, l.Ctx.Error)
	l.SyncFP()
	fx := l.Ctx.FP[:]
	le := binary.LittleEndian
	if l.Ctx.Vector == simd {
		mxcsr := le.Uint32(fx[24:])
		ksi.Trap = int32(mxcsr &^ (mxcsr >> 7) & 0x3f)
	} else {
		cw, sw := le.Uint16(fx[0:]), le.Uint16(fx[2:])
		ksi.Trap = int32(sw &^ (cw & 0x3f))
	}
	return ksi
}

// fpTrap finds out which of the exceptions that are not masked happened, and clears them all (fputrap in
// sys/arch/x86/x86/fpu.c).
func fpTrap(l *kern.LWP) kern.Ksiginfo {
	ksi := FPException(l)
	fx := l.Ctx.FP[:]
	le := binary.LittleEndian
	if l.Ctx.Vector == simd {
		le.PutUint32(fx[24:], le.Uint32(fx[24:])&^0x3f)
		ksi.Trap |= 0x10000
	} else {
		le.PutUint16(fx[2:], le.Uint16(fx[2:])&^0x80ff)
	}
	l.FPChanged()
	ksi.Code = fpCode(uint32(ksi.Trap))
	return ksi
}

// fpCode is the code for status bits; of several the first here counts (fpetable).
func fpCode(stat uint32) int32 {
	switch {
	case stat&0x41 == 0x41:
		return abi.FPE_FLTSUB // a register stack over- or underflow
	case stat&0x01 != 0:
		return abi.FPE_FLTINV
	case stat&0x04 != 0:
		return abi.FPE_FLTDIV
	case stat&0x02 != 0:
		return abi.FPE_FLTUND // denormal operand
	case stat&0x08 != 0:
		return abi.FPE_FLTOVF
	case stat&0x10 != 0:
		return abi.FPE_FLTUND
	case stat&0x20 != 0:
		return abi.FPE_FLTRES
	}
	return abi.FPE_FLTINV
}

// FPReset gives a signal handler the control words that programs begin with, and an empty x87 stack
// (fpu_save_area_reset); what they were is in the machine context, whose making has brought Ctx.FP up to date.
func FPReset(l *kern.LWP) {
	const fcw, mxcsr = 0x037f, 0x1f80
	fx := l.Ctx.FP[:]
	le := binary.LittleEndian
	if le.Uint16(fx[0:]) == fcw && fx[4] == 0 && le.Uint32(fx[24:]) == mxcsr {
		return
	}
	le.PutUint16(fx[0:], fcw)
	fx[4] = 0
	le.PutUint32(fx[24:], mxcsr)
	l.FPChanged()
}

// Pagefault: the trap's number; the machine context has the processor's error code. An address that is none,
// because its upper bits are not all the same, is a protection fault, or with the stack pointer a stack fault.
func Pagefault(l *kern.LWP, r mem.FaultResult, ksi *kern.Ksiginfo) {
	va := l.Ctx.Addr
	if l.Model().LP64() && uint64(int64(va)<<16>>16) != va {
		vector := uint32(protection)
		if usesStack(l) {
			vector = stackFault
		}
		*ksi = exception(l, vector, 0)
		return
	}
	const present, wr, user, insn = 1, 2, 4, 16
	code := uint64(user)
	write, fetch := signals.FaultKind(l)
	if write {
		code |= wr
	}
	if fetch {
		code |= insn
	}
	if r == mem.FaultNoAccess && signals.Resident(l) || va >= l.Proc.Arch.UserMax {
		code |= present
	}
	l.Ctx.R[TRAPNO], l.Ctx.R[ERR] = tPageflt, code
	ksi.Trap = tPageflt
}

// usesStack reports whether the instruction at the pc goes through the stack segment: by the stack or frame pointer,
// or by its nature.
func usesStack(l *kern.LWP) bool {
	var b [15]byte
	pc := l.Ctx.R[RIP]
	n := len(b)
	for n > 0 && l.Copyin(b[:n], pc) != abi.OK {
		n--
	}
	in, err := x86asm.Decode(b[:n], 64)
	if err != nil {
		return false
	}
	for _, a := range in.Args {
		if m, ok := a.(x86asm.Mem); ok {
			return (m.Base == x86asm.RSP || m.Base == x86asm.RBP) && m.Segment != x86asm.FS && m.Segment != x86asm.GS
		}
	}
	switch in.Op {
	case x86asm.PUSH, x86asm.POP, x86asm.PUSHFQ, x86asm.POPFQ, x86asm.CALL, x86asm.RET, x86asm.ENTER, x86asm.LEAVE:
		return true
	}
	return false
}
