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

// Proc is a process (struct proc). All members are protected by the kernel lock.
type Proc struct {
	PID   int32
	PPtr  *Proc // parent; nil only for the system process
	Flags uint32

	VM     *mem.Space
	Arch   *cpu.Arch
	Emul   *Emul
	Cred   *Cred
	Fd     *FileDesc
	Cwdi   *Cwdinfo
	Limits *Limits
	Pgrp   *Pgrp

	LWPs     []*LWP // by creation
	nextLID  int32
	Exiting  *LWP // the LWP that runs exit1 or exec's single-threading
	lwpq     SleepQ
	lwpStopq SleepQ // LWPs of a stopped process
	waitq    SleepQ // our own children change state
	watch    func() // called then, if set
	vforkq   SleepQ // parents wait for PFPpwait to clear
	Children []*Proc

	// Set by exec.
	Comm       string
	TextPath   string // AT_EXECPATH
	ArgStrings []string
	PsStrings  uint64
	Execsw     any
	TextVnode  any
	EmulData   any
	MDFlags    uint32 // the machine's (md_flags); exec clears them

	// Signals; see sig.go.
	Sigacts *Sigacts
	Sigctx  Sigctx
	Sigpend sigpend
	StopSig abi.Signal
	trace   procTrace // see ptrace.go
	// SigcodeVA is where the emulation's sigcode is mapped, 0 if it is not.
	SigcodeVA uint64

	Xstat   int        // wait status
	exitsig abi.Signal // what the parent gets at the end; 0 for none
	Zombie  bool
	started time.Time
	Acflag  uint8

	corename string // pattern of its core file, "" for kern.defcorename; see core.go

	lwpctl  lwpctl
	ru, cru Rusage
	cputime cputime // see cputime.go
	ipc     procIPC // see sysvipc.go
	timers  itimers
	Nice    int

	Pax       uint32 // PaX flags (p_pax); see pax.go
	aslrMmap  uint64
	tracep    *ktrDesc // see ktrace.go
	traceflag uint32
	ras       []ras // see ras.go
	prof      uprof // see prof.go

	sigSel Selinfo // see sigread.go

	Klist Klist // EVFILT_PROC and EVFILT_SIGNAL knotes; see kqueue_filt.go
}

// Process table.
var (
	allproc = map[int32]*Proc{}
	nextPID int32
	// proc1 stands for init: it adopts orphans and reaps them.
	proc1 *Proc
	// First is the process nbemu was asked to run; its end ends the machine.
	First *Proc
)

// FirstPID sets where process numbers start. nbemu's own host number makes lock files and ps agree.
func FirstPID(n int32) { nextPID = n }

// maxPID is PID_MAX of NetBSD.
const maxPID = 30000

func allocPID() int32 {
	for {
		n := nextPID
		if nextPID++; nextPID > maxPID*10 {
			nextPID = 100
		}
		if _, used := allproc[n]; used || n <= 1 || pgrps[n] != nil || reservedIDs[n] {
			continue
		}
		return n
	}
}

// Pfind finds a live process (not a zombie), or nil.
func Pfind(pid int32) *Proc {
	if p := allproc[pid]; p != nil && !p.Zombie {
		return p
	}
	return nil
}

// PfindAny finds a process that may be a zombie.
func PfindAny(pid int32) *Proc { return allproc[pid] }

// Procs lists all processes but init, by number.
func Procs() []*Proc {
	return slices.DeleteFunc(allProcs(), func(p *Proc) bool { return p == proc1 })
}

// NProcs is how many processes there are but init.
func NProcs() int { return len(allproc) - 1 }

// Init makes process 1 and the first process, which has no address space yet: exec gives it one.
func Init(arch *cpu.Arch, cred *Cred) *LWP {
	if nextPID == 0 {
		nextPID = int32(os.Getpid())
	}
	proc1 = &Proc{PID: 1, Comm: "init", Cred: &Cred{}, Limits: defaultLimits(arch), Sigacts: newSigacts(), Fd: NewFileDesc(), Cwdi: NewCwdinfo(nil, nil, nil, 022)}
	allproc[1] = proc1
	s0 := newPgrp(1, newSession(proc1))
	s0.add(proc1)

	p := &Proc{PID: allocPID(), PPtr: proc1, exitsig: abi.SIGCHLD, Arch: arch, Cred: cred, Limits: defaultLimits(arch), Sigacts: newSigacts(),
		Fd: NewFileDesc(), Cwdi: NewCwdinfo(nil, nil, nil, 022), started: Timenow()}
	p.Limits[abi.RLIMIT_CORE] = hostCoreLimit()
	allproc[p.PID] = p
	proc1.Children = append(proc1.Children, p)
	newPgrp(p.PID, newSession(p)).add(p)
	First = p
	l := newLWP(p)
	return l
}

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
func (p *Proc) Model() *abi.Model { return p.Arch.Model }
