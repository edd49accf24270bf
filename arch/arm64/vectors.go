package arm64

import (
	"nbemu/cpu"
)

var vectors = []cpu.Vectors{
	{
		Name: "aarch64", Reg: 7, Nop: "1f2003d5",
		Call: "870280d2 810200d4 1f2003d5 e13f00d4", CallPC: 8, Call2PC: 16, // movz x7,#20; svc #20; nop; svc #0x1ff
		Store: "802480d2 000ca0f2 010000b9", StoreAddr: 0x600124, StorePC: 8, StoreReg: X1,
		Incr:   "000aa0d2 070040b9 e7040011 070000b9 210000d4",
		Call21: "a70280d2 810200d4",
		Loop:   "00000014",
		Exceptions: []cpu.VectorException{
			cpu.Exc("udf", "1f2003d5 00000000", 1, 4), cpu.Exc("brk", "1f2003d5 200020d4", 7, 4), cpu.Exc("mrs sctlr_el1", "001038d5", 1, 0),
			cpu.Exc("ldxr, misaligned", "000aa0d2 00080091 027c5fc8", cpu.VectorAlign, 8),
		},
	},
}
