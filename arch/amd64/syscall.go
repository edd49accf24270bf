package amd64

import (
	"nbemu/abi"
	"nbemu/arch/x86"
	"nbemu/execve"
	"nbemu/kern"
	"nbemu/syscalls"
)

// syscall: number in rax; arguments in rdi, rsi, rdx, r10, r8, r9, then on the stack above the return
// address; results in rax and rdx, carry set for an error (sys/arch/x86/x86/syscall.c).
func syscall(l *kern.LWP) {
	r := &l.Ctx.R
	code := int(r[x86.RAX] & 511)
	a := &l.Args
	a.Set6(r[x86.RDI], r[x86.RSI], r[x86.RDX], r[x86.R10], r[x86.R8], r[x86.R9])
	err := abi.OK
	narg, shift := syscalls.Narg(code), 0
	if syscalls.Indirect(code) {
		code = int(a[0] & 511)
		narg, shift = syscalls.Narg(code)+1, 1
	}
	if narg > 6 {
		var b [4 * 8]byte
		n := 8 * (narg - 6)
		if err = l.Copyin(b[:n], r[x86.RSP]+8); err == abi.OK {
			for i := 6; i < narg; i++ {
				a[i] = l.Model().Uint(b[8*(i-6):], 8)
			}
		}
	}
	if shift != 0 {
		a.Shift()
	}
	var rv kern.Retval
	if err == abi.OK {
		rv, err = l.Invoke(code, a)
	}
	switch err {
	case abi.OK:
		r[x86.RAX], r[x86.RDX] = rv.R0, rv.R1
		r[x86.RFLAGS] &^= 1
	case abi.ERESTART:
		r[x86.RIP] -= 2 // both syscall and int 0x80
	case abi.EJUSTRETURN:
	default:
		r[x86.RAX] = uint64(err)
		r[x86.RFLAGS] |= 1
	}
	if r[x86.RFLAGS]&x86.PSLTrace != 0 && l.Ctx.Vector != int80 {
		// sysret traps, iret after the next instruction only.
		l.TrapSignal(&kern.Ksiginfo{Signo: abi.SIGTRAP, Code: abi.TRAP_TRACE, Addr: abi.Ptr(r[x86.RIP]), Trap: 5})
	}
}

// int80 is the vector of the instruction that old programs make system calls with.
const int80 = 0x80

// forkRegs: a child sees fork return 0, with 1 in the second register.
func forkRegs(l *kern.LWP) {
	r := &l.Ctx.R
	r[x86.RAX], r[x86.RDX] = 0, 1
	r[x86.RFLAGS] &^= 1 | x86.PSLTrace // nobody steps the child
}

// User-mode selectors of a new program (segments.h): code and data lie in the LDT, fs and gs show the data descriptor
// of the GDT.
const (
	userCS = 8<<3 | 4 | 3
	userDS = 7<<3 | 4 | 3
	userFS = 4<<3 | 3
)

// Programs older than this release get x87 with 53 bits of precision.
const (
	newFCW    = 699002600
	compatFCW = 0x127f
)

// setregs is setregs of NetBSD/amd64: the address of ps_strings in rbx, everything else 0.
func setregs(l *kern.LWP, entry, stack, psStrings uint64) {
	r := &l.Ctx.R
	r[x86.RIP], r[x86.RSP], r[x86.RBX] = entry, stack, psStrings
	r[x86.RFLAGS] = x86.PSLUserSet
	r[x86.CS] = userCS
	r[x86.SS], r[x86.DS], r[x86.ES] = userDS, userDS, userDS
	r[x86.FS], r[x86.GS] = userFS, userFS
	x86.ClearFPU(l, x86.FCW)
}

// elfSetregs is what the release a program was made for changes.
func elfSetregs(l *kern.LWP, epp *execve.Package, _ uint64) {
	if epp.OSVersion < newFCW {
		x86.ClearFPU(l, compatFCW)
	}
}
