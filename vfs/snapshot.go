package vfs

import (
	"errors"
	"slices"

	"golang.org/x/sys/unix"

	"nbemu/abi"
	"nbemu/kern"
)

// What open files do when a machine goes back to a snapshot (kern.Saver). What programs have written to the host's files
// stays there.

var (
	errInput  = errors.New("what is read from the host's terminals and pipes cannot be given back")
	errLocked = errors.New("it has a lock")
)

// Save of a file whose offset is kern.File's has nothing to do.
func (h *hostOps) Save() (restore func(), err error) {
	if h.flocked {
		return nil, errLocked
	}
	return nil, nil
}

// Save remembers an offset that other host processes share.
func (r *regFile) Save() (restore func(), err error) {
	if restore, err = r.hostOps.Save(); err != nil || !r.shared {
		return restore, err
	}
	off, err := unix.Seek(r.fd, 0, unix.SEEK_CUR)
	if err != nil {
		return nil, err
	}
	return func() { _, _ = unix.Seek(r.fd, off, unix.SEEK_SET) }, nil
}

// Save remembers how far a directory has been read.
func (d *dirFile) Save() (restore func(), err error) {
	if _, err := d.hostOps.Save(); err != nil {
		return nil, err
	}
	off, err := unix.Seek(d.fd, 0, unix.SEEK_CUR)
	if err != nil {
		return nil, err
	}
	pending, sorted := slices.Clone(d.pending), slices.Clone(d.sorted)
	return func() {
		_, _ = unix.Seek(d.fd, off, unix.SEEK_SET)
		d.pending, d.sorted = slices.Clone(pending), slices.Clone(sorted)
	}, nil
}

// Save: output can go on; of what is open for input alone nobody knows what was there.
func (s *streamFile) Save() (restore func(), err error) {
	var st abi.Stat
	if s.Vnode.Stat(&st) == abi.OK && hostDevice(&st) != "" {
		return nil, nil
	}
	flags, err := unix.FcntlInt(uintptr(s.fd), unix.F_GETFL, 0)
	if err == nil && flags&unix.O_ACCMODE == unix.O_RDONLY {
		err = errInput
	}
	return nil, err
}

func (*memDevice) Save() (restore func(), err error) { return nil, nil }
func (*nodeDir) Save() (restore func(), err error)   { return nil, nil }
func (deadFile) Save() (restore func(), err error)   { return nil, nil }

// Save remembers what was read of a file of procfs.
func (o *procOpen) Save() (restore func(), err error) {
	b := o.b // replaced, never changed
	return func() { o.b = b }, nil
}

var _ = []kern.Saver{(*regFile)(nil), (*dirFile)(nil), (*streamFile)(nil), (*pathFile)(nil), (*memDevice)(nil), (*nodeDir)(nil), (*procOpen)(nil)}
