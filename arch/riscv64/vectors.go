package riscv64

import (
	"nbemu/cpu"
)

var vectors = []cpu.Vectors{
	{
		Name: "riscv64", Reg: 8, Nop: "0100",
		Call: "d144 73000000 0100 73000000", CallPC: 6, Call2PC: 12, // li s1,20; ecall; nop; ecall
		Store: "b7076000 13000000 23a2b712", StoreAddr: 0x600124, StorePC: 8, StoreReg: A1,
		Incr:   "b7075000 afa40710 8504 2fa79718 7dfb 8443 73000000", // with lr and sc
		Call21: "d544 73000000",
		Loop:   "01a0",
		Exceptions: []cpu.VectorException{
			cpu.Exc("illegal, two bytes", "0100 0000", 2, 2), cpu.Exc("illegal", "0100 ffffffff", 2, 2),
			cpu.Exc("ebreak", "0100 73001000", 3, 2), cpu.Exc("c.ebreak", "0100 0290", 3, 2),
			cpu.Exc("csrr sstatus", "73250010", 2, 0), cpu.Exc("csrw cycle", "0100 731005c0", 2, 2),
			cpu.Exc("sfence.vma", "73000012", 2, 0), cpu.Exc("wfi", "0100 73005010", 2, 2), cpu.Exc("sret", "73002010", 2, 0), cpu.Exc("mret", "73002030", 2, 0),
			cpu.Exc("lr.w, misaligned", "b7075000 8907 2fa50710", cpu.VectorAlign, 6),
			cpu.Exc("amoadd.w, misaligned", "b7075000 8907 2fa5b700", cpu.VectorAlign, 6),
		},
	},
}
