package main

import (
	"fmt"
	"io"
	"os"
	"os/signal"

	"golang.org/x/sys/unix"

	"nbemu/abi"
	"nbemu/cpu"
	"nbemu/kern"
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

// ignoreSignals hands down what nbemu was started with ignored (nohup).
func ignoreSignals(p *kern.Proc) {
	for _, s := range hostSignals[:asynchronous] {
		if signal.Ignored(s.host) {
			p.SetSigact(s.guest, &kern.Sigact{Sigaction: abi.Sigaction{Handler: kern.SigIgn}})
		}
	}
}

// forwardSignals passes what the host sends to nbemu on to the guest: signals of the terminal to the
// foreground group, others to the first process.
func forwardSignals(p *kern.Proc) {
	c := make(chan os.Signal, 16)
	for _, s := range hostSignals[:asynchronous] {
		if !signal.Ignored(s.host) {
			signal.Notify(c, s.host)
		}
	}
	// A terminal's stop is carried out by the guest first; then nbemu stops for its own shell to see.
	kern.OnStop = func(abi.Signal) {
		go func() { _ = unix.Kill(unix.Getpid(), unix.SIGSTOP) }()
	}
	kern.FirstPgrp = p.Pgrp
	if sid, err := unix.Getsid(0); err == nil && !kern.IsDeterministic() {
		kern.HasHostParent = sid != unix.Getpid()
	}
	go func() {
		for s := range c {
			kern.KernelLock()
			for _, h := range hostSignals[:asynchronous] {
				if h.host != s {
					continue
				}
				if g := foreground(p); h.fg && g != nil {
					g.PgSignal(h.guest, false)
				} else {
					p.Psignal(h.guest)
				}
			}
			kern.KernelUnlock()
		}
	}()
}

func foreground(p *kern.Proc) *kern.Pgrp {
	if p.Pgrp == nil {
		return nil
	}
	if g := p.Pgrp.Session.Fg; g != nil {
		return g
	}
	return p.Pgrp
}

// dieLike tells why the guest died and ends nbemu by the same signal; where the host has none, by the exit
// status a shell would show.
func dieLike(sig abi.Signal) int {
	if kern.KilledBy != "" && sig != abi.SIGPIPE && sig != abi.SIGINT {
		fmt.Fprintln(stderr, "nbemu: "+kern.KilledBy)
	}
	for _, s := range hostSignals {
		if s.guest == sig {
			cpu.DieBySignal(int(s.host))
		}
	}
	return 128 + int(sig)
}

// traceTo sets up -strace: lines go to standard error, or to a file. Processes are named once there are
// several, as strace -f does.
func traceTo(file string) error {
	var w io.Writer = stderr
	if file != "" {
		f, err := os.Create(file)
		if err != nil {
			return err
		}
		w = f
	}
	kern.Config.Strace = func(l *kern.LWP, line string) {
		if l.Proc != kern.First || l.ID != 1 || kern.NProcs() > 1 {
			line = fmt.Sprintf("[pid %d.%d] %s", l.Proc.PID, l.ID, line)
		}
		_, _ = io.WriteString(w, line+"\n")
	}
	return nil
}
