package vfs

import (
	"encoding/binary"

	"golang.org/x/sys/unix"

	"nbemu/abi"
	"nbemu/kern"
	"nbemu/mem"
)

// File handles (getfh(2)): names of files that stay right when a file is renamed. The host would open its own handles for
// its root only, and outside of any root directory. So a handle is of use in the machine that made it, for as long as that
// runs: it names an entry in a table, where the file is held open without access to its contents. Only so many are held;
// of others the table has the path, and they are stale when something else is there. What no getfh asked for cannot be
// opened: a number that nobody can guess is part of the handle, and the file was found below the machine's root.

// FileHandle is a fhandle_t of the size that all releases know (FHANDLE_SIZE_COMPAT).
type FileHandle struct {
	Fsid    abi.Fsid
	Len     uint16 // of what follows, with itself
	_       uint16
	Ino     [8]byte
	Private [8]byte
}

// fidLen is FileHandle.Len: struct fid with the two members' 16 bytes.
const fidLen = 4 + 16

// byHandle is the dirfd of what was come to by a handle: it has no name.
const byHandle = -1

// maxHeld is how many files are held open for their handles.
const maxHeld = 256

// handle is a file that has a handle.
type handle struct {
	fh   FileHandle
	mnt  *mounted // through which mount it was found
	born abi.Timespec
	fd   int    // held; -1 if it is not
	path string // the host's, if it is not held
}

type handleKey struct {
	key mem.FileKey
	mnt *mounted
}

// handles are a machine's.
type handles struct {
	byFile map[handleKey]*handle
	byFH   map[FileHandle]*handle
	held   []*handle // the one used last, last
}

// Getfh returns the handle of what a path leads to, for the super-user. Errors: EPERM, EOPNOTSUPP for what has none;
// those of lookups.
func Getfh(l *kern.LWP, path string) (FileHandle, abi.Errno) {
	return GetfhAt(l, abi.AT_FDCWD, path, true)
}

// GetfhAt is Getfh for a path from a directory; a link as last component is followed if followLink. Errors: EOPNOTSUPP
// for what has no handle; those of lookups.
func GetfhAt(l *kern.LWP, atfd int32, path string, followLink bool) (FileHandle, abi.Errno) {
	nd, err := namei(l, atfd, path, followFlag(followLink))
	if err != abi.OK {
		return FileHandle{}, err
	}
	defer nd.release()
	if f := nd.descriptor(); f != nil {
		return FileGetfh(l, f)
	}
	if nd.node != nil || nd.u != nil {
		return FileHandle{}, abi.EOPNOTSUPP // as procfs and union mounts
	}
	if herr := nd.hold(); herr != nil {
		return FileHandle{}, errno(herr)
	}
	return nd.handle(l)
}

// FileGetfh returns the handle of an open file. Errors: EOPNOTSUPP for what has none, EMFILE.
func FileGetfh(l *kern.LWP, f *kern.File) (FileHandle, abi.Errno) {
	v := vnodeOf(f)
	if v == nil || v.u != nil {
		return FileHandle{}, abi.EOPNOTSUPP
	}
	nd := nameidata{fs: fsOf(l), dirfd: byHandle, follow: true, mnt: v.mnt, held: true}
	var herr error
	if nd.file, herr = unix.FcntlInt(uintptr(v.fd), unix.F_DUPFD_CLOEXEC, 0); herr != nil {
		return FileHandle{}, errno(herr)
	}
	defer nd.release()
	return nd.handle(l)
}

// handle makes or finds the handle of what nd leads to.
func (nd *nameidata) handle(l *kern.LWP) (FileHandle, abi.Errno) {
	fs := nd.fs
	var st abi.Stat
	if herr := nd.hostStat(&st); herr != nil {
		return FileHandle{}, errno(herr)
	}
	k := handleKey{keyOf(&st), nd.mnt}
	h := fs.handles.byFile[k]
	if h != nil && h.born != st.Birthtim {
		fs.forget(k, h) // another file has the number now
		h = nil
	}
	if h == nil {
		fs.thinHandles()
		h = &handle{mnt: nd.mnt, born: st.Birthtim, fd: -1}
		h.fh.Fsid, h.fh.Len = nd.fsid(), fidLen
		binary.BigEndian.PutUint64(h.fh.Ino[:], st.Ino)
		l.K.Random(h.fh.Private[:])
		fs.handles.add(k, h)
	}
	if h.fd < 0 && nd.held {
		if fd, herr := nd.another(); herr == nil {
			fs.keep(h, fd)
		}
	}
	if h.fd < 0 {
		h.path = nd.metaPath()
	}
	return h.fh, abi.OK
}

// maxHandles is how many handles there are at most. Programs for Linux that are not the super-user's make handles too,
// and files that are gone leave theirs behind.
const maxHandles = 1 << 16

// thinHandles makes room for one more handle: those of some other files become stale.
func (fs *FS) thinHandles() {
	if len(fs.handles.byFile) < maxHandles {
		return
	}
	n := maxHandles / 16
	for k, h := range fs.handles.byFile {
		if h.fd < 0 {
			fs.forget(k, h)
			if n--; n == 0 {
				return
			}
		}
	}
}

// fsid is the number of the file system that nd leads to, as statvfs(2) has it.
func (nd *nameidata) fsid() abi.Fsid {
	var sv abi.Statvfs
	if fd, err := nd.another(); err == nil {
		_ = hostStatvfs(fd, &sv)
		_ = unix.Close(fd)
	}
	return sv.Fsidx
}

func (t *handles) add(k handleKey, h *handle) {
	if t.byFile == nil {
		t.byFile, t.byFH = map[handleKey]*handle{}, map[FileHandle]*handle{}
	}
	t.byFile[k], t.byFH[h.fh] = h, h
}

// keep holds h's file open by fd, in place of the one that was not used for the longest time.
func (fs *FS) keep(h *handle, fd int) {
	h.fd = fd
	t := &fs.handles
	if len(t.held) >= maxHeld {
		old := t.held[0]
		t.held = t.held[1:]
		old.path, _ = fdPath(old.fd)
		_ = unix.Close(old.fd)
		old.fd = -1
	}
	t.held = append(t.held, h)
}

// used makes h the one that was used last.
func (t *handles) used(h *handle) {
	for i, o := range t.held {
		if o == h {
			copy(t.held[i:], t.held[i+1:])
			t.held[len(t.held)-1] = h
		}
	}
}

// forget drops a handle: it is stale from now on.
func (fs *FS) forget(k handleKey, h *handle) {
	t := &fs.handles
	delete(t.byFile, k)
	delete(t.byFH, h.fh)
	if h.fd < 0 {
		return
	}
	t.used(h)
	t.held = t.held[:len(t.held)-1]
	_ = unix.Close(h.fd)
	h.fd = -1
}

// forgetMount drops the handles of what was found through a mount; nil for all there are.
func (fs *FS) forgetMount(m *mounted) {
	for k, h := range fs.handles.byFile {
		if m == nil || k.mnt == m {
			fs.forget(k, h)
		}
	}
}

// fhtovp finds the file of a handle (vfs_fhtovp). Error: ESTALE.
func (fs *FS) fhtovp(fh FileHandle) (nd nameidata, err abi.Errno) {
	h := fs.handles.byFH[fh]
	if h == nil {
		return nd, abi.ESTALE
	}
	nd = nameidata{fs: fs, dirfd: byHandle, follow: true, mnt: h.mnt, held: true}
	var herr error
	if h.fd >= 0 {
		fs.handles.used(h)
		nd.file, herr = unix.FcntlInt(uintptr(h.fd), unix.F_DUPFD_CLOEXEC, 0)
	} else if nd.file, herr = hostHold(unix.AT_FDCWD, h.path, unix.O_NOFOLLOW); herr == errCannotHold {
		nd.file, herr = unix.Open(h.path, unix.O_RDONLY|unix.O_NONBLOCK|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	}
	switch herr {
	case nil:
	case unix.EMFILE, unix.ENFILE:
		return nameidata{}, errno(herr)
	default:
		return nameidata{}, abi.ESTALE
	}
	var st abi.Stat
	ino := binary.BigEndian.Uint64(h.fh.Ino[:])
	if herr := nd.hostStat(&st); herr != nil || st.Nlink == 0 || st.Ino != ino || st.Birthtim != h.born {
		nd.release()
		return nameidata{}, abi.ESTALE
	}
	return nd, abi.OK
}

// Fhopen opens the file of a handle. Errors: ESTALE, and those of OpenFile but for lookups'.
func Fhopen(l *kern.LWP, fh FileHandle, oflags int32) (*kern.File, abi.Errno) {
	nd, err := fsOf(l).fhtovp(fh)
	if err != abi.OK {
		return nil, err
	}
	defer nd.release()
	return openNamed(l, &nd, oflags, 0, nd.metaPath())
}

// Fhstat is stat of a handle's file. Errors: ESTALE, the host's.
func Fhstat(l *kern.LWP, fh FileHandle, st *abi.Stat) abi.Errno {
	nd, err := fsOf(l).fhtovp(fh)
	if err != abi.OK {
		return err
	}
	defer nd.release()
	if herr := nd.hostStat(st); herr != nil {
		return errno(herr)
	}
	fsOf(l).overlay(keyOf(st), st, nd.mnt)
	return abi.OK
}

// Fhstatvfs describes the file system of a handle's file. Errors: ESTALE, the host's.
func Fhstatvfs(l *kern.LWP, fh FileHandle, sv *abi.Statvfs) abi.Errno {
	nd, err := fsOf(l).fhtovp(fh)
	if err != abi.OK {
		return err
	}
	defer nd.release()
	return nd.fs.statvfsOf(nd.file, nd.mnt, nil, sv)
}
