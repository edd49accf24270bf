package powerpc

import (
	"sync"

	"nbemu/arch"
	"nbemu/kern"
	"nbemu/signals"
	"nbemu/syscalls"
)

// Ports is the one machine here.
var Ports = []*arch.Port{{
	Arch: Arch, MD: md, Regset: &regset, GDB: sync.OnceValue(gdbMachine), Vectors: vectors,
	Emul: syscalls.Emul(kern.Emul{
		Arch: Arch, Syscall: syscall, Setregs: setregs, Sendsig: sendsig, Trapsig: trapsig, Pagefault: pagefault,
		StepTrap: stepTrap, ForkRegs: forkRegs, Sigcode: sigcode,
		Machdep: machdep,
	}),
	Sigcontext: func() signals.Sigcontext { return &sigcontext{} },
	Ras:        true,
	Upcall:     upcall,
	Call:       calls.Call,
	Return:     calls.Return,
	Lacks: map[string]string{
		"Sysarch":   "the kernel has no operations: ENOSYS",
		"CoreFlags": "0, as the kernel writes",
	},
}}
