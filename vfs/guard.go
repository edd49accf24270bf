package vfs

import (
	"os"
	"path"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"nbemu/abi"
	"nbemu/kern"
)

// Who may do what to a file. The host judges its own user. Of a guest's other users, those that -uid names and those
// that a program becomes, it knows nothing: for them, and for everybody where an overlay keeps owners and modes, the
// rules of NetBSD's file systems (genfs_can_access and its kin, ufs_lookup) come first.

// guestUsers is what was decided about users when the machine was made.
type guestUsers struct {
	host *kern.Cred // what nbemu runs as
	user *kern.Cred // what the first program runs as
}

// SetUsers sets whom nbemu runs as and whom the first program runs as. Files of the former belong to the latter, as
// the guest's other users see them.
func (fs *FS) SetUsers(host, user *kern.Cred) { fs.guest.host, fs.guest.user = host, user }

// judged returns the credentials to go by; nil leaves it to the host.
func judged(l *kern.LWP) *kern.Cred {
	c := l.Proc.Cred.ForFiles()
	if fsOf(l).metadata != nil {
		return c
	}
	h := fsOf(l).guest.host
	// What the guest's root may not do for the host's sake, the host says.
	if h == nil || c == h || c.Unlimited() || !h.IsRoot() && c.Euid == h.Euid && c.Egid == h.Egid && slices.Equal(c.Groups, h.Groups) {
		return nil
	}
	return c
}

// judgedStat is hostStat with the owner and mode that rules apply to.
func (fs *FS) judgedStat(at place, name string, nofollow bool, st *abi.Stat) error {
	if err := hostStat(at.fd, name, nofollow, st); err != nil {
		return err
	}
	fs.overlay(keyOf(st), st, at.mnt)
	if fs.metadata == nil && fs.guest.user != nil && !fs.guest.host.IsRoot() {
		if st.Uid == fs.guest.host.Euid {
			st.Uid = fs.guest.user.Euid
		}
		if st.Gid == fs.guest.host.Egid {
			st.Gid = fs.guest.user.Egid
		}
	}
	return nil
}

// stat returns the attributes of what nd leads to, for judging it.
func (nd *nameidata) stat(st *abi.Stat) error {
	if nd.held {
		return nd.fs.judgedStat(place{fd: nd.file, mnt: nd.mnt}, "", false, st)
	}
	return nd.fs.judgedStat(place{fd: nd.dirfd, mnt: nd.mnt}, nd.name, !nd.follow, st)
}

// searchable checks search permission for a directory on the way. Error: EACCES.
func (fs *FS) searchable(c *kern.Cred, at place) abi.Errno {
	var st abi.Stat
	if err := fs.judgedStat(at, "", false, &st); err != nil {
		return errno(err)
	}
	return Access(c, &st, abi.X_OK)
}

// mayAccess checks what nd leads to for reading and so on; what is not there is for the call itself to find out.
// Error: EACCES.
func (nd *nameidata) mayAccess(c *kern.Cred, mode int32) abi.Errno {
	var st abi.Stat
	if c == nil || nd.stat(&st) != nil {
		return abi.OK
	}
	return Access(c, &st, mode)
}

// parent returns the attributes of the directory that nd's name is in.
func (nd *nameidata) parent(st *abi.Stat) error {
	if nd.u != nil {
		return nd.fs.judgedStat(place{fd: nd.u.fd(), mnt: nd.mnt}, "", false, st)
	}
	return nd.fs.judgedStat(place{fd: nd.dirfd, mnt: nd.mnt}, path.Dir(strings.TrimRight(nd.name, "/")), false, st)
}

// mayCreate checks for writing the directory in which nd's name is to be made. Errors: EACCES; EEXIST for a name that
// exists, whatever the permissions are.
func (nd *nameidata) mayCreate(l *kern.LWP) abi.Errno {
	if nd.readOnly() && !nd.exists() {
		return abi.EROFS
	}
	c := nd.judge(l)
	var dir abi.Stat
	if c == nil {
		return abi.OK
	}
	if nd.name == "." || nd.exists() {
		return abi.EEXIST
	}
	nd.asked = time.Now()
	if herr := nd.parent(&dir); herr != nil {
		return errno(herr)
	}
	if err := Access(c, &dir, abi.W_OK); err != abi.OK {
		return err
	}
	return nd.dirUp(l)
}

// mayMake is mayCreate for a file of a type, which a Sandbox may forbid.
func (nd *nameidata) mayMake(l *kern.LWP, mode uint32) abi.Errno {
	if err := nd.mayCreate(l); err != abi.OK {
		return err
	}
	return nd.confinedMake(l, mode)
}

// mayRemove checks whether nd's name may be taken out of its directory: that must be writable, and if it is sticky,
// it or the file one's own. Errors: EACCES, EPERM.
func (nd *nameidata) mayRemove(l *kern.LWP) abi.Errno {
	if nd.mountRoot() {
		return abi.EBUSY // the root of a mount
	}
	if nd.readOnly() {
		return abi.EROFS
	}
	c := nd.judge(l)
	var dir, st abi.Stat
	if c == nil || nd.name == "." {
		return abi.OK
	}
	if herr := nd.fs.judgedStat(place{fd: nd.dirfd, mnt: nd.mnt}, nd.name, true, &st); herr != nil {
		return errno(herr)
	}
	if herr := nd.parent(&dir); herr != nil {
		return errno(herr)
	}
	if err := Access(c, &dir, abi.W_OK); err != abi.OK {
		return err
	}
	if frozen(&st) || dir.Flags&appendFlags != 0 {
		return abi.EPERM
	}
	if dir.Mode&abi.S_ISTXT != 0 && !c.May(kern.RightFowner) && c.Euid != dir.Uid && c.Euid != st.Uid {
		return abi.EPERM
	}
	return abi.OK
}

// mayRename checks both ends of a rename. A directory that gets another parent must itself be writable, for its ".."
// changes. Errors: EACCES, EPERM.
func mayRename(l *kern.LWP, a, b *nameidata) abi.Errno {
	if a.mnt != b.mnt || a.union() != b.union() {
		return abi.EXDEV
	}
	c := a.judge(l)
	if c == nil && a.mnt == nil {
		return abi.OK
	}
	if err := a.mayRemove(l); err != abi.OK {
		return err
	}
	check := b.mayCreate
	if b.exists() {
		check = b.mayRemove
	}
	if err := check(l); err != abi.OK {
		return err
	}
	var st, from, to abi.Stat
	if c != nil && fsOf(l).judgedStat(place{fd: a.dirfd, mnt: a.mnt}, a.name, true, &st) == nil && st.Mode&abi.S_IFMT == abi.S_IFDIR &&
		a.parent(&from) == nil && b.parent(&to) == nil && keyOf(&from) != keyOf(&to) {
		return Access(c, &st, abi.W_OK)
	}
	return abi.OK
}

// canChmod is genfs_can_chmod. Errors: EPERM for who does not own the file, or a set-group-id bit for a foreign group;
// EFTYPE for a sticky file.
func canChmod(c *kern.Cred, st *abi.Stat, mode uint32) abi.Errno {
	switch {
	case frozen(st):
		return abi.EPERM
	case c.May(kern.RightFowner):
		return abi.OK
	case c.Euid != st.Uid:
		return abi.EPERM
	case mode&abi.S_ISTXT != 0 && st.Mode&abi.S_IFMT != abi.S_IFDIR:
		return abi.EFTYPE
	case mode&abi.S_ISGID != 0 && !c.InGroup(st.Gid):
		return abi.EPERM
	}
	return abi.OK
}

// canChown is genfs_can_chown: only root gives files away; an owner may choose among the groups he is in. Error:
// EPERM.
func canChown(c *kern.Cred, st *abi.Stat, uid, gid uint32) abi.Errno {
	if frozen(st) {
		return abi.EPERM
	}
	if c.May(kern.RightChown) || uid == ^uint32(0) && gid == ^uint32(0) {
		return abi.OK
	}
	if c.Euid != st.Uid || uid != ^uint32(0) && uid != st.Uid ||
		gid != ^uint32(0) && gid != st.Gid && !c.InGroup(gid) {
		return abi.EPERM
	}
	return abi.OK
}

// canChtimes is genfs_can_chtimes: times can be set by the owner, and set to now by who may write. Errors: EPERM,
// EACCES.
func canChtimes(c *kern.Cred, st *abi.Stat, ts *[2]abi.Timespec) abi.Errno {
	switch {
	case frozen(st):
		return abi.EPERM
	case c.May(kern.RightFowner) || c.Euid == st.Uid:
		return abi.OK
	case ts[0].Nsec != abi.UTIME_NOW || ts[1].Nsec != abi.UTIME_NOW:
		return abi.EPERM
	}
	return Access(c, st, abi.W_OK)
}

// mayOpen checks the opening of what is there by its mode. Errors: EACCES; EISDIR, whatever the mode is.
func (nd *nameidata) mayOpen(l *kern.LWP, oflags int32) abi.Errno {
	c := nd.judge(l)
	if c == nil {
		return abi.OK
	}
	var st abi.Stat
	if err := nd.stat(&st); err != nil {
		return errno(err)
	}
	var mode int32
	flag := abi.Fflags(oflags)
	if flag&abi.FREAD != 0 {
		mode |= abi.R_OK
	}
	if flag&abi.FWRITE != 0 || oflags&abi.O_TRUNC != 0 {
		if st.Mode&abi.S_IFMT == abi.S_IFDIR {
			return abi.EISDIR
		}
		mode |= abi.W_OK
	}
	if oflags&abi.O_CREAT != 0 && st.Mode&abi.S_IFMT == abi.S_IFDIR {
		return abi.EISDIR
	}
	// What is only to grow is written at its end (ufs_open).
	if st.Flags&appendFlags != 0 && (flag&(abi.FWRITE|abi.O_APPEND) == abi.FWRITE || oflags&abi.O_TRUNC != 0) {
		return abi.EPERM
	}
	return Access(c, &st, mode)
}

// HostCred is the ids that nbemu has.
func HostCred() *kern.Cred {
	uid, euid := uint32(os.Getuid()), uint32(os.Geteuid())
	gid, egid := uint32(os.Getgid()), uint32(os.Getegid())
	c := &kern.Cred{Ruid: uid, Euid: euid, Svuid: euid, Rgid: gid, Egid: egid, Svgid: egid}
	if gs, err := os.Getgroups(); err == nil {
		for _, g := range gs {
			c.Groups = append(c.Groups, uint32(g))
		}
	}
	return c
}

// HasHostParent reports whether nbemu is not the leader of its session: then a shell of the host may watch its job.
func HasHostParent() bool {
	sid, err := unix.Getsid(0)
	return err == nil && sid != unix.Getpid()
}
