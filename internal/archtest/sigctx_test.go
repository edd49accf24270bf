package archtest

import (
	"os"
	"strings"
	"testing"

	"nbemu/internal/testprog"
)

// TestSigcontext: handlers of NetBSD 1.6 and before, where the machine's kernel calls them; elsewhere they are refused.
func TestSigcontext(t *testing.T) {
	has := map[string]bool{"i386": true, "arm": true, "thumb": true, "mips": true, "mipsel": true, "powerpc": true, "m68k": true}
	for _, a := range testprog.Arches {
		t.Run(a.Name, func(t *testing.T) {
			path := program(t, a, "sigctx")
			if path == "" {
				t.Skip("no cross compiler, and no prebuilt program")
			}
			expected := dir("expected", "sigctx.txt")
			if !has[a.Name] {
				expected = dir("expected", "sigctx.none.txt")
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
