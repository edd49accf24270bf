package rootset

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"os"
	"path/filepath"
	"testing"
)

// program is an ELF file with nothing but a header and a segment of notes.
func program(class elf.Class, order binary.ByteOrder, machine elf.Machine, flags uint32, notes []byte) []byte {
	var b bytes.Buffer
	data := elf.ELFDATA2LSB
	if order.String() == binary.BigEndian.String() {
		data = elf.ELFDATA2MSB
	}
	ident := [elf.EI_NIDENT]byte{0x7f, 'E', 'L', 'F', byte(class), byte(data), 1}
	if class == elf.ELFCLASS64 {
		_ = binary.Write(&b, order, elf.Header64{Ident: ident, Type: 2, Machine: uint16(machine), Version: 1, Phoff: 64,
			Flags: flags, Ehsize: 64, Phentsize: 56, Phnum: 1, Shentsize: 64})
		_ = binary.Write(&b, order, elf.Prog64{Type: uint32(elf.PT_NOTE), Off: 120, Filesz: uint64(len(notes)), Memsz: uint64(len(notes))})
	} else {
		_ = binary.Write(&b, order, elf.Header32{Ident: ident, Type: 2, Machine: uint16(machine), Version: 1, Phoff: 52,
			Flags: flags, Ehsize: 52, Phentsize: 32, Phnum: 1, Shentsize: 40})
		_ = binary.Write(&b, order, elf.Prog32{Type: uint32(elf.PT_NOTE), Off: 84, Filesz: uint32(len(notes)), Memsz: uint32(len(notes))})
	}
	b.Write(notes)
	return b.Bytes()
}

// byteOrder is what both orders are.
type byteOrder interface {
	binary.ByteOrder
	binary.AppendByteOrder
}

func note(order byteOrder, typ uint32, desc []byte) []byte {
	b := order.AppendUint32(nil, 7)
	b = order.AppendUint32(b, uint32(len(desc)))
	b = order.AppendUint32(b, typ)
	b = append(b, "NetBSD\x00\x00"...)
	b = append(b, desc...)
	return append(b, make([]byte, -len(desc)&3)...)
}

func TestReadProgram(t *testing.T) {
	le, be := byteOrder(binary.LittleEndian), byteOrder(binary.BigEndian)
	version := func(o byteOrder, v uint32) []byte { return note(o, noteVersion, o.AppendUint32(nil, v)) }
	for _, c := range []struct {
		class   elf.Class
		order   byteOrder
		machine elf.Machine
		flags   uint32
		notes   []byte
		arch    string
		release string
		runs    bool
	}{
		// __NetBSD_Version__ of sys/param.h: 10.1, 9.99.88, 7.0.2, 5.0.
		{elf.ELFCLASS64, le, elf.EM_X86_64, 0, version(le, 1001000000), "x86_64", "10.1", true},
		{elf.ELFCLASS64, le, elf.EM_AARCH64, 0, version(le, 999008800), "aarch64", "9.99.88", true},
		{elf.ELFCLASS32, le, elf.EM_386, 0, version(le, 700000200), "i386", "7.0.2", true},
		{elf.ELFCLASS32, le, elf.EM_ARM, 0, append(version(le, 1000000000), note(le, noteMarch, []byte("earmv7hf\x00"))...), "earmv7hf", "10.0", true},
		{elf.ELFCLASS32, be, elf.EM_MIPS, 0, version(be, 500000300), "mipseb", "5.0.3", true},
		{elf.ELFCLASS32, le, elf.EM_MIPS, 0, nil, "mipsel", "", true},
		{elf.ELFCLASS32, be, elf.EM_MIPS, 0x20, nil, "mips64eb", "", true},
		{elf.ELFCLASS64, le, elf.EM_MIPS, 0, nil, "mips64el", "", true},
		{elf.ELFCLASS32, be, elf.EM_SPARC, 0, nil, "sparc", "", true},
		{elf.ELFCLASS64, be, elf.EM_SPARCV9, 0, nil, "sparc64", "", true},
		{elf.ELFCLASS32, be, elf.EM_PPC, 0, nil, "powerpc", "", true},
		{elf.ELFCLASS64, le, elf.EM_RISCV, 0, nil, "riscv64", "", true},
		{elf.ELFCLASS32, be, elf.EM_68K, 0, nil, "m68k", "", true},
		{elf.ELFCLASS64, le, elf.EM_ALPHA, 0, nil, "alpha", "", false},
	} {
		p, err := ReadProgram(bytes.NewReader(program(c.class, c.order, c.machine, c.flags, c.notes)))
		if err != nil {
			t.Errorf("%v: %v", c.machine, err)
			continue
		}
		if p.Arch != c.arch || p.Release != c.release || p.Runs != c.runs {
			t.Errorf("%v: %+v, want %s %s %v", c.machine, p, c.arch, c.release, c.runs)
		}
	}
}

func TestGuessMachine(t *testing.T) {
	dir := t.TempDir()
	if _, err := GuessMachine(dir); err == nil {
		t.Error("of nothing")
	}
	_ = os.MkdirAll(filepath.Join(dir, "bin"), 0o755)
	_ = os.WriteFile(filepath.Join(dir, "bin/sh"), []byte("#!/bin/ksh\n"), 0o755)
	b := program(elf.ELFCLASS32, binary.BigEndian, elf.EM_PPC, 0, nil)
	_ = os.WriteFile(filepath.Join(dir, "bin/cat"), b, 0o755)
	// The host's programs, which a link leads to, are not looked at.
	_ = os.Symlink("/bin/sh", filepath.Join(dir, "bin/ls"))
	p, err := GuessMachine(dir)
	if err != nil || p.Arch != "powerpc" || p.Path != "bin/cat" {
		t.Errorf("%+v %v", p, err)
	}
}

func TestFindSets(t *testing.T) {
	dir := t.TempDir()
	sub := filepath.Join(dir, "binary", "sets")
	_ = os.MkdirAll(sub, 0o755)
	for _, n := range []string{"base.tgz", "base.tar.xz", "comp.tgz", "etc.tgz", "kern-GENERIC.tgz", "xbase.tgz", "debug.tgz", "SHA512", "x.iso"} {
		_ = os.WriteFile(filepath.Join(sub, n), nil, 0o644)
	}
	for _, c := range []struct {
		only []string
		want string
	}{
		{nil, "base.tar.xz etc.tgz comp.tgz"},
		{[]string{"xbase", "base"}, "base.tar.xz xbase.tgz"},
		{[]string{"all"}, "base.tar.xz etc.tgz comp.tgz debug.tgz kern-GENERIC.tgz xbase.tgz"},
		{[]string{"nothing"}, "no set nothing"},
	} {
		sets, err := FindSets([]string{dir}, c.only)
		got := ""
		for _, s := range sets {
			got += " " + filepath.Base(s.File)
		}
		if err != nil {
			got = err.Error()
		}
		if got != " "+c.want && !(err != nil && bytes.Contains([]byte(got), []byte(c.want))) {
			t.Errorf("%v: %s, want %s", c.only, got, c.want)
		}
	}
	if _, err := FindSets([]string{filepath.Join(sub, "base.tgz"), dir}, nil); err == nil {
		t.Error("one set twice")
	}
	if _, err := FindSets([]string{filepath.Join(sub, "x.iso")}, nil); err == nil {
		t.Error("an image of a CD")
	}
}
