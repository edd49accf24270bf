package amd64

import (
	"nbemu/arch/x86"
	"nbemu/cpu"
)

var vectors = []cpu.Vectors{
	{
		Name: "amd64", Reg: x86.RAX, Nop: "90", Init: x86.StartFP,
		Call: "b814000000 0f05 90 f9 0f05", CallPC: 7, Call2PC: 11, // mov $20,%eax; syscall; nop; stc; syscall
		Store: "b823016000 90 8908", StoreAddr: 0x600123, StorePC: 6, StoreReg: x86.RCX, // mov $0x600123,%eax; nop; mov %ecx,(%rax)
		Incr:   "b800005000 ff00 8b00 0f05",
		Call21: "b815000000 0f05",
		Loop:   "ebfe",
		Exceptions: []cpu.VectorException{
			cpu.Exc("divide", "31c9 f7f1", 0, 2), cpu.Exc("ud2", "90 0f0b", 6, 1), cpu.Exc("int3", "90 cc", 3, 2), cpu.Exc("hlt", "f4", 13, 0),
			cpu.Exc("in", "90 e460", 13, 1), cpu.Exc("out", "90 ee", 13, 1), cpu.Exc("insb", "90 6c", 13, 1),
			cpu.Exc("int of no gate", "90 cd81", 13, 1), cpu.Exc("int of an exception", "90 cd0e", 13, 1),
			cpu.Exc("int, breakpoint", "90 cd03", 3, 3),
		},
	},
}
