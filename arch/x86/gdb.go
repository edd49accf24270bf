package x86

import (
	"nbemu/arch/gdb"
)

// GDB adds the floating-point registers, which stand in an FXSAVE image.
func GDB(arch string, core []gdb.Reg, xmms int) *gdb.Machine {
	fp := gdb.Join(
		gdb.Seq(gdb.InFP, 32, 16, 10, 80, "i387_ext", gdb.Numbered("st", 0, 7, 1)...),
		gdb.One("fctrl", 32, "int", gdb.InFP, 0, 2), gdb.One("fstat", 32, "int", gdb.InFP, 2, 2),
		gdb.One("ftag", 32, "int", gdb.FXTags, 4, 1),
		gdb.One("fiseg", 32, "int", gdb.InFP, 12, 2), gdb.One("fioff", 32, "int", gdb.InFP, 8, 4),
		gdb.One("foseg", 32, "int", gdb.InFP, 20, 2), gdb.One("fooff", 32, "int", gdb.InFP, 16, 4),
		gdb.One("fop", 32, "int", gdb.InFP, 6, 2),
	)
	sse := gdb.Join(gdb.Seq(gdb.InFP, 160, 16, 16, 128, "vec128", gdb.Numbered("xmm", 0, xmms-1, 1)...),
		gdb.One("mxcsr", 32, "int", gdb.InFP, 24, 4))
	return gdb.New(gdb.Machine{Arch: arch, Break: []byte{0xcc}, BreakBack: 1, TLS: &gdb.TLS{Below: true}, Features: []gdb.Feature{
		gdb.Group("org.gnu.gdb.i386.core", append(core, fp...)),
		gdb.Group("org.gnu.gdb.i386.sse", sse),
		// NetBSD has no such register. gdb takes a machine for Linux only if there is one, and then knows "info proc" and
		// "catch syscall".
		gdb.Group("org.gnu.gdb.i386.linux", gdb.One(map[int]string{8: "orig_eax", 16: "orig_rax"}[xmms], xmms*4, "int", gdb.Absent, 0, 0)),
	}})
}
