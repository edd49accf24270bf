package mem

import (
	"io"
	"sync"

	"nbemu/abi"
)

// Object is what a map entry shows: memory that several mappings can share, addressed by page number.
type Object interface {
	// page returns the frame of page idx without a reference of its own for the caller: the object keeps the
	// frame until it is destroyed, or replaced by copying into it. Errors: EFAULT is past the end of a file
	// (SIGBUS), ENOMEM, EIO.
	page(idx uint64) (Frame, abi.Errno)
	// cached is page for one that is there already.
	cached(idx uint64) (Frame, bool)
	// tail is page for one behind the end of a file, which is zero and never written back.
	tail(idx uint64) (Frame, abi.Errno)
	// wrote notes that a shared mapping may now store to page idx.
	wrote(idx uint64)
	// tracksWrites says that wrote must be called before the first store to a page.
	tracksWrites() bool
	ref()
	unref()
}

// anonObject is shared anonymous memory (MAP_ANON|MAP_SHARED, System V segments).
type anonObject struct {
	mu    sync.Mutex
	refs  int
	pages map[uint64]Frame
}

// NewAnon makes shared zero-fill memory. The caller owns one reference, which Map takes over a copy of.
func NewAnon() Object { return &anonObject{refs: 1, pages: map[uint64]Frame{}} }

func (o *anonObject) page(idx uint64) (Frame, abi.Errno) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if f, ok := o.pages[idx]; ok {
		return f, abi.OK
	}
	f, ok := phys.allocOne()
	if !ok {
		return 0, abi.ENOMEM
	}
	o.pages[idx] = f
	return f, abi.OK
}

func (o *anonObject) cached(idx uint64) (Frame, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	f, ok := o.pages[idx]
	return f, ok
}

func (o *anonObject) tail(idx uint64) (Frame, abi.Errno) { return o.page(idx) }

func (o *anonObject) wrote(uint64)       {}
func (o *anonObject) tracksWrites() bool { return false }

func (o *anonObject) ref() {
	o.mu.Lock()
	o.refs++
	o.mu.Unlock()
}

func (o *anonObject) unref() {
	o.mu.Lock()
	o.refs--
	last := o.refs == 0
	o.mu.Unlock()
	if last {
		for _, f := range o.pages {
			f.unref()
		}
		o.pages = nil
	}
}

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

// fileObject is the page cache of one host file. Text that several processes run is cached, and stays
// translated, once. Objects without mappings are kept (up to maxIdleFiles) so that the next exec finds them.
type fileObject struct {
	mu      sync.Mutex
	key     FileKey
	b       Backing
	stamp   uint64
	refs    int // mappings
	pages   map[uint64]Frame
	dirty   map[uint64]bool
	idleSeq uint64
	stale   []Frame // cut off by truncation; see truncated
}

const maxIdleFiles = 32

var files struct {
	sync.Mutex
	m    map[FileKey]*fileObject
	idle int
	seq  uint64
}

// FileObject returns the page cache of a file, with a reference for the caller (see Release).
func FileObject(b Backing) Object {
	k := b.Key()
	files.Lock()
	defer files.Unlock()
	if files.m == nil {
		files.m = map[FileKey]*fileObject{}
	}
	o := files.m[k]
	if o != nil {
		o.mu.Lock()
		if o.refs == 0 {
			files.idle--
		}
		if st := b.Stamp(); st != o.stamp && len(o.dirty) == 0 {
			if o.refs == 0 {
				o.mu.Unlock()
				o.discard()
				o = nil
			} else {
				o.stamp = st
				o.reload()
			}
		}
		if o != nil {
			if b.Writable() && !o.b.Writable() {
				b.Ref()
				o.b.Unref()
				o.b = b
			}
			o.refs++
			o.mu.Unlock()
			return o
		}
	}
	b.Ref()
	o = &fileObject{key: k, b: b, stamp: b.Stamp(), refs: 1, pages: map[uint64]Frame{}, dirty: map[uint64]bool{}}
	files.m[k] = o
	return o
}

// Release drops the reference that NewAnon or FileObject gave, once the object is mapped.
func Release(o Object) { o.unref() }

func (o *fileObject) page(idx uint64) (Frame, abi.Errno) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if f, ok := o.pages[idx]; ok {
		return f, abi.OK
	}
	size, err := o.b.Size()
	if err != nil {
		return 0, abi.EIO
	}
	if int64(idx<<PageShift) < 0 || int64(idx<<PageShift) >= size {
		return 0, abi.EFAULT
	}
	// Read ahead: one host call for a run of pages that are not there yet.
	n := 1
	for n < 16 && int64((idx+uint64(n))<<PageShift) < size {
		if _, ok := o.pages[idx+uint64(n)]; ok {
			break
		}
		n++
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
	if err != nil && err != io.EOF {
		for i := range n {
			(f + Frame(i)).unref()
		}
		return 0, abi.EIO
	}
	clear(run[got:])
	for i := range n {
		o.pages[idx+uint64(i)] = f + Frame(i)
	}
	return f, abi.OK
}

func (o *fileObject) cached(idx uint64) (Frame, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	f, ok := o.pages[idx]
	return f, ok
}

func (o *fileObject) tail(idx uint64) (Frame, abi.Errno) {
	o.mu.Lock()
	defer o.mu.Unlock()
	f, ok := phys.allocOne()
	if !ok {
		return 0, abi.ENOMEM
	}
	o.pages[idx] = f
	return f, abi.OK
}

func (o *fileObject) tracksWrites() bool { return true }

func (o *fileObject) wrote(idx uint64) {
	o.mu.Lock()
	o.dirty[idx] = true
	o.mu.Unlock()
}

// flush writes the dirty pages of [from, to) back; a store after that must fault again, which the callers
// of Sync arrange by taking write permission away first.
func (o *fileObject) flush(from, to uint64) {
	if len(o.dirty) == 0 {
		return
	}
	size, err := o.b.Size()
	if err != nil {
		return
	}
	for idx := range o.dirty {
		if idx < from || idx >= to {
			continue
		}
		off := int64(idx << PageShift)
		if n := min(size-off, PageSize); n > 0 {
			// There is nobody to tell of an error here: NetBSD's pager drops it likewise.
			_, _ = o.b.WriteAt(o.pages[idx].bytes()[:n], off)
		}
	}
	o.stamp = o.b.Stamp()
}

// reload reads every cached page again, in place, after the host changed the file.
func (o *fileObject) reload() {
	for idx, f := range o.pages {
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
	if o.refs > 0 {
		o.mu.Unlock()
		return
	}
	o.flush(0, ^uint64(0))
	clear(o.dirty)
	o.mu.Unlock()
	files.seq++
	o.idleSeq = files.seq
	files.idle++
	if files.idle > maxIdleFiles {
		var old *fileObject
		for _, x := range files.m {
			if x.refs == 0 && (old == nil || x.idleSeq < old.idleSeq) {
				old = x
			}
		}
		files.idle--
		old.discard()
	}
}

// discard ends an unmapped object. files is locked.
func (o *fileObject) discard() {
	delete(files.m, o.key)
	for _, f := range o.pages {
		f.unref()
	}
	for _, f := range o.stale {
		f.unref()
	}
	o.pages, o.stale = nil, nil
	o.b.Unref()
}

// FileRead is called before n bytes at off of a regular file are read by descriptor: what shared mappings
// stored there reaches the file first. It costs nothing while the file is not mapped.
func FileRead(k FileKey, off int64, n int) {
	if o := lookupFile(k); o != nil {
		o.mu.Lock()
		o.flush(uint64(off)>>PageShift, (uint64(off)+uint64(n)+pageMask)>>PageShift)
		o.mu.Unlock()
	}
}

// FileWritten is called after n bytes at off were written by descriptor, or a file was truncated to off
// (n < 0): mappings see the new contents.
func FileWritten(k FileKey, off int64, n int) {
	o := lookupFile(k)
	if o == nil {
		return
	}
	if n < 0 {
		o.truncated((uint64(off) + pageMask) >> PageShift)
		n = 0
		if off&pageMask != 0 {
			n = int(PageSize - off&pageMask) // the rest of the last page is zero now
		}
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.stamp = o.b.Stamp()
	if n == 0 {
		return
	}
	for idx := uint64(off) >> PageShift; idx <= (uint64(off)+uint64(n)-1)>>PageShift; idx++ {
		if f, ok := o.pages[idx]; ok {
			o.refill(idx, f)
		}
	}
}

func lookupFile(k FileKey) *fileObject {
	files.Lock()
	defer files.Unlock()
	return files.m[k]
}
