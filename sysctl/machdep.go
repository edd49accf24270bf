package sysctl

import (
	"fmt"

	"nbemu/abi"
	"nbemu/kern"
)

const machdepDesc = "What depends on the machine"

// Machdep makes a machine's subtree of sysctl's machdep, for Emul.Machdep. Its nodes are made by the functions below;
// their numbers are the CPU_ ones of the port's machine/cpu.h.
func Machdep(child ...*Node) *Node {
	n := NewNode(abi.CTL_MACHDEP, "machdep", machdepDesc, child...)
	n.number()
	return n
}

// MachdepQuad is a number of 64 bits that never changes.
func MachdepQuad(num int32, name, desc string, v uint64) *Node {
	return Quad(num, name, desc, func(*kern.LWP) uint64 { return v })
}

// MachdepStruct is a structure, of which v has the layout.
func MachdepStruct(num int32, name, desc string, v any) *Node {
	return Struct(num, name, desc, func(*kern.LWP) any { return v })
}

// MachdepCPUs are nodes cpu0, cpu1 … with one leaf each, as many as there are processors.
func MachdepCPUs(leaf func(cpu int) *Node) []*Node {
	const most = 64
	var nodes []*Node
	for i := range most {
		n := NewNode(Create, fmt.Sprintf("cpu%d", i), "A processor", leaf(i))
		n.Only = func(l *kern.LWP) bool { return i < l.K.NCPU() }
		nodes = append(nodes, n)
	}
	return nodes
}
