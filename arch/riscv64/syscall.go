package riscv64

import (
	"nbemu/abi"
	"nbemu/kern"
	"nbemu/syscalls"
)

// errorJump is the size of what stands after each ecall: a jump to the error handler, of two instructions.
const errorJump = 8

// syscall: number in t6, arguments in a0 to a7; for both indirect calls the number is in a0, and what
// follows a7 is s2. Results in a0 and a1. There is no error flag: a call that succeeds goes on after the jump
// to the error handler, one that fails there, with the error in a0 (sys/arch/riscv/riscv/syscall.c). Handlers
// see the pc of a success.
func syscall(l *kern.LWP) {
	r := &l.Ctx.R
	code, first := int(int32(r[T6])), A0
	if syscalls.Indirect(code) {
		code, first = int(int32(r[first])), first+1
	}
	a := &l.Args
	a.Set6(r[first], r[first+1], r[first+2], r[first+3], r[first+4], r[first+5])
	a[6], a[7] = r[first+6], r[first+7]
	r[PC] += errorJump
	rv, err := l.Invoke(code, a)
	switch err {
	case abi.OK:
		r[A0], r[A1] = rv.R0, rv.R1
	case abi.ERESTART:
		r[PC] -= 4 + errorJump
	case abi.EJUSTRETURN:
	default:
		r[A0] = uint64(err)
		r[PC] -= errorJump
	}
}

// forkRegs: a child sees fork return 0, with 1 in the second register.
func forkRegs(l *kern.LWP) {
	r := &l.Ctx.R
	r[A0], r[A1] = 0, 1
}

// setregs is setregs on riscv64: the address of ps_strings in a1 (a0 is the dynamic linker's).
func setregs(l *kern.LWP, entry, stack, psStrings uint64) {
	r := &l.Ctx.R
	r[SP], r[PC], r[A1] = stack&^15, entry&^1, psStrings
}
