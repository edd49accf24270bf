package syscalls

import (
	"nbemu/abi"
	"nbemu/cpu"
	"nbemu/execve"
	"nbemu/kern"
	"nbemu/signals"
)

// NetBSDI386 is the native emulation of NetBSD/i386.
var NetBSDI386 = &kern.Emul{
	Name: "netbsd", Arch: cpu.I386, Nosys: abi.SIGSYS,
	Syscall:   syscallI386,
	Setregs:   execve.SetregsI386,
	Sendsig:   signals.SendsigI386,
	Trapsig:   trapI386,
	Pagefault: signals.PagefaultX86,
	ForkRegs:  forkRegsI386,
	Sigcode:   signals.SigcodeI386,
}

func init() { NetBSDI386.Sysent = Sysent[:] }

// syscallI386: number in eax; arguments on the stack above the return address; results in eax and edx, carry
// set for an error (sys/arch/x86/x86/syscall.c).
func syscallI386(l *kern.LWP) {
	r := &l.Ctx.R
	w := words32{sp: uint64(uint32(r[cpu.AMD64_RSP])) + 4}
	r0, r1, err := w.call(l, int(r[cpu.AMD64_RAX]&511))
	switch err {
	case abi.OK:
		r[cpu.AMD64_RAX], r[cpu.AMD64_RDX] = uint64(r0), uint64(r1)
		r[cpu.AMD64_RFLAGS] &^= 1
	case abi.ERESTART:
		r[cpu.AMD64_RIP] -= 2 // int 0x80
	case abi.EJUSTRETURN:
	default:
		r[cpu.AMD64_RAX] = uint64(err)
		r[cpu.AMD64_RFLAGS] |= 1
	}
}

// Selectors of the call gates through which programs of before int 0x80 entered the kernel, and those of other systems.
const (
	lsys5calls  = 0x07
	lsol26calls = 0x27 // Solaris 2.6
	lbsdicalls  = 0x87 // BSD/OS

	lcallSize = 7
)

// trapI386 is the trap handler. The call gates are not there for the processor, which faults; the call is made here
// (osyscall in sys/arch/i386/i386/locore.S).
func trapI386(l *kern.LWP) kern.Ksiginfo {
	const protection = 13
	r := &l.Ctx.R
	pc := r[cpu.AMD64_RIP]
	var b [lcallSize]byte
	if l.Ctx.Vector != protection || l.Copyin(b[:], pc) != abi.OK || b[0] != 0x9a ||
		!ldtGateAt(l.Proc.VM, int(b[5])|int(b[6])<<8) {
		return signals.TrapI386(l)
	}
	r[cpu.AMD64_RIP] = uint64(uint32(pc + lcallSize))
	vm := l.Proc.VM
	syscallI386(l)
	if l.Proc.VM == vm && r[cpu.AMD64_RIP] == uint64(uint32(pc+lcallSize))-2 {
		r[cpu.AMD64_RIP] = pc // it took it for int 0x80
	}
	return kern.Ksiginfo{}
}

// forkRegsI386: a child sees fork return 0, with 1 in the second register.
func forkRegsI386(l *kern.LWP) {
	r := &l.Ctx.R
	r[cpu.AMD64_RAX], r[cpu.AMD64_RDX] = 0, 1
	r[cpu.AMD64_RFLAGS] &^= 1 | signals.X86Trace // nobody steps the child
}
