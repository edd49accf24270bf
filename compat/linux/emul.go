package linux

import (
	"encoding/binary"

	"nbemu/abi"
	"nbemu/arch/amd64"
	"nbemu/arch/x86"
	"nbemu/kern"
	"nbemu/syscalls"
)

// AMD64 is the emulation of Linux on amd64.
var AMD64 = &kern.Emul{
	Name: "linux", Path: "/emul/linux", Arch: amd64.Arch,
	Syscall:  trap,
	Setregs:  setregs,
	Sendsig:  sendsig,
	Trapsig:  trapsig,
	ForkRegs: forkRegs,
	ProcExec: procExec,
	ProcFork: procFork,
	ProcExit: procExit,
	LWPExit:  lwpExit,

	KeepBlocked: true, LinuxSlashes: true, DenyWrite: true, PathMax: pathMax, ItimerCode: abi.SI_NOINFO,
	NodeferMask: true, AbstractSockets: true, SomeRights: true, XCPUStep: 1,
}

func init() { AMD64.Sysent = Sysent[:] }

// trap: number in rax; arguments in rdi, rsi, rdx, r10, r8, r9; the result, or the negated error, in rax.
func trap(l *kern.LWP) {
	r := &l.Ctx.R
	a := kern.Args{r[x86.RDI], r[x86.RSI], r[x86.RDX], r[x86.R10], r[x86.R8], r[x86.R9]}
	// Beyond the table there is ENOSYS for all numbers, negative ones too.
	rv, err := l.Invoke(int(int32(r[x86.RAX])), &a)
	switch err {
	case abi.OK:
		r[x86.RAX] = rv.R0
	case abi.ERESTART:
		r[x86.RIP] -= 2 // rax still has the number
	case abi.EJUSTRETURN:
	default:
		r[x86.RAX] = -uint64(errnoOut(err))
	}
}

// forkRegs: a child sees 0.
func forkRegs(l *kern.LWP) { l.Ctx.R[x86.RAX] = 0 }

// Selectors and flags of a program.
const (
	userCS     = 0x33
	userDS     = 0x2b
	userRflags = 0x202
)

// setregs starts a program: all registers are 0 but the instruction and stack pointers.
func setregs(l *kern.LWP, entry, stack, _ uint64) {
	r := &l.Ctx.R
	r[x86.RIP], r[x86.RSP] = entry, stack
	r[x86.RFLAGS] = userRflags
	r[x86.CS], r[x86.SS] = userCS, userDS
	fp := &l.Ctx.FP
	clear(fp[:])
	binary.LittleEndian.PutUint16(fp[0:], 0x037f)  // x87: all exceptions masked, 64 bits
	binary.LittleEndian.PutUint32(fp[24:], 0x1f80) // SSE likewise
	binary.LittleEndian.PutUint32(fp[28:], 0xffff)
}

// native makes a handler of a native call whose arguments mean the same.
func native(num int) kern.Handler {
	return func(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) { return call(l, num, a) }
}

// call makes a native call with other arguments.
func call(l *kern.LWP, num int, a *kern.Args) (kern.Retval, abi.Errno) {
	h := syscalls.Sysent[num].Call
	if h == nil {
		return kern.Retval{}, abi.ENOSYS
	}
	return h(l, a)
}

func ret(err abi.Errno) (kern.Retval, abi.Errno) { return kern.Retval{}, err }
func retInt(n int64) (kern.Retval, abi.Errno)    { return kern.Retval{R0: uint64(n)}, abi.OK }
func retFd(fd int32, err abi.Errno) (kern.Retval, abi.Errno) {
	if err != abi.OK {
		return kern.Retval{}, err
	}
	return kern.Retval{R0: uint64(fd)}, abi.OK
}

// sysNosys is for calls that programs only try, and do without: ENOSYS, and not a word in the log.
func sysNosys(*kern.LWP, *kern.Args) (kern.Retval, abi.Errno) { return ret(abi.ENOSYS) }

// sysEperm is for what only an administrator may do.
func sysEperm(*kern.LWP, *kern.Args) (kern.Retval, abi.Errno) { return ret(abi.EPERM) }

// sysSplice refuses all files as those that cannot be spliced, which programs must expect and then copy.
func sysSplice(*kern.LWP, *kern.Args) (kern.Retval, abi.Errno) { return ret(abi.EINVAL) }
