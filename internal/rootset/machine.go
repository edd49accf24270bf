package rootset

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// Program is what an executable says of the machine and the release it was made for.
type Program struct {
	Path    string
	Arch    string // NetBSD's MACHINE_ARCH
	Runs    bool   // nbemu has that machine
	Release string // of the note, "10.0"; "" without one
	NetBSD  bool
}

// probed are programs that a base set has, the likeliest first.
var probed = []string{"bin/sh", "rescue/sh", "sbin/init", "bin/ls", "libexec/ld.elf_so", "usr/bin/true"}

// GuessMachine looks at the programs of a root. Error: it has none.
func GuessMachine(root string) (*Program, error) {
	r, err := os.OpenRoot(root)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	files := probed
	for _, dir := range []string{"bin", "usr/bin", "sbin", "usr/pkg/bin"} {
		d, err := r.Open(dir)
		if err != nil {
			continue
		}
		list, _ := d.Readdirnames(100)
		_ = d.Close()
		for _, n := range list {
			files = append(files[:len(files):len(files)], filepath.Join(dir, n))
		}
	}
	for _, name := range files {
		f, err := r.Open(name)
		if err != nil {
			continue
		}
		p, err := ReadProgram(f)
		_ = f.Close()
		if err == nil {
			p.Path = name
			return p, nil
		}
	}
	return nil, fmt.Errorf("%s: no NetBSD program in bin, sbin or usr/bin", root)
}

// ReadProgram reads the headers of an ELF file. Error: it is none.
func ReadProgram(f io.ReaderAt) (*Program, error) {
	e, err := elf.NewFile(f)
	if err != nil {
		return nil, err
	}
	defer e.Close()
	p := &Program{}
	p.Arch, p.Runs = machineArch(e, f)
	for _, prog := range e.Progs {
		if prog.Type != elf.PT_NOTE || prog.Filesz > 64<<10 {
			continue
		}
		b := make([]byte, prog.Filesz)
		if _, err := prog.ReadAt(b, 0); err == nil {
			p.notes(b, e.ByteOrder)
		}
	}
	// MARCH notes are in sections that older linkers gave no segment.
	if s := e.Section(".note.netbsd.march"); s != nil && s.Size < 4096 {
		if b, err := s.Data(); err == nil {
			p.notes(b, e.ByteOrder)
		}
	}
	return p, nil
}

// Types of NetBSD's notes (sys/exec_elf.h).
const (
	noteVersion = 1
	noteMarch   = 5
)

// notes reads a segment of notes.
func (p *Program) notes(b []byte, order binary.ByteOrder) {
	for len(b) >= 12 {
		namesz, descsz, typ := order.Uint32(b), order.Uint32(b[4:]), order.Uint32(b[8:])
		b = b[12:]
		pad := func(n uint32) uint64 { return (uint64(n) + 3) &^ 3 }
		if pad(namesz)+uint64(descsz) > uint64(len(b)) {
			return
		}
		name, desc := string(b[:namesz]), b[pad(namesz):pad(namesz)+uint64(descsz)]
		if strings.TrimRight(name, "\x00") == "NetBSD" {
			switch {
			case typ == noteVersion && len(desc) >= 4:
				p.NetBSD = true
				p.Release = release(order.Uint32(desc))
			case typ == noteMarch:
				if arch := string(bytes.TrimRight(desc, "\x00")); arch != "" {
					p.Arch = arch
				}
			}
		}
		b = b[min(uint64(len(b)), pad(namesz)+pad(descsz)):]
	}
}

// release reads __NetBSD_Version__: MMmmrrpp00, where rr is a letter's number in current and pp the patch.
func release(v uint32) string {
	major, minor, patch := v/100000000, v/1000000%100, v/100%100
	switch {
	case minor == 99:
		return fmt.Sprintf("%d.99.%d", major, patch)
	case patch != 0:
		return fmt.Sprintf("%d.%d.%d", major, minor, patch)
	}
	return fmt.Sprintf("%d.%d", major, minor)
}

// machineArch is the MACHINE_ARCH of an ELF header, and whether nbemu runs its programs.
func machineArch(e *elf.File, f io.ReaderAt) (arch string, runs bool) {
	big := e.ByteOrder == binary.BigEndian
	pick := func(b, l string) string {
		if big {
			return b
		}
		return l
	}
	switch e.Machine {
	case elf.EM_X86_64:
		return "x86_64", true
	case elf.EM_386:
		return "i386", true
	case elf.EM_ARM:
		return pick("earmeb", "earm"), !big
	case elf.EM_AARCH64:
		return pick("aarch64eb", "aarch64"), !big
	case elf.EM_MIPS:
		// NetBSD's 64-bit ports have userland in n32, which is an ELF32 file.
		if e.Class == elf.ELFCLASS64 || mipsN32(e, f) {
			return pick("mips64eb", "mips64el"), true
		}
		return pick("mipseb", "mipsel"), true
	case elf.EM_SPARC:
		return "sparc", true
	case elf.EM_SPARCV9:
		return "sparc64", true
	case elf.EM_PPC:
		return "powerpc", big
	case elf.EM_PPC64:
		return "powerpc64", false
	case elf.EM_RISCV:
		if e.Class == elf.ELFCLASS64 {
			return "riscv64", true
		}
		return "riscv32", false
	case elf.EM_68K:
		return "m68k", true
	case elf.EM_SH:
		return pick("sh3eb", "sh3el"), false
	case elf.EM_VAX:
		return "vax", false
	case elf.EM_PARISC:
		return "hppa", false
	case elf.EM_IA_64:
		return "ia64", false
	case elf.EM_ALPHA, elf.EM_ALPHA_STD:
		return "alpha", false
	}
	return strings.ToLower(strings.TrimPrefix(e.Machine.String(), "EM_")), false
}

// mipsN32 reports whether a MIPS file of ELF32 has the ABI n32 (EF_MIPS_ABI2 in e_flags).
func mipsN32(e *elf.File, f io.ReaderAt) bool {
	var flags [4]byte
	_, err := f.ReadAt(flags[:], 36)
	return err == nil && e.ByteOrder.Uint32(flags[:])&0x20 != 0
}
