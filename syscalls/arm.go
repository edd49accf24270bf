package syscalls

import (
	"nbemu/abi"
	"nbemu/cpu"
	"nbemu/execve"
	"nbemu/kern"
	"nbemu/signals"
)

// NetBSDARM is the native emulation of NetBSD on 32-bit arm.
var NetBSDARM = &kern.Emul{
	Name: "netbsd", Arch: cpu.ARM, Nosys: abi.SIGSYS,
	Syscall:   syscallARM,
	Setregs:   execve.SetregsARM,
	Sendsig:   signals.SendsigARM,
	Trapsig:   signals.TrapARM,
	Pagefault: signals.PagefaultARM,
	ForkRegs:  forkRegsARM,
	Sigcode:   signals.SigcodeARM,
}

func init() { NetBSDARM.Sysent = Sysent[:] }

// The number in a svc instruction, and the systems that its upper bits name (sys/arch/arm/include/swi.h).
const (
	swiOSMask   = 0xf00000
	swiOSNetBSD = 0xa00000
	swiOSARM    = 0xf00000
	swiIMBRange = 1

	armCarry = 1 << 29
)

// syscallARM: number in the instruction, in Thumb state in r0, with r12 in r0's place; arguments in r0 to r3,
// then on the stack; results in r0 and r1, carry set for an error (sys/arch/arm/arm/syscall.c).
func syscallARM(l *kern.LWP) {
	r := &l.Ctx.R
	insn, size := l.Ctx.Error, uint64(4)
	if r[cpu.ARM_CPSR]&cpu.ARMThumb != 0 {
		insn, size = swiOSNetBSD|uint32(r[cpu.ARM_R0])&0xfffff, 2
		r[cpu.ARM_R0] = r[cpu.ARM_R12]
	}
	if os := insn & swiOSMask; os != swiOSNetBSD && os != 0 {
		if os == swiOSARM && insn&0xfffff <= swiIMBRange {
			// Instruction memory barriers: translations of what changed go.
			l.SyncICache(0, 1<<32)
			return
		}
		l.TrapSignal(&kern.Ksiginfo{Signo: abi.SIGILL, Code: abi.ILL_ILLTRP, Addr: abi.Ptr(r[cpu.ARM_PC] - size),
			Trap: int32(0xef000000 | insn)})
		return
	}
	w := words32{n: 4, sp: r[cpu.ARM_SP]}
	for i := range 4 {
		w.w[i] = uint32(r[i])
	}
	r0, r1, err := w.call(l, int(insn&511))
	switch err {
	case abi.OK:
		r[cpu.ARM_R0], r[cpu.ARM_R1] = uint64(r0), uint64(r1)
		r[cpu.ARM_CPSR] &^= armCarry
	case abi.ERESTART:
		r[cpu.ARM_PC] -= size
		if size == 2 {
			// The number must be found again.
			r[cpu.ARM_R0] = uint64(insn & 0xfffff)
		}
	case abi.EJUSTRETURN:
	default:
		r[cpu.ARM_R0] = uint64(err)
		r[cpu.ARM_CPSR] |= armCarry
	}
}

// forkRegsARM: a child sees fork return 0, with 1 in the second register.
func forkRegsARM(l *kern.LWP) {
	r := &l.Ctx.R
	r[cpu.ARM_R0], r[cpu.ARM_R1] = 0, 1
	r[cpu.ARM_CPSR] &^= armCarry
}
