package gdbstub

import (
	"debug/elf"
	"testing"

	"nbemu/arch/amd64"
	"nbemu/arch/arm"
	"nbemu/arch/mips"
	"nbemu/arch/powerpc"
	"nbemu/arch/sparc"
	"nbemu/cpu"
)

// dynamic is a process with a program and a library of NetBSD's, as its ld.elf_so has them in memory, in which nothing runs.
type dynamic struct {
	*fake
	pages map[uint64][]byte // of headerPage bytes
	aux   []byte
	tps   map[int]uint64
}

func (d *dynamic) Processes() []Target          { return []Target{d} }
func (d *dynamic) Auxv() []byte                 { return d.aux }
func (d *dynamic) ThreadPointer(tid int) uint64 { return d.tps[tid] }

func (d *dynamic) ReadMem(addr uint64, b []byte) int {
	for i := range b {
		at := addr + uint64(i)
		page := d.pages[at&^(headerPage-1)]
		if page == nil {
			return i
		}
		b[i] = page[at%headerPage]
	}
	return len(b)
}

func (d *dynamic) put(addr uint64, size int, v uint64) {
	at := addr &^ (headerPage - 1)
	if d.pages[at] == nil {
		d.pages[at] = make([]byte, headerPage)
	}
	d.arch.Model.PutUint(d.pages[at][addr-at:], size, v)
}

// pointers puts pointers one after the other.
func (d *dynamic) pointers(addr uint64, list ...uint64) {
	for i, v := range list {
		d.put(addr+uint64(i*d.arch.Model.PtrSize), d.arch.Model.PtrSize, v)
	}
}

// segment puts a program header.
func (d *dynamic) segment(addr uint64, typ elf.ProgType, vaddr, filesz, memsz, align uint64) {
	w := d.arch.Model.PtrSize
	d.put(addr, 4, uint64(typ))
	if w == 8 {
		d.pointers(addr+8, 0, vaddr, 0, filesz, memsz, align)
	} else {
		d.pointers(addr+4, 0, vaddr, 0, filesz, memsz, 0, align)
	}
}

// Where things are in it.
const (
	tlsProgramAt = 0x400000
	tlsLibraryAt = 0x7000000
	tlsDynamicAt = 0x12340 // the dynamic section, in a module's terms
	tlsProgramLM = 0x900100
	tlsLibraryLM = 0x900800
	tlsOtherLM   = 0x900c00 // of a module that has no headers in memory
	tlsTable     = 0x901100
	tlsFirst     = 0x7fff8000 // thread pointers
	tlsSecond    = 0x7ffe0000
	tlsBlock     = 0x905000 // of the library in the first thread
)

func newDynamic(a *cpu.Arch) *dynamic {
	d := &dynamic{fake: newFake(a), pages: map[uint64][]byte{}, tps: map[int]uint64{1: tlsFirst, 2: tlsSecond}}
	w := uint64(a.Model.PtrSize)
	ehdr, phdr := uint64(52), uint64(32)
	if w == 8 {
		ehdr, phdr = 64, 56
	}
	for _, base := range []uint64{tlsProgramAt, tlsLibraryAt} {
		d.put(base, 4, 0)
		copy(d.pages[base], elf.ELFMAG)
		d.put(base+elf.EI_CLASS, 1, uint64(a.ELFClass))
		d.pointers(base+24+w, ehdr) // e_phoff
		d.put(base+ehdr-10, 2, phdr)
		d.put(base+ehdr-8, 2, 4)
		for i, typ := range []elf.ProgType{elf.PT_PHDR, elf.PT_LOAD, elf.PT_DYNAMIC, elf.PT_TLS} {
			vaddr := []uint64{ehdr, 0, tlsDynamicAt, 0x12010}[i]
			d.segment(base+ehdr+uint64(i)*phdr, typ, vaddr, 9, 0x35, 16)
		}
	}
	aux := &dynamic{fake: d.fake, pages: map[uint64][]byte{}}
	aux.pointers(0, 0, 0, 0, tlsProgramAt+ehdr, 0, phdr, 0, 4, 0, 0)
	for i, typ := range []uint64{6, atPhdr, atPhent, atPhnum, 0} {
		aux.put(uint64(i)*2*w, 4, typ) // NetBSD's types have 32 bits
	}
	d.aux = aux.pages[0][:10*w]

	for i, base := range []uint64{tlsProgramAt, tlsLibraryAt} {
		lm := []uint64{tlsProgramLM, tlsLibraryLM}[i]
		link := []uint64{base, 0x908000, base + tlsDynamicAt, 0, 0}
		if a.ELFMachine == uint16(elf.EM_MIPS) {
			link = []uint64{base, base, 0x908000, base + tlsDynamicAt, 0, 0} // l_offs
		}
		d.pointers(lm, link...)
		// interp and others, then tlsindex, tlsinit, tlsinitsize, tlssize, tlsoffset and tlsalign
		d.pointers(lm+20*w, uint64(i)+1, base+0x12010, 9, 0x35, 0x70, 16)
	}
	d.pointers(tlsOtherLM, 0x123000, 0x908000, 0x124000, 0, 0)

	tcb := machineOf(a).TLS
	// The first thread has a block of the library, and the second one not yet.
	d.pointers(tcb.Table(tlsFirst, w, false), tlsTable)
	d.pointers(tlsTable-w, 2, 1, 0x1111, tlsBlock)
	d.pointers(tcb.Table(tlsSecond, w, false), tlsTable+0x100)
	d.pointers(tlsTable+0x100-w, 2, 1, 0x1111, 0)
	return d
}

func TestTLSAddr(t *testing.T) {
	for _, tt := range []struct {
		arch *cpu.Arch
		own  string // offset 4 of the program's in the first thread
	}{
		{amd64.Arch, "7fff7fc4"}, // 0x40 before the thread pointer: 0x12010 + 0x35 up to the next 16
		{sparc.SPARC64, "7fff7fc4"},
		{arm.Arch, "7fff8014"}, // two words, up to the next 16
		{powerpc.Arch, "7fff1004"},
		{mips.MIPS, "7fff1004"},
	} {
		t.Run(tt.arch.Name, func(t *testing.T) {
			d := newDynamic(tt.arch)
			s := &Server{t: d, m: machineOf(tt.arch)}
			for _, q := range []struct{ ask, want string }{
				{"1,4,0", tt.own},
				{"1,4,900100", tt.own},
				{"1,4,900800", "905004"},
				{"2,4,900800", errNoTLS},
				{"1,4,900c00", errNoTLS},
				{"1,4,5000", errNoTLS},
				{"3,4,0", errNoThread},
				{"1,4", errRequest},
				{"1,x,0", errRequest},
				{"1,4,x", errRequest},
				{"", errRequest},
			} {
				if got := s.query("GetTLSAddr:" + q.ask); got != q.want {
					t.Errorf("%s: %s, want %s", q.ask, got, q.want)
				}
			}
			d.pointers(tlsTable-d.word(), 1) // a thread that has seen fewer modules
			if got := s.tlsAddr("1,4,900800"); got != errNoTLS {
				t.Errorf("after the table's end: %s", got)
			}
			d.tps[1] = 0
			if got := s.tlsAddr("1,4,0"); got != errNoTLS {
				t.Errorf("without a thread pointer: %s", got)
			}
		})
	}
}

func (d *dynamic) word() uint64 { return uint64(d.arch.Model.PtrSize) }
