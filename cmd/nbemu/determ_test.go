package main_test

import (
	"path/filepath"
	"strings"
	"testing"

	"nbemu/internal/testprog"
)

// TestDeterministicFlags: the flags, their twins in the environment, and what cannot be.
func TestDeterministicFlags(t *testing.T) {
	prog := filepath.Join(testprog.Root(), "testdata", "arch", "prebuilt", "amd64", "determ")
	lines := func(args ...string) []string {
		got := runNbemu(t, append(args, prog)...)
		if got.status != 0 {
			t.Fatalf("%q: status %d\n%s", args, got.status, got.stderr)
		}
		return strings.Split(got.stdout, "\n")
	}
	flags := lines("-deterministic", "-seed", "0x10", "-epoch", "86400")
	if flags[0] != "second: 86400" {
		t.Errorf("the clock begins with %q", flags[0])
	}
	t.Setenv("NBEMU_DETERMINISTIC", "1")
	t.Setenv("NBEMU_SEED", "16")
	t.Setenv("NBEMU_EPOCH", "86400")
	// The stack moves with the environment, and with it page faults, and with them all that comes later.
	if twins := lines(); flags[0] != twins[0] || flags[2] != twins[2] || !strings.HasPrefix(flags[2], "random: ") {
		t.Errorf("with flags:\n%s\nwith the environment:\n%s", strings.Join(flags, "\n"), strings.Join(twins, "\n"))
	}
	for _, bad := range [][]string{{"-cpus", "2"}, {"-seed", "x"}, {"-epoch", "tomorrow"}} {
		got := runNbemu(t, append(bad, prog)...)
		if got.status != 126 {
			t.Errorf("%q: status %d", bad, got.status)
		}
		checkOneLine(t, got.stderr, strings.TrimPrefix(bad[0], "-"))
	}
	t.Setenv("NBEMU_SEED", "two")
	if got := runNbemu(t, prog); got.status != 126 {
		t.Errorf("NBEMU_SEED=two: status %d", got.status)
	} else {
		checkOneLine(t, got.stderr, "NBEMU_SEED=two")
	}
}
