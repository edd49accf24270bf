package sparc

import (
	"nbemu/arch/gdb"
)

// gdbCPU is the window that the program sees: locals and ins have been put on its stack.
func gdbCPU(w, globals int) []gdb.Reg {
	return gdb.Join(
		gdb.Seq(gdb.InRegs, globals, w, w, 8*w, "", append(gdb.Numbered("g", 0, 7, 1), gdb.Numbered("o", 0, 5, 1)...)...),
		gdb.One("sp", 8*w, "", gdb.InRegs, globals+14*w, w), gdb.One("o7", 8*w, "", gdb.InRegs, globals+15*w, w),
		gdb.Seq(gdb.OnStack, 0, w, w, 8*w, "", append(gdb.Numbered("l", 0, 7, 1), gdb.Numbered("i", 0, 5, 1)...)...),
		gdb.One("fp", 8*w, "", gdb.OnStack, 14*w, w), gdb.One("i7", 8*w, "", gdb.OnStack, 15*w, w),
	)
}

func gdb32() *gdb.Machine {
	return gdb.New(gdb.Machine{Arch: "sparc", Break: []byte{0x91, 0xd0, 0x20, 0x01}, SPOff: (4 + 14) * 4, SPSize: 4, TLS: &gdb.TLS{Below: true}, Features: []gdb.Feature{
		gdb.Group("org.gnu.gdb.sparc.cpu", gdbCPU(4, 4*4)),
		gdb.Group("org.gnu.gdb.sparc.fpu", gdb.Seq(gdb.InFP, 0, 4, 4, 32, "ieee_single", gdb.Numbered("f", 0, 31, 1)...)),
		gdb.Group("org.gnu.gdb.sparc.cp0",
			gdb.One("y", 32, "", gdb.InRegs, 3*4, 4), gdb.One("psr", 32, "", gdb.InRegs, 0, 4),
			gdb.One("wim", 32, "", gdb.Absent, 0, 4), gdb.One("tbr", 32, "", gdb.Absent, 0, 4),
			gdb.Seq(gdb.InRegs, 4, 4, 4, 32, "", "pc", "npc"),
			gdb.One("fsr", 32, "", gdb.InFP, 128, 4), gdb.One("csr", 32, "", gdb.Absent, 0, 4)),
	}})
}

func gdb64() *gdb.Machine {
	return gdb.New(gdb.Machine{Arch: "sparc:v9", Break: []byte{0x91, 0xd0, 0x20, 0x01}, SPOff: (4 + 14) * 8, SPSize: 8, Bias: bias,
		TLS: &gdb.TLS{Below: true},
		Features: []gdb.Feature{
			gdb.Group("org.gnu.gdb.sparc.cpu", gdbCPU(8, 4*8)),
			gdb.Group("org.gnu.gdb.sparc.fpu",
				gdb.Seq(gdb.InFP, 0, 4, 4, 32, "ieee_single", gdb.Numbered("f", 0, 31, 1)...),
				gdb.Seq(gdb.InFP, 128, 8, 8, 64, "ieee_double", gdb.Numbered("f", 32, 62, 2)...)),
			gdb.Group("org.gnu.gdb.sparc.cp0",
				gdb.Seq(gdb.InRegs, 8, 8, 8, 64, "", "pc", "npc"), gdb.One("state", 64, "", gdb.InRegs, 0, 8),
				gdb.One("fsr", 64, "", gdb.InFP, 256, 8), gdb.One("fprs", 64, "", gdb.Absent, 0, 8),
				gdb.One("y", 64, "", gdb.InRegs, 24, 4)),
		}})
}
