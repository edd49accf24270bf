package linux

import (
	"nbemu/abi"
	"nbemu/kern"
	"nbemu/syscalls"
	"nbemu/vfs"
)

// fileKind is what Linux has behind an open file. It decides which calls there is an answer to, and which of two errors
// comes first: testdata/linux/matrix.c has the whole table.
type fileKind uint8

const (
	kindFile fileKind = iota // a regular file, a disk
	kindDir
	kindMemory   // /dev/null and its like: no position, and nothing to wait for
	kindTerminal // and other devices
	kindFIFO     // pipes too
	kindSocket
	kindEvents // eventfd, epoll, timerfd, signalfd, inotify and their like: their position is always 0
	kindPidfd
	kindQueue // of messages
	kindProc  // its content is made when it is read
)

// fileKindOf looks at an open file.
func fileKindOf(l *kern.LWP, f *kern.File) fileKind {
	switch f.Ops.Type() {
	case "vnode":
	case "pipe":
		return kindFIFO
	case "socket":
		return kindSocket
	case "pidfd":
		return kindPidfd
	case "mqueue":
		return kindQueue
	default:
		return kindEvents
	}
	if vfs.IsInotify(f) {
		return kindEvents
	}
	switch vfs.HostType(f) {
	case abi.S_IFREG: // most are: the host is not asked
		return kindFile
	case abi.S_IFDIR:
		return kindDir
	}
	var st abi.Stat
	_ = f.Ops.Stat(l, f, &st)
	switch st.Mode & abi.S_IFMT {
	case abi.S_IFDIR:
		return kindDir
	case abi.S_IFIFO:
		return kindFIFO
	case abi.S_IFSOCK:
		return kindSocket
	case abi.S_IFCHR:
		if m := abi.Major(st.Rdev); m == memMajor || m == randomMajor {
			return kindMemory
		}
		return kindTerminal
	}
	if vfs.IsMade(f) {
		return kindProc
	}
	return kindFile
}

// kindAt looks at a descriptor's file. Error: EBADF, for those that only name a file too.
func kindAt(l *kern.LWP, fd uint64) (*kern.File, fileKind, abi.Errno) {
	f := l.Proc.Fd.Get(int32(fd))
	if f == nil || f.OnlyNames() {
		return nil, 0, abi.EBADF
	}
	return f, fileKindOf(l, f), abi.OK
}

// mayPosition is what pread, pwrite and their like ask before they look at what a file is open for. Errors: EINVAL, EBADF,
// ESPIPE.
func mayPosition(l *kern.LWP, fd, pos uint64, write bool) abi.Errno {
	if int64(pos) < 0 {
		return abi.EINVAL
	}
	f, kind, err := kindAt(l, fd)
	switch {
	case err != abi.OK:
		return err
	case kind == kindTerminal, kind == kindFIFO, kind == kindSocket, kind == kindEvents:
		return abi.ESPIPE
	case kind == kindPidfd, kind == kindQueue && write: // there would be a position, but no such call
		return abi.EINVAL
	case kind == kindProc && write && f.Flag&abi.FWRITE == 0:
		return abi.ESPIPE
	}
	return abi.OK
}

// cannotMove is what read and write say of files that Linux has no such call for. Errors: EBADF, EINVAL.
func cannotMove(l *kern.LWP, fd uint64, write bool) abi.Errno {
	f := l.Proc.Fd.Get(int32(fd))
	if f == nil || f.OnlyNames() {
		return abi.EBADF
	}
	switch t := f.Ops.Type(); {
	case t == "vnode":
	case t == "kqueue", t == "pidfd", write && (t == "timerfd" || t == "signalfd" || t == "mqueue"):
		return abi.EINVAL
	}
	return abi.OK
}

// transfersNothing reports whether a read or write of no bytes is done before the file is asked.
func transfersNothing(l *kern.LWP, fd uint64, write bool) bool {
	f := l.Proc.Fd.Get(int32(fd))
	switch f.Ops.Type() {
	case "socket":
		return !write && f.Flag&abi.FREAD != 0
	case "pipe":
		return write && f.Flag&abi.FWRITE != 0
	}
	return false
}

func sysRead(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	if err := cannotMove(l, a[0], false); err != abi.OK {
		return ret(err)
	}
	if a[2] == 0 && transfersNothing(l, a[0], false) {
		return ret(abi.OK)
	}
	return call(l, syscalls.SYS_read, a)
}

func sysWrite(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	if err := cannotMove(l, a[0], true); err != abi.OK {
		return ret(err)
	}
	if a[2] == 0 && transfersNothing(l, a[0], true) {
		return ret(abi.OK)
	}
	return call(l, syscalls.SYS_write, a)
}

// seekKind is lseek on what has no position of its own. known is whether f is such a file. Errors: EINVAL, ESPIPE, ENXIO.
func seekKind(f *kern.File, kind fileKind, off int64, whence int32) (pos int64, err abi.Errno, known bool) {
	const seekData, seekHole = 3, 4
	hole := whence == seekData || whence == seekHole
	switch {
	case whence < 0 || whence > seekHole:
		return 0, abi.EINVAL, true
	case kind == kindMemory, kind == kindEvents, kind == kindQueue:
		return 0, abi.OK, true
	case kind == kindFIFO, kind == kindSocket, kind == kindTerminal, kind == kindPidfd:
		return 0, abi.ESPIPE, true
	case kind == kindProc && whence > abi.SEEK_CUR:
		return 0, abi.EINVAL, true
	case kind == kindDir && hole && vfs.IsMade(f):
		return 0, abi.ENXIO, true
	case kind == kindDir && hole:
		return off, abi.OK, true
	}
	return 0, abi.OK, false
}

// hasAsync are the kinds of files that send SIGIO; O_ASYNC is forgotten by the others.
func hasAsync(f *kern.File, kind fileKind) bool {
	switch kind {
	case kindFIFO, kindTerminal, kindSocket:
		return true
	case kindMemory:
		return vfs.MemoryName(f) == "random" || vfs.MemoryName(f) == "urandom"
	}
	return vfs.IsInotify(f)
}

// setFlags is F_SETFL. Error: EINVAL for O_DIRECT on what has no such transfers.
func setFlags(l *kern.LWP, f *kern.File, fd uint64, flags int32) (kern.Retval, abi.Errno) {
	kind := fileKindOf(l, f)
	if flags&oDirect != 0 && kind != kindFile && kind != kindFIFO {
		return ret(abi.EINVAL)
	}
	if !hasAsync(f, kind) {
		flags &^= oAsync
	}
	return call(l, syscalls.SYS_fcntl, &kern.Args{fd, abi.F_SETFL, uint64(oflagsIn(flags))})
}

// waitable is what epoll_ctl asks of a file. Error: EPERM.
func waitable(l *kern.LWP, f *kern.File) abi.Errno {
	if f.Ops.Type() != "vnode" || vfs.ListsMounts(f) {
		return abi.OK
	}
	switch fileKindOf(l, f) {
	case kindFile, kindDir, kindProc:
		return abi.EPERM
	case kindMemory:
		if st := (abi.Stat{}); f.Ops.Stat(l, f, &st) != abi.OK || st.Rdev != abi.Makedev(randomMajor, 0) {
			return abi.EPERM
		}
	}
	return abi.OK
}

// Requests that are answered by the kind of file alone.
const (
	figetbsz      = 2
	tiocgpgrp     = 0x540f
	tiocoutq      = 0x5411
	fionbio       = 0x5421
	fioasync      = 0x5452
	fsIocGetflags = 0x6601 // _IOR('f', 1, long), without its size
)

// kindIoctl is ioctl(2) where Linux looks at the kind of file first; known is whether it is such a request. Errors: EBADF,
// ENOTTY, EINVAL, EFAULT.
func kindIoctl(l *kern.LWP, cmd uint32, a *kern.Args) (err abi.Errno, known bool) {
	f, kind, err := kindAt(l, a[0])
	if err != abi.OK {
		return err, true
	}
	_, isEpoll := f.Ops.(*epoll)
	switch {
	case cmd == figetbsz:
		var st abi.Stat
		if f.Ops.Stat(l, f, &st) != abi.OK || st.Blksize == 0 || f.Ops.Type() != "vnode" {
			st.Blksize = 4096
		}
		return l.CopyoutInt32(a[2], int32(st.Blksize)), true
	case cmd == tiocgpgrp && kind != kindTerminal && kind != kindMemory:
		return noTerminal(f), true
	case cmd == tiocoutq && kind == kindSocket:
		return outq(l, f, a), true
	case (cmd == fionbio || cmd == fioasync) && isEpoll:
		n, err := l.CopyinInt32(a[2])
		if err == abi.OK && cmd == fionbio {
			if f.Flag &^= abi.O_NONBLOCK; n != 0 {
				f.Flag |= abi.O_NONBLOCK
			}
		}
		return err, true
	case cmd == fionread:
		return kindNread(l, f, kind, a)
	case cmd&0xc000ffff == 0x80000000|fsIocGetflags && (kind == kindFile || kind == kindDir):
		n, err := vfs.FileFlags(f)
		if err == abi.OK {
			err = l.CopyoutInt32(a[2], int32(n))
		}
		return err, true
	}
	return abi.OK, false
}

// kindNread is FIONREAD where there is nothing to ask the file.
func kindNread(l *kern.LWP, f *kern.File, kind fileKind, a *kern.Args) (err abi.Errno, known bool) {
	switch kind {
	case kindMemory:
		return noTerminal(f), true
	case kindProc, kindQueue:
		return l.CopyoutInt32(a[2], 0), true
	case kindSocket:
		if s, err := vfs.SocketOf(f); err != abi.OK {
			return abi.ENOTTY, true
		} else if s.Listening() {
			return abi.EINVAL, true
		}
	}
	return abi.OK, false
}

// outq is SIOCOUTQ: how much of what was sent is on its way.
func outq(l *kern.LWP, f *kern.File, a *kern.Args) abi.Errno {
	s, err := vfs.SocketOf(f)
	if err != abi.OK {
		return abi.ENOTTY
	}
	if domain, _, _ := s.Kind(); domain != abi.AF_LOCAL && s.Listening() {
		return abi.EINVAL
	}
	_, err = call(l, syscalls.SYS_ioctl, &kern.Args{a[0], abi.FIONWRITE, a[2]})
	return err
}

// noTerminal is the error for a request that f does not know: most files leave that to their callers, some have a list of
// their own.
func noTerminal(f *kern.File) abi.Errno {
	if _, ok := f.Ops.(*epoll); ok {
		return abi.EINVAL
	}
	switch vfs.MemoryName(f) {
	case "random", "urandom":
		return abi.EINVAL
	}
	return abi.ENOTTY
}
