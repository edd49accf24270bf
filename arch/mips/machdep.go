package mips

import "nbemu/sysctl"

// machdep is the port's (mips_machdep.c, sysctl_machdep_setup).
var machdep = sysctl.Machdep(
	sysctl.MachdepStruct(1, "console_device", "Device of the console", struct{ Dev uint64 }{}),
	sysctl.Text(2, "booted_kernel", "Name of the kernel", "netbsd"),
	sysctl.Text(3, "root_device", "Name of the root device", "nbemu0"),
	sysctl.Const(4, "llsc", "Whether there are LL and SC", 1),
	sysctl.Const(5, "loongson-mmi", "Whether there are Loongson's multimedia instructions", 0),
	sysctl.Const(sysctl.Create, "fpu_present", "Whether there is a floating-point unit", 1),
)
