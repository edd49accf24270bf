package vfs

import (
	"time"

	"golang.org/x/sys/unix"

	"nbemu/abi"
	"nbemu/kern"
)

// Where our rules decide who may do what (see guard.go), a name must not be looked up twice, once to judge what it leads
// to and once to use that: somebody else, in this machine, in another one or on the host, can put something else in its
// place in between. So what a name leads to is held open first, without access to its contents, and then judged and used
// by that descriptor.

// hold opens what nd leads to, only to be named. From then on nd means that file, whatever becomes of its name. Where
// the host has no such descriptors (macOS) it only looks whether the file is there. Errors: the host's.
func (nd *nameidata) hold() error {
	if nd.held {
		return nil
	}
	fd, err := hostHold(nd.dirfd, nd.name, nd.openFlags())
	if err == errCannotHold {
		var st unix.Stat_t
		return unix.Fstatat(nd.dirfd, nd.name, &st, nd.atFlags())
	}
	if err != nil {
		return err
	}
	nd.file, nd.held = fd, true
	return nil
}

// letGo is the opposite of hold.
func (nd *nameidata) letGo() {
	if nd.held {
		_ = unix.Close(nd.file)
		nd.held = false
	}
}

// open opens what nd leads to. mode is of a file to be created.
func (nd *nameidata) open(flags int, mode uint32) (fd int, err error) {
	err = retry(func() (err error) {
		if nd.held {
			fd, err = reopen(nd.file, flags&^(unix.O_CREAT|unix.O_EXCL|unix.O_NOFOLLOW))
		} else {
			fd, err = unix.Openat(nd.dirfd, nd.name, flags|nd.openFlags()|unix.O_CLOEXEC, mode)
		}
		return err
	})
	return fd, err
}

// another is a descriptor for the caller of what nd leads to, only to be named.
func (nd *nameidata) another() (int, error) {
	if nd.held {
		return unix.FcntlInt(uintptr(nd.file), unix.F_DUPFD_CLOEXEC, 0)
	}
	return unix.Openat(nd.dirfd, nd.name, oSearch|unix.O_CLOEXEC|nd.openFlags(), 0)
}

// hostStat gives the host's attributes of what nd leads to.
func (nd *nameidata) hostStat(st *abi.Stat) error {
	if nd.held {
		return hostStat(nd.file, "", false, st)
	}
	return hostStat(nd.dirfd, nd.name, !nd.follow, st)
}

// chmod, chown and utimens change what nd leads to on the host.
func (nd *nameidata) chmod(mode uint32) error {
	if !nd.held {
		return hostChmod(nd.dirfd, nd.name, !nd.follow, mode)
	}
	var st unix.Stat_t
	if err := unix.Fstat(nd.file, &st); err != nil {
		return err
	}
	if st.Mode&unix.S_IFMT == unix.S_IFLNK {
		return unix.EOPNOTSUPP
	}
	return unix.Fchmodat(unix.AT_FDCWD, fdName(nd.file), mode, 0)
}

func (nd *nameidata) chown(uid, gid uint32) error {
	if nd.held {
		return hostChownHeld(nd.file, uid, gid)
	}
	return unix.Fchownat(nd.dirfd, nd.name, int(int32(uid)), int(int32(gid)), nd.atFlags())
}

func (nd *nameidata) utimens(h *[2]unix.Timespec) error {
	if nd.held {
		return nd.fs.setTimes(nd.file, "", false, h)
	}
	return nd.fs.setTimes(nd.dirfd, nd.name, !nd.follow, h)
}

// openJudged opens what nd leads to if the rules allow it: what is there by the descriptor that was judged, and what is
// new only if nobody was faster. mode is that of a new file, before the umask. The result is a descriptor of the host,
// or the open file of a device that only the overlay knows.
func (nd *nameidata) openJudged(l *kern.LWP, oflags int32, mode uint32) (fd int, isNew bool, dev *kern.File, err abi.Errno) {
	for range 1000 {
		if herr := nd.hold(); herr == nil {
			fd, dev, err = nd.openHeld(l, oflags, mode)
			return fd, false, dev, err
		} else if herr != unix.ENOENT || oflags&abi.O_CREAT == 0 {
			return -1, false, nil, errno(herr)
		}
		if err = nd.mayCreate(l); err == abi.OK {
			err = nd.confinedMake(l, abi.S_IFREG)
		}
		if err == abi.OK {
			err = confinedTo(l, nd.dirLine, rightsToOpen(oflags&^abi.O_TRUNC, false))
		}
		if err == abi.OK {
			fd, err = openHost(l, nd, oflags|abi.O_EXCL, mode)
		}
		if err == abi.OK {
			nd.fs.give(l, fd, nd.metaPath, nd.mnt)
			return fd, true, nil, abi.OK
		}
		if err != abi.EEXIST || oflags&abi.O_EXCL != 0 {
			return -1, false, nil, err
		}
	}
	return -1, false, nil, abi.ENOENT // it comes and goes
}

// openCopy has what is opened for writing be in the uppermost layer of its union.
func (nd *nameidata) openCopy(l *kern.LWP, oflags int32) abi.Errno {
	var st abi.Stat
	if herr := nd.hostStat(&st); herr != nil {
		return errno(herr)
	}
	if st.Mode&abi.S_IFMT != abi.S_IFREG || nd.readOnly() {
		return abi.OK // nothing that is kept there
	}
	if err := nd.writeCheck(l); err != abi.OK {
		return err
	}
	if err := nd.copyUp(l, oflags&abi.O_TRUNC == 0); err != abi.OK {
		return err
	}
	return errno(nd.hold())
}

func (nd *nameidata) openHeld(l *kern.LWP, oflags int32, mode uint32) (fd int, dev *kern.File, err abi.Errno) {
	if oflags&(abi.O_CREAT|abi.O_EXCL) == abi.O_CREAT|abi.O_EXCL {
		return -1, nil, abi.EEXIST
	}
	if err := nd.mayOpen(l, oflags); err != abi.OK {
		return -1, nil, err
	}
	if err := nd.confinedOpen(l, oflags); err != abi.OK {
		return -1, nil, err
	}
	m := nd.fs.metadata
	if m != nil {
		if dev, err = m.openDevice(l, nd, oflags); dev != nil || err != abi.OK {
			return -1, dev, err
		}
	}
	oflags &^= abi.O_CREAT
	if nd.low() && (abi.Fflags(oflags)&abi.FWRITE != 0 || oflags&abi.O_TRUNC != 0) {
		if err := nd.openCopy(l, oflags); err != abi.OK {
			return -1, nil, err
		}
	}
	fd, err = openHost(l, nd, oflags, mode)
	if err == abi.EACCES && m != nil && m.letIn(nd) {
		fd, err = openHost(l, nd, oflags, mode)
	}
	return fd, nil, err
}

// give makes a file that was made for l's process its user's, where the host's user is another one: the overlay says so,
// or the file is given away if nbemu may do that. Otherwise an overlay begins, in memory only.
func (fs *FS) give(l *kern.LWP, fd int, path func() string, mnt *mounted) {
	c := judged(l)
	if c == nil {
		// Root as well makes files of its group, which need not be the host's.
		if r := l.Proc.Cred.ForFiles(); fs.guest.host != nil && fs.guest.host.IsRoot() && r.IsRoot() && r.Egid != fs.guest.host.Egid {
			fs.giveAway(fd, r)
		}
		return
	}
	if fs.metadata == nil {
		if fs.guest.host.IsRoot() {
			fs.giveAway(fd, c)
			return
		}
		if c.Euid == fs.guest.user.Euid && c.Egid == fs.guest.user.Egid {
			return
		}
		fs.beginOverlay(l)
	}
	fs.metadata.created(c, fd, path, mnt)
}

// giveAway gives a new file to c's user and group, or leaves it the group that it has from its directory. A change of
// owners takes bits of the mode away, which are put back.
func (fs *FS) giveAway(fd int, c *kern.Cred) {
	var st abi.Stat
	if hostStat(fd, "", false, &st) != nil {
		return
	}
	gid := c.Egid
	if st.Gid != fs.guest.host.Egid {
		gid = st.Gid
	}
	_ = hostChownHeld(fd, c.Euid, gid)
	if st.Mode&(abi.S_ISUID|abi.S_ISGID) != 0 && st.Mode&abi.S_IFMT == abi.S_IFREG && (c.IsRoot() || c.InGroup(gid) || st.Mode&abi.S_ISGID == 0) {
		_ = unix.Fchmodat(unix.AT_FDCWD, fdName(fd), st.Mode&abi.ALLPERMS, 0)
	}
}

// beginOverlay begins an overlay in memory.
func (fs *FS) beginOverlay(l *kern.LWP) {
	l.K.LogOnce("owners, modes or devices that the host does not keep are kept in memory; -metadata keeps them in a file")
	fs.newMetadata("", "/").begin()
}

// created is give for what was just made under nd's name by a call that gives no descriptor, of type typ (S_IFDIR and so
// on). Whatever else is under the name by now is left alone.
func (nd *nameidata) created(l *kern.LWP, typ uint32) {
	if judged(l) == nil {
		if r := l.Proc.Cred.ForFiles(); typ != abi.S_IFLNK && nd.fs.guest.host != nil && nd.fs.guest.host.IsRoot() && r.IsRoot() && r.Egid != nd.fs.guest.host.Egid {
			made := *nd
			made.held, made.own, made.follow = false, false, false
			if fd, herr := unix.Openat(made.dirfd, made.name, oSearch|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0); herr == nil {
				nd.fs.giveAway(fd, r)
				_ = unix.Close(fd)
			}
		}
		return
	}
	made := *nd
	made.held, made.own, made.follow = false, false, false
	if made.hold() != nil {
		return
	}
	defer made.letGo()
	var st abi.Stat
	if made.hostStat(&st) != nil || st.Mode&abi.S_IFMT != typ || st.Uid != nd.fs.guest.host.Euid ||
		typ != abi.S_IFDIR && st.Nlink != 1 {
		return
	}
	// What was there before we asked is not what we made.
	if time.Unix(st.Birthtim.Sec, int64(st.Birthtim.Nsec)).Before(nd.asked.Add(-hostSlack(made.file))) {
		return
	}
	if !made.held {
		nd.fs.giveByName(l, nd)
		return
	}
	nd.fs.give(l, made.file, nd.metaPath, nd.mnt)
}

// giveByName is give where no descriptor can be had.
func (fs *FS) giveByName(l *kern.LWP, nd *nameidata) {
	if fd, err := unix.Openat(nd.dirfd, nd.name, unix.O_RDONLY|unix.O_NONBLOCK|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0); err == nil {
		fs.give(l, fd, nd.metaPath, nd.mnt)
		_ = unix.Close(fd)
	}
}

// hostPowers reports whether the host lets nbemu do what l's process may not: nbemu is the host's root, and the guest's
// user is not.
func hostPowers(l *kern.LWP) bool {
	h := fsOf(l).guest.host
	return h != nil && h.IsRoot() && !l.Proc.Cred.IsRoot()
}
