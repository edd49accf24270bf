package archtest

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"nbemu/internal/testprog"
)

// determ runs a program under -deterministic and returns its trace and its output. procs is GOMAXPROCS of nbemu.
func determ(t *testing.T, procs int, args ...string) (trace, output string) {
	t.Helper()
	return determInput(t, nil, 0, procs, args...)
}

// determInput is determ with a standard input, for a program that exits with the given status.
func determInput(t *testing.T, stdin *os.File, status, procs int, args ...string) (trace, output string) {
	t.Helper()
	nbemu, err := testprog.Nbemu()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	log := filepath.Join(t.TempDir(), "trace")
	cmd := exec.CommandContext(ctx, nbemu, append([]string{"-deterministic", "-strace", "-D", log}, args...)...)
	cmd.Env = []string{"FIRST=1", fmt.Sprintf("GOMAXPROCS=%d", procs)}
	cmd.Env = append(cmd.Env, "NBEMU_UNSET_ENV=GOMAXPROCS,NBEMU_UNSET_ENV")
	if stdin != nil {
		cmd.Stdin = stdin
	}
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); cmd.ProcessState == nil || cmd.ProcessState.ExitCode() != status {
		t.Fatalf("%s: %v\n%s%s", strings.Join(args, " "), err, stdout.String(), stderr.String())
	}
	text, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	return string(text), stdout.String()
}

// load keeps the host's processors busy until the test is over.
func load(t *testing.T) {
	stop := make(chan struct{})
	t.Cleanup(func() { close(stop) })
	for range 3 {
		go func() {
			for x := 1; ; x = x*3 + 1 {
				select {
				case <-stop:
					return
				default:
				}
			}
		}()
	}
}

// sameRuns fails the test unless all n runs are byte for byte the same: with one host processor and two, and with the
// host idle and busy.
func sameRuns(t *testing.T, n int, args ...string) {
	t.Helper()
	trace, output := determ(t, 1, args...)
	if strings.Contains(output, "WRONG") || strings.Count(trace, "\n") < 100 {
		t.Fatalf("output:\n%strace:\n%s", output, trace)
	}
	for i := 1; i < n; i++ {
		if i == n-2 {
			load(t)
		}
		tr, out := determ(t, 1+i%2, args...)
		if tr != trace {
			t.Fatalf("run %d: trace, %s", i+1, firstDifference(trace, tr))
		}
		if out != output {
			t.Fatalf("run %d: output, %s", i+1, firstDifference(output, out))
		}
	}
}

// TestDeterministic: threads, signals, forks and a pipeline whose stages are of other architectures.
func TestDeterministic(t *testing.T) {
	for i, a := range testprog.Arches {
		if testing.Short() && i%3 != 0 {
			continue
		}
		t.Run(a.Name, func(t *testing.T) {
			args := []string{program(t, a, "determ")}
			if args[0] == "" {
				t.Skip("no cross compiler, and no prebuilt programs")
			}
			for j := range 3 {
				if p := program(t, testprog.Arches[(i+3*j)%len(testprog.Arches)], "determ"); p != "" {
					args = append(args, p)
				}
			}
			n := 3
			switch a.Name {
			case "amd64", "mips", "sparc64":
				n = 5
			}
			sameRuns(t, n, args...)
		})
	}
}

// TestDeterministicGo: goroutines on several threads, a garbage collector, timers and preemption by signals.
func TestDeterministicGo(t *testing.T) {
	for _, name := range []string{"amd64", "aarch64"} {
		t.Run(name, func(t *testing.T) {
			arch, err := testprog.Find(name)
			if err != nil {
				t.Fatal(err)
			}
			out := filepath.Join(t.TempDir(), "workers")
			if err := testprog.Go(arch, testprog.NetBSD, out, "./testdata/go/workers"); err != nil {
				t.Fatal(err)
			}
			sameRuns(t, 3, out)
		})
	}
}

// TestSeeds: the seed decides what random numbers programs get and how threads interleave.
func TestSeeds(t *testing.T) {
	a, err := testprog.Find("amd64")
	if err != nil {
		t.Fatal(err)
	}
	prog := program(t, a, "determ")
	if prog == "" {
		t.Skip("no compiler, and no prebuilt programs")
	}
	line := func(output, name string) string {
		_, rest, found := strings.Cut(output, "\n"+name+": ")
		if !found {
			t.Fatalf("no %q in\n%s", name, output)
		}
		value, _, _ := strings.Cut(rest, "\n")
		return value
	}
	random, races := map[string]bool{}, map[string]bool{}
	const seeds = 8
	for seed := range seeds {
		_, output := determ(t, 2, "-seed", fmt.Sprint(seed), prog)
		random[line(output, "random")] = true
		races[line(output, "raced")+" "+line(output, "slept")] = true
	}
	if len(random) != seeds || len(races) < 3 {
		t.Errorf("%d seeds gave %d random numbers and %d outcomes of a race", seeds, len(random), len(races))
	}
}

// TestEpoch: the clock starts where it is told.
func TestEpoch(t *testing.T) {
	a, err := testprog.Find("amd64")
	if err != nil {
		t.Fatal(err)
	}
	prog := program(t, a, "determ")
	if prog == "" {
		t.Skip("no compiler, and no prebuilt programs")
	}
	if _, output := determ(t, 2, "-epoch", "1000000000", prog); !strings.HasPrefix(output, "second: 1000000000\n") {
		t.Errorf("output begins %.40q", output)
	}
}

// TestDeterministicInput: when input comes makes no difference, nor how slowly output is taken.
func TestDeterministicInput(t *testing.T) {
	a, err := testprog.Find("amd64")
	if err != nil {
		t.Fatal(err)
	}
	prog := program(t, a, "determ")
	if prog == "" {
		t.Skip("no compiler, and no prebuilt programs")
	}
	filter := func(pause time.Duration) string {
		r, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		go func() {
			defer w.Close()
			for i := range 20 {
				time.Sleep(pause)
				fmt.Fprintf(w, "%5d", i)
			}
		}()
		trace, output := determInput(t, r, 1, 2, prog, "stage", "1")
		if len(output) != 100 {
			t.Fatalf("output %q", output)
		}
		return trace
	}
	if fast, slow := filter(0), filter(3*time.Millisecond); fast != slow {
		t.Error(firstDifference(fast, slow))
	}
}

// TestGoldenDeterministic holds a whole trace against testdata/golden, as it is: the program is a prebuilt one, and
// sees nothing of where the test runs.
func TestGoldenDeterministic(t *testing.T) {
	root := t.TempDir()
	data, err := os.ReadFile(dir("prebuilt", "amd64", "determ"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(root, "determ"), data, 0o755); err != nil {
		t.Fatal(err)
	}
	trace, output := determ(t, 2, "-chroot", root, "/determ")
	got := trace + "--- output\n" + output
	golden := filepath.Join(testprog.Root(), "testdata", "golden", "determ.strace")
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("the trace differs from %s: %s", golden, firstDifference(string(want), got))
	}
}
