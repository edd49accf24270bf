package main_test

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

// -r and -s as qemu-user has them; the stack's limit can be raised up to the machine's largest, and not above.
func TestReleaseAndStack(t *testing.T) {
	prog := guestProgram(t, "names")
	for _, tt := range []struct{ flags, want string }{
		{"", "10.0\n1000000000\n4194304\n134217728\n"},
		{"-r 9.3_STABLE -s 16M", "9.3_STABLE\n903000000\n16777216\n134217728\n"},
		{"-kernel 5 -r 7.1 -s 32768", "7.1\n701000000\n32768\n134217728\n"},
		{"-s 1G -machine amd64", "10.0\n1000000000\n134217728\n134217728\n"},
	} {
		e := runNbemu(t, append(strings.Fields(tt.flags), prog)...)
		if e.stdout != tt.want || e.status != 0 {
			t.Errorf("%s: %+v, want\n%s", tt.flags, e, tt.want)
		}
	}
}

// A Linux program is told the same release.
func TestReleaseOfLinux(t *testing.T) {
	uname, err := exec.LookPath("uname")
	if err != nil {
		t.Skip("no uname")
	}
	e := runNbemu(t, "-r", "4.4.0-nb", uname, "-r")
	if e.status != 0 && strings.Contains(e.stderr, "Exec format error") {
		t.Skip("the host's programs are of a machine that nbemu has no Linux for")
	}
	if e.stdout != "4.4.0-nb\n" {
		t.Errorf("%+v", e)
	}
}

// help knows all commands, and says what others mean.
func TestHelp(t *testing.T) {
	for _, word := range []string{"run", "exec", "fuzz", "syscalls", "help", "version", "gdb", "lldb", "suite", "root"} {
		if e := runNbemu(t, "help", word); e.status != 0 || !strings.Contains(strings.ToLower(e.stdout+e.stderr), "usage") {
			t.Errorf("help %s: %+v", word, e)
		}
	}
	if e := runNbemu(t, "help", "exce"); e.status != 126 || !strings.Contains(e.stderr, "did you mean nbemu help exec?") {
		t.Errorf("%+v", e)
	}
	if e := runNbemu(t, "root", "creat", "x"); e.status == 0 || !strings.Contains(e.stderr, "did you mean nbemu root create?") {
		t.Errorf("%+v", e)
	}
	if e := runNbemu(t, "version"); e.status != 0 || !strings.HasPrefix(e.stdout, "nbemu ") {
		t.Errorf("%+v", e)
	}
	if _, err := os.Stat("version"); err == nil {
		t.Fatal("a file of a command's name would be run")
	}
}
