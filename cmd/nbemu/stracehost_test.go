package main_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"nbemu/internal/testprog"
)

// hostStraced returns the host's strace, nbemu, and a program of testdata/guest for Linux on amd64.
func hostStraced(t *testing.T, name string) (strace, nbemu, prog string) {
	t.Helper()
	if runtime.GOOS != "linux" || runtime.GOARCH != "amd64" {
		t.Skip("a program of Linux on amd64 is traced")
	}
	strace, err := exec.LookPath("strace")
	if err != nil {
		t.Skip("strace is not installed")
	}
	version, err := exec.Command(strace, "-V").Output()
	if err != nil || !strings.HasPrefix(string(version), "strace -- version 6.") {
		t.Skip("this strace is of another generation, which shows some calls in another way")
	}
	prog = filepath.Join(t.TempDir(), name)
	source := filepath.Join(testprog.Root(), "testdata", "guest", name+".c")
	if _, err := exec.LookPath("gcc"); err != nil {
		t.Skip("gcc is not installed")
	}
	if text, err := exec.Command("gcc", "-static", "-o", prog, source).CombinedOutput(); err != nil {
		if strings.Contains(string(text), "cannot find") {
			t.Skipf("no C library for static programs:\n%s", text)
		}
		t.Fatalf("%v\n%s", err, text)
	}
	nbemu, err = testprog.Nbemu()
	if err != nil {
		t.Fatal(err)
	}
	return strace, nbemu, prog
}

// TestStraceBesideHost has the host's strace and nbemu's show the same program's calls.
func TestStraceBesideHost(t *testing.T) {
	strace, nbemu, prog := hostStraced(t, "straced")
	trace := func(command ...string) []string {
		work := t.TempDir()
		log := filepath.Join(work, "log")
		args := append(append([]string{}, command[1:]...), prog)
		for i := range args {
			args[i] = strings.ReplaceAll(args[i], "LOG", log)
		}
		cmd := exec.Command(command[0], args...)
		cmd.Dir = work
		if out, err := cmd.CombinedOutput(); cmd.ProcessState == nil || cmd.ProcessState.ExitCode() != 5 {
			t.Skipf("%s: %v\n%s", command[0], err, out) // a sandbox without ptrace
		}
		text, err := os.ReadFile(log)
		if err != nil {
			t.Fatal(err)
		}
		return straceCalls(string(text))
	}
	want, got := trace(strace, "-o", "LOG"), trace(nbemu, "-strace=-o LOG")
	for i := 0; i < max(len(want), len(got)); i++ {
		a, b := "", ""
		if i < len(want) {
			a = want[i]
		}
		if i < len(got) {
			b = got[i]
		}
		if a != b {
			t.Fatalf("call %d\n is %s\nstrace has %s", i, b, a)
		}
	}
}

// straceCalls are the lines of a trace from the program's own first call to its fork, after which the order is nobody's,
// without what differs from run to run.
func straceCalls(text string) (calls []string) {
	number, spaces := regexp.MustCompile(`0x[0-9a-f]{6,}|\b[0-9]{4,}\b`), regexp.MustCompile(` +=`)
	pid := regexp.MustCompile(`^(?:N|[0-9]+) +`)
	if m := regexp.MustCompile(`\bgettid\(\) += (\d+)`).FindStringSubmatch(text); m != nil { // which may have few digits
		text = regexp.MustCompile(`\b`+m[1]+`\b`).ReplaceAllString(text, "N")
		text = regexp.MustCompile(`(?m)(clone\(.*) = \d+$`).ReplaceAllString(text, "$1 = N")
	}
	own := false
	for _, line := range strings.Split(text, "\n") {
		own = own || strings.Contains(line, `"file", O_RDWR`)
		if !own || strings.HasPrefix(line, "--- SIGCHLD") { // comes when it comes
			continue
		}
		line = pid.ReplaceAllString(line, "")
		calls = append(calls, spaces.ReplaceAllString(number.ReplaceAllString(line, "N"), " ="))
		if strings.HasPrefix(line, "clone(") {
			break
		}
	}
	return calls
}
