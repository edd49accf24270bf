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
	m.fs, m.covered = fs, keyOf(&st)
	fs.mounted = append(fs.mounted, m)
}

// MountArgs are what mount(2) was asked for.
type MountArgs struct {
	Type, On string
	Flags    uint64
	From     string // of null and union: the directory to show
	Union    int32  // where From is in a union: UnionAbove and so on
	Mode     uint32 // of tmpfs' root; 0 for its own
}

// Places in a union (UNMNT_ABOVE and so on in sys/fs/union/union.h).
const (
	UnionAbove   = 1
	UnionBelow   = 2
	UnionReplace = 3
)

// settable are the flags that a mount keeps.
const settable = abi.MNT_RDONLY | abi.MNT_NOSUID | abi.MNT_NOEXEC | abi.MNT_NODEV | abi.MNT_NOCOREDUMP | abi.MNT_NOATIME

// CanMount reports whether there are file systems of a type.
func CanMount(typ string) bool {
	return typ == abi.MOUNT_NULL || typ == abi.MOUNT_TMPFS || typ == abi.MOUNT_UNION || ownPlaces[typ] != ""
}

// DoMount is mount(2) by the guest's root: null, tmpfs and union anywhere, our own file systems where they belong. Errors:
// EPERM, for others; ENOTDIR; EINVAL, of MNT_UPDATE where nothing is mounted; EOPNOTSUPP, of ours at another place;
// those of lookups.
func DoMount(l *kern.LWP, a *MountArgs) abi.Errno {
	fs := fsOf(l)
	nd, err := namei(l, abi.AT_FDCWD, a.On, follow)
	if err != abi.OK {
		return err
	}
	defer nd.release()
	rdir, _ := l.Proc.Cwdi.Rdir.(*Dir)
	if !l.Proc.Cred.IsRoot() || rdir != fs.root {
		return abi.EPERM // vfs.generic.usermount is 0
	}
	if a.Flags&abi.MNT_UPDATE != 0 {
		return fs.updateMount(l, &nd, a)
	}
	on := path.Clean(absPath(l, a.On))
	if a.Flags&abi.MNT_UNION != 0 {
		l.K.LogOnce("mount: -o union is not supported; mount_union is")
		return abi.EOPNOTSUPP
	}
	if ownPlaces[a.Type] != "" {
		return fs.mountOwn(l, a, on)
	}
	if nd.node != nil {
		return abi.EOPNOTSUPP
	}
	m := &mounted{typ: a.Type, from: a.Type, on: on, flags: a.Flags&settable | abi.MNT_LOCAL, parent: nd.mnt}
	if m.over, err = nd.openDir(); err != abi.OK {
		return err
	}
	switch a.Type {
	case abi.MOUNT_NULL:
		m.from = path.Clean(absPath(l, a.From))
		m.dir, err = lookupSource(l, a.From)
		m.inRoot = err == abi.OK && m.dir.inRoot()
	case abi.MOUNT_UNION:
		err = fs.unionMount(l, a, m)
	default:
		m.dir, m.scratch, err = fs.tmpfs(a.Mode)
		m.inRoot = true
	}
	if err != abi.OK {
		m.over.Unref()
		return err
	}
	fs.addMount(m)
	return abi.OK
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

// updateMount changes the flags of a mount (MNT_UPDATE). Errors: EINVAL, of what is no mount's root; EBUSY, of a root to be
// read-only.
func (fs *FS) updateMount(l *kern.LWP, nd *nameidata, a *MountArgs) abi.Errno {
	m := fs.ownRoot(l, nd, a.On)
	switch {
	case m != nil:
	case nd.mountRoot():
		m = nd.mnt
	case nd.mnt == nil && nd.name == "." && fs.root != nil && (place{nd.dirfd, nil, nd.u}).same(fs.root.at()):
		return fs.updateRoot(l, a.Flags)
	default:
		return abi.EINVAL
	}
	m.flags = m.flags&^settable | a.Flags&settable
	return abi.OK
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
	nd, err := namei(l, abi.AT_FDCWD, p, follow)
	if err != abi.OK {
		return err
	}
	defer nd.release()
	if !l.Proc.Cred.IsRoot() {
		return abi.EPERM
	}
	if own := fs.ownRoot(l, &nd, p); own != nil {
		if flags&abi.MNT_FORCE == 0 && fs.ownBusy(own) {
			return abi.EBUSY
		}
		fs.own = slices.DeleteFunc(fs.own, func(o *mounted) bool { return o == own })
		return abi.OK
	}
	m := nd.mnt
	switch {
	case !nd.mountRoot():
		return abi.EINVAL
	case slices.ContainsFunc(fs.mounted, func(o *mounted) bool { return o.parent == m }):
		return abi.EBUSY
	case flags&abi.MNT_FORCE == 0 && fs.mountBusy(m):
		return abi.EBUSY
	}
	fs.dropMount(m)
	return abi.OK
}

func (fs *FS) dropMount(m *mounted) {
	fs.mounted = slices.DeleteFunc(fs.mounted, func(o *mounted) bool { return o == m })
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

// mountBusy reports whether a process has something open in a mount, or is there.
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
			if f := p.Fd.Get(fd); f != nil {
				if v := vnodeOf(f); v != nil && v.mnt == m {
					return true
				}
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
	if rdir, _ := l.Proc.Cwdi.Rdir.(*Dir); rdir != m.fs.root {
		return "", abi.ENOENT
	}
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
