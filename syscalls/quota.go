package syscalls

import (
	"nbemu/abi"
	"nbemu/kern"
	"nbemu/vfs"
)

// Quotas (vfs_quotactl.c), as on a file system without them.

// quotactlOps is how many operations __quotactl has; QUOTACTL_QUOTAOFF is the last.
const quotactlOps = 14

// quotactlArgs is struct quotactl_args; what the operation has beside it does not matter here.
type quotactlArgs struct {
	Op   uint32
	Args [5]abi.Ptr
}

// unsupported looks the path up, for calls about what no file system here has. Errors: those of lookups, EOPNOTSUPP.
func unsupported(l *kern.LWP, path uint64) (kern.Retval, abi.Errno) {
	return withPath(l, path, func(p string) abi.Errno {
		var st abi.Stat
		if err := vfs.Stat(l, abi.AT_FDCWD, p, true, &st); err != abi.OK {
			return err
		}
		return abi.EOPNOTSUPP
	})
}

// sysQuotactl is __quotactl(path, args *). Errors: EFAULT, those of lookups, EINVAL for an operation there is not,
// EOPNOTSUPP.
func sysQuotactl(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	var args quotactlArgs
	if err := l.CopyinStruct(a[1], &args); err != abi.OK {
		return retErr(err)
	}
	rv, err := unsupported(l, a[0])
	if err == abi.EOPNOTSUPP && args.Op >= quotactlOps {
		err = abi.EINVAL
	}
	return rv, err
}

// sysCompat50Quotactl is quotactl(path, cmd, uid, arg) of NetBSD 5.
func sysCompat50Quotactl(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return unsupported(l, a[0])
}
