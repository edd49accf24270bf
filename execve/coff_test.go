package execve

import (
	"encoding/binary"
	"strings"
	"testing"

	"nbemu/abi"
)

// coffFile makes a COFF executable with a text, a data and a bss section of 64 bytes each, and one that names shared libraries.
func coffFile(magic uint16, shlib []byte) []byte {
	le := binary.LittleEndian
	const nscns = 4
	words := func(b []byte, v ...uint32) []byte {
		for _, v := range v {
			b = le.AppendUint32(b, v)
		}
		return b
	}
	b := le.AppendUint16(le.AppendUint16(nil, coffI386), nscns)
	b = words(b, 0, 0, 0)
	b = le.AppendUint16(le.AppendUint16(b, 28), 0x10f)
	b = words(le.AppendUint16(le.AppendUint16(b, magic), 0), 1, 2, 64, 0x10a0, 3, 4) // the sections say it better
	off := uint32(coffHdrSize + nscns*coffScnSize)
	for _, s := range []struct {
		name             string
		va, size, ptr, f uint32
	}{
		{".text", 0x10a0, 64, off, coffText}, {".data", 0x400e0, 64, off + 64, coffData}, {".bss", 0x40120, 64, 0, 0x80},
		{".lib", 0, uint32(len(shlib)), off + 128, coffShlib},
	} {
		b = append(b, (s.name + "\x00\x00\x00\x00\x00\x00\x00\x00")[:8]...)
		b = words(b, s.va, s.va, s.size, s.ptr, 0, 0, 0, s.f)
	}
	return append(append(b, make([]byte, 128)...), shlib...)
}

// TestCoff: what a COFF program is gets told, and that nothing runs it.
func TestCoff(t *testing.T) {
	lib := []byte("\x06\x00\x00\x00\x02\x00\x00\x00/shlib/libc_s\x00\x00\x00")
	cut := coffFile(zmagic, nil)[:coffHdrSize+60]
	bare := coffFile(zmagic, nil)
	bare[coffHdrSize+36] = 0x80
	object := coffFile(zmagic, nil)
	object[16] = 0
	for words, b := range map[string][]byte{
		"(ZMAGIC; text of 0x40 bytes at 0x10a0, data of 0x40 at 0x400e0, bss of 0x40, entry point 0x10a0): there is no emulation": coffFile(zmagic, nil),
		"(ZMAGIC, with /shlib/libc_s and /shlib/libc_s; text":                                                                     coffFile(zmagic, append(lib, lib...)),
		"(NMAGIC; text of 0x1 bytes at 0x3, data of 0x2 at 0x4, bss":                                                              coffFile(nmagic, nil),
		"(OMAGIC; text": coffFile(omagic, nil),
		"that names its shared libraries wrongly": coffFile(zmagic, lib[:23]),
		"that ends within its sections' headers":  cut,
		"that has no text section":                bare,
		"a COFF file for i386, but no executable": object,
	} {
		sw := &Switch{K: tsw.K}
		sw.Add(AoutEntry(testI386), CoffEntry(testI386), ScriptEntry())
		env := newTestEnv(newMemFile("/x", b))
		x, err := load(env, sw, "/x", HostStrings{"x"}, nil)
		if msg := x.err("/x", nil, err).Text; err != abi.ENOEXEC || !strings.Contains(msg, words) || env.refs() != 0 {
			t.Errorf("%s: %v, %s; %d references", words, err, msg, env.refs())
		}
	}
}
