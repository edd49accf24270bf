package i386

import (
	"nbemu/arch/gdb"
)

// gdbCore is in the order of NetBSD's struct gdb.Reg.
func gdbCore() []gdb.Reg {
	return gdb.Join(
		gdb.Seq(gdb.InRegs, 0, 4, 4, 32, "int32", "eax", "ecx", "edx", "ebx"),
		gdb.Seq(gdb.InRegs, 16, 4, 4, 32, "data_ptr", "esp", "ebp"),
		gdb.Seq(gdb.InRegs, 24, 4, 4, 32, "int32", "esi", "edi"),
		gdb.One("eip", 32, "code_ptr", gdb.InRegs, 32, 4),
		gdb.One("eflags", 32, "i386_eflags", gdb.InRegs, 36, 4),
		gdb.Seq(gdb.InRegs, 40, 4, 4, 32, "int32", "cs", "ss", "ds", "es", "fs", "gs"),
	)
}
