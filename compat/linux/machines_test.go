package linux

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"nbemu/internal/testprog"
)

// compilers are Debian's for the machines beside the host's own.
var compilers = map[string]string{
	"aarch64": "aarch64-linux-gnu-gcc", "riscv64": "riscv64-linux-gnu-gcc", "i386": "i686-linux-gnu-gcc", "arm": "arm-linux-gnueabihf-gcc",
	"mips": "mips-linux-gnu-gcc", "mipsel": "mipsel-linux-gnu-gcc", "mips64": "mips64-linux-gnuabi64-gcc", "mips64el": "mips64el-linux-gnuabi64-gcc",
	"powerpc": "powerpc-linux-gnu-gcc", "sparc64": "sparc64-linux-gnu-gcc", "m68k": "m68k-linux-gnu-gcc",
}

// TestMachines: the programs that TestExtras holds against the host print the same on every machine.
func TestMachines(t *testing.T) {
	nbemu := nbemuOrSkip(t)
	if !linuxHost() {
		t.Skip("the host has no programs for Linux on amd64 to compare with")
	}
	dir, err := testprog.BuildDir("linux")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range Machines {
		compiler := compilers[m.Arch.Name]
		if _, err := exec.LookPath(compiler); err != nil {
			continue
		}
		for _, name := range []string{"extras", "ready", "files", "terminal", "procs", "resume", "frames", "handles", "limits", "older", "traced", "details", "links", "badtrace", "stalecode", "words", "signed", "ranges", "notified", "rseq", "dirnews", "senterrors", "sundry"} {
			if name == "rseq" && m.noRseq {
				continue
			}
			t.Run(m.Arch.Name+"/"+name, func(t *testing.T) {
				out := filepath.Join(dir, name+"."+m.Arch.Name)
				src := filepath.Join(testprog.Root(), "testdata", "linux", name+".c")
				if text, err := exec.Command(compiler, "-O1", "-static", "-o", out, src, "-lrt", "-lpthread").CombinedOutput(); err != nil {
					t.Skipf("no static program can be built: %v\n%s", err, text)
				}
				want := output(t, cProgram(t, name), t.TempDir())
				sameOutput(t, want, output(t, nbemu, out, t.TempDir()))
				if kernel := kernels64[m.Arch.Name]; kernel != "" {
					sameOutput(t, want, output(t, nbemu, "-machine", kernel, out, t.TempDir()))
				}
			})
		}
	}
}

// kernels64 are the machines of 64 bits that run another's programs, as linux32's.
var kernels64 = map[string]string{"i386": "amd64", "arm": "evbarm-aarch64"}

// TestNumbers: no two calls have one number on a machine, and each table has what every program needs.
func TestNumbers(t *testing.T) {
	for _, m := range Machines {
		seen := map[int16]int{}
		for i, n := range SysentNumbers[m.column] {
			if n < 0 {
				continue
			}
			if o, dup := seen[n]; dup {
				t.Errorf("%s: %d is %s and %s", m.Arch.Name, n, Sysent[o].Name, Sysent[i].Name)
			}
			seen[n] = i
		}
		have := map[string]bool{}
		for _, e := range m.table() {
			have[e.Name] = true
		}
		for _, name := range []string{"read", "write", "openat", "execve", "clone", "exit_group", "rt_sigaction", "rt_sigreturn", "brk", "futex"} {
			if !have[name] {
				t.Errorf("%s has no %s", m.Arch.Name, name)
			}
		}
	}
}

// TestDynamic: programs run with the shared libraries of Debian's cross compilers, through their linker and with -L as
// under qemu-user. Nothing then tells the linker of the host's libraries, of which i386's would be another build's.
func TestDynamic(t *testing.T) {
	nbemu := nbemuOrSkip(t)
	dir, err := testprog.BuildDir("linux")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range Machines {
		compiler := compilers[m.Arch.Name]
		if _, err := exec.LookPath(compiler); err != nil {
			continue
		}
		t.Run(m.Arch.Name, func(t *testing.T) {
			root := filepath.Join("/usr", strings.TrimSuffix(compiler, "-gcc"))
			linkers, _ := filepath.Glob(root + "/lib*/ld*.so.*")
			if len(linkers) == 0 {
				t.Skip("the compiler has no dynamic linker in " + root)
			}
			linker := linkers[len(linkers)-1]
			out := filepath.Join(dir, "files."+m.Arch.Name+".dynamic")
			src := filepath.Join(testprog.Root(), "testdata", "linux", "files.c")
			if text, err := exec.Command(compiler, "-O1", "-o", out, src).CombinedOutput(); err != nil {
				t.Skipf("no dynamic program can be built: %v\n%s", err, text)
			}
			want := output(t, cProgram(t, "files"), t.TempDir())
			sameOutput(t, want, output(t, nbemu, linker, "--library-path", filepath.Join(root, "lib"), out, t.TempDir()))
			sameOutput(t, want, output(t, nbemu, "-L", root, out, t.TempDir()))
		})
	}
}

// TestBare runs a program of sparc's version 8, which Debian has no C library for.
func TestBare(t *testing.T) {
	nbemu := nbemuOrSkip(t)
	const compiler = "sparc64-linux-gnu-gcc"
	if _, err := exec.LookPath(compiler); err != nil {
		t.Skip(err)
	}
	out := filepath.Join(t.TempDir(), "bare")
	src := filepath.Join(testprog.Root(), "testdata", "linux", "bare.c")
	if text, err := exec.Command(compiler, "-m32", "-mcpu=v8", "-O1", "-nostdlib", "-static", "-ffreestanding", "-o", out, src).CombinedOutput(); err != nil {
		t.Skipf("no program of 32 bits can be built: %v\n%s", err, text)
	}
	got, err := exec.Command(nbemu, out).Output()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 3 {
		t.Errorf("%v", err)
	}
	if want := "1\n-2\n0\n495\n0\n495\n1275\n"; string(got) != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// TestNewer: calls that the host may be too old for, or keep from this user, print what they do on Linux 6.18 for root.
func TestNewer(t *testing.T) {
	nbemu := nbemuOrSkip(t)
	dir, err := testprog.BuildDir("linux")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"newer", "spaces", "landlock", "userfault"} {
		src := filepath.Join(testprog.Root(), "testdata", "linux", name)
		want, err := os.ReadFile(src + ".txt")
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range Machines {
			compiler := compilers[m.Arch.Name]
			if m == machAMD64 && linuxHost() {
				compiler = "gcc"
			}
			if _, err := exec.LookPath(compiler); err != nil {
				continue
			}
			t.Run(m.Arch.Name+"/"+name, func(t *testing.T) {
				out := filepath.Join(dir, name+"."+m.Arch.Name)
				if text, err := exec.Command(compiler, "-O1", "-static", "-o", out, src+".c", "-lrt", "-lpthread").CombinedOutput(); err != nil {
					t.Skipf("no static program can be built: %v\n%s", err, text)
				}
				sameOutput(t, string(want), output(t, nbemu, "-root-user", out, t.TempDir()))
			})
		}
	}
}

// TestLdt: local descriptors, which only i386 has.
func TestLdt(t *testing.T) {
	nbemu := nbemuOrSkip(t)
	if _, err := exec.LookPath(compilers["i386"]); err != nil {
		t.Skip(err)
	}
	src := filepath.Join(testprog.Root(), "testdata", "linux", "ldt")
	want, err := os.ReadFile(src + ".txt")
	if err != nil {
		t.Fatal(err)
	}
	prog := filepath.Join(t.TempDir(), "ldt")
	if text, err := exec.Command(compilers["i386"], "-O1", "-static", "-o", prog, src+".c").CombinedOutput(); err != nil {
		t.Skipf("no static program can be built: %v\n%s", err, text)
	}
	sameOutput(t, string(want), output(t, nbemu, prog))
	sameOutput(t, string(want), output(t, nbemu, "-machine", kernels64["i386"], prog))
}
