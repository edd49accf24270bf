package vfs

import (
	"fmt"
	"strings"

	"nbemu/abi"
	"nbemu/kern"
	"nbemu/mem"
)

// kernfs shows parameters of the kernel at /kern (sys/miscfs/kernfs). The root is on no device, so that rootdev and rrootdev are
// not there, as on a machine whose root came over the network.

// kernFile is a file of it; write is for the superuser, nil for a file that is only read.
type kernFile struct {
	content func(k *kern.Kernel) string
	write   func(k *kern.Kernel, s string)
}

var kernFiles = map[string]kernFile{
	"boottime":  {content: func(k *kern.Kernel) string { return fmt.Sprintf("%d\n", k.Boottime().Unix()) }},
	"copyright": {content: func(*kern.Kernel) string { return copyright }},
	"hostname": {content: func(k *kern.Kernel) string { return k.Hostname() + "\n" },
		write: func(k *kern.Kernel, s string) { k.SetHostname(strings.TrimSuffix(s, "\n")) }},
	"hz": {content: func(*kern.Kernel) string { return fmt.Sprintf("%d\n", kern.ClockHz) }},
	"loadavg": {content: func(*kern.Kernel) string {
		a := kern.HostLoad()
		return fmt.Sprintf("%d %d %d %d\n", uint32(a[0]*kern.FScale), uint32(a[1]*kern.FScale), uint32(a[2]*kern.FScale), kern.FScale)
	}},
	"msgbuf":   {content: func(k *kern.Kernel) string { return string(k.Msgbuf()) }},
	"pagesize": {content: func(*kern.Kernel) string { return fmt.Sprintf("%d\n", mem.PageSize) }},
	"physmem":  {content: func(*kern.Kernel) string { return fmt.Sprintf("%d\n", kern.PhysMem()/mem.PageSize) }},
	"time": {content: func(k *kern.Kernel) string {
		now := k.Timenow()
		return fmt.Sprintf("%d %d\n", now.Unix(), now.Nanosecond()/1000)
	}},
	"version": {content: func(k *kern.Kernel) string { return k.OSVersion() }},
}

// copyright is the notice of the kernel that is here, and not NetBSD's.
const copyright = "Copyright (c) the nbemu developers.\nFree software under the GNU General Public License, version 2.\n\n"

func init() { mounts["kern"] = lookupKern }

// lookupKern finds what is below /kern.
func lookupKern(l *kern.LWP, rel string, _ int) (node, string, abi.Errno) {
	name, _, more := strings.Cut(strings.TrimSuffix(rel, "/"), "/")
	if name == "" {
		return kernRoot{fsOf(l)}, "", abi.OK
	}
	f, ok := kernFiles[name]
	switch {
	case !ok:
		return nil, "", abi.ENOENT
	case more:
		return nil, "", abi.ENOTDIR
	}
	return &kernNode{kernFile: f, name: name, mnt: fsOf(l).ownMount("/kern")}, "", abi.OK
}

// kernNode is a file of kernfs.
type kernNode struct {
	kernFile
	name string
	mnt  *mounted
}

func (n *kernNode) readlink(*kern.LWP) (string, abi.Errno) { return "", abi.EINVAL }

func (n *kernNode) stat(l *kern.LWP, st *abi.Stat) abi.Errno {
	mode := uint32(abi.S_IFREG | 0444)
	if n.write != nil {
		mode |= 0200
	}
	err := procStat(l, nil, st, procIno(nil, "kern/"+n.name), mode)
	st.Dev, st.Size = abi.Makedev(0, 253), int64(len(n.content(l.K)))
	return err
}

func (n *kernNode) open(l *kern.LWP, oflags int32) (*kern.File, abi.Errno) {
	if oflags&(abi.O_CREAT|abi.O_EXCL) == abi.O_CREAT|abi.O_EXCL {
		return nil, abi.EEXIST
	}
	if oflags&abi.O_DIRECTORY != 0 {
		return nil, abi.ENOTDIR
	}
	flag := abi.Fflags(oflags) & abi.FMASK
	if flag&abi.FWRITE != 0 {
		switch {
		case n.write == nil || !l.Proc.Cred.IsRoot():
			return nil, abi.EACCES
		case n.mnt.flags&abi.MNT_RDONLY != 0:
			return nil, abi.EROFS
		}
	}
	read := procFile{content: func(l *kern.LWP, _ *kern.Proc) ([]byte, abi.Errno) { return []byte(n.content(l.K)), abi.OK }}
	return kern.NewFile(l, &kernOpen{procOpen{node: &procNode{name: n.name, procFile: read}}, n}, flag), abi.OK
}

// kernOpen is an open file of kernfs.
type kernOpen struct {
	procOpen
	of *kernNode
}

func (o *kernOpen) Stat(l *kern.LWP, _ *kern.File, st *abi.Stat) abi.Errno { return o.of.stat(l, st) }

// Write takes all of a value at once (kernfs_write). Error: EINVAL for more than one can be.
func (o *kernOpen) Write(l *kern.LWP, f *kern.File, u *kern.Uio) abi.Errno {
	const max = 256 // KSTRING
	if u.Resid >= max || f.Offset != 0 && !u.Positional || u.Positional && u.Offset != 0 {
		return abi.EINVAL
	}
	b := make([]byte, u.Resid)
	if _, err := u.Move(b); err != abi.OK {
		return err
	}
	o.of.write(l.K, string(b))
	return abi.OK
}

// kernRoot is /kern itself.
type kernRoot struct{ fs *FS }

func (kernRoot) stat(l *kern.LWP, st *abi.Stat) abi.Errno {
	err := procStat(l, nil, st, 2, abi.S_IFDIR|0555)
	st.Dev, st.Nlink = abi.Makedev(0, 253), 2
	return err
}

func (kernRoot) readlink(*kern.LWP) (string, abi.Errno) { return "", abi.EINVAL }

func (d kernRoot) dir() (*Dir, abi.Errno) { return d.fs.newNodeDir("/kern") }

func (d kernRoot) open(l *kern.LWP, oflags int32) (*kern.File, abi.Errno) {
	var entries []nodeEntry
	for _, name := range sortedKeys(kernFiles) {
		entries = append(entries, nodeEntry{name, procIno(nil, "kern/"+name), abi.DT_REG})
	}
	return openNodeDir(l, d, "/kern", entries, oflags)
}
