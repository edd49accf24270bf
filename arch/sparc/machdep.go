package sparc

import "nbemu/kern"

// machdep is the port's (machdep.c, sysctl_machdep_setup): version 8 or 9 of the architecture. An UltraSPARC IIIi has
// version 2 of VIS; there is none below version 9.
func machdep(version, vis int32) *kern.SysctlNode {
	nodes := []*kern.SysctlNode{
		kern.MachdepText(1, "booted_kernel", "Name of the kernel", "netbsd"),
		kern.MachdepText(2, "booted_device", "Device that it came from", "nbemu"),
		kern.MachdepText(3, "boot_args", "Its arguments", ""),
		kern.MachdepInt(4, "cpu_arch", "Version of the architecture", version),
	}
	if vis > 0 {
		nodes = append(nodes, kern.MachdepInt(5, "vis", "Version of the VIS instruction set", vis))
	}
	return kern.Machdep(nodes...)
}
