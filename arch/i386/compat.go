package i386

import (
	"nbemu/abi"
	"nbemu/arch"
	"nbemu/arch/x86"
	"nbemu/cpu"
	"nbemu/kern"
)

// ArchAMD64 is i386 as amd64's kernel presents it to 32-bit programs: all 4 GiB but the last page, and the segments of
// that kernel (sys/arch/amd64/include/vmparam.h; netbsd32_machdep.c).
var ArchAMD64 = onAMD64()

func onAMD64() *cpu.Arch {
	a := *Arch
	a.UserMax, a.StackTop = 0xfffff000, 0xfffff000
	a.Mode = 96 // which cpu/engine/nb_x86.c knows
	a.MaxText, a.MaxData, a.DflData, a.MaxStack, a.DflStack = 8<<30, 3<<30, 256<<20, 64<<20, 2<<20
	return &a
}

var compat = []arch.Compat{{Native: "amd64", Arch: ArchAMD64, Interp: "i386"}}

// sysarchAMD64 is what amd64's kernel has of sysarch(2) for programs of 32 bits (netbsd32_sysarch): no bases of segments,
// which _lwp_setprivate sets. There are no local tables of programs' own, as in a kernel without options USER_LDT: where
// the processor has such a table, on i386, these programs have memory.
func sysarchAMD64(l *kern.LWP, op int32, parms uint64) (kern.Retval, abi.Errno) {
	switch op {
	case x86.SysarchGetLDT, x86.SysarchSetLDT:
		return kern.Retval{}, abi.ENOSYS
	case x86.SysarchIOPL, x86.SysarchGetMTRR, x86.SysarchSetMTRR:
		return x86.Sysarch(l, op, parms)
	}
	return kern.Retval{}, abi.EINVAL
}
