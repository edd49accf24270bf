package syscalls

import (
	"bytes"

	"nbemu/abi"
	"nbemu/kern"
	"nbemu/sysctl"
)

// Process, group, session, user and login names (kern_prot.c). getpid, getuid and getgid have a second result,
// by which one call serves two functions of the C library.

func retPair(r0, r1 uint32) (kern.Retval, abi.Errno) {
	return kern.Retval{R0: uint64(r0), R1: uint64(r1)}, abi.OK
}

func retID(id uint32) (kern.Retval, abi.Errno) { return kern.Retval{R0: uint64(id)}, abi.OK }

// sysGetpid also gives the parent's number.
func sysGetpid(l *kern.LWP, _ *kern.Args) (kern.Retval, abi.Errno) {
	return retPair(uint32(l.Proc.PID), uint32(l.Proc.Getppid()))
}

func sysGetppid(l *kern.LWP, _ *kern.Args) (kern.Retval, abi.Errno) {
	return retID(uint32(l.Proc.Getppid()))
}

// sysGetuid also gives the effective user.
func sysGetuid(l *kern.LWP, _ *kern.Args) (kern.Retval, abi.Errno) {
	return retPair(l.Proc.Cred.Ruid, l.Proc.Cred.Euid)
}

func sysGeteuid(l *kern.LWP, _ *kern.Args) (kern.Retval, abi.Errno) {
	return retID(l.Proc.Cred.Euid)
}

// sysGetgid also gives the effective group.
func sysGetgid(l *kern.LWP, _ *kern.Args) (kern.Retval, abi.Errno) {
	return retPair(l.Proc.Cred.Rgid, l.Proc.Cred.Egid)
}

func sysGetegid(l *kern.LWP, _ *kern.Args) (kern.Retval, abi.Errno) {
	return retID(l.Proc.Cred.Egid)
}

func sysGetpgrp(l *kern.LWP, _ *kern.Args) (kern.Retval, abi.Errno) {
	return retID(uint32(l.Proc.Pgrp.ID))
}

// procOrSelf finds a live process; 0 is the caller's own. Error: ESRCH.
func procOrSelf(l *kern.LWP, pid int32) (*kern.Proc, abi.Errno) {
	if pid == 0 {
		return l.Proc, abi.OK
	}
	if p := l.K.Pfind(pid); p != nil && p.Pgrp != nil {
		return p, abi.OK
	}
	return nil, abi.ESRCH
}

// sysGetpgid is getpgid(2). Error: ESRCH.
func sysGetpgid(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	p, err := procOrSelf(l, int32(a[0]))
	if err != abi.OK {
		return retErr(err)
	}
	return retID(uint32(p.Pgrp.ID))
}

// sysGetsid is getsid(2). Error: ESRCH.
func sysGetsid(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	p, err := procOrSelf(l, int32(a[0]))
	if err != abi.OK {
		return retErr(err)
	}
	return retID(uint32(p.Pgrp.Session.ID))
}

// sysSetsid is setsid(2). Error: EPERM.
func sysSetsid(l *kern.LWP, _ *kern.Args) (kern.Retval, abi.Errno) {
	if err := l.Proc.Setsid(); err != abi.OK {
		return retErr(err)
	}
	return retID(uint32(l.Proc.PID))
}

// sysSetpgid is setpgid(2). Errors: EINVAL, ESRCH, EPERM, EACCES.
func sysSetpgid(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return retErr(l.Proc.Setpgid(int32(a[0]), int32(a[1])))
}

// Which of the present ids a process that is not the super-user's can give itself: as real (r), effective (e)
// and saved (s) id, from real, effective and saved.
const (
	idRfromR = 1 << iota
	idRfromE
	idRfromS
	idEfromR
	idEfromE
	idEfromS
	idSfromR
	idSfromE
	idSfromS
)

// keepID leaves an id as it is.
const keepID = ^uint32(0)

// ids are real, effective and saved id of one kind.
type ids struct{ r, e, s uint32 }

// set is the rule of all calls that change ids (do_setresuid): to new where that is not keepID, each to a
// value that from allows, or to any for the super-user. Error: EPERM.
func (old ids) set(new ids, from int, root bool) (ids, abi.Errno) {
	allowed := func(id uint32, from int) bool {
		return root || id == keepID || from&1 != 0 && id == old.r || from&2 != 0 && id == old.e || from&4 != 0 && id == old.s
	}
	if !allowed(new.r, from) || !allowed(new.e, from>>3) || !allowed(new.s, from>>6) {
		return old, abi.EPERM
	}
	for _, x := range []struct {
		id  *uint32
		new uint32
	}{{&old.r, new.r}, {&old.e, new.e}, {&old.s, new.s}} {
		if x.new != keepID {
			*x.id = x.new
		}
	}
	return old, abi.OK
}

// setre turns the arguments of setreuid into new ids: a new real id takes the saved one along.
func (old ids) setre(r, e uint32) ids {
	if r == keepID {
		r = old.r
	}
	if e == keepID {
		e = old.e
	}
	new := ids{r, e, keepID}
	if r != old.r {
		new.s = e
	}
	return new
}

const (
	setAll = idRfromR | idEfromR | idSfromR
	setE   = idEfromR | idEfromS
	setRE  = idRfromR | idRfromE | idEfromR | idEfromE | idEfromS | idSfromR | idSfromE | idSfromS
)

// setCred gives the process other credentials; it counts as set-id from then on (proc_crmod_leave).
func setCred(l *kern.LWP, c *kern.Cred) {
	l.Proc.Cred = c
	l.Proc.Flags |= kern.PFSugid
}

func uids(l *kern.LWP) ids {
	c := l.Proc.Cred
	return ids{c.Ruid, c.Euid, c.Svuid}
}

func gids(l *kern.LWP) ids {
	c := l.Proc.Cred
	return ids{c.Rgid, c.Egid, c.Svgid}
}

func setUids(l *kern.LWP, new ids, from int) (kern.Retval, abi.Errno) {
	old := uids(l)
	n, err := old.set(new, from, l.Proc.Cred.IsRoot())
	if err == abi.OK && n != old {
		c := l.Proc.Cred.Clone()
		c.Ruid, c.Euid, c.Svuid = n.r, n.e, n.s
		setCred(l, c)
	}
	return retErr(err)
}

func setGids(l *kern.LWP, new ids, from int) (kern.Retval, abi.Errno) {
	old := gids(l)
	n, err := old.set(new, from, l.Proc.Cred.IsRoot())
	if err == abi.OK && n != old {
		c := l.Proc.Cred.Clone()
		c.Rgid, c.Egid, c.Svgid = n.r, n.e, n.s
		setCred(l, c)
	}
	return retErr(err)
}

// sysSetuid is setuid(2): all three ids. Error: EPERM.
func sysSetuid(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	u := uint32(a[0])
	return setUids(l, ids{u, u, u}, setAll)
}

// sysSeteuid is seteuid(2). Error: EPERM.
func sysSeteuid(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return setUids(l, ids{keepID, uint32(a[0]), keepID}, setE)
}

// sysSetreuid is setreuid(2). Error: EPERM.
func sysSetreuid(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return setUids(l, uids(l).setre(uint32(a[0]), uint32(a[1])), setRE)
}

// sysSetgid is setgid(2). Error: EPERM.
func sysSetgid(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	g := uint32(a[0])
	return setGids(l, ids{g, g, g}, setAll)
}

// sysSetegid is setegid(2). Error: EPERM.
func sysSetegid(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return setGids(l, ids{keepID, uint32(a[0]), keepID}, setE)
}

// sysSetregid is setregid(2). Error: EPERM.
func sysSetregid(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return setGids(l, gids(l).setre(uint32(a[0]), uint32(a[1])), setRE)
}

// sysIssetugid is issetugid(2).
func sysIssetugid(l *kern.LWP, _ *kern.Args) (kern.Retval, abi.Errno) {
	if l.Proc.Flags&kern.PFSugid != 0 {
		return retID(1)
	}
	return retID(0)
}

// sysGetgroups is getgroups(n, gid_t *): their number, and with n they themselves. Errors: EINVAL, EFAULT.
func sysGetgroups(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	g, room := l.Proc.Cred.Groups, int32(a[0])
	if room != 0 {
		if int(room) < len(g) {
			return retErr(abi.EINVAL)
		}
		if err := l.CopyoutStruct(a[1], g); err != abi.OK {
			return retErr(err)
		}
	}
	return retID(uint32(len(g)))
}

// sysSetgroups is setgroups(n, gid_t *). Errors: EINVAL, EFAULT, EPERM.
func sysSetgroups(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	n := int32(a[0])
	if n < 0 || n > kern.NGroups {
		return retErr(abi.EINVAL)
	}
	g := make([]uint32, n)
	if n > 0 {
		if err := l.CopyinStruct(a[1], g); err != abi.OK {
			return retErr(err)
		}
	}
	if !l.Proc.Cred.IsRoot() {
		return retErr(abi.EPERM)
	}
	c := l.Proc.Cred.Clone()
	c.Groups = g
	setCred(l, c)
	return retErr(abi.OK)
}

// maxLogname is MAXLOGNAME: the room for a session's login name, which has no NUL if it fills it.
const maxLogname = 16

// sysGetlogin is __getlogin(buf, size). Error: EFAULT.
func sysGetlogin(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	var b [maxLogname]byte
	copy(b[:], l.Proc.Pgrp.Session.Login)
	return retErr(l.Copyout(b[:min(a[1], maxLogname)], a[0]))
}

// sysSetlogin is __setlogin(name). Errors: EPERM, EINVAL for a name that is too long, EFAULT.
func sysSetlogin(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	if !l.Proc.Cred.IsRoot() {
		return retErr(abi.EPERM)
	}
	name, err := l.CopyinStr(a[0], maxLogname+1)
	if err == abi.ENAMETOOLONG {
		err = abi.EINVAL
	}
	if err == abi.OK {
		l.Proc.Pgrp.Session.Login = name
	}
	return retErr(err)
}

// The host's name and NIS domain, before sysctl had them.

// sysCompat43Gethostname is gethostname(buf, size). Errors: EFAULT, ENOMEM when it does not fit.
func sysCompat43Gethostname(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return oldSysctl(l, abi.KERN_HOSTNAME, a[0], uint64(uint32(a[1])), 0, 0)
}

// sysCompat43Sethostname is sethostname(buf, size). Errors: EPERM, EINVAL, EFAULT.
func sysCompat43Sethostname(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return oldSysctl(l, abi.KERN_HOSTNAME, 0, 0, a[0], uint64(uint32(a[1])))
}

// sysCompat09Getdomainname is getdomainname(buf, size).
func sysCompat09Getdomainname(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return oldSysctl(l, abi.KERN_DOMAINNAME, a[0], uint64(uint32(a[1])), 0, 0)
}

// sysCompat09Setdomainname is setdomainname(buf, size).
func sysCompat09Setdomainname(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return oldSysctl(l, abi.KERN_DOMAINNAME, 0, 0, a[0], uint64(uint32(a[1])))
}

func oldSysctl(l *kern.LWP, node int32, old, oldlen, new, newlen uint64) (kern.Retval, abi.Errno) {
	_, err := sysctl.Call(l, []int32{abi.CTL_KERN, node}, old, oldlen, new, newlen)
	return retErr(err)
}

// sysCompat43Gethostid is gethostid().
func sysCompat43Gethostid(l *kern.LWP, _ *kern.Args) (kern.Retval, abi.Errno) {
	return retID(uint32(l.K.Hostid))
}

// sysCompat43Sethostid is sethostid(id), for the super-user. Error: EPERM.
func sysCompat43Sethostid(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	if !l.Proc.Cred.IsRoot() {
		return retErr(abi.EPERM)
	}
	l.K.Hostid = int32(a[0])
	return retErr(abi.OK)
}

// sysCompat09Uname is uname(struct outsname *). Error: EFAULT.
func sysCompat09Uname(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	var u abi.Outsname
	version := []byte(l.K.OSVersion())
	for i, c := range version {
		if c == '\n' || c == '\t' {
			version[i] = ' '
		}
	}
	for _, f := range []struct {
		dst []byte
		s   string
	}{{u.Sysname[:], "NetBSD"}, {u.Nodename[:], l.K.Hostname()}, {u.Release[:], l.K.Release()},
		{u.Version[:], string(bytes.TrimRight(version, " "))}, {u.Machine[:], l.Proc.Arch.Machine}} {
		copy(f.dst[:len(f.dst)-1], f.s)
	}
	return retErr(l.CopyoutStruct(a[0], &u))
}
