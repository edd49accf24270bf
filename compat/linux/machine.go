package linux

import (
	"sync"

	"nbemu/abi"
	"nbemu/arch"
	"nbemu/cpu"
	"nbemu/execve"
	"nbemu/kern"
)

// Machine is what differs between the machines that Linux runs on. Each has a file of this package; Machines lists them.
type Machine struct {
	Arch     *cpu.Arch
	Uname    string // what uname says of it
	Platform string // AT_PLATFORM; "" for none
	Hwcap    uint64 // AT_HWCAP: what the emulated processor has
	Hwcap2   uint64
	PIEBase  uint64 // where position independent programs begin

	// Interpreters are parts of the names of dynamic linkers.
	Interpreters []string

	// column is the machine's place in the rows of linux.master.
	column int
	// pairsAligned: an argument of 64 bits begins in an even register, where registers have 32.
	pairsAligned bool

	// Entry, frames and traps, as in kern.Emul.
	syscall func(l *kern.LWP)
	setregs func(l *kern.LWP, entry, stack, psStrings uint64)
	// sendsig aims the registers at a handler and makes its frame. There is no room for it: false.
	sendsig  func(l *kern.LWP, act *kern.Sigaction, ksi *kern.Ksiginfo, mask *abi.Sigset) bool
	trapsig  func(l *kern.LWP) kern.Ksiginfo
	forkRegs func(l *kern.LWP)
	// sigreturn takes a frame off the stack again, that of a handler with or without a siginfo. What it finds is
	// wrong: false.
	sigreturn func(l *kern.LWP, rt bool) bool
	// setTLS sets the thread pointer.
	setTLS func(l *kern.LWP, va uint64)
	// cloneTLS says that clone's tls comes before the address of the child's number (CLONE_BACKWARDS).
	cloneTLS bool
	sigcode  []byte // with what signal handlers return to where the program brings nothing

	// restorer: struct sigaction has a member sa_restorer.
	restorer bool
	open     openBits
	// stat makes struct stat, and stat64 struct stat64 of the machines of 32 bits.
	stat, stat64 func(st *abi.Stat) any
	// packedEvent: struct epoll_event has no padding.
	packedEvent bool
	// semPadded: the times in struct semid64_ds have a word behind each.
	semPadded bool

	once, tableOnce sync.Once
	shapes          []shape // of the calls' arguments, by number, where registers have 32 bits
	emul            *kern.Emul
	timeModel       *abi.Model // of the calls with times of 64 bits; nil where all have them
}

// openBits are the flags of open that have other values on some machines.
type openBits struct{ direct, largefile, directory, nofollow int32 }

var (
	openGeneric = openBits{direct: 0o40000, largefile: 0o100000, directory: 0o200000, nofollow: 0o400000}
	openARM     = openBits{direct: 0o200000, largefile: 0o400000, directory: 0o40000, nofollow: 0o100000}
)

// openIn gives the machine's flags of open the values that they have on most machines; openOut goes back.
func (m *Machine) openIn(f int32) int32 { return swapBits(f, m.open, openGeneric) }

func (m *Machine) openOut(f int32) int32 { return swapBits(f, openGeneric, m.open) }

func swapBits(f int32, from, to openBits) int32 {
	if from == to {
		return f
	}
	n := f &^ (from.direct | from.largefile | from.directory | from.nofollow)
	for _, b := range [...][2]int32{{from.direct, to.direct}, {from.largefile, to.largefile}, {from.directory, to.directory}, {from.nofollow, to.nofollow}} {
		if f&b[0] != 0 {
			n |= b[1]
		}
	}
	return n
}

// Machines are those that Linux programs are run for.
var Machines = []*Machine{machAMD64, machI386, machARM, machARM64, machRISCV64}

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

func (m *Machine) makeEmul() {
	model := *m.Arch.Model
	model.Time = abi.TimeLong
	model.CmsgAlign = 0
	if model.PtrSize == 4 {
		wide := model
		wide.Time = abi.TimeWide
		m.timeModel = &wide
	}
	e := &kern.Emul{
		Name: "linux", Path: "/emul/linux", Arch: m.Arch, Model: &model, Data: m,
		Syscall: m.syscall, Setregs: m.start, Sendsig: m.deliver, Trapsig: m.trapsig, ForkRegs: m.forkRegs,
		ProcExec: procExec, ProcFork: procFork, ProcExit: procExit, LWPExit: lwpExit,
		Pagefault: arch.Of(m.Arch).Emul.Pagefault, Sigcode: m.sigcode,

		KeepBlocked: true, LinuxSlashes: true, DenyWrite: true, PathMax: pathMax, ItimerCode: abi.SI_NOINFO,
		NodeferMask: true, AbstractSockets: true, SomeRights: true, XCPUStep: 1,
	}
	if m.Arch != machAMD64.Arch {
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
		m.emul.Sysent = m.table()
		if m.Arch.Model.PtrSize == 4 {
			for i := range m.emul.Sysent {
				m.shapes = append(m.shapes, shapeOf(&m.emul.Sysent[i].Sig))
			}
		}
	})
}

// rowsAMD64 is how many rows are amd64's own.
const rowsAMD64 = sysNo_MAXSYSCALL

func (m *Machine) table() []kern.Sysent {
	if m.column == 0 {
		return Sysent[:rowsAMD64]
	}
	last := 0
	for _, n := range SysentNumbers[m.column] {
		last = max(last, int(n))
	}
	tab := make([]kern.Sysent, last+1)
	for i, n := range SysentNumbers[m.column] {
		if n >= 0 {
			tab[n] = Sysent[i]
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
		Name: "elf linux/" + m.Arch.Name, Format: format, Emul: m.Emul(), Prio: execve.PrioAny, ArgLen: m.auxLen, Copyargs: m.copyargs,
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
