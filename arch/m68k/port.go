package m68k

import (
	"sync"

	"nbemu/arch"
	"nbemu/kern"
	"nbemu/signals"
	"nbemu/syscalls"
	"nbemu/sysctl"
)

// machdep is the port's (sys/arch/hp300/hp300/machdep.c, sysctl_machdep_setup).
var machdep = sysctl.Machdep(
	sysctl.MachdepStruct(1, "console_device", "Device of the console", struct{ Dev uint64 }{}),
)

// Ports is the one machine here.
var Ports = []*arch.Port{{
	Arch: Arch, MD: md, Regset: &regset, GDB: sync.OnceValue(gdbMachine), Vectors: vectors,
	Emul: syscalls.Emul(kern.Emul{
		Arch: Arch, Syscall: syscall, Setregs: setregs, Sendsig: sendsig, Trapsig: trapsig, Pagefault: pagefault,
		StepTrap: stepTrap, ForkRegs: forkRegs, Sigcode: sigcode, Machdep: machdep,
	}),
	Sigcontext: func() signals.Sigcontext { return &sigcontext{} },
	Ras:        true,
	Aout:       true,
	Upcall:     upcall,
	Call:       calls.Call,
	Return:     calls.Return,
	Lacks: map[string]string{
		"Arch.Parallel": "no machine had two processors, and its libraries have no barriers",
		"Sysarch":       "the kernel has no operations: ENOSYS",
		"CoreFlags":     "0, as the kernel writes",
	},
}}
