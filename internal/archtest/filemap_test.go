package archtest

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"nbemu/internal/testprog"
)

const fileMapSize = 4 * 8192 // filemap.c's mapping in bytes

// filemap is a running filemap.c, or another program that maps the file, and its input and output.
type filemap struct {
	t    *testing.T
	cmd  *exec.Cmd
	in   io.WriteCloser
	out  *bufio.Reader
	file string
}

// startFilemap starts prog under nbemu on a file of '1's.
func startFilemap(t *testing.T, prog, mode string) *filemap {
	t.Helper()
	nbemu, err := testprog.Nbemu()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	m := &filemap{t: t, file: filepath.Join(dir, "filemap.tmp"), cmd: exec.Command(nbemu, prog, dir, mode)}
	if err := os.WriteFile(m.file, bytes.Repeat([]byte{'1'}, fileMapSize), 0o600); err != nil {
		t.Fatal(err)
	}
	m.in, _ = m.cmd.StdinPipe()
	out, _ := m.cmd.StdoutPipe()
	m.out = bufio.NewReader(out)
	m.cmd.Stderr = os.Stderr
	if err := m.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.cmd.Process.Kill(); m.cmd.Wait() })
	return m
}

// upTo returns the lines before the one that says what.
func (m *filemap) upTo(what string) string {
	m.t.Helper()
	var before strings.Builder
	for {
		line, err := m.out.ReadString('\n')
		if err != nil {
			m.t.Fatalf("%v after %q", err, before.String())
		}
		if line == what+"\n" {
			return before.String()
		}
		before.WriteString(line)
	}
}

// cut does what the program waits for.
func (m *filemap) cut() string {
	m.t.Helper()
	got := m.upTo("cut")
	if err := os.Truncate(m.file, 1); err != nil {
		m.t.Fatal(err)
	}
	m.in.Write([]byte{'c'})
	got += m.upTo("grow")
	if err := os.Truncate(m.file, fileMapSize); err != nil {
		m.t.Fatal(err)
	}
	m.in.Write([]byte{'g'})
	return got + m.upTo("stored")
}

// TestFileCutShort: a file that another process of the host cuts short while it is mapped is the guest's SIGBUS or
// EFAULT, and is mapped still when it has grown again.
func TestFileCutShort(t *testing.T) {
	const want = `sum: 392
the handler of SIGBUS: 5
the handler of SIGBUS: 5
the handler of SIGBUS: 5
load: ok
store: ok
execution: ok
private load: ok
private store: ok
private execution: ok
write: ok
read: ok
a path: ok
a structure: ok
zeros after that: ok
`
	for _, a := range testprog.Arches {
		t.Run(a.Name, func(t *testing.T) {
			prog := program(t, a, "filemap")
			if prog == "" {
				t.Skip("no cross compiler, and no prebuilt programs")
			}
			m := startFilemap(t, prog, "cut")
			if got := m.cut(); got != want {
				t.Error(firstDifference(want, got))
			}
			data, err := os.ReadFile(m.file)
			if err != nil || data[8192] != 'G' {
				t.Errorf("the store after that is not in the file: %v", err)
			}
		})
	}
}

// TestKilledAfterStore: what a guest stored in a shared mapping is in the file, whatever becomes of nbemu.
func TestKilledAfterStore(t *testing.T) {
	a := testprog.Arches[0]
	prog := program(t, a, "filemap")
	if prog == "" {
		t.Skip("no compiler, and no prebuilt programs")
	}
	m := startFilemap(t, prog, "store")
	m.upTo("stored")
	if err := m.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	m.cmd.Wait()
	data, err := os.ReadFile(m.file)
	if err != nil {
		t.Fatal(err)
	}
	for i, c := range data {
		if int(c) != i%251 {
			t.Fatalf("byte %d is %d", i, c)
		}
	}
}

// linuxProgram builds a program of testdata/arch for Linux/amd64.
func linuxProgram(t *testing.T, name string) string {
	t.Helper()
	out, err := testprog.BuildDir("arch", "linux")
	if err != nil {
		t.Fatal(err)
	}
	out = filepath.Join(out, name)
	if err := testprog.C(testprog.Arches[0], testprog.Linux, out, dir(name+".c"), "-s"); errors.Is(err, testprog.ErrNoCompiler) {
		t.Skip(err)
	} else if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestFilesLinux: Linux programs see the same. Where the host is Linux/amd64 it shows what is right.
func TestFilesLinux(t *testing.T) {
	for _, name := range []string{"filemap", "textbusy"} {
		prog := linuxProgram(t, name)
		want, err := os.ReadFile(dir("expected", name+".txt"))
		if err != nil {
			t.Fatal(err)
		}
		if got := run(t, prog, t.TempDir()); got != string(want) {
			t.Errorf("%s: %s", name, firstDifference(string(want), got))
		}
		if native, err := exec.Command(prog, t.TempDir()).Output(); err == nil && string(native) != string(want) {
			t.Errorf("%s on the host itself: %s", name, firstDifference(string(want), string(native)))
		}
	}
	m := startFilemap(t, linuxProgram(t, "filemap"), "cut")
	if got := m.cut(); strings.Contains(got, "WRONG") {
		t.Error(got)
	}
}
