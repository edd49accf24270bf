package execve

import (
	"nbemu/cpu"
	"nbemu/kern"
)

// SetregsSPARC is setregs on sparc and sparc64: the address of ps_strings in %g1, and room for a register
// window below what is on the stack.
func SetregsSPARC(l *kern.LWP, entry, stack, psStrings uint64) {
	r := &l.Ctx.R
	l.Proc.MDFlags = 0
	sp := stack - 16*uint64(l.Proc.Arch.Model.PtrSize)
	if l.Proc.Arch.Model.LP64() {
		sp -= cpu.SparcBias
		r[cpu.SPARC_ASI] = 0x80 // primary
		r[cpu.SPARC_FPRS] = 7
	}
	r[cpu.SPARC_G1], r[cpu.SPARC_O6] = psStrings, sp
	r[cpu.SPARC_PC], r[cpu.SPARC_NPC] = entry&^3, entry&^3+4
}
