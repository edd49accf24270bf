package sparc

import (
	"sync"

	"nbemu/arch"
	"nbemu/arch/gdb"
	"nbemu/cpu"
	"nbemu/kern"
	"nbemu/mem"
	"nbemu/signals"
	"nbemu/syscalls"
	"nbemu/sysctl"
)

// Ports are the machines here.
var Ports = []*arch.Port{
	port(SPARC, &v8, newRegset(&v8, 132), syscall32, pagefault32, gdb32, vectors32, machdep(8, 0)),
	port(SPARC64, &v9, newRegset(&v9, 272), syscall64, pagefault64, gdb64, vectors64, machdep(9, 2)),
}

// NetBSD/sparc began with a.out.
func init() { Ports[0].Aout, Ports[0].Compat = true, compat }

// port makes one of them.
func port(a *cpu.Arch, s *shape, rs *signals.Regset, syscall func(l *kern.LWP), fault func(*kern.LWP, mem.FaultResult, *kern.Ksiginfo),
	g func() *gdb.Machine, v []cpu.Vectors, mach *sysctl.Node) *arch.Port {
	s.md = newMD(s)
	return &arch.Port{
		Arch: a, MD: s.md, Regset: rs, GDB: sync.OnceValue(g), Vectors: v,
		Emul: syscalls.Emul(kern.Emul{
			Arch: a, Syscall: syscall, Setregs: setregs, Sendsig: sendsig, Trapsig: trapsig, Pagefault: fault,
			Settle: rs.Settle, Unsettle: rs.Resume, ForkRegs: forkRegs, Sigcode: sigcodeOf(s), Machdep: mach,
		}),
		Sigcontext: func() signals.Sigcontext { return &sigcontext{} },

		Ras:    true,
		Upcall: upcall,
		Call:   calls.Call, Return: calls.Return,
		Lacks: map[string]string{
			"Sysarch":       "the kernel has no operations: ENOSYS",
			"Emul.StepTrap": "the kernel has no PT_STEP",
			"Regset.Step":   "the kernel has no PT_STEP",
			"CoreFlags":     "0, as the kernel writes",
		},
	}
}
