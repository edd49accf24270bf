// Package kern is the machine-independent kernel: processes, LWPs, credentials, descriptors, scheduling,
// signals, time. It knows no system-call table: those reach it through Emul.
//
// # Locks
//
// In this order, outermost first; nobody takes one while holding one further down. "Leaf" is a lock under which nothing
// else is taken.
//
//	machine.Machine.mu            Start and Close of one machine
//	a processor                   an LWP keeps the one it ran on while it is in the kernel (sched.go)
//	Kernel.lock                   the kernel lock: NetBSD's big lock, one per machine
//	execve.Switch.mu              changes of the exec switch (exec_lock); leaf
//	execve.Segvguard.mu           crashes that were counted; leaf
//	execve.Veriexec.mu            fingerprints that were checked
//	execve.sigObjects             trampolines
//	vfs.Metadata.mu               the overlay of owners and modes
//	Kernel.ifcache                the host's network interfaces; leaf
//	sched                         processors of all machines, and who waits for them
//	mem.Space.mu                  the map and page tables of one address space
//	mem.files                     file objects by file
//	mem.fileObject.mu, anonObject.mu
//	mem.spaces                    the list of all address spaces; leaf
//	mem.arena.mu                  free frames
//	mem.invalLog.mu, nodePool     leaves
//	cpu.all                       engines that want to hear of changed code
//	machine.stdio.mu              errors of copying; leaf
//
// The kernel lock protects whatever names no other guard: every system call and every callback from a timer or a host
// event runs with it held, and Sleep gives it away. assertLocked checks that in tests.
package kern

import (
	"nbemu/cpu"
	"nbemu/strace"
)

// Config is what is decided about a machine before its first process.
type Config struct {
	// Strace gets what LWPs do, one event at a time, with the kernel lock held; nil is no trace. Tracing says what is
	// shown, nil as strace does without options.
	Strace  func(l *LWP, ev *StraceEvent)
	Tracing *strace.Options
	// Blocks watches the blocks that programs execute, Sampler looks where they are at times; see observe.go. nil: nobody
	// does.
	Blocks  *Blocks
	Sampler *Sampler
	// Leave are called, with the kernel lock, before a process gives up its address space, at its end or by exec.
	Leave   []func(l *LWP)
	Crash   bool   // report registers and mapping of a crash
	Release string // kern.osrelease
	// Osrelease is what programs of all emulations are told instead of their own; "" is none.
	Osrelease string
	Hostname,
	OSVersion string
	// StackGuard is how many bytes below the largest stack nothing is mapped in (vm.guard_size).
	StackGuard uint64
	Page0      bool     // page 0 can be mapped (vm.user_va0_disable is 0)
	NCPU       int      // processors of the machine; 0: as many as the host has
	Parallel   Parallel // when LWPs that share memory run at the same time
	// Native is the machine that the kernel was made for: system-wide values are that machine's. nil: the kernel is
	// made for all machines, and each process finds that of its program.
	Native *cpu.Arch
	// Machdep is sysctl's machdep of Native, as in Emul.
	Machdep any
	// What else an older release has less of; see execve.Profile. Missing are the native calls that it does not have, by
	// number. NLimits is how many resource limits there are, 0 for all.
	Missing []bool
	NLimits int
	SA      bool // there are scheduler activations
	OwnLIDs bool // each process numbers its LWPs from 1; since NetBSD 10 their numbers are those of processes
	// Engines is where processors come from; nil: they are emulated, as all are that it has none for.
	Engines cpu.Source
	// HostTerminal: the first process was started from nbemu's own terminal, which is its controlling one.
	HostTerminal bool
	Log          func(msg string) // the kernel's log: one line each
}
