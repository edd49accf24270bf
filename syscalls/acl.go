package syscalls

import (
	"nbemu/abi"
	"nbemu/kern"
	"nbemu/vfs"
)

// Access control lists (vfs_acl.c). Files have none: all is checked that comes before a file system is asked, which then
// answers as one without lists.

// Types that say that the list is one of FreeBSD's struct oldacl.
const (
	aclAccessOld  = 0
	aclDefaultOld = 1
)

// aclMaxEntries is acl_maxcnt of every struct acl.
const aclMaxEntries = 254

// Sizes of struct acl and struct oldacl.
const (
	aclSize    = 24 + 16*aclMaxEntries
	oldaclSize = 4 + 12*32
)

// inACL reads a list (acl_copyin). Errors: EFAULT, EINVAL.
func inACL(l *kern.LWP, typ int32, va uint64) abi.Errno {
	if typ == aclAccessOld || typ == aclDefaultOld {
		return l.Copyin(make([]byte, oldaclSize), va)
	}
	// What was not read has the number that acl_alloc put there.
	if err := l.Copyin(make([]byte, aclSize), va); err != abi.OK {
		return err
	}
	if n, err := l.CopyinInt32(va); err != abi.OK || n != aclMaxEntries {
		return abi.EINVAL
	}
	return abi.OK
}

// aclPath is a call about a path's list; in says that one comes with it.
func aclPath(l *kern.LWP, a *kern.Args, followLink, in bool) (kern.Retval, abi.Errno) {
	return withPath(l, a[0], func(p string) abi.Errno {
		var st abi.Stat
		if err := vfs.Stat(l, abi.AT_FDCWD, p, followLink, &st); err != abi.OK {
			return err
		}
		return noACL(l, a, in)
	})
}

// aclFd is a call about a descriptor's. Errors: EBADF, EINVAL for what is no file.
func aclFd(l *kern.LWP, a *kern.Args, in bool) (kern.Retval, abi.Errno) {
	return withFile(l, int32(a[0]), func(f *kern.File) abi.Errno {
		if f.Ops.Type() != "vnode" {
			return abi.EINVAL
		}
		return noACL(l, a, in)
	})
}

func noACL(l *kern.LWP, a *kern.Args, in bool) abi.Errno {
	if in {
		if err := inACL(l, int32(a[1]), a[2]); err != abi.OK {
			return err
		}
	}
	return abi.EOPNOTSUPP
}

func sysAclGetFile(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return aclPath(l, a, true, false)
}
func sysAclGetLink(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return aclPath(l, a, false, false)
}
func sysAclGetFd(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) { return aclFd(l, a, false) }
func sysAclSetFile(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return aclPath(l, a, true, true)
}
func sysAclSetLink(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return aclPath(l, a, false, true)
}
func sysAclSetFd(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) { return aclFd(l, a, true) }
func sysAclDeleteFile(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return aclPath(l, a, true, false)
}
func sysAclDeleteLink(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return aclPath(l, a, false, false)
}
func sysAclDeleteFd(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) { return aclFd(l, a, false) }
func sysAclAclcheckFile(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return aclPath(l, a, true, true)
}
func sysAclAclcheckLink(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return aclPath(l, a, false, true)
}
func sysAclAclcheckFd(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) { return aclFd(l, a, true) }
