package amd64

import (
	"sync"

	"nbemu/arch"
	"nbemu/arch/gdb"
	"nbemu/arch/x86"
	"nbemu/kern"
	"nbemu/syscalls"
)

// Ports is the one machine here.
var Ports = []*arch.Port{{
	Arch: Arch, MD: md, Regset: &regset, GDB: sync.OnceValue(func() *gdb.Machine { return x86.GDB("i386:x86-64", gdbCore(), 16) }), Vectors: vectors,
	Emul: syscalls.Emul(kern.Emul{
		Arch: Arch, Syscall: syscall, Setregs: setregs, Sendsig: sendsig, Trapsig: x86.Trapsig, Pagefault: x86.Pagefault,
		ForkRegs: forkRegs, Machdep: x86.Machdep("amd64"),
	}),
	Sysarch: x86.Sysarch, ElfSetregs: elfSetregs, Ras: true,
	Upcall: upcall,
	Call:   calls.Call, Return: calls.Return,
	Lacks: map[string]string{
		"Sigcontext":    "the port is of 2.0",
		"Emul.Sigcode":  "for sigcontexts alone",
		"Emul.StepTrap": "the processor traps by itself",
		"CoreFlags":     "0, as the kernel writes",
	},
}}
