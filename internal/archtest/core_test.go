package archtest

import (
	"bytes"
	"context"
	"debug/elf"
	"encoding/binary"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"nbemu/abi"
	ports "nbemu/arch"
	_ "nbemu/arch/all"
	"nbemu/arch/mips"
	"nbemu/cpu"
	"nbemu/internal/testprog"
)

// dump runs a program in dir with core files allowed up to limit and returns what it and nbemu said.
func dump(t *testing.T, dir, limit string, args ...string) (out, said string) {
	t.Helper()
	nbemu, err := testprog.Nbemu()
	if err != nil {
		t.Fatal(err)
	}
	var r unix.Rlimit
	if unix.Getrlimit(unix.RLIMIT_CORE, &r) != nil || r.Max != unix.RLIM_INFINITY {
		t.Skip("the host allows no core files")
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	// A file that is too large by mistake must not fill the disk.
	cmd := exec.CommandContext(ctx, "sh", append([]string{"-c", `ulimit -f 200000; ulimit -S -c "$0"; exec "$@"`, limit, nbemu}, args...)...)
	cmd.Dir = dir
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	_ = cmd.Run() // it dies, like the program
	return stdout.String(), stderr.String()
}

type note struct {
	name string
	typ  uint32
	desc []byte
}

// core is a core file as a debugger sees it.
type core struct {
	*elf.File
	notes []note
}

func readCore(t *testing.T, path string) *core {
	t.Helper()
	f, err := elf.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	if f.Type != elf.ET_CORE {
		t.Errorf("type %v", f.Type)
	}
	c := &core{File: f}
	for _, p := range f.Progs {
		if p.Type != elf.PT_NOTE {
			continue
		}
		b := make([]byte, p.Filesz)
		if _, err := p.ReadAt(b, 0); err != nil {
			t.Fatal(err)
		}
		for len(b) >= 12 {
			n, d := int(f.ByteOrder.Uint32(b)), int(f.ByteOrder.Uint32(b[4:]))
			typ := f.ByteOrder.Uint32(b[8:])
			b = b[12:]
			dat := (n + 3) &^ 3
			c.notes = append(c.notes, note{strings.TrimRight(string(b[:n]), "\x00"), typ, b[dat : dat+d]})
			b = b[dat+(d+3)&^3:]
		}
	}
	return c
}

// mem reads memory out of the core file; what is mapped there and not in the file is zero.
func (c *core) mem(t *testing.T, va uint64, n int) []byte {
	t.Helper()
	b := make([]byte, n)
	for _, p := range c.Progs {
		if p.Type == elf.PT_LOAD && va-p.Vaddr < p.Memsz && va-p.Vaddr+uint64(n) <= p.Memsz {
			if off := va - p.Vaddr; off < p.Filesz {
				k := min(uint64(n), p.Filesz-off)
				if _, err := p.ReadAt(b[:k], int64(off)); err != nil {
					t.Fatal(err)
				}
			}
			return b
		}
	}
	t.Errorf("%#x is not in the core file", va)
	return b
}

// inFile reports whether the file has contents for an address.
func (c *core) inFile(va uint64) bool {
	for _, p := range c.Progs {
		if p.Type == elf.PT_LOAD && va-p.Vaddr < p.Filesz {
			return true
		}
	}
	return false
}

// end is where the segment of an address ends.
func (c *core) end(va uint64) uint64 {
	for _, p := range c.Progs {
		if p.Type == elf.PT_LOAD && va-p.Vaddr < p.Memsz {
			return p.Vaddr + p.Memsz
		}
	}
	return va
}

func (c *core) note(t *testing.T, name string, typ uint32) []byte {
	t.Helper()
	for _, n := range c.notes {
		if n.name == name && n.typ == typ {
			return n.desc
		}
	}
	t.Fatalf("no note %s of type %d", name, typ)
	return nil
}

// lwps lists the LWPs that there are notes of, in the file's order.
func (c *core) lwps() (ids []int) {
	for _, n := range c.notes {
		if _, id, ok := strings.Cut(n.name, "@"); ok {
			if id, _ := strconv.Atoi(id); !slices.Contains(ids, id) {
				ids = append(ids, id)
			}
		}
	}
	return ids
}

// where finds what the program printed as "name: 0x...".
func where(t *testing.T, out, name string) uint64 {
	t.Helper()
	m := regexp.MustCompile(`(?m)^` + name + `: (0x[0-9a-f]+)$`).FindStringSubmatch(out)
	if m == nil {
		t.Fatalf("no %q in %q", name, out)
	}
	v, _ := strconv.ParseUint(m[1], 0, 64)
	return v
}

// Where struct reg has pc and sp, by number of word.
var pcsp = map[string][2]int{
	"amd64": {21, 24}, "i386": {8, 4}, "aarch64": {32, 31}, "arm": {15, 13}, "thumb": {15, 13},
	"mips": {37, 29}, "mipsel": {37, 29}, "mips64": {37, 29}, "mipsn32": {37, 29}, "sparc": {1, 18}, "sparc64": {1, 18},
	"riscv64": {31, 1}, "powerpc": {36, 1}, "m68k": {17, 15}, "mips64el": {37, 29}, "mipsn32el": {37, 29},
}

// TestCore: what a program left in its core file is where a debugger looks, on every architecture.
func TestCore(t *testing.T) {
	for _, a := range testprog.Arches {
		t.Run(a.Name, func(t *testing.T) { testCore(t, a) })
	}
}

// TestCoreNetBSD32: a program of 32 bits leaves on a kernel of 64 what it leaves on its own.
func TestCoreNetBSD32(t *testing.T) {
	for _, k := range kernels64 {
		a, err := testprog.Find(k.arch)
		if err != nil {
			t.Fatal(err)
		}
		t.Run(k.machine+"/"+k.arch, func(t *testing.T) { testCore(t, a, "-machine", k.machine) })
	}
}

func testCore(t *testing.T, a testprog.Arch, flags ...string) {
	path := program(t, a, "crash")
	if path == "" {
		t.Skip("no cross compiler, and no prebuilt programs")
	}
	dir := t.TempDir()
	out, said := dump(t, dir, "unlimited", append(flags, path)...)
	if !strings.Contains(said, ", core dumped to crash.core\n") {
		t.Fatalf("%s%s", out, said)
	}
	file := filepath.Join(dir, "crash.core")
	c := readCore(t, file)
	prog, err := elf.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer prog.Close()
	checkCore(t, a.Name, c, prog, out, said)
	if tool, err := exec.LookPath("readelf"); err == nil {
		b, err := exec.Command(tool, "-n", "-W", file).CombinedOutput()
		regs := "PT_GETREGS"
		if a.Name == "aarch64" || a.Name == "riscv64" {
			regs = "PT_FIRSTMACH+0" // which is that, but readelf has no name for it
		}
		if err != nil || bytes.Contains(b, []byte("arning")) || bytes.Count(b, []byte("PT_LWPSTATUS")) != 2 ||
			!bytes.Contains(b, []byte("NetBSD procinfo")) || bytes.Count(b, []byte(regs)) != 2 {
			t.Errorf("readelf: %v\n%s", err, b)
		}
	}
}

func checkCore(t *testing.T, arch string, c *core, prog *elf.File, out, said string) {
	port := ports.ByELF(uint16(prog.Machine), byte(prog.Class), byte(prog.Data), elfFlags(t, prog))
	if port == nil || c.Machine != prog.Machine || c.Class != prog.Class || c.Data != prog.Data {
		t.Fatalf("core file for %v %v %v", c.Machine, c.Class, c.Data)
	}
	m, set := port.Arch.Model, port.Regset
	var info abi.ElfcoreProcinfo
	b := c.note(t, "NetBSD-CORE", 1)
	m.Unmarshal(b, &info)
	if len(b) != 160 || info.Cpisize != 160 || info.Version != 1 || info.Signo != uint32(abi.SIGSEGV) || info.Sigcode != abi.SEGV_MAPERR ||
		info.Nlwps != 2 || info.Siglwp != int32(info.Pid) || strings.TrimRight(string(info.Name[:]), "\x00") != "crash" || info.Pid < 2 {
		t.Errorf("procinfo %+v", info)
	}
	entry := uint64(0)
	for b := c.note(t, "NetBSD-CORE", 2); len(b) > 0; b = b[2*m.PtrSize:] {
		if m.ByteOrder().Uint32(b) == abi.AT_ENTRY {
			entry = m.Ptr(b[m.PtrSize:])
		}
	}
	if entry != prog.Entry {
		t.Errorf("entry %#x in the auxiliary vector, %#x in the program", entry, prog.Entry)
	}
	// The first LWP has its process's number.
	first := fmt.Sprintf("NetBSD-CORE@%d", info.Pid)
	lwps := c.lwps()
	if len(lwps) != 2 || lwps[0] != int(info.Pid) {
		t.Fatalf("process %d, LWPs %d", info.Pid, lwps)
	}
	second := fmt.Sprintf("NetBSD-CORE@%d", lwps[1])
	for _, lwp := range lwps {
		name := fmt.Sprintf("NetBSD-CORE@%d", lwp)
		var s abi.PtraceLwpstatus
		m.Unmarshal(c.note(t, name, 24), &s)
		if s.Lwpid != int32(lwp) || len(c.note(t, name, uint32(set.GetRegs))) != set.Size || len(c.note(t, name, uint32(set.GetFPRegs))) != set.FPSize {
			t.Errorf("%s: %+v", name, s)
		}
	}
	// pc and sp of the thread that crashed.
	regs := c.note(t, first, uint32(set.GetRegs))
	word := map[bool]int{true: 4, false: 8}[set.Size < 160]
	pc, sp := m.Uint(regs[pcsp[arch][0]*word:], word), m.Uint(regs[pcsp[arch][1]*word:], word)
	sp += port.Arch.StackBias
	if arch == "thumb" {
		if pc&1 == 0 {
			t.Errorf("pc %#x does not say that the code is Thumb", pc)
		}
		pc &^= 1
	}
	if want := fmt.Sprintf("at pc %#x, write of address 0x18,", pc); !strings.Contains(said, want) {
		t.Errorf("pc %#x, but %s", pc, said)
	}
	local := where(t, out, "local")
	if local < sp || local-sp > 4096 {
		t.Errorf("sp %#x, but a local variable at %#x", sp, local)
	}
	if b := c.mem(t, local, 15); string(b) != "frame of crash0" {
		t.Errorf("at %#x: %q", local, b)
	}
	stack := c.mem(t, sp, int(min(4096, c.end(sp)-sp)))
	for depth := range 10 {
		if !bytes.Contains(stack, fmt.Appendf(nil, "frame of crash%d", depth)) {
			t.Errorf("frame %d is not on the stack", depth)
		}
	}
	if strings.HasPrefix(arch, "sparc") {
		// Each frame has the caller's stack pointer among its saved registers.
		at := sp
		for i := range 10 {
			next := m.Ptr(c.mem(t, at+uint64(14*word), word)) + port.Arch.StackBias
			if next <= at || next-at > 4096 {
				t.Fatalf("frame %d at %#x leads to %#x", i, at, next)
			}
			at = next
		}
	}
	held := binary.LittleEndian.AppendUint64(nil, 0x3ff8000000000000)
	switch {
	case arch == "i386":
		held = []byte{0, 0, 0, 0, 0, 0, 0, 0xc0, 0xff, 0x3f}
	case arch == "m68k":
		held = []byte{0x3f, 0xff, 0, 0, 0xc0, 0, 0, 0, 0, 0, 0, 0}
	case m.BigEndian:
		held = binary.BigEndian.AppendUint64(nil, 0x3ff8000000000000)
	}
	fp := c.note(t, first, uint32(set.GetFPRegs))
	if arch == "mips" { // two words, the lower one first
		held = append(held[4:], held[:4]...)
	}
	if !bytes.Contains(fp, held) || bytes.Contains(c.note(t, second, uint32(set.GetFPRegs)), held) {
		t.Errorf("1.5 is in the first thread's registers only: % x", fp)
	}
	// Memory: what was touched, and nothing else.
	touched, shared := where(t, out, "touched"), where(t, out, "shared")
	for _, x := range []struct {
		va   uint64
		want byte
	}{{touched + 5, 'a'}, {touched + 0x80000, 'b'}, {touched + 0x40000, 0}, {shared + 0x3000, 'c'}} {
		if b := c.mem(t, x.va, 1); b[0] != x.want || c.inFile(x.va) != (x.want != 0) {
			t.Errorf("at %#x: %q, in the file: %v", x.va, b, c.inFile(x.va))
		}
	}
	for _, name := range []string{"text", "readonly"} {
		if va := where(t, out, name); c.inFile(va) {
			t.Errorf("%s at %#x is in the file", name, va)
		}
	}
	if v := m.ByteOrder().Uint32(c.mem(t, where(t, out, "initialized"), 4)); v != 0x12345678 {
		t.Errorf("initialized data is %#x", v)
	}
}

func elfFlags(t *testing.T, f *elf.File) uint32 {
	t.Helper()
	for _, a := range []*cpu.Arch{mips.MIPSN32, mips.MIPSN32EL} {
		// debug/elf does not tell the flags; only n32 is told from others by them.
		if uint16(f.Machine) == a.ELFMachine && f.Class == elf.ELFCLASS32 && f.Entry >= 0x10000000 {
			return a.ELFFlags
		}
	}
	return 0
}

// TestCoreRules: where a core file may go, and what is said when it may not.
func TestCoreRules(t *testing.T) {
	a, err := testprog.Find("amd64")
	if err != nil {
		t.Fatal(err)
	}
	path := program(t, a, "crash")
	if path == "" {
		t.Skip("no compiler, and no prebuilt programs")
	}
	none := func(dir string) bool {
		_, err := os.Lstat(filepath.Join(dir, "crash.core"))
		return os.IsNotExist(err)
	}
	for _, c := range []struct {
		name, limit string
		prepare     func(dir string) error
		args        []string
		said        string
		none        bool
	}{
		{name: "limit 0", limit: "0", none: true},
		{name: "limit below data and stack", limit: "100", none: true},
		{name: "link", limit: "unlimited", said: "no core file (EFTYPE)",
			prepare: func(dir string) error { return os.Symlink("target", filepath.Join(dir, "crash.core")) }},
		{name: "two names", limit: "unlimited", said: "no core file (EACCES)",
			prepare: func(dir string) error {
				if err := os.WriteFile(filepath.Join(dir, "target"), []byte("kept"), 0o600); err != nil {
					return err
				}
				return os.Link(filepath.Join(dir, "target"), filepath.Join(dir, "crash.core"))
			}},
		{name: "fifo", limit: "unlimited", said: "no core file (ENXIO)",
			prepare: func(dir string) error { return unix.Mkfifo(filepath.Join(dir, "crash.core"), 0o600) }},
		{name: "directory", limit: "unlimited", said: "no core file (EISDIR)",
			prepare: func(dir string) error { return os.Mkdir(filepath.Join(dir, "crash.core"), 0o700) }},
		{name: "mount", limit: "unlimited", args: []string{"-mount", ".:nocoredump"}, said: "no core file (EPERM)", none: true},
		{name: "again", limit: "unlimited", said: "core dumped to crash.core",
			prepare: func(dir string) error {
				return os.WriteFile(filepath.Join(dir, "crash.core"), bytes.Repeat([]byte("old"), 1<<20), 0o600)
			}},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			if c.prepare != nil {
				if err := c.prepare(dir); err != nil {
					t.Skip(err)
				}
			}
			_, said := dump(t, dir, c.limit, append(c.args, path)...)
			if c.said == "" && strings.Contains(said, "core") || !strings.Contains(said, c.said) || !strings.Contains(said, "SIGSEGV") {
				t.Errorf("%q", said)
			}
			if c.none && !none(dir) {
				t.Error("there is a core file")
			}
			if b, err := os.ReadFile(filepath.Join(dir, "target")); err == nil && string(b) != "kept" {
				t.Errorf("the target is now %d bytes", len(b))
			}
			if st, err := os.Stat(filepath.Join(dir, "crash.core")); c.name == "again" && (err != nil || st.Size() > 1<<20) {
				t.Errorf("%v, %v", st, err)
			}
		})
	}
	// A child's, by a pattern of its own; the status has the bit.
	dir := t.TempDir()
	os.Mkdir(filepath.Join(dir, "sub"), 0o700)
	out, said := dump(t, dir, "unlimited", "-strace", path, "sub/%n-%%-%x.core")
	if !strings.Contains(out, "status: 0x8b\n") || !strings.Contains(said, "+++ killed by SIGSEGV (core dumped) +++") {
		t.Errorf("%s%s", out, said)
	}
	readCore(t, filepath.Join(dir, "sub", "crash-%%-%x.core"))
	out, _ = dump(t, dir, "0", path, "%p.core")
	if !strings.Contains(out, "status: 0xb\n") {
		t.Errorf("%s", out)
	}
}
