package linux

import (
	"fmt"
	"sync"
	"time"

	"nbemu/abi"
	"nbemu/ipc"
	"nbemu/kern"
	"nbemu/strace"
	"nbemu/vfs"
)

// Namespaces (kernel/nsproxy.c): what a thread sees of numbers of processes, names, objects of System V, clocks and users.
// The numbers of processes are in pidns.go, users in userns.go. A namespace of mounts is like the one that it came from:
// no program for Linux mounts anything here. There are none of networks, whose devices are the host's.

// nsKind is a kind of namespaces.
type nsKind uint8

const (
	nsUser nsKind = iota
	nsPid
	nsUTS
	nsIPC
	nsMnt
	nsCgroup
	nsTime
	nsKinds
)

// nsForms tell of each kind: its flag, and the name in links of /proc/PID/ns.
var nsForms = [nsKinds]struct {
	flag uint64
	name string
}{nsUser: {cloneNewuser, "user"}, nsPid: {cloneNewpid, "pid"}, nsUTS: {cloneNewuts, "uts"}, nsIPC: {cloneNewipc, "ipc"},
	nsMnt: {cloneNewns, "mnt"}, nsCgroup: {cloneNewcgroup, "cgroup"}, nsTime: {cloneNewtime, "time"}}

const (
	cloneNewtime   = 0x80
	cloneNewcgroup = 0x02000000
	cloneNewuts    = 0x04000000
	cloneNewipc    = 0x08000000
	cloneNewpid    = 0x20000000
	cloneNewnet    = 0x40000000
	cloneSysvsem   = 0x40000

	// Requests about a namespace's file.
	nsGetUserns   = 0xb701
	nsGetParent   = 0xb702
	nsGetNstype   = 0xb703
	nsGetOwnerUID = 0xb704
	ioctlNone     = 0x20000000 // the direction of requests without an argument, on mips, powerpc and sparc

	firstNSInode = 0xf0000000 // PROC_DYNAMIC_FIRST; those that the machine begins with are at its end
)

// A namespace is one of any kind.
type namespace struct {
	kind   nsKind
	ino    uint64
	owner  *namespace // of users; nil for that which the machine begins with
	parent *namespace // of users or processes

	user *userNS
	pid  *pidNS
	ipc  *ipc.Tables // nil: the machine's

	own          bool // host and domain are its own
	host, domain string

	mono, boot time.Duration // added to the clocks
	used       bool          // there was a process in it: the clocks stay as they are
}

// nsSet are a thread's namespaces. It is never changed in place.
type nsSet struct {
	of [nsKinds]*namespace
	// Those of its children's, where they are others.
	childPid, childTime *namespace
}

// nsTable are a machine's namespaces.
type nsTable struct {
	first nsSet
	next  uint64
}

func nsTableOf(k *kern.Kernel) *nsTable {
	return k.Extra("linux namespaces", func() any {
		t := &nsTable{next: firstNSInode}
		for kind := range nsKinds {
			t.first.of[kind] = &namespace{kind: kind, ino: 0xeffffff8 + uint64(kind)}
		}
		t.first.of[nsUser].user, t.first.of[nsPid].pid = &userNS{}, &pidNS{}
		return t
	}).(*nsTable)
}

// nsOf are the namespaces of a thread.
func nsOf(l *kern.LWP) *nsSet {
	if d, ok := l.EmulData.(*lwpData); ok && d.ns != nil {
		return d.ns
	}
	return &nsTableOf(l.K).first
}

// newNamespaces makes the set with new namespaces of the kinds in flags. Error: ENOSPC for too many inside each other.
func newNamespaces(l *kern.LWP, flags uint64) (*nsSet, abi.Errno) {
	t := nsTableOf(l.K)
	s := *nsOf(l)
	owner := s.of[nsUser]
	for kind, form := range nsForms {
		if flags&form.flag == 0 {
			continue
		}
		was := s.of[kind]
		n := &namespace{kind: nsKind(kind), ino: t.next, owner: owner}
		t.next++
		switch n.kind {
		case nsUser:
			if was.user.level >= maxNSLevel {
				return nil, abi.ENOSPC
			}
			c := l.Proc.Cred
			n.parent, n.user = was, &userNS{level: was.user.level + 1, uid: c.Euid, gid: c.Egid}
			owner = n
		case nsPid:
			if was = s.pidForChildren(); was.pid.level >= maxNSLevel {
				return nil, abi.ENOSPC
			}
			n.parent, n.pid = was, newPidNS(was.pid)
			s.childPid = n
			continue
		case nsUTS:
			n.own, n.host, n.domain = true, hostname(l), domainname(l)
		case nsIPC:
			n.ipc = ipc.NewSpace(l.Proc)
		case nsTime:
			was = s.timeForChildren()
			n.mono, n.boot = was.mono, was.boot
			s.childTime = n
			continue
		}
		s.of[kind] = n
	}
	return &s, abi.OK
}

func (s *nsSet) pidForChildren() *namespace {
	if s.childPid != nil {
		return s.childPid
	}
	return s.of[nsPid]
}

func (s *nsSet) timeForChildren() *namespace {
	if s.childTime != nil {
		return s.childTime
	}
	return s.of[nsTime]
}

// forChild is the set of a new process.
func (s *nsSet) forChild() *nsSet {
	if s.childPid == nil && s.childTime == nil {
		return s
	}
	c := *s
	c.of[nsPid], c.of[nsTime] = s.pidForChildren(), s.timeForChildren()
	c.childPid, c.childTime = nil, nil
	c.of[nsTime].used = true
	return &c
}

// mayNamespaces: each kind but users takes the right to administer, which a new namespace of users brings with it. Errors:
// EPERM; EINVAL for networks.
func mayNamespaces(l *kern.LWP, flags uint64) abi.Errno {
	if flags&(cloneNamespaces|cloneNewtime)&^cloneNewuser != 0 && flags&cloneNewuser == 0 && !nsCapable(l, nsOf(l).of[nsUser], capSysAdmin) {
		return abi.EPERM
	}
	if flags&cloneNewuser != 0 {
		u := nsOf(l).of[nsUser].user
		if _, ok := u.uids.out(l.Proc.Cred.Euid, u.level); !ok {
			return abi.EPERM // nobody would own it
		}
		if _, ok := u.gids.out(l.Proc.Cred.Egid, u.level); !ok {
			return abi.EPERM
		}
	}
	if flags&cloneNewnet != 0 {
		return abi.EINVAL
	}
	return abi.OK
}

// enter makes the set that of the calling thread; who has another namespace of users has all rights in it.
func (s *nsSet) enter(l *kern.LWP) {
	was := nsOf(l)
	lwpdata(l).ns = s
	if s.of[nsIPC] != was.of[nsIPC] {
		ipc.Use(l.Proc, s.of[nsIPC].ipc)
	}
	if s.of[nsUser] != was.of[nsUser] {
		procdata(l.Proc).enterUser(l.Proc, s.of[nsUser])
	}
}

// sysUnshare is unshare(flags). Errors: EINVAL, EPERM, ENOSPC, EMFILE.
func sysUnshare(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	flags := a[0]
	const known = cloneThread | cloneFS | cloneSighand | cloneVM | cloneFiles | cloneSysvsem | cloneNamespaces | cloneNewtime
	if flags&cloneNewuser != 0 {
		flags |= cloneThread | cloneFS
	}
	if flags&cloneVM != 0 {
		flags |= cloneSighand
	}
	if flags&cloneSighand != 0 {
		flags |= cloneThread
	}
	if flags&cloneNewns != 0 {
		flags |= cloneFS
	}
	if flags&^known != 0 || flags&cloneThread != 0 && l.Proc.LiveLWPs() > 1 {
		return ret(abi.EINVAL)
	}
	s := nsOf(l)
	if flags&cloneNewpid != 0 && s.childPid != nil && s.childPid != s.of[nsPid] {
		return ret(abi.EINVAL) // the first one has no process yet, or others
	}
	if err := mayNamespaces(l, flags); err != abi.OK {
		return ret(err)
	}
	if flags&(cloneNamespaces|cloneNewtime) != 0 {
		s, err := newNamespaces(l, flags)
		if err != abi.OK {
			return ret(err)
		}
		s.enter(l)
	}
	if t := l.Proc.Fd; flags&cloneFiles != 0 && t.Refs() > 1 {
		c := t.Copy()
		t.Free(l)
		l.Proc.Fd = c
	}
	if flags&cloneFS != 0 {
		was := l.Proc.Cwdi
		l.Proc.Cwdi = was.Copy()
		was.Free()
	}
	return ret(abi.OK)
}

// sysSetns is setns(fd, kind): the thread goes into a namespace, or with a descriptor of a process into some of its
// namespaces. Errors: EBADF, EINVAL, EPERM, ESRCH.
func sysSetns(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	f, err := l.Getfile(int32(a[0]))
	if err != abi.OK {
		return ret(err)
	}
	defer f.Done(l)
	var list []*namespace
	flags := uint64(uint32(a[1]))
	if o, ok := f.Ops.(*nsFile); ok {
		if flags != 0 && flags != nsForms[o.ns.kind].flag {
			return ret(abi.EINVAL)
		}
		list = append(list, o.ns)
	} else if p := kern.PidfdProc(f); p != nil {
		if list, err = namespacesOf(p, flags); err != abi.OK {
			return ret(err)
		}
	} else {
		return ret(abi.EINVAL)
	}
	s := *nsOf(l)
	for _, n := range list {
		if err := s.join(l, n); err != abi.OK {
			return ret(err)
		}
	}
	s.enter(l)
	return ret(abi.OK)
}

// namespacesOf are those of a process of the kinds that flags ask for. Errors: EINVAL, ESRCH.
func namespacesOf(p *kern.Proc, flags uint64) (list []*namespace, err abi.Errno) {
	if flags == 0 || flags&^(cloneNamespaces|cloneNewtime) != 0 || flags&cloneNewnet != 0 {
		return nil, abi.EINVAL
	}
	if p.Zombie || len(p.LWPs) == 0 {
		return nil, abi.ESRCH
	}
	for kind, form := range nsForms {
		if flags&form.flag != 0 {
			list = append(list, nsOf(p.LWPs[0]).of[kind])
		}
	}
	return list, abi.OK
}

// join puts a namespace into the set. Errors: EPERM, EINVAL.
func (s *nsSet) join(l *kern.LWP, n *namespace) abi.Errno {
	owner := n.owner
	if n.kind == nsUser {
		owner = n
	}
	if owner == nil {
		owner = nsTableOf(l.K).first.of[nsUser]
	}
	if n.kind == nsUser && (n == s.of[nsUser] || l.Proc.LiveLWPs() > 1) {
		return abi.EINVAL
	}
	if !nsCapable(l, owner, capSysAdmin) || n.kind != nsUser && !nsCapable(l, nsOf(l).of[nsUser], capSysAdmin) {
		return abi.EPERM
	}
	switch n.kind {
	case nsPid:
		for p := n; p != s.of[nsPid]; p = p.parent {
			if p == nil {
				return abi.EINVAL // only to what the thread can see
			}
		}
		s.childPid = n
		return abi.OK
	case nsTime:
		if l.Proc.LiveLWPs() > 1 {
			return abi.EINVAL // EUSERS of Linux, which has no number here
		}
		n.used = true
		s.childTime = nil
	}
	s.of[n.kind] = n
	return abi.OK
}

// nsFile is an open file of /proc/PID/ns.
type nsFile struct {
	kern.BadOps
	ns *namespace
}

func (*nsFile) Type() string { return "vnode" }

func (o *nsFile) Stat(_ *kern.LWP, _ *kern.File, st *abi.Stat) abi.Errno {
	vfs.NamespaceStat(o.ns.ino, st)
	return abi.OK
}

func openNS(l *kern.LWP, n *namespace) *kern.File {
	return kern.NewFile(l, &nsFile{ns: n}, abi.FREAD)
}

// nsIoctl answers questions about a namespace. Errors: ENOTTY, EINVAL, EPERM for what the caller does not see, EFAULT.
func nsIoctl(l *kern.LWP, n *namespace, cmd uint32, va uint64) (kern.Retval, abi.Errno) {
	first := &nsTableOf(l.K).first
	give := func(n, root *namespace) (kern.Retval, abi.Errno) {
		for p := n; p != root; p = p.parent {
			if p == nil {
				return ret(abi.EPERM)
			}
		}
		return retFd(l.Install(openNS(l, n), true))
	}
	switch cmd &^ ioctlNone {
	case nsGetUserns:
		owner := n.owner
		if n.kind == nsUser {
			owner = n.parent
		} else if owner == nil {
			owner = first.of[nsUser]
		}
		return give(owner, nsOf(l).of[nsUser])
	case nsGetParent:
		switch n.kind {
		case nsUser, nsPid:
			return give(n.parent, nsOf(l).of[n.kind])
		}
		return ret(abi.EINVAL)
	case nsGetNstype:
		return retInt(int64(nsForms[n.kind].flag))
	case nsGetOwnerUID:
		if n.kind != nsUser {
			return ret(abi.EINVAL)
		}
		return ret(l.CopyoutStruct(va, shownUid(l, n.user.uid)))
	}
	return ret(abi.ENOTTY)
}

// namespaceFiles are what is below /proc/PID/ns.
func namespaceFiles(p *kern.Proc) (list []vfs.Namespace) {
	if p.Zombie || len(p.LWPs) == 0 || p.Emul == nil {
		return nil
	}
	if _, ok := p.Emul.Data.(*Machine); !ok {
		return nil
	}
	s := nsOf(p.LWPs[0])
	add := func(name string, n *namespace) {
		list = append(list, vfs.Namespace{Name: name, Link: fmt.Sprintf("%s:[%d]", nsForms[n.kind].name, n.ino), Inode: n.ino,
			Open: func(l *kern.LWP) *kern.File { return openNS(l, n) }})
	}
	for kind, form := range nsForms {
		add(form.name, s.of[kind])
	}
	if n := s.pidForChildren(); n.pid.parent == nil || n.pid.init != nil {
		add("pid_for_children", n) // otherwise there is no process in it yet
	}
	add("time_for_children", s.timeForChildren())
	return list
}

func init() { vfs.Namespaces = namespaceFiles }

// nsArg is an argument of a call that means something else in a namespace.
type nsArg struct {
	arg int
	in  func(l *kern.LWP, v uint64) (uint64, bool)
	bad abi.Errno
}

// namespaced wraps the handlers of calls that numbers of processes or users are given to.
var namespaced = sync.OnceFunc(func() {
	for i := range sysent {
		var list []nsArg
		for at, a := range sysent[i].Sig.Args {
			switch {
			case sysent[i].Call == nil || sysent[i].Name == "waitid":
			case a.Type == strace.Pid || a.Type == strace.LxPtracePid || a.Type == strace.LxPidPolicy:
				list = append(list, nsArg{at, pidArg, abi.ESRCH})
			case a.Type == strace.Uid:
				list = append(list, nsArg{at, uidArg, abi.EINVAL})
			case a.Type == strace.Gid:
				list = append(list, nsArg{at, gidArg, abi.EINVAL})
			}
		}
		if list == nil {
			continue
		}
		h := sysent[i].Call
		sysent[i].Call = func(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
			if lwpdata(l).ns == nil {
				return h(l, a)
			}
			b := *a
			for _, f := range list {
				v, ok := f.in(l, b[f.arg])
				if !ok {
					return ret(f.bad)
				}
				b[f.arg] = v
			}
			return h(l, &b)
		}
	}
})

// clockOffset is what is added to a clock in the thread's namespace.
func clockOffset(l *kern.LWP, clock int32) time.Duration {
	d, ok := l.EmulData.(*lwpData)
	if !ok || d.ns == nil {
		return 0
	}
	switch clock {
	case 1, 4, 6: // CLOCK_MONOTONIC, _RAW and _COARSE
		return d.ns.of[nsTime].mono
	case 7, 9: // CLOCK_BOOTTIME, _ALARM
		return d.ns.of[nsTime].boot
	}
	return 0
}
