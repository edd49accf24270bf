package kern

import (
	"os"
	"slices"
	"time"

	"nbemu/abi"
	"nbemu/cpu"
	"nbemu/mem"
)

// Process flags (p_flag, p_sflag, p_slflag).
const (
	PFExiting     = 1 << iota // PS_WEXIT: exit1 has begun
	PFSugid                   // PK_SUGID
	PFExec                    // PK_EXEC: has called exec
	PFStopped                 // SSTOP
	PFPpwait                  // PL_PPWAIT: parent waits in vfork
	PFControlT                // PL_CONTROLT: has a controlling terminal
	PFNoCldStop               // PK_NOCLDSTOP
	PFNoCldWait               // PK_NOCLDWAIT
	PFCldSigIgn               // PK_CLDSIGIGN
	PFStopFork                // PS_STOPFORK…
	PFTraced                  // PSL_TRACED
	PFWaited                  // PS_WAITED: the stop was reported
	PFContinued               // PS_CONT: a continue is to be reported
	PFStopReq                 // stop is under way: LWPs stop themselves on their way to user mode
	PFOrphanedPg              // PS_ORPHANPG
	PFStopExec                // PS_STOPEXEC: stops when it has executed a program
	PFTracedChild             // PSL_TRACEDCHILD: its tracer is to hear of its birth
	PFChTraced                // PSL_CHTRACED: a child of it may be traced by another
	PFSyscall                 // PSL_SYSCALL: stops at system calls
	PFSyscallEmu              // PSL_SYSCALLEMU: the call it has stopped before is left out
)

// Proc is a process (struct proc). The kernel lock protects all members but K, which never changes; VM has a lock of
// its own for what is in it.
type Proc struct {
	K     *Kernel
	PID   int32
	PPtr  *Proc  // parent (p_pptr); nil only for process 1
	Flags uint32 // PF…

	Debug cpu.Debug // debug registers that new LWPs begin with: a debugger's

	VM       *mem.Space // address space (p_vmspace); nil before the first exec and after the end
	Arch     *cpu.Arch  // of the program
	oldModel *abi.Model // layout of structures for a program of an old release; nil: Arch's
	Emul     *Emul      // of the program (p_emul); nil before the first exec
	Cred     *Cred      // shared and immutable: replaced, never changed (p_cred)
	Fd       *FileDesc  // descriptors (p_fd), maybe shared with others
	Cwdi     *Cwdinfo   // working directory, roots, umask (p_cwdi), maybe shared with others
	Limits   *Limits    // resource limits (p_limit), shared until changed
	Pgrp     *Pgrp      // process group (p_pgrp); nil after the end

	preset map[int]abi.Rlimit // what PresetLimit has set, by number; nil where it has nothing

	sa       *SA     // scheduler activations; nil without
	LWPs     []*LWP  // by creation; those that have ended stay until somebody waited for them
	nextLID  int32   // the number that the newest LWP got, with Config.OwnLIDs
	Exiting  *LWP    // the LWP that runs exit1 or exec's single-threading; nil if none does
	lwpq     SleepQ  // where those wait who want other LWPs to end
	lwpStopq SleepQ  // LWPs of a stopped process
	waitq    SleepQ  // in wait(2): our own children change state
	watch    func()  // called then, if set
	vforkq   SleepQ  // parents wait for PFPpwait to clear
	Children []*Proc // those that have ended first
	by       *LWP    // the parent's thread that made it; nil: any
	joined   uint64  // when it became its parent's child: larger is later

	// Set by exec.
	Comm       string   // name of the program, without directories (p_comm)
	TextPath   string   // AT_EXECPATH (p_path)
	ArgStrings []string // its arguments, for ps and procfs
	PsStrings  uint64   // address of ps_strings (p_psstrp)
	Execsw     any      // the exec switch entry, *execve.ExecSwitch (p_execsw)
	TextVnode  any      // the file, a mem.Backing that is held (p_textvp)
	EmulData   any      // what the emulation keeps for each process (p_emuldata)
	MDFlags    uint32   // the machine's (md_flags); exec clears them

	// Signals; see sig.go.
	Sigacts *Sigacts   // handlers (p_sigacts), maybe shared with others
	Sigctx  Sigctx     // the last signal that it could not handle; see core.go
	Sigpend sigpend    // sent to the process and not yet taken by an LWP (p_sigpend)
	StopSig abi.Signal // what stopped it, for wait
	trace   procTrace  // see ptrace.go
	// SigcodeVA is where the emulation's sigcode is mapped, 0 if it is not.
	SigcodeVA uint64

	Xstat   int        // wait status (p_xstat)
	exitsig abi.Signal // what the parent gets at the end; 0 for none (p_exitsig)
	Zombie  bool       // has ended, and waits to be waited for
	started time.Time  // wall-clock time
	Acflag  uint8      // accounting flags (p_acflag)

	corename string // pattern of its core file, "" for kern.defcorename; see core.go

	lwpctl  lwpctl  // see lwpctl.go
	ru, cru Rusage  // used by itself, and by children that were waited for
	cputime cputime // see cputime.go
	IPC     any     // what package ipc keeps for it
	Aio     *Aio    // asynchronous I/O (p_aio); nil before its first use. see aio.go
	timers  itimers // see itimer.go
	Nice    int     // -20 to 20
	// Subreaper: children that descendants leave behind are this process's, not init's.
	Subreaper bool

	Pax       uint32   // PaX flags (p_pax); see pax.go
	aslrMmap  uint64   // bytes by which its mappings begin lower; see pax.go
	tracep    *ktrDesc // see ktrace.go
	traceflag uint32   // KTRFAC_ bits
	ktrEarly  []ktrEarly
	ticked    *LWP  // while a timer of processor time goes off: whose time it was
	ras       []ras // see ras.go
	prof      uprof // see prof.go

	sigSel Selinfo // see sigread.go
	endSel Selinfo // of its end, see pidfd.go

	Klist Klist // EVFILT_PROC and EVFILT_SIGNAL knotes; see kqueue_filt.go

	// NoNewPrivs: set-id bits of programs do not count (Linux' PR_SET_NO_NEW_PRIVS); children have it too.
	NoNewPrivs bool

	// Threads that are traced by themselves; see tracee.go.
	tracees     []*Tracee // whom threads of the process trace
	leadTracee  *Tracee   // its first thread's, kept until its tracer has waited for it
	groupStatus int32     // the wait status that it ends with, while its threads do
	tracedLWPs  int       // how many of its own are traced
	groupStops  int       // how often it was stopped

	// Exited receives the wait status at the end of a process that NewProc made; nil for others.
	Exited chan int32
	// KilledBy describes how such a process died of a signal; "" if it did not.
	KilledBy string
}

// procTable is a machine's processes.
type procTable struct {
	allproc map[int32]*Proc
	births  uint64 // counts children, see Proc.joined
	nextPID int32
	// reservedIDs are numbers that some emulations give to threads: they come from the same range as those of
	// processes, so that none is ever both.
	reservedIDs map[int32]bool
	pgrps       map[int32]*Pgrp
	// proc1 stands for init: it adopts orphans and reaps them.
	proc1  *Proc
	system *LWP // a thread of it that never runs: it stands for the kernel's own
	// First is the first process that NewProc made: the one that a command line asked for.
	First *Proc
	// FirstPgrp is its group; with HasHostParent a job-control shell on the host watches it.
	FirstPgrp     *Pgrp
	HasHostParent bool
	started       int // processes that NewProc made and that have not ended
}

// FirstPID sets where process numbers start. nbemu's own host number makes lock files and ps agree.
func (k *Kernel) FirstPID(n int32) { k.nextPID = n }

// maxPID is PID_MAX of NetBSD.
const maxPID = 30000

func (k *Kernel) allocPID() int32 {
	for {
		n := k.nextPID
		if k.nextPID++; k.nextPID > maxPID*10 {
			k.nextPID = 100
		}
		if _, used := k.allproc[n]; used || n <= 1 || k.pgrps[n] != nil || k.reservedIDs[n] {
			continue
		}
		return n
	}
}

// Pfind finds a live process (not a zombie), or nil.
func (k *Kernel) Pfind(pid int32) *Proc {
	k.assertLocked()
	if p := k.allproc[pid]; p != nil && !p.Zombie {
		return p
	}
	return nil
}

// PfindAny finds a process that may be a zombie.
func (k *Kernel) PfindAny(pid int32) *Proc { return k.allproc[pid] }

// AllProcs lists the processes by number, with init's stand-in and zombies.
func (k *Kernel) AllProcs() []*Proc {
	out := make([]*Proc, 0, len(k.allproc))
	for _, p := range k.allproc {
		out = append(out, p)
	}
	slices.SortFunc(out, func(a, b *Proc) int { return int(a.PID) - int(b.PID) })
	return out
}

// Procs lists all processes but init, by number.
func (k *Kernel) Procs() []*Proc {
	return slices.DeleteFunc(k.AllProcs(), func(p *Proc) bool { return p == p.K.proc1 })
}

// NProcs is how many processes there are but init.
func (k *Kernel) NProcs() int { return len(k.allproc) - 1 }

// Boot makes process 1, which has the limits of arch's machines, and returns a thread of it that stands for the kernel
// where one is asked for. Preconditions: kernel lock.
func (k *Kernel) Boot(arch *cpu.Arch) *LWP {
	if k.system != nil {
		return k.system
	}
	if k.nextPID == 0 {
		k.nextPID = int32(os.Getpid())
	}
	k.proc1 = &Proc{K: k, PID: 1, Comm: "init", Arch: arch, Cred: &Cred{}, Limits: defaultLimits(arch), Sigacts: newSigacts(), Fd: NewFileDesc(), Cwdi: NewCwdinfo(nil, nil, nil, 022),
		started: k.Boottime()}
	k.allproc[1] = k.proc1
	s0 := newPgrp(1, newSession(k.proc1))
	s0.add(k.proc1)
	k.system = &LWP{K: k, Proc: k.proc1}
	return k.system
}

// NewProc makes a child of process 1 in a session of its own, and its LWP, which has not been started. It has no
// address space: exec gives it one. Proc.Exited tells of its end. Preconditions: kernel lock.
func (k *Kernel) NewProc(arch *cpu.Arch, cred *Cred) *LWP {
	k.assertLocked()
	k.Boot(arch)
	p := &Proc{K: k, PID: k.allocPID(), PPtr: k.proc1, exitsig: abi.SIGCHLD, Arch: arch, Cred: cred, Limits: defaultLimits(arch), Sigacts: newSigacts(),
		Fd: NewFileDesc(), Cwdi: NewCwdinfo(nil, nil, nil, 022), started: k.Timenow(), Exited: make(chan int32, 1)}
	p.Limits[abi.RLIMIT_CORE], p.Nice = k.hostCoreLimit(), k.hostNice()
	k.allproc[p.PID] = p
	k.proc1.Children = append(k.proc1.Children, p)
	newPgrp(p.PID, newSession(p)).add(p)
	if k.First == nil {
		k.First, k.FirstPgrp = p, p.Pgrp
	}
	k.started++
	k.det.halted = false
	return newLWP(p)
}

// Discard undoes NewProc, for a process whose program cannot be executed. Preconditions: kernel lock; l has not run.
func (l *LWP) Discard() {
	p := l.Proc
	timersFree(p)
	p.Fd.Free(l)
	p.Cwdi.Free()
	if p.VM != nil {
		p.VM.Unref()
	}
	if v, ok := p.TextVnode.(mem.Backing); ok {
		v.Unref()
		p.TextVnode = nil
	}
	l.zombie, p.Zombie = true, true
	p.reap()
	p.K.started--
	if p.K.First == p {
		p.K.First = nil
	}
}

// PresetLimit sets a resource limit from outside, before the process runs. Error: EINVAL.
func (p *Proc) PresetLimit(which int, lim abi.Rlimit) abi.Errno {
	if which < 0 || which >= len(p.Limits) || lim.Cur > lim.Max {
		return abi.EINVAL
	}
	c := *p.Limits
	c[which] = lim
	if a := p.K.Config.Native; a != nil {
		cutStack(&c, a)
	}
	p.Limits = &c
	if p.preset == nil {
		p.preset = map[int]abi.Rlimit{}
	}
	p.preset[which] = lim
	p.watchCPULimit()
	return abi.OK
}

// LimitNames are the names below proc.<pid>.rlimit, by RLIMIT_ number.
var LimitNames = [abi.RLIM_NLIMITS]string{"cputime", "filesize", "datasize", "stacksize", "coredumpsize", "memoryuse",
	"memorylocked", "maxproc", "descriptors", "sbsize", "vmemoryuse", "maxlwp"}

// LimitByName finds a resource by the name that sysctl knows its limit by ("descriptors"); -1 if there is none.
func LimitByName(name string) int { return slices.Index(LimitNames[:], name) }

// Ppid is the parent's number, which is a tracer's if there is one.
func (p *Proc) Ppid() int32 {
	if p.PPtr == nil {
		return 0
	}
	return p.PPtr.PID
}

// Getppid is what getppid returns: tracing does not show in it.
func (p *Proc) Getppid() int32 { return p.realParent().PID }

// Started is when the process began, wall-clock time.
func (p *Proc) Started() time.Time { return p.started }

// Model is the data model of the program that the process runs.
func (p *Proc) Model() *abi.Model {
	if p.oldModel != nil {
		return p.oldModel
	}
	if p.Emul != nil && p.Emul.Model != nil {
		return p.Emul.Model
	}
	return p.Arch.Model
}

// SetMachine makes p a process of a machine, for a program of a release (of its note; 0 for none).
func (p *Proc) SetMachine(a *cpu.Arch, version uint32) {
	p.Arch, p.oldModel = a, nil
	if m := a.Model.ForRelease(version); m != a.Model {
		p.oldModel = m
	}
}
