package mem

import (
	"maps"
	"slices"
	"sync"

	"nbemu/abi"
)

// Sync writes the dirty pages of shared file mappings in the range back (uvm_map_clean). No length means the
// whole entry. Errors: EFAULT where something of the range is not mapped, EINVAL if no length has no entry.
func (s *Space) Sync(addr, n uint64) abi.Errno {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n == 0 {
		e := s.entryAt(addr)
		if e == nil {
			return abi.EINVAL
		}
		addr, n = e.Start, e.End-e.Start
	}
	if !s.mappedLocked(addr, addr+n) {
		return abi.EFAULT
	}
	for i := s.find(addr); i < len(s.ents) && s.ents[i].Start < addr+n; i++ {
		e := s.ents[i]
		if o, ok := e.Obj.(*fileObject); ok && e.Shared {
			from, to := e.pageIndex(max(addr, e.Start)), e.pageIndex(min(addr+n, e.End)-1)+1
			o.mu.Lock()
			o.flush(from, to)
			o.mu.Unlock()
		}
	}
	return abi.OK
}

// spaces are all address spaces there are, for the rare change to a file that mappings must notice.
var spaces = struct {
	sync.Mutex
	m map[*Space]struct{}
}{m: map[*Space]struct{}{}}

// truncated takes the pages from idx on out of all address spaces: the next access is a fault, and past the end
// of the file then (uvm_vnp_setsize). Private copies stay, as anonymous pages do in NetBSD.
func (o *fileObject) truncated(idx uint64) {
	o.mu.Lock()
	gone := map[Frame]bool{}
	for i, f := range o.pages {
		if i >= idx {
			gone[f] = true
			// Another engine may have the frame in its TLB for a while: it must not become other memory.
			o.stale = append(o.stale, f)
			delete(o.pages, i)
			delete(o.dirty, i)
		}
	}
	o.mu.Unlock()
	if len(gone) == 0 {
		return
	}
	spaces.Lock()
	all := slices.Collect(maps.Keys(spaces.m))
	spaces.Unlock()
	for _, s := range all {
		s.dropFrames(o, gone)
	}
}

// dropFrames unmaps the frames where entries show o.
func (s *Space) dropFrames(o Object, gone map[Frame]bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found := false
	for _, e := range s.ents {
		if e.Obj != o {
			continue
		}
		s.pt.each(e.Start, e.End, func(_ uint64, p *pte) {
			if f := p.frame(); gone[f] {
				*p = 0
				found = true
				f.unref()
			}
		})
	}
	if found {
		s.gen.Add(1)
	}
}
