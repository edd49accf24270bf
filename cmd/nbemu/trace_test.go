package main_test

import (
	"flag"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"nbemu/internal/testprog"
)

var update = flag.Bool("update", false, "write the golden traces anew")

// TestGoldenTrace holds -strace's output of a whole run against testdata/golden. Stack addresses, the program's name and
// the size of the environment are all that differs between runs of the deterministic machine.
func TestGoldenTrace(t *testing.T) {
	arch, err := testprog.Find("amd64")
	if err != nil {
		t.Fatal(err)
	}
	prog := filepath.Join(t.TempDir(), "trace")
	if err := testprog.C(arch, testprog.NetBSD, prog, filepath.Join(testprog.Root(), "testdata", "guest", "trace.c")); err != nil {
		t.Fatal(err)
	}
	got := runNbemu(t, "-deterministic", "-strace", "-0", "trace", prog)
	if got.status != 7 || got.stdout != "out\n" {
		t.Errorf("status %d, output %q", got.status, got.stdout)
	}
	text := strings.ReplaceAll(got.stderr, prog, "PROGRAM")
	text = regexp.MustCompile(`\d+ vars`).ReplaceAllString(text, "N vars")
	// Stack addresses move with the size of the environment.
	text = regexp.MustCompile(`0x7f7f[0-9a-f]{8}`).ReplaceAllString(text, "STACK")
	checkGolden(t, "trace.strace", text)
}

// checkGolden holds text against a file of testdata/golden, or writes that with -update.
func checkGolden(t *testing.T, name, text string) {
	t.Helper()
	golden := filepath.Join(testprog.Root(), "testdata", "golden", name)
	if *update {
		if err := os.MkdirAll(filepath.Dir(golden), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(golden, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if text != string(want) {
		t.Errorf("the output differs from %s:\n%s", golden, text)
	}
}

// -strace takes strace's options: what is shown, where, and a line for what is wrong with them.
func TestStraceOptions(t *testing.T) {
	prog := filepath.Join(testprog.Root(), "testdata", "arch", "prebuilt", "amd64", "children")
	log := filepath.Join(t.TempDir(), "log")
	got := runNbemu(t, "-deterministic", "-strace=-e trace=%process -ff -o "+log, prog)
	if got.stderr != "" || got.status != 0 {
		t.Errorf("status %d, on standard error: %q", got.status, got.stderr)
	}
	logs, err := filepath.Glob(log + ".*")
	if err != nil || len(logs) < 3 {
		t.Fatalf("files %v, %v", logs, err)
	}
	for i, name := range logs {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(strings.TrimSpace(string(text)), "\n")
		if i == 0 && !strings.HasPrefix(lines[0], `execve("`) {
			t.Errorf("%s begins with %s", name, lines[0])
		}
		if last := lines[len(lines)-1]; !strings.HasPrefix(last, "+++ ") {
			t.Errorf("%s ends with %s", name, last)
		}
		if strings.Contains(string(text), "write(") {
			t.Errorf("%s has calls that were not asked for:\n%s", name, text)
		}
	}
	got = runNbemu(t, "-strace=-e trace=%what", prog)
	if got.status != 126 || !strings.Contains(got.stderr, "the classes are") {
		t.Errorf("an unknown class: status %d, %q", got.status, got.stderr)
	}
}

// A call that waits is shown before it returns: what a program hangs in can be seen.
func TestStraceShowsHang(t *testing.T) {
	if runtime.GOOS != "linux" || runtime.GOARCH != "amd64" {
		t.Skip("runs the host's cat")
	}
	nbemu, err := testprog.Nbemu()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(nbemu, "-strace=-e read", "/bin/cat")
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var text []byte
	b := make([]byte, 4096)
	for !strings.HasSuffix(string(text), "read(0, ") { // a test that hangs here has failed
		n, err := out.Read(b)
		if err != nil {
			t.Fatalf("%v after:\n%s", err, text)
		}
		text = append(text, b[:n]...)
	}
	in.Close()
	rest, err := io.ReadAll(out)
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
	if !strings.HasPrefix(string(rest), `"", `) || !strings.HasSuffix(string(rest), "+++ exited with 0 +++\n") {
		t.Errorf("the call ends with\n%s", rest)
	}
}

// -k shows the callers of a call, also of one that has no call frame information.
func TestStraceStack(t *testing.T) {
	eachArch(t, func(t *testing.T, a testprog.Arch) {
		got := runNbemu(t, "-strace=-k -e write", hot(t, a))
		for _, name := range []string{"outer", "main"} {
			if !strings.Contains(got.stderr, "("+name+"+0x") {
				t.Errorf("no %s in\n%s", name, got.stderr)
			}
		}
	})
}

// Calls of Linux' tables are known by name before a program of Linux has begun, on any machine.
func TestStraceNames(t *testing.T) {
	prog := filepath.Join(testprog.Root(), "testdata", "arch", "prebuilt", "amd64", "args")
	if got := runNbemu(t, "-strace=-e trace=arch_prctl,newfstatat,mmap2,_llseek,__stat50,_lwp_park", prog); strings.Contains(got.stderr, "no such system call") {
		t.Errorf("%s", got.stderr)
	}
	if got := runNbemu(t, "-strace=-e trace=no_such_call", prog); !strings.Contains(got.stderr, "no_such_call: there is no such system call") {
		t.Errorf("%s", got.stderr)
	}
}

// -A leaves what is in the file, -E is nbemu's own for the program's environment.
func TestStraceAppend(t *testing.T) {
	prog := filepath.Join(testprog.Root(), "testdata", "arch", "prebuilt", "mips", "args")
	log := filepath.Join(t.TempDir(), "log")
	for range 2 {
		runNbemu(t, "-strace=-A -v -E NB_ONE=1 -E HOME -e execve -o "+log, prog)
	}
	text, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(string(text), "\n")
	if n := strings.Count(string(text), "execve("); n != 2 || !strings.Contains(lines[0], `"NB_ONE=1"`) || strings.Contains(lines[0], `"HOME=`) {
		t.Errorf("%d execs: %s", n, text)
	}
}

// Variables of qemu-user's are named to whose program does not start, and to nobody else.
func TestQemuVariables(t *testing.T) {
	t.Setenv("QEMU_LD_PREFIX", "/usr/aarch64-linux-gnu")
	prog := filepath.Join(testprog.Root(), "testdata", "arch", "prebuilt", "mips", "args")
	if got := runNbemu(t, prog); strings.Contains(got.stderr, "qemu-user") {
		t.Errorf("a program that runs: %s", got.stderr)
	}
	if got := runNbemu(t, filepath.Join(t.TempDir(), "none")); !strings.Contains(got.stderr, "NBEMU_ROOT (-L) is nbemu's") {
		t.Errorf("one that does not: %s", got.stderr)
	}
}
