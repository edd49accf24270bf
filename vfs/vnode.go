package vfs

import (
	"io"
	"strings"
	"sync/atomic"

	"golang.org/x/sys/unix"

	"nbemu/abi"
	"nbemu/kern"
	"nbemu/mem"
)

// Vnode is a host file held open. It is what open files and mappings share, and lives until the last of them
// is gone (mem.Backing).
type Vnode struct {
	fs    *FS
	fd    int
	key   mem.FileKey
	flags int32 // FREAD, FWRITE: what the descriptor can do
	refs  atomic.Int32

	memory  bool         // a memfd: its pages are the guests' memory
	charged atomic.Int64 // what it has, in bytes
	mnt     *mounted     // through which mount it was opened; nil for the root's own files
	u       *unionDir    // in a union: the directory, or the one that the file is in; nil elsewhere
	name    string       // in u
	low     bool         // it is in a lower layer of the union
	noSetID uint32       // FS.setIDs, and 1, when it was seen to have no set-id bits; see written

	Mode uint32 // type and permissions, when it was opened
	Path string // the path it was opened by, made absolute; "" if it came without one
}

// newVnode makes the Vnode of a descriptor. mnt is through which mount it was come to: whoever opens a file by way of
// another passes that one's on.
func (fs *FS) newVnode(fd int, st *abi.Stat, flags int32, mnt *mounted) *Vnode {
	v := &Vnode{fs: fs, fd: fd, mnt: mnt, key: mem.FileKey{Dev: st.Dev, Ino: st.Ino}, flags: flags, Mode: st.Mode}
	v.refs.Store(1)
	return v
}

// Ref and Unref count the holders; any goroutine may call them.
func (v *Vnode) Ref() { v.refs.Add(1) }
func (v *Vnode) Unref() {
	if v.refs.Add(-1) == 0 {
		if v.memory {
			v.charge(0)
		}
		_ = unix.Close(v.fd)
		if v.u != nil {
			v.u.unref()
		}
	}
}

// foundIn says by what lookup v was opened.
func (v *Vnode) foundIn(nd *nameidata) {
	if nd.u == nil || v.u != nil {
		return
	}
	if v.Mode&abi.S_IFMT == abi.S_IFDIR {
		if v.u = nd.dirOf(); v.u != nil {
			v.low = v.u.upper < 0
		}
		return
	}
	v.u, v.name, v.low = nd.u.ref(), nd.name, nd.low()
}

// foundAs says that v is open on what other is.
func (v *Vnode) foundAs(other *Vnode) {
	if other != nil && other.u != nil && v.u == nil {
		v.u, v.name, v.low = other.u.ref(), other.name, other.low
	}
}

// union is what v is in; nil for none.
func (v *Vnode) union() *union {
	if v.u == nil {
		return nil
	}
	return v.u.un
}

// at is v as a place to look names up from.
func (v *Vnode) at() place {
	if v.u != nil && v.Mode&abi.S_IFMT == abi.S_IFDIR {
		return place{v.u.fd(), v.mnt, v.u}
	}
	return place{v.fd, v.mnt, nil}
}

// charge counts the memory that a memfd has now.
func (v *Vnode) charge(blocks int64) {
	n := blocks * 512
	mem.Charge(n - v.charged.Swap(n))
}

// Room reports whether a memfd may have pages that it has not yet, and takes note of what it has (mem.Mappable).
// Files may always.
func (v *Vnode) Room() bool {
	var st unix.Stat_t
	if !v.memory || unix.Fstat(v.fd, &st) != nil {
		return true
	}
	v.charge(st.Blocks)
	return st.Blocks*512 >= st.Size || !mem.Full(mem.PageSize)
}

// Key identifies the file on the host.
func (v *Vnode) Key() mem.FileKey { return v.key }

// Writable reports whether WriteAt can work.
func (v *Vnode) Writable() bool { return v.flags&abi.FWRITE != 0 }

// MapFd is the host's descriptor for mappings, -1 if the file was not opened for reading (mem.Mappable).
func (v *Vnode) MapFd() int {
	if v.flags&abi.FREAD == 0 {
		return -1
	}
	return v.fd
}

// ReadAt reads as io.ReaderAt says.
func (v *Vnode) ReadAt(p []byte, off int64) (int, error) {
	n := 0
	for n < len(p) {
		k, err := unix.Pread(v.fd, p[n:], off+int64(n))
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return n, err
		}
		if k == 0 {
			return n, io.EOF
		}
		n += k
	}
	return n, nil
}

// WriteAt writes as io.WriterAt says.
func (v *Vnode) WriteAt(p []byte, off int64) (int, error) {
	n := 0
	for n < len(p) {
		k, err := unix.Pwrite(v.fd, p[n:], off+int64(n))
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return n, err
		}
		n += k
	}
	return n, nil
}

// Size is the file's length in bytes.
func (v *Vnode) Size() (int64, error) {
	var st unix.Stat_t
	if err := unix.Fstat(v.fd, &st); err != nil {
		return 0, err
	}
	return st.Size, nil
}

// Stamp changes when somebody changes the file.
func (v *Vnode) Stamp() uint64 {
	var st unix.Stat_t
	if unix.Fstat(v.fd, &st) != nil {
		return 0
	}
	return stampOf(&st)
}

// Stat returns the file's attributes. Errors: the host's.
func (v *Vnode) Stat(st *abi.Stat) abi.Errno {
	if err := hostStat(v.fd, "", false, st); err != nil {
		return errno(err)
	}
	v.fs.overlay(v.key, st, v.mnt)
	return abi.OK
}

func (fs *FS) overlay(key mem.FileKey, st *abi.Stat, mnt *mounted) {
	if fs.metadata != nil && (mnt == nil || mnt.inRoot) {
		fs.metadata.applyRest(st)
	}
	if fs.Overlay != nil {
		fs.Overlay(key, st)
	}
}

// MountFlags returns the flags of the file system that matter to exec: MNT_NOEXEC, MNT_NOSUID, MNT_RDONLY.
func (v *Vnode) MountFlags() uint32 {
	flags := hostMountFlags(v.fd)
	flags |= uint32(v.fs.mountFlags(v.mnt) & settable)
	if len(v.fs.Mounts) > 0 {
		if p := v.HostPath(); p != "" {
			for _, m := range v.fs.Mounts {
				if m.Dir == "/" || p == m.Dir || strings.HasPrefix(p, m.Dir+"/") {
					flags |= m.Flags
				}
			}
		}
	}
	return flags
}

// Mount gives everything below a directory of the host flags that its file system does not have there.
type Mount struct {
	Dir   string // absolute, without links
	Flags uint32 // MNT_NOEXEC, MNT_NOSUID
}

// HostPath is the host's name for the file now, or "".
func (v *Vnode) HostPath() string {
	p, err := fdPath(v.fd)
	if err != abi.OK {
		return ""
	}
	return p
}

// GuestPath is the name that l knows the file by. Error: ENOENT when it has none.
func (v *Vnode) GuestPath(l *kern.LWP) (string, abi.Errno) { return guestPathIn(l, v.fd, v.mnt) }

// OpenFd is Open for a descriptor (fexecve). Errors: EBADF; EINVAL for what is no file; EACCES.
func OpenFd(l *kern.LWP, fd int32) (*Vnode, abi.Errno) {
	f := l.Proc.Fd.Get(fd)
	if f == nil {
		return nil, abi.EBADF
	}
	r, ok := f.Ops.(*regFile)
	if !ok {
		if f.Ops.Type() != "vnode" {
			return nil, abi.EINVAL
		}
		return nil, abi.EACCES
	}
	var st abi.Stat
	if err := r.Vnode.Stat(&st); err != abi.OK {
		return nil, err
	}
	if err := Access(l.Proc.Cred, &st, abi.X_OK); err != abi.OK {
		return nil, err
	}
	if r.flags&abi.FREAD != 0 {
		r.Ref()
		return r.Vnode, abi.OK
	}
	nfd, herr := reopen(r.fd, unix.O_RDONLY)
	if herr != nil {
		return nil, errno(herr)
	}
	v := fsOf(l).newVnode(nfd, &st, abi.FREAD, r.mnt)
	v.foundAs(r.Vnode)
	v.Path = r.Path
	return v, abi.OK
}

// absPath makes a guest's path absolute, as far as that is known.
func absPath(l *kern.LWP, path string) string {
	if path != "" && path[0] == '/' {
		return path
	}
	cwd, err := Getcwd(l)
	if err != abi.OK {
		return path
	}
	return joinPath(cwd, path)
}

func joinPath(dir, name string) string {
	for len(name) > 2 && name[0] == '.' && name[1] == '/' {
		name = name[2:]
	}
	if dir == "/" {
		return "/" + name
	}
	return dir + "/" + name
}

// Access checks the permission bits of a file for read, write and execute (R_OK and so on) against the
// effective ids of c (vaccess). Errors: EACCES; EPERM for writing what is immutable.
func Access(c *kern.Cred, st *abi.Stat, mode int32) abi.Errno {
	if mode&abi.W_OK != 0 && st.Flags&(abi.UF_IMMUTABLE|abi.SF_IMMUTABLE) != 0 {
		return abi.EPERM // nobody gets to write it (ufs_check_possible)
	}
	dir := st.Mode&abi.S_IFMT == abi.S_IFDIR
	if c.May(kern.RightDacOverride) && (mode&abi.X_OK == 0 || dir || st.Mode&0111 != 0) {
		return abi.OK
	}
	if c.Unlimited() {
		return abi.EACCES
	}
	if c.May(kern.RightDacRead) && mode&abi.W_OK == 0 && (dir || mode&abi.X_OK == 0) {
		return abi.OK
	}
	bits := st.Mode
	switch {
	case c.Euid == st.Uid:
		bits >>= 6
	case c.InGroup(st.Gid):
		bits >>= 3
	}
	if int32(bits)&mode&7 != mode&7 {
		return abi.EACCES
	}
	return abi.OK
}
