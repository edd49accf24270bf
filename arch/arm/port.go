package arm

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
		ForkRegs: forkRegs, Machdep: machdep, Sigcode: sigcode,
	}),
	Sigcontext: func() signals.Sigcontext { return &sigcontext{} },
	Sysarch:    sysarch, Ras: true, Compat: compat,
	Upcall: upcall,
	Call:   calls.Call, Return: calls.Return,
	Lacks: map[string]string{
		"Arch.Frames":   "compilers keep no chain, and A32's and Thumb's would differ",
		"Emul.StepTrap": "the kernel has no PT_STEP",
		"Regset.Step":   "the kernel has no PT_STEP",
		"CoreFlags":     "0, as the kernel writes",
	},
}}
