package linux

import (
	"nbemu/abi"
	"nbemu/arch/amd64"
	"nbemu/arch/x86"
	"nbemu/cpu"
	"nbemu/kern"
)

// Signal frames: the return address, a ucontext, a siginfo; above them the floating-point state, as FXSAVE
// stores it, at an address that is a multiple of 64.

type stackT struct {
	Sp    abi.Ptr
	Flags int32
	Pad   int32
	Size  abi.Size
}

// mcontext is struct sigcontext.
type mcontext struct {
	R              [18]uint64 // in the order of gregOrder
	CS, GS, FS, SS uint16
	Err, Trapno    uint64
	Oldmask, CR2   uint64
	Fpstate        abi.Ptr
	Reserved       [8]uint64
}

type ucontext struct {
	Flags   uint64
	Link    abi.Ptr
	Stack   stackT
	Mc      mcontext
	Sigmask uint64
}

// gregOrder: r8 to r15, rdi, rsi, rbp, rbx, rdx, rax, rcx, rsp, rip, rflags.
var gregOrder = [18]int{x86.R8, x86.R9, x86.R10, x86.R11, x86.R12, x86.R13,
	x86.R14, x86.R15, x86.RDI, x86.RSI, x86.RBP, x86.RBX, x86.RDX,
	x86.RAX, x86.RCX, x86.RSP, x86.RIP, x86.RFLAGS}

const (
	ucSize     = 304
	siginfoLen = 128
	frameSize  = 8 + ucSize + siginfoLen
	fpSize     = 512
	redZone    = 128

	// uc_flags: the stack segment is saved, and restored strictly.
	ucSigcontextSS    = 2
	ucStrictRestoreSS = 4

	rflagsDF   = 0x400
	rflagsRF   = 0x10000
	rflagsTF   = 0x100
	rflagsUser = 0x50dd5 // what a handler may change
)

// Flags of an alternate stack.
const (
	ssOnstack = 1
	ssDisable = 2
)

// onAltStack reports whether sp lies on the alternate stack: the kernel keeps no record of where handlers run.
func onAltStack(l *kern.LWP, sp uint64) bool {
	s := &l.Sigstk
	return s.Flags&abi.SS_DISABLE == 0 && sp > uint64(s.Sp) && sp-uint64(s.Sp) <= uint64(s.Size)
}

// altStack is the alternate stack as sigaltstack shows it.
func altStack(l *kern.LWP, sp uint64) stackT {
	s := stackT{Sp: l.Sigstk.Sp, Size: l.Sigstk.Size}
	switch {
	case l.Sigstk.Flags&abi.SS_DISABLE != 0:
		s.Flags = ssDisable
	case onAltStack(l, sp):
		s.Flags = ssOnstack
	}
	return s
}

// sendsig calls a handler with (signal, siginfo *, ucontext *); it returns to the restorer, which calls
// rt_sigreturn.
func sendsig(l *kern.LWP, act *kern.Sigaction, ksi *kern.Ksiginfo, mask *abi.Sigset) {
	r := &l.Ctx.R
	sp := r[x86.RSP] - redZone
	if act.Flags&abi.SA_ONSTACK != 0 && l.Sigstk.Flags&abi.SS_DISABLE == 0 && !onAltStack(l, r[x86.RSP]) {
		sp = uint64(l.Sigstk.Sp) + uint64(l.Sigstk.Size)
	}
	fpAt := (sp - fpSize) &^ 63
	at := (fpAt-frameSize)&^15 - 8

	uc := ucontext{Flags: ucSigcontextSS | ucStrictRestoreSS, Stack: altStack(l, r[x86.RSP]), Sigmask: setOut(*mask)}
	uc.Stack.Flags &^= ssOnstack // Linux tells what was set, not what is in use
	mc := &uc.Mc
	for i, x := range gregOrder {
		mc.R[i] = r[x]
	}
	mc.CS, mc.SS = userCS, userDS
	mc.Oldmask = uc.Sigmask
	mc.Fpstate = abi.Ptr(fpAt)
	if synchronous(ksi) {
		trapOf(l, mc)
	}
	m := l.Model()
	b := make([]byte, frameSize)
	le.PutUint64(b, act.Tramp)
	m.Marshal(b[8:8+ucSize], &uc)
	putSiginfo(b[8+ucSize:], ksi)
	l.SyncFP()
	fp := make([]byte, fpSize)
	copy(fp, l.Ctx.FP[:fpSize])
	clear(fp[464:]) // no extended state follows
	if act.Tramp == 0 || uint64(act.Handler) >= amd64.Arch.UserMax || l.Copyout(fp, fpAt) != abi.OK || l.Copyout(b, at) != abi.OK {
		noFrame(l)
	}
	r[x86.RDI] = uint64(sigOut(ksi.Signo))
	r[x86.RSI] = at + 8 + ucSize
	r[x86.RDX] = at + 8
	r[x86.RAX] = 0
	r[x86.RIP] = uint64(act.Handler)
	r[x86.RSP] = at
	r[x86.RFLAGS] &^= rflagsDF | rflagsRF | rflagsTF
	r[x86.CS], r[x86.SS] = userCS, userDS
}

// noFrame is the end of a program whose stack has no room for a frame.
func noFrame(l *kern.LWP) {
	l.Proc.Sigacts.Act[abi.SIGSEGV] = kern.Sigaction{}
	l.TrapSignal(&kern.Ksiginfo{Signo: abi.SIGSEGV, Code: abi.SI_NOINFO})
}

// synchronous says that the thread's own instruction caused the signal.
func synchronous(ksi *kern.Ksiginfo) bool {
	switch ksi.Signo {
	case abi.SIGSEGV, abi.SIGBUS, abi.SIGFPE, abi.SIGILL, abi.SIGTRAP:
		return ksi.Code > 0
	}
	return false
}

// trapOf notes which exception it was.
func trapOf(l *kern.LWP, mc *mcontext) {
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

// sysRtSigreturn takes the frame of a handler off the stack again.
func sysRtSigreturn(l *kern.LWP, _ *kern.Args) (kern.Retval, abi.Errno) {
	r := &l.Ctx.R
	var uc ucontext
	if l.CopyinStruct(r[x86.RSP], &uc) != abi.OK {
		noFrame(l)
		return ret(abi.EJUSTRETURN)
	}
	fp := make([]byte, fpSize)
	if uc.Mc.Fpstate != 0 {
		if l.Copyin(fp, uint64(uc.Mc.Fpstate)) != abi.OK {
			noFrame(l)
			return ret(abi.EJUSTRETURN)
		}
		l.SyncFP()
		// Bits of mxcsr that do not exist would make the processor refuse the state.
		le.PutUint32(fp[24:], le.Uint32(fp[24:])&0xffff)
		copy(l.Ctx.FP[:464], fp)
		l.FPChanged()
	}
	rflags := r[x86.RFLAGS]
	for i, x := range gregOrder {
		r[x] = uc.Mc.R[i]
	}
	r[x86.RFLAGS] = rflags&^rflagsUser | r[x86.RFLAGS]&rflagsUser
	r[x86.CS], r[x86.SS] = userCS, userDS
	l.SetSigmask(setIn(uc.Sigmask))
	if !onAltStack(l, r[x86.RSP]) {
		_ = setAltStack(l, &uc.Stack, 0)
	}
	if r[x86.RIP] >= amd64.Arch.UserMax {
		noFrame(l)
	}
	return ret(abi.EJUSTRETURN)
}

// Codes of signals that the kernel itself, or an explicit tkill, sends.
const (
	siKernel = 0x80
	siTkill  = -6
)

// codes are those of si_code for all signals, where they differ.
var codes = map[int32]int32{abi.SI_ASYNCIO: -4, abi.SI_MESGQ: -3, abi.SI_LWP: siTkill, abi.SI_NOINFO: siKernel}

// putSiginfo writes siginfo_t. In Linux's the error comes before the code, and the union begins at 16.
func putSiginfo(b []byte, ksi *kern.Ksiginfo) {
	b = b[:siginfoLen]
	clear(b)
	code := ksi.Code
	if c, ok := codes[code]; ok && (code <= 0 || code == abi.SI_NOINFO) {
		code = c
	}
	le.PutUint32(b, uint32(sigOut(ksi.Signo)))
	le.PutUint32(b[4:], uint32(errnoOrZero(abi.Errno(ksi.Errno))))
	le.PutUint32(b[8:], uint32(code))
	u := b[16:]
	switch ksi.Kind() {
	case abi.SiginfoChild:
		le.PutUint32(u, uint32(ksi.Pid))
		le.PutUint32(u[4:], ksi.Uid)
		status := ksi.Status
		if ksi.Code != abi.CLD_EXITED {
			status = sigOut(abi.Signal(status))
		}
		le.PutUint32(u[8:], uint32(status))
		le.PutUint64(u[16:], uint64(ksi.Utime))
		le.PutUint64(u[24:], uint64(ksi.Stime))
	case abi.SiginfoFault:
		le.PutUint64(u, uint64(ksi.Addr))
	case abi.SiginfoPoll:
		le.PutUint64(u, uint64(ksi.Band))
		le.PutUint32(u[8:], uint32(ksi.Fd))
	default:
		le.PutUint32(u, uint32(ksi.Pid))
		le.PutUint32(u[4:], ksi.Uid)
		if ksi.Code == abi.SI_TIMER {
			le.PutUint32(u, uint32(ksi.Fd))
			le.PutUint32(u[4:], uint32(ksi.Band))
		}
		le.PutUint64(u[8:], uint64(ksi.Value))
	}
}

func errnoOrZero(err abi.Errno) uint16 {
	if err == abi.OK {
		return 0
	}
	return errnoOut(err)
}

// trapsig turns a processor exception into a signal. It differs from NetBSD's in a few codes.
func trapsig(l *kern.LWP) kern.Ksiginfo {
	ksi := x86.Trapsig(l)
	ksi.Trap = 0
	switch l.Ctx.Vector {
	case 3:
		ksi.Code, ksi.Addr = abi.SI_NOINFO, 0
	case 6:
		ksi.Code = abi.ILL_ILLOPN
	case 0, 1, 4, 16, 17, 19:
	default:
		// General protection and its kin: no address, and the kernel as the sender.
		if ksi.Signo == abi.SIGSEGV {
			ksi.Code, ksi.Addr = abi.SI_NOINFO, 0
		}
	}
	return ksi
}
