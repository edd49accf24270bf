package archtest

import (
	"strings"
	"testing"

	"nbemu/internal/testprog"
)

// TestLDT: i386 programs have descriptors of their own; NetBSD/amd64 refuses them.
func TestLDT(t *testing.T) {
	for _, a := range testprog.Arches {
		want := 0
		switch a.Name {
		case "i386":
			want = 49
		case "amd64":
			want = 2
		default:
			continue
		}
		t.Run(a.Name, func(t *testing.T) {
			path := program(t, a, "ldt")
			if path == "" {
				t.Skip("no cross compiler, and no prebuilt programs")
			}
			got := run(t, path)
			if strings.Count(got, ": ok\n") != want || strings.Contains(got, "WRONG") {
				t.Errorf("not %d times ok:\n%s", want, got)
			}
		})
	}
}
