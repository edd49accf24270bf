package syscalls

import (
	"nbemu/abi"
	"nbemu/cpu"
	"nbemu/execve"
	"nbemu/kern"
	"nbemu/mem"
	"nbemu/signals"
)

// The native emulations of NetBSD/sparc and NetBSD/sparc64.
var (
	NetBSDSPARC   = sparcEmul(cpu.SPARC, syscallSPARC, signals.PagefaultSPARC)
	NetBSDSPARC64 = sparcEmul(cpu.SPARC64, syscallSPARC64, signals.PagefaultSPARC64)
)

func sparcEmul(a *cpu.Arch, syscall func(l *kern.LWP), fault func(*kern.LWP, mem.FaultResult, *kern.Ksiginfo)) *kern.Emul {
	return &kern.Emul{
		Name: "netbsd", Arch: a, Nosys: abi.SIGSYS,
		Syscall:   syscall,
		Setregs:   execve.SetregsSPARC,
		Sendsig:   signals.SendsigSPARC,
		Trapsig:   signals.TrapSPARC,
		Pagefault: fault,
		Settle:    signals.RegsetOf(a).Settle,
		Unsettle:  signals.RegsetOf(a).Resume,
		ForkRegs:  forkRegsSPARC,
	}
}

func init() { NetBSDSPARC.Sysent, NetBSDSPARC64.Sysent = Sysent[:], Sysent[:] }

// Bits in %g1 beside the number: where to go on after success, instead of clearing the carry bit.
const (
	sparcG2Return = 0x400
	sparcG7Return = 0x800
	sparcG5Return = sparcG2Return | sparcG7Return
)

// The carry bits of psr and, on sparc64, of both halves of ccr.
const (
	sparcCarry   = 0x00100000
	sparc64Carry = 0x11
)

func sparcCarryOf(l *kern.LWP) uint64 {
	if l.Model().LP64() {
		return sparc64Carry
	}
	return sparcCarry
}

// syscallSPARC: number in %g1, arguments in %o0 to %o5, then in the caller's frame; results in %o0 and %o1,
// carry set for an error (sys/arch/sparc/sparc/syscall.c).
func syscallSPARC(l *kern.LWP) {
	r := &l.Ctx.R
	w := words32{n: 6, sp: uint64(uint32(r[cpu.SPARC_O6])) + 92, bigEnd: true}
	for i := range 6 {
		w.w[i] = uint32(r[cpu.SPARC_O0+i])
	}
	g1 := r[cpu.SPARC_G1]
	r0, r1, err := w.call(l, int(g1&511))
	sparcReturn(l, g1, uint64(r0), uint64(r1), err)
}

// syscallSPARC64 is the same with 64-bit registers, where the number of an indirect call always takes one.
func syscallSPARC64(l *kern.LWP) {
	r := &l.Ctx.R
	g1 := r[cpu.SPARC_G1]
	code := int(g1 & 511)
	a := &l.Args
	*a = kern.Args{}
	copy(a[:6], r[cpu.SPARC_O0:])
	err := abi.OK
	narg, shift := sysNarg(code), 0
	if code == sysSyscall || code == sys__Sycall {
		code = int(a[0] & 511)
		narg, shift = sysNarg(code)+1, 1
	}
	if narg > 6 {
		var b [4 * 8]byte
		n := 8 * (narg - 6)
		if err = l.Copyin(b[:n], r[cpu.SPARC_O6]+cpu.SparcBias+176); err == abi.OK {
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
	sparcReturn(l, g1, rv.R0, rv.R1, err)
}

func sparcReturn(l *kern.LWP, g1, r0, r1 uint64, err abi.Errno) {
	r := &l.Ctx.R
	next := r[cpu.SPARC_NPC]
	switch err {
	case abi.OK:
		r[cpu.SPARC_O0], r[cpu.SPARC_O1] = r0, r1
		next = sparcSuccess(l, g1)
	case abi.ERESTART, abi.EJUSTRETURN:
		// The pc is still that of the trap instruction, or what the call set.
		return
	default:
		r[cpu.SPARC_O0] = uint64(err)
		r[cpu.SPARC_PSR] |= sparcCarryOf(l)
	}
	r[cpu.SPARC_PC], r[cpu.SPARC_NPC] = next, next+4
}

// sparcSuccess says where a call that succeeded goes on, and clears carry where that tells of it.
func sparcSuccess(l *kern.LWP, g1 uint64) uint64 {
	r := &l.Ctx.R
	switch g1 & sparcG5Return {
	case sparcG5Return:
		return r[cpu.SPARC_G5] &^ 3
	case sparcG2Return:
		return r[cpu.SPARC_G2] &^ 3
	case sparcG7Return:
		return r[cpu.SPARC_G7] &^ 3
	}
	r[cpu.SPARC_PSR] &^= sparcCarryOf(l)
	return r[cpu.SPARC_NPC]
}

// forkRegsSPARC: a child sees fork return 0, with 1 in the second register.
func forkRegsSPARC(l *kern.LWP) {
	r := &l.Ctx.R
	r[cpu.SPARC_O0], r[cpu.SPARC_O1] = 0, 1
	next := sparcSuccess(l, r[cpu.SPARC_G1])
	r[cpu.SPARC_PC], r[cpu.SPARC_NPC] = next, next+4
}
