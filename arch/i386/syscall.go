package i386

import (
	"nbemu/abi"
	"nbemu/arch/x86"
	"nbemu/kern"
	"nbemu/syscalls"
)

// syscall: number in eax; arguments on the stack above the return address; results in eax and edx, carry
// set for an error (sys/arch/x86/x86/syscall.c).
func syscall(l *kern.LWP) {
	r := &l.Ctx.R
	w := syscalls.Words32{SP: uint64(uint32(r[x86.RSP])) + 4}
	r0, r1, err := w.Call(l, int(r[x86.RAX]&511))
	switch err {
	case abi.OK:
		r[x86.RAX], r[x86.RDX] = uint64(r0), uint64(r1)
		r[x86.RFLAGS] &^= 1
	case abi.ERESTART:
		r[x86.RIP] -= 2 // int 0x80
	case abi.EJUSTRETURN:
	default:
		r[x86.RAX] = uint64(err)
		r[x86.RFLAGS] |= 1
	}
}

// Selectors of the call gates through which programs of before int 0x80 entered the kernel, and those of other systems.
const (
	lsys5calls  = 0x07
	lsol26calls = 0x27 // Solaris 2.6
	lbsdicalls  = 0x87 // BSD/OS

	lcallSize = 7
)

// trapsig is the trap handler. The call gates are not there for the processor, which faults; the call is made here
// (osyscall in sys/arch/i386/i386/locore.S).
func trapsig(l *kern.LWP) kern.Ksiginfo {
	const protection = 13
	r := &l.Ctx.R
	pc := r[x86.RIP]
	var b [lcallSize]byte
	if l.Ctx.Vector != protection || l.Copyin(b[:], pc) != abi.OK || b[0] != 0x9a ||
		!ldtGateAt(l.Proc.VM, int(b[5])|int(b[6])<<8) {
		return x86.Trapsig(l)
	}
	r[x86.RIP] = uint64(uint32(pc + lcallSize))
	vm := l.Proc.VM
	syscall(l)
	if l.Proc.VM == vm && r[x86.RIP] == uint64(uint32(pc+lcallSize))-2 {
		r[x86.RIP] = pc // it took it for int 0x80
	}
	return kern.Ksiginfo{}
}

// forkRegs: a child sees fork return 0, with 1 in the second register.
func forkRegs(l *kern.LWP) {
	r := &l.Ctx.R
	r[x86.RAX], r[x86.RDX] = 0, 1
	r[x86.RFLAGS] &^= 1 | x86.PSLTrace // nobody steps the child
}

// setregs is setregs of NetBSD/i386: the address of ps_strings in ebx, everything else 0.
func setregs(l *kern.LWP, entry, stack, psStrings uint64) {
	r := &l.Ctx.R
	r[x86.RIP], r[x86.RSP], r[x86.RBX] = entry, stack, psStrings
	r[x86.RFLAGS] = x86.PSLUserSet
	selectorsOf(l).begin(r)
	x86.ClearFPU(l, x86.FCW)
}
