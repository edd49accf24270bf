package arm

import (
	"nbemu/cpu"
)

var vectors = []cpu.Vectors{
	{
		Name: "arm", Reg: 7, Nop: "00f020e3", Init: func(c *cpu.Context) { c.R[CPSR] = 0x10 },
		Call: "1470a0e3 1400a0ef 00f020e3 0000a0ef", CallPC: 8, Call2PC: 16, // mov r7,#20; svc; nop; svc
		Store: "04009fe5 00f020e3 001080e5 24016000", StoreAddr: 0x600124, StorePC: 8, StoreReg: R1,
		Incr:   "0506a0e3 007090e5 017087e2 007080e5 1400a0ef",
		Call21: "1570a0e3 1400a0ef",
		Loop:   "feffffea",
		Exceptions: []cpu.VectorException{
			cpu.Exc("udf", "00f020e3 f000f0e7", 1, 4), cpu.Exc("bkpt", "00f020e3 710020e1", 7, 4), cpu.Exc("mrc sctlr", "100f11ee", 1, 0),
			cpu.Exc("ldrexd, misaligned", "0506a0e3 020080e2 9f2fb0e1", cpu.VectorAlign, 8),
		},
	},
	{
		Name: "thumb", Reg: 7, Nop: "00bf", Init: func(c *cpu.Context) { c.R[CPSR] = 0x10 | Thumb },
		Call: "1427 00df 00bf 05df", CallPC: 4, Call2PC: 8,
		Store: "40f22410 c0f26000 00bf 0160", StoreAddr: 0x600124, StorePC: 10, StoreReg: R1,
		// With the load and the store in IT blocks: the faults there must leave the rest of the block right.
		Incr:       "4ff4a000 0028 14bf 0768 4d27 0137 002f 18bf 0760 00df",
		Call21:     "1527 00df",
		Loop:       "fee7",
		Exceptions: []cpu.VectorException{cpu.Exc("udf", "00bf 00de", 1, 2), cpu.Exc("bkpt", "00bf 01be", 7, 2)},
	},
}
