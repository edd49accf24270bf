package vfs

import (
	"golang.org/x/sys/unix"

	"nbemu/abi"
	"nbemu/kern"
)

// Descriptors that only name a file, as Linux's O_PATH makes them, and files by way of descriptors (/proc/PID/fd).

// pathFile is an open file of which only the name counts: any kind but a directory, also a symbolic link.
type pathFile struct{ hostOps }

// Poll: there is nothing to wait for.
func (*pathFile) Poll(_ *kern.LWP, _ *kern.File, _ int16, _ *kern.SelRecord) int16 {
	return abi.POLLNVAL
}

// OpenPath opens path so that it can be named in other calls: for neither reading nor writing, whatever its
// permissions. With dir it must be a directory; a link as last component is opened itself unless followLink. Errors:
// those of the lookup, ENOTDIR.
func OpenPath(l *kern.LWP, atfd int32, path string, dir, followLink bool, how Resolve) (*kern.File, abi.Errno) {
	nd, err := namei(l, atfd, path, followFlag(followLink)|int(how))
	if err != abi.OK {
		return nil, err
	}
	defer nd.release()
	if f := nd.descriptor(); f != nil {
		v := vnodeOf(f)
		if v == nil {
			return f.Ref(), abi.OK
		}
		return openPathAt(l, -1, fdName(v.fd), oSearch|unix.O_CLOEXEC, path, v.mnt, v)
	}
	if nd.node != nil {
		f, err := openNode(l, nd.node, abi.O_RDONLY)
		if err == abi.OK && !nd.dup() {
			nd.inMount(l, f)
			f.Flag &^= abi.FREAD
			f.Node = nd.nodePath
		}
		return f, err
	}
	flags := oSearch | unix.O_CLOEXEC | nd.openFlags()
	if dir || nd.slash {
		flags |= unix.O_DIRECTORY
	}
	f, err := openPathAt(l, nd.dirfd, nd.name, flags, path, nd.mnt, nil)
	if err == abi.OK {
		v := vnodeOf(f)
		v.foundIn(&nd)
		v.remember(f)
	}
	return f, err
}

// openPathAt opens a name on the host, or once more what of is open on.
func openPathAt(l *kern.LWP, dirfd int, name string, flags int, path string, mnt *mounted, of *Vnode) (*kern.File, abi.Errno) {
	fd, err := unix.Openat(dirfd, name, flags, 0)
	if err != nil {
		return nil, errno(err)
	}
	var st abi.Stat
	if err := hostStat(fd, "", false, &st); err != nil {
		_ = unix.Close(fd)
		return nil, errno(err)
	}
	h := hostOps{Vnode: fsOf(l).newVnode(fd, &st, 0, mnt)}
	h.foundAs(of)
	if path[0] == '/' {
		h.Path = path
	}
	f := kern.NewFile(l, &pathFile{h}, 0)
	if st.Mode&abi.S_IFMT == abi.S_IFDIR {
		f.Ops = &dirFile{hostOps: h}
	}
	h.remember(f)
	return f, abi.OK
}

// OpenTmpfile makes a regular file without a name in the directory path (Linux's O_TMPFILE); with excl it can never be
// given one. Errors: those of the lookup, ENOTDIR, EROFS, EOPNOTSUPP where the host or its file system has none.
func OpenTmpfile(l *kern.LWP, atfd int32, path string, oflags int32, excl bool, mode uint32) (*kern.File, abi.Errno) {
	nd, err := namei(l, atfd, path, follow)
	if err != abi.OK {
		return nil, err
	}
	defer nd.release()
	if nd.node != nil {
		return nil, abi.EOPNOTSUPP
	}
	if nd.readOnly() {
		return nil, abi.EROFS
	}
	if err := nd.mayAccess(nd.judge(l), abi.W_OK|abi.X_OK); err != abi.OK {
		return nil, err
	}
	if err := confinedTo(l, func() []kern.FileID { return nd.line(l) }, kern.RightMakeReg|rightsToOpen(oflags, false)); err != abi.OK {
		return nil, err
	}
	if err := nd.copyUp(l, true); err != abi.OK {
		return nil, err
	}
	fd, herr := hostTmpfile(nd.dirfd, nd.name, hostOpenFlags(oflags)|nd.openFlags(), excl, mode&abi.ALLPERMS&^l.Proc.Cwdi.Umask)
	if herr != nil {
		return nil, errno(herr)
	}
	f, err := newHostFile(l, fd, oflags, nd.mnt)
	if err == abi.OK {
		fsOf(l).give(l, fd, func() string { return "" }, nd.mnt)
		vnodeOf(f).u = nd.dirOf()
	}
	return f, err
}

// LinkFile is linkat of an open file (AT_EMPTY_PATH, or by way of /proc/self/fd). Errors: ENOENT for a file that had a
// name and has none any more, EXDEV, EEXIST, EPERM for a directory.
func LinkFile(l *kern.LWP, f *kern.File, tofd int32, to string) abi.Errno {
	v := vnodeOf(f)
	if v == nil {
		return abi.EXDEV
	}
	if v.Mode&abi.S_IFMT == abi.S_IFDIR {
		return abi.EPERM
	}
	b, err := nameiEntry(l, tofd, to, create)
	if err != abi.OK {
		return err
	}
	defer b.release()
	if err := b.noDir(); err != abi.OK {
		return err
	}
	if v.mnt != b.mnt || v.union() != b.union() {
		return abi.EXDEV
	}
	if err := b.mayCreate(l); err != abi.OK {
		return err
	}
	if err := confinedLink(l, f, &b); err != abi.OK {
		return err
	}
	if v.frozen(l) {
		return abi.EPERM
	}
	if v, err = v.change(l, f, func(*kern.Cred, *abi.Stat) abi.Errno { return abi.OK }); err != abi.OK {
		return err
	}
	if herr := hostLinkFd(v.fd, b.dirfd, b.name); herr != nil {
		return errno(herr)
	}
	if m := fsOf(l).metadata; m != nil {
		m.linked(v.key, pathAt(b.dirfd, b.name))
	}
	fsOf(l).changed(v.key, abi.NOTE_LINK)
	b.changedDir(abi.NOTE_WRITE)
	return abi.OK
}

// SeekHole sets the offset of f to the next hole at or after off, or to the next data. Errors: ENXIO where there is
// none, EINVAL and ESPIPE for what is no regular file.
func SeekHole(f *kern.File, off int64, hole bool) (int64, abi.Errno) {
	r, ok := f.Ops.(*regFile)
	if !ok {
		if _, ok := f.Ops.(*dirFile); ok {
			return 0, abi.EINVAL
		}
		return 0, abi.ESPIPE
	}
	whence := hostSeekData
	if hole {
		whence = hostSeekHole
	}
	to, err := unix.Seek(r.fd, off, whence)
	if err != nil {
		return 0, errno(err)
	}
	r.setOffset(f, to)
	return to, abi.OK
}

// Exchange swaps what two names stand for (Linux's RENAME_EXCHANGE). Errors: ENOENT, EXDEV, EINVAL for a directory and
// what is in it.
func Exchange(l *kern.LWP, fromfd int32, from string, tofd int32, to string) abi.Errno {
	a, err := nameiEntry(l, fromfd, from, 0)
	if err != abi.OK {
		return err
	}
	defer a.release()
	b, err := nameiEntry(l, tofd, to, 0)
	if err != abi.OK {
		return err
	}
	defer b.release()
	if a.name == "." || b.name == "." {
		return abi.EINVAL
	}
	if fsOf(l).metadata != nil {
		return abi.EINVAL // its names would have to be exchanged too
	}
	if err := mayRename(l, &a, &b); err != abi.OK {
		return err
	}
	if err := mayRename(l, &b, &a); err != abi.OK {
		return err
	}
	if err := confinedMove(l, &a, &b, false, true); err != abi.OK {
		return err
	}
	exchange := func() error {
		if a.u != nil || b.u != nil {
			return renameUnion(l, &a, &b, true, hostExchange)
		}
		return hostExchange(a.dirfd, a.name, b.dirfd, b.name)
	}
	if herr := exchange(); herr != nil {
		return errno(herr)
	}
	a.changedDir(abi.NOTE_WRITE)
	b.changedDir(abi.NOTE_WRITE)
	return abi.OK
}

// descriptor is the open file that the path leads to by way of /proc/PID/fd, or nil.
func (nd *nameidata) descriptor() *kern.File {
	if n, ok := nd.node.(*procFd); ok && n.follow {
		return n.file
	}
	return nil
}

// dup reports whether nd leads to a device whose open gives another reference to an open file.
func (nd *nameidata) dup() bool {
	if _, ok := nd.node.(*fdescNode); ok {
		return true
	}
	d, ok := nd.node.(*device)
	return ok && d.major == fdMajor || nd.descriptor() != nil
}

// named says that the host descriptor only names the file.
func (v *Vnode) named() bool { return v.flags&(abi.FREAD|abi.FWRITE) == 0 }

func (v *Vnode) chmod(mode uint32) error {
	if v.named() {
		return unix.Fchmodat(unix.AT_FDCWD, fdName(v.fd), mode, 0)
	}
	return unix.Fchmod(v.fd, mode)
}

func (v *Vnode) chown(uid, gid uint32) error {
	if v.named() {
		return hostChownNamed(v.fd, int(int32(uid)), int(int32(gid)))
	}
	return unix.Fchown(v.fd, int(int32(uid)), int(int32(gid)))
}

// truncVnode truncates a file by way of a descriptor that need not be open for writing, if permissions allow it.
func truncVnode(l *kern.LWP, f *kern.File, v *Vnode, length int64) abi.Errno {
	if v.readOnly() {
		return abi.EROFS
	}
	if c := judged(l); c != nil {
		var st abi.Stat
		if err := v.Stat(&st); err != abi.OK {
			return err
		}
		if err := Access(c, &st, abi.W_OK); err != abi.OK {
			return err
		}
	}
	v, err := v.changeWrite(l, f)
	if err != abi.OK {
		return err
	}
	fd, herr := reopen(v.fd, unix.O_WRONLY|unix.O_NONBLOCK)
	if herr != nil {
		return errno(herr)
	}
	defer unix.Close(fd)
	if err = truncFd(l, fd, length); err == abi.OK && linuxModes(l) {
		v.written(l)
	}
	return err
}

// FileReadlink returns the target of the link that f was opened on, with OpenPath. Error: EINVAL for anything else.
func FileReadlink(f *kern.File) (string, abi.Errno) {
	p, ok := f.Ops.(*pathFile)
	if !ok {
		return "", abi.EINVAL
	}
	buf := make([]byte, hostPathMax)
	n, err := unix.Readlinkat(p.fd, "", buf)
	if err != nil {
		return "", abi.EINVAL
	}
	return string(buf[:n]), abi.OK
}
