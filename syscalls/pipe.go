package syscalls

import (
	"nbemu/abi"
	"nbemu/kern"
)

// newPipe makes a pipe with two descriptors. Errors: EMFILE, EINVAL.
func newPipe(l *kern.LWP, flags int32) (rfd, wfd int32, err abi.Errno) {
	if flags&^(abi.O_CLOEXEC|abi.O_NONBLOCK|abi.O_NOSIGPIPE) != 0 {
		return -1, -1, abi.EINVAL
	}
	rf, wf := kern.NewPipe(l, flags)
	if rfd, err = l.Install(rf, flags&abi.O_CLOEXEC != 0); err != abi.OK {
		wf.Unref(l)
		return -1, -1, err
	}
	if wfd, err = l.Install(wf, flags&abi.O_CLOEXEC != 0); err != abi.OK {
		_ = l.Proc.Fd.Close(l, rfd)
		return -1, -1, err
	}
	return rfd, wfd, abi.OK
}

// sysPipe returns both descriptors in registers; the C library's stub stores them.
func sysPipe(l *kern.LWP, _ *kern.Args) (kern.Retval, abi.Errno) {
	r, w, err := newPipe(l, 0)
	if err != abi.OK {
		return kern.Retval{}, err
	}
	return kern.Retval{R0: uint64(r), R1: uint64(w)}, abi.OK
}

func sysPipe2(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	r, w, err := newPipe(l, int32(a[1]))
	if err != abi.OK {
		return kern.Retval{}, err
	}
	if err := l.CopyoutStruct(a[0], &[2]int32{r, w}); err != abi.OK {
		_ = l.Proc.Fd.Close(l, r)
		_ = l.Proc.Fd.Close(l, w)
		return kern.Retval{}, err
	}
	return kern.Retval{}, abi.OK
}
