package vfs

import (
	"path"
	"strings"

	"golang.org/x/sys/unix"

	"nbemu/abi"
	"nbemu/kern"
	"nbemu/mem"
)

// changed tells whoever watches the file that nd leads to.
func (nd *nameidata) changed(what uint32) {
	if !nd.fs.watching() {
		return
	}
	var st abi.Stat
	if hostStat(nd.dirfd, nd.name, !nd.follow, &st) == nil {
		nd.fs.changed(mem.FileKey{Dev: st.Dev, Ino: st.Ino}, what)
	}
}

// changedDir tells whoever watches the directory that nd's name is in.
func (nd *nameidata) changedDir(what uint32) {
	if !nd.fs.watching() {
		return
	}
	var st abi.Stat
	if nd.u != nil {
		if hostStat(nd.u.fd(), "", false, &st) == nil {
			nd.fs.changed(keyOf(&st), what)
		}
		return
	}
	dir := path.Dir(strings.TrimRight(nd.name, "/"))
	if hostStat(nd.dirfd, dir, false, &st) == nil {
		nd.fs.changed(mem.FileKey{Dev: st.Dev, Ino: st.Ino}, what)
	}
}

// nameiEntry looks up the name of an entry to be made or removed.
func nameiEntry(l *kern.LWP, atfd int32, p string, flags int) (nameidata, abi.Errno) {
	nd, err := namei(l, atfd, p, flags|entry)
	if err == abi.OK && nd.node != nil {
		if flags&create != 0 {
			return nd, abi.EEXIST
		}
		if nd.mnt != nil || fsOf(l).ownOf(nd.node) != nil {
			return nd, abi.EROFS // lookup with DELETE or RENAME, in kernfs and its like
		}
		return nd, abi.EPERM
	}
	return nd, err
}

// noDir refuses a name with a slash after it for something that will not be a directory (CREATEDIR).
func (nd *nameidata) noDir() abi.Errno {
	if !nd.slash {
		return abi.OK
	}
	if nd.exists() {
		return abi.EEXIST
	}
	return abi.ENOENT
}

// Mkdir is mkdirat. Errors: EEXIST, those of the lookup.
func Mkdir(l *kern.LWP, atfd int32, p string, mode uint32) abi.Errno {
	nd, err := nameiEntry(l, atfd, p, create)
	if err != abi.OK {
		return err
	}
	defer nd.release()
	if nd.name == "." {
		return abi.EEXIST
	}
	if err := nd.mayMake(l, abi.S_IFDIR); err != abi.OK {
		return err
	}
	if herr := unix.Mkdirat(nd.dirfd, nd.name, mode&abi.ACCESSPERMS&^l.Proc.Cwdi.Umask); herr != nil {
		return errno(herr)
	}
	nd.created(l, abi.S_IFDIR)
	nd.changedDir(abi.NOTE_WRITE | abi.NOTE_LINK)
	return abi.OK
}

// Undelete is undelete(2): a name that was removed, and is in a lower layer of a union still, is seen again. Errors: EEXIST
// for what is there, ENOENT for what was never removed, EROFS, EACCES.
func Undelete(l *kern.LWP, p string) abi.Errno {
	nd, err := nameiEntry(l, abi.AT_FDCWD, p, create)
	if err != abi.OK {
		return err
	}
	defer nd.release()
	switch {
	case nd.name == "." || nd.exists():
		return abi.EEXIST
	case nd.u == nil || !nd.u.hidden(nd.name):
		return abi.ENOENT
	}
	if err := nd.mayMake(l, abi.S_IFREG); err != abi.OK {
		return err
	}
	nd.u.unhide(nd.name)
	nd.changedDir(abi.NOTE_WRITE)
	return abi.OK
}

// Mknod is mknodat and mkfifoat: mode has the type. Errors: EEXIST, EPERM, EINVAL.
func Mknod(l *kern.LWP, atfd int32, p string, mode uint32, dev uint64) abi.Errno {
	nd, err := nameiEntry(l, atfd, p, create)
	if err != abi.OK {
		return err
	}
	defer nd.release()
	if err := nd.noDir(); err != abi.OK {
		return err
	}
	if t := mode & abi.S_IFMT; (t == abi.S_IFCHR || t == abi.S_IFBLK) && int64(dev) == -1 && l.Proc.Cred.IsRoot() {
		return abi.EINVAL // VNOVAL is no device
	}
	perm := mode & abi.ALLPERMS &^ l.Proc.Cwdi.Umask
	switch mode & abi.S_IFMT {
	case abi.S_IFIFO, abi.S_IFREG, abi.S_IFCHR, abi.S_IFBLK, abi.S_IFSOCK:
	case 0:
		mode |= abi.S_IFREG
	default:
		return abi.EINVAL
	}
	if t := mode & abi.S_IFMT; (t == abi.S_IFCHR || t == abi.S_IFBLK) && !l.Proc.Cred.May(kern.RightMknod) {
		return abi.EPERM
	}
	if err := nd.mayMake(l, mode); err != abi.OK {
		return err
	}
	if t := mode & abi.S_IFMT; t == abi.S_IFCHR || t == abi.S_IFBLK {
		// Never a device of the host's: its numbers mean something else there, and nbemu's rights are not the guest's.
		if fsOf(l).metadata == nil {
			fsOf(l).beginOverlay(l)
		}
		err := fsOf(l).metadata.mknod(l.Proc.Cred, nd.dirfd, nd.name, t|perm, dev)
		if err == abi.OK {
			nd.changedDir(abi.NOTE_WRITE)
		}
		return err
	}
	if herr := hostMknod(nd.dirfd, nd.name, mode&abi.S_IFMT|perm); herr != nil {
		return errno(herr)
	}
	nd.created(l, mode&abi.S_IFMT)
	nd.changedDir(abi.NOTE_WRITE)
	return abi.OK
}

// Symlink is symlinkat: a link at p that says target. Errors: EEXIST, ENOENT for an empty target.
func Symlink(l *kern.LWP, target string, atfd int32, p string) abi.Errno {
	nd, err := nameiEntry(l, atfd, p, create)
	if err != abi.OK {
		return err
	}
	defer nd.release()
	if err := nd.noDir(); err != abi.OK {
		return err
	}
	if err := nd.mayMake(l, abi.S_IFLNK); err != abi.OK {
		return err
	}
	if herr := unix.Symlinkat(target, nd.dirfd, nd.name); herr != nil {
		return errno(herr)
	}
	nd.created(l, abi.S_IFLNK)
	nd.changedDir(abi.NOTE_WRITE)
	return abi.OK
}

// Link is linkat; followLink says what is linked if from is a symbolic link. Errors: EPERM for a directory,
// EEXIST, EXDEV.
func Link(l *kern.LWP, fromfd int32, from string, tofd int32, to string, followLink bool) abi.Errno {
	a, err := namei(l, fromfd, from, followFlag(followLink))
	if err != abi.OK {
		return err
	}
	defer a.release()
	if f := a.descriptor(); f != nil {
		return LinkFile(l, f, tofd, to)
	}
	if a.node != nil {
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
	if a.walked && !a.exists() {
		return abi.ENOENT // before anything is said of the other name
	}
	if a.mnt != b.mnt || a.union() != b.union() {
		return abi.EXDEV
	}
	if err := b.mayCreate(l); err != abi.OK {
		return err
	}
	if err := confinedMove(l, &a, &b, true, false); err != abi.OK {
		return err
	}
	var st abi.Stat
	if judged(l) != nil && a.stat(&st) == nil && frozen(&st) {
		return abi.EPERM
	}
	if err := a.copyUp(l, true); err != abi.OK {
		return err
	}
	flags := 0
	if a.follow {
		flags = unix.AT_SYMLINK_FOLLOW
	}
	if herr := unix.Linkat(a.dirfd, a.name, b.dirfd, b.name, flags); herr != nil {
		return errno(herr)
	}
	if fsOf(l).metadata != nil {
		var st abi.Stat
		if hostStat(b.dirfd, b.name, true, &st) == nil {
			fsOf(l).metadata.linked(keyOf(&st), pathAt(b.dirfd, b.name))
		}
	}
	a.changed(abi.NOTE_LINK)
	b.changedDir(abi.NOTE_WRITE)
	return abi.OK
}

// Unlink is unlinkat; dir says that a directory is to be removed. Errors: EPERM for a directory without dir,
// ENOTDIR, ENOTEMPTY, EBUSY.
func Unlink(l *kern.LWP, atfd int32, p string, dir bool) abi.Errno {
	nd, err := nameiEntry(l, atfd, p, 0)
	if err != abi.OK {
		return err
	}
	defer nd.release()
	if nd.mountRoot() {
		return abi.EBUSY
	}
	if nd.name == "." && dir {
		return abi.EINVAL
	}
	if strings.Trim(p, "/") == "" && p != "" {
		return abi.EBUSY // the root of a file system
	}
	var st abi.Stat
	watched := (fsOf(l).watching() || fsOf(l).metadata != nil) && hostStat(nd.dirfd, nd.name, true, &st) == nil
	was := ""
	if fsOf(l).metadata != nil {
		was = pathAt(nd.dirfd, nd.name)
	}
	flags := 0
	if dir {
		flags = unix.AT_REMOVEDIR
	} else if err := checkEntry(&nd); err != abi.OK {
		return err
	}
	if err := nd.mayRemove(l); err != abi.OK {
		return err
	}
	if err := nd.confinedRemove(l, dir); err != abi.OK {
		return err
	}
	if nd.low() {
		// What is known of it belongs to others too.
		was = ""
	}
	kept := nd.low()
	if herr := nd.unlink(l, flags); herr != nil {
		if herr == unix.EISDIR {
			return abi.EPERM // what unlink of a directory is in NetBSD
		}
		return errno(herr)
	}
	if watched {
		k := mem.FileKey{Dev: st.Dev, Ino: st.Ino}
		if fsOf(l).metadata != nil && !kept {
			if st.Nlink <= 1 || dir {
				fsOf(l).metadata.drop(k)
			} else {
				fsOf(l).metadata.unlinked(k, was)
			}
		}
		if st.Nlink > 1 && !dir {
			fsOf(l).changed(k, abi.NOTE_LINK)
		} else {
			fsOf(l).changed(k, abi.NOTE_DELETE)
		}
		what := uint32(abi.NOTE_WRITE)
		if dir {
			what |= abi.NOTE_LINK
		}
		nd.changedDir(what)
	}
	return abi.OK
}

// Rename is renameat. posix says what happens when both names are the same file: nothing (__posix_rename),
// or the old name goes. Errors: EINVAL for a directory into itself, ENOTEMPTY, EISDIR, ENOTDIR, EXDEV.
func Rename(l *kern.LWP, fromfd int32, from string, tofd int32, to string, posix bool) abi.Errno {
	a, err := nameiEntry(l, fromfd, from, 0)
	if err != abi.OK {
		return err
	}
	defer a.release()
	b, err := nameiEntry(l, tofd, to, create)
	if err != abi.OK {
		if err == abi.EEXIST {
			return abi.EPERM
		}
		return err
	}
	defer b.release()
	if a.mountRoot() || b.mountRoot() {
		return abi.EBUSY
	}
	if a.name == "." || b.name == "." {
		return abi.EINVAL
	}
	if err := checkRename(&a, &b); err != abi.OK {
		return err
	}
	for range 1000 {
		// What was judged as new must be new.
		rename := unix.Renameat
		if judged(l) != nil && !b.exists() {
			rename = hostRenameNew
		}
		if err := mayRename(l, &a, &b); err != abi.OK {
			return err
		}
		if err := confinedMove(l, &a, &b, false, false); err != abi.OK {
			return err
		}
		if err, again := renameNow(l, &a, &b, posix, rename); !again {
			return err
		}
	}
	return abi.ENOENT
}

// renameNow is the rename itself, of what may be renamed. again is for a target that has come in between.
func renameNow(l *kern.LWP, a, b *nameidata, posix bool, rename func(int, string, int, string) error) (err abi.Errno, again bool) {
	var sa, sb abi.Stat
	var had bool
	if !posix || fsOf(l).watching() || fsOf(l).metadata != nil || a.slash || b.slash {
		if herr := hostStat(a.dirfd, a.name, true, &sa); herr != nil {
			return errno(herr), false
		}
		had = hostStat(b.dirfd, b.name, true, &sb) == nil
		if (a.slash || b.slash) && sa.Mode&abi.S_IFMT != abi.S_IFDIR {
			return abi.ENOTDIR, false
		}
	}
	if had && !posix && sa.Dev == sb.Dev && sa.Ino == sb.Ino && !sameEntry(a, b) && sa.Mode&abi.S_IFMT != abi.S_IFDIR {
		return errno(a.unlink(l, 0)), false
	}
	kept := b.low()
	rename1 := func() error {
		if a.u != nil || b.u != nil {
			return renameUnion(l, a, b, false, rename)
		}
		return rename(a.dirfd, a.name, b.dirfd, b.name)
	}
	if herr := rename1(); herr != nil {
		if herr == unix.EEXIST {
			return abi.ENOTEMPTY, judged(l) != nil && b.exists()
		}
		return errno(herr), false
	}
	if fsOf(l).metadata != nil {
		switch {
		case !had || sb.Ino == sa.Ino || kept:
		case sb.Nlink <= 1 || sb.Mode&abi.S_IFMT == abi.S_IFDIR:
			fsOf(l).metadata.drop(keyOf(&sb))
		default:
			fsOf(l).metadata.unlinked(keyOf(&sb), pathAt(b.dirfd, b.name))
		}
		fsOf(l).metadata.moved(pathAt(a.dirfd, a.name), pathAt(b.dirfd, b.name))
	}
	if fsOf(l).watching() {
		if a.u != nil {
			_ = hostStat(b.dirfd, b.name, true, &sa) // a copy, perhaps
		}
		fsOf(l).changed(mem.FileKey{Dev: sa.Dev, Ino: sa.Ino}, abi.NOTE_RENAME)
		if had {
			fsOf(l).changed(mem.FileKey{Dev: sb.Dev, Ino: sb.Ino}, abi.NOTE_DELETE)
		}
		// A directory takes its ".." along: the links of the old parent and, if no directory made room, of the
		// new one change (genfs_rename_knote).
		out, in := uint32(abi.NOTE_WRITE), uint32(abi.NOTE_WRITE)
		if sa.Mode&abi.S_IFMT == abi.S_IFDIR && !sameDir(a, b) {
			out |= abi.NOTE_LINK
			if !had {
				in |= abi.NOTE_LINK
			}
		}
		a.changedDir(out)
		b.changedDir(in)
	}
	return abi.OK, false
}

// sameDir reports whether two names are in one directory.
func sameDir(a, b *nameidata) bool {
	if a.u != nil || b.u != nil {
		return a.u == b.u
	}
	var sa, sb abi.Stat
	return hostStat(a.dirfd, path.Dir(strings.TrimRight(a.name, "/")), false, &sa) == nil &&
		hostStat(b.dirfd, path.Dir(strings.TrimRight(b.name, "/")), false, &sb) == nil && keyOf(&sa) == keyOf(&sb)
}

// sameEntry reports whether two names are one directory entry.
func sameEntry(a, b *nameidata) bool {
	na, nb := strings.TrimRight(a.name, "/"), strings.TrimRight(b.name, "/")
	if path.Base(na) != path.Base(nb) {
		return false
	}
	if a.u != nil || b.u != nil {
		return a.u == b.u
	}
	var sa, sb abi.Stat
	return hostStat(a.dirfd, path.Dir(na), false, &sa) == nil && hostStat(b.dirfd, path.Dir(nb), false, &sb) == nil &&
		sa.Dev == sb.Dev && sa.Ino == sb.Ino
}

// Readlink is readlinkat: what a symbolic link says, cut to max bytes. Errors: EINVAL for what is no link.
func Readlink(l *kern.LWP, atfd int32, p string, max int) (string, abi.Errno) {
	nd, err := namei(l, atfd, p, 0)
	if err != abi.OK {
		return "", err
	}
	defer nd.release()
	if nd.node != nil {
		s, err := nd.node.readlink(l)
		return s[:min(len(s), max)], err
	}
	buf := make([]byte, min(max, 4096))
	if len(buf) == 0 {
		return "", abi.EINVAL
	}
	n, herr := unix.Readlinkat(nd.dirfd, nd.name, buf)
	if herr != nil {
		return "", errno(herr)
	}
	return string(buf[:n]), abi.OK
}

// Chdir is chdir. Errors: ENOTDIR, EACCES, those of the lookup.
func Chdir(l *kern.LWP, p string) abi.Errno {
	d, err := lookupDir(l, p)
	if err != abi.OK {
		return err
	}
	l.Proc.Cwdi.SetCdir(d)
	return abi.OK
}

// lookupDir opens a directory that may be searched.
func lookupDir(l *kern.LWP, p string) (*Dir, abi.Errno) {
	nd, err := namei(l, abi.AT_FDCWD, p, follow)
	if err != abi.OK {
		return nil, err
	}
	defer nd.release()
	if n, ok := nd.node.(dirNode); ok {
		d, err := n.dir()
		if err == abi.OK && nd.mnt != nil {
			at := d.path
			d.Unref()
			return fsOf(l).nodeDirIn(nd.mnt, at)
		}
		return d, err
	}
	if nd.node != nil {
		return nil, abi.ENOTDIR
	}
	d, err := nd.openDir()
	if err != abi.OK {
		return nil, err
	}
	return d.judged(l)
}

// judged is d if l's process may search it. It takes d over. Error: EACCES.
func (d *Dir) judged(l *kern.LWP) (*Dir, abi.Errno) {
	if c := judged(l); c != nil {
		if err := fsOf(l).searchable(c, d.at()); err != abi.OK {
			d.Unref()
			return nil, err
		}
	}
	return d, abi.OK
}

func openDir(dirfd int, name string, flags int) (*Dir, abi.Errno) {
	fd, err := unix.Openat(dirfd, name, oSearch|unix.O_DIRECTORY|unix.O_CLOEXEC|flags, 0)
	if err != nil {
		return nil, errno(err)
	}
	// Naming something in it is what needs permission; opening it did not.
	if err := hostAccess(fd, ".", false, true, unix.X_OK); err != nil {
		_ = unix.Close(fd)
		return nil, errno(err)
	}
	return newDir(fd), abi.OK
}

// Fchdir is fchdir. Errors: EBADF, ENOTDIR, EACCES.
func Fchdir(l *kern.LWP, fd int32) abi.Errno {
	d, err := dirOf(l, fd)
	if err != abi.OK {
		return err
	}
	if !confined(l, d) {
		d.Unref()
		return abi.EPERM
	}
	l.Proc.Cwdi.SetCdir(d)
	return abi.OK
}

func dirOf(l *kern.LWP, fd int32) (*Dir, abi.Errno) {
	f := l.Proc.Fd.Get(fd)
	if f == nil {
		return nil, abi.EBADF
	}
	if d, ok := f.Ops.(*nodeDir); ok {
		return fsOf(l).nodeDirIn(d.mnt, d.path)
	}
	d, ok := f.Ops.(*dirFile)
	if !ok {
		return nil, abi.ENOTDIR
	}
	at := nameidata{fs: d.fs, dirfd: d.at().fd, name: ".", mnt: d.mnt, u: d.at().u}
	nd, err := at.openDir()
	if err != abi.OK {
		return nil, err
	}
	return nd.judged(l)
}

// confined reports whether a directory is the process's root or below it.
func confined(l *kern.LWP, d *Dir) bool {
	rd := l.Proc.Cwdi.Rdir
	if rd == nil {
		return true
	}
	w := &walker{fs: fsOf(l), root: placeOf(rd)}
	return w.confined(d.at())
}

// Chroot is chroot: p becomes the root. Errors: EPERM for others than root, ENOTDIR.
func Chroot(l *kern.LWP, p string) abi.Errno {
	if !l.Proc.Cred.May(kern.RightChroot) {
		return abi.EPERM
	}
	return ChangeRoot(l, p)
}

// ChangeRoot is Chroot for a caller that knows that l may. Error: ENOTDIR.
func ChangeRoot(l *kern.LWP, p string) abi.Errno {
	d, err := lookupDir(l, p)
	if err != abi.OK {
		return err
	}
	if d.path != "" {
		d.Unref()
		return abi.EOPNOTSUPP
	}
	changeRoot(l, d)
	return abi.OK
}

// Fchroot is fchroot. Errors: EPERM, EBADF, ENOTDIR.
func Fchroot(l *kern.LWP, fd int32) abi.Errno {
	if !l.Proc.Cred.IsRoot() {
		return abi.EPERM
	}
	d, err := dirOf(l, fd)
	if err != abi.OK {
		return err
	}
	if !confined(l, d) {
		d.Unref()
		return abi.EPERM
	}
	changeRoot(l, d)
	return abi.OK
}

// changeRoot makes d the root; a working directory outside of it would be a way out (change_root).
func changeRoot(l *kern.LWP, d *Dir) {
	cw := l.Proc.Cwdi
	w := &walker{fs: fsOf(l), root: d.at()}
	if !w.confined(placeOf(cw.Cdir)) {
		d.Ref()
		cw.SetCdir(d)
	}
	if cw.Edir != nil {
		cw.Edir.Unref()
		cw.Edir = nil
	}
	cw.SetRdir(d)
}

// Getcwd returns the path of the working directory as the guest sees it. Error: ENOENT when it was removed or
// is not under the root.
func Getcwd(l *kern.LWP) (string, abi.Errno) {
	d := l.Proc.Cwdi.Cdir.(*Dir)
	if d.path != "" {
		return d.mnt.seen(d.path), abi.OK
	}
	return guestPathIn(l, d.at().fd, d.mnt)
}

// guestPath returns the path of a host file as the guest of l sees it. Error: ENOENT.
func guestPath(l *kern.LWP, fd int) (string, abi.Errno) {
	rd, _ := l.Proc.Cwdi.Rdir.(*Dir)
	return fsOf(l).pathBelow(rd, fd)
}

// pathBelow returns the path of a host file from a root, nil for the host's. Error: ENOENT.
func (fs *FS) pathBelow(root *Dir, fd int) (string, abi.Errno) {
	find := fdPath
	if root != nil && root.u != nil {
		find = root.u.un.path
	}
	p, err := find(fd)
	if err != abi.OK {
		return "", err
	}
	if root == nil {
		return fs.unionPath(fd, p), abi.OK
	}
	r, err := find(fdOf(root))
	if err != abi.OK {
		return "", err
	}
	if r == "/" {
		return p, abi.OK
	}
	if p == r {
		return "/", abi.OK
	}
	if rest, ok := strings.CutPrefix(p, r+"/"); ok {
		return "/" + rest, abi.OK
	}
	return "", abi.ENOENT
}

// FilePath returns the path of an open file (F_GETPATH). Errors: EBADF, ENOENT.
func FilePath(l *kern.LWP, f *kern.File) (string, abi.Errno) {
	switch o := f.Ops.(type) {
	case *nodeDir:
		return o.mnt.seen(o.path), abi.OK
	case *memDevice:
		return "/dev/" + o.d.name, abi.OK
	}
	v := vnodeOf(f)
	if v == nil {
		return "", abi.EBADF
	}
	return guestPathIn(l, v.fd, v.mnt)
}

// isUnder is kern.Kernel.IsUnder: a process may look into another only if that is confined at least as much.
func isUnder(t *kern.Proc, l *kern.LWP) bool {
	ours, theirs := l.Proc.Cwdi.Rdir, t.Cwdi.Rdir
	if ours == nil || ours == theirs {
		return true
	}
	w := &walker{fs: fsOf(l), root: placeOf(ours)}
	return theirs != nil && w.confined(placeOf(theirs))
}
