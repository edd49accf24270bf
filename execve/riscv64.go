package execve

import (
	"nbemu/cpu"
	"nbemu/kern"
)

// SetregsRISCV64 is setregs on riscv64: the address of ps_strings in a1 (a0 is the dynamic linker's).
func SetregsRISCV64(l *kern.LWP, entry, stack, psStrings uint64) {
	r := &l.Ctx.R
	r[cpu.RISCV64_SP], r[cpu.RISCV64_PC], r[cpu.RISCV64_A1] = stack&^15, entry&^1, psStrings
}
