package syscalls

import (
	"nbemu/abi"
	"nbemu/kern"
)

// Processes as older releases wait for and signal them (compat/common/kern_50.c, kern_exit_43.c, kern_sig_43.c).

func rusage50(ru *abi.Rusage) *abi.Rusage50 {
	return &abi.Rusage50{Utime: timeval50(ru.Utime), Stime: timeval50(ru.Stime), Counts: ru.Counts}
}

// sysCompat50Wait4 is wait4(pid, status *int, options, rusage *), with times of 32 bits; the usage is stored first.
func sysCompat50Wait4(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	r, err := wait4(l, int32(a[0]), int32(a[2]))
	if err != abi.OK || r.PID == 0 {
		return kern.Retval{}, err
	}
	if a[3] != 0 {
		err = l.CopyoutStruct(a[3], rusage50(&r.Ru.Self))
	}
	if err == abi.OK && a[1] != 0 {
		err = l.CopyoutInt32(a[1], r.Status)
	}
	return kern.Retval{R0: uint64(r.PID)}, err
}

// sysCompat43Wait is wait(): the status is the second result.
func sysCompat43Wait(l *kern.LWP, _ *kern.Args) (kern.Retval, abi.Errno) {
	r, err := wait4(l, -1, 0)
	return kern.Retval{R0: uint64(r.PID), R1: uint64(int64(r.Status))}, err
}

// sysCompat43Killpg is killpg(pgid, signo). Numbers of groups had 16 bits; 0 is the caller's own.
func sysCompat43Killpg(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	ksi := kern.Ksiginfo{Signo: abi.Signal(int32(a[1])), Code: abi.SI_USER, Pid: l.Proc.PID, Uid: l.Proc.Cred.Euid}
	if ksi.Signo < 0 || ksi.Signo >= abi.NSIG {
		return retErr(abi.EINVAL)
	}
	return retErr(killpg(l, int32(a[0])&0xffff, &ksi))
}
