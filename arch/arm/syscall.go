package arm

import (
	"nbemu/abi"
	"nbemu/kern"
	"nbemu/syscalls"
)

// The number in a svc instruction, and the systems that its upper bits name (sys/arch/arm/include/swi.h).
const (
	swiOSMask   = 0xf00000
	swiOSNetBSD = 0xa00000
	swiOSARM    = 0xf00000
	swiIMBRange = 1

	carry = 1 << 29
)

// syscall: number in the instruction, in Thumb state in r0, with r12 in r0's place; arguments in r0 to r3,
// then on the stack; results in r0 and r1, carry set for an error (sys/arch/arm/arm/syscall.c).
func syscall(l *kern.LWP) {
	r := &l.Ctx.R
	insn, size := l.Ctx.Error, uint64(4)
	if r[CPSR]&Thumb != 0 {
		insn, size = swiOSNetBSD|uint32(r[R0])&0xfffff, 2
		r[R0] = r[R12]
	}
	if os := insn & swiOSMask; os != swiOSNetBSD && os != 0 {
		if os == swiOSARM && insn&0xfffff <= swiIMBRange {
			// Instruction memory barriers.
			l.SyncICache(0, 1<<32)
			return
		}
		l.TrapSignal(&kern.Ksiginfo{Signo: abi.SIGILL, Code: abi.ILL_ILLTRP, Addr: abi.Ptr(r[PC] - size),
			Trap: int32(0xef000000 | insn)})
		return
	}
	w := syscalls.Words32{N: 4, SP: r[SP]}
	for i := range 4 {
		w.W[i] = uint32(r[i])
	}
	r0, r1, err := w.Call(l, int(insn&511))
	switch err {
	case abi.OK:
		r[R0], r[R1] = uint64(r0), uint64(r1)
		r[CPSR] &^= carry
	case abi.ERESTART:
		r[PC] -= size
		if size == 2 {
			// The number must be found again.
			r[R0] = uint64(insn & 0xfffff)
		}
	case abi.EJUSTRETURN:
	default:
		r[R0] = uint64(err)
		r[CPSR] |= carry
	}
}

// forkRegs: a child sees fork return 0, with 1 in the second register.
func forkRegs(l *kern.LWP) {
	r := &l.Ctx.R
	r[R0], r[R1] = 0, 1
	r[CPSR] &^= carry
}

// setregs is setregs on arm: the address of ps_strings in r0; the stack in r12 and the entry in lr are for
// programs from before NetBSD 1.4. An odd entry address starts in Thumb state.
func setregs(l *kern.LWP, entry, stack, psStrings uint64) {
	r := &l.Ctx.R
	r[R0], r[R12], r[SP] = psStrings, stack, stack
	r[LR], r[PC] = entry, entry&^1
	r[CPSR] = modeUSR
	if entry&1 != 0 {
		r[CPSR] |= Thumb
	}
}

// Operations on arm (sys/arch/arm/include/sysarch.h).
const (
	syncICache    = 0
	drainWritebuf = 1
)

func sysarch(l *kern.LWP, op int32, parms uint64) (kern.Retval, abi.Errno) {
	switch op {
	case syncICache:
		var ua struct {
			Addr abi.Ptr
			Len  abi.Size
		}
		if err := l.CopyinStruct(parms, &ua); err != abi.OK {
			return kern.Retval{}, err
		}
		l.SyncICache(uint64(ua.Addr), uint64(ua.Len))
		return kern.Retval{}, abi.OK
	case drainWritebuf:
		return kern.Retval{}, abi.OK
	}
	return kern.Retval{}, abi.EINVAL
}
