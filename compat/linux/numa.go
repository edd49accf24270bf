package linux

import (
	"nbemu/abi"
	"nbemu/kern"
	"nbemu/syscalls"
)

// Memory policies: there is one node. And memory with a descriptor.

const mpolMemsAllowed = 4

// sysGetMempolicy is get_mempolicy(mode, nodes, maxnode, addr, flags): the policy is the default one, and node 0 is what
// may be used. Errors: EINVAL, EFAULT.
func sysGetMempolicy(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	if a[4]&^7 != 0 || a[2] > 1<<16 {
		return ret(abi.EINVAL)
	}
	if a[0] != 0 {
		if err := l.CopyoutInt32(a[0], 0); err != abi.OK {
			return ret(err)
		}
	}
	if a[1] != 0 && a[2] > 0 {
		b := make([]byte, (a[2]+63)/64*8)
		if a[4]&mpolMemsAllowed != 0 {
			b[0] = 1
		}
		return ret(l.Copyout(b, a[1]))
	}
	return ret(abi.OK)
}

var sysMemfdCreate kern.Handler = native(syscalls.SYS_memfd_create)
