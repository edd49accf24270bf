package abi

import (
	"math/bits"
	"strconv"
)

// Signal is a NetBSD signal number.
type Signal int32

const (
	SIGHUP    Signal = 1
	SIGINT    Signal = 2
	SIGQUIT   Signal = 3
	SIGILL    Signal = 4
	SIGTRAP   Signal = 5
	SIGABRT   Signal = 6
	SIGIOT           = SIGABRT
	SIGEMT    Signal = 7
	SIGFPE    Signal = 8
	SIGKILL   Signal = 9
	SIGBUS    Signal = 10
	SIGSEGV   Signal = 11
	SIGSYS    Signal = 12
	SIGPIPE   Signal = 13
	SIGALRM   Signal = 14
	SIGTERM   Signal = 15
	SIGURG    Signal = 16
	SIGSTOP   Signal = 17
	SIGTSTP   Signal = 18
	SIGCONT   Signal = 19
	SIGCHLD   Signal = 20
	SIGTTIN   Signal = 21
	SIGTTOU   Signal = 22
	SIGIO     Signal = 23
	SIGXCPU   Signal = 24
	SIGXFSZ   Signal = 25
	SIGVTALRM Signal = 26
	SIGPROF   Signal = 27
	SIGWINCH  Signal = 28
	SIGINFO   Signal = 29
	SIGUSR1   Signal = 30
	SIGUSR2   Signal = 31
	SIGPWR    Signal = 32
	SIGRTMIN  Signal = 33
	SIGRTMAX  Signal = 63

	NSIG = 64 // one more than the largest

	// MaxSig is one more than the largest that the kernel itself knows: as many as a Sigset holds. Linux has two realtime
	// signals more than NetBSD, on mips 65 more.
	MaxSig = 129
)

// Dispositions, as they stand in sa_handler.
const (
	SIG_DFL  = 0
	SIG_IGN  = 1
	SIG_HOLD = 3
	SIG_ERR  = ^uint64(0)
)

// sigaction flags.
const (
	SA_ONSTACK    = 0x0001
	SA_RESTART    = 0x0002
	SA_RESETHAND  = 0x0004
	SA_NOCLDSTOP  = 0x0008
	SA_NODEFER    = 0x0010
	SA_NOCLDWAIT  = 0x0020
	SA_SIGINFO    = 0x0040
	SA_NOKERNINFO = 0x0080
	SA_ALLBITS    = 0x00ff
)

// sigprocmask's first argument.
const (
	SIG_BLOCK   = 1
	SIG_UNBLOCK = 2
	SIG_SETMASK = 3
)

// Alternate stacks.
const (
	SS_ONSTACK = 0x0001
	SS_DISABLE = 0x0004
	SS_ALLBITS = 0x0005

	MINSIGSTKSZ = 8192
	SIGSTKSZ    = MINSIGSTKSZ + 32768
)

// sigev_notify.
const (
	SIGEV_NONE   = 0
	SIGEV_SIGNAL = 1
	SIGEV_THREAD = 2
	SIGEV_SA     = 3
)

// si_code, any signal.
const (
	SI_USER    = 0
	SI_QUEUE   = -1
	SI_TIMER   = -2
	SI_ASYNCIO = -3
	SI_MESGQ   = -4
	SI_LWP     = -5
	SI_NOINFO  = 32767
)

// si_code of the signals a fault or a child makes.
const (
	ILL_ILLOPC = 1
	ILL_ILLOPN = 2
	ILL_ILLADR = 3
	ILL_ILLTRP = 4
	ILL_PRVOPC = 5
	ILL_PRVREG = 6
	ILL_COPROC = 7
	ILL_BADSTK = 8

	FPE_INTDIV = 1
	FPE_INTOVF = 2
	FPE_FLTDIV = 3
	FPE_FLTOVF = 4
	FPE_FLTUND = 5
	FPE_FLTRES = 6
	FPE_FLTINV = 7
	FPE_FLTSUB = 8

	SEGV_MAPERR = 1
	SEGV_ACCERR = 2

	BUS_ADRALN = 1
	BUS_ADRERR = 2
	BUS_OBJERR = 3

	TRAP_BRKPT = 1
	TRAP_TRACE = 2
	TRAP_EXEC  = 3
	TRAP_CHLD  = 4
	TRAP_LWP   = 5
	TRAP_DBREG = 6
	TRAP_SCE   = 7
	TRAP_SCX   = 8

	CLD_EXITED    = 1
	CLD_KILLED    = 2
	CLD_DUMPED    = 3
	CLD_TRAPPED   = 4
	CLD_STOPPED   = 5
	CLD_CONTINUED = 6

	POLL_IN  = 1
	POLL_OUT = 2
	POLL_MSG = 3
	POLL_ERR = 4
	POLL_PRI = 5
	POLL_HUP = 6
)

// SigProp says what a signal does when nothing was arranged for it.
type SigProp uint16

const (
	PropKill     SigProp = 1 << iota // ends the process
	PropCore                         // and dumps core
	PropStop                         // stops it
	PropTTYStop                      // is the terminal's stop
	PropIgnore                       // is ignored
	PropCont                         // continues a stopped process
	PropCantMask                     // can be neither blocked, caught nor ignored
	PropNoReset                      // is not reset when caught (SA_RESETHAND)
	PropToAll                        // goes to all LWPs
	PropToLWP                        // goes to the LWP that caused it
)

type sigInfo struct {
	name string
	desc string
	prop SigProp
}

var sigTab = [NSIG]sigInfo{
	SIGHUP:    {"SIGHUP", "Hangup", PropKill},
	SIGINT:    {"SIGINT", "Interrupt", PropKill},
	SIGQUIT:   {"SIGQUIT", "Quit", PropKill | PropCore},
	SIGILL:    {"SIGILL", "Illegal instruction", PropKill | PropCore | PropNoReset | PropToLWP},
	SIGTRAP:   {"SIGTRAP", "Trace/BPT trap", PropKill | PropCore | PropNoReset | PropToLWP},
	SIGABRT:   {"SIGABRT", "Abort trap", PropKill | PropCore},
	SIGEMT:    {"SIGEMT", "EMT trap", PropKill | PropCore | PropToLWP},
	SIGFPE:    {"SIGFPE", "Floating point exception", PropKill | PropCore | PropToLWP},
	SIGKILL:   {"SIGKILL", "Killed", PropKill | PropCantMask | PropToAll},
	SIGBUS:    {"SIGBUS", "Bus error", PropKill | PropCore | PropToLWP},
	SIGSEGV:   {"SIGSEGV", "Segmentation fault", PropKill | PropCore | PropToLWP},
	SIGSYS:    {"SIGSYS", "Bad system call", PropKill | PropCore | PropToLWP},
	SIGPIPE:   {"SIGPIPE", "Broken pipe", PropKill},
	SIGALRM:   {"SIGALRM", "Alarm clock", PropKill},
	SIGTERM:   {"SIGTERM", "Terminated", PropKill},
	SIGURG:    {"SIGURG", "Urgent I/O condition", PropIgnore},
	SIGSTOP:   {"SIGSTOP", "Suspended (signal)", PropStop | PropCantMask | PropToAll},
	SIGTSTP:   {"SIGTSTP", "Suspended", PropStop | PropTTYStop | PropToAll},
	SIGCONT:   {"SIGCONT", "Continued", PropIgnore | PropCont | PropToAll},
	SIGCHLD:   {"SIGCHLD", "Child exited", PropIgnore},
	SIGTTIN:   {"SIGTTIN", "Stopped (tty input)", PropStop | PropTTYStop | PropToAll},
	SIGTTOU:   {"SIGTTOU", "Stopped (tty output)", PropStop | PropTTYStop | PropToAll},
	SIGIO:     {"SIGIO", "I/O possible", PropIgnore},
	SIGXCPU:   {"SIGXCPU", "Cputime limit exceeded", PropKill},
	SIGXFSZ:   {"SIGXFSZ", "Filesize limit exceeded", PropKill},
	SIGVTALRM: {"SIGVTALRM", "Virtual timer expired", PropKill},
	SIGPROF:   {"SIGPROF", "Profiling timer expired", PropKill},
	SIGWINCH:  {"SIGWINCH", "Window size changes", PropIgnore},
	SIGINFO:   {"SIGINFO", "Information request", PropIgnore},
	SIGUSR1:   {"SIGUSR1", "User defined signal 1", PropKill},
	SIGUSR2:   {"SIGUSR2", "User defined signal 2", PropKill},
	SIGPWR:    {"SIGPWR", "Power fail/restart", PropIgnore | PropNoReset},
}

// Valid reports whether s is a signal a program may name.
func (s Signal) Valid() bool { return s > 0 && s < NSIG }

// Name returns "SIGHUP", "SIGRTMIN+2", or the number.
func (s Signal) Name() string {
	switch {
	case s >= SIGRTMIN && s < MaxSig:
		if s == SIGRTMIN {
			return "SIGRTMIN"
		}
		return "SIGRTMIN+" + strconv.Itoa(int(s-SIGRTMIN))
	case s.Valid():
		return sigTab[s].name
	}
	return strconv.Itoa(int(s))
}

// String returns the words strsignal(3) has for the signal.
func (s Signal) String() string {
	switch {
	case s >= SIGRTMIN && s < MaxSig:
		return "Real time signal " + strconv.Itoa(int(s-SIGRTMIN))
	case s.Valid():
		return sigTab[s].desc
	}
	return "Unknown signal: " + strconv.Itoa(int(s))
}

// Prop returns the signal's default properties; none for an invalid number.
func (s Signal) Prop() SigProp {
	switch {
	case s >= SIGRTMIN && s < MaxSig:
		return PropKill
	case s.Valid():
		return sigTab[s].prop
	}
	return 0
}

// Sigset is a set of signals (sigset_t), a guest structure as it stands.
// The methods on values answer or build, those on pointers change.
type Sigset [4]uint32

// SigsetOf builds a set.
func SigsetOf(sigs ...Signal) (s Sigset) {
	for _, n := range sigs {
		s.Add(n)
	}
	return
}

// CantMask is the set of signals that cannot be blocked.
var CantMask = SigsetOf(SIGKILL, SIGSTOP)

func sigbit(n Signal) (word int, bit uint32) {
	return int(n-1) >> 5, 1 << (uint32(n-1) & 31)
}

// Has reports whether n is in the set.
func (s Sigset) Has(n Signal) bool {
	if n < 1 || n > 128 {
		return false
	}
	w, b := sigbit(n)
	return s[w]&b != 0
}

// Add puts n into the set.
func (s *Sigset) Add(n Signal) {
	if n < 1 || n > 128 {
		return
	}
	w, b := sigbit(n)
	s[w] |= b
}

// Del takes n out of the set.
func (s *Sigset) Del(n Signal) {
	if n < 1 || n > 128 {
		return
	}
	w, b := sigbit(n)
	s[w] &^= b
}

// Clear takes everything out, Fill puts everything in.
func (s *Sigset) Clear() { *s = Sigset{} }
func (s *Sigset) Fill()  { *s = Sigset{^uint32(0), ^uint32(0), ^uint32(0), ^uint32(0)} }

// Empty reports whether the set has no members.
func (s Sigset) Empty() bool { return s == Sigset{} }

// Or returns the union, And the intersection, AndNot what is in s but not in t.
func (s Sigset) Or(t Sigset) Sigset {
	return Sigset{s[0] | t[0], s[1] | t[1], s[2] | t[2], s[3] | t[3]}
}
func (s Sigset) And(t Sigset) Sigset {
	return Sigset{s[0] & t[0], s[1] & t[1], s[2] & t[2], s[3] & t[3]}
}
func (s Sigset) AndNot(t Sigset) Sigset {
	return Sigset{s[0] &^ t[0], s[1] &^ t[1], s[2] &^ t[2], s[3] &^ t[3]}
}

// Plus adds all members of t, Minus takes them out.
func (s *Sigset) Plus(t Sigset)  { *s = s.Or(t) }
func (s *Sigset) Minus(t Sigset) { *s = s.AndNot(t) }

// Intersects reports whether s and t have a member in common.
func (s Sigset) Intersects(t Sigset) bool { return !s.And(t).Empty() }

// First returns the lowest signal of the set, 0 if there is none.
func (s Sigset) First() Signal {
	for i, w := range s {
		if w != 0 {
			return Signal(i*32 + bits.TrailingZeros32(w) + 1)
		}
	}
	return 0
}

// All calls yield for each member in rising order (for range s.All).
func (s Sigset) All(yield func(Signal) bool) {
	for i, w := range s {
		for w != 0 {
			b := bits.TrailingZeros32(w)
			w &^= 1 << b
			if !yield(Signal(i*32 + b + 1)) {
				return
			}
		}
	}
}

// Sigaction is struct sigaction.
type Sigaction struct {
	Handler Ptr
	Mask    Sigset
	Flags   int32
}

// StackT is stack_t, an alternate signal stack.
type StackT struct {
	Sp    Ptr
	Size  Size
	Flags int32
}

// Sigevent is struct sigevent.
type Sigevent struct {
	Notify           int32
	Signo            int32
	Value            Ptr // union sigval
	NotifyFunction   Ptr
	NotifyAttributes Ptr
}

// SigvalInt returns sival_int of a union sigval that was read as a pointer.
func (m *Model) SigvalInt(v Ptr) int32 {
	if m.BigEndian && m.PtrSize == 8 {
		return int32(v >> 32)
	}
	return int32(v)
}

// IntSigval makes the union from sival_int.
func (m *Model) IntSigval(n int32) Ptr {
	if m.BigEndian && m.PtrSize == 8 {
		return Ptr(uint32(n)) << 32
	}
	return Ptr(uint32(n))
}
