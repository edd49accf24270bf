package sysctl

import (
	"nbemu/abi"
	"nbemu/kern"
)

// ctlSwitch is an int that stands for a bool.
func ctlSwitch(name, desc string, v *bool) *Node {
	n := Int(Create, name, desc, func(*kern.LWP) int32 { return boolInt(*v) })
	n.Store = func(_ *kern.LWP, x any) abi.Errno {
		i, ok := x.(int32)
		if !ok {
			return abi.EINVAL
		}
		*v = i != 0
		return abi.OK
	}
	return n
}

func sysctlPax(k *kern.Kernel) *Node {
	limits := func(name, desc string, v *int32) *Node {
		return Var(Create, name, desc, v, 1, 1<<31-1)
	}
	feature := func(name, desc string, f *kern.PaxFeature, more ...*Node) *Node {
		return NewNode(Create, name, desc, append([]*Node{
			ctlSwitch("enabled", "Whether programs can have it", &f.Enabled),
			ctlSwitch("global", "Whether programs have it that do not refuse", &f.Global),
		}, more...)...)
	}
	return NewNode(Create, "pax", "PaX: what makes exploits harder",
		feature("mprotect", "Memory is never writable and executable", &k.PaxConf.Mprotect,
			Const(Create, "ptrace", "Whether traced programs are exempt", 1)),
		feature("segvguard", "Programs that crash often are suspended", &k.PaxConf.Guard,
			limits("expiry_timeout", "Seconds after which a crash is forgotten", &k.GuardConf.Expiry),
			limits("suspend_timeout", "Seconds of a suspension", &k.GuardConf.Suspend),
			limits("max_crashes", "Crashes until a suspension", &k.GuardConf.MaxCrashes)),
		feature("aslr", "Random addresses", &k.PaxConf.ASLR,
			Int(Create, "mmap_len", "Random bits of mmap's addresses", func(l *kern.LWP) int32 {
				if l.Model().LP64() {
					return kern.ASLRMmapBits64
				}
				return kern.ASLRMmapBits32
			}),
			Const(Create, "stack_len", "Random bits of the stack's address", 16),
			Const(Create, "exec_len", "Random bits of a program's address", 12)),
	)
}

func boolInt(b bool) int32 {
	if b {
		return 1
	}
	return 0
}
