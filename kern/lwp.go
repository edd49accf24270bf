package kern

import (
	"sync/atomic"

	"nbemu/abi"
	"nbemu/cpu"
)

// LWP is a thread of a process (struct lwp). Its goroutine runs userLoop for as long as it lives.
type LWP struct {
	K    *Kernel // the machine's; never changes
	Proc *Proc
	ID   int32
	Name string
	Ctx  cpu.Context
	// LastFault is where the last page fault was, resolved or not: what a register of the memory unit keeps.
	LastFault uint64

	// Signals; see sig.go.
	Sigmask    abi.Sigset
	Sigpend    sigpend
	Sigstk     abi.StackT
	sigrestore bool // sigsuspend: restore oldmask after delivery
	oldmask    abi.Sigset
	sigwait    *abi.Sigset // sigtimedwait waits for these
	sigwaited  *Ksiginfo

	EmulData   any    // the emulation's
	Ctxlink    uint64 // uc_link of the context that runs (l_ctxlink)
	Private    uint64 // _lwp_setprivate
	LwpctlVA   uint64
	pctr       int32  // lc_pctr
	RobustHead uint64 // __futex_set_robust_list
	Detached   bool
	Suspended  bool
	stopped    bool
	resting    bool // sleeps until Continue, on its way to user mode
	stops      int  // how often it was stopped
	zombie     bool
	unpark     bool  // a pending _lwp_unpark
	cancelled  bool  // by _lwp_wakeup
	waitingFor int32 // in _lwp_wait: the LWP, 0 any
	inLwpWait  bool
	waiter     *LWP // who asked first for this one in _lwp_wait
	waitq      SleepQ
	parkq      SleepQ
	suspq      SleepQ

	// Tracing; see ptracestop.go.
	Singlestep bool      // PT_SETSTEP: each continuation is a single step (LP_SINGLESTEP)
	Sstep      bool      // the processor is to execute one instruction
	sysStep    bool      // that one was a system call
	dbgSuspend bool      // PT_SUSPEND (LW_DBGSUSPEND)
	settled    bool      // Emul.Settle was called
	birth      int32     // the event to report when it begins: PTRACE_LWP_CREATE, PTRACE_FORK, …
	traceSig   *Ksiginfo // the tracer's signal, which issignal has returned

	// Sleeping; see sleepq.go.
	wake     chan struct{}
	woken    bool
	sleepIn  bool // interruptibly
	sleeping bool
	Wmesg    string

	// The scheduler's; see sched.go.
	slot     *engineSlot
	lastSlot *engineSlot // where it was last
	runner   *runner     // of the group under which it got slot
	granted  chan struct{}
	urgent   bool
	fpStale  bool
	preempt  atomic.Bool
	blocked  bool         // deterministic machine: asleep, not in the run queue
	budget   uint64       // deterministic machine: blocks that the last run was given
	profTick atomic.Int32 // ticks of the profiling clock not yet counted; see prof.go
	ast      atomic.Bool  // look at signals, stops and exits on the way to user mode

	cputime    cputime    // see cputime.go
	schedParam SchedParam // see schedparam.go

	first func() // what a spawned LWP does before it has a program
	// Args is where a system call's arguments are collected: on the LWP, because what a handler is passed a
	// pointer to would be allocated anew for each call.
	Args   Args
	SysNum int
	calls  [lastCalls]lastCall // for crash reports
	ncalls int
}

const lastCalls = 8

type lastCall struct {
	num  int
	args [4]uint64
	err  abi.Errno
	ret  uint64
}

func newLWP(p *Proc) *LWP {
	p.nextLID++
	l := &LWP{K: p.K, Proc: p, ID: p.nextLID, wake: make(chan struct{}, 1), granted: make(chan struct{}, 1), fpStale: true}
	l.Sigstk.Flags = abi.SS_DISABLE
	p.LWPs = append(p.LWPs, l)
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
	n.Sigmask = l.Sigmask
	n.schedParam.inherit(&l.schedParam)
	n.birth = abi.PTRACE_LWP_CREATE
	return n
}

// Start lets a new LWP run.
func (l *LWP) Start() {
	if l.K.det.on {
		l.K.det.start(l)
		return
	}
	l.K.lwps.Add(1)
	go l.main()
}

// Model is the data model of the program.
func (l *LWP) Model() *abi.Model { return l.Proc.Arch.Model }

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

// CopyinInt32 reads an int.
func (l *LWP) CopyinInt32(va uint64) (int32, abi.Errno) {
	var b [4]byte
	err := l.Copyin(b[:], va)
	return int32(l.Model().Uint(b[:], 4)), err
}
