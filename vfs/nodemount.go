package vfs

import (
	"path"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"nbemu/abi"
	"nbemu/kern"
)

// Our own file systems have nodes that know each other by absolute paths (/proc/self leads to /proc/12). That is where
// they are at home; mount(2) shows them elsewhere too. A lookup that comes to such a mount leaves the host's directories,
// and goes on among the nodes as if it were at home.

// seen is the path by which the guest comes to what is at p at home; nil is home.
func (m *mounted) seen(p string) string {
	if m == nil || m.shows == "" {
		return p
	}
	return path.Join(m.on, strings.TrimPrefix(p, m.shows))
}

// enter goes on with a lookup that came to one of our own file systems. links says how many links of those led here.
func (nd nameidata) enter(l *kern.LWP, err abi.Errno, flags, links int) (nameidata, abi.Errno) {
	switch {
	case err != abi.OK || nd.into == nil:
		return nd, err
	case flags&noMounts != 0:
		return nameidata{}, abi.EXDEV
	}
	return nameiIn(l, nd.into, nd.rest, flags, links+1)
}

// nameiIn looks rest up in m. Errors: ENOENT; EROFS for a name to be made; ELOOP; those of the file system.
func nameiIn(l *kern.LWP, m *mounted, rest string, flags, links int) (nameidata, abi.Errno) {
	for ; links < maxSymlinks; links++ {
		rel := path.Clean(strings.TrimLeft(rest, "/"))
		if rel == ".." || strings.HasPrefix(rel, "../") {
			return m.walkOver(l, rel, flags, links)
		}
		if rel == "." {
			rel = ""
		}
		n, again, err := m.lookup(l, rel, flags)
		first, _, _ := strings.Cut(rel, "/")
		missing := err == abi.ENOENT || n == nil && err == abi.OK && again == ""
		switch {
		case missing && m.flags&abi.MNT_UNION != 0 && !m.hasNode(l, first):
			return m.walkOver(l, rel, flags, links)
		case missing && flags&create != 0 && m.typ != abi.MOUNT_FDESC:
			return nameidata{}, abi.EROFS
		case missing:
			return nameidata{}, abi.ENOENT
		case err != abi.OK:
			return nameidata{}, err
		case again == "":
			if k, ok := n.(*kernNode); ok {
				k.mnt = m
			}
			return nameidata{fs: m.fs, mnt: m, node: n, nodePath: path.Join(m.shows, rel)}, abi.OK
		case flags&(noSymlinks|noMagicLinks) != 0:
			return nameidata{}, abi.ELOOP
		}
		below, ok := strings.CutPrefix(again, m.shows+"/")
		if !ok {
			nd, err := nameiAbs(l, again, flags, links+1)
			nd.path = again
			return nd, err
		}
		rest = below
	}
	return nameidata{}, abi.ELOOP
}

// lookup finds what is at rel in m; nil, "", OK for nothing.
func (m *mounted) lookup(l *kern.LWP, rel string, flags int) (node, string, abi.Errno) {
	switch m.typ {
	case abi.MOUNT_PROCFS:
		if !m.shown(l, rel) {
			return nil, "", abi.ENOENT
		}
		return lookupProc(l, rel, flags)
	case abi.MOUNT_KERNFS:
		return lookupKern(l, rel, flags)
	case abi.MOUNT_FDESC:
		return lookupFdesc(l, rel, flags)
	}
	name, _, more := strings.Cut(rel, "/")
	if name == "" {
		return ptsRoot{m.fs}, "", abi.OK
	}
	n, err := lookupPts(l, name)
	if err == abi.OK && more {
		return nil, "", abi.ENOTDIR
	}
	return n, "", err
}

func (m *mounted) hasNode(l *kern.LWP, name string) bool {
	n, again, err := m.lookup(l, name, 0)
	return n != nil || again != "" || err != abi.OK && err != abi.ENOENT
}

// walkOver looks rel up from the directory that m covers.
func (m *mounted) walkOver(l *kern.LWP, rel string, flags, links int) (nameidata, abi.Errno) {
	var root place
	if rd := l.Proc.Cwdi.Rdir; rd != nil {
		root = placeOf(rd)
	} else {
		var err abi.Errno
		if root.fd, err = m.fs.slash(); err != abi.OK {
			return nameidata{}, err
		}
	}
	nd, err := m.fs.walk(judged(l), root, m.overAt(), rel, flags)
	return nd.enter(l, err, flags, links)
}

// inMount tells an open file of a node in which mount it is.
func (nd *nameidata) inMount(l *kern.LWP, f *kern.File) {
	if nd.mnt == nil || nd.node == nil {
		return
	}
	switch o := f.Ops.(type) {
	case *nodeDir:
		o.mnt = nd.mnt
		p := strings.TrimPrefix(strings.TrimPrefix(o.path, nd.mnt.shows), "/")
		o.entries = slices.DeleteFunc(o.entries, func(e nodeEntry) bool {
			return !nd.mnt.shown(l, path.Join(p, e.name))
		})
	case *procOpen:
		o.mnt = nd.mnt
	case *kernOpen:
		o.mnt = nd.mnt
	}
}

// linuxOnly are the files that a procfs has with its option linux alone (procfs_validfile_linux).
var linuxOnly = map[string]bool{"meminfo": true, "cpuinfo": true, "uptime": true, "mounts": true, "devices": true, "stat": true,
	"loadavg": true, "version": true, "PID/stat": true, "PID/statm": true, "PID/task": true}

// shown reports whether a procfs shows what is at rel: Linux' files are an option.
func (m *mounted) shown(l *kern.LWP, rel string) bool {
	if m.typ != abi.MOUNT_PROCFS || m.linux || linuxSees(l) {
		return true
	}
	first, below, more := strings.Cut(rel, "/")
	if !more {
		return !linuxOnly[first]
	}
	name, _, _ := strings.Cut(below, "/")
	return !linuxOnly["PID/"+name]
}

// below goes on in what a mount covers that has MNT_UNION, while a name is not in the mount's root (lookup_once). What is
// to be made is made in the mount.
func (w *walker) below(name string, create bool) {
	for !create {
		at := w.at()
		m := at.mnt
		if m == nil || m.flags&abi.MNT_UNION == 0 || m.shows != "" || !at.same(placeOf(m.dir)) || at.has(name) {
			return
		}
		over, err := m.overAt().dup()
		if err != nil {
			return
		}
		if n := len(w.stack); n > 0 {
			w.stack[n-1].close()
			w.stack[n-1] = over
		} else {
			w.rebase(over, true)
		}
	}
}

// has reports whether a directory has a name.
func (at place) has(name string) bool {
	if at.u != nil {
		_, found := at.u.at(name)
		return found
	}
	var st unix.Stat_t
	return unix.Fstatat(at.fd, name, &st, unix.AT_SYMLINK_NOFOLLOW) == nil
}

// dup opens a place once more.
func (at place) dup() (place, error) {
	if at.u != nil {
		return place{at.u.fd(), at.mnt, at.u.ref()}, nil
	}
	fd, err := unix.Openat(at.fd, ".", oSearch|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	return place{fd, at.mnt, nil}, err
}

// unionOver is the mount whose root f lists, if what that covers is to be listed after it.
func unionOver(f *kern.File) *mounted {
	var m *mounted
	switch o := f.Ops.(type) {
	case *nodeDir:
		if m = o.mnt; m == nil || o.path != m.shows {
			return nil
		}
	case *dirFile:
		if m = o.mnt; m == nil || !o.at().same(placeOf(m.dir)) {
			return nil
		}
	}
	if m == nil || m.flags&abi.MNT_UNION == 0 {
		return nil
	}
	return m
}

// readOver makes an open directory that has been read to its end one of what its mount covers, as vn_readdir does for
// MNT_UNION; opendir(3) drops the names that are there twice.
func readOver(l *kern.LWP, f *kern.File, m *mounted) abi.Errno {
	over := m.overAt()
	nd := nameidata{fs: m.fs, dirfd: over.fd, name: ".", walked: true, mnt: over.mnt, u: over.u}
	g, err := openNamed(l, &nd, abi.O_RDONLY|abi.O_DIRECTORY, 0, m.on)
	if err != abi.OK {
		return err
	}
	f.Ops, g.Ops = g.Ops, f.Ops
	f.Offset = 0
	g.Unref(l)
	return abi.OK
}

// ptsRoot is the directory of a ptyfs.
type ptsRoot struct{ fs *FS }

func (ptsRoot) stat(l *kern.LWP, st *abi.Stat) abi.Errno {
	err := procStat(l, nil, st, 2, abi.S_IFDIR|0555)
	st.Dev, st.Nlink = abi.Makedev(0, 252), 2
	return err
}

func (ptsRoot) readlink(*kern.LWP) (string, abi.Errno) { return "", abi.EINVAL }

func (d ptsRoot) dir() (*Dir, abi.Errno) { return d.fs.newNodeDir("/dev/pts") }

func (d ptsRoot) open(l *kern.LWP, oflags int32) (*kern.File, abi.Errno) {
	var entries []nodeEntry
	for _, e := range d.fs.slaves() {
		entries = append(entries, nodeEntry{string(e.name), e.ino, e.typ})
	}
	return openNodeDir(l, d, "/dev/pts", entries, oflags)
}
