// Package probe watches what programs execute and writes it down in the formats of other tools: profiles for pprof,
// coverage for Lighthouse, lcov and fuzzers, instructions as qemu-user logs them, maps for perf.
//
// It is a part of nbemu and not for other modules: those import package machine.
package probe

import (
	"path"
	"sort"
	"sync"

	"nbemu/internal/symbols"
	"nbemu/kern"
	"nbemu/mem"
)

// image is a file that programs have mapped to execute it. Of what is no ELF file, and of memory without a file, there is
// only the name.
type image struct {
	id   int
	name string // the path that the program was shown
	file *symbols.File
	b    mem.Backing

	// The first mapping that was seen: what addresses in reports are based on.
	start, end, off uint64
}

// base is a short name for messages.
func (m *image) base() string { return path.Base(m.name) }

// images are all of them. Guarded by mu.
type images struct {
	mu   sync.Mutex
	keys map[mem.FileKey]*image
	anon map[string]*image
	all  []*image
}

func newImages() *images { return &images{keys: map[mem.FileKey]*image{}, anon: map[string]*image{}} }

// of returns the image of a mapping.
func (s *images) of(e *mem.Entry) *image {
	s.mu.Lock()
	defer s.mu.Unlock()
	b := e.Backing()
	if b == nil {
		name := e.Name
		if name == "" {
			name = "anonymous memory"
		}
		m := s.anon[name]
		if m == nil {
			m = s.add(e, &image{name: name})
			s.anon[name] = m
		}
		return m
	}
	m := s.keys[b.Key()]
	if m == nil {
		b.Ref()
		m = &image{name: e.Name, b: b}
		if f, err := symbols.Open(b); err == nil {
			m.file = f
		}
		s.keys[b.Key()] = s.add(e, m)
	}
	return m
}

func (s *images) add(e *mem.Entry, m *image) *image {
	m.id, m.start, m.end, m.off = len(s.all), e.Start, e.End, e.Off
	s.all = append(s.all, m)
	return m
}

// haveFunc reports whether one of the files has a function of that name.
func (s *images) haveFunc(name string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, m := range s.all {
		if m.file == nil {
			continue
		}
		if _, ok := m.file.Named(name); ok {
			return true
		}
	}
	return false
}

// close gives the files back.
func (s *images) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, m := range s.all {
		if m.b != nil {
			m.b.Unref()
			m.b = nil
		}
	}
}

// place is where an address is: in which file, at which address of the file's own numbering (of memory without a file,
// as it is), and at which offset.
type place struct {
	pc   uint64
	img  *image // nil: not mapped to be executed
	addr uint64
	off  uint64
}

// fn is the function that the place is in; "" if that is not known.
func (p place) fn() string {
	if s, ok := p.symbol(); ok {
		return s.Name
	}
	return ""
}

func (p place) symbol() (symbols.Symbol, bool) {
	if p.img == nil || p.img.file == nil {
		return symbols.Symbol{}, false
	}
	return p.img.file.Func(p.addr)
}

// space is what a process has mapped at a moment.
type space struct {
	s    *images
	maps []mem.Entry
}

func (s *images) space(p *kern.Proc) *space { return &space{s, p.VM.Maps()} }

// entry finds the mapping of an address; nil if there is none that can be executed.
func (s *space) entry(pc uint64) *mem.Entry {
	i := sort.Search(len(s.maps), func(i int) bool { return s.maps[i].End > pc })
	if i < len(s.maps) && pc >= s.maps[i].Start && s.maps[i].Prot&mem.ProtExec != 0 {
		return &s.maps[i]
	}
	return nil
}

// place finds out where an address is.
func (s *space) place(pc uint64) place {
	e := s.entry(pc)
	if e == nil {
		return place{pc: pc}
	}
	return s.s.at(e, pc)
}

// at is the place of an address in a mapping.
func (s *images) at(e *mem.Entry, pc uint64) place {
	p := place{pc: pc, img: s.of(e), addr: pc, off: pc - e.Start}
	if p.img.b != nil || e.Backing() != nil {
		p.off += e.Off
	}
	if p.img.file != nil {
		if a, ok := p.img.file.Addr(p.off); ok {
			p.addr = a
		}
	}
	return p
}
