package vfs

import (
	"nbemu/abi"
	"nbemu/kern"
)

// Namespaces of Linux's processes below /proc/PID/ns: links that lead to files which have no names elsewhere. An
// emulation's package says what there is.

// Namespace is a process's namespace of some kind.
type Namespace struct {
	Name  string // of the file
	Link  string // what the link says
	Inode uint64
	Open  func(l *kern.LWP) *kern.File
}

// Namespaces lists those of a process's leader; nil for an emulation without namespaces.
var Namespaces func(p *kern.Proc) []Namespace

// lookupNS finds what is below /proc/PID/ns. Errors: ENOENT, EACCES.
func lookupNS(l *kern.LWP, p *kern.Proc, name string, flags int) (node, string, abi.Errno) {
	if p != l.Proc && !l.MayTrace(p) {
		return nil, "", abi.EACCES
	}
	for _, ns := range Namespaces(p) {
		if ns.Name == name {
			return &procNS{p: p, ns: ns, follow: flags&follow != 0}, "", abi.OK
		}
	}
	return nil, "", abi.ENOENT
}

// hasNS reports whether p's directory has one of namespaces that l sees.
func hasNS(l *kern.LWP, p *kern.Proc) bool {
	return Namespaces != nil && linuxSees(l) && Namespaces(p) != nil
}

type procNS struct {
	p      *kern.Proc
	ns     Namespace
	follow bool
}

func (n *procNS) stat(l *kern.LWP, st *abi.Stat) abi.Errno {
	if n.follow {
		NamespaceStat(n.ns.Inode, st)
		return abi.OK
	}
	return procStat(l, n.p, st, procIno(n.p, "ns/"+n.ns.Name), abi.S_IFLNK|0777)
}

// NamespaceStat describes the file of a namespace.
func NamespaceStat(ino uint64, st *abi.Stat) {
	*st = abi.Stat{Dev: abi.Makedev(0, 4), Ino: ino, Mode: abi.S_IFREG | 0444, Nlink: 1, Blksize: 4096}
}

func (n *procNS) open(l *kern.LWP, oflags int32) (*kern.File, abi.Errno) {
	switch {
	case !n.follow:
		return nil, abi.EFTYPE
	case oflags&abi.O_ACCMODE != abi.O_RDONLY:
		return nil, abi.EPERM
	}
	return n.ns.Open(l), abi.OK
}

func (n *procNS) readlink(*kern.LWP) (string, abi.Errno) { return n.ns.Link, abi.OK }
