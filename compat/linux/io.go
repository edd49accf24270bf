package linux

import (
	"nbemu/abi"
	"nbemu/kern"
	"nbemu/syscalls"
	"nbemu/vfs"
)

// Reading, writing, descriptors.

// The native calls with an offset have a word of padding before it.

func sysPread64(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	if err := mayPosition(l, a[0], a[3], false); err != abi.OK {
		return ret(err)
	}
	return call(l, syscalls.SYS_pread, &kern.Args{a[0], a[1], a[2], 0, a[3]})
}

func sysPwrite64(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	if err := mayPosition(l, a[0], a[3], true); err != abi.OK {
		return ret(err)
	}
	return call(l, syscalls.SYS_pwrite, &kern.Args{a[0], a[1], a[2], 0, a[3]})
}

func sysReadv(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	if err := cannotMove(l, a[0], false); err != abi.OK {
		return ret(err)
	}
	return vector(l, syscalls.SYS_readv, &kern.Args{a[0], a[1], a[2]})
}

func sysWritev(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	if err := cannotMove(l, a[0], true); err != abi.OK {
		return ret(err)
	}
	return vector(l, syscalls.SYS_writev, &kern.Args{a[0], a[1], a[2]})
}

func sysPreadv(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	if err := mayPosition(l, a[0], a[3], false); err != abi.OK {
		return ret(err)
	}
	return vector(l, syscalls.SYS_preadv, &kern.Args{a[0], a[1], a[2], 0, a[3]})
}

func sysPwritev(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	if err := mayPosition(l, a[0], a[3], true); err != abi.OK {
		return ret(err)
	}
	return vector(l, syscalls.SYS_pwritev, &kern.Args{a[0], a[1], a[2], 0, a[3]})
}

// vector makes a native call with a vector of buffers. One of no buffers is EINVAL there; here it is done before the file is
// asked.
func vector(l *kern.LWP, many int, a *kern.Args) (kern.Retval, abi.Errno) {
	if uint32(a[2]) == 0 {
		mode := int32(abi.FREAD)
		if many == syscalls.SYS_writev || many == syscalls.SYS_pwritev {
			mode = abi.FWRITE
		}
		if f := l.Proc.Fd.Get(int32(a[0])); f.Flag&mode == 0 {
			return ret(abi.EBADF)
		}
		return ret(abi.OK)
	}
	return call(l, many, a)
}

// Flags of preadv2 and pwritev2.
const (
	rwfHipri  = 1
	rwfDsync  = 2
	rwfSync   = 4
	rwfNowait = 8
	rwfAppend = 16
)

// sysPreadv2 and sysPwritev2: the offset -1 is the file's own. A read that must not wait cannot be promised.
func sysPreadv2(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	if a[5]&^rwfHipri != 0 {
		return ret(abi.EOPNOTSUPP)
	}
	if int64(a[3]) == -1 {
		return sysReadv(l, a)
	}
	return sysPreadv(l, a)
}

func sysPwritev2(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	if f := l.Proc.Fd.Get(int32(a[0])); f != nil && !f.OnlyNames() && int64(a[3]) != -1 {
		if _, err := f.Ops.Seek(l, f, 0, abi.SEEK_CUR); err == abi.ESPIPE {
			return ret(err)
		}
	}
	if a[5]&^(rwfHipri|rwfDsync|rwfSync) != 0 {
		return ret(abi.EOPNOTSUPP)
	}
	write := sysPwritev
	if int64(a[3]) == -1 {
		write = sysWritev
	}
	rv, err := write(l, a)
	if err == abi.OK && a[5]&(rwfDsync|rwfSync) != 0 {
		if _, err := call(l, syscalls.SYS_fsync, &kern.Args{a[0]}); err != abi.OK && err != abi.EINVAL {
			return ret(err)
		}
	}
	return rv, err
}

func sysLseek(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	const seekData, seekHole = 3, 4
	f, kind, err := kindAt(l, a[0])
	if err != abi.OK {
		return ret(err)
	}
	w := int32(a[2])
	if pos, err, known := seekKind(f, kind, int64(a[1]), w); known {
		return kern.Retval{R0: uint64(pos)}, err
	}
	if w == seekData || w == seekHole {
		f.Use()
		defer f.Done(l)
		off, err := vfs.SeekHole(f, int64(a[1]), w == seekHole)
		return kern.Retval{R0: uint64(off)}, err
	}
	return call(l, syscalls.SYS_lseek, &kern.Args{a[0], 0, a[1], a[2]})
}

func sysTruncate(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return call(l, syscalls.SYS_truncate, &kern.Args{a[0], 0, a[1]})
}

func sysFtruncate(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	if int64(a[1]) < 0 {
		return ret(abi.EINVAL)
	}
	if err := realFile(l, a[0]); err != abi.OK {
		return ret(err)
	}
	return call(l, syscalls.SYS_ftruncate, &kern.Args{a[0], 0, a[1]})
}

func sysFallocate(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	const keepSize, punchHole = 1, 2
	f, kind, err := kindAt(l, a[0])
	mode := uint32(a[1])
	switch {
	case err != abi.OK:
		return ret(err)
	case int64(a[2]) < 0 || int64(a[3]) <= 0:
		return ret(abi.EINVAL)
	case mode != 0 && mode != keepSize && mode != keepSize|punchHole:
		return ret(abi.EOPNOTSUPP)
	case f.Flag&abi.FWRITE == 0:
		return ret(abi.EBADF)
	case kind == kindFIFO:
		return ret(abi.ESPIPE)
	case kind == kindPidfd, kind == kindQueue:
		return ret(abi.EOPNOTSUPP)
	case kind != kindFile:
		return ret(abi.ENODEV)
	}
	f.Use()
	defer f.Done(l)
	switch mode {
	case 0:
		return ret(vfs.Fallocate(l, f, int64(a[2]), int64(a[3])))
	case keepSize:
		return ret(vfs.Reserve(l, f, int64(a[2]), int64(a[3])))
	case keepSize | punchHole:
		return ret(vfs.Fdiscard(f, int64(a[2]), int64(a[3])))
	}
	return ret(abi.EOPNOTSUPP)
}

func sysFadvise64(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	_, kind, err := kindAt(l, a[0])
	switch {
	case err != abi.OK:
		return ret(err)
	case kind == kindFIFO:
		return ret(abi.ESPIPE)
	case int64(a[2]) < 0 || uint32(a[3]) > abi.POSIX_FADV_NOREUSE:
		return ret(abi.EINVAL)
	case kind != kindFile:
		return ret(abi.OK)
	}
	rv, err := call(l, syscalls.SYS___posix_fadvise50, &kern.Args{a[0], 0, a[1], a[2], a[3]})
	if err == abi.OK {
		err = abi.Errno(rv.R0) // the native call returns its error
	}
	return ret(err)
}

func sysReadahead(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	f, err := l.GetfileFor(int32(a[0]), abi.FREAD)
	if err != abi.OK {
		return ret(err)
	}
	defer f.Done(l)
	var st abi.Stat
	if f.Ops.Stat(l, f, &st) != abi.OK || f.Ops.Type() != "vnode" || st.Mode&abi.S_IFMT != abi.S_IFREG && st.Mode&abi.S_IFMT != abi.S_IFBLK {
		return ret(abi.EINVAL)
	}
	return ret(abi.OK)
}

func sysSyncfs(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	f, err := l.Getfile(int32(a[0]))
	if err != abi.OK {
		return ret(err)
	}
	defer f.Done(l)
	vfs.Sync(l)
	return ret(abi.OK)
}

// sysFsync is for files of a file system that have contents there.
func sysFsync(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	f, err := l.Getfile(int32(a[0]))
	if err != abi.OK {
		return ret(err)
	}
	defer f.Done(l)
	var st abi.Stat
	if err := f.Ops.Stat(l, f, &st); err != abi.OK || f.Ops.Type() != "vnode" || st.Mode&abi.S_IFMT == abi.S_IFIFO || st.Mode&abi.S_IFMT == abi.S_IFCHR {
		return ret(abi.EINVAL)
	}
	return call(l, syscalls.SYS_fsync, a)
}

func sysFlock(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	switch int32(a[1]) &^ abi.LOCK_NB {
	case abi.LOCK_SH, abi.LOCK_EX, abi.LOCK_UN:
	default:
		return ret(abi.EINVAL)
	}
	return call(l, syscalls.SYS_flock, a)
}

func sysSyncFileRange(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	const flags = 7
	_, kind, err := kindAt(l, a[0])
	off, n := int64(a[1]), int64(a[2])
	switch {
	case err != abi.OK:
		return ret(err)
	case uint32(a[3])&^flags != 0 || off < 0 || n < 0 || off+n < off:
		return ret(abi.EINVAL)
	case kind == kindProc, kind == kindPidfd, kind == kindQueue:
		return ret(abi.OK)
	case kind != kindFile && kind != kindDir:
		return ret(abi.ESPIPE)
	}
	if rv, err := call(l, syscalls.SYS_fsync, a); err != abi.EINVAL {
		return rv, err
	}
	return ret(abi.OK) // what is made when it is read is nowhere else
}

// sysSyncFileRange2 is the same with its arguments so that no pair of registers is wasted.
func sysSyncFileRange2(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return sysSyncFileRange(l, &kern.Args{a[0], a[2], a[3], a[1]})
}

// What sendfile moves before others have their turn, and at most; splice and its kin move the former at most.
const (
	maxSendfile = 1 << 20
	maxTransfer = 0x7ffff000
)

// sysSendfile copies from a file to anything, from *offset on or where the file stands.
func sysSendfile(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return sendfile(l, a, l.Model().PtrSize)
}

// sendfile's offset has so many bytes.
func sendfile(l *kern.LWP, a *kern.Args, offSize int) (kern.Retval, abi.Errno) {
	out, err := l.GetfileFor(int32(a[0]), abi.FWRITE)
	if err != abi.OK {
		return ret(err)
	}
	defer out.Done(l)
	in, err := l.GetfileFor(int32(a[1]), abi.FREAD)
	if err != abi.OK {
		return ret(err)
	}
	defer in.Done(l)
	switch kind := fileKindOf(l, in); {
	case a[2] != 0 && kind != kindFile && kind != kindProc && kind != kindMemory && kind != kindDir && kind != kindPidfd && kind != kindQueue:
		return ret(abi.ESPIPE)
	case a[3] == 0 && (kind == kindFile || kind == kindProc || kind == kindMemory || kind == kindEvents || kind == kindQueue):
		return ret(abi.OK)
	case kind != kindFile && kind != kindProc:
		return ret(abi.EINVAL)
	}
	var pos int64
	if a[2] != 0 {
		var b [8]byte
		if err := l.Copyin(b[:offSize], a[2]); err != abi.OK {
			return ret(err)
		}
		if pos = int64(l.Model().Uint(b[:], offSize)); offSize == 4 {
			pos = int64(int32(pos))
		}
	} else if pos, err = in.Ops.Seek(l, in, 0, abi.SEEK_CUR); err != abi.OK {
		return ret(err)
	}
	if pos < 0 {
		return ret(abi.EINVAL)
	}
	buf := make([]byte, 32<<10)
	want := min(a[3], maxTransfer)
	done, turn := uint64(0), uint64(maxSendfile)
	for done < want && err == abi.OK {
		if done >= turn {
			if turn += maxSendfile; !l.PreemptPoint() || l.Interrupted() {
				break
			}
		}
		r := kern.KernUio(l, buf[:min(want-done, uint64(len(buf)))], false)
		r.Positional, r.Offset = true, pos+int64(done)
		size := r.Resid
		if err = in.Ops.Read(l, in, r); err != abi.OK {
			r.Free()
			break
		}
		n := size - r.Resid
		r.Free()
		if n == 0 {
			break
		}
		w := kern.KernUio(l, buf[:n], true)
		err = out.Ops.Write(l, out, w)
		moved := n - w.Resid
		w.Free()
		done += moved
		if moved < n {
			break
		}
	}
	if done == 0 && err != abi.OK {
		if err == abi.EPIPE {
			l.Psignal(abi.SIGPIPE)
		}
		return ret(err)
	}
	if a[2] != 0 {
		var b [8]byte
		l.Model().PutUint(b[:], offSize, uint64(pos)+done)
		err = l.Copyout(b[:offSize], a[2])
	} else {
		_, err = in.Ops.Seek(l, in, pos+int64(done), abi.SEEK_SET)
	}
	return kern.Retval{R0: done}, err
}

func sysDup3(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	if int32(a[2])&^oCloexec != 0 {
		return ret(abi.EINVAL)
	}
	return call(l, syscalls.SYS___dup3100, &kern.Args{a[0], a[1], uint64(oflagsIn(int32(a[2])))})
}

func sysPipe(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return sysPipe2(l, &kern.Args{a[0]})
}

// sysPipeRegs is pipe of machines that give both descriptors in registers.
func sysPipeRegs(l *kern.LWP, _ *kern.Args) (kern.Retval, abi.Errno) {
	rv, err := call(l, syscalls.SYS_pipe, &kern.Args{})
	if err != abi.OK {
		return ret(err)
	}
	return kern.Retval{R0: machineOf(l).pipe(l, [2]int32{int32(rv.R0), int32(rv.R1)})}, abi.OK
}

func sysPipe2(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	if int32(a[1])&^(oCloexec|oNonblock|oDirect) != 0 {
		return ret(abi.EINVAL)
	}
	if err := l.Proc.FdRoom(); err != abi.OK {
		return ret(err)
	}
	flags := oflagsIn(int32(a[1]))
	rd, wr := kern.NewPipe(l, flags)
	if _, err := kern.SetPipeSize(rd, pipeSize); err != abi.OK {
		return ret(err)
	}
	var fds [2]int32
	var err abi.Errno
	if fds[0], err = l.Install(rd, flags&abi.O_CLOEXEC != 0); err != abi.OK {
		wr.Unref(l)
		return ret(err)
	}
	if fds[1], err = l.Install(wr, flags&abi.O_CLOEXEC != 0); err != abi.OK {
		_ = l.Proc.Fd.Close(l, fds[0])
		return ret(err)
	}
	if err = l.CopyoutStruct(a[0], fds); err != abi.OK {
		_ = l.Proc.Fd.Close(l, fds[0])
		_ = l.Proc.Fd.Close(l, fds[1])
	}
	return ret(err)
}

func sysCloseRange(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	const unshare, cloexec = 2, 4
	if a[2]&^(unshare|cloexec) != 0 || uint32(a[0]) > uint32(a[1]) {
		return ret(abi.EINVAL)
	}
	t := l.Proc.Fd
	if a[2]&unshare != 0 && t.Refs() > 1 {
		c := t.Copy()
		t.Free(l)
		l.Proc.Fd, t = c, c
	}
	for _, fd := range t.Fds() {
		if uint32(fd) < uint32(a[0]) || uint32(fd) > uint32(a[1]) {
			continue
		}
		if a[2]&cloexec != 0 {
			t.SetCloexec(fd, true)
		} else {
			_ = t.Close(l, fd)
		}
	}
	return ret(abi.OK)
}

var (
	sysClose     kern.Handler = native(syscalls.SYS_close)
	sysDup       kern.Handler = native(syscalls.SYS_dup)
	sysDup2      kern.Handler = native(syscalls.SYS_dup2)
	sysFdatasync kern.Handler = sysFsync
)
