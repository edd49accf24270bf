package vfs

import (
	"bytes"
	"encoding/binary"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"nbemu/abi"
)

// oSearch opens a file only to be named in other calls. Directories that may be searched but not read cannot
// be opened so here.
const oSearch = unix.O_RDONLY | unix.O_NONBLOCK

func fdName(fd int) string { return "/dev/fd/" + strconv.Itoa(fd) }

func fdPath(fd int) (string, abi.Errno) {
	d, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0)
	if err != nil || d < 0 {
		return "", abi.ENOENT
	}
	// The package has no call for F_GETPATH that takes a buffer: the name of the directory is found by the
	// kernel's own link.
	var st unix.Stat_t
	if unix.Fstat(fd, &st) != nil {
		return "", abi.ENOENT
	}
	var buf [abi.PATH_MAX]byte
	n, err := unix.Readlink("/.vol/"+strconv.FormatInt(int64(st.Dev), 10)+"/"+strconv.FormatUint(st.Ino, 10), buf[:])
	if err != nil || n == 0 {
		return climbPath(fd)
	}
	return string(buf[:n]), abi.OK
}

// climbPath finds a directory's path by looking for it in its parents.
func climbPath(fd int) (string, abi.Errno) {
	path := ""
	at, own := fd, false
	defer func() {
		if own {
			_ = unix.Close(at)
		}
	}()
	for range 512 {
		up, err := unix.Openat(at, "..", unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
		if err != nil {
			return "", abi.ENOENT
		}
		if sameFile(at, up) {
			_ = unix.Close(up)
			if path == "" {
				path = "/"
			}
			return path, abi.OK
		}
		name := nameIn(up, at)
		if own {
			_ = unix.Close(at)
		}
		at, own = up, true
		if name == "" {
			return "", abi.ENOENT
		}
		path = "/" + name + path
	}
	return "", abi.ENOENT
}

func nameIn(dir, child int) string {
	var want unix.Stat_t
	if unix.Fstat(child, &want) != nil {
		return ""
	}
	buf := make([]byte, 16384)
	for {
		n, err := hostDirents(dir, buf)
		if err != nil || n == 0 {
			return ""
		}
		for b := buf[:n]; len(b) > 0; {
			d, used := parseDirent(b)
			if used <= 0 {
				return ""
			}
			var st unix.Stat_t
			if unix.Fstatat(dir, string(d.name), &st, unix.AT_SYMLINK_NOFOLLOW) == nil && st.Dev == want.Dev && st.Ino == want.Ino &&
				string(d.name) != "." && string(d.name) != ".." {
				return string(d.name)
			}
			b = b[used:]
		}
	}
}

func inheritedFds() []int {
	var out []int
	for fd := range 256 {
		if fl, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0); err == nil && fl&unix.FD_CLOEXEC == 0 {
			out = append(out, fd)
		}
	}
	return out
}

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
	*st = abi.Stat{
		Dev: uint64(uint32(hs.Dev)), Ino: hs.Ino, Mode: uint32(hs.Mode), Nlink: uint32(hs.Nlink), Uid: hs.Uid, Gid: hs.Gid,
		Rdev: guestRdev(uint32(hs.Mode), unix.Major(uint64(hs.Rdev)), unix.Minor(uint64(hs.Rdev))),
		Atim: ts(hs.Atim), Mtim: ts(hs.Mtim), Ctim: ts(hs.Ctim), Birthtim: ts(hs.Btim),
		Size: hs.Size, Blocks: hs.Blocks, Blksize: hs.Blksize,
		// The flags of both systems come from 4.4BSD.
		Flags: hs.Flags & (abi.UF_NODUMP | abi.UF_IMMUTABLE | abi.UF_APPEND | abi.UF_OPAQUE | abi.SF_ARCHIVED | abi.SF_IMMUTABLE | abi.SF_APPEND),
	}
	return nil
}

func stampOf(st *unix.Stat_t) uint64 {
	return uint64(st.Mtim.Nano()) ^ uint64(st.Ctim.Nano())<<1 ^ uint64(st.Size)<<17
}

var hostDevices = map[[2]uint32]string{{3, 2}: "null", {3, 3}: "zero", {14, 0}: "random", {14, 1}: "urandom", {2, 0}: "tty"}

func hostDirents(fd int, buf []byte) (int, error) {
	var base uintptr
	return unix.Getdirentries(fd, buf, &base)
}

func parseDirent(b []byte) (d hostDirent, n int) {
	d.ino = binary.NativeEndian.Uint64(b)
	d.next = int64(binary.NativeEndian.Uint64(b[8:]))
	n = int(binary.NativeEndian.Uint16(b[16:]))
	namlen := int(binary.NativeEndian.Uint16(b[18:]))
	d.typ = b[20]
	if n < 21+namlen || n > len(b) {
		return d, 0
	}
	d.name = bytes.TrimRight(b[21:21+namlen], "\x00")
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
		{abi.O_EXCL, unix.O_EXCL}, {abi.O_SYNC, unix.O_SYNC}, {abi.O_DSYNC, unix.O_SYNC},
		{abi.O_RSYNC, unix.O_SYNC}, {abi.O_DIRECTORY, unix.O_DIRECTORY},
	} {
		if o&m.nb != 0 {
			h |= m.h
		}
	}
	return h
}

func setAppend(fd int, on bool) error {
	fl, err := unix.FcntlInt(uintptr(fd), unix.F_GETFL, 0)
	if err != nil {
		return err
	}
	if on {
		fl |= unix.O_APPEND
	} else {
		fl &^= unix.O_APPEND
	}
	_, err = unix.FcntlInt(uintptr(fd), unix.F_SETFL, fl)
	return err
}

func hostChmod(dirfd int, name string, nofollow bool, mode uint32) error {
	flags := 0
	if nofollow {
		flags = unix.AT_SYMLINK_NOFOLLOW
	}
	return unix.Fchmodat(dirfd, name, mode, flags)
}

func hostAccess(dirfd int, name string, nofollow, eff bool, mode uint32) error {
	const atEaccess = 0x10
	flags := 0
	if nofollow {
		flags |= unix.AT_SYMLINK_NOFOLLOW
	}
	if eff {
		flags |= atEaccess
	}
	return unix.Faccessat(dirfd, name, mode, flags)
}

// Special nanoseconds of the host's utimensat.
const (
	hostUtimeNow  = -1
	hostUtimeOmit = -2
)

// hostUtimens has no "now" and "leave alone" at its disposal: they are worked out here.
func hostUtimens(dirfd int, name string, nofollow bool, ts *[2]unix.Timespec) error {
	var st abi.Stat
	if err := hostStat(dirfd, name, nofollow, &st); err != nil {
		return err
	}
	old := [2]abi.Timespec{st.Atim, st.Mtim}
	now := nowTimespec()
	for i := range ts {
		switch ts[i].Nsec {
		case hostUtimeNow:
			setTimespec(&ts[i], now)
		case hostUtimeOmit:
			setTimespec(&ts[i], old[i])
		}
	}
	if name == "" {
		return unix.Futimes(dirfd, []unix.Timeval{unix.NsecToTimeval(ts[0].Nano()), unix.NsecToTimeval(ts[1].Nano())})
	}
	flags := 0
	if nofollow {
		flags = unix.AT_SYMLINK_NOFOLLOW
	}
	return unix.UtimesNanoAt(dirfd, name, ts[:], flags)
}

func hostSync() { _ = unix.Sync() }

func hostFdatasync(fd int) error { return unix.Fsync(fd) }

func hostFallocate(int, int64, int64) error { return unix.EOPNOTSUPP }

func hostPunch(int, int64, int64) error { return unix.EOPNOTSUPP }

// hostMknod has no form that takes a directory: the path is put together.
func hostMknod(dirfd int, name string, mode uint32, major, minor uint32) error {
	if !strings.HasPrefix(name, "/") {
		dir, e := fdPath(dirfd)
		if e != abi.OK {
			return unix.ENOENT
		}
		name = joinPath(dir, name)
	}
	if mode&unix.S_IFMT == unix.S_IFIFO {
		return unix.Mkfifo(name, mode&^unix.S_IFMT)
	}
	return unix.Mknod(name, mode, int(unix.Mkdev(major, minor)))
}

func reopen(fd, flags int) (int, error) {
	p, e := fdPath(fd)
	if e != abi.OK {
		return unix.Open(fdName(fd), flags|unix.O_CLOEXEC, 0)
	}
	return unix.Open(p, flags|unix.O_CLOEXEC, 0)
}

func splitDev(dev uint64) (major, minor uint32) { return unix.Major(dev), unix.Minor(dev) }

var pollFlags = [...]struct{ nb, host int16 }{
	{abi.POLLIN, unix.POLLIN}, {abi.POLLPRI, unix.POLLPRI}, {abi.POLLOUT, unix.POLLOUT},
	{abi.POLLRDNORM, 0x40}, {abi.POLLRDBAND, 0x80}, {abi.POLLWRBAND, 0x100},
	{abi.POLLERR, unix.POLLERR}, {abi.POLLHUP, unix.POLLHUP}, {abi.POLLNVAL, unix.POLLNVAL},
}

// The host has no locks that belong to a descriptor: locks are kept between guests only.
func hostSetLock(int, int64, int64, int16) error { return nil }

func hostGetLock(int, int64, int64, int16) (abi.Flock, bool) { return abi.Flock{}, false }

func vectored(v [][]byte, one func(b []byte, done int) (int, error)) (n int, err error) {
	for _, b := range v {
		k, err := one(b, n)
		if err != nil {
			if n > 0 {
				return n, nil
			}
			return 0, err
		}
		n += k
		if k < len(b) {
			break
		}
	}
	return n, nil
}

func hostReadv(fd int, v [][]byte) (int, error) {
	return vectored(v, func(b []byte, _ int) (int, error) { return unix.Read(fd, b) })
}

func hostWritev(fd int, v [][]byte) (int, error) {
	return vectored(v, func(b []byte, _ int) (int, error) { return unix.Write(fd, b) })
}

func hostPreadv(fd int, v [][]byte, off int64) (int, error) {
	return vectored(v, func(b []byte, n int) (int, error) { return unix.Pread(fd, b, off+int64(n)) })
}

func hostPwritev(fd int, v [][]byte, off int64) (int, error) {
	return vectored(v, func(b []byte, n int) (int, error) { return unix.Pwrite(fd, b, off+int64(n)) })
}

// hostNread is how many bytes can be read now.
func hostNread(fd int) int {
	const fionread = 0x4004667f
	n, err := unix.IoctlGetInt(fd, fionread)
	if err != nil {
		return 0
	}
	return n
}
