package syscalls

import (
	"nbemu/abi"
	"nbemu/kern"
)

// Calls of file systems and servers that a kernel has only if it was built with them, or a module brings them
// (sys_nomodule). Nbemu has none of LFS, the NFS server, AFS and quotas of 4.3BSD: the calls are answered as by a kernel
// without them.

func sysLfsBmapv(l *kern.LWP, _ *kern.Args) (kern.Retval, abi.Errno)    { return l.Nosys() }
func sysLfsMarkv(l *kern.LWP, _ *kern.Args) (kern.Retval, abi.Errno)    { return l.Nosys() }
func sysLfsSegclean(l *kern.LWP, _ *kern.Args) (kern.Retval, abi.Errno) { return l.Nosys() }
func sysLfsSegwait50(l *kern.LWP, _ *kern.Args) (kern.Retval, abi.Errno) {
	return l.Nosys()
}
func sysCompat50LfsSegwait(l *kern.LWP, _ *kern.Args) (kern.Retval, abi.Errno) { return l.Nosys() }
func sysNfssvc(l *kern.LWP, _ *kern.Args) (kern.Retval, abi.Errno)             { return l.Nosys() }
func sysAfssys(l *kern.LWP, _ *kern.Args) (kern.Retval, abi.Errno)             { return l.Nosys() }

// sysCompat43Quota says that it is not there, but is: no signal comes with it.
func sysCompat43Quota(*kern.LWP, *kern.Args) (kern.Retval, abi.Errno) { return retErr(abi.ENOSYS) }
