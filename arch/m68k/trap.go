package m68k

import (
	"encoding/binary"

	"nbemu/abi"
	"nbemu/kern"
)

// sys/arch/m68k/m68k/trap.c, trap.h.

// Processor exceptions (Context.Vector). Those from excTrap0 on are trap #0 to trap #15, which the pc is after.
const (
	excAddress = 3
	excIllegal = 4
	excZerodiv = 5
	excCHK     = 6
	excPriv    = 8
	excTrap0   = 32
	excFPUnimp = 55
)

// Codes of traps (si_trap).
const (
	tAddrErr  = 1
	tIllInst  = 2
	tZerodiv  = 3
	tCHKInst  = 4
	tTRAPV    = 5
	tPrivInst = 6
	tTrace    = 7
	tMMUFlt   = 8
	tTrap15   = 15
	tFPEmulD  = 17
)

// Numbers of trap instructions that have a meaning.
const (
	trapSyscall     = 0
	trapSigreturn13 = 1
	trapTrace       = 2
	trapSigreturn14 = 3
	trapCachectl    = 12
	trapBreakpoint  = 15
)

// format2 is the format of exception frames that have the instruction's address, while the pc is after it. A handler is
// told a frame's format as si_addr, of all things; that of others is 0.
const format2 = 2

// trapsig turns a processor exception into a signal (trap()).
func trapsig(l *kern.LWP) kern.Ksiginfo {
	c := &l.Ctx
	pc := c.R[PC]
	switch c.Vector {
	case excAddress:
		return kern.Ksiginfo{Signo: abi.SIGBUS, Code: abi.BUS_ADRERR, Addr: abi.Ptr(pc), Trap: tAddrErr}
	case excIllegal:
		if ksi, done := trapcc(l); done {
			return ksi
		}
	case excZerodiv:
		c.R[PC] += uint64(divideSize(l, pc))
		return kern.Ksiginfo{Signo: abi.SIGFPE, Code: abi.FPE_INTDIV, Addr: format2, Trap: tZerodiv}
	case excCHK:
		c.R[PC] = checkEnd(l, pc)
		return kern.Ksiginfo{Signo: abi.SIGFPE, Addr: format2, Trap: tCHKInst}
	case excPriv:
		return kern.Ksiginfo{Signo: abi.SIGILL, Code: abi.ILL_PRVOPC, Trap: tPrivInst}
	case excFPUnimp:
		return kern.Ksiginfo{Signo: abi.SIGFPE, Code: abi.FPE_FLTINV, Trap: tFPEmulD}
	case excTrap0 + trapTrace, excTrap0 + trapBreakpoint:
		if l.Proc.InRas(pc) {
			return kern.Ksiginfo{} // nobody steps into a sequence
		}
		if c.Vector == excTrap0+trapTrace {
			return stepTrap(l)
		}
		return kern.Ksiginfo{Signo: abi.SIGTRAP, Code: abi.TRAP_BRKPT, Addr: abi.Ptr(pc), Trap: tTrap15}
	}
	return kern.Ksiginfo{Signo: abi.SIGILL, Code: abi.ILL_ILLOPC, Trap: tIllInst}
}

// stepTrap is the trap that ends a single step.
func stepTrap(l *kern.LWP) kern.Ksiginfo {
	return kern.Ksiginfo{Signo: abi.SIGTRAP, Code: abi.TRAP_TRACE, Addr: abi.Ptr(l.Ctx.R[PC]), Trap: tTrace}
}

// short is the word of code at va, 0 if there is none.
func short(l *kern.LWP, va uint64) uint16 {
	var b [2]byte
	if l.Copyin(b[:], va) != abi.OK {
		return 0
	}
	return binary.BigEndian.Uint16(b[:])
}

// trapcc does trapv and trapcc, which the engine's processor does not have; done is false if it is another
// instruction.
func trapcc(l *kern.LWP) (ksi kern.Ksiginfo, done bool) {
	r := &l.Ctx.R
	insn := short(l, r[PC])
	cond, size := insn>>8&15, uint64(2)
	switch {
	case insn == 0x4e76: // trapv: as trapvs
		cond = 9
	case insn&0xf0ff == 0x50fa:
		size = 4
	case insn&0xf0ff == 0x50fb:
		size = 6
	case insn&0xf0ff == 0x50fc:
	default:
		return ksi, false
	}
	r[PC] += size
	if condition(cond, r[PS]) {
		ksi = kern.Ksiginfo{Signo: abi.SIGFPE, Addr: format2, Trap: tTRAPV}
	}
	return ksi, true
}

// condition reports whether the condition of that number holds for the flags.
func condition(cond uint16, ps uint64) (yes bool) {
	c, v, z, n := ps&pslC != 0, ps&pslV != 0, ps&pslZ != 0, ps&pslN != 0
	switch cond >> 1 {
	case 0:
		yes = true
	case 1:
		yes = !c && !z
	case 2:
		yes = !c
	case 3:
		yes = !z
	case 4:
		yes = !v
	case 5:
		yes = !n
	case 6:
		yes = n == v
	case 7:
		yes = n == v && !z
	}
	return yes != (cond&1 != 0)
}

// divideSize is the size of the division at pc.
func divideSize(l *kern.LWP, pc uint64) int {
	insn := short(l, pc)
	if insn&0xff80 == 0x4c00 { // of 32 bits, with a word that names the registers
		return 4 + eaSize(l, pc+4, insn, 4)
	}
	return 2 + eaSize(l, pc+2, insn, 2)
}

// checkEnd is the end of chk, whose first word, or of chk2, whose first two the pc is after.
func checkEnd(l *kern.LWP, pc uint64) uint64 {
	if insn := short(l, pc-4); insn&0xf9c0 == 0x00c0 && short(l, pc-2)&0x0fff == 0x0800 {
		return pc + uint64(eaSize(l, pc, insn, 4))
	}
	insn := short(l, pc-2)
	size := 2
	if insn&0x0080 == 0 {
		size = 4
	}
	return pc + uint64(eaSize(l, pc, insn, size))
}

// eaSize is the size of what the addressing mode of insn has at va, for an operand of size bytes.
func eaSize(l *kern.LWP, va uint64, insn uint16, size int) int {
	mode, reg := insn>>3&7, insn&7
	switch {
	case mode == 5, mode == 7 && (reg == 0 || reg == 2):
		return 2
	case mode == 7 && reg == 1:
		return 4
	case mode == 7 && reg == 4:
		return size
	case mode == 6, mode == 7 && reg == 3:
		ext := short(l, va)
		if ext&0x0100 == 0 {
			return 2
		}
		disp := [4]int{0, 0, 2, 4} // none that is reserved, none, word, long
		return 2 + disp[ext>>4&3] + disp[ext&3]
	}
	return 0
}
