// Package netbsd32 is the emulation of a 32-bit machine's NetBSD on a kernel of 64 bits (sys/compat/netbsd32): i386 on
// amd64, arm on aarch64, sparc on sparc64, o32 and n32 on mips64. Calls are the native table's handlers, for structures
// have layouts for every machine; registers, contexts, frames and traps are those of the 32-bit machine's port.
//
// It is a part of nbemu and not for other modules: those import package machine.
package netbsd32

import (
	"sync"

	"nbemu/arch"
	_ "nbemu/arch/all" // the ports that emuls is made from
	"nbemu/cpu"
	"nbemu/kern"
	"nbemu/syscalls"
)

//go:generate go run nbemu/internal/mksyscalls -like ../../syscalls/syscalls.master -master netbsd32.master -pkg netbsd32

// Machine is one machine's programs on one kernel.
type Machine struct {
	Guest  *arch.Port // the 32-bit machine's port
	Native *arch.Port // the kernel's
	Interp string     // see arch.Compat
	Emul   *kern.Emul
}

// Sysent is the table of calls: the native one without what netbsd32 has not. It is made when it is first asked for.
var Sysent = sync.OnceValue(func() []kern.Sysent {
	tab := make([]kern.Sysent, maxSyscall)
	copy(tab, syscalls.Sysent[:])
	for _, a := range absent {
		tab[a.num] = kern.Sysent{Name: a.name}
		tab[a.num].Sig.Name = a.name
	}
	return tab
})

// machines are all pairs of a machine and a kernel.
var machines = makeMachines()

func makeMachines() (list []*Machine) {
	for _, p := range arch.Ports() {
		for i := range p.Compat {
			list = append(list, newMachine(p, &p.Compat[i]))
		}
	}
	return list
}

// newMachine makes the emulation (emul_netbsd32) and a port of its own for it, which differs from the machine's in what
// the kernel of 64 bits presents.
func newMachine(guest *arch.Port, c *arch.Compat) *Machine {
	m := &Machine{Guest: guest, Native: arch.ByName(c.Native), Interp: c.Interp}
	e := *guest.Emul
	e.Name, e.Path, e.Arch, e.Sysent, e.Machdep = "netbsd32", "/emul/netbsd32", c.Arch, nil, nil
	e.Kernel64 = true
	var begun sync.Once
	e.Setregs = func(l *kern.LWP, entry, stack, psStrings uint64) {
		begun.Do(func() { m.Emul.Sysent = Sysent() })
		l.Proc.CutLimits(c.Arch)
		guest.Emul.Setregs(l, entry, stack, psStrings)
	}
	m.Emul = &e
	p := *guest
	p.Arch, p.Emul, p.Compat, p.Traced = c.Arch, m.Emul, nil, c.Regset
	if p.Traced == nil {
		p.Traced = m.Native.Regset
	}
	arch.RegisterCompat(&p)
	return m
}

// MachinesOf lists the 32-bit machines whose programs a kernel of 64 bits runs.
func MachinesOf(native *cpu.Arch) (list []*Machine) {
	for _, m := range machines {
		if m.Native.Arch == native {
			list = append(list, m)
		}
	}
	return list
}
