package amd64

import (
	"encoding/binary"

	"nbemu/abi"
	"nbemu/arch/x86"
	"nbemu/kern"
	"nbemu/signals"
)

// NetBSD/amd64: sys/arch/amd64/amd64/machdep.c.

// User selectors as a program finds them, and those of the global table, which it may choose as well.
const (
	cs  = 0x47
	ds  = 0x3f
	gcs = 0x1b
	gds = 0x23
)

const (
	nGreg  = 26
	tlsOff = nGreg * 8
	fpOff  = tlsOff + 8
)

// md is the machine context: the general registers in Context order, the TLS base, the FXSAVE image.
var md = &signals.MD{
	UcontextSize: 784, McontextOff: 56,
	UCTLSBase: 0x80000, UCSetStack: 0x10000, UCClrStack: 0x20000,
	GetMcontext: func(l *kern.LWP, m []byte) uint32 {
		r := &l.Ctx.R
		userSegs(r)
		for i := range nGreg {
			binary.LittleEndian.PutUint64(m[8*i:], r[i])
		}
		binary.LittleEndian.PutUint64(m[tlsOff:], l.Private)
		l.SyncFP()
		copy(m[fpOff:], l.Ctx.FP[:x86.FXSaveSize])
		return abi.UC_CPU | abi.UC_FPU | 0x80000
	},
	CheckMcontext: func(l *kern.LWP, m []byte, _ uint32) abi.Errno {
		reg := func(i int) uint64 { return binary.LittleEndian.Uint64(m[8*i:]) }
		if (reg(x86.RFLAGS)^l.Ctx.R[x86.RFLAGS])&x86.PSLUserStatic != 0 || reg(x86.RIP) >= Arch.UserMax {
			return abi.EINVAL
		}
		for _, i := range []int{x86.ES, x86.FS, x86.GS, x86.DS, x86.SS, x86.CS} {
			switch sel := reg(i) & 0xffff; {
			case i == x86.CS && (sel == cs || sel == gcs), i != x86.CS && (sel == ds || sel == gds):
			case sel == 0 && i != x86.DS && i != x86.SS && i != x86.CS:
			default:
				return abi.EINVAL
			}
		}
		return abi.OK
	},
	SetMcontext: func(l *kern.LWP, m []byte, flags uint32) {
		r := &l.Ctx.R
		if flags&abi.UC_CPU != 0 {
			rflags := r[x86.RFLAGS]
			for i := range nGreg {
				switch i {
				case x86.TRAPNO, x86.ERR:
				default:
					r[i] = binary.LittleEndian.Uint64(m[8*i:])
				}
			}
			r[x86.RFLAGS] = rflags&^x86.PSLUser | r[x86.RFLAGS]&x86.PSLUser
		}
		if flags&abi.UC_FPU != 0 {
			x86.WriteFXSave(l, m[fpOff:][:x86.FXSaveSize])
		}
		if flags&0x80000 != 0 {
			l.Private = binary.LittleEndian.Uint64(m[tlsOff:])
			r[x86.FSBASE] = l.Private
		}
	},
}

func userSegs(r *[64]uint64) {
	r[x86.CS], r[x86.SS] = cs, ds
	r[x86.DS], r[x86.ES] = ds, ds
	r[x86.FS], r[x86.GS] = ds, ds
}

// frame: return address, siginfo, ucontext.
const frameSize = 8 + abi.SiginfoSize + 784

// sendsig calls a handler with (sig, siginfo *, ucontext *); it returns to the trampoline, which finds
// the ucontext in r15 (sendsig_siginfo).
func sendsig(l *kern.LWP, act *kern.Sigaction, ksi *kern.Ksiginfo, mask *abi.Sigset) {
	r := &l.Ctx.R
	top, onstack := signals.StackFor(l, act, r[x86.RSP]-128) // below the red zone
	fp := (top-frameSize)&^15 - 8
	f := md.NewFrame(l, ksi, mask, onstack)
	b := make([]byte, 8, frameSize)
	binary.LittleEndian.PutUint64(b, act.Tramp)
	b = append(b, f.Info[:]...)
	b = append(b, f.UC...)
	if l.Copyout(b, fp) != abi.OK || uint64(act.Handler) >= Arch.UserMax {
		// The stack is gone, or the handler is no address: nothing but the end is left.
		l.SigIll()
	}
	x86.FPReset(l)
	r[x86.RIP] = uint64(act.Handler)
	r[x86.RSP] = fp
	r[x86.RFLAGS] &^= 0x400 | 0x100 // direction, single step
	r[x86.RDI] = uint64(ksi.Signo)
	r[x86.RSI] = fp + 8
	r[x86.RDX] = fp + 8 + abi.SiginfoSize
	r[x86.R15] = r[x86.RDX]
	if onstack {
		l.Sigstk.Flags |= abi.SS_ONSTACK
	}
}
