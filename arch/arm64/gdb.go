package arm64

import (
	"nbemu/arch/gdb"
)

func gdbMachine() *gdb.Machine {
	return gdb.New(gdb.Machine{Linked: &linked, Arch: "aarch64", Break: []byte{0, 0, 0x20, 0xd4}, TLS: &gdb.TLS{AtTCB: true}, Features: []gdb.Feature{
		gdb.Group("org.gnu.gdb.aarch64.core",
			gdb.Seq(gdb.InRegs, 0, 8, 8, 64, "", gdb.Numbered("x", 0, 30, 1)...),
			gdb.One("sp", 64, "data_ptr", gdb.InRegs, 8*SP, 8), gdb.One("pc", 64, "code_ptr", gdb.InRegs, 8*PC, 8),
			gdb.One("cpsr", 32, "", gdb.InRegs, 8*SPSR, 4)),
		gdb.Group("org.gnu.gdb.aarch64.fpu",
			gdb.Seq(gdb.InFP, 0, 16, 16, 128, "vec128", gdb.Numbered("v", 0, 31, 1)...),
			gdb.One("fpsr", 32, "int", gdb.InFP, 516, 4), gdb.One("fpcr", 32, "int", gdb.InFP, 512, 4)),
	}})
}

// linked are ldxr, ldaxr, stxr, stlxr and their kin, and the branches that may stand between them.
var linked = gdb.Linked{
	Load:  []gdb.Pattern{{Mask: 0x3fc00000, Value: 0x08400000}},
	Store: []gdb.Pattern{{Mask: 0x3fc00000, Value: 0x08000000}},
	Branches: []gdb.Branch{
		{Pattern: gdb.Pattern{Mask: 0xff000010, Value: 0x54000000}, To: branch19}, // b.cond
		{Pattern: gdb.Pattern{Mask: 0x7e000000, Value: 0x34000000}, To: branch19}, // cbz, cbnz
		{Pattern: gdb.Pattern{Mask: 0x7e000000, Value: 0x36000000}, To: func(insn uint32, pc uint64) uint64 { // tbz, tbnz
			return pc + 4*gdb.Signed(insn, 5, 14)
		}},
	},
}

func branch19(insn uint32, pc uint64) uint64 { return pc + 4*gdb.Signed(insn, 5, 19) }
