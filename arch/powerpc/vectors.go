package powerpc

import (
	"nbemu/cpu"
)

var vectors = []cpu.Vectors{
	{
		Name: "powerpc", Reg: 14, Nop: "60000000",
		Call: "39c00014 44000002 60000000 44000002", CallPC: 8, Call2PC: 16, // li 14,20; sc; nop; sc
		Store: "3d200060 60000000 91490124", StoreAddr: 0x600124, StorePC: 8, StoreReg: 10,
		Incr:   "3d200050 7dc04828 39ce0001 7dc0492d 40a2fff4 81c90000 44000002", // with lwarx and stwcx.
		Call21: "39c00015 44000002",
		Loop:   "48000000",
		Exceptions: []cpu.VectorException{
			cpu.Exc("illegal", "60000000 00000000", 96, 4), cpu.Exc("trap", "60000000 7fe00008", 6, 4),
			cpu.Exc("mfmsr", "7c6000a6", 6, 0), cpu.Exc("mtmsr", "60000000 7c600124", 6, 4), cpu.Exc("mfpvr", "7c7f42a6", 6, 0),
			cpu.Exc("rfi", "60000000 4c000064", 6, 4),
			cpu.Exc("lwarx, misaligned", "3d200050 39290002 7d404828", cpu.VectorAlign, 8),
		},
	},
}
