package main_test

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"nbemu/internal/early"
	"nbemu/internal/testprog"
)

// The host's root keeps the same capabilities on each thread, whether they were given up before the first thread was
// made or when the flags were known, and no other.
func TestCapabilitiesOfThreads(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root has something to give up")
	}
	own, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	all := statusLine(own, "CapEff")
	has, err := strconv.ParseUint(all, 16, 64)
	if err != nil {
		t.Fatal(err)
	}
	kept := fmt.Sprintf("%016x", has&early.Kept())
	if all == kept {
		t.Skip("nothing to give up")
	}
	prog := guestProgram(t, "execer")
	for _, c := range []struct{ flags, caps, privs string }{
		{"-strace", kept, "1"},
		{"run -strace", kept, "1"},
		{"-strace -sandbox=auto", kept, "1"},
		{"-strace -sandbox require", kept, "1"},
		{"-strace -sandbox=off", all, "0"},
		{"-strace -uid 4242", "0000000000000000", "1"},
		{"-strace -uid 4242 -sandbox=auto", "0000000000000000", "1"},
	} {
		t.Run(c.flags, func(t *testing.T) {
			for _, status := range threadsWhileWaiting(t, append(strings.Fields(c.flags), prog)...) {
				if got := statusLine(status, "CapEff"); got != c.caps {
					t.Errorf("capabilities %s, want %s", got, c.caps)
				}
				if got := statusLine(status, "CapPrm"); got != c.caps {
					t.Errorf("permitted %s, want %s", got, c.caps)
				}
				if got := statusLine(status, "NoNewPrivs"); got != c.privs {
					t.Errorf("no new privileges: %s, want %s", got, c.privs)
				}
			}
		})
	}
}

func statusLine(status []byte, name string) string {
	for line := range strings.Lines(string(status)) {
		if v, ok := strings.CutPrefix(line, name+":"); ok {
			return strings.TrimSpace(v)
		}
	}
	return ""
}

// threadsWhileWaiting runs execer, which reads from a pipe after its first call was traced, and returns what the host
// tells about each thread of nbemu meanwhile.
func threadsWhileWaiting(t *testing.T, args ...string) (list [][]byte) {
	t.Helper()
	nbemu, err := testprog.Nbemu()
	if err != nil {
		t.Fatal(err)
	}
	_ = os.Chmod(filepath.Dir(args[len(args)-1]), 0o755)
	_ = os.Chmod(filepath.Dir(filepath.Dir(args[len(args)-1])), 0o755)
	cmd := exec.Command(nbemu, append(args, "setuid", "4242", "y", "3", "0", "room", "1")...)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	errs, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = cmd.Wait() }()
	defer in.Close()
	for s := bufio.NewScanner(errs); s.Scan() && !strings.Contains(s.Text(), "setuid("); {
	}
	tasks, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/status", cmd.Process.Pid))
	if err != nil || len(tasks) < 3 {
		t.Fatalf("%d threads, %v", len(tasks), err)
	}
	for _, name := range tasks {
		if b, err := os.ReadFile(name); err == nil { // a thread may have ended
			list = append(list, b)
		}
	}
	return list
}

// TestGoVariables: what is meant for Go's runtime is meant for the program's, and the program gets all of it.
func TestGoVariables(t *testing.T) {
	nbemu, err := testprog.Nbemu()
	if err != nil {
		t.Fatal(err)
	}
	prog := guestProgram(t, "environ")
	want := []string{"GODEBUG=inittrace=1,gctrace=1", "GOGC=off", "GOMAXPROCS=1", "GOMEMLIMIT=1MiB", "GOTRACEBACK=crash", "GOMAXPROCSES=3", "NBEMU_GOGC=50", "TZ=UTC"}
	cmd := exec.Command(nbemu, prog)
	cmd.Env = want
	out, err := cmd.CombinedOutput()
	if err != nil || string(out) != strings.Join(want, "\n")+"\n" {
		t.Errorf("%v: %s", err, out)
	}
	cmd = exec.Command(nbemu, prog)
	cmd.Env = []string{"NBEMU_GODEBUG=inittrace=1"}
	if out, _ := cmd.CombinedOutput(); !strings.Contains(string(out), "init runtime @") {
		t.Errorf("NBEMU_GODEBUG: %s", out)
	}
}
