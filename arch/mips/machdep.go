package mips

import "nbemu/kern"

// machdep is the port's (mips_machdep.c, sysctl_machdep_setup).
var machdep = kern.Machdep(
	kern.MachdepStruct(1, "console_device", "Device of the console", struct{ Dev uint64 }{}),
	kern.MachdepText(2, "booted_kernel", "Name of the kernel", "netbsd"),
	kern.MachdepText(3, "root_device", "Name of the root device", "nbemu0"),
	kern.MachdepInt(4, "llsc", "Whether there are LL and SC", 1),
	kern.MachdepInt(5, "loongson-mmi", "Whether there are Loongson's multimedia instructions", 0),
	kern.MachdepInt(kern.MachdepAny, "fpu_present", "Whether there is a floating-point unit", 1),
)
