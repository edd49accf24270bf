package kern

import (
	"sync/atomic"
	"time"

	"nbemu/abi"
	"nbemu/cpu"
)

// LWP is a thread of a process (struct lwp). Its goroutine runs userLoop for as long as it lives.
//
// Guards: "own" is touched by the LWP's goroutine alone, "sched" by the scheduler's lock, "atomic" by anybody; all others
// are under the kernel lock. While the LWP is in user mode, Ctx belongs to its processor.
type LWP struct {
	K    *Kernel // the machine's; never changes
	Proc *Proc   // its process; never changes
	ID   int32   // l_lid; never changes
	Name string  // l_name, of _lwp_setname; "" for none
	Ctx  cpu.Context
	// LastFault is where the last page fault was, resolved or not: what a register of the memory unit keeps. own
	LastFault uint64

	// Signals; see sig.go.
	Sigmask    abi.Sigset  // blocked ones (l_sigmask)
	Sigpend    sigpend     // sent to this LWP alone (l_sigpend)
	Sigstk     abi.StackT  // the alternate stack (l_sigstk)
	sigrestore bool        // sigsuspend: restore oldmask after delivery
	oldmask    abi.Sigset  // Sigmask before sigsuspend
	sigwait    *abi.Sigset // sigtimedwait waits for these; nil outside of it
	sigwaited  *Ksiginfo   // and this one came

	Sandbox    Sandbox     // nil: it is not confined
	EmulData   any         // what the emulation keeps for each LWP (l_emuldata)
	Ctxlink    uint64      // uc_link of the context that runs (l_ctxlink); 0 for none
	Private    uint64      // the thread pointer, of _lwp_setprivate (l_private)
	model      *abi.Model  // of the call that it does, if that is not the emulation's
	TellResume bool        // Emul.Resume is called for it
	resumed    atomic.Bool // Emul.Resume has yet to be called
	LwpctlVA   uint64      // address of its lwpctl block in the program; 0 for none. see lwpctl.go
	pctr       int32       // lc_pctr: how often it was given a processor
	RobustHead uint64      // of __futex_set_robust_list; 0 for none
	Detached   bool        // nobody will wait for it (LPR_DETACHED)
	Suspended  bool        // by _lwp_suspend: it does not go back to user mode
	stopped    bool        // sleeps because its process is stopped
	resting    bool        // sleeps until Continue, on its way to user mode
	stops      int         // how often it was stopped
	zombie     bool        // has ended, and waits for _lwp_wait
	unpark     bool        // a pending _lwp_unpark
	cancelled  bool        // by _lwp_wakeup: the next interruptible sleep ends at once
	waitingFor int32       // in _lwp_wait: the LWP, 0 for any
	inLwpWait  bool
	waiter     *LWP   // who asked first for this one in _lwp_wait
	waitq      SleepQ // who waits for its end
	parkq      SleepQ // where it sleeps in _lwp_park
	suspq      SleepQ // where it sleeps while Suspended

	// Tracing; see ptracestop.go.
	Singlestep bool      // PT_SETSTEP: each continuation is a single step (LP_SINGLESTEP)
	Sstep      bool      // the processor is to execute one instruction
	sysStep    bool      // that one was a system call
	dbgSuspend bool      // PT_SUSPEND (LW_DBGSUSPEND)
	settled    bool      // Emul.Settle was called
	birth      int32     // the event to report when it begins: PTRACE_LWP_CREATE, PTRACE_FORK, …
	traceSig   *Ksiginfo // the tracer's signal, which issignal has returned

	tracee     *Tracee   // a thread traces it; nil: none. See tracee.go
	Redo       abi.Errno // the call has ended so that the thread could stop, and may be made again: what kind of error that is
	traceIntr  bool      // a sleep ended for that
	Again      bool      // the call is made again, after it was interrupted
	sleepUntil time.Time // the deadline of the last sleep that had one
	Override   abi.Errno // the next call is not made: this is its error
	SlowCalls  bool      // system calls go by way of Emul.SlowSyscall
	ExitStatus int32     // wait status of a thread that ends before its process

	traced *tracedCall // the call that Config.Strace was or will be told of; see trace.go

	// Sleeping; see sleepq.go.
	wake     chan struct{} // of one element: a wakeup for which block waits
	woken    bool          // a wakeup came since the sleep began
	sleepIn  bool          // the sleep can be interrupted by signals
	killable bool          // another sleep ends at least with the process: see dying
	sleeping bool          // is in SleepMulti
	Wmesg    string        // what it sleeps for (l_wmesg); "" while it does not

	// The scheduler's; see sched.go.
	slot      *engineSlot   // its processor, nil without one. own; sched for others
	lastSlot  *engineSlot   // where it was last. own
	runner    *runner       // of the group under which it got slot. sched
	granted   chan struct{} // of one element: somebody gave it a processor
	urgent    bool          // it has slept, and goes before those that compute. sched
	rank      int           // 0 for those that share processors, else 1 and more: those of higher rank go first. sched
	hurried   bool          // goes before all others, until it has had a processor. sched
	quantum   time.Duration // how long it may compute while others of its rank wait. sched
	cpu       int32         // the machine's CPU that it has, or had last. sched for others
	affinity  *CPUMask      // where it may run; nil for anywhere (l_affinity). sched
	psid      int32         // its processor set, 0 for the default one (l_psid). sched
	fpStale   bool          // Ctx.FP is newer than what its processor has. own
	inKernel  bool          // it holds the kernel lock or sleeps, and looks at ast before it goes on. own; kernel for others
	preempt   atomic.Bool   // its slice is over. atomic
	since     instant       // when it got slot. sched
	sinceCall int           // ncalls at that time. own
	pool      *enginePool   // of its last processor. sched
	leaving   bool          // runner counts it as leaving. sched
	blocked   bool          // deterministic machine: asleep, not in the run queue
	budget    uint64        // deterministic machine: blocks that the last run was given. own
	Watch     any           // what Config.Blocks keeps for each LWP. own
	owed      atomic.Int64  // processor time that no sample has been taken for; see observe.go. atomic
	unsampled time.Duration // likewise, on the deterministic machine. own
	profTick  atomic.Int32  // ticks of the profiling clock not yet counted; see prof.go. atomic
	ast       atomic.Bool   // look at signals, stops and exits on the way to user mode. atomic

	atRest     bool       // has no goroutine until Resume; see rest.go
	cputime    cputime    // see cputime.go
	schedParam SchedParam // see schedparam.go

	first func() // what a spawned LWP does before it has a program; nil for others
	// Args is where a system call's arguments are collected: on the LWP, because what a handler is passed a
	// pointer to would be allocated anew for each call.
	Args     Args                // own
	scratch  []byte              // see Scratch
	SysNum   int                 // number of the call under way, or of the last one. own
	calls    [lastCalls]lastCall // the last ones, a ring, for crash reports. own
	ncalls   int                 // how many there were. own
	stopCall int                 // ncalls when it last stopped. own
	counted  map[int]int         // calls by number, where faults are injected; see inject.go. own

	lwpSA // scheduler activations. kernel
}

const lastCalls = 8

type lastCall struct {
	num  int
	args [4]uint64
	err  abi.Errno
	ret  uint64
}

func newLWP(p *Proc) *LWP {
	l := &LWP{K: p.K, Proc: p, ID: p.allocLID(), wake: make(chan struct{}, 1), granted: make(chan struct{}, 1), fpStale: true}
	l.reschedule()
	l.Sigstk.Flags = abi.SS_DISABLE
	p.LWPs = append(p.LWPs, l)
	p.K.seeing()
	return l
}

// Lfind finds an LWP of p by number that has not ended, or nil (lwp_find).
func (p *Proc) Lfind(id int32) *LWP {
	for _, l := range p.LWPs {
		if l.ID == id && !l.zombie {
			return l
		}
	}
	return nil
}

// PathMax is how long a path that the LWP's program gives may be, with the zero byte.
func (l *LWP) PathMax() int {
	if e := l.Proc.Emul; e != nil && e.PathMax != 0 {
		return e.PathMax
	}
	return abi.PATH_MAX
}

// Live reports whether the LWP has not ended.
func (l *LWP) Live() bool { return !l.zombie }

// LiveLWPs counts those that have not exited.
func (p *Proc) LiveLWPs() (n int) {
	for _, l := range p.LWPs {
		if !l.zombie {
			n++
		}
	}
	return n
}

// NewLWP makes another thread of l's process, not running yet; its registers are the caller's to set.
func (l *LWP) NewLWP() *LWP {
	n := newLWP(l.Proc)
	n.Sigmask, n.Sandbox = l.Sigmask, l.Sandbox
	n.inheritSched(l)
	n.birth = abi.PTRACE_LWP_CREATE
	return n
}

// Start lets a new LWP run.
func (l *LWP) Start() {
	if l.K.rest.resting {
		l.atRest = true
		return
	}
	if l.K.det.on {
		l.K.det.start(l)
		return
	}
	l.K.lwps.Add(1)
	go l.main()
}

// Model is the data model of the program.
func (l *LWP) Model() *abi.Model {
	if l.model != nil {
		return l.model
	}
	return l.Proc.Model()
}

// WithModel calls h with another data model than the emulation's, for calls whose structures differ.
func (l *LWP) WithModel(m *abi.Model, h Handler, a *Args) (Retval, abi.Errno) {
	old := l.model
	l.model = m
	rv, err := h(l, a)
	l.model = old
	return rv, err
}

// Scratch returns n bytes of 0 that are the caller's until the next call, for what is put together for the program.
// Preconditions: kernel lock.
func (l *LWP) Scratch(n int) []byte {
	if cap(l.scratch) < n {
		l.scratch = make([]byte, n)
	}
	b := l.scratch[:n]
	clear(b)
	return b
}

// Copyin, Copyout and CopyinStr move data between the kernel and the program; see mem.Space.
func (l *LWP) Copyin(dst []byte, va uint64) abi.Errno  { return l.Proc.VM.Copyin(dst, va) }
func (l *LWP) Copyout(src []byte, va uint64) abi.Errno { return l.Proc.VM.Copyout(src, va) }
func (l *LWP) CopyinStr(va uint64, max int) (string, abi.Errno) {
	return l.Proc.VM.CopyinStr(va, max)
}

// CopyinStruct reads a guest structure at va into the Go struct that v points to. Error: EFAULT.
func (l *LWP) CopyinStruct(va uint64, v any) abi.Errno {
	m := l.Model()
	var buf [512]byte
	var b []byte
	if n := m.Sizeof(v); n <= len(buf) {
		b = buf[:n]
	} else {
		b = make([]byte, n)
	}
	if err := l.Copyin(b, va); err != abi.OK {
		return err
	}
	m.Unmarshal(b, v)
	return abi.OK
}

// CopyoutStruct writes v, a Go struct or a pointer to one, in the guest's layout to va. Error: EFAULT.
func (l *LWP) CopyoutStruct(va uint64, v any) abi.Errno {
	m := l.Model()
	var buf [512]byte
	var b []byte
	if n := m.Sizeof(v); n <= len(buf) {
		b = buf[:n]
	} else {
		b = make([]byte, n)
	}
	m.Marshal(b, v)
	return l.Copyout(b, va)
}

// CopyinWord and CopyoutWord move one register-sized word.
func (l *LWP) CopyinWord(va uint64) (uint64, abi.Errno) {
	var w abi.ULong
	err := l.CopyinStruct(va, &w)
	return uint64(w), err
}

// CopyoutInt32 writes an int.
func (l *LWP) CopyoutInt32(va uint64, v int32) abi.Errno {
	m := l.Model()
	var b [4]byte
	m.PutUint(b[:], 4, uint64(uint32(v)))
	return l.Copyout(b[:], va)
}

// UpdateInt32 replaces the int at va, a multiple of 4, by what change makes of it, in one step for the program's other
// threads; change may be called several times, and without its consent nothing is stored. It returns the old value.
// Error: EFAULT.
func (l *LWP) UpdateInt32(va uint64, change func(old int32) (new int32, ok bool)) (old int32, err abi.Errno) {
	m := l.Model()
	var is, to [4]byte
	for {
		if err = l.Copyin(is[:], va); err != abi.OK {
			return 0, err
		}
		old = int32(m.Uint(is[:], 4))
		v, ok := change(old)
		if !ok {
			return old, abi.OK
		}
		m.PutUint(to[:], 4, uint64(uint32(v)))
		if done, err := l.Proc.VM.CompareAndSwap32(va, is, to); done || err != abi.OK {
			return old, err
		}
	}
}

// CopyinInt32 reads an int.
func (l *LWP) CopyinInt32(va uint64) (int32, abi.Errno) {
	var b [4]byte
	err := l.Copyin(b[:], va)
	return int32(l.Model().Uint(b[:], 4)), err
}
