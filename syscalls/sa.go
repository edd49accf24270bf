package syscalls

import (
	"nbemu/abi"
	"nbemu/arch"
	"nbemu/kern"
)

// Scheduler activations of NetBSD 2 to 6 (kern_sa.c), on kernels of these releases; others answer as to a call that there
// is none of.

// withSA calls f where there are scheduler activations.
func withSA(l *kern.LWP, f func() (kern.Retval, abi.Errno)) (kern.Retval, abi.Errno) {
	if !l.K.Config.SA || arch.Of(l.Proc.Arch).Upcall == nil {
		return l.Nosys()
	}
	return f()
}

// sysCompat60SaRegister is sa_register(new, old *, flags, stackinfo_offset). Error: EFAULT.
func sysCompat60SaRegister(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return withSA(l, func() (kern.Retval, abi.Errno) {
		p := arch.Of(l.Proc.Arch)
		old := l.SaRegister(&kern.SaPort{Call: p.Upcall, Ucontext: p.MD.Getucontext}, a[0], int32(a[2]), int64(a[3]))
		if a[1] == 0 {
			return retErr(abi.OK)
		}
		return retErr(l.CopyoutStruct(a[1], abi.Ptr(old)))
	})
}

// sysCompat60SaStacks is sa_stacks(num, stack_t *); it returns how many were taken, if there is no error. Errors: EINVAL,
// EFAULT, EEXIST, ENOMEM.
func sysCompat60SaStacks(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return withSA(l, func() (kern.Retval, abi.Errno) {
		n := int32(a[0])
		if n < 0 || n == 0 && !l.SaRegistered() {
			return retErr(abi.EINVAL)
		}
		size := uint64(l.Model().Sizeof(&abi.StackT{}))
		for i := range uint64(n) {
			var st abi.StackT
			err := l.CopyinStruct(a[1]+i*size, &st)
			if err == abi.OK {
				err = l.SaStack(st)
			}
			if err != abi.OK {
				return kern.Retval{R0: i}, err
			}
		}
		return kern.Retval{R0: uint64(n)}, abi.OK
	})
}

// sysCompat60SaEnable is sa_enable(): the program goes on in its first upcall. Errors: EINVAL, EBUSY, ENOMEM.
func sysCompat60SaEnable(l *kern.LWP, _ *kern.Args) (kern.Retval, abi.Errno) {
	return withSA(l, func() (kern.Retval, abi.Errno) { return retErr(l.SaEnable()) })
}

// sysCompat60SaSetconcurrency is sa_setconcurrency(n); it returns how many virtual processors more run. Error: EINVAL.
func sysCompat60SaSetconcurrency(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return withSA(l, func() (kern.Retval, abi.Errno) { return retInt(l.SaSetconcurrency(int32(a[0]))) })
}

// sysCompat60SaYield is sa_yield(): there is nothing to do until the next upcall. Error: EINVAL.
func sysCompat60SaYield(l *kern.LWP, _ *kern.Args) (kern.Retval, abi.Errno) {
	return withSA(l, func() (kern.Retval, abi.Errno) { return retErr(l.SaYield()) })
}

// sysCompat60SaPreempt is sa_preempt(id): an upcall by the way. Before NetBSD 4 it was not done. Errors: EINVAL, ESRCH,
// ENOMEM.
func sysCompat60SaPreempt(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return withSA(l, func() (kern.Retval, abi.Errno) { return retErr(l.SaPreempt(int32(a[0]))) })
}
