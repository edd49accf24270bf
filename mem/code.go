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

// dropCode has all engines forget what they translated from f, if anything. It is called after the kernel has
// changed the contents.
func (a *arena) dropCode(f Frame) {
	w, shift := &a.code.frames[f>>1], 16*(f&1)
	if atomic.LoadUint32(w)>>shift&codeMask == 0 {
		return
	}
	atomic.AndUint32(w, ^uint32(codeMask<<shift))
	l := a.code.log
	n := atomic.AddUint64(&l.seq, 1)
	atomic.StoreUint64(&l.ring[(n-1)%codeLogLen], n<<32|uint64(f))
}

// ForgetCode has all engines forget what they translated from pages of the space: another kind of engine, which tells
// nobody what it stores to, has run it.
func (s *Space) ForgetCode() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pt.each(s.Min, s.Max, func(_ uint64, p *pte) { phys.dropCode(p.frame()) })
}
