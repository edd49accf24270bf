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

// Our own file systems are in the table of mounts like others: they are there when a machine begins, the guest's root
// can unmount them, and mount them again where they belong.

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
	return &mounted{fs: fs, typ: typ, from: typ, on: ownPlaces[typ], flags: flags}
}

// ownMount finds the one that was mounted on a path last; nil for none.
func (fs *FS) ownMount(on string) *mounted {
	for _, m := range slices.Backward(fs.own) {
		if m.on == on {
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

// ownRoot finds the mount whose root a lookup of p led to; nil for none.
func (fs *FS) ownRoot(l *kern.LWP, nd *nameidata, p string) *mounted {
	switch nd.node.(type) {
	case procRoot, kernRoot:
		return fs.ownOf(nd.node)
	case nil:
		// /dev/pts is a directory of the root's, in which names of ours are found.
		if rdir, _ := l.Proc.Cwdi.Rdir.(*Dir); rdir == fs.root && path.Clean(absPath(l, p)) == "/dev/pts" {
			return fs.ownMount("/dev/pts")
		}
	}
	return nil
}

// mountOwn is mount(2) of one of ours. Error: EOPNOTSUPP, of a place that is not its own.
func (fs *FS) mountOwn(l *kern.LWP, a *MountArgs, on string) abi.Errno {
	place := ownPlaces[a.Type]
	if on != place && (a.Type != abi.MOUNT_FDESC || on != "/dev") {
		l.K.LogOnce("mount: %s can be on %s only", a.Type, place)
		return abi.EOPNOTSUPP
	}
	fs.own = append(fs.own, newOwn(fs, a.Type, a.Flags&settable|abi.MNT_LOCAL))
	return abi.OK
}

// ownBusy reports whether a process has something of one of ours open, or is in it.
func (fs *FS) ownBusy(m *mounted) bool {
	in := func(p string) bool { return p == m.on || strings.HasPrefix(p, m.on+"/") }
	for _, p := range fs.K.Procs() {
		if p.Zombie || p.Fd == nil || p.Cwdi == nil {
			continue
		}
		if d, _ := p.Cwdi.Cdir.(*Dir); d != nil && in(d.path) {
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
		return fs.ownOf(o.node)
	case *procOpen:
		return fs.ownOf(o.node)
	case *kernOpen:
		return fs.ownOf(o.of)
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
	i := int32(slices.Index(sortedKeys(ownPlaces), m.typ))
	sv.Fsidx[0], sv.Fsid = 250+i, abi.ULong(250+i)
	m.describe(sv)
}

func sortedKeys[V any](m map[string]V) []string {
	return slices.SortedFunc(maps.Keys(m), cmp.Compare[string])
}
