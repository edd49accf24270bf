package mips

import (
	"nbemu/cpu"
)

var vectors32 = []cpu.Vectors{
	{
		Name: "mips", Reg: 16, Nop: "00000000",
		Call: "24100014 0000000c 00000000 0000000c", CallPC: 8, Call2PC: 16, // li $16,20; syscall; nop; syscall
		// In the delay slot of a branch.
		Store: "3c040060 10000001 ac850124 00000000", StoreAddr: 0x600124, StorePC: 8, StoreReg: A1,
		Incr:   "3c040050 c0900000 26100001 02001025 e0820000 1040fffb 00000000 0000000c", // with ll and sc
		Call21: "24100015 0000000c",
		Loop:   "1000ffff 00000000",
		Exceptions: []cpu.VectorException{
			cpu.Exc("reserved", "00000000 0000003d", 20, 4),
			cpu.Exc("break", "00000000 0000000d", 18, 4),
			cpu.Exc("teq", "000001f4", 22, 0),
			cpu.Exc("lw, misaligned", "3c040050 8c850002", cpu.VectorAlign, 4),
			cpu.Exc("add, overflow", "3c047fff 3484ffff 00842020", 21, 8),
			cpu.Exc("mfc0", "40046000", 19, 0),
		},
	},
}

var vectorsEL = []cpu.Vectors{
	{
		Name: "mipsel", Reg: 16, Nop: "00000000",
		Call: "14001024 0c000000 00000000 0c000000", CallPC: 8, Call2PC: 16, // li $16,20; syscall; nop; syscall
		// In the delay slot of a branch.
		Store: "6000043c 01000010 240185ac 00000000", StoreAddr: 0x600124, StorePC: 8, StoreReg: A1,
		Incr:   "5000043c 000090c0 01001026 25100002 000082e0 fbff4010 00000000 0c000000", // with ll and sc
		Call21: "15001024 0c000000",
		Loop:   "ffff0010 00000000",
		Exceptions: []cpu.VectorException{
			cpu.Exc("reserved", "00000000 3d000000", 20, 4),
			cpu.Exc("break", "00000000 0d000000", 18, 4),
			cpu.Exc("teq", "f4010000", 22, 0),
			cpu.Exc("lw, misaligned", "5000043c 0200858c", cpu.VectorAlign, 4),
			cpu.Exc("add, overflow", "ff7f043c ffff8434 20208400", 21, 8),
			cpu.Exc("mfc0", "00600440", 19, 0),
		},
	},
}

var vectors64 = []cpu.Vectors{
	{
		Name: "mips64", Reg: 16, Nop: "00000000",
		Call: "24100014 0000000c 00000000 0000000c", CallPC: 8, Call2PC: 16, // li $16,20; syscall; nop; syscall
		// In the delay slot of a branch.
		Store: "3c040060 10000001 ac850124 00000000", StoreAddr: 0x600124, StorePC: 8, StoreReg: A1,
		Incr:   "3c040050 c0900000 26100001 02001025 e0820000 1040fffb 00000000 0000000c", // with ll and sc
		Call21: "24100015 0000000c",
		Loop:   "1000ffff 00000000",
		Exceptions: []cpu.VectorException{
			cpu.Exc("reserved", "00000000 0000003d", 20, 4),
			cpu.Exc("break", "00000000 0000000d", 18, 4),
			cpu.Exc("teq", "000001f4", 22, 0),
			cpu.Exc("lw, misaligned", "3c040050 8c850002", cpu.VectorAlign, 4),
			cpu.Exc("add, overflow", "3c047fff 3484ffff 00842020", 21, 8),
			cpu.Exc("mfc0", "40046000", 19, 0),
		},
	},
}

var vectorsN32 = []cpu.Vectors{
	{
		Name: "mipsn32", Reg: 16, Nop: "00000000",
		Call: "24100014 0000000c 00000000 0000000c", CallPC: 8, Call2PC: 16, // li $16,20; syscall; nop; syscall
		// In the delay slot of a branch.
		Store: "3c040060 10000001 ac850124 00000000", StoreAddr: 0x600124, StorePC: 8, StoreReg: A1,
		Incr:   "3c040050 c0900000 26100001 02001025 e0820000 1040fffb 00000000 0000000c", // with ll and sc
		Call21: "24100015 0000000c",
		Loop:   "1000ffff 00000000",
		Exceptions: []cpu.VectorException{
			cpu.Exc("reserved", "00000000 0000003d", 20, 4),
			cpu.Exc("break", "00000000 0000000d", 18, 4),
			cpu.Exc("teq", "000001f4", 22, 0),
			cpu.Exc("lw, misaligned", "3c040050 8c850002", cpu.VectorAlign, 4),
			cpu.Exc("add, overflow", "3c047fff 3484ffff 00842020", 21, 8),
			cpu.Exc("mfc0", "40046000", 19, 0),
		},
	},
}

var vectors64EL = []cpu.Vectors{
	{
		Name: "mips64el", Reg: 16, Nop: "00000000",
		Call: "14001024 0c000000 00000000 0c000000", CallPC: 8, Call2PC: 16, // li $16,20; syscall; nop; syscall
		// In the delay slot of a branch.
		Store: "6000043c 01000010 240185ac 00000000", StoreAddr: 0x600124, StorePC: 8, StoreReg: A1,
		Incr:   "5000043c 000090c0 01001026 25100002 000082e0 fbff4010 00000000 0c000000", // with ll and sc
		Call21: "15001024 0c000000",
		Loop:   "ffff0010 00000000",
		Exceptions: []cpu.VectorException{
			cpu.Exc("reserved", "00000000 3d000000", 20, 4),
			cpu.Exc("break", "00000000 0d000000", 18, 4),
			cpu.Exc("teq", "f4010000", 22, 0),
			cpu.Exc("lw, misaligned", "5000043c 0200858c", cpu.VectorAlign, 4),
			cpu.Exc("add, overflow", "ff7f043c ffff8434 20208400", 21, 8),
			cpu.Exc("mfc0", "00600440", 19, 0),
		},
	},
}

var vectorsN32EL = []cpu.Vectors{
	{
		Name: "mipsn32el", Reg: 16, Nop: "00000000",
		Call: "14001024 0c000000 00000000 0c000000", CallPC: 8, Call2PC: 16, // li $16,20; syscall; nop; syscall
		// In the delay slot of a branch.
		Store: "6000043c 01000010 240185ac 00000000", StoreAddr: 0x600124, StorePC: 8, StoreReg: A1,
		Incr:   "5000043c 000090c0 01001026 25100002 000082e0 fbff4010 00000000 0c000000", // with ll and sc
		Call21: "15001024 0c000000",
		Loop:   "ffff0010 00000000",
		Exceptions: []cpu.VectorException{
			cpu.Exc("reserved", "00000000 3d000000", 20, 4),
			cpu.Exc("break", "00000000 0d000000", 18, 4),
			cpu.Exc("teq", "f4010000", 22, 0),
			cpu.Exc("lw, misaligned", "5000043c 0200858c", cpu.VectorAlign, 4),
			cpu.Exc("add, overflow", "ff7f043c ffff8434 20208400", 21, 8),
			cpu.Exc("mfc0", "00600440", 19, 0),
		},
	},
}
