// Package arch has what NetBSD calls a port: all that belongs to one kind of machine, behind one struct. Each folder
// below makes its Ports; arch/all lists them, and no other list of machines is kept anywhere. The layers of the kernel
// see a machine only through what its port says: kern through kern.Emul and cpu.Arch, those above it through Of.
//
// It is a part of nbemu and not for other modules: those import package machine.
package arch

import (
	"nbemu/abi"
	"nbemu/arch/gdb"
	"nbemu/cpu"
	"nbemu/execve"
	"nbemu/kern"
	"nbemu/signals"
)

// Port is one machine: sys/arch/PORT of NetBSD's sources, as far as programs see it. No member is forgotten: one that
// is nil or zero, here or in the structs that it points to, must be named in Lacks with the reason (arch/all tests it).
type Port struct {
	// Arch is the processor: numbers and names of registers, limits, the engine.
	Arch *cpu.Arch
	// Emul is NetBSD on it: entry of system calls, exec's registers, signal frames, traps and page faults to signals,
	// what fork's child finds.
	Emul *kern.Emul
	// MD is the machine's part of ucontext_t.
	MD *signals.MD
	// Regset is struct reg and struct fpreg, for ptrace(2) and core files.
	Regset *signals.Regset
	// Sigcontext makes a struct sigcontext, for handlers of NetBSD 1.6 and before.
	Sigcontext func() signals.Sigcontext
	// Sysarch is sysarch(2).
	Sysarch func(l *kern.LWP, op int32, parms uint64) (kern.Retval, abi.Errno)
	// Upcall makes l call fn with five arguments, on the stack that ends at sp, for scheduler activations. Error: EFAULT.
	Upcall func(l *kern.LWP, fn, sp uint64, args [5]uint64) abi.Errno
	// Call has l, which is on its way to user mode, call a function of integers and pointers that returns to ret. The
	// result will be in the register of that index. Errors: EFAULT; E2BIG for more arguments than it can pass.
	Call func(l *kern.LWP, fn, ret uint64, args []uint64) (result int, err abi.Errno)
	// Return is the address that a function returns to which l is about to begin; offset is where it is from the stack
	// pointer, if it lies there. Error: EFAULT.
	Return func(l *kern.LWP, offset uint64) (uint64, abi.Errno)
	// ElfSetregs runs after Emul.Setregs, for what depends on the file.
	ElfSetregs func(l *kern.LWP, epp *execve.Package, stack uint64)
	// Aout: its kernels run a.out programs (EXEC_AOUT).
	Aout bool
	// Coff: its kernels knew COFF programs (COMPAT_IBCS2); they are told, and refused.
	Coff bool
	// Ecoff: its kernels run ECOFF programs (EXEC_ECOFF).
	Ecoff bool
	// Ras: its kernels have restartable sequences (__HAVE_RAS).
	Ras bool
	// CoreFlags are e_flags of a core file.
	CoreFlags uint32
	// Compat are the kernels of 64 bits that run the machine's programs (COMPAT_NETBSD32).
	Compat []Compat
	// Traced is what debuggers of the kernel's own machine see of Regset, in the port of a Compat.
	Traced *signals.Regset
	// GDB returns what gdb is told of the registers. It is made when it is first asked for: nbemu starts without.
	GDB func() *gdb.Machine
	// Vectors are the programs that the processor is tested with. On machines with two kinds of code there are two.
	Vectors []cpu.Vectors

	// Lacks says of each member that is left out why. Members of structs are named with a dot: "Emul.StepTrap".
	Lacks map[string]string
}

// Compat is how a kernel of 64 bits presents a 32-bit machine to its programs (sys/arch/PORT/PORT/netbsd32_machdep.c).
type Compat struct {
	Native string // the kernel's machine, by the name of its port
	// Arch is the 32-bit machine there: its end of the stack (USRSTACK32), limits (MAXDSIZ32 …), pages and names
	// (machine32, machine_arch32).
	Arch *cpu.Arch
	// Interp is the suffix of the dynamic linker that is looked for first: ld.elf_so-i386 (compat_elf_check_interp).
	Interp string
	// Regset is how debuggers of the kernel's own machine see its registers; nil: in the places where that machine has
	// them, which are the same.
	Regset *signals.Regset
}

var (
	ports  []*Port
	byArch = map[*cpu.Arch]*Port{}
)

// Register makes machines known. It is called before the first process is made; see arch/all.
func Register(list ...*Port) {
	for _, p := range list {
		ports = append(ports, p)
		byArch[p.Arch] = p
	}
}

// RegisterCompat makes a port known that is no machine of its own: how a kernel of 64 bits runs another's programs.
func RegisterCompat(p *Port) { byArch[p.Arch] = p }

// Ports lists the machines, in the order of arch/all.
func Ports() []*Port { return ports }

// Of is the port of a machine; nil if none is registered for it.
func Of(a *cpu.Arch) *Port { return byArch[a] }

// ByELF finds the machine of an ELF header; nil if there is none.
func ByELF(machine uint16, class, data byte, flags uint32) *Port {
	for _, p := range ports {
		a := p.Arch
		if a.RunsMachine(machine) && a.ELFClass == class && a.ELFData == data && a.FlagsFit(flags) {
			return p
		}
	}
	return nil
}

// ByName finds a machine by its name; nil if there is none.
func ByName(name string) *Port {
	for _, p := range ports {
		if p.Arch.Name == name {
			return p
		}
	}
	return nil
}

// ElfEntries makes the entries of the exec switch for the machine's ELF programs; see execve.NetBSDElf.
func (p *Port) ElfEntries(noteless bool) []*execve.ExecSwitch {
	sw := execve.NetBSDElf(p.Emul, noteless)
	for _, e := range sw {
		e.Setregs = p.ElfSetregs
	}
	return sw
}

// Execsw makes the entries of the exec switch for the programs that the machine's NetBSD runs.
func (p *Port) Execsw(noteless bool) []*execve.ExecSwitch {
	sw := p.ElfEntries(noteless)
	if p.Aout {
		sw = append(sw, execve.AoutEntry(p.Emul))
	}
	if p.Coff {
		sw = append(sw, execve.CoffEntry(p.Emul))
	}
	if p.Ecoff {
		sw = append(sw, execve.EcoffEntry(p.Emul))
	}
	return sw
}
