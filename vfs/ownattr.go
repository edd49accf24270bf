package vfs

import (
	"nbemu/abi"
	"nbemu/kern"
)

// attrsOf are the attributes of an open file that is none of the host's, or nil where they cannot be changed. st becomes
// what stat(2) says of it. NetBSD has them of devices, Linux of pipes and sockets too.
func attrsOf(l *kern.LWP, f *kern.File, st *abi.Stat) *kern.Attrs {
	o, ok := f.Ops.(kern.Attributed)
	if !ok || !isDevice(f) && !inodes(l) || f.Ops.Stat(l, f, st) != abi.OK {
		return nil
	}
	return o.Attrs()
}

// chmodOwn, chownOwn and utimensOwn are Fchmod, Fchown and Futimens for them. Errors: EINVAL where there are none, EPERM,
// EACCES.
func chmodOwn(l *kern.LWP, f *kern.File, mode uint32) abi.Errno {
	var st abi.Stat
	a := attrsOf(l, f, &st)
	if a == nil {
		return abi.EINVAL
	}
	mode, err := modeFor(l, l.Proc.Cred, &st, mode)
	if err == abi.OK {
		a.Chmod(mode)
	}
	return err
}

func chownOwn(l *kern.LWP, f *kern.File, uid, gid uint32) abi.Errno {
	var st abi.Stat
	a := attrsOf(l, f, &st)
	if a == nil {
		return abi.EINVAL
	}
	if int32(uid) == -1 && int32(gid) == -1 {
		return abi.OK // nobody's rights are asked for
	}
	err := canChown(l.Proc.Cred, &st, uid, gid)
	if err == abi.OK {
		a.Chown(&st, uid, gid)
	}
	return err
}

func utimensOwn(l *kern.LWP, f *kern.File, ts *[2]abi.Timespec) abi.Errno {
	var st abi.Stat
	a := attrsOf(l, f, &st)
	if a == nil {
		return abi.EINVAL
	}
	err := canChtimes(l.Proc.Cred, &st, ts)
	if err == abi.OK {
		a.Utimens(&st, ts, abi.TimespecAt(l.K.Timenow()))
	}
	return err
}
