package main_test

import (
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"nbemu/internal/testprog"
)

// -ktrace records from the start, and nbemu kdump reads the files of all machines and releases.
func TestKtraceKdump(t *testing.T) {
	eachArch(t, func(t *testing.T, a testprog.Arch) {
		prog := filepath.Join(testprog.Root(), "testdata", "arch", "prebuilt", a.Name, "children")
		for _, release := range []string{"10", "5", "3.0"} {
			file := filepath.Join(t.TempDir(), "ktrace.out")
			got := runNbemu(t, "-deterministic", "-kernel", release, "-ktrace", file, "-0", "children", prog)
			if got.stderr != "" && release == "10" {
				t.Fatalf("status %d, %s", got.status, got.stderr)
			}
			text := runNbemu(t, "kdump", file)
			if text.status != 0 || text.stderr != "" {
				t.Fatalf("release %s: kdump: status %d, %s", release, text.status, text.stderr)
			}
			for _, want := range []string{
				`(?m)^ +\d+ +(\d+ )?children +NAMI  ".*/children"$`,
				`(?m)^ +\d+ +(\d+ )?children ARG   "children"$`,
				`(?m)^ +\d+ +(\d+ )?children EMUL  "netbsd"$`,
				`(?m)^ +\d+ +(\d+ )?children CALL  write\(`,
				`(?m)^ +\d+ +(\d+ )?children CALL  exit\(`,
			} {
				if release != "10" && strings.Contains(want, "exit") {
					continue // it makes calls that older releases do not have
				}
				if !regexp.MustCompile(want).MatchString(text.stdout) {
					t.Errorf("release %s: no %s in\n%.3000s", release, want, text.stdout)
				}
			}
		}
	})
}

// Golden output of kdump, with times, one kind of records alone, and no names.
func TestKdumpGolden(t *testing.T) {
	a, err := testprog.Find("amd64")
	if err != nil {
		t.Fatal(err)
	}
	prog := filepath.Join(t.TempDir(), "trace")
	if err := testprog.C(a, testprog.NetBSD, prog, filepath.Join(testprog.Root(), "testdata", "guest", "trace.c")); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "ktrace.out")
	runNbemu(t, "-deterministic", "-E", "A=b", "-ktrace", file, prog)
	var b strings.Builder
	for _, flags := range []string{"-t-vf", "-R -tc -n", "-x -m 4 -ti", "-N -tc -p 100", "-E -te"} {
		got := runNbemu(t, append(append([]string{"kdump"}, strings.Fields(flags)...), file)...)
		if got.status != 0 {
			t.Errorf("kdump %s: status %d, %s", flags, got.status, got.stderr)
		}
		b.WriteString("kdump " + flags + "\n" + got.stdout)
	}
	text := strings.ReplaceAll(b.String(), prog, "PROGRAM")
	text = regexp.MustCompile(`0x7f7f[0-9a-f]{8}`).ReplaceAllString(text, "STACK")
	checkGolden(t, "trace.kdump", text)
}

// What is no trace file is said to be none.
func TestKdumpBadInput(t *testing.T) {
	for _, args := range [][]string{{"/etc/passwd"}, {"/nonexistent"}, {"-t", "?"}, {"-X", "3"}, {"-m"}, {"a", "b"}} {
		got := runNbemu(t, append([]string{"kdump"}, args...)...)
		if got.status != 1 || !strings.HasPrefix(got.stderr, "nbemu kdump: ") {
			t.Errorf("%q: status %d, %s", args, got.status, got.stderr)
		}
	}
}
