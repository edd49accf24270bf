package execve

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strings"
)

// Machine numbers of ELF that people meet.
var elfMachines = map[uint16]string{
	1: "AT&T WE 32100", 2: "SPARC", 3: "i386", 4: "m68k", 5: "m88k", 6: "i486", 7: "i860", 8: "MIPS", 15: "HP PA-RISC",
	18: "SPARC v8+", 20: "PowerPC", 21: "PowerPC64", 22: "S/390", 36: "V800", 40: "ARM", 41: "Alpha (old number)",
	42: "SuperH", 43: "SPARC v9", 50: "Itanium", 62: "x86-64", 75: "VAX", 83: "AVR", 92: "OpenRISC", 94: "Xtensa",
	183: "AArch64", 189: "MicroBlaze", 243: "RISC-V", 247: "BPF", 258: "LoongArch", 0x9026: "Alpha",
}

var elfTypes = map[uint16]string{ElfTypeRel: "relocatable object", ElfTypeExec: "executable", ElfTypeDyn: "shared object", ElfTypeCore: "core dump"}

var osabis = map[byte]string{1: "HP-UX", osabiNetBSD: "NetBSD", osabiLinux: "Linux", 4: "GNU Hurd", osabiSolaris: "Solaris",
	7: "AIX", 8: "IRIX", osabiFreeBSD: "FreeBSD", 10: "Tru64", osabiOpenBSD: "OpenBSD", 13: "OpenVMS"}

func machineName(n uint16) string {
	if s := elfMachines[n]; s != "" {
		return s
	}
	return fmt.Sprintf("an unknown machine (number %d)", n)
}

// describe returns "a 32-bit big-endian ELF executable for SPARC".
func (h *ElfHeader) describe() string {
	class, order := "64-bit", "little-endian"
	if h.Class == ElfClass32 {
		class = "32-bit"
	}
	if h.Data == ElfDataMSB {
		order = "big-endian"
	}
	typ := elfTypes[h.Type]
	if typ == "" {
		typ = fmt.Sprintf("file of type %d", h.Type)
	}
	return fmt.Sprintf("a %s %s ELF %s for %s", class, order, typ, machineName(h.Machine))
}

// runnable names what the switch has entries for, after "which … cannot run".
func runnable(sw *Switch) string {
	var names []string
	for _, e := range sw.Entries() {
		if e.Emul == nil || e.Emul.Arch == nil {
			continue
		}
		n := e.Emul.Name + "/" + e.Emul.Arch.Name
		if !strings.Contains(" "+strings.Join(names, " ")+" ", " "+n+" ") {
			names = append(names, n)
		}
	}
	if len(names) == 0 {
		return "this machine"
	}
	return "this machine (" + strings.Join(names, ", ") + ")"
}

// describe says what a file that no format accepted seems to be. hdr is its beginning.
func describe(name string, hdr []byte) string {
	q := quote(name)
	if len(hdr) == 0 {
		return q + ": empty file"
	}
	if isElf(hdr) {
		return q + ": " + describeElf(hdr)
	}
	if s := describeAout(hdr); s != "" {
		return q + ": " + s
	}
	for _, m := range magics {
		if bytes.HasPrefix(hdr, []byte(m.magic)) {
			return q + ": " + m.what
		}
	}
	if s := describeCoff(hdr); s != "" {
		return q + ": " + s
	}
	if bytes.HasPrefix(hdr, []byte("#!")) {
		return q + ": " + describeScript(hdr)
	}
	if isText(hdr) {
		return q + ": a text file without a \"#!\" line; not an ELF file or script"
	}
	return fmt.Sprintf("%s: not an ELF file or script (first bytes % x)", q, hdr[:min(len(hdr), 8)])
}

func describeElf(hdr []byte) string {
	if h, ok := ParseElfHeader(hdr); ok {
		return h.describe()
	}
	switch {
	case len(hdr) < 16:
	case hdr[4] != ElfClass32 && hdr[4] != ElfClass64:
		return fmt.Sprintf("ELF file of an unknown class (%d)", hdr[4])
	case hdr[5] != ElfDataLSB && hdr[5] != ElfDataMSB:
		return fmt.Sprintf("ELF file of an unknown byte order (%d)", hdr[5])
	}
	return fmt.Sprintf("the ELF header is cut short after %d bytes", len(hdr))
}

func describeScript(hdr []byte) string {
	if bytes.IndexByte(hdr[:min(len(hdr), scriptHdrSize)], '\n') < 0 {
		if len(hdr) >= scriptHdrSize {
			return fmt.Sprintf("the \"#!\" line is longer than %d bytes", scriptHdrSize-1)
		}
		return "the \"#!\" line does not end in a newline"
	}
	return "the \"#!\" line names no interpreter"
}

func isText(b []byte) bool {
	for _, c := range b {
		if c < ' ' && (c < '\b' || c > '\r') && c != 27 || c == 0x7f {
			return false
		}
	}
	return true
}

var magics = []struct{ magic, what string }{
	{"MZ", "a program for Windows or DOS"},
	{"\xcf\xfa\xed\xfe", "a Mach-O (macOS) file"}, {"\xce\xfa\xed\xfe", "a Mach-O (macOS) file"},
	{"\xfe\xed\xfa\xcf", "a Mach-O (macOS) file"}, {"\xfe\xed\xfa\xce", "a Mach-O (macOS) file"},
	{"\xca\xfe\xba\xbe", "a Mach-O universal or Java class file"},
	{"\x1f\x8b", "a gzip file"}, {"BZh", "a bzip2 file"}, {"\xfd7zXZ", "an xz file"}, {"\x28\xb5\x2f\xfd", "a zstd file"},
	{"PK\x03\x04", "a zip archive"}, {"!<arch>\n", "an ar archive or library"}, {"\x00asm", "a WebAssembly file"},
}

// aoutMids are machine ids of a.out (exec_aout.h): architecture, and page size where there are several.
var aoutMids = map[uint32]string{
	1: "sun2", 2: "sun3", 100: "i386", 134: "i386", 135: "m68k", 136: "m68k (4 KiB pages)", 137: "ns32k", 138: "sparc",
	139: "pmax", 140: "vax (1 KiB pages)", 141: "alpha", 142: "mips", 143: "arm", 145: "sh3", 148: "mips", 149: "powerpc",
	150: "vax", 151: "sparc64", 152: "mips2", 153: "m88k", 154: "hppa", 157: "x86-64", 200: "hp200", 300: "hp300",
}

var aoutMagics = map[uint32]string{0o407: "OMAGIC", 0o410: "NMAGIC", 0o413: "ZMAGIC", 0o314: "QMAGIC"}

// describeAout recognizes a.out: NetBSD's header, where machine id and magic number are one big-endian word,
// and the older ones in the machine's own order.
func describeAout(hdr []byte) string {
	if len(hdr) < 4 {
		return ""
	}
	be, le := binary.BigEndian.Uint32(hdr), binary.LittleEndian.Uint32(hdr)
	if magic := aoutMagics[be&0xffff]; magic != "" {
		mid := be >> 16 & 0x3ff
		if arch := aoutMids[mid]; arch != "" {
			kind := "executable"
			if be>>26&0x20 != 0 {
				kind = "dynamically linked executable"
			}
			os := "NetBSD"
			if mid <= 2 {
				os = "SunOS or NetBSD"
			}
			return fmt.Sprintf("an a.out (%s, %s) %s of %s, which this machine cannot run", magic, arch, kind, os)
		}
		if mid == 0 && be>>26 == 0 {
			return fmt.Sprintf("an a.out (%s) executable of a big-endian machine without a machine id (4.3BSD or older)", magic)
		}
	}
	if magic := aoutMagics[le&0xffff]; magic != "" {
		switch le >> 16 & 0xff {
		case 0:
			return fmt.Sprintf("an a.out (%s) executable of 386BSD, BSD/OS, ULTRIX or VAX BSD, which this machine cannot run", magic)
		case 100:
			return fmt.Sprintf("an a.out (%s, i386) executable of Linux, which this machine cannot run", magic)
		case 134:
			return fmt.Sprintf("an a.out (%s, i386) executable of FreeBSD, which this machine cannot run", magic)
		}
	}
	return ""
}

// Magic numbers of COFF and ECOFF, in the byte order of their machines.
var coffMagics = []struct {
	magic uint16
	big   bool
	what  string
}{
	{0x14c, false, "a COFF executable for i386"}, {0x150, true, "a COFF executable for m68k"},
	{0x160, true, "an ECOFF executable for big-endian MIPS"}, {0x162, false, "an ECOFF executable for little-endian MIPS"},
	{0x166, false, "an ECOFF executable for little-endian MIPS"}, {0x180, true, "an ECOFF executable for big-endian MIPS"},
	{0x183, false, "an ECOFF executable for Alpha (Tru64)"}, {0x1df, true, "an XCOFF executable for PowerPC (AIX)"},
}

func describeCoff(hdr []byte) string {
	if len(hdr) < 20 {
		return ""
	}
	for _, c := range coffMagics {
		got := binary.LittleEndian.Uint16(hdr)
		if c.big {
			got = binary.BigEndian.Uint16(hdr)
		}
		if got == c.magic {
			return c.what + ", which this machine cannot run"
		}
	}
	return ""
}
