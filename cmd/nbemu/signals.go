package main

import (
	"fmt"
	"os"
	"os/signal"
	"slices"

	"golang.org/x/sys/unix"

	"nbemu/abi"
	"nbemu/cpu"
	"nbemu/machine"
)

// A hostSignal pairs a signal of the host with the guest's.
type hostSignal struct {
	host  unix.Signal
	guest abi.Signal
	how   delivery
}

// delivery is what becomes of a signal that somebody sends to nbemu.
type delivery int

const (
	toFirst      delivery = iota // passed on to the first process
	toForeground                 // of a terminal: passed on to the foreground group
	ifSent                       // passed on if a process sent it: else it is nbemu's own fault
	never
)

var hostSignals = []hostSignal{
	{unix.SIGHUP, abi.SIGHUP, toFirst}, {unix.SIGINT, abi.SIGINT, toForeground}, {unix.SIGQUIT, abi.SIGQUIT, toForeground},
	{unix.SIGTERM, abi.SIGTERM, toFirst}, {unix.SIGUSR1, abi.SIGUSR1, toFirst}, {unix.SIGUSR2, abi.SIGUSR2, toFirst},
	{unix.SIGALRM, abi.SIGALRM, toFirst}, {unix.SIGTSTP, abi.SIGTSTP, toForeground}, {unix.SIGTTIN, abi.SIGTTIN, toForeground},
	{unix.SIGTTOU, abi.SIGTTOU, toForeground}, {unix.SIGCONT, abi.SIGCONT, toForeground},
	{unix.SIGWINCH, abi.SIGWINCH, toForeground}, {unix.SIGIO, abi.SIGIO, toFirst}, {unix.SIGXCPU, abi.SIGXCPU, toFirst},
	{unix.SIGXFSZ, abi.SIGXFSZ, toFirst},
	{unix.SIGVTALRM, abi.SIGVTALRM, ifSent}, {unix.SIGPROF, abi.SIGPROF, ifSent}, {unix.SIGILL, abi.SIGILL, ifSent},
	{unix.SIGTRAP, abi.SIGTRAP, ifSent}, {unix.SIGABRT, abi.SIGABRT, ifSent}, {unix.SIGFPE, abi.SIGFPE, ifSent},
	{unix.SIGBUS, abi.SIGBUS, ifSent}, {unix.SIGSEGV, abi.SIGSEGV, ifSent}, {unix.SIGSYS, abi.SIGSYS, ifSent},
	{unix.SIGPIPE, abi.SIGPIPE, ifSent}, {unix.SIGKILL, abi.SIGKILL, never},
}

// ignoredSignals are those that nbemu was started with ignored (nohup).
func ignoredSignals() (out []machine.Signal) {
	for _, s := range hostSignals {
		if s.how <= toForeground && signal.Ignored(s.host) {
			out = append(out, s.guest)
		}
	}
	return out
}

// catchSignals begins to catch what the host sends to nbemu; forward then passes it on to the guest: signals of the
// terminal to the foreground group, others to the first process. It must come before the program starts, who may have
// told others to send some.
func catchSignals() (forward func(p *machine.Process)) {
	c := make(chan os.Signal, 64)
	var faults []int
	for _, s := range hostSignals {
		switch {
		case s.how == ifSent:
			faults = append(faults, int(s.host))
		case s.how != never && !signal.Ignored(s.host):
			signal.Notify(c, s.host)
		}
	}
	sent, err := cpu.CatchSent(faults)
	return func(p *machine.Process) {
		go func() {
			for s := range c {
				pass(p, s.(unix.Signal))
			}
		}()
		if err != nil {
			return
		}
		go func() {
			var b [16]byte
			for {
				n, err := sent.Read(b[:])
				if err != nil {
					return
				}
				for _, sig := range b[:n] {
					pass(p, unix.Signal(sig))
				}
			}
		}()
	}
}

// pass passes one signal on.
func pass(p *machine.Process, host unix.Signal) {
	i := slices.IndexFunc(hostSignals, func(h hostSignal) bool { return h.host == host })
	if debugged && (host == unix.SIGINT || host == unix.SIGQUIT || host == unix.SIGTSTP) {
		return // the debugger's, who stops the program
	}
	if h := hostSignals[i]; h.how == toForeground {
		_ = p.SignalForeground(h.guest)
	} else {
		_ = p.Signal(h.guest)
	}
}

// dieLike tells why the guest died and ends nbemu by the same signal; where the host has none, by the exit
// status a shell would show.
func dieLike(status machine.Status) int {
	sig := status.Signal()
	if status.Cause() != "" && !debugged && sig != abi.SIGPIPE && sig != abi.SIGINT {
		fmt.Fprintln(stderr, "nbemu: "+status.Cause())
	}
	stderr.flush()
	for _, s := range hostSignals {
		if s.guest == sig {
			cpu.DieBySignal(int(s.host))
		}
	}
	return 128 + int(sig)
}
