package vfs

import (
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"nbemu/abi"
	"nbemu/kern"
)

// Statvfs describes the file system of a path. Errors: those of the lookup and the host.
func Statvfs(l *kern.LWP, path string, sv *abi.Statvfs) abi.Errno {
	nd, err := namei(l, abi.AT_FDCWD, path, follow)
	if err != abi.OK {
		return err
	}
	defer nd.release()
	if m := fsOf(l).ownRoot(l, &nd, path); m != nil {
		m.statvfs(sv)
		return abi.OK
	}
	if nd.node != nil {
		if nd.mnt != nil {
			nd.mnt.statvfs(sv)
			return abi.OK
		}
		return statvfsOfNode(l, nd.node, sv)
	}
	fd, herr := unix.Openat(nd.dirfd, nd.name, oSearch|unix.O_CLOEXEC|nd.openFlags(), 0)
	if herr != nil {
		return errno(herr)
	}
	defer unix.Close(fd)
	if err := nd.fs.statvfsOf(fd, nd.mnt, nd.union(), sv); err != abi.OK {
		return err
	}
	if nd.mnt == nil {
		confine(l, nd.union(), sv)
	}
	return abi.OK
}

// confine gives what the root of a confined guest is on the names that the guest has for it: what the host calls them is
// of no use there (dostatvfs).
func confine(l *kern.LWP, un *union, sv *abi.Statvfs) {
	if l.Proc.Cwdi.Rdir == nil {
		return
	}
	putName(sv.Mntonname[:], "/")
	if un == nil {
		putName(sv.Mntfromname[:], "root")
	}
}

// statvfsOf describes the file system of something open, as the mount has it through which it was come to.
// What goes into a union goes into its uppermost layer.
func (fs *FS) statvfsOf(fd int, m *mounted, un *union, sv *abi.Statvfs) abi.Errno {
	if un != nil {
		fd = un.root.upper
	}
	if err := hostStatvfs(fd, sv); err != nil {
		return errno(err)
	}
	if un != nil && m == nil {
		un.describe(sv)
	}
	if m != nil {
		m.describe(sv)
	} else {
		sv.Flag |= abi.ULong(fs.rootFlags)
	}
	return abi.OK
}

// statvfsOfNode describes what a node of ours is on: its own file system, or as a device the root's.
func statvfsOfNode(l *kern.LWP, n node, sv *abi.Statvfs) abi.Errno {
	if m := fsOf(l).ownOf(n); m != nil {
		m.statvfs(sv)
		return abi.OK
	}
	if rd := l.Proc.Cwdi.Rdir; rd != nil {
		*sv = ownRootStatvfs(l)[0]
		return abi.OK
	}
	r, err := fsOf(l).slash()
	if err != abi.OK {
		return err
	}
	return fsOf(l).statvfsOf(r, nil, nil, sv)
}

// Fstatvfs describes the file system of an open file. Errors: EINVAL for what is not on one.
func Fstatvfs(l *kern.LWP, f *kern.File, sv *abi.Statvfs) abi.Errno {
	if m := Of(f.K).ownFile(f); m != nil {
		m.statvfs(sv)
		return abi.OK
	}
	v := vnodeOf(f)
	if v == nil {
		if !isDevice(f) {
			return abi.EINVAL
		}
		r, err := Of(f.K).slash()
		if err != abi.OK {
			return err
		}
		err = Of(f.K).statvfsOf(r, nil, nil, sv)
		confine(l, nil, sv)
		return err
	}
	if err := v.fs.statvfsOf(v.fd, v.mnt, v.union(), sv); err != abi.OK {
		return err
	}
	if v.mnt == nil {
		confine(l, v.union(), sv)
	}
	return abi.OK
}

// Getvfsstat lists the mounted file systems; a confined guest sees those below its root only, by the paths that it has.
func Getvfsstat(l *kern.LWP) []abi.Statvfs {
	fs := fsOf(l)
	all := ownRootStatvfs(l)
	prefix, err := rootPath(l)
	if err != abi.OK {
		return all
	}
	list := fs.mounted
	if rd, _ := l.Proc.Cwdi.Rdir.(*Dir); rd != nil && rd == fs.root {
		list = append(slices.Clone(fs.own), list...)
	}
	for _, m := range list {
		on, below := strings.CutPrefix(m.on, prefix)
		var sv abi.Statvfs
		if !below || prefix != "" && on != "" && on[0] != '/' || m.fill(&sv) != abi.OK {
			continue
		}
		if prefix != "" && on == "" {
			continue // its own root, which is first
		}
		putName(sv.Mntonname[:], on)
		all = append(all, sv)
	}
	return all
}

// fill describes a mount.
func (m *mounted) fill(sv *abi.Statvfs) abi.Errno {
	if m.dir == nil || m.shows != "" {
		m.statvfs(sv)
		return abi.OK
	}
	return m.fs.statvfsOf(fdOf(m.dir), m, m.dir.union(), sv)
}

// ownRootStatvfs is the list without the machine's own mounts.
func ownRootStatvfs(l *kern.LWP) []abi.Statvfs {
	if rd := l.Proc.Cwdi.Rdir; rd != nil {
		var sv abi.Statvfs
		if fsOf(l).statvfsOf(fdOf(rd), nil, rd.(*Dir).union(), &sv) != abi.OK {
			return nil
		}
		confine(l, rd.(*Dir).union(), &sv)
		return []abi.Statvfs{sv}
	}
	return hostAllStatvfs()
}

// Pathconf answers pathconf's questions for a file of a mode, on a file system with names of namemax bytes. Devices and FIFOs
// know little (spec_pathconf, fifo_pathconf). Error: EINVAL.
func Pathconf(name int32, namemax int64, mode uint32) (int64, abi.Errno) {
	typ := mode & abi.S_IFMT
	special := typ == abi.S_IFIFO || typ == abi.S_IFCHR || typ == abi.S_IFBLK
	switch name {
	case abi.PC_LINK_MAX:
		return 32767, abi.OK
	case abi.PC_PIPE_BUF:
		return kern.PIPE_BUF, abi.OK
	case abi.PC_CHOWN_RESTRICTED, abi.PC_SYNC_IO:
		return 1, abi.OK
	case abi.PC_MAX_CANON, abi.PC_MAX_INPUT:
		if typ == abi.S_IFCHR || typ == abi.S_IFBLK {
			return 255, abi.OK
		}
	case abi.PC_VDISABLE:
		if typ == abi.S_IFCHR || typ == abi.S_IFBLK {
			return abi.POSIX_VDISABLE, abi.OK
		}
	}
	if special {
		return 0, abi.EINVAL
	}
	switch name {
	case abi.PC_NAME_MAX:
		return namemax, abi.OK
	case abi.PC_PATH_MAX, abi.PC_SYMLINK_MAX:
		return abi.PATH_MAX, abi.OK
	case abi.PC_NO_TRUNC, abi.PC_2_SYMLINKS:
		return 1, abi.OK
	case abi.PC_FILESIZEBITS:
		return 64, abi.OK
	case abi.PC_ACL_EXTENDED:
		return 0, abi.OK
	case abi.PC_MIN_HOLE_SIZE:
		return 4096, abi.OK
	}
	return 0, abi.EINVAL
}

func putName(dst []byte, s string) {
	clear(dst)
	copy(dst[:len(dst)-1], s)
}
