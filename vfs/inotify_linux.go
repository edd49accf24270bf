package vfs

import (
	"encoding/binary"

	"golang.org/x/sys/unix"

	"nbemu/abi"
	"nbemu/kern"
)

// inotifyFile is the host's inotify, whose events programs for Linux read as they are, but in their byte order.
type inotifyFile struct {
	streamFile
	union bool // something in a union is watched, where there are names of ours
}

// maxInotifyRead is what one read moves at most.
const maxInotifyRead = 1 << 16

// inotifyHead is the length of an event's watch, mask, cookie and length, which that many bytes of a name follow.
const inotifyHead = 16

// Read gives the events that there are. Errors: those of the host.
func (i *inotifyFile) Read(l *kern.LWP, f *kern.File, u *kern.Uio) abi.Errno {
	m := l.Model()
	sameOrder := m.BigEndian == (binary.NativeEndian.Uint16([]byte{0, 1}) == 1)
	// The host fills the first piece of a buffer in pieces and leaves the other events for later.
	buf := make([]byte, min(u.Resid, maxInotifyRead))
	var events []byte
	for events == nil {
		k := kern.KernUio(l, buf, false)
		err := i.streamFile.Read(l, f, k)
		got := buf[:len(buf)-int(k.Resid)]
		k.Free()
		if err != abi.OK {
			return err
		}
		if events = got; len(got) > 0 && i.union {
			events = visibleEvents(got) // none: wait for more
		}
	}
	for b := events; !sameOrder && len(b) >= inotifyHead; {
		n := eventLen(b)
		for at := 0; at < inotifyHead; at += 4 {
			m.PutUint(b[at:], 4, uint64(binary.NativeEndian.Uint32(b[at:])))
		}
		b = b[n:]
	}
	_, err := u.Move(events)
	return err
}

// eventLen is the length of the first event in b.
func eventLen(b []byte) int {
	return min(inotifyHead+int(binary.NativeEndian.Uint32(b[12:])), len(b))
}

// visibleEvents leaves out what is about names of ours in a union, and that a file got its name from one, which is how
// copies come to be. It is nil if nothing is left.
func visibleEvents(b []byte) (out []byte) {
	ours := uint32(0) // the cookie of a rename from a name of ours
	for len(b) >= inotifyHead {
		n, cookie := eventLen(b), binary.NativeEndian.Uint32(b[8:])
		switch {
		case hiddenName(string(b[inotifyHead:n])):
			ours = cookie
		case cookie == 0 || cookie != ours:
			out = append(out, b[:n]...)
		}
		b = b[n:]
	}
	return out
}

// NewInotify makes an inotify. Errors: the host's.
func NewInotify(l *kern.LWP, flag int32) (*kern.File, abi.Errno) {
	fd, err := unix.InotifyInit1(unix.IN_CLOEXEC | unix.IN_NONBLOCK)
	if err != nil {
		return nil, errno(err)
	}
	var st abi.Stat
	if err := hostStat(fd, "", false, &st); err != nil {
		_ = unix.Close(fd)
		return nil, errno(err)
	}
	v := fsOf(l).newVnode(fd, &st, abi.FREAD, nil)
	return kern.NewFile(l, &inotifyFile{streamFile: streamFile{hostOps: hostOps{Vnode: v}}}, abi.FREAD|flag), abi.OK
}

// Async makes events a SIGIO for the owner (kern.AsyncOps).
func (i *inotifyFile) Async(f *kern.File) {
	if f.Owner == 0 {
		f.Sel.Async = nil
		return
	}
	f.Sel.Async = func(hint int64) {
		if hint&kern.HostIn != 0 {
			f.Sigio(abi.POLL_IN)
		}
	}
	i.watched(f)
}

// InotifyAdd has f watch a path. Errors: EINVAL if f is no inotify or the path is of a file of our own making; those
// of the lookup and the host.
func InotifyAdd(l *kern.LWP, f *kern.File, path string, mask uint32, followLink bool) (int32, abi.Errno) {
	i, ok := f.Ops.(*inotifyFile)
	if !ok {
		return 0, abi.EINVAL
	}
	nd, err := namei(l, abi.AT_FDCWD, path, followFlag(followLink))
	if err != abi.OK {
		return 0, err
	}
	defer nd.release()
	if nd.node != nil {
		return 0, abi.EINVAL
	}
	if err := nd.mayAccess(judged(l), abi.R_OK); err != abi.OK {
		return 0, err
	}
	if nd.u != nil {
		i.union, nd.u.un.listened = true, true
		if !nd.readOnly() {
			_ = nd.copyUp(l, true) // a lower layer never changes; without a copy there is nothing to hear of
		}
	}
	// The descriptor names the very file that was found.
	fd, herr := unix.Openat(nd.dirfd, nd.name, oSearch|unix.O_CLOEXEC|nd.openFlags(), 0)
	if herr != nil {
		return 0, errno(herr)
	}
	defer unix.Close(fd)
	wd, herr := unix.InotifyAddWatch(i.fd, fdName(fd), mask)
	return int32(wd), errno(herr)
}

// IsInotify reports whether a file is one that events are read from.
func IsInotify(f *kern.File) bool {
	_, ok := f.Ops.(*inotifyFile)
	return ok
}

// InotifyRemove ends a watch. Error: EINVAL.
func InotifyRemove(f *kern.File, wd int32) abi.Errno {
	i, ok := f.Ops.(*inotifyFile)
	if !ok {
		return abi.EINVAL
	}
	_, err := unix.InotifyRmWatch(i.fd, uint32(wd))
	return errno(err)
}

// Fdinfo tells of the watches (describer).
func (i *inotifyFile) Fdinfo(*kern.File) string { return hostFdinfo(i.fd, "inotify ") }
