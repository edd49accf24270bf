package syscalls

import (
	"nbemu/abi"
	"nbemu/kern"
)

// newPipe makes a pipe with two descriptors. Errors: EMFILE, EINVAL.
func newPipe(l *kern.LWP, flags int32) (rfd, wfd int32, e abi.Errno) {
	if flags&^(abi.O_CLOEXEC|abi.O_NONBLOCK|abi.O_NOSIGPIPE) != 0 {
		return -1, -1, abi.EINVAL
	}
	rf, wf := kern.NewPipe(l, flags)
	if rfd, e = l.Install(rf, flags&abi.O_CLOEXEC != 0); e != abi.OK {
		wf.Unref(l)
		return -1, -1, e
	}
	if wfd, e = l.Install(wf, flags&abi.O_CLOEXEC != 0); e != abi.OK {
		_ = l.Proc.Fd.Close(l, rfd)
		return -1, -1, e
	}
	return rfd, wfd, abi.OK
}

// sysPipe returns both descriptors in registers; the C library's stub stores them.
func sysPipe(l *kern.LWP, _ *kern.Args) (kern.Retval, abi.Errno) {
	r, w, e := newPipe(l, 0)
	if e != abi.OK {
		return kern.Retval{}, e
	}
	return kern.Retval{R0: uint64(r), R1: uint64(w)}, abi.OK
}

func sysPipe2(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	r, w, e := newPipe(l, int32(a[1]))
	if e != abi.OK {
		return kern.Retval{}, e
	}
	if e := l.CopyoutStruct(a[0], &[2]int32{r, w}); e != abi.OK {
		_ = l.Proc.Fd.Close(l, r)
		_ = l.Proc.Fd.Close(l, w)
		return kern.Retval{}, e
	}
	return kern.Retval{}, abi.OK
}
