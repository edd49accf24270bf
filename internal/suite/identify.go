package suite

import (
	"bufio"
	"bytes"
	"debug/buildinfo"
	"debug/elf"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"nbemu/arch"
	_ "nbemu/arch/all" // the machines
)

// linuxPrefix begins the labels of machines that run Linux programs.
const linuxPrefix = "linux-"

// aliases are names that directories of builds have for machines, besides ours: GOARCH's and those of Linux.
var aliases = map[string]string{
	"386": "i386", "x86_64": "amd64", "arm64": "aarch64", "armhf": "arm", "armv7": "arm", "thumb": "arm", "mipsle": "mipsel",
	"mips64le": "mips64el", "mipseb": "mips", "mips64eb": "mips64", "ppc": "powerpc", "earmv7hf": "arm", "riscv": "riscv64",
	"evbarm": "arm",
}

// MachineOf is the machine, by nbemu's name, that a label stands for, or "".
func MachineOf(label string) string {
	name := strings.TrimPrefix(label, linuxPrefix)
	if other := aliases[name]; other != "" {
		name = other
	}
	if arch.ByName(name) == nil {
		return ""
	}
	return name
}

// identity is what a file says of itself.
type identity struct {
	label string // "" for a script
	// interp is a script's interpreter; arg its argument.
	interp, arg string
}

// identify reads the beginning of a file; ok is false for what no machine runs.
func identify(path string) (id identity, ok bool) {
	f, err := os.Open(path)
	if err != nil {
		return id, false
	}
	defer f.Close()
	line, _ := bufio.NewReader(f).ReadString('\n')
	if words, isScript := strings.CutPrefix(line, "#!"); isScript {
		id.interp, id.arg, _ = strings.Cut(strings.TrimSpace(words), " ")
		return id, id.interp != ""
	}
	e, err := elf.NewFile(f)
	if err != nil || e.Type != elf.ET_EXEC && e.Type != elf.ET_DYN {
		return id, false
	}
	id.label = elfLabel(e, f)
	if e.Type == elf.ET_DYN && !slices.ContainsFunc(e.Progs, func(p *elf.Prog) bool { return p.Type == elf.PT_INTERP }) && e.Entry == 0 {
		return id, false // a library
	}
	return id, id.label != ""
}

// elfLabel is the machine of an ELF file.
func elfLabel(e *elf.File, f *os.File) string {
	const flagsAt32, flagsAt64 = 36, 48 // of e_flags in Elf32_Ehdr and Elf64_Ehdr
	at := int64(flagsAt32)
	if e.Class == elf.ELFCLASS64 {
		at = flagsAt64
	}
	var b [4]byte
	if _, err := f.ReadAt(b[:], at); err != nil {
		return ""
	}
	port := arch.ByELF(uint16(e.Machine), byte(e.Class), byte(e.Data), e.ByteOrder.Uint32(b[:]))
	if port == nil {
		return ""
	}
	if isNetBSD(e) {
		return port.Arch.Name
	}
	return linuxPrefix + port.Arch.Name
}

// isNetBSD reports whether an ELF file is a NetBSD program: by its mark, its note or its interpreter.
func isNetBSD(e *elf.File) bool {
	if e.OSABI == elf.ELFOSABI_NETBSD {
		return true
	}
	const most = 4096
	for _, p := range e.Progs {
		if p.Type != elf.PT_NOTE && p.Type != elf.PT_INTERP || p.Filesz > most {
			continue
		}
		b := make([]byte, p.Filesz)
		if _, err := p.ReadAt(b, 0); err != nil {
			continue
		}
		if bytes.Contains(b, []byte("NetBSD\x00")) || bytes.Contains(b, []byte("ld.elf_so")) {
			return true
		}
	}
	return false
}

// kindOf guesses how a program tells of its cases, without running it.
func kindOf(path string, id identity) Kind {
	if id.interp != "" {
		switch {
		case strings.HasPrefix(filepath.Base(id.interp), "atf-sh") || strings.Contains(id.arg, "atf-sh"):
			return ATF
		case strings.HasSuffix(path, ".t"):
			return TAP
		}
		return Plain
	}
	if info, err := buildinfo.ReadFile(path); err == nil {
		if strings.HasSuffix(info.Path, ".test") {
			return GoTest
		}
		return Plain
	}
	if speaksATF(path) {
		return ATF
	}
	if strings.HasSuffix(path, ".t") {
		return TAP
	}
	return Plain
}

// speaksATF reports whether a program has ATF's header in it, or one of ATF's libraries.
func speaksATF(path string) bool {
	e, err := elf.Open(path)
	if err != nil {
		return false
	}
	defer e.Close()
	libs, _ := e.ImportedLibraries()
	for _, l := range libs {
		if strings.HasPrefix(l, "libatf-c") {
			return true
		}
	}
	text, err := os.ReadFile(path)
	return err == nil && bytes.Contains(text, []byte("application/X-atf-tp"))
}
