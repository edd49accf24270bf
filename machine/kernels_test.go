package machine

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"nbemu/abi"
	"nbemu/execve"
	"nbemu/internal/testprog"
)

// prebuilt is a program of testdata/arch for an architecture of its folder.
func prebuilt(arch, name string) string {
	return filepath.Join(testprog.Root(), "testdata", "arch", "prebuilt", arch, name)
}

func newKernel(t *testing.T, c Config) *Machine {
	t.Helper()
	c.Log = func(line string) { t.Logf("log: %s", line) }
	m, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	return m
}

var prioNames = map[execve.Prio]string{execve.PrioFirst: "first", execve.PrioAny: "any", execve.PrioLast: "last"}

// docs/EXEC.md lists the entries of each machine's switch in the order in which they are asked.
func TestSwitchEntries(t *testing.T) {
	b, err := os.ReadFile(filepath.Join(testprog.Root(), "docs", "EXEC.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, text, _ := strings.Cut(string(b), "\n## Switch entries per machine\n")
	text, _, _ = strings.Cut(text, "\n## ")
	doc := map[string][]string{}
	for _, line := range strings.Split(text, "\n") {
		cells := strings.Split(strings.Trim(line, "| "), "|")
		if len(cells) != 5 || strings.HasPrefix(line, "| machine") || strings.HasPrefix(line, "|--") {
			continue
		}
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		doc[cells[0]] = append(doc[cells[0]], cells[1]+" "+cells[2])
		file, name, ok := strings.Cut(strings.Trim(cells[4], "`"), ":")
		src, err := os.ReadFile(filepath.Join(testprog.Root(), file))
		if !ok || err != nil || !bytes.Contains(src, []byte("func "+name+"(t *testing.T)")) {
			t.Errorf("%s: there is no test %s", cells[0], cells[4])
		}
	}
	for _, g := range generics {
		m := newKernel(t, Config{Machine: g.name})
		var got []string
		for _, e := range m.sw.Entries() {
			got = append(got, fmt.Sprintf("%s %s", e.Name, prioNames[e.Prio]))
		}
		if !slices.Equal(got, doc[g.name]) {
			t.Errorf("%s: the switch has\n\t%q, docs/EXEC.md\n\t%q", g.name, got, doc[g.name])
		}
		delete(doc, g.name)
	}
	for name := range doc {
		t.Errorf("there is no machine %s", name)
	}
}

// runs says which entry of a machine takes the programs of a folder; others get ENOEXEC.
var runs = map[string]map[string]string{
	"amd64":            {"amd64": "elf64 netbsd/amd64", "i386": "elf32 netbsd32/i386"},
	"i386":             {"i386": "elf32 netbsd/i386"},
	"evbarm-aarch64":   {"aarch64": "elf64 netbsd/aarch64", "arm": "elf32 netbsd32/arm", "thumb": "elf32 netbsd32/arm"},
	"evbarm-earmv7hf":  {"arm": "elf32 netbsd/arm", "thumb": "elf32 netbsd/arm"},
	"sparc":            {"sparc": "elf32 netbsd/sparc"},
	"sparc64":          {"sparc64": "elf64 netbsd/sparc64", "sparc": "elf32 netbsd32/sparc"},
	"evbmips-mipseb":   {"mips": "elf32 netbsd/mips"},
	"evbmips-mipsel":   {"mipsel": "elf32 netbsd/mipsel"},
	"evbmips-mips64eb": {"mips64": "elf64 netbsd/mips64", "mips": "elf32 netbsd32/mips", "mipsn32": "elf32 netbsd32/mipsn32"},
	"evbmips-mips64el": {"mips64el": "elf64 netbsd/mips64el", "mipsel": "elf32 netbsd32/mipsel", "mipsn32el": "elf32 netbsd32/mipsn32el"},
	"macppc":           {"powerpc": "elf32 netbsd/powerpc"},
	"hp300":            {"m68k": "elf32 netbsd/m68k"},
	"riscv-riscv64":    {"riscv64": "elf64 netbsd/riscv64"},
}

// Each machine runs its own programs and what its kernel has an emulation for, and refuses all others.
func TestMachines(t *testing.T) {
	folders, err := os.ReadDir(filepath.Join(testprog.Root(), "testdata", "arch", "prebuilt"))
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range generics {
		m := newKernel(t, Config{Machine: g.name})
		for _, d := range folders {
			path, want := prebuilt(d.Name(), "arith"), runs[g.name][d.Name()]
			r, err := m.DryRun(Command{Path: path})
			var x *ExecError
			switch {
			case want == "":
				if !errors.As(err, &x) || x.Errno != abi.ENOEXEC {
					t.Errorf("%s: a program of %s: %v, want ENOEXEC", g.name, d.Name(), err)
				}
				continue
			case err != nil:
				t.Errorf("%s: a program of %s: %v", g.name, d.Name(), err)
				continue
			case r.Entry != want:
				t.Errorf("%s: a program of %s is %s, want %s", g.name, d.Name(), r.Entry, want)
			}
			var got, native bytes.Buffer
			for _, c := range []struct {
				m   *Machine
				out *bytes.Buffer
			}{{m, &got}, {newKernel(t, Config{}), &native}} {
				p, err := c.m.Start(Command{Path: path, Stdout: c.out, Stderr: c.out})
				if err != nil {
					t.Fatal(err)
				}
				if s, err := p.Wait(); err != nil || s.Code() != 0 {
					t.Errorf("%s: a program of %s: %v, %v", g.name, d.Name(), s, err)
				}
			}
			if got.Len() == 0 || got.String() != native.String() {
				t.Errorf("%s: a program of %s wrote %q, want %q", g.name, d.Name(), got.String(), native.String())
			}
		}
	}
}

// The first process has the limits of its machine: of the one that Config names, else of its program's.
func TestFirstLimits(t *testing.T) {
	for _, c := range []struct{ machine, arch string }{{"", "aarch64"}, {"evbarm-aarch64", "aarch64"}, {"", "sparc"}, {"", "amd64"}} {
		m := newKernel(t, Config{Machine: c.machine, Limits: map[string]Limit{"descriptors": {100, 200}}})
		p, err := m.prepare(&Command{Path: prebuilt(c.arch, "arith")})
		if err != nil {
			t.Fatal(err)
		}
		m.k.Lock()
		if err := execve.ExecFirst(p.first, prebuilt(c.arch, "arith"), []string{"arith"}, nil); err != nil {
			t.Error(err)
		}
		a, l := p.p.Arch, p.p.Limits
		if a.Name != c.arch {
			t.Errorf("a program of %s is one of %s", c.arch, a.Name)
		}
		if got, want := l[abi.RLIMIT_DATA], (abi.Rlimit{Cur: a.DflData, Max: a.MaxData}); got != want {
			t.Errorf("%+v: data %v, want %v", c, got, want)
		}
		if got, want := l[abi.RLIMIT_STACK], (abi.Rlimit{Cur: a.DflStack, Max: a.MaxStack}); got != want {
			t.Errorf("%+v: stack %v, want %v", c, got, want)
		}
		if got, want := l[abi.RLIMIT_NOFILE], (abi.Rlimit{Cur: 100, Max: 200}); got != want {
			t.Errorf("%+v: descriptors %v, want %v: those that were asked for", c, got, want)
		}
		p.discard()
		m.k.Unlock()
	}
}

// exit7 are instructions that end a program with status 7.
var exit7 = map[string]string{
	"i386":          "\x31\xc0\x40\x6a\x07\x50\xcd\x80",
	"m68k":          "\x48\x78\x00\x07\x42\xa7\x70\x01\x4e\x40",
	"sparc":         "\x82\x10\x20\x01\x90\x10\x20\x07\x91\xd0\x20\x00",
	"linux/amd64":   "\xb8\x3c\x00\x00\x00\xbf\x07\x00\x00\x00\x0f\x05",
	"linux/i386":    "\xb8\x01\x00\x00\x00\xbb\x07\x00\x00\x00\xcd\x80",
	"linux/arm":     "\x01\x70\xa0\xe3\x07\x00\xa0\xe3\x00\x00\x00\xef",
	"linux/aarch64": "\xa8\x0b\x80\xd2\xe0\x00\x80\xd2\x01\x00\x00\xd4",
	"linux/riscv64": "\x93\x08\xd0\x05\x13\x05\x70\x00\x73\x00\x00\x00",
}

// aoutFile is an a.out program of OMAGIC, whose text is linked at the end of the first page.
func aoutFile(o binary.AppendByteOrder, mid, page uint32, text string) []byte {
	b := binary.BigEndian.AppendUint32(nil, mid<<16|0o407)
	for _, w := range []uint32{uint32(len(text)), 0, 0, 0, page, 0, 0} {
		b = o.AppendUint32(b, w)
	}
	return append(b, text...)
}

// linuxFile is a static Linux program, by the mark in its header.
func linuxFile(m elf.Machine, class elf.Class, text string) []byte {
	const base, osabiLinux = 0x100000, 3
	ident := [elf.EI_NIDENT]byte{0x7f, 'E', 'L', 'F', byte(class), byte(elf.ELFDATA2LSB), byte(elf.EV_CURRENT), osabiLinux}
	var b bytes.Buffer
	head := func(h any) { binary.Write(&b, binary.LittleEndian, h) }
	if class == elf.ELFCLASS64 {
		const at = 64 + 56
		head(elf.Header64{Ident: ident, Type: uint16(elf.ET_EXEC), Machine: uint16(m), Version: 1, Entry: base + at, Phoff: 64, Ehsize: 64, Phentsize: 56, Phnum: 1})
		head(elf.Prog64{Type: uint32(elf.PT_LOAD), Flags: uint32(elf.PF_R | elf.PF_X), Vaddr: base, Filesz: at + uint64(len(text)), Memsz: at + uint64(len(text)), Align: 4096})
	} else {
		const at = 52 + 32
		head(elf.Header32{Ident: ident, Type: uint16(elf.ET_EXEC), Machine: uint16(m), Version: 1, Entry: base + at, Phoff: 52, Ehsize: 52, Phentsize: 32, Phnum: 1})
		head(elf.Prog32{Type: uint32(elf.PT_LOAD), Vaddr: base, Filesz: at + uint32(len(text)), Memsz: at + uint32(len(text)), Flags: uint32(elf.PF_R | elf.PF_X), Align: 4096})
	}
	b.WriteString(text)
	return b.Bytes()
}

// tryEverywhere runs a program that ends with status 7 on all machines: it must be taken by those of want, by the entry
// that stands there, and be refused by the others.
func tryEverywhere(t *testing.T, name string, file []byte, want map[string]string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "prog")
	if err := os.WriteFile(path, file, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, g := range generics {
		m := newKernel(t, Config{Machine: g.name})
		r, err := m.DryRun(Command{Path: path})
		var x *ExecError
		if want[g.name] == "" {
			if !errors.As(err, &x) || x.Errno != abi.ENOEXEC {
				t.Errorf("%s: %s: %v, want ENOEXEC", g.name, name, err)
			}
			continue
		}
		if err != nil || r.Entry != want[g.name] {
			t.Errorf("%s: %s: %v, by %s, want %s", g.name, name, err, r.Entry, want[g.name])
			continue
		}
		p, err := m.Start(Command{Path: path})
		if err != nil {
			t.Fatal(err)
		}
		if s, err := p.Wait(); err != nil || s.Code() != 7 {
			t.Errorf("%s: %s: %v, %v", g.name, name, s, err)
		}
	}
}

func TestMachineAout(t *testing.T) {
	tryEverywhere(t, "a.out of i386", aoutFile(binary.LittleEndian, 134, 4096, exit7["i386"]), map[string]string{"i386": "a.out netbsd/i386", "amd64": "a.out netbsd32/i386"})
	tryEverywhere(t, "a.out of sparc", aoutFile(binary.BigEndian, 138, 8192, exit7["sparc"]), map[string]string{"sparc": "a.out netbsd/sparc", "sparc64": "a.out netbsd32/sparc"})
	tryEverywhere(t, "a.out of m68k", aoutFile(binary.BigEndian, 135, 8192, exit7["m68k"]), map[string]string{"hp300": "a.out aoutm68k/m68k"})
	tryEverywhere(t, "a.out of m68k4k", aoutFile(binary.BigEndian, 136, 4096, exit7["m68k"]), map[string]string{"hp300": "m68k4k netbsd/m68k"})
}

func TestMachineLinux(t *testing.T) {
	for _, c := range []struct {
		arch    string
		machine elf.Machine
		class   elf.Class
		want    map[string]string
	}{
		{"amd64", elf.EM_X86_64, elf.ELFCLASS64, map[string]string{"amd64": "elf linux/amd64"}},
		{"i386", elf.EM_386, elf.ELFCLASS32, map[string]string{"i386": "elf linux/i386", "amd64": "elf linux32/i386"}},
		{"aarch64", elf.EM_AARCH64, elf.ELFCLASS64, map[string]string{"evbarm-aarch64": "elf linux/aarch64"}},
		{"arm", elf.EM_ARM, elf.ELFCLASS32, map[string]string{"evbarm-earmv7hf": "elf linux/arm", "evbarm-aarch64": "elf linux32/arm"}},
		{"riscv64", elf.EM_RISCV, elf.ELFCLASS64, nil}, // NetBSD has no emulation for it
	} {
		tryEverywhere(t, "Linux program of "+c.arch, linuxFile(c.machine, c.class, exit7["linux/"+c.arch]), c.want)
	}
}

// A script runs where its interpreter does.
func TestMachineScripts(t *testing.T) {
	script := filepath.Join(t.TempDir(), "script")
	for _, g := range generics {
		m := newKernel(t, Config{Machine: g.name})
		for _, folder := range []string{"amd64", "i386", "aarch64", "arm", "sparc", "sparc64", "mips", "mipsel", "mips64", "mips64el", "mipsn32", "mipsn32el", "powerpc", "m68k", "riscv64"} {
			if err := os.WriteFile(script, []byte("#!"+prebuilt(folder, "arith")+"\n"), 0o755); err != nil {
				t.Fatal(err)
			}
			_, err := m.DryRun(Command{Path: script})
			var x *ExecError
			if takes := runs[g.name][folder] != ""; takes && err != nil || !takes && (!errors.As(err, &x) || x.Errno != abi.ENOEXEC) {
				t.Errorf("%s: a script for a program of %s: %v", g.name, folder, err)
			}
		}
	}
}

// A machine's name is its hw.machine, with hw.machine_arch where that alone does not tell.
func TestMachineNames(t *testing.T) {
	for _, g := range generics {
		m := newKernel(t, Config{Machine: g.name})
		a := m.k.Config.Native
		if name := a.Machine; name != g.name && name+"-"+a.MachineArch != g.name {
			t.Errorf("%s: hw.machine %s, hw.machine_arch %s", g.name, a.Machine, a.MachineArch)
		}
	}
	if _, err := New(Config{Machine: "vax"}); err == nil || !strings.Contains(err.Error(), "Machine: \"vax\"") {
		t.Errorf("a machine that there is not: %v", err)
	}
}
