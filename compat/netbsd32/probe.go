package netbsd32

import (
	"nbemu/abi"
	"nbemu/execve"
)

// Execsw makes the entries of the exec switch for the machine's programs: a.out first, if aout is set, then ELF, which
// comes after what is the kernel's own (netbsd32_execsw).
func (m *Machine) Execsw(aout bool) (list []*execve.ExecSwitch) {
	if aout && m.Guest.Aout {
		e := execve.AoutEntry(m.Emul)
		e.Prio = execve.PrioFirst
		list = append(list, e)
	}
	e := execve.NetBSDElf(m.Emul, false)[0]
	e.Prio, e.Setregs = execve.PrioAny, m.Guest.ElfSetregs
	e.Probe = &execve.ElfProbe{Name: "netbsd32_elf32_probe", Func: m.probe}
	return append(list, e)
}

// probe accepts programs with a NetBSD note, and looks for their interpreter by the name with the machine's suffix first
// (netbsd32_elf32_probe).
func (m *Machine) probe(epp *execve.Package, h *execve.ElfHeader, ph []execve.ElfPhdr, interp string) (uint64, abi.Errno) {
	pos, err := execve.NetBSDProbe.Func(epp, h, ph, interp)
	if err == abi.OK {
		epp.CheckInterp(interp, m.Interp)
	}
	return pos, err
}
