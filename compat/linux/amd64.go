package linux

import (
	"encoding/binary"

	"nbemu/abi"
	"nbemu/arch/amd64"
	"nbemu/arch/x86"
	"nbemu/kern"
)

var machAMD64 = &Machine{
	Arch: amd64.Arch, Uname: "x86_64", Platform: "x86_64", column: 0,
	Hwcap:        0x0789fbfd, // what the emulated processor's CPUID.1 has in edx
	PIEBase:      0x555555554000,
	Interpreters: []string{"/ld-linux", "/ld-musl", "/lib64/ld64.so", "/lib/ld64.so", "/ld-2.", "/nix/store/"},

	syscall: syscallAMD64, setregs: setregsAMD64, sendsig: sendsigAMD64, trapsig: trapsigAMD64, pagefault: pagefaultAMD64,
	forkRegs:  func(l *kern.LWP) { l.Ctx.R[x86.RAX] = 0 },
	sigreturn: sigreturnAMD64,
	setTLS:    func(l *kern.LWP, va uint64) { l.Private, l.Ctx.R[x86.FSBASE] = va, va },

	restorer: true, stat: statAMD64, packedEvent: true, ipc: ipcForm{semPadded: true},
}

// syscallAMD64: number in rax; arguments in rdi, rsi, rdx, r10, r8, r9; the result, or the negated error, in rax.
func syscallAMD64(l *kern.LWP) {
	r := &l.Ctx.R
	a := &l.Args
	a.Set6(r[x86.RDI], r[x86.RSI], r[x86.RDX], r[x86.R10], r[x86.R8], r[x86.R9])
	// Beyond the table there is ENOSYS for all numbers, negative ones too.
	rv, err := l.Invoke(int(int32(r[x86.RAX])), a)
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

// Selectors and flags of a program.
const (
	userCS     = 0x33
	userDS     = 0x2b
	userRflags = 0x202
)

// setregsAMD64 starts a program: all registers are 0 but the instruction and stack pointers.
func setregsAMD64(l *kern.LWP, entry, stack, _ uint64) {
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

type statX8664 struct {
	Dev, Ino, Nlink       uint64
	Mode, Uid, Gid, Pad   uint32
	Rdev                  uint64
	Size, Blksize, Blocks int64
	Atim, Mtim, Ctim      abi.Timespec
	Unused                [3]int64
}

func statAMD64(st *abi.Stat) any {
	return &statX8664{Dev: devOut(st.Dev), Ino: st.Ino, Nlink: uint64(st.Nlink), Mode: st.Mode, Uid: st.Uid, Gid: st.Gid,
		Rdev: rdevOut(st.Mode, st.Rdev), Size: st.Size, Blksize: int64(st.Blksize), Blocks: st.Blocks, Atim: st.Atim, Mtim: st.Mtim, Ctim: st.Ctim}
}

// Functions of arch_prctl.
const (
	archSetGS = 0x1001
	archSetFS = 0x1002
	archGetFS = 0x1003
	archGetGS = 0x1004

	archGetCPUID = 0x1011
	archSetCPUID = 0x1012
)

func sysArchPrctl(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	r := &l.Ctx.R
	switch int32(a[0]) {
	case archSetFS, archSetGS:
		if a[1] >= amd64.Arch.UserMax {
			return ret(abi.EPERM)
		}
		if int32(a[0]) == archSetGS {
			r[x86.GSBASE] = a[1]
		} else {
			machAMD64.setTLS(l, a[1])
		}
		return ret(abi.OK)
	case archGetCPUID:
		return retInt(1)
	case archSetCPUID: // it cannot be made to fault
		return ret(abi.ENODEV)
	case archGetFS:
		return ret(l.CopyoutStruct(a[1], r[x86.FSBASE]))
	case archGetGS:
		return ret(l.CopyoutStruct(a[1], r[x86.GSBASE]))
	}
	return ret(abi.EINVAL)
}
