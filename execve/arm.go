package execve

import (
	"nbemu/cpu"
	"nbemu/kern"
)

const armModeUSR = 0x10

// SetregsARM is setregs on arm: the address of ps_strings in r0; the stack in r12 and the entry in lr are for
// programs from before NetBSD 1.4. An odd entry address starts in Thumb state.
func SetregsARM(l *kern.LWP, entry, stack, psStrings uint64) {
	r := &l.Ctx.R
	r[cpu.ARM_R0], r[cpu.ARM_R12], r[cpu.ARM_SP] = psStrings, stack, stack
	r[cpu.ARM_LR], r[cpu.ARM_PC] = entry, entry&^1
	r[cpu.ARM_CPSR] = armModeUSR
	if entry&1 != 0 {
		r[cpu.ARM_CPSR] |= cpu.ARMThumb
	}
}

// SetregsARM64 is setregs on aarch64: the address of ps_strings in x2 (x0 is the dynamic linker's).
func SetregsARM64(l *kern.LWP, entry, stack, psStrings uint64) {
	r := &l.Ctx.R
	r[cpu.ARM64_X2] = psStrings
	r[cpu.ARM64_SP], r[cpu.ARM64_LR], r[cpu.ARM64_PC] = stack, entry, entry
}
