package archtest

import (
	"strings"
	"testing"

	"nbemu/internal/testprog"
)

// TestDebugRegisters: a tracer has x86's debug registers, and XSAVE's state.
func TestDebugRegisters(t *testing.T) {
	for _, a := range testprog.Arches {
		if a.Name != "amd64" && a.Name != "i386" {
			continue
		}
		t.Run(a.Name, func(t *testing.T) {
			path := program(t, a, "dbregs")
			if path == "" {
				t.Skip("no cross compiler, and no prebuilt program")
			}
			got := run(t, path)
			if strings.Count(got, ": ok\n") != 24 || strings.Contains(got, "WRONG") {
				t.Errorf("not 24 times ok:\n%s", got)
			}
		})
	}
}
