package gdbstub

// powerpc's msr is no part of struct reg.
func powerpc() *machine {
	return &machine{arch: "powerpc:common", brk: []byte{0x7f, 0xe0, 0x00, 0x08}, features: []feature{
		{"org.gnu.gdb.power.core", join(
			seq(inRegs, 0, 4, 4, 32, "uint32", numbered("r", 0, 31, 1)...),
			at(64, one("pc", 32, "code_ptr", inRegs, 36*4, 4)), one("msr", 32, "uint32", absent, 0, 4),
			one("cr", 32, "uint32", inRegs, 33*4, 4), one("lr", 32, "code_ptr", inRegs, 32*4, 4),
			one("ctr", 32, "uint32", inRegs, 35*4, 4), one("xer", 32, "uint32", inRegs, 34*4, 4))},
		{"org.gnu.gdb.power.fpu", join(
			at(32, seq(inFP, 0, 8, 8, 64, "ieee_double", numbered("f", 0, 31, 1)...)),
			at(70, one("fpscr", 32, "int", inFP, 260, 4)))},
	}}
}
