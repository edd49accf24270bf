package mips

import (
	"nbemu/abi"
	"nbemu/kern"
	"nbemu/syscalls"
)

// sext is a 32-bit result as a register of a 64-bit processor holds it.
func sext(v uint32) uint64 { return uint64(int64(int32(v))) }

// syscallO32: number in v0; arguments in a0 to a3, then on the stack above the room for those; results in v0
// and v1, a3 not 0 for an error (sys/arch/mips/mips/syscall.c).
func syscallO32(l *kern.LWP) {
	r := &l.Ctx.R
	w := syscalls.Words32{N: 4, SP: uint64(uint32(r[SP])) + 16, BigEndian: l.Model().BigEndian}
	for i := range 4 {
		w.W[i] = uint32(r[A0+i])
	}
	r0, r1, err := w.Call(l, int(r[V0]&511))
	finish(l, sext(r0), sext(r1), err)
}

// syscall64 is for n32 and n64: registers are 64 bits wide, arguments in a0 to a7, then on the stack; for
// both indirect calls the number takes one.
func syscall64(l *kern.LWP) {
	r := &l.Ctx.R
	code := int(r[V0] & 511)
	a := &l.Args
	a.Set6(r[A0], r[A0+1], r[A0+2], r[A0+3], r[A0+4], r[A0+5])
	a[6], a[7] = r[A0+6], r[A0+7]
	err := abi.OK
	narg, shift := syscalls.Narg(code), 0
	if syscalls.Indirect(code) {
		code = int(a[0] & 511)
		narg, shift = syscalls.Narg(code)+1, 1
	}
	if narg > 8 {
		var b [8]byte
		if err = l.Copyin(b[:], r[SP]); err == abi.OK {
			a[8] = l.Model().Uint(b[:], 8)
		}
	}
	if shift != 0 {
		a.Shift()
	}
	if !l.Model().LP64() {
		syscalls.Narrow(code, a)
	}
	var rv kern.Retval
	if err == abi.OK {
		rv, err = l.Invoke(code, a)
	}
	if !l.Model().LP64() && !syscalls.Wide(code) {
		rv.R0, rv.R1 = sext(uint32(rv.R0)), sext(uint32(rv.R1))
	}
	finish(l, rv.R0, rv.R1, err)
}

func finish(l *kern.LWP, r0, r1 uint64, err abi.Errno) {
	r := &l.Ctx.R
	switch err {
	case abi.OK:
		r[V0], r[V1], r[A3] = r0, r1, 0
	case abi.ERESTART:
		r[PC] = l.Ctx.Addr
	case abi.EJUSTRETURN:
	default:
		r[V0], r[A3] = uint64(err), 1
	}
}

// forkRegs: a child sees fork return 0, with 1 in the second register.
func forkRegs(l *kern.LWP) {
	r := &l.Ctx.R
	r[V0], r[V1], r[A3] = 0, 1, 0
}

// setregs is setregs on mips: the stack in a0, the address of ps_strings in a3; t9 is the entry address, as
// position-independent code wants it.
func setregs(l *kern.LWP, entry, stack, psStrings uint64) {
	r := &l.Ctx.R
	r[SP], r[A0], r[A3] = stack, stack, psStrings
	r[PC], r[T9] = entry&^3, entry&^3
}

// Operations on mips (sys/arch/mips/include/sysarch.h).
const (
	cacheFlush = 0
	cacheCtl   = 1
)

func sysarch(l *kern.LWP, op int32, parms uint64) (kern.Retval, abi.Errno) {
	var ua struct {
		VA     abi.Ptr
		Nbytes abi.Size
		Which  int32
	}
	switch op {
	case cacheFlush:
		if err := l.CopyinStruct(parms, &ua); err != abi.OK {
			return kern.Retval{}, err
		}
		l.SyncICache(uint64(ua.VA), uint64(ua.Nbytes))
		return kern.Retval{}, abi.OK
	case cacheCtl:
		// Uncached memory is not to be had.
		return kern.Retval{}, abi.EOPNOTSUPP
	}
	return kern.Retval{}, abi.ENOSYS
}
