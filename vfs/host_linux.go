package vfs

import (
	"encoding/binary"
	"errors"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"nbemu/abi"
	"nbemu/kern"
)

// oSearch opens a directory, or any file, only to be named in other calls.
const oSearch = unix.O_PATH

// fdName is a path that leads to what the descriptor is open on, whatever that is called by now.
func fdName(fd int) string { return "/proc/self/fd/" + strconv.Itoa(fd) }

// fdPath returns the host's path of an open file. Errors: ENOENT when it has none any more, ENAMETOOLONG.
func fdPath(fd int) (string, abi.Errno) {
	p, err := os.Readlink(fdName(fd))
	if errors.Is(err, unix.ENAMETOOLONG) {
		return "", abi.ENAMETOOLONG
	}
	if err != nil {
		return "", abi.ENOENT
	}
	if strings.HasSuffix(p, " (deleted)") || p == "" || p[0] != '/' {
		return "", abi.ENOENT
	}
	return p, abi.OK
}

// formerFdPath is what a file was called that has no name any more, "" for other files.
func formerFdPath(fd int) string {
	p, err := os.Readlink(fdName(fd))
	p, deleted := strings.CutSuffix(p, " (deleted)")
	if err != nil || !deleted || p == "" || p[0] != '/' {
		return ""
	}
	return p
}

// inheritedFds lists the descriptors that were open when nbemu was started and were left open for it.
func inheritedFds() []int {
	dir, err := os.Open("/proc/self/fd")
	if err != nil {
		return []int{0, 1, 2}
	}
	names, _ := dir.Readdirnames(-1)
	dir.Close()
	var out []int
	for _, name := range names {
		fd, err := strconv.Atoi(name)
		if err != nil {
			continue
		}
		if fl, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0); err == nil && fl&unix.FD_CLOEXEC == 0 {
			out = append(out, fd)
		}
	}
	return out
}

// hostStat is stat with the time of birth; name "" is dirfd itself.
func hostStat(dirfd int, name string, nofollow bool, st *abi.Stat) error {
	flags := unix.AT_STATX_SYNC_AS_STAT | unix.AT_NO_AUTOMOUNT
	if nofollow {
		flags |= unix.AT_SYMLINK_NOFOLLOW
	}
	if name == "" {
		flags |= unix.AT_EMPTY_PATH
	}
	var sx unix.Statx_t
	if err := unix.Statx(dirfd, name, flags, unix.STATX_BASIC_STATS|unix.STATX_BTIME, &sx); err != nil {
		if err != unix.ENOSYS {
			return err
		}
		return oldStat(dirfd, name, nofollow, st)
	}
	ts := func(t unix.StatxTimestamp) abi.Timespec { return abi.Timespec{Sec: t.Sec, Nsec: abi.Long(t.Nsec)} }
	*st = abi.Stat{
		Dev: abi.Makedev(sx.Dev_major, sx.Dev_minor), Ino: sx.Ino, Mode: uint32(sx.Mode), Nlink: sx.Nlink,
		Uid: sx.Uid, Gid: sx.Gid, Rdev: guestRdev(uint32(sx.Mode), sx.Rdev_major, sx.Rdev_minor),
		Atim: ts(sx.Atime), Mtim: ts(sx.Mtime), Ctim: ts(sx.Ctime), Birthtim: ts(sx.Btime),
		Size: int64(sx.Size), Blocks: int64(sx.Blocks), Blksize: int32(sx.Blksize),
	}
	if sx.Mask&unix.STATX_BTIME == 0 {
		st.Birthtim = st.Ctim
	}
	if sx.Attributes&unix.STATX_ATTR_IMMUTABLE != 0 {
		st.Flags |= abi.SF_IMMUTABLE
	}
	if sx.Attributes&unix.STATX_ATTR_APPEND != 0 {
		st.Flags |= abi.SF_APPEND
	}
	if sx.Attributes&unix.STATX_ATTR_NODUMP != 0 {
		st.Flags |= abi.UF_NODUMP
	}
	return nil
}

func oldStat(dirfd int, name string, nofollow bool, st *abi.Stat) error {
	var hs unix.Stat_t
	var err error
	switch {
	case name == "":
		err = unix.Fstat(dirfd, &hs)
	case nofollow:
		err = unix.Fstatat(dirfd, name, &hs, unix.AT_SYMLINK_NOFOLLOW)
	default:
		err = unix.Fstatat(dirfd, name, &hs, 0)
	}
	if err != nil {
		return err
	}
	ts := func(t unix.Timespec) abi.Timespec { return abi.Timespec{Sec: int64(t.Sec), Nsec: abi.Long(t.Nsec)} }
	*st = abi.Stat{
		Dev: abi.Makedev(unix.Major(uint64(hs.Dev)), unix.Minor(uint64(hs.Dev))), Ino: hs.Ino, Mode: hs.Mode,
		Nlink: uint32(hs.Nlink), Uid: hs.Uid, Gid: hs.Gid,
		Rdev: guestRdev(hs.Mode, unix.Major(uint64(hs.Rdev)), unix.Minor(uint64(hs.Rdev))),
		Atim: ts(hs.Atim), Mtim: ts(hs.Mtim), Ctim: ts(hs.Ctim), Birthtim: ts(hs.Ctim),
		Size: hs.Size, Blocks: hs.Blocks, Blksize: int32(hs.Blksize),
	}
	return nil
}

// Numbers of the host's character devices that are ours, or are known under other numbers in NetBSD.
var hostDevices = map[[2]uint32]string{
	{1, 3}: "null", {1, 5}: "zero", {1, 7}: "full", {1, 8}: "random", {1, 9}: "urandom", {5, 0}: "tty", {5, 2}: "ptmx",
}

func hostDirents(fd int, buf []byte) (int, error) { return unix.Getdents(fd, buf) }

// parseDirent takes the first entry off what hostDirents returned. next is the cookie of the entry after it.
func parseDirent(b []byte) (d hostDirent, n int) {
	d.ino = binary.NativeEndian.Uint64(b)
	d.next = int64(binary.NativeEndian.Uint64(b[8:]))
	n = int(binary.NativeEndian.Uint16(b[16:]))
	d.typ = b[18] // the same numbers as NetBSD's
	name := b[19:n]
	for i, c := range name {
		if c == 0 {
			name = name[:i]
			break
		}
	}
	d.name = name
	return d, n
}

func hostOpenFlags(o int32) int {
	h := unix.O_NONBLOCK | unix.O_CLOEXEC | unix.O_NOCTTY | unix.O_LARGEFILE
	switch o & abi.O_ACCMODE {
	case abi.O_WRONLY:
		h |= unix.O_WRONLY
	case abi.O_RDWR:
		h |= unix.O_RDWR
	}
	for _, m := range [...]struct {
		nb int32
		h  int
	}{
		{abi.O_APPEND, unix.O_APPEND}, {abi.O_CREAT, unix.O_CREAT}, {abi.O_TRUNC, unix.O_TRUNC},
		{abi.O_EXCL, unix.O_EXCL}, {abi.O_SYNC, unix.O_SYNC}, {abi.O_DSYNC, unix.O_DSYNC},
		{abi.O_RSYNC, unix.O_SYNC}, {abi.O_DIRECTORY, unix.O_DIRECTORY},
	} {
		if o&m.nb != 0 {
			h |= m.h
		}
	}
	return h
}

// hostChmod changes the mode of a file without following a link. Links themselves have no mode to change.
func hostChmod(dirfd int, name string, nofollow bool, mode uint32) error {
	if !nofollow {
		return unix.Fchmodat(dirfd, name, mode, 0)
	}
	fd, err := unix.Openat(dirfd, name, unix.O_PATH|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return err
	}
	if st.Mode&unix.S_IFMT == unix.S_IFLNK {
		return unix.EOPNOTSUPP
	}
	return unix.Fchmodat(unix.AT_FDCWD, fdName(fd), mode, 0)
}

func hostUtimens(dirfd int, name string, nofollow bool, ts *[2]unix.Timespec) error {
	if name == "" {
		err := unix.UtimesNanoAt(dirfd, "", ts[:], unix.AT_EMPTY_PATH)
		if err == unix.EINVAL || err == unix.ENOENT { // before Linux 5.8
			err = unix.UtimesNanoAt(unix.AT_FDCWD, fdName(dirfd), ts[:], 0)
		}
		return err
	}
	flags := 0
	if nofollow {
		flags = unix.AT_SYMLINK_NOFOLLOW
	}
	return unix.UtimesNanoAt(dirfd, name, ts[:], flags)
}

const (
	hostUtimeNow  = unix.UTIME_NOW
	hostUtimeOmit = unix.UTIME_OMIT
)

const (
	hostSeekData = unix.SEEK_DATA
	hostSeekHole = unix.SEEK_HOLE
)

// hostChownNamed changes the owner of what an oSearch descriptor names, of a link itself.
func hostChownNamed(fd, uid, gid int) error {
	return unix.Fchownat(fd, "", uid, gid, unix.AT_EMPTY_PATH)
}

// hostTmpfile makes a file without a name in a directory; it can be given one unless excl says that it must not.
func hostTmpfile(dirfd int, name string, flags int, excl bool, mode uint32) (int, error) {
	if excl {
		flags |= unix.O_EXCL
	}
	return unix.Openat(dirfd, name, flags|unix.O_TMPFILE|unix.O_CLOEXEC, mode)
}

// hostLinkFd returns an open file a name.
func hostLinkFd(fd, dirfd int, name string) error {
	return unix.Linkat(unix.AT_FDCWD, fdName(fd), dirfd, name, unix.AT_SYMLINK_FOLLOW)
}

// hostExchange swaps two names.
func hostExchange(fromfd int, from string, tofd int, to string) error {
	return unix.Renameat2(fromfd, from, tofd, to, unix.RENAME_EXCHANGE)
}

func hostSync() { unix.Sync() }

func hostFdatasync(fd int) error { return unix.Fdatasync(fd) }

func hostFallocate(fd int, off, n int64) error { return unix.Fallocate(fd, 0, off, n) }

// hostReserve is hostFallocate that leaves the file as long as it is.
func hostReserve(fd int, off, n int64) error {
	return unix.Fallocate(fd, unix.FALLOC_FL_KEEP_SIZE, off, n)
}

func hostPunch(fd int, off, n int64) error {
	return unix.Fallocate(fd, unix.FALLOC_FL_PUNCH_HOLE|unix.FALLOC_FL_KEEP_SIZE, off, n)
}

// hostMknod makes a file of any type but a device.
func hostMknod(dirfd int, name string, mode uint32) error { return unix.Mknodat(dirfd, name, mode, 0) }

// reopen opens what fd is open on a second time, with flags of its own.
func reopen(fd, flags int) (int, error) {
	return unix.Open(fdName(fd), flags|unix.O_CLOEXEC, 0)
}

// errCannotHold is the error of hostHold where there are no such descriptors.
var errCannotHold error = unix.ENOSYS

// hostHold opens a file only to be named. flags are O_NOFOLLOW or 0.
func hostHold(dirfd int, name string, flags int) (int, error) {
	return unix.Openat(dirfd, name, unix.O_PATH|unix.O_CLOEXEC|flags, 0)
}

// hostChownHeld changes the owner of what a descriptor is open on, which may be a link.
func hostChownHeld(fd int, uid, gid uint32) error {
	return unix.Fchownat(fd, "", int(int32(uid)), int(int32(gid)), unix.AT_EMPTY_PATH)
}

// hostRenameNew is rename to a name that must not exist. Error: EEXIST if it does.
func hostRenameNew(fromfd int, from string, tofd int, to string) error {
	err := unix.Renameat2(fromfd, from, tofd, to, unix.RENAME_NOREPLACE)
	if err == unix.EINVAL || err == unix.ENOSYS {
		err = unix.Renameat(fromfd, from, tofd, to) // the file system knows no such thing
	}
	return err
}

// hostSlack is how much older than it is a new file can seem: its time is that of the last tick, or comes from the clock
// of a file server.
func hostSlack(fd int) time.Duration {
	var st unix.Statfs_t
	if unix.Fstatfs(fd, &st) == nil {
		switch uint32(st.Type) {
		case unix.NFS_SUPER_MAGIC, unix.FUSE_SUPER_MAGIC, unix.V9FS_MAGIC, unix.CIFS_SUPER_MAGIC, unix.SMB2_SUPER_MAGIC:
			return 2 * time.Second
		}
	}
	return 20 * time.Millisecond
}

// hostOpenOwn opens the pipe or terminal that fd is open on a second time. Errors: the host's; EBUSY for the master of a
// pseudo-terminal, of which that would make another one.
func hostOpenOwn(fd, flags int) (int, error) {
	if _, err := unix.IoctlGetUint32(fd, unix.TIOCGPTN); err == nil {
		return -1, unix.EBUSY
	}
	return reopen(fd, flags)
}

var pollFlags = [...]struct{ nb, host int16 }{
	{abi.POLLIN, unix.POLLIN}, {abi.POLLPRI, unix.POLLPRI}, {abi.POLLOUT, unix.POLLOUT},
	{abi.POLLRDNORM, 0x40}, {abi.POLLRDBAND, 0x80}, {abi.POLLWRBAND, 0x200},
	{abi.POLLERR, unix.POLLERR}, {abi.POLLHUP, unix.POLLHUP}, {abi.POLLNVAL, unix.POLLNVAL},
}

// Commands for locks that belong to the descriptor, not to nbemu as a process.
const (
	hostOFDSetlk = unix.F_OFD_SETLK
	hostOFDGetlk = unix.F_OFD_GETLK
)

// hostNread is how many bytes can be read now.
func hostNread(fd int) int {
	n, err := unix.IoctlGetInt(fd, unix.TIOCINQ)
	if err != nil {
		return 0
	}
	return n
}

// FileFlags are the flags of an open file that the host's file system keeps (FS_IOC_GETFLAGS). Errors: ENOTTY, the host's.
func FileFlags(f *kern.File) (uint32, abi.Errno) {
	v := vnodeOf(f)
	if v == nil {
		return 0, abi.ENOTTY
	}
	n, err := unix.IoctlGetUint32(v.fd, unix.FS_IOC_GETFLAGS)
	return n, errno(err)
}

// hostMemfd is what the host calls a file of memfd_create(2), or "" for another.
func hostMemfd(fd int) string {
	if p, err := os.Readlink(fdName(fd)); err == nil && strings.HasPrefix(p, "/memfd:") {
		return p
	}
	return ""
}
