package execve

import (
	"nbemu/cpu"
	"nbemu/kern"
)

// SetregsMIPS is setregs on mips: the stack in a0, the address of ps_strings in a3; t9 is the entry address, as
// position-independent code wants it.
func SetregsMIPS(l *kern.LWP, entry, stack, psStrings uint64) {
	r := &l.Ctx.R
	r[cpu.MIPS_SP], r[cpu.MIPS_A0], r[cpu.MIPS_A3] = stack, stack, psStrings
	r[cpu.MIPS_PC], r[cpu.MIPS_T9] = entry&^3, entry&^3
}
