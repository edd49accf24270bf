package archtest

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"nbemu/arch"
	_ "nbemu/arch/all"
	"nbemu/cpu/accel"
	"nbemu/internal/testprog"
)

var (
	update = flag.Bool("update", false, "build the programs in testdata/arch/prebuilt and write the expected output anew")
	rounds = flag.Int("rounds", 1, "how often each program is run")
)

// programs are the sources in testdata/arch. chain is not among them: its output names the architecture.
var programs = []struct {
	name  string
	args  []string
	flags []string // of nbemu
}{
	{name: "args", args: []string{"one", "two words", ""}},
	{name: "calls", args: []string{"DIR"}},
	{name: "recurse"},
	{name: "arith"},
	{name: "lwps"},
	{name: "signals"},
	{name: "selfmod"},
	{name: "sequence"},
	{name: "cputimers"},
	{name: "memory", args: []string{"DIR"}},
	{name: "memstates", args: []string{"DIR"}},
	{name: "children"},
	{name: "ptrace"},
	{name: "async"},
	{name: "memlock"},
	{name: "sse"},
	{name: "atomics"},
	{name: "shootdown"},
	{name: "watch", args: []string{"DIR"}},
	{name: "knotes", flags: []string{"-root-user"}},
	{name: "kevents", args: []string{"DIR"}},
	{name: "filemap", args: []string{"DIR"}},
	{name: "remap"},
	{name: "sets"},
	{name: "stack"},
	{name: "ttys"},
	{name: "textbusy", args: []string{"DIR"}},
	{name: "sysctls", flags: []string{"-root-user"}},
	{name: "fhandles", args: []string{"DIR"}, flags: []string{"-root-user"}},
	{name: "rootcalls", args: []string{"DIR"}, flags: []string{"-root-user"}},
	{name: "fflags", args: []string{"DIR"}, flags: []string{"-root-user", "-metadata=DIR/METALOG"}},
	{name: "oldcalls", args: []string{"DIR"}},
}

func dir(elem ...string) string {
	return filepath.Join(append([]string{testprog.Root(), "testdata", "arch"}, elem...)...)
}

// program returns a program's path; "" if it can be neither built nor found.
func program(t *testing.T, a testprog.Arch, name string) string {
	t.Helper()
	prebuilt := dir("prebuilt", a.Name, name)
	out, err := testprog.BuildDir("arch", a.Name)
	if err != nil {
		t.Fatal(err)
	}
	out = filepath.Join(out, name)
	if *update {
		os.MkdirAll(filepath.Dir(prebuilt), 0o777)
		out = prebuilt
	}
	switch err := testprog.C(a, testprog.NetBSD, out, dir(name+".c"), "-s"); {
	case err == nil:
		return out
	case !errors.Is(err, testprog.ErrNoCompiler):
		t.Fatal(err)
	}
	if _, err := os.Stat(prebuilt); err == nil {
		return prebuilt
	}
	return ""
}

// run executes a program under nbemu and returns what it wrote to its standard output.
func run(t *testing.T, args ...string) string {
	t.Helper()
	nbemu, err := testprog.Nbemu()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	if slices.Contains(args, "-deterministic") && emulatedOnly() {
		t.Skip("a deterministic machine has emulated processors")
	}
	// What the tests run on can be chosen as for nbemu; that is not for the programs' environment.
	cmd := exec.CommandContext(ctx, nbemu, append([]string{"-accel=" + os.Getenv("NBEMU_ACCEL")}, args...)...)
	cmd.Env = []string{"FIRST=1", "SECOND=a b"}
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s: %v\n%s%s", strings.Join(args, " "), err, stdout.String(), stderr.String())
	}
	return stdout.String()
}

func TestPrograms(t *testing.T) {
	for _, a := range testprog.Arches {
		t.Run(a.Name, func(t *testing.T) {
			for _, p := range programs {
				t.Run(p.name, func(t *testing.T) { testProgram(t, a, p.name, p.args, p.flags...) })
			}
		})
	}
}

// TestParallel: the programs about threads once more, with threads that run at the same time; and those that change what
// others execute on two processors, where a thread goes on with what another has left in the translator.
func TestParallel(t *testing.T) {
	for _, a := range testprog.Arches {
		t.Run(a.Name, func(t *testing.T) {
			for _, name := range []string{"atomics", "shootdown", "lwps", "selfmod", "remap"} {
				t.Run(name, func(t *testing.T) { testProgram(t, a, name, nil, "-parallel", "-cpus=4") })
			}
			for _, name := range []string{"shootdown", "selfmod", "lwps"} {
				t.Run(name+"-few", func(t *testing.T) { testProgram(t, a, name, nil, "-parallel", "-cpus=2") })
			}
		})
	}
}

// emulatedOnly reports whether the tests were told to use other processors than the emulated ones.
func emulatedOnly() bool {
	kind := os.Getenv("NBEMU_ACCEL")
	return kind != "" && kind != "unicorn"
}

// TestKVM: some of the programs on the host's processor, as "NBEMU_ACCEL=kvm go test" runs all of them.
func TestKVM(t *testing.T) {
	src, _, err := accel.New("kvm", nil)
	if err != nil {
		t.Skip(err)
	}
	for _, a := range testprog.Arches {
		if a.Name != "amd64" && a.Name != "i386" {
			continue
		}
		t.Run(a.Name, func(t *testing.T) {
			if err := src.Runs(arch.ByName(a.Name).Arch); err != nil {
				t.Skip(err)
			}
			for _, name := range []string{"args", "arith", "signals", "children", "lwps", "ptrace", "sse", "remap"} {
				var programArgs []string
				if name == "args" {
					programArgs = []string{"one", "two words", ""}
				}
				t.Run(name, func(t *testing.T) { testProgram(t, a, name, programArgs, "-accel=kvm") })
			}
			for _, name := range []string{"atomics", "shootdown"} {
				t.Run(name+"-parallel", func(t *testing.T) { testProgram(t, a, name, nil, "-accel=kvm", "-parallel", "-cpus=4") })
			}
			t.Setenv("NBEMU_ACCEL", "kvm")
			t.Run("core", func(t *testing.T) { testCore(t, a) })
			t.Run("ktrace", func(t *testing.T) { testKtrace(t, a, a, nil) })
		})
	}
}

// TestPrebuilt: who has no cross compilers runs all programs nevertheless. Without this a new program would be skipped there.
func TestPrebuilt(t *testing.T) {
	for _, a := range testprog.Arches {
		for _, p := range programs {
			if !exists(dir("prebuilt", a.Name, p.name)) {
				t.Errorf("%s is not there for %s: -run 'TestPrograms/.*/%s' -update builds it", p.name, a.Name, p.name)
			}
		}
	}
}

// knownKVM are programs that see that the host's processor is another one than the emulated one; see docs/KVM.md.
var knownKVM = map[string]string{
	"cputimers": "the time to leave the processor, 34 µs on some hosts, counts as the program's own",
}

// testProgram compares what a program says with the file for its machine, or with that for all.
func testProgram(t *testing.T, a testprog.Arch, name string, programArgs []string, flags ...string) {
	if why := knownKVM[name]; why != "" && os.Getenv("NBEMU_ACCEL") == "kvm" {
		t.Skip(why)
	}
	path := program(t, a, name)
	if path == "" {
		t.Skip("no cross compiler, and no prebuilt program")
	}
	var args []string
	for _, x := range flags {
		args = append(args, strings.Replace(x, "DIR", t.TempDir(), 1))
	}
	args = append(args, path)
	for _, x := range programArgs {
		if x == "DIR" {
			x = t.TempDir()
		}
		args = append(args, x)
	}
	expected := dir("expected", name+".txt")
	if own := dir("expected", name+"."+a.Name+".txt"); exists(own) {
		expected = own
	}
	for range *rounds {
		got := run(t, args...)
		if *update && a.Name == "amd64" {
			if err := os.WriteFile(expected, []byte(got), 0o666); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(expected)
		if err != nil {
			t.Fatal(err)
		}
		if got != string(want) || strings.Contains(got, "WRONG") {
			t.Errorf("%s: %s", name, firstDifference(string(want), got))
		}
	}
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func firstDifference(want, got string) string {
	w, g := strings.Split(want, "\n"), strings.Split(got, "\n")
	for i := range max(len(w), len(g)) {
		var a, b string
		if i < len(w) {
			a = w[i]
		}
		if i < len(g) {
			b = g[i]
		}
		if a != b {
			return fmt.Sprintf("line %d is %q, not %q", i+1, b, a)
		}
	}
	return "says that something is wrong"
}

// TestExecAcross: each architecture's program executes the next one's, and the environment comes through.
func TestExecAcross(t *testing.T) {
	var args, names []string
	for _, a := range testprog.Arches {
		if path := program(t, a, "chain"); path != "" {
			args, names = append(args, path), append(names, a.Name)
		}
	}
	// And back, so that each pair is met in both directions.
	for i := len(args) - 2; i >= 0; i-- {
		args, names = append(args, args[i]), append(names, names[i])
	}
	want := strings.Join(names, " ") + "\nFIRST=1\nSECOND=a b\n"
	if got := run(t, args...); got != want {
		t.Errorf("%q, not %q", got, want)
	}
}

// TestGo: goroutines, garbage collection, timers, a recovered nil pointer, where Go has a port.
func TestGo(t *testing.T) {
	for _, a := range testprog.Arches {
		if a.GOARCH == "" {
			continue
		}
		t.Run(a.Name, func(t *testing.T) {
			out, err := testprog.BuildDir("arch", a.Name)
			if err != nil {
				t.Fatal(err)
			}
			out = filepath.Join(out, "workers")
			if err := testprog.Go(a, testprog.NetBSD, out, "./testdata/go/workers"); err != nil {
				t.Fatal(err)
			}
			first := ""
			for range *rounds {
				// How often a ticker ticks is a matter of the host's load.
				got := strings.ReplaceAll(run(t, out), "ticked: false", "ticked: true")
				if first == "" {
					first = got
				}
				if got != first || !strings.Contains(got, "nil pointer: runtime error: invalid memory address") {
					t.Fatalf("%s\nnot the same as at first:\n%s", got, first)
				}
			}
		})
	}
}
