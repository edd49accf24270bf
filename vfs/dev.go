package vfs

import (
	"fmt"
	"path"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"nbemu/abi"
	"nbemu/kern"
	"nbemu/mem"
)

// A node is a file of one of our own file systems.
type node interface {
	stat(l *kern.LWP, st *abi.Stat) abi.Errno
	// open gives the open file; see OpenFile.
	open(l *kern.LWP, oflags int32) (*kern.File, abi.Errno)
	// readlink gives the target of a symbolic link. Error: EINVAL.
	readlink(l *kern.LWP) (string, abi.Errno)
}

// A mount is a file system of our own, found by the first component of absolute paths. flags are namei's. Where a
// link leads elsewhere, again is the path to go on with.
type mount func(l *kern.LWP, rel string, flags int) (n node, again string, err abi.Errno)

// mounts: nil, "", OK from one sends the lookup on to the host.
var mounts = map[string]mount{"dev": lookupDev}

// lookupNode finds a path in our own file systems; nil if it is not there. The path that the host is to look up
// then is another one if a link of ours leads there.
func lookupNode(l *kern.LWP, p string, flags int) (node, string, abi.Errno) {
	for range maxSymlinks {
		clean := p
		if strings.Contains(p, "//") || strings.Contains(p, "/.") {
			clean = path.Clean(p)
		}
		if len(clean) < 2 {
			return nil, p, abi.OK
		}
		first, rel, _ := strings.Cut(clean[1:], "/")
		m := mounts[first]
		if m == nil || first != "dev" && first != "sys" && fsOf(l).ownMount("/"+first) == nil {
			return nil, p, abi.OK
		}
		n, again, err := m(l, rel, flags)
		if again == "" {
			return n, p, err
		}
		p = again
	}
	return nil, "", abi.ELOOP
}

// device is a character device that we make ourselves, or open on the host under another name.
type device struct {
	name         string
	major, minor uint32
	mode         uint32
	openFn       func(l *kern.LWP, d *device, oflags int32) (*kern.File, abi.Errno)
}

// fdMajor is the number of devices that stand for open files.
const fdMajor = 22

// Device numbers are those of NetBSD/amd64.
var devices = map[string]*device{}

func init() {
	for _, d := range []*device{
		{"null", 2, 2, 0666, openMem},
		{"zero", 2, 12, 0666, openMem},
		{"full", 2, 11, 0666, openMem},
		{"random", 46, 0, 0444, openMem},
		{"urandom", 46, 1, 0644, openMem},
		{"console", 0, 0, 0600, openDevTTY},
		{"tty", 1, 0, 0666, openDevTTY},
		{"stdin", fdMajor, 0, 0666, openFdDev},
		{"stdout", fdMajor, 1, 0666, openFdDev},
		{"stderr", fdMajor, 2, 0666, openFdDev},
		{"ptmx", 165, 0, 0666, openPtmx},
		{"ptm", 165, 1, 0666, openPtm},
	} {
		devices[d.name] = d
	}
}

func lookupDev(l *kern.LWP, rel string, _ int) (node, string, abi.Errno) {
	rel = strings.TrimSuffix(rel, "/")
	if d := devices[rel]; d != nil {
		return d, "", abi.OK
	}
	if n, ok := strings.CutPrefix(rel, "fd/"); ok {
		fd, err := strconv.ParseUint(n, 10, 15)
		if err != nil || strconv.FormatUint(fd, 10) != n {
			return nil, "", abi.ENOENT
		}
		if l.Proc.Fd.Get(int32(fd)) == nil {
			return nil, "", abi.EBADF
		}
		return &device{n, fdMajor, uint32(fd), 0666, openFdDev}, "", abi.OK
	}
	if name, ok := underPts(l, rel); ok {
		n, err := lookupPts(l, name)
		return n, "", err
	}
	return nil, "", abi.OK
}

func (d *device) stat(l *kern.LWP, st *abi.Stat) abi.Errno {
	now := abi.TimespecAt(l.K.Boottime())
	*st = abi.Stat{Dev: abi.Makedev(0, 255), Ino: uint64(d.major)<<20 | uint64(d.minor) + 2, Mode: abi.S_IFCHR | d.mode,
		Nlink: 1, Rdev: abi.Makedev(d.major, d.minor), Atim: now, Mtim: now, Ctim: now, Birthtim: now, Blksize: 4096}
	if a := fsOf(l).devAttrs[st.Rdev]; a != nil {
		a.Show(st)
	}
	return abi.OK
}

func (d *device) readlink(*kern.LWP) (string, abi.Errno) { return "", abi.EINVAL }

func (d *device) open(l *kern.LWP, oflags int32) (*kern.File, abi.Errno) {
	if oflags&(abi.O_CREAT|abi.O_EXCL) == abi.O_CREAT|abi.O_EXCL {
		return nil, abi.EEXIST
	}
	if oflags&abi.O_DIRECTORY != 0 {
		return nil, abi.ENOTDIR
	}
	if oflags&abi.O_REGULAR != 0 {
		return nil, abi.EFTYPE
	}
	return d.openFn(l, d, oflags)
}

func openNode(l *kern.LWP, n node, oflags int32) (*kern.File, abi.Errno) { return n.open(l, oflags) }

// openFdDev is fd_dupopen: another reference to the file of a descriptor. Errors: EBADF; EACCES for access
// that the descriptor does not have.
func openFdDev(l *kern.LWP, d *device, oflags int32) (*kern.File, abi.Errno) {
	f := l.Proc.Fd.Get(int32(d.minor))
	if f == nil {
		return nil, abi.EBADF
	}
	want := abi.Fflags(oflags) & (abi.FREAD | abi.FWRITE)
	if want&^f.Flag != 0 {
		return nil, abi.EACCES
	}
	return f.Ref(), abi.OK
}

// hostDevice names the device of ours that a character device of the host stands for, or "".
func hostDevice(st *abi.Stat) string {
	if st.Mode&abi.S_IFMT != abi.S_IFCHR {
		return ""
	}
	for name, d := range devices {
		if st.Rdev == abi.Makedev(d.major, d.minor) && name != "tty" && name != "console" && d.major != 165 {
			return name
		}
	}
	return ""
}

// DeviceName is the name below /dev of the device of ours that has a number, or "".
func DeviceName(rdev uint64) string {
	for name, d := range devices {
		if rdev == abi.Makedev(d.major, d.minor) {
			return name
		}
	}
	return ""
}

// DeviceMajors lists the devices by their numbers, as /proc/devices does (procfs_dodevices).
func DeviceMajors() string {
	names := map[uint32]string{0: "cons", 1: "ctty", 2: "mem", 3: "swap", 5: "pts", 6: "ptc", 7: "log", 22: "filedesc", 46: "rnd", 165: "ptm"}
	var b strings.Builder
	b.WriteString("Character devices:\n")
	for _, n := range sortedKeys(names) {
		fmt.Fprintf(&b, "%3d %s\n", n, names[n])
	}
	b.WriteString("\nBlock devices:\n")
	return b.String()
}

// DeviceNumber is the number of a device of ours.
func DeviceNumber(name string) uint64 { return abi.Makedev(devices[name].major, devices[name].minor) }

// guestRdev returns a device number as NetBSD has it, for the devices whose number we know.
func guestRdev(mode, major, minor uint32) uint64 {
	if mode&abi.S_IFMT == abi.S_IFCHR {
		if name := hostDevices[[2]uint32{major, minor}]; name != "" {
			d := devices[name]
			return abi.Makedev(d.major, d.minor)
		}
	}
	return abi.Makedev(major, minor)
}

// deviceOf puts our own device in place of an open file that turned out to be one of the host's by another
// name. It takes over f.
func deviceOf(l *kern.LWP, f *kern.File, oflags int32) (*kern.File, abi.Errno) {
	v := vnodeOf(f)
	if v == nil || v.Mode&abi.S_IFMT != abi.S_IFCHR {
		return f, abi.OK
	}
	var st abi.Stat
	if err := v.Stat(&st); err != abi.OK {
		return f, abi.OK
	}
	name := hostDevice(&st)
	if name == "" {
		return f, abi.OK
	}
	f.Unref(l)
	return devices[name].openFn(l, devices[name], oflags)
}

// memDevice is /dev/null, zero, full, random and urandom.
type memDevice struct {
	kern.BadOps
	fs *FS
	d  *device
}

func newMemDevice(fs *FS, d *device) *memDevice { return &memDevice{fs: fs, d: d} }

func openMem(l *kern.LWP, d *device, oflags int32) (*kern.File, abi.Errno) {
	return kern.NewFile(l, newMemDevice(fsOf(l), d), abi.Fflags(oflags)&abi.FMASK), abi.OK
}

func (*memDevice) Type() string { return "vnode" }

// Attrs is kern.Attributed's. They are the machine's, whoever has the device open.
func (m *memDevice) Attrs() *kern.Attrs {
	rdev := abi.Makedev(m.d.major, m.d.minor)
	a := m.fs.devAttrs[rdev]
	if a == nil {
		a = &kern.Attrs{}
		m.fs.devAttrs[rdev] = a
	}
	return a
}

// moved advances a file's offset by what a transfer consumed, as vn_read and vn_write do for devices too.
func moved(f *kern.File, u *kern.Uio, before uint64) {
	if !u.Positional {
		f.Offset += int64(before - u.Resid)
	}
}

func (m *memDevice) Read(l *kern.LWP, f *kern.File, u *kern.Uio) abi.Errno {
	if m.d.name == "null" {
		return abi.OK
	}
	defer moved(f, u, u.Resid)
	for u.Resid > 0 {
		v, err := u.Views(0)
		if err != abi.OK {
			return err
		}
		for _, b := range v {
			if m.d.name == "zero" || m.d.name == "full" {
				clear(b)
			} else {
				l.K.Random(b)
			}
			u.Advance(uint64(len(b)))
		}
		if u.Resid > 0 && !l.PreemptPoint() {
			break
		}
	}
	return abi.OK
}

func (m *memDevice) Write(_ *kern.LWP, f *kern.File, u *kern.Uio) abi.Errno {
	if m.d.name == "full" {
		return abi.ENOSPC
	}
	defer moved(f, u, u.Resid)
	u.Advance(u.Resid)
	return abi.OK
}

func (m *memDevice) Seek(l *kern.LWP, f *kern.File, off int64, whence int32) (int64, abi.Errno) {
	switch whence {
	case abi.SEEK_SET, abi.SEEK_END:
	case abi.SEEK_CUR:
		off += f.Offset
	default:
		return 0, abi.EINVAL
	}
	if off < 0 && inodes(l) {
		return 0, abi.EINVAL
	}
	f.Offset = off
	return off, abi.OK
}

func (m *memDevice) Poll(l *kern.LWP, _ *kern.File, events int16, _ *kern.SelRecord) int16 {
	if m.d.name == "random" && inodes(l) {
		events &^= abi.POLLOUT // that is for want of randomness there
	}
	return kern.SelTrue(events)
}

func (m *memDevice) Stat(l *kern.LWP, _ *kern.File, st *abi.Stat) abi.Errno { return m.d.stat(l, st) }

func (m *memDevice) Ioctl(l *kern.LWP, _ *kern.File, cmd uint32, data []byte) abi.Errno {
	switch cmd {
	case abi.FIONBIO, abi.FIOASYNC:
		return abi.OK
	case abi.FIONREAD:
		l.Model().PutUint(data, 4, 0)
		return abi.OK
	}
	return abi.ENOTTY
}

func (m *memDevice) Kqfilter(f *kern.File, kn *kern.Knote) abi.Errno { return seltrueFilter(f, kn) }

// seltrueFilter is for devices that are always ready (seltrue_kqfilter).
func seltrueFilter(f *kern.File, kn *kern.Knote) abi.Errno {
	switch kn.Kev.Filter {
	case abi.EVFILT_READ, abi.EVFILT_WRITE:
		kn.Attach(&f.Sel.Klist, func(*kern.Knote, int64) bool { return true })
		return abi.OK
	}
	return abi.EINVAL
}

// Mmap: /dev/zero shows zero-fill memory, /dev/null nothing (mm_mmap).
func (m *memDevice) Mmap(l *kern.LWP, _ *kern.File) (mem.Backing, abi.Errno) {
	switch {
	case m.d.name == "zero":
		return nil, abi.OK
	case !inodes(l):
		return nil, abi.EINVAL
	case m.d.name == "null":
		return nil, abi.OK
	}
	return nil, abi.ENODEV
}

// nodeDir is an open directory of one of our own file systems.
type nodeDir struct {
	kern.BadOps
	node
	path    string   // of the directory, where its file system is at home
	mnt     *mounted // where it is instead; nil if it is at home
	entries []nodeEntry
}

type nodeEntry struct {
	name string
	ino  uint64
	typ  uint8
}

func (*nodeDir) Type() string { return "vnode" }

func (*nodeDir) Read(*kern.LWP, *kern.File, *kern.Uio) abi.Errno { return abi.EISDIR }

func (*nodeDir) Poll(_ *kern.LWP, _ *kern.File, events int16, _ *kern.SelRecord) int16 {
	return kern.SelTrue(events)
}

func (d *nodeDir) Stat(l *kern.LWP, _ *kern.File, st *abi.Stat) abi.Errno { return d.stat(l, st) }

func (d *nodeDir) Seek(_ *kern.LWP, f *kern.File, off int64, whence int32) (int64, abi.Errno) {
	if whence == abi.SEEK_CUR {
		off += f.Offset
	}
	if off < 0 || whence > abi.SEEK_CUR {
		return 0, abi.EINVAL
	}
	f.Offset = off
	return off, abi.OK
}

func (d *nodeDir) getdents(l *kern.LWP, f *kern.File, buf []byte, pack direntPacker) (n int, before int64, err abi.Errno) {
	before = f.Offset
	for int(f.Offset) < len(d.entries) {
		ent := d.entries[f.Offset]
		k := pack(l.Model(), buf[n:], ent.ino, ent.typ, []byte(ent.name))
		if k == 0 {
			if n == 0 {
				return 0, before, abi.EINVAL
			}
			break
		}
		n += k
		f.Offset++
	}
	return n, before, abi.OK
}

// openPtmx opens the master of a new pseudo-terminal.
func openPtmx(l *kern.LWP, d *device, oflags int32) (*kern.File, abi.Errno) {
	fd, err := unix.Open("/dev/ptmx", hostOpenFlags(oflags&^(abi.O_CREAT|abi.O_TRUNC|abi.O_DIRECTORY)), 0)
	if err != nil {
		return nil, errno(err)
	}
	if err := hostUnlockPty(fd); err != nil {
		_ = unix.Close(fd)
		return nil, errno(err)
	}
	return newPtyMaster(l, fd, oflags)
}
