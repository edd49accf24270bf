package mem

import (
	"sync"
	"sync/atomic"
)

// limits of what guests' memory may take of the host: frames, and what else Charge was told of. Pages of files are the
// host's, which can take them back at any time, and do not count.
var limit struct {
	frames  atomic.Int64 // 0: none
	charged atomic.Int64 // bytes
}

// SetLimit sets how many bytes the memory of all guests of this process may have; 0 is as many as there are. What is
// in use already stays.
func SetLimit(n uint64) { limit.frames.Store(int64(n >> PageShift)) }

// Limit is how many bytes guests may have.
func Limit() uint64 {
	if n := limit.frames.Load(); n != 0 {
		return min(uint64(n)<<PageShift, ArenaSize)
	}
	return ArenaSize
}

// PhysMem is the machine's memory in bytes: the host's, as far as guests can have it.
func PhysMem() uint64 { return min(physMemory(), Limit()) }

var physMemory = sync.OnceValue(func() uint64 {
	if n := min(hostMemory(), ArenaSize); n != 0 {
		return n
	}
	return 1 << 30
})

// WiredMax is how much of a space can be locked (uvmexp.wiredmax).
func WiredMax() uint64 { return PhysMem() / 3 }

// kernelShare is the part of the machine's memory that the kernel's own objects may take in all.
const kernelShare = 4

// kernelUsed is what KernelUse was told of, in bytes.
var kernelUsed atomic.Int64

// KernelUse counts n bytes that the kernel keeps for guests, or keeps no longer: what a guest can have without end,
// other than by a descriptor or a process each, asks KernelRoom first.
func KernelUse(n int64) {
	kernelUsed.Add(n)
	Charge(n)
}

// KernelRoom reports whether the kernel may keep n bytes more for guests.
func KernelRoom(n int64) bool {
	return kernelUsed.Load()+n <= int64(PhysMem()/kernelShare) && (limit.frames.Load() == 0 || !Full(uint64(n)))
}

// Charge counts n bytes of memory that guests have without frames, or no longer have.
func Charge(n int64) { limit.charged.Add(n) }

// Full reports whether n bytes more would be too much.
func Full(n uint64) bool {
	phys.mu.Lock()
	defer phys.mu.Unlock()
	return phys.over((n + pageMask) >> PageShift)
}

// over reports whether n frames more would be too many. a.mu is held.
func (a *arena) over(n uint64) bool {
	most := limit.frames.Load()
	return most != 0 && a.used()+int64(n)+limit.charged.Load()>>PageShift > most
}

// used counts the frames that are referenced. a.mu is held.
func (a *arena) used() int64 {
	return int64(a.next) - ownFrames - int64(len(a.free)) - int64(len(a.cold))
}
