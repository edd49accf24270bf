package kern

import (
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"nbemu/abi"
	"nbemu/strace"
)

// Kernel is one machine's kernel: all that its processes share. Several can run in one program; they have nothing
// in common but the hardware, which is the processors (sched.go) and the memory's frames (package mem).
//
// The kernel lock protects all members that have no other guard beside them.
type Kernel struct {
	lock sync.Mutex // the kernel lock; see kern.go for its place among the others

	Config Config // set before the first process, and not changed after
	Hooks  *Hooks // see what programs do; nil for none

	procTable
	ktrState
	profState
	Names

	seen       bool // system calls take the way of those who want to know; see seeing
	boottime   time.Time
	det        determ // -deterministic; see determ.go
	ncpus      atomic.Int32
	cpus       cpuSet // this machine's share of the processors; guarded by the scheduler's lock
	hostPoll   hostPoll
	futexes    map[FutexKey][]*futexWaiter // by word, those that wait longest first
	futexPI    int                         // how many of them wait to own their word
	pipeInode  uint64
	fileSerial uint64          // of the last open file that was made
	limitTimer *Timer          // calls limitclock; nil while no process has a limit
	watched    bool            // runs are runWatched's: the machine is deterministic, or there is Config.Blocks
	sampleStop chan struct{}   // closed when the machine ends
	profiling  bool            // profclock runs
	logged     map[string]bool // what LogOnce has said
	msgbuf     msgbuf
	uioFree    []*Uio    // every read and write uses one, so that they are kept
	pollers    []*Poller // likewise of poll and select

	Modules   Modules
	Setidcore Setidcore
	PaxConf   Pax
	GuardConf SegvguardConf
	Aio       AioLimits
	// UserAffinity: users may bind their processes to CPUs (security.models.extensions.user_set_cpu_affinity).
	UserAffinity int32
	// ThreadGuard is what the threads library is told to leave below the stacks of threads (vm.thread_guard_size).
	ThreadGuard int32
	// Hostid is the machine's number, which nobody but the super-user gives it.
	Hostid int32
	// Curtain: users know of their own processes only (security.curtain).
	Curtain int32

	// LockCount tells how many record locks a user has; set by the file systems.
	LockCount func(uid uint32) int

	// RandomSource, if set, takes the place of the host's randomness.
	RandomSource func(b []byte)
	// CoredumpVec writes core files; nil where there are none.
	CoredumpVec CoredumpVec
	// FdName returns what traces show after a descriptor of l's, or AT_FDCWD: "</etc/motd>", or "". FdPath returns its path
	// alone, Realpath that of a file without links; "" if there is none. nil if nobody knows.
	FdName   func(l *LWP, fd int32, kinds strace.FdKinds) string
	FdPath   func(l *LWP, fd int32) string
	Realpath func(l *LWP, path string) string
	// Unwind returns where l's program is and its callers, innermost first, for traces; nil if nobody can.
	Unwind func(l *LWP) []strace.Frame
	// IsUnder reports whether process t's root directory is at or below that of l's process (proc_isunder).
	IsUnder func(t *Proc, l *LWP) bool
	// ProcCwd returns the path of a process's working directory. Error: ENOENT and others of getcwd.
	ProcCwd func(p *Proc) (string, abi.Errno)
	// OnCrash is told of each program that dies of a signal that leaves a core file.
	OnCrash func(l *LWP)
	// OnStop is called when the whole first group has stopped, so that nbemu can stop as its shell expects.
	OnStop func(sig abi.Signal)

	// What the rooms above keep for the machine: the file system, a *vfs.FS; exec's switch, an *execve.Switch; objects
	// for communication between processes, an *ipc.Tables; sysctl's tree, a *sysctl.Node.
	VFS, Exec, IPC, Sysctl any
	// Emuls is what emulations keep for the machine, by their names.
	Emuls map[string]any

	extra map[string]any // see Extra

	// ForkHooks are told of a new process, ExitHooks of one that ends, SpaceHooks of one that gives its address space up
	// for another program's (forkhook_establish and its kin). Set before the first process.
	ForkHooks  []func(child, parent *Proc, shareVM bool)
	ExitHooks  []func(p *Proc)
	SpaceHooks []func(p *Proc)

	// Accounting is told of processes that end; nil while accounting is off (acct(2)).
	Accounting Accounting

	life // see close.go
	rest rest
	dbg  *Debugger // holds a process; nil for none
}

// Accounting keeps records of the processes that have ended.
type Accounting interface {
	Process(l *LWP) // l is the last LWP of a process that ends
	Stop(l *LWP)    // no more of them; l may be nil
}

// threadGuard is user_thread_stack_guard_size.
const threadGuard = 64 << 10

// New makes a machine's kernel, without processes.
func New() *Kernel {
	k := &Kernel{
		procTable:   procTable{allproc: map[int32]*Proc{}, pgrps: map[int32]*Pgrp{}, reservedIDs: map[int32]bool{}},
		Names:       Names{DefCorename: "%n.core"},
		boottime:    time.Now(),
		sampleStop:  make(chan struct{}),
		futexes:     map[FutexKey][]*futexWaiter{},
		logged:      map[string]bool{},
		Setidcore:   Setidcore{Path: "/var/crash/%n.core", Mode: 0600},
		Aio:         AioLimits{Listio: aioListioMax, Max: aioMax},
		ThreadGuard: threadGuard,
		GuardConf:   SegvguardConf{MaxCrashes: 5, Expiry: 120, Suspend: 600},
		IsUnder:     func(t *Proc, l *LWP) bool { return l.Proc.Cwdi.Rdir == nil || t.Cwdi.Rdir == l.Proc.Cwdi.Rdir },
	}
	k.det.k = k
	k.Modules.k = k
	return k
}

// Extra is what an emulation keeps for the machine under a name; make makes it when it is first asked for.
// Preconditions: kernel lock.
func (k *Kernel) Extra(name string, make func() any) any {
	v, found := k.extra[name]
	if !found {
		if k.extra == nil {
			k.extra = map[string]any{}
		}
		v = make()
		k.extra[name] = v
	}
	return v
}

// Lock takes the kernel lock, for code that is not an LWP: host pollers, timers, and who embeds the machine.
func (k *Kernel) Lock() { k.lock.Lock() }

// Unlock releases it.
func (k *Kernel) Unlock() {
	if k.det.on {
		k.det.resume()
	}
	k.lock.Unlock()
}

// Log writes a line to the kernel's log. Preconditions: kernel lock.
func (k *Kernel) Log(format string, a ...any) {
	k.assertLocked()
	msg := fmt.Sprintf(format, a...)
	k.logMsgbuf(msg)
	if k.Config.Log != nil {
		k.Config.Log(msg)
		return
	}
	fmt.Fprintln(os.Stderr, "nbemu: "+msg)
}

// LogOnce is Log for messages that are the same each time. Preconditions: kernel lock.
func (k *Kernel) LogOnce(format string, a ...any) {
	msg := fmt.Sprintf(format, a...)
	if !k.logged[msg] {
		k.logged[msg] = true
		k.Log("%s", msg)
	}
}
