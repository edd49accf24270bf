package mem

import (
	"sync/atomic"
	"unsafe"
)

// codeWords is what engines and the kernel keep of the frames that hold translated instructions. Both parts are off
// the Go heap; their form is that of cpu/engine/nb.h, where the rules are too.
type codeWords struct {
	frames []uint32 // two frames a word, 16 bits each: who has translated from it, who can store to it
	log    *codeLog
}

const (
	codeMask   = 0x00ff // of a frame's 16 bits: some engine has translations
	codeLogLen = 8192
)

// codeLog lists what engines must do before they run guest code again. An entry is its number, counted from 1, in
// the upper half, and a frame whose translations are to be dropped in the lower.
type codeLog struct {
	seq  uint64 // entries ever begun
	ring [codeLogLen]uint64
}

// CodeFrames tells the engines where the frames' words and the log are.
func CodeFrames() (words, log uintptr) {
	return uintptr(unsafe.Pointer(&phys.code.frames[0])), uintptr(unsafe.Pointer(phys.code.log))
}

// dropCode has all engines forget what they translated from f, if anything, which it reports. It is called after the
// kernel has changed the contents.
func (a *arena) dropCode(f Frame) bool {
	w, shift := &a.code.frames[f>>1], 16*(f&1)
	// Not a load: it could come before the stores. An engine notes that it has translations before it reads, so that
	// either it reads what was stored or we see its note.
	if atomic.AddUint32(w, 0)>>shift&codeMask == 0 {
		return false
	}
	atomic.AndUint32(w, ^uint32(codeMask<<shift))
	l := a.code.log
	n := atomic.AddUint64(&l.seq, 1)
	atomic.StoreUint64(&l.ring[(n-1)%codeLogLen], n<<32|uint64(f))
	return true
}

// stored is called when the kernel has stored to a frame of the space. Threads that run meanwhile find changed code when
// the call returns, at the latest. s is locked.
func (s *Space) stored(f Frame) {
	if phys.dropCode(f) && s.parallel.Load() {
		for _, p := range s.procs {
			p.Changed()
		}
	}
}

// Stored is called after the host has stored n bytes at va through views of Slices: whoever has translated from there
// meanwhile forgets that.
func (s *Space) Stored(va, n uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for end := va + n; va < end; va = va&^pageMask + PageSize {
		if p := s.pt.lookup(va); p != nil && *p != 0 {
			s.stored(p.frame())
		}
	}
}

// ForgetCode has all engines forget what they translated from pages of the space: another kind of engine, which tells
// nobody what it stores to, has run it.
func (s *Space) ForgetCode() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pt.each(s.Min, s.Max, func(_ uint64, p *pte) { phys.dropCode(p.frame()) })
}
