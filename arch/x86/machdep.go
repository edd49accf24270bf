package x86

import (
	"time"

	"nbemu/kern"
)

// Machdep is machdep of amd64 and i386 (x86_machdep.c, sysctl_machdep_setup); name is the processor's.
func Machdep(name string) *kern.SysctlNode {
	return kern.Machdep(
		kern.MachdepStruct(1, "console_device", "Device of the console", struct{ Dev uint64 }{}),
		kern.MachdepText(5, "booted_kernel", "Name of the kernel", "netbsd"),
		kern.MachdepInt(7, "fpu_present", "Whether there is a floating-point unit", 1),
		kern.MachdepInt(8, "osfxsr", "Whether its state is saved with FXSAVE", 1),
		kern.MachdepInt(9, "sse", "Whether there is SSE", 1),
		kern.MachdepInt(10, "sse2", "Whether there is SSE2", 1),
		kern.MachdepText(kern.MachdepAny, "cpu_brand", "Name of the processor", "nbemu "+name),
		kern.MachdepQuad(kern.MachdepAny, "tsc_freq", "Ticks of the time stamp counter per second", uint64(time.Second)),
	)
}
