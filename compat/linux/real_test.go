package linux

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"nbemu/cpu/accel"
	"nbemu/cpu/kvm"
	"nbemu/internal/testprog"
)

// cProgram builds a program of testdata/linux with the host's C library, statically.
func cProgram(t *testing.T, name string) string {
	t.Helper()
	if !linuxHost() {
		t.Skip("the host has no programs for Linux on amd64")
	}
	dir, err := testprog.BuildDir("linux")
	if err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(dir, name)
	src := filepath.Join(testprog.Root(), "testdata", "linux", name+".c")
	if text, err := exec.Command("gcc", "-O1", "-static", "-o", out, src, "-lrt", "-lpthread").CombinedOutput(); err != nil {
		t.Skipf("no static program can be built: %v\n%s", err, text)
	}
	return out
}

// output runs a command for at most two minutes.
func output(t *testing.T, name string, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Stdin = nil
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Errorf("%s %q: %v", name, args, err)
	}
	return string(out)
}

// TestExtras: what NetBSD has not got, or has otherwise, is the same as on the host.
func TestExtras(t *testing.T) {
	for _, name := range []string{"extras", "ready", "files", "terminal", "procs", "resume", "frames", "handles", "limits", "older", "traced", "details", "links", "badtrace", "stalecode", "words", "signed", "ranges", "notified", "rseq", "dirnews", "senterrors", "x87", "inherited"} {
		t.Run(name, func(t *testing.T) { sameAsHost(t, name) })
	}
}

// TestDebugRegisters: what a tracer sets in x86's debug registers stops the program as on the host. Some hosts are virtual machines
// without: what their program says from the first stop on is replaced by what Linux says where they work.
func TestDebugRegisters(t *testing.T) {
	const first = "a store: signal "
	nbemu, prog := nbemuOrSkip(t), cProgram(t, "debugregs")
	onHost := output(t, prog, t.TempDir())
	if before, _, ok := strings.Cut(onHost, first+"CHLD"); ok {
		onHost = before + first + `TRAP code 4, places 1, at the pc
a load: signal TRAP code 4, places 1, at the pc
an instruction: signal TRAP code 4, places 2, at the pc, in met
its child has ended: signal CHLD code 1, places 0
the end: 300
`
	}
	sameOutput(t, onHost, output(t, nbemu, prog, t.TempDir()))
}

// TestX87: i386's programs are told of exceptions of the x87 what amd64's are.
func TestX87(t *testing.T) {
	nbemu, host := nbemuOrSkip(t), cProgram(t, "x87")
	compiler := compilers["i386"]
	if _, err := exec.LookPath(compiler); err != nil {
		t.Skip(err)
	}
	prog := host + ".i386"
	src := filepath.Join(testprog.Root(), "testdata", "linux", "x87.c")
	if text, err := exec.Command(compiler, "-O1", "-static", "-no-pie", "-o", prog, src).CombinedOutput(); err != nil {
		t.Skipf("no static program can be built: %v\n%s", err, text)
	}
	sameOutput(t, output(t, host), output(t, nbemu, prog))
}

// TestVectors: AVX state is kept, and shown to handlers and tracers, on either kind of processor.
func TestVectors(t *testing.T) {
	nbemu, prog := nbemuOrSkip(t), cProgram(t, "vectors")
	sameVectors(t, output(t, prog), output(t, nbemu, "-accel=unicorn", prog))
	if _, _, err := accel.New("kvm", nil); err != nil {
		t.Skip(err)
	}
	sameOutput(t, output(t, prog), output(t, nbemu, "-accel=kvm", prog))
}

// TestKernels: a program for x86-64-v3, whose loops are vector instructions, and the C library's functions for it.
func TestKernels(t *testing.T) {
	nbemu, plain := nbemuOrSkip(t), cProgram(t, "vectors")
	prog := filepath.Join(filepath.Dir(plain), "kernels")
	src := filepath.Join(testprog.Root(), "testdata", "linux", "kernels.c")
	text, err := exec.Command("gcc", "-O3", "-march=x86-64-v3", "-fno-math-errno", "-fno-trapping-math", "-static", "-o", prog, src, "-lm").CombinedOutput()
	if err != nil {
		t.Skipf("no static program for x86-64-v3 can be built: %v\n%s", err, text)
	}
	want := output(t, prog)
	if want == "not x86-64-v3\n" {
		t.Skip("the host's processor is older")
	}
	sameOutput(t, want, output(t, nbemu, "-accel=unicorn", prog))
}

// sameVectors compares what an emulated processor did with what the host's did, if that has AVX.
func sameVectors(t *testing.T, host, emulated string) {
	t.Helper()
	if host == "no AVX\n" {
		t.Skip("the host's processor has no AVX")
	}
	sameOutput(t, host, emulated)
}

// The same for i386, whose frames have the state that FSAVE stores before it.
func TestVectorsOfI386(t *testing.T) {
	nbemu, host := nbemuOrSkip(t), cProgram(t, "vectors")
	prog := host + ".i386"
	src := filepath.Join(testprog.Root(), "testdata", "linux", "vectors.c")
	if text, err := exec.Command(compilers["i386"], "-O1", "-static", "-o", prog, src).CombinedOutput(); err != nil {
		t.Skipf("no static program can be built: %v\n%s", err, text)
	}
	sameVectors(t, output(t, host), output(t, nbemu, "-accel=unicorn", prog))
	m, err := kvm.Open(kvm.Options{})
	if err != nil {
		t.Skip(err)
	}
	defer m.Close()
	if err := m.Runs(machI386.Arch); err != nil {
		t.Skip(err)
	}
	sameOutput(t, output(t, host), output(t, nbemu, "-accel=kvm", prog))
}

func sameAsHost(t *testing.T, name string) {
	nbemu, prog := nbemuOrSkip(t), cProgram(t, name)
	sameOutput(t, output(t, prog, t.TempDir()), output(t, nbemu, prog, t.TempDir()))
}

// sameOutput reports the first line in which what a program prints differs from what it prints on the host.
func sameOutput(t *testing.T, onHost, here string) {
	t.Helper()
	want, got := strings.Split(onHost, "\n"), strings.Split(here, "\n")
	for i := range max(len(got), len(want)) {
		var g, w string
		if i < len(got) {
			g = got[i]
		}
		if i < len(want) {
			w = want[i]
		}
		if g != w {
			t.Fatalf("line %d: %q, on the host %q", i+1, g, w)
		}
	}
}

// TestEmulRoot: programs for Linux find files below /emul/linux first, and what is not there in the root itself; a
// native program that they execute finds the root's again.
func TestEmulRoot(t *testing.T) {
	nbemu, show := nbemuOrSkip(t), cProgram(t, "show")
	netbsd := chainProgram(t, "minish", "netbsd/amd64")
	root := t.TempDir()
	put := func(name, text string) {
		t.Helper()
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o777); err != nil {
			t.Fatal(err)
		}
	}
	for name, from := range map[string]string{"bin/show": show, "bin/sh": netbsd} {
		b, err := os.ReadFile(from)
		if err != nil {
			t.Fatal(err)
		}
		put(name, string(b))
	}
	put("both", "the root's")
	put("root-only", "the root's")
	put("emul/linux/both", "Linux's")
	put("emul/linux/linux-only", "Linux's")
	put("script", "#!/bin/sh -v\n/bin/show /both\necho done\n")
	if err := os.Symlink("/both", filepath.Join(root, "emul/linux/link")); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"/bin/show", "/both", "/root-only", "/linux-only", "/link", "/none", "/emul/linux/both", "both"},
			"/both: Linux's\n/root-only: the root's\n/linux-only: Linux's\n/link: Linux's\n/none: ENOENT\n/emul/linux/both: Linux's\nboth: the root's\n"},
		{[]string{"/bin/show", "/both", "exec", "/script"},
			"/both: Linux's\nminish for netbsd/amd64: [\"/script\"]\n/both: Linux's\ndone\n"},
		{[]string{"/bin/show", "exec", "/linux-only"}, "/linux-only: ENOEXEC\n"},
	} {
		cmd := exec.Command(nbemu, append([]string{"-chroot", root}, c.args...)...)
		cmd.Dir = root
		out, _ := cmd.CombinedOutput()
		if string(out) != c.want {
			t.Errorf("%q: %q, want %q", c.args, out, c.want)
		}
	}
}

// TestRealPrograms runs the host's own programs.
func TestRealPrograms(t *testing.T) {
	nbemu := nbemuOrSkip(t)
	if !linuxHost() {
		t.Skip("the host has no programs for Linux on amd64")
	}
	dir := t.TempDir()
	source := filepath.Join(dir, "hello.c")
	if err := os.WriteFile(source, []byte("#include <stdio.h>\nint main(void) { return puts(\"hello\") < 0; }\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, want string
		args       []string
	}{
		{"bash", "3 2 1 \n6\n", []string{"-c", "for i in 1 2 3; do echo $i; done | sort -r | tr '\\n' ' '; echo; echo $((1+2+3))"}},
		{"python3", "[0, 1, 4]\nb'sub\\n'\n", []string{"-c", "import subprocess, threading\nr = []\nts = [threading.Thread(target=lambda i=i: r.append(i*i)) for i in range(3)]\n" +
			"[t.start() for t in ts]; [t.join() for t in ts]\nprint(sorted(r))\nprint(subprocess.check_output(['echo', 'sub']))"}},
		{"perl", "2,4,6\nsub\n", []string{"-e", "$| = 1; print join(',', map { $_ * 2 } 1..3), \"\\n\"; system('echo sub')"}},
		{"sqlite3", "4|6\n", []string{filepath.Join(dir, "db"), "create table t(a, b); insert into t values(1, 2), (3, 4); select sum(a), sum(b) from t;"}},
		{"gcc", "", []string{"-O2", "-o", filepath.Join(dir, "hello"), source}},
		{filepath.Join(dir, "hello"), "hello\n", nil},
		{"git", "", []string{"-C", dir, "init", "-q", "repo"}},
		{"strace", "hello\n+++ exited with 0 +++\n", []string{"-o", "|cat", "-e", "trace=none", filepath.Join(dir, "hello")}},
		{"curl", "#include <stdio.h>\nint main(void) { return puts(\"hello\") < 0; }\n", []string{"-s", "file://" + source}},
	} {
		t.Run(filepath.Base(c.name), func(t *testing.T) {
			path, err := exec.LookPath(c.name)
			if err != nil {
				t.Skip(err)
			}
			if got := output(t, nbemu, append([]string{path}, c.args...)...); got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}

// TestDebugger has gdb stop a program with threads, look at it, step, and call one of its functions.
func TestDebugger(t *testing.T) {
	nbemu := nbemuOrSkip(t)
	gdb, err := exec.LookPath("gdb")
	if err != nil || !linuxHost() {
		t.Skip("no gdb of the host's: ", err)
	}
	prog := filepath.Join(t.TempDir(), "debugged")
	src := filepath.Join(testprog.Root(), "testdata", "linux", "debugged.c")
	if text, err := exec.Command("gcc", "-g", "-O0", "-o", prog, src, "-lpthread").CombinedOutput(); err != nil {
		t.Skipf("no program can be built: %v\n%s", err, text)
	}
	args := []string{gdb, "-nx", "-q", "-batch"}
	for _, c := range []string{"set startup-with-shell off", "break twice", "run", "backtrace", "next", "printf \"y is %d\\n\", y",
		"delete", "printf \"twice 5 is %d\\n\", twice(5)", "up", "watch n", "continue",
		"delete", "hbreak in_thread", "continue", "info threads", "stepi", "delete", "continue"} {
		args = append(args, "-ex", c)
	}
	out, _ := exec.Command(nbemu, append(args, prog)...).CombinedOutput()
	for _, want := range []string{"twice (x=21)", "in main ()", "y is 42\n", "Hardware watchpoint 2: n\n", "New value = 42\n", "twice 5 is 10\n", "* 2    Thread ", "main 42\n", "thread 84\n", "exited with code 07]"} {
		if !strings.Contains(string(out), want) {
			t.Errorf("%q is missing in\n%s", want, out)
		}
	}
}
