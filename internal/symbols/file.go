// Package symbols reads what executables and libraries say about themselves: names of functions, lines of sources, build
// ids, and how to find callers.
package symbols

import (
	"debug/elf"
	"debug/gosym"
	"encoding/hex"
	"fmt"
	"io"
	"slices"
	"sort"
	"strings"
	"sync"
)

// Symbol is a function: [Start, End) are its addresses in the file's own numbering.
type Symbol struct {
	Name       string
	Start, End uint64
}

// File is an ELF file. Its methods can be called by any goroutine.
type File struct {
	elf     *elf.File
	BuildID string // hexadecimal, of GNU's note or Go's; "" if there is none
	funcs   []Symbol
	pcln    *gosym.Table

	lineOnce sync.Once
	lines    []Line
	cfiOnce  sync.Once
	cfi      *CFI
}

// Open reads a file. Error: it is no ELF file, or a broken one.
func Open(r io.ReaderAt) (f *File, err error) {
	defer func() { // programs may bring any file
		if r := recover(); r != nil {
			f, err = nil, fmt.Errorf("broken file: %v", r)
		}
	}()
	e, err := elf.NewFile(r)
	if err != nil {
		return nil, err
	}
	f = &File{elf: e}
	f.BuildID = buildID(e)
	f.readSymbols()
	if len(f.funcs) == 0 {
		f.readPclntab()
	}
	return f, nil
}

// Addr is the address that the byte at an offset of the file has, before the file is moved to where it is loaded.
func (f *File) Addr(off uint64) (uint64, bool) {
	for _, p := range f.elf.Progs {
		if p.Type == elf.PT_LOAD && off >= p.Off && off < p.Off+p.Filesz {
			return p.Vaddr + off - p.Off, true
		}
	}
	// A page that begins before the segment, or that is longer, is mapped whole.
	for _, p := range f.elf.Progs {
		if p.Type == elf.PT_LOAD && off >= p.Off&^0xfff && off < (p.Off+p.Filesz+0xfff)&^0xfff {
			return p.Vaddr + off - p.Off, true
		}
	}
	return 0, false
}

// Func returns the function that has an address.
func (f *File) Func(addr uint64) (Symbol, bool) {
	i := sort.Search(len(f.funcs), func(i int) bool { return f.funcs[i].Start > addr })
	if i > 0 && addr < f.funcs[i-1].End {
		return f.funcs[i-1], true
	}
	return f.goFunc(func() *gosym.Func { return f.pcln.PCToFunc(addr) })
}

// goFunc looks a function up in Go's own table, which debug/gosym trusts more than it should.
func (f *File) goFunc(find func() *gosym.Func) (s Symbol, ok bool) {
	if f.pcln == nil {
		return s, false
	}
	defer func() {
		if recover() != nil {
			s, ok = Symbol{}, false
		}
	}()
	if fn := find(); fn != nil {
		return Symbol{fn.Name, fn.Entry, fn.End}, true
	}
	return s, false
}

// Named returns the function of a name.
func (f *File) Named(name string) (Symbol, bool) {
	for _, s := range f.funcs {
		if s.Name == name {
			return s, true
		}
	}
	return f.goFunc(func() *gosym.Func { return f.pcln.LookupFunc(name) })
}

// readSymbols takes functions from .symtab, or .dynsym if there is none.
func (f *File) readSymbols() {
	syms, err := f.elf.Symbols()
	if err != nil || len(syms) == 0 {
		syms, _ = f.elf.DynamicSymbols()
	}
	for _, s := range syms {
		typ := elf.ST_TYPE(s.Info)
		if typ != elf.STT_FUNC && typ != elf.STT_GNU_IFUNC && typ != elf.STT_NOTYPE || s.Name == "" ||
			s.Section == elf.SHN_UNDEF || int(s.Section) >= len(f.elf.Sections) {
			continue
		}
		if sec := f.elf.Sections[s.Section]; sec.Flags&elf.SHF_EXECINSTR == 0 {
			continue
		}
		if typ == elf.STT_NOTYPE && strings.ContainsAny(s.Name[:1], "$.") { // mapping symbols, labels
			continue
		}
		start := s.Value
		if f.elf.Machine == elf.EM_ARM || f.elf.Machine == elf.EM_MIPS { // Thumb, and MIPS16
			start &^= 1
		}
		f.funcs = append(f.funcs, Symbol{s.Name, start, start + s.Size})
	}
	// Of several names for an address the one with a size, then the first that was global, is the best.
	slices.SortStableFunc(f.funcs, func(a, b Symbol) int {
		switch {
		case a.Start != b.Start:
			return cmp(a.Start, b.Start)
		default:
			return cmp(b.End, a.End)
		}
	})
	f.funcs = slices.CompactFunc(f.funcs, func(a, b Symbol) bool { return a.Start == b.Start })
	for i := range f.funcs {
		s := &f.funcs[i]
		if s.End > s.Start {
			continue
		}
		s.End = f.sectionEnd(s.Start)
		if i+1 < len(f.funcs) && f.funcs[i+1].Start < s.End {
			s.End = f.funcs[i+1].Start
		}
	}
}

func cmp(a, b uint64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

func (f *File) sectionEnd(addr uint64) uint64 {
	for _, s := range f.elf.Sections {
		if s.Flags&elf.SHF_ALLOC != 0 && addr >= s.Addr && addr < s.Addr+s.Size {
			return s.Addr + s.Size
		}
	}
	return addr
}

// readPclntab takes functions from the table that a Go program has for itself.
func (f *File) readPclntab() {
	sec := f.elf.Section(".gopclntab")
	if sec == nil {
		sec = f.elf.Section(".data.rel.ro.gopclntab")
	}
	text := f.elf.Section(".text")
	if sec == nil || text == nil {
		return
	}
	data, err := sec.Data()
	if err != nil {
		return
	}
	if t, err := gosym.NewTable(nil, gosym.NewLineTable(data, text.Addr)); err == nil {
		f.pcln = t
	}
}

// buildID finds the id that linkers leave in a note.
func buildID(e *elf.File) string {
	for _, name := range []string{".note.gnu.build-id", ".note.go.buildid"} {
		s := e.Section(name)
		if s == nil {
			continue
		}
		b, err := s.Data()
		if err != nil || len(b) < 12 {
			continue
		}
		namesz, descsz := e.ByteOrder.Uint32(b), e.ByteOrder.Uint32(b[4:])
		at := 12 + (uint64(namesz)+3)&^3
		if at+uint64(descsz) > uint64(len(b)) {
			continue
		}
		desc := b[at : at+uint64(descsz)]
		if name == ".note.go.buildid" {
			return string(desc)
		}
		return hex.EncodeToString(desc)
	}
	return ""
}

// Bounds are the lowest and the highest address that the file is loaded at, by pages.
func (f *File) Bounds() (low, high uint64) {
	low = ^uint64(0)
	for _, p := range f.elf.Progs {
		if p.Type == elf.PT_LOAD && p.Memsz > 0 {
			low = min(low, p.Vaddr&^0xfff)
			high = max(high, (p.Vaddr+p.Memsz+0xfff)&^0xfff)
		}
	}
	return min(low, high), high
}

// Entry is where the program begins.
func (f *File) Entry() uint64 { return f.elf.Entry }

// Funcs are all functions that the file has names for, by address; none if they are in Go's own table alone.
func (f *File) Funcs() []Symbol { return f.funcs }
