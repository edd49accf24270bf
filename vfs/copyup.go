package vfs

import (
	"crypto/rand"
	"encoding/hex"
	"io"
	"os"
	"path"
	"strings"

	"golang.org/x/sys/unix"

	"nbemu/abi"
	"nbemu/kern"
	"nbemu/mem"
)

// Before something in a lower layer of a union is changed, the uppermost layer gets a copy of it: with owner, mode,
// times, attributes and what the overlay of owners knows, under all its names. The copy is made under a name of ours and
// then renamed, so that nothing that ends nbemu leaves half a file.

// low reports whether what nd leads to is in a lower layer of a union.
func (nd *nameidata) low() bool {
	if nd.u == nil {
		return false
	}
	return nd.u.upper < 0 || nd.dirfd != nd.u.upper
}

// union is what nd leads into; nil for none.
func (nd *nameidata) union() *union {
	if nd.u == nil {
		return nil
	}
	return nd.u.un
}

// judge is judged for what nd leads to. In a union our rules go first for everybody: what the host would say of the
// upper layer is not what it says of the file.
func (nd *nameidata) judge(l *kern.LWP) *kern.Cred {
	c := judged(l)
	if c == nil && nd.u != nil {
		c = l.Proc.Cred
	}
	return c
}

// dirUp has the directory that nd's name is in be in the uppermost layer, where the name can be made or removed.
func (nd *nameidata) dirUp(l *kern.LWP) abi.Errno {
	if nd.u == nil {
		return abi.OK
	}
	if err := nd.u.copyUp(l); err != abi.OK {
		return err
	}
	nd.letGo()
	nd.dirfd, _ = nd.u.at(nd.name)
	if !nd.exists() {
		nd.dirfd = nd.u.upper
	}
	return abi.OK
}

// copyUp has what nd leads to be in the uppermost layer, where it can be changed; without its contents if they are not
// wanted.
func (nd *nameidata) copyUp(l *kern.LWP, contents bool) abi.Errno {
	if !nd.low() {
		return abi.OK
	}
	nd.letGo()
	var err abi.Errno
	if nd.name == "." {
		err = nd.u.copyUp(l)
	} else {
		err = nd.u.copyName(l, nd.name, contents)
	}
	if err == abi.OK {
		nd.dirfd = nd.u.upper
	}
	return err
}

// change is copyUp for somebody who may change the file, which may says.
func (nd *nameidata) change(l *kern.LWP, may func(c *kern.Cred, st *abi.Stat) abi.Errno) abi.Errno {
	if !nd.low() {
		return abi.OK
	}
	var st abi.Stat
	if herr := nd.stat(&st); herr != nil {
		return errno(herr)
	}
	if err := may(nd.judge(l), &st); err != abi.OK {
		return err
	}
	held := nd.held
	err := nd.copyUp(l, true)
	if err == abi.OK && held {
		err = errno(nd.hold())
	}
	return err
}

// copyName copies a directory or file of d up.
func (d *unionDir) copyName(l *kern.LWP, name string, contents bool) abi.Errno {
	fd, found := d.at(name)
	var st abi.Stat
	if !found {
		return abi.ENOENT
	}
	if fd == d.upper {
		return abi.OK
	}
	if err := hostStat(fd, name, true, &st); err != nil {
		return errno(err)
	}
	if st.Mode&abi.S_IFMT == abi.S_IFDIR {
		c, err := d.child(name)
		if err != nil {
			return errno(err)
		}
		defer c.unref()
		return c.copyUp(l)
	}
	return d.copyFile(l, fd, name, &st, contents)
}

// tempName is a name of ours that nobody has.
func tempName() string {
	var r [12]byte
	_, _ = rand.Read(r[:])
	return whOwn + "t" + hex.EncodeToString(r[:])
}

// copyUp makes d in the uppermost layer, empty, where it is then merged with itself.
func (d *unionDir) copyUp(l *kern.LWP) abi.Errno {
	if d.gone {
		return abi.ENOENT
	}
	if d.upper >= 0 {
		return abi.OK
	}
	if err := d.parent.copyUp(l); err != abi.OK {
		return err
	}
	from := d.lower[0]
	var st abi.Stat
	if herr := hostStat(from, "", false, &st); herr != nil {
		return errno(herr)
	}
	up, tmp := d.parent.upper, tempName()
	if herr := unix.Mkdirat(up, tmp, 0o700); herr != nil {
		return errno(herr)
	}
	fd, herr := unix.Openat(up, tmp, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if herr == nil {
		defer unix.Close(fd)
		copyAttributes(from, fd)
		d.un.copyOwner(fd, &st)
	}
	upper := -1
	if herr == nil {
		upper, herr = d.parent.appear(tmp, d.name, &st)
	}
	if herr == nil {
		old := d.key
		if herr = d.risen(upper); herr == nil {
			d.un.fs.copied(d.un, upper, old, d.key, func() string { return pathAt(up, d.name) }, &st)
			return abi.OK
		}
		_ = unix.Close(upper)
	}
	_ = unix.Unlinkat(up, tmp, unix.AT_REMOVEDIR)
	return errno(herr)
}

// appear gives a finished copy its name, and the directory the times it had; the result names the copy.
func (d *unionDir) appear(tmp, name string, st *abi.Stat) (int, error) {
	var dir abi.Stat
	if err := hostStat(d.upper, "", false, &dir); err != nil {
		return -1, err
	}
	_ = hostUtimens(d.upper, tmp, true, hostTimesOf(st))
	fd, err := unix.Openat(d.upper, tmp, oSearch|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return -1, err
	}
	if err := hostRenameNew(d.upper, tmp, d.upper, name); err != nil {
		_ = unix.Close(fd)
		return -1, err
	}
	_ = hostUtimens(d.upper, "", false, hostTimesOf(&dir))
	d.un.fs.news.read(d.key) // nothing that who watches d should hear of
	return fd, nil
}

func hostTimesOf(st *abi.Stat) *[2]unix.Timespec {
	var h [2]unix.Timespec
	setTimespec(&h[0], st.Atim)
	setTimespec(&h[1], st.Mtim)
	return &h
}

// copyFile copies what is no directory up: d's name in the layer that from is a descriptor of. st has its attributes.
func (d *unionDir) copyFile(l *kern.LWP, from int, name string, st *abi.Stat, contents bool) abi.Errno {
	if err := d.copyUp(l); err != abi.OK {
		return err
	}
	tmp := tempName()
	herr := d.makeCopy(l, from, name, tmp, st, contents)
	if herr == nil && d.gone {
		herr = unix.ENOENT
	}
	// The copying gave the kernel lock away: who was faster has made the same.
	if fd, found := d.at(name); herr == nil && (!found || fd == d.upper) {
		_ = unix.Unlinkat(d.upper, tmp, 0)
		if !found {
			return abi.ENOENT
		}
		return abi.OK
	}
	if herr == nil {
		var made int
		if made, herr = d.appear(tmp, name, st); herr == nil {
			defer unix.Close(made)
			key, kerr := fdKey(made)
			if kerr != nil {
				return errno(kerr)
			}
			up := d.upper
			d.un.fs.copied(d.un, made, keyOf(st), key, func() string { return pathAt(up, name) }, st)
			if st.Nlink > 1 {
				d.un.copyLinks(l, made, d, name, keyOf(st), key)
			}
			return abi.OK
		}
	}
	_ = unix.Unlinkat(d.upper, tmp, 0)
	return errno(herr)
}

// makeCopy makes the copy under a name of ours.
func (d *unionDir) makeCopy(l *kern.LWP, from int, name, tmp string, st *abi.Stat, contents bool) error {
	switch typ := st.Mode & abi.S_IFMT; typ {
	case abi.S_IFREG:
		return d.copyRegular(l, from, name, tmp, st, contents)
	case abi.S_IFLNK:
		buf := make([]byte, hostPathMax)
		n, err := unix.Readlinkat(from, name, buf)
		if err == nil {
			err = unix.Symlinkat(string(buf[:n]), d.upper, tmp)
		}
		if err == nil && os.Geteuid() == 0 {
			err = unix.Fchownat(d.upper, tmp, int(st.Uid), int(st.Gid), unix.AT_SYMLINK_NOFOLLOW)
		}
		return err
	case abi.S_IFIFO, abi.S_IFSOCK:
		err := hostMknod(d.upper, tmp, typ|st.Mode&abi.ACCESSPERMS)
		if err == nil && os.Geteuid() == 0 {
			err = unix.Fchownat(d.upper, tmp, int(st.Uid), int(st.Gid), unix.AT_SYMLINK_NOFOLLOW)
		}
		return err
	}
	return unix.EPERM // a device of the host's
}

// copyRegular copies a regular file with its holes. Other threads run meanwhile.
func (d *unionDir) copyRegular(l *kern.LWP, from int, name, tmp string, st *abi.Stat, contents bool) error {
	in, err := unix.Openat(from, name, unix.O_RDONLY|unix.O_NONBLOCK|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(in)
	if key, err := fdKey(in); err != nil || key != keyOf(st) {
		return unix.EAGAIN // something else has come in its place
	}
	out, err := unix.Openat(d.upper, tmp, unix.O_RDWR|unix.O_CREAT|unix.O_EXCL|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0o600)
	if err != nil {
		return err
	}
	defer unix.Close(out)
	if contents {
		work := func() { err = copyData(out, in, st.Size) }
		if l != nil && st.Size > longTransfer && !l.K.IsDeterministic() {
			l.Unlocked(work)
		} else {
			work()
		}
	}
	if err != nil {
		return err
	}
	copyAttributes(in, out)
	d.un.copyOwner(out, st)
	return nil
}

// copyData copies size bytes of a file, but not what is not there.
func copyData(out, in int, size int64) error {
	if err := unix.Ftruncate(out, size); err != nil {
		return err
	}
	// The descriptors stay the caller's.
	dup := func(fd int) (*os.File, error) {
		n, err := unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 0)
		if err != nil {
			return nil, err
		}
		return os.NewFile(uintptr(n), ""), nil
	}
	r, err := dup(in)
	if err != nil {
		return err
	}
	defer r.Close()
	w, err := dup(out)
	if err != nil {
		return err
	}
	defer w.Close()
	for off := int64(0); off < size; {
		start, err := unix.Seek(in, off, hostSeekData)
		if err == unix.ENXIO {
			return nil
		}
		end := size
		if err != nil {
			start = off // the host knows nothing of holes
		} else if e, err := unix.Seek(in, start, hostSeekHole); err == nil {
			end = min(e, size)
		}
		if _, err := unix.Seek(in, start, unix.SEEK_SET); err != nil {
			return err
		}
		if _, err := unix.Seek(out, start, unix.SEEK_SET); err != nil {
			return err
		}
		n, err := io.CopyN(w, r, end-start)
		if err == io.EOF {
			return nil // it has become shorter
		}
		if err != nil {
			return hostErrorOf(err)
		}
		off = start + n
	}
	return nil
}

// hostErrorOf is the errno in an error of package os.
func hostErrorOf(err error) error {
	for e := err; e != nil; {
		if n, ok := e.(unix.Errno); ok {
			return n
		}
		u, ok := e.(interface{ Unwrap() error })
		if !ok {
			break
		}
		e = u.Unwrap()
	}
	return unix.EIO
}

// copyAttributes copies a user's extended attributes, as far as both file systems have them.
func copyAttributes(from, to int) {
	buf := make([]byte, 1<<16)
	n, err := unix.Listxattr(fdName(from), buf)
	if err != nil {
		return
	}
	val := make([]byte, 1<<16)
	for name := range strings.SplitSeq(string(buf[:n]), "\x00") {
		if strings.HasPrefix(name, "user.") {
			if k, err := unix.Getxattr(fdName(from), name, val); err == nil {
				_ = unix.Setxattr(fdName(to), name, val[:k], 0)
			}
		}
	}
}

// copyOwner gives a copy the owner and mode that the original has on the host. Where an overlay keeps modes whoever
// runs nbemu must be able to change the file whatever they are.
func (un *union) copyOwner(fd int, st *abi.Stat) {
	if os.Geteuid() == 0 {
		_ = unix.Fchown(fd, int(st.Uid), int(st.Gid))
	}
	mode := st.Mode & abi.ALLPERMS
	if un.fs.metadata != nil {
		mode |= 0o600
		if st.Mode&abi.S_IFMT == abi.S_IFDIR {
			mode |= 0o700
		}
	}
	_ = unix.Fchmod(fd, mode)
}

// copied is told of a copy: the overlay learns its owner and mode, watchers go over to it, and so do open files. Only what is mapped stays what it was. st has the host's attributes of the original.
func (fs *FS) copied(un *union, made int, from, to mem.FileKey, path func() string, st *abi.Stat) {
	un.origin[to] = un.shown(from)
	if m := fs.metadata; m != nil {
		seen := *st
		fs.overlay(from, &seen, nil)
		m.copied(from, to, path, &seen)
	}
	if k := fs.vnodeKlists[from]; k != nil && fs.vnodeKlists[to] == nil {
		delete(fs.vnodeKlists, from)
		fs.vnodeKlists[to] = k
		fs.news.unwatch(from)
	}
	files := un.files[from]
	delete(un.files, from)
	for f := range files {
		vnodeOf(f).reopenCopy(f, made, to)
	}
}

// remember has f, which is just open on v, be open on a copy once there is one.
func (v *Vnode) remember(f *kern.File) {
	if !v.low {
		return
	}
	files := v.u.un.files
	if files[v.key] == nil {
		files[v.key] = map[*kern.File]bool{}
	}
	files[v.key][f] = true
}

// forget is the opposite of remember.
func (v *Vnode) forget(f *kern.File) {
	if !v.low {
		return
	}
	files := v.u.un.files
	if delete(files[v.key], f); len(files[v.key]) == 0 {
		delete(files, v.key)
	}
}

// reopenCopy puts the copy of v, which made names, into its open file. Where that fails the file stays what it was.
func (v *Vnode) reopenCopy(f *kern.File, made int, to mem.FileKey) {
	var fd int
	var err error
	if v.named() {
		fd, err = unix.FcntlInt(uintptr(made), unix.F_DUPFD_CLOEXEC, 0)
	} else {
		fd, err = reopen(made, unix.O_RDONLY|unix.O_NONBLOCK)
	}
	if err != nil {
		return
	}
	if key, err := fdKey(fd); err != nil || key != to {
		_ = unix.Close(fd)
		return
	}
	n := &Vnode{fs: v.fs, fd: fd, mnt: v.mnt, key: to, flags: v.flags, Mode: v.Mode, Path: v.Path, u: v.u.ref(), name: v.name}
	n.refs.Store(1)
	switch o := f.Ops.(type) {
	case *regFile:
		o.Vnode = n
		v.fs.leases.follow(f, v.key, to)
	case *dirFile:
		o.Vnode, o.sorted, o.pending = n, nil, nil
	case *pathFile:
		o.Vnode = n
	default:
		n.Unref()
		return
	}
	if v.fs.vnodeKlists[to] != nil {
		v.fs.news.watch(n)
	}
	v.Unref()
}

// changeWrite is change for who may write to v.
func (v *Vnode) changeWrite(l *kern.LWP, f *kern.File) (*Vnode, abi.Errno) {
	return v.change(l, f, func(c *kern.Cred, st *abi.Stat) abi.Errno { return Access(c, st, abi.W_OK) })
}

// own is change for a lock on v, which is not to be seen by other machines that have the same lower layers.
func (v *Vnode) own(l *kern.LWP, f *kern.File) *Vnode {
	n, _ := v.change(l, f, func(*kern.Cred, *abi.Stat) abi.Errno { return abi.OK })
	return n
}

// change has v, which f has open, be in the uppermost layer of its union, if may says that l's process may change it.
// The result is what f has open then. Error: EROFS for a file that has lost its name in a lower layer.
func (v *Vnode) change(l *kern.LWP, f *kern.File, may func(c *kern.Cred, st *abi.Stat) abi.Errno) (*Vnode, abi.Errno) {
	if !v.low {
		return v, abi.OK
	}
	var st abi.Stat
	if herr := v.judgedStat(&st); herr != nil {
		return v, errno(herr)
	}
	c := judged(l)
	if c == nil {
		c = l.Proc.Cred
	}
	if err := may(c, &st); err != abi.OK {
		return v, err
	}
	var err abi.Errno
	if v.Mode&abi.S_IFMT == abi.S_IFDIR {
		err = v.u.copyUp(l)
	} else {
		fd, found := v.u.at(v.name)
		var now abi.Stat
		if !found || v.u.gone || hostStat(fd, v.name, true, &now) != nil || keyOf(&now) != v.key {
			return v, abi.EROFS
		}
		err = v.u.copyFile(l, fd, v.name, &now, true)
	}
	if err != abi.OK {
		return v, err
	}
	if n := vnodeOf(f); n != nil && !n.low {
		return n, abi.OK
	}
	return v, abi.EROFS
}

// copyLinks gives a copy the other names that the original has in the lower layers. They are looked for once, when the
// first file with several names is copied.
func (un *union) copyLinks(l *kern.LWP, made int, dir *unionDir, name string, from, to mem.FileKey) {
	if un.links == nil {
		un.links = map[mem.FileKey][]string{}
		un.findLinks(un.root, "")
	}
	for _, p := range un.links[from] {
		d, base, err := un.root.walk(path.Dir(p), path.Base(p))
		if err != nil {
			continue
		}
		fd, found := d.at(base)
		var st abi.Stat
		if found && fd != d.upper && hostStat(fd, base, true, &st) == nil && keyOf(&st) == from && d.copyUp(l) == abi.OK {
			var was abi.Stat
			_ = hostStat(d.upper, "", false, &was)
			if hostLinkFd(made, d.upper, base) == nil {
				_ = hostUtimens(d.upper, "", false, hostTimesOf(&was))
				if m := un.fs.metadata; m != nil {
					m.linked(to, pathAt(d.upper, base))
				}
			}
		}
		d.unref()
	}
}

// findLinks collects the files below d in lower layers that have several names.
func (un *union) findLinks(d *unionDir, at string) {
	dirs := map[string]bool{}
	for _, fd := range d.lower {
		list, err := hostList(fd)
		if err != nil {
			continue
		}
		for _, ent := range list {
			var st abi.Stat
			name := string(ent.name)
			if name == "." || name == ".." || hostStat(fd, name, true, &st) != nil {
				continue
			}
			if st.Mode&abi.S_IFMT == abi.S_IFDIR {
				dirs[name] = true
			} else if st.Nlink > 1 {
				un.links[keyOf(&st)] = append(un.links[keyOf(&st)], at+"/"+name)
			}
		}
	}
	for name := range dirs {
		if c, err := d.child(name); err == nil {
			un.findLinks(c, at+"/"+name)
			c.unref()
		}
	}
}

// walk goes down to a directory by a path without links and gives a reference to it, and the name.
func (d *unionDir) walk(dir, name string) (*unionDir, string, error) {
	at := d.ref()
	for part := range strings.SplitSeq(strings.Trim(dir, "/"), "/") {
		if part == "" || part == "." {
			continue
		}
		c, err := at.child(part)
		at.unref()
		if err != nil {
			return nil, "", err
		}
		at = c
	}
	return at, name, nil
}
