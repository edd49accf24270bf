package abi

// The struct sigcontext of NetBSD 1.4 to 1.6 (sys/arch/*/include/signal.h), which COMPAT_16 still delivers. That of
// 1.3 and before is the same without the last member; its mask is Mask13.

// SigcontextI386 is i386's.
type SigcontextI386 struct {
	Gs, Fs, Es, Ds, Edi, Esi, Ebp, Ebx, Edx, Ecx, Eax uint32
	Eip, Cs, Eflags, Esp, Ss                          uint32

	Onstack     int32
	Mask13      uint32
	Trapno, Err uint32
	Mask        Sigset
}

// SigframeI386 is what i386 puts on the stack (struct sigframe_sigcontext).
type SigframeI386 struct {
	Ra     uint32
	Signum int32
	Code   int32
	Scp    uint32
	Sc     SigcontextI386
}

// SigsetOf13 is a set of the first 32 signals; Set13 is the other way.
func SigsetOf13(m uint32) Sigset { return Sigset{m} }

// Set13 is what NetBSD 1.3 knows of a set.
func (s Sigset) Set13() uint32 { return s[0] }

// SigcontextARM is arm's.
type SigcontextARM struct {
	Onstack int32
	Mask13  uint32

	Spsr                    uint32
	R                       [13]uint32
	UsrSP, UsrLR, SvcLR, PC uint32

	Mask Sigset
}

// SigcontextPPC is powerpc's; the registers are struct utrapframe.
type SigcontextPPC struct {
	Onstack int32
	Mask13  uint32

	Fixreg                       [32]uint32
	LR, CR, XER, CTR, SRR0, SRR1 uint32
	VRSave, MQ, Spare            uint32

	Mask Sigset
}

// SigcontextMIPS is that of mips' o32 programs; other ABIs have none.
type SigcontextMIPS struct {
	Onstack int32
	Mask13  uint32

	PC     uint32
	Regs   [32]uint32 // that of register 0 is SigcontextMagicMIPS
	LO, HI uint32
	FPUsed int32
	FPRegs [33]uint32
	FPCEIR uint32
	_      [8]uint32

	Mask Sigset
}

// SigcontextMagicMIPS shows sigreturn that it was given a sigcontext.
const SigcontextMagicMIPS = 0xacedbade
