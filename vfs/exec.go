package vfs

import (
	"golang.org/x/sys/unix"

	"nbemu/abi"
	"nbemu/kern"
)

// Lookup finds a file for exec, whatever its type and permissions: those are exec's to judge. edir is the
// emulation root to look into first, nil for none. The caller owns a reference. Errors: those of the lookup.
func Lookup(l *kern.LWP, path string, edir kern.Dir) (*Vnode, abi.Errno) {
	var st abi.Stat
	return LookupStat(l, path, edir, &st)
}

// LookupStat is Lookup that also returns the file's attributes as they were when it was opened.
func LookupStat(l *kern.LWP, path string, edir kern.Dir, st *abi.Stat) (*Vnode, abi.Errno) {
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
		v, err := fd.vnode(l)
		if err == abi.OK {
			if err = v.Stat(st); err != abi.OK {
				v.Unref()
			}
		}
		return v, err
	}
	if nd.node != nil {
		return nil, abi.EACCES
	}
	if nd.path != "" {
		path = nd.path
	}
	fd, err := nd.openExec(l, st)
	if err != abi.OK {
		return nil, err
	}
	fsOf(l).overlay(keyOf(st), st, nd.mnt)
	v := fsOf(l).newVnode(fd, st, abi.FREAD, nd.mnt)
	v.foundIn(&nd)
	v.Path = absPath(l, path)
	return v, abi.OK
}

// openExec opens what nd leads to and returns the host's attributes of what was opened. Opening a fifo or a device
// for reading does something to it; nothing but a regular file is read, others are only named.
func (nd *nameidata) openExec(l *kern.LWP, st *abi.Stat) (int, abi.Errno) {
	if l.Sandbox == nil {
		if fd, ok := nd.openRegular(st); ok {
			return fd, abi.OK
		}
	}
	if herr := nd.hold(); herr != nil {
		return -1, errno(herr)
	}
	if herr := nd.hostStat(st); herr != nil {
		return -1, errno(herr)
	}
	if err := confinedTo(l, func() []kern.FileID { return nd.line(l) }, kern.RightExecute); err != abi.OK {
		return -1, err
	}
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
		return -1, errno(herr)
	}
	if herr := hostStat(fd, "", false, st); herr != nil {
		_ = unix.Close(fd)
		return -1, errno(herr)
	}
	return fd, abi.OK
}

// openRegular is openExec for almost all files: two calls of the host by name in place of four by way of a descriptor
// that holds the file. It fails for what is no regular file that can be read, and if the name goes from one file to
// another meanwhile, which a sandbox must not overlook.
func (nd *nameidata) openRegular(st *abi.Stat) (fd int, ok bool) {
	if herr := nd.hostStat(st); herr != nil || st.Mode&abi.S_IFMT != abi.S_IFREG {
		return -1, false
	}
	key := keyOf(st)
	fd, herr := nd.open(unix.O_RDONLY|unix.O_NONBLOCK|unix.O_NOCTTY, 0)
	if herr != nil {
		return -1, false
	}
	if herr := hostStat(fd, "", false, st); herr != nil || keyOf(st) != key {
		_ = unix.Close(fd)
		return -1, false
	}
	return fd, true
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

// EmulDir opens an emulation's root directory, as l's process names it; nil if there is none. It is looked for as a
// native program would: below the directory that those look into first (EmulRoot), if there is one, and then in the root.
func EmulDir(l *kern.LWP, path string) kern.Dir {
	cw := l.Proc.Cwdi
	old, native := cw.Edir, EmulRoot(l)
	cw.Edir = native
	defer func() {
		cw.Edir = old
		if native != nil {
			native.Unref()
		}
	}()
	d, err := lookupDir(l, path)
	if err != abi.OK || d.path != "" {
		return nil
	}
	return d
}
