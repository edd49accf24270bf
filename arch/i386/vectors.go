package i386

import (
	"nbemu/arch/x86"
	"nbemu/cpu"
)

var vectors = []cpu.Vectors{
	{
		Name: "i386", Reg: x86.RAX, Nop: "90", Init: func(c *cpu.Context) {
			x86.StartFP(c)
			c.R[x86.CS], c.R[x86.DS], c.R[x86.ES], c.R[x86.SS] = 0x17, 0x1f, 0x1f, 0x1f
			c.R[x86.FS], c.R[x86.GS] = 0xab, 0xb3
			c.R[x86.GSBASE] = 0x500000
		},
		Call: "b814000000 cd80 90 f9 cd80", CallPC: 7, Call2PC: 11,
		Store: "b823016000 90 8908", StoreAddr: 0x600123, StorePC: 6, StoreReg: x86.RCX,
		Incr:   "b800005000 ff00 8b00 cd80",
		Call21: "b815000000 cd80",
		Loop:   "ebfe",
		Exceptions: []cpu.VectorException{
			cpu.Exc("divide", "31c9 f7f1", 0, 2), cpu.Exc("ud2", "90 0f0b", 6, 1), cpu.Exc("int3", "90 cc", 3, 2), cpu.Exc("hlt", "f4", 13, 0),
			cpu.Exc("in", "90 e460", 13, 1), cpu.Exc("out", "90 ee", 13, 1), cpu.Exc("insb", "90 6c", 13, 1),
			cpu.Exc("int of no gate", "90 cd81", 13, 1), cpu.Exc("int of an exception", "90 cd0e", 13, 1),
			cpu.Exc("int, breakpoint", "90 cd03", 3, 3), cpu.Exc("into", "b07f 0401 ce", 4, 5),
			cpu.Exc("lcall", "9a000000000700", 13, 0),
		},
	},
}
