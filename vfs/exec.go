package vfs

import (
	"golang.org/x/sys/unix"

	"nbemu/abi"
	"nbemu/kern"
)

// Lookup finds a file for exec, whatever its type and permissions: those are exec's to judge. edir is the
// emulation root to look into first, nil for none. The caller owns a reference. Errors: those of the lookup.
func Lookup(l *kern.LWP, path string, edir kern.Dir) (*Vnode, abi.Errno) {
	cw := l.Proc.Cwdi
	old := cw.Edir
	cw.Edir = edir
	defer func() { cw.Edir = old }()
	nd, err := namei(l, abi.AT_FDCWD, path, follow)
	if err != abi.OK {
		return nil, err
	}
	defer nd.release()
	if fd, ok := nd.node.(*procFd); ok {
		if err := confinedTo(l, func() []kern.FileID { return nd.line(l) }, kern.RightExecute); err != abi.OK {
			return nil, err
		}
		return fd.vnode(l)
	}
	if nd.node != nil {
		return nil, abi.EACCES
	}
	if nd.path != "" {
		path = nd.path
	}
	var st abi.Stat
	if herr := nd.hold(); herr != nil {
		return nil, errno(herr)
	}
	if herr := nd.hostStat(&st); herr != nil {
		return nil, errno(herr)
	}
	if err := confinedTo(l, func() []kern.FileID { return nd.line(l) }, kern.RightExecute); err != abi.OK {
		return nil, err
	}
	// Opening a fifo or a device for reading does something to it; nothing but a regular file is read.
	var fd int
	var herr error
	if st.Mode&abi.S_IFMT == abi.S_IFREG {
		fd, herr = nd.open(unix.O_RDONLY|unix.O_NONBLOCK, 0)
	}
	if st.Mode&abi.S_IFMT != abi.S_IFREG || herr == unix.EACCES {
		// Executable but not readable: enough to be judged, though its contents are out of our reach.
		fd, herr = nd.another()
	}
	if herr != nil {
		return nil, errno(herr)
	}
	if herr := hostStat(fd, "", false, &st); herr != nil {
		_ = unix.Close(fd)
		return nil, errno(herr)
	}
	fsOf(l).overlay(keyOf(&st), &st, nd.mnt)
	v := fsOf(l).newVnode(fd, &st, abi.FREAD, nd.mnt)
	v.foundIn(&nd)
	v.Path = absPath(l, path)
	return v, abi.OK
}

// InstallVnode opens v for reading on the lowest free descriptor. Error: EMFILE, those of the host.
func InstallVnode(l *kern.LWP, v *Vnode) (int32, abi.Errno) {
	fd, herr := reopen(v.fd, unix.O_RDONLY)
	if herr != nil {
		return -1, errno(herr)
	}
	f, err := newHostFile(l, fd, abi.O_RDONLY, v.mnt)
	if err != abi.OK {
		return -1, err
	}
	if n := vnodeOf(f); n != nil {
		n.foundAs(v)
		n.remember(f)
	}
	return l.Install(f, false)
}

// EmulDir opens an emulation's root directory, as l's process names it; nil if there is none.
func EmulDir(l *kern.LWP, path string) kern.Dir {
	cw := l.Proc.Cwdi
	old := cw.Edir
	cw.Edir = nil
	defer func() { cw.Edir = old }()
	d, err := lookupDir(l, path)
	if err != abi.OK || d.path != "" {
		return nil
	}
	return d
}
