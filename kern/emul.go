package kern

import (
	"nbemu/abi"
	"nbemu/cpu"
	"nbemu/mem"
	"nbemu/strace"
)

// Args are a system call's arguments as register words: sign- or zero-extended, PADs included.
type Args [10]uint64

// Set6 makes arguments of six registers; the others are 0. One is stored after the other, and in the same pieces as they
// are read: a processor that reads in larger pieces what it has just written waits for its store buffer.
func (a *Args) Set6(a0, a1, a2, a3, a4, a5 uint64) {
	a[0], a[1], a[2], a[3], a[4], a[5] = a0, a1, a2, a3, a4, a5
	a[6], a[7], a[8], a[9] = 0, 0, 0, 0
}

// Shift drops the first argument, which was the number of an indirect call.
func (a *Args) Shift() {
	for i := range len(a) - 1 {
		a[i] = a[i+1]
	}
}

// Retval is what a system call returns; R1 is for pipe, fork and other calls with two results.
type Retval struct{ R0, R1 uint64 }

// Emul is one emulation (struct emul): the entry points of an operating system's system-call interface on one
// architecture. The members are called with the kernel lock held by the LWP that they are about.
type Emul struct {
	Name   string     // "netbsd", "linux", …
	Path   string     // emulation root, tried first by path lookups; "" for native
	Arch   *cpu.Arch  // the machine whose programs it runs
	Model  *abi.Model // of its structures; nil: the machine's
	Sysent []Sysent   // its calls, by number
	Nosys  abi.Signal // what a number without a call brings the caller, beside ENOSYS; 0 for nothing

	// Syscall fetches number and arguments from the trap, calls the handler and stores the results.
	Syscall func(l *LWP)
	// SlowSyscall is Syscall for an LWP with SlowCalls: somebody looks at its calls. Restart, if not nil, is called
	// for one with Redo, before it goes back to user mode (act is nil) or runs a handler.
	// Interrupted makes LWP.Redo of the error of a call (ERESTART, EINTR) that ended so that the thread could stop
	// for who traces it, and returns what the program's registers are to show meanwhile.
	// Returned is called after a call of the fast way with Redo.
	SlowSyscall func(l *LWP)
	Returned    func(l *LWP)
	Interrupted func(l *LWP, err abi.Errno) abi.Errno
	Restart     func(l *LWP, act *Sigaction)
	// Resume, for an LWP with TellResume, is called before it goes on with its program after it was without a processor,
	// and before a handler's frame is made: restartable sequences begin anew.
	Resume func(l *LWP)
	// Setregs prepares registers for a new program: entry address, initial stack pointer, ps_strings.
	Setregs func(l *LWP, entry, stack, psStrings uint64)
	// Sendsig builds a signal frame and aims the registers at the handler. mask is the set to restore.
	Sendsig func(l *LWP, act *Sigaction, ksi *Ksiginfo, mask *abi.Sigset)
	// Trapsig turns a processor exception into a signal; it returns the signal to post.
	Trapsig func(l *LWP) Ksiginfo
	// Pagefault adds to the signal of a page fault at Ctx.Addr, which could not be resolved, what the machine
	// tells of it (si_trap); some faults have another signal altogether.
	Pagefault func(l *LWP, r mem.FaultResult, ksi *Ksiginfo)
	// Settle, where registers live on the stack, stores those that are in the processor there, for a debugger to
	// see; Unsettle takes them back. The LWP does not run. nil: nothing to do.
	Settle, Unsettle func(l *LWP)
	// StepTrap describes the end of a single step, which Sstep asked for; nil where the machine has none: then only
	// a Tracer asks for it.
	StepTrap func(l *LWP) Ksiginfo
	// ForkRegs makes a child's registers what the interface says fork returns there.
	ForkRegs func(l *LWP)

	// Setprivate is cpu_lwp_setprivate where a thread pointer is more than the register Arch.TLS; nil: it is just that.
	Setprivate func(l *LWP, v uint64)

	// Machdep is sysctl's machdep, whose numbers each port has for itself; nil: empty. It is a
	// *sysctl.Node; see sysctl.Machdep.
	Machdep any

	// ThreadID is an LWP's number as the emulation's programs know it; nil: its own. ProcStatus are lines for procfs's
	// status of a process; nil: none.
	ThreadID   func(l *LWP) int32
	ProcStatus func(p *Proc) string

	// Hooks of emulations that keep data per process (e_proc_exec, e_proc_fork, e_proc_exit).
	ProcExec func(l *LWP)
	ProcFork func(child, parent *LWP)
	ProcExit func(p *Proc)
	// LWPExit is called when a thread ends before its process does.
	LWPExit func(l *LWP)

	// KeepBlocked: signals whose action is to be ignored become pending while they are blocked.
	KeepBlocked bool
	// LinuxSlashes: calls that act on a link itself do so even if a slash follows its name. NetBSD then acts on
	// what the link leads to.
	LinuxSlashes bool
	// PathMax is how long a path that a program gives may be, with the zero byte; 0 is PATH_MAX.
	PathMax int
	// ItimerCode is the si_code of interval timers' signals; 0 is SI_TIMER.
	ItimerCode int32
	// PlainSigio: SIGURG tells of nothing, and SIGIO of the file and what it is ready for only where a program chose the signal
	// itself; terminals have owners as other files do.
	PlainSigio bool
	// MqStays: a message queue whose name was removed goes on as long as somebody has it open.
	MqStays bool
	// MqPrios is how many priorities messages of POSIX queues have, if not as many as NetBSD's; messages may be empty then.
	MqPrios uint32
	// SemSetters: who sets a semaphore's value is taken for the last who changed it.
	SemSetters bool
	// LinuxModes: chmod takes a bit that the caller may not set away and succeeds, files can be sticky, and new ones too.
	LinuxModes bool
	// ExitCodes: what a parent hears of a child's end has the codes of SIGCHLD, whatever the signal.
	ExitCodes bool
	// ThreadChildren: children are the thread's that made them, and waits and SIGCHLD are as Linux has them; see waitthread.go.
	ThreadChildren bool
	// HangupCont: the leader of a session whose terminal hangs up gets SIGCONT as well as SIGHUP.
	HangupCont bool
	// SerialTimers: POSIX timers are numbered from 0 on, no number is used twice, and there may be any number of them.
	SerialTimers bool
	// OwnSignals: what the kernel sends a thread for what it did itself (SIGPIPE) is from its own process; otherwise from nobody.
	OwnSignals bool
	// SigioBand is the band that SIGIO tells of with a code; nil: NetBSD's.
	SigioBand func(code int32) abi.Long
	// FirstPending: of a signal that is pending and comes again the first information counts; otherwise the last.
	FirstPending bool
	// NodeferMask: SA_NODEFER says nothing about a signal that is in sa_mask, and sa_mask is shown as it was given.
	NodeferMask bool
	// SomeRights: of descriptors in a message for which there is too little room, as many are received as fit.
	SomeRights bool
	// MayTrace reports whether an LWP may look into a process; nil: as NetBSD has it.
	MayTrace func(l *LWP, p *Proc) bool
	// FirstSignal is which signal of a set is taken first, and then a thread's own come before the process's wherever signals
	// are taken; nil: that of the lowest number.
	FirstSignal func(abi.Sigset) abi.Signal
	// SigProps are properties of signals that differ from NetBSD's.
	SigProps map[abi.Signal]abi.SigProp
	// ShortFaults: what was moved before a fault counts.
	ShortFaults bool
	// Kernel64: the programs are of 32 bits and the kernel is not. It counts what a call moves in a ssize_t of its own.
	Kernel64 bool
	// MaxTransfer is how much a call moves at most, whatever it is asked for; 0: what a ssize_t holds, and more is EINVAL.
	MaxTransfer uint64
	// CutsCores: a core file ends at RLIMIT_CORE, where otherwise there is none.
	CutsCores bool
	// LocksUnlimited: users may have any number of record locks.
	LocksUnlimited bool
	// AbstractSockets: names of local sockets that begin with a zero byte are no files.
	AbstractSockets bool
	// SocketsAgain: a stream socket can be connected again, after it was refused or by connecting it to nobody; connect waits for
	// room in a local socket's queue, and it and accept keep SO_SNDTIMEO and SO_RCVTIMEO.
	SocketsAgain bool
	// StopEnds: a call that is not made again after signals ends with EINTR when the process was stopped and continued.
	StopEnds bool
	// Inodes: whatever is open has an inode: it can be locked, and has mode, owner and times, pipes and sockets too.
	Inodes bool
	// FirstCall is the number that programs have for the call at the table's beginning.
	FirstCall int
	// Data is the emulation's own description of the machine.
	Data any
	// Foreign is how a Linux program's machine has things in memory, for who prints calls; nil for others.
	Foreign strace.LinuxMachine
	// Multiplexed is the call that one of several calls in one is (socketcall, ipc), with its arguments; nil for a call
	// that is none. It is asked when somebody prints calls.
	Multiplexed func(l *LWP, num int, args *Args) (*strace.Sig, *Args)
	// SignalText is a signal's name and what came with it, as strace shows them for the emulation's programs, and
	// SigreturnText the mask and the result that a program goes on with after a handler; nil: as for NetBSD's.
	SignalText    func(l *LWP, ksi *Ksiginfo) (name, text string)
	SigreturnText func(l *LWP) (mask, result string)

	// DenyWrite: exec refuses whatever can be stored to, scripts too, and does not mark the interpreter as text.
	DenyWrite bool

	// XCPUStep is how many seconds a process over RLIMIT_CPU gets after SIGXCPU, if not as many as NetBSD gives.
	XCPUStep uint64

	// Sigcode is mapped into each process where it is needed (old binaries; other emulations).
	Sigcode []byte
}
