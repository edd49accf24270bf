package vfs

import (
	"golang.org/x/sys/unix"

	"nbemu/abi"
	"nbemu/kern"
	"nbemu/mem"
)

// Stat is fstatat: the attributes of a path; the last component is followed if it is a link and followLink.
// Errors: those of the lookup and the host.
func Stat(l *kern.LWP, atfd int32, path string, followLink bool, st *abi.Stat) abi.Errno {
	nd, err := namei(l, atfd, path, followFlag(followLink))
	if err != abi.OK {
		return err
	}
	defer nd.release()
	if nd.node != nil {
		return nd.node.stat(l, st)
	}
	if herr := hostStat(nd.dirfd, nd.name, !nd.follow, st); herr != nil {
		return errno(herr)
	}
	fsOf(l).overlay(keyOf(st), st, nd.mnt)
	if nd.u != nil {
		d := nd.dirOf()
		nd.u.un.show(d, st)
		d.unref()
	}
	return abi.OK
}

func followFlag(on bool) int {
	if on {
		return follow
	}
	return 0
}

// AccessAt is faccessat: may the file be accessed so (R_OK and so on)? With eff the effective ids count.
// Errors: EINVAL for mode, EACCES, EROFS, those of the lookup.
func AccessAt(l *kern.LWP, atfd int32, path string, mode int32, eff, followLink bool) abi.Errno {
	if mode&^(abi.R_OK|abi.W_OK|abi.X_OK) != 0 {
		return abi.EINVAL
	}
	nd, err := namei(l, atfd, path, followFlag(followLink))
	if err != abi.OK {
		return err
	}
	defer nd.release()
	if nd.node != nil {
		var st abi.Stat
		if err := nd.node.stat(l, &st); err != abi.OK {
			return err
		}
		return Access(l.Proc.Cred, &st, mode)
	}
	if mode&abi.W_OK != 0 && nd.readOnly() {
		var st abi.Stat
		if nd.hostStat(&st) == nil && nd.fs.refuses(nd.mnt, st.Mode) {
			return abi.EROFS
		}
	}
	if c := nd.judge(l); c != nil {
		var st abi.Stat
		if herr := nd.stat(&st); herr != nil {
			return errno(herr)
		}
		if !eff {
			c = c.ForAccess()
		}
		return Access(c, &st, mode)
	}
	var h uint32
	for _, m := range [...]struct {
		nb int32
		h  uint32
	}{{abi.R_OK, unix.R_OK}, {abi.W_OK, unix.W_OK}, {abi.X_OK, unix.X_OK}} {
		if mode&m.nb != 0 {
			h |= m.h
		}
	}
	return errno(hostAccess(nd.dirfd, nd.name, !nd.follow, eff, h))
}

// Chmod is fchmodat; bits beyond ALLPERMS are dropped. Errors: EFTYPE for the sticky bit of what is no directory, unless
// root asks; EPERM, those of the lookup.
func Chmod(l *kern.LWP, atfd int32, path string, mode uint32, followLink bool) abi.Errno {
	mode &= abi.ALLPERMS
	nd, err := namei(l, atfd, path, followFlag(followLink))
	if err != abi.OK {
		return err
	}
	defer nd.release()
	if f := nd.descriptor(); f != nil {
		return Fchmod(l, f, mode)
	}
	if nd.node != nil {
		return abi.EPERM
	}
	if nd.readOnly() {
		return abi.EROFS
	}
	if err := nd.change(l, mayChmod(l, mode)); err != abi.OK {
		return err
	}
	if judged(l) != nil {
		if herr := nd.hold(); herr != nil {
			return errno(herr)
		}
	}
	err = chmodFile(l, nd.stat, nd.metaPath, mode, nd.chmod)
	if err == abi.EOPNOTSUPP && !followLink && !linuxModes(l) && nd.hasMode(mode) {
		err = abi.OK // a link's mode is not to be changed on the host, and need not be: cp -p copies that of another
	}
	if err == abi.OK {
		nd.changed(abi.NOTE_ATTRIB)
	}
	return err
}

// hasMode reports whether what nd leads to has the mode already.
func (nd *nameidata) hasMode(mode uint32) bool {
	var st abi.Stat
	return nd.hostStat(&st) == nil && st.Mode&abi.ALLPERMS == mode
}

// mayChmod says whether l's process may give a file a mode.
func mayChmod(l *kern.LWP, mode uint32) func(c *kern.Cred, st *abi.Stat) abi.Errno {
	return func(c *kern.Cred, st *abi.Stat) abi.Errno {
		_, err := modeFor(l, c, st, mode)
		return err
	}
}

// chmodFile is chmod of what stat tells of, whose host path is path; host changes the mode on the host.
func chmodFile(l *kern.LWP, stat func(*abi.Stat) error, path func() string, mode uint32, host func(mode uint32) error) (err abi.Errno) {
	var st abi.Stat
	if c := judged(l); c != nil {
		if herr := stat(&st); herr != nil {
			return errno(herr)
		}
		if mode, err = modeFor(l, c, &st, mode); err != abi.OK {
			return err
		}
	} else if mode&abi.S_ISTXT != 0 && !l.Proc.Cred.IsRoot() && stat(&st) == nil && stickyFile(l, &st) {
		return abi.EFTYPE
	}
	if mode&(abi.S_ISUID|abi.S_ISGID) != 0 {
		fsOf(l).setIDs++
	}
	if m := fsOf(l).metadata; m != nil {
		m.chmod(&st, path, mode, host)
		return abi.OK
	}
	return errno(host(mode))
}

// stickyFile says that a file's owner, who is not root, must not make it sticky: only directories are
// (genfs_can_chmod). The host has no such rule.
func stickyFile(l *kern.LWP, st *abi.Stat) bool {
	return !linuxModes(l) && st.Uid == l.Proc.Cred.Euid && st.Mode&abi.S_IFMT != abi.S_IFDIR
}

// linuxModes reports whether Linux's rules for modes hold.
func linuxModes(l *kern.LWP) bool { return l.Proc.Emul != nil && l.Proc.Emul.LinuxModes }

// modeFor is canChmod with the mode that the file gets: on Linux a set-group-id bit for a foreign group is left out, and
// nothing is said of sticky files.
func modeFor(l *kern.LWP, c *kern.Cred, st *abi.Stat, mode uint32) (uint32, abi.Errno) {
	if !linuxModes(l) || c.Unlimited() {
		return mode, canChmod(c, st, mode)
	}
	if !c.InGroup(st.Gid) && !c.May(kern.RightFsetid) {
		mode &^= abi.S_ISGID
	}
	return mode, canChmod(c, st, mode&^abi.S_ISTXT)
}

// Fchmod is fchmod. Errors: EPERM, EINVAL for what is no file.
func Fchmod(l *kern.LWP, f *kern.File, mode uint32) abi.Errno {
	mode &= abi.ALLPERMS
	v := vnodeOf(f)
	if v == nil {
		return chmodOwn(l, f, mode)
	}
	if v.readOnly() {
		return abi.EROFS
	}
	v, err := v.change(l, f, mayChmod(l, mode))
	if err != abi.OK {
		return err
	}
	err = chmodFile(l, v.judgedStat, v.HostPath, mode, v.chmod)
	if err == abi.OK {
		fsOf(l).changed(v.key, abi.NOTE_ATTRIB)
	}
	return err
}

// judgedStat is what rules apply to.
func (v *Vnode) judgedStat(st *abi.Stat) error {
	return v.fs.judgedStat(place{fd: v.fd, mnt: v.mnt}, "", false, st)
}

// Chown is fchownat; ids of ^0 are left as they are. Errors: EPERM, those of the lookup.
func Chown(l *kern.LWP, atfd int32, path string, uid, gid uint32, followLink bool) abi.Errno {
	nd, err := namei(l, atfd, path, followFlag(followLink))
	if err != abi.OK {
		return err
	}
	defer nd.release()
	if f := nd.descriptor(); f != nil {
		return Fchown(l, f, uid, gid)
	}
	if nd.node != nil {
		return abi.EPERM
	}
	if nd.readOnly() {
		return abi.EROFS
	}
	if err := nd.change(l, func(c *kern.Cred, st *abi.Stat) abi.Errno { return canChown(c, st, uid, gid) }); err != abi.OK {
		return err
	}
	if judged(l) != nil {
		if herr := nd.hold(); herr != nil {
			return errno(herr)
		}
	}
	err = chownFile(l, nd.stat, nd.metaPath, uid, gid, nd.chown)
	if err == abi.OK {
		nd.changed(abi.NOTE_ATTRIB)
	}
	return err
}

// chownFile is chown of what stat tells of, whose host path is path; host changes the owners on the host.
func chownFile(l *kern.LWP, stat func(*abi.Stat) error, path func() string, uid, gid uint32, host func(uid, gid uint32) error) abi.Errno {
	if c := judged(l); c != nil {
		var st abi.Stat
		if herr := stat(&st); herr != nil {
			return errno(herr)
		}
		if err := canChown(c, &st, uid, gid); err != abi.OK {
			return err
		}
		if m := fsOf(l).metadata; m != nil {
			m.chown(&st, path, uid, gid, chownMode(l, c, &st))
			return abi.OK
		}
	}
	return errno(host(uid, gid))
}

// chownMode is the mode that a file has after a change of owners: other users than root lose set-id bits. On Linux root
// does so too, but for directories and for a set-group-id bit that does not mean execution.
func chownMode(l *kern.LWP, c *kern.Cred, st *abi.Stat) uint32 {
	mode := st.Mode & abi.ALLPERMS
	switch {
	case !linuxModes(l):
		if !c.IsRoot() {
			mode &^= abi.S_ISUID | abi.S_ISGID
		}
	case st.Mode&abi.S_IFMT != abi.S_IFDIR:
		mode &^= abi.S_ISUID
		if mode&0o010 != 0 || !c.IsRoot() && !c.InGroup(st.Gid) {
			mode &^= abi.S_ISGID
		}
	}
	return mode
}

// written takes set-id bits from v after somebody has stored to it who may not leave them (KAUTH_VNODE_RETAIN_SUID,
// file_remove_privs). The host does so by its own rules, which are not the guest's where it judges by itself.
func (v *Vnode) written(l *kern.LWP) {
	c := judged(l)
	if c == nil || c.May(kern.RightFsetid) || v.noSetID == v.fs.setIDs+1 {
		return
	}
	var st abi.Stat
	if v.judgedStat(&st) != nil || st.Mode&abi.S_IFMT != abi.S_IFREG {
		return
	}
	if st.Mode&(abi.S_ISUID|abi.S_ISGID) == 0 {
		v.noSetID = v.fs.setIDs + 1
		return
	}
	mode := chownMode(l, c, &st)
	if mode == st.Mode&abi.ALLPERMS {
		return
	}
	if m := v.fs.metadata; m != nil {
		m.chmod(&st, v.HostPath, mode, v.chmod)
	} else if v.chmod(mode) != nil {
		return
	}
	v.fs.changed(v.key, abi.NOTE_ATTRIB)
}

// Fchown is fchown.
func Fchown(l *kern.LWP, f *kern.File, uid, gid uint32) abi.Errno {
	v := vnodeOf(f)
	if v == nil {
		return chownOwn(l, f, uid, gid)
	}
	if v.readOnly() {
		return abi.EROFS
	}
	v, err := v.change(l, f, func(c *kern.Cred, st *abi.Stat) abi.Errno { return canChown(c, st, uid, gid) })
	if err != abi.OK {
		return err
	}
	err = chownFile(l, v.judgedStat, v.HostPath, uid, gid, v.chown)
	if err == abi.OK {
		fsOf(l).changed(v.key, abi.NOTE_ATTRIB)
	}
	return err
}

// setTimes calls hostUtimens. Where the clock is a virtual one, now is its time; who only may write to the file
// may not set any time but the host's, and gets that.
func (fs *FS) setTimes(dirfd int, name string, nofollow bool, h *[2]unix.Timespec) error {
	if !fs.K.IsDeterministic() || h[0].Nsec != hostUtimeNow && h[1].Nsec != hostUtimeNow {
		return hostUtimens(dirfd, name, nofollow, h)
	}
	v := *h
	for i := range v {
		if v[i].Nsec == hostUtimeNow {
			setTimespec(&v[i], abi.TimespecAt(fs.K.Timenow()))
		}
	}
	err := hostUtimens(dirfd, name, nofollow, &v)
	if err == unix.EPERM {
		err = hostUtimens(dirfd, name, nofollow, h)
	}
	return err
}

// hostTimes makes the host's time pair; UTIME_NOW and UTIME_OMIT are kept as such. Error: EINVAL.
func hostTimes(ts *[2]abi.Timespec) (*[2]unix.Timespec, abi.Errno) {
	var h [2]unix.Timespec
	for i, t := range ts {
		switch {
		case t.Nsec == abi.UTIME_NOW:
			h[i].Nsec = hostUtimeNow
		case t.Nsec == abi.UTIME_OMIT:
			h[i].Nsec = hostUtimeOmit
		case !t.Valid():
			return nil, abi.EINVAL
		default:
			h[i] = unix.NsecToTimespec(0)
			setTimespec(&h[i], t)
		}
	}
	return &h, abi.OK
}

// Utimens is utimensat: ts are the times of access and modification. Errors: EINVAL, EPERM, those of the lookup.
func Utimens(l *kern.LWP, atfd int32, path string, ts *[2]abi.Timespec, followLink bool) abi.Errno {
	h, err := hostTimes(ts)
	if err != abi.OK {
		return err
	}
	nd, err := namei(l, atfd, path, followFlag(followLink))
	if err != abi.OK {
		return err
	}
	defer nd.release()
	if f := nd.descriptor(); f != nil {
		return Futimens(l, f, ts)
	}
	if nd.node != nil {
		return abi.EPERM
	}
	if nd.readOnly() {
		return abi.EROFS
	}
	if err := nd.change(l, func(c *kern.Cred, st *abi.Stat) abi.Errno { return canChtimes(c, st, ts) }); err != abi.OK {
		return err
	}
	if c := judged(l); c != nil {
		var st abi.Stat
		if herr := nd.hold(); herr != nil {
			return errno(herr)
		}
		if herr := nd.stat(&st); herr != nil {
			return errno(herr)
		}
		if err := canChtimes(c, &st, ts); err != abi.OK {
			return err
		}
	}
	if herr := nd.utimens(h); herr != nil {
		return errno(herr)
	}
	nd.changed(abi.NOTE_ATTRIB)
	return abi.OK
}

// Futimens is futimens.
func Futimens(l *kern.LWP, f *kern.File, ts *[2]abi.Timespec) abi.Errno {
	h, err := hostTimes(ts)
	if err != abi.OK {
		return err
	}
	v := vnodeOf(f)
	if v == nil {
		return utimensOwn(l, f, ts)
	}
	if v.readOnly() {
		return abi.EROFS
	}
	v, err = v.change(l, f, func(c *kern.Cred, st *abi.Stat) abi.Errno { return canChtimes(c, st, ts) })
	if err != abi.OK {
		return err
	}
	if c := judged(l); c != nil {
		var st abi.Stat
		if v.judgedStat(&st) == nil {
			if err := canChtimes(c, &st, ts); err != abi.OK {
				return err
			}
		}
	}
	if herr := fsOf(l).setTimes(v.fd, "", false, h); herr != nil {
		return errno(herr)
	}
	fsOf(l).changed(v.key, abi.NOTE_ATTRIB)
	return abi.OK
}

// Truncate is truncate(2). Errors: EINVAL for a negative length, EISDIR, EFBIG, those of the lookup.
func Truncate(l *kern.LWP, path string, length int64) abi.Errno {
	if length < 0 {
		return abi.EINVAL
	}
	nd, err := namei(l, abi.AT_FDCWD, path, follow)
	if err != abi.OK {
		return err
	}
	defer nd.release()
	if f := nd.descriptor(); f != nil {
		if v := vnodeOf(f); v != nil {
			if err := confinedTo(l, func() []kern.FileID { return fileLine(f) }, kern.RightTruncate); err != abi.OK {
				return err
			}
			return truncVnode(l, f, v, length)
		}
		return abi.EINVAL
	}
	if nd.node != nil {
		return abi.OK
	}
	if nd.readOnly() {
		return abi.EROFS
	}
	if judged(l) != nil || l.Sandbox != nil {
		if herr := nd.hold(); herr != nil {
			return errno(herr)
		}
	}
	// do_sys_truncate looks whether it is a directory before anybody's permission.
	var st abi.Stat
	if nd.hostStat(&st) == nil && st.Mode&abi.S_IFMT == abi.S_IFDIR {
		return abi.EISDIR
	}
	if err := nd.mayAccess(nd.judge(l), abi.W_OK); err != abi.OK {
		return err
	}
	if err := confinedTo(l, func() []kern.FileID { return nd.line(l) }, kern.RightTruncate); err != abi.OK {
		return err
	}
	if c := judged(l); c != nil && nd.stat(&st) == nil && frozen(&st) {
		return abi.EPERM
	}
	if err := fsOf(l).breakLeases(l, keyOf(&st), true, false); err != abi.OK {
		return err
	}
	if nd.low() {
		if err := nd.openCopy(l, abi.O_WRONLY); err != abi.OK {
			return err
		}
	}
	const flags = unix.O_WRONLY | unix.O_NONBLOCK | unix.O_NOCTTY
	fd, herr := nd.open(flags, 0)
	if herr == unix.EACCES && fsOf(l).metadata != nil && fsOf(l).metadata.letIn(&nd) {
		fd, herr = nd.open(flags, 0)
	}
	if herr != nil {
		return errno(herr)
	}
	defer unix.Close(fd)
	return truncFd(l, fd, length)
}

// Ftruncate is ftruncate(2). Errors: EINVAL for a file not open for writing or no regular file, EFBIG.
func Ftruncate(l *kern.LWP, f *kern.File, length int64) abi.Errno {
	if length < 0 || f.Flag&abi.FWRITE == 0 {
		return abi.EINVAL
	}
	if t, ok := f.Ops.(interface {
		Truncate(int64) abi.Errno
	}); ok {
		return t.Truncate(length)
	}
	v := vnodeOf(f)
	if v == nil {
		return abi.EINVAL
	}
	if v.frozen(l) {
		return abi.EPERM
	}
	if f.Lacks&kern.RightTruncate != 0 {
		return abi.EACCES
	}
	err := truncFd(l, v.fd, length)
	if err == abi.OK && linuxModes(l) {
		v.written(l)
	}
	return err
}

func truncFd(l *kern.LWP, fd int, length int64) abi.Errno {
	var st abi.Stat
	if herr := hostStat(fd, "", false, &st); herr != nil {
		return errno(herr)
	}
	if limit := l.Proc.Limits[abi.RLIMIT_FSIZE].Cur; uint64(length) > limit && st.Size < length {
		l.Psignal(abi.SIGXFSZ)
		return abi.EFBIG
	}
	k := mem.FileKey{Dev: st.Dev, Ino: st.Ino}
	if err := fsOf(l).writeCheck(k); err != abi.OK {
		return err
	}
	if herr := retry(func() error { return unix.Ftruncate(fd, length) }); herr != nil {
		return errno(herr)
	}
	mem.FileTruncated(k, length)
	what := uint32(abi.NOTE_ATTRIB)
	if length > st.Size {
		what |= abi.NOTE_EXTEND
	}
	fsOf(l).changed(k, what)
	return abi.OK
}

// Fsync is fsync, and fdatasync with dataOnly. Error: EINVAL for what has nothing to write back.
func Fsync(l *kern.LWP, f *kern.File, dataOnly bool) abi.Errno {
	v := vnodeOf(f)
	if v == nil {
		if isDevice(f) && !inodes(l) {
			return abi.OK // nothing is kept
		}
		return abi.EINVAL
	}
	var err error
	v.Ref()
	l.Unlocked(func() {
		if dataOnly {
			err = hostFdatasync(v.fd)
		} else {
			err = unix.Fsync(v.fd)
		}
	})
	v.Unref()
	if err == unix.EINVAL || err == unix.EROFS || err == unix.ENOTSUP {
		return abi.OK // the host has nothing to write back there
	}
	return errno(err)
}

// Sync is sync(2).
func Sync(l *kern.LWP) { l.Unlocked(hostSync) }

// Fallocate reserves room in a file (posix_fallocate). Errors: EINVAL, EBADF, ENODEV, EFBIG, ENOSPC.
func Fallocate(l *kern.LWP, f *kern.File, off, n int64) abi.Errno {
	return fallocate(l, f, off, n, false)
}

// Reserve is Fallocate that leaves the file as long as it is. Errors: likewise; EOPNOTSUPP where the host cannot.
func Reserve(l *kern.LWP, f *kern.File, off, n int64) abi.Errno { return fallocate(l, f, off, n, true) }

func fallocate(l *kern.LWP, f *kern.File, off, n int64, keep bool) abi.Errno {
	if off < 0 || n <= 0 {
		return abi.EINVAL
	}
	if off > 1<<63-1-n {
		return abi.EFBIG
	}
	if f.Flag&abi.FWRITE == 0 {
		return abi.EBADF
	}
	r, ok := f.Ops.(*regFile)
	if !ok {
		if _, ok := f.Ops.(*kern.Kqueue); ok || f.Ops.Type() != "vnode" {
			return abi.ESPIPE
		}
		return abi.ENODEV
	}
	if r.memory && mem.Full(uint64(n)) {
		return abi.ENOMEM
	}
	do := hostFallocate
	if keep {
		do = hostReserve
	}
	err := retry(func() error { return do(r.fd, off, n) })
	r.Room()
	if err == nil && linuxModes(l) {
		r.written(l)
	}
	if err == unix.EOPNOTSUPP && !keep {
		// As the C library does on file systems without the operation: make it long enough.
		size, err := r.Size()
		if err != nil {
			return errno(err)
		}
		if size < off+n {
			return Ftruncate(l, f, off+n)
		}
		return abi.OK
	}
	return errno(err)
}

// Fdiscard makes a hole in a file (fdiscard). Errors: EINVAL, EBADF, ENODEV.
func Fdiscard(f *kern.File, off, n int64) abi.Errno {
	if off < 0 || n < 0 || off > 1<<63-1-n {
		return abi.EINVAL
	}
	if f.Flag&abi.FWRITE == 0 {
		return abi.EBADF
	}
	r, ok := f.Ops.(*regFile)
	if !ok {
		return abi.ENODEV
	}
	if n == 0 {
		return abi.OK
	}
	if err := retry(func() error { return hostPunch(r.fd, off, n) }); err != nil {
		return errno(err)
	}
	mem.FileWritten(r.key, off, int(min(n, 1<<30)))
	return abi.OK
}

func setTimespec(h *unix.Timespec, t abi.Timespec) {
	*h = unix.Timespec{Sec: t.Sec, Nsec: int64(t.Nsec)}
}
