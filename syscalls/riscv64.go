package syscalls

import (
	"nbemu/abi"
	"nbemu/cpu"
	"nbemu/execve"
	"nbemu/kern"
	"nbemu/signals"
)

// NetBSDRISCV64 is the native emulation of NetBSD on riscv64.
var NetBSDRISCV64 = &kern.Emul{
	Name: "netbsd", Arch: cpu.RISCV64, Nosys: abi.SIGSYS,
	Syscall:   syscallRISCV64,
	Setregs:   execve.SetregsRISCV64,
	Sendsig:   signals.SendsigRISCV64,
	Trapsig:   signals.TrapRISCV64,
	Pagefault: signals.PagefaultRISCV64,
	ForkRegs:  forkRegsRISCV64,
}

func init() { NetBSDRISCV64.Sysent = Sysent[:] }

// riscvErrorJump is the size of what stands behind each ecall: a jump to the error handler, of two instructions.
const riscvErrorJump = 8

// syscallRISCV64: number in t6, arguments in a0 to a7; for both indirect calls the number is in a0, and what
// follows a7 is s2. Results in a0 and a1. There is no error flag: a call that succeeds goes on behind the jump
// to the error handler, one that fails there, with the error in a0 (sys/arch/riscv/riscv/syscall.c). Handlers
// see the pc of a success.
func syscallRISCV64(l *kern.LWP) {
	r := &l.Ctx.R
	code, first := int(int32(r[cpu.RISCV64_T6])), cpu.RISCV64_A0
	if code == sysSyscall || code == sys__Sycall {
		code, first = int(int32(r[first])), first+1
	}
	a := &l.Args
	*a = kern.Args{}
	copy(a[:8], r[first:])
	r[cpu.RISCV64_PC] += riscvErrorJump
	rv, err := l.Invoke(code, a)
	switch err {
	case abi.OK:
		r[cpu.RISCV64_A0], r[cpu.RISCV64_A1] = rv.R0, rv.R1
	case abi.ERESTART:
		r[cpu.RISCV64_PC] -= 4 + riscvErrorJump
	case abi.EJUSTRETURN:
	default:
		r[cpu.RISCV64_A0] = uint64(err)
		r[cpu.RISCV64_PC] -= riscvErrorJump
	}
}

// forkRegsRISCV64: a child sees fork return 0, with 1 in the second register.
func forkRegsRISCV64(l *kern.LWP) {
	r := &l.Ctx.R
	r[cpu.RISCV64_A0], r[cpu.RISCV64_A1] = 0, 1
}
