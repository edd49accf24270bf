package main_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
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
		if tree := pprof(t, file, "-traces"); !regexp.MustCompile(`hot\n +warm\n +outer\n +main\n`).MatchString(tree) {
			t.Errorf("hot is not called by warm, outer and main:\n%.2000s", tree)
		}
		again := filepath.Join(t.TempDir(), "again")
		runNbemu(t, "-deterministic", "-prof", again, "-prof-period", "100us", prog, "long")
		if contents(t, file) != contents(t, again) {
			t.Error("two profiles of a deterministic machine differ")
		}
	})
}

// Without call frame information callers are found by frame pointers, register windows, or what functions do first: the
// machine's own way, with optimization and without.
func TestProfileFramePointers(t *testing.T) {
	eachArch(t, func(t *testing.T, a testprog.Arch) {
		ways := [][]string{{"-g0", "-fno-omit-frame-pointer"}, {"-g0", "-O0"}}
		if !slices.Contains([]string{"amd64", "i386", "m68k"}, a.Name) { // where nothing leads from a frame to the next
			ways = append(ways, []string{"-g0", "-fomit-frame-pointer"})
		}
		for _, flags := range ways {
			prog, file := hot(t, a, flags...), filepath.Join(t.TempDir(), "prof")
			runNbemu(t, "-deterministic", "-prof", file, "-prof-period", "100us", prog, "long")
			if tree := pprof(t, file, "-traces"); !regexp.MustCompile(`hot\n +warm\n +outer\n +main\n`).MatchString(tree) {
				t.Errorf("%q: hot is not called by warm, outer and main:\n%.2000s", flags, tree)
			}
		}
	})
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

// bb is a block of a drcov file.
type bb struct{ start, size, module int }

// readDRCov reads a file as Lighthouse does.
func readDRCov(t *testing.T, text string) (modules []string, blocks []bb) {
	t.Helper()
	head, table, ok := strings.Cut(text, "BB Table: ")
	if !ok || !strings.HasPrefix(head, "DRCOV VERSION: 2\nDRCOV FLAVOR: ") {
		t.Fatalf("no drcov file: %.200q", text)
	}
	count := 0
	if _, err := fmt.Sscanf(head[strings.Index(head, "Module Table"):], "Module Table: version 2, count %d\n", &count); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(head), "\n")
	if lines[3] != "Columns: id, base, end, entry, path" || len(lines) != 4+count {
		t.Fatalf("%d modules:\n%s", count, head)
	}
	for _, l := range lines[4:] {
		f := strings.SplitN(l, ", ", 5)
		modules = append(modules, f[4])
	}
	n := 0
	line, data, _ := strings.Cut(table, "\n")
	if _, err := fmt.Sscanf(line, "%d bbs", &n); err != nil || len(data) != 8*n {
		t.Fatalf("%q and %d bytes: %v", line, len(data), err)
	}
	for b := []byte(data); len(b) > 0; b = b[8:] {
		blocks = append(blocks, bb{int(b[0]) | int(b[1])<<8 | int(b[2])<<16 | int(b[3])<<24, int(b[4]) | int(b[5])<<8, int(b[6]) | int(b[7])<<8})
	}
	return modules, blocks
}

// Coverage of all machines: the lines that were executed, how often, and those that were not.
func TestCoverage(t *testing.T) {
	src := filepath.Join(testprog.Root(), "testdata", "guest", "hot.c")
	line := map[string]string{}
	for i, l := range strings.Split(contents(t, src), "\n") {
		line[strings.TrimSpace(l)] = fmt.Sprint(i + 1)
	}
	eachArch(t, func(t *testing.T, a testprog.Arch) {
		prog, dir := hot(t, a, "-O1"), t.TempDir()
		file := filepath.Join(dir, "cov.info")
		if got := runNbemu(t, "-coverage", file, prog); got.status != 3 {
			t.Fatalf("status %d, %s", got.status, got.stderr)
		}
		info := contents(t, file)
		for _, want := range []string{"SF:" + src, "FNDA:10,hot", "FNDA:5,warm", "FNDA:0,never", "FNDA:1,main",
			"DA:" + line[`print("this is not printed\n");`] + ",0", "DA:" + line[`print("done\n");`] + ",1"} {
			if !strings.Contains(info, want+"\n") {
				t.Errorf("no %s in\n%s", want, info)
			}
		}
		if !regexp.MustCompile(`DA:` + line["x = x * 1103515245 + 12345;"] + `,(9990|10000)\n`).MatchString(info) {
			t.Errorf("the loop was not executed 10000 times:\n%s", info)
		}
		file = filepath.Join(dir, "cov.drcov")
		runNbemu(t, "-coverage", file, prog)
		modules, blocks := readDRCov(t, contents(t, file))
		if len(modules) != 1 || modules[0] != prog || len(blocks) < 20 {
			t.Errorf("modules %v, %d blocks", modules, len(blocks))
		}
		for _, b := range blocks {
			if b.module != 0 || b.size == 0 || b.size > 4096 || b.start > 1<<20 {
				t.Errorf("block %+v", b)
			}
		}
		file = filepath.Join(dir, "cov.edges")
		runNbemu(t, "-coverage", file, prog)
		text := contents(t, file)
		if !regexp.MustCompile(`(?m)^edge 0\+(0x[0-9a-f]+) 0\+(0x[0-9a-f]+) 9\d\d\d$`).MatchString(text) || !strings.HasPrefix(text, "module 0 "+prog+"\n") {
			t.Errorf("no edge of the loop in\n%s", text)
		}
	})
}

// Every process is covered: children, what they exec, and threads.
func TestCoverageProcesses(t *testing.T) {
	dir := filepath.Join(testprog.Root(), "testdata", "arch", "prebuilt", "amd64")
	for _, name := range []string{"children", "lwps"} {
		file := filepath.Join(t.TempDir(), "cov.edges")
		plain := runNbemu(t, filepath.Join(dir, name))
		got := runNbemu(t, "-coverage", file, filepath.Join(dir, name))
		if got.status != plain.status || got.stdout != plain.stdout {
			t.Errorf("%s: status %d and %q, without coverage %d and %q", name, got.status, got.stdout, plain.status, plain.stdout)
		}
		if text := contents(t, file); strings.Count(text, "\nedge ") < 50 {
			t.Errorf("%s: %d lines", name, strings.Count(text, "\n"))
		}
	}
}

// What cannot be done says so.
func TestCoverageRefused(t *testing.T) {
	prog := filepath.Join(testprog.Root(), "testdata", "arch", "prebuilt", "amd64", "recurse")
	file := filepath.Join(t.TempDir(), "cov")
	got := runNbemu(t, "-coverage", file, "-coverage-format", "gcov", prog)
	if got.status != 126 || !strings.Contains(got.stderr, "-coverage: gcov: not drcov, lcov, edges") {
		t.Errorf("%d %s", got.status, got.stderr)
	}
	got = runNbemu(t, "-coverage", file, "-coverage-format", "lcov", prog)
	if !strings.Contains(got.stderr, "no program that was run has a table of lines") {
		t.Errorf("%d %s", got.status, got.stderr)
	}
	if _, err := os.Stat("/dev/kvm"); err == nil {
		got = runNbemu(t, "-accel", "kvm", "-coverage", file, prog)
		if got.status != 126 || !strings.Contains(got.stderr, "-coverage: KVM") {
			t.Errorf("%d %s", got.status, got.stderr)
		}
	}
}

// -d shows instructions, blocks, registers and exceptions of all machines; -dfilter takes a part of it.
func TestInstructions(t *testing.T) {
	eachArch(t, func(t *testing.T, a testprog.Arch) {
		prog := hot(t, a)
		log := filepath.Join(t.TempDir(), "log")
		got := runNbemu(t, "-d", "in_asm,exec,cpu", "-dfilter", "never,warm", "-D", log, prog)
		if got.status != 3 || got.stderr != "" {
			t.Fatalf("status %d, %s", got.status, got.stderr)
		}
		text := contents(t, log)
		if n := strings.Count(text, "IN: warm\n"); n != 1 {
			t.Errorf("warm begins %d times:\n%.3000s", n, text)
		}
		if n := strings.Count(text, "] warm\n"); n != 5 {
			t.Errorf("warm is executed %d times:\n%.3000s", n, text)
		}
		if strings.Contains(text, "IN: main") || strings.Contains(text, "IN: hot") || strings.Contains(text, "never") {
			t.Errorf("the filter lets other functions through:\n%.3000s", text)
		}
		if !regexp.MustCompile(`(?m)^(rip|eip|pc|rdi|edi|zero|r0|x0|psr|ra|d0) +[0-9a-f]{8}`).MatchString(text) {
			t.Errorf("no registers:\n%.3000s", text)
		}
	})
}

// A function that no program has is named at the end, and only that.
func TestInstructionsOfUnknownFunction(t *testing.T) {
	a, err := testprog.Find("amd64")
	if err != nil {
		t.Fatal(err)
	}
	got := runNbemu(t, "-d", "exec", "-dfilter", "never,wram,warm", "-D", filepath.Join(t.TempDir(), "log"), hot(t, a))
	want := "nbemu: instructions: filter wram: nothing that was executed has a function of that name\n"
	if got.status != 3 || got.stderr != want {
		t.Errorf("status %d, %q; want 3, %q", got.status, got.stderr, want)
	}
}

// With -one-insn-per-tb each instruction is logged by itself, and the program does what it does without.
func TestSingleInstructions(t *testing.T) {
	eachArch(t, func(t *testing.T, a testprog.Arch) {
		prog, log := hot(t, a), filepath.Join(t.TempDir(), "log")
		for _, flags := range [][]string{nil, {"-deterministic"}} {
			flags = append(flags, "-one-insn-per-tb", "-d", "exec", "-dfilter", "warm", "-D", log, prog)
			if got := runNbemu(t, flags...); got.status != 3 || got.stderr != "" {
				t.Fatalf("%v: status %d, %s", flags, got.status, got.stderr)
			}
			text := contents(t, log)
			if first, all := strings.Count(text, "] warm\n"), strings.Count(text, "\n"); first != 5 || all < 3*first {
				t.Errorf("%v: %d lines, the first instruction %d times:\n%.2000s", flags, all, first, text)
			}
		}
	})
}

// perf's files have the names of the program's functions.
func TestPerfMap(t *testing.T) {
	a, err := testprog.Find("amd64")
	if err != nil {
		t.Fatal(err)
	}
	prog := hot(t, a)
	nbemu, err := testprog.Nbemu()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(nbemu, "-perfmap", "-jitdump", prog)
	cmd.Dir = t.TempDir()
	_ = cmd.Run() // its status is 3
	pid := cmd.ProcessState.Pid()
	file := fmt.Sprintf("/tmp/perf-%d.map", pid)
	defer os.Remove(file)
	text := contents(t, file)
	for _, name := range []string{"hot", "warm", "outer", "main"} {
		if !regexp.MustCompile(`(?m)^[0-9a-f]+ [0-9a-f]+ ` + name + `$`).MatchString(text) {
			t.Errorf("no %s in\n%s", name, text)
		}
	}
	dump := contents(t, filepath.Join(cmd.Dir, fmt.Sprintf("jit-%d.dump", pid)))
	if !strings.HasPrefix(dump, "DTiJ") && !strings.HasPrefix(dump, "JiTD") || !strings.Contains(dump, "warm\x00") {
		t.Errorf("jitdump begins with %q", dump[:min(len(dump), 100)])
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
	if n < 12 {
		t.Errorf("%d examples", n)
	}
}
