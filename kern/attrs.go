package kern

import "nbemu/abi"

// Attrs are mode, owner and times of something that has no file system to keep them: a pipe, a socket, a device of the
// machine's own. The zero value are those that it has from the start. The kernel lock guards them.
type Attrs struct {
	mode, times bool // they were changed, as was owner
	owner       bool
	perm        uint32
	uid, gid    uint32
	atim, mtim  abi.Timespec
}

// Attributed is what has Attrs.
type Attributed interface{ Attrs() *Attrs }

// Show puts what was changed in place of what stat(2) would say.
func (a *Attrs) Show(st *abi.Stat) {
	if a.mode {
		st.Mode = st.Mode&^abi.ALLPERMS | a.perm
	}
	if a.owner {
		st.Uid, st.Gid = a.uid, a.gid
	}
	if a.times {
		st.Atim, st.Mtim = a.atim, a.mtim
	}
}

// Chmod sets the permissions.
func (a *Attrs) Chmod(perm uint32) { a.mode, a.perm = true, perm&abi.ALLPERMS }

// Chown sets the owner, of something that st is about; an id of ^0 stays as it is.
func (a *Attrs) Chown(st *abi.Stat, uid, gid uint32) {
	if uid == ^uint32(0) {
		uid = st.Uid
	}
	if gid == ^uint32(0) {
		gid = st.Gid
	}
	a.owner, a.uid, a.gid = true, uid, gid
}

// Utimens sets the times of something that st is about; now is what UTIME_NOW means.
func (a *Attrs) Utimens(st *abi.Stat, ts *[2]abi.Timespec, now abi.Timespec) {
	at, mt := ts[0], ts[1]
	for _, t := range [...]struct{ t, was *abi.Timespec }{{&at, &st.Atim}, {&mt, &st.Mtim}} {
		switch t.t.Nsec {
		case abi.UTIME_NOW:
			*t.t = now
		case abi.UTIME_OMIT:
			*t.t = *t.was
		}
	}
	a.times, a.atim, a.mtim = true, at, mt
}
