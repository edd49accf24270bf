package main

import (
	"fmt"
	"os"
	"os/signal"

	"golang.org/x/sys/unix"

	"nbemu/abi"
	"nbemu/cpu"
	"nbemu/machine"
)

// hostSignals pairs the host's signals with the guest's.
var hostSignals = []struct {
	host  unix.Signal
	guest abi.Signal
	fg    bool // from the terminal: for the foreground group
}{
	{unix.SIGHUP, abi.SIGHUP, false}, {unix.SIGINT, abi.SIGINT, true}, {unix.SIGQUIT, abi.SIGQUIT, true},
	{unix.SIGTERM, abi.SIGTERM, false}, {unix.SIGUSR1, abi.SIGUSR1, false}, {unix.SIGUSR2, abi.SIGUSR2, false},
	{unix.SIGALRM, abi.SIGALRM, false}, {unix.SIGTSTP, abi.SIGTSTP, true}, {unix.SIGTTIN, abi.SIGTTIN, true},
	{unix.SIGTTOU, abi.SIGTTOU, true}, {unix.SIGCONT, abi.SIGCONT, true}, {unix.SIGWINCH, abi.SIGWINCH, true},
	{unix.SIGIO, abi.SIGIO, false}, {unix.SIGXCPU, abi.SIGXCPU, false}, {unix.SIGXFSZ, abi.SIGXFSZ, false},
	{unix.SIGVTALRM, abi.SIGVTALRM, false}, {unix.SIGPROF, abi.SIGPROF, false},
	{unix.SIGILL, abi.SIGILL, false}, {unix.SIGTRAP, abi.SIGTRAP, false}, {unix.SIGABRT, abi.SIGABRT, false},
	{unix.SIGFPE, abi.SIGFPE, false}, {unix.SIGBUS, abi.SIGBUS, false}, {unix.SIGSEGV, abi.SIGSEGV, false},
	{unix.SIGSYS, abi.SIGSYS, false}, {unix.SIGPIPE, abi.SIGPIPE, false}, {unix.SIGKILL, abi.SIGKILL, false},
}

// asynchronous are the host signals that are passed on: those somebody sends, not those a fault causes.
const asynchronous = 15

// ignoredSignals are those that nbemu was started with ignored (nohup).
func ignoredSignals() (out []machine.Signal) {
	for _, s := range hostSignals[:asynchronous] {
		if signal.Ignored(s.host) {
			out = append(out, s.guest)
		}
	}
	return out
}

// forwardSignals passes what the host sends to nbemu on to the guest: signals of the terminal to the
// foreground group, others to the first process.
func forwardSignals(p *machine.Process) {
	c := make(chan os.Signal, 16)
	for _, s := range hostSignals[:asynchronous] {
		if !signal.Ignored(s.host) {
			signal.Notify(c, s.host)
		}
	}
	go func() {
		for s := range c {
			for _, h := range hostSignals[:asynchronous] {
				switch {
				case h.host != s:
				case h.fg:
					_ = p.SignalForeground(h.guest)
				default:
					_ = p.Signal(h.guest)
				}
			}
		}
	}()
}

// dieLike tells why the guest died and ends nbemu by the same signal; where the host has none, by the exit
// status a shell would show.
func dieLike(status machine.Status) int {
	sig := status.Signal()
	if status.Cause() != "" && sig != abi.SIGPIPE && sig != abi.SIGINT {
		fmt.Fprintln(stderr, "nbemu: "+status.Cause())
	}
	for _, s := range hostSignals {
		if s.guest == sig {
			cpu.DieBySignal(int(s.host))
		}
	}
	return 128 + int(sig)
}
