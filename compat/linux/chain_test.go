package linux

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"nbemu/internal/testprog"
)

// chainProgram builds testdata/go's program of that name for a system, "netbsd/386" or such. It keeps what it built.
func chainProgram(t *testing.T, name, system string) string {
	t.Helper()
	goos, goarch, _ := strings.Cut(system, "/")
	arch, err := testprog.Find(goarch)
	if err != nil {
		t.Fatal(err)
	}
	dir, err := testprog.BuildDir("chain", strings.ReplaceAll(system, "/", "-"))
	if err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(dir, name)
	if err := testprog.Go(arch, testprog.OS(goos), out, filepath.Join(testprog.Root(), "testdata", "go", name)); err != nil {
		t.Fatal(err)
	}
	return out
}

func nbemuOrSkip(t *testing.T) string {
	t.Helper()
	if underRace && os.Getenv("NBEMU") == "" {
		t.Skip("the race detector is not in bin/nbemu: make test runs this, or NBEMU=bin/nbemu-race")
	}
	nbemu, err := testprog.Nbemu()
	if err != nil {
		t.Skip(err)
	}
	return nbemu
}

// underRace is set where the tests are built with the race detector. Seven minutes of them, in which it would see nothing
// but the waiting for another process, are left out then.
var underRace bool

// runChain runs a script that starts a chain and gives what was written, and the exit status.
func runChain(t *testing.T, env []string, nbemu, script string, args ...string) (string, int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, nbemu, append([]string{script}, args...)...)
	cmd.Env = append(os.Environ(), env...)
	out, err := cmd.CombinedOutput()
	if e := (*exec.ExitError)(nil); errors.As(err, &e) {
		return string(out), e.ExitCode()
	} else if err != nil {
		t.Fatal(err)
	}
	return string(out), 0
}

// TestChain goes from a script through both systems and back, by exec and by fork, and looks at arguments,
// environment and exit status at each step. The script is one of a NetBSD shell, which has itself looked at what it
// was given before and at the exit status after.
func TestChain(t *testing.T) {
	nbemu := nbemuOrSkip(t)
	shell := chainProgram(t, "minish", "netbsd/amd64")
	script := filepath.Join(t.TempDir(), "script")
	text := "#! " + shell + " -v\n" +
		"echo \"$0|$1|$2|$CHAIN\"\n" +
		"CHAIN=\"$CHAIN$1;\"\n" +
		"$PROGRAM \"$@\"\n" +
		"STATUS=$?\n" +
		"echo \"status $STATUS\"\n" +
		"exit $STATUS\n"
	if err := os.WriteFile(script, []byte(text), 0o777); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name   string
		chain  []string // the first is run by the shell; "=": by exec, in the place of its predecessor
		status int      // the last exits with 40, and each that waited adds one
	}{
		{"exec386", []string{"netbsd/amd64", "=linux/amd64", "=netbsd/386", "=linux/amd64"}, 40},
		{"fork386", []string{"netbsd/amd64", "linux/amd64", "netbsd/386", "linux/amd64"}, 43},
		{"execarm", []string{"netbsd/amd64", "=linux/amd64", "=netbsd/arm", "=linux/amd64"}, 40},
		{"forkarm", []string{"netbsd/amd64", "linux/amd64", "netbsd/arm", "linux/amd64"}, 43},
		{"both", []string{"netbsd/amd64", "linux/amd64", "=netbsd/386", "linux/amd64", "linux/amd64", "=netbsd/arm"}, 43},
	} {
		t.Run(c.name, func(t *testing.T) {
			want := fmt.Sprintf("minish for netbsd/amd64: [%q \"first\" \"a \\\"b\"]\n%s|first|a \"b|start;\n", script, script)
			var next []string
			from, passed := `"first" "a \"b"`, "start;first;"
			for _, s := range c.chain {
				system := strings.TrimPrefix(s, "=")
				next = append(next, strings.TrimSuffix(s, system)+chainProgram(t, "chain", system))
				want += fmt.Sprintf("%s [%s] CHAIN=%s\n", system, from, passed)
				from, passed = fmt.Sprintf(`"from %s" "" "ü\n"`, system), passed+system+";"
			}
			want += fmt.Sprintf("status %d\n", c.status)
			env := []string{"PROGRAM=" + next[0], "NEXT=" + strings.Join(next[1:], ":"), "CHAIN=start;"}
			out, status := runChain(t, env, nbemu, script, "first", `a "b`)
			if out != want || status != c.status {
				t.Errorf("status %d, output:\n%s\nwant %d:\n%s", status, out, c.status, want)
			}
		})
	}
}

// TestScriptOfLinux runs a script whose interpreter is the host's shell, which is a program for Linux.
func TestScriptOfLinux(t *testing.T) {
	nbemu, netbsd := nbemuOrSkip(t), chainProgram(t, "chain", "netbsd/amd64")
	if !linuxHost() {
		t.Skip("the host has no programs for Linux on amd64")
	}
	script := filepath.Join(t.TempDir(), "script")
	text := "#!/bin/sh\necho \"$0|$1|$X\" | cat\nNEXT= " + netbsd + " \"$1\"\nexit $(($? + 2))\n"
	if err := os.WriteFile(script, []byte(text), 0o777); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(nbemu, script, "a b")
	cmd.Env = append(os.Environ(), "X=y z", "CHAIN=")
	out, err := cmd.CombinedOutput()
	if want := script + "|a b|y z\nnetbsd/amd64 [\"a b\"] CHAIN=\n"; string(out) != want {
		t.Errorf("output %q, want %q", out, want)
	}
	if e := (*exec.ExitError)(nil); !errors.As(err, &e) || e.ExitCode() != 42 {
		t.Errorf("ended with %v, want status 42", err)
	}
}
