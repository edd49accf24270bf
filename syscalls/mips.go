package syscalls

import (
	"encoding/binary"

	"nbemu/abi"
	"nbemu/cpu"
	"nbemu/execve"
	"nbemu/kern"
	"nbemu/signals"
)

// The native emulations of NetBSD on mips.
var (
	NetBSDMIPS    = mipsEmul(cpu.MIPS, syscallMIPSO32)
	NetBSDMIPSEL  = mipsEmul(cpu.MIPSEL, syscallMIPSO32)
	NetBSDMIPS64  = mipsEmul(cpu.MIPS64, syscallMIPS64)
	NetBSDMIPSN32 = mipsEmul(cpu.MIPSN32, syscallMIPS64)

	NetBSDMIPS64EL  = mipsEmul(cpu.MIPS64EL, syscallMIPS64)
	NetBSDMIPSN32EL = mipsEmul(cpu.MIPSN32EL, syscallMIPS64)
)

func mipsEmul(a *cpu.Arch, syscall func(l *kern.LWP)) *kern.Emul {
	return &kern.Emul{
		Name: "netbsd", Arch: a, Nosys: abi.SIGSYS,
		Syscall:   syscall,
		Setregs:   execve.SetregsMIPS,
		Sendsig:   signals.SendsigMIPS,
		Trapsig:   signals.TrapMIPS,
		Pagefault: signals.PagefaultMIPS,
		StepTrap:  signals.StepTrapMIPS,
		ForkRegs:  forkRegsMIPS,
	}
}

func init() {
	for _, e := range []*kern.Emul{NetBSDMIPS, NetBSDMIPSEL, NetBSDMIPS64, NetBSDMIPSN32, NetBSDMIPS64EL, NetBSDMIPSN32EL} {
		e.Sysent = Sysent[:]
	}
	NetBSDMIPS.Sigcode = signals.SigcodeMIPS(binary.BigEndian)
	NetBSDMIPSEL.Sigcode = signals.SigcodeMIPS(binary.LittleEndian)
}

// sext is a 32-bit result as a register of a 64-bit processor holds it.
func sext(v uint32) uint64 { return uint64(int64(int32(v))) }

// syscallMIPSO32: number in v0; arguments in a0 to a3, then on the stack above the room for those; results in v0
// and v1, a3 not 0 for an error (sys/arch/mips/mips/syscall.c).
func syscallMIPSO32(l *kern.LWP) {
	r := &l.Ctx.R
	w := words32{n: 4, sp: uint64(uint32(r[cpu.MIPS_SP])) + 16, bigEnd: l.Model().BigEndian}
	for i := range 4 {
		w.w[i] = uint32(r[cpu.MIPS_A0+i])
	}
	r0, r1, err := w.call(l, int(r[cpu.MIPS_V0]&511))
	mipsReturn(l, sext(r0), sext(r1), err)
}

// syscallMIPS64 is for n32 and n64: registers are 64 bits wide, arguments in a0 to a7, then on the stack; for
// both indirect calls the number takes one.
func syscallMIPS64(l *kern.LWP) {
	r := &l.Ctx.R
	code := int(r[cpu.MIPS_V0] & 511)
	a := &l.Args
	*a = kern.Args{}
	copy(a[:8], r[cpu.MIPS_A0:])
	err := abi.OK
	narg, shift := sysNarg(code), 0
	if code == sysSyscall || code == sys__Sycall {
		code = int(a[0] & 511)
		narg, shift = sysNarg(code)+1, 1
	}
	if narg > 8 {
		var b [8]byte
		if err = l.Copyin(b[:], r[cpu.MIPS_SP]); err == abi.OK {
			a[8] = l.Model().Uint(b[:], 8)
		}
	}
	if shift != 0 {
		copy(a[:], a[1:])
	}
	if !l.Model().LP64() {
		narrowArgs(shapeFor(code), a)
	}
	var rv kern.Retval
	if err == abi.OK {
		rv, err = l.Invoke(code, a)
	}
	if !l.Model().LP64() && !shapeFor(code).wide {
		rv.R0, rv.R1 = sext(uint32(rv.R0)), sext(uint32(rv.R1))
	}
	mipsReturn(l, rv.R0, rv.R1, err)
}

// narrowArgs makes of 64-bit registers that hold 32-bit values, sign-extended, what handlers expect.
func narrowArgs(s *shape, a *kern.Args) {
	for i, k := range s.kinds {
		switch k {
		case argSigned:
			a[i] = sext(uint32(a[i]))
		case argUnsigned:
			a[i] = uint64(uint32(a[i]))
		}
	}
}

func mipsReturn(l *kern.LWP, r0, r1 uint64, err abi.Errno) {
	r := &l.Ctx.R
	switch err {
	case abi.OK:
		r[cpu.MIPS_V0], r[cpu.MIPS_V1], r[cpu.MIPS_A3] = r0, r1, 0
	case abi.ERESTART:
		r[cpu.MIPS_PC] = l.Ctx.Addr
	case abi.EJUSTRETURN:
	default:
		r[cpu.MIPS_V0], r[cpu.MIPS_A3] = uint64(err), 1
	}
}

// forkRegsMIPS: a child sees fork return 0, with 1 in the second register.
func forkRegsMIPS(l *kern.LWP) {
	r := &l.Ctx.R
	r[cpu.MIPS_V0], r[cpu.MIPS_V1], r[cpu.MIPS_A3] = 0, 1, 0
}
