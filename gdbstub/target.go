package gdbstub

import "nbemu/cpu"

// Target is the process that gdb debugs. All of its threads are stopped whenever a method other than Interrupt
// is called; Resume returns when they have stopped again.
type Target interface {
	// Processes are all that gdb has, of which this is one as long as it is there. FollowForks says whether gdb hears of
	// forks: then children are added to them, and else let go.
	Processes() []Target
	FollowForks(on bool)

	Arch() *cpu.Arch
	PID() int
	// Threads lists the LWP ids, ascending.
	Threads() []int
	ThreadName(tid int) string
	// ReadRegs and WriteRegs are struct reg of machine/reg.h, the FP ones struct fpreg, in the guest's byte order.
	ReadRegs(tid int) (regs, fpregs []byte)
	WriteRegs(tid int, regs, fpregs []byte) error
	// ThreadPointer is a thread's thread pointer: 0 before the thread has one, and where it is not known.
	ThreadPointer(tid int) uint64
	// ReadMem reads up to len(b) bytes and returns how many were there. WriteMem also writes what the guest may
	// only read, as a debugger sets breakpoints.
	ReadMem(addr uint64, b []byte) int
	WriteMem(addr uint64, b []byte) error
	// SetPC changes a thread's program counter alone.
	SetPC(tid int, pc uint64) error
	// Resume lets threads run, of all processes that actions name, until something happens. Then all are stopped.
	Resume(actions []Action) Event
	// Interrupt ends a Resume soon; it may be called from any goroutine.
	Interrupt()
	Auxv() []byte
	ExecFile() string
	// Open opens a file of the guest's for reading, for vFile requests.
	Open(path string) (File, error)
	// Breaks is where breakpoints are kept: address, and the bytes that they hide.
	Breaks() map[uint64][]byte
	// Watch and Unwatch begin and end to look for accesses of n bytes at addr. Watch is false if that cannot be done.
	Watch(kind WatchKind, addr uint64, n int) bool
	Unwatch(kind WatchKind, addr uint64, n int)
	// CatchCalls begins and ends to stop at system calls, before and after each.
	CatchCalls(on bool)
	// Kill ends the process, Detach lets it go on without gdb; either way it is one of Processes no more.
	Kill()
	Detach()
}

// File is an open file of the guest's.
type File interface {
	ReadAt(b []byte, off int64) (int, error)
	Size() int64
	Close() error
}

// Action is what one thread shall do; threads without an action stay stopped.
type Action struct {
	Target Target
	TID    int
	Step   bool
	Signal int // NetBSD's number; 0 for none
	// Again: the debugger was not told of the stop before; threads that have been made since it was go on, too.
	Again bool
}

// Kind says what ended a Resume.
type Kind int

const (
	Stopped  Kind = iota // by Signal
	Exited               // with Status
	Signaled             // died of Signal
)

// Event is the end of a Resume.
type Event struct {
	Target         Target // the process it has happened to
	Kind           Kind
	TID            int
	Signal, Status int
	// Breakpoint says that the signal comes from a breakpoint instruction, Step from a single step, Exec that the
	// process runs another program now.
	Breakpoint, Step, Exec bool
	// Watch is not 0 when something that is watched, at WatchAddr, has been met.
	Watch     WatchKind
	WatchAddr uint64
	// Placed says that the pc is where the breakpoint is, whatever the machine does.
	Placed bool
	// History is "begin" or "end" where a Target that can go back can go no further.
	History string
	// Note is for the user to read.
	Note string
	// First is set for the stop before the first instruction.
	First bool
	// Call is set at a system call of that number, Return when it has been done.
	Call, Return bool
	Number       int
	// NewProcess is the child of a fork, which has the number Child; Vfork says that it has the parent's memory, VforkDone
	// at a later event of the parent's that it has it no more.
	NewProcess       Target
	Child            int
	Vfork, VforkDone bool
}
