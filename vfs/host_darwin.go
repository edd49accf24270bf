package vfs

import (
	"bytes"
	"encoding/binary"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"nbemu/abi"
	"nbemu/kern"
)

// oSearch opens a directory, or any file, only to be named in other calls. There is no O_PATH: O_SEARCH is for
// directories only and O_EVTONLY wants permission to read all the same, so that what cannot be read cannot be
// opened so. A fifo gets a reader by it, which must not wait for a writer.
const oSearch = unix.O_RDONLY | unix.O_NONBLOCK

// fdName is a path that leads to what the descriptor is open on, as far as it has one: nothing can be looked up
// below /dev/fd/N, and opening that is but a dup.
func fdName(fd int) string {
	if p, err := fdPath(fd); err == abi.OK {
		return p
	}
	return "/dev/fd/" + strconv.Itoa(fd)
}

// formerFdPath is what a file was called that has no name any more; macOS does not tell.
func formerFdPath(int) string { return "" }

// fdPath returns the host's path of an open file. Errors: ENOENT when it has none any more.
func fdPath(fd int) (string, abi.Errno) {
	// F_GETPATH fills MAXPATHLEN (1024) bytes. The package passes pointers to structures of its own only, of
	// which this is as many as take that room.
	var buf [32]unix.Fstore_t
	if err := unix.FcntlFstore(uintptr(fd), unix.F_GETPATH, &buf[0]); err != nil {
		return "", abi.ENOENT
	}
	b, err := binary.Append(nil, binary.NativeEndian, buf[:])
	if err != nil {
		return "", abi.ENOENT
	}
	b, _, _ = bytes.Cut(b, []byte{0})
	p := string(b)
	// The kernel remembers the names of files that were removed.
	if p == "" || p[0] != '/' || !isFile(fd, p) {
		return "", abi.ENOENT
	}
	return p, abi.OK
}

// isFile reports whether path is the file that fd is open on.
func isFile(fd int, path string) bool {
	var a, b unix.Stat_t
	return unix.Fstat(fd, &a) == nil && unix.Lstat(path, &b) == nil && a.Dev == b.Dev && a.Ino == b.Ino
}

// inheritedFds lists the descriptors that were open when nbemu was started and were left open for it.
func inheritedFds() []int {
	ents, err := os.ReadDir("/dev/fd")
	if err != nil {
		return []int{0, 1, 2}
	}
	var out []int
	for _, e := range ents {
		fd, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		if fl, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0); err == nil && fl&unix.FD_CLOEXEC == 0 {
			out = append(out, fd)
		}
	}
	return out
}

// hostFlags are the flags of chflags that both systems have, under the same numbers.
const hostFlags = abi.UF_NODUMP | abi.UF_IMMUTABLE | abi.UF_APPEND | abi.UF_OPAQUE |
	abi.SF_ARCHIVED | abi.SF_IMMUTABLE | abi.SF_APPEND

// hostStat is stat; name "" is dirfd itself.
func hostStat(dirfd int, name string, nofollow bool, st *abi.Stat) error {
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
	ts := func(t unix.Timespec) abi.Timespec { return abi.Timespec{Sec: t.Sec, Nsec: abi.Long(t.Nsec)} }
	rmaj, rmin := splitDev(hs.Rdev)
	*st = abi.Stat{
		Dev: guestDev(hs.Dev), Ino: hs.Ino, Mode: uint32(hs.Mode), Nlink: uint32(hs.Nlink), Uid: hs.Uid, Gid: hs.Gid,
		Rdev: guestRdev(uint32(hs.Mode), rmaj, rmin),
		Atim: ts(hs.Atim), Mtim: ts(hs.Mtim), Ctim: ts(hs.Ctim), Birthtim: ts(hs.Btim),
		Size: hs.Size, Blocks: hs.Blocks, Blksize: hs.Blksize, Flags: hs.Flags & hostFlags,
	}
	return nil
}

func splitDev(dev int32) (major, minor uint32) {
	return unix.Major(uint64(uint32(dev))), unix.Minor(uint64(uint32(dev)))
}

func guestDev(dev int32) uint64 { return abi.Makedev(splitDev(dev)) }

// Numbers of the host's character devices that are ours, or are known under other numbers in NetBSD. They are
// not the same in every version of macOS.
var hostDevices = findDevices()

func findDevices() map[[2]uint32]string {
	out := map[[2]uint32]string{}
	for _, name := range []string{"null", "zero", "random", "urandom", "tty", "ptmx"} {
		var st unix.Stat_t
		if unix.Stat("/dev/"+name, &st) == nil && st.Mode&unix.S_IFMT == unix.S_IFCHR {
			major, minor := splitDev(st.Rdev)
			out[[2]uint32{major, minor}] = name
		}
	}
	return out
}

// direntName is the offset of a struct dirent's name: before it are numbers of 8, 8, 2, 2 and 1 bytes.
const direntName = 21

// hostDirents reads entries; the offset of fd says how many have been read, because that is how
// unix.Getdirentries goes on. The same numbers become the cookies, in place of the C library's own.
func hostDirents(fd int, buf []byte) (int, error) {
	before, err := unix.Seek(fd, 0, unix.SEEK_CUR)
	if err != nil {
		return 0, err
	}
	var base uintptr
	n, err := unix.Getdirentries(fd, buf, &base)
	if err != nil {
		return n, err
	}
	for b := buf[:n]; len(b) >= direntName; {
		before++
		binary.NativeEndian.PutUint64(b[8:], uint64(before))
		k := int(binary.NativeEndian.Uint16(b[16:]))
		if k < direntName || k > len(b) {
			return 0, unix.EIO
		}
		b = b[k:]
	}
	return n, nil
}

// parseDirent takes the first entry off what hostDirents returned. next is the cookie of the entry after it.
func parseDirent(b []byte) (d hostDirent, n int) {
	if len(b) < direntName {
		return d, 0
	}
	o := binary.NativeEndian
	d.ino = o.Uint64(b)
	d.next = int64(o.Uint64(b[8:]))
	n = int(o.Uint16(b[16:]))
	end := direntName + int(o.Uint16(b[18:]))
	if n > len(b) || end > n {
		return d, 0
	}
	d.typ = b[20] // the same numbers as NetBSD's
	d.name = b[direntName:end]
	return d, n
}

func hostOpenFlags(o int32) int {
	h := unix.O_NONBLOCK | unix.O_CLOEXEC | unix.O_NOCTTY
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

// hostChmod changes the mode of a file, with nofollow also that of a link.
func hostChmod(dirfd int, name string, nofollow bool, mode uint32) error {
	flags := 0
	if nofollow {
		flags = unix.AT_SYMLINK_NOFOLLOW
	}
	return unix.Fchmodat(dirfd, name, mode, flags)
}

// The package has no names for these values of <sys/stat.h>.
const (
	hostUtimeNow  = -1
	hostUtimeOmit = -2
)

func hostUtimens(dirfd int, name string, nofollow bool, ts *[2]unix.Timespec) error {
	if name == "" {
		return hostFutimens(dirfd, ts)
	}
	flags := 0
	if nofollow {
		flags = unix.AT_SYMLINK_NOFOLLOW
	}
	return unix.UtimesNanoAt(dirfd, name, ts[:], flags)
}

// hostFutimens is futimens, for which the package has only a function that knows microseconds: that is used
// for files without a name.
func hostFutimens(fd int, ts *[2]unix.Timespec) error {
	if p, err := fdPath(fd); err == abi.OK {
		return unix.UtimesNanoAt(unix.AT_FDCWD, p, ts[:], unix.AT_SYMLINK_NOFOLLOW)
	}
	var st unix.Stat_t
	if herr := unix.Fstat(fd, &st); herr != nil {
		return herr
	}
	old := [2]unix.Timespec{st.Atim, st.Mtim}
	tv := make([]unix.Timeval, 2)
	for i, t := range ts {
		switch t.Nsec {
		case hostUtimeNow: // of the host, as everywhere
			if herr := unix.Gettimeofday(&tv[i]); herr != nil {
				return herr
			}
			continue
		case hostUtimeOmit:
			t = old[i]
		}
		tv[i] = unix.Timeval{Sec: t.Sec, Usec: int32(t.Nsec / 1000)}
	}
	return unix.Futimes(fd, tv)
}

const (
	hostSeekHole = 3
	hostSeekData = 4
)

func hostChownNamed(fd, uid, gid int) error { return unix.Fchown(fd, uid, gid) }

func hostTmpfile(int, string, int, bool, uint32) (int, error) { return -1, unix.EOPNOTSUPP }

func hostLinkFd(int, int, string) error { return unix.EOPNOTSUPP }

func hostExchange(fromfd int, from string, tofd int, to string) error {
	return unix.RenameatxNp(fromfd, from, tofd, to, unix.RENAME_SWAP)
}

func hostSync() { _ = unix.Sync() }

// hostFdatasync is fsync: there is no call for the data alone.
func hostFdatasync(fd int) error { return unix.Fsync(fd) }

// notSupported makes one error of those for what a file system does not do.
func notSupported(err error) error {
	if err == unix.ENOTSUP || err == unix.ENOTTY {
		return unix.EOPNOTSUPP
	}
	return err
}

// hostFallocate reserves room after the end of the file. Holes before it are not filled.
func hostFallocate(fd int, off, n int64) error {
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return err
	}
	if off+n <= st.Size {
		return nil
	}
	fst := unix.Fstore_t{Flags: unix.F_ALLOCATEALL, Posmode: unix.F_PEOFPOSMODE, Length: off + n - st.Size}
	if err := unix.FcntlFstore(uintptr(fd), unix.F_PREALLOCATE, &fst); err != nil {
		return notSupported(err)
	}
	return unix.Ftruncate(fd, off+n)
}

// hostPunch makes a hole. The host does so with whole blocks; what is left of others is overwritten.
func hostPunch(fd int, off, n int64) error {
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return err
	}
	var sf unix.Statfs_t
	if err := unix.Fstatfs(fd, &sf); err != nil {
		return err
	}
	end := min(off+n, st.Size)
	block := max(int64(sf.Bsize), 1)
	from, to := (off+block-1)/block*block, end/block*block
	if from >= to {
		return writeZeros(fd, off, end)
	}
	// struct fpunchhole begins as Fstore_t does: two words, then offset and length.
	hole := unix.Fstore_t{Offset: from, Length: to - from}
	if err := unix.FcntlFstore(uintptr(fd), unix.F_PUNCHHOLE, &hole); err != nil {
		return notSupported(err)
	}
	if err := writeZeros(fd, off, from); err != nil {
		return err
	}
	return writeZeros(fd, to, end)
}

func writeZeros(fd int, off, end int64) error {
	var zeros [4096]byte
	for off < end {
		n, err := unix.Pwrite(fd, zeros[:min(end-off, int64(len(zeros)))], off)
		if err != nil && err != unix.EINTR {
			return err
		}
		off += int64(max(n, 0))
	}
	return nil
}

// hostMknod makes a file of any type but a socket or a device. The package has only the calls that take a path.
func hostMknod(dirfd int, name string, mode uint32) error {
	perm := mode &^ unix.S_IFMT
	switch mode & unix.S_IFMT {
	case unix.S_IFREG:
		fd, herr := unix.Openat(dirfd, name, unix.O_WRONLY|unix.O_CREAT|unix.O_EXCL|unix.O_NOFOLLOW|unix.O_CLOEXEC, perm)
		if herr != nil {
			return herr
		}
		return unix.Close(fd)
	case unix.S_IFSOCK:
		return unix.EOPNOTSUPP
	}
	path := name
	if dirfd != unix.AT_FDCWD && !strings.HasPrefix(name, "/") {
		dir, err := fdPath(dirfd)
		if err != abi.OK {
			return unix.ENOENT
		}
		path = joinPath(dir, name)
	}
	if mode&unix.S_IFMT != unix.S_IFIFO {
		return unix.EINVAL
	}
	return unix.Mkfifo(path, perm)
}

// reopen opens what fd is open on a second time, with flags of its own. A file without a name is only
// duplicated, which the host does if fd was opened for as much.
func reopen(fd, flags int) (int, error) {
	nfd, err := unix.Open(fdName(fd), flags|unix.O_CLOEXEC, 0)
	if err != nil {
		return -1, err
	}
	if !sameFile(fd, nfd) {
		// The name went to another file meanwhile.
		_ = unix.Close(nfd)
		return -1, unix.ENOENT
	}
	return nfd, nil
}

var pollFlags = [...]struct{ nb, host int16 }{
	{abi.POLLIN, unix.POLLIN}, {abi.POLLPRI, unix.POLLPRI}, {abi.POLLOUT, unix.POLLOUT},
	{abi.POLLRDNORM, unix.POLLRDNORM}, {abi.POLLRDBAND, unix.POLLRDBAND}, {abi.POLLWRBAND, unix.POLLWRBAND},
	{abi.POLLERR, unix.POLLERR}, {abi.POLLHUP, unix.POLLHUP}, {abi.POLLNVAL, unix.POLLNVAL},
}

// Commands for locks that belong to the descriptor, not to nbemu as a process (<sys/fcntl.h>).
const (
	hostOFDSetlk = 90
	hostOFDGetlk = 92
)

// hostNread is how many bytes can be read now.
func hostNread(fd int) int {
	const fionread = 0x4004667f // the package has no name for it
	n, err := unix.IoctlGetInt(fd, fionread)
	if err != nil {
		return 0
	}
	return n
}

// hostOpenOwn: what a descriptor of a pipe leads to cannot be opened again.
func hostOpenOwn(fd, flags int) (int, error) { return reopen(fd, flags) }

// errCannotHold is the error of hostHold: there is no O_PATH.
var errCannotHold error = unix.ENOTSUP

func hostHold(int, string, int) (int, error) { return -1, errCannotHold }

// hostChownHeld changes the owner of what a descriptor is open on.
func hostChownHeld(fd int, uid, gid uint32) error {
	return unix.Fchown(fd, int(int32(uid)), int(int32(gid)))
}

// hostRenameNew is rename to a name that must not exist. Error: EEXIST if it does.
func hostRenameNew(fromfd int, from string, tofd int, to string) error {
	err := unix.RenameatxNp(fromfd, from, tofd, to, unix.RENAME_EXCL)
	if err == unix.ENOTSUP {
		err = unix.Renameat(fromfd, from, tofd, to)
	}
	return err
}

// hostSlack is how much older than it is a new file can seem.
func hostSlack(int) time.Duration { return 2 * time.Second }

// hostReserve: room behind a file's end cannot be reserved without the file's growing.
func hostReserve(int, int64, int64) error { return unix.EOPNOTSUPP }

// FileFlags are flags that Linux' file systems keep. Error: ENOTTY.
func FileFlags(*kern.File) (uint32, abi.Errno) { return 0, abi.ENOTTY }

// hostMemfd is a name that files without one have on Linux.
func hostMemfd(int) string { return "" }
