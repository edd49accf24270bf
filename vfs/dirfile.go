package vfs

import (
	"golang.org/x/sys/unix"

	"nbemu/abi"
	"nbemu/kern"
	"nbemu/mem"
)

// hostDirent is one entry of a host directory.
type hostDirent struct {
	ino  uint64
	next int64 // the host's cookie for what follows
	typ  uint8
	name []byte
}

// dirFile is an open directory. The host's entries are read in larger pieces than the program asks for, and
// are longer or shorter than NetBSD's; pending is what it has not been given yet. The offset a program sees is
// the host's cookie of the next entry, so that seeking back to what lseek once said works.
type dirFile struct {
	hostOps
	pending []byte
	buf     []byte
	sorted  []hostDirent // see dirsort.go
	own     bool         // entries of ours are among them; see devdir.go
}

func (d *dirFile) Read(*kern.LWP, *kern.File, *kern.Uio) abi.Errno { return abi.EISDIR }

// Write cannot happen: directories are not opened for writing.
func (d *dirFile) Write(*kern.LWP, *kern.File, *kern.Uio) abi.Errno { return abi.EISDIR }

func (d *dirFile) Seek(_ *kern.LWP, f *kern.File, off int64, whence int32) (int64, abi.Errno) {
	switch whence {
	case abi.SEEK_SET:
	case abi.SEEK_CUR:
		if off == 0 {
			return f.Offset, abi.OK
		}
		off += f.Offset
	default:
		return 0, abi.EINVAL
	}
	if off < 0 {
		return 0, abi.EINVAL
	}
	if f.K.IsDeterministic() || d.own {
		if off == 0 {
			d.sorted = nil
		}
		f.Offset = off
		return off, abi.OK
	}
	if _, err := unix.Seek(d.fd, off, unix.SEEK_SET); err != nil {
		return 0, errno(err)
	}
	d.pending = nil
	f.Offset = off
	return off, abi.OK
}

func (d *dirFile) Kqfilter(f *kern.File, kn *kern.Knote) abi.Errno {
	switch kn.Kev.Filter {
	case abi.EVFILT_READ:
		watchFile(d.Vnode, kn, func(kn *kern.Knote, _ int64) bool {
			var st abi.Stat
			if hostStat(d.fd, "", false, &st) != nil {
				return false
			}
			kn.Kev.Data = st.Size - f.Offset
			return kn.Kev.Data != 0
		})
		return abi.OK
	case abi.EVFILT_WRITE:
		kn.Attach(&f.Sel.Klist, func(*kern.Knote, int64) bool { return true })
		return abi.OK
	case abi.EVFILT_VNODE:
		return watchVnode(d.Vnode, kn)
	}
	return abi.EINVAL
}

func (d *dirFile) Ioctl(_ *kern.LWP, _ *kern.File, cmd uint32, _ []byte) abi.Errno {
	if cmd == abi.FIONBIO || cmd == abi.FIOASYNC {
		return abi.OK
	}
	return abi.EPASSTHROUGH
}

// A direntPacker writes one entry in the layout of a struct dirent, or returns 0 if buf has no room for it.
type direntPacker func(m *abi.Model, buf []byte, ino uint64, typ uint8, name []byte) int

// PackDirent writes today's struct dirent.
func PackDirent(m *abi.Model, buf []byte, ino uint64, typ uint8, name []byte) int {
	n := abi.DirentReclen(len(name))
	if n > len(buf) {
		return 0
	}
	clear(buf[:n])
	m.PutUint(buf, 8, ino)
	m.PutUint(buf[8:], 2, uint64(n))
	m.PutUint(buf[10:], 2, uint64(len(name)))
	buf[12] = typ
	copy(buf[abi.DirentHeader:], name)
	return n
}

// PackDirent12 writes the struct dirent of NetBSD 2 and older: numbers of 32 bits, names of 255 bytes.
func PackDirent12(m *abi.Model, buf []byte, ino uint64, typ uint8, name []byte) int {
	if len(name) > 255 {
		name = name[:255]
	}
	n := (8 + len(name) + 1 + 3) &^ 3
	if n > len(buf) {
		return 0
	}
	clear(buf[:n])
	m.PutUint(buf, 4, ino)
	m.PutUint(buf[4:], 2, uint64(n))
	buf[6] = typ
	buf[7] = byte(len(name))
	copy(buf[8:], name)
	return n
}

// PackDirent43 writes the struct direct of 4.3BSD, with 16 bits for the length of a name and no type.
func PackDirent43(m *abi.Model, buf []byte, ino uint64, typ uint8, name []byte) int {
	n := PackDirent12(m, buf, ino, typ, name)
	if n > 0 {
		m.PutUint(buf[6:], 2, uint64(min(len(name), 255)))
	}
	return n
}

// overlayType corrects the type of an entry that is a device in the overlay.
func (d *dirFile) overlayType(ent *hostDirent) {
	ent.typ = d.fs.direntType(d.key.Dev, ent.ino, ent.typ)
}

// direntType is the type of an entry, by its numbers on the host: a device may be one in the overlay only.
func (fs *FS) direntType(dev, ino uint64, typ uint8) uint8 {
	if fs.metadata == nil {
		return typ
	}
	return fs.metadata.direntType(mem.FileKey{Dev: dev, Ino: ino}, typ)
}

// Getdents fills buf with entries of the directory f, as many as fit, and returns how many bytes that is; 0 at
// the end. before is the offset they were read from. Errors: EBADF, EINVAL for no directory or a buffer too
// small for the next entry. The same offset and size give the same entries, which telldir(3) rests on.
func Getdents(l *kern.LWP, f *kern.File, buf []byte, pack direntPacker) (n int, before int64, err abi.Errno) {
	for {
		n, before, err = getdents(l, f, buf, pack)
		m := unionOver(f)
		if n > 0 || err != abi.OK || m == nil {
			return n, before, err
		}
		if err = readOver(l, f, m); err != abi.OK {
			return 0, before, err
		}
	}
}

func getdents(l *kern.LWP, f *kern.File, buf []byte, pack direntPacker) (n int, before int64, err abi.Errno) {
	if f.Flag&abi.FREAD == 0 {
		return 0, 0, abi.EBADF
	}
	if nd, ok := f.Ops.(*nodeDir); ok {
		return nd.getdents(l, f, buf, pack)
	}
	d, ok := f.Ops.(*dirFile)
	if !ok {
		return 0, 0, abi.EINVAL
	}
	m := l.Model()
	if f.Offset == 0 && !d.own {
		names, only := ownEntries(l, d.key)
		d.own = names != nil || only || d.at().u != nil
	}
	if l.K.IsDeterministic() || d.own {
		if d.sorted == nil {
			if err := d.sort(); err != abi.OK {
				return 0, f.Offset, err
			}
			d.addOwn(l)
		}
		return d.sortedDents(m, f, buf, pack)
	}
	before = f.Offset
	for {
		if len(d.pending) == 0 {
			if d.buf == nil {
				d.buf = make([]byte, 8192)
			}
			k, herr := hostDirents(d.fd, d.buf)
			if herr != nil {
				if n > 0 {
					return n, before, abi.OK
				}
				if herr == unix.ENOENT {
					return 0, before, abi.OK // a directory that was removed is empty
				}
				return 0, before, errno(herr)
			}
			if k == 0 {
				return n, before, abi.OK
			}
			d.pending = d.buf[:k]
		}
		ent, used := parseDirent(d.pending)
		if used <= 0 || used > len(d.pending) {
			d.pending = nil
			return n, before, abi.EIO
		}
		k := 0
		d.overlayType(&ent)
		if ent.ino != 0 {
			if k = pack(m, buf[n:], ent.ino, ent.typ, ent.name); k == 0 {
				if n == 0 {
					return 0, before, abi.EINVAL
				}
				return n, before, abi.OK
			}
		}
		n += k
		f.Offset = ent.next
		d.pending = d.pending[used:]
	}
}
