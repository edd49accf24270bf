package m68k

import "nbemu/cpu"

var vectors = []cpu.Vectors{
	{
		Name: "m68k", Reg: 7, Nop: "4e71",
		Call: "7e14 4e40 4e71 4e40", CallPC: 4, Call2PC: 8, // moveq #20,%d7; trap #0; nop; trap #0
		Store: "41f900600124 4e71 2081", StoreAddr: 0x600124, StorePC: 8, StoreReg: D1, // lea 0x600124,%a0; nop; move.l %d1,(%a0)
		Incr:   "41f900500000 2010 2200 5281 0ed00040 66f6 2e01 4e40", // with cas
		Call21: "7e15 4e40",
		Loop:   "60fe",
		Exceptions: []cpu.VectorException{
			cpu.Exc("illegal", "4e71 4afc", 4, 2), cpu.Exc("bkpt", "4e71 4848", 4, 2), cpu.Exc("trapv", "4e76", 4, 0),
			cpu.Exc("divide", "7200 4c410002", 5, 2), cpu.Exc("divide, 16 bits", "7200 80c1", 5, 2),
			cpu.Exc("chk", "7005 7200 4181", 6, 6),
			cpu.Exc("move to sr", "4e71 46fc0000", 8, 2), cpu.Exc("rte", "4e73", 8, 0), cpu.Exc("reset", "4e70", 8, 0),
			cpu.Exc("stop", "4e720000", 8, 0), cpu.Exc("movec", "4e7a0801", 8, 0),
			cpu.Exc("line a", "4e71 a000", 10, 2), cpu.Exc("line f", "4e71 fe00", 11, 2),
			cpu.Exc("trap #2", "4e42", 34, 2), cpu.Exc("trap #15", "4e71 4e4f", 47, 4),
		},
	},
}
