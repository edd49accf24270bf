package sparc

import "nbemu/sysctl"

// machdep is the port's (machdep.c, sysctl_machdep_setup): version 8 or 9 of the architecture. An UltraSPARC IIIi has
// version 2 of VIS; there is none below version 9.
func machdep(version, vis int32) *sysctl.Node {
	nodes := []*sysctl.Node{
		sysctl.Text(1, "booted_kernel", "Name of the kernel", "netbsd"),
		sysctl.Text(2, "booted_device", "Device that it came from", "nbemu"),
		sysctl.Text(3, "boot_args", "Its arguments", ""),
		sysctl.Const(4, "cpu_arch", "Version of the architecture", version),
	}
	if vis > 0 {
		nodes = append(nodes, sysctl.Const(5, "vis", "Version of the VIS instruction set", vis))
	}
	return sysctl.Machdep(nodes...)
}
