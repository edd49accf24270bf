package linux

import (
	"nbemu/abi"
	"nbemu/kern"
	"nbemu/mem"
)

// Calls about security modules (security/lsm_syscalls.c). The kernel has two, capabilities and
// Landlock, which have no attributes.

// securityModules are the numbers of those that there are.
var securityModules = []uint64{100, 110} // LSM_ID_CAPABILITY, LSM_ID_LANDLOCK

// procLsm is /sys/kernel/security/lsm.
func procLsm(*kern.LWP) string { return "capability,landlock" }

// sysLsmListModules is lsm_list_modules(ids, size, flags). Errors: EINVAL, EFAULT, E2BIG without room.
func sysLsmListModules(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	if uint32(a[2]) != 0 {
		return ret(abi.EINVAL)
	}
	room, err := l.CopyinInt32(a[1])
	if err != abi.OK {
		return ret(err)
	}
	size := int32(8 * len(securityModules))
	if err := l.CopyoutInt32(a[1], size); err != abi.OK {
		return ret(err)
	}
	if uint32(room) < uint32(size) {
		return ret(abi.E2BIG)
	}
	if err := l.CopyoutStruct(a[0], securityModules); err != abi.OK {
		return ret(err)
	}
	return retInt(int64(len(securityModules)))
}

// sysLsmGetSelfAttr is lsm_get_self_attr(attr, ctx, size, flags). Errors: EINVAL, EFAULT; EOPNOTSUPP because no module
// has an attribute.
func sysLsmGetSelfAttr(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	const single = 1
	flags := uint32(a[3])
	if uint32(a[0]) == 0 || a[2] == 0 {
		return ret(abi.EINVAL)
	}
	if _, err := l.CopyinInt32(a[2]); err != abi.OK {
		return ret(err)
	}
	if flags&^single != 0 || flags == single && a[1] == 0 {
		return ret(abi.EINVAL)
	}
	if flags == single {
		id, err := l.CopyinInt32(a[1])
		if err != abi.OK {
			return ret(err)
		}
		if id == 0 {
			return ret(abi.EINVAL)
		}
	}
	return ret(abi.EOPNOTSUPP)
}

// sysLsmSetSelfAttr is lsm_set_self_attr(attr, ctx, size, flags). Errors as above, and E2BIG.
func sysLsmSetSelfAttr(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	const head = 32 // of struct lsm_ctx
	size := uint64(uint32(a[2]))
	switch {
	case uint32(a[3]) != 0 || size < head:
		return ret(abi.EINVAL)
	case size > mem.PageSize:
		return ret(abi.E2BIG)
	}
	b := make([]byte, size)
	if err := l.Copyin(b, a[1]); err != abi.OK {
		return ret(err)
	}
	n, own := l.Model().Uint(b[16:], 8), l.Model().Uint(b[24:], 8)
	if n < head || n > size || own > n-head {
		return ret(abi.EINVAL)
	}
	return ret(abi.EOPNOTSUPP)
}
