package signals

import (
	"nbemu/abi"
	"nbemu/cpu"
	"nbemu/kern"
)

// sys/arch/i386/i386/{compat_16,compat_13}_machdep.c.

// SigcodeI386 is where handlers of version 0 return to: sigreturn with the sigcontext above the three arguments; exit
// if that fails.
var SigcodeI386 = []byte{
	0x8d, 0x44, 0x24, 12, // leal 12(%esp),%eax
	0x89, 0x44, 0x24, 4, // movl %eax,4(%esp)
	0xb8, 0x27, 0x01, 0, 0, // movl $295,%eax
	0xcd, 0x80, // int $0x80
	0xb8, 1, 0, 0, 0, // movl $1,%eax
	0xcd, 0x80, // int $0x80
}

type i386Sigcontext struct{ abi.SigcontextI386 }

// regs pairs the members with registers.
func (sc *i386Sigcontext) regs() [16]struct {
	at *uint32
	r  int
} {
	return [16]struct {
		at *uint32
		r  int
	}{{&sc.Gs, cpu.AMD64_GS}, {&sc.Fs, cpu.AMD64_FS}, {&sc.Es, cpu.AMD64_ES}, {&sc.Ds, cpu.AMD64_DS},
		{&sc.Edi, cpu.AMD64_RDI}, {&sc.Esi, cpu.AMD64_RSI}, {&sc.Ebp, cpu.AMD64_RBP}, {&sc.Ebx, cpu.AMD64_RBX},
		{&sc.Edx, cpu.AMD64_RDX}, {&sc.Ecx, cpu.AMD64_RCX}, {&sc.Eax, cpu.AMD64_RAX}, {&sc.Eip, cpu.AMD64_RIP},
		{&sc.Cs, cpu.AMD64_CS}, {&sc.Eflags, cpu.AMD64_RFLAGS}, {&sc.Esp, cpu.AMD64_RSP}, {&sc.Ss, cpu.AMD64_SS}}
}

func (sc *i386Sigcontext) save(l *kern.LWP) {
	for _, x := range sc.regs() {
		*x.at = uint32(l.Ctx.R[x.r])
	}
	sc.Trapno, sc.Err = uint32(l.Ctx.R[cpu.AMD64_TRAPNO]), uint32(l.Ctx.R[cpu.AMD64_ERR])
}

func (sc *i386Sigcontext) restore(l *kern.LWP) abi.Errno {
	r := &l.Ctx.R
	flags := r[cpu.AMD64_RFLAGS]
	if (sc.Eflags^uint32(flags))&i386UserStatic&^i386User != 0 || sc.Cs&3 != 3 {
		return abi.EINVAL
	}
	for _, x := range sc.regs() {
		r[x.r] = uint64(*x.at)
	}
	r[cpu.AMD64_RFLAGS] = flags&^i386User | uint64(sc.Eflags)&i386User
	return abi.OK
}

func (sc *i386Sigcontext) state() sigstate { return sigstate{&sc.Onstack, &sc.Mask13, &sc.Mask} }

// sendsigcontextI386 calls a handler with (sig, code, sigcontext *) on the stack. The floating-point state is not in
// the sigcontext: the handler begins with a fresh one, and leaves its own behind (sendsig_sigcontext).
func sendsigcontextI386(l *kern.LWP, act *kern.Sigaction, ksi *kern.Ksiginfo, mask *abi.Sigset) {
	var sc i386Sigcontext
	top, onstack := stackFor(l, act, l.Ctx.R[cpu.AMD64_RSP])
	saveSigcontext(l, &sc, mask)
	f := abi.SigframeI386{Ra: uint32(sigcontextTramp(l, act)), Signum: int32(ksi.Signo), Code: ksi.Trap, Sc: sc.SigcontextI386}
	m := l.Model()
	fp := uint64(uint32(top) - uint32(m.Sizeof(&f)))
	f.Scp = uint32(fp) + uint32(m.Offsetof(&f, "Sc"))
	if l.CopyoutStruct(fp, &f) != abi.OK {
		l.SigIll()
	}
	i386Handler(l, act, fp, onstack)
}
