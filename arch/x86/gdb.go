package x86

import (
	"encoding/binary"
	"fmt"

	"nbemu/arch/gdb"
	"nbemu/cpu"
	"nbemu/kern"
)

// gdb's floating-point registers stand in an XSAVE image of the components that the emulated processor has.
const (
	gdbYMM    = FXSaveSize + 64 // the upper halves of vector registers
	gdbFPSize = gdbYMM + 256
)

func readGDBFP(l *kern.LWP, b []byte) {
	ReadFXSave(l, b)
	image := l.Ctx.XSave()
	clear(b[FXSaveSize:gdbFPSize])
	if binary.LittleEndian.Uint64(image[cpu.XStateHeader:])&(1<<cpu.XStateAVX) != 0 {
		copy(b[gdbYMM:gdbFPSize], image[gdbYMM:])
	}
}

func writeGDBFP(l *kern.LWP, b []byte) {
	WriteFXSave(l, b[:FXSaveSize])
	image := l.Ctx.XSave()
	copy(image[gdbYMM:], b[gdbYMM:gdbFPSize])
	if l.XState().Features&(1<<cpu.XStateAVX) != 0 {
		le := binary.LittleEndian
		le.PutUint64(image[cpu.XStateHeader:], le.Uint64(image[cpu.XStateHeader:])|cpu.FXSaveFeatures|1<<cpu.XStateAVX)
	}
}

// GDB adds the floating-point registers.
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
	var halves []string
	for i := range xmms {
		halves = append(halves, fmt.Sprintf("ymm%dh", i))
	}
	upper := gdb.Seq(gdb.InFP, gdbYMM, 16, 16, 128, "uint128", halves...)
	return gdb.New(gdb.Machine{Arch: arch, Break: []byte{0xcc}, BreakBack: 1, TLS: &gdb.TLS{Below: true},
		FPSize: gdbFPSize, ReadFP: readGDBFP, WriteFP: writeGDBFP, Features: []gdb.Feature{
			gdb.Group("org.gnu.gdb.i386.core", append(core, fp...)),
			gdb.Group("org.gnu.gdb.i386.sse", sse),
			// NetBSD has no such register. gdb takes a machine for Linux only if there is one, and then knows "info proc" and
			// "catch syscall".
			gdb.Group("org.gnu.gdb.i386.linux", gdb.One(map[int]string{8: "orig_eax", 16: "orig_rax"}[xmms], xmms*4, "int", gdb.Absent, 0, 0)),
			gdb.Group("org.gnu.gdb.i386.avx", upper),
		}})
}
