package signals

import (
	"encoding/binary"

	"nbemu/abi"
	"nbemu/cpu"
	"nbemu/kern"
)

// NetBSD/amd64: sys/arch/amd64/amd64/machdep.c.

// User selectors as a program finds them.
const (
	amd64CS = 0x47
	amd64DS = 0x3f
)

const (
	amd64NGreg    = 26
	amd64TLSOff   = amd64NGreg * 8
	amd64FPOff    = amd64TLSOff + 8
	amd64FPSize   = 512
	amd64UserFlag = 0x00240dd5 // PSL_USER: what a program may set in rflags
)

// x86UserStatic are the flags that a program may not change (PSL_USERSTATIC): those that must be one or zero,
// interrupts, I/O privilege, nested task and the virtual interrupts.
const x86UserStatic = 0x00000002 | 0xffc08028 | 0x00000200 | 0x00003000 | 0x00004000 | 0x00080000 | 0x00100000

// AMD64 is amd64's machine context: the general registers in Context order, the TLS base, the FXSAVE image.
var AMD64 = &MD{
	UcontextSize: 784, McontextOff: 56,
	UCTLSBase: 0x80000, UCSetStack: 0x10000, UCClrStack: 0x20000,
	GetMcontext: func(l *kern.LWP, m []byte) uint32 {
		r := &l.Ctx.R
		amd64Segs(r)
		for i := range amd64NGreg {
			binary.LittleEndian.PutUint64(m[8*i:], r[i])
		}
		binary.LittleEndian.PutUint64(m[amd64TLSOff:], l.Private)
		l.SyncFP()
		copy(m[amd64FPOff:], l.Ctx.FP[:amd64FPSize])
		return abi.UC_CPU | abi.UC_FPU | 0x80000
	},
	CheckMcontext: func(l *kern.LWP, m []byte) abi.Errno {
		reg := func(i int) uint64 { return binary.LittleEndian.Uint64(m[8*i:]) }
		if (reg(cpu.AMD64_RFLAGS)^l.Ctx.R[cpu.AMD64_RFLAGS])&x86UserStatic != 0 {
			return abi.EINVAL
		}
		if reg(cpu.AMD64_RIP) >= cpu.AMD64.UserMax || reg(cpu.AMD64_CS)&3 != 3 {
			return abi.EINVAL
		}
		return abi.OK
	},
	SetMcontext: func(l *kern.LWP, m []byte, flags uint32) {
		r := &l.Ctx.R
		if flags&abi.UC_CPU != 0 {
			rflags := r[cpu.AMD64_RFLAGS]
			for i := range amd64NGreg {
				switch i {
				case cpu.AMD64_TRAPNO, cpu.AMD64_ERR:
				default:
					r[i] = binary.LittleEndian.Uint64(m[8*i:])
				}
			}
			r[cpu.AMD64_RFLAGS] = rflags&^amd64UserFlag | r[cpu.AMD64_RFLAGS]&amd64UserFlag
		}
		if flags&abi.UC_FPU != 0 {
			copy(l.Ctx.FP[:amd64FPSize], m[amd64FPOff:])
			l.FPChanged()
		}
		if flags&0x80000 != 0 {
			l.Private = binary.LittleEndian.Uint64(m[amd64TLSOff:])
			r[cpu.AMD64_FSBASE] = l.Private
		}
	},
}

func amd64Segs(r *[64]uint64) {
	r[cpu.AMD64_CS], r[cpu.AMD64_SS] = amd64CS, amd64DS
	r[cpu.AMD64_DS], r[cpu.AMD64_ES] = amd64DS, amd64DS
	r[cpu.AMD64_FS], r[cpu.AMD64_GS] = amd64DS, amd64DS
}

// amd64Frame: return address, siginfo, ucontext.
const amd64FrameSize = 8 + abi.SiginfoSize + 784

// SendsigAMD64 calls a handler with (sig, siginfo *, ucontext *); it returns to the trampoline, which finds
// the ucontext in r15 (sendsig_siginfo).
func SendsigAMD64(l *kern.LWP, act *kern.Sigaction, ksi *kern.Ksiginfo, mask *abi.Sigset) {
	r := &l.Ctx.R
	top, onstack := stackFor(l, act, r[cpu.AMD64_RSP]-128) // below the red zone
	fp := (top-amd64FrameSize)&^15 - 8
	f := AMD64.newFrame(l, ksi, mask, onstack)
	b := make([]byte, 8, amd64FrameSize)
	binary.LittleEndian.PutUint64(b, act.Tramp)
	b = append(b, f.info[:]...)
	b = append(b, f.uc...)
	if l.Copyout(b, fp) != abi.OK || uint64(act.Handler) >= cpu.AMD64.UserMax {
		// The stack is gone, or the handler is no address: nothing but the end is left.
		l.SigIll()
	}
	x86FPReset(l)
	r[cpu.AMD64_RIP] = uint64(act.Handler)
	r[cpu.AMD64_RSP] = fp
	r[cpu.AMD64_RFLAGS] &^= 0x400 | 0x100 // direction, single step
	r[cpu.AMD64_RDI] = uint64(ksi.Signo)
	r[cpu.AMD64_RSI] = fp + 8
	r[cpu.AMD64_RDX] = fp + 8 + abi.SiginfoSize
	r[cpu.AMD64_R15] = r[cpu.AMD64_RDX]
	if onstack {
		l.Sigstk.Flags |= abi.SS_ONSTACK
	}
}
