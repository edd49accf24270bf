// Package vfs is the file system: path lookup, host files and directories, devices and terminals, sockets.
// A guest's files are the host's, reached through descriptors and the host's *at calls only, so that nbemu's
// own working directory and umask play no part.
package vfs

import (
	"sync/atomic"
	"syscall"

	"golang.org/x/sys/unix"

	"nbemu/abi"
	"nbemu/kern"
)

// Config is what the command line decides; see Init.
type Config struct {
	EmulRoot string // -L: looked into first for absolute paths
	Chroot   string // -chroot: the guest sees nothing else
}

// root is the Rdir of the first process. Our own file systems (/dev) are seen by processes that have it.
var root *Dir

// Init sets the host process up for serving files, gives p its working directory, root and umask, and adopts
// the host's open descriptors: those that are not marked close-on-exec were meant for the program.
// Errors: the roots cannot be opened.
func Init(p *kern.Proc, c Config) error {
	umask := uint32(syscall.Umask(0))
	var cdir, rdir, edir *Dir
	var err error
	if c.Chroot != "" {
		if rdir, err = openHostDir(c.Chroot); err != nil {
			return err
		}
	}
	if c.EmulRoot != "" {
		if edir, err = openHostDir(c.EmulRoot); err != nil {
			return err
		}
	}
	if cdir, err = openHostDir("."); err != nil {
		if cdir, err = openHostDir("/"); err != nil {
			return err
		}
	}
	if rdir != nil && !under(cdir.fd, rdir.fd) {
		cdir.Unref()
		rdir.Ref()
		cdir = rdir
	}
	root = rdir
	// An interface that holds a nil pointer is not nil.
	cw := kern.NewCwdinfo(cdir, nil, nil, umask)
	if rdir != nil {
		cw.Rdir = rdir
	}
	if edir != nil {
		cw.Edir = edir
	}
	p.Cwdi = cw
	adoptAll(p)
	InitTTY(p)
	return nil
}

func openHostDir(path string) (*Dir, error) {
	fd, err := unix.Open(path, oSearch|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, &hostError{path, err}
	}
	return newDir(fd), nil
}

type hostError struct {
	path string
	err  error
}

func (e *hostError) Error() string { return e.path + ": " + e.err.Error() }
func (e *hostError) Unwrap() error { return e.err }

// Dir is a directory held open (kern.Dir).
type Dir struct {
	fd   int
	path string // of a directory of our own file systems, for which fd is the root's; else ""
	refs atomic.Int32
}

func newDir(fd int) *Dir {
	d := &Dir{fd: fd}
	d.refs.Store(1)
	return d
}

// Ref and Unref count the holders.
func (d *Dir) Ref() { d.refs.Add(1) }
func (d *Dir) Unref() {
	if d.refs.Add(-1) == 0 {
		_ = unix.Close(d.fd)
	}
}

// errno is kern.HostErrno under a shorter name.
func errno(err error) abi.Errno { return kern.HostErrno(err) }

// retry repeats a host call that a signal to nbemu interrupted.
func retry(f func() error) error {
	for {
		if err := f(); err != unix.EINTR {
			return err
		}
	}
}

// fdOf is the host descriptor of a directory of the process.
func fdOf(d kern.Dir) int { return d.(*Dir).fd }
