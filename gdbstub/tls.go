package gdbstub

import (
	"debug/elf"
	"slices"
	"strconv"
	"strings"

	"nbemu/arch/gdb"
)

// Errors of qGetTLSAddr. gdb says of each that the request has failed.
const (
	errRequest  = "E01"
	errNoTLS    = "E02" // ENOENT: the module has none, or none in this thread so far
	errNoThread = "E03" // ESRCH
)

// tlsAddr serves qGetTLSAddr:thread,offset,lm: where a thread has what is at an offset in the thread-local storage of a
// module. lm is the module's struct link_map, or 0 for a program that no dynamic linker has loaded.
func (s *Server) tlsAddr(arg string) string {
	f := strings.Split(arg, ",")
	if len(f) != 3 {
		return errRequest
	}
	t, tid, ok := s.parseThread(f[0])
	off, err := strconv.ParseUint(f[1], 16, 64)
	lm, err2 := strconv.ParseUint(f[2], 16, 64)
	if !ok || err != nil || err2 != nil {
		return errRequest
	}
	if !slices.Contains(t.Threads(), tid) {
		return errNoThread
	}
	m := machineOf(t.Arch())
	if m == nil || m.TLS == nil {
		return errNoTLS
	}
	r := tlsReader{t: t, places: m.TLS, word: t.Arch().Model.PtrSize}
	block, ok := r.block(r.cut(t.ThreadPointer(tid)), lm)
	if !ok {
		return errNoTLS
	}
	return strconv.FormatUint(r.cut(block+off), 16)
}

// tlsReader finds thread-local storage in a process's memory.
type tlsReader struct {
	t      Target
	places *gdb.TLS
	word   int // the size of a pointer
}

// cut makes an address of v, which may be a register with a sign.
func (r *tlsReader) cut(v uint64) uint64 {
	if r.word == 4 {
		return uint64(uint32(v))
	}
	return v
}

// words reads up to n pointers.
func (r *tlsReader) words(addr uint64, n int) []uint64 {
	b := make([]byte, n*r.word)
	b = b[:r.t.ReadMem(r.cut(addr), b)]
	return r.split(b)
}

// split makes pointers of bytes.
func (r *tlsReader) split(b []byte) (w []uint64) {
	for ; len(b) >= r.word; b = b[r.word:] {
		w = append(w, r.t.Arch().Model.Ptr(b))
	}
	return w
}

// pointer reads one pointer; ok is false if it cannot be read.
func (r *tlsReader) pointer(addr uint64) (v uint64, ok bool) {
	if w := r.words(addr, 1); len(w) == 1 {
		return w[0], true
	}
	return 0, false
}

// block is the address of a module's block in the thread with the thread pointer tp.
func (r *tlsReader) block(tp, lm uint64) (addr uint64, ok bool) {
	if tp == 0 {
		return 0, false
	}
	program, ok := r.program()
	if lm == 0 || ok && r.describes(lm, program) {
		if !ok || program.tls == nil {
			return 0, false
		}
		return r.places.Block(tp, uint64(r.word), program.tls), true
	}
	module, ok := r.module(lm)
	if !ok || module.tls == nil {
		return 0, false
	}
	return r.foreign(tp, lm, module)
}

// foreign finds a module's block by what its dynamic linker keeps of the segment, in a row of words after the link map: glibc
// in the same structure, NetBSD's in its own, of which the link map is a part. Their places are different in each release.
func (r *tlsReader) foreign(tp, lm uint64, module *image) (addr uint64, ok bool) {
	lm, glibc := r.real(lm)
	start := r.cut(module.base + module.tls.Vaddr)
	b := make([]byte, maxLinkMap)
	b = b[:r.t.ReadMem(lm, b)]
	for ; len(b) > 0; b = b[min(2, len(b)):] { // pointers of Linux/m68k are aligned to two bytes
		w := r.split(b[:min(len(b), 7*r.word)])
		if glibc {
			if index, offset, ok := glibcModule(w, start, module.tls); ok {
				return r.glibcBlock(tp, index, offset)
			}
		} else if index, ok := netbsdModule(w, start, module.tls); ok {
			return r.netbsdBlock(tp, index)
		}
	}
	return 0, false
}

// real reports whether lm is a link map of glibc's: those have their own address after what is public, in l_real. One that
// dlmopen(3) has made for another namespace has the address of the one it stands for.
func (r *tlsReader) real(lm uint64) (uint64, bool) {
	first, ok := r.pointer(lm + 5*uint64(r.word))
	if !ok {
		return lm, false
	}
	if again, ok := r.pointer(first + 5*uint64(r.word)); !ok || again != first {
		return lm, false
	}
	return first, true
}

// maxLinkMap is how far after the link map's beginning its linker's words are looked for. glibc 2.42 has them 1100 bytes
// after it.
const maxLinkMap = 4096

// image is what the headers in memory tell of a program or a library.
type image struct {
	base    uint64 // what its addresses are moved by
	dynamic uint64 // where its dynamic section is; 0: it has none
	tls     *gdb.Segment
	header  uint64 // the address that the ELF header's part of the file has in the file's terms
}

// program reads the headers of the program that runs, which the auxiliary vector leads to.
func (r *tlsReader) program() (*image, bool) {
	aux := r.auxv()
	b := make([]byte, min(aux[atPhent]*aux[atPhnum], maxHeaders))
	if len(b) == 0 || r.t.ReadMem(aux[atPhdr], b) < len(b) {
		return nil, false
	}
	m := r.image(b, int(aux[atPhent]), aux[atPhdr])
	return m, m != nil
}

// Entries of the auxiliary vector, with one meaning for NetBSD and Linux.
const (
	atPhdr  = 3
	atPhent = 4
	atPhnum = 5
)

// maxHeaders bounds what program headers are read.
const maxHeaders = 64 << 10

// auxv reads the auxiliary vector. Of a type of 64 bits NetBSD sets only the first 32.
func (r *tlsReader) auxv() map[uint64]uint64 {
	all := map[uint64]uint64{}
	model := r.t.Arch().Model
	for b := r.t.Auxv(); len(b) >= 2*r.word; b = b[2*r.word:] {
		typ := model.Ptr(b)
		if typ>>32 != 0 {
			typ = model.Uint(b, 4)
		}
		all[typ] = model.Ptr(b[r.word:])
	}
	return all
}

// image reads program headers of size bytes each. phdr is their address, for programs that say in them where they are in
// the file's terms; others, and libraries, are moved by nothing until somebody knows better.
func (r *tlsReader) image(b []byte, size int, phdr uint64) *image {
	m := &image{}
	model := r.t.Arch().Model
	// Where p_offset, p_vaddr, p_filesz, p_memsz and p_align are in Elf32_Phdr and Elf64_Phdr.
	offset, vaddr, filesz, memsz, align, least := 4, 8, 16, 20, 28, 32
	if model.PtrSize == 8 {
		offset, vaddr, filesz, memsz, align, least = 8, 16, 32, 40, 48, 56
	}
	if size < least {
		return nil
	}
	for ; len(b) >= size; b = b[size:] {
		switch elf.ProgType(model.Uint(b, 4)) {
		case elf.PT_PHDR:
			m.base = r.cut(phdr - model.Ptr(b[vaddr:]))
		case elf.PT_DYNAMIC:
			m.dynamic = model.Ptr(b[vaddr:])
		case elf.PT_LOAD:
			if model.Ptr(b[offset:]) == 0 {
				m.header = model.Ptr(b[vaddr:])
			}
		case elf.PT_TLS:
			m.tls = &gdb.Segment{Vaddr: model.Ptr(b[vaddr:]), Filesz: model.Ptr(b[filesz:]), Memsz: model.Ptr(b[memsz:]),
				Align: model.Ptr(b[align:])}
		}
	}
	return m
}

// dynamicOf are the words of a link map of which one is l_ld, the address of the dynamic section: after l_addr and l_name, on
// NetBSD/mips also after l_offs.
var dynamicOf = []int{2, 3}

// describes reports whether lm is the link map of m.
func (r *tlsReader) describes(lm uint64, m *image) bool {
	w := r.words(lm, 4)
	for _, i := range dynamicOf {
		if m.dynamic != 0 && i < len(w) && w[i] == r.cut(m.base+m.dynamic) {
			return true
		}
	}
	return false
}

// module finds the headers of a link map's module: where the module begins, or in a page before its dynamic section.
func (r *tlsReader) module(lm uint64) (*image, bool) {
	w := r.words(lm, 4)
	if len(w) < 4 {
		return nil, false
	}
	for _, i := range dynamicOf {
		if m := r.imageAt(w[0], w[i]); m != nil {
			return m, true
		}
	}
	for at, n := w[2]&^(headerPage-1), 0; n < maxModule/headerPage && at >= headerPage; at, n = at-headerPage, n+1 {
		if m := r.imageAt(at, w[2]); m != nil {
			return m, true
		}
	}
	return nil, false
}

const (
	headerPage = 4096     // ELF headers begin pages, of this size at least
	maxModule  = 64 << 20 // how far before the dynamic section they are looked for
)

// imageAt reads the headers of a module whose file is in memory from at on; nil if there is none with its dynamic section
// at the address dynamic.
func (r *tlsReader) imageAt(at, dynamic uint64) *image {
	model := r.t.Arch().Model
	// Where e_phoff, e_phentsize and e_phnum are in Elf32_Ehdr and Elf64_Ehdr.
	phoff, phentsize, phnum, size := 28, 42, 44, 52
	if model.PtrSize == 8 {
		phoff, phentsize, phnum, size = 32, 54, 56, 64
	}
	h := make([]byte, size)
	if r.t.ReadMem(at, h) < size || string(h[:4]) != elf.ELFMAG || h[elf.EI_CLASS] != r.t.Arch().ELFClass {
		return nil
	}
	each := int(model.Uint(h[phentsize:], 2))
	b := make([]byte, min(each*int(model.Uint(h[phnum:], 2)), maxHeaders))
	phdr := at + model.Ptr(h[phoff:])
	if len(b) == 0 || r.t.ReadMem(phdr, b) < len(b) {
		return nil
	}
	m := r.image(b, each, phdr)
	if m == nil || m.dynamic == 0 {
		return nil
	}
	if m.base = r.cut(at - m.header); r.cut(m.base+m.dynamic) != dynamic {
		return nil
	}
	return m
}

// glibcModule reads l_tls_offset and l_tls_modid of glibc's link map, if w begins with the words before them, for the segment
// s that is at the address start: l_tls_initimage, _initimage_size, _blocksize, _align and _firstbyte_offset, which may
// have become something else.
func glibcModule(w []uint64, start uint64, s *gdb.Segment) (index, offset uint64, ok bool) {
	if len(w) < 7 || w[0] != start || w[1] != s.Filesz || w[2] != s.Memsz || w[3] != s.Align {
		return 0, 0, false
	}
	return w[6], w[5], true
}

// netbsdModule reads tlsindex of NetBSD's Obj_Entry, if w begins with it and the words after it are this module's: tlsinit,
// tlsinitsize, tlssize, tlsoffset and tlsalign.
func netbsdModule(w []uint64, start uint64, s *gdb.Segment) (index uint64, ok bool) {
	if len(w) < 6 || w[1] != start || w[2] != s.Filesz || w[3] != s.Memsz || w[5] != s.Align {
		return 0, false
	}
	return w[0], true
}

// entry reads a thread's pointer to the block of the module with an index. Each of the dtv's entries has size bytes; the one
// at 0 counts changes, and the one before it says how many there are after it.
func (r *tlsReader) entry(tp, index, size uint64, glibc bool) (v uint64, ok bool) {
	dtv, ok := r.pointer(r.places.Table(tp, uint64(r.word), glibc))
	if !ok || dtv == 0 {
		return 0, false
	}
	if n, ok := r.pointer(dtv - size); !ok || index == 0 || index > n {
		return 0, false
	}
	return r.pointer(dtv + index*size)
}

// glibcBlock is a block of glibc's. A thread's dtv has it once the thread has used it; until then only blocks of modules that
// were there from the start have a place.
func (r *tlsReader) glibcBlock(tp, index, offset uint64) (addr uint64, ok bool) {
	none := r.cut(^uint64(0)) // TLS_DTV_UNALLOCATED
	v, ok := r.entry(tp, index, 2*uint64(r.word), true)
	if ok && v != none && v != 0 {
		return v, true
	}
	// NO_TLS_OFFSET and FORCED_DYNAMIC_TLS_OFFSET are 0, -1 and -2.
	if offset == 0 || offset >= none-1 {
		return 0, false
	}
	return r.places.Static(tp, offset), true
}

// netbsdBlock is a block of NetBSD's ld.elf_so.
func (r *tlsReader) netbsdBlock(tp, index uint64) (addr uint64, ok bool) {
	v, ok := r.entry(tp, index, uint64(r.word), false)
	return v, ok && v != 0
}
