package archtest

import (
	"os"
	"strings"
	"testing"

	"nbemu/internal/testprog"
)

// TestSigcontext: handlers of NetBSD 1.6 and before, where the machine's kernel calls them; elsewhere they are refused.
func TestSigcontext(t *testing.T) {
	testWhere(t, "sigctx", map[string]bool{"i386": true, "arm": true, "thumb": true, "mips": true, "mipsel": true, "powerpc": true, "m68k": true})
}

// TestIPC10: the calls of NetBSD 1.0 for System V IPC, where addresses are ints.
func TestIPC10(t *testing.T) {
	testWhere(t, "oldipc", map[string]bool{"i386": true, "arm": true, "thumb": true, "mips": true, "mipsel": true, "mipsn32": true, "mipsn32el": true,
		"sparc": true, "powerpc": true, "m68k": true})
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
