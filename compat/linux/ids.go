package linux

import (
	"nbemu/abi"
	"nbemu/kern"
)

// User and group ids (kernel/sys.c).

// ids are a real, an effective and a saved id.
type ids [3]uint32

// keepID leaves an id as it is.
const keepID = 1<<32 - 1

func uidsOf(c *kern.Cred) ids { return ids{c.Ruid, c.Euid, c.Svuid} }
func gidsOf(c *kern.Cred) ids { return ids{c.Rgid, c.Egid, c.Svgid} }

// has reports whether one of the ids is n.
func (id ids) has(n uint32) bool { return n == id[0] || n == id[1] || n == id[2] }

// shown are the ids as the thread's namespace has them.
func (id ids) shown(l *kern.LWP, as func(*kern.LWP, uint32) uint32) ids {
	return ids{as(l, id[0]), as(l, id[1]), as(l, id[2])}
}

func putIDs(l *kern.LWP, a *kern.Args, id ids) (kern.Retval, abi.Errno) {
	for i, v := range id {
		if err := l.CopyoutInt32(a[i], int32(v)); err != abi.OK {
			return ret(err)
		}
	}
	return ret(abi.OK)
}

func sysGetresuid(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return putIDs(l, a, uidsOf(l.Proc.Cred).shown(l, shownUid))
}

func sysGetresgid(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return putIDs(l, a, gidsOf(l.Proc.Cred).shown(l, shownGid))
}

// setUids and setGids give the process new ids; those for files follow the effective ones. A process whose effective
// user is no longer root, or is root again, has its capabilities change with that.
func setUids(l *kern.LWP, id ids) (kern.Retval, abi.Errno) {
	p := l.Proc
	old, perm := p.Cred, permitted(p)
	c := old.Clone()
	c.Ruid, c.Euid, c.Svuid = id[0], id[1], id[2]
	p.Cred = c.WithFileIDs(c.Euid, old.ForFiles().Egid)
	if uidsOf(old) != id {
		p.Flags |= kern.PFSugid
	}
	userChanged(p, old, perm)
	return ret(abi.OK)
}

func setGids(l *kern.LWP, id ids) (kern.Retval, abi.Errno) {
	p := l.Proc
	old := p.Cred
	c := old.Clone()
	c.Rgid, c.Egid, c.Svgid = id[0], id[1], id[2]
	p.Cred = c.WithFileIDs(old.ForFiles().Euid, c.Egid)
	if gidsOf(old) != id {
		p.Flags |= kern.PFSugid
	}
	return ret(abi.OK)
}

// setres changes those that are not -1; who may not set any may only use those that he has. Error: EPERM.
func (id ids) setres(a *kern.Args, may bool) (ids, abi.Errno) {
	out := id
	for i := range id {
		n := uint32(a[i])
		if n == keepID {
			continue
		}
		if !may && !id.has(n) {
			return id, abi.EPERM
		}
		out[i] = n
	}
	return out, abi.OK
}

// setre is for real and effective id; the saved one becomes the effective one if the real one is set or the effective
// one becomes another than that was. Error: EPERM.
func (id ids) setre(a *kern.Args, may bool) (ids, abi.Errno) {
	r, e, out := uint32(a[0]), uint32(a[1]), id
	if r != keepID {
		if !may && r != id[0] && r != id[1] {
			return id, abi.EPERM
		}
		out[0] = r
	}
	if e != keepID {
		if !may && !id.has(e) {
			return id, abi.EPERM
		}
		out[1] = e
	}
	if r != keepID || e != keepID && e != id[0] {
		out[2] = out[1]
	}
	return out, abi.OK
}

// set is for the effective id, and for all three of whoever may set any. Errors: EINVAL, EPERM.
func (id ids) set(n uint32, may bool) (ids, abi.Errno) {
	switch {
	case n == keepID:
		return id, abi.EINVAL
	case may:
		return ids{n, n, n}, abi.OK
	case n != id[0] && n != id[2]:
		return id, abi.EPERM
	}
	return ids{id[0], n, id[2]}, abi.OK
}

func sysSetuid(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	id, err := uidsOf(l.Proc.Cred).set(uint32(a[0]), capable(l, capSetuid))
	if err != abi.OK {
		return ret(err)
	}
	return setUids(l, id)
}

func sysSetgid(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	id, err := gidsOf(l.Proc.Cred).set(uint32(a[0]), capable(l, capSetgid))
	if err != abi.OK {
		return ret(err)
	}
	return setGids(l, id)
}

func sysSetreuid(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	id, err := uidsOf(l.Proc.Cred).setre(a, capable(l, capSetuid))
	if err != abi.OK {
		return ret(err)
	}
	return setUids(l, id)
}

func sysSetregid(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	id, err := gidsOf(l.Proc.Cred).setre(a, capable(l, capSetgid))
	if err != abi.OK {
		return ret(err)
	}
	return setGids(l, id)
}

func sysSetresuid(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	id, err := uidsOf(l.Proc.Cred).setres(a, capable(l, capSetuid))
	if err != abi.OK {
		return ret(err)
	}
	return setUids(l, id)
}

func sysSetresgid(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	id, err := gidsOf(l.Proc.Cred).setres(a, capable(l, capSetgid))
	if err != abi.OK {
		return ret(err)
	}
	return setGids(l, id)
}

// sysSetfsuid and sysSetfsgid set the id that access to files goes by, and return the old one, whether or not that was
// allowed.
func sysSetfsuid(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	c := l.Proc.Cred
	f, n := c.ForFiles(), uint32(a[0])
	if n != keepID && (n == f.Euid || uidsOf(c).has(n) || capable(l, capSetuid)) {
		l.Proc.Cred = c.WithFileIDs(n, f.Egid)
	}
	return retInt(int64(f.Euid))
}

func sysSetfsgid(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	c := l.Proc.Cred
	f, n := c.ForFiles(), uint32(a[0])
	if n != keepID && (n == f.Egid || gidsOf(c).has(n) || capable(l, capSetgid)) {
		l.Proc.Cred = c.WithFileIDs(f.Euid, n)
	}
	return retInt(int64(f.Egid))
}

// groupsMax is NGROUPS_MAX.
const groupsMax = 65536

func sysSetgroups(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return setgroups(l, int32(a[0]), func(list []uint32) abi.Errno { return l.CopyinStruct(a[1], list) })
}

// setgroups gives the process other supplementary groups, n that read brings. Errors: EPERM, EINVAL, EFAULT.
func setgroups(l *kern.LWP, n int32, read func(list []uint32) abi.Errno) (kern.Retval, abi.Errno) {
	switch {
	case !capable(l, capSetgid):
		return ret(abi.EPERM)
	case uint32(n) > groupsMax:
		return ret(abi.EINVAL)
	}
	list := make([]uint32, n)
	if n > 0 {
		if err := read(list); err != abi.OK {
			return ret(err)
		}
	}
	p := l.Proc
	old, f := p.Cred, p.Cred.ForFiles()
	c := old.Clone()
	c.Groups = list
	p.Cred = c.WithFileIDs(f.Euid, f.Egid)
	p.Flags |= kern.PFSugid
	return ret(abi.OK)
}
