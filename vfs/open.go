package vfs

import (
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"nbemu/abi"
	"nbemu/kern"
	"nbemu/mem"
)

var noDeadline time.Time

// OpenFile is open(2) and openat(2): it opens path, relative to the directory atfd, and gives the open file
// with one reference; Flag has what is kept of oflags. EDUPFD stands for "duplicate descriptor f": then the
// result is the file of that descriptor with a reference more. mode is that of a file to be created, before
// the umask. Errors: EINVAL, those of the lookup and of the host; EFTYPE where O_NOFOLLOW meets a link.
func OpenFile(l *kern.LWP, atfd int32, path string, oflags int32, mode uint32) (*kern.File, abi.Errno) {
	return OpenResolve(l, atfd, path, oflags, mode, 0)
}

// OpenResolve is OpenFile with rules for the lookup. Errors beside those: ELOOP, EXDEV where the path breaks one.
func OpenResolve(l *kern.LWP, atfd int32, path string, oflags int32, mode uint32, how Resolve) (*kern.File, abi.Errno) {
	oflags &= abi.O_MASK
	if l.K.Repeating() {
		oflags &^= abi.O_CREAT | abi.O_TRUNC | abi.O_EXCL | abi.O_EXLOCK | abi.O_SHLOCK
	}
	flag := abi.Fflags(oflags)
	if flag&(abi.FREAD|abi.FWRITE) == 0 || oflags&(abi.O_EXLOCK|abi.O_SHLOCK) == abi.O_EXLOCK|abi.O_SHLOCK {
		return nil, abi.EINVAL
	}
	if oflags&abi.O_CREAT != 0 && oflags&abi.O_DIRECTORY != 0 {
		return nil, abi.EINVAL
	}
	nflags := follow
	if oflags&abi.O_NOFOLLOW != 0 || oflags&(abi.O_CREAT|abi.O_EXCL) == abi.O_CREAT|abi.O_EXCL {
		nflags = 0
	}
	if oflags&abi.O_CREAT != 0 {
		nflags |= create
	}
	nd, err := namei(l, atfd, path, nflags|int(how))
	if err != abi.OK {
		return nil, err
	}
	defer nd.release()
	if nd.node != nil {
		if err := nd.confinedOpen(l, oflags); err != abi.OK {
			return nil, err
		}
		f, err := openNode(l, nd.node, oflags)
		if err == abi.OK && !nd.dup() {
			nd.inMount(l, f)
			nd.confine(l, f)
		}
		return f, err
	}
	if nd.slash && oflags&abi.O_CREAT != 0 {
		if nd.exists() {
			return nil, abi.EISDIR
		}
		return nil, abi.ENOENT
	}
	f, err := openNamed(l, &nd, oflags, mode, path)
	if err != abi.OK {
		return nil, err
	}
	if how&ResolveNoXdev != 0 && !sameFilesystem(l, atfd, path, f) {
		f.Unref(l)
		return nil, abi.EXDEV
	}
	if v := vnodeOf(f); v != nil && how&ResolveInRoot != 0 {
		v.Path = "" // it was another root's
	}
	return f, abi.OK
}

// openNamed opens what nd leads to, a file of the host's (vn_open).
func openNamed(l *kern.LWP, nd *nameidata, oflags int32, mode uint32, path string) (f *kern.File, err abi.Errno) {
	if fsOf(l).OpenCheck != nil {
		if err := checkOpen(l, nd, path, oflags); err != abi.OK {
			return nil, err
		}
	}
	hostMode := mode & abi.ALLPERMS &^ l.Proc.Cwdi.Umask
	if !linuxModes(l) {
		hostMode &^= abi.S_ISTXT
	}
	var fd int
	var isNew bool
	if nd.readOnly() {
		// This is for the right errno, where the second wall would have its own. newHostFile judges what was opened.
		var st abi.Stat
		if oflags&abi.O_ACCMODE != abi.O_RDONLY && nd.hostStat(&st) == nil && nd.fs.refuses(nd.mnt, st.Mode) {
			return nil, abi.EROFS
		}
		if oflags&(abi.O_ACCMODE|abi.O_TRUNC) == abi.O_RDONLY|abi.O_TRUNC || oflags&abi.O_CREAT != 0 && !nd.exists() {
			return nil, abi.EROFS
		}
		if oflags&(abi.O_CREAT|abi.O_EXCL) == abi.O_CREAT|abi.O_EXCL {
			return nil, abi.EEXIST
		}
		oflags &^= abi.O_CREAT
	}
	if nd.judge(l) != nil || l.Sandbox != nil {
		var dev *kern.File
		if fd, isNew, dev, err = nd.openJudged(l, oflags, hostMode); dev != nil || err != abi.OK {
			return dev, err
		}
	} else {
		isNew = oflags&abi.O_CREAT != 0 && (fsOf(l).watching() || linuxModes(l)) && !nd.exists()
		if fd, err = openHost(l, nd, oflags, hostMode); err != abi.OK {
			return nil, err
		}
		if isNew && judged(l) == nil {
			fsOf(l).give(l, fd, nil, nil)
		}
	}
	if isNew {
		nd.changedDir(abi.NOTE_WRITE)
	}
	if f, err = newHostFile(l, fd, oflags, nd.mnt); err != abi.OK {
		return nil, err
	}
	f.Created = isNew
	nd.confine(l, f)
	if nd.dirfd != byHandle {
		setPath(f, path)
	}
	if v := vnodeOf(f); v != nil {
		v.foundIn(nd)
		v.remember(f)
	}
	if f, err = deviceOf(l, f, oflags); err != abi.OK {
		return nil, err
	}
	if oflags&(abi.O_EXLOCK|abi.O_SHLOCK) != 0 {
		how := int32(abi.LOCK_SH)
		if oflags&abi.O_EXLOCK != 0 {
			how = abi.LOCK_EX
		}
		if oflags&abi.O_NONBLOCK != 0 {
			how |= abi.LOCK_NB
		}
		if err := Flock(l, f, how); err != abi.OK {
			f.Unref(l)
			return nil, err
		}
	}
	return f, abi.OK
}

// sameFilesystem reports whether f is on the file system that path starts from.
func sameFilesystem(l *kern.LWP, atfd int32, path string, f *kern.File) bool {
	var from, at abi.Stat
	base := "."
	if path[0] == '/' {
		base = "/"
	}
	return Stat(l, atfd, base, true, &from) == abi.OK && f.Ops.Stat(l, f, &at) == abi.OK && from.Dev == at.Dev
}

// openHost opens on the host. newHostFile does what remains of O_TRUNC.
func openHost(l *kern.LWP, nd *nameidata, oflags int32, mode uint32) (int, abi.Errno) {
	flags := hostOpenFlags(oflags) | nd.openFlags()
	if oflags&abi.O_TRUNC != 0 {
		if oflags&abi.O_ACCMODE != abi.O_RDONLY {
			flags &^= unix.O_TRUNC
		} else if err := nd.writeCheck(l); err != abi.OK {
			return -1, err
		}
	}
	fd, herr := nd.open(flags, mode)
	if herr == nil {
		if oflags&(abi.O_ACCMODE|abi.O_NONBLOCK) == abi.O_RDONLY {
			return fifoReader(l, nd, fd, flags)
		}
		return fd, abi.OK
	}
	switch herr {
	case unix.ENXIO:
		// A fifo that nobody reads, or a socket.
		var st abi.Stat
		if nd.hostStat(&st) != nil {
			break
		}
		switch st.Mode & abi.S_IFMT {
		case abi.S_IFSOCK:
			return -1, abi.EOPNOTSUPP
		case abi.S_IFIFO:
			if oflags&abi.O_NONBLOCK == 0 {
				return fifoOpen(l, nd, flags)
			}
		}
	case unix.ELOOP, unix.ENOTDIR:
		if nd.openFlags() != 0 && oflags&abi.O_NOFOLLOW != 0 {
			var st abi.Stat
			if nd.hostStat(&st) == nil && st.Mode&abi.S_IFMT == abi.S_IFLNK {
				return -1, abi.EFTYPE
			}
		}
	}
	return -1, errno(herr)
}

// fifoReader makes a blocking open of a fifo for reading wait for a writer. fd is open already, so that
// writers are let in meanwhile. A thread that opens the fifo once more learns of a writer that only opens it;
// one that was there before the thread was is known by what it left behind.
func fifoReader(l *kern.LWP, nd *nameidata, fd, flags int) (int, abi.Errno) {
	var st unix.Stat_t
	if unix.Fstat(fd, &st) != nil || st.Mode&unix.S_IFMT != unix.S_IFIFO {
		return fd, abi.OK
	}
	var q kern.SleepQ
	came := false
	arrived := func() {
		came = true
		q.WakeAll()
	}
	w, herr := nd.fs.K.WatchHostFunc(fd, func() {
		if pollHost(fd, abi.POLLIN) != 0 {
			arrived()
		}
	})
	if herr != nil {
		return fd, abi.OK
	}
	defer w.Close()
	leave, err := openBlocked(nd, flags, func(nfd int, herr error) {
		if herr == nil {
			_ = unix.Close(nfd)
		}
		arrived()
	})
	for err == abi.OK && !came {
		err = l.Sleep(&q, "fifor", true, noDeadline)
	}
	if leave != nil {
		leave(l, unix.O_WRONLY)
	}
	if err != abi.OK {
		_ = unix.Close(fd)
		return -1, err
	}
	return fd, abi.OK
}

// fifoOpen opens a fifo for writing when somebody reads it. Errors: EINTR, ERESTART, the host's.
func fifoOpen(l *kern.LWP, nd *nameidata, flags int) (int, abi.Errno) {
	var q kern.SleepQ
	var herr error
	fd, done, gone := -1, false, false
	leave, err := openBlocked(nd, flags, func(nfd int, oerr error) {
		if gone && oerr == nil {
			_ = unix.Close(nfd)
			return
		}
		fd, herr, done = nfd, oerr, true
		q.WakeAll()
	})
	for err == abi.OK && !done {
		err = l.Sleep(&q, "fifow", true, noDeadline)
	}
	switch {
	case done && herr == nil:
		return fd, abi.OK
	case done:
		return -1, errno(herr)
	}
	gone = true
	if leave != nil {
		leave(l, unix.O_RDWR)
	}
	return -1, err
}

// openBlocked opens what nd leads to in a thread of its own, which waits as long as it takes, and then calls
// then with the kernel lock held. leave ends the waiting: it shows up at the other side for a moment, opening
// with the mode given, and is over before it returns, so that nobody takes it for a reader or writer later.
func openBlocked(nd *nameidata, flags int, then func(fd int, herr error)) (leave func(l *kern.LWP, mode int), err abi.Errno) {
	at, herr := nd.another()
	if herr != nil {
		return nil, errno(herr)
	}
	done := false
	var over kern.SleepQ
	var fd int
	nd.fs.K.HostCall(func() {
		fd, herr = reopen(at, flags&^(unix.O_NONBLOCK|unix.O_CREAT|unix.O_EXCL|unix.O_TRUNC|unix.O_NOFOLLOW))
		if herr == nil {
			_ = unix.SetNonblock(fd, true)
		}
	}, func() {
		done = true
		_ = unix.Close(at)
		then(fd, herr)
		over.WakeAll()
	})
	return func(l *kern.LWP, mode int) {
		if done {
			return
		}
		other, herr := reopen(at, mode|unix.O_NONBLOCK)
		if herr != nil {
			return
		}
		// The thread may not even have begun to wait: other stays until it is back.
		for !done {
			_ = l.Sleep(&over, "fifo", false, noDeadline)
		}
		_ = unix.Close(other)
	}, abi.OK
}

// newHostFile makes an open file of a host descriptor that we opened, through a mount or none, and that is closed if
// that fails.
func newHostFile(l *kern.LWP, fd int, oflags int32, mnt *mounted) (*kern.File, abi.Errno) {
	if err := keep(l, fd); err != abi.OK {
		return nil, err
	}
	var st abi.Stat
	if herr := hostStat(fd, "", false, &st); herr != nil {
		_ = unix.Close(fd)
		return nil, errno(herr)
	}
	flag := abi.Fflags(oflags) & abi.FMASK
	v := fsOf(l).newVnode(fd, &st, flag&(abi.FREAD|abi.FWRITE), mnt)
	if flag&abi.FWRITE != 0 && (mnt != nil || st.Nlink != 0) && fsOf(l).refuses(mnt, st.Mode) { // a memfd is on none
		v.Unref()
		return nil, abi.EROFS
	}
	if oflags&abi.O_REGULAR != 0 && st.Mode&abi.S_IFMT != abi.S_IFREG {
		v.Unref()
		return nil, abi.EFTYPE
	}
	reg := st.Mode&abi.S_IFMT == abi.S_IFREG
	if reg {
		if err := v.fs.breakLeases(l, v.key, flag&abi.FWRITE != 0 || oflags&abi.O_TRUNC != 0, oflags&abi.O_NONBLOCK != 0); err != abi.OK {
			v.Unref()
			return nil, err
		}
	}
	if reg && flag&abi.FWRITE != 0 {
		err := fsOf(l).writeCheck(v.key)
		if err == abi.OK && oflags&abi.O_TRUNC != 0 {
			err = errno(retry(func() error { return unix.Ftruncate(fd, 0) }))
		}
		if err != abi.OK {
			v.Unref()
			return nil, err
		}
	}
	if oflags&abi.O_TRUNC != 0 && reg {
		mem.FileTruncated(v.key, 0)
		fsOf(l).changed(v.key, abi.NOTE_ATTRIB) // ufs_setattr
	}
	f := kern.NewFile(l, hostFileOps(v, false), flag)
	f.OnClose = closeLocks
	return f, abi.OK
}

// hostFileOps chooses the operations for a kind of file.
func hostFileOps(v *Vnode, foreign bool) kern.FileOps {
	h := hostOps{Vnode: v}
	switch v.Mode & abi.S_IFMT {
	case abi.S_IFREG:
		h.counted = true
		v.fs.opened(v)
		return &regFile{hostOps: h, shared: foreign}
	case abi.S_IFDIR:
		return &dirFile{hostOps: h}
	case abi.S_IFBLK:
		return new(newStream(h, foreign, true))
	case abi.S_IFCHR:
		if isTTY(v.fd) {
			return newTTY(h, foreign)
		}
		return new(newStream(h, foreign, true))
	case abi.S_IFSOCK:
		return adoptSocket(h, foreign)
	}
	return new(newStream(h, foreign, false))
}

// vnodeOf returns the host file behind an open file, or nil.
func vnodeOf(f *kern.File) *Vnode {
	switch o := f.Ops.(type) {
	case *regFile:
		return o.Vnode
	case *dirFile:
		return o.Vnode
	case *streamFile:
		return o.Vnode
	case *ttyFile:
		return o.Vnode
	case *pathFile:
		return o.Vnode
	}
	return nil
}

func setPath(f *kern.File, path string) {
	if v := vnodeOf(f); v != nil && path != "" && path[0] == '/' {
		v.Path = path
	}
}

// InheritedFds lists the descriptors that AdoptAll adopts.
func InheritedFds() []int {
	return slices.DeleteFunc(inheritedFds(), func(fd int) bool { return fd > maxInherited })
}

// maxInherited is the highest number of a descriptor that programs are given.
const maxInherited = 1 << 15

// AdoptAll gives p the host process's open descriptors that are not marked close-on-exec, under the same numbers: they
// were meant for the program. Preconditions: kernel lock.
func (fs *FS) AdoptAll(p *kern.Proc) {
	for _, fd := range InheritedFds() {
		if f := fs.AdoptHost(fd); f != nil {
			p.Fd.SetFd(int32(fd), f, false)
		}
	}
}

// AdoptHost makes an open file of a host descriptor that nbemu was given, and which belongs to that from then on. Its
// flags are not touched, since others share them. nil if it is not open.
func (fs *FS) AdoptHost(fd int) *kern.File {
	fl, err := unix.FcntlInt(uintptr(fd), unix.F_GETFL, 0)
	if err != nil {
		return nil
	}
	var st abi.Stat
	if hostStat(fd, "", false, &st) != nil {
		return nil
	}
	flag := guestOpenFlags(fl)
	v := fs.newVnode(fd, &st, flag&(abi.FREAD|abi.FWRITE), nil)
	unix.CloseOnExec(fd)
	if n := hostDevice(&st); n == "null" || n == "zero" || n == "full" {
		v.Unref()
		return fs.K.NewFile(nil, newMemDevice(fs, devices[n]), flag)
	}
	f := fs.K.NewFile(nil, hostFileOps(v, true), flag)
	f.OnClose = closeLocks
	return f
}

// guestOpenFlags makes the flags of an open file from those of a host descriptor.
func guestOpenFlags(fl int) int32 {
	var flag int32
	switch fl & unix.O_ACCMODE {
	case unix.O_RDONLY:
		flag = abi.FREAD
	case unix.O_WRONLY:
		flag = abi.FWRITE
	default:
		flag = abi.FREAD | abi.FWRITE
	}
	if fl&unix.O_APPEND != 0 {
		flag |= abi.O_APPEND
	}
	if fl&unix.O_NONBLOCK != 0 {
		flag |= abi.O_NONBLOCK
	}
	return flag
}
