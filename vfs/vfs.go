// Package vfs is the file system: path lookup, host files and directories, devices and terminals, sockets.
// A guest's files are the host's, reached through descriptors and the host's *at calls only, so that nbemu's
// own working directory and umask play no part.
//
// It is a part of nbemu and not for other modules: those import package machine.
package vfs

import (
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"

	"golang.org/x/sys/unix"

	"nbemu/abi"
	"nbemu/kern"
)

// Config says where a machine's files are; see FS.Init.
type Config struct {
	EmulRoot string // looked into first for absolute paths (-L); "" for none
	Chroot   string // the guest sees nothing else; "" for no such limit
	Dir      string // the working directory of programs; "" is the host process's
	Overlay  string // where changes below Chroot and EmulRoot go; "" for their own directories. See SetOverlay
}

// hostUmask clears the host process's umask, which must not take part in what guests create, and returns what it was.
var hostUmask = sync.OnceValue(func() uint32 { return uint32(syscall.Umask(0)) })

// Init opens the machine's directories. The host process's umask is 0 from then on. A working directory that is not
// there, or not below Chroot, becomes the root. Errors: the roots cannot be opened.
func (fs *FS) Init(c Config) error {
	hostUmask()
	var err error
	if c.Chroot != "" {
		if fs.root, err = openHostDir(c.Chroot); err != nil {
			return err
		}
	}
	if c.EmulRoot != "" {
		if fs.edir, err = openHostDir(c.EmulRoot); err != nil {
			return err
		}
		if fs.edirPath, err = filepath.Abs(c.EmulRoot); err != nil {
			return err
		}
	}
	dir := c.Dir
	if dir == "" {
		dir = "."
	}
	if fs.cdir, err = openHostDir(dir); err != nil {
		if c.Dir != "" {
			return err
		}
		if fs.cdir, err = openHostDir("/"); err != nil {
			return err
		}
	}
	return fs.startAt(c.Overlay)
}

// Attach gives p the machine's working directory, root and umask. Preconditions: kernel lock.
func (fs *FS) Attach(p *kern.Proc) {
	fs.cdir.Ref()
	cw := kern.NewCwdinfo(fs.cdir, nil, nil, hostUmask())
	// An interface that holds a nil pointer is not nil.
	if fs.root != nil {
		fs.root.Ref()
		cw.Rdir = fs.root
	}
	if fs.edir != nil {
		fs.edir.Ref()
		cw.Edir = fs.edir
	}
	p.Cwdi.Free()
	p.Cwdi = cw
}

// EmulRoot returns the directory that a native program looks into first, with a reference for the caller, or nil. A
// process that has changed its root has none: the directory lies outside of it.
func EmulRoot(l *kern.LWP) kern.Dir {
	fs := fsOf(l)
	root, _ := l.Proc.Cwdi.Rdir.(*Dir)
	if fs.edir == nil || root != fs.root {
		return nil
	}
	fs.edir.Ref()
	return fs.edir
}

// Close gives the machine's directories back. No process may be left.
func (fs *FS) Close() {
	fs.UnmountAll()
	fs.forgetMount(nil)
	fs.news.close()
	fs.dirs.close()
	for _, d := range []*Dir{fs.root, fs.edir, fs.cdir, fs.hostRoot} {
		if d != nil {
			d.Unref()
		}
	}
	fs.root, fs.edir, fs.cdir, fs.hostRoot = nil, nil, nil, nil
	fs.closeOverlay()
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
	mnt  *mounted  // through which mount it was opened
	u    *unionDir // in a union, with a reference; fd is none then
	path string    // of a directory of our own file systems, for which fd is the root's or what mnt covers; else ""
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
		d.at().close()
	}
}

// newUnionRef is newDir of a union's directory; it takes the reference over.
func newUnionRef(u *unionDir, mnt *mounted) *Dir {
	d := newDir(-1)
	d.u, d.mnt = u, mnt
	return d
}

// union is what d is in; nil for none.
func (d *Dir) union() *union {
	if d.u == nil {
		return nil
	}
	return d.u.un
}

// at is where d is.
func (d *Dir) at() place {
	if d.u != nil {
		return place{d.u.fd(), d.mnt, d.u}
	}
	return place{d.fd, d.mnt, nil}
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
func fdOf(d kern.Dir) int { return d.(*Dir).at().fd }
