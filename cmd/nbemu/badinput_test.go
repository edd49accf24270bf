package main_test

import (
	"bytes"
	"context"
	"debug/elf"
	"encoding/binary"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"nbemu/internal/testprog"
)

// ended is how a run of nbemu ended, as a shell would tell it.
type ended struct {
	status         int // 128+n for a signal
	stdout, stderr string
}

func runNbemu(t *testing.T, args ...string) ended {
	t.Helper()
	nbemu, err := testprog.Nbemu()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(ctx, nbemu, args...)
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil && cmd.ProcessState == nil {
		t.Fatal(err)
	}
	if ctx.Err() != nil {
		t.Fatalf("nbemu %.200q did not end", args)
	}
	status := cmd.ProcessState.ExitCode()
	if ws := cmd.ProcessState.Sys().(syscall.WaitStatus); ws.Signaled() {
		status = 128 + int(ws.Signal())
	}
	return ended{status, stdout.String(), stderr.String()}
}

// checkOneLine demands a single line that names what it is about, and nothing
// that looks like the inside of a Go program.
func checkOneLine(t *testing.T, stderr string, words ...string) {
	t.Helper()
	if !strings.HasPrefix(stderr, "nbemu: ") || strings.Count(stderr, "\n") != 1 || !strings.HasSuffix(stderr, "\n") {
		t.Errorf("standard error is not one line that begins with \"nbemu: \":\n%.2000s", stderr)
	}
	for _, word := range words {
		if !strings.Contains(stderr, word) {
			t.Errorf("the message does not tell %q: %.2000s", word, stderr)
		}
	}
	for _, inside := range []string{"goroutine ", "panic:", "runtime error", ".go:"} {
		if strings.Contains(stderr, inside) {
			t.Errorf("the message has %q in it", inside)
		}
	}
}

// guestProgram builds a C program of testdata/guest for NetBSD.
func guestProgram(t *testing.T, name string) string {
	t.Helper()
	arch, err := testprog.Find("amd64")
	if err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(t.TempDir(), name)
	if err := testprog.C(arch, testprog.NetBSD, out, filepath.Join(testprog.Root(), "testdata", "guest", name+".c")); err != nil {
		t.Fatal(err)
	}
	return out
}

// Offsets in an ELF64 header and program header.
const (
	ehClass     = elf.EI_CLASS
	ehData      = elf.EI_DATA
	ehMachine   = 18
	ehPhoff     = 32
	ehPhentsize = 54
	ehPhnum     = 56
	phSize      = 56
)

func TestBadPrograms(t *testing.T) {
	good, err := os.ReadFile(guestProgram(t, "exit"))
	if err != nil {
		t.Fatal(err)
	}
	// changed returns the good program with one change.
	changed := func(change func(file []byte)) []byte {
		file := bytes.Clone(good)
		change(file)
		return file
	}
	put16 := func(off int, v uint16) []byte {
		return changed(func(f []byte) { binary.LittleEndian.PutUint16(f[off:], v) })
	}
	put64 := func(off int, v uint64) []byte {
		return changed(func(f []byte) { binary.LittleEndian.PutUint64(f[off:], v) })
	}

	tests := []struct {
		name string
		file []byte
		size int64 // if larger than the file: a hole up to there
		mode os.FileMode
		want []int // exit status, one of these
		tell []string
	}{
		{name: "empty"},
		{name: "text", file: []byte("neither a script nor a program\n")},
		{name: "random", file: bytes.Repeat([]byte{0xa5, 0x5a, 0x13}, 5000)},
		{name: "no-permission", file: good, mode: 0o644},
		{name: "magic-only", file: good[:4]},
		{name: "truncated-header", file: good[:20]},
		{name: "truncated-by-one", file: good[:63]},
		{name: "header-only", file: good[:64]},
		{name: "headers-past-end", file: put64(ehPhoff, uint64(len(good))+4096)},
		{name: "headers-far-past-end", file: put64(ehPhoff, 1<<63-8)},
		{name: "headers-at-minus-one", file: put64(ehPhoff, ^uint64(0))},
		{name: "no-program-headers", file: put16(ehPhnum, 0)},
		{name: "too-many-program-headers", file: put16(ehPhnum, 0xffff)},
		{name: "wrong-class", file: changed(func(f []byte) { f[ehClass] = byte(elf.ELFCLASS32) })},
		{name: "no-class", file: changed(func(f []byte) { f[ehClass] = 9 })},
		{name: "wrong-byte-order", file: changed(func(f []byte) { f[ehData] = byte(elf.ELFDATA2MSB) })},
		{name: "unknown-machine", file: put16(ehMachine, 0x9999)},
		{name: "object-file", file: put16(16, uint16(elf.ET_REL))},
		{name: "core-file", file: put16(16, uint16(elf.ET_CORE))},
		{name: "missing-interpreter", file: withInterpreter(good, "/libexec/no-such-ld.elf_so"), want: []int{126, 127}, tell: []string{"/libexec/no-such-ld.elf_so"}},
		{name: "interpreter-without-end", file: changed(func(f []byte) { toInterp(f, []byte("/libexec/ld.elf_soXXXX")) })},
		{name: "script-without-interpreter", file: []byte("#!\necho hello\n")},
		{name: "script-missing-interpreter", file: []byte("#!/no/such/interpreter -x\n"), want: []int{126, 127}, tell: []string{"/no/such/interpreter"}},
		{name: "aout-sun3-zmagic", file: aout(binary.BigEndian, 2, 0o413)},
		{name: "aout-sun3-nmagic", file: aout(binary.BigEndian, 2, 0o410)},
		{name: "aout-sun3-omagic", file: aout(binary.BigEndian, 1, 0o407)},
		// Without a machine it is a program of 386BSD, which this one is not: there is nothing at its entry.
		{name: "386bsd-zmagic", file: aout(binary.LittleEndian, 0, 0o413), want: []int{128 + int(syscall.SIGSEGV)}},
		{name: "aout-unknown-zmagic", file: aout(binary.BigEndian, 999, 0o413)},
		{name: "aout-i386-qmagic", file: aout(binary.BigEndian, 134, 0o314)},
		{name: "sparse-4gib", size: 4 << 30},
		{name: "sparse-4gib-elf", file: put64(ehPhoff, 4<<30-phSize), size: 4 << 30},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			name := filepath.Join(t.TempDir(), tt.name)
			if err := os.WriteFile(name, tt.file, 0o755); err != nil {
				t.Fatal(err)
			}
			if tt.mode != 0 {
				if err := os.Chmod(name, tt.mode); err != nil {
					t.Fatal(err)
				}
			}
			if tt.size > int64(len(tt.file)) {
				if err := os.Truncate(name, tt.size); err != nil {
					t.Skip("the file system has no files of this size: ", err)
				}
			}
			start := time.Now()
			got := runNbemu(t, name)
			if took := time.Since(start); took > 10*time.Second {
				t.Errorf("it took %v", took)
			}
			checkStatus(t, got.status, tt.want)
			checkOneLine(t, got.stderr, append(tt.tell, tt.name)...)
			if got.stdout != "" {
				t.Errorf("standard output: %q", got.stdout)
			}
		})
	}
}

func checkStatus(t *testing.T, got int, want []int) {
	t.Helper()
	if want == nil {
		want = []int{126}
	}
	for _, w := range want {
		if got == w {
			return
		}
	}
	t.Errorf("exit status %d, want %v", got, want)
}

// toInterp turns the last program header of a file into a PT_INTERP with path
// after the headers.
func toInterp(file, path []byte) {
	order := binary.LittleEndian
	phoff := order.Uint64(file[ehPhoff:])
	ph := file[phoff+uint64(order.Uint16(file[ehPhnum:])-1)*phSize:]
	at := uint64(len(file)) - uint64(len(path))
	copy(file[at:], path)
	order.PutUint32(ph[0:], uint32(elf.PT_INTERP))
	order.PutUint64(ph[8:], at)                 // offset
	order.PutUint64(ph[32:], uint64(len(path))) // size in the file
	order.PutUint64(ph[40:], uint64(len(path))) // and in memory
}

func withInterpreter(good []byte, path string) []byte {
	file := append(bytes.Clone(good), make([]byte, 4096)...)
	toInterp(file, append([]byte(path), 0))
	return file
}

// aout makes an a.out of about 1990, with 4 kB of text and of data. The magic
// number of SunOS has the machine before it; 386BSD's stands alone.
func aout(order binary.ByteOrder, machine, magic uint32) []byte {
	file := make([]byte, 12288)
	header := []uint32{machine<<16 | magic, 4096, 4096, 0, 0, 0x2020, 0, 0}
	for i, word := range header {
		order.PutUint32(file[4*i:], word)
	}
	return file
}

func TestNoSuchProgram(t *testing.T) {
	for _, name := range []string{"/no/such/program", "no-such-program", filepath.Join(t.TempDir(), "missing")} {
		got := runNbemu(t, name, "argument")
		checkStatus(t, got.status, []int{127})
		checkOneLine(t, got.stderr, name)
	}
}

func TestDirectoryAsProgram(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a-directory")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	got := runNbemu(t, dir)
	checkStatus(t, got.status, []int{126})
	checkOneLine(t, got.stderr, "a-directory")
}

func TestFileInPathOfProgram(t *testing.T) {
	file := filepath.Join(t.TempDir(), "a-file")
	if err := os.WriteFile(file, nil, 0o755); err != nil {
		t.Fatal(err)
	}
	got := runNbemu(t, file+"/program")
	checkStatus(t, got.status, []int{126, 127}) // shells differ
	checkOneLine(t, got.stderr, "a-file/program")
}

// TestArgumentListTooLong passes more than NetBSD's ARG_MAX of 256 KiB, which
// Linux, with its larger one, hands over to us.
func TestArgumentListTooLong(t *testing.T) {
	program := guestProgram(t, "exit")
	args := []string{program, "0"}
	for range 24 {
		args = append(args, strings.Repeat("x", 16<<10))
	}
	got := runNbemu(t, args...)
	checkStatus(t, got.status, []int{126})
	checkOneLine(t, got.stderr, filepath.Base(program))

	// And close below it, which must work.
	got = runNbemu(t, args[:2+10]...)
	if got.status != 0 || got.stderr != "" {
		t.Errorf("160 KiB of arguments: exit status %d, %s", got.status, got.stderr)
	}
}

func TestExitStatus(t *testing.T) {
	program := guestProgram(t, "exit")
	for _, status := range []int{0, 1, 2, 42, 126, 127, 128, 255} {
		got := runNbemu(t, program, strconv.Itoa(status))
		if got.status != status || got.stdout+got.stderr != "" {
			t.Errorf("exit status %d, want %d; output %q %q", got.status, status, got.stdout, got.stderr)
		}
	}
}

// TestOddProgramHeaderSize: NetBSD does not look at e_phentsize.
func TestOddProgramHeaderSize(t *testing.T) {
	file, err := os.ReadFile(guestProgram(t, "exit"))
	if err != nil {
		t.Fatal(err)
	}
	binary.LittleEndian.PutUint16(file[ehPhentsize:], 7)
	name := filepath.Join(t.TempDir(), "odd")
	if err := os.WriteFile(name, file, 0o755); err != nil {
		t.Fatal(err)
	}
	if got := runNbemu(t, name, "5"); got.status != 5 || got.stderr != "" {
		t.Errorf("exit status %d, %s", got.status, got.stderr)
	}
}

// TestKilledBySignal uses signals that have the same number on NetBSD and on
// every host.
func TestKilledBySignal(t *testing.T) {
	program := guestProgram(t, "die")
	type death struct {
		args   []string
		signal syscall.Signal
		reason bool // one line is due; it may be missing where a shell is silent too
	}
	deaths := []death{
		{[]string{"null"}, syscall.SIGSEGV, true},
		{[]string{"text"}, syscall.SIGSEGV, true},
		{[]string{"jump"}, syscall.SIGSEGV, true},
		{[]string{"illegal"}, syscall.SIGILL, true},
	}
	for _, s := range []syscall.Signal{syscall.SIGHUP, syscall.SIGINT, syscall.SIGQUIT, syscall.SIGABRT, syscall.SIGFPE,
		syscall.SIGKILL, syscall.SIGSEGV, syscall.SIGPIPE, syscall.SIGALRM, syscall.SIGTERM} {
		deaths = append(deaths, death{[]string{"kill", strconv.Itoa(int(s))}, s, false})
	}
	for _, d := range deaths {
		t.Run(strings.Join(d.args, "-"), func(t *testing.T) {
			got := runNbemu(t, append([]string{program}, d.args...)...)
			if want := 128 + int(d.signal); got.status != want {
				t.Errorf("exit status %d, want %d", got.status, want)
			}
			if got.stdout != "about to die\n" {
				t.Errorf("standard output: %q", got.stdout)
			}
			if d.reason || got.stderr != "" {
				checkOneLine(t, got.stderr)
			}
		})
	}
}

// The help of gdb is no fault.
func TestDebuggerHelp(t *testing.T) {
	for _, kind := range []string{"gdb", "lldb"} {
		got := runNbemu(t, kind, "-help")
		if got.status != 0 || !strings.Contains(got.stdout, "nbemu "+kind+" [flags] program") || got.stderr != "" {
			t.Errorf("%s: %d %s%s", kind, got.status, got.stdout, got.stderr)
		}
	}
}

// -cpu has the processor that the engine has, by QEMU's name, or says which there are.
func TestCPUModel(t *testing.T) {
	prebuilt := func(arch string) string {
		return filepath.Join(testprog.Root(), "testdata", "arch", "prebuilt", arch, "aflcrash")
	}
	for _, tt := range []struct {
		args   []string
		status int
		want   string // in what it says
	}{
		{[]string{"-cpu", "help"}, 0, "mips       24Kf\n"},
		{[]string{"-machine", "help"}, 0, "sparc64            elf64 netbsd/sparc64, a.out netbsd32/sparc, elf32 netbsd32/sparc\n"},
		{[]string{"-cpu", "haswell", prebuilt("amd64")}, 0, "sum: "},
		{[]string{"-cpu", "max", prebuilt("sparc64")}, 0, "sum: "},
		{[]string{"-cpu", "24Kf", prebuilt("mips")}, 0, "sum: "},
		{[]string{"-cpu", "24Kf", prebuilt("amd64")}, 126, "the program is one for amd64, whose processor is Haswell, not 24Kf"},
		{[]string{"-cpu", "pentium", prebuilt("i386")}, 126, "-cpu: pentium: no machine has it; there are Haswell, max, 24Kf"},
		{[]string{"-cpu", "host", prebuilt("amd64")}, 126, "with -accel kvm alone"},
		{[]string{"-cpu", "Haswell", "-accel", "kvm", prebuilt("amd64")}, 126, "with -accel kvm there is the host's, whose name is host"},
	} {
		got := runNbemu(t, tt.args...)
		if got.status != tt.status || !strings.Contains(got.stdout+got.stderr, tt.want) {
			t.Errorf("%v: %d %q %q; want %d, %q", tt.args, got.status, got.stdout, got.stderr, tt.status, tt.want)
		}
	}
}
