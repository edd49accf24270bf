package syscalls

import (
	"nbemu/abi"
	"nbemu/cpu"
	"nbemu/execve"
	"nbemu/kern"
	"nbemu/signals"
)

// NetBSDARM64 is the native emulation of NetBSD/aarch64.
var NetBSDARM64 = &kern.Emul{
	Name: "netbsd", Arch: cpu.ARM64, Nosys: abi.SIGSYS,
	Syscall:   syscallARM64,
	Setregs:   execve.SetregsARM64,
	Sendsig:   signals.SendsigARM64,
	Trapsig:   signals.TrapARM64,
	Pagefault: signals.PagefaultARM64,
	StepTrap:  signals.StepTrapARM64,
	ForkRegs:  forkRegsARM64,
}

func init() { NetBSDARM64.Sysent = Sysent[:] }

const arm64Carry = 1 << 29

// syscallARM64: number in the instruction; arguments in x0 to x7, then on the stack; for the two indirect
// calls the number is in x17 and the arguments stay where they are. Results in x0 and x1, carry set for an
// error (sys/arch/aarch64/aarch64/syscall.c).
func syscallARM64(l *kern.LWP) {
	r := &l.Ctx.R
	code := int(l.Ctx.Error)
	if code == sysSyscall || code == sys__Sycall {
		code = int(r[cpu.ARM64_X17] & 0xffff)
	}
	code &= 511
	a := &l.Args
	*a = kern.Args{}
	copy(a[:8], r[:8])
	var rv kern.Retval
	err := abi.OK
	if n := sysNarg(code); n > 8 {
		var b [2 * 8]byte
		if err = l.Copyin(b[:8*(n-8)], r[cpu.ARM64_SP]); err == abi.OK {
			for i := 8; i < n; i++ {
				a[i] = l.Model().Uint(b[8*(i-8):], 8)
			}
		}
	}
	if err == abi.OK {
		rv, err = l.Invoke(code, a)
	}
	switch err {
	case abi.OK:
		r[cpu.ARM64_X0], r[cpu.ARM64_X1] = rv.R0, rv.R1
		r[cpu.ARM64_SPSR] &^= arm64Carry
	case abi.ERESTART:
		r[cpu.ARM64_PC] -= 4
	case abi.EJUSTRETURN:
	default:
		r[cpu.ARM64_X0] = uint64(err)
		r[cpu.ARM64_SPSR] |= arm64Carry
	}
}

// forkRegsARM64: a child sees fork return 0, with 1 in the second register.
func forkRegsARM64(l *kern.LWP) {
	r := &l.Ctx.R
	r[cpu.ARM64_X0], r[cpu.ARM64_X1] = 0, 1
	r[cpu.ARM64_SPSR] &^= arm64Carry
}
