package x86

import (
	"nbemu/abi"
	"nbemu/kern"
)

// Operations on x86 (sys/arch/x86/include/sysarch.h). Those on I/O ports and counters, and on amd64
// those on the local descriptor table, are answered as by a kernel without them, or to a program without the right.
const (
	SysarchGetLDT  = 0
	SysarchSetLDT  = 1
	SysarchIOPL    = 2
	getIOPerm      = 3
	setIOPerm      = 4
	SysarchGetMTRR = 11
	SysarchSetMTRR = 12
	getGSBase      = 14
	getFSBase      = 15
	setGSBase      = 16
	setFSBase      = 17
)

// Sysarch sets and gets the bases of the fs and gs segments. On amd64 fs is what _lwp_setprivate sets, on
// i386 gs.
func Sysarch(l *kern.LWP, op int32, parms uint64) (kern.Retval, abi.Errno) {
	return kern.Retval{}, sysarch(l, op, parms)
}

func sysarch(l *kern.LWP, op int32, parms uint64) abi.Errno {
	reg := GSBASE
	switch op {
	case getFSBase, setFSBase:
		reg = FSBASE
	case getGSBase, setGSBase:
	case SysarchIOPL, getIOPerm, setIOPerm, SysarchGetMTRR, SysarchSetMTRR:
		return abi.EPERM
	default:
		return abi.EINVAL
	}
	if op == getFSBase || op == getGSBase {
		base := abi.Ptr(l.Ctx.R[reg])
		return l.CopyoutStruct(parms, &base)
	}
	var base abi.Ptr
	if err := l.CopyinStruct(parms, &base); err != abi.OK {
		return err
	}
	if uint64(base) >= l.Proc.Arch.UserMax && l.Model().LP64() {
		return abi.EINVAL
	}
	l.Ctx.R[reg] = uint64(base)
	if reg == l.Proc.Arch.TLS {
		l.Private = uint64(base)
	}
	return abi.OK
}
