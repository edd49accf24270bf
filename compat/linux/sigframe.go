package linux

import (
	"nbemu/abi"
	"nbemu/kern"
)

// What the signal frames of all machines have in common.

type stackT struct {
	Sp    abi.Ptr
	Flags int32
	Size  abi.Size
}

// stackSized is stack_t of machines that have the size before the flags.
type stackSized struct {
	Sp    abi.Ptr
	Size  abi.Size
	Flags int32
}

func (m *Machine) stackSize() int { return 3 * m.model().PtrSize }

func (m *Machine) getStack(b []byte) (s stackT) {
	if m.stackSizeFirst {
		var o stackSized
		m.model().Unmarshal(b, &o)
		return stackT{o.Sp, o.Flags, o.Size}
	}
	m.model().Unmarshal(b, &s)
	return s
}

func (m *Machine) stackBytes(s *stackT) []byte {
	if m.stackSizeFirst {
		return m.model().Bytes(&stackSized{s.Sp, s.Size, s.Flags})
	}
	return m.model().Bytes(s)
}

// siginfoLen is the size of siginfo_t.
const siginfoLen = 128

// Flags of an alternate stack.
const (
	ssOnstack = 1
	ssDisable = 2
	// ssAutodisarm takes the stack away while a handler runs, which may then leave it for good.
	ssAutodisarm = -1 << 31
)

// onAltStack reports whether sp lies on the alternate stack: the kernel keeps no record of where handlers run. One that
// is taken away for handlers is never in use.
func onAltStack(l *kern.LWP, sp uint64) bool {
	return l.Sigstk.Flags&(abi.SS_DISABLE|ssAutodisarm) == 0 && inAltStack(l, sp)
}

func inAltStack(l *kern.LWP, sp uint64) bool {
	s := &l.Sigstk
	return sp > uint64(s.Sp) && sp-uint64(s.Sp) <= uint64(s.Size)
}

// entersAltStack reports whether a handler is to run on the alternate stack and its program does not yet.
func entersAltStack(l *kern.LWP, act *kern.Sigaction) bool {
	return act.Flags&abi.SA_ONSTACK != 0 && l.Sigstk.Flags&abi.SS_DISABLE == 0 && !onAltStack(l, userSP(l))
}

// overflowsAltStack reports whether a frame at this address has left the alternate stack at its lower end. Not all
// machines of Linux look.
func overflowsAltStack(l *kern.LWP, act *kern.Sigaction, at uint64) bool {
	return (entersAltStack(l, act) || onAltStack(l, userSP(l))) && !inAltStack(l, at)
}

// altStack is the alternate stack as sigaltstack shows it.
func altStack(l *kern.LWP, sp uint64) stackT {
	s := stackT{Sp: l.Sigstk.Sp, Flags: l.Sigstk.Flags & ssAutodisarm, Size: l.Sigstk.Size}
	switch {
	case l.Sigstk.Flags&abi.SS_DISABLE != 0:
		s.Flags |= ssDisable
	case onAltStack(l, sp):
		s.Flags |= ssOnstack
	}
	return s
}

// frameTop is where a handler's frame ends: the alternate stack's end if it is to be used, else sp.
func frameTop(l *kern.LWP, act *kern.Sigaction, sp uint64) uint64 {
	if entersAltStack(l, act) {
		return uint64(l.Sigstk.Sp) + uint64(l.Sigstk.Size)
	}
	return sp
}

// frameStack is uc_stack: what was set, not what is in use.
func frameStack(l *kern.LWP) stackT {
	s := altStack(l, userSP(l))
	s.Flags &^= ssOnstack
	return s
}

// putMask and getMask are a set of signals in memory: a row of longs, the lower signals first.
func putMask(m *Machine, b []byte, set abi.Sigset) {
	model := m.model()
	for i, w := range m.setWords(set) {
		at := 8 * i
		switch {
		case at >= m.setSize():
		case model.LP64():
			model.PutUint(b[at:], 8, w)
		default:
			model.PutUint(b[at:], 4, w&(1<<32-1))
			model.PutUint(b[at+4:], 4, w>>32)
		}
	}
}

func getMask(m *Machine, b []byte) (set abi.Sigset) {
	model := m.model()
	p := model.PtrSize
	for at := 0; at < m.setSize(); at += p {
		m.addWord(&set, model.Uint(b[at:], p), int32(8*at+1))
	}
	return set
}

// restoreAltStack sets the alternate stack that a frame has. The stack pointer is the program's again.
func restoreAltStack(l *kern.LWP, s *stackT) {
	if !onAltStack(l, userSP(l)) {
		_ = setAltStack(l, s) // a bad one changes nothing
	}
}

// deliver calls a handler, or without room for its frame makes that a signal of its own.
func (m *Machine) deliver(l *kern.LWP, act *kern.Sigaction, ksi *kern.Ksiginfo, mask *abi.Sigset) {
	if lwpdata(l).ns != nil {
		ksi = ksiFor(l, ksi)
	}
	if !m.sendsig(l, act, ksi, mask) {
		l.SetSigmask(*mask)
		badFrame(l, ksi.Signo == abi.SIGSEGV)
		return
	}
	if l.Sigstk.Flags&ssAutodisarm != 0 {
		l.Sigstk = abi.StackT{Flags: abi.SS_DISABLE}
	}
}

// ksiFor is a signal as a thread in namespaces sees it, which knows its sender by another number.
func ksiFor(l *kern.LWP, ksi *kern.Ksiginfo) *kern.Ksiginfo {
	switch kindOf(ksi) {
	case abi.SiginfoFault:
		return ksi
	}
	k := *ksi
	k.Pid, k.Uid = pidOut(l, k.Pid), shownUid(l, k.Uid)
	return &k
}

func sysRtSigreturn(l *kern.LWP, _ *kern.Args) (kern.Retval, abi.Errno) { return sigreturn(l, true) }
func sysSigreturn(l *kern.LWP, _ *kern.Args) (kern.Retval, abi.Errno)   { return sigreturn(l, false) }

func sigreturn(l *kern.LWP, rt bool) (kern.Retval, abi.Errno) {
	if !machineOf(l).sigreturn(l, rt) {
		badFrame(l, false)
	}
	return ret(abi.EJUSTRETURN)
}

// badFrame is the signal for a frame that cannot be written or read. Where it is fatal no handler is asked: it has no
// room either.
func badFrame(l *kern.LWP, fatal bool) {
	if fatal {
		l.Proc.Sigacts.Own()[abi.SIGSEGV] = kern.Sigaction{}
	}
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

// Codes of signals that the kernel itself, or an explicit tkill, sends.
const (
	siKernel = 0x80
	siTkill  = -6

	trapHwbkpt = 4 // TRAP_HWBKPT: a place of the debug registers
)

// codes are those of si_code for all signals, where they differ.
var codes = map[int32]int32{abi.SI_ASYNCIO: -4, abi.SI_MESGQ: -3, codeSigio: -5, abi.SI_LWP: siTkill, abi.SI_NOINFO: siKernel}

// codeSigio is SI_SIGIO, whose number is another's in NetBSD.
const codeSigio = -0x10000

// codeIn is the si_code that a program gives, in the kernel's numbers. What no system has a name for stays.
func (m *Machine) codeIn(code int32) int32 {
	for k, v := range m.siCodes {
		if v == code {
			code = k
			break
		}
	}
	for k, v := range codes {
		if v == code && code < 0 {
			return k
		}
	}
	return code
}

// codeOut is the machine's si_code.
func (m *Machine) codeOut(code int32) int32 {
	if c, ok := codes[code]; ok && (code <= 0 || code == abi.SI_NOINFO) {
		code = c
	}
	if c, ok := m.siCodes[code]; ok {
		return c
	}
	return code
}

// codeAt is where si_code is in siginfo_t; the error is where 4 and 8 leave room.
func (m *Machine) codeAt() int {
	if m.codeFirst {
		return 4
	}
	return 8
}

// putSiginfo writes siginfo_t. In Linux's the error mostly comes before the code, and the union is aligned to a pointer.
func putSiginfo(mach *Machine, b []byte, ksi *kern.Ksiginfo) {
	m := mach.model()
	b = b[:siginfoLen]
	clear(b)
	put := func(off int, v uint32) { m.PutUint(b[off:], 4, uint64(v)) }
	put(0, uint32(mach.sigOut(ksi.Signo)))
	code := mach.codeAt()
	put(12-code, uint32(ksi.Errno)) // whatever a program or a filter says
	put(code, uint32(mach.codeOut(ksi.Code)))
	if ksi.Signo == abi.SIGTRAP && ksi.Code == abi.TRAP_DBREG {
		put(code, trapHwbkpt)
	}
	u, long := siginfoUnion(m), m.PtrSize
	switch kindOf(ksi) {
	case abi.SiginfoChild:
		put(u, uint32(ksi.Pid))
		put(u+4, ksi.Uid)
		status := ksi.Status
		if ksi.Code != abi.CLD_EXITED {
			status = mach.sigOut(abi.Signal(status))
		}
		put(u+8, uint32(status))
		at := (u + 12 + long - 1) &^ (long - 1)
		m.PutUint(b[at:], long, uint64(ksi.Utime))
		m.PutUint(b[at+long:], long, uint64(ksi.Stime))
	case abi.SiginfoFault:
		m.PutPtr(b[u:], uint64(ksi.Addr))
	case abi.SiginfoPoll:
		if mach.shortBand {
			long = 4 // __ARCH_SI_BAND_T
		}
		m.PutUint(b[u:], long, uint64(ksi.Band))
		put(u+long, uint32(ksi.Fd))
	default:
		if ksi.Signo == abi.SIGSYS && ksi.Code == codeSeccomp {
			m.PutPtr(b[u:], uint64(ksi.Addr))
			put(u+long, uint32(ksi.Sysnum))
			put(u+long+4, mach.form().audit)
			break
		}
		put(u, uint32(ksi.Pid))
		put(u+4, ksi.Uid)
		if ksi.Code == abi.SI_TIMER {
			put(u, uint32(ksi.Fd))
			put(u+4, uint32(ksi.Band))
		}
		m.PutPtr(b[u+8:], uint64(ksi.Value))
	}
}

// kindOf tells which part of siginfo_t's union counts. A signal that was chosen for a file (F_SETSIG) has that of SIGIO.
func kindOf(ksi *kern.Ksiginfo) abi.SiginfoKind {
	kind := ksi.Kind()
	if kind == abi.SiginfoRT && ksi.Code >= abi.CLD_EXITED && ksi.Code <= abi.CLD_CONTINUED && ksi.Pid != 0 && ksi.Value == 0 {
		return abi.SiginfoChild // the signal that a child was cloned with
	}
	if kind == abi.SiginfoRT && ksi.Code >= abi.POLL_IN && ksi.Code <= abi.POLL_HUP && ksi.Signo != abi.SIGSYS {
		return abi.SiginfoPoll
	}
	return kind
}

// siginfoUnion is where the union of siginfo_t begins.
func siginfoUnion(m *abi.Model) int { return (12 + m.PtrSize - 1) &^ (m.PtrSize - 1) }

func (m *Machine) errnoOrZero(err abi.Errno) uint16 {
	if err == abi.OK {
		return 0
	}
	return m.errnoOut(err)
}

// userSP is where the program's stack ends.
func userSP(l *kern.LWP) uint64 { return l.Ctx.R[l.Proc.Arch.SP] + l.Proc.Arch.StackBias }
