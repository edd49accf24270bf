package sysctl

import (
	"math"

	"nbemu/abi"
	"nbemu/kern"
)

// boolVar is a bool that the super-user can set.
func boolVar(name, desc string, v *bool) *Node {
	return &Node{Num: Create, Name: name, Desc: desc, Flags: abi.CTLTYPE_BOOL,
		Value: func(*kern.LWP) any { return *v },
		Store: func(_ *kern.LWP, x any) abi.Errno {
			b, ok := x.(bool)
			if !ok {
				return abi.EINVAL
			}
			*v = b
			return abi.OK
		}}
}

// sysctlModule is kern.module.
func sysctlModule(k *kern.Kernel) *Node {
	m := &k.Modules
	return NewNode(Create, "module", "Modules of the kernel",
		boolVar("autoload", "Whether modules are loaded when they are needed", &m.Autoload),
		boolVar("verbose", "Whether more is logged of them", &m.Verbose),
		String(Create, "path", "Where they are", func(*kern.LWP) string { return m.Path }),
		Var(Create, "autotime", "Seconds after which they are unloaded again", &m.Autotime, 0, math.MaxInt32))
}

// emulNodes make the nodes that emulations have below emul.
var emulNodes []func(k *kern.Kernel) *Node

// RegisterEmul adds a node below emul, on every machine. It is called by init functions only.
func RegisterEmul(f func(k *kern.Kernel) *Node) { emulNodes = append(emulNodes, f) }

func sysctlEmul(k *kern.Kernel) (nodes []*Node) {
	for _, f := range emulNodes {
		nodes = append(nodes, f(k))
	}
	return nodes
}

// TextVar is a string that the super-user can set, of at most size-1 bytes.
func TextVar(num int32, name, desc string, size int, v *string) *Node {
	return &Node{Num: num, Name: name, Desc: desc, Flags: abi.CTLTYPE_STRING, Size: size,
		Value: func(*kern.LWP) any { return *v }, Store: storeString(func(s string) { *v = s })}
}
