package i386

import (
	"encoding/binary"

	"nbemu/abi"
	"nbemu/arch/x86"
	"nbemu/kern"
	"nbemu/signals"
)

// NetBSD/i386: sys/arch/i386/i386/{machdep,trap}.c.

// order is the order of registers in mcontext: indexes of Context.R.
var order = [19]int{x86.GS, x86.FS, x86.ES, x86.DS, x86.RDI, x86.RSI, x86.RBP,
	x86.RSP, x86.RBX, x86.RDX, x86.RCX, x86.RAX, x86.TRAPNO, x86.ERR, x86.RIP,
	x86.CS, x86.RFLAGS, x86.RSP, x86.SS}

// Indexes in mcontext that are looked at by themselves.
const (
	regESP  = 7
	regEIP  = 14
	regCS   = 15
	regEFL  = 16
	regUESP = 17

	fpOff  = 19 * 4
	tlsOff = fpOff + 512 + 33*4
	ucSize = 776

	ucfxSave = 0x20
	ucvm     = 0x40000

	clearSig = 0x00040500 // PSL_CLEARSIG: trace, direction, alignment check
)

// md is the machine context: registers in the order of the System V ABI, the FXSAVE image, the TLS base.
var md = &signals.MD{
	UcontextSize: ucSize, McontextOff: 36,
	UCTLSBase: 0x80000, UCSetStack: 0x10000, UCClrStack: 0x20000,
	GetMcontext: func(l *kern.LWP, m []byte) uint32 {
		for i, x := range order {
			binary.LittleEndian.PutUint32(m[4*i:], uint32(l.Ctx.R[x]))
		}
		l.SyncFP()
		copy(m[fpOff:][:x86.FXSaveSize], l.Ctx.FP[:])
		binary.LittleEndian.PutUint32(m[tlsOff:], uint32(l.Private))
		return abi.UC_CPU | abi.UC_FPU | ucfxSave | 0x80000
	},
	CheckMcontext: func(l *kern.LWP, m []byte, _ uint32) abi.Errno {
		reg := func(i int) uint32 { return binary.LittleEndian.Uint32(m[4*i:]) }
		return check(l, reg(regEFL), reg(regEIP), mcontextSelectors(reg))
	},
	SetMcontext: func(l *kern.LWP, m []byte, flags uint32) {
		r := &l.Ctx.R
		if flags&abi.UC_CPU != 0 {
			rflags := r[x86.RFLAGS]
			for i, x := range order {
				switch x {
				case x86.TRAPNO, x86.ERR:
					continue
				}
				// The second place of esp is the one that counts.
				r[x] = uint64(binary.LittleEndian.Uint32(m[4*i:]))
			}
			r[x86.RFLAGS] = rflags&^x86.PSLUser | r[x86.RFLAGS]&x86.PSLUser
		}
		if flags&0x80000 != 0 {
			l.Private = uint64(binary.LittleEndian.Uint32(m[tlsOff:]))
			r[x86.GSBASE] = l.Private
			setprivate(l, l.Private)
		}
		if flags&abi.UC_FPU != 0 {
			l.SyncFP()
			if flags&ucfxSave != 0 {
				copy(l.Ctx.FP[:x86.FXSaveSize], m[fpOff:])
			} else {
				fromFSave(l.Ctx.FP[:], m[fpOff:])
			}
			l.FPChanged()
		}
	},
}

// fromFSave loads the 108 bytes of FSAVE format into an FXSAVE image.
func fromFSave(fp []byte, b []byte) {
	copy(fp[0:2], b[0:2])
	copy(fp[2:4], b[4:6])
	tags := binary.LittleEndian.Uint16(b[8:])
	var short byte
	for i := range 8 {
		if tags>>(2*i)&3 != 3 {
			short |= 1 << i
		}
		copy(fp[32+16*i:][:10], b[28+10*i:])
	}
	fp[4] = short
}

// frameSize: return address, the three arguments, siginfo, ucontext.
const frameSize = 4*4 + abi.SiginfoSize + ucSize

// sendsig calls a handler with (sig, siginfo *, ucontext *) on the stack; it returns to the trampoline,
// which finds the ucontext above the siginfo (sendsig_siginfo).
func sendsig(l *kern.LWP, act *kern.Sigaction, ksi *kern.Ksiginfo, mask *abi.Sigset) {
	if act.Vers < signals.SiginfoVers {
		sendsigcontext(l, act, ksi, mask)
		return
	}
	top, onstack := signals.StackFor(l, act, l.Ctx.R[x86.RSP])
	fp := uint64(uint32(top) - frameSize)
	f := md.NewFrame(l, ksi, mask, onstack)
	l.Model().PutUint(f.UC, 4, l.Model().Uint(f.UC, 4)|ucvm)
	b := make([]byte, 16, frameSize)
	le := binary.LittleEndian
	le.PutUint32(b, uint32(act.Tramp))
	le.PutUint32(b[4:], uint32(ksi.Signo))
	le.PutUint32(b[8:], uint32(fp)+16)
	le.PutUint32(b[12:], uint32(fp)+16+abi.SiginfoSize)
	b = append(b, f.Info[:]...)
	if l.Copyout(append(b, f.UC...), fp) != abi.OK {
		l.SigIll()
	}
	handler(l, act, fp, onstack)
}

// handler aims the registers at a handler whose frame is at fp (buildcontext).
func handler(l *kern.LWP, act *kern.Sigaction, fp uint64, onstack bool) {
	x86.FPReset(l)
	r := &l.Ctx.R
	r[x86.RIP] = uint64(act.Handler)
	r[x86.RSP] = fp
	r[x86.RFLAGS] &^= clearSig
	selectorsOf(l).handler(r)
	if onstack {
		l.Sigstk.Flags |= abi.SS_ONSTACK
	}
}
