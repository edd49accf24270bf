package mem

import (
	"sync"

	"nbemu/abi"
)

// Object is what a map entry shows: memory that several mappings can share, addressed by page number.
type Object interface {
	// frames returns the frame of page idx and how many pages from there on, at most limit, have the frames that
	// follow it. The caller gets no references: the object keeps its frames until it is destroyed. Errors: EFAULT
	// past the end of a file (SIGBUS), ENOMEM, EIO.
	frames(idx, limit uint64) (Frame, uint64, abi.Errno)
	// cached is the frame of a page that is there already.
	cached(idx uint64) (Frame, bool)
	// tail is the frame of a page after the end of a file that the machine's larger page still has: zeros that never
	// reach the file.
	tail(idx uint64) (Frame, abi.Errno)
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

func (o *anonObject) frames(idx, _ uint64) (Frame, uint64, abi.Errno) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if f, ok := o.pages[idx]; ok {
		return f, 1, abi.OK
	}
	f, ok := phys.allocOne()
	if !ok {
		return 0, 0, abi.ENOMEM
	}
	o.pages[idx] = f
	return f, 1, abi.OK
}

func (o *anonObject) cached(idx uint64) (Frame, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	f, ok := o.pages[idx]
	return f, ok
}

func (o *anonObject) tail(idx uint64) (Frame, abi.Errno) {
	f, _, err := o.frames(idx, 1)
	return f, err
}

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

// Release drops the reference that NewAnon or FileObject gave, once the object is mapped.
func Release(o Object) { o.unref() }
