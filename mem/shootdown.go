package mem

import (
	"runtime"
	"time"
	"unsafe"
)

// Processors keep entries of page tables that they have looked up. Whoever removes or restricts an entry says so by
// changed, after the entry is written and before its frame goes to somebody else: pmap_tlb_shootdown.

// Processor is what a space knows of a processor that runs its threads. All methods may be called from any goroutine.
type Processor interface {
	// Changed has it leave guest code, if it is there, for a look at the generation.
	Changed()
	// Forgot reports whether it cannot use any more what it looked up before generation gen.
	Forgot(gen uint64) bool
}

// Attach makes p hear of changes. It is called before p looks anything up.
func (s *Space) Attach(p Processor) {
	s.mu.Lock()
	s.procs = append(s.procs, p)
	s.mu.Unlock()
}

// Detach is called when p will not look up anything any more.
func (s *Space) Detach(p Processor) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, q := range s.procs {
		if q == p {
			s.procs[i] = s.procs[len(s.procs)-1]
			s.procs[len(s.procs)-1] = nil
			s.procs = s.procs[:len(s.procs)-1]
			return
		}
	}
}

// SetParallel says that from now on several processors may run the space at the same time.
func (s *Space) SetParallel() { s.parallel.Store(true) }

// GenAddr is where engines find the generation.
func (s *Space) GenAddr() uintptr { return uintptr(unsafe.Pointer(&s.gen)) }

// changed begins a new generation, and where several processors run the space it waits until all have forgotten what
// they know of the one before. A processor that does not run looks at the generation before it does. s is locked.
func (s *Space) changed() {
	gen := s.gen.Add(1)
	if !s.parallel.Load() {
		return
	}
	for _, p := range s.procs {
		p.Changed()
	}
	for _, p := range s.procs {
		for n := 0; !p.Forgot(gen); n++ {
			// It leaves at its next block, unless the host has it wait.
			if n < 100 {
				runtime.Gosched()
			} else {
				time.Sleep(20 * time.Microsecond)
			}
		}
	}
}

// release gives frames up that were taken out of the page tables, after changed.
func release(frames []Frame) {
	for _, f := range frames {
		f.unref()
	}
}
