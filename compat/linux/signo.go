package linux

import "nbemu/abi"

// Signal numbers. The realtime signals begin at 32 here and at 33 there, and there are two more of them here, which
// the kernel knows for our sake; SIGSTKFLT, which nothing ever sends, takes the place of SIGEMT.

const (
	linuxNSIG     = 64 // the largest
	linuxSIGRTMIN = 32
)

// signals has NetBSD's number for each of Linux's below the realtime ones.
var signals = [linuxSIGRTMIN]abi.Signal{
	1: abi.SIGHUP, 2: abi.SIGINT, 3: abi.SIGQUIT, 4: abi.SIGILL, 5: abi.SIGTRAP, 6: abi.SIGABRT, 7: abi.SIGBUS,
	8: abi.SIGFPE, 9: abi.SIGKILL, 10: abi.SIGUSR1, 11: abi.SIGSEGV, 12: abi.SIGUSR2, 13: abi.SIGPIPE,
	14: abi.SIGALRM, 15: abi.SIGTERM, 16: abi.SIGEMT, 17: abi.SIGCHLD, 18: abi.SIGCONT, 19: abi.SIGSTOP,
	20: abi.SIGTSTP, 21: abi.SIGTTIN, 22: abi.SIGTTOU, 23: abi.SIGURG, 24: abi.SIGXCPU, 25: abi.SIGXFSZ,
	26: abi.SIGVTALRM, 27: abi.SIGPROF, 28: abi.SIGWINCH, 29: abi.SIGIO, 30: abi.SIGPWR, 31: abi.SIGSYS,
}

// sigNumbers is the reverse; SIGINFO has no number.
var sigNumbers = func() (t [abi.MaxSig]int32) {
	for n, s := range signals {
		if s != 0 {
			t[s] = int32(n)
		}
	}
	for s := abi.SIGRTMIN; s < abi.MaxSig; s++ {
		t[s] = linuxSIGRTMIN + int32(s-abi.SIGRTMIN)
	}
	return t
}()

// sigIn returns NetBSD's number; 0 for a number that is no signal.
func sigIn(n int32) abi.Signal {
	switch {
	case n > 0 && n < linuxSIGRTMIN:
		return signals[n]
	case n >= linuxSIGRTMIN && n <= linuxNSIG:
		return abi.SIGRTMIN + abi.Signal(n-linuxSIGRTMIN)
	}
	return 0
}

// sigArg is sigIn for a call's argument, where 0 asks for nothing to be sent. Error: EINVAL.
func sigArg(n uint64) (abi.Signal, abi.Errno) {
	if int32(n) == 0 {
		return 0, abi.OK
	}
	if s := sigIn(int32(n)); s != 0 {
		return s, abi.OK
	}
	return 0, abi.EINVAL
}

// sigOut returns Linux's number, 0 if there is none.
func sigOut(s abi.Signal) int32 {
	if s <= 0 || s >= abi.MaxSig {
		return 0
	}
	return sigNumbers[s]
}

// setIn and setOut translate sets of signals.
func setIn(m uint64) (s abi.Sigset) {
	for n := int32(1); n <= linuxNSIG; n++ {
		if m&(1<<(n-1)) != 0 {
			if sig := sigIn(n); sig != 0 {
				s.Add(sig)
			}
		}
	}
	return s
}

func setOut(s abi.Sigset) (m uint64) {
	for sig := range s.All {
		if n := sigOut(sig); n != 0 {
			m |= 1 << (n - 1)
		}
	}
	return m
}
