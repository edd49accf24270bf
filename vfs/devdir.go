package vfs

import (
	"bytes"
	"path"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"nbemu/abi"
	"nbemu/kern"
	"nbemu/mem"
)

// /dev is a directory of the host's, or of the root's, in which names of ours are found first. A program that lists it
// is to see what it can open: the host's entries, and ours.

// ownEntries are the names of ours in an open directory of the host's, by what it is: /dev, /dev/fd or /dev/pts of a
// process with the machine's root. only says that the host's own entries are not shown.
func ownEntries(l *kern.LWP, key mem.FileKey) (names []hostDirent, only bool) {
	fs := fsOf(l)
	rdir, _ := l.Proc.Cwdi.Rdir.(*Dir)
	if rdir != fs.root {
		return nil, false
	}
	dev := fs.devName()
	is := func(name string) bool { return fs.isAt(name, key) }
	switch {
	case is(dev):
		for name, d := range devices {
			var st abi.Stat
			d.stat(l, &st)
			names = append(names, hostDirent{ino: st.Ino, typ: abi.DT_CHR, name: []byte(name)})
		}
	case fs.root != nil && is(path.Join(dev, "fd")):
		for _, fd := range l.Proc.Fd.Fds() {
			names = append(names, hostDirent{ino: uint64(22)<<20 | uint64(fd) + 2, typ: abi.DT_CHR, name: strconv.AppendInt(nil, int64(fd), 10)})
		}
		return names, true
	case fs.root != nil && fs.ownMount("/dev/pts") != nil && is(path.Join(dev, "pts")):
		return fs.slaves(), true
	}
	return names, false
}

// slaves are the terminals that a ptyfs lists.
func (fs *FS) slaves() (names []hostDirent) {
	for rdev := range fs.ttys {
		if n, ok := hostPtyOf(rdev); ok {
			names = append(names, hostDirent{ino: uint64(n) + 3, typ: abi.DT_CHR, name: strconv.AppendInt(nil, int64(n), 10)})
		}
	}
	sortDents(names)
	return names
}

// devName is what /dev is called from the machine's root.
func (fs *FS) devName() string {
	if fs.root == nil {
		return "/dev"
	}
	return "dev"
}

// isAt reports whether name, from the machine's root, is the directory of the host's with that key.
func (fs *FS) isAt(name string, key mem.FileKey) bool {
	var st abi.Stat
	if fs.root == nil {
		return hostStat(unix.AT_FDCWD, name, true, &st) == nil && keyOf(&st) == key
	}
	at := fs.root.at()
	if at.u == nil {
		return hostStat(at.fd, name, true, &st) == nil && keyOf(&st) == key
	}
	d, last, err := at.u.walk(path.Dir(name), path.Base(name))
	if err != nil {
		return false
	}
	defer d.unref()
	fd, found := d.at(last)
	return found && hostStat(fd, last, true, &st) == nil && keyOf(&st) == key
}

// fromDev is the absolute path of a relative one that is a name of ours in /dev, when that is where it starts: "null" in a
// process that is there, as ls -l has it. "" for all others; what is not called as a name of ours costs nothing.
func fromDev(l *kern.LWP, atfd int32, p string) string {
	for strings.HasPrefix(p, "./") {
		p = strings.TrimLeft(p[2:], "/")
	}
	first, _, more := strings.Cut(p, "/")
	if devices[first] == nil && !(more && (first == "fd" || first == "pts")) {
		return ""
	}
	start, err := startDir(l, atfd)
	if rdir, _ := l.Proc.Cwdi.Rdir.(*Dir); err != abi.OK || rdir != fsOf(l).root {
		return ""
	}
	var st abi.Stat
	if hostStat(start.fd, ".", true, &st) != nil || !fsOf(l).isAt(fsOf(l).devName(), keyOf(&st)) {
		return ""
	}
	return "/dev/" + p
}

// addOwn puts the names of ours into the list of a directory's entries.
func (d *dirFile) addOwn(l *kern.LWP) {
	own, only := ownEntries(l, d.key)
	if own == nil && !only {
		return
	}
	d.sorted = slices.DeleteFunc(d.sorted, func(e hostDirent) bool {
		if only {
			return !bytes.HasPrefix(e.name, []byte("."))
		}
		return slices.ContainsFunc(own, func(o hostDirent) bool { return bytes.Equal(o.name, e.name) })
	})
	d.sorted = append(d.sorted, own...)
	sortDents(d.sorted)
}

// ptsNode is a pseudo-terminal's slave, below -chroot: one that a guest made, or is on.
type ptsNode struct {
	n    int
	rdev uint64
}

// lookupPts finds a slave by its number. Only those that the guest knows are there: the host's others are not its.
func lookupPts(l *kern.LWP, name string) (node, abi.Errno) {
	n, err := strconv.ParseUint(name, 10, 20)
	if err != nil || strconv.FormatUint(n, 10) != name {
		return nil, abi.ENOENT
	}
	rdev := hostPtyRdev(int(n))
	if fsOf(l).ttys[rdev] == nil {
		return nil, abi.ENOENT
	}
	return &ptsNode{int(n), rdev}, abi.OK
}

func (p *ptsNode) stat(l *kern.LWP, st *abi.Stat) abi.Errno {
	if err := hostStat(unix.AT_FDCWD, hostTTYName(p.rdev), false, st); err != nil {
		return errno(err)
	}
	return abi.OK
}

func (p *ptsNode) readlink(*kern.LWP) (string, abi.Errno) { return "", abi.EINVAL }

func (p *ptsNode) open(l *kern.LWP, oflags int32) (*kern.File, abi.Errno) {
	if oflags&(abi.O_CREAT|abi.O_EXCL) == abi.O_CREAT|abi.O_EXCL {
		return nil, abi.EEXIST
	}
	if oflags&abi.O_DIRECTORY != 0 {
		return nil, abi.ENOTDIR
	}
	fd, err := unix.Open(hostTTYName(p.rdev), hostOpenFlags(oflags&^(abi.O_CREAT|abi.O_EXCL|abi.O_TRUNC|abi.O_APPEND))|unix.O_NOCTTY, 0)
	if err != nil {
		return nil, errno(err)
	}
	return newHostFile(l, fd, oflags, nil)
}

// underPts says what comes after "pts/" in a path below /dev, where that is ours to answer.
func underPts(l *kern.LWP, rel string) (string, bool) {
	name, ok := strings.CutPrefix(rel, "pts/")
	return name, ok && name != "" && fsOf(l).root != nil && fsOf(l).ownMount("/dev/pts") != nil
}
