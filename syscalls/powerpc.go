package syscalls

import (
	"nbemu/abi"
	"nbemu/cpu"
	"nbemu/execve"
	"nbemu/kern"
	"nbemu/signals"
)

// NetBSDPPC is the native emulation of NetBSD on powerpc.
var NetBSDPPC = &kern.Emul{
	Name: "netbsd", Arch: cpu.PPC, Nosys: abi.SIGSYS,
	Syscall:   syscallPPC,
	Setregs:   execve.SetregsPPC,
	Sendsig:   signals.SendsigPPC,
	Trapsig:   signals.TrapPPC,
	StepTrap:  signals.StepTrapPPC,
	Pagefault: signals.PagefaultPPC,
	ForkRegs:  forkRegsPPC,
	Sigcode:   signals.SigcodePPC,
}

func init() { NetBSDPPC.Sysent = Sysent[:] }

// ppcSO is the summary-overflow bit of cr0.
const ppcSO = 0x10000000

// syscallPPC: number in r0; arguments in r3 to r10, then on the stack behind the frame's link and return address;
// results in r3 and r4, summary overflow in cr0 set for an error (sys/arch/powerpc/powerpc/syscall.c).
func syscallPPC(l *kern.LWP) {
	r := &l.Ctx.R
	w := words32{n: 8, sp: uint64(uint32(r[cpu.PPC_R1])) + 8, bigEnd: true}
	for i := range 8 {
		w.w[i] = uint32(r[cpu.PPC_R3+i])
	}
	r3, r4, err := w.call(l, int(r[0]&511))
	switch err {
	case abi.OK:
		r[cpu.PPC_R3], r[cpu.PPC_R4] = uint64(r3), uint64(r4)
		r[cpu.PPC_CR] &^= ppcSO
	case abi.ERESTART:
		r[cpu.PPC_PC] -= 4
	case abi.EJUSTRETURN:
	default:
		r[cpu.PPC_R3] = uint64(err)
		r[cpu.PPC_CR] |= ppcSO
	}
}

// forkRegsPPC: a child sees fork return 0, with 1 in the second register.
func forkRegsPPC(l *kern.LWP) {
	r := &l.Ctx.R
	r[cpu.PPC_R3], r[cpu.PPC_R4] = 0, 1
	r[cpu.PPC_CR] &^= ppcSO
}
