package archtest

import (
	"os"
	"strings"
	"testing"

	"nbemu/internal/testprog"
)

// TestSigcontext: handlers of NetBSD 1.6 and before, where the machine's kernel calls them; elsewhere they are refused.
func TestSigcontext(t *testing.T) {
	testWhere(t, "sigctx", map[string]bool{"i386": true, "arm": true, "thumb": true, "mips": true, "mipsel": true, "powerpc": true, "m68k": true,
		"sparc": true, "sparc64": true})
}

// TestIPC10: the calls of NetBSD 1.0 for System V IPC, where addresses are ints.
func TestIPC10(t *testing.T) {
	testWhere(t, "oldipc", map[string]bool{"i386": true, "arm": true, "thumb": true, "mips": true, "mipsel": true, "mipsn32": true, "mipsn32el": true,
		"sparc": true, "powerpc": true, "m68k": true})
}

// TestActivations: threads of NetBSD 2 to 6, on kernels of the first and the last release with them.
func TestActivations(t *testing.T) {
	none := map[string]bool{"aarch64": true, "riscv64": true}
	want, err := os.ReadFile(dir("expected", "activations.txt"))
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range testprog.Arches {
		if none[a.Name] {
			continue
		}
		t.Run(a.Name, func(t *testing.T) {
			path := program(t, a, "activations")
			if path == "" {
				t.Skip("no cross compiler, and no prebuilt program")
			}
			for _, kernel := range []string{"2.0", "6"} {
				if got := run(t, "-kernel", kernel, path); got != string(want) || strings.Contains(got, "WRONG") {
					t.Errorf("%s: %s\n%s", kernel, firstDifference(string(want), got), got)
				}
			}
			if got := run(t, "-kernel", "4", "-deterministic", path); got != string(want) {
				t.Errorf("deterministic: %s", firstDifference(string(want), got))
			}
		})
	}
}

// testWhere runs a program about what not all machines have: its output there is another, in NAME.none.txt.
func testWhere(t *testing.T, name string, has map[string]bool) {
	for _, a := range testprog.Arches {
		t.Run(a.Name, func(t *testing.T) {
			path := program(t, a, name)
			if path == "" {
				t.Skip("no cross compiler, and no prebuilt program")
			}
			expected := dir("expected", name+".txt")
			if !has[a.Name] {
				expected = dir("expected", name+".none.txt")
			}
			want, err := os.ReadFile(expected)
			if err != nil {
				t.Fatal(err)
			}
			if got := run(t, path); got != string(want) || strings.Contains(got, "WRONG") {
				t.Errorf("%s\n%s", firstDifference(string(want), got), got)
			}
		})
	}
}
