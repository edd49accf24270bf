package mem

import (
	"io"
	"sync"

	"golang.org/x/sys/unix"

	"nbemu/abi"
)

// FileKey identifies a host file.
type FileKey struct{ Dev, Ino uint64 }

// Backing is a host file that can be mapped. It lives as long as mappings do, whatever becomes of descriptors.
type Backing interface {
	io.ReaderAt
	io.WriterAt
	Size() (int64, error)
	// Writable says that WriteAt can work: a shared mapping that is stored to needs one such.
	Writable() bool
	// Stamp changes when the host changes the file behind our back (modification time and the like).
	Stamp() uint64
	Key() FileKey
	Ref()
	Unref()
}

// Mappable is a Backing whose pages the host can show in the arena; others are copied.
type Mappable interface {
	Backing
	// MapFd is a descriptor of the host for it, -1 if it cannot be read.
	MapFd() int
	// Room reports whether pages that the file has only in name may become real: it is false for a file in memory when
	// there is none left.
	Room() bool
}

func mapFd(b Backing) int {
	if m, ok := b.(Mappable); ok {
		return m.MapFd()
	}
	return -1
}

// fileObject is what all mappings of one host file share: the windows onto its pages. Text that several processes run
// stays translated once, for its frames are the same in all. Objects without mappings are kept (up to maxIdleFiles) so
// that the next exec finds them.
type fileObject struct {
	mu      sync.Mutex
	key     FileKey
	b       Backing
	fd      int    // of b, for windows; -1 if pages must be copied
	write   bool   // guests may store: the windows are writable
	stamp   uint64 // of the file when it was last looked at
	refs    int    // mappings
	wins    []window
	copies  map[uint64]Frame // pages, where the host cannot show them
	tails   map[uint64]Frame // see Object.tail
	idleSeq uint64
	// Another engine may have a frame in its TLB for a while after it was taken out of page tables: windows that were
	// replaced must not become other memory before the object ends. Other frames see Space.stale.
	staleWins []window
}

const maxIdleFiles = 32

var files struct {
	sync.Mutex
	m    map[FileKey]*fileObject
	idle int
	seq  uint64
}

// FileObject returns what mappings of a file show, with a reference for the caller (see Release).
func FileObject(b Backing) Object {
	k := b.Key()
	files.Lock()
	defer files.Unlock()
	if files.m == nil {
		files.m = map[FileKey]*fileObject{}
	}
	o := files.m[k]
	if o == nil {
		b.Ref()
		o = &fileObject{key: k, b: b, fd: mapFd(b), stamp: b.Stamp(), refs: 1}
		files.m[k] = o
		return o
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.refs == 0 {
		files.idle--
	}
	o.refs++
	if st := b.Stamp(); st != o.stamp {
		o.stamp = st
		o.changed()
	}
	if b.Writable() && !o.b.Writable() && (o.fd < 0 || mapFd(b) >= 0) {
		b.Ref()
		o.b.Unref()
		o.b, o.fd = b, mapFd(b)
	}
	return o
}

// ShareFile prepares o for mappings that store to the file from page idx on. Errors: ENODEV for a file that the host
// cannot map, EPERM for one that is sealed, ENOMEM.
func ShareFile(o Object, idx uint64) abi.Errno {
	f, ok := o.(*fileObject)
	if !ok {
		return abi.OK
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.fd < 0 || f.copies != nil || !f.b.Writable() {
		return abi.ENODEV
	}
	if !f.write {
		for i := range f.wins {
			if err := f.wins[i].showFile(f.fd, true); err != nil {
				return windowErrno(err)
			}
		}
		f.write = true
	}
	if i := f.findWindow(idx); i < len(f.wins) && f.wins[i].first <= idx {
		return abi.OK
	}
	size, err := f.b.Size()
	if err != nil {
		return abi.EIO
	}
	if _, err = f.openWindow(idx, size); err != nil {
		f.write = len(f.wins) > 0
		return windowErrno(err)
	}
	return abi.OK
}

func windowErrno(err error) abi.Errno {
	switch err {
	case unix.ENOMEM:
		return abi.ENOMEM
	case unix.EPERM:
		return abi.EPERM
	}
	return abi.ENODEV
}

func (o *fileObject) frames(idx, limit uint64) (Frame, uint64, abi.Errno) {
	o.mu.Lock()
	f, n, err := o.framesLocked(idx, limit)
	o.mu.Unlock()
	if err == abi.ENOMEM && dropIdle() {
		o.mu.Lock()
		f, n, err = o.framesLocked(idx, limit)
		o.mu.Unlock()
	}
	return f, n, err
}

func (o *fileObject) framesLocked(idx, limit uint64) (Frame, uint64, abi.Errno) {
	size, err := o.b.Size()
	if err != nil {
		return 0, 0, abi.EIO
	}
	pages := (uint64(size) + pageMask) >> PageShift
	if idx >= pages {
		return 0, 0, abi.EFAULT
	}
	if o.fd < 0 || o.copies != nil {
		f, err := o.copyPage(idx)
		return f, 1, err
	}
	if !o.b.(Mappable).Room() {
		return 0, 0, abi.ENOMEM
	}
	i := o.findWindow(idx)
	if i == len(o.wins) || o.wins[i].first > idx {
		switch _, err := o.openWindow(idx, size); {
		case err == unix.ENOMEM:
			return 0, 0, abi.ENOMEM
		case err != nil && len(o.wins) == 0 && !o.write:
			// A file system without mappings: what is not shared for stores can be read.
			f, err := o.copyPage(idx)
			return f, 1, err
		case err != nil:
			return 0, 0, abi.EIO
		}
		i = o.findWindow(idx)
	}
	w := &o.wins[i]
	return w.f + Frame(idx-w.first), min(limit, w.first+w.n-idx, pages-idx), abi.OK
}

// copyPage reads a page of a file that the host cannot map, with those that follow.
func (o *fileObject) copyPage(idx uint64) (Frame, abi.Errno) {
	if f, ok := o.copies[idx]; ok {
		return f, abi.OK
	}
	if o.copies == nil {
		o.copies = map[uint64]Frame{}
	}
	n := 1
	for ; n < 16; n++ {
		if _, ok := o.copies[idx+uint64(n)]; ok {
			break
		}
	}
	f, ok := phys.alloc(n)
	if !ok {
		n = 1
		if f, ok = phys.allocOne(); !ok {
			return 0, abi.ENOMEM
		}
	}
	run := f.run(n)
	got, err := o.b.ReadAt(run, int64(idx<<PageShift))
	if got == 0 || err != nil && err != io.EOF {
		for i := range n {
			(f + Frame(i)).unref()
		}
		return 0, abi.EIO
	}
	clear(run[got:])
	for i := range n {
		if i<<PageShift >= got {
			(f + Frame(i)).unref()
			continue
		}
		o.copies[idx+uint64(i)] = f + Frame(i)
	}
	return f, abi.OK
}

func (o *fileObject) cached(idx uint64) (Frame, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.cachedLocked(idx)
}

func (o *fileObject) cachedLocked(idx uint64) (Frame, bool) {
	if i := o.findWindow(idx); i < len(o.wins) && o.wins[i].first <= idx {
		return o.wins[i].f + Frame(idx-o.wins[i].first), true
	}
	f, ok := o.copies[idx]
	return f, ok
}

func (o *fileObject) tail(idx uint64) (Frame, abi.Errno) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if f, ok := o.tails[idx]; ok {
		return f, abi.OK
	}
	f, ok := phys.allocOne()
	if !ok {
		return 0, abi.ENOMEM
	}
	if o.tails == nil {
		o.tails = map[uint64]Frame{}
	}
	o.tails[idx] = f
	return f, abi.OK
}

// changed takes note of a change by other hands: what was translated is translated anew, what was copied is read
// anew.
func (o *fileObject) changed() {
	for i := range o.wins {
		o.wins[i].dropCode()
	}
	for idx, f := range o.copies {
		o.refill(idx, f)
	}
}

func (o *fileObject) refill(idx uint64, f Frame) {
	n, err := o.b.ReadAt(f.bytes(), int64(idx<<PageShift))
	if err != nil && err != io.EOF {
		n = 0
	}
	clear(f.bytes()[n:])
	phys.dropCode(f)
}

func (o *fileObject) ref() {
	o.mu.Lock()
	o.refs++
	o.mu.Unlock()
}

func (o *fileObject) unref() {
	files.Lock()
	defer files.Unlock()
	o.mu.Lock()
	o.refs--
	last, kept := o.refs == 0, !o.write
	o.mu.Unlock()
	if !last {
		return
	}
	if !kept {
		// Data, not text: its file should not be held.
		o.discard()
		return
	}
	files.seq++
	o.idleSeq = files.seq
	files.idle++
	if files.idle > maxIdleFiles {
		var old *fileObject
		for _, x := range files.m {
			if x.unmapped() && (old == nil || x.idleSeq < old.idleSeq) {
				old = x
			}
		}
		files.idle--
		old.discard()
	}
}

// unmapped reports whether nobody has the object mapped. files is locked, so that it stays so.
func (o *fileObject) unmapped() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.refs == 0
}

// discard ends an unmapped object. files is locked.
func (o *fileObject) discard() {
	delete(files.m, o.key)
	o.closeWindows()
	for _, m := range []map[uint64]Frame{o.copies, o.tails} {
		for _, f := range m {
			f.unref()
		}
	}
	o.copies, o.tails = nil, nil
	o.b.Unref()
}

// dropIdle discards all objects without mappings and reports whether there were any.
func dropIdle() bool {
	files.Lock()
	defer files.Unlock()
	n := files.idle
	for _, o := range files.m {
		if o.unmapped() {
			o.discard()
		}
	}
	files.idle = 0
	return n > 0
}

func lookupFile(k FileKey) *fileObject {
	files.Lock()
	defer files.Unlock()
	return files.m[k]
}
