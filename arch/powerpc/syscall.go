package powerpc

import (
	"nbemu/abi"
	"nbemu/kern"
	"nbemu/syscalls"
)

// so is the summary-overflow bit of cr0.
const so = 0x10000000

// syscall: number in r0; arguments in r3 to r10, then on the stack after the frame's link and return address;
// results in r3 and r4, summary overflow in cr0 set for an error (sys/arch/powerpc/powerpc/syscall.c).
func syscall(l *kern.LWP) {
	r := &l.Ctx.R
	w := syscalls.Words32{N: 8, SP: uint64(uint32(r[R1])) + 8, BigEndian: true}
	for i := range 8 {
		w.W[i] = uint32(r[R3+i])
	}
	r3, r4, err := w.Call(l, int(r[0]&511))
	switch err {
	case abi.OK:
		r[R3], r[R4] = uint64(r3), uint64(r4)
		r[CR] &^= so
	case abi.ERESTART:
		r[PC] -= 4
	case abi.EJUSTRETURN:
	default:
		r[R3] = uint64(err)
		r[CR] |= so
	}
}

// forkRegs: a child sees fork return 0, with 1 in the second register.
func forkRegs(l *kern.LWP) {
	r := &l.Ctx.R
	r[R3], r[R4] = 0, 1
	r[CR] &^= so
}

// setregs is setregs on powerpc: room for a frame's link and return address below what is on the stack; argc,
// argv and envp in r3 to r5 (r6 and r7 are the dynamic linker's), the address of ps_strings in r8.
func setregs(l *kern.LWP, entry, stack, psStrings uint64) {
	r := &l.Ctx.R
	var ps abi.PsStrings
	l.CopyinStruct(psStrings, &ps) // exec has just written it; if not, all three are 0
	r[R1] = uint64(uint32(stack-8)) &^ 15
	r[R3], r[R4], r[R5] = uint64(uint32(ps.Nargv)), uint64(ps.Argv), uint64(ps.Envp)
	r[R8], r[PC] = psStrings, entry
}
