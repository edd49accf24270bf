package linux

import (
	"math/bits"

	"nbemu/abi"
	"nbemu/kern"
)

// Signal numbers. The realtime signals begin at 32 here and at 33 there, and there are more of them here, which the
// kernel knows for our sake; SIGSTKFLT, which nothing ever sends, takes the place of SIGEMT.

const (
	linuxNSIG     = 64 // the largest, but on mips
	linuxSIGRTMIN = 32
)

// signals has NetBSD's number for each of the generic ones below the realtime ones.
var signals = [linuxSIGRTMIN]abi.Signal{
	1: abi.SIGHUP, 2: abi.SIGINT, 3: abi.SIGQUIT, 4: abi.SIGILL, 5: abi.SIGTRAP, 6: abi.SIGABRT, 7: abi.SIGBUS,
	8: abi.SIGFPE, 9: abi.SIGKILL, 10: abi.SIGUSR1, 11: abi.SIGSEGV, 12: abi.SIGUSR2, 13: abi.SIGPIPE,
	14: abi.SIGALRM, 15: abi.SIGTERM, 16: abi.SIGEMT, 17: abi.SIGCHLD, 18: abi.SIGCONT, 19: abi.SIGSTOP,
	20: abi.SIGTSTP, 21: abi.SIGTTIN, 22: abi.SIGTTOU, 23: abi.SIGURG, 24: abi.SIGXCPU, 25: abi.SIGXFSZ,
	26: abi.SIGVTALRM, 27: abi.SIGPROF, 28: abi.SIGWINCH, 29: abi.SIGIO, 30: abi.SIGPWR, 31: abi.SIGSYS,
}

// lastOfMips is the last signal of mips, for which a set has no place among the realtime ones. Go's runtime asks for its
// handler and ends if there is none. It is SIGINFO here, which Linux does not have: by itself it does nothing.
const lastOfMips = 128

// sigNumbers is the reverse, for generic numbers.
var sigNumbers = func() (t [abi.MaxSig]int32) {
	for n, s := range signals {
		if s != 0 {
			t[s] = int32(n)
		}
	}
	for s := abi.SIGRTMIN; s < abi.MaxSig; s++ {
		t[s] = linuxSIGRTMIN + int32(s-abi.SIGRTMIN)
	}
	t[abi.SIGINFO] = lastOfMips
	return t
}()

// sigIn returns NetBSD's number of a generic one; 0 for a number that is no signal on any machine.
func sigIn(n int32) abi.Signal {
	switch {
	case n > 0 && n < linuxSIGRTMIN:
		return signals[n]
	case n >= linuxSIGRTMIN && n < linuxSIGRTMIN+int32(abi.MaxSig-abi.SIGRTMIN):
		return abi.SIGRTMIN + abi.Signal(n-linuxSIGRTMIN)
	case n == lastOfMips:
		return abi.SIGINFO
	}
	return 0
}

// lastSignal is the largest signal of the machine.
func (m *Machine) lastSignal() int32 {
	if m.nsig != 0 {
		return m.nsig
	}
	return linuxNSIG
}

// sigIn returns NetBSD's number of one of the machine's; 0 for a number that is no signal.
func (m *Machine) sigIn(n int32) abi.Signal {
	if n > m.lastSignal() {
		return 0
	}
	return sigIn(m.sigGeneric(n))
}

// sigArg is sigIn for a call's argument, a generic number; 0 asks for nothing to be sent. Error: EINVAL.
func sigArg(l *kern.LWP, n uint64) (abi.Signal, abi.Errno) {
	if int32(n) == 0 {
		return 0, abi.OK
	}
	if s := sigIn(int32(n)); s != 0 && int32(n) <= machineOf(l).lastSignal() {
		return s, abi.OK
	}
	return 0, abi.EINVAL
}

// firstSignal is the signal of a set that is taken first: one that an instruction causes, else that of the lowest number
// (next_signal).
func (m *Machine) firstSignal(set abi.Sigset) abi.Signal {
	if s := set.And(synchronousSet); !s.Empty() {
		set = s
	}
	var first abi.Signal
	for sig := range set.All {
		if first == 0 || m.sigOut(sig) < m.sigOut(first) {
			first = sig
		}
	}
	return first
}

var synchronousSet = abi.SigsetOf(abi.SIGSEGV, abi.SIGBUS, abi.SIGILL, abi.SIGTRAP, abi.SIGFPE, abi.SIGSYS)

// sigOut returns the machine's number, 0 if there is none. A signal that only other machines have keeps its number there.
func (m *Machine) sigOut(s abi.Signal) int32 {
	if s <= 0 || s >= abi.MaxSig || s == abi.SIGINFO && m.lastSignal() < lastOfMips {
		return 0
	}
	return m.sigOwn(sigNumbers[s])
}

// setIn and setOut translate sets of the first 64 signals, a bit for each.
func (m *Machine) setIn(set uint64) (s abi.Sigset) {
	m.addWord(&s, set, 1)
	return s
}

// addWord adds the signals of a word, whose lowest bit is for the number first.
func (m *Machine) addWord(s *abi.Sigset, set uint64, first int32) {
	for ; set != 0; set &= set - 1 {
		if sig := m.sigIn(first + int32(bits.TrailingZeros64(set))); sig != 0 {
			s.Add(sig)
		}
	}
}

func (m *Machine) setOut(s abi.Sigset) uint64 { return m.setWords(s)[0] }

// setWords are all signals of a set, 64 in each word.
func (m *Machine) setWords(s abi.Sigset) (w [2]uint64) {
	for sig := range s.All {
		if n := m.sigOut(sig); n > 0 && n <= m.lastSignal() {
			w[(n-1)/64] |= 1 << ((n - 1) % 64)
		}
	}
	return w
}

// setSize is the size of a set of signals in bytes.
func (m *Machine) setSize() int { return int(m.lastSignal()) / 8 }

// sigProps are what signals do by themselves where that is not what they do on NetBSD. SIGEMT is SIGSTKFLT where there is
// that.
var sigProps = map[abi.Signal]abi.SigProp{abi.SIGIO: abi.PropKill, abi.SIGPWR: abi.PropKill | abi.PropNoReset, abi.SIGXCPU: abi.PropKill | abi.PropCore,
	abi.SIGXFSZ: abi.PropKill | abi.PropCore, abi.SIGEMT: abi.PropKill}
