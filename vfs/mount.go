package vfs

import (
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"nbemu/abi"
	"nbemu/kern"
	"nbemu/mem"
)

// The machine's own mounts (struct mount): directories of the host's that are seen in place of others, by -bind and by
// mount(2) of the guest's root. A lookup that comes to a directory that is covered goes on in what covers it; what is
// opened there knows its mount, for "..", for names, and for flags. One directory may be reached through several mounts.

// mounted is one of them.
type mounted struct {
	fs       *FS
	typ      string // of MOUNT_NULL and so on
	from, on string // as mount(8) shows them; on is a path from the machine's root
	flags    uint64 // MNT_
	dir      *Dir   // what is seen
	covered  mem.FileKey
	over     *Dir     // the covered directory, for ".."
	parent   *mounted // where that is; nil for the machine's root
	scratch  string   // a directory of the host's that goes with it (tmpfs)
	inRoot   bool     // owners are the guest's there; else the host's (-bind)
	union    int32    // of a union: UnionAbove and so on
	mode     uint32   // that a tmpfs' root was to have
	shows    string   // of our own file systems: where their nodes are at home (ownPlaces); "" for directories
	serial   int32    // no other has had it
	hidden   *mounted // what covers it; of our own file systems at home
	linux    bool     // of a procfs: with the files that Linux has there
}

// mountAt finds what covers a directory; nil if nothing does. What was mounted last counts.
func (fs *FS) mountAt(at place) *mounted {
	var st abi.Stat
	if len(fs.mounted) == 0 || at.u == nil && hostStat(at.fd, "", false, &st) != nil {
		return nil
	}
	for i := len(fs.mounted) - 1; i >= 0; i-- {
		if m := fs.mounted[i]; m.parent == at.mnt && m.over.u == at.u && (at.u != nil || m.covered == keyOf(&st)) {
			return m
		}
	}
	return nil
}

// overAt is where the directory is that m covers.
func (m *mounted) overAt() place {
	at := placeOf(m.over)
	at.mnt = m.parent
	return at
}

// cross goes from an open directory to what is mounted on it; the place is the caller's, and closed if another one takes
// it.
func (fs *FS) cross(at place) place {
	for {
		m := fs.mountAt(at)
		if m == nil && fs.over(at) {
			at.close()
			return place{u: fs.edir.u.ref(), fd: fs.edir.u.fd()}
		}
		if m == nil {
			return at
		}
		to := place{mnt: m, u: m.dir.u}
		if to.u != nil {
			to.fd = to.u.ref().fd()
		} else {
			var err error
			if to.fd, err = unix.Openat(m.dir.fd, ".", oSearch|unix.O_DIRECTORY|unix.O_CLOEXEC, 0); err != nil {
				return at
			}
		}
		at.close()
		at = to
	}
}

// covers reports whether something is mounted on a name in a directory, which may be no directory at all.
func (fs *FS) covers(at place, name string) bool {
	if len(fs.mounted) == 0 && (fs.edir == nil || fs.edir.u == nil || at.u != nil) {
		return false
	}
	c, err := at.open(name)
	if err != nil {
		return false
	}
	defer c.close()
	return fs.mountAt(c) != nil || fs.over(c)
}

// readOnly reports whether nothing may be changed where nd leads (EROFS).
func (nd *nameidata) readOnly() bool { return nd.fs.mountFlags(nd.mnt)&abi.MNT_RDONLY != 0 }

// mountFlags are the flags of a mount; nil is the machine's root.
func (fs *FS) mountFlags(m *mounted) uint64 {
	if m == nil {
		return fs.rootFlags
	}
	return m.flags
}

// mountRoot reports whether nd is what a mount shows in place of a directory, which cannot be removed (EBUSY).
func (nd *nameidata) mountRoot() bool {
	return nd.mnt != nil && nd.name == "." && place{nd.dirfd, nd.mnt, nd.u}.same(placeOf(nd.mnt.dir))
}

// refuses reports whether a file with that mode must not be opened for writing where m shows it: a read-only mount keeps
// what is kept on it, and not what goes through fifos and devices (ufs_check_possible).
func (fs *FS) refuses(m *mounted, mode uint32) bool {
	if fs.mountFlags(m)&abi.MNT_RDONLY == 0 {
		return false
	}
	typ := mode & abi.S_IFMT
	return typ == abi.S_IFREG || typ == abi.S_IFDIR || typ == abi.S_IFLNK
}

// readOnly is that of an open file.
func (v *Vnode) readOnly() bool { return v.fs.mountFlags(v.mnt)&abi.MNT_RDONLY != 0 }

// Bind shows a directory of the host's at a path of the guest's (-bind), which is made if it is not there. Errors: the
// host's; one of the two is no directory.
func (fs *FS) Bind(host, guest string, readOnly bool) error {
	abs, herr := filepath.Abs(host)
	if herr != nil {
		return herr
	}
	dir, herr := openHostDir(abs)
	if herr != nil {
		return herr
	}
	over, parent, err := fs.mountPoint(guest)
	if err != abi.OK {
		dir.Unref()
		return &hostError{guest, errnoError(err)}
	}
	flags := uint64(abi.MNT_LOCAL)
	if readOnly {
		flags |= abi.MNT_RDONLY
	}
	fs.addMount(&mounted{typ: abi.MOUNT_NULL, from: abs, on: path.Clean("/" + guest), flags: flags, dir: dir, over: over, parent: parent})
	return nil
}

// errnoError makes an error of an Errno.
type errnoError abi.Errno

func (e errnoError) Error() string { return abi.Errno(e).Error() }

// mountPoint opens a directory of the machine's root by its path and makes what is missing of it.
func (fs *FS) mountPoint(guest string) (*Dir, *mounted, abi.Errno) {
	root := fs.root
	if root == nil {
		fd, err := fs.slash()
		if err != abi.OK {
			return nil, nil, err
		}
		root = newDir(fd)
	}
	parts := strings.Split(strings.Trim(path.Clean("/"+guest), "/"), "/")
	for i := range parts {
		nd, err := fs.walk(nil, placeOf(root), placeOf(root), strings.Join(parts[:i+1], "/"), follow|create)
		if err != abi.OK {
			return nil, nil, err
		}
		if !nd.exists() {
			err := nd.dirUp(nil)
			if err == abi.OK {
				err = errno(unix.Mkdirat(nd.dirfd, nd.name, 0o755))
			}
			if err != abi.OK {
				nd.release()
				return nil, nil, err
			}
		}
		if i == len(parts)-1 {
			d, err := nd.openDir()
			mnt := nd.mnt
			nd.release()
			return d, mnt, err
		}
		nd.release()
	}
	return nil, nil, abi.ENOENT
}

func (fs *FS) addMount(m *mounted) {
	var st abi.Stat
	_ = hostStat(fdOf(m.over), "", false, &st)
	fs.mounts++
	m.fs, m.covered, m.serial = fs, keyOf(&st), fs.mounts
	fs.mounted = append(fs.mounted, m)
	fs.mountsChanged()
}

// mountsChanged tells the readers of lists of mounts.
func (fs *FS) mountsChanged() {
	fs.mountChanges++
	fs.mountNews.Notify(0)
}

// MountArgs are what mount(2) was asked for.
type MountArgs struct {
	Type  string
	Flags uint64
	Parse func() abi.Errno // reads what the type's arguments say into the rest, when all else is known to be right
	From  string           // of null and union: the directory to show
	Union int32            // where From is in a union: UnionAbove and so on
	Mode  uint32           // of tmpfs' root; 0 for its own
	Linux bool             // of procfs: with Linux' files
}

// Places in a union (UNMNT_ABOVE and so on in sys/fs/union/union.h).
const (
	UnionAbove   = 1
	UnionBelow   = 2
	UnionReplace = 3
)

// settable are the flags that a mount keeps (MNT_BASIC_FLAGS, and MNT_IGNORE).
const settable = abi.MNT_RDONLY | abi.MNT_NOSUID | abi.MNT_NOEXEC | abi.MNT_NODEV | abi.MNT_NOCOREDUMP | abi.MNT_NOATIME | abi.MNT_UNION |
	abi.MNT_ASYNC | abi.MNT_DISCARD | abi.MNT_LOG | abi.MNT_NODEVMTIME | abi.MNT_RELATIME | abi.MNT_SYMPERM | abi.MNT_SYNCHRONOUS | abi.MNT_IGNORE

// CanMount reports whether there are file systems of a type.
func CanMount(typ string) bool {
	return typ == abi.MOUNT_NULL || typ == abi.MOUNT_TMPFS || typ == abi.MOUNT_UNION || ownPlaces[typ] != ""
}

// MountPoint is the place that mount(2) was asked for. Release it.
type MountPoint struct {
	nd nameidata
	on string
}

// LookupMount finds it; errors are those of the lookup.
func LookupMount(l *kern.LWP, path string) (*MountPoint, abi.Errno) {
	nd, err := namei(l, abi.AT_FDCWD, path, follow)
	if err == abi.OK && nd.node == nil && nd.name != "." && !nd.exists() {
		nd.release()
		err = abi.ENOENT
	}
	if err != abi.OK {
		return nil, err
	}
	return &MountPoint{nd, path}, abi.OK
}

// Release gives it back.
func (at *MountPoint) Release() { at.nd.release() }

// Args finds what the mount was made with whose root this is (MNT_GETARGS). Error: EINVAL, of what is no mount's root.
func (at *MountPoint) Args(l *kern.LWP) (*MountArgs, abi.Errno) {
	m := at.nd.rootOf(l, at.on)
	switch {
	case m != nil:
		return &MountArgs{Type: m.typ, Union: m.union, Mode: m.mode, Linux: m.linux}, abi.OK
	case at.nd.isRoot():
		return &MountArgs{Type: abi.MOUNT_FFS}, abi.OK
	}
	return nil, abi.EINVAL
}

// rootOf is the mount whose root nd is; nil for none. p is the path that led there.
func (nd *nameidata) rootOf(l *kern.LWP, p string) *mounted {
	if m := nd.fs.ownRoot(l, nd, p); m != nil {
		return m
	}
	if nd.mountRoot() {
		return nd.mnt
	}
	return nil
}

// isRoot reports whether nd is the machine's root.
func (nd *nameidata) isRoot() bool {
	return nd.node == nil && nd.mnt == nil && nd.name == "." && nd.fs.root != nil && place{nd.dirfd, nil, nd.u}.same(nd.fs.root.at())
}

// DoMount is mount(2) by the guest's root, in NetBSD's order (mount_update, mount_domount). Errors: EINVAL, of MNT_UPDATE
// where nothing is mounted, of MNT_EXPORTED, and Parse's; EPERM, for others; ENOTDIR; EOPNOTSUPP, in a directory of one of
// our own file systems; those of lookups.
func DoMount(l *kern.LWP, at *MountPoint, a *MountArgs) abi.Errno {
	fs, nd := fsOf(l), &at.nd
	update := a.Flags&abi.MNT_UPDATE != 0
	var old *mounted
	if update {
		if old = nd.rootOf(l, at.on); old == nil && !nd.isRoot() {
			return abi.EINVAL
		}
	}
	if !l.Proc.Cred.IsRoot() {
		return abi.EPERM // vfs.generic.usermount is 0
	}
	if update && old == nil {
		return fs.updateRoot(l, a.Flags)
	}
	if update {
		old.flags = old.flags&^settable | a.Flags&settable
		return abi.OK
	}
	prefix, err := rootPath(l)
	if err != abi.OK {
		return err
	}
	on := path.Join(prefix, absPath(l, at.on))
	home := prefix == "" && nd.mnt == nil && (on == ownPlaces[a.Type] || a.Type == abi.MOUNT_FDESC && on == "/dev" && a.Flags&abi.MNT_UNION != 0)
	over, err := nd.coverable(l, home)
	if err != abi.OK {
		return err
	}
	if a.Flags&abi.MNT_EXPORTED != 0 {
		err = abi.EINVAL
	} else if a.Parse != nil {
		err = a.Parse()
	}
	if err != abi.OK {
		over.Unref()
		return err
	}
	flags := a.Flags&settable | abi.MNT_LOCAL
	if home {
		over.Unref()
		fs.own = append(fs.own, newOwn(fs, a.Type, flags))
		return abi.OK
	}
	m := &mounted{fs: fs, typ: a.Type, from: a.Type, on: on, flags: flags, parent: nd.mnt, over: over, union: a.Union, linux: a.Linux}
	switch a.Type {
	case abi.MOUNT_NULL:
		m.from = path.Join(prefix, absPath(l, a.From))
		m.dir, err = lookupSource(l, a.From)
		m.inRoot = err == abi.OK && m.dir.inRoot()
	case abi.MOUNT_UNION:
		err = fs.unionMount(l, a, m)
	case abi.MOUNT_TMPFS:
		m.dir, m.scratch, err = fs.tmpfs(a.Mode)
		m.inRoot, m.mode = true, a.Mode
	default:
		m.shows = ownPlaces[a.Type]
		m.dir, err = m.covers()
	}
	if err != abi.OK {
		m.over.Unref()
		return err
	}
	if own := fs.ownMount(path.Clean(nd.nodePath)); own != nil && nd.mnt == nil {
		own.hidden = m
	}
	fs.addMount(m)
	return abi.OK
}

// coverable opens the directory to be covered: of one of our own file systems at home, the one that it stands on. Errors:
// ENOTDIR; EOPNOTSUPP, of a node's that is no mount's root.
func (nd *nameidata) coverable(l *kern.LWP, home bool) (*Dir, abi.Errno) {
	if nd.node == nil {
		return nd.openDir()
	}
	if _, ok := nd.node.(dirNode); !ok {
		return nil, abi.ENOTDIR
	}
	if nd.mnt != nil && nd.nodePath == nd.mnt.shows {
		return nd.fs.nodeDirIn(nd.mnt, "")
	}
	if m := nd.fs.ownMount(path.Clean(nd.nodePath)); m != nil && nd.mnt == nil {
		on, err := nameiHost(l, m.on, follow)
		if err == abi.OK {
			defer on.release()
			d, err := on.openDir()
			if err == abi.OK || !home {
				return d, err
			}
		}
		if home {
			return nd.fs.newNodeDir(m.on)
		}
	}
	l.K.LogOnce("mount: %s cannot be covered", nd.nodePath)
	return nil, abi.EOPNOTSUPP
}

// covers opens the covered directory once more, which stands for the root of one of our own file systems.
func (m *mounted) covers() (*Dir, abi.Errno) {
	at, herr := m.overAt().dup()
	if herr != nil {
		return nil, errno(herr)
	}
	if at.u == nil {
		return newDir(at.fd), abi.OK
	}
	fd, herr := unix.Openat(at.fd, ".", oSearch|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	at.close()
	if herr != nil {
		return nil, errno(herr)
	}
	return newDir(fd), abi.OK
}

// lookupSource opens the directory that a mount is to show. Error: EOPNOTSUPP for one of our own file systems.
func lookupSource(l *kern.LWP, p string) (*Dir, abi.Errno) {
	d, err := lookupDir(l, p)
	if err == abi.OK && d.path != "" {
		d.Unref()
		return nil, abi.EOPNOTSUPP
	}
	return d, err
}

// inRoot reports whether owners there are the guest's: in the root itself, and where a mount shows a part of that.
func (d *Dir) inRoot() bool { return d.mnt == nil || d.mnt.inRoot }

// unionMount makes the union that m shows (union_mount): of the covered directory and another, which is above or below
// it, or takes its place.
func (fs *FS) unionMount(l *kern.LWP, a *MountArgs, m *mounted) abi.Errno {
	other, err := lookupSource(l, a.From)
	if err != abi.OK {
		return err
	}
	defer other.Unref()
	upper, lower := other, m.over
	name := path.Clean(absPath(l, a.From))
	switch a.Union {
	case UnionAbove:
		m.from = "<above>:" + name
	case UnionBelow:
		m.from = "<below>:" + name
		upper, lower = m.over, other
	case UnionReplace:
		m.from, lower = name, nil
	default:
		return abi.EINVAL
	}
	at := nameidata{fs: fs, mnt: upper.mnt}
	if upper == m.over {
		at.mnt = m.parent
	}
	if at.readOnly() {
		m.flags |= abi.MNT_RDONLY
	}
	var layers []int
	if u := upper.u; u != nil {
		if err := u.copyUp(l); err != abi.OK {
			return err
		}
	}
	for _, d := range []*Dir{upper, lower} {
		if d == nil {
			continue
		}
		from := []int{d.fd}
		if d.u != nil {
			from = d.u.layers()
		}
		for _, fd := range from {
			own, herr := unix.Openat(fd, ".", oSearch|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
			if herr != nil {
				closeAll(layers)
				return errno(herr)
			}
			layers = append(layers, own)
		}
	}
	un, herr := fs.newUnion(abi.MOUNT_UNION, layers[0], layers[1:])
	if herr != nil {
		closeAll(layers)
		return errno(herr)
	}
	m.dir = newUnionRef(un.root, nil)
	m.inRoot = at.mnt == nil || at.mnt.inRoot
	return abi.OK
}

// tmpfs makes a directory of the host's that lives as long as its mount: beside the overlay's file, where nbemu may write
// whatever it has given up (docs/SECURITY.md), or in TMPDIR.
func (fs *FS) tmpfs(mode uint32) (*Dir, string, abi.Errno) {
	in := ""
	if m := fs.metadata; m != nil && m.file != "" {
		in = filepath.Dir(m.file)
	}
	tmp, err := os.MkdirTemp(in, ".nbemu-tmpfs-")
	if err != nil {
		fs.K.LogOnce("mount: a tmpfs needs a place on the host: %v; -metadata gives it one beside its file", err)
		return nil, "", abi.ENOSPC
	}
	d, err := openHostDir(tmp)
	if err != nil {
		_ = os.RemoveAll(tmp)
		return nil, "", errno(err)
	}
	if mode == 0 {
		mode = 0o1777
	}
	_ = unix.Fchmod(d.fd, mode&abi.ALLPERMS)
	return d, tmp, abi.OK
}

// updateRoot changes the flags of /. It cannot become read-only while a file of it is open for writing (vflush with
// WRITECLOSE, as file systems do it for MNT_UPDATE without MNT_FORCE). Error: EBUSY.
func (fs *FS) updateRoot(l *kern.LWP, flags uint64) abi.Errno {
	if flags&abi.MNT_RDONLY != 0 && flags&abi.MNT_FORCE == 0 && fs.rootFlags&abi.MNT_RDONLY == 0 {
		for _, p := range fs.K.Procs() {
			if p.Zombie || p.Fd == nil {
				continue
			}
			for _, fd := range p.Fd.Fds() {
				v := vnodeOf(p.Fd.Get(fd))
				if v == nil || v.mnt != nil || !v.Writable() || v.Mode&abi.S_IFMT != abi.S_IFREG {
					continue
				}
				if _, err := guestPath(l, v.fd); err == abi.OK { // and not what nbemu was given from outside
					return abi.EBUSY
				}
			}
		}
	}
	fs.rootFlags = flags & settable
	return abi.OK
}

// Unmount is unmount(2) by the guest's root. Errors: EPERM; EINVAL, of what is no mount's root; EBUSY, while something
// in it is open or a working directory, which MNT_FORCE does not care for.
func Unmount(l *kern.LWP, p string, flags int32) abi.Errno {
	fs := fsOf(l)
	nd, err := namei(l, abi.AT_FDCWD, p, 0)
	if err != abi.OK {
		return err
	}
	defer nd.release()
	if nd.node == nil && nd.name != "." && !nd.exists() {
		return abi.ENOENT
	}
	if !l.Proc.Cred.IsRoot() {
		return abi.EPERM
	}
	m := nd.rootOf(l, p)
	force := flags&abi.MNT_FORCE != 0
	switch {
	case m == nil:
		return abi.EINVAL
	case slices.Contains(fs.own, m):
		if !force && fs.ownBusy(m) {
			return abi.EBUSY
		}
		fs.own = slices.DeleteFunc(fs.own, func(o *mounted) bool { return o == m })
		return abi.OK
	case slices.ContainsFunc(fs.mounted, func(o *mounted) bool { return o.parent == m }):
		return abi.EBUSY
	case !force && fs.mountBusy(m):
		return abi.EBUSY
	}
	fs.deaden(l, m)
	fs.dropMount(m)
	return abi.OK
}

// deaden leaves nothing of what is open in a mount that goes by force (vflush with FORCECLOSE).
func (fs *FS) deaden(l *kern.LWP, m *mounted) {
	for _, p := range fs.K.Procs() {
		if p.Zombie || p.Fd == nil {
			continue
		}
		for _, fd := range p.Fd.Fds() {
			if f := p.Fd.Get(fd); f != nil && fs.fileIn(f, m) {
				old := f.Ops
				f.Ops = deadFile{}
				_ = old.Close(l, f)
			}
		}
	}
}

// fileIn reports whether a file is open in a mount.
func (fs *FS) fileIn(f *kern.File, m *mounted) bool {
	if v := vnodeOf(f); v != nil {
		return v.mnt == m
	}
	return fs.ownFile(f) == m
}

func (fs *FS) dropMount(m *mounted) {
	fs.mounted = slices.DeleteFunc(fs.mounted, func(o *mounted) bool { return o == m })
	fs.mountsChanged()
	for _, own := range fs.own {
		if own.hidden == m {
			own.hidden = nil
		}
	}
	fs.forgetMount(m)
	m.dir.Unref()
	m.over.Unref()
	if m.scratch != "" {
		_ = os.RemoveAll(m.scratch)
		if fs.metadata != nil {
			fs.metadata.dropBelow(m.scratch)
		}
	}
}

// mountBusy reports whether a process has something open in a mount, runs or maps a file of it, or is there.
func (fs *FS) mountBusy(m *mounted) bool {
	for _, p := range fs.K.Procs() {
		if p.Zombie || p.Fd == nil || p.Cwdi == nil {
			continue
		}
		for _, d := range []kern.Dir{p.Cwdi.Cdir, p.Cwdi.Rdir} {
			if d, _ := d.(*Dir); d != nil && d.mnt == m {
				return true
			}
		}
		for _, fd := range p.Fd.Fds() {
			if f := p.Fd.Get(fd); f != nil && fs.fileIn(f, m) {
				return true
			}
		}
		if v, ok := p.TextVnode.(*Vnode); ok && v.mnt == m {
			return true
		}
		for _, e := range procEntries(p) {
			if v, ok := e.Backing().(*Vnode); ok && v.mnt == m {
				return true
			}
		}
	}
	return false
}

// UnmountAll ends the machine's mounts, with what they kept on the host.
func (fs *FS) UnmountAll() {
	for len(fs.mounted) > 0 {
		fs.dropMount(fs.mounted[len(fs.mounted)-1])
	}
}

// describe puts a mount's names and flags into what statvfs says.
func (m *mounted) describe(sv *abi.Statvfs) {
	for _, f := range []struct {
		to   []byte
		text string
	}{{sv.Fstypename[:], m.typ}, {sv.Mntonname[:], m.on}, {sv.Mntfromname[:], m.from}} {
		clear(f.to)
		putName(f.to, f.text)
	}
	sv.Flag = sv.Flag&^settable | abi.ULong(m.flags)
}

// guestPathIn is guestPath of something that was come to through a mount.
func guestPathIn(l *kern.LWP, fd int, m *mounted) (string, abi.Errno) {
	if m == nil {
		return guestPath(l, fd)
	}
	p, err := m.pathOf(fd)
	if err != abi.OK {
		return "", err
	}
	prefix, err := rootPath(l)
	if err != abi.OK {
		return "", err
	}
	if prefix == "" {
		return p, abi.OK
	}
	rest, ok := strings.CutPrefix(p, prefix)
	switch {
	case !ok || rest != "" && rest[0] != '/':
		return "", abi.ENOENT
	case rest == "":
		return "/", abi.OK
	}
	return rest, abi.OK
}

// pathOf is the path from the machine's root of something open in m. Error: ENOENT.
func (m *mounted) pathOf(fd int) (string, abi.Errno) {
	find := fdPath
	if u := m.dir.u; u != nil {
		find = u.un.path
	}
	p, err := find(fd)
	if err != abi.OK {
		return "", err
	}
	r, err := find(fdOf(m.dir))
	if err != abi.OK {
		return "", err
	}
	if p == r {
		return m.on, abi.OK
	}
	if rest, ok := strings.CutPrefix(p, strings.TrimSuffix(r, "/")+"/"); ok {
		return path.Join(m.on, rest), abi.OK
	}
	return "", abi.ENOENT
}

// rootPath is the path of l's root from the machine's, "" where they are the same. Error: ENOENT.
func rootPath(l *kern.LWP) (string, abi.Errno) {
	fs := fsOf(l)
	rd, _ := l.Proc.Cwdi.Rdir.(*Dir)
	switch {
	case rd == fs.root:
		return "", abi.OK
	case rd.mnt != nil:
		return rd.mnt.pathOf(fdOf(rd))
	}
	p, err := fs.pathBelow(fs.root, fdOf(rd))
	if p == "/" {
		p = ""
	}
	return p, err
}
