package arm64

import (
	"nbemu/abi"
	"nbemu/kern"
	"nbemu/syscalls"
)

const carry = 1 << 29

// syscall: number in the instruction; arguments in x0 to x7, then on the stack; for the two indirect
// calls the number is in x17 and the arguments stay where they are. Results in x0 and x1, carry set for an
// error (sys/arch/aarch64/aarch64/syscall.c).
func syscall(l *kern.LWP) {
	r := &l.Ctx.R
	code := int(l.Ctx.Error)
	if syscalls.Indirect(code) {
		code = int(r[X17] & 0xffff)
	}
	code &= 511
	a := &l.Args
	a.Set6(r[0], r[1], r[2], r[3], r[4], r[5])
	a[6], a[7] = r[6], r[7]
	var rv kern.Retval
	err := abi.OK
	if n := syscalls.Narg(code); n > 8 {
		var b [2 * 8]byte
		if err = l.Copyin(b[:8*(n-8)], r[SP]); err == abi.OK {
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
		r[X0], r[X1] = rv.R0, rv.R1
		r[SPSR] &^= carry
	case abi.ERESTART:
		r[PC] -= 4
	case abi.EJUSTRETURN:
	default:
		r[X0] = uint64(err)
		r[SPSR] |= carry
	}
}

// forkRegs: a child sees fork return 0, with 1 in the second register.
func forkRegs(l *kern.LWP) {
	r := &l.Ctx.R
	r[X0], r[X1] = 0, 1
	r[SPSR] &^= carry
}

// setregs is setregs on aarch64: the address of ps_strings in x2 (x0 is the dynamic linker's).
func setregs(l *kern.LWP, entry, stack, psStrings uint64) {
	r := &l.Ctx.R
	r[X2] = psStrings
	r[SP], r[LR], r[PC] = stack, entry, entry
}
