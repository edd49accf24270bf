package i386

import (
	"sync"

	"nbemu/arch"
	"nbemu/arch/gdb"
	"nbemu/arch/x86"
	"nbemu/kern"
	"nbemu/signals"
	"nbemu/syscalls"
)

// Ports is the one machine here.
var Ports = []*arch.Port{{
	Arch: Arch, MD: md, Regset: &regset, GDB: sync.OnceValue(gdbMachine), Vectors: vectors,
	Emul: syscalls.Emul(kern.Emul{
		Arch: Arch, Syscall: syscall, Setregs: setregs, Sendsig: sendsig, Trapsig: trapsig, Pagefault: x86.Pagefault,
		ForkRegs: forkRegs, Setprivate: setprivate, Machdep: x86.Machdep("i386"), Sigcode: sigcode,
	}),
	Sigcontext: func() signals.Sigcontext { return &sigcontext{} },
	Sysarch:    sysarch, Aout: true, Coff: true, Ras: true, Compat: compat,
	Upcall: upcall,
	Call:   calls.Call, Return: calls.Return,
	Lacks: map[string]string{
		"Emul.StepTrap": "the processor traps by itself",
		"CoreFlags":     "0, as the kernel writes",
	},
}}

func gdbMachine() *gdb.Machine { return x86.GDB("i386", gdbCore(), 8) }
