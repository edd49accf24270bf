package linux

import (
	"nbemu/abi"
	"nbemu/arch/riscv64"
	"nbemu/kern"
)

var machRISCV64 = &Machine{
	Arch: riscv64.Arch, Uname: "riscv64", column: 4,
	Hwcap:        isaBits("IMAFDC"),
	PIEBase:      0x1555556000,
	Interpreters: []string{"/ld-linux-riscv64", "/ld-musl-riscv64"},

	syscall: syscallRISCV64, sendsig: sendsigRISCV64, sigreturn: sigreturnRISCV64,
	setregs: func(l *kern.LWP, entry, stack, _ uint64) {
		r := &l.Ctx.R
		r[riscv64.SP], r[riscv64.PC] = stack&^15, entry&^1
	},
	trapsig:  trapsigRISCV64,
	forkRegs: func(l *kern.LWP) { l.Ctx.R[riscv64.A0] = 0 },
	setTLS:   func(l *kern.LWP, va uint64) { l.Private, l.Ctx.R[riscv64.TP] = va, va },
	cloneTLS: true,
	// li a7, 139 (rt_sigreturn); ecall
	sigcode: []byte{0x93, 0x08, 0xb0, 0x08, 0x73, 0x00, 0x00, 0x00},

	stat: statGeneric,
}

// syscallRISCV64: number in a7, arguments in a0 to a5; the result, or the negated error, in a0.
func syscallRISCV64(l *kern.LWP) {
	r := &l.Ctx.R
	const a0, a7 = riscv64.A0, riscv64.A0 + 7
	a := &l.Args
	a.Set6(r[a0], r[a0+1], r[a0+2], r[a0+3], r[a0+4], r[a0+5])
	rv, err := l.Invoke(int(int32(r[a7])), a)
	switch err {
	case abi.OK:
		r[a0] = rv.R0
	case abi.ERESTART:
		r[riscv64.PC] -= 4
	case abi.EJUSTRETURN:
	default:
		r[a0] = -uint64(errnoOut(err))
	}
}

// A frame is a siginfo and a ucontext: flags, link, stack, the mask in 128 bytes, and at a multiple of 16 the machine
// context: pc, x1 to x31, and floating point in a union of 528 bytes.
const (
	ucStackRISCV64   = 16
	ucMaskRISCV64    = 40
	ucMcRISCV64      = 176
	mcFPRISCV64      = ucMcRISCV64 + 256
	ucSizeRISCV64    = mcFPRISCV64 + 528
	frameSizeRISCV64 = siginfoLen + ucSizeRISCV64
	fpSizeRISCV64    = 32*8 + 4
	// After the floating point: a word that is 0, and what the record that follows is and how long: 0 and 0 for none.
	recordRISCV64 = mcFPRISCV64 + 129*4
)

func sendsigRISCV64(l *kern.LWP, act *kern.Sigaction, ksi *kern.Ksiginfo, mask *abi.Sigset) bool {
	r := &l.Ctx.R
	m := l.Model()
	at := (frameTop(l, act, r[riscv64.SP])&^15 - frameSizeRISCV64) &^ 15
	b := make([]byte, frameSizeRISCV64)
	putSiginfo(machineOf(l), b, ksi)
	uc := b[siginfoLen:]
	st := frameStack(l)
	m.Marshal(uc[ucStackRISCV64:], &st)
	putMask(machineOf(l), uc[ucMaskRISCV64:], *mask)
	le.PutUint64(uc[ucMcRISCV64:], r[riscv64.PC])
	for i := range riscv64.PC {
		le.PutUint64(uc[ucMcRISCV64+8+8*i:], r[i])
	}
	l.SyncFP()
	copy(uc[mcFPRISCV64:], l.Ctx.FP[:fpSizeRISCV64])
	if overflowsAltStack(l, act, at) || l.Copyout(b, at) != abi.OK {
		return false
	}
	r[riscv64.A0] = uint64(machineOf(l).sigOut(ksi.Signo))
	r[riscv64.A1] = at
	r[riscv64.A2] = at + siginfoLen
	r[riscv64.RA] = l.Proc.SigcodeVA
	r[riscv64.SP], r[riscv64.PC] = at, uint64(act.Handler)
	return true
}

func sigreturnRISCV64(l *kern.LWP, _ bool) bool {
	r := &l.Ctx.R
	m := l.Model()
	uc := make([]byte, ucSizeRISCV64)
	if l.Copyin(uc, r[riscv64.SP]+siginfoLen) != abi.OK {
		return false
	}
	l.SetSigmask(getMask(machineOf(l), uc[ucMaskRISCV64:]))
	r[riscv64.PC] = le.Uint64(uc[ucMcRISCV64:])
	for i := range riscv64.PC {
		r[i] = le.Uint64(uc[ucMcRISCV64+8+8*i:])
	}
	if record := uc[recordRISCV64:]; le.Uint32(record) != 0 || le.Uint64(record[4:]) != 0 {
		return false
	}
	l.SyncFP()
	copy(l.Ctx.FP[:fpSizeRISCV64], uc[mcFPRISCV64:])
	l.FPChanged()
	var st stackT
	m.Unmarshal(uc[ucStackRISCV64:], &st)
	restoreAltStack(l, &st)
	return r[riscv64.PC] < riscv64.Arch.UserMax
}

func trapsigRISCV64(l *kern.LWP) kern.Ksiginfo {
	ksi := riscv64.Ports[0].Emul.Trapsig(l)
	ksi.Trap = 0
	if ksi.Signo == abi.SIGILL {
		ksi.Code, ksi.Addr = abi.ILL_ILLOPC, abi.Ptr(l.Ctx.R[riscv64.PC])
	}
	return ksi
}

// isaBits is AT_HWCAP of riscv: a bit for each letter of the instruction set's name.
func isaBits(letters string) (bits uint64) {
	for _, c := range letters {
		bits |= 1 << (c - 'A')
	}
	return bits
}
