package sysctl

import (
	"nbemu/abi"
	"nbemu/kern"
)

// The words of which the tables are made: each makes a node. desc is what sysctl -d shows.

func NewNode(num int32, name, desc string, child ...*Node) *Node {
	return &Node{Num: num, Name: name, Desc: desc, Flags: abi.CTLTYPE_NODE, Child: child}
}

// Helper is a node whose function understands the rest of the name.
func Helper(num int32, name, desc string, f func(r *Req) abi.Errno) *Node {
	return &Node{Num: num, Name: name, Desc: desc, Flags: abi.CTLTYPE_NODE, Func: f}
}

// Const is an int that never changes.
func Const(num int32, name, desc string, v int32) *Node {
	return &Node{Num: num, Name: name, Desc: desc, Flags: abi.CTLTYPE_INT | abi.CTLFLAG_IMMEDIATE,
		Value: func(*kern.LWP) any { return v }}
}

func Int(num int32, name, desc string, f func(l *kern.LWP) int32) *Node {
	return &Node{Num: num, Name: name, Desc: desc, Flags: abi.CTLTYPE_INT, Value: func(l *kern.LWP) any { return f(l) }}
}

func Quad(num int32, name, desc string, f func(l *kern.LWP) uint64) *Node {
	return &Node{Num: num, Name: name, Desc: desc, Flags: abi.CTLTYPE_QUAD, Value: func(l *kern.LWP) any { return f(l) }}
}

func Long(num int32, name, desc string, f func(l *kern.LWP) uint64) *Node {
	return &Node{Num: num, Name: name, Desc: desc, Flags: ctlTypeLong | abi.CTLFLAG_IMMEDIATE,
		Value: func(l *kern.LWP) any {
			if l.Proc.Native().Model.LP64() {
				return f(l) // the kernel's long, for programs of 32 bits too
			}
			return abi.ULong(f(l))
		}}
}

func Bool(num int32, name, desc string, v bool) *Node {
	return &Node{Num: num, Name: name, Desc: desc, Flags: abi.CTLTYPE_BOOL | abi.CTLFLAG_IMMEDIATE,
		Value: func(*kern.LWP) any { return v }}
}

func String(num int32, name, desc string, f func(l *kern.LWP) string) *Node {
	return &Node{Num: num, Name: name, Desc: desc, Flags: abi.CTLTYPE_STRING, Value: func(l *kern.LWP) any { return f(l) }}
}

func Text(num int32, name, desc, text string) *Node {
	return String(num, name, desc, func(*kern.LWP) string { return text })
}

func Struct(num int32, name, desc string, f func(l *kern.LWP) any) *Node {
	return &Node{Num: num, Name: name, Desc: desc, Flags: abi.CTLTYPE_STRUCT, Value: f}
}

// overlaid has programs of 32 bits see the node in their own layout on a kernel of 64.
func (n *Node) overlaid() *Node {
	n.Overlay = true
	return n
}

// StructFunc is a structure, or several, that a function gives.
func StructFunc(num int32, name, desc string, f func(r *Req) abi.Errno) *Node {
	return &Node{Num: num, Name: name, Desc: desc, Flags: abi.CTLTYPE_STRUCT, Func: f}
}

// Var is an int that the super-user can set, within limits; it has an effect only where the variable is used.
func Var(num int32, name, desc string, v *int32, lo, hi int32) *Node {
	return varWithin(num, name, desc, v, func() (int32, int32) { return lo, hi })
}

// varWithin is Var with limits that change.
func varWithin(num int32, name, desc string, v *int32, limits func() (lo, hi int32)) *Node {
	return &Node{Num: num, Name: name, Desc: desc, Flags: abi.CTLTYPE_INT,
		Value: func(*kern.LWP) any { return *v },
		Store: func(_ *kern.LWP, x any) abi.Errno {
			n, ok := x.(int32)
			if lo, hi := limits(); !ok || n < lo || n > hi {
				return abi.EINVAL
			}
			*v = n
			return abi.OK
		}}
}

// with adds flags to a node.
func (n *Node) with(flags uint32) *Node {
	n.Flags |= flags
	return n
}

// notAvail answers for what a kernel can be configured without (sysctl_notavail).
func notAvail(*Req) abi.Errno { return abi.EOPNOTSUPP }

func sysctlTables(k *kern.Kernel) []*Node {
	return []*Node{
		NewNode(abi.CTL_KERN, "kern", "High kernel", sysctlKern(k)...),
		NewNode(abi.CTL_VM, "vm", "Virtual memory", sysctlVM(k)...),
		NewNode(abi.CTL_VFS, "vfs", "File systems", sysctlVFS()...),
		NewNode(abi.CTL_NET, "net", "Networking", sysctlNet()...),
		NewNode(abi.CTL_DEBUG, "debug", "Debugging"),
		NewNode(abi.CTL_HW, "hw", "Hardware", sysctlHW(k)...),
		NewNode(abi.CTL_MACHDEP, "machdep", machdepDesc),
		// The C library answers for user.* by itself; the kernel's node is empty.
		NewNode(abi.CTL_USER, "user", "User level"),
		NewNode(abi.CTL_DDB, "ddb", "Kernel debugger", sysctlDDB()...),
		NewNode(abi.CTL_PROC, "proc", "Settings of processes", sysctlProc()...),
		NewNode(abi.CTL_VENDOR, "vendor", "For vendors"),
		NewNode(abi.CTL_EMUL, "emul", "Settings of emulations", sysctlEmul(k)...),
		NewNode(abi.CTL_SECURITY, "security", "Security", sysctlSecurity(k)...),
	}
}
