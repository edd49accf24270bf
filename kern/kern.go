// Package kern is the machine-independent kernel: processes, LWPs, credentials, descriptors, scheduling,
// signals, time. It knows no system-call table: those reach it through Emul.
//
// Locks, outermost first: a processor (an LWP in the kernel keeps the one it ran on), the kernel lock, the
// scheduler's lock, a space's lock. The kernel lock is NetBSD's big lock: every system call and every
// callback from a host event runs with it held, and Sleep gives it away.
//
// It is a part of nbemu and not for other modules: those import package machine.
package kern

import "nbemu/cpu"

// Config is what is decided about a machine before its first process.
type Config struct {
	Strace  func(l *LWP, line string) // gets each traced call, if set
	Crash   bool                      // report registers and mapping of a crash
	Release string                    // kern.osrelease
	Hostname,
	OSVersion string
	Page0 bool // page 0 can be mapped (vm.user_va0_disable is 0)
	NCPU  int  // processors of the machine; 0: as many as the host has
	// Engines is where processors come from; nil: they are emulated, as all are that it has none for.
	Engines cpu.Source
	// HostTerminal: the first process was started from nbemu's own terminal, which is its controlling one.
	HostTerminal bool
	Log          func(msg string) // the kernel's log: one line each
}
