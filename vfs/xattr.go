package vfs

import (
	"strings"

	"golang.org/x/sys/unix"

	"nbemu/abi"
	"nbemu/kern"
)

// Extended attributes are the host's. NetBSD names them with a number for the namespace; the host puts it in
// front of the name, as NetBSD's own Linux-like calls do.

// AttrName makes a host name of a namespace and a name. Error: EINVAL for an unknown namespace.
func AttrName(namespace int32, name string) (string, abi.Errno) {
	switch namespace {
	case abi.EXTATTR_NAMESPACE_USER:
		if strings.HasPrefix(name, "user.") {
			return name, abi.OK
		}
		return "user." + name, abi.OK
	case abi.EXTATTR_NAMESPACE_SYSTEM:
		if strings.HasPrefix(name, "system.") || strings.HasPrefix(name, "trusted.") {
			return name, abi.OK
		}
		return "trusted." + name, abi.OK
	}
	return "", abi.EINVAL
}

// ownAttrs is what the host's names of attributes begin with that are the guest's alone: of the security and trusted
// kinds, which the host lets nobody set without CAP_SYS_ADMIN, and which mean nothing to it. No guest sees them by these
// names. Links and devices cannot have any.
const ownAttrs = "user.nbemu."

// ownAttr is the host's name of an attribute that is the guest's alone. What gives a program rights is none: nobody would
// look at it.
func ownAttr(name string) (string, bool) {
	space, rest, _ := strings.Cut(name, ".")
	if space == "trusted" || space == "security" && rest != "capability" {
		return ownAttrs + name, true
	}
	return "", false
}

// AttrFile is a file whose attributes are at stake, by path or descriptor. Release it.
type AttrFile struct {
	l   *kern.LWP
	fd  int
	own bool
	mnt *mounted
	up  func() (int, abi.Errno) // has the file be where it can be changed; nil for one that is there. The result is fd's successor
}

// AttrPath finds the file of a path. Errors: those of the lookup, EOPNOTSUPP for files of our own making.
func AttrPath(l *kern.LWP, path string, followLink bool) (AttrFile, abi.Errno) {
	nd, err := namei(l, abi.AT_FDCWD, path, followFlag(followLink))
	if err != abi.OK {
		return AttrFile{}, err
	}
	defer nd.release()
	if nd.node != nil {
		return AttrFile{}, abi.EOPNOTSUPP
	}
	fd, herr := unix.Openat(nd.dirfd, nd.name, oSearch|unix.O_CLOEXEC|nd.openFlags(), 0)
	a := AttrFile{l: l, fd: fd, own: herr == nil, mnt: nd.mnt}
	if herr == nil && nd.low() {
		a.up = func() (int, abi.Errno) { return attrCopy(l, path, followLink) }
	}
	return a, errno(herr)
}

// AttrFd returns the file of a descriptor's open file. Error: EBADF for what is no file.
func AttrFd(l *kern.LWP, f *kern.File) (AttrFile, abi.Errno) {
	v := vnodeOf(f)
	if v == nil {
		return AttrFile{}, abi.EBADF
	}
	a := AttrFile{l: l, fd: v.fd, mnt: v.mnt}
	if v.low {
		a.up = func() (int, abi.Errno) {
			n, err := v.change(l, f, func(*kern.Cred, *abi.Stat) abi.Errno { return abi.OK })
			return n.fd, err
		}
	}
	return a, abi.OK
}

// attrCopy has the file of a path be in the uppermost layer of its union, and opens it to be named.
func attrCopy(l *kern.LWP, path string, followLink bool) (int, abi.Errno) {
	nd, err := namei(l, abi.AT_FDCWD, path, followFlag(followLink))
	if err != abi.OK {
		return -1, err
	}
	defer nd.release()
	if err := nd.copyUp(l, true); err != abi.OK {
		return -1, err
	}
	fd, herr := unix.Openat(nd.dirfd, nd.name, oSearch|unix.O_CLOEXEC|nd.openFlags(), 0)
	return fd, errno(herr)
}

// raised is a where it can be changed, for who may do so. Release the result if it is another.
func (a AttrFile) raised() (AttrFile, abi.Errno) {
	if a.up == nil {
		return a, abi.OK
	}
	fd, err := a.up()
	return AttrFile{l: a.l, fd: fd, own: a.own, mnt: a.mnt}, err
}

// Release ends the use of a.
func (a AttrFile) Release() {
	if a.own {
		_ = unix.Close(a.fd)
	}
}

// Stat is what the file is.
func (a AttrFile) Stat() *abi.Stat {
	var st abi.Stat
	_ = fsOf(a.l).judgedStat(place{fd: a.fd, mnt: a.mnt}, "", false, &st)
	return &st
}

// may asks whether l's process may read an attribute, or set and remove it: a user's attributes go by the file's mode,
// those of the system are root's. What means something to the host's own system is not for a guest with a root of its
// own, whoever runs nbemu: capabilities of programs, labels, layers of file systems. Errors: EACCES, EPERM, EOPNOTSUPP.
func (a AttrFile) may(name string, write bool) abi.Errno {
	c, fs := a.l.Proc.Cred, fsOf(a.l)
	space, rest, _ := strings.Cut(name, ".")
	var st abi.Stat
	if err := fs.judgedStat(place{fd: a.fd, mnt: a.mnt}, "", false, &st); err != nil {
		return errno(err)
	}
	if write && fs.mountFlags(a.mnt)&abi.MNT_RDONLY != 0 {
		return abi.EROFS
	}
	confined := fs.root != nil || fs.metadata != nil
	if strings.HasPrefix(name, ownAttrs) {
		if write {
			return abi.EPERM
		}
		return abi.ENOATTR
	}
	switch space {
	case "user":
		if judged(a.l) == nil {
			return abi.OK
		}
		mode := int32(abi.R_OK)
		if write {
			mode = abi.W_OK
		}
		return Access(c, &st, mode)
	case "trusted":
		if !c.May(kern.RightAdmin) || write && confined && strings.HasPrefix(rest, "overlay.") {
			return abi.EPERM
		}
	case "security":
		if write && (!c.IsRoot() || confined && rest == "capability") {
			return abi.EPERM
		}
	case "system":
		if write && confined {
			return abi.EOPNOTSUPP // an access list would go by the host's ids
		}
		if write && !c.May(kern.RightFowner) && c.Euid != st.Uid {
			return abi.EPERM
		}
	}
	return abi.OK
}

// attrErrno knows the host's word for "no such attribute".
func attrErrno(err error) abi.Errno {
	switch {
	case err == hostNoAttr:
		return abi.ENOATTR
	case err == unix.ENOTSUP:
		return abi.EOPNOTSUPP
	}
	return errno(err)
}

// Set stores an attribute; flags are XATTR_CREATE and XATTR_REPLACE. Errors: EEXIST, ENOATTR, EOPNOTSUPP, EPERM.
func (a AttrFile) Set(name string, val []byte, flags int32) abi.Errno {
	if err := a.may(name, true); err != abi.OK {
		return err
	}
	up, err := a.raised()
	if err != abi.OK {
		return err
	}
	if a.up != nil {
		defer up.Release()
	}
	h := 0
	if flags&abi.XATTR_CREATE != 0 {
		h |= unix.XATTR_CREATE
	}
	if flags&abi.XATTR_REPLACE != 0 {
		h |= unix.XATTR_REPLACE
	}
	own, ok := ownAttr(name)
	if !ok {
		return attrErrno(unix.Setxattr(fdName(up.fd), name, val, h))
	}
	if _, err := unix.Getxattr(fdName(up.fd), name, nil); err == nil && h&unix.XATTR_CREATE != 0 {
		return abi.EEXIST
	}
	if fs := fsOf(a.l); fs.root == nil && fs.metadata == nil {
		if herr := unix.Setxattr(fdName(up.fd), name, val, h); herr != unix.EPERM {
			return attrErrno(herr)
		}
	}
	return attrErrno(unix.Setxattr(fdName(up.fd), own, val, h))
}

// Get reads an attribute into val and returns its length; a val of no length asks for that only. Errors:
// ENOATTR, ERANGE, EOPNOTSUPP.
func (a AttrFile) Get(name string, val []byte) (int, abi.Errno) {
	if err := a.may(name, false); err != abi.OK {
		return 0, err
	}
	if own, ok := ownAttr(name); ok {
		if n, err := unix.Getxattr(fdName(a.fd), own, val); err == nil || err == unix.ERANGE {
			return max(n, 0), attrErrno(err)
		}
	}
	n, err := unix.Getxattr(fdName(a.fd), name, val)
	return max(n, 0), attrErrno(err)
}

// Remove deletes an attribute. Errors: ENOATTR, EOPNOTSUPP.
func (a AttrFile) Remove(name string) abi.Errno {
	if err := a.may(name, true); err != abi.OK {
		return err
	}
	up, err := a.raised()
	if err != abi.OK {
		return err
	}
	if a.up != nil {
		defer up.Release()
	}
	if own, ok := ownAttr(name); ok {
		if err := unix.Removexattr(fdName(up.fd), own); err == nil {
			return abi.OK
		}
	}
	return attrErrno(unix.Removexattr(fdName(up.fd), name))
}

// List returns the names of all attributes. Error: EOPNOTSUPP.
func (a AttrFile) List() ([]string, abi.Errno) {
	buf := make([]byte, 1<<16)
	n, err := unix.Listxattr(fdName(a.fd), buf)
	if err != nil {
		return nil, attrErrno(err)
	}
	var out []string
	seen := map[string]bool{}
	for s := range strings.SplitSeq(string(buf[:n]), "\x00") {
		s = strings.TrimPrefix(s, ownAttrs)
		if seen[s] {
			continue
		}
		seen[s] = true
		if s != "" && (!strings.HasPrefix(s, "trusted.") || a.l.Proc.Cred.IsRoot()) {
			out = append(out, s)
		}
	}
	return out, abi.OK
}

// ListNamespace returns the names in one namespace, without it. Errors: EINVAL, EOPNOTSUPP.
func (a AttrFile) ListNamespace(namespace int32) ([]string, abi.Errno) {
	prefix, err := AttrName(namespace, "")
	if err != abi.OK {
		return nil, err
	}
	all, err := a.List()
	var out []string
	for _, s := range all {
		if rest, ok := strings.CutPrefix(s, prefix); ok {
			out = append(out, rest)
		}
	}
	return out, err
}
