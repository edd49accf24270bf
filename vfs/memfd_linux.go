package vfs

import (
	"golang.org/x/sys/unix"

	"nbemu/abi"
	"nbemu/kern"
	"nbemu/mem"
)

const hostNoAttr = unix.ENODATA

// Memfd is memfd_create: a file of memory that has no name. Error: EINVAL for flags.
func Memfd(l *kern.LWP, name string, flags int32) (*kern.File, abi.Errno) {
	if flags&^(abi.MFD_CLOEXEC|abi.MFD_ALLOW_SEALING) != 0 {
		return nil, abi.EINVAL
	}
	h := unix.MFD_CLOEXEC
	if flags&abi.MFD_ALLOW_SEALING != 0 {
		h |= unix.MFD_ALLOW_SEALING
	}
	fd, herr := unix.MemfdCreate(name, h)
	if herr != nil {
		return nil, errno(herr)
	}
	f, err := newHostFile(l, fd, abi.O_RDWR, nil)
	if err == abi.OK {
		// As on Linux, which executes them while they are open.
		if r, ok := f.Ops.(*regFile); ok {
			r.memory = true
			r.fs.textFiles.closed(r.Vnode)
		}
	}
	return f, err
}

// seals are F_ADD_SEALS and F_GET_SEALS, whose bits are the host's. Errors: EINVAL, EPERM, EBUSY.
func (r *regFile) seals(cmd int32, arg uint64) (int64, abi.Errno) {
	h := unix.F_GET_SEALS
	if cmd == abi.F_ADD_SEALS {
		h = unix.F_ADD_SEALS
		if arg&(abi.F_SEAL_WRITE|abi.F_SEAL_FUTURE_WRITE) != 0 {
			mem.FileSealing(r.key)
		}
	}
	n, err := unix.FcntlInt(uintptr(r.fd), h, int(int32(arg)))
	return int64(n), errno(err)
}

// Cachestat counts a file's pages in the host's memory: those that are there, those to be written, those being written,
// those that were there, and those that were there not long ago. A length of 0 is up to the end. Errors: EOPNOTSUPP for
// what is no file of the host's, the host's.
func Cachestat(f *kern.File, off, n uint64) (s [5]uint64, err abi.Errno) {
	v := vnodeOf(f)
	if v == nil {
		return s, abi.EOPNOTSUPP
	}
	var h unix.Cachestat_t
	if herr := unix.Cachestat(uint(v.fd), &unix.CachestatRange{Off: off, Len: n}, &h, 0); herr != nil {
		return s, errno(herr)
	}
	return [5]uint64{h.Cache, h.Dirty, h.Writeback, h.Evicted, h.Recently_evicted}, abi.OK
}
