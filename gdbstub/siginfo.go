package gdbstub

import (
	"strings"

	"nbemu/abi"
)

// siginfoSize is how long gdb takes Linux' siginfo_t to be.
const siginfoSize = 128

// linuxNumbers are Linux' numbers of signals whose numbers are others there, by NetBSD's.
var linuxNumbers = map[abi.Signal]int32{abi.SIGBUS: 7, abi.SIGUSR1: 10, abi.SIGUSR2: 12, abi.SIGCHLD: 17, abi.SIGCONT: 18, abi.SIGSTOP: 19,
	abi.SIGTSTP: 20, abi.SIGURG: 23, abi.SIGIO: 29, abi.SIGPWR: 30, abi.SIGSYS: 31}

// Siginfo is what the signal says for which a thread has stopped, as gdb reads it, and whether there is such a one.
func (d *process) Siginfo(tid int) (info []byte, ok bool) {
	d.p.K.Lock()
	defer d.p.K.Unlock()
	ksi, lwp := d.p.TraceSiginfo()
	if ksi == nil || int(lwp) != tid {
		return nil, false
	}
	number := int32(ksi.Signo)
	if n, other := linuxNumbers[ksi.Signo]; other && strings.HasPrefix(d.p.Emul.Name, "linux") {
		number = n
	}
	return siginfo(d.p.Arch.Model, number, ksi), true
}

// siginfo is Linux' siginfo_t, which gdb has the type of: print $_siginfo.
func siginfo(m *abi.Model, number int32, k *abi.Siginfo) []byte {
	b := make([]byte, siginfoSize)
	put := func(at, n int, v uint64) { m.PutUint(b[at:], n, v) }
	put(0, 4, uint64(uint32(number)))
	put(4, 4, uint64(uint32(k.Errno)))
	put(8, 4, uint64(uint32(k.Code)))
	word := m.PtrSize
	at := 12 // the union
	if word == 8 {
		at = 16
	}
	switch {
	case k.Code > 0 && (k.Signo == abi.SIGSEGV || k.Signo == abi.SIGBUS || k.Signo == abi.SIGILL || k.Signo == abi.SIGFPE || k.Signo == abi.SIGTRAP):
		put(at, word, uint64(k.Addr))
	case k.Code > 0 && k.Signo == abi.SIGIO:
		put(at, word, uint64(k.Band))
		put(at+word, 4, uint64(uint32(k.Fd)))
	default:
		put(at, 4, uint64(uint32(k.Pid)))
		put(at+4, 4, uint64(k.Uid))
		if k.Signo == abi.SIGCHLD && k.Code > 0 {
			put(at+8, 4, uint64(uint32(k.Status)))
			times := (at + 12 + word - 1) &^ (word - 1)
			put(times, word, uint64(k.Utime))
			put(times+word, word, uint64(k.Stime))
		} else {
			put(at+8, word, uint64(k.Value))
		}
	}
	return b
}
