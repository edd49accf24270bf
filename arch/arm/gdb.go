package arm

import (
	"nbemu/arch/gdb"
	"nbemu/kern"
)

// gdbMachine: gdb looks at cpsr to know Thumb code, struct reg has it in the pc.
func gdbMachine() *gdb.Machine {
	return gdb.New(gdb.Machine{Linked: &linked, LinkedOf: linkedOf, Arch: "arm", Break: []byte{0x11, 0x00, 0x00, 0xe6}, Short: []byte{0x00, 0xbe},
		TLS: &gdb.TLS{AtTCB: true}, Features: []gdb.Feature{
			gdb.Group("org.gnu.gdb.arm.core",
				gdb.Seq(gdb.InRegs, 0, 4, 4, 32, "uint32", gdb.Numbered("r", 0, 12, 1)...),
				gdb.One("sp", 32, "data_ptr", gdb.InRegs, 13*4, 4), gdb.One("lr", 32, "", gdb.InRegs, 14*4, 4),
				gdb.One("pc", 32, "code_ptr", gdb.InRegs, 15*4, 4), gdb.At(25, gdb.One("cpsr", 32, "", gdb.InRegs, 16*4, 4))),
			gdb.Group("org.gnu.gdb.arm.vfp",
				gdb.Seq(gdb.InFP, 16, 8, 8, 64, "ieee_double", gdb.Numbered("d", 0, 31, 1)...),
				gdb.One("fpscr", 32, "int", gdb.InFP, 4, 4)),
		},
		FixRegs: func(b []byte) { b[4*PC] &^= 1 },
		FixPC: func(l *kern.LWP, pc uint64) uint64 {
			if l.Ctx.R[CPSR]&Thumb != 0 {
				pc |= 1
			}
			return pc
		}})
}
