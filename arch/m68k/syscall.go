package m68k

import (
	"nbemu/abi"
	"nbemu/kern"
	"nbemu/syscalls"
)

// Numbers of the calls that have trap instructions of their own.
const (
	sysSigreturn13 = 103
	sysSigreturn14 = 295
)

// syscall: number in d0, or in the trap instruction; arguments on the stack above the return address; results in d0 and
// d1, the first in a0 too, carry set for an error (sys/arch/m68k/m68k/m68k_syscall.c). NetBSD leaves d1 alone where a
// call has one result only, which no compiled program can tell.
func syscall(l *kern.LWP) {
	r := &l.Ctx.R
	code := int(int32(r[D0]))
	switch l.Ctx.Error {
	case trapSigreturn13:
		code = sysSigreturn13
	case trapSigreturn14:
		code = sysSigreturn14
	case trapCachectl:
		r[D0] = uint64(cachectl(l, uint32(r[D0]), r[A1], r[D1]))
		return
	}
	if syscalls.Indirect(code) && refused(l) {
		code = -1
	}
	w := syscalls.Words32{SP: uint64(uint32(r[SP])) + 4, BigEndian: true}
	r0, r1, err := w.Call(l, code)
	switch err {
	case abi.OK:
		r[D0], r[D1], r[A0] = uint64(r0), uint64(r1), uint64(r0)
		r[PS] &^= pslC
	case abi.ERESTART:
		r[PC] -= 2
	case abi.EJUSTRETURN:
	default:
		r[D0] = uint64(err)
		r[PS] |= pslC
	}
}

// refused reports whether the number that an indirect call is made with is that of a sigreturn, which NetBSD cannot do
// from there: it is answered as one that there is not.
func refused(l *kern.LWP) bool {
	at := uint64(uint32(l.Ctx.R[SP])) + 4
	var n uint32
	if l.CopyinStruct(at, &n) == abi.OK && n == 0 {
		l.CopyinStruct(at+4, &n) // of __syscall, where it has two words
	}
	return n == sysSigreturn13 || n == sysSigreturn14
}

// Requests of cachectl.
const (
	ccPurge    = 1
	ccFlush    = 2
	ccIPurge   = 4
	ccExtPurge = 0x80000000 // the caches outside of the processor as well
)

// cachectl is trap #12 (cachectl1): of the caches that there are, translations of what changed go. Error: EINVAL.
func cachectl(l *kern.LWP, req uint32, addr, n uint64) abi.Errno {
	switch req &^ ccExtPurge {
	case ccIPurge:
		if addr == 0 {
			n = 1 << 32
		}
		l.SyncICache(addr, n)
	case ccPurge, ccFlush:
	default:
		return abi.EINVAL
	}
	return abi.OK
}

// forkRegs: a child sees fork return 0, with 1 in the second register.
func forkRegs(l *kern.LWP) {
	r := &l.Ctx.R
	r[D0], r[D1] = 0, 1
	r[PS] &^= pslC
}

// setregs is setregs on m68k: the address of ps_strings in a2.
func setregs(l *kern.LWP, entry, stack, psStrings uint64) {
	r := &l.Ctx.R
	r[PC], r[SP], r[A2] = entry&^1, stack, psStrings
	clearFPU(l)
}
