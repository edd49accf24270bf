package archtest

import (
	"os/exec"
	"strings"
	"testing"

	"nbemu/internal/testprog"
)

// limited runs a program of testdata/arch under a shell's command, whose last words are "$@".
func limited(t *testing.T, command string, args ...string) (stdout, stderr string) {
	t.Helper()
	nbemu, err := testprog.Nbemu()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("/bin/sh", append([]string{"-c", command, "sh", nbemu}, args...)...)
	var out, errs strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		t.Errorf("%v: %v\n%s", args, err, errs.String())
	}
	return out.String(), errs.String()
}

func bothEmulations(t *testing.T, name string, f func(t *testing.T, prog string)) {
	t.Run("netbsd", func(t *testing.T) {
		prog := program(t, testprog.Arches[0], name)
		if prog == "" {
			t.Skip("no compiler, and no prebuilt programs")
		}
		f(t, prog)
	})
	t.Run("linux", func(t *testing.T) { f(t, linuxProgram(t, name)) })
}

// TestMemoryLimit: -memory.
func TestMemoryLimit(t *testing.T) {
	bothEmulations(t, "outofswap", func(t *testing.T, prog string) {
		out, log := limited(t, `exec "$@"`, "-memory", "32M", prog)
		if strings.Contains(out, "WRONG") || !strings.Contains(out, "the rest goes on: ok") || !strings.Contains(out, "mlock: -12\n") {
			t.Error(out)
		}
		if n := strings.Count(log, "killed: out of swap\n"); n != 3 || !strings.Contains(log, "UVM: pid ") {
			t.Errorf("%d were killed: %s", n, log)
		}
	})
}

// TestCPULimit: RLIMIT_CPU, on the usual machine and on the deterministic one.
func TestCPULimit(t *testing.T) {
	const want = "SIGXCPU: ok\nSIGKILL: ok\nno time at all: ok\n"
	bothEmulations(t, "cpulimit", func(t *testing.T, prog string) {
		for _, flag := range []string{"-cpus=1", "-deterministic"} {
			out, log := limited(t, `exec "$@"`, flag, prog)
			if out != want || strings.Count(log, "is killed: exceeded RLIMIT_CPU\n") != 1 {
				t.Errorf("%s: %s%s", flag, out, log)
			}
		}
	})
}

// TestHugeTimes: arithmetic of times saturates, on the usual machine and on the deterministic one, whose clock goes on to
// the next timer when nobody can run.
func TestHugeTimes(t *testing.T) {
	bothEmulations(t, "hugetimes", func(t *testing.T, prog string) {
		for _, flag := range []string{"-cpus=1", "-deterministic"} {
			if out := run(t, flag, prog); out != "timers: ok\nsleeps: ok\n" {
				t.Errorf("%s: %s", flag, out)
			}
		}
	})
}

// TestLongRead: a call that copies much gives the kernel lock and the processor away.
func TestLongRead(t *testing.T) {
	bothEmulations(t, "longread", func(t *testing.T, prog string) {
		for _, flag := range []string{"-cpus=1", "-cpus=2"} {
			if out := run(t, flag, prog); out != "others run: ok\nit has read all: ok\nkilled in the middle: ok\n" {
				t.Errorf("%s: %s", flag, out)
			}
		}
	})
}

// TestFullTable: one process has all descriptors that the host gives to nbemu, and others go on.
func TestFullTable(t *testing.T) {
	prog := program(t, testprog.Arches[0], "fdtable")
	if prog == "" {
		t.Skip("no compiler, and no prebuilt programs")
	}
	const want = "so many: ok\nand then: -23\nsocket: -23\nchdir: 0\na program runs\nstatus: 0\nafter a close: ok\n"
	if out, log := limited(t, `ulimit -n 100; exec "$@"`, prog); out != want || !strings.Contains(log, "table is full") {
		t.Errorf("%s%s", out, log)
	}
}
