package vfs

import (
	"cmp"
	"maps"
	"path"
	"slices"
	"strings"

	"nbemu/abi"
	"nbemu/kern"
	"nbemu/mem"
)

// Our own file systems are in the table of mounts like others: they are at home when a machine begins, the guest's root
// can unmount them, and mount them again, there or elsewhere (nodemount.go).

// ownPlaces is where they are. fdesc shows descriptors below /dev/fd, which are devices otherwise: it has no node that
// could be unmounted.
var ownPlaces = map[string]string{abi.MOUNT_PROCFS: "/proc", abi.MOUNT_KERNFS: "/kern", abi.MOUNT_PTYFS: "/dev/pts", abi.MOUNT_FDESC: "/dev/fd"}

// startOwn mounts them.
func (fs *FS) startOwn() {
	for _, typ := range []string{abi.MOUNT_KERNFS, abi.MOUNT_PTYFS, abi.MOUNT_PROCFS} {
		fs.own = append(fs.own, newOwn(fs, typ, abi.MNT_LOCAL))
	}
}

func newOwn(fs *FS, typ string, flags uint64) *mounted {
	return &mounted{linux: true, fs: fs, typ: typ, from: typ, on: ownPlaces[typ], flags: flags}
}

// ownMount finds the one that was mounted on a path last; nil for none.
func (fs *FS) ownMount(on string) *mounted {
	for _, m := range slices.Backward(fs.own) {
		if m.on == on && m.hidden == nil {
			return m
		}
	}
	return nil
}

// ownOf is the mount that a node is in; nil for a device.
func (fs *FS) ownOf(n node) *mounted {
	switch n.(type) {
	case procRoot, *procDir, *procNode, *procMem, *procLink, *procFd, *procNS:
		return fs.ownMount("/proc")
	case kernRoot, *kernNode:
		return fs.ownMount("/kern")
	case *ptsNode:
		return fs.ownMount("/dev/pts")
	}
	return nil
}

// ownRoot finds the mount whose root a lookup of p led to, if it is one of ours; nil for none.
func (fs *FS) ownRoot(l *kern.LWP, nd *nameidata, p string) *mounted {
	if nd.node != nil && nd.mnt != nil {
		if nd.nodePath != nd.mnt.shows {
			return nil
		}
		return nd.mnt
	}
	switch nd.node.(type) {
	case procRoot, kernRoot:
		return fs.ownOf(nd.node)
	case nil:
		// /dev/pts is a directory of the root's, in which names of ours are found; and an fdesc on /dev or /dev/fd has no
		// node.
		rdir, _ := l.Proc.Cwdi.Rdir.(*Dir)
		if rdir != fs.root || nd.mnt != nil {
			return nil
		}
		switch at := path.Clean(absPath(l, p)); at {
		case "/dev", "/dev/fd", "/dev/pts":
			return fs.ownMount(at)
		}
	}
	return nil
}

// ownBusy reports whether a process has something of one of ours open, or is in it.
func (fs *FS) ownBusy(m *mounted) bool {
	in := func(p string) bool { return p == m.on || strings.HasPrefix(p, m.on+"/") }
	for _, p := range fs.K.Procs() {
		if p.Zombie || p.Fd == nil || p.Cwdi == nil {
			continue
		}
		if d, _ := p.Cwdi.Cdir.(*Dir); d != nil && d.mnt == nil && in(d.path) {
			return true
		}
		for _, fd := range p.Fd.Fds() {
			if f := p.Fd.Get(fd); f != nil && fs.ownFile(f) == m {
				return true
			}
		}
	}
	return false
}

// ownFile is the mount of ours that an open file is in; nil for none.
func (fs *FS) ownFile(f *kern.File) *mounted {
	switch o := f.Ops.(type) {
	case *nodeDir:
		return cmp.Or(o.mnt, fs.ownOf(o.node))
	case *procOpen:
		return cmp.Or(o.mnt, fs.ownOf(o.node))
	case *kernOpen:
		return cmp.Or(o.mnt, fs.ownOf(o.of))
	}
	return nil
}

// statvfs describes one of ours, which has no room.
func (m *mounted) statvfs(sv *abi.Statvfs) {
	// genfs_statvfs: a few blocks, all of them in use, so that df does not divide by none.
	*sv = abi.Statvfs{Bsize: 512, Frsize: 512, Iosize: 512, Blocks: 2, Namemax: 255}
	if m.typ == abi.MOUNT_PROCFS {
		n := uint64(max(kern.MaxProc-len(m.fs.K.Procs()), 0))
		sv.Bsize, sv.Frsize, sv.Iosize, sv.Blocks = mem.PageSize, mem.PageSize, mem.PageSize, 1
		sv.Files, sv.Ffree, sv.Favail = kern.MaxProc, n, n
	}
	id := 250 + int32(slices.Index(sortedKeys(ownPlaces), m.typ))
	if m.shows != "" {
		id = 300 + m.serial // vfs_getnewfsid: no two have the same
	}
	sv.Fsidx[0], sv.Fsid = id, abi.ULong(id)
	m.describe(sv)
}

func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K {
	return slices.Sorted(maps.Keys(m))
}
