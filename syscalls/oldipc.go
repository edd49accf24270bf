package syscalls

import (
	"nbemu/abi"
	"nbemu/kern"
)

// System V IPC of NetBSD 1.0 and before: one call each, whose first argument says what to do
// (compat/common/kern_ipc_10.c). All arguments are ints, so that the calls are there only where pointers are, too.

// ipc10 finds the call that a number stands for among those of one of the three; b are the arguments after the number.
// Errors: ENOSYS where pointers are not ints, EINVAL.
func ipc10(l *kern.LWP, a *kern.Args, calls []kern.Handler) (kern.Retval, abi.Errno) {
	if l.Model().LP64() {
		return l.Nosys()
	}
	which := uint32(a[0])
	if which >= uint32(len(calls)) {
		return retErr(abi.EINVAL)
	}
	var b kern.Args
	for i, v := range a[1:6] {
		b[i] = uint64(uint32(v)) // sizes and addresses; handlers take of ints what they need
	}
	return calls[which](l, &b)
}

var (
	semCalls10 = []kern.Handler{semctl10, sysSemget, sysSemop, sysSemconfig}
	msgCalls10 = []kern.Handler{sysCompat14Msgctl, sysMsgget, sysMsgsnd, msgrcv10}
	shmCalls10 = []kern.Handler{sysShmat, sysCompat14Shmctl, sysShmdt, sysShmget}
)

// sysCompat10Semsys is semsys(which, …). Errors: EINVAL and those of the call.
func sysCompat10Semsys(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return ipc10(l, a, semCalls10)
}

// sysCompat10Msgsys is msgsys(which, …).
func sysCompat10Msgsys(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return ipc10(l, a, msgCalls10)
}

// sysCompat10Shmsys is shmsys(which, …).
func sysCompat10Shmsys(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return ipc10(l, a, shmCalls10)
}

// semctl10 is given the union itself rather than its address.
func semctl10(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return semctlUnion(l, a, semun{int32(a[3]), a[3]}, ipc14)
}

// msgrcv10: the type of a message is signed.
func msgrcv10(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	a[3] = sext(uint32(a[3]))
	return sysMsgrcv(l, a)
}
