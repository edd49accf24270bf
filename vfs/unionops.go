package vfs

import (
	"strings"

	"golang.org/x/sys/unix"

	"nbemu/abi"
	"nbemu/kern"
)

// Names in a union: lists of them, and what removes and renames them.

// hostList reads a directory of the host's whole, whatever else its descriptor is used for. Errors: the host's.
func hostList(fd int) ([]hostDirent, error) {
	own, err := unix.Openat(fd, ".", unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	defer unix.Close(own)
	return readDirents(own)
}

// list is the names in a directory of a union, without those of ours.
func (d *unionDir) list(direntType func(dev, ino uint64, typ uint8) uint8) ([]hostDirent, error) {
	if d.gone {
		return nil, nil
	}
	var out []hostDirent
	seen := map[string]bool{} // and hidden ones
	for _, fd := range d.layers() {
		ents, err := hostList(fd)
		if err != nil {
			return nil, err
		}
		key, err := fdKey(fd)
		if err != nil {
			return nil, err
		}
		hides := map[string]bool{}
		for _, e := range ents {
			name := string(e.name)
			if hiddenName(name) {
				hides[name] = true
				continue
			}
			if seen[name] {
				continue
			}
			e.typ = direntType(key.Dev, e.ino, e.typ)
			key := key
			key.Ino = e.ino
			e.ino = d.un.shown(key).Ino
			out = append(out, e)
		}
		for _, e := range ents {
			seen[string(e.name)] = true
		}
		for name := range hides {
			// What it hides is found by the name, which a long one does not tell.
			if rest, ok := strings.CutPrefix(name, whPrefix); ok && !strings.HasPrefix(name, whOwn) {
				seen[rest] = true
			}
		}
		d.hideLong(fd, hides, seen)
	}
	return out, nil
}

// hideLong adds the names in lower layers that whiteouts hide whose names are hashes.
func (d *unionDir) hideLong(fd int, hides, seen map[string]bool) {
	long := false
	for name := range hides {
		long = long || strings.HasPrefix(name, whOwn)
	}
	if !long {
		return
	}
	for _, lower := range d.lower {
		if lower == fd {
			continue
		}
		ents, err := hostList(lower)
		if err != nil {
			continue
		}
		for _, e := range ents {
			if hides[whiteout(string(e.name))] {
				seen[string(e.name)] = true
			}
		}
	}
}

// empty reports whether a directory has nothing that a program sees.
func (d *unionDir) empty() (bool, error) {
	list, err := d.list(func(_, _ uint64, typ uint8) uint8 { return typ })
	for _, e := range list {
		if n := string(e.name); n != "." && n != ".." {
			return false, nil
		}
	}
	return true, err
}

// hide has a name of lower layers not be seen; made reports whether that was new. Preconditions: d is in the uppermost
// layer.
func (d *unionDir) hide(name string) (made bool, err error) {
	if !d.below(name) {
		return false, nil
	}
	fd, err := unix.Openat(d.upper, whiteout(name), unix.O_WRONLY|unix.O_CREAT|unix.O_EXCL|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0o600)
	if err == unix.EEXIST {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return true, unix.Close(fd)
}

// unhide is the opposite of hide.
func (d *unionDir) unhide(name string) { _ = unix.Unlinkat(d.upper, whiteout(name), 0) }

// clear takes files of ours out of a directory of the uppermost layer in which nothing else is.
func (d *unionDir) clear() error {
	if d.upper < 0 {
		return nil
	}
	ents, err := hostList(d.upper)
	if err != nil {
		return err
	}
	for _, e := range ents {
		if name := string(e.name); hiddenName(name) {
			if err := unix.Unlinkat(d.upper, name, 0); err != nil {
				_ = unix.Unlinkat(d.upper, name, unix.AT_REMOVEDIR)
			}
		}
	}
	return nil
}

// unlink removes what nd leads to; flags are unlinkat's. Errors: the host's.
func (nd *nameidata) unlink(l *kern.LWP, flags int) error {
	if nd.u == nil {
		return unix.Unlinkat(nd.dirfd, nd.name, flags)
	}
	d := nd.u
	var st unix.Stat_t
	if herr := unix.Fstatat(nd.dirfd, nd.name, &st, unix.AT_SYMLINK_NOFOLLOW); herr != nil {
		return herr
	}
	isDir := st.Mode&unix.S_IFMT == unix.S_IFDIR
	var c *unionDir
	switch {
	case isDir && flags&unix.AT_REMOVEDIR == 0:
		return unix.EISDIR
	case !isDir && flags&unix.AT_REMOVEDIR != 0:
		return unix.ENOTDIR
	case isDir:
		var herr error
		if c, herr = d.child(nd.name); herr != nil {
			return herr
		}
		defer c.unref()
		if empty, herr := c.empty(); herr != nil {
			return herr
		} else if !empty {
			return unix.ENOTEMPTY
		}
	}
	err := nd.dirUp(l)
	if err == abi.OK && (!isDir && st.Nlink > 1 || d.un.listened) {
		err = nd.copyUp(l, true) // its other names are to have one link less
	}
	if err != abi.OK {
		return hostErrno(err)
	}
	if _, herr := d.hide(nd.name); herr != nil {
		return herr
	}
	if nd.dirfd == d.upper && hasName(d.upper, nd.name) {
		if c != nil {
			if herr := c.clear(); herr != nil {
				return herr
			}
		}
		if herr := unix.Unlinkat(d.upper, nd.name, flags); herr != nil {
			d.unhide(nd.name)
			return herr
		}
	}
	if c != nil {
		c.gone = true
	}
	return nil
}

// hostErrno makes a host's error of ours, of those that copying can end in.
func hostErrno(e abi.Errno) error {
	for _, err := range []unix.Errno{unix.ENOSPC, unix.EROFS, unix.EACCES, unix.EPERM, unix.ENOENT, unix.EDQUOT, unix.EMFILE, unix.ENFILE, unix.ENAMETOOLONG} {
		if kern.HostErrno(err) == e {
			return err
		}
	}
	return unix.EIO
}

// copyTree copies what is below d up too, so that d can have another name.
func (d *unionDir) copyTree(l *kern.LWP) abi.Errno {
	if err := d.copyUp(l); err != abi.OK || len(d.lower) == 0 {
		return err
	}
	list, herr := d.list(func(_, _ uint64, typ uint8) uint8 { return typ })
	if herr != nil {
		return errno(herr)
	}
	for _, ent := range list {
		name := string(ent.name)
		if name == "." || name == ".." {
			continue
		}
		c, herr := d.child(name)
		var err abi.Errno
		if herr == nil {
			err = c.copyTree(l)
			c.unref()
		} else {
			err = d.copyName(l, name, true)
		}
		if err != abi.OK {
			return err
		}
	}
	return abi.OK
}

// raise copies all of what nd leads to up, for a new name.
func (nd *nameidata) raise(l *kern.LWP) abi.Errno {
	c, herr := nd.u.child(nd.name)
	if herr != nil {
		return nd.copyUp(l, true)
	}
	defer c.unref()
	if err := c.copyTree(l); err != abi.OK {
		return err
	}
	nd.letGo()
	nd.dirfd = nd.u.upper
	return abi.OK
}

// renameUnion is rename in a union, with the host's rename for the uppermost layer. swap says that both names stay.
// Errors: EXDEV between unions; the host's.
func renameUnion(l *kern.LWP, a, b *nameidata, swap bool, rename func(int, string, int, string) error) error {
	if a.u == nil || b.u == nil || a.u.un != b.u.un {
		return unix.EXDEV
	}
	from, to := a.u.live(a.name), b.u.live(b.name)
	if from != nil && b.u.in(from) || swap && to != nil && a.u.in(to) {
		return unix.EINVAL
	}
	if !swap && to != nil && a.u.in(to) {
		return unix.ENOTEMPTY
	}
	var sa, sb unix.Stat_t
	if herr := unix.Fstatat(a.dirfd, a.name, &sa, unix.AT_SYMLINK_NOFOLLOW); herr != nil {
		return herr
	}
	had := unix.Fstatat(b.dirfd, b.name, &sb, unix.AT_SYMLINK_NOFOLLOW) == nil
	if had && sa.Dev == sb.Dev && sa.Ino == sb.Ino {
		return nil // two names of one file
	}
	if had && !swap && sb.Nlink > 1 && sb.Mode&unix.S_IFMT != unix.S_IFDIR {
		if err := b.copyUp(l, true); err != abi.OK {
			return hostErrno(err)
		}
	}
	if had && !swap {
		if herr := b.makeWay(sa.Mode&unix.S_IFMT == unix.S_IFDIR, sb.Mode&unix.S_IFMT == unix.S_IFDIR); herr != nil {
			return herr
		}
	}
	if err := a.raise(l); err != abi.OK {
		return hostErrno(err)
	}
	if had && swap {
		if err := b.raise(l); err != abi.OK {
			return hostErrno(err)
		}
	} else if err := b.dirUp(l); err != abi.OK {
		return hostErrno(err)
	}
	from, to = a.u.live(a.name), b.u.live(b.name)
	madeA, herr := a.u.hide(a.name)
	if herr != nil {
		return herr
	}
	madeB, herr := b.u.hide(b.name)
	if herr == nil {
		herr = rename(a.u.upper, a.name, b.u.upper, b.name)
	}
	if herr != nil {
		if madeA {
			a.u.unhide(a.name)
		}
		if madeB {
			b.u.unhide(b.name)
		}
		return herr
	}
	if from != nil {
		from.moved(b.u, b.name)
	}
	if to != nil && swap {
		to.moved(a.u, a.name)
	} else if to != nil {
		to.gone = true
	}
	a.dirfd, b.dirfd = a.u.upper, b.u.upper
	return nil
}

// makeWay looks whether what nd leads to may be replaced by a directory or a file; the host knows of the uppermost layer
// only. An empty directory there is really empty then.
func (nd *nameidata) makeWay(byDir, isDir bool) error {
	switch {
	case byDir && !isDir:
		return unix.ENOTDIR
	case !byDir && isDir:
		return unix.EISDIR
	case !isDir:
		return nil
	}
	c, err := nd.u.child(nd.name)
	if err != nil {
		return err
	}
	defer c.unref()
	empty, err := c.empty()
	if err == nil && !empty {
		err = unix.ENOTEMPTY
	}
	if err == nil {
		err = c.clear()
	}
	return err
}

// moved says that d, all of which is in the uppermost layer, has another name.
func (d *unionDir) moved(parent *unionDir, name string) {
	old := d.parent
	parent.ref()
	d.un.mu.Lock()
	d.parent, d.name = parent, name
	for _, c := range d.un.dirs {
		if c.in(d) {
			// The layers below have nothing to do with it any more. They are closed with it.
			c.rest, c.lower = append(c.rest, c.lower...), nil
		}
	}
	d.un.mu.Unlock()
	old.unref()
}
