package archtest

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"nbemu/abi"
	"nbemu/arch"
	_ "nbemu/arch/all"
	"nbemu/internal/testprog"
)

// traceReader reads a trace file as kdump(1) does, with the sizes that the traced program's compiler has found.
type traceReader struct {
	m       *abi.Model
	reg     int // size of register_t
	size    map[string]int
	version int
}

func (r *traceReader) int(b []byte) int64 { return int64(int32(r.m.Uint(b, 4))) }

// read returns the records as lines, by process in the order of their first records.
func (r *traceReader) read(t *testing.T, b []byte) (out [][]string) {
	t.Helper()
	procs := map[int64]int{}
	for len(b) > 0 {
		room := max(r.size["v0"], r.size["v1"])
		if r.version == 2 {
			room = r.size["v2"]
		}
		head := r.size["header"] + room
		if len(b) < head {
			t.Fatalf("%d bytes are no header", len(b))
		}
		n, pid := int(r.int(b)), r.int(b[8:])
		typ, version := int(r.m.Uint(b[4:], 2)), int(r.m.Uint(b[6:], 2))
		if r.m.BigEndian {
			typ, version = version, typ
		}
		if version != r.version || n > len(b)-head || pid <= 1 {
			t.Fatalf("version %d, length %d, process %d", version, n, pid)
		}
		part := b[r.size["header"]:]
		switch r.version {
		case 0, 1:
			if sec := r.int(part); sec < 1e9 {
				t.Errorf("time %d", sec)
			}
		case 2:
			if sec := r.m.Uint(part, 8); sec < 1e9 || sec > 1<<34 {
				t.Errorf("time %d", sec)
			}
		}
		if _, ok := procs[pid]; !ok {
			procs[pid] = len(procs)
			out = append(out, nil)
		}
		i := procs[pid]
		comm, _, _ := strings.Cut(string(b[12:12+17]), "\x00")
		out[i] = append(out[i], comm+" "+r.record(t, typ, b[head:head+n]))
		b = b[head+n:]
	}
	return out
}

func (r *traceReader) record(t *testing.T, typ int, b []byte) string {
	t.Helper()
	switch typ {
	case abi.KTR_SYSCALL:
		n := int(r.int(b[4:]))
		if n != len(b)-8 {
			t.Fatalf("%d bytes of arguments in %d", n, len(b)-8)
		}
		s := fmt.Sprintf("CALL %d", r.int(b))
		for a := b[8:]; len(a) > 0; a = a[r.reg:] {
			s += fmt.Sprintf(" %#x", r.m.Uint(a, r.reg))
		}
		return s
	case abi.KTR_SYSRET:
		if len(b) != r.size["sysret"] {
			t.Fatalf("sysret of %d bytes", len(b))
		}
		return fmt.Sprintf("RET %d error %d = %d", r.m.Uint(b, 2), r.int(b[4:]), r.m.Uint(b[8:], r.reg))
	case abi.KTR_NAMEI:
		return fmt.Sprintf("NAMI %q", b)
	case abi.KTR_GENIO:
		return fmt.Sprintf("GIO fd %d rw %d %q", r.int(b), r.int(b[4:]), b[8:])
	case abi.KTR_PSIG:
		at := r.size["siginfo"]
		if len(b) != at+abi.SiginfoSize {
			t.Fatalf("psig of %d bytes", len(b))
		}
		return fmt.Sprintf("PSIG %d siginfo %d", r.int(b), r.int(b[at:]))
	case abi.KTR_EMUL:
		return fmt.Sprintf("EMUL %q", b)
	case abi.KTR_USER:
		return fmt.Sprintf("USER %q %q", strings.TrimRight(string(b[:20]), "\x00"), b[20:])
	case abi.KTR_EXEC_ARG:
		return fmt.Sprintf("ARG %q", b)
	case abi.KTR_EXEC_ENV:
		return fmt.Sprintf("ENV %q", b)
	case abi.KTR_MIB:
		return fmt.Sprintf("MIB %d.%d", r.int(b), r.int(b[4:]))
	case abi.KTR_EXEC_FD:
		return fmt.Sprintf("FD %d", r.int(b))
	}
	return fmt.Sprintf("%d?", typ)
}

// missing tells which of want is not in got, in this order.
func missing(got, want []string) string {
	i := 0
	for _, line := range got {
		if i < len(want) && regexp.MustCompile("^ktraced "+want[i]+"$").MatchString(line) {
			i++
		}
	}
	if i < len(want) {
		return want[i]
	}
	return ""
}

// TestKtrace reads what programs of all machines have recorded of themselves.
func TestKtrace(t *testing.T) {
	for _, a := range testprog.Arches {
		t.Run(a.Name, func(t *testing.T) { testKtrace(t, a, a, nil) })
	}
}

// TestKtraceNetBSD32: what a program of 32 bits records on a kernel of 64 is laid out as that kernel's own.
func TestKtraceNetBSD32(t *testing.T) {
	for _, k := range kernels64 {
		a, err := testprog.Find(k.arch)
		if err != nil {
			t.Fatal(err)
		}
		kernel, err := testprog.Find(k.native)
		if err != nil {
			t.Fatal(err)
		}
		t.Run(k.machine+"/"+k.arch, func(t *testing.T) { testKtrace(t, a, kernel, []string{"-machine", k.machine}) })
	}
}

// portOf is the machine of a test's programs.
func portOf(t *testing.T, a testprog.Arch) *arch.Port {
	t.Helper()
	name := a.Name
	if name == "thumb" {
		name = "arm"
	}
	p := arch.ByName(name)
	if p == nil {
		t.Fatal("no machine", name)
	}
	return p
}

// sizes takes the sizes of the structures off what the program says, and returns the rest.
func (r *traceReader) sizes(out string) (text string) {
	n := 0
	for line := range strings.Lines(out) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
		if size, err := strconv.Atoi(value); err == nil && n < 7 {
			r.size[name] = size
			n++
			continue
		}
		text += line
	}
	return text
}

// testKtrace has a program record what it does, on a kernel that writes the structures of programs of another machine.
func testKtrace(t *testing.T, a, kernel testprog.Arch, flags []string) {
	path := program(t, a, "ktraced")
	if path == "" {
		t.Skip("no cross compiler, and no prebuilt programs")
	}
	own, p := portOf(t, a), portOf(t, kernel)
	r := &traceReader{m: p.Arch.Model, reg: p.Arch.RegSize, size: map[string]int{}}
	emul := "netbsd"
	if own != p {
		emul = "netbsd32"
	}
	for r.version = range 3 {
		file := filepath.Join(t.TempDir(), "trace")
		if err := os.WriteFile(file, nil, 0o666); err != nil {
			t.Fatal(err)
		}
		text := r.sizes(run(t, append(flags, path, file, strconv.Itoa(r.version))...))
		if own != p {
			other := filepath.Join(t.TempDir(), "other")
			if err := os.WriteFile(other, nil, 0o666); err != nil {
				t.Fatal(err)
			}
			r.sizes(run(t, program(t, kernel, "ktraced"), other, strconv.Itoa(r.version)))
		}
		if want := "no file: -2\na directory: -21\nno facilities: -22\nno process: -3\nno such version: -1\n" +
			"ktrace: 0\nwritten\nstatus: 7\nnothing traced: 0\nutrace: 0\n"; text != want {
			t.Errorf("output %q, want %q", text, want)
		}
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		procs := r.read(t, b)
		if len(procs) != 2 {
			t.Fatalf("%d processes: %q", len(procs), procs)
		}
		quad := "0x1 0x23456789"
		switch {
		case own.Arch.RegSize == 8:
			quad = "0x123456789"
		case !r.m.BigEndian:
			quad = "0x23456789 0x1"
		}
		parent := []string{`EMUL "` + emul + `"`, `CALL 306 0x.* 0x9`, `USER "" "user data"`, `RET 306 error 0 = 0`,
			`USER "label" "(\\x00){9}"`, `RET 306 error 14 = 0`, `USER "label" "user data"`, `RET 306 error 0 = 0`,
			`CALL 5 0x.* 0x0 0x0`, `NAMI "/nonexistent"`, `RET 5 error 2 = 0`,
			`CALL 4 0x1 0x.* 0x8`, `GIO fd 1 rw 1 "written\\n"`, `RET 4 error 0 = 8`,
			`CALL 199 0x63 0x0 ` + quad + ` 0x1`, `RET 199 error 9 = 0`,
			`CALL 37 0x.* 0x1e`, `RET 37 error 0 = 0`, `PSIG 30 siginfo 30`, `CALL 308 0x.*`, `RET 308 error -2 = 0`,
			`CALL 202 .*`, `MIB 1.1`, `GIO fd -1 rw 0 "NetBSD\\x00"`, `RET 202 error 0 = 0`,
			`CALL 2`, `RET 2 error 0 = \d+`, `CALL 449 0x.*`, `RET 449 error 0 = \d+`, `CALL 45 .*`}
		child := []string{`EMUL "` + emul + `"`, `CALL 59 0x.*`, `NAMI ".*/ktraced"`, `ARG ".*/ktraced"`, `ARG "child"`, `ARG "with words"`,
			`ENV "TRACED=1"`, `FD 0`, `FD 1`, `FD 2`, `EMUL "` + emul + `"`, `RET 59 error -2 = 0`, `CALL 24`, `RET 24 error 0 = \d+`, `CALL 1 0x7`}
		for i, want := range [][]string{parent, child} {
			if m := missing(procs[i], want); m != "" {
				t.Errorf("version %d: no %q in its place in\n%s", r.version, m, strings.Join(procs[i], "\n"))
			}
		}
		if last := procs[0][len(procs[0])-1]; !strings.HasPrefix(last, "ktraced CALL 45 ") {
			t.Errorf("version %d: %q after tracing ended", r.version, last)
		}
	}
}
