package i386

import (
	"nbemu/abi"
	"nbemu/arch/x86"
	"nbemu/kern"
	"nbemu/signals"
)

// sys/arch/i386/i386/{compat_16,compat_13}_machdep.c.

// sigcode is where handlers of version 0 return to: sigreturn with the sigcontext above the three arguments; exit
// if that fails.
var sigcode = []byte{
	0x8d, 0x44, 0x24, 12, // leal 12(%esp),%eax
	0x89, 0x44, 0x24, 4, // movl %eax,4(%esp)
	0xb8, 0x27, 0x01, 0, 0, // movl $295,%eax
	0xcd, 0x80, // int $0x80
	0xb8, 1, 0, 0, 0, // movl $1,%eax
	0xcd, 0x80, // int $0x80
}

// sigcontextI386 is i386's.
type sigcontextI386 struct {
	Gs, Fs, Es, Ds, Edi, Esi, Ebp, Ebx, Edx, Ecx, Eax uint32
	Eip, Cs, Eflags, Esp, Ss                          uint32

	Onstack     int32
	Mask13      uint32
	Trapno, Err uint32
	Mask        abi.Sigset
}

// sigframe is what i386 puts on the stack (struct sigframe_sigcontext).
type sigframe struct {
	Ra     uint32
	Signum int32
	Code   int32
	Scp    uint32
	Sc     sigcontextI386
}

type sigcontext struct{ sigcontextI386 }

// regs pairs the members with registers.
func (sc *sigcontext) regs() [16]struct {
	at *uint32
	r  int
} {
	return [16]struct {
		at *uint32
		r  int
	}{{&sc.Gs, x86.GS}, {&sc.Fs, x86.FS}, {&sc.Es, x86.ES}, {&sc.Ds, x86.DS},
		{&sc.Edi, x86.RDI}, {&sc.Esi, x86.RSI}, {&sc.Ebp, x86.RBP}, {&sc.Ebx, x86.RBX},
		{&sc.Edx, x86.RDX}, {&sc.Ecx, x86.RCX}, {&sc.Eax, x86.RAX}, {&sc.Eip, x86.RIP},
		{&sc.Cs, x86.CS}, {&sc.Eflags, x86.RFLAGS}, {&sc.Esp, x86.RSP}, {&sc.Ss, x86.SS}}
}

func (sc *sigcontext) Save(l *kern.LWP) {
	for _, x := range sc.regs() {
		*x.at = uint32(l.Ctx.R[x.r])
	}
	sc.Trapno, sc.Err = uint32(l.Ctx.R[x86.TRAPNO]), uint32(l.Ctx.R[x86.ERR])
}

func (sc *sigcontext) Restore(l *kern.LWP) abi.Errno {
	r := &l.Ctx.R
	flags := r[x86.RFLAGS]
	if err := check(l, sc.Eflags, sc.Eip, usedSelectors{sc.Cs, sc.Ss, sc.Ds, sc.Es, sc.Fs, sc.Gs}); err != abi.OK {
		return err
	}
	for _, x := range sc.regs() {
		r[x.r] = uint64(*x.at)
	}
	r[x86.RFLAGS] = flags&^x86.PSLUser | uint64(sc.Eflags)&x86.PSLUser
	return abi.OK
}

func (sc *sigcontext) State() signals.Sigstate {
	return signals.Sigstate{Onstack: &sc.Onstack, Mask13: &sc.Mask13, Mask: &sc.Mask}
}

// sendsigcontext calls a handler with (sig, code, sigcontext *) on the stack. The floating-point state is not in
// the sigcontext: the handler begins with a fresh one, and leaves its own behind (sendsig_sigcontext).
func sendsigcontext(l *kern.LWP, act *kern.Sigaction, ksi *kern.Ksiginfo, mask *abi.Sigset) {
	var sc sigcontext
	top, onstack := signals.StackFor(l, act, l.Ctx.R[x86.RSP])
	signals.SaveSigcontext(l, &sc, mask)
	f := sigframe{Ra: uint32(signals.SigcontextTramp(l, act)), Signum: int32(ksi.Signo), Code: ksi.Trap, Sc: sc.sigcontextI386}
	m := l.Model()
	fp := uint64(uint32(top) - uint32(m.Sizeof(&f)))
	f.Scp = uint32(fp) + uint32(m.Offsetof(&f, "Sc"))
	if l.CopyoutStruct(fp, &f) != abi.OK {
		l.SigIll()
	}
	handler(l, act, fp, onstack)
}
