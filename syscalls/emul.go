package syscalls

import (
	"nbemu/abi"
	"nbemu/arch"
	"nbemu/kern"
	"nbemu/signals"
)

// What ports need to make and to serve the native emulation of their machine.

// Emul makes e, whose machine-dependent members are set, NetBSD's emulation of that machine.
func Emul(e kern.Emul) *kern.Emul {
	e.Name, e.Nosys, e.Sysent = "netbsd", abi.SIGSYS, Sysent[:]
	return &e
}

// Numbers of the two calls whose first argument is the number of another.
const (
	sysSyscall  = 0
	sys__Sycall = 198
)

// Indirect reports whether code is one of the two calls whose first argument is the number of another.
func Indirect(code int) bool { return code == sysSyscall || code == sys__Sycall }

// Narg is the number of words that a call's arguments take on machines with registers of 64 bits.
func Narg(code int) int {
	if code < len(Sysent) {
		return min(Sysent[code].Narg, 8)
	}
	return 0
}

// machdep is what the handlers need to know of an architecture.
func machdep(l *kern.LWP) *signals.MD { return arch.Of(l.Proc.Arch).MD }

// sysSysarch is sysarch(op, parms): what only one kind of machine has (sys/arch/*/*/sys_machdep.c).
func sysSysarch(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	f := arch.Of(l.Proc.Arch).Sysarch
	if f == nil {
		return kern.Retval{}, abi.ENOSYS
	}
	return f(l, int32(a[0]), a[1])
}
