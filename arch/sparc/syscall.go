package sparc

import (
	"nbemu/abi"
	"nbemu/kern"
	"nbemu/syscalls"
)

// Bits in %g1 beside the number: where to go on after success, instead of clearing the carry bit.
const (
	g2Return = 0x400
	g7Return = 0x800
	g5Return = g2Return | g7Return
)

// The carry bits of psr and, on sparc64, of both halves of ccr.
const (
	carry32 = 0x00100000
	carry64 = 0x11
)

func carryOf(l *kern.LWP) uint64 {
	if l.Model().LP64() {
		return carry64
	}
	return carry32
}

// syscall32: number in %g1, arguments in %o0 to %o5, then in the caller's frame; results in %o0 and %o1,
// carry set for an error (sys/arch/sparc/sparc/syscall.c).
func syscall32(l *kern.LWP) {
	r := &l.Ctx.R
	w := syscalls.Words32{N: 6, SP: uint64(uint32(r[O6])) + 92, BigEndian: true}
	for i := range 6 {
		w.W[i] = uint32(r[O0+i])
	}
	g1 := r[G1]
	r0, r1, err := w.Call(l, int(g1&511))
	finish(l, g1, uint64(r0), uint64(r1), err)
}

// syscall64 is the same with 64-bit registers, where the number of an indirect call always takes one.
func syscall64(l *kern.LWP) {
	r := &l.Ctx.R
	g1 := r[G1]
	code := int(g1 & 511)
	a := &l.Args
	a.Set6(r[O0], r[O0+1], r[O0+2], r[O0+3], r[O0+4], r[O0+5])
	err := abi.OK
	narg, shift := syscalls.Narg(code), 0
	if syscalls.Indirect(code) {
		code = int(a[0] & 511)
		narg, shift = syscalls.Narg(code)+1, 1
	}
	if narg > 6 {
		var b [4 * 8]byte
		n := 8 * (narg - 6)
		if err = l.Copyin(b[:n], r[O6]+bias+176); err == abi.OK {
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
	finish(l, g1, rv.R0, rv.R1, err)
}

func finish(l *kern.LWP, g1, r0, r1 uint64, err abi.Errno) {
	r := &l.Ctx.R
	next := r[NPC]
	switch err {
	case abi.OK:
		r[O0], r[O1] = r0, r1
		next = success(l, g1)
	case abi.ERESTART, abi.EJUSTRETURN:
		// The pc is still that of the trap instruction, or what the call set.
		return
	default:
		r[O0] = uint64(err)
		r[PSR] |= carryOf(l)
	}
	r[PC], r[NPC] = next, next+4
}

// success says where a call that succeeded goes on, and clears carry where that tells of it.
func success(l *kern.LWP, g1 uint64) uint64 {
	r := &l.Ctx.R
	switch g1 & g5Return {
	case g5Return:
		return r[G5] &^ 3
	case g2Return:
		return r[G2] &^ 3
	case g7Return:
		return r[G7] &^ 3
	}
	r[PSR] &^= carryOf(l)
	return r[NPC]
}

// forkRegs: a child sees fork return 0, with 1 in the second register.
func forkRegs(l *kern.LWP) {
	r := &l.Ctx.R
	r[O0], r[O1] = 0, 1
	next := success(l, r[G1])
	r[PC], r[NPC] = next, next+4
}

// setregs is setregs on sparc and sparc64: the address of ps_strings in %g1, and room for a register
// window below what is on the stack.
func setregs(l *kern.LWP, entry, stack, psStrings uint64) {
	r := &l.Ctx.R
	l.Proc.MDFlags = 0
	sp := stack - 16*uint64(l.Proc.Arch.Model.PtrSize)
	if l.Proc.Arch.Model.LP64() {
		sp -= bias
		r[ASI] = 0x80 // primary
		r[FPRS] = 7
	}
	r[G1], r[O6] = psStrings, sp
	r[PC], r[NPC] = entry&^3, entry&^3+4
}
