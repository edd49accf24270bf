package linux

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"nbemu/internal/testprog"
)

// chainPrograms builds the chain program for both systems.
func chainPrograms(t *testing.T) (nbemu, netbsd, linux string) {
	t.Helper()
	nbemu, err := testprog.Nbemu()
	if err != nil {
		t.Skip(err)
	}
	arch, err := testprog.Find("amd64")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	netbsd, linux = filepath.Join(dir, "chain.netbsd"), filepath.Join(dir, "chain.linux")
	src := filepath.Join(testprog.Root(), "testdata", "go", "chain")
	if err := testprog.Go(arch, testprog.NetBSD, netbsd, src); err != nil {
		t.Fatal(err)
	}
	if err := testprog.Go(arch, testprog.Linux, linux, src); err != nil {
		t.Fatal(err)
	}
	return nbemu, netbsd, linux
}

// TestChain goes from a script through both systems and back, by exec and by fork, and looks at arguments,
// environment and exit status at each step.
func TestChain(t *testing.T) {
	nbemu, netbsd, linux := chainPrograms(t)
	script := filepath.Join(t.TempDir(), "script")
	if err := os.WriteFile(script, []byte("#! "+netbsd+" one argument\n"), 0o777); err != nil {
		t.Fatal(err)
	}
	step := func(system, chain string) string {
		from := chain[strings.LastIndexByte(strings.TrimSuffix(chain, ";"), ';')+1 : len(chain)-1]
		return system + `/amd64 ["from ` + from + `" "" "ü\n"] CHAIN=` + chain
	}
	for _, c := range []struct {
		name   string
		next   []string
		want   []string
		status int
	}{
		{"exec", []string{"=" + linux, "=" + netbsd, "=" + linux},
			[]string{step("linux", "start;netbsd;"), step("netbsd", "start;netbsd;linux;"), step("linux", "start;netbsd;linux;netbsd;")}, 40},
		{"fork", []string{linux, netbsd, linux},
			[]string{step("linux", "start;netbsd;"), step("netbsd", "start;netbsd;linux;"), step("linux", "start;netbsd;linux;netbsd;")}, 43},
		{"both", []string{linux, "=" + netbsd, linux, linux, "=" + netbsd},
			[]string{step("linux", "start;netbsd;"), step("netbsd", "start;netbsd;linux;"), step("linux", "start;netbsd;linux;netbsd;"),
				step("linux", "start;netbsd;linux;netbsd;linux;"), step("netbsd", "start;netbsd;linux;netbsd;linux;linux;")}, 43},
	} {
		t.Run(c.name, func(t *testing.T) {
			cmd := exec.Command(nbemu, script, "more")
			cmd.Env = append(os.Environ(), "NEXT="+strings.Join(c.next, ":"), "CHAIN=start;")
			out, err := cmd.CombinedOutput()
			status := 0
			if e := (*exec.ExitError)(nil); errors.As(err, &e) {
				status = e.ExitCode()
			} else if err != nil {
				t.Fatal(err)
			}
			first := `netbsd/amd64 ["one argument" "` + script + `" "more"] CHAIN=start;`
			want := strings.Join(append([]string{first}, c.want...), "\n") + "\n"
			if string(out) != want {
				t.Errorf("output:\n%s\nwant:\n%s", out, want)
			}
			if status != c.status {
				t.Errorf("status %d, want %d", status, c.status)
			}
		})
	}
}

// TestScriptOfLinux runs a script whose interpreter is the host's shell, which is a program for Linux.
func TestScriptOfLinux(t *testing.T) {
	nbemu, netbsd, _ := chainPrograms(t)
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
