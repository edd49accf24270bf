package m68k

import "nbemu/arch/gdb"

// gdbMachine: gdb has the registers in struct reg's order, and knows those of the 68881 by the name of a later
// processor's.
func gdbMachine() *gdb.Machine {
	return gdb.New(gdb.Machine{Arch: "m68k:68040", Break: []byte{0x4e, 0x4f}, BreakBack: 2, TLS: &gdb.TLS{Bias: 0x7000}, Features: []gdb.Feature{
		gdb.Group("org.gnu.gdb.m68k.core",
			gdb.Seq(gdb.InRegs, 0, 4, 4, 32, "", gdb.Numbered("d", 0, 7, 1)...),
			gdb.Seq(gdb.InRegs, 32, 4, 4, 32, "data_ptr", "a0", "a1", "a2", "a3", "a4", "a5", "fp", "sp"),
			gdb.One("ps", 32, "", gdb.InRegs, 4*ptPS, 4), gdb.One("pc", 32, "code_ptr", gdb.InRegs, 4*ptPC, 4)),
		gdb.Group("org.gnu.gdb.coldfire.fp",
			gdb.Seq(gdb.InFP, 0, 12, 12, 96, "float", gdb.Numbered("fp", 0, 7, 1)...),
			gdb.Seq(gdb.InFP, fpFPCR, 4, 4, 32, "", "fpcontrol", "fpstatus", "fpiaddr")),
	}})
}
