package main_test

import (
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"nbemu/internal/testprog"
)

var update = flag.Bool("update", false, "write the golden traces anew")

// TestGoldenTrace holds -strace's output of a whole run against testdata/golden. Process numbers and stack
// addresses are all that differs between runs.
func TestGoldenTrace(t *testing.T) {
	arch, err := testprog.Find("amd64")
	if err != nil {
		t.Fatal(err)
	}
	prog := filepath.Join(t.TempDir(), "trace")
	if err := testprog.C(arch, testprog.NetBSD, prog, filepath.Join(testprog.Root(), "testdata", "guest", "trace.c")); err != nil {
		t.Fatal(err)
	}
	got := runNbemu(t, "-strace", prog)
	if got.status != 7 || got.stdout != "out\n" {
		t.Errorf("status %d, output %q", got.status, got.stdout)
	}
	pid := regexp.MustCompile(`\[pid \d+\.|wait450\(\d+|= \d{3,}\b|fork\(\) += \d+`)
	text := pid.ReplaceAllStringFunc(got.stderr, func(s string) string {
		return regexp.MustCompile(`\d{2,}$|\d{2,}\.`).ReplaceAllStringFunc(s, func(n string) string { return "PID" + strings.TrimLeft(n, "0123456789") })
	})
	// Child and parent run side by side: the child's lines have no fixed place.
	text = regexp.MustCompile(`(?m)^\[pid PID\.1\] (exit\(7\))\n`).ReplaceAllString(text, "")
	text = regexp.MustCompile(`(?m)^\[pid PID\.1\] `).ReplaceAllString(text, "")
	// Stack addresses move with the size of the environment.
	text = regexp.MustCompile(`0x7f7f[0-9a-f]{8}`).ReplaceAllString(text, "STACK")
	golden := filepath.Join(testprog.Root(), "testdata", "golden", "trace.strace")
	if *update {
		if err := os.MkdirAll(filepath.Dir(golden), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(golden, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if text != string(want) {
		t.Errorf("the trace differs from %s:\n%s", golden, text)
	}
}
