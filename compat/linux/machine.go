package linux

import (
	"sync"

	"nbemu/abi"
	"nbemu/arch"
	"nbemu/cpu"
	"nbemu/execve"
	"nbemu/kern"
	"nbemu/mem"
)

// Machine is what differs between the machines that Linux runs on. Each has a file of this package; Machines lists them.
type Machine struct {
	Arch     *cpu.Arch
	Uname    string // what uname says of it
	Platform string // AT_PLATFORM; "" for none
	Hwcap    uint64 // AT_HWCAP: what the emulated processor has
	Hwcap2   uint64
	PIEBase  uint64 // where position independent programs begin

	aux [][2]uint64 // entries of the auxiliary vector that only this machine has

	// Interpreters are parts of the names of dynamic linkers.
	Interpreters []string

	// column is the machine's place in the rows of linux.master.
	column int
	// firstCall is the number that programs have for the first of its calls.
	firstCall int
	// pairsAligned: an argument of 64 bits begins in an even register, where registers have 32.
	pairsAligned bool

	// Entry, frames and traps, as in kern.Emul.
	syscall func(l *kern.LWP)
	// noRseq: the kernel has no restartable sequences there (HAVE_RSEQ).
	noRseq bool
	// trapCall is the entry of calls where those are traps like others; nil: syscall is.
	trapCall func(l *kern.LWP)
	setregs  func(l *kern.LWP, entry, stack, psStrings uint64)
	// sendsig aims the registers at a handler and makes its frame. There is no room for it: false.
	sendsig func(l *kern.LWP, act *kern.Sigaction, ksi *kern.Ksiginfo, mask *abi.Sigset) bool
	trapsig func(l *kern.LWP) kern.Ksiginfo
	// pagefault says what else there is to be said of a page fault; nil: what NetBSD's port says.
	pagefault func(l *kern.LWP, r mem.FaultResult, ksi *kern.Ksiginfo)
	forkRegs  func(l *kern.LWP)
	// sigreturn takes a frame off the stack again, that of a handler with or without a siginfo. What it finds is
	// wrong: false.
	sigreturn func(l *kern.LWP, rt bool) bool
	// setTLS sets the thread pointer.
	setTLS func(l *kern.LWP, va uint64)
	// cloneTLS says that clone's tls comes before the address of the child's number (CLONE_BACKWARDS).
	cloneTLS bool
	sigcode  []byte // with what signal handlers return to where the program brings nothing
	// rtSigcode is where in sigcode that for frames with a siginfo begins, where there are two.
	rtSigcode uint64
	// pipe stores the two descriptors of pipe, where that gives them in registers; it returns the first.
	pipe func(l *kern.LWP, fds [2]int32) uint64

	// restorer: struct sigaction has a member sa_restorer.
	restorer bool
	// flagsFirst: its flags, an int, come before the handler.
	flagsFirst bool
	// codeFirst: in siginfo_t the code comes before the error.
	codeFirst bool
	// stackSizeFirst: in stack_t the size comes before the flags.
	stackSizeFirst bool
	minSigStack    abi.Size // MINSIGSTKSZ, if it is not 2048
	// termios is where things are in struct termios; nil where that is asm-generic's.
	termios   *termiosForm
	frameForm *frameMIPS
	sparc     *sparcForm
	// settle stores registers that are in windows of the processor to the stack that they belong to; unsettle takes those
	// of the present one from there.
	settle, unsettle func(l *kern.LWP)
	// restorerArg: the restorer is an argument of rt_sigaction.
	restorerArg bool
	// maxAlign is the largest alignment inside structures, 0 where there is no bound.
	maxAlign int
	// shortMicros: microseconds in struct timeval have 32 bits, though longs have 64.
	shortMicros bool
	// shortBand: si_band likewise (__ARCH_SI_BAND_T).
	shortBand bool
	// flock makes a struct flock, where that is not the usual one.
	flock func() lockArg
	// statfs makes struct statfs, and statfs64 struct statfs64, where they are not the usual ones.
	statfs, statfs64 func(s *statfs) any
	numbers
	// stat makes struct stat, and stat64 struct stat64 of the machines of 32 bits.
	stat, stat64 func(st *abi.Stat) any
	// packedEvent: struct epoll_event has no padding.
	packedEvent bool
	ipc         ipcForm
	// shmLBA is what shmat's addresses must be multiples of (SHMLBA), if not of pages.
	shmLBA  uint64
	newForm func() *traceForm // makes what tracers know of it; see form

	// kernel64 is the machine of the kernel, for programs of 32 bits on one of 64: linux32.go. nil elsewhere.
	kernel64 *Machine
	*lazy
	shapes    []shape   // of the calls' arguments, by number, where registers have 32 bits
	inputs    [][]input // arguments to be translated, by number
	emul      *kern.Emul
	timeModel *abi.Model // of the calls with times of 64 bits; nil where all have them
}

// lazy are what is made when it is first wanted.
type lazy struct {
	once, tableOnce, formOnce sync.Once
	trace                     *traceForm
}

func init() {
	for _, m := range Machines {
		m.lazy = new(lazy)
	}
}

// Machines are those that Linux programs are run for.
var Machines = []*Machine{machAMD64, machI386, machARM, machARM64, machRISCV64, machMIPSEL, machMIPS64EL, machMIPS, machMIPS64, machPowerPC, machSPARC64, machSPARC, machM68K}

// Emuls makes the emulations, and Execsw the entries of the exec switch.
func Emuls() (list []*kern.Emul) {
	for _, m := range Machines {
		list = append(list, m.Emul())
	}
	return list
}

// machineOf is the machine of a Linux program.
func machineOf(l *kern.LWP) *Machine { return l.Proc.Emul.Data.(*Machine) }

// Emul is the emulation of Linux on the machine.
func (m *Machine) Emul() *kern.Emul {
	m.once.Do(m.makeEmul)
	return m.emul
}

// model is the data model of the machine's programs.
func (m *Machine) model() *abi.Model { return m.Emul().Model }

func (m *Machine) makeEmul() {
	model := *m.Arch.Model
	model.Time = abi.TimeLong
	if m.shortMicros {
		model.Time = abi.TimeShortMicros
	}
	if m.maxAlign != 0 {
		model.Int64Align = m.maxAlign
	}
	model.CmsgAlign = model.PtrSize // so that what fits there fits here
	if model.PtrSize == 4 {
		wide := model
		wide.Time = abi.TimeWide
		m.timeModel = &wide
	}
	pagefault := m.pagefault
	if pagefault == nil {
		pagefault = arch.Of(m.Arch).Emul.Pagefault
	}
	e := &kern.Emul{
		Name: "linux", Path: "/emul/linux", FirstCall: m.firstCall, Arch: m.Arch, Model: &model, Data: m, Foreign: m,
		Multiplexed: multiplexed, SignalText: straceSignal, SigreturnText: straceSigreturn,
		Syscall: m.syscall, Setregs: m.start, Sendsig: m.deliver, Trapsig: m.trapsig, ForkRegs: m.forkRegs,
		ThreadID: tidOf, ProcStatus: procStatus, ProcExec: procExec, ProcFork: procFork, ProcExit: procExit, LWPExit: lwpExit,
		SlowSyscall: slowSyscall, Returned: returned, Interrupted: interrupted, Restart: restart, Resume: resume,
		Pagefault: pagefault, Sigcode: m.sigcode, Settle: m.settle, Unsettle: m.unsettle,

		KeepBlocked: true, LinuxSlashes: true, DenyWrite: true, PathMax: pathMax, ItimerCode: abi.SI_NOINFO,
		NodeferMask: true, MayTrace: mayTrace, FirstSignal: m.firstSignal, AbstractSockets: true, SocketsAgain: true, LocksUnlimited: true, Inodes: true, StopEnds: true, SomeRights: true, CutsCores: true, ShortFaults: true, SigProps: sigProps, XCPUStep: 1,
		PlainSigio: true, ExitCodes: true, ThreadChildren: true, FirstPending: true, OwnSignals: true, SerialTimers: true, HangupCont: true, SigioBand: m.sigioBand, MqPrios: 32768, MqStays: true, SemSetters: true, LinuxModes: true,
		MaxTransfer: maxTransfer,
	}
	switch {
	case m.kernel64 != nil:
		e.Name, e.Path, e.Kernel64 = "linux32", "/emul/linux32", true
	case m.column != 0:
		e.Path = "/emul/linux-" + m.Arch.Name
	}
	m.emul = e
}

// start prepares registers for a new program.
func (m *Machine) start(l *kern.LWP, entry, stack, psStrings uint64) {
	m.useTable()
	m.setregs(l, entry, stack, psStrings)
}

// useTable makes the table of calls when the machine's first program begins: most runs are of one machine.
func (m *Machine) useTable() {
	m.tableOnce.Do(func() {
		namespaced()
		m.emul.Sysent = m.table()
		m.inputs = make([][]input, len(m.emul.Sysent))
		for i := range m.emul.Sysent {
			m.inputs[i] = m.inputsOf(&m.emul.Sysent[i].Sig)
		}
		if m.Arch.Model.PtrSize == 4 {
			for i := range m.emul.Sysent {
				m.shapes = append(m.shapes, shapeOf(&m.emul.Sysent[i].Sig))
			}
		}
	})
}

// rowsAMD64 is how many rows are amd64's own.
const rowsAMD64 = sysNo_MAXSYSCALL

// sysent is Sysent, for those that its handlers call.
var sysent []kern.Sysent

func init() { sysent = Sysent[:] }

func (m *Machine) table() []kern.Sysent {
	if m.column == 0 {
		return sysent[:rowsAMD64]
	}
	last := 0
	for _, n := range SysentNumbers[m.column] {
		last = max(last, int(n))
	}
	tab := make([]kern.Sysent, last+1)
	for i, n := range SysentNumbers[m.column] {
		if n >= 0 {
			tab[n] = sysent[i]
		}
	}
	return tab
}

// Execsw makes the entries of Linux's programs for the exec switch.
func Execsw() (list []*execve.ExecSwitch) {
	for _, m := range Machines {
		list = append(list, m.Execsw())
	}
	return list
}

// Execsw makes the entry of the machine's Linux programs for the exec switch.
func (m *Machine) Execsw() *execve.ExecSwitch {
	format := execve.Elf64
	if m.Arch.ELFClass == 1 {
		format = execve.Elf32
	}
	return &execve.ExecSwitch{
		Name: "elf " + m.Emul().Name + "/" + m.Arch.Name, Format: format, Emul: m.Emul(), Prio: execve.PrioAny, ArgLen: m.auxLen, Copyargs: m.copyargs,
		Probe: &execve.ElfProbe{Name: "linux_elf_probe", Func: m.probe},
	}
}

// MachineOf finds the machine of an architecture; nil if Linux programs are not run for it.
func MachineOf(a *cpu.Arch) *Machine {
	for _, m := range Machines {
		if m.Arch == a {
			return m
		}
	}
	return nil
}
