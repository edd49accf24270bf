package vfs

import (
	"cmp"
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"nbemu/abi"
	"nbemu/kern"
	"nbemu/mem"
)

// procfs shows the guest's processes at /proc, as NetBSD's procfs mounted with its linux option does. What it does
// not have of its own there (/proc/cpuinfo, /proc/sys) is the host's.

// A procFile is a file of a process's directory: its content when it is opened. private ones are for those who may
// trace the process (procfs_checkioperm).
type procFile struct {
	content func(l *kern.LWP, p *kern.Proc) ([]byte, abi.Errno)
	private bool
	mode    uint32 // 0 for what follows from the rest
}

// ProcRegs is what the registers of a process are, by the structure's name.
var ProcRegs func(l *kern.LWP, p *kern.Proc, set string) ([]byte, abi.Errno)

var procFiles map[string]procFile

// procLinks are the symbolic links of a process's directory.
var procLinks = map[string]func(l *kern.LWP, p *kern.Proc) (string, abi.Errno){
	"exe": func(l *kern.LWP, p *kern.Proc) (string, abi.Errno) {
		if linuxSees(l) && p != l.Proc && !l.MayTrace(p) {
			return "", abi.EACCES
		}
		return procExe(l, p)
	},
	"file": procExe,
	"cwd":  func(l *kern.LWP, p *kern.Proc) (string, abi.Errno) { return procPath(l, p, p.Cwdi.Cdir) },
	"root": func(l *kern.LWP, p *kern.Proc) (string, abi.Errno) {
		if linuxSees(l) && p != l.Proc && !l.MayTrace(p) {
			return "", abi.EACCES
		}
		if p.Cwdi.Rdir == nil || p.Cwdi.Rdir == l.Proc.Cwdi.Rdir {
			return "/", abi.OK
		}
		return procPath(l, p, p.Cwdi.Rdir)
	},
}

// EmulFiles are files of /proc that an emulation's programs see in place of the host's, by the emulation's name and
// the path below /proc. An emulation's package adds its own before the first process.
var EmulFiles = map[string]map[string]func(l *kern.LWP) string{}

// EmulStores are those of them that root may write: what takes the text, without the newline at its end.
var EmulStores = map[string]map[string]func(l *kern.LWP, text string) abi.Errno{}

// ProcessFile is a file of /proc/PID that an emulation's programs see.
type ProcessFile struct {
	Show  func(l *kern.LWP, p *kern.Proc) string
	Store func(l *kern.LWP, p *kern.Proc, text string) abi.Errno // nil: nobody writes it
}

// EmulProcess are such files, by the emulation's name and the file's, of processes of that emulation. The user whose
// process it is may write them.
var EmulProcess = map[string]map[string]ProcessFile{}

// emulProcess finds one of p's.
func emulProcess(l *kern.LWP, p *kern.Proc, name string) (node, bool) {
	if p.Emul == nil || !linuxSees(l) {
		return nil, false
	}
	f, ok := EmulProcess[p.Emul.Name][name]
	if !ok {
		return nil, false
	}
	n := &procNode{p: p, name: name, owned: true, procFile: procFile{content: func(l *kern.LWP, p *kern.Proc) ([]byte, abi.Errno) {
		return []byte(f.Show(l, p)), abi.OK
	}}}
	if f.Store != nil {
		n.store = func(l *kern.LWP, text string) abi.Errno { return f.Store(l, p, text) }
	}
	return n, true
}

func emulFile(l *kern.LWP, rel string) func(l *kern.LWP) string {
	if e := l.Proc.Emul; e != nil {
		return EmulFiles[e.Name][rel]
	}
	return nil
}

// hostProcFiles tell of the machine and not of the process, though they stand in its directory.
var hostProcFiles = []string{"mounts", "mountinfo", "mountstats", "cgroup"}

// procExe is the file itself, whatever links led to it, and where that has no name the path it was started by.
func procExe(l *kern.LWP, p *kern.Proc) (string, abi.Errno) {
	if v, ok := p.TextVnode.(namedFile); ok {
		if path, err := v.GuestPath(l); err == abi.OK && path != "" {
			return path, abi.OK
		}
	}
	if p.TextPath == "" {
		return "", abi.ENOENT
	}
	return strings.ReplaceAll(p.TextPath, "/./", "/"), abi.OK
}

func procPath(l *kern.LWP, p *kern.Proc, d kern.Dir) (string, abi.Errno) {
	if p != l.Proc && !l.MayTrace(p) {
		return "", abi.EACCES
	}
	if d == nil {
		return "", abi.ENOENT
	}
	if at := d.(*Dir).path; at != "" {
		return d.(*Dir).mnt.seen(at), abi.OK
	}
	return guestPathIn(l, fdOf(d), d.(*Dir).mnt)
}

func init() { mounts["proc"], mounts["sys"] = lookupProc, lookupSys }

// lookupProc finds what is below /proc. again is where the lookup goes on when it has met a link.
func lookupProc(l *kern.LWP, rel string, flags int) (n node, again string, err abi.Errno) {
	first, rest, more := strings.Cut(rel, "/")
	rest = strings.Trim(rest, "/")
	switch first {
	case "":
		return procRoot{fsOf(l)}, "", abi.OK
	case "self", "curproc":
		pid := strconv.Itoa(int(l.Proc.PID))
		if more || flags&follow != 0 {
			return nil, "/proc/" + pid + "/" + rest, abi.OK
		}
		return &procLink{ino: 3, target: pid}, "", abi.OK
	case "thread-self":
		at := strconv.Itoa(int(l.Proc.PID)) + "/task/" + strconv.Itoa(int(threadID(l)))
		if more || flags&follow != 0 {
			return nil, "/proc/" + at + "/" + rest, abi.OK
		}
		return &procLink{ino: 4, target: at}, "", abi.OK
	case "mounts":
		if flags&follow != 0 {
			return nil, "/proc/self/mounts", abi.OK
		}
		return &procLink{ino: 5, target: "self/mounts"}, "", abi.OK
	}
	if content := emulFile(l, rel); content != nil {
		return &procNode{name: rel, store: EmulStores[l.Proc.Emul.Name][rel], procFile: procFile{content: func(l *kern.LWP, _ *kern.Proc) ([]byte, abi.Errno) {
			return []byte(content(l)), abi.OK
		}}}, "", abi.OK
	}
	pid, herr := strconv.ParseUint(first, 10, 31)
	if herr != nil {
		return nil, "", abi.OK // the host's
	}
	p := l.K.Pfind(int32(pid))
	if z := l.K.PfindAny(int32(pid)); p == nil && z != nil && linuxSees(l) {
		file := strings.TrimPrefix(rest, "task")
		file = strings.TrimPrefix(strings.TrimPrefix(file, "/"), first)
		if file = strings.TrimPrefix(file, "/"); file != "" && !zombieFiles[file] {
			return nil, "", abi.ENOENT
		}
		p = z
	}
	if p == nil {
		// A thread's number is found, though it is not listed.
		if p = threadOwner(l, int32(pid)); p != nil {
			rest = strings.TrimSuffix("task/"+first+"/"+rest, "/")
			rel = strconv.Itoa(int(p.PID)) + "/" + rest
			return lookupProc(l, rel, flags)
		}
	}
	if p == nil || strconv.FormatUint(pid, 10) != first || !l.CanSee(p) {
		return nil, "", abi.ENOENT
	}
	if tid, below, _ := strings.Cut(strings.TrimPrefix(rest, "task/"), "/"); rest == "task" {
		return &procDir{p: p, kind: dirTask}, "", abi.OK
	} else if strings.HasPrefix(rest, "task/") {
		id, herr := strconv.ParseUint(tid, 10, 31)
		t := findThread(p, int32(id))
		if herr != nil || t == nil && int32(id) != p.PID {
			return nil, "", abi.ENOENT
		}
		if below == "stat" && t != nil {
			return &procNode{p: p, name: "stat", procFile: procFile{content: func(l *kern.LWP, p *kern.Proc) ([]byte, abi.Errno) {
				return statLine(p, t), abi.OK
			}}}, "", abi.OK
		}
		if below == "status" && t != nil && linuxSees(l) {
			return &procNode{p: p, name: "status", procFile: procFile{content: func(l *kern.LWP, p *kern.Proc) ([]byte, abi.Errno) {
				return linuxStatus(p, t), abi.OK
			}}}, "", abi.OK
		}
		n, again, err := lookupProcDir(l, p, below, flags)
		if d, ok := n.(*procDir); ok {
			d.thread = true
		}
		return n, again, err
	}
	return lookupProcDir(l, p, rest, flags)
}

// zombieFiles are what there still is of a process that has ended, for Linux' programs.
var zombieFiles = map[string]bool{"stat": true, "status": true, "comm": true, "cmdline": true}

// lookupProcDir finds a file in the directory of p.
func lookupProcDir(l *kern.LWP, p *kern.Proc, rest string, flags int) (node, string, abi.Errno) {
	name, below, more := strings.Cut(rest, "/")
	if link := procLinks[name]; link != nil {
		target, err := link(l, p)
		if err != abi.OK {
			return nil, "", err
		}
		if more {
			return nil, target + "/" + below, abi.OK
		}
		if flags&follow != 0 {
			return nil, target, abi.OK
		}
		return &procLink{p: p, ino: procIno(p, name), target: target}, "", abi.OK
	}
	switch {
	case name == "":
		return &procDir{p: p, kind: dirProc}, "", abi.OK
	case name == "fd" && !more:
		return &procDir{p: p, kind: dirFd}, "", abi.OK
	case name == "fd":
		return lookupProcFd(l, p, below, flags)
	case name == "fdinfo" && !more:
		return &procDir{p: p, kind: dirFdinfo}, "", abi.OK
	case name == "fdinfo":
		return lookupFdinfo(l, p, below)
	case name == "ns" && !more && hasNS(l, p):
		return &procDir{p: p, kind: dirNS}, "", abi.OK
	case name == "ns" && hasNS(l, p):
		return lookupNS(l, p, below, flags)
	case name == "pagemap" && !more:
		return &pagemap{p: p}, "", abi.OK
	case more:
		return nil, "", abi.ENOENT
	case name == "mem":
		return &procMem{p}, "", abi.OK
	}
	if f, ok := emulProcess(l, p, name); ok {
		return f, "", abi.OK
	}
	if f, ok := procFiles[name]; ok {
		n := &procNode{p: p, name: name, procFile: f}
		if f.mode&0200 != 0 {
			n.owned, n.store = true, noNote
		}
		return n, "", abi.OK
	}
	for _, h := range hostProcFiles {
		if h == name {
			return &procNode{p: p, name: name, procFile: procFile{content: func(l *kern.LWP, _ *kern.Proc) ([]byte, abi.Errno) {
				return hostProcContent(l, name)
			}}}, "", abi.OK
		}
	}
	return nil, "", abi.ENOENT
}

// rootMounts is what a process with a root sees of the files that tell of mounts: the machine's own. What the host has
// mounted is none of its business.
func rootMounts(l *kern.LWP, name string) string {
	if name == "cgroup" {
		return "0::/\n"
	}
	var b strings.Builder
	for i, sv := range Getvfsstat(l) {
		on, from, typ := cstring(sv.Mntonname[:]), cstring(sv.Mntfromname[:]), cstring(sv.Fstypename[:])
		if from == "root" {
			from = "root_device"
		}
		if typ == abi.MOUNT_PROCFS {
			typ = "proc" // what Linux' programs look for
		}
		how := "rw"
		if sv.Flag&abi.MNT_RDONLY != 0 {
			how = "ro"
		}
		switch name {
		case "mounts":
			fmt.Fprintf(&b, "%s %s %s %s 0 0\n", from, escapeMount(on), typ, how)
		case "mountinfo":
			fmt.Fprintf(&b, "%d %d 0:%d / %s %s - %s %s %s\n", i+1, min(i, 1), i+1, escapeMount(on), how, typ, from, how)
		case "mountstats":
			fmt.Fprintf(&b, "device %s mounted on %s with fstype %s\n", from, on, typ)
		}
	}
	return b.String()
}

// escapeMount writes blanks and the like in octal, as the host's table does.
func escapeMount(s string) string {
	return strings.NewReplacer(" ", `\040`, "\t", `\011`, "\n", `\012`, `\`, `\134`).Replace(s)
}

func cstring(b []byte) string {
	s, _, _ := strings.Cut(string(b), "\x00")
	return s
}

// hostProcContent is the content of one of hostProcFiles. Error: ENOENT.
func hostProcContent(l *kern.LWP, name string) ([]byte, abi.Errno) {
	if l.Proc.Cwdi.Rdir != nil {
		return []byte(rootMounts(l, name)), abi.OK
	}
	b, err := os.ReadFile("/proc/self/" + name)
	if err != nil {
		return nil, abi.ENOENT
	}
	return b, abi.OK
}

// lookupProcFd finds what is below /proc/PID/fd.
func lookupProcFd(l *kern.LWP, p *kern.Proc, rest string, flags int) (node, string, abi.Errno) {
	if p != l.Proc && !l.MayTrace(p) {
		return nil, "", abi.EACCES
	}
	name, below, more := strings.Cut(rest, "/")
	fd, herr := strconv.ParseUint(name, 10, 31)
	if herr != nil {
		return nil, "", abi.ENOENT
	}
	f := p.Fd.Get(int32(fd))
	if f == nil {
		return nil, "", abi.ENOENT
	}
	if path, err := FilePath(l, f); err == abi.OK && more {
		return nil, path + "/" + below, abi.OK
	} else if more {
		return nil, "", abi.ENOTDIR
	}
	return &procFd{p: p, fd: int32(fd), file: f, follow: flags&follow != 0}, "", abi.OK
}

// procIno makes a number for a file: the process's, and which of its files it is.
func procIno(p *kern.Proc, name string) uint64 {
	h := uint64(0)
	for i := range len(name) {
		h = h*31 + uint64(name[i])
	}
	if p == nil {
		return h&0xffffff | 1<<23
	}
	// A process that had the number before had other files.
	h = h*31 + uint64(p.Started().UnixMicro())
	return uint64(p.PID)<<24 | h&0xffffff | 1<<23
}

// ProcOf is the process whose directory of /proc a file is open on, or nil; it may have ended.
func ProcOf(f *kern.File) *kern.Proc {
	if d, ok := f.Ops.(*nodeDir); ok {
		if pd, ok := d.node.(*procDir); ok && pd.kind == dirProc && !pd.thread {
			return pd.p
		}
	}
	return nil
}

// lookupSys is for the files that an emulation's programs see below /sys; the names in EmulFiles have that in front.
func lookupSys(l *kern.LWP, rel string, _ int) (node, string, abi.Errno) {
	content := emulFile(l, "/sys/"+rel)
	if content == nil {
		return nil, "", abi.OK // the host's
	}
	return &procNode{name: rel, procFile: procFile{content: func(l *kern.LWP, _ *kern.Proc) ([]byte, abi.Errno) {
		return []byte(content(l)), abi.OK
	}}}, "", abi.OK
}

// procStat is what all files of procfs have in common; p is nil for those that belong to nobody.
func procStat(l *kern.LWP, p *kern.Proc, st *abi.Stat, ino uint64, mode uint32) abi.Errno {
	now := abi.TimespecAt(l.K.Boottime())
	if p != nil {
		now = abi.TimespecAt(p.Started())
	}
	*st = abi.Stat{Dev: abi.Makedev(0, 254), Ino: ino, Mode: mode, Nlink: 1, Atim: now, Mtim: now, Ctim: now,
		Birthtim: now, Blksize: 4096}
	if p != nil {
		st.Uid, st.Gid = p.Cred.Euid, p.Cred.Egid
	}
	return abi.OK
}

// procLink is a symbolic link.
type procLink struct {
	p      *kern.Proc
	ino    uint64
	target string
}

func (n *procLink) stat(l *kern.LWP, st *abi.Stat) abi.Errno {
	procStat(l, n.p, st, n.ino, abi.S_IFLNK|0777)
	st.Size = int64(len(n.target))
	return abi.OK
}
func (n *procLink) open(*kern.LWP, int32) (*kern.File, abi.Errno) { return nil, abi.EFTYPE } // O_NOFOLLOW
func (n *procLink) readlink(*kern.LWP) (string, abi.Errno)        { return n.target, abi.OK }

// procFd is a descriptor of a process: a link that leads to its file even if that has no name any more.
type procFd struct {
	p      *kern.Proc
	fd     int32
	file   *kern.File
	follow bool
}

func (n *procFd) stat(l *kern.LWP, st *abi.Stat) abi.Errno {
	if n.follow {
		return n.file.Ops.Stat(l, n.file, st)
	}
	return procStat(l, n.p, st, procIno(n.p, "fd")+uint64(n.fd)<<32, abi.S_IFLNK|0500)
}

func (n *procFd) open(l *kern.LWP, oflags int32) (*kern.File, abi.Errno) {
	if !n.follow {
		return nil, abi.EFTYPE
	}
	if v := vnodeOf(n.file); v != nil && v.Mode&abi.S_IFMT != abi.S_IFSOCK {
		if err := n.mayReopen(l, v, oflags); err != abi.OK {
			return nil, err
		}
		flags := oflags &^ (abi.O_CREAT | abi.O_EXCL)
		switch {
		case flags&abi.O_TRUNC == 0:
		case v.readOnly():
			return nil, abi.EROFS
		case flags&abi.O_ACCMODE != abi.O_RDONLY:
			flags &^= abi.O_TRUNC // newHostFile does it
		default:
			if err := fsOf(l).writeCheck(v.key); err != abi.OK {
				return nil, err
			}
		}
		if v.Mode&abi.S_IFMT == abi.S_IFREG && abi.Fflags(oflags)&abi.FWRITE != 0 && !v.readOnly() {
			var err abi.Errno
			if v, err = v.changeWrite(l, n.file); err != abi.OK {
				return nil, err
			}
		}
		fd, herr := reopen(v.fd, hostOpenFlags(flags))
		if herr != nil {
			return nil, errno(herr)
		}
		f, err := newHostFile(l, fd, oflags, v.mnt)
		if err == abi.OK {
			if n := vnodeOf(f); n != nil {
				n.foundAs(v)
				n.remember(f)
			}
		}
		return f, err
	}
	// What has no file on the host cannot be opened anew; the descriptor's own file is what can be had (fd_dupopen).
	if want := abi.Fflags(oflags) & (abi.FREAD | abi.FWRITE); want&^n.file.Flag != 0 {
		return nil, abi.EACCES
	}
	return n.file.Ref(), abi.OK
}

// mayReopen asks whether the file behind the descriptor could be opened so by its name. Error: EACCES.
func (n *procFd) mayReopen(l *kern.LWP, v *Vnode, oflags int32) abi.Errno {
	c := judged(l)
	if c == nil {
		return abi.OK
	}
	var st abi.Stat
	if err := fsOf(l).judgedStat(place{fd: v.fd, mnt: v.mnt}, "", false, &st); err != nil {
		return errno(err)
	}
	var mode int32
	flag := abi.Fflags(oflags)
	if flag&abi.FREAD != 0 {
		mode |= abi.R_OK
	}
	if flag&abi.FWRITE != 0 || oflags&abi.O_TRUNC != 0 {
		mode |= abi.W_OK
	}
	return Access(c, &st, mode)
}

// linuxTypes are Linux's names of what has no inode of its own, by the native ones.
var linuxTypes = map[string]string{"eventfd": "[eventfd]", "kqueue": "[eventpoll]", "timerfd": "[timerfd]", "signalfd": "[signalfd]",
	"pidfd": "[pidfd]", "seccomp notify": "seccomp notify", "landlock-ruleset": "[landlock-ruleset]"}

// namelessLink is what a Linux program finds in /proc/self/fd of a file that has no name, or has it no more; "" for others.
func namelessLink(l *kern.LWP, f *kern.File) string {
	if !inodes(l) {
		return ""
	}
	if t := linuxTypes[f.Ops.Type()]; t != "" {
		return "anon_inode:" + t
	}
	if IsInotify(f) {
		return "anon_inode:inotify"
	}
	if o, ok := f.Ops.(*procOpen); ok && o.node.p != nil {
		return fmt.Sprintf("/proc/%d/%s", o.node.p.PID, o.node.name)
	}
	v := vnodeOf(f)
	if v == nil || v.Mode&abi.S_IFMT != abi.S_IFREG && v.Mode&abi.S_IFMT != abi.S_IFDIR {
		return ""
	}
	return v.namelessPath(l)
}

// namelessPath is what is to be shown for a file that has no name any more, or never had one; "" if nothing is known.
func (v *Vnode) namelessPath(l *kern.LWP) string {
	if name := hostMemfd(v.fd); name != "" {
		return name
	}
	if path := cmp.Or(v.Path, v.formerPath(l)); path != "" {
		return path + " (deleted)"
	}
	return ""
}

// formerPath is what the host remembers of the name of a file that was removed, as l's program would have seen it; "" if
// that cannot be told.
func (v *Vnode) formerPath(l *kern.LWP) string {
	was := formerFdPath(v.fd)
	if was == "" || v.mnt != nil || v.u != nil {
		return ""
	}
	root := "/"
	if rd := l.Proc.Cwdi.Rdir; rd != nil {
		r, err := fdPath(fdOf(rd))
		if err != abi.OK || rd.(*Dir).u != nil {
			return ""
		}
		root = r
	}
	rest, ok := strings.CutPrefix(was, strings.TrimSuffix(root, "/")+"/")
	if !ok {
		return ""
	}
	return "/" + rest
}

func (n *procFd) readlink(l *kern.LWP) (string, abi.Errno) {
	if path, err := FilePath(l, n.file); err == abi.OK {
		return path, abi.OK
	}
	if name := namelessLink(l, n.file); name != "" {
		return name, abi.OK
	}
	var st abi.Stat
	typ := n.file.Ops.Type()
	if n.file.Ops.Stat(l, n.file, &st) != abi.OK {
		return "anon_inode:[" + typ + "]", abi.OK
	}
	if st.Mode&abi.S_IFMT == abi.S_IFIFO {
		typ = "pipe"
	}
	return typ + ":[" + strconv.FormatUint(st.Ino, 10) + "]", abi.OK
}

// vnode returns the file behind the descriptor, for exec. Errors: EACCES for what is no file.
func (n *procFd) vnode(l *kern.LWP) (*Vnode, abi.Errno) {
	old := vnodeOf(n.file)
	if old == nil {
		return nil, abi.EACCES
	}
	var st abi.Stat
	if err := old.Stat(&st); err != abi.OK {
		return nil, err
	}
	fd, herr := reopen(old.fd, unix.O_RDONLY|unix.O_NONBLOCK)
	if herr != nil {
		return nil, errno(herr)
	}
	v := fsOf(l).newVnode(fd, &st, abi.FREAD, old.mnt)
	v.foundAs(old)
	v.Path = old.Path
	if path, err := v.GuestPath(l); err == abi.OK {
		v.Path = path
	}
	return v, abi.OK
}

// procNode is a regular file.
type procNode struct {
	p     *kern.Proc
	name  string
	store func(l *kern.LWP, text string) abi.Errno // nil: nobody writes it
	owned bool                                     // its process's user may write it, too
	procFile
}

func (n *procNode) readlink(*kern.LWP) (string, abi.Errno) { return "", abi.EINVAL }

func (n *procNode) stat(l *kern.LWP, st *abi.Stat) abi.Errno {
	mode := uint32(abi.S_IFREG | 0444)
	switch {
	case n.mode != 0:
		mode = abi.S_IFREG | n.mode
	case n.private:
		mode = abi.S_IFREG | 0400
	case n.store != nil:
		mode |= 0200
	}
	return procStat(l, n.p, st, procIno(n.p, n.name), mode)
}

func (n *procNode) open(l *kern.LWP, oflags int32) (*kern.File, abi.Errno) {
	if oflags&(abi.O_CREAT|abi.O_EXCL) == abi.O_CREAT|abi.O_EXCL {
		return nil, abi.EEXIST
	}
	if oflags&abi.O_DIRECTORY != 0 {
		return nil, abi.ENOTDIR
	}
	if abi.Fflags(oflags)&abi.FWRITE != 0 && (n.store == nil || !l.Proc.Cred.IsRoot() && !(n.owned && l.MayTrace(n.p))) || n.private && n.p != l.Proc && !l.MayTrace(n.p) {
		return nil, abi.EACCES
	}
	if n.mode == 0200 && abi.Fflags(oflags)&abi.FREAD != 0 && !l.Proc.Cred.IsRoot() {
		return nil, abi.EACCES
	}
	return kern.NewFile(l, &procOpen{node: n, fs: fsOf(l), seen: fsOf(l).mountChanges}, abi.Fflags(oflags)&abi.FMASK), abi.OK
}

// noNote is a write to note or notepg, which nobody has ever received (procfs_donote). Error: EOPNOTSUPP.
func noNote(*kern.LWP, string) abi.Errno { return abi.EOPNOTSUPP }

// procOpen is an open file of procfs. Its content is made when it is read from the start.
type procOpen struct {
	kern.BadOps
	node *procNode
	mnt  *mounted // nil at home
	b    []byte
	// Of a list of mounts: whose, and how many changes its reader knows of.
	fs   *FS
	seen int
}

func (*procOpen) Type() string { return "vnode" }

func (o *procOpen) Stat(l *kern.LWP, _ *kern.File, st *abi.Stat) abi.Errno { return o.node.stat(l, st) }

func (o *procOpen) Read(l *kern.LWP, f *kern.File, u *kern.Uio) abi.Errno {
	off := f.Offset
	if u.Positional {
		off = u.Offset
	}
	if off == 0 || o.b == nil {
		if p := o.node.p; p != nil && l.K.Pfind(p.PID) != p && !(zombieFiles[o.node.name] && l.K.PfindAny(p.PID) == p) {
			return abi.ESRCH
		}
		b, err := o.node.content(l, o.node.p)
		if err != abi.OK {
			return err
		}
		o.b = b
	}
	if off >= int64(len(o.b)) {
		return abi.OK
	}
	n, err := u.Move(o.b[off:])
	if !u.Positional {
		f.Offset += int64(n)
	}
	return err
}

// Write takes the text of one call as a whole, as sysctl's files do.
func (o *procOpen) Write(l *kern.LWP, f *kern.File, u *kern.Uio) abi.Errno {
	b := make([]byte, min(u.Resid, mem.PageSize-1))
	n, err := u.Move(b)
	if err != abi.OK {
		return err
	}
	if err := o.node.store(l, strings.TrimSuffix(strings.TrimRight(string(b[:n]), "\x00"), "\n")); err != abi.OK {
		return err
	}
	o.b = nil
	if !u.Positional {
		f.Offset += int64(n)
	}
	return abi.OK
}

func (o *procOpen) Seek(_ *kern.LWP, f *kern.File, off int64, whence int32) (int64, abi.Errno) {
	return seekIn(f, off, whence, int64(len(o.b)))
}

// listsMounts reports whether o's readers are told when something is mounted.
func (o *procOpen) listsMounts() bool {
	return o.fs != nil && (o.node.name == "mounts" || o.node.name == "mountinfo")
}

// ListsMounts reports whether f is such a list.
func ListsMounts(f *kern.File) bool {
	o, ok := f.Ops.(*procOpen)
	return ok && o.listsMounts()
}

// Poll: news of mounts are told once (mounts_poll).
func (o *procOpen) Poll(_ *kern.LWP, _ *kern.File, events int16, rec *kern.SelRecord) int16 {
	if !o.listsMounts() {
		return kern.SelTrue(events)
	}
	rec.Record(&o.fs.mountNews)
	r := events & (abi.POLLIN | abi.POLLRDNORM)
	if o.seen != o.fs.mountChanges {
		o.seen = o.fs.mountChanges
		r |= abi.POLLERR | events&abi.POLLPRI
	}
	return r
}

func (o *procOpen) Kqfilter(f *kern.File, kn *kern.Knote) abi.Errno {
	if !o.listsMounts() || kn.Kev.Filter != abi.EVFILT_READ {
		return o.BadOps.Kqfilter(f, kn)
	}
	kn.Attach(&o.fs.mountNews.Klist, func(*kern.Knote, int64) bool { return true })
	return abi.OK
}

// seekIn is lseek on something of a size.
func seekIn(f *kern.File, off int64, whence int32, size int64) (int64, abi.Errno) {
	switch whence {
	case abi.SEEK_SET:
	case abi.SEEK_CUR:
		off += f.Offset
	case abi.SEEK_END:
		off += size
	default:
		return 0, abi.EINVAL
	}
	if off < 0 {
		return 0, abi.EINVAL
	}
	f.Offset = off
	return off, abi.OK
}
