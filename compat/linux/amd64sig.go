package linux

import (
	"encoding/binary"

	"nbemu/abi"
	"nbemu/arch/amd64"
	"nbemu/arch/x86"
	"nbemu/cpu"
	"nbemu/kern"
	"nbemu/mem"
	trapsigs "nbemu/signals"
)

// Signal frames of amd64: the return address, a ucontext, a siginfo; above them the floating-point state, as FXSAVE
// stores it, at an address that is a multiple of 64.

var le = binary.LittleEndian

// mcontext is struct sigcontext.
type mcontextAMD64 struct {
	R              [18]uint64 // in the order of gregOrder
	CS, GS, FS, SS uint16
	Err, Trapno    uint64
	Oldmask, CR2   uint64
	Fpstate        abi.Ptr
	Reserved       [8]uint64
}

type ucontextAMD64 struct {
	Flags   uint64
	Link    abi.Ptr
	Stack   stackT
	Mc      mcontextAMD64
	Sigmask uint64
}

// gregOrder: r8 to r15, rdi, rsi, rbp, rbx, rdx, rax, rcx, rsp, rip, rflags.
var gregOrder = [18]int{x86.R8, x86.R9, x86.R10, x86.R11, x86.R12, x86.R13,
	x86.R14, x86.R15, x86.RDI, x86.RSI, x86.RBP, x86.RBX, x86.RDX,
	x86.RAX, x86.RCX, x86.RSP, x86.RIP, x86.RFLAGS}

const (
	ucSizeAMD64    = 304
	frameSizeAMD64 = 8 + ucSizeAMD64 + siginfoLen
	fpSizeAMD64    = 512
	redZone        = 128

	// uc_flags: the stack segment is saved, and restored strictly.
	ucSigcontextSS    = 2
	ucStrictRestoreSS = 4

	rflagsDF   = 0x400
	rflagsRF   = 0x10000
	rflagsTF   = 0x100
	rflagsUser = 0x50dd5 // what a handler may change
)

// sendsigAMD64 calls a handler with (signal, siginfo *, ucontext *); it returns to the restorer, which calls
// rt_sigreturn.
func sendsigAMD64(l *kern.LWP, act *kern.Sigaction, ksi *kern.Ksiginfo, mask *abi.Sigset) bool {
	r := &l.Ctx.R
	fp := fpImage(l, 0)
	fpAt := (frameTop(l, act, r[x86.RSP]-redZone) - uint64(len(fp))) &^ 63
	at := (fpAt-frameSizeAMD64)&^15 - 8

	uc := ucontextAMD64{Flags: ucSigcontextSS | ucStrictRestoreSS, Stack: frameStack(l), Sigmask: machineOf(l).setOut(*mask)}
	if len(fp) > fpSizeAMD64 {
		uc.Flags |= ucFPXState
	}
	mc := &uc.Mc
	for i, x := range gregOrder {
		mc.R[i] = r[x]
	}
	mc.CS, mc.SS = userCS, userDS
	mc.Oldmask = uc.Sigmask
	mc.Fpstate = abi.Ptr(fpAt)
	if synchronous(ksi) {
		trapOfAMD64(l, mc)
	}
	m := l.Model()
	b := make([]byte, frameSizeAMD64)
	le.PutUint64(b, act.Tramp)
	m.Marshal(b[8:8+ucSizeAMD64], &uc)
	putSiginfo(machineOf(l), b[8+ucSizeAMD64:], ksi)
	if act.Tramp == 0 || uint64(act.Handler) >= amd64.Arch.UserMax || overflowsAltStack(l, act, at) || l.Copyout(fp, fpAt) != abi.OK ||
		l.Copyout(b, at) != abi.OK {
		return false
	}
	r[x86.RDI] = uint64(machineOf(l).sigOut(ksi.Signo))
	r[x86.RSI] = at + 8 + ucSizeAMD64
	r[x86.RDX] = at + 8
	r[x86.RAX] = 0
	r[x86.RIP] = uint64(act.Handler)
	r[x86.RSP] = at
	r[x86.RFLAGS] &^= rflagsDF | rflagsRF | rflagsTF
	r[x86.CS], r[x86.SS] = userCS, userDS
	return true
}

// trapOfAMD64 notes which exception it was.
func trapOfAMD64(l *kern.LWP, mc *mcontextAMD64) {
	c := &l.Ctx
	if c.Trap != cpu.TrapFault {
		mc.Trapno, mc.Err = uint64(c.Vector), uint64(c.Error)
		return
	}
	const pageFault, user, write, fetch = 14, 4, 2, 16
	mc.Trapno, mc.CR2, mc.Err = pageFault, c.Addr, user
	switch c.Access {
	case 2: // mem.ProtWrite
		mc.Err |= write
	case 4: // mem.ProtExec
		mc.Err |= fetch
	}
}

// sigreturnAMD64 takes the frame of a handler off the stack again.
func sigreturnAMD64(l *kern.LWP, _ bool) bool {
	r := &l.Ctx.R
	var uc ucontextAMD64
	if l.CopyinStruct(r[x86.RSP], &uc) != abi.OK {
		return false
	}
	l.SetSigmask(machineOf(l).setIn(uc.Sigmask))
	if uc.Mc.Fpstate != 0 && !setFPImage(l, uint64(uc.Mc.Fpstate), nil) {
		return false
	}
	rflags := r[x86.RFLAGS]
	for i, x := range gregOrder {
		r[x] = uc.Mc.R[i]
	}
	r[x86.RFLAGS] = rflags&^rflagsUser | r[x86.RFLAGS]&rflagsUser
	r[x86.CS], r[x86.SS] = userCS, userDS
	restoreAltStack(l, &uc.Stack)
	return r[x86.RIP] < amd64.Arch.UserMax
}

// fpCodeX86 is si_code for the exceptions of arithmetic that are not masked (fpu__exception_code in
// arch/x86/kernel/fpu/core.c). The handler finds them in the status words, and again and again if it leaves them there.
func fpCodeX86(status int32) int32 {
	switch {
	case status&0x01 != 0:
		return abi.FPE_FLTINV
	case status&0x04 != 0:
		return abi.FPE_FLTDIV
	case status&0x08 != 0:
		return abi.FPE_FLTOVF
	case status&0x12 != 0:
		return abi.FPE_FLTUND // or a denormal operand
	case status&0x20 != 0:
		return abi.FPE_FLTRES
	}
	return 0
}

// trapsigAMD64 turns a processor exception into a signal. It differs from NetBSD's in a few codes.
func trapsigAMD64(l *kern.LWP) kern.Ksiginfo {
	if v := l.Ctx.Vector; v == 16 || v == 19 {
		ksi := x86.FPException(l)
		ksi.Code, ksi.Trap = fpCodeX86(ksi.Trap), 0
		return ksi
	}
	ksi := x86.Trapsig(l)
	ksi.Trap = 0
	switch l.Ctx.Vector {
	case 3:
		ksi.Code, ksi.Addr = abi.SI_NOINFO, 0
	case 6:
		ksi.Code = abi.ILL_ILLOPN
	case 1:
		debugTrap(l, &ksi)
	case 4:
		ksi = kern.Ksiginfo{Signo: abi.SIGSEGV, Code: abi.SI_NOINFO}
	case 0, 17:
	default:
		// General protection and its kin: no address, and the kernel as the sender.
		if ksi.Signo == abi.SIGSEGV {
			ksi.Code, ksi.Addr = abi.SI_NOINFO, 0
		}
	}
	return ksi
}

// fetchFirst: x86 says of a page that is not there only that, so that Linux makes it before it is seen that it may not be
// executed.
func fetchFirst(l *kern.LWP, r mem.FaultResult, ksi *kern.Ksiginfo) {
	if _, fetch := trapsigs.FaultKind(l); !fetch || r != mem.FaultNoAccess {
		return
	}
	switch l.Proc.VM.Fault(l.Ctx.Addr, mem.ProtRead) {
	case mem.FaultBus:
		ksi.Signo, ksi.Code = abi.SIGBUS, abi.BUS_ADRERR
	case mem.FaultNoMap:
		ksi.Code = abi.SEGV_MAPERR
	}
}

// pagefaultAMD64: an address that is none is a protection fault, which Linux tells nothing of.
func pagefaultAMD64(l *kern.LWP, r mem.FaultResult, ksi *kern.Ksiginfo) {
	x86.Pagefault(l, r, ksi)
	fetchFirst(l, r, ksi)
	if va := l.Ctx.Addr; uint64(int64(va)<<16>>16) != va {
		ksi.Code, ksi.Addr = abi.SI_NOINFO, 0
	}
}
