package syscalls

import (
	"nbemu/abi"
	"nbemu/cpu"
	"nbemu/execve"
	"nbemu/kern"
	"nbemu/signals"
)

// NetBSDAMD64 is the native emulation of NetBSD/amd64.
var NetBSDAMD64 = &kern.Emul{
	Name: "netbsd", Arch: cpu.AMD64, Nosys: abi.SIGSYS,
	Syscall:   syscallAMD64,
	Setregs:   execve.SetregsAMD64,
	Sendsig:   signals.SendsigAMD64,
	Trapsig:   signals.TrapAMD64,
	Pagefault: signals.PagefaultX86,
	ForkRegs:  forkRegsAMD64,
}

func init() { NetBSDAMD64.Sysent = Sysent[:] }

// Numbers of the two calls whose first argument is the number of another.
const (
	sysSyscall  = 0
	sys__Sycall = 198
)

// syscallAMD64: number in rax; arguments in rdi, rsi, rdx, r10, r8, r9, then on the stack above the return
// address; results in rax and rdx, carry set for an error (sys/arch/x86/x86/syscall.c).
func syscallAMD64(l *kern.LWP) {
	r := &l.Ctx.R
	code := int(r[cpu.AMD64_RAX] & 511)
	a := &l.Args
	*a = kern.Args{r[cpu.AMD64_RDI], r[cpu.AMD64_RSI], r[cpu.AMD64_RDX], r[cpu.AMD64_R10], r[cpu.AMD64_R8], r[cpu.AMD64_R9]}
	err := abi.OK
	narg, shift := sysNarg(code), 0
	if code == sysSyscall || code == sys__Sycall {
		code = int(a[0] & 511)
		narg, shift = sysNarg(code)+1, 1
	}
	if narg > 6 {
		var b [4 * 8]byte
		n := 8 * (narg - 6)
		if err = l.Copyin(b[:n], r[cpu.AMD64_RSP]+8); err == abi.OK {
			for i := 6; i < narg; i++ {
				a[i] = l.Model().Uint(b[8*(i-6):], 8)
			}
		}
	}
	if shift != 0 {
		copy(a[:], a[1:])
	}
	var rv kern.Retval
	if err == abi.OK {
		rv, err = l.Invoke(code, a)
	}
	switch err {
	case abi.OK:
		r[cpu.AMD64_RAX], r[cpu.AMD64_RDX] = rv.R0, rv.R1
		r[cpu.AMD64_RFLAGS] &^= 1
	case abi.ERESTART:
		r[cpu.AMD64_RIP] -= 2 // both syscall and int 0x80
	case abi.EJUSTRETURN:
	default:
		r[cpu.AMD64_RAX] = uint64(err)
		r[cpu.AMD64_RFLAGS] |= 1
	}
	if r[cpu.AMD64_RFLAGS]&signals.X86Trace != 0 && l.Ctx.Vector != int80 {
		// sysret traps, iret after the next instruction only.
		l.TrapSignal(&kern.Ksiginfo{Signo: abi.SIGTRAP, Code: abi.TRAP_TRACE, Addr: abi.Ptr(r[cpu.AMD64_RIP]), Trap: 5})
	}
}

// int80 is the vector of the instruction that old programs make system calls with.
const int80 = 0x80

func sysNarg(code int) int {
	if code < len(Sysent) {
		return min(Sysent[code].Narg, 8)
	}
	return 0
}

// forkRegsAMD64: a child sees fork return 0, with 1 in the second register.
func forkRegsAMD64(l *kern.LWP) {
	r := &l.Ctx.R
	r[cpu.AMD64_RAX], r[cpu.AMD64_RDX] = 0, 1
	r[cpu.AMD64_RFLAGS] &^= 1 | signals.X86Trace // nobody steps the child
}

// machdep is what the handlers need to know of an architecture.
func machdep(l *kern.LWP) *signals.MD { return signals.MachDep(l.Proc.Arch) }
