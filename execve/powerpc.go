package execve

import (
	"nbemu/abi"
	"nbemu/cpu"
	"nbemu/kern"
)

// SetregsPPC is setregs on powerpc: room for a frame's link and return address below what is on the stack; argc,
// argv and envp in r3 to r5 (r6 and r7 are the dynamic linker's), the address of ps_strings in r8.
func SetregsPPC(l *kern.LWP, entry, stack, psStrings uint64) {
	r := &l.Ctx.R
	var ps abi.PsStrings
	l.CopyinStruct(psStrings, &ps) // exec has just written it; if not, all three are 0
	r[cpu.PPC_R1] = uint64(uint32(stack-8)) &^ 15
	r[cpu.PPC_R3], r[cpu.PPC_R4], r[cpu.PPC_R5] = uint64(uint32(ps.Nargv)), uint64(ps.Argv), uint64(ps.Envp)
	r[cpu.PPC_R8], r[cpu.PPC_PC] = psStrings, entry
}
