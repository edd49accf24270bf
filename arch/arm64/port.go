package arm64

import (
	"sync"

	"nbemu/arch"
	"nbemu/kern"
	"nbemu/syscalls"
)

// Ports is the one machine here.
var Ports = []*arch.Port{{
	Arch: Arch, MD: md, Regset: &regset, GDB: sync.OnceValue(gdbMachine), Vectors: vectors,
	Emul: syscalls.Emul(kern.Emul{
		Arch: Arch, Syscall: syscall, Setregs: setregs, Sendsig: sendsig, Trapsig: trapsig, Pagefault: pagefault,
		StepTrap: stepTrap, ForkRegs: forkRegs, Machdep: machdep,
	}),
	Ras:  true,
	Call: calls.Call, Return: calls.Return,
	Lacks: map[string]string{
		"Upcall":       "no release with scheduler activations ran on it",
		"Sysarch":      "the kernel has no operations: ENOSYS",
		"Sigcontext":   "no release before 2.0 ran on it",
		"Emul.Sigcode": "for sigcontexts alone",
		"CoreFlags":    "0, as the kernel writes",
	},
}}
