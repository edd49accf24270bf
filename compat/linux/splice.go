package linux

import (
	"nbemu/abi"
	"nbemu/kern"
	"nbemu/mem"
	"nbemu/vfs"
)

// Moving data between descriptors: splice, tee, vmsplice (fs/splice.c), copy_file_range (fs/read_write.c).

const (
	spliceMove     = 1
	spliceNonblock = 2
	spliceAll      = 15

	spliceChunk = 64 << 10
)

// isPipe reports whether f is an end of a pipe of ours.
func isPipe(f *kern.File) bool { return f.Ops.Type() == "pipe" }

// seekable reports whether f has offsets.
func seekable(l *kern.LWP, f *kern.File) bool {
	_, err := f.Ops.Seek(l, f, 0, abi.SEEK_CUR)
	return err == abi.OK && !isDir(l, f)
}

func isDir(l *kern.LWP, f *kern.File) bool {
	var st abi.Stat
	return f.Ops.Stat(l, f, &st) == abi.OK && st.Mode&abi.S_IFMT == abi.S_IFDIR
}

// spliceable reports whether a file can be the other side of a pipe.
func spliceable(l *kern.LWP, f *kern.File) bool {
	switch f.Ops.Type() {
	case "pipe", "socket":
		return true
	case "vnode":
		return !isDir(l, f) && !vfs.IsInotify(f)
	}
	return false
}

// isLocal reports whether f is a socket of the local domain.
func isLocal(l *kern.LWP, f *kern.File) bool {
	s, ok := f.Ops.(vfs.Sock)
	if !ok {
		return false
	}
	sa, err := s.Getsockname(l)
	return err == abi.OK && len(sa) > 1 && sa[1] == abi.AF_LOCAL
}

// offsetAt reads an offset that a program keeps. Error: EFAULT, EINVAL.
func offsetAt(l *kern.LWP, va uint64) (int64, abi.Errno) {
	var off int64
	if err := l.CopyinStruct(va, &off); err != abi.OK {
		return 0, err
	}
	if off < 0 {
		return 0, abi.EINVAL
	}
	return off, abi.OK
}

// transfer moves bytes of buf to or from f, at off if that is not negative. It returns how many.
func transfer(l *kern.LWP, f *kern.File, buf []byte, off int64, write bool) (int, abi.Errno) {
	u := kern.KernUio(l, buf, write)
	defer u.Free()
	if off >= 0 {
		u.Positional, u.Offset = true, off
	}
	var err abi.Errno
	if write {
		err = f.Ops.Write(l, f, u)
	} else {
		err = f.Ops.Read(l, f, u)
	}
	n := len(buf) - int(u.Resid)
	if n > 0 {
		err = abi.OK
	}
	return n, err
}

// sysSplice is splice(in, *off_in, out, *off_out, len, flags), at least one of the files being a pipe.
func sysSplice(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	if uint32(a[5])&^spliceAll != 0 {
		return ret(abi.EINVAL)
	}
	if a[4] == 0 {
		return ret(abi.OK)
	}
	in, err := l.GetfileFor(int32(a[0]), abi.FREAD)
	if err != abi.OK {
		return ret(err)
	}
	defer in.Done(l)
	out, err := l.GetfileFor(int32(a[2]), abi.FWRITE)
	if err != abi.OK {
		return ret(err)
	}
	defer out.Done(l)
	offs := [2]int64{-1, -1}
	for i, x := range [2]struct {
		f  *kern.File
		va uint64
	}{{in, a[1]}, {out, a[3]}} {
		switch {
		case x.va == 0:
			continue
		case isPipe(x.f):
			return ret(abi.ESPIPE)
		case !isPipe(in) && !isPipe(out), !seekable(l, x.f):
			return ret(abi.EINVAL)
		}
		if offs[i], err = offsetAt(l, x.va); err != abi.OK {
			return ret(err)
		}
	}
	switch {
	case !isPipe(in) && !isPipe(out), kern.SamePipe(in, out), !spliceable(l, in), !spliceable(l, out),
		!isPipe(out) && out.Flag&abi.O_APPEND != 0:
		return ret(abi.EINVAL)
	}
	n, err := splice(l, in, out, offs, min(a[4], maxSendfile), uint32(a[5])&spliceNonblock != 0)
	if n == 0 {
		if err == abi.EPIPE {
			l.Psignal(abi.SIGPIPE)
		}
		return ret(err)
	}
	for i, va := range [2]uint64{a[1], a[3]} {
		if va != 0 {
			if err := l.CopyoutStruct(va, offs[i]+int64(n)); err != abi.OK {
				return ret(err)
			}
		}
	}
	return retInt(int64(n))
}

// splice moves up to most bytes; it waits only for the first of them.
func splice(l *kern.LWP, in, out *kern.File, offs [2]int64, most uint64, nonblock bool) (done int, err abi.Errno) {
	for uint64(done) < most {
		size := int(min(most-uint64(done), spliceChunk))
		for _, end := range [2]*kern.File{in, out} {
			if !isPipe(end) {
				continue
			}
			n, err := kern.PipeAwait(l, end, nonblock || end.Nonblock() || done > 0)
			if err != abi.OK || n == 0 {
				return done, err
			}
			size = min(size, n)
		}
		at := offs
		for i := range at {
			if at[i] >= 0 {
				at[i] += int64(done)
			}
		}
		buf := make([]byte, size)
		n, err := transfer(l, in, buf, at[0], false)
		if n == 0 {
			if err == abi.ENOTCONN && isLocal(l, in) {
				err = abi.EINVAL
			}
			return done, err
		}
		k, err := transfer(l, out, buf[:n], at[1], true)
		done += k
		if k < n {
			if isPipe(in) {
				kern.PipeUnread(in, buf[k:n])
			} else if at[0] < 0 {
				_, _ = in.Ops.Seek(l, in, int64(k-n), abi.SEEK_CUR)
			}
			return done, err
		}
	}
	return done, abi.OK
}

// sysTee copies from one pipe to another; the first keeps its data.
func sysTee(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	if uint32(a[3])&^spliceAll != 0 {
		return ret(abi.EINVAL)
	}
	if a[2] == 0 {
		return ret(abi.OK)
	}
	in, err := l.GetfileFor(int32(a[0]), abi.FREAD)
	if err != abi.OK {
		return ret(err)
	}
	defer in.Done(l)
	out, err := l.GetfileFor(int32(a[1]), abi.FWRITE)
	if err != abi.OK {
		return ret(err)
	}
	defer out.Done(l)
	if !isPipe(in) || !isPipe(out) || kern.SamePipe(in, out) {
		return ret(abi.EINVAL)
	}
	size := int(min(a[2], spliceChunk))
	for _, end := range [2]*kern.File{in, out} {
		n, err := kern.PipeAwait(l, end, uint32(a[3])&spliceNonblock != 0 || end.Nonblock())
		if err == abi.EPIPE {
			l.Psignal(abi.SIGPIPE)
		}
		if err != abi.OK || n == 0 {
			return ret(err)
		}
		size = min(size, n)
	}
	buf := make([]byte, size)
	n, err := transfer(l, out, buf[:kern.PipePeek(in, buf)], -1, true)
	if n > 0 {
		return retInt(int64(n))
	}
	return ret(err)
}

// sysVmsplice is writev to a pipe's writing end, or readv from its reading end.
func sysVmsplice(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	if uint32(a[3])&^spliceAll != 0 {
		return ret(abi.EINVAL)
	}
	f, err := l.Getfile(int32(a[0]))
	if err != abi.OK {
		return ret(err)
	}
	defer f.Done(l)
	iov, err := iovecsAt(l, a[1], a[2], maxMove)
	if err != abi.OK {
		return ret(err)
	}
	some := false
	for i := range iov {
		some = some || iov[i].Len > 0
	}
	if !some {
		return ret(abi.OK)
	}
	if !isPipe(f) {
		return ret(abi.EBADF)
	}
	if f.Flag&abi.FWRITE == 0 {
		if uint32(a[3])&spliceNonblock != 0 {
			if _, err := kern.PipeAwait(l, f, true); err != abi.OK {
				return ret(err)
			}
		}
		return sysReadv(l, a)
	}
	n, err := vmspliceOut(l, f, iov, uint32(a[3])&spliceNonblock != 0)
	if n > 0 {
		return retInt(int64(n))
	}
	if err == abi.EPIPE {
		l.Psignal(abi.SIGPIPE)
	}
	return ret(err)
}

// vmspliceOut puts memory into a pipe. It waits for room for the first bytes alone, and is done when the pipe is full.
func vmspliceOut(l *kern.LWP, f *kern.File, iov []abi.Iovec, nonblock bool) (done int, err abi.Errno) {
	for _, v := range iov {
		for at := uint64(0); at < uint64(v.Len); {
			room, err := kern.PipeAwait(l, f, nonblock || f.Nonblock() || done > 0)
			if err != abi.OK {
				return done, err
			}
			buf := make([]byte, min(uint64(v.Len)-at, uint64(room), spliceChunk))
			if err := l.Copyin(buf, uint64(v.Base)+at); err != abi.OK {
				// What comes before the page that cannot be had is moved.
				left := mem.PageSize - (uint64(v.Base)+at)%mem.PageSize
				if left >= uint64(len(buf)) {
					return done, err
				}
				buf = buf[:left]
				if err := l.Copyin(buf, uint64(v.Base)+at); err != abi.OK {
					return done, err
				}
			}
			n, err := transfer(l, f, buf, -1, true)
			done, at = done+n, at+uint64(n)
			if n == 0 {
				return done, err
			}
		}
	}
	return done, abi.OK
}

// sysCopyFileRange is copy_file_range(in, *off_in, out, *off_out, len, flags) between regular files.
func sysCopyFileRange(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	in, err := l.Getfile(int32(a[0]))
	if err != abi.OK {
		return ret(err)
	}
	defer in.Done(l)
	out, err := l.Getfile(int32(a[2]))
	if err != abi.OK {
		return ret(err)
	}
	defer out.Done(l)
	var offs [2]int64
	for i, x := range [2]struct {
		f  *kern.File
		va uint64
	}{{in, a[1]}, {out, a[3]}} {
		if x.va != 0 {
			if err := l.CopyinStruct(x.va, &offs[i]); err != abi.OK {
				return ret(err)
			}
		} else {
			offs[i], _ = x.f.Ops.Seek(l, x.f, 0, abi.SEEK_CUR)
		}
	}
	if uint32(a[5]) != 0 {
		return ret(abi.EINVAL)
	}
	n, err := copyRangeCheck(l, in, out, offs, a[4])
	if err != abi.OK {
		return ret(err)
	}
	n = min(n, maxTransfer)
	done, turn := 0, maxSendfile
	for buf := make([]byte, min(n, 256<<10)); uint64(done) < n; {
		if done >= turn {
			if turn += maxSendfile; !l.PreemptPoint() || l.Interrupted() {
				break
			}
		}
		k, e := transfer(l, in, buf[:min(n-uint64(done), uint64(len(buf)))], offs[0]+int64(done), false)
		if k > 0 {
			k, e = transfer(l, out, buf[:k], offs[1]+int64(done), true)
		}
		if k == 0 {
			err = e
			break
		}
		done += k
	}
	if done == 0 {
		return ret(err)
	}
	for i, x := range [2]struct {
		f  *kern.File
		va uint64
	}{{in, a[1]}, {out, a[3]}} {
		if x.va != 0 {
			err = l.CopyoutStruct(x.va, offs[i]+int64(done))
		} else {
			_, err = x.f.Ops.Seek(l, x.f, offs[i]+int64(done), abi.SEEK_SET)
		}
		if err != abi.OK {
			return ret(err)
		}
	}
	return retInt(int64(done))
}

// copyRangeCheck returns how much of n may be copied (generic_copy_file_checks). Errors: EISDIR, EINVAL, EBADF,
// EOVERFLOW, EFBIG.
func copyRangeCheck(l *kern.LWP, in, out *kern.File, offs [2]int64, n uint64) (uint64, abi.Errno) {
	var st [2]abi.Stat
	for i, f := range [2]*kern.File{in, out} {
		if err := f.Ops.Stat(l, f, &st[i]); err != abi.OK {
			return 0, abi.EINVAL
		}
	}
	switch {
	case st[0].Mode&abi.S_IFMT == abi.S_IFDIR || st[1].Mode&abi.S_IFMT == abi.S_IFDIR:
		return 0, abi.EISDIR
	case st[0].Mode&abi.S_IFMT != abi.S_IFREG || st[1].Mode&abi.S_IFMT != abi.S_IFREG:
		return 0, abi.EINVAL
	case st[0].Dev != st[1].Dev:
		return 0, abi.EXDEV
	case in.Flag&abi.FREAD == 0, out.Flag&abi.FWRITE == 0, out.Flag&abi.O_APPEND != 0:
		return 0, abi.EBADF
	case offs[0] < 0 || offs[1] < 0:
		return 0, abi.EINVAL
	case n > 1<<63-1 || offs[0]+int64(n) < 0 || offs[1]+int64(n) < 0:
		return 0, abi.EOVERFLOW
	}
	if offs[0] >= st[0].Size {
		n = 0
	} else {
		n = min(n, uint64(st[0].Size-offs[0]))
	}
	if limit := l.Proc.Limits[abi.RLIMIT_FSIZE].Cur; limit < abi.RLIM_INFINITY {
		if uint64(offs[1]) >= limit {
			l.Psignal(abi.SIGXFSZ)
			return 0, abi.EFBIG
		}
		n = min(n, limit-uint64(offs[1]))
	}
	if st[0].Dev == st[1].Dev && st[0].Ino == st[1].Ino && offs[1]+int64(n) > offs[0] && offs[1] < offs[0]+int64(n) {
		return 0, abi.EINVAL
	}
	return min(n, maxMove), abi.OK
}
