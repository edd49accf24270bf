//go:build unix

package vfs

import (
	"golang.org/x/sys/unix"

	"nbemu/abi"
)

// What Linux and macOS do alike with files.

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

// hostAccess is access(2) with the effective ids if eff.
func hostAccess(dirfd int, name string, nofollow, eff bool, mode uint32) error {
	flags := 0
	if nofollow {
		flags |= unix.AT_SYMLINK_NOFOLLOW
	}
	if eff {
		flags |= unix.AT_EACCESS
	}
	return unix.Faccessat(dirfd, name, mode, flags)
}

func stampOf(st *unix.Stat_t) uint64 {
	return uint64(st.Mtim.Nano()) ^ uint64(st.Ctim.Nano())<<1 ^ uint64(st.Size)<<17
}

func hostReadv(fd int, v [][]byte) (int, error) { return unix.Readv(fd, v) }

func hostWritev(fd int, v [][]byte) (int, error) { return unix.Writev(fd, v) }

func hostPreadv(fd int, v [][]byte, off int64) (int, error) { return unix.Preadv(fd, v, off) }

func hostPwritev(fd int, v [][]byte, off int64) (int, error) { return unix.Pwritev(fd, v, off) }

func hostFlock(start, end int64, typ int16) *unix.Flock_t {
	fl := &unix.Flock_t{Type: typ, Whence: unix.SEEK_SET, Start: start, Len: end - start}
	if end == lockEOF {
		fl.Len = 0
	}
	return fl
}

// hostSetLock sets a lock that belongs to the descriptor.
func hostSetLock(fd int, start, end int64, typ int16) error {
	fl := hostFlock(start, end, typ)
	return retry(func() error { return unix.FcntlFlock(uintptr(fd), hostOFDSetlk, fl) })
}

// hostGetLock finds a lock of another process of the host.
func hostGetLock(fd int, start, end int64, typ int16) (abi.Flock, bool) {
	fl := hostFlock(start, end, typ)
	if unix.FcntlFlock(uintptr(fd), hostOFDGetlk, fl) != nil || fl.Type == unix.F_UNLCK {
		return abi.Flock{}, false
	}
	out := abi.Flock{Start: fl.Start, Len: fl.Len, Pid: fl.Pid, Type: abi.F_RDLCK, Whence: abi.SEEK_SET}
	if fl.Type == unix.F_WRLCK {
		out.Type = abi.F_WRLCK
	}
	return out, true
}
