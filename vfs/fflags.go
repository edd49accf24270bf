package vfs

import (
	"nbemu/abi"
	"nbemu/kern"
)

// File flags (chflags(2)). The overlay keeps them, and what it keeps is obeyed as by NetBSD's file systems (ufs_setattr,
// ufs_open, ufs_remove). Without an overlay there are those that the host shows.

// Flags that the overlay keeps, and those of them that say that a file may only grow, or not change at all.
const (
	keptFlags   = abi.UF_NODUMP | abi.SF_ARCHIVED | abi.UF_OPAQUE | appendFlags | abi.UF_IMMUTABLE | abi.SF_IMMUTABLE
	appendFlags = abi.UF_APPEND | abi.SF_APPEND
)

// frozen reports whether a file's name, owner, mode, times and size stay as they are.
func frozen(st *abi.Stat) bool {
	return st.Flags&(appendFlags|abi.UF_IMMUTABLE|abi.SF_IMMUTABLE) != 0
}

// frozen is that of an open file, where rules of ours count.
func (v *Vnode) frozen(l *kern.LWP) bool {
	var st abi.Stat
	return judged(l) != nil && v.Stat(&st) == abi.OK && frozen(&st)
}

// Chflags is chflags and its kin. Errors: EPERM, EROFS, EOPNOTSUPP for flags that cannot be kept, those of the lookup.
func Chflags(l *kern.LWP, atfd int32, path string, flags uint32, followLink bool) abi.Errno {
	fs := fsOf(l)
	if fs.metadata == nil {
		var st abi.Stat
		if err := Stat(l, atfd, path, followLink, &st); err != abi.OK {
			return err
		}
		return checkFlags(l, &st, flags)
	}
	nd, err := namei(l, atfd, path, followFlag(followLink))
	if err != abi.OK {
		return err
	}
	defer nd.release()
	if f := nd.descriptor(); f != nil {
		return Fchflags(l, f, flags)
	}
	if nd.node != nil {
		return abi.EOPNOTSUPP
	}
	if nd.readOnly() {
		return abi.EROFS
	}
	if err := nd.change(l, func(c *kern.Cred, st *abi.Stat) abi.Errno { return canChflags(c, st, flags) }); err != abi.OK {
		return err
	}
	var st abi.Stat
	if herr := nd.hold(); herr != nil {
		return errno(herr)
	}
	if herr := nd.stat(&st); herr != nil {
		return errno(herr)
	}
	if err := canChflags(l.Proc.Cred, &st, flags); err != abi.OK {
		return err
	}
	fs.metadata.chflags(&st, nd.metaPath, flags)
	nd.changed(abi.NOTE_ATTRIB)
	return abi.OK
}

// Fchflags is fchflags.
func Fchflags(l *kern.LWP, f *kern.File, flags uint32) abi.Errno {
	var st abi.Stat
	v := vnodeOf(f)
	if fsOf(l).metadata == nil || v == nil {
		if err := f.Ops.Stat(l, f, &st); err != abi.OK {
			return err
		}
		return checkFlags(l, &st, flags)
	}
	if v.readOnly() {
		return abi.EROFS
	}
	v, err := v.change(l, f, func(c *kern.Cred, st *abi.Stat) abi.Errno { return canChflags(c, st, flags) })
	if err != abi.OK {
		return err
	}
	if err = v.Stat(&st); err == abi.OK {
		err = canChflags(l.Proc.Cred, &st, flags)
	}
	if err == abi.OK {
		fsOf(l).metadata.chflags(&st, v.HostPath, flags)
		fsOf(l).changed(v.key, abi.NOTE_ATTRIB)
	}
	return err
}

// canChflags is genfs_can_chflags, and what the overlay can keep: flags are the owner's to set, but what begins with SF_
// only root's. Errors: EPERM, EOPNOTSUPP.
func canChflags(c *kern.Cred, st *abi.Stat, flags uint32) abi.Errno {
	switch {
	case !c.IsRoot() && (c.Euid != st.Uid || (flags^st.Flags)&abi.SF_SETTABLE != 0):
		return abi.EPERM
	case flags&^keptFlags != 0:
		return abi.EOPNOTSUPP
	}
	return abi.OK
}

// chflags has the overlay keep flags.
func (m *Metadata) chflags(st *abi.Stat, path func() string, flags uint32) {
	m.record(keyOf(st), path, func(e *metaEntry) { e.flags, e.set = flags, e.set|metaFlags })
}

// checkFlags is chflags without an overlay: the host has no such flags for us to set, so that clearing them all, or
// setting those that say nothing about access, is what can be done. Errors: EPERM, EOPNOTSUPP.
func checkFlags(l *kern.LWP, st *abi.Stat, flags uint32) abi.Errno {
	fs := fsOf(l)
	if u := fs.guest.user; u != nil && !fs.guest.host.IsRoot() && st.Uid == fs.guest.host.Euid {
		st.Uid = u.Euid
	}
	if c := l.Proc.Cred; !c.IsRoot() && (c.Euid != st.Uid || (flags^st.Flags)&abi.SF_SETTABLE != 0) {
		return abi.EPERM
	}
	if flags == st.Flags || flags&^(abi.UF_NODUMP|abi.SF_ARCHIVED) == 0 && st.Flags&^(abi.UF_NODUMP|abi.SF_ARCHIVED) == 0 {
		return abi.OK
	}
	return abi.EOPNOTSUPP
}
