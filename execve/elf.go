package execve

import (
	"encoding/binary"
	"fmt"
	"io"

	"nbemu/abi"
	"nbemu/cpu"
)

// Numbers of the ELF format.
const (
	ElfClass32, ElfClass64 = 1, 2
	ElfDataLSB, ElfDataMSB = 1, 2

	ElfTypeRel, ElfTypeExec, ElfTypeDyn, ElfTypeCore = 1, 2, 3, 4

	PtNull, PtLoad, PtDynamic, PtInterp, PtNote, PtShlib, PtPhdr = 0, 1, 2, 3, 4, 5, 6
	PtGnuStack                                                   = 0x6474e551

	PfX, PfW, PfR = 1, 2, 4

	shtNote = 7

	osabiSysv, osabiNetBSD, osabiLinux, osabiSolaris, osabiFreeBSD, osabiOpenBSD = 0, 2, 3, 6, 9, 12
)

// NetBSD's limits, against files that make the kernel allocate too much.
const (
	elfMaxPhnum = 128
	elfMaxShnum = 32768
	elfMaxNote  = 1024
)

const (
	elf32HdrSize, elf64HdrSize   = 52, 64
	elf32PhdrSize, elf64PhdrSize = 32, 56
	elf32ShdrSize, elf64ShdrSize = 40, 64
)

// NoAddr stands for an address that has not been chosen (ELF_NO_ADDR), LinkAddr for the one the file was
// linked at (ELF_LINK_ADDR).
const (
	NoAddr   = ^uint64(0)
	LinkAddr = ^uint64(1)
)

// ElfHeader is the header of an ELF file of either class and byte order.
type ElfHeader struct {
	Class, Data, OSABI         byte
	Type, Machine              uint16
	Version                    uint32
	Entry, Phoff, Shoff        uint64
	Flags                      uint32
	Ehsize, Phentsize, Phnum   uint16
	Shentsize, Shnum, Shstrndx uint16
}

// ElfPhdr is a program header, ElfShdr a section header.
type (
	ElfPhdr struct {
		Type, Flags                                uint32
		Offset, Vaddr, Paddr, Filesz, Memsz, Align uint64
	}
	ElfShdr struct {
		Name, Type         uint32
		Flags, Addr        uint64
		Offset, Size       uint64
		Link, Info         uint32
		Addralign, Entsize uint64
	}
)

func (h *ElfHeader) order() binary.ByteOrder {
	if h.Data == ElfDataMSB {
		return binary.BigEndian
	}
	return binary.LittleEndian
}

// fields reads one number after the other; "word" is 32 or 64 bits wide, by class.
type fields struct {
	b     []byte
	order binary.ByteOrder
	wide  bool
}

func (f *fields) half() uint16 { v := f.order.Uint16(f.b); f.b = f.b[2:]; return v }
func (f *fields) int() uint32  { v := f.order.Uint32(f.b); f.b = f.b[4:]; return v }
func (f *fields) word() uint64 {
	if !f.wide {
		return uint64(f.int())
	}
	v := f.order.Uint64(f.b)
	f.b = f.b[8:]
	return v
}

// isElf reports whether b begins like an ELF file.
func isElf(b []byte) bool { return len(b) >= 4 && string(b[:4]) == "\x7fELF" }

// ParseElfHeader reads the header of an ELF file. ok is false if b is not an ELF file, is of no known class or
// byte order, or is too short.
func ParseElfHeader(b []byte) (h ElfHeader, ok bool) {
	if !isElf(b) || len(b) < 16 {
		return h, false
	}
	h.Class, h.Data, h.OSABI = b[4], b[5], b[7]
	size := elf64HdrSize
	switch h.Class {
	case ElfClass32:
		size = elf32HdrSize
	case ElfClass64:
	default:
		return h, false
	}
	if h.Data != ElfDataLSB && h.Data != ElfDataMSB || len(b) < size {
		return h, false
	}
	f := fields{b[16:], h.order(), h.Class == ElfClass64}
	h.Type, h.Machine, h.Version = f.half(), f.half(), f.int()
	h.Entry, h.Phoff, h.Shoff = f.word(), f.word(), f.word()
	h.Flags = f.int()
	h.Ehsize, h.Phentsize, h.Phnum = f.half(), f.half(), f.half()
	h.Shentsize, h.Shnum, h.Shstrndx = f.half(), f.half(), f.half()
	return h, true
}

func (h *ElfHeader) phdrSize() int {
	if h.Class == ElfClass64 {
		return elf64PhdrSize
	}
	return elf32PhdrSize
}

// ReadPhdrs reads the program headers; what e_phentsize says does not matter, as in NetBSD. Errors: ENOEXEC if
// there are more than elfMaxPhnum or the file is too short, EINVAL, EIO.
func (h *ElfHeader) ReadPhdrs(r io.ReaderAt) ([]ElfPhdr, abi.Errno) {
	if h.Phnum > elfMaxPhnum {
		return nil, abi.ENOEXEC
	}
	b := make([]byte, int(h.Phnum)*h.phdrSize())
	if err := readFrom(r, h.Phoff, b); err != abi.OK {
		return nil, err
	}
	ph := make([]ElfPhdr, h.Phnum)
	f := fields{b, h.order(), h.Class == ElfClass64}
	for i := range ph {
		p := &ph[i]
		p.Type = f.int()
		if f.wide {
			p.Flags = f.int()
		}
		p.Offset, p.Vaddr, p.Paddr, p.Filesz, p.Memsz = f.word(), f.word(), f.word(), f.word(), f.word()
		if !f.wide {
			p.Flags = f.int()
		}
		p.Align = f.word()
	}
	return ph, abi.OK
}

// ReadShdrs reads the section headers. Errors: as ReadPhdrs, with elfMaxShnum.
func (h *ElfHeader) ReadShdrs(r io.ReaderAt) ([]ElfShdr, abi.Errno) {
	if h.Shnum > elfMaxShnum {
		return nil, abi.ENOEXEC
	}
	size := elf64ShdrSize
	if h.Class == ElfClass32 {
		size = elf32ShdrSize
	}
	b := make([]byte, int(h.Shnum)*size)
	if err := readFrom(r, h.Shoff, b); err != abi.OK {
		return nil, err
	}
	sh := make([]ElfShdr, h.Shnum)
	f := fields{b, h.order(), h.Class == ElfClass64}
	for i := range sh {
		s := &sh[i]
		s.Name, s.Type = f.int(), f.int()
		s.Flags, s.Addr, s.Offset, s.Size = f.word(), f.word(), f.word(), f.word()
		s.Link, s.Info = f.int(), f.int()
		s.Addralign, s.Entsize = f.word(), f.word()
	}
	return sh, abi.OK
}

// readInterp returns the name of the interpreter, "" if there is none. Error: ENOEXEC if it is empty, too long,
// or not exactly one string with its NUL; those of readFrom.
func readInterp(r io.ReaderAt, ph []ElfPhdr) (string, abi.Errno) {
	for i := range ph {
		if ph[i].Type != PtInterp {
			continue
		}
		n := ph[i].Filesz
		if n < 2 || n > abi.PATH_MAX {
			return "", abi.ENOEXEC
		}
		b := make([]byte, n)
		if err := readFrom(r, ph[i].Offset, b); err != abi.OK {
			return "", err
		}
		if indexNUL(b) != len(b)-1 {
			return "", abi.ENOEXEC
		}
		return string(b[:n-1]), abi.OK
	}
	return "", abi.OK
}

func indexNUL(b []byte) int {
	for i, c := range b {
		if c == 0 {
			return i
		}
	}
	return len(b)
}

// elfCheckHeader checks a file's beginning against a machine (elf_check_header). Error: ENOEXEC, with what is
// wrong. Unlike NetBSD's, whose kernel has one byte order, it looks at the byte order too.
func elfCheckHeader(a *cpu.Arch, b []byte, h *ElfHeader) (abi.Errno, mismatch) {
	var ok bool
	if *h, ok = ParseElfHeader(b); !ok {
		if isElf(b) {
			return abi.ENOEXEC, otherElf
		}
		return abi.ENOEXEC, notElf
	}
	switch {
	case h.Class != a.ELFClass || h.Data != a.ELFData || !a.RunsMachine(h.Machine) || !a.FlagsFit(h.Flags):
		return abi.ENOEXEC, otherElf
	case h.Phnum > elfMaxPhnum:
		return abi.ENOEXEC, manyPhdrs
	case h.Shnum > elfMaxShnum:
		return abi.ENOEXEC, manyShdrs
	}
	return abi.OK, mismatch{}
}

// mismatch is a refusal that needs no words of its own: describe finds them when somebody asks.
type mismatch struct {
	depth depth
	why   string
}

var (
	notElf    = mismatch{depthNone, "no ELF file"}
	otherElf  = mismatch{depthFormat, "another class, byte order or machine"}
	manyPhdrs = mismatch{depthHeader, fmt.Sprintf("more program headers than the %d NetBSD allows", elfMaxPhnum)}
	manyShdrs = mismatch{depthHeader, fmt.Sprintf("more section headers than the %d NetBSD allows", elfMaxShnum)}
)

// text puts a mismatch into a sentence about a file with the given beginning.
func (m mismatch) text(sw *Switch, name string, hdr []byte) string {
	switch m {
	case notElf, notScript, notAout:
		return describe(name, hdr)
	case otherElf:
		s := describe(name, hdr)
		if _, ok := ParseElfHeader(hdr); ok {
			s += ", which " + runnable(sw) + " cannot run"
		}
		return s
	}
	return quote(name) + ": " + m.why
}

// String shows a program header in messages.
func (p *ElfPhdr) String() string {
	return fmt.Sprintf("offset %#x, size %#x, address %#x, size in memory %#x, align %#x", p.Offset, p.Filesz, p.Vaddr,
		p.Memsz, p.Align)
}
