package mem

import (
	"sync"
	"sync/atomic"

	"nbemu/abi"
)

// Protections, as in mmap(2).
const (
	ProtRead  = 1
	ProtWrite = 2
	ProtExec  = 4
	ProtAll   = 7
)

// MaxNone in MapArgs.MaxProt is no protection at all.
const MaxNone = 8

// Inheritance of an entry at fork, as in minherit(2).
const (
	InheritShare = 0
	InheritCopy  = 1
	InheritNone  = 2
	InheritZero  = 4
)

// Entry is a stretch of an address space with one protection and one backing.
type Entry struct {
	Start, End    uint64 // addresses [Start, End), multiples of the page size
	Prot, MaxProt uint8  // Prot bits now, and those that mprotect can get
	Inherit       uint8  // what fork does with it: minherit(2)'s MAP_INHERIT_
	Wired         bool   // mlock: resident
	Shared        bool   // stores are seen by others who map the object
	Dup           bool   // with Shared: others are mappings of the same space, the memory is private to it
	Obj           Object // nil: private zero-fill memory
	Off           uint64 // of Start in Obj, bytes
	Name          string // what reports show: a path, "stack", …
	Traits        uint32 // Trait bits
	Sealed        bool   // for good: what changes mappings asks first (Sealed)
	Nodes         any    // Linux' memory policy, comparable; nil: the thread's
	Watch         any    // who makes missing pages, comparable; nil: the kernel. See watch.go

	treeNode
}

// Backing is the file that the entry shows, nil if it shows none.
func (e *Entry) Backing() Backing {
	if o, ok := e.Obj.(*fileObject); ok {
		return o.b
	}
	return nil
}

func (e *Entry) pageIndex(va uint64) uint64 { return (va - e.Start + e.Off) >> PageShift }

// Space is one address space (struct vmspace with its vm_map). Its methods may be called from any goroutine;
// the page tables are also read by the engine that runs it, so that removals must be followed by a flush: Gen.
type Space struct {
	Min, Max uint64 // user addresses lie in [Min, Max)
	// Page is the machine's page size, if it is larger than a frame: what the end of a file leaves of one reads as
	// zero, where smaller pages would fault.
	Page uint64

	mu   sync.Mutex    // guards ents, pt, wireFuture and ldt
	ents entries       // what is mapped
	pt   pageTable     // engines read it without mu, by its root
	gen  atomic.Uint64 // grows when an entry of pt was taken away or restricted
	refs atomic.Int32  // processes and others who hold it

	Group  *Group        // who shares memory with it; see group.go. The scheduler's lock guards it
	Brk    Break         // of the data segment; the kernel lock guards it
	MinFlt atomic.Uint64 // page faults that were resolved, ru_minflt

	// CutsCopies says that a file cut short takes private copies of its pages along, as on Linux.
	CutsCopies bool

	// MaxMaps is the most mappings that calls may make, 0 for as many as the kernel has room for. As with Linux'
	// max_map_count, one call may end a little beyond it.
	MaxMaps int

	wireFuture bool // mlockall(MCL_FUTURE)
	growLimit  uint64
	// futureTouched has wireFuture make no pages.
	futureTouched bool
	guards        guards

	ldt ldt // i386: see ldt.go

	procs    []Processor // that may have looked something up; mu guards it
	parallel atomic.Bool // see SetParallel

	stale   []Frame  // see dropStale
	touches *[]Touch // see Touches
	ahead   ahead
	shadow  Shadow // an engine's: see shadow.go
	policy  Policy

	StackLo uint64 // set by exec; lowest address of the stack's entry, for the default placement of mappings
	// BottomUp, set by exec: mappings that name no address are placed from above the data segment upwards, not from below
	// the stack downwards (the other way round is VM_MAP_TOPDOWN).
	BottomUp bool
}

// Break describes the data segment for obreak(2): [Base, Cur) is in use, Max is the limit.
type Break struct{ Base, Cur, Max uint64 }

// NewSpace makes an empty space for user addresses [min, max).
func NewSpace(min, max uint64) *Space {
	s := &Space{Min: min, Max: max, pt: newPageTable(), Group: newGroup()}
	s.refs.Store(1)
	spaces.Lock()
	spaces.m[s] = struct{}{}
	spaces.Unlock()
	return s
}

// Ref takes another reference (vfork shares the space).
func (s *Space) Ref() *Space { s.refs.Add(1); return s }

// Refs counts the processes that use the space.
func (s *Space) Refs() int { return int(s.refs.Load()) }

// Unref drops a reference; the last one frees all memory.
func (s *Space) Unref() {
	if s.refs.Add(-1) > 0 {
		return
	}
	spaces.Lock()
	delete(spaces.m, s)
	spaces.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.removeLocked(s.Min, s.Max)
	s.dropStale()
	s.dropLDT()
	if s.shadow != nil {
		s.shadow.Drop()
		s.shadow = nil
	}
	s.pt.free()
	s.gen.Add(1)
}

// room reports whether a call may make another mapping, or two of one.
func (s *Space) room() bool {
	return (s.MaxMaps == 0 || s.ents.n < s.MaxMaps) && KernelRoom(2*entrySize)
}

// canClip reports whether there is room for what clip makes of entries at the ends of a range. Unlike new memory, nothing
// but the range itself can tell whether it is needed.
func (s *Space) canClip(start, end uint64) bool {
	for _, va := range []uint64{start, end} {
		if e := s.ents.at(va); e != nil && e.Start != va {
			return s.room()
		}
	}
	return true
}

// Root is the host address of the top page table, for the engine.
func (s *Space) Root() uintptr { return rootAddr(&s.pt) }

// Gen changes whenever an entry that an engine may have cached was removed or restricted.
func (s *Space) Gen() uint64 { return s.gen.Load() }

// clip makes sure that no entry straddles va.
func (s *Space) clip(va uint64) {
	e := s.ents.at(va)
	if e == nil || e.Start == va {
		return
	}
	r := e.clone()
	r.Start = va
	if r.Obj != nil {
		r.Off += va - e.Start
		r.Obj.ref()
	}
	e.End = va
	s.ents.changed(e)
	s.ents.add(r)
}

// insert puts e in its place, joining it with neighbours of the same kind.
func (s *Space) insert(e *Entry) {
	s.ents.add(e)
	p, n := e.prev(), e.next()
	if n != nil {
		s.join(e, n)
	}
	if p != nil {
		s.join(p, e)
	}
}

// join makes one entry of a and b, its neighbour, if they are alike, and reports whether they are.
func (s *Space) join(a, b *Entry) bool {
	if !joins(a, b) {
		return false
	}
	s.ents.remove(b)
	a.End = b.End
	a.Traits |= b.Traits & sticky
	s.ents.changed(a)
	if b.Obj != nil {
		b.Obj.unref()
	}
	return true
}

func joins(a, b *Entry) bool {
	return a.End == b.Start && a.Prot == b.Prot && a.MaxProt == b.MaxProt && a.Inherit == b.Inherit &&
		a.Shared == b.Shared && a.Dup == b.Dup && a.Wired == b.Wired && a.Obj == b.Obj && a.Name == b.Name &&
		a.Traits&^sticky == b.Traits&^sticky && a.Sealed == b.Sealed && a.Nodes == b.Nodes && a.Watch == b.Watch &&
		(a.Obj == nil || a.Off+(a.End-a.Start) == b.Off)
}

// MapArgs says what to map where.
type MapArgs struct {
	Addr, Len     uint64 // page aligned; Addr is a hint unless Fixed
	Prot, MaxProt uint8  // MaxProt 0 means everything
	Fixed         bool   // exactly at Addr, replacing what is there
	NoReplace     bool   // with Fixed: EEXIST if something is there (MAP_TRYFIXED falls back by itself)
	TopDown       bool   // search below Addr instead of above
	Align         uint64 // of the address, a power of two, or 0
	Shared        bool
	Obj           Object // nil: zero-fill; Map takes a reference of its own
	Off           uint64
	Inherit       uint8
	InheritSet    bool
	Name          string
	Traits        uint32
}

// Map enters a mapping and returns its address. Errors: EINVAL for a range outside the space, ENOMEM when
// there is no room, EEXIST.
func (s *Space) Map(a MapArgs) (uint64, abi.Errno) {
	n := (a.Len + pageMask) &^ pageMask
	if n == 0 || n < a.Len {
		return 0, abi.EINVAL
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.room() {
		return 0, abi.ENOMEM
	}
	addr := a.Addr &^ uint64(pageMask)
	if a.Fixed {
		if addr < s.Min || addr > s.Max || n > s.Max-addr {
			return 0, abi.EINVAL
		}
		if e := s.ents.after(addr); a.NoReplace && e != nil && e.Start < addr+n {
			return 0, abi.EEXIST
		}
		if a.Obj != nil { // which what is replaced may be all that holds
			a.Obj.ref()
			defer a.Obj.unref()
		}
		s.removeLocked(addr, addr+n)
	} else {
		var ok bool
		if addr, ok = s.findSpace(addr, n, a.Align, a.TopDown); !ok {
			return 0, abi.ENOMEM
		}
	}
	e := &Entry{Start: addr, End: addr + n, Prot: a.Prot, MaxProt: a.MaxProt, Shared: a.Shared, Obj: a.Obj,
		Off: a.Off, Inherit: InheritCopy, Name: a.Name, Traits: a.Traits}
	if e.MaxProt == 0 {
		e.MaxProt = ProtAll
	}
	e.MaxProt &= ProtAll
	if a.Shared {
		e.Inherit = InheritShare
		if e.Obj == nil {
			e.Obj = NewAnon()
		} else {
			e.Obj.ref()
		}
	} else if e.Obj != nil {
		e.Obj.ref()
	}
	if a.InheritSet {
		e.Inherit = a.Inherit
	}
	s.insert(e)
	return addr, abi.OK
}

// findSpace looks for n free bytes: at or above hint, or with topDown at or below it (uvm_map_findspace).
func (s *Space) findSpace(hint, n, align uint64, topDown bool) (uint64, bool) {
	if align < PageSize {
		align = PageSize
	}
	if n > s.Max-s.Min {
		return 0, false
	}
	addr := max(hint, s.Min)
	if topDown {
		addr = min(addr, s.Max-n) &^ (align - 1)
	} else if addr = (addr + align - 1) &^ (align - 1); addr > s.Max-n {
		return 0, false
	}
	e := s.ents.after(addr)
	switch {
	case e == nil || e.Start >= addr+n:
		return addr, addr >= s.Min
	case topDown:
		return s.ents.below(s.Min, e.Start, n, align)
	}
	return s.ents.above(s.Max, e.End, n, align)
}

// Unmap removes whatever lies in the range. Errors: EINVAL for a range outside the space, ENOMEM if a hole in a mapping
// would be one mapping too many.
func (s *Space) Unmap(addr, n uint64) abi.Errno {
	n = (n + pageMask) &^ pageMask
	if addr < s.Min || addr > s.Max || n > s.Max-addr {
		return abi.EINVAL
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if e := s.ents.at(addr); e != nil && e.Start < addr && e.End > addr+n && !s.room() {
		return abi.ENOMEM
	}
	s.removeLocked(addr, addr+n)
	return abi.OK
}

func (s *Space) removeLocked(start, end uint64) {
	s.dropStale()
	if e := s.ents.after(start); e == nil || e.Start >= end {
		return
	}
	s.clip(start)
	s.clip(end)
	s.guards.cut(start, end)
	for e := s.ents.after(start); e != nil && e.Start < end; {
		n := e.next()
		s.dropPages(e.Start, e.End)
		s.ents.remove(e)
		if e.Obj != nil {
			e.Obj.unref()
		}
		e = n
	}
}

// dropPages empties the page-table entries of [start, end) and releases their frames.
func (s *Space) dropPages(start, end uint64) {
	found, parallel := false, s.parallel.Load()
	var frames []Frame
	s.pt.each(start, end, func(_ uint64, p *pte) {
		f := p.frame()
		*p = 0
		found = true
		if parallel {
			frames = append(frames, f) // a processor may be using it
		} else {
			f.unref() // the generation changes before guest code runs again
		}
	})
	if found {
		s.changed()
		release(frames)
	}
}

// Protect changes the protection of a range. Errors: ENOMEM where nothing is mapped, EACCES beyond the
// maximum protection.
func (s *Space) Protect(addr, n uint64, prot uint8) abi.Errno { return s.protect(addr, n, prot, false) }

// ProtectMapped is Protect of what is mapped of a range (uvm_map_protect): NetBSD's mprotect(2) takes no offence at holes.
func (s *Space) ProtectMapped(addr, n uint64, prot uint8) abi.Errno {
	return s.protect(addr, n, prot, true)
}

func (s *Space) protect(addr, n uint64, prot uint8, holes bool) abi.Errno {
	n = (n + pageMask) &^ pageMask
	if addr < s.Min || addr > s.Max || n > s.Max-addr {
		return abi.EINVAL
	}
	if n == 0 {
		return abi.OK
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	end := addr + n
	at := addr
	for e := s.ents.after(addr); at < end; e = e.next() {
		if (e == nil || e.Start > at) && !holes {
			return abi.ENOMEM
		}
		if e == nil || e.Start >= end {
			break
		}
		if e.MaxProt&prot != prot {
			return abi.EACCES
		}
		at = e.End
	}
	if !s.canClip(addr, end) {
		return abi.ENOMEM
	}
	s.clip(addr)
	s.clip(end)
	for e := s.ents.after(addr); e != nil && e.Start < end; e = e.next() {
		if e.Prot == prot {
			continue
		}
		e.Prot = prot
		s.setPageProt(e)
	}
	s.joinRange(addr, end)
	return abi.OK
}

// joinRange merges entries that have become alike around [addr, end).
func (s *Space) joinRange(addr, end uint64) {
	e := s.ents.before(addr)
	if e == nil {
		e = s.ents.first()
	}
	for e != nil {
		n := e.next()
		if n == nil || n.Start > end {
			return
		}
		if !s.join(e, n) {
			e = n
		}
	}
}

func (s *Space) setPageProt(e *Entry) {
	bits := protBits(e.Prot)
	found := false
	s.pt.each(e.Start, e.End, func(_ uint64, p *pte) {
		old := *p
		b := bits
		if old&pteCOW != 0 {
			b &^= pteW
		}
		*p = old&^(pteR|pteW|pteX) | b
		found = true
	})
	if found {
		s.changed()
	}
}

// Inherit sets what fork does with a range (minherit(2)).
func (s *Space) Inherit(addr, n uint64, how uint8) abi.Errno {
	n = (n + pageMask) &^ pageMask
	if addr < s.Min || addr > s.Max || n > s.Max-addr {
		return abi.EINVAL
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.canClip(addr, addr+n) {
		return abi.ENOMEM
	}
	s.clip(addr)
	s.clip(addr + n)
	for e := s.ents.after(addr); e != nil && e.Start < addr+n; e = e.next() {
		e.Inherit = how
	}
	s.joinRange(addr, addr+n)
	return abi.OK
}

// Discard drops the private contents of a range: zero-fill pages read as zero again, file pages are read
// again (madvise(2), MADV_FREE and MADV_DONTNEED semantics of the caller's choice).
func (s *Space) Discard(addr, n uint64) abi.Errno {
	n = (n + pageMask) &^ pageMask
	if addr < s.Min || addr > s.Max || n > s.Max-addr {
		return abi.EINVAL
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for e := s.ents.after(addr); e != nil && e.Start < addr+n; e = e.next() {
		if !e.Shared {
			s.dropPages(max(e.Start, addr), min(e.End, addr+n))
		}
	}
	return abi.OK
}

// Cleanable says whether what a range shows can be written back, or forgotten (free), as uvm_map_clean looks at it first.
// Errors: EFAULT where nothing is mapped, EBUSY of what is to be forgotten and is locked.
func (s *Space) Cleanable(addr, n uint64, free bool) abi.Errno {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.ents.at(addr)
	switch {
	case e == nil:
		return abi.EFAULT
	case n > 0 && free && e.Wired: // of the first entry only
		return abi.EBUSY
	case !s.mappedLocked(addr, addr+n):
		return abi.EFAULT
	}
	return abi.OK
}

// Incore fills vec with 1 for each page of the range that is resident, here or with others who map the file. Error: ENOMEM where nothing is mapped.
func (s *Space) Incore(addr uint64, vec []byte) abi.Errno {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range vec {
		va := addr + uint64(i)<<PageShift
		e := s.ents.at(va)
		if e == nil {
			return abi.ENOMEM
		}
		vec[i] = 0
		if p := s.pt.lookup(va); p != nil && *p&pteV != 0 {
			vec[i] = 1
		} else if o, ok := e.Obj.(*fileObject); ok {
			if o.inMemory(e.pageIndex(va)) {
				vec[i] = 1
			}
		} else if e.Obj != nil {
			if _, there := e.Obj.cached(e.pageIndex(va)); there {
				vec[i] = 1
			}
		}
	}
	return abi.OK
}

// Mapped reports whether every page of the range lies in some entry.
func (s *Space) Mapped(addr, n uint64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.mappedLocked(addr, addr+n)
}

// SharedAt reports whether stores at va are seen by others who map the same memory.
func (s *Space) SharedAt(va uint64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.ents.at(va)
	return e != nil && e.Shared
}

// Maps lists the entries in ascending order, as copies.
func (s *Space) Maps() []Entry {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Entry
	for e := s.ents.first(); e != nil; e = e.next() {
		out = append(out, *e.clone())
	}
	return out
}

// Size is the number of bytes mapped.
func (s *Space) Size() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ents.root == nil {
		return 0
	}
	return s.ents.root.size
}

// Fork makes the child's space: private pages are shared copy-on-write, shared entries stay shared.
// Cost follows the pages that the parent has touched. Error: ENOMEM, for what cannot be shared so.
func (s *Space) Fork() (*Space, abi.Errno) {
	c := NewSpace(s.Min, s.Max)
	if err := s.forkTo(c); err != abi.OK {
		c.Unref()
		return nil, err
	}
	return c, abi.OK
}

// forkTo fills the child's space, which others see already if a file that it maps changes.
func (s *Space) forkTo(c *Space) abi.Errno {
	s.mu.Lock()
	defer s.mu.Unlock()
	c.mu.Lock()
	defer c.mu.Unlock()
	defer s.changed()
	s.dropStale()
	c.Brk, c.StackLo, c.BottomUp, c.Page, c.CutsCopies, c.MaxMaps = s.Brk, s.StackLo, s.BottomUp, s.Page, s.CutsCopies, s.MaxMaps
	c.growLimit = s.growLimit
	if !KernelRoom(int64(s.ents.n) * entrySize) {
		return abi.ENOMEM
	}
	for e := s.ents.first(); e != nil; e = e.next() {
		if e.Inherit == InheritNone {
			continue
		}
		x := e.clone()
		x.notInherited()
		if e.Inherit == InheritZero {
			x.Obj, x.Shared, x.Dup, x.Off = nil, false, false, 0
		} else {
			c.guards = append(c.guards, s.guards.within(e.Start, e.End)...)
		}
		if x.Inherit == InheritShare && !x.Shared {
			if !s.makeShared(e) {
				return abi.ENOMEM
			}
			x = e.clone()
			x.notInherited()
		}
		if x.Inherit == InheritCopy && x.Dup {
			x.Obj, x.Off, x.Shared, x.Dup = nil, 0, false, false
			c.ents.add(x)
			if !e.forkDup(c) {
				return abi.ENOMEM
			}
			continue
		}
		if x.Inherit == InheritCopy && x.Shared {
			// minherit(MAP_INHERIT_COPY): the child has the object as in a private mapping, and finds its pages
			// by faults.
			x.Shared = false
			x.Obj.ref()
			c.ents.add(x)
			continue
		}
		if x.Obj != nil {
			x.Obj.ref()
		}
		c.ents.add(x)
		if e.Inherit == InheritZero {
			continue
		}
		if x.Shared {
			c.Group = s.Group
		}
		writable := e.Prot&ProtWrite != 0 || e.MaxProt&ProtWrite != 0
		s.pt.each(e.Start, e.End, func(va uint64, p *pte) {
			if writable && !x.Shared && *p&pteCOW == 0 {
				*p = *p&^pteW | pteCOW
			}
			p.frame().ref()
			*c.pt.entry(va) = *p
		})
	}
	s.forkLDT(c)
	if s.policy != nil {
		c.policy = s.policy.Fork()
	}
	return abi.OK
}

// notInherited takes from a child's entry what children do not have: locks and watchers.
func (e *Entry) notInherited() {
	e.Wired, e.Watch = false, nil
	e.Traits &^= TraitLockTouched
}

// mostShared is how many pages of a private file mapping makeShared copies: nobody should wait for more.
const mostShared = 1 << 18

// makeShared turns a private entry into a shared one, for minherit(MAP_INHERIT_SHARE) and second mappings. It reports
// whether there was memory for pages of its own; without, nothing has changed.
func (s *Space) makeShared(e *Entry) bool {
	if e.Obj != nil && !s.copyAll(e) {
		return false
	}
	// Copy-on-write pages must become the entry's own first.
	ok := true
	s.pt.each(e.Start, e.End, func(va uint64, p *pte) {
		if ok && *p&pteV != 0 {
			ok = s.faultLocked(va, ProtWrite, true) != FaultNoMem
		}
	})
	if !ok {
		return false
	}
	o := &anonObject{refs: 1, pages: map[uint64]Frame{}}
	s.pt.each(e.Start, e.End, func(va uint64, p *pte) {
		if *p&pteV != 0 {
			p.frame().ref()
			o.pages[(va-e.Start)>>PageShift] = p.frame()
		}
	})
	if e.Obj != nil {
		e.Obj.unref()
	}
	e.Obj, e.Off, e.Shared = o, 0, true
	return true
}

// copyAll copies the pages of a private file mapping, as if all were stored to.
func (s *Space) copyAll(e *Entry) bool {
	for va := e.Start; va < e.End; va += PageSize {
		switch r := s.faultLocked(va, ProtWrite, true); {
		case r == FaultNoMem, r == FaultOK && (va-e.Start)>>PageShift >= mostShared:
			return false
		case r != FaultOK:
			return true // the end of the file
		}
	}
	return true
}

// PhysicalPage is the physical address of the page that has va, as processors number memory; false if none is there.
func (s *Space) PhysicalPage(va uint64) (uint64, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.pt.lookup(va)
	if p == nil || *p&pteV == 0 {
		return 0, false
	}
	return uint64(*p &^ pageMask), true
}
