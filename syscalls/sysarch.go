package syscalls

import (
	"nbemu/abi"
	"nbemu/cpu"
	"nbemu/kern"
)

// sysarch(2): what only one kind of machine has (sys/arch/*/*/sys_machdep.c).

// sysarchs are the machines that have something.
var sysarchs = map[*cpu.Arch]func(l *kern.LWP, op int32, parms uint64) abi.Errno{
	cpu.AMD64: sysarchX86,
	cpu.I386:  sysarchX86,
	cpu.ARM:   sysarchARM,

	cpu.MIPS:    sysarchMIPS,
	cpu.MIPSEL:  sysarchMIPS,
	cpu.MIPS64:  sysarchMIPS,
	cpu.MIPSN32: sysarchMIPS,

	cpu.MIPS64EL:  sysarchMIPS,
	cpu.MIPSN32EL: sysarchMIPS,
}

func sysSysarch(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	f := sysarchs[l.Proc.Arch]
	if f == nil {
		return kern.Retval{}, abi.ENOSYS
	}
	if l.Proc.Arch == cpu.I386 {
		switch int32(a[0]) {
		case x86GetLDT:
			return x86GetLDTOp(l, a[1])
		case x86SetLDT:
			return x86SetLDTOp(l, a[1])
		}
	}
	return kern.Retval{}, f(l, int32(a[0]), a[1])
}

// Operations on x86 (sys/arch/x86/include/sysarch.h). Those on I/O ports and counters, and on amd64
// those on the local descriptor table, are answered as by a kernel without them, or to a program without the right.
const (
	x86GetLDT    = 0
	x86SetLDT    = 1
	x86IOPL      = 2
	x86GetIOPerm = 3
	x86SetIOPerm = 4
	x86GetMTRR   = 11
	x86SetMTRR   = 12
	x86GetGSBase = 14
	x86GetFSBase = 15
	x86SetGSBase = 16
	x86SetFSBase = 17
)

// sysarchX86 sets and gets the bases of the fs and gs segments. On amd64 fs is what _lwp_setprivate sets, on
// i386 gs.
func sysarchX86(l *kern.LWP, op int32, parms uint64) abi.Errno {
	reg := cpu.AMD64_GSBASE
	switch op {
	case x86GetFSBase, x86SetFSBase:
		reg = cpu.AMD64_FSBASE
	case x86GetGSBase, x86SetGSBase:
	case x86IOPL, x86GetIOPerm, x86SetIOPerm, x86GetMTRR, x86SetMTRR:
		return abi.EPERM
	default:
		return abi.EINVAL
	}
	if op == x86GetFSBase || op == x86GetGSBase {
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

// Operations on arm (sys/arch/arm/include/sysarch.h).
const (
	armSyncICache    = 0
	armDrainWritebuf = 1
)

func sysarchARM(l *kern.LWP, op int32, parms uint64) abi.Errno {
	switch op {
	case armSyncICache:
		var ua struct {
			Addr abi.Ptr
			Len  abi.Size
		}
		if err := l.CopyinStruct(parms, &ua); err != abi.OK {
			return err
		}
		l.SyncICache(uint64(ua.Addr), uint64(ua.Len))
		return abi.OK
	case armDrainWritebuf:
		return abi.OK
	}
	return abi.EINVAL
}

// Operations on mips (sys/arch/mips/include/sysarch.h).
const (
	mipsCacheFlush = 0
	mipsCacheCtl   = 1
)

func sysarchMIPS(l *kern.LWP, op int32, parms uint64) abi.Errno {
	var ua struct {
		VA     abi.Ptr
		Nbytes abi.Size
		Which  int32
	}
	switch op {
	case mipsCacheFlush:
		if err := l.CopyinStruct(parms, &ua); err != abi.OK {
			return err
		}
		l.SyncICache(uint64(ua.VA), uint64(ua.Nbytes))
		return abi.OK
	case mipsCacheCtl:
		// Uncached memory is not to be had.
		return abi.EOPNOTSUPP
	}
	return abi.ENOSYS
}
