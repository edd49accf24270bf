package signals

import (
	"encoding/binary"

	"nbemu/abi"
	"nbemu/cpu"
	"nbemu/kern"
)

// NetBSD/i386: sys/arch/i386/i386/{machdep,trap}.c.

// Selectors of a signal handler; before that a program has those of its local table.
const (
	i386UCode = 3<<3 | 3
	i386UData = 4<<3 | 3
	i386UFS   = 21<<3 | 3
	i386UGS   = 22<<3 | 3
)

// i386Order is the order of registers in mcontext: indexes of Context.R.
var i386Order = [19]int{cpu.AMD64_GS, cpu.AMD64_FS, cpu.AMD64_ES, cpu.AMD64_DS, cpu.AMD64_RDI, cpu.AMD64_RSI, cpu.AMD64_RBP,
	cpu.AMD64_RSP, cpu.AMD64_RBX, cpu.AMD64_RDX, cpu.AMD64_RCX, cpu.AMD64_RAX, cpu.AMD64_TRAPNO, cpu.AMD64_ERR, cpu.AMD64_RIP,
	cpu.AMD64_CS, cpu.AMD64_RFLAGS, cpu.AMD64_RSP, cpu.AMD64_SS}

// Indexes in mcontext that are looked at by themselves.
const (
	i386RegESP  = 7
	i386RegCS   = 15
	i386RegEFL  = 16
	i386RegUESP = 17

	i386FPOff  = 19 * 4
	i386TLSOff = i386FPOff + 512 + 33*4
	i386UCSize = 776

	i386UCFXSave = 0x20
	i386UCVM     = 0x40000

	i386User       = 0x00240dd5 // PSL_USER
	i386UserStatic = 0x001b2202 // PSL_USERSTATIC, what a program must leave as it is: interrupts, I/O level, …
	i386ClearSig   = 0x00040500 // PSL_CLEARSIG: trace, direction, alignment check
)

// I386 is i386's machine context: registers in the order of the System V ABI, the FXSAVE image, the TLS base.
var I386 = &MD{
	UcontextSize: i386UCSize, McontextOff: 36,
	UCTLSBase: 0x80000, UCSetStack: 0x10000, UCClrStack: 0x20000,
	GetMcontext: func(l *kern.LWP, m []byte) uint32 {
		for i, x := range i386Order {
			binary.LittleEndian.PutUint32(m[4*i:], uint32(l.Ctx.R[x]))
		}
		l.SyncFP()
		copy(m[i386FPOff:][:amd64FPSize], l.Ctx.FP[:])
		binary.LittleEndian.PutUint32(m[i386TLSOff:], uint32(l.Private))
		return abi.UC_CPU | abi.UC_FPU | i386UCFXSave | 0x80000
	},
	CheckMcontext: func(l *kern.LWP, m []byte) abi.Errno {
		reg := func(i int) uint32 { return binary.LittleEndian.Uint32(m[4*i:]) }
		if (reg(i386RegEFL)^uint32(l.Ctx.R[cpu.AMD64_RFLAGS]))&i386UserStatic&^i386User != 0 || reg(i386RegCS)&3 != 3 {
			return abi.EINVAL
		}
		return abi.OK
	},
	SetMcontext: func(l *kern.LWP, m []byte, flags uint32) {
		r := &l.Ctx.R
		if flags&abi.UC_CPU != 0 {
			rflags := r[cpu.AMD64_RFLAGS]
			for i, x := range i386Order {
				switch x {
				case cpu.AMD64_TRAPNO, cpu.AMD64_ERR:
					continue
				}
				// The second place of esp is the one that counts.
				r[x] = uint64(binary.LittleEndian.Uint32(m[4*i:]))
			}
			r[cpu.AMD64_RFLAGS] = rflags&^i386User | r[cpu.AMD64_RFLAGS]&i386User
		}
		if flags&0x80000 != 0 {
			l.Private = uint64(binary.LittleEndian.Uint32(m[i386TLSOff:]))
			r[cpu.AMD64_GSBASE] = l.Private
		}
		if flags&abi.UC_FPU != 0 {
			if flags&i386UCFXSave != 0 {
				copy(l.Ctx.FP[:amd64FPSize], m[i386FPOff:])
			} else {
				i386FromFSave(l.Ctx.FP[:], m[i386FPOff:])
			}
			l.FPChanged()
		}
	},
}

// i386FromFSave loads the 108 bytes of FSAVE format into an FXSAVE image.
func i386FromFSave(fp []byte, b []byte) {
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

// i386FrameSize: return address, the three arguments, siginfo, ucontext.
const i386FrameSize = 4*4 + abi.SiginfoSize + i386UCSize

// SendsigI386 calls a handler with (sig, siginfo *, ucontext *) on the stack; it returns to the trampoline,
// which finds the ucontext above the siginfo (sendsig_siginfo).
func SendsigI386(l *kern.LWP, act *kern.Sigaction, ksi *kern.Ksiginfo, mask *abi.Sigset) {
	if act.Vers < siginfoVers {
		sendsigcontextI386(l, act, ksi, mask)
		return
	}
	top, onstack := stackFor(l, act, l.Ctx.R[cpu.AMD64_RSP])
	fp := uint64(uint32(top) - i386FrameSize)
	f := I386.newFrame(l, ksi, mask, onstack)
	l.Model().PutUint(f.uc, 4, l.Model().Uint(f.uc, 4)|i386UCVM)
	b := make([]byte, 16, i386FrameSize)
	le := binary.LittleEndian
	le.PutUint32(b, uint32(act.Tramp))
	le.PutUint32(b[4:], uint32(ksi.Signo))
	le.PutUint32(b[8:], uint32(fp)+16)
	le.PutUint32(b[12:], uint32(fp)+16+abi.SiginfoSize)
	b = append(b, f.info[:]...)
	if l.Copyout(append(b, f.uc...), fp) != abi.OK {
		l.SigIll()
	}
	i386Handler(l, act, fp, onstack)
}

// i386Handler aims the registers at a handler whose frame is at fp (buildcontext).
func i386Handler(l *kern.LWP, act *kern.Sigaction, fp uint64, onstack bool) {
	x86FPReset(l)
	r := &l.Ctx.R
	r[cpu.AMD64_RIP] = uint64(act.Handler)
	r[cpu.AMD64_RSP] = fp
	r[cpu.AMD64_RFLAGS] &^= i386ClearSig
	r[cpu.AMD64_CS] = i386UCode
	r[cpu.AMD64_DS], r[cpu.AMD64_ES], r[cpu.AMD64_SS] = i386UData, i386UData, i386UData
	r[cpu.AMD64_FS], r[cpu.AMD64_GS] = i386UFS, i386UGS
	if onstack {
		l.Sigstk.Flags |= abi.SS_ONSTACK
	}
}
