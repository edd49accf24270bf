package amd64

import (
	"nbemu/arch/gdb"
	"nbemu/arch/x86"
)

func gdbCore() []gdb.Reg {
	r := func(bits int, typ string, list ...any) []gdb.Reg {
		var rs []gdb.Reg
		for i := 0; i < len(list); i += 2 {
			rs = append(rs, gdb.One(list[i].(string), bits, typ, gdb.InRegs, 8*list[i+1].(int), bits/8)...)
		}
		return rs
	}
	return gdb.Join(
		r(64, "int64", "rax", x86.RAX, "rbx", x86.RBX, "rcx", x86.RCX, "rdx", x86.RDX,
			"rsi", x86.RSI, "rdi", x86.RDI),
		r(64, "data_ptr", "rbp", x86.RBP, "rsp", x86.RSP),
		r(64, "int64", "r8", x86.R8, "r9", x86.R9, "r10", x86.R10, "r11", x86.R11,
			"r12", x86.R12, "r13", x86.R13, "r14", x86.R14, "r15", x86.R15),
		r(64, "code_ptr", "rip", x86.RIP),
		r(32, "i386_eflags", "eflags", x86.RFLAGS),
		r(32, "int32", "cs", x86.CS, "ss", x86.SS, "ds", x86.DS, "es", x86.ES,
			"fs", x86.FS, "gs", x86.GS),
	)
}
