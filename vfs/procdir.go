package vfs

import (
	"os"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"nbemu/abi"
	"nbemu/kern"
)

// Kinds of directories of procfs.
const (
	dirProc   = iota // of a process, and of each of its threads
	dirTask          // the threads of a process
	dirFd            // its descriptors
	dirFdinfo        // and what there is to tell of them
	dirNS            // the namespaces that it is in
)

// procDir is a directory that belongs to a process.
type procDir struct {
	p      *kern.Proc
	kind   int
	thread bool // come to by way of a thread, which has none itself
}

func (d *procDir) name() string { return [...]string{"", "/task", "/fd", "/fdinfo", "/ns"}[d.kind] }

func (d *procDir) stat(l *kern.LWP, st *abi.Stat) abi.Errno {
	mode := uint32(abi.S_IFDIR | 0555)
	if d.kind == dirNS {
		mode = abi.S_IFDIR | 0511
	}
	if d.kind == dirFd || d.kind == dirFdinfo {
		mode = abi.S_IFDIR | 0500
	}
	err := procStat(l, d.p, st, procIno(d.p, "dir"+d.name()), mode)
	st.Nlink = 2
	return err
}

func (d *procDir) readlink(*kern.LWP) (string, abi.Errno) { return "", abi.EINVAL }

func (d *procDir) open(l *kern.LWP, oflags int32) (*kern.File, abi.Errno) {
	if (d.kind == dirFd || d.kind == dirFdinfo) && d.p != l.Proc && !l.MayTrace(d.p) {
		return nil, abi.EACCES
	}
	var entries []nodeEntry
	add := func(name string, typ uint8) { entries = append(entries, nodeEntry{name, procIno(d.p, name), typ}) }
	switch d.kind {
	case dirTask:
		for _, t := range d.p.LWPs {
			if t.Live() {
				add(strconv.Itoa(int(threadID(t))), abi.DT_DIR)
			}
		}
	case dirFd, dirFdinfo:
		kind := uint8(abi.DT_LNK)
		if d.kind == dirFdinfo {
			kind = abi.DT_REG
		}
		for _, fd := range d.p.Fd.Fds() {
			add(strconv.Itoa(int(fd)), kind)
		}
	case dirNS:
		for _, ns := range Namespaces(d.p) {
			add(ns.Name, abi.DT_LNK)
		}
	default:
		if hasNS(l, d.p) {
			add("ns", abi.DT_DIR)
			for name := range EmulProcess[d.p.Emul.Name] {
				add(name, abi.DT_REG)
			}
		}
		for name := range procLinks {
			add(name, abi.DT_LNK)
		}
		for name := range procFiles {
			add(name, abi.DT_REG)
		}
		for _, name := range hostProcFiles {
			add(name, abi.DT_REG)
		}
		add("pagemap", abi.DT_REG)
		add("fd", abi.DT_DIR)
		add("fdinfo", abi.DT_DIR)
		add("mem", abi.DT_REG)
		if !d.thread {
			add("task", abi.DT_DIR)
		}
		slices.SortFunc(entries, func(a, b nodeEntry) int { return compareNames(a.name, b.name) })
	}
	return openNodeDir(l, d, "/proc/"+strconv.Itoa(int(d.p.PID))+d.name(), entries, oflags)
}

// threadID is an LWP's number as the programs of its emulation know it.
func threadID(t *kern.LWP) int32 {
	if e := t.Proc.Emul; e != nil && e.ThreadID != nil {
		return e.ThreadID(t)
	}
	return t.ID
}

// findThread finds an LWP of p by that number, or nil.
func findThread(p *kern.Proc, id int32) *kern.LWP {
	for _, t := range p.LWPs {
		if t.Live() && threadID(t) == id {
			return t
		}
	}
	return nil
}

// threadOwner finds the process of a Linux program's thread, or nil.
func threadOwner(l *kern.LWP, id int32) *kern.Proc {
	if !linuxSees(l) {
		return nil
	}
	for _, p := range l.K.Procs() {
		if p.Emul != nil && p.Emul.ThreadID != nil && findThread(p, id) != nil {
			return p
		}
	}
	return nil
}

func compareNames(a, b string) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// A dirNode is a directory that can be a working directory.
type dirNode interface {
	dir() (*Dir, abi.Errno)
}

func (d *procDir) dir() (*Dir, abi.Errno) {
	return Of(d.p.K).newNodeDir("/proc/" + strconv.Itoa(int(d.p.PID)) + d.name())
}

func (d procRoot) dir() (*Dir, abi.Errno) { return d.fs.newNodeDir("/proc") }

// nodeDirIn is newNodeDir of a directory in a mount elsewhere; nil is home.
func (fs *FS) nodeDirIn(m *mounted, path string) (*Dir, abi.Errno) {
	if m == nil {
		return fs.newNodeDir(path)
	}
	fd, herr := unix.Openat(m.dir.fd, ".", oSearch|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if herr != nil {
		return nil, errno(herr)
	}
	d := newDir(fd)
	d.mnt, d.path = m, path
	return d, abi.OK
}

// newNodeDir makes the working directory of a directory of ours; on the host that is the root.
func (fs *FS) newNodeDir(path string) (*Dir, abi.Errno) {
	d := fs.root
	if d == nil {
		if _, err := fs.slash(); err != abi.OK {
			return nil, err
		}
		d = fs.hostRoot
	}
	at := nameidata{fs: fs, dirfd: d.at().fd, name: ".", u: d.u}
	nd, err := at.openDir()
	if err == abi.OK {
		nd.path = path
	}
	return nd, err
}

// procRoot is /proc itself.
type procRoot struct{ fs *FS }

func (procRoot) stat(l *kern.LWP, st *abi.Stat) abi.Errno {
	err := procStat(l, nil, st, 2, abi.S_IFDIR|0555)
	st.Nlink = 2
	return err
}

func (procRoot) readlink(*kern.LWP) (string, abi.Errno) { return "", abi.EINVAL }

// open lists the guest's processes, and what of the host's /proc a lookup gets to.
func (d procRoot) open(l *kern.LWP, oflags int32) (*kern.File, abi.Errno) {
	entries := []nodeEntry{{"curproc", 3, abi.DT_LNK}, {"self", 3, abi.DT_LNK}, {"thread-self", 4, abi.DT_LNK},
		{"mounts", 5, abi.DT_LNK}}
	for _, p := range l.K.Procs() {
		if !l.CanSee(p) {
			continue
		}
		entries = append(entries, nodeEntry{strconv.Itoa(int(p.PID)), procIno(p, "dir"), abi.DT_DIR})
	}
	if fsOf(l).root == nil {
		host, _ := os.ReadDir("/proc")
		for i, ent := range host {
			if name := ent.Name(); (name[0] < '0' || name[0] > '9') && name != "self" && name != "thread-self" && name != "mounts" {
				typ := uint8(abi.DT_REG)
				switch {
				case ent.IsDir():
					typ = abi.DT_DIR
				case ent.Type()&os.ModeSymlink != 0:
					typ = abi.DT_LNK
				}
				entries = append(entries, nodeEntry{name, 16 + uint64(i), typ})
			}
		}
	}
	if e := l.Proc.Emul; e != nil {
		for i, name := range sortedKeys(EmulFiles[e.Name]) {
			known := slices.ContainsFunc(entries, func(o nodeEntry) bool { return o.name == name })
			if !known && !strings.Contains(name, "/") {
				entries = append(entries, nodeEntry{name, 1<<22 + uint64(i), abi.DT_REG})
			}
		}
	}
	return openNodeDir(l, d, "/proc", entries, oflags)
}

// openNodeDir makes the open file of a directory of ours at path. Errors: EISDIR, EEXIST for flags that no
// directory is opened with.
func openNodeDir(l *kern.LWP, n node, path string, entries []nodeEntry, oflags int32) (*kern.File, abi.Errno) {
	if oflags&(abi.O_CREAT|abi.O_EXCL) == abi.O_CREAT|abi.O_EXCL {
		return nil, abi.EEXIST
	}
	if abi.Fflags(oflags)&abi.FWRITE != 0 || oflags&abi.O_CREAT != 0 {
		return nil, abi.EISDIR
	}
	if oflags&abi.O_REGULAR != 0 {
		return nil, abi.EFTYPE
	}
	var st abi.Stat
	n.stat(l, &st)
	entries = append([]nodeEntry{{".", st.Ino, abi.DT_DIR}, {"..", 2, abi.DT_DIR}}, entries...)
	return kern.NewFile(l, &nodeDir{node: n, path: path, entries: entries}, abi.Fflags(oflags)&abi.FMASK), abi.OK
}
