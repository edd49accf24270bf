package kern

import "nbemu/abi"

// The words of which the tables are made: each makes a node. desc is what sysctl -d shows.

func ctlNode(num int32, name, desc string, child ...*SysctlNode) *SysctlNode {
	return &SysctlNode{Num: num, Name: name, Desc: desc, Flags: abi.CTLTYPE_NODE, Child: child}
}

// ctlHelper is a node whose function understands the rest of the name.
func ctlHelper(num int32, name, desc string, f func(r *SysctlReq) abi.Errno) *SysctlNode {
	return &SysctlNode{Num: num, Name: name, Desc: desc, Flags: abi.CTLTYPE_NODE, Func: f}
}

// ctlConst is an int that never changes.
func ctlConst(num int32, name, desc string, v int32) *SysctlNode {
	return &SysctlNode{Num: num, Name: name, Desc: desc, Flags: abi.CTLTYPE_INT | abi.CTLFLAG_IMMEDIATE,
		Value: func(*LWP) any { return v }}
}

func ctlInt(num int32, name, desc string, f func(l *LWP) int32) *SysctlNode {
	return &SysctlNode{Num: num, Name: name, Desc: desc, Flags: abi.CTLTYPE_INT, Value: func(l *LWP) any { return f(l) }}
}

func ctlQuad(num int32, name, desc string, f func(l *LWP) uint64) *SysctlNode {
	return &SysctlNode{Num: num, Name: name, Desc: desc, Flags: abi.CTLTYPE_QUAD, Value: func(l *LWP) any { return f(l) }}
}

func ctlLong(num int32, name, desc string, f func(l *LWP) uint64) *SysctlNode {
	return &SysctlNode{Num: num, Name: name, Desc: desc, Flags: ctlTypeLong | abi.CTLFLAG_IMMEDIATE,
		Value: func(l *LWP) any { return abi.ULong(f(l)) }}
}

func ctlBool(num int32, name, desc string, v bool) *SysctlNode {
	return &SysctlNode{Num: num, Name: name, Desc: desc, Flags: abi.CTLTYPE_BOOL | abi.CTLFLAG_IMMEDIATE,
		Value: func(*LWP) any { return v }}
}

func ctlString(num int32, name, desc string, f func(l *LWP) string) *SysctlNode {
	return &SysctlNode{Num: num, Name: name, Desc: desc, Flags: abi.CTLTYPE_STRING, Value: func(l *LWP) any { return f(l) }}
}

func ctlText(num int32, name, desc, text string) *SysctlNode {
	return ctlString(num, name, desc, func(*LWP) string { return text })
}

func ctlStruct(num int32, name, desc string, f func(l *LWP) any) *SysctlNode {
	return &SysctlNode{Num: num, Name: name, Desc: desc, Flags: abi.CTLTYPE_STRUCT, Value: f}
}

// ctlStructFunc is a structure, or several, that a function gives.
func ctlStructFunc(num int32, name, desc string, f func(r *SysctlReq) abi.Errno) *SysctlNode {
	return &SysctlNode{Num: num, Name: name, Desc: desc, Flags: abi.CTLTYPE_STRUCT, Func: f}
}

// ctlVar is an int that the super-user can set, within limits; it has an effect only where the variable is used.
func ctlVar(num int32, name, desc string, v *int32, lo, hi int32) *SysctlNode {
	return &SysctlNode{Num: num, Name: name, Desc: desc, Flags: abi.CTLTYPE_INT,
		Value: func(*LWP) any { return *v },
		Store: func(_ *LWP, x any) abi.Errno {
			n, ok := x.(int32)
			if !ok || n < lo || n > hi {
				return abi.EINVAL
			}
			*v = n
			return abi.OK
		}}
}

// with adds flags to a node.
func (n *SysctlNode) with(flags uint32) *SysctlNode {
	n.Flags |= flags
	return n
}

// notAvail answers for what a kernel can be configured without (sysctl_notavail).
func notAvail(*SysctlReq) abi.Errno { return abi.EOPNOTSUPP }

func (k *Kernel) sysctlTables() []*SysctlNode {
	return []*SysctlNode{
		ctlNode(abi.CTL_KERN, "kern", "High kernel", k.sysctlKern()...),
		ctlNode(abi.CTL_VM, "vm", "Virtual memory", k.sysctlVM()...),
		ctlNode(abi.CTL_VFS, "vfs", "File systems", sysctlVFS()...),
		ctlNode(abi.CTL_NET, "net", "Networking", sysctlNet()...),
		ctlNode(abi.CTL_DEBUG, "debug", "Debugging"),
		ctlNode(abi.CTL_HW, "hw", "Hardware", k.sysctlHW()...),
		ctlNode(abi.CTL_MACHDEP, "machdep", machdepDesc),
		// The C library answers for user.* by itself; the kernel's node is empty.
		ctlNode(abi.CTL_USER, "user", "User level"),
		ctlNode(abi.CTL_DDB, "ddb", "Kernel debugger", sysctlDDB()...),
		ctlNode(abi.CTL_PROC, "proc", "Settings of processes", sysctlProc()...),
		ctlNode(abi.CTL_VENDOR, "vendor", "For vendors"),
		ctlNode(abi.CTL_EMUL, "emul", "Settings of emulations"),
		ctlNode(abi.CTL_SECURITY, "security", "Security", k.sysctlSecurity()...),
	}
}
