package sparc

import (
	"nbemu/cpu"
)

var vectors32 = []cpu.Vectors{
	{
		Name: "sparc", Reg: L0, Nop: "01000000",
		Call: "a0102014 91d02000 01000000 91d02000", CallPC: 4, Call2PC: 12, // mov 20,%l0; ta 0; nop; ta 0
		// In the delay slot of a branch.
		Store: "11001800 10800002 d2222124 01000000", StoreAddr: 0x600124, StorePC: 8, StoreReg: O1,
		Incr:   "11001400 e0020000 a0042001 e0220000 91d02000",
		Call21: "a0102015 91d02000",
		Loop:   "10800000 01000000",
		Exceptions: []cpu.VectorException{
			cpu.Exc("illegal", "01000000 00000000", 0x02, 4),
			cpu.Exc("ta 1", "01000000 91d02001", 0x81, 4),
			cpu.Exc("ld, misaligned", "11001400 d2022002", cpu.VectorAlign, 4),
			cpu.Exc("udiv", "11001400 92720000", 0x2a, 4),
		},
	},
}

var vectors64 = []cpu.Vectors{
	{
		Name: "sparc64", Reg: L0, Nop: "01000000",
		Call: "a0102014 91d02000 01000000 91d02000", CallPC: 4, Call2PC: 12, // mov 20,%l0; ta 0; nop; ta 0
		// In the delay slot of a branch.
		Store: "11001800 10800002 d2222124 01000000", StoreAddr: 0x600124, StorePC: 8, StoreReg: O1,
		Incr:   "11001400 e0020000 a0042001 e0220000 91d02000",
		Call21: "a0102015 91d02000",
		Loop:   "10800000 01000000",
		Exceptions: []cpu.VectorException{
			cpu.Exc("illegal", "01000000 00000000", 0x10, 4),
			cpu.Exc("ta 1", "01000000 91d02001", 0x101, 4),
			cpu.Exc("ld, misaligned", "11001400 d2022002", cpu.VectorAlign, 4),
			cpu.Exc("udiv", "11001400 92720000", 0x28, 4),
		},
	},
}
