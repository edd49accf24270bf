package main_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"nbemu/internal/testprog"
)

// hot builds testdata/guest/hot.c with a table of lines and call frame information.
func hot(t *testing.T, a testprog.Arch, flags ...string) string {
	t.Helper()
	prog := filepath.Join(t.TempDir(), "hot")
	err := testprog.C(a, testprog.NetBSD, prog, filepath.Join(testprog.Root(), "testdata", "guest", "hot.c"), append([]string{"-g"}, flags...)...)
	if errors.Is(err, testprog.ErrNoCompiler) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	return prog
}

func eachArch(t *testing.T, f func(t *testing.T, a testprog.Arch)) {
	for _, a := range testprog.Arches {
		t.Run(a.Name, func(t *testing.T) { f(t, a) })
	}
}

func contents(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// pprof runs go tool pprof on a file.
func pprof(t *testing.T, file string, args ...string) string {
	t.Helper()
	if _, err := exec.LookPath("go"); err != nil {
		t.Skip("no go command for go tool pprof")
	}
	cmd := exec.Command("go", append(append([]string{"tool", "pprof"}, args...), file)...)
	cmd.Env = append(os.Environ(), "PPROF_TMPDIR="+t.TempDir(), "PPROF_BINARY_PATH="+t.TempDir())
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("go tool pprof: %v\n%s", err, out)
	}
	return string(out)
}

// Profiles of all machines have the function that works on top, and its callers below main.
func TestProfile(t *testing.T) {
	eachArch(t, func(t *testing.T, a testprog.Arch) {
		prog, file := hot(t, a), filepath.Join(t.TempDir(), "prof")
		got := runNbemu(t, "-deterministic", "-prof", file, "-prof-period", "100us", prog, "long")
		if got.status != 3 {
			t.Fatalf("status %d, %s", got.status, got.stderr)
		}
		top := pprof(t, file, "-top")
		if !regexp.MustCompile(`(?m)^ +\S+ +9\d[.\d]*% .* hot$|^ +\S+ +100% .* hot$`).MatchString(top) {
			t.Errorf("hot is not on top:\n%s", top)
		}
		// sparc's callers are in register windows.
		if tree := pprof(t, file, "-traces"); !strings.HasPrefix(a.Name, "sparc") &&
			!regexp.MustCompile(`hot\n +warm\n +outer\n +main\n`).MatchString(tree) {
			t.Errorf("hot is not called by warm, outer and main:\n%.2000s", tree)
		}
		again := filepath.Join(t.TempDir(), "again")
		runNbemu(t, "-deterministic", "-prof", again, "-prof-period", "100us", prog, "long")
		if contents(t, file) != contents(t, again) {
			t.Error("two profiles of a deterministic machine differ")
		}
	})
}

// Without call frame information frame pointers lead to the callers, on machines that have them.
func TestProfileFramePointers(t *testing.T) {
	for _, name := range []string{"amd64", "i386", "aarch64", "riscv64", "powerpc", "m68k"} {
		t.Run(name, func(t *testing.T) {
			a, err := testprog.Find(name)
			if err != nil {
				t.Fatal(err)
			}
			prog, file := hot(t, a, "-g0", "-fno-omit-frame-pointer"), filepath.Join(t.TempDir(), "prof")
			runNbemu(t, "-deterministic", "-prof", file, "-prof-period", "100us", prog, "long")
			if tree := pprof(t, file, "-traces"); !regexp.MustCompile(`hot\n +warm\n +outer\n +main\n`).MatchString(tree) {
				t.Errorf("hot is not called by warm, outer and main:\n%.2000s", tree)
			}
		})
	}
}

// A profile names the processes' files, also of a Go program that has no table of symbols.
func TestProfileGo(t *testing.T) {
	a, err := testprog.Find("amd64")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	prog := filepath.Join(dir, "workers")
	if err := testprog.Go(a, testprog.NetBSD, prog, "./testdata/go/workers"); err != nil {
		t.Fatal(err)
	}
	stripped := filepath.Join(dir, "stripped")
	if out, err := exec.Command("strip", "-o", stripped, prog).CombinedOutput(); err != nil {
		t.Skipf("strip: %v %s", err, out)
	}
	for _, p := range []string{prog, stripped} {
		file := filepath.Join(dir, "prof")
		got := runNbemu(t, "-prof", file, p)
		if got.status != 0 {
			t.Fatalf("status %d, %s", got.status, got.stderr)
		}
		top := pprof(t, file, "-top", "-cum")
		if !strings.Contains(top, "main.grow") || !strings.Contains(top, "File: "+filepath.Base(p)) {
			t.Errorf("%s:\n%s", p, top)
		}
	}
}

// A Go program's own profile shows where it computes, not where its idle threads wait.
func TestGoProfilesItself(t *testing.T) {
	a, err := testprog.Find("amd64")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	prog, file := filepath.Join(dir, "selfprof"), filepath.Join(dir, "prof")
	if err := testprog.Go(a, testprog.NetBSD, prog, "./testdata/go/selfprof"); err != nil {
		t.Fatal(err)
	}
	for _, flags := range [][]string{{"-deterministic"}, {"-cpus", "1"}} {
		if got := runNbemu(t, append(flags, prog, file)...); got.status != 0 {
			t.Fatalf("%q: status %d, %s", flags, got.status, got.stderr)
		}
		top := pprof(t, file, "-top")
		if !regexp.MustCompile(`(?m)^ +flat .*\n +\S+ +[5-9]\d[.\d]*% .* main\.burn|^ +flat .*\n +\S+ +100% .* main\.burn`).MatchString(top) {
			t.Errorf("%q: main.burn is not on top:\n%s", flags, top)
		}
	}
}

// The examples of docs/TRACING.md work.
func TestTracingExamples(t *testing.T) {
	nbemu, err := testprog.Nbemu()
	if err != nil {
		t.Fatal(err)
	}
	a, err := testprog.Find("amd64")
	if err != nil {
		t.Fatal(err)
	}
	prog, dir := hot(t, a), t.TempDir()
	if err := os.Symlink(prog, filepath.Join(dir, "program")); err != nil {
		t.Fatal(err)
	}
	n := 0
	in := false
	for line := range strings.Lines(contents(t, filepath.Join(testprog.Root(), "docs", "TRACING.md"))) {
		line = strings.TrimSpace(line)
		switch {
		case strings.HasPrefix(line, "```"):
			in = line == "```sh"
			continue
		case !in, strings.HasPrefix(line, "perf "): // perf wants rights that tests seldom have
			continue
		}
		n++
		want := 3 // the program's
		if strings.HasPrefix(line, "nbemu kdump") || strings.HasPrefix(line, "go ") {
			want = 0
		}
		cmd := exec.Command("sh", "-c", line)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "PATH="+filepath.Dir(nbemu)+":"+os.Getenv("PATH"))
		out, _ := cmd.CombinedOutput()
		if cmd.ProcessState.ExitCode() != want || strings.Contains(string(out), "nbemu: ") {
			t.Errorf("%s: status %d\n%s", line, cmd.ProcessState.ExitCode(), out)
		}
	}
	if n < 8 {
		t.Errorf("%d examples", n)
	}
}
