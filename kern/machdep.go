package kern

import (
	"fmt"

	"nbemu/abi"
)

const machdepDesc = "What depends on the machine"

// MachdepAny is the number of a node of machdep whose number nobody needs to know (CTL_CREATE).
const MachdepAny = ctlCreate

// Machdep makes a machine's subtree of sysctl's machdep, for Emul.Machdep. Its nodes are made by the functions below;
// their numbers are the CPU_ ones of the port's machine/cpu.h.
func Machdep(child ...*SysctlNode) *SysctlNode {
	n := ctlNode(abi.CTL_MACHDEP, "machdep", machdepDesc, child...)
	n.number()
	return n
}

// MachdepInt is an int that never changes.
func MachdepInt(num int32, name, desc string, v int32) *SysctlNode {
	return ctlConst(num, name, desc, v)
}

// MachdepQuad is a number of 64 bits that never changes.
func MachdepQuad(num int32, name, desc string, v uint64) *SysctlNode {
	return ctlQuad(num, name, desc, func(*LWP) uint64 { return v })
}

// MachdepText is a string that never changes.
func MachdepText(num int32, name, desc, v string) *SysctlNode { return ctlText(num, name, desc, v) }

// MachdepStruct is a structure, of which v has the layout.
func MachdepStruct(num int32, name, desc string, v any) *SysctlNode {
	return ctlStruct(num, name, desc, func(*LWP) any { return v })
}

// MachdepCPUs are nodes cpu0, cpu1 … with one leaf each, as many as there are processors.
func MachdepCPUs(leaf func(cpu int) *SysctlNode) []*SysctlNode {
	const most = 64
	var nodes []*SysctlNode
	for i := range most {
		n := ctlNode(ctlCreate, fmt.Sprintf("cpu%d", i), "A processor", leaf(i))
		n.Only = func(l *LWP) bool { return i < l.K.ncpu() }
		nodes = append(nodes, n)
	}
	return nodes
}
