package vfs

import (
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"nbemu/abi"
	"nbemu/kern"
)

// Flags of namei.
const (
	follow = 1 << iota // a symbolic link as last component is followed
	create             // the last component need not exist
	long               // paths may be as long as the host's
	entry              // a name to be made or removed, where names of ours in /dev do not stand in for others

	// What openat2 of Linux asks for.
	noSymlinks   // no symbolic link is followed: ELOOP
	noMagicLinks // nor one of procfs that leads to an open file
	beneath      // nothing outside of the starting directory is reached: EXDEV
	inRoot       // the starting directory is taken for the root
	noMounts     // what is found is on the file system that the path starts on: EXDEV
)

// Resolve are ways to look a path up, as Linux's openat2 has them.
type Resolve int

const (
	ResolveNoXdev       = Resolve(noMounts)
	ResolveNoMagicLinks = Resolve(noMagicLinks)
	ResolveNoSymlinks   = Resolve(noSymlinks)
	ResolveBeneath      = Resolve(beneath)
	ResolveInRoot       = Resolve(inRoot)
)

// hostPathMax is how long a path may be for the host.
const hostPathMax = 4096

// maxSymlinks is MAXSYMLINKS.
const maxSymlinks = 32

// nameidata is where a path leads (struct nameidata): a name in a host directory, to be used with the host's
// *at calls and atFlags, or a node of one of our own file systems. Release it.
type nameidata struct {
	fs     *FS
	dirfd  int
	name   string
	follow bool      // the host is to follow a link as last component; else it must not
	own    bool      // dirfd is closed by release
	slash  bool      // the path ended in one, which name does not: it must be a directory
	walked bool      // dirfd is the directory that name, a single component, is in
	asked  time.Time // when it was decided that the name may be made
	held   bool      // file is open on what the name led to; see hold.go
	file   int
	mnt    *mounted  // through which mount dirfd was come to; nil for the root's own files
	u      *unionDir // in a union: the directory that name, a single component, is in, with a reference; dirfd is its
	into   *mounted  // the walk came to one of our own file systems here, with rest of the path before it
	rest   string
	node   node
	path   string // the path that a link of procfs led to, "" if none did

	nodePath string // of node
}

func (nd *nameidata) release() {
	nd.letGo()
	if nd.own {
		_ = unix.Close(nd.dirfd)
		nd.own = false
	}
	if nd.u != nil {
		nd.u.unref()
		nd.u = nil
	}
}

// dirOf is the directory of a union that nd leads to, with a reference; nil elsewhere.
func (nd *nameidata) dirOf() *unionDir {
	if nd.u == nil {
		return nil
	}
	if nd.name == "." {
		return nd.u.ref()
	}
	d, err := nd.u.child(nd.name)
	if err != nil {
		return nil
	}
	return d
}

// openDir opens the directory that nd leads to. Errors: the host's.
func (nd *nameidata) openDir() (*Dir, abi.Errno) {
	if nd.u == nil {
		d, err := openDir(nd.dirfd, nd.name, nd.openFlags())
		if err == abi.OK {
			d.mnt = nd.mnt
		}
		return d, err
	}
	u := nd.u
	if nd.name == "." {
		u.ref()
	} else {
		var herr error
		if u, herr = u.child(nd.name); herr != nil {
			return nil, errno(herr)
		}
	}
	if herr := hostAccess(u.fd(), ".", false, true, unix.X_OK); herr != nil {
		u.unref()
		return nil, errno(herr)
	}
	return newUnionRef(u, nd.mnt), abi.OK
}

// atFlags is AT_SYMLINK_NOFOLLOW or 0, for the host.
func (nd *nameidata) atFlags() int {
	if nd.follow {
		return 0
	}
	return unix.AT_SYMLINK_NOFOLLOW
}

// openFlags is O_NOFOLLOW or 0, for the host.
func (nd *nameidata) openFlags() int {
	if nd.follow {
		return 0
	}
	return unix.O_NOFOLLOW
}

// namei looks path up for l, relative to the directory atfd or the working directory if that is AT_FDCWD.
// Without a root or an emulation root the host does the lookup, in the one call that follows. With one, every
// component is walked here, and what is returned is a name without further links in the last directory.
// Errors: ENOENT, ENOTDIR, ELOOP, EACCES, ENAMETOOLONG, EBADF; an error of the last component itself is left
// to the call that follows.
func namei(l *kern.LWP, atfd int32, path string, flags int) (nameidata, abi.Errno) {
	if path == "" {
		return nameidata{}, abi.ENOENT
	}
	if l.PathMax() > abi.PATH_MAX {
		flags |= long
	}
	if l.K.Ktracing() {
		ktrNamei(l, path)
	}
	if flags&(beneath|inRoot) != 0 {
		return nameiBeneath(l, atfd, path, flags)
	}
	if path[0] != '/' {
		if at, m := nodeBase(l, atfd); m != nil {
			return nameiIn(l, m, strings.TrimPrefix(at, m.shows)+"/"+path, flags, 0)
		} else if at != "" {
			path = at + "/" + path
		} else if flags&entry == 0 {
			if dev := fromDev(l, atfd, path); dev != "" {
				path = dev
			}
		}
	}
	if path[0] == '/' {
		return nameiAbs(l, path, flags, 0)
	}
	start, err := startDir(l, atfd)
	if err != abi.OK {
		return nameidata{}, err
	}
	nd, err := from(l, start, path, flags)
	return nd.enter(l, err, flags, 0)
}

// nameiAbs looks an absolute path up. links says how many links of our own file systems have led here.
func nameiAbs(l *kern.LWP, path string, flags, links int) (nameidata, abi.Errno) {
	if rdir, _ := l.Proc.Cwdi.Rdir.(*Dir); rdir == fsOf(l).root {
		n, p, err := lookupNode(l, path, flags)
		switch {
		case n != nil && flags&noMounts != 0:
			return nameidata{}, abi.EXDEV
		case p != path && flags&(noSymlinks|noMagicLinks) != 0:
			return nameidata{}, abi.ELOOP
		case n != nil || err != abi.OK:
			return nameidata{fs: fsOf(l), node: n, nodePath: p}, err
		}
		if p != path {
			nd, err := nameiHost(l, p, flags)
			if nd.into == nil {
				nd.path = p
			}
			return nd.enter(l, err, flags, links)
		}
	}
	nd, err := nameiHost(l, path, flags)
	return nd.enter(l, err, flags, links)
}

// nameiBeneath looks a path up that must stay in the directory it starts from, and with inRoot takes that for the root.
// Our own file systems are outside of it.
func nameiBeneath(l *kern.LWP, atfd int32, path string, flags int) (nameidata, abi.Errno) {
	if path[0] == '/' && flags&inRoot == 0 {
		return nameidata{}, abi.EXDEV
	}
	if at, _ := nodeBase(l, atfd); at != "" {
		return nameidata{}, abi.EOPNOTSUPP
	}
	start, err := startDir(l, atfd)
	if err == abi.OK && start.fd == unix.AT_FDCWD {
		start.fd, err = fsOf(l).slash()
	}
	if err != abi.OK {
		return nameidata{}, err
	}
	nd, err := fsOf(l).walk(judged(l), start, start, path, flags)
	if nd.into != nil {
		return nameidata{}, abi.EOPNOTSUPP
	}
	return nd, err
}

// from looks a path up below the process's root: by the host alone if there is no root, and nobody but the host has a
// say in who may.
func from(l *kern.LWP, start place, path string, flags int) (nameidata, abi.Errno) {
	rdir, c := l.Proc.Cwdi.Rdir, judged(l)
	if rdir == nil && c == nil && l.Sandbox == nil && flags&noSymlinks == 0 && len(fsOf(l).mounted) == 0 && start.u == nil && (fsOf(l).edir == nil || fsOf(l).edir.u == nil) {
		if e := l.Proc.Emul; e != nil && e.LinuxSlashes {
			return nameidata{fs: fsOf(l), dirfd: start.fd, name: path, follow: flags&follow != 0}, abi.OK
		}
		return fsOf(l).plain(start.fd, path, flags)
	}
	var r place
	if rdir != nil {
		r = placeOf(rdir)
	} else {
		var err abi.Errno
		if r.fd, err = fsOf(l).slash(); err != abi.OK {
			return nameidata{}, err
		}
	}
	if start.fd == unix.AT_FDCWD {
		start = r
	}
	return fsOf(l).walk(c, r, start, path, flags)
}

// ktrNamei has ktrace record a lookup: with the emulation's root, where that is tried first.
func ktrNamei(l *kern.LWP, path string) {
	cw := l.Proc.Cwdi
	if path[0] == '/' && cw.Edir != nil && l.Proc.Emul != nil {
		l.KtrNamei(l.Proc.Emul.Path, path)
	}
	l.KtrNamei("", path)
}

// nodeBase is the path of the directory that relative paths start from if it is one of our own, as its nodes have it at
// home, and the mount if it is not there; else "".
func nodeBase(l *kern.LWP, atfd int32) (string, *mounted) {
	if atfd == abi.AT_FDCWD {
		if d := l.Proc.Cwdi.Cdir.(*Dir); d.path != "" {
			return d.path, d.mnt
		}
	} else if f := l.Proc.Fd.Get(atfd); f != nil {
		if d, ok := f.Ops.(*nodeDir); ok {
			return d.path, d.mnt
		}
	}
	return "", nil
}

// nameiHost looks an absolute path up among the host's files.
func nameiHost(l *kern.LWP, path string, flags int) (nameidata, abi.Errno) {
	cw := l.Proc.Cwdi
	if cw.Edir != nil {
		// TRYEMULROOT: any error there sends us to the real root; so does the root itself.
		nd, err := fsOf(l).walk(judged(l), placeOf(cw.Edir), placeOf(cw.Edir), path, flags)
		if err == abi.OK && nd.name != "." && (flags&create != 0 || nd.exists()) {
			return nd, abi.OK
		}
		nd.release()
		if nd, found, err := fsOf(l).instead(l, path, flags); found {
			return nd, err
		}
	}
	return from(l, place{fd: unix.AT_FDCWD}, path, flags)
}

// plain leaves a lookup to the host. Only where slashes end a path does NetBSD differ: they make the last
// component be followed in every call, also in those that otherwise act on the link.
func (fs *FS) plain(dirfd int, path string, flags int) (nameidata, abi.Errno) {
	if flags&follow == 0 && len(path) > 1 && path[len(path)-1] == '/' {
		var buf [1]byte
		if _, herr := unix.Readlinkat(dirfd, strings.TrimRight(path, "/"), buf[:]); herr == nil {
			r, err := fs.slash()
			if err != abi.OK {
				return nameidata{}, err
			}
			return fs.walk(nil, place{fd: r}, place{fd: dirfd}, path, flags)
		}
	}
	return nameidata{fs: fs, dirfd: dirfd, name: path, follow: flags&follow != 0}, abi.OK
}

// slash is a descriptor of the host's root, which is opened when it is first needed.
func (fs *FS) slash() (int, abi.Errno) {
	if fs.hostRoot == nil {
		d, err := openHostDir("/")
		if err != nil {
			return -1, errno(err)
		}
		fs.hostRoot = d
	}
	return fs.hostRoot.fd, abi.OK
}

// startDir is the host descriptor that relative paths start from. Errors: EBADF, ENOTDIR.
func startDir(l *kern.LWP, atfd int32) (place, abi.Errno) {
	if atfd == abi.AT_FDCWD {
		return placeOf(l.Proc.Cwdi.Cdir), abi.OK
	}
	f := l.Proc.Fd.Get(atfd)
	if f == nil {
		return place{}, abi.EBADF
	}
	d, ok := f.Ops.(*dirFile)
	if !ok {
		return place{}, abi.ENOTDIR
	}
	return d.at(), abi.OK
}

func (nd *nameidata) exists() bool {
	var st unix.Stat_t
	return unix.Fstatat(nd.dirfd, nd.name, &st, unix.AT_SYMLINK_NOFOLLOW) == nil
}

// walker is a lookup confined to a root.
type walker struct {
	fs    *FS
	root  place
	base  place   // where the stack starts: the root, the starting directory, or one above that
	owned bool    // base is ours to close
	stack []place // directories opened on the way down, so that ".." returns to where the walk came from
}

// place is an open directory, and through which mount it was come to.
type place struct {
	fd  int
	mnt *mounted
	u   *unionDir // in a union; fd is its then
}

// placeOf is where a process's directory is.
func placeOf(d kern.Dir) place { return d.(*Dir).at() }

// close gives back what open, or a lookup, gave.
func (at place) close() {
	if at.u != nil {
		at.u.unref()
	} else {
		_ = unix.Close(at.fd)
	}
}

// open goes down to a directory, which must be none that a link leads to.
func (at place) open(name string) (place, error) {
	if at.u != nil {
		c, err := at.u.child(name)
		if err != nil {
			return place{}, err
		}
		return place{c.fd(), at.mnt, c}, nil
	}
	fd, err := unix.Openat(at.fd, name, oSearch|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	return place{fd, at.mnt, nil}, err
}

// dirfd is the host's directory to use a name with.
func (at place) dirfd(name string) int {
	if at.u == nil || name == "." {
		return at.fd
	}
	fd, _ := at.u.at(name)
	return fd
}

// same reports whether two places are one directory.
func (at place) same(other place) bool {
	if at.u != nil || other.u != nil {
		return at.u == other.u
	}
	return at.fd == other.fd || sameFile(at.fd, other.fd)
}

// under reports whether a directory is top or below it, in one mount.
func (at place) under(top place) bool {
	switch {
	case top.u != nil:
		return at.u != nil && at.u.in(top.u)
	case at.u != nil:
		l := at.u.un.root.lower
		return len(l) > 0 && under(l[len(l)-1], top.fd)
	}
	return under(at.fd, top.fd)
}

func (w *walker) at() place {
	if n := len(w.stack); n > 0 {
		return w.stack[n-1]
	}
	return w.base
}

// push goes down into an open directory, or into what is mounted on it.
func (w *walker) push(at place) { w.stack = append(w.stack, w.fs.cross(at)) }

func (w *walker) rebase(at place, owned bool) {
	w.close()
	w.base, w.owned = at, owned
}

func (w *walker) close() {
	for _, at := range w.stack {
		at.close()
	}
	w.stack = w.stack[:0]
	if w.owned {
		w.base.close()
		w.owned = false
	}
}

// take gives the current directory to the caller, who closes it if owned.
func (w *walker) take() (at place, owned bool) {
	if n := len(w.stack); n > 0 {
		at = w.stack[n-1]
		w.stack = w.stack[:n-1]
		return at, true
	}
	at, owned = w.base, w.owned
	w.owned = false
	return at, owned
}

// confined reports whether a directory is the root or below it, over mounts.
func (w *walker) confined(at place) bool {
	for at.mnt != w.root.mnt {
		if at.mnt == nil || !at.under(placeOf(at.mnt.dir)) {
			return false
		}
		at = at.mnt.overAt()
	}
	return at.under(w.root)
}

// atRoot reports whether the walk is at its root.
func (w *walker) atRoot() bool {
	at := w.at()
	return len(w.stack) == 0 && at.mnt == w.root.mnt && (at.fd == w.root.fd || sameFile(at.fd, w.root.fd))
}

// up goes to the parent, but never above the root: a directory that was moved out of the root, and whatever
// is above it, is taken to be the root (lookup does the same under chroot).
func (w *walker) up() abi.Errno {
	if n := len(w.stack); n > 0 {
		w.stack[n-1].close()
		w.stack = w.stack[:n-1]
		w.recross()
		return abi.OK
	}
	at := w.base
	if at.mnt == w.root.mnt && at.same(w.root) {
		return abi.OK
	}
	for at.mnt != nil && at.same(placeOf(at.mnt.dir)) {
		at = at.mnt.overAt()
	}
	at, err := at.parent()
	if err != nil {
		return errno(err)
	}
	if !w.confined(at) {
		at.close()
		w.rebase(w.root, false)
		return abi.OK
	}
	w.rebase(w.fs.cross(at), true)
	return abi.OK
}

// recross goes into what is mounted on the current directory, if the walk is in that only because of MNT_UNION.
func (w *walker) recross() {
	n := len(w.stack)
	switch m := w.fs.mountAt(w.at()); {
	case m == nil || m.flags&abi.MNT_UNION == 0:
	case n > 0:
		w.stack[n-1] = w.fs.cross(w.stack[n-1])
	default:
		at, err := w.base.dup()
		if err == nil {
			w.rebase(w.fs.cross(at), true)
		}
	}
}

// parent opens the directory that a directory is in. Above a union's root is what is above its lowest layer.
func (at place) parent() (place, error) {
	from := at.fd
	if at.u != nil {
		if p := at.u.parent; p != nil {
			return place{p.fd(), at.mnt, p.ref()}, nil
		}
		l := at.u.un.root.layers()
		from = l[len(l)-1]
	}
	fd, err := unix.Openat(from, "..", oSearch|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	return place{fd, at.mnt, nil}, err
}

// walk looks path up component by component, starting at start, inside root. It returns a directory and a
// name in it that is no symbolic link (if follow) and may be "."; the host must not follow it. c, if not nil, must be
// allowed to search each directory on the way.
func (fs *FS) walk(c *kern.Cred, root, start place, path string, flags int) (nameidata, abi.Errno) {
	w := &walker{fs: fs, root: root, base: start}
	defer w.close()
	links := 0
	if path[0] == '/' {
		w.rebase(root, false)
	}
	for {
		path = strings.TrimLeft(path, "/")
		name, rest, slash := strings.Cut(path, "/")
		rest = strings.TrimLeft(rest, "/")
		last := rest == ""
		if c != nil && name != "" {
			if err := fs.searchable(c, w.at()); err != abi.OK {
				return nameidata{}, err
			}
		}
		switch name {
		case "", ".":
			if last {
				return w.done("."), abi.OK
			}
			path = rest
			continue
		case "..":
			if flags&beneath != 0 && w.atRoot() {
				return nameidata{}, abi.EXDEV
			}
			if err := w.up(); err != abi.OK {
				return nameidata{}, err
			}
			if m := w.at().mnt; m != nil && m.shows != "" {
				return nameidata{fs: fs, into: m, rest: rest}, abi.OK
			}
			if last {
				return w.done("."), abi.OK
			}
			path = rest
			continue
		}
		if w.at().u != nil && hiddenName(name) {
			if last && flags&create != 0 {
				return nameidata{}, abi.EPERM
			}
			return nameidata{}, abi.ENOENT
		}
		w.below(name, last && flags&create != 0)
		if last && fs.covers(w.at(), name) {
			at, herr := w.at().open(name)
			if herr != nil {
				return nameidata{}, errno(herr)
			}
			w.push(at)
			if m := w.at().mnt; m != nil && m.shows != "" {
				return nameidata{fs: fs, into: m}, abi.OK
			}
			return w.done("."), abi.OK
		}
		if last && !slash && flags&follow == 0 {
			return w.done(name), abi.OK
		}
		if !last {
			at, herr := w.at().open(name)
			if herr == nil {
				w.push(at)
				if m := w.at().mnt; m != nil && m.shows != "" {
					return nameidata{fs: fs, into: m, rest: rest}, abi.OK
				}
				path = rest
				continue
			}
			if herr != unix.ENOTDIR && herr != unix.ELOOP {
				return nameidata{}, errno(herr)
			}
		}
		var buf [hostPathMax]byte
		dirfd := w.at().dirfd(name)
		n, herr := unix.Readlinkat(dirfd, name, buf[:])
		switch {
		case herr == unix.EINVAL && !last:
			return nameidata{}, abi.ENOTDIR
		case herr == unix.EINVAL || herr == unix.ENOENT && last && flags&create != 0:
			if slash && herr == unix.EINVAL {
				var st unix.Stat_t
				if unix.Fstatat(dirfd, name, &st, unix.AT_SYMLINK_NOFOLLOW) == nil && st.Mode&unix.S_IFMT != unix.S_IFDIR {
					return nameidata{}, abi.ENOTDIR
				}
			}
			nd := w.done(name)
			nd.slash = slash
			return nd, abi.OK
		case herr != nil:
			return nameidata{}, errno(herr)
		}
		if links++; links > maxSymlinks || flags&noSymlinks != 0 {
			return nameidata{}, abi.ELOOP
		}
		target := string(buf[:n])
		if target == "" {
			return nameidata{}, abi.ENOENT
		}
		if target[0] == '/' {
			if flags&beneath != 0 {
				return nameidata{}, abi.EXDEV
			}
			w.rebase(root, false)
		}
		if path = target; !last || slash {
			path += "/" + rest
		}
		if len(path) >= hostPathMax || flags&long == 0 && len(path) >= abi.PATH_MAX {
			return nameidata{}, abi.ENAMETOOLONG
		}
	}
}

func (w *walker) done(name string) nameidata {
	nd := nameidata{fs: w.fs, name: name, walked: true}
	at, owned := w.take()
	nd.dirfd, nd.mnt = at.dirfd(name), at.mnt
	if at.u == nil {
		nd.own = owned
	} else if nd.u = at.u; !owned {
		at.u.ref()
	}
	return nd
}

func sameFile(a, b int) bool {
	var sa, sb unix.Stat_t
	return unix.Fstat(a, &sa) == nil && unix.Fstat(b, &sb) == nil && sa.Dev == sb.Dev && sa.Ino == sb.Ino
}

// under reports whether the directory fd is root or lies below it, by climbing.
func under(fd, root int) bool {
	var want unix.Stat_t
	if unix.Fstat(root, &want) != nil {
		return false
	}
	at, own := fd, false
	defer func() {
		if own {
			_ = unix.Close(at)
		}
	}()
	var prev unix.Stat_t
	for range 4096 {
		var st unix.Stat_t
		if unix.Fstat(at, &st) != nil {
			return false
		}
		if st.Dev == want.Dev && st.Ino == want.Ino {
			return true
		}
		if own && st.Dev == prev.Dev && st.Ino == prev.Ino {
			return false // the host's root is its own parent
		}
		prev = st
		up, err := unix.Openat(at, "..", oSearch|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
		if err != nil {
			return false
		}
		if own {
			_ = unix.Close(at)
		}
		at, own = up, true
	}
	return false
}
