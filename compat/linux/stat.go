package linux

import (
	"nbemu/abi"
	"nbemu/kern"
	"nbemu/mem"
	"nbemu/vfs"
)

// What files are: stat, statx, statfs, directories.

// devOut makes Linux's number of a device that files are on.
func devOut(d uint64) uint64 { return makedev(abi.Major(d), abi.Minor(d)) }

// rdevOut makes Linux's number of a device that a file is: those of the devices that both systems have differ.
func rdevOut(mode uint32, d uint64) uint64 { return makedev(rdev(mode, d)) }

// rdev is a device in Linux's numbers.
func rdev(mode uint32, d uint64) (major, minor uint32) {
	if mode&abi.S_IFMT == abi.S_IFCHR {
		if n, ok := linuxDevices[vfs.DeviceName(d)]; ok {
			return n[0], n[1]
		}
	}
	return abi.Major(d), abi.Minor(d)
}

// Device is strace.LinuxMachine's.
func (*Machine) Device(mode uint32, dev uint64) (major, minor uint32) { return rdev(mode, dev) }

// linuxDevices are numbers of character devices (Documentation/admin-guide/devices.txt).
var linuxDevices = map[string][2]uint32{"null": {1, 3}, "zero": {1, 5}, "full": {1, 7}, "random": {1, 8}, "urandom": {1, 9},
	"tty": {5, 0}, "ptmx": {5, 2}}

// devIn is the native number of a device, for mknod.
func devIn(mode uint32, dev uint64) uint64 {
	major, minor := uint32(dev>>8&0xfff), uint32(dev&0xff|dev>>12&0xfff00)
	if mode&abi.S_IFMT == abi.S_IFCHR {
		for name, n := range linuxDevices {
			if n == [2]uint32{major, minor} {
				return vfs.DeviceNumber(name)
			}
		}
	}
	return abi.Makedev(major, minor)
}

func makedev(maj, min uint32) uint64 {
	major, minor := uint64(maj), uint64(min)
	return minor&0xff | (major&0xfff)<<8 | (minor&^0xff)<<12 | (major&^0xfff)<<32
}

// statAt finds a file by path, or with AT_EMPTY_PATH by descriptor.
func statAt(l *kern.LWP, dirfd int32, pathVA, flags uint64, st *abi.Stat) abi.Errno {
	if emptyPath(l, flags, pathVA) {
		if dirfd == abi.AT_FDCWD {
			return vfs.Stat(l, abi.AT_FDCWD, ".", true, st)
		}
		f, err := l.GetfileAny(dirfd)
		if err != abi.OK {
			return err
		}
		defer f.Done(l)
		return statFile(l, f, st)
	}
	p, err := l.CopyinStr(pathVA, pathMax)
	if err != abi.OK {
		return err
	}
	return vfs.Stat(l, dirfd, p, flags&atSymlinkNofollow == 0, st)
}

// statFile is stat(2) of an open file: what has no name is of no type here, where NetBSD takes some of it for pipes.
func statFile(l *kern.LWP, f *kern.File, st *abi.Stat) abi.Errno {
	err := f.Ops.Stat(l, f, st)
	if err == abi.OK && f.Ops.Type() != "vnode" {
		switch fileKindOf(l, f) {
		case kindEvents:
			st.Mode &^= abi.S_IFMT
		case kindQueue:
			st.Mode = st.Mode&^abi.S_IFMT | abi.S_IFREG
		}
	}
	return err
}

func doStat(l *kern.LWP, make func(*abi.Stat) any, dirfd int32, pathVA, va, flags uint64) (kern.Retval, abi.Errno) {
	var st abi.Stat
	if err := statAt(l, dirfd, pathVA, flags, &st); err != abi.OK {
		return ret(err)
	}
	return ret(l.CopyoutStruct(va, make(showIDs(l, &st))))
}

func sysStat(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return doStat(l, machineOf(l).stat, abi.AT_FDCWD, a[0], a[1], 0)
}

func sysLstat(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return doStat(l, machineOf(l).stat, abi.AT_FDCWD, a[0], a[1], atSymlinkNofollow)
}

func sysFstat(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return fstat(l, machineOf(l).stat, a)
}

func fstat(l *kern.LWP, make func(*abi.Stat) any, a *kern.Args) (kern.Retval, abi.Errno) {
	f, err := l.GetfileAny(int32(a[0]))
	if err != abi.OK {
		return ret(err)
	}
	defer f.Done(l)
	var st abi.Stat
	if err := statFile(l, f, &st); err != abi.OK {
		return ret(err)
	}
	return ret(l.CopyoutStruct(a[1], make(showIDs(l, &st))))
}

func sysNewfstatat(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	if _, err := atIn(a[3], atSymlinkNofollow|atEmptyPath|atNoAutomount); err != abi.OK {
		return ret(err)
	}
	return doStat(l, machineOf(l).stat, int32(a[0]), a[1], a[2], a[3])
}

// The calls with struct stat64, of machines whose struct stat is too small.

func sysStat64(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return doStat(l, machineOf(l).stat64, abi.AT_FDCWD, a[0], a[1], 0)
}

func sysLstat64(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return doStat(l, machineOf(l).stat64, abi.AT_FDCWD, a[0], a[1], atSymlinkNofollow)
}

func sysFstat64(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return fstat(l, machineOf(l).stat64, a)
}

func sysFstatat64(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	if _, err := atIn(a[3], atSymlinkNofollow|atEmptyPath|atNoAutomount); err != abi.OK {
		return ret(err)
	}
	return doStat(l, machineOf(l).stat64, int32(a[0]), a[1], a[2], a[3])
}

type statxTime struct {
	Sec  int64
	Nsec uint32
	Pad  int32
}

type statx struct {
	Mask, Blksize           uint32
	Attributes              uint64
	Nlink, Uid, Gid         uint32
	Mode, Pad               uint16
	Ino, Size, Blocks, Attr uint64
	Atime, Btime            statxTime
	Ctime, Mtime            statxTime
	RdevMajor, RdevMinor    uint32
	DevMajor, DevMinor      uint32
	MntID                   uint64
	Spare                   [13]uint64
}

const (
	statxBasic = 0x7ff
	statxBtime = 0x800
)

func sysStatx(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	const syncType, reserved = 0x6000, 1 << 31
	if _, err := atIn(a[2]&^syncType, atSymlinkNofollow|atEmptyPath|atNoAutomount); err != abi.OK || a[2]&syncType == syncType || a[3]&reserved != 0 {
		return ret(abi.EINVAL)
	}
	var st abi.Stat
	if err := statAt(l, int32(a[0]), a[1], a[2], &st); err != abi.OK {
		return ret(err)
	}
	showIDs(l, &st)
	major, minor := rdev(st.Mode, st.Rdev)
	tm := func(t abi.Timespec) statxTime { return statxTime{Sec: t.Sec, Nsec: uint32(t.Nsec)} }
	x := statx{Mask: statxBasic, Blksize: uint32(st.Blksize), Nlink: st.Nlink, Uid: st.Uid, Gid: st.Gid, Mode: uint16(st.Mode),
		Ino: st.Ino, Size: uint64(st.Size), Blocks: uint64(st.Blocks), Atime: tm(st.Atim), Ctime: tm(st.Ctim), Mtime: tm(st.Mtim),
		RdevMajor: major, RdevMinor: minor, DevMajor: abi.Major(st.Dev), DevMinor: abi.Minor(st.Dev)}
	if st.Birthtim.Sec > 0 {
		x.Mask |= statxBtime
		x.Btime = tm(st.Birthtim)
	}
	return ret(l.CopyoutStruct(a[4], &x))
}

type statfs struct {
	Type, Bsize, Blocks, Bfree, Bavail, Files, Ffree abi.Long
	Fsid                                             [2]int32
	Namelen, Frsize, Flags                           abi.Long
	Spare                                            [4]abi.Long
}

// statfs64 is struct statfs64, of machines of 32 bits.
type statfs64 struct {
	Type, Bsize                         uint32
	Blocks, Bfree, Bavail, Files, Ffree uint64
	Fsid                                [2]int32
	Namelen, Frsize, Flags              uint32
	Spare                               [4]uint32
}

// wide makes a statfs64 of a statfs whose numbers have 64 bits here.
func (s *statfs) wide() *statfs64 {
	return &statfs64{Type: uint32(s.Type), Bsize: uint32(s.Bsize), Blocks: uint64(s.Blocks), Bfree: uint64(s.Bfree),
		Bavail: uint64(s.Bavail), Files: uint64(s.Files), Ffree: uint64(s.Ffree), Fsid: s.Fsid, Namelen: uint32(s.Namelen),
		Frsize: uint32(s.Frsize), Flags: uint32(s.Flags)}
}

// putStatfs stores a struct statfs.
func putStatfs(l *kern.LWP, va uint64, s *statfs) abi.Errno {
	if m := machineOf(l); m.statfs != nil {
		return l.CopyoutStruct(va, m.statfs(s))
	}
	return l.CopyoutStruct(va, s)
}

// putStatfs64 stores a struct statfs64 in as much room as the program says it has: the end is padded on some machines.
func putStatfs64(l *kern.LWP, va, room uint64, s *statfs) abi.Errno {
	if m := machineOf(l); m.statfs64 != nil {
		b := l.Model().Bytes(m.statfs64(s))
		if room != uint64(len(b)) {
			return abi.EINVAL
		}
		return l.Copyout(b, va)
	}
	b := l.Model().Bytes(s.wide())
	if packed := uint64(84); room != uint64(len(b)) && room != packed {
		return abi.EINVAL
	}
	return l.Copyout(b[:min(room, uint64(len(b)))], va)
}

func sysStatfs64(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	p, err := l.CopyinStr(a[0], pathMax)
	if err != abi.OK {
		return ret(err)
	}
	var sv abi.Statvfs
	if err := vfs.Statvfs(l, p, &sv); err != abi.OK {
		return ret(err)
	}
	return ret(putStatfs64(l, a[2], a[1], statfsOut(&sv)))
}

func sysFstatfs64(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	f, err := l.GetfileAny(int32(a[0]))
	if err != abi.OK {
		return ret(err)
	}
	defer f.Done(l)
	var sv abi.Statvfs
	if err := vfs.Fstatvfs(l, f, &sv); err == abi.EINVAL {
		return ret(putStatfs64(l, a[2], a[1], kindStatfs(l, f)))
	} else if err != abi.OK {
		return ret(err)
	}
	return ret(putStatfs64(l, a[2], a[1], statfsOut(&sv)))
}

// fsMagic has the numbers by which programs know kinds of file systems.
// The names are NetBSD's; what has none there is ffs, which Linux programs take for ext4.
var fsMagic = map[string]abi.Long{abi.MOUNT_FFS: 0xef53, "ext2fs": 0xef53, abi.MOUNT_TMPFS: 0x01021994, abi.MOUNT_UNION: 0x794c7630,
	abi.MOUNT_PROCFS: 0x9fa0, abi.MOUNT_KERNFS: 0x62656572, abi.MOUNT_FDESC: 0x9fa0, abi.MOUNT_PTYFS: 0x1cd1, abi.MOUNT_NFS: 0x6969,
	abi.MOUNT_MSDOS: 0x4d44, abi.MOUNT_CD9660: 0x9660, abi.MOUNT_NULL: 0xef53, "zfs": 0x2fc12fc1}

// kindStatfs is statfs of something that is on no file system of the host's (simple_statfs).
func kindStatfs(l *kern.LWP, f *kern.File) *statfs {
	const nameMax, flags = 255, 0x20
	s := &statfs{Bsize: abi.Long(mem.PageSize), Frsize: abi.Long(mem.PageSize), Namelen: nameMax, Flags: flags}
	switch fileKindOf(l, f) {
	case kindMemory:
		s.Type = fsMagic[abi.MOUNT_TMPFS]
	case kindTerminal:
		s.Type = fsMagic[abi.MOUNT_PTYFS]
	case kindFIFO:
		s.Type = 0x50495045
	case kindSocket:
		s.Type = 0x534f434b
	case kindPidfd:
		s.Type = 0x50494446
	case kindQueue:
		s.Type = 0x19800202
	case kindProc, kindDir:
		s.Type = fsMagic[abi.MOUNT_PROCFS]
	default:
		s.Type = 0x09041934 // of anonymous inodes
	}
	return s
}

func statfsOut(sv *abi.Statvfs) *statfs {
	name := string(sv.Fstypename[:])
	for i := range name {
		if name[i] == 0 {
			name = name[:i]
			break
		}
	}
	// Flags: read-only, no set-id, no exec have bits of their own here; the last says that they count.
	flags := abi.Long(0x20)
	for _, f := range [...]struct{ bsd, linux abi.Long }{{abi.MNT_RDONLY, 1}, {abi.MNT_NOSUID, 2}, {abi.MNT_NODEV, 4}, {abi.MNT_NOEXEC, 8}} {
		if abi.Long(sv.Flag)&f.bsd != 0 {
			flags |= f.linux
		}
	}
	// Blocks are counted in fragments.
	return &statfs{Type: fsMagic[name], Bsize: abi.Long(sv.Bsize), Blocks: abi.Long(sv.Blocks), Bfree: abi.Long(sv.Bfree), Bavail: abi.Long(sv.Bavail),
		Files: abi.Long(sv.Files), Ffree: abi.Long(sv.Ffree), Fsid: sv.Fsidx, Namelen: abi.Long(sv.Namemax), Frsize: abi.Long(sv.Frsize), Flags: flags}
}

func sysStatfs(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	p, err := l.CopyinStr(a[0], pathMax)
	if err != abi.OK {
		return ret(err)
	}
	var sv abi.Statvfs
	if err := vfs.Statvfs(l, p, &sv); err != abi.OK {
		return ret(err)
	}
	return ret(putStatfs(l, a[1], statfsOut(&sv)))
}

func sysFstatfs(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	f, err := l.GetfileAny(int32(a[0]))
	if err != abi.OK {
		return ret(err)
	}
	defer f.Done(l)
	var sv abi.Statvfs
	if err := vfs.Fstatvfs(l, f, &sv); err == abi.EINVAL {
		return ret(putStatfs(l, a[1], kindStatfs(l, f)))
	} else if err != abi.OK {
		return ret(err)
	}
	return ret(putStatfs(l, a[1], statfsOut(&sv)))
}

// maxDents bounds the buffer of one getdents call; a program with a larger one calls again.
const maxDents = 1 << 16

// getdents reads a directory. The offset in an entry is where the next one begins, which is known when that is
// reached. In the old form the type stands in the last byte.
func getdents(l *kern.LWP, a *kern.Args, old bool) (kern.Retval, abi.Errno) {
	f, kind, err := kindAt(l, a[0])
	switch {
	case err != abi.OK:
		return ret(err)
	case kind != kindDir:
		return ret(abi.ENOTDIR)
	}
	f.Use()
	defer f.Done(l)
	buf := make([]byte, min(uint64(uint32(a[2])), maxDents))
	var last []byte
	m := l.Model()
	ino64, type64 := 8, 18 // sizes and offsets of linux_dirent64
	if old {
		ino64, type64 = m.PtrSize, 2*m.PtrSize+2
	}
	head := type64
	if !old {
		head++
	}
	setNext := func() {
		if last != nil {
			m.PutUint(last[ino64:], ino64, uint64(f.Offset))
		}
	}
	pack := func(_ *abi.Model, b []byte, ino uint64, typ uint8, name []byte) int {
		setNext()
		n := head + len(name) + 1
		if old {
			n++
		}
		n = (n + ino64 - 1) &^ (ino64 - 1)
		if n > len(b) {
			return 0
		}
		clear(b[:n])
		m.PutUint(b, ino64, ino)
		m.PutUint(b[2*ino64:], 2, uint64(n))
		copy(b[head:], name)
		if old {
			b[n-1] = typ
		} else {
			b[type64] = typ
		}
		last = b
		return n
	}
	n, _, err := vfs.Getdents(l, f, buf, pack)
	if err != abi.OK {
		return ret(err)
	}
	setNext()
	return kern.Retval{R0: uint64(n)}, l.Copyout(buf[:n], a[1])
}

func sysGetdents(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno)   { return getdents(l, a, true) }
func sysGetdents64(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) { return getdents(l, a, false) }
