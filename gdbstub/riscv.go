package gdbstub

// riscv64 has x0 in gdb's numbering only: it is no part of struct reg.
func riscv64() *machine {
	return &machine{arch: "riscv:rv64", brk: []byte{0x73, 0, 0x10, 0}, short: []byte{0x02, 0x90}, features: []feature{
		{"org.gnu.gdb.riscv.cpu", join(
			one("zero", 64, "int", absent, 0, 8), one("ra", 64, "code_ptr", inRegs, 0, 8),
			seq(inRegs, 8, 8, 8, 64, "data_ptr", "sp", "gp", "tp"),
			seq(inRegs, 32, 8, 8, 64, "int", "t0", "t1", "t2"), one("fp", 64, "data_ptr", inRegs, 56, 8),
			seq(inRegs, 64, 8, 8, 64, "int", "s1", "a0", "a1", "a2", "a3", "a4", "a5", "a6", "a7", "s2", "s3", "s4", "s5",
				"s6", "s7", "s8", "s9", "s10", "s11", "t3", "t4", "t5", "t6"),
			one("pc", 64, "code_ptr", inRegs, 248, 8))},
		{"org.gnu.gdb.riscv.fpu", join(
			seq(inFP, 0, 8, 8, 64, "ieee_double", "ft0", "ft1", "ft2", "ft3", "ft4", "ft5", "ft6", "ft7", "fs0", "fs1",
				"fa0", "fa1", "fa2", "fa3", "fa4", "fa5", "fa6", "fa7", "fs2", "fs3", "fs4", "fs5", "fs6", "fs7", "fs8",
				"fs9", "fs10", "fs11", "ft8", "ft9", "ft10", "ft11"),
			one("fflags", 32, "int", absent, 0, 4), one("frm", 32, "int", absent, 0, 4),
			one("fcsr", 32, "int", inFP, 256, 4))},
	}}
}
